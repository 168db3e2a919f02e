"""Exchange types beyond AMQP's four, which RabbitMQ has as plugins."""

from pika_case import PERSISTENT, PikaCase


class ExchangeTypes(PikaCase):
    def bound(self, channel, exchange, keys):
        """One queue for each key."""
        queues = []
        for key in keys:
            name = self.unique("queue") + str(len(queues))
            self.queue(channel, queue=name, exclusive=True)
            channel.queue_bind(name, exchange, key)
            queues.append(name)
        return queues

    def test_random_gives_each_message_to_one_queue(self):
        channel = self.channel()
        exchange = self.exchange(channel, "x-random")
        queues = self.bound(channel, exchange, ["a", "b"])

        self.publish(channel, "any", *[b"m"] * 60, exchange=exchange)

        counts = [len(self.get_all(channel, queue)) for queue in queues]
        self.assertEqual(60, sum(counts))
        self.assertTrue(all(count > 5 for count in counts), counts)

    def test_recent_history_is_given_to_who_is_bound_later(self):
        channel = self.channel()
        exchange = self.exchange(channel, "x-recent-history", arguments={"x-recent-history-length": 2})
        self.publish(channel, "", b"1", b"2", b"3", exchange=exchange)
        self.publish(channel, "", b"secret", exchange=exchange, headers={"x-recent-history-no-store": True})

        queue, = self.bound(channel, exchange, [""])
        self.publish(channel, "", b"4", exchange=exchange)

        self.assertEqual([b"2", b"3", b"4"], self.get_all(channel, queue))

    def test_consistent_hash_keeps_equal_keys_together_by_weight(self):
        channel = self.channel()
        exchange = self.exchange(channel, "x-consistent-hash")
        queues = self.bound(channel, exchange, ["1", "3"])

        for _ in range(2):
            for key in range(200):
                self.publish(channel, str(key), str(key).encode(), exchange=exchange)

        taken = [self.get_all(channel, queue) for queue in queues]
        for bodies in taken:
            self.assertEqual(len(bodies), 2 * len(set(bodies)))
        self.assertEqual(400, sum(map(len, taken)))
        self.assertGreater(len(taken[1]), len(taken[0]))
        self.assertGreater(len(taken[0]), 0)

    def test_consistent_hash_by_property_and_header(self):
        channel = self.channel()
        for arguments, properties in (
                ({"hash-property": "message_id"}, {"message_id": "m"}),
                ({"hash-property": "correlation_id"}, {"correlation_id": "c"}),
                ({"hash-property": "timestamp"}, {"timestamp": 1700000000}),
                ({"hash-header": "customer"}, {"headers": {"customer": "c"}})):
            exchange = self.exchange(channel, "x-consistent-hash", arguments=arguments)
            queues = self.bound(channel, exchange, ["1"] * 4)
            for key in range(20):
                self.publish(channel, str(key), b"m", exchange=exchange, **properties)
            self.assertEqual(
                [0, 0, 0, 20], sorted(len(self.get_all(channel, queue)) for queue in queues), arguments)

    def test_consistent_hash_refuses_what_makes_no_sense(self):
        with self.closes_channel(
                406, "PRECONDITION_FAILED - hash-header and hash-property are mutually exclusive"):
            self.exchange(
                self.channel(), "x-consistent-hash",
                arguments={"hash-header": "h", "hash-property": "message_id"})
        with self.closes_channel(406, "PRECONDITION_FAILED - Unsupported property: app_id"):
            self.exchange(self.channel(), "x-consistent-hash", arguments={"hash-property": "app_id"})
        for key, text in (("often", "The binding key must be an integer: <<\"often\">>"),
                          ("0", "The binding key must be greater than 0")):
            channel = self.channel()
            exchange = self.exchange(channel, "x-consistent-hash")
            with self.closes_channel(406, f"PRECONDITION_FAILED - {text}"):
                self.bound(channel, exchange, [key])

    def test_modulus_hash_keeps_equal_keys_together(self):
        channel = self.channel()
        exchange = self.exchange(channel, "x-modulus-hash")
        queues = self.bound(channel, exchange, ["", ""])

        for _ in range(2):
            for key in range(20):
                self.publish(channel, str(key), str(key).encode(), exchange=exchange)

        taken = [self.get_all(channel, queue) for queue in queues]
        self.assertEqual(40, sum(map(len, taken)))
        for bodies in taken:
            self.assertEqual(len(bodies), 2 * len(set(bodies)))

    def test_types_are_kept_over_a_restart(self):
        if not self.broker.can_restart:
            self.skipTest("needs a broker of its own")
        channel = self.channel()
        exchange = self.exchange(
            channel, "x-consistent-hash", durable=True, arguments={"hash-property": "message_id"})
        queue = self.queue(channel, durable=True)
        channel.queue_bind(queue, exchange, "5")

        self.broker.kill()
        self.broker.start()

        channel = self.channel()
        self.publish(channel, "", b"m", exchange=exchange, message_id="1", delivery_mode=PERSISTENT)
        self.assertEqual([b"m"], self.get_all(channel, queue))
