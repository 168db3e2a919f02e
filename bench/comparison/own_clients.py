"""Brokers without AMQP, through the Python clients of their own projects. Those clients are slow: the column of the
generator's cores says when they are what was measured."""

import os
import pathlib
import signal
import sys

from broker import Broker, free_port

HERE = pathlib.Path(__file__).resolve().parent


def can_import(python, module):
    return os.spawnv(os.P_WAIT, python, [python, "-c", f"import importlib.util as u, sys; sys.exit(u.find_spec('{module}') is None)"]) == 0


class OwnClient(Broker):
    load = "own"
    port = None

    @classmethod
    def leaves_out(cls, workload):
        one_to_one = workload.kind == "flow" and workload.publishers == workload.queues == 1
        if not one_to_one or workload.transient or workload.rate or workload.prefetch < 100:
            return "its own client is driven with one publisher, one consumer and confirms only"
        return None

    def load_command(self, workload, duration):
        return [self.python(), "-s", str(HERE / self.script), str(self.port), str(duration), str(workload.size),
                str(workload.confirm), str(workload.prefetch), str(workload.ack_every)]

    @staticmethod
    def python():
        return sys.executable


class RedisStreams(OwnClient):
    name = "redis"
    confirm_means = "in the page cache, fsynced once a second (stream with a consumer group, appendfsync everysec)"
    programs = (("redis-server", "apt-get install redis-server"),)
    script = "redis_load.py"
    sync = "everysec"

    @classmethod
    def unavailable(cls):
        if why := super().unavailable():
            return why
        return None if can_import(sys.executable, "redis") else "no client (apt-get install python3-redis)"

    def start(self):
        self.port = self.port or free_port()
        self.launch(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder,
                     "--appendonly", "yes", "--appendfsync", self.sync, "--save", ""])
        self.wait_for_line("Ready to accept connections")


class RedisStreamsAlways(RedisStreams):
    name = "redis-always"
    confirm_means = "fdatasync of the message has returned (stream with a consumer group, appendfsync always)"
    sync = "always"


class NatsJetStream(OwnClient):
    name = "nats"
    confirm_means = "in the page cache, fsynced every 2 minutes (JetStream, file storage, one node)"
    programs = (("nats-server", "apt-get install nats-server"),)
    script = "nats_load.py"

    @staticmethod
    def python():
        return os.environ.get("NATS_PYTHON", sys.executable)

    @classmethod
    def unavailable(cls):
        if why := super().unavailable():
            return why
        if can_import(cls.python(), "nats"):
            return None
        return "no client (python3 -m venv V && V/bin/pip install nats-py; then NATS_PYTHON=V/bin/python)"

    def start(self):
        self.port = self.port or free_port()
        # What it has to say goes to stderr.
        self.launch(["sh", "-c", 'exec "$@" 2>&1', "sh", "nats-server", "-js", "-a", "127.0.0.1",
                     "-p", str(self.port), "-sd", self.folder])
        self.wait_for_line("Server is ready")

    def stop(self):
        # On SIGTERM it exits with 1 after the same orderly shutdown.
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()
