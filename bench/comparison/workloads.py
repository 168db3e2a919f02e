"""What is run against every broker, the figures that count, and what Varve is to reach."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Metric:
    """A figure of a run (runs.py). Which way is better decides what a regression is."""

    key: str
    title: str
    better: str  # "higher" or "lower"
    unit: str = ""


RATE = Metric("rate", "delivered/s", "higher")
CONFIRM = Metric("confirm_p50_ms", "confirm p50", "lower", " ms")
LATENCY = (Metric("end_to_end_p50_ms", "publish to deliver p50", "lower", " ms"),
           Metric("end_to_end_p99_ms", "p99", "lower", " ms"),
           Metric("end_to_end_p999_ms", "p99.9", "lower", " ms"))
CPU = Metric("cpu_us", "broker CPU per message", "lower", " µs")
MEMORY = Metric("memory_peak_mb", "memory, most", "lower", " MB")
GENERATOR = Metric("generator_cores", "generator, cores", "lower")
RESTART = Metric("restart_s", "restart", "lower", " s")
DRAIN = Metric("rate", "drained/s", "higher")
STORED = Metric("publish_rate", "published/s", "higher")
TASKS = Metric("rate", "tasks/s", "higher")
FLASK = Metric("publish_rate", "publishes/s from Flask", "higher")
SHARE = Metric("core_share", "broker, share of a core", "lower")


@dataclasses.dataclass(frozen=True)
class Bar:
    """What Varve's median is to reach: against another broker, another workload, `bare` sync, or as a plain number."""

    metric: Metric
    value: float
    against: str = ""

    def met_by(self, found):
        return found >= self.value if self.metric.better == "higher" else found <= self.value

    def text(self):
        sign = "≥" if self.metric.better == "higher" else "≤"
        return f"{sign} {self.value:g}" + (f" × {self.against}" if self.against else self.metric.unit)


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    what: str
    metrics: tuple  # the first is the one that charts and ratios are about
    kind: str = "flow"  # "flow": publishers and consumers at once; "backlog" and "celery": runs.py
    bars: tuple = ()
    size: int = 1024
    publishers: int = 1
    consumers: int = 1
    queues: int = 1
    fanout: bool = False
    rate: int = 0  # per second; 0: as fast as possible
    transient: bool = False
    confirm: int = 1000
    prefetch: int = 1000
    ack_every: int = 100

    @property
    def flags(self):
        """For `varve bench`."""
        flags = ["--size", self.size, "--publishers", self.publishers, "--consumers", self.consumers,
                 "--queues", self.queues]
        flags += ["--exchange", "fanout"] * self.fanout + ["--rate", self.rate] * bool(self.rate)
        if self.transient:
            flags += ["--transient", "--auto-ack"]
        else:
            flags += ["--confirm", self.confirm, "--prefetch", self.prefetch, "--ack-every", self.ack_every]
        return [str(flag) for flag in flags]


FLOW = (RATE, CONFIRM, CPU, MEMORY, GENERATOR)
WINDOW = "confirm window 1,000, prefetch 1,000, ack every 100"

WORKLOADS = {workload.name: workload for workload in (
    Workload("W1", f"1 publisher, 1 consumer, 100 B, {WINDOW}", FLOW, size=100,
             bars=(Bar(RATE, 27, "rabbitmq"), Bar(RATE, 0.35, "null"))),
    Workload("W2", f"1 publisher, 1 consumer, 1 KiB, {WINDOW}", FLOW,
             bars=(Bar(RATE, 22, "rabbitmq"), Bar(RATE, 0.30, "null"))),
    Workload("W3", f"1 publisher, 1 consumer, 16 KiB, {WINDOW}", FLOW, size=16384,
             bars=(Bar(RATE, 3.5, "rabbitmq"), Bar(RATE, 0.45, "null"))),
    Workload("W4", "one confirm at a time, 1 KiB", (CONFIRM, RATE, CPU, MEMORY, GENERATOR), confirm=1, ack_every=1,
             bars=(Bar(CONFIRM, 1.8, "bare"), Bar(RATE, 1.7, "rabbitmq"))),
    Workload("W5", f"fan-out to 4 queues, 1 KiB, {WINDOW}", FLOW, fanout=True, queues=4, consumers=4,
             bars=(Bar(RATE, 20, "rabbitmq"),)),
    Workload("W6", f"100 queues, 10 publishers, 10 consumers, 1 KiB, {WINDOW}", FLOW, queues=100, publishers=10,
             consumers=10, bars=(Bar(RATE, 25, "rabbitmq"),)),
    Workload("W6b", f"1,000 queues, 10 publishers, 10 consumers, 1 KiB, {WINDOW}", FLOW, queues=1000, publishers=10,
             consumers=10, bars=(Bar(RATE, 0.7, "W6"),)),
    Workload("W7", "backlog of 100 B messages: publish all, restart, drain", (DRAIN, STORED, RESTART, CPU, MEMORY),
             kind="backlog", size=100,
             bars=(Bar(RESTART, 1), Bar(DRAIN, 0.6, "W1"), Bar(MEMORY, 200))),
    Workload("W8", "5,000/s whatever comes back (open loop), 1 KiB", LATENCY + (CONFIRM, CPU, MEMORY, GENERATOR),
             rate=5000, ack_every=1, bars=(Bar(LATENCY[0], 1.2), Bar(LATENCY[1], 3))),
    Workload("W9", "1 publisher, 1 consumer, 1 KiB, prefetch 4, every message acknowledged by itself", FLOW,
             prefetch=4, ack_every=1, bars=(Bar(RATE, 16, "rabbitmq"),)),
    # 24 bytes is the smallest body that carries what the check needs.
    Workload("W10", "transient, no confirms, automatic acks, 24 B", (RATE, CPU, MEMORY, GENERATOR), size=24,
             transient=True, bars=(Bar(RATE, 0.5, "null"),)),
    Workload("W10b", "transient, no confirms, automatic acks, 1 KiB", (RATE, CPU, MEMORY, GENERATOR), transient=True,
             bars=(Bar(RATE, 0.5, "null"),)),
    Workload("W11", "Celery: no-op tasks sent by a Flask app with confirms, then run by one worker",
             (TASKS, FLASK, SHARE, MEMORY), kind="celery", bars=(Bar(SHARE, 0.15),)),
)}
