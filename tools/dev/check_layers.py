#!/usr/bin/env python3
"""Refuses an #include that tools/dev/layers.txt does not list."""

import posixpath
import re
import sys

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
OUTSIDE = ("tests", "bench")


class Layers:
    def __init__(self, text):
        self.allowed = {}   # folder -> folders it may include
        self.libraries = {}  # prefix -> folders that may include it
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if line.startswith("<"):
                prefix, *folders = line.split()
                self.libraries[prefix.strip("<>")] = folders
            elif line:
                folder, _, may = line.partition(":")
                self.allowed[folder.strip()] = may.split()

    def folder_of(self, path):
        """The listed file or folder that `path` is in; None when no line covers it."""
        parts = path.split("/")
        for end in range(len(parts), 0, -1):
            if "/".join(parts[:end]) in self.allowed:
                return "/".join(parts[:end])
        return None

    def refusal(self, path, quoted, angled):
        """Why `path` may not have this include, or None."""
        if angled:
            for prefix, folders in self.libraries.items():
                if angled.startswith(prefix) and not any(path.startswith(f + "/") for f in folders):
                    return f"<{angled}> is for {', '.join(folders)} only"
            return None
        here, there = self.folder_of(path), self.folder_of(quoted)
        if here is None:
            return "this folder has no line in tools/dev/layers.txt"
        if there is None:
            return f'"{quoted}" is not a path from the repository root into a listed folder'
        may = self.allowed[here]
        # A file with a line of its own is still in its folder for those who may include that.
        wanted = {there, self.folder_of(posixpath.dirname(quoted))}
        inside = "all" in may and there.split("/")[0] not in OUTSIDE
        return None if wanted & {here, *may} or inside else f"{here} may not include {there}"


def problems_in(path, text, layers, exists):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, angled = match.groups()
        why = layers.refusal(path, quoted, angled)
        if not why and quoted and not exists(quoted):
            why = f'"{quoted}" does not exist'
        if why:
            yield f"{path}:{number}: {why}"


def main():
    layers = Layers((tree.ROOT / "tools/dev/layers.txt").read_text())
    exists = lambda quoted: (tree.ROOT / quoted).is_file()
    problems = []
    for path in tree.files(*tree.CODE_SUFFIXES):
        problems += problems_in(str(path), (tree.ROOT / path).read_text(), layers, exists)
    return tree.report("layers", problems)


if __name__ == "__main__":
    sys.exit(main())
