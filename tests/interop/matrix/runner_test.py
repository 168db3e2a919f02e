"""The matrix's own judgement, from made-up results: no broker, no client, no registry."""

import pathlib
import sys
import tempfile
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
sys.dont_write_bytecode = True

import behaviour  # noqa: E402
import command  # noqa: E402
import fetching  # noqa: E402
import suite_run  # noqa: E402
import table  # noqa: E402
from behaviour import FAILED, NOT_THERE_YET, PASSED, SKIPPED, Outcome  # noqa: E402
from client import Client  # noqa: E402
from clients import clients  # noqa: E402
from suite_result import PLAIN, TLS, SuiteResult, exit_code  # noqa: E402

GOOD = SuiteResult("good", "1.2", PLAIN, (Outcome("a", PASSED), Outcome("b", SKIPPED), Outcome("c", NOT_THERE_YET)))
BAD = SuiteResult("bad", "3", PLAIN, (Outcome("a", PASSED), Outcome("b", FAILED, "no such thing")))
BROKEN = SuiteResult("broken", "4", PLAIN, (Outcome("a", PASSED),), broken="not done within 180 s")
ABSENT = SuiteResult("absent", "5", TLS, not_run="there is no node here")


def client_of(folder, **fields):
    defaults = {"name": "made-up", "version": "1", "folder": folder, "tools": (), "locks": (), "downloads": (),
                "suite": ()}
    return Client(**{**defaults, **fields})


class Verdict(unittest.TestCase):
    def test_only_a_failure_makes_the_exit_code_1(self):
        self.assertEqual([0, 0, 1, 1], [exit_code(results) for results in (
            [GOOD], [GOOD, ABSENT], [GOOD, BAD], [GOOD, BROKEN])])

    def test_suite_that_ends_early_is_broken(self):
        passed, failed = [Outcome("a", PASSED)], [Outcome("a", FAILED)]

        self.assertEqual("", suite_run.what_broke(command.Finished(0, ()), passed))
        self.assertEqual("", suite_run.what_broke(command.Finished(1, ()), failed))
        self.assertIn("not done within", suite_run.what_broke(command.Finished(None, ()), passed))
        self.assertIn("ended with 2: oh", suite_run.what_broke(command.Finished(2, ("oh", "")), passed))
        self.assertIn("said nothing", suite_run.what_broke(command.Finished(0, ()), []))


class Judgement(unittest.TestCase):
    def test_lines_of_a_suite_are_read_and_others_ignored(self):
        self.assertEqual(
            [Outcome("a_b", PASSED), Outcome("c", FAILED, "it: was 3"), None, None],
            [behaviour.outcome_of(line) for line in (
                "behaviour passed a_b", "behaviour failed c: it: was 3", "ok", "behaviour lost c")])

    def test_expected_failure_is_none_and_unexpected_success_is_one(self):
        said = [Outcome("a", FAILED, "x"), Outcome("b", PASSED), Outcome("c", FAILED), Outcome("d", PASSED)]

        judged = {o.behaviour: o.status for o in behaviour.judged(said, set("abcd"), {"a", "b"})}

        self.assertEqual({"a": NOT_THERE_YET, "b": FAILED, "c": FAILED, "d": PASSED}, judged)

    def test_name_that_is_not_in_the_list_or_comes_twice_fails(self):
        said = [Outcome("a", PASSED), Outcome("a", PASSED), Outcome("new", PASSED)]

        self.assertEqual([PASSED, FAILED, FAILED], [o.status for o in behaviour.judged(said, {"a"}, set())])

    def test_exceptions_are_for_one_client_or_all(self):
        self.assertEqual({"x", "y"}, behaviour.exceptions_for("pika", "# why\n* x\npika y\nother z\n"))


class Table(unittest.TestCase):
    def test_clients_table_counts_and_names_what_was_not_run(self):
        rows = table.clients_table([GOOD, BAD, ABSENT])

        self.assertEqual(["good", "1.2", "plain", "2", "1", "0", "1", "1", "0.0"], rows[1].split())
        self.assertEqual(["bad", "3", "plain", "2", "1", "1", "0", "0", "0.0"], rows[2].split())
        self.assertEqual("absent  5        TLS        not run: there is no node here", rows[3])

    def test_end_names_failures_absent_clients_and_the_verdict(self):
        self.assertEqual(
            ["FAILED: bad 3 plain: b: no such thing", "FAILED: broken 4 plain: not done within 180 s",
             "not run: absent (TLS)", "matrix: failed: 3 suites run, 1 not run"],
            list(table.closing_lines([GOOD, BAD, BROKEN, ABSENT])))
        self.assertEqual("matrix: nothing was run: 0 suites run, 1 not run", list(table.closing_lines([ABSENT]))[-1])

    def test_behaviours_table_has_a_column_for_every_suite_that_ran(self):
        lines = list(table.behaviours_table([GOOD, BAD, ABSENT], ["a", "b", "c"]))

        self.assertEqual(["behaviour  good 1.2  bad 3", "a          ok        ok", "b          skipped   FAILED",
                          "c          not yet   -"], lines)


class Fetching(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(Client, "place", self.folder / "place"))
        self.enterContext(mock.patch.object(fetching, "ROOT", self.folder))
        self.lock = self.folder / "lock"
        self.lock.write_text("1")

    def test_absent_tool_is_named(self):
        self.assertEqual(
            "there is no varve-no-such-tool here", fetching.fetch(client_of(self.folder, tools=("varve-no-such-tool",))))

    def test_failing_download_gives_its_reason(self):
        client = client_of(self.folder, downloads=(("sh", "-c", "echo no route; exit 3"),))

        self.assertIn("not fetched: no route", fetching.fetch(client))

    def test_download_that_hangs_is_ended_and_not_tried_again(self):
        client = client_of(self.folder, tools=("tail",), downloads=(("tail", "-f", "/dev/null"),))
        with mock.patch.object(fetching, "DOWNLOAD_TIMEOUT_S", 0.2):
            self.assertIn("not fetched within", fetching.fetch(client))

        self.assertIn("did not answer before", fetching.fetch(client))

    def test_what_is_there_is_not_fetched_again_until_the_lock_changes(self):
        count = f"echo x >> {self.folder}/count"
        client = client_of(self.folder, locks=(self.lock,), downloads=(("sh", "-c", count),))
        told = [fetching.fetch(client), fetching.fetch(client)]
        self.lock.write_text("2")
        told.append(fetching.fetch(client))

        self.assertEqual([["", "", ""], "x\nx\n"], [told, (self.folder / "count").read_text()])


class Lists(unittest.TestCase):
    def test_every_client_names_its_version_and_no_lock_file_an_address(self):
        for client in clients():
            self.assertRegex(client.version, r"^\d+(\.\d+)+$", client.name)
            for lock in client.locks:
                text = lock.read_text().replace("http://maven.apache.org/POM/", "")
                self.assertNotIn("://", text, lock)

    def test_what_is_not_there_yet_is_a_known_behaviour_of_a_known_client(self):
        known, names = suite_run.known_behaviours(), {"*", *(client.name for client in clients())}
        self.assertEqual(len(known), len(set(known)))
        for line in behaviour.lines_of((HERE / "not_there_yet.txt").read_text()):
            client, name = line.split()
            self.assertIn(client, names)
            self.assertIn(name, known)


if __name__ == "__main__":
    unittest.main()
