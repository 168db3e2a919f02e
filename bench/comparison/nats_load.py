"""NATS JetStream by nats-py: asynchronous publishing up to the window; a durable pull consumer that acknowledges all up
to a message."""

import asyncio
import time

import nats
import own_load
from nats.errors import TimeoutError as NothingCame
from nats.js.api import AckPolicy, ConsumerConfig, StorageType

SUBJECT, STREAM, DURABLE = "compare", "COMPARE", "workers"


def connect(settings):
    return nats.connect(f"nats://127.0.0.1:{settings.port}")


async def prepare(settings):
    client = await connect(settings)
    await client.jetstream().add_stream(name=STREAM, subjects=[SUBJECT], storage=StorageType.FILE)
    await client.close()


async def publish(settings, sender):
    client = await connect(settings)
    stream = client.jetstream(publish_async_max_pending=settings.window)
    pending = []
    while sender.running():
        sent_ns = time.monotonic_ns()
        future = await stream.publish_async(SUBJECT, sender.body(), wait_stall=10)
        future.add_done_callback(lambda _, sent_ns=sent_ns: sender.confirmed(sent_ns))
        pending.append(future)
        if len(pending) >= settings.window:
            await pending.pop(0)
    await asyncio.gather(*pending)
    await client.close()


async def consume(settings, receiver):
    client = await connect(settings)
    consumer = await client.jetstream().pull_subscribe(
        SUBJECT, durable=DURABLE,
        config=ConsumerConfig(ack_policy=AckPolicy.ALL, max_ack_pending=2 * settings.prefetch))
    unacked = 0
    while not receiver.finished():
        try:
            messages = await consumer.fetch(settings.prefetch, timeout=0.2)
        except NothingCame:
            continue
        for message in messages:
            receiver.take(message.data)
            unacked += 1
            if unacked >= settings.ack_every or message is messages[-1]:
                await message.ack()
                unacked = 0
    await client.close()


own_load.run(lambda settings: asyncio.run(prepare(settings)),
             lambda settings, sender: asyncio.run(publish(settings, sender)),
             lambda settings, receiver: asyncio.run(consume(settings, receiver)))
