#!/usr/bin/env python3
"""Refuses long files and functions, sleeping tests, postponed work in comments, and stray binaries."""

import ast
import re
import sys

import cpp_functions
import tree

FILE_LINES_NOTED = 400
FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
FILE_SIZE_MAX = 1 << 20

SOURCE = (".h", ".cc", ".py", ".sh", ".js", ".css", ".html", "CMakeLists.txt", ".cmake")
TESTS = ("tests/", "bench/")
# Recorded bytes of released formats, and inputs that fuzzers found.
BINARY_FOLDERS = ("tests/format/", "tests/fuzz/")
BINARY_SUFFIXES = (".png",)

# Spelled in two halves so that this file does not find itself.
POSTPONED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
SLEEP = re.compile(r"\b(sleep" r"_for|sleep" r"_until|usleep|nanosleep|asyncio\.sleep|time\.sleep)\b|(?<![\w.])sleep *\(")
SHELL_SLEEP = re.compile(r"^\s*sleep\b", re.M)


def lines_where(pattern, text):
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.search(line):
            yield number


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1, node.name


def functions_of(path, text):
    if path.endswith((".h", ".cc")):
        return cpp_functions.functions(text)
    return python_functions(text) if path.endswith(".py") else ()


def problems_in(path, text):
    """Problems of one source file of text."""
    for number in lines_where(POSTPONED, text):
        yield f"{path}:{number}: postponed work; do it now, or leave it out"
    if path.startswith(TESTS):
        for number in lines_where(SHELL_SLEEP if path.endswith(".sh") else SLEEP, text):
            yield f"{path}:{number}: a test waits for a condition, it does not sleep"
    if tree.is_generated(text):
        return
    count = len(text.splitlines())
    if count > FILE_LINES_MAX:
        yield f"{path}: {count} lines, {FILE_LINES_MAX} is the limit"
    for first, lines, heading in functions_of(path, text):
        if lines > FUNCTION_LINES_MAX:
            yield f"{path}:{first}: {lines} lines, {FUNCTION_LINES_MAX} is the limit: {heading[:60]}"


def binary_problem(path, size):
    if size > FILE_SIZE_MAX:
        return f"{path}: {size} bytes, {FILE_SIZE_MAX} is the limit"
    if path.startswith(BINARY_FOLDERS) or path.endswith(BINARY_SUFFIXES):
        return None
    return f"{path}: a binary file outside {', '.join(BINARY_FOLDERS)}"


def main():
    problems, long_files = [], []
    for path in map(str, tree.files()):
        content = (tree.ROOT / path).read_bytes()
        if b"\0" in content or len(content) > FILE_SIZE_MAX:
            problems += filter(None, [binary_problem(path, len(content))])
        elif path.endswith(SOURCE):
            text = content.decode()
            problems += problems_in(path, text)
            if FILE_LINES_NOTED < len(text.splitlines()) <= FILE_LINES_MAX and not tree.is_generated(text):
                long_files.append(f"{path} ({len(text.splitlines())})")
    if long_files:
        print(f"over {FILE_LINES_NOTED} lines, look for the missing noun: {', '.join(long_files)}")
    return tree.report("shape", problems)


if __name__ == "__main__":
    sys.exit(main())
