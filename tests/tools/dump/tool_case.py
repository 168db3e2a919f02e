"""The base of the tests that run `varve` on directories: it is given as $VARVE, what makes them as $SAMPLE_DIRECTORY.

Run one with  VARVE=build/dev/varve SAMPLE_DIRECTORY=build/dev/sample_directory dump_test.py [Suite.test]...
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

VARVE = os.environ["VARVE"]
SAMPLE_DIRECTORY = os.environ["SAMPLE_DIRECTORY"]
DONE, NOTHING, USAGE, DAMAGED, NOT_FOUND, REFUSED, INTERRUPTED = 0, 1, 64, 65, 66, 77, 130
NOBODY = 65534


def environment(**more):
    # No colours, no time zone and no directory of the person who runs the tests.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VARVE")}
    return {**kept, "TZ": "UTC", "TERM": "dumb", **more}


def fingerprint(directory):
    """Every name below the directory with its kind, rights, size, times and content."""
    found = {}
    for path in sorted(pathlib.Path(directory).rglob("*")):
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(directory))] = (
            status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino, content)
    return found


class ToolCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="varve-tools-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def sample(self, kind="make", name="data"):
        """A directory that the engine made: the kinds are those of sample_directory.cc."""
        path = self.folder / name
        subprocess.run([SAMPLE_DIRECTORY, kind, path], check=True, timeout=60)
        return path

    def varve(self, *arguments, status=DONE, **options):
        """Runs it to its end; returns what it printed on stdout, and keeps stderr in self.said."""
        done = subprocess.run(
            [VARVE, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=60, **{"env": environment(), "cwd": self.folder, **options})
        self.said = done.stderr.decode()
        self.assertEqual(status, done.returncode, f"varve {arguments}: {done.stdout[-2000:]}\n{self.said}")
        if status == DONE:
            self.assertEqual("", self.said)
        return done.stdout

    def text(self, *arguments, **options):
        return self.varve(*arguments, **options).decode()

    def messages(self, directory, *arguments, **options):
        """What `varve dump -o jsonl` tells."""
        lines = self.text("dump", "-D", directory, "-o", "jsonl", *arguments, **options).splitlines()
        return [json.loads(line) for line in lines]

    def offsets(self, directory, *arguments, **options):
        return [message["offset"] for message in self.messages(directory, *arguments, **options)]

    def complains(self, status, *arguments, says=(), **options):
        """It prints nothing but a complaint: one line of what is wrong, more of what to do."""
        self.assertEqual(b"", self.varve(*arguments, status=status, **options))
        lines = self.said.splitlines()
        self.assertTrue(lines[0].startswith("varve: "), self.said)
        self.assertGreater(len(lines), 1, "nothing to do next: " + self.said)
        for words in says:
            self.assertIn(words, self.said)
        return self.said
