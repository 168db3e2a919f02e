"""A broker process of our own, on a free port of 127.0.0.1 and a data directory that goes away afterwards.

VARVED names the program (default: build/release/varved). With VARVE_INTEROP_BROKER=host:port the tests use a broker
that is already running; those that stop or kill it are skipped.
"""

import ctypes
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[3]
READY = re.compile(r"^varved: ready amqp=([\d.]+):(\d+)(?:.* amqps=[\d.]+:(\d+))?")
START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 20


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    """For a child process: it is killed when the test ends in whatever way."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class BrokerError(Exception):
    pass


class OwnBroker:
    """A varved that tests may stop, kill and start again: same port, same data."""

    can_restart = True

    def __init__(self, *flags):
        self.flags = flags
        self.host, self.port = "127.0.0.1", 0
        self.tls_port = None  # with a certificate among the flags
        self.folder = tempfile.mkdtemp(prefix="varve-interop-")
        self.process = None
        self.start()

    @property
    def pid(self):
        return self.process.pid

    @property
    def data_dir(self):
        return os.path.join(self.folder, "data")

    def start(self):
        """Returns once it accepts connections."""
        program = os.environ.get("VARVED", str(ROOT / "build/release/varved"))
        with open(os.path.join(self.folder, "stderr"), "ab") as errors:
            self.process = subprocess.Popen(
                [program, "--data-dir", os.path.join(self.folder, "data"), "--bind", self.host,
                 "--amqp-port", str(self.port), *self.flags],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                preexec_fn=die_with_parent)
        lines = queue.Queue()
        threading.Thread(target=self._read, args=(self.process.stdout, lines), daemon=True).start()
        while True:
            try:
                line = lines.get(timeout=START_TIMEOUT_S)
            except queue.Empty:
                line = None
            if line is None:
                self.process.kill()
                raise BrokerError(f"varved did not become ready (exit {self.process.wait()}):\n{self.stderr()}")
            if match := READY.match(line):
                self.port = int(match.group(2))
                self.tls_port = int(match.group(3)) if match.group(3) else None
                return

    @staticmethod
    def _read(stream, lines):
        with stream:
            for line in stream:
                lines.put(line)
        lines.put(None)

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise BrokerError(f"varved did not stop within {STOP_TIMEOUT_S} s of SIGTERM:\n{self.stderr()}")

    def kill(self):
        """As a crash: SIGKILL, without any warning."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.stop()
        self.start()

    def stderr(self):
        return pathlib.Path(self.folder, "stderr").read_text(errors="replace")[-4000:]

    def close(self):
        """Stops it if it runs, and removes its data. Raises if it had died or ends badly."""
        try:
            status = self.process.poll()
            if status is None:
                status = self.stop()
            if status != 0:
                raise BrokerError(f"varved ended with {status}:\n{self.stderr()}")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class RunningBroker:
    """A broker that somebody else started."""

    can_restart = False

    def __init__(self, address):
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)

    def close(self):
        pass


def start_broker(*flags):
    address = os.environ.get("VARVE_INTEROP_BROKER")
    return RunningBroker(address) if address else OwnBroker(*flags)
