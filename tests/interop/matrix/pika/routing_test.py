"""Exchanges, and what queues do with messages by their arguments."""

import pika
from pika import exceptions

from matrix_broker import unique
from pika_case import PikaCase


class Exchanges(PikaCase):
    def setUp(self):
        self.channel_ = self.channel()

    def gets(self, *queues):
        return [self.drain(self.channel_, queue) for queue in queues]

    def test_direct_exchange_routes_by_key(self):
        exchange = self.exchange(self.channel_, "direct")
        first, second = (self.bound_queue(self.channel_, exchange, key) for key in ("a", "b"))

        for key in ("a", "b", "c"):
            self.publish(self.channel_, exchange, key, key.encode())

        self.assertEqual([[b"a"], [b"b"]], self.gets(first, second))

    def test_fanout_exchange_routes_to_all(self):
        exchange = self.exchange(self.channel_, "fanout")
        queues = [self.bound_queue(self.channel_, exchange) for _ in range(3)]

        self.publish(self.channel_, exchange, "any", b"1")

        self.assertEqual([[b"1"]] * 3, self.gets(*queues))

    def test_topic_exchange_routes_by_pattern(self):
        exchange = self.exchange(self.channel_, "topic")
        star, hash_, both = (self.bound_queue(self.channel_, exchange, key) for key in ("a.*", "a.#", "#.z"))

        for key in ("a", "a.b", "a.b.z", "z"):
            self.publish(self.channel_, exchange, key, key.encode())

        self.assertEqual([[b"a.b"], [b"a", b"a.b", b"a.b.z"], [b"a.b.z", b"z"]], self.gets(star, hash_, both))

    def test_headers_exchange_routes_by_headers(self):
        exchange = self.exchange(self.channel_, "headers")
        all_, any_ = (self.bound_queue(self.channel_, exchange, arguments={"x-match": match, "a": 1, "b": "x"})
                      for match in ("all", "any"))

        for body, headers in ((b"both", {"a": 1, "b": "x"}), (b"one", {"a": 1}), (b"none", {"a": 2})):
            self.publish(self.channel_, exchange, "", body, headers=headers)

        self.assertEqual([[b"both"], [b"both", b"one"]], self.gets(all_, any_))

    def test_exchange_binding_passes_messages_on(self):
        source, target = self.exchange(self.channel_, "topic"), self.exchange(self.channel_, "fanout")
        self.channel_.exchange_bind(target, source, "a.#")
        self.channel_.exchange_bind(target, source, "z")
        queue = self.bound_queue(self.channel_, target)

        self.publish(self.channel_, source, "a.b", b"1")
        self.channel_.exchange_unbind(target, source, "a.#")
        self.publish(self.channel_, source, "a.b", b"2")

        self.assertEqual([[b"1"]], self.gets(queue))

    def test_alternate_exchange_takes_what_nobody_gets(self):
        rest = self.exchange(self.channel_, "fanout")
        exchange = self.exchange(self.channel_, "direct", arguments={"alternate-exchange": rest})
        wanted, unwanted = self.bound_queue(self.channel_, exchange, "a"), self.bound_queue(self.channel_, rest)

        for key in ("a", "b"):
            self.publish(self.channel_, exchange, key, key.encode())

        self.assertEqual([[b"a"], [b"b"]], self.gets(wanted, unwanted))


class Queues(PikaCase):
    def setUp(self):
        self.channel_ = self.channel()

    def dead_letter_queue(self, **arguments):
        """A queue and the one that takes its dead letters."""
        dead = self.queue(self.channel_)
        return dead, self.queue(self.channel_, arguments={
            "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead, **arguments})

    def assert_death(self, properties, queue, reason):
        death = properties.headers["x-death"][0]
        self.assertEqual((queue, reason, 1, "", [queue]),
                         tuple(death[key] for key in ("queue", "reason", "count", "exchange", "routing-keys")))
        self.assertEqual((queue, reason), (properties.headers["x-first-death-queue"],
                                           properties.headers["x-first-death-reason"]))

    def test_rejected_message_is_dead_lettered(self):
        dead, queue = self.dead_letter_queue()
        self.publish(self.channel_, "", queue, b"1")

        self.channel_.basic_reject(self.get_soon(self.channel_, queue)[0].delivery_tag, requeue=False)

        _, properties, body = self.get_soon(self.channel_, dead)
        self.assertEqual(b"1", body)
        self.assert_death(properties, queue, "rejected")

    def test_expired_message_is_dead_lettered(self):
        dead, queue = self.dead_letter_queue(**{"x-message-ttl": 50})
        self.publish(self.channel_, "", queue, b"1")

        self.assert_death(self.get_soon(self.channel_, dead)[1], queue, "expired")

    def test_message_expires_by_its_own_expiration(self):
        dead, queue = self.dead_letter_queue()
        self.publish(self.channel_, "", queue, b"1", expiration="50")

        _, properties, _ = self.get_soon(self.channel_, dead)
        self.assert_death(properties, queue, "expired")
        self.assertEqual((None, "50"), (properties.expiration, properties.headers["x-death"][0]["original-expiration"]))

    def test_unused_queue_expires(self):
        queue = self.queue(self.channel_, exclusive=False, arguments={"x-expires": 100})
        probe = self.connect()

        def gone():
            # A look at the queue counts as a use of it, so there has to be time between two.
            probe.process_data_events(0.3)
            try:
                probe.channel().queue_declare(queue, passive=True)
            except exceptions.ChannelClosedByBroker as error:
                return error.reply_code
        self.assertEqual(404, self.wait(self.channel_, gone, "the end of the queue"))

    def test_higher_priority_is_delivered_first(self):
        queue = self.queue(self.channel_, arguments={"x-max-priority": 10})

        for priority in (1, 9, 5, 9):
            self.publish(self.channel_, "", queue, b"%d" % priority, priority=priority)

        self.assertEqual([b"9", b"9", b"5", b"1"], self.drain(self.channel_, queue))

    def test_purge_and_delete_count_messages(self):
        queue = self.queue(self.channel_)
        self.publish(self.channel_, "", queue, b"1", b"2", b"3")
        self.assertEqual(3, self.channel_.queue_purge(queue).method.message_count)
        self.publish(self.channel_, "", queue, b"4")

        self.assertEqual(1, self.channel_.queue_delete(queue).method.message_count)

    def test_exclusive_queue_goes_with_its_connection(self):
        owner = self.channel()
        queue = self.queue(owner)

        owner.connection.close()

        with self.closes_channel(404, f"NOT_FOUND - no queue '{queue}'"):
            self.channel_.queue_declare(queue, passive=True)

    def test_single_active_consumer_is_followed_by_the_next(self):
        queue = self.queue(self.channel_, arguments={"x-single-active-consumer": True})
        connection = self.channel_.connection
        first, second = connection.channel(), connection.channel()
        got_first, got_second = (self.consume(channel, queue, auto_ack=True) for channel in (first, second))
        self.publish(self.channel_, "", queue, b"1", b"2")
        self.wait(self.channel_, lambda: len(got_first) == 2, "both for the first")

        first.close()
        self.publish(self.channel_, "", queue, b"3")

        self.wait(self.channel_, lambda: len(got_second) == 1, "the third for the second")

    def test_delivery_limit_dead_letters(self):
        dead = self.queue(self.channel_)
        queue = unique("queue")
        self.channel_.queue_declare(queue, durable=True, arguments={
            "x-queue-type": "quorum", "x-delivery-limit": 1, "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead})
        self.addCleanup(lambda: self.connect().channel().queue_delete(queue))
        self.publish(self.channel_, "", queue, b"1")

        for _ in range(2):
            method = self.get_soon(self.channel_, queue)[0]
            self.channel_.basic_nack(method.delivery_tag, requeue=True)

        self.assert_death(self.get_soon(self.channel_, dead)[1], queue, "delivery_limit")

    def test_direct_reply_arrives(self):
        server_queue = self.queue(self.channel_)
        client = self.channel_.connection.channel()
        replies = self.consume(client, "amq.rabbitmq.reply-to", auto_ack=True)
        client.basic_publish("", server_queue, b"ask", pika.BasicProperties(reply_to="amq.rabbitmq.reply-to"))

        _, properties, _ = self.get_soon(self.channel_, server_queue)
        self.publish(self.channel_, "", properties.reply_to, b"answer")

        self.wait(client, lambda: replies, "the reply")
        self.assertEqual(b"answer", replies[0][2])
