"""One run of one workload against one broker that was just started; what comes back are its figures."""

import json
import os
import pathlib
import subprocess
import sys
import time

from broker import ROOT, RunFailed
from processes import die_with_parent

HERE = pathlib.Path(__file__).resolve().parent


def program(command, broker, environment=None):
    """What it printed as JSON. A program that fails makes the run not count."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          cwd=broker.folder, env={**os.environ, **(environment or {})}, preexec_fn=die_with_parent)
    if done.returncode != 0:
        raise RunFailed(f"{os.path.basename(command[0])} against {broker.name}:\n"
                        f"{done.stderr[-1500:]}{done.stdout[-1500:]}{broker.said()}")
    return json.loads(done.stdout)


def bench(broker, *flags):
    tool = os.environ.get("VARVE", str(ROOT / "build/release/varve"))
    return program([tool, "bench", "--uri", broker.uri, "-o", "json", *broker.queue_arguments, *flags], broker)


def figures_of(report, broker, cpu_seconds):
    return {"rate": report["deliver"]["messages_per_second"],
            "publish_rate": report["publish"]["messages_per_second"],
            "confirm_p50_ms": report["confirm_ms"]["p50"],
            "confirm_p99_ms": report["confirm_ms"]["p99"],
            "end_to_end_p50_ms": report["end_to_end_ms"]["p50"],
            "end_to_end_p99_ms": report["end_to_end_ms"]["p99"],
            "end_to_end_p999_ms": report["end_to_end_ms"]["p999"],
            "cpu_us": cpu_seconds * 1e6 / report["received"],
            "memory_mb": broker.memory_mb(),
            "memory_peak_mb": broker.memory_peak_mb(),
            "generator_cores": report["cpu_cores"]}


def flow(broker, workload, amounts):
    begin = broker.cpu_seconds()
    if broker.load == "bench":
        report = bench(broker, "--warmup", "1s", "--duration", f"{amounts.duration}s", *workload.flags)
    else:
        report = program(broker.load_command(workload, amounts.duration), broker)
    return figures_of(report, broker, broker.cpu_seconds() - begin)


def backlog(broker, workload, amounts):
    """CPU and rate are of draining; the memory is the most of both lives."""
    ledger = ("--ledger", os.path.join(broker.folder, "ledger"))
    stored = bench(broker, "--publish-only", "--count", str(amounts.backlog), *ledger, *workload.flags)
    peak = broker.memory_peak_mb()
    restart_s = broker.restart()
    begin = broker.cpu_seconds()
    report = bench(broker, "--consume-only", "--keep", "--drain", "600s", *ledger, *workload.flags)
    return {**figures_of({**report, "publish": stored["publish"], "confirm_ms": stored["confirm_ms"],
                          "received": amounts.backlog}, broker, broker.cpu_seconds() - begin),
            "restart_s": restart_s, "memory_peak_mb": max(peak, broker.memory_peak_mb())}


def celery(broker, _, amounts):
    """A Flask app sends the tasks; then a worker runs them all. The share is that of the phase that took more."""
    environment = {"BROKER": broker.uri, "TASKS": str(amounts.tasks), "PYTHONPATH": str(HERE),
                   "DONE": os.path.join(broker.folder, "done")}
    os.mkfifo(environment["DONE"])

    def phase(work):
        wall, cpu = time.monotonic(), broker.cpu_seconds()
        result = work()
        return result, (broker.cpu_seconds() - cpu) / (time.monotonic() - wall)

    sent, sending_share = phase(lambda: program([sys.executable, "-s", str(HERE / "flask_app.py")], broker, environment))
    worker = subprocess.Popen(
        [sys.executable, "-s", "-m", "celery", "-A", "celery_app", "worker", "--concurrency", "1", "--loglevel", "ERROR"],
        stdin=subprocess.DEVNULL, stdout=broker.output, stderr=broker.output, cwd=broker.folder,
        env={**os.environ, **environment}, preexec_fn=die_with_parent)
    try:
        done, working_share = phase(lambda: json.loads(pathlib.Path(environment["DONE"]).read_text()))
    finally:
        worker.terminate()
        worker.wait()
    return {"rate": amounts.tasks / done["seconds"], "publish_rate": amounts.tasks / sent["seconds"],
            "core_share": max(sending_share, working_share), "memory_mb": broker.memory_mb(),
            "memory_peak_mb": broker.memory_peak_mb()}


KINDS = {"flow": flow, "backlog": backlog, "celery": celery}


def run_once(workload, broker_class, amounts):
    with broker_class() as broker:
        return KINDS[workload.kind](broker, workload, amounts)
