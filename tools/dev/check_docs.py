#!/usr/bin/env python3
"""Follows the links of every Markdown file, and looks up the tests that the documents name.

A test is named `Suite.Sentence` (gtest) or `test_sentence` (interop), in backquotes. In a table with a column "Kept by" every
row names one.
"""

import posixpath
import re
import sys

import tree

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
HEADING = re.compile(r"^#+\s+(.*?)\s*#*$", re.M)
GTEST = re.compile(r"\b(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
PYTHON_TEST = re.compile(r"\bdef (test_\w+)\(")
NAMED_TEST = re.compile(r"`([A-Z]\w*\.[A-Z]\w+|test_\w+)`")
ROW = re.compile(r"^\|(.*)\|$", re.M)
KEPT_BY = "Kept by"
# The documents that answer "which test keeps this promise?"
NAMING_TESTS = (
    "docs/durability.md", "docs/amqp.md", "docs/coming-from-rabbitmq.md", "docs/testing.md", "docs/storage-format.md")
# Of these, whose tables have the column everywhere.
KEEPING_ROWS = ("docs/amqp.md",)


def anchor_of(heading):
    """The anchor that GitHub gives a heading."""
    words = re.sub(r"[`*]", "", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def anchors(text):
    return {anchor_of(heading) for heading in HEADING.findall(FENCE.sub("", text))}


def link_problems(path, text, read):
    """`read` returns the text of a path in the tree, "" for a folder, None when there is no such thing."""
    for target in (a or b for a, b in LINK.findall(FENCE.sub("", text))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
        content = read(there)
        if content is None:
            yield f"{path}: broken link {target}"
        elif anchor and anchor not in anchors(content):
            yield f"{path}: {there} has no heading for #{anchor}"


def test_problems(path, text, tests):
    for name in NAMED_TEST.findall(text):
        if name not in tests:
            yield f"{path}: there is no test {name}"


def row_problems(path, text, every_table):
    """What stands under "Kept by" is a test; with `every_table`, that column is the last of every table."""
    kept = False
    previous = ""
    for line in text.splitlines():
        row = ROW.match(line)
        if row and not ROW.match(previous):
            kept = row.group(1).split("|")[-1].strip() == KEPT_BY
            if every_table and not kept:
                yield f"{path}: a table without the column {KEPT_BY}: {line[:60]}"
        elif row and kept and not line.startswith("|---") and not NAMED_TEST.search(row.group(1).split("|")[-1]):
            yield f"{path}: no test keeps {line[:60]}"
        previous = line


def tests_in(text):
    return {f"{suite}.{name}" for suite, name in GTEST.findall(text)} | set(PYTHON_TEST.findall(text))


def read_in_tree(path):
    there = tree.ROOT / path
    if there.is_dir():
        return ""
    return there.read_text(errors="replace") if there.is_file() else None


def main():
    tests = set()
    for path in tree.files(".cc", ".py"):
        if str(path).startswith("tests/"):
            tests |= tests_in((tree.ROOT / path).read_text())
    problems = []
    for path in map(str, tree.files(".md")):
        text = (tree.ROOT / path).read_text()
        problems += link_problems(path, text, read_in_tree)
        if path in NAMING_TESTS:
            problems += test_problems(path, text, tests)
            problems += row_problems(path, text, every_table=path in KEEPING_ROWS)
    return tree.report("docs", problems)


if __name__ == "__main__":
    sys.exit(main())
