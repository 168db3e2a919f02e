"""What `varve` says to somebody who mistypes: what is wrong, why, and what to do next; and the exit code."""

import os
import pathlib
import shutil
import subprocess
import unittest

from tool_case import DAMAGED, NOBODY, NOT_FOUND, REFUSED, USAGE, VARVE, ToolCase, environment

READERS = ("dump", "stat", "verify")
COMMANDS = (*READERS, "bench")


class Help(ToolCase):
    def test_begins_with_examples_and_lists_every_option(self):
        for command in ([], *([name] for name in COMMANDS)):
            with self.subTest(command):
                text = self.text(*command, "--help")
                self.assertTrue(text.startswith("Examples\n  varve "), text[:80])
                self.assertIn("--help", text)
                self.assertLessEqual(max(map(len, text.splitlines())), 120)
        self.assertEqual(set(COMMANDS), {line.split()[0] for line in self.text("--help").splitlines()
                                         if line.startswith("  ") and line.split()[0] in COMMANDS})

    def test_the_version_is_told(self):
        self.assertRegex(self.text("--version"), r"^varve \d+\.\d+\.\d+\n$")

    def test_every_example_is_a_command_line_that_is_understood(self):
        data = self.sample()
        for command in READERS:
            for line in self.text(command, "--help").split("\n\n")[0].splitlines()[1:]:
                words = line.strip().split("  ")[0].split(" | ")[0].split(" > ")[0]
                if "--follow" in words or "-D" in words:
                    continue
                with self.subTest(words):
                    done = subprocess.run(
                        ["sh", "-c", words.replace("varve ", f"{VARVE} ", 1)], capture_output=True, timeout=60,
                        env=environment(VARVE_DATA_DIR=str(data)))
                    self.assertIn(done.returncode, (0, 1, 66), done.stderr)


class Commands(ToolCase):
    def test_no_command(self):
        self.complains(USAGE, says=["a command is missing", "varve --help"])

    def test_an_unknown_command(self):
        self.complains(USAGE, "dmup", says=["no command 'dmup'", "did you mean 'dump'?"])
        self.complains(USAGE, "frobnicate", says=["no command 'frobnicate'", "varve --help"])

    def test_an_unknown_option(self):
        self.complains(USAGE, "dump", "--qeue", "x", says=["knows no '--qeue'", "did you mean '--queue'?", "varve dump --help"])
        self.complains(USAGE, "verify", "extra", says=["extra", "varve verify --help"])

    def test_a_value_of_the_wrong_kind_or_none(self):
        self.complains(USAGE, "dump", "-n", "x", says=["--limit = x", "varve dump --help"])
        self.complains(USAGE, "dump", "-n", "0", says=["-n: a count from 1 on"])
        self.complains(USAGE, "stat", "-D", says=["--data-dir", "varve stat --help"])
        self.complains(USAGE, "stat", "-o", "yaml", says=["'yaml' is no format here; there are text, json"])


class Directories(ToolCase):
    def test_that_do_not_exist(self):
        for command in READERS:
            self.complains(NOT_FOUND, command, "-D", "nowhere", says=["nowhere", "there is no nowhere", "-D DIR"])

    def test_the_default_one_is_where_varved_writes_by_default(self):
        self.complains(NOT_FOUND, "stat", says=["varve-data"])
        self.sample("make", "varve-data")
        self.text("stat")

    def test_the_environment_may_name_it(self):
        data = self.sample()
        self.assertIn("celery", self.text("stat", env=environment(VARVE_DATA_DIR=str(data))))

    def test_that_are_something_else(self):
        (self.folder / "letter.txt").write_text("Dear reader")
        for command in READERS:
            self.complains(NOT_FOUND, command, "-D", self.folder, says=["no data directory of varve", "-D DIR"])
            self.complains(NOT_FOUND, command, "-D", self.folder / "letter.txt", says=["letter.txt"])

    def test_a_part_of_one(self):
        data = self.sample()
        self.complains(NOT_FOUND, "stat", "-D", data / "journal", says=["no data directory of varve"])

    def test_of_a_newer_format(self):
        data = self.sample()
        (data / "format").write_text("varve data directory, format 999\n")
        for command in READERS:
            self.complains(DAMAGED, command, "-D", data, says=["format 999, this program knows 1", "newer version"])

    def test_with_a_format_file_that_is_none(self):
        data = self.sample()
        (data / "format").write_bytes(b"\xff\0\x1b[2J")
        for command in ("dump", "stat"):
            self.complains(DAMAGED, command, "-D", data, says=["not the format of a varve data directory"])

    @unittest.skipUnless(os.geteuid() == 0, "becomes another user")
    def test_that_may_not_be_read(self):
        data = self.sample()
        program = shutil.copy(VARVE, self.folder / "varve")
        self.folder.chmod(0o755)
        for path in (data, data / "journal", data / "store", next((data / "journal").iterdir())):
            subprocess.run(["chmod", "-R", "u=rwX,go=rX", data], check=True)
            path.chmod(0o700 if path.is_dir() else 0o600)
            for command in READERS:
                with self.subTest(f"{command} {path.name}"):
                    done = subprocess.run(
                        [program, command, "-D", data], capture_output=True, timeout=60, env=environment(), cwd="/",
                        user=NOBODY, group=NOBODY, extra_groups=[])
                    said = done.stderr.decode()
                    self.assertEqual((REFUSED, b""), (done.returncode, done.stdout), said)
                    self.assertIn(str(path), said)
                    self.assertIn("ermission", said)
                    self.assertIn("sudo -u varve", said)


class Queues(ToolCase):
    def setUp(self):
        super().setUp()
        self.data = self.sample()

    def test_that_are_mistyped(self):
        for command in ("dump", "stat"):
            self.complains(
                NOT_FOUND, command, "-D", self.data, "-q", "celry",
                says=["no durable queue is called 'celry'", "did you mean 'celery'?", "celery, orders, urgent"])

    def test_that_are_in_another_virtual_host(self):
        self.complains(NOT_FOUND, "dump", "-D", self.data, "-q", "orders", "-V", "/",
                       says=["'orders' in virtual host '/'"])
        self.complains(NOT_FOUND, "dump", "-D", self.data, "-V", "nope", says=["in virtual host 'nope'"])


class Selectors(ToolCase):
    def test_that_make_no_sense_name_the_option_and_what_could_be_written(self):
        data = self.sample()
        for arguments, says in (
                (["--offset", "abc"], ["--offset: 'abc' is no range", "A..B"]),
                (["--offset", "5..2"], ["'5..2' is empty"]),
                (["--offset", "1..99999999999999999999"], ["is no range"]),
                (["--since", "lunch"], ["--since: 'lunch' is no time", "10m (ago)"]),
                (["--until", "2026-13-40"], ["--until: '2026-13-40' is no time"]),
                (["--since", "10m", "--until", "20m"], ["--until is not later than --since"]),
                (["--state", "redy"], ["--state: 'redy' is no state", "ready"]),
                (["--header", "=x"], ["--header: write NAME"]),
                (["--grep", "("], ["--grep: "]),
                (["-o", "xml"], ["'xml' is no format here"])):
            with self.subTest(arguments):
                self.complains(USAGE, "dump", "-D", data, *arguments, says=[*says, "varve dump --help"])


if __name__ == "__main__":
    unittest.main()
