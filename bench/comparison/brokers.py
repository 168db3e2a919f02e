"""The brokers that bench/compare knows."""

import os
import pathlib
import subprocess

from broker import ROOT, Broker, free_port
from own_clients import NatsJetStream, RedisStreams, RedisStreamsAlways


class Varve(Broker):
    name = "varve"
    confirm_means = "fdatasync of the message has returned"

    def start(self):
        program = os.environ.get("VARVED", str(ROOT / "build/release/varved"))
        self.launch([program, "--data-dir", os.path.join(self.folder, "data"), "--bind", "127.0.0.1",
                     "--amqp-port", "0", "--log-level", "warn", "--disk-free-limit", "0"])
        self.port = int(self.wait_for_line(r"ready amqp=127\.0\.0\.1:(\d+)").group(1))


class VarveOther(Varve):
    """A second build, to see in one run what a change did."""

    name = "varve-other"

    @classmethod
    def unavailable(cls):
        return None if "VARVED_OTHER" in os.environ else "VARVED_OTHER does not name another varved"

    def start(self):
        self.launch([os.environ["VARVED_OTHER"], "--data-dir", os.path.join(self.folder, "data"), "--bind",
                     "127.0.0.1", "--amqp-port", "0", "--log-level", "warn", "--disk-free-limit", "0"])
        self.port = int(self.wait_for_line(r"ready amqp=127\.0\.0\.1:(\d+)").group(1))


class NullBroker(Broker):
    name = "null"
    confirm_means = "nothing: the message was parsed and handed to a consumer"

    @classmethod
    def leaves_out(cls, workload):
        if workload.kind != "flow":
            return "it stores nothing"
        if workload.prefetch < workload.confirm and workload.confirm > 1:
            return "it takes no notice of prefetch"
        return None

    def start(self):
        self.launch([os.environ.get("NULL_BROKER", str(ROOT / "build/release/null_broker"))])
        self.port = int(self.wait_for_line(r"ready amqp=127\.0\.0\.1:(\d+)").group(1))


class RabbitMQ(Broker):
    """Debian's rabbitmq-server, as whoever runs this, with ports and folders of its own."""

    name = "rabbitmq"
    confirm_means = "written to the page cache, no fsync (durable classic queue)"
    folder_of_programs = "/usr/lib/rabbitmq/bin"
    programs = ((f"{folder_of_programs}/rabbitmq-server", "apt-get install rabbitmq-server"),)
    port = None

    def start(self):
        self.port = self.port or free_port()
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
        self.launch([os.path.join(self.folder_of_programs, "rabbitmq-server")], environment)
        self.wait_for_line(r"completed with \d+ plugins|Starting broker\.\.\. completed")

    def stop(self):
        try:
            super().stop()
        finally:
            subprocess.run(["epmd", "-port", str(self.epmd_port), "-kill"], capture_output=True, check=False)


class RabbitMQQuorum(RabbitMQ):
    name = "rabbitmq-quorum"
    confirm_means = "fdatasync of the queue's log has returned (quorum queue, one node)"
    queue_arguments = ("--queue-type", "quorum")

    @classmethod
    def leaves_out(cls, workload):
        if workload.kind == "celery":
            return "Celery 5.2 cannot use quorum queues: it asks for a global prefetch"
        return "quorum queues are durable only" if workload.transient else None


class RabbitMQStream(RabbitMQ):
    name = "rabbitmq-stream"
    confirm_means = "written to the page cache, no fsync (stream)"
    queue_arguments = ("--queue-type", "stream")

    @classmethod
    def leaves_out(cls, workload):
        if workload.kind != "flow" or workload.transient or workload.prefetch < 100:
            return "a stream is no work queue"
        return "each stream takes files and processes of its own" if workload.queues > 10 else None


BROKERS = {broker.name: broker for broker in (
    Varve, VarveOther, NullBroker, RabbitMQ, RabbitMQQuorum, RabbitMQStream, RedisStreams, RedisStreamsAlways,
    NatsJetStream)}
