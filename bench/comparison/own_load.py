"""What the load programs of Redis Streams and NATS JetStream share: the account of a run, checked like that of
`varve bench` (each message once, in order, undamaged), and its report with the same field names."""

import json
import multiprocessing
import resource
import statistics
import struct
import sys
import time

WARMUP_NS = 1_000_000_000
STAMP = struct.Struct("<QQ")  # number, monotonic time


class Settings:
    def __init__(self, words):
        self.port, self.duration_s, self.size, self.window, self.prefetch, self.ack_every = map(int, words)
        self.filler = bytes(range(256)) * (self.size // 256 + 1)
        self.filler = self.filler[:self.size - STAMP.size]


def times_of(samples_ns):
    if not samples_ns:
        return {"p50": None, "p99": None, "p999": None}
    cuts = statistics.quantiles(samples_ns, n=1000, method="inclusive") if len(samples_ns) > 1 else samples_ns * 999
    return {"p50": cuts[499] / 1e6, "p99": cuts[989] / 1e6, "p999": cuts[998] / 1e6}


class Meter:
    """Counts and times what happens after the warm-up."""

    def __init__(self, begin_ns):
        self.begin_ns, self.count, self.times = begin_ns + WARMUP_NS, 0, []
        self.last_ns = self.begin_ns

    def add(self, now_ns, sent_ns, count=1):
        if now_ns >= self.begin_ns:
            self.count += count
            self.times.append(now_ns - sent_ns)
            self.last_ns = now_ns

    def report(self):
        seconds = (self.last_ns - self.begin_ns) / 1e9
        return {"messages_per_second": self.count / seconds if seconds else 0, "times": times_of(self.times)}


class Sender:
    def __init__(self, settings, begin_ns):
        self.settings, self.count, self.meter = settings, 0, Meter(begin_ns)
        self.end_ns = begin_ns + WARMUP_NS + settings.duration_s * 1_000_000_000

    def running(self):
        return time.monotonic_ns() < self.end_ns

    def body(self):
        body = STAMP.pack(self.count, time.monotonic_ns()) + self.settings.filler
        self.count += 1
        return body

    def confirmed(self, sent_ns, count=1):
        self.meter.add(time.monotonic_ns(), sent_ns, count)


class Receiver:
    def __init__(self, settings, begin_ns, total):
        self.settings, self.total, self.count, self.meter = settings, total, 0, Meter(begin_ns)

    def finished(self):
        return self.count == self.total.value

    def take(self, body):
        number, sent_ns = STAMP.unpack_from(body)
        if number != self.count or body[STAMP.size:] != self.settings.filler:
            sys.exit(f"message {number} came where {self.count} was due, or damaged")
        self.count += 1
        self.meter.add(time.monotonic_ns(), sent_ns)


def run(prepare, publish, consume):
    """The body of a load program: publish(Settings, Sender) and consume(Settings, Receiver) in two processes."""
    settings = Settings(sys.argv[1:])
    prepare(settings)
    begin_ns = time.monotonic_ns()
    total = multiprocessing.Value("q", -1)
    outcome = multiprocessing.Queue()

    def receive():
        receiver = Receiver(settings, begin_ns, total)
        consume(settings, receiver)
        outcome.put((receiver.count, receiver.meter.report()))

    child = multiprocessing.Process(target=receive)
    child.start()
    sender = Sender(settings, begin_ns)
    publish(settings, sender)
    total.value = sender.count
    child.join(120)
    if child.exitcode != 0:
        child.kill()
        sys.exit("not everything that was confirmed came back")
    received, delivered = outcome.get()
    published = sender.meter.report()
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(use.ru_utime + use.ru_stime for use in usage)
    print(json.dumps({"deliver": delivered, "publish": published, "confirm_ms": published["times"],
                      "end_to_end_ms": delivered["times"], "received": received,
                      "cpu_cores": cpu / ((time.monotonic_ns() - begin_ns) / 1e9)}))
