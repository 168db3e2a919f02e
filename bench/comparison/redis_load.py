"""Redis Streams by redis-py: XADD in pipelines of the window's size; a consumer group with XACK."""

import time

import own_load
import redis

STREAM, GROUP = "compare", "workers"


def connect(settings):
    return redis.Redis(port=settings.port)


def prepare(settings):
    connect(settings).xgroup_create(STREAM, GROUP, id="0", mkstream=True)


def publish(settings, sender):
    client = connect(settings)
    while sender.running():
        pipeline = client.pipeline(transaction=False)
        sent_ns = time.monotonic_ns()
        for _ in range(settings.window):
            pipeline.xadd(STREAM, {"b": sender.body()})
        pipeline.execute()
        sender.confirmed(sent_ns, settings.window)


def consume(settings, receiver):
    client = connect(settings)
    while not receiver.finished():
        for _, entries in client.xreadgroup(GROUP, "one", {STREAM: ">"}, count=settings.prefetch, block=100):
            for begin in range(0, len(entries), settings.ack_every):
                batch = entries[begin:begin + settings.ack_every]
                for _, fields in batch:
                    receiver.take(fields[b"b"])
                client.xack(STREAM, GROUP, *(number for number, _ in batch))


own_load.run(prepare, publish, consume)
