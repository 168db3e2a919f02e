"""Where the functions of a C++ file begin and end. A heuristic over braces: no preprocessor, no templates understood.

A brace outside any function opens a function when the text before it, back to the last ; { or }, has a parameter list
and is not a namespace, a type or an initialiser.
"""

import re

SKIPPED = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*|\b(?:public|private|protected)\s*:(?!:)", re.M)
TYPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
INITIALISED_MEMBER = re.compile(r"\)[\w\s&]*:(?!:).*[\w>]\s*$", re.S)


def blank(text):
    """`text` with comments, literals, directives and access labels replaced by spaces; lines stay where they are."""
    keep_lines = lambda match: re.sub(r"[^\n]", " ", match.group())
    return DIRECTIVE.sub(keep_lines, SKIPPED.sub(keep_lines, text))


def without_parentheses(statement):
    previous = None
    while previous != statement:
        previous, statement = statement, re.sub(r"\([^()]*\)", " @ ", statement)
    return statement


def kind_of(statement):
    """What a brace after `statement` opens: 'scope', 'function' or 'value'."""
    flat = without_parentheses(statement)
    flat = re.sub(r"\boperator\s*\S+", "name", flat)
    flat = re.sub(r"\btemplate\s*<[^{}]*?>\s*(?=[\w\[:])", " ", flat)
    if "@" not in flat:
        return "scope" if TYPE.search(flat) else "value"
    if re.search(r"\b(namespace|extern)\b", flat) or re.search(r"(?<![=<>!])=(?!=)", flat):
        return "scope" if "namespace" in flat else "value"
    head = flat.split("@")[0]
    return "scope" if re.match(r"\s*(class|struct|union|enum)\b", head) and not re.search(
        r"\w\s+\w+\s+\w+\s*$", head) else "function"


def functions(text):
    """Yields (first line, line count, what stands before the brace) for each function body."""
    text = blank(text)
    scopes, statement, start, kind = [], "", 0, None
    for position, char in enumerate(text):
        if char == "{":
            if "function" in scopes or "value" in scopes:
                kind = "inner"
            elif statement.count("(") > statement.count(")") or (
                    INITIALISED_MEMBER.search(statement) and kind_of(statement) == "function"):
                kind = "head"  # a default argument or a member initialiser: the statement goes on
            else:
                kind = kind_of(statement)
            if kind == "function":
                start = position - len(statement.lstrip())
                heading = " ".join(statement.split())
            scopes.append(kind)
        elif char == "}" and scopes:
            kind = scopes.pop()
            if kind == "function":
                first = text.count("\n", 0, start) + 1
                yield first, text.count("\n", 0, position) + 2 - first, heading
        inside = any(kind in scopes for kind in ("function", "head", "value"))
        ends = char in ";{}" and not inside and not (char == "}" and kind == "head")
        statement = "" if ends else statement + char
