"""Connections of aio-pika that end with their test."""

import asyncio
import contextlib
import time
import unittest

import aio_pika

import matrix_broker
from matrix_broker import unique

LIMIT_S = 10


async def wait(condition, what):
    """The first true value of `await condition()`."""
    deadline = time.monotonic() + LIMIT_S
    while not (value := await condition()):
        assert time.monotonic() < deadline, f"{what}: not within {LIMIT_S} s"
        await pause(0.01)
    return value


async def pause(seconds):
    """Lets the connections work."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


class AioCase(unittest.IsolatedAsyncioTestCase):
    async def connect(self, connect=aio_pika.connect, **options):
        parts = {name: options.pop(name) for name in ("password", "vhost") if name in options}
        query = "?" + "&".join(f"{name}={value}" for name, value in options.items()) if options else ""
        connection = await connect(
            matrix_broker.uri_with(**parts) + query, ssl_context=matrix_broker.tls_context(), timeout=LIMIT_S)
        self.addAsyncCleanup(self.close_quietly, connection)
        return connection

    @staticmethod
    async def close_quietly(connection):
        with contextlib.suppress(aio_pika.exceptions.AMQPError):
            await connection.close()

    async def channel(self, **options):
        """A channel with confirms on a connection of its own."""
        return await (await self.connect()).channel(**options)

    @staticmethod
    async def queue(channel, **arguments):
        """An exclusive queue, unless told otherwise."""
        return await channel.declare_queue(unique("queue"), **{"exclusive": True, **arguments})

    @staticmethod
    async def exchange(channel, kind, **arguments):
        return await channel.declare_exchange(unique("exchange"), kind, auto_delete=True, **arguments)

    async def bound_queue(self, channel, exchange, key="", **arguments):
        queue = await self.queue(channel)
        await queue.bind(exchange, key, **arguments)
        return queue

    @staticmethod
    async def publish(exchange, key, *bodies, **properties):
        for body in bodies:
            await exchange.publish(aio_pika.Message(body, **properties), key, mandatory=False, timeout=LIMIT_S)

    @staticmethod
    async def drain(queue):
        """The bodies that are ready, in order."""
        bodies = []
        while message := await queue.get(no_ack=True, fail=False):
            bodies.append(message.body)
        return bodies

    @staticmethod
    async def get_soon(queue):
        """One message as soon as there is one, unsettled."""
        return await wait(lambda: queue.get(fail=False), f"a message in {queue}")

    @staticmethod
    async def consume(queue, **arguments):
        """A list to which deliveries are added, and the consumer's tag."""
        arrived = []

        async def take(message):
            arrived.append(message)
        return arrived, await queue.consume(take, **arguments)

    async def arrive(self, arrived, count):
        async def there():
            return len(arrived) >= count
        await wait(there, f"{count} deliveries")

    @contextlib.asynccontextmanager
    async def closes_channel(self, kind, text):
        with self.assertRaises(kind) as caught:
            yield
        self.assertIn(text, str(caught.exception))
