"""Publishing, consuming, settling, transactions."""

import asyncio
import datetime
import decimal

import aio_pika
import aiormq
from aio_pika import exceptions

from aio_case import AioCase, wait
from matrix_broker import unique

TABLE = {
    "text": "h\u00e4", "bytes": bytearray(b"\x00\xff"), "true": True, "small": 7, "negative": -3, "long": 2 ** 40,
    "double": 0.5, "decimal": decimal.Decimal("1.25"),
    "when": datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
    "nothing": None, "table": {"inner": {"list": [1, "two", {"three": 3}]}}, "list": ["a", 1, False, None],
}


class Publishing(AioCase):
    async def test_publishes_are_each_confirmed_once(self):
        channel = await self.channel()
        queue = await self.queue(channel)

        acks = await asyncio.gather(*(channel.default_exchange.publish(aio_pika.Message(b"%d" % n), queue.name)
                                      for n in range(200)))

        # aio-pika completes each publish by the number of its confirm; with `multiple` several get the same one.
        self.assertEqual({"Basic.Ack"}, {ack.name for ack in acks})
        self.assertEqual(200, max(ack.delivery_tag for ack in acks))
        self.assertEqual(200, (await channel.declare_queue(queue.name, passive=True)).declaration_result.message_count)

    async def test_unroutable_mandatory_message_returns_before_its_ack(self):
        channel = await self.channel(on_return_raises=True)

        with self.assertRaises(exceptions.PublishError) as caught:
            await channel.default_exchange.publish(aio_pika.Message(b"1"), unique("nobody"), mandatory=True)

        self.assertEqual((312, b"1"), (caught.exception.message.delivery.reply_code, caught.exception.message.body))

    async def test_large_message_crosses_many_frames(self):
        channel = await self.channel()
        queue, body = await self.queue(channel), bytes(range(256)) * 12345

        await self.publish(channel.default_exchange, queue.name, body)

        self.assertEqual([body], await self.drain(queue))

    async def test_properties_and_field_types_come_back_as_sent(self):
        channel = await self.channel()
        queue = await self.queue(channel)
        sent = aio_pika.Message(
            b"1", headers=TABLE, content_type="text/plain", content_encoding="utf-8", delivery_mode=2, priority=3,
            correlation_id="c", reply_to="r", expiration=60, message_id="m", type="t", user_id="guest", app_id="a",
            timestamp=datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc))

        await channel.default_exchange.publish(sent, queue.name)

        got = await self.get_soon(queue)
        names = ("content_type", "content_encoding", "delivery_mode", "priority", "correlation_id", "reply_to",
                 "expiration", "message_id", "timestamp", "type", "user_id", "app_id")
        self.assertEqual([getattr(sent, name) for name in names], [getattr(got, name) for name in names])
        self.assertEqual(TABLE, got.headers)


class Consuming(AioCase):
    async def asyncSetUp(self):
        self.channel_ = await self.channel()
        self.queue_ = await self.queue(self.channel_)

    async def second(self):
        """The same queue on another channel of the connection."""
        channel = await self.channel_._connection.channel()
        return channel, await channel.get_queue(self.queue_.name, ensure=False)

    async def send(self, *bodies):
        await self.publish(self.channel_.default_exchange, self.queue_.name, *bodies)

    async def test_acked_message_is_gone(self):
        await self.send(b"1", b"2")
        channel, queue = await self.second()
        await (await queue.get()).ack()

        await channel.close()

        self.assertEqual([b"2"], await self.drain(self.queue_))

    async def test_rejected_message_is_gone(self):
        await self.send(b"1", b"2")
        channel, queue = await self.second()
        await (await queue.get()).reject(requeue=False)

        await channel.close()

        self.assertEqual([b"2"], await self.drain(self.queue_))

    async def test_nacked_message_comes_back_redelivered(self):
        await self.send(b"1", b"2")
        first = await self.queue_.get()
        await first.nack(requeue=True)

        again = await self.get_soon(self.queue_)

        self.assertEqual((False, True, b"1"), (first.redelivered, again.redelivered, again.body))

    async def test_unsettled_messages_of_a_closed_channel_come_back(self):
        await self.send(b"1", b"2", b"3")
        channel, queue = await self.second()
        for _ in range(3):
            await queue.get()

        await channel.close()

        got = [await self.get_soon(self.queue_) for _ in range(3)]
        self.assertEqual([(b"1", True), (b"2", True), (b"3", True)], [(m.body, m.redelivered) for m in got])

    async def settles_at(self, arrived, count):
        """`count` have arrived, and no more after two round trips."""
        await self.arrive(arrived, count)
        for _ in range(2):
            await arrived[0].channel.queue_declare(self.queue_.name, passive=True)
        self.assertEqual(count, len(arrived))

    async def test_prefetch_limits_each_consumer(self):
        await self.send(*[b"m"] * 20)
        channel, queue = await self.second()
        await channel.set_qos(3)
        first, _ = await self.consume(queue)
        await self.settles_at(first, 3)
        second, _ = await self.consume(queue)
        await self.settles_at(second, 3)

        await first[0].ack()

        await self.settles_at(first, 4)
        self.assertEqual(3, len(second))

    async def test_global_prefetch_limits_the_channel(self):
        await self.send(*[b"m"] * 20)
        channel, queue = await self.second()
        arrived = []

        async def take(message):
            arrived.append(message)
        await channel.set_qos(3, global_=True)
        for _ in range(2):
            await queue.consume(take)
        await self.settles_at(arrived, 3)

        await channel.set_qos(5, global_=True)

        await self.settles_at(arrived, 5)

    async def test_get_tells_how_many_are_left(self):
        await self.send(b"1", b"2", b"3")

        left = [(await self.queue_.get()).message_count for _ in range(3)]

        self.assertEqual([2, 1, 0], left)
        with self.assertRaises(exceptions.QueueEmpty):
            await self.queue_.get()

    async def test_cancelled_consumer_gets_nothing_more(self):
        channel, queue = await self.second()
        arrived, tag = await self.consume(queue)
        await self.send(b"1")
        await self.arrive(arrived, 1)

        await queue.cancel(tag)
        await self.send(b"2")

        self.assertEqual(b"2", (await self.get_soon(self.queue_)).body)
        await arrived[0].ack()
        self.assertEqual(1, len(arrived))

    async def test_deleting_the_queue_cancels_its_consumers(self):
        channel, queue = await self.second()
        cancelled = []
        _, tag = await self.consume(queue)
        (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(
            lambda frame: cancelled.append(frame.consumer_tag))

        await self.queue_.delete(if_unused=False)

        async def told():
            return cancelled == [tag]
        await wait(told, "the cancellation")

    async def test_exclusive_consumer_is_alone(self):
        _, queue = await self.second()
        await self.consume(queue, exclusive=True)

        async with self.closes_channel(
                aiormq.exceptions.ChannelAccessRefused,
                f"ACCESS_REFUSED - queue '{queue.name}' in vhost '/' in exclusive use"):
            await self.consume((await self.second())[1])


class Transactions(AioCase):
    async def asyncSetUp(self):
        self.channel_ = await self.channel(publisher_confirms=False)
        self.queue_ = await self.queue(self.channel_)
        other = await self.channel_._connection.channel()
        self.other = await other.get_queue(self.queue_.name, ensure=False)

    async def test_committed_transaction_takes_effect(self):
        await self.publish(self.other.channel.default_exchange, self.queue_.name, b"old")
        async with self.channel_.transaction():
            await (await self.get_soon(self.queue_)).ack()
            await self.publish(self.channel_.default_exchange, self.queue_.name, b"new")
            self.assertEqual([], await self.drain(self.other))

        self.assertEqual([b"new"], await self.drain(self.other))

    async def test_rolled_back_transaction_leaves_nothing(self):
        transaction = self.channel_.transaction()
        await transaction.select()
        await self.publish(self.channel_.default_exchange, self.queue_.name, b"new")

        await transaction.rollback()
        await transaction.commit()

        self.assertEqual([], await self.drain(self.other))


class FullQueues(AioCase):
    async def test_length_limit_drops_the_oldest(self):
        channel = await self.channel()
        queue = await self.queue(channel, arguments={"x-max-length": 2})

        await self.publish(channel.default_exchange, queue.name, b"1", b"2", b"3")

        self.assertEqual([b"2", b"3"], await self.drain(queue))

    async def test_full_queue_refuses_with_nack(self):
        channel = await self.channel()
        queue = await self.queue(channel, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
        await self.publish(channel.default_exchange, queue.name, b"1")

        with self.assertRaises(exceptions.DeliveryError):
            await self.publish(channel.default_exchange, queue.name, b"2")
        self.assertEqual([b"1"], await self.drain(queue))
