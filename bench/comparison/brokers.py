"""Brokers that the comparison starts, one at a time, each with an empty data directory of its own."""

import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """With it as a context manager: started on entry, stopped and its data removed on exit."""

    queue_arguments = ()

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="varve-compare-")
        self.output = open(os.path.join(self.folder, "output"), "w+b")
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def said(self):
        return pathlib.Path(self.folder, "output").read_text(errors="replace")[-3000:]

    @property
    def uri(self):
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2f"

    def launch(self, command, environment=None):
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.output, text=True,
            env={**os.environ, **(environment or {})}, cwd=self.folder, preexec_fn=die_with_parent)

    def wait_for_line(self, pattern):
        for line in self.process.stdout:
            if match := re.search(pattern, line):
                return match
        raise RuntimeError(f"{self.name} did not start:\n{self.said()}")

    def memory_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=STOP_TIMEOUT_S)


class Varve(Broker):
    name = "varve"
    confirm_means = "fdatasync of the message has returned"

    def start(self):
        program = os.environ.get("VARVED", str(ROOT / "build/release/varved"))
        self.launch([program, "--data-dir", os.path.join(self.folder, "data"), "--bind", "127.0.0.1",
                     "--amqp-port", "0", "--log-level", "warn"])
        self.port = int(self.wait_for_line(r"ready amqp=127\.0\.0\.1:(\d+)").group(1))


class RabbitMQ(Broker):
    """Debian's rabbitmq-server, as whoever runs this, with ports and folders of its own."""

    name = "rabbitmq"
    confirm_means = "written to the page cache, no fsync (durable classic queue)"
    programs = "/usr/lib/rabbitmq/bin"

    def start(self):
        self.port = free_port()
        self.epmd_port = free_port()
        environment = {
            "HOME": self.folder, "ERL_EPMD_PORT": str(self.epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "compare@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port), "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": os.path.join(self.folder, "mnesia"),
            "RABBITMQ_LOG_BASE": os.path.join(self.folder, "log"), "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": os.path.join(self.folder, "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": os.path.join(self.folder, "plugins"),
            "RABBITMQ_PID_FILE": os.path.join(self.folder, "pid"), "LANG": "C.UTF-8"}
        pathlib.Path(self.folder, "plugins").write_text("[].")
        self.launch([os.path.join(self.programs, "rabbitmq-server")], environment)
        self.wait_for_line(r"completed with \d+ plugins|Starting broker\.\.\. completed")

    def memory_mb(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", "beam"], capture_output=True, text=True)
        pid = children.stdout.split()[0] if children.stdout.split() else self.process.pid
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024

    def stop(self):
        try:
            super().stop()
        finally:
            subprocess.run(["epmd", "-port", str(self.epmd_port), "-kill"], capture_output=True, check=False)


BROKERS = {broker.name: broker for broker in (Varve, RabbitMQ)}
