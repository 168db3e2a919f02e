#!/usr/bin/env python3
"""Compiles every header by itself, with the flags of a source file near it. usage: check_headers.py [build-directory]

A header that includes what it uses compiles wherever it is included first.
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

import tree

DROPPED_WITH_VALUE = ("-o", "-c", "-MF", "-MT", "-MQ", "-include")
DROPPED = ("-MD", "-MMD", "-g", "-O2", "-O3", "-DNDEBUG")


def flags_of(entry):
    """The flags of a compile command, without compiler, source, output, optimisation and dependency files."""
    words = shlex.split(entry["command"])
    compiler = next(i for i, word in enumerate(words) if pathlib.Path(word).name.startswith(("c++", "g++", "clang++")))
    kept, skip = [], False
    for word in words[compiler + 1:]:
        if skip:
            skip = False
        elif word in DROPPED_WITH_VALUE:
            skip = True
        elif word not in DROPPED and word != entry["file"]:
            kept.append(word)
    return [words[compiler]] + kept + ["-O0"]


def nearest(header, commands):
    """Flags of a source file that includes `header`, or else of the one that shares the longest path with it."""
    line = f'#include "{os.path.relpath(header, tree.ROOT)}"'

    def closeness(source):
        text = pathlib.Path(source).read_text() if os.path.exists(source) else ""
        return line in text, len(os.path.commonpath([header, source]))
    return flags_of(commands[max(sorted(commands), key=closeness)])


def problem_of(header, commands, folder):
    """Compiles it in `folder`, always under the same name there, so that ccache knows it again."""
    alone = pathlib.Path(folder, header.replace("/", "_") + ".cc")
    alone.write_text(f'#include "{header}"\n')
    ccache = [shutil.which("ccache")] if shutil.which("ccache") else []
    flags = nearest(str(tree.ROOT / header), commands)
    done = subprocess.run(
        ccache + flags + ["-c", str(alone), "-o", str(alone) + ".o"], cwd=tree.ROOT, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip()[-300:])
    return f"{header}: does not compile alone: {first}"


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else tree.ROOT / "build/release")
    entries = json.loads((build / "compile_commands.json").read_text())
    commands = {entry["file"]: entry for entry in entries}
    folder = build / "headers_alone"
    folder.mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda header: problem_of(str(header), commands, folder), tree.files(".h"))
    return tree.report("headers", [problem for problem in found if problem])


if __name__ == "__main__":
    sys.exit(main())
