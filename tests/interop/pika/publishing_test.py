"""Confirms, mandatory, properties and sizes."""

import datetime

import pika
from pika import exceptions

from pika_case import PikaCase


class Publishing(PikaCase):
    def test_confirmed_message_is_in_the_queue(self):
        channel = self.channel()
        queue = self.queue(channel, durable=True)

        for count in range(1, 21):
            self.publish(channel, queue, b"m", delivery_mode=2)
            self.assertEqual(count, channel.queue_declare(queue, passive=True).method.message_count)

    def test_unroutable_message_is_confirmed(self):
        self.publish(self.channel(), "nowhere", b"m")

    def test_mandatory_returns_what_nobody_gets(self):
        channel = self.channel()

        with self.assertRaises(exceptions.UnroutableError) as caught:
            channel.basic_publish("", "nowhere", b"body", pika.BasicProperties(message_id="7"), mandatory=True)

        returned, = caught.exception.messages
        self.assertEqual((312, "NO_ROUTE"), (returned.method.reply_code, returned.method.reply_text))
        self.assertEqual(("", "nowhere"), (returned.method.exchange, returned.method.routing_key))
        self.assertEqual(("7", b"body"), (returned.properties.message_id, returned.body))

    def test_mandatory_without_confirms_returns_too(self):
        channel = self.channel(confirms=False)
        returned = []
        channel.add_on_return_callback(lambda *message: returned.append(message))

        channel.basic_publish("", "nowhere", b"body", mandatory=True)

        self.wait_for(channel, lambda: returned, "the returned message")
        self.assertEqual(b"body", returned[0][3])

    def test_mandatory_message_with_a_queue_is_not_returned(self):
        channel = self.channel()
        queue = self.queue(channel)

        channel.basic_publish("", queue, b"m", mandatory=True)

        self.assertEqual([b"m"], self.get_all(channel, queue))

    def test_every_property_arrives_as_it_was_sent(self):
        channel = self.channel()
        queue = self.queue(channel)
        headers = {
            "text": "värve", "yes": True, "no": False, "small": 7, "large": 1 << 40, "negative": -5, "nothing": None,
            "time": datetime.datetime(2024, 2, 29, 12, 30), "list": [1, "two", [3]], "table": {"deep": {"er": 1}},
            "bytes": b"\x00\xff"}
        properties = pika.BasicProperties(
            content_type="application/json", content_encoding="utf-8", headers=headers, delivery_mode=2, priority=5,
            correlation_id="c", reply_to="r", expiration="600000", message_id="m", timestamp=1700000000, type="t",
            user_id="guest", app_id="a", cluster_id="k")

        channel.basic_publish("", queue, b"body", properties)

        method, received, body = channel.basic_get(queue, auto_ack=True)
        self.assertEqual(vars(properties), vars(received))
        self.assertEqual(("", queue, b"body"), (method.exchange, method.routing_key, body))

    def test_empty_and_large_bodies_arrive(self):
        channel = self.channel()
        queue = self.queue(channel)
        for size in (0, 1, 131072 - 8, 131072 - 7, 1 << 20, (1 << 22) + 1):
            body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
            self.publish(channel, queue, body)
            (received,) = self.get_all(channel, queue)
            self.assertTrue(received == body, f"{size} bytes")

    def test_order_of_one_publisher_is_the_order_of_the_queue(self):
        channel = self.channel(confirms=False)
        queue = self.queue(channel)
        bodies = [str(number).encode() for number in range(2000)]

        self.publish(channel, queue, *bodies)

        self.wait_ready_count(queue, len(bodies))
        self.assertEqual(bodies, [m[2] for m in self.collect(channel, queue, len(bodies), auto_ack=True)])


class PublishErrors(PikaCase):
    def test_user_id_of_somebody_else_is_406(self):
        with self.closes_channel(406, "PRECONDITION_FAILED - user_id property set to 'me' but authenticated user was"):
            self.publish(self.channel(), "key", b"m", user_id="me")

    def test_expiration_that_is_no_number_is_406(self):
        for expiration in ("soon", "-1", "1.5"):
            with self.closes_channel(406, f"PRECONDITION_FAILED - invalid expiration '{expiration}'"):
                self.publish(self.channel(), "key", b"m", expiration=expiration)

    def test_confirms_and_transactions_exclude_each_other(self):
        channel = self.connect().channel()
        channel.tx_select()
        with self.closes_channel(406, "PRECONDITION_FAILED - cannot switch from tx to confirm mode"):
            channel.confirm_delivery()
        with self.closes_channel(406, "PRECONDITION_FAILED - cannot switch from confirm to tx mode"):
            self.channel().tx_select()


class RejectPublish(PikaCase):
    def test_full_queue_that_rejects_publishes_answers_with_nack(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
        self.publish(channel, queue, b"1")

        with self.assertRaises(exceptions.NackError):
            self.publish(channel, queue, b"2")

        self.assertEqual([b"1"], self.get_all(channel, queue))


class Transactions(PikaCase):
    def setUp(self):
        self.sender, self.reader = self.channel(confirms=False), self.channel()
        self.name = self.queue(self.reader)
        self.sender.tx_select()

    def test_nothing_is_seen_before_commit(self):
        self.publish(self.sender, self.name, b"1", b"2")
        self.sender.queue_declare(self.name, passive=True)
        self.assertEqual(0, self.ready_count(self.name))

        self.sender.tx_commit()

        self.assertEqual([b"1", b"2"], self.get_all(self.reader, self.name))

    def test_rollback_forgets_publishes(self):
        self.publish(self.sender, self.name, b"1")
        self.sender.tx_rollback()
        self.publish(self.sender, self.name, b"2")
        self.sender.tx_commit()

        self.assertEqual([b"2"], self.get_all(self.reader, self.name))

    def test_acks_count_at_commit_only(self):
        self.publish(self.reader, self.name, b"1", b"2")
        first, second = (self.sender.basic_get(self.name)[0].delivery_tag for _ in range(2))
        self.sender.basic_ack(first)
        self.sender.tx_commit()
        self.sender.basic_ack(second)
        self.sender.tx_rollback()

        self.sender.close()

        self.wait_ready_count(self.name, 1)
        self.assertEqual([b"2"], self.get_all(self.reader, self.name))

    def test_dead_letters_of_rejections_come_with_the_commit(self):
        graves = self.queue(self.reader, queue=self.unique("graves"))
        source = self.queue(
            self.reader, queue=self.unique("source"),
            arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": graves})
        self.publish(self.reader, source, b"1", b"2")
        first, second = (self.sender.basic_get(source)[0].delivery_tag for _ in range(2))
        self.sender.basic_reject(first, requeue=False)
        self.sender.basic_nack(second, requeue=False)
        self.publish(self.sender, self.name, b"3")
        self.sender.queue_declare(self.name, passive=True)
        self.assertEqual(0, self.ready_count(graves))

        self.sender.tx_commit()

        self.assertEqual([b"1", b"2"], self.get_all(self.reader, graves))
        self.assertEqual([b"3"], self.get_all(self.reader, self.name))

    def test_refused_commit_gives_back_what_it_would_have_settled(self):
        self.publish(self.reader, self.name, b"1")
        self.sender.basic_ack(self.sender.basic_get(self.name)[0].delivery_tag)
        exchange = self.exchange(self.reader, "fanout")
        self.publish(self.sender, "", b"2", exchange=exchange)
        self.sender.queue_declare(self.name, passive=True)
        self.reader.exchange_delete(exchange)

        with self.closes_channel(404, "NOT_FOUND"):
            self.sender.tx_commit()

        self.assertEqual(b"1", self.get_soon(self.reader, self.name)[2])

    def test_transaction_that_is_too_large_is_406(self):
        self.needs_restart()  # RabbitMQ knows no such limit
        with self.closes_channel(406, "PRECONDITION_FAILED - transaction larger than 134217728 bytes"):
            for _ in range(9):
                self.publish(self.sender, self.name, bytes(15 << 20))
            self.sender.tx_commit()

        self.assertEqual(0, self.ready_count(self.name))

    def test_commit_without_select_is_406(self):
        with self.closes_channel(406, "PRECONDITION_FAILED - channel is not transactional"):
            self.reader.tx_commit()
