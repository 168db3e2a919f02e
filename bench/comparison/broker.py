"""A broker that the comparison starts: one at a time, with an empty data directory of its own."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import processes

ROOT = pathlib.Path(__file__).resolve().parents[2]
STOP_TIMEOUT_S = 120


class RunFailed(Exception):
    """This run does not count; the text says why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """With it as a context manager: started on entry, stopped and its data removed on exit.

    A subclass has start(), which returns when clients may connect, and `programs` that it needs.
    """

    queue_arguments = ()
    programs = ()
    load = "bench"  # who speaks to it: `varve bench`, or the client of its own

    @classmethod
    def unavailable(cls):
        """Why it cannot run on this machine; None if it can."""
        for program, advice in cls.programs:
            if not shutil.which(program):
                return f"no {program} on this machine ({advice})"
        return None

    @classmethod
    def leaves_out(cls, workload):
        """Why this workload says nothing about it; None if it does."""
        return None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="varve-compare-")
        self.output = open(os.path.join(self.folder, "output"), "w+b")
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if hasattr(self, "process"):
            self.stop()
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def restart(self):
        """Seconds from exec to ready, after an orderly stop."""
        self.stop()
        begin = time.monotonic()
        self.start()
        return time.monotonic() - begin

    def said(self):
        return pathlib.Path(self.folder, "output").read_text(errors="replace")[-3000:]

    @property
    def uri(self):
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2f"

    def launch(self, command, environment=None):
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.output, text=True,
            env={**os.environ, **(environment or {})}, cwd=self.folder, preexec_fn=processes.die_with_parent)

    def wait_for_line(self, pattern):
        for line in self.process.stdout:
            if match := re.search(pattern, line):
                return match
        raise RunFailed(f"{self.name} did not start:\n{self.said()}")

    def cpu_seconds(self):
        return processes.cpu_seconds(self.process.pid)

    def memory_mb(self):
        return processes.memory_mb(self.process.pid, "VmRSS")

    def memory_peak_mb(self):
        return processes.memory_mb(self.process.pid, "VmHWM")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise RunFailed(f"{self.name} did not stop within {STOP_TIMEOUT_S} s") from None
