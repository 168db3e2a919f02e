"""Runs the same checked workloads against brokers, in turn, and compares medians."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

import bare_sync
from brokers import BROKERS, ROOT
from workloads import WORKLOADS

EPILOGUE = """
Each broker starts with an empty data directory on a free port, runs one workload, and is stopped; then comes the next
one: A B A B, so that a change of the machine's mood meets both. A run counts only if `varve bench` found nothing lost,
duplicated, reordered or damaged. Only ratios within one run mean anything.
"""


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="bench/compare", description=__doc__, epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-w", "--workloads", default="W2,W4", help=f"of {', '.join(WORKLOADS)} [%(default)s]")
    parser.add_argument("-b", "--brokers", default="varve,rabbitmq", help=f"of {', '.join(BROKERS)} [%(default)s]")
    parser.add_argument("-n", "--pairs", type=int, default=5, help="runs of each [%(default)s]")
    parser.add_argument("-d", "--duration", default="6s", help="of a run [%(default)s]")
    parser.add_argument("-o", "--output", type=pathlib.Path, help="write the table there as Markdown, too")
    arguments = parser.parse_args()
    for known, given in ((WORKLOADS, arguments.workloads), (BROKERS, arguments.brokers)):
        for name in given.split(","):
            if name not in known:
                parser.error(f"there is no '{name}'; known: {', '.join(known)}")
    return arguments


def run_once(workload, broker_class, duration):
    """The JSON that `varve bench` prints."""
    bench = os.environ.get("VARVE", str(ROOT / "build/release/varve"))
    with broker_class() as broker:
        done = subprocess.run(
            [bench, "bench", "--uri", broker.uri, "--warmup", "1s", "--duration", duration, "-o", "json",
             *workload.flags],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{workload.name} against {broker.name} failed:\n{done.stderr}{done.stdout}{broker.said()}")
        figures = json.loads(done.stdout)
        figures["memory_mb"] = broker.memory_mb()
        return figures


class Samples:
    """All runs of one workload against one broker."""

    def __init__(self):
        self.runs = []

    def median(self, pick):
        return statistics.median(pick(run) for run in self.runs)

    @property
    def rate(self):
        return self.median(lambda run: run["deliver"]["messages_per_second"])

    @property
    def confirm_ms(self):
        return self.median(lambda run: run["confirm_ms"]["p50"])

    @property
    def memory_mb(self):
        return self.median(lambda run: run["memory_mb"])


def compare(workload, names, arguments):
    samples = {name: Samples() for name in names}
    bare = []
    for pair in range(arguments.pairs):
        for name in names:
            print(f"\r{workload.name} {name} {pair + 1}/{arguments.pairs}   ", end="", file=sys.stderr, flush=True)
            samples[name].runs.append(run_once(workload, BROKERS[name], arguments.duration))
        bare.append(bare_sync.median_ms(1.0))
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    return samples, statistics.median(bare)


def table(workload, samples, bare_ms):
    first = next(iter(samples))
    yield f"**{workload.name}**: {workload.what}"
    yield ""
    yield "| broker | delivered/s | confirm p50 | memory | ratio |"
    yield "|---|---|---|---|---|"
    for name, found in samples.items():
        if workload.figure == "rate":
            ratio = f"{first} has {samples[first].rate / found.rate:.1f} × its rate"
        else:
            ratio = f"{found.confirm_ms / bare_ms:.2f} × a bare `pwrite` + `fdatasync` of 4 KiB ({bare_ms:.3f} ms)"
        yield (f"| {name} | {found.rate:,.0f} | {found.confirm_ms:.2f} ms | {found.memory_mb:.0f} MB | {ratio} |")
    yield ""


def heading(arguments):
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True,
                            check=False).stdout.strip()
    yield "# compare"
    yield ""
    yield (f"{datetime.date.today()}, commit {commit}, {os.cpu_count()} cores, Linux {platform.release()}; "
           f"{arguments.pairs} alternating runs of {arguments.duration}, medians; load generator on the same cores.")
    yield ""
    for name in arguments.brokers.split(","):
        yield f"* {name}: a confirm means: {BROKERS[name].confirm_means}"
    yield ""


def main():
    arguments = parse_arguments()
    lines = list(heading(arguments))
    print("\n".join(lines))
    for name in arguments.workloads.split(","):
        workload = WORKLOADS[name]
        found = list(table(workload, *compare(workload, arguments.brokers.split(","), arguments)))
        print("\n".join(found), flush=True)
        lines += found
    if arguments.output:
        arguments.output.write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
