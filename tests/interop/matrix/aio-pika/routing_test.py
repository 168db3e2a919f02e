"""Exchanges, and what queues do with messages by their arguments."""

import asyncio

import aio_pika
from aio_pika import exceptions

from aio_case import AioCase, pause, wait
from matrix_broker import unique


class Exchanges(AioCase):
    async def asyncSetUp(self):
        self.channel_ = await self.channel()

    async def gets(self, *queues):
        return [await self.drain(queue) for queue in queues]

    async def test_direct_exchange_routes_by_key(self):
        exchange = await self.exchange(self.channel_, "direct")
        queues = [await self.bound_queue(self.channel_, exchange, key) for key in ("a", "b")]

        for key in ("a", "b", "c"):
            await self.publish(exchange, key, key.encode())

        self.assertEqual([[b"a"], [b"b"]], await self.gets(*queues))

    async def test_fanout_exchange_routes_to_all(self):
        exchange = await self.exchange(self.channel_, "fanout")
        queues = [await self.bound_queue(self.channel_, exchange) for _ in range(3)]

        await self.publish(exchange, "any", b"1")

        self.assertEqual([[b"1"]] * 3, await self.gets(*queues))

    async def test_topic_exchange_routes_by_pattern(self):
        exchange = await self.exchange(self.channel_, "topic")
        queues = [await self.bound_queue(self.channel_, exchange, key) for key in ("a.*", "a.#", "#.z")]

        for key in ("a", "a.b", "a.b.z", "z"):
            await self.publish(exchange, key, key.encode())

        self.assertEqual([[b"a.b"], [b"a", b"a.b", b"a.b.z"], [b"a.b.z", b"z"]], await self.gets(*queues))

    async def test_headers_exchange_routes_by_headers(self):
        exchange = await self.exchange(self.channel_, "headers")
        queues = [await self.bound_queue(self.channel_, exchange, arguments={"x-match": match, "a": 1, "b": "x"})
                  for match in ("all", "any")]

        for body, headers in ((b"both", {"a": 1, "b": "x"}), (b"one", {"a": 1}), (b"none", {"a": 2})):
            await self.publish(exchange, "", body, headers=headers)

        self.assertEqual([[b"both"], [b"both", b"one"]], await self.gets(*queues))

    async def test_exchange_binding_passes_messages_on(self):
        source, target = await self.exchange(self.channel_, "topic"), await self.exchange(self.channel_, "fanout")
        await target.bind(source, "a.#")
        await target.bind(source, "z")
        queue = await self.bound_queue(self.channel_, target)

        await self.publish(source, "a.b", b"1")
        await target.unbind(source, "a.#")
        await self.publish(source, "a.b", b"2")

        self.assertEqual([[b"1"]], await self.gets(queue))

    async def test_alternate_exchange_takes_what_nobody_gets(self):
        rest = await self.exchange(self.channel_, "fanout")
        exchange = await self.exchange(self.channel_, "direct", arguments={"alternate-exchange": rest.name})
        queues = [await self.bound_queue(self.channel_, exchange, "a"), await self.bound_queue(self.channel_, rest)]

        for key in ("a", "b"):
            await self.publish(exchange, key, key.encode())

        self.assertEqual([[b"a"], [b"b"]], await self.gets(*queues))


class Queues(AioCase):
    async def asyncSetUp(self):
        self.channel_ = await self.channel()
        self.default = self.channel_.default_exchange

    async def dead_letter_queue(self, **arguments):
        """A queue and the one that takes its dead letters."""
        dead = await self.queue(self.channel_)
        return dead, await self.queue(self.channel_, arguments={
            "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead.name, **arguments})

    def assert_death(self, message, queue, reason):
        death = message.headers["x-death"][0]
        self.assertEqual((queue.name, reason, 1, "", [queue.name]),
                         tuple(death[key] for key in ("queue", "reason", "count", "exchange", "routing-keys")))
        self.assertEqual((queue.name, reason), (message.headers["x-first-death-queue"],
                                                message.headers["x-first-death-reason"]))

    async def test_rejected_message_is_dead_lettered(self):
        dead, queue = await self.dead_letter_queue()
        await self.publish(self.default, queue.name, b"1")

        await (await self.get_soon(queue)).reject(requeue=False)

        message = await self.get_soon(dead)
        self.assertEqual(b"1", message.body)
        self.assert_death(message, queue, "rejected")

    async def test_expired_message_is_dead_lettered(self):
        dead, queue = await self.dead_letter_queue(**{"x-message-ttl": 50})
        await self.publish(self.default, queue.name, b"1")

        self.assert_death(await self.get_soon(dead), queue, "expired")

    async def test_message_expires_by_its_own_expiration(self):
        dead, queue = await self.dead_letter_queue()
        await self.publish(self.default, queue.name, b"1", expiration=0.05)

        message = await self.get_soon(dead)
        self.assert_death(message, queue, "expired")
        self.assertEqual((None, "50"), (message.expiration, message.headers["x-death"][0]["original-expiration"]))

    async def test_unused_queue_expires(self):
        queue = await self.queue(self.channel_, exclusive=False, arguments={"x-expires": 100})
        connection = await self.connect()

        async def gone():
            # A look at the queue counts as a use of it, so there has to be time between two.
            await pause(0.3)
            try:
                await (await connection.channel()).declare_queue(queue.name, passive=True)
            except exceptions.ChannelNotFoundEntity:
                return True
        await wait(gone, "the end of the queue")

    async def test_higher_priority_is_delivered_first(self):
        queue = await self.queue(self.channel_, arguments={"x-max-priority": 10})

        for priority in (1, 9, 5, 9):
            await self.publish(self.default, queue.name, b"%d" % priority, priority=priority)

        self.assertEqual([b"9", b"9", b"5", b"1"], await self.drain(queue))

    async def test_purge_and_delete_count_messages(self):
        queue = await self.queue(self.channel_)
        await self.publish(self.default, queue.name, b"1", b"2", b"3")
        self.assertEqual(3, (await queue.purge()).message_count)
        await self.publish(self.default, queue.name, b"4")

        self.assertEqual(1, (await queue.delete(if_unused=False, if_empty=False)).message_count)

    async def test_exclusive_queue_goes_with_its_connection(self):
        owner = await self.connect()
        queue = await self.queue(await owner.channel())

        await owner.close()

        async with self.closes_channel(exceptions.ChannelNotFoundEntity, f"NOT_FOUND - no queue '{queue.name}'"):
            await self.channel_.declare_queue(queue.name, passive=True)

    async def test_single_active_consumer_is_followed_by_the_next(self):
        queue = await self.queue(self.channel_, arguments={"x-single-active-consumer": True})
        channels = [await self.channel_._connection.channel() for _ in range(2)]
        (got_first, _), (got_second, _) = [
            await self.consume(await channel.get_queue(queue.name, ensure=False), no_ack=True) for channel in channels]
        await self.publish(self.default, queue.name, b"1", b"2")
        await self.arrive(got_first, 2)

        await channels[0].close()
        await self.publish(self.default, queue.name, b"3")

        await self.arrive(got_second, 1)

    async def test_delivery_limit_dead_letters(self):
        dead = await self.queue(self.channel_)
        queue = await self.channel_.declare_queue(unique("queue"), durable=True, arguments={
            "x-queue-type": "quorum", "x-delivery-limit": 1, "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead.name})
        await self.publish(self.default, queue.name, b"1")

        for _ in range(2):
            await (await self.get_soon(queue)).nack(requeue=True)

        self.assert_death(await self.get_soon(dead), queue, "delivery_limit")
        await queue.delete()

    async def test_direct_reply_arrives(self):
        server_queue = await self.queue(self.channel_)
        client = await self.channel_._connection.channel()
        replies = asyncio.Queue()
        reply_queue = await client.get_queue("amq.rabbitmq.reply-to", ensure=False)
        await reply_queue.consume(replies.put, no_ack=True)
        await client.default_exchange.publish(
            aio_pika.Message(b"ask", reply_to="amq.rabbitmq.reply-to"), server_queue.name)

        asked = await self.get_soon(server_queue)
        await self.publish(self.default, asked.reply_to, b"answer")

        self.assertEqual(b"answer", (await asyncio.wait_for(replies.get(), 10)).body)
