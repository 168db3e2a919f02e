"""`varve bench` as a program, against a real varved."""

import json
import pathlib
import re
import signal
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(HERE.parent / "dump"), str(ROOT / "tests/interop/support")]

import broker
from tool_case import DAMAGED, NOTHING, NOT_FOUND, REFUSED, USAGE, VARVE, ToolCase, environment

UNREACHABLE = 69
PAGE = (ROOT / "docs/bench.md").read_text()


def names_in(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names_in(inner)
    if isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


class BenchCase(ToolCase):
    def setUp(self):
        super().setUp()
        self.broker = broker.OwnBroker("--disk-free-limit", "0")
        self.addCleanup(self.broker.close)

    @property
    def uri(self):
        return f"amqp://{self.broker.host}:{self.broker.port}"

    def wait_until_something_is_published(self):
        while True:
            stat = json.loads(self.text("stat", "-D", pathlib.Path(self.broker.folder, "data"), "-o", "json"))
            if any(found["end"] > 1000 for found in stat["queues"]):
                return

    def bench(self, *arguments, **options):
        return json.loads(self.text("bench", "--uri", self.uri, "-o", "json", *arguments, **options))


class Bench(BenchCase):
    def test_a_run_against_varved_passes_and_every_field_is_documented(self):
        report = self.bench("--count", "2000", "--confirm", "100", "--queues", "2", "--publishers", "2")

        self.assertTrue(report["passed"])
        self.assertEqual((2000, 2000, 2000), tuple(report[name] for name in ("attempted", "confirmed", "received")))
        for name in set(names_in(report)):
            self.assertIn(f"`{name}`", PAGE)

    def test_every_option_is_documented(self):
        for option in set(re.findall(r"--[a-z-]+", self.text("bench", "--help"))) - {"--help", "--output"}:
            self.assertIn(option, PAGE)

    def test_the_text_ends_with_the_verdict(self):
        text = self.text("bench", "--uri", self.uri, "--count", "1000", "--confirm", "100")

        self.assertRegex(text, r"(?m)^check     ok: 1,000 attempted, 1,000 confirmed, 1,000 received$")

    def test_a_run_in_two_halves_with_a_kill_between_them_loses_nothing(self):
        self.bench("--publish-only", "--confirm", "100", "--count", "3000", "--ledger", "run.txt")
        self.broker.kill()
        self.broker.start()

        report = self.bench("--consume-only", "--ledger", "run.txt")

        self.assertTrue(report["passed"])
        self.assertEqual(3000, report["received"])

    def test_a_kill_in_the_middle_loses_nothing(self):
        process = subprocess.Popen(
            [VARVE, "bench", "--uri", self.uri, "--reconnect", "--confirm", "100", "--duration", "60s", "-o", "json"],
            stdout=subprocess.PIPE, env=environment(), text=True)
        with process.stdout:
            self.wait_until_something_is_published()
            self.broker.kill()
            self.broker.start()
            process.send_signal(signal.SIGINT)
            report = json.loads(process.stdout.read())
        self.assertEqual(0, process.wait(60), report)
        self.assertGreater(report["confirmed"], 0)


class Mistakes(BenchCase):
    def complaint(self, status, *arguments, says):
        self.complains(status, "bench", "--uri", self.uri, *arguments, says=says)

    def test_are_told_with_what_to_do(self):
        self.complaint(USAGE, "--queues", "0", says=["--queues: at least one"])
        self.complaint(USAGE, "--size", "3", says=["--size must be at least 24"])
        self.complaint(USAGE, "--reconnect", says=["--reconnect needs --confirm"])
        self.complaint(USAGE, "--rate", "fast", says=["a number of messages each second"])
        self.complaint(USAGE, "--count", "many", says=["--count = many"])
        self.complains(USAGE, "bench", "--uri", "http://x", says=["an address begins with amqp://"])
        self.complains(UNREACHABLE, "bench", "--uri", "amqp://127.0.0.1:1", says=["cannot reach", "varved starts one"])
        self.complains(
            REFUSED, "bench", "--uri", self.uri.replace("//", "//guest:wrong@"), says=["ACCESS_REFUSED", "--uri amqp://"])
        self.varve("bench", "--uri", self.uri, "--consume-only", "--ledger", "nowhere", status=NOT_FOUND)
        self.assertIn("there is no such ledger", self.said)
        (self.folder / "letter").write_text("Dear reader")
        self.varve("bench", "--uri", self.uri, "--consume-only", "--ledger", "letter", status=DAMAGED)
        self.assertIn("not a ledger", self.said)

    def test_queues_that_hold_messages_are_not_touched(self):
        self.bench("--publish-only", "--count", "10", "--confirm", "10")

        self.varve("bench", "--uri", self.uri, "--count", "10", status=USAGE)
        self.assertIn("holds 10 messages already: --purge drops them", self.said)
        self.bench("--count", "10", "--confirm", "10", "--purge")

    def test_a_run_without_any_message_proves_nothing(self):
        self.varve("bench", "--uri", self.uri, "--consume-only", "--duration", "1s", status=NOTHING)
        self.assertIn("there was nothing to check", self.said)

    def test_a_broker_that_goes_away_ends_the_run(self):
        process = subprocess.Popen(
            [VARVE, "bench", "--uri", self.uri, "--duration", "60s", "--confirm", "10"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(), text=True)
        with process.stdout, process.stderr:
            self.wait_until_something_is_published()
            self.broker.kill()
            said = process.stderr.read()
        self.assertEqual(UNREACHABLE, process.wait(60))
        self.assertIn("went away in the middle of the run", said)
        self.assertIn("--reconnect", said)
        self.broker.start()


if __name__ == "__main__":
    unittest.main()
