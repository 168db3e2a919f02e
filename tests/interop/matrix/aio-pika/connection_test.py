"""The handshake, the heartbeats, errors of channels, recovery."""

import asyncio

import aio_pika
import aiormq
from aio_pika import exceptions

import matrix_broker
from aio_case import LIMIT_S, AioCase, pause, wait
from matrix_broker import unique


class Connection(AioCase):
    async def test_connects_and_tunes(self):
        connection = await self.connect(heartbeat=30)

        tune = connection.transport.connection.connection_tune
        self.assertEqual((2047, 131072, 30), (tune.channel_max, tune.frame_max, tune.heartbeat))
        capabilities = connection.transport.connection.server_capabilities
        self.assertTrue(capabilities["publisher_confirms"] and capabilities["basic.nack"])

    async def test_heartbeats_keep_an_idle_connection_open(self):
        connection = await self.connect(heartbeat=1)

        await pause(3.5)

        self.assertFalse((await connection.channel()).is_closed)

    async def test_wrong_password_is_403(self):
        with self.assertRaises(exceptions.ProbableAuthenticationError) as caught:
            await self.connect(password="wrong")

        self.assertIn("ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN", str(caught.exception))

    async def test_unknown_vhost_is_530(self):
        # aiormq says which frame came in place of open-ok, but not what was in it.
        with self.assertRaises(aiormq.exceptions.InvalidFrameError) as caught:
            await self.connect(vhost="gone")

        self.assertIn("Connection.Close", str(caught.exception))

    async def test_secret_can_be_updated(self):
        connection = await self.connect()

        await connection.update_secret(matrix_broker.PASSWORD, reason="it is time")

        self.assertFalse((await connection.channel()).is_closed)


class Channels(AioCase):
    async def test_missing_queue_is_404(self):
        async with self.closes_channel(exceptions.ChannelNotFoundEntity, "NOT_FOUND - no queue 'gone' in vhost '/'"):
            await (await self.channel()).declare_queue("gone", passive=True)

    async def test_missing_exchange_is_404(self):
        channel = await self.channel()
        exchange = await channel.get_exchange("gone", ensure=False)

        async with self.closes_channel(exceptions.ChannelNotFoundEntity, "NOT_FOUND - no exchange 'gone' in vhost '/'"):
            await self.publish(exchange, "", b"1")

    async def test_locked_queue_is_405(self):
        queue = await self.queue(await self.channel())

        async with self.closes_channel(
                aiormq.exceptions.ChannelLockedResource,
                f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{queue.name}'"):
            await (await self.channel()).declare_queue(queue.name, passive=True)

    async def test_other_arguments_are_406(self):
        # The class and method are not for aio-pika's callers to see.
        channel = await self.channel()
        queue = await self.queue(channel, arguments={"x-message-ttl": 1000})

        async with self.closes_channel(
                exceptions.ChannelPreconditionFailed,
                f"PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue '{queue.name}'"):
            await channel.declare_queue(queue.name, exclusive=True, arguments={"x-message-ttl": 2000})

    async def test_unknown_delivery_tag_is_406(self):
        channel = await self.channel()

        async with self.closes_channel(
                exceptions.ChannelPreconditionFailed, "PRECONDITION_FAILED - unknown delivery tag 7"):
            await (await channel.get_underlay_channel()).basic_ack(7)
            await self.queue(channel)

    async def test_channel_number_can_be_used_after_an_error(self):
        connection = await self.connect()
        failing, other = await connection.channel(channel_number=5), await connection.channel()
        async with self.closes_channel(exceptions.ChannelNotFoundEntity, "NOT_FOUND"):
            await failing.declare_queue("gone", passive=True)

        again = await connection.channel(channel_number=5)

        self.assertTrue((await self.queue(again)).name and (await self.queue(other)).name)


class Recovery(AioCase):
    async def test_client_recovers_after_the_broker_was_killed(self):
        # connect_robust: connection, channel, prefetch, exchange, queue, binding and consumer come back by themselves.
        connection = await self.connect(aio_pika.connect_robust, reconnect_interval=0.2)
        channel = await connection.channel()
        await channel.set_qos(1)
        exchange = await self.exchange(channel, "direct")
        queue = await self.queue(channel)
        await queue.bind(exchange, "key")
        arrived = []

        async def take(message):
            arrived.append(message.body)
            await message.ack()
        await queue.consume(take)
        await self.publish(exchange, "key", b"before")

        back = asyncio.Event()
        connection.reconnect_callbacks.add(lambda *_: back.set())
        matrix_broker.restart()
        await asyncio.wait_for(back.wait(), LIMIT_S)
        await self.publish(exchange, "key", b"after")

        async def got():
            return b"after" in arrived
        await wait(got, "the message after the restart")

    async def test_durable_messages_survive_a_killed_broker(self):
        channel = await self.channel()
        name = unique("queue")
        await channel.declare_queue(name, durable=True)
        await self.publish(channel.default_exchange, name, *[b"%d" % n for n in range(50)], delivery_mode=2)

        matrix_broker.restart()

        again = await (await self.channel()).declare_queue(name, passive=True)
        self.assertEqual([b"%d" % n for n in range(50)], await self.drain(again))
        await again.delete()
