"""The examples in docs/dump.md are real: each command of its `console` blocks is run as on a terminal 120 columns wide.

docs_test.py --write puts what they print now into the page: read the difference before you commit it.
"""

import fcntl
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

from damage_test import flip
from tool_case import SAMPLE_DIRECTORY, VARVE, ToolCase, environment

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/dump.md"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.M | re.S)
COLUMNS = 120


def make_directories(folder):
    """What the page tells of: varve-data, and a copy with one bit turned over."""
    subprocess.run([SAMPLE_DIRECTORY, "make", folder / "varve-data"], check=True, timeout=60)
    shutil.copytree(folder / "varve-data", folder / "backup")
    flip(max((folder / "backup/store").glob("*.sst"), key=lambda path: path.stat().st_size), 100)
    (folder / "bin").mkdir()
    (folder / "bin/varve").symlink_to(pathlib.Path(VARVE).resolve())


def on_a_terminal(command, folder):
    """What a person sees who types the command."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    process = subprocess.Popen(
        ["sh", "-c", command], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, cwd=folder,
        env=environment(PATH=f"{folder / 'bin'}:{os.environ['PATH']}"))
    os.close(slave)
    printed = b""
    while True:
        try:
            some = os.read(master, 65536)
        except OSError:  # the last writer is gone
            break
        if not some:
            break
        printed += some
    os.close(master)
    status = process.wait(60)
    text = "".join(line.rstrip() + "\n" for line in printed.decode().replace("\r\n", "\n").splitlines())
    return text + (f"exit {status}\n" if status else "")


def real_block(block, folder):
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{on_a_terminal(command, folder)}" for command in commands)


class DumpPage(ToolCase):
    def test_every_example_prints_what_the_page_says(self):
        make_directories(self.folder)
        blocks = BLOCK.findall(PAGE.read_text())
        self.assertGreater(len(blocks), 5)
        for block in blocks:
            with self.subTest(block.splitlines()[0]):
                self.assertEqual(block, real_block(block, self.folder))

    def test_every_option_and_every_field_is_on_the_page(self):
        page = PAGE.read_text()
        for command in ("dump", "stat", "verify"):
            for line in self.text(command, "--help").splitlines():
                names = re.findall(r"(?<![\w-])--?[A-Za-z][a-z-]*", line.strip().split("  ")[0])
                if line.startswith("  -") and "--help" not in names:
                    self.assertTrue(any(f"`{name}" in page or f" {name} " in page for name in names), names)
        make_directories(self.folder)
        for message in self.messages(self.folder / "varve-data"):
            for name in [*message, *message.get("celery", ())]:
                self.assertIn(f"`{name}`", page)


def write():
    with tempfile.TemporaryDirectory() as folder:
        make_directories(pathlib.Path(folder))
        PAGE.write_text(BLOCK.sub(
            lambda match: f"```console\n{real_block(match[1], pathlib.Path(folder))}```", PAGE.read_text()))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        unittest.main()
