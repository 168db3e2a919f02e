"""Exchanges, and what queues do with messages by their arguments."""

import amqp

from kombu_case import KombuCase
from matrix_broker import unique


class Exchanges(KombuCase):
    def setUp(self):
        self.channel_ = self.channel()

    def gets(self, *queues):
        return [self.drain(self.channel_, queue) for queue in queues]

    def test_direct_exchange_routes_by_key(self):
        exchange = self.exchange(self.channel_, "direct")
        queues = [self.bound_queue(self.channel_, exchange, key) for key in ("a", "b")]

        for key in ("a", "b", "c"):
            self.publish(self.channel_, exchange, key, key)

        self.assertEqual([["a"], ["b"]], self.gets(*queues))

    def test_fanout_exchange_routes_to_all(self):
        exchange = self.exchange(self.channel_, "fanout")
        queues = [self.bound_queue(self.channel_, exchange) for _ in range(3)]

        self.publish(self.channel_, exchange, "any", "1")

        self.assertEqual([["1"]] * 3, self.gets(*queues))

    def test_topic_exchange_routes_by_pattern(self):
        exchange = self.exchange(self.channel_, "topic")
        queues = [self.bound_queue(self.channel_, exchange, key) for key in ("a.*", "a.#", "#.z")]

        for key in ("a", "a.b", "a.b.z", "z"):
            self.publish(self.channel_, exchange, key, key)

        self.assertEqual([["a.b"], ["a", "a.b", "a.b.z"], ["a.b.z", "z"]], self.gets(*queues))

    def test_headers_exchange_routes_by_headers(self):
        exchange = self.exchange(self.channel_, "headers")
        queues = [self.bound_queue(self.channel_, exchange, arguments={"x-match": match, "a": 1, "b": "x"})
                  for match in ("all", "any")]

        for body, headers in (("both", {"a": 1, "b": "x"}), ("one", {"a": 1}), ("none", {"a": 2})):
            self.publish(self.channel_, exchange, "", body, application_headers=headers)

        self.assertEqual([["both"], ["both", "one"]], self.gets(*queues))

    def test_exchange_binding_passes_messages_on(self):
        source, target = self.exchange(self.channel_, "topic"), self.exchange(self.channel_, "fanout")
        self.channel_.exchange_bind(target, source, "a.#")
        self.channel_.exchange_bind(target, source, "z")
        queue = self.bound_queue(self.channel_, target)

        self.publish(self.channel_, source, "a.b", "1")
        self.channel_.exchange_unbind(target, source, "a.#")
        self.publish(self.channel_, source, "a.b", "2")

        self.assertEqual([["1"]], self.gets(queue))

    def test_alternate_exchange_takes_what_nobody_gets(self):
        rest = self.exchange(self.channel_, "fanout")
        exchange = self.exchange(self.channel_, "direct", arguments={"alternate-exchange": rest})
        queues = [self.bound_queue(self.channel_, exchange, "a"), self.bound_queue(self.channel_, rest)]

        for key in ("a", "b"):
            self.publish(self.channel_, exchange, key, key)

        self.assertEqual([["a"], ["b"]], self.gets(*queues))


class Queues(KombuCase):
    def setUp(self):
        self.channel_ = self.channel()

    def dead_letter_queue(self, **arguments):
        """A queue and the one that takes its dead letters."""
        dead = self.queue(self.channel_)
        return dead, self.queue(self.channel_, arguments={
            "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead, **arguments})

    def assert_death(self, message, queue, reason):
        death = message.headers["x-death"][0]
        self.assertEqual((queue, reason, 1, "", [queue]),
                         tuple(death[key] for key in ("queue", "reason", "count", "exchange", "routing-keys")))
        self.assertEqual((queue, reason),
                         (message.headers["x-first-death-queue"], message.headers["x-first-death-reason"]))

    def test_rejected_message_is_dead_lettered(self):
        dead, queue = self.dead_letter_queue()
        self.publish(self.channel_, "", queue, "1")

        self.channel_.basic_reject(self.get_soon(self.channel_, queue).delivery_tag, requeue=False)

        message = self.get_soon(self.channel_, dead)
        self.assertEqual("1", message.body)
        self.assert_death(message, queue, "rejected")

    def test_expired_message_is_dead_lettered(self):
        dead, queue = self.dead_letter_queue(**{"x-message-ttl": 50})
        self.publish(self.channel_, "", queue, "1")

        self.assert_death(self.get_soon(self.channel_, dead), queue, "expired")

    def test_message_expires_by_its_own_expiration(self):
        dead, queue = self.dead_letter_queue()
        self.publish(self.channel_, "", queue, "1", expiration="50")

        message = self.get_soon(self.channel_, dead)
        self.assert_death(message, queue, "expired")
        self.assertEqual("50", message.headers["x-death"][0]["original-expiration"])
        self.assertNotIn("expiration", message.properties)

    def test_unused_queue_expires(self):
        queue = self.queue(self.channel_, exclusive=False, arguments={"x-expires": 100})

        def gone():
            # A look at the queue counts as a use of it, so there has to be time between two.
            self.work(self.channel_, 0.3)
            try:
                self.channel_.queue_declare(queue, passive=True)
            except amqp.NotFound:
                return True
        self.wait(self.channel_, gone, "the end of the queue")

    def test_higher_priority_is_delivered_first(self):
        queue = self.queue(self.channel_, arguments={"x-max-priority": 10})

        for priority in (1, 9, 5, 9):
            self.publish(self.channel_, "", queue, str(priority), priority=priority)

        self.assertEqual(["9", "9", "5", "1"], self.drain(self.channel_, queue))

    def test_purge_and_delete_count_messages(self):
        queue = self.queue(self.channel_)
        self.publish(self.channel_, "", queue, "1", "2", "3")
        self.assertEqual(3, self.channel_.queue_purge(queue))
        self.publish(self.channel_, "", queue, "4")

        self.assertEqual(1, self.channel_.queue_delete(queue))

    def test_exclusive_queue_goes_with_its_connection(self):
        owner = self.connect()
        queue = self.queue(owner.channel())

        owner.release()

        with self.closes_channel(amqp.NotFound, 404, f"NOT_FOUND - no queue '{queue}'"):
            self.channel_.queue_declare(queue, passive=True)

    def test_single_active_consumer_is_followed_by_the_next(self):
        queue = self.queue(self.channel_, arguments={"x-single-active-consumer": True})
        first, second = (self.channel_.connection.channel() for _ in range(2))
        (got_first, _), (got_second, _) = [self.consume(channel, queue, no_ack=True) for channel in (first, second)]
        self.publish(self.channel_, "", queue, "1", "2")
        self.wait(self.channel_, lambda: len(got_first) == 2, "both for the first")

        first.close()
        self.publish(self.channel_, "", queue, "3")

        self.wait(self.channel_, lambda: len(got_second) == 1, "the third for the second")

    def test_delivery_limit_dead_letters(self):
        dead, queue = self.queue(self.channel_), unique("queue")
        self.channel_.queue_declare(queue, durable=True, auto_delete=False, arguments={
            "x-queue-type": "quorum", "x-delivery-limit": 1, "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead})
        self.publish(self.channel_, "", queue, "1")

        for _ in range(2):
            self.channel_.basic_reject(self.get_soon(self.channel_, queue).delivery_tag, requeue=True)

        self.assert_death(self.get_soon(self.channel_, dead), queue, "delivery_limit")
        self.channel_.queue_delete(queue)

    def test_direct_reply_arrives(self):
        server_queue = self.queue(self.channel_)
        client = self.connect().channel()
        replies, _ = self.consume(client, "amq.rabbitmq.reply-to", no_ack=True)
        self.publish(client, "", server_queue, "ask", reply_to="amq.rabbitmq.reply-to")

        asked = self.get_soon(self.channel_, server_queue)
        self.publish(self.channel_, "", asked.properties["reply_to"], "answer")

        self.wait(client, lambda: replies, "the reply")
        self.assertEqual("answer", replies[0].body)
