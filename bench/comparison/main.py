"""Runs the same checked workloads against brokers, in turn, and compares medians."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

import bare_sync
import report
import samples
from broker import ROOT, RunFailed
from brokers import BROKERS
from runs import run_once
from workloads import WORKLOADS

EPILOGUE = """
Each broker starts with an empty data directory on a free port, runs one workload, and is stopped; then comes the next
one: A B A B, so that a change of the machine's mood meets both. A run counts only if `varve bench` found nothing lost,
duplicated, reordered or damaged. Only ratios within one run mean anything. VARVED, VARVED_OTHER, VARVE, NULL_BROKER and
NATS_PYTHON name other programs than those of build/release. docs/performance.md explains the figures.
"""
MATPLOTLIB_MISSING = "charts need matplotlib: tools/setup bench, or apt-get install python3-matplotlib"


def names_of(known, what):
    def parse(text):
        names = list(known) if text == "all" else text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"there is no {what} '{name}'; known: {', '.join(known)}, all")
        return list(dict.fromkeys(names))
    return parse


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def parser():
    found = argparse.ArgumentParser(
        prog="bench/compare", description=__doc__, epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("-w", "--workloads", default="W2,W4", type=names_of(WORKLOADS, "workload"),
                       help=f"of {', '.join(WORKLOADS)}, or all [%(default)s]")
    found.add_argument("-b", "--brokers", default="varve,rabbitmq", type=names_of(BROKERS, "broker"),
                       help=f"of {', '.join(BROKERS)}, or all; ratios are the first one's [%(default)s]")
    found.add_argument("-n", "--pairs", type=positive, default=5, help="runs of each [%(default)s]")
    found.add_argument("-d", "--duration", type=positive, default=6, help="of a run, seconds [%(default)s]")
    found.add_argument("--backlog", type=positive, default=2_000_000, help="messages of W7 [%(default)s]")
    found.add_argument("--tasks", type=positive, default=10_000, help="tasks of W11 [%(default)s]")
    found.add_argument("--provisional", action="store_true", help="say so in the results: the machine was not quiet")
    found.add_argument("-o", "--output", type=pathlib.Path, metavar="FILE.md",
                       help="write the tables there, and all figures to FILE.json")
    found.add_argument("--check", type=pathlib.Path, metavar="BASELINE.json",
                       help="fail if a ratio is more than 10 %% worse than in that earlier --output")
    found.add_argument("--draw", type=pathlib.Path, metavar="FILE.json",
                       help="run nothing; draw the charts of an earlier --output beside it, as SVG")
    return found


def skipped(broker, workload, failures):
    return BROKERS[broker].unavailable() or BROKERS[broker].leaves_out(workload) or failures.get(broker)


def measure(workload, arguments):
    """Runs by broker, bare syncs, and why a broker has none. A broker that fails once is left out from then on."""
    runs = {name: [] for name in arguments.brokers}
    bare, failures = [], {}
    for pair in range(arguments.pairs):
        for name in arguments.brokers:
            if skipped(name, workload, failures):
                continue
            print(f"{workload.name} {name} {pair + 1}/{arguments.pairs}", file=sys.stderr, flush=True)
            try:
                runs[name].append(run_once(workload, BROKERS[name], arguments))
            except RunFailed as failure:
                failures[name] = f"failed: {failure}"
                print(failures[name], file=sys.stderr)
        if any(runs.values()):
            bare.append(bare_sync.median_ms(1.0))
    reasons = {name: why for name in runs if (why := skipped(name, workload, failures))}
    return {name: found for name, found in runs.items() if name not in reasons}, bare, reasons, failures


def facts_of(arguments):
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True,
                            check=False).stdout.strip()
    return {"date": str(datetime.date.today()), "commit": commit, "cores": os.cpu_count(),
            "kernel": platform.release(), "load_before": os.getloadavg()[0], "pairs": arguments.pairs,
            "duration_s": arguments.duration, "provisional": arguments.provisional, "first": arguments.brokers[0],
            "brokers": arguments.brokers}


def measure_all(arguments, facts):
    """The results by workload, what was not run, and whether a run failed."""
    results, left_out, failed = {}, {}, False
    for name in arguments.workloads:
        runs, bare, reasons, failures = measure(WORKLOADS[name], arguments)
        failed = failed or bool(failures)
        for broker, why in reasons.items():
            left_out.setdefault((broker, why.splitlines()[0]), []).append(name)
        if runs:
            results[name] = samples.summary(WORKLOADS[name], runs, bare)
            print("\n".join(report.section(name, results)), flush=True)
        save(arguments, facts, results, entries_of(left_out))
    return results, entries_of(left_out), failed


def entries_of(left_out):
    return [{"broker": broker, "workloads": names, "why": why} for (broker, why), names in left_out.items()]


def save(arguments, facts, results, entries):
    """After each workload, so that a run of hours that is cut short leaves what it has."""
    if arguments.output is None:
        return
    arguments.output.write_text(report.markdown(facts, results, entries))
    arguments.output.with_suffix(".json").write_text(
        json.dumps({"v": 1, **facts, "workloads": results, "not_run": entries}, indent=1) + "\n")


def check(results, baseline):
    compared, worse = samples.regressions(results, baseline)
    if compared == 0:
        return "--check: the baseline has none of these workloads and brokers"
    print(f"check: {compared} ratios compared, {len(worse)} more than 10 % worse")
    return "\n".join(worse)


def load(parsed, path):
    try:
        found = json.loads(path.read_text())
        if found.get("v") != 1:
            raise ValueError
        return found
    except OSError as error:
        parsed.error(f"{path}: {error.strerror}")
    except ValueError:
        parsed.error(f"{path} is not what --output wrote")


def draw(path, results):
    try:
        import charts
    except ImportError:
        sys.exit(MATPLOTLIB_MISSING)
    for chart in charts.draw(results, path.parent):
        print(chart)


def main():
    parsed = parser()
    arguments = parsed.parse_args()
    if arguments.draw:
        draw(arguments.draw, load(parsed, arguments.draw))
        return
    baseline = load(parsed, arguments.check) if arguments.check else None
    facts = facts_of(arguments)
    print("\n".join(report.heading(facts)))
    results, entries, failed = measure_all(arguments, facts)
    print("\n".join(report.not_run(entries)))
    complaint = check(results, baseline["workloads"]) if baseline else ""
    if complaint or failed:
        sys.exit(complaint or "a run failed: see above")


if __name__ == "__main__":
    main()
