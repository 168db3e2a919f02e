"""What bench/compare calculates from runs, what it calls a regression, and what it says about mistakes."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/comparison"))

import report  # noqa: E402
import samples  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

FACTS = {"provisional": False, "date": "2026-01-02", "commit": "abc", "cores": 2, "kernel": "6", "load_before": 0.0,
         "pairs": 3, "duration_s": 6, "first": "varve", "brokers": ["varve", "rabbitmq"]}


def rates(*values):
    return [{"rate": value} for value in values]


def summary(name, **runs_by_broker):
    return samples.summary(WORKLOADS[name], runs_by_broker, [1.0] * 3)


class Ratios(unittest.TestCase):
    def test_are_of_neighbouring_runs_so_that_a_slow_minute_meets_both(self):
        found = summary("W1", varve=rates(100, 1000, 300), rabbitmq=rates(10, 100, 10))

        self.assertEqual({"median": 10, "min": 10, "max": 30, "better": "higher"},
                         found["ratios"]["rabbitmq"]["rate"])

    def test_of_confirms_one_at_a_time_are_taken_over_a_bare_sync_too(self):
        found = samples.summary(WORKLOADS["W4"], {"varve": [{"confirm_p50_ms": 0.3}, {"confirm_p50_ms": 0.4}]}, [0.2, 0.2])

        self.assertAlmostEqual(1.75, found["ratios"]["bare"]["confirm_p50_ms"]["median"])

    def test_leave_out_what_a_broker_cannot_be_asked(self):
        found = summary("W1", varve=[{"rate": 10, "confirm_p50_ms": 1}], rabbitmq=[{"rate": 5, "confirm_p50_ms": None}])

        self.assertEqual({"rate"}, set(found["ratios"]["rabbitmq"]))


class Regressions(unittest.TestCase):
    def judge(self, before, now, key="rate", workload="W1"):
        def results(value):
            return {workload: summary(workload, varve=[{key: value}], rabbitmq=[{key: 1}])}
        return samples.regressions(results(now), results(before))

    def test_a_rate_more_than_a_tenth_lower_is_one(self):
        self.assertEqual((1, []), self.judge(before=30, now=27.5))
        compared, worse = self.judge(before=30, now=27)
        self.assertEqual(1, compared)
        self.assertRegex(worse[0], r"W1: rate of varve was 30 × that of rabbitmq, and is 27 ×")

    def test_a_time_more_than_a_tenth_higher_is_one(self):
        self.assertEqual([], self.judge(before=1.0, now=1.05, key="confirm_p50_ms")[1])
        self.assertEqual(1, len(self.judge(before=1.0, now=1.2, key="confirm_p50_ms")[1]))

    def test_getting_better_is_none(self):
        self.assertEqual([], self.judge(before=30, now=60)[1])
        self.assertEqual([], self.judge(before=1.0, now=0.5, key="confirm_p50_ms")[1])

    def test_memory_is_shown_but_not_judged(self):
        self.assertEqual((0, []), self.judge(before=1, now=9, key="memory_peak_mb"))

    def test_what_the_baseline_does_not_have_is_not_compared(self):
        results = {"W1": summary("W1", varve=rates(1), rabbitmq=rates(1))}

        self.assertEqual((0, []), samples.regressions(results, {}))


class Report(unittest.TestCase):
    def test_says_which_bars_were_reached(self):
        text = report.markdown(FACTS, {"W1": summary("W1", varve=rates(280, 300, 290), rabbitmq=rates(10, 10, 10))}, [])

        self.assertIn("delivered/s ≥ 27 × rabbitmq: 29.0, reached", text)
        self.assertNotIn("null: ", text)

    def test_a_bar_across_workloads_takes_both_medians(self):
        results = {"W6": summary("W6", varve=rates(100, 100, 100)), "W6b": summary("W6b", varve=rates(60, 60, 60))}

        self.assertIn("delivered/s ≥ 0.7 × W6: 0.60, **not reached**", report.markdown(FACTS, results, []))

    def test_ends_with_what_was_not_run_and_why(self):
        text = report.markdown(FACTS, {}, [{"broker": "nats", "workloads": ["W1", "W2"], "why": "no nats-server"}])

        self.assertTrue(text.endswith("Not run:\n\n* nats, W1, W2: no nats-server\n"), text)


class Command(unittest.TestCase):
    def complaint(self, *arguments, **environment):
        done = subprocess.run([sys.executable, "-s", str(ROOT / "bench/comparison/main.py"), *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              env={**os.environ, **environment})
        self.assertNotEqual(0, done.returncode)
        self.assertNotIn("Traceback", done.stderr)
        return done.stderr

    def test_unknown_names_are_told_with_those_that_are_known(self):
        self.assertRegex(self.complaint("-w", "W99"), "there is no workload 'W99'; known: W1, W2, ")
        self.assertRegex(self.complaint("-b", "varve,kestrel"), "there is no broker 'kestrel'; known: varve, ")

    def test_no_runs_at_all_are_refused(self):
        self.assertIn("at least 1", self.complaint("-n", "0"))

    def test_a_baseline_that_is_none_is_told_before_anything_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            other = pathlib.Path(folder, "other.json")
            other.write_text(json.dumps({"v": 2}))
            self.assertIn("No such file", self.complaint("--check", f"{folder}/none.json"))
            self.assertIn("is not what --output wrote", self.complaint("--check", str(other)))

    def test_a_broker_that_is_not_there_is_named_at_the_end(self):
        done = subprocess.run(
            [sys.executable, "-s", str(ROOT / "bench/comparison/main.py"), "-b", "varve-other", "-n", "1"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env={name: value for name, value in os.environ.items() if name != "VARVED_OTHER"})

        self.assertIn("* varve-other, W2, W4: VARVED_OTHER does not name another varved", done.stdout)

    def test_a_run_of_every_kind_against_varve_and_the_null_broker_counts(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-s", str(ROOT / "bench/comparison/main.py"), "-n", "1", "-d", "1", "-w", "W1,W7",
                 "-b", "varve,null", "--backlog", "2000", "-o", f"{folder}/out.md"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            self.assertEqual(0, done.returncode, done.stderr)
            found = json.loads(pathlib.Path(folder, "out.json").read_text())

        self.assertGreater(found["workloads"]["W1"]["ratios"]["null"]["rate"]["median"], 0)
        self.assertGreater(found["workloads"]["W7"]["brokers"]["varve"]["runs"][0]["restart_s"], 0)
        self.assertEqual([("null", ["W7"])], [(entry["broker"], entry["workloads"]) for entry in found["not_run"]])


if __name__ == "__main__":
    unittest.main()
