"""Publishing, consuming, settling, transactions."""

import datetime
import decimal

import pika
from pika import exceptions

from matrix_broker import unique
from pika_case import PikaCase

TABLE = {
    "text": "h\u00e4", "bytes": b"\x00\xff", "true": True, "small": 7, "negative": -3, "long": 2 ** 40,
    "decimal": decimal.Decimal("1.25"), "when": datetime.datetime(2026, 1, 2, 3, 4, 5,
                                                                                tzinfo=datetime.timezone.utc),
    "nothing": None, "table": {"inner": {"list": [1, "two", {"three": 3}]}}, "list": ["a", 1, False, None],
}


class Publishing(PikaCase):
    def test_publishes_are_each_confirmed_once(self):
        channel = self.connect().channel()
        acked = []
        channel._impl.confirm_delivery(lambda frame: acked.append(frame.method), lambda _: None)
        queue = self.queue(channel)
        for number in range(1, 201):
            channel._impl.basic_publish("", queue, b"%d" % number)

        def numbers():
            last, found = 0, []
            for method in acked:
                found += range(last + 1, method.delivery_tag + 1) if method.multiple else [method.delivery_tag]
                last = max(found)
            return found
        self.wait(channel, lambda: len(numbers()) >= 200, "200 confirms")
        self.assertEqual(list(range(1, 201)), sorted(numbers()))

    def test_unroutable_mandatory_message_returns_before_its_ack(self):
        channel, told = self.connect().channel(), []
        channel._impl.confirm_delivery(lambda frame: told.append("ack"), lambda _: None)
        channel._impl.add_on_return_callback(lambda _, method, __, body: told.append((method.reply_code, body)))

        channel._impl.basic_publish("", unique("nobody"), b"1", mandatory=True)

        self.wait(channel, lambda: "ack" in told, "the ack")
        self.assertEqual([(312, b"1"), "ack"], told)

    def test_large_message_crosses_many_frames(self):
        channel = self.channel()
        queue, body = self.queue(channel), bytes(range(256)) * 12345

        self.publish(channel, "", queue, body)

        self.assertEqual([body], self.drain(channel, queue))

    def test_properties_and_field_types_come_back_as_sent(self):
        channel = self.channel()
        queue = self.queue(channel)
        sent = pika.BasicProperties(
            content_type="text/plain", content_encoding="utf-8", headers=TABLE, delivery_mode=2, priority=3,
            correlation_id="c", reply_to="r", expiration="60000", message_id="m", timestamp=1700000000, type="t",
            user_id="guest", app_id="a", cluster_id="k")

        channel.basic_publish("", queue, b"1", sent)

        _, properties, _ = self.get_soon(channel, queue)
        self.assertEqual({**vars(sent), "headers": None}, {**vars(properties), "headers": None})
        self.assertEqual(TABLE, properties.headers)


class Consuming(PikaCase):
    def setUp(self):
        self.channel_ = self.channel()
        self.name = self.queue(self.channel_)

    def second_channel(self):
        return self.channel_.connection.channel()

    def send(self, *bodies):
        self.publish(self.channel_, "", self.name, *bodies)

    def test_acked_message_is_gone(self):
        self.send(b"1", b"2")
        taker = self.second_channel()
        taker.basic_ack(taker.basic_get(self.name)[0].delivery_tag)

        taker.close()

        self.assertEqual([b"2"], self.drain(self.channel_, self.name))

    def test_rejected_message_is_gone(self):
        self.send(b"1", b"2")
        taker = self.second_channel()
        taker.basic_reject(taker.basic_get(self.name)[0].delivery_tag, requeue=False)

        taker.close()

        self.assertEqual([b"2"], self.drain(self.channel_, self.name))

    def test_nacked_message_comes_back_redelivered(self):
        self.send(b"1", b"2")
        first = self.channel_.basic_get(self.name)[0]
        self.channel_.basic_nack(first.delivery_tag, requeue=True)

        again, _, body = self.get_soon(self.channel_, self.name)

        self.assertEqual((False, True, b"1"), (first.redelivered, again.redelivered, body))

    def test_unsettled_messages_of_a_closed_channel_come_back(self):
        self.send(b"1", b"2", b"3")
        taker = self.second_channel()
        for _ in range(3):
            taker.basic_get(self.name)

        taker.close()

        got = [self.get_soon(self.channel_, self.name) for _ in range(3)]
        self.assertEqual([(b"1", True), (b"2", True), (b"3", True)], [(m[2], m[0].redelivered) for m in got])

    def settles_at(self, channel, arrived, count):
        """`count` have arrived, and no more after two round trips."""
        self.wait(channel, lambda: len(arrived) >= count, f"{count} deliveries")
        for _ in range(2):
            channel.queue_declare(self.name, passive=True)
            channel.connection.process_data_events(0)
        self.assertEqual(count, len(arrived))

    def test_prefetch_limits_each_consumer(self):
        self.send(*[b"m"] * 20)
        channel = self.second_channel()
        channel.basic_qos(prefetch_count=3)
        first = self.consume(channel, self.name)
        self.settles_at(channel, first, 3)
        second = self.consume(channel, self.name)
        self.settles_at(channel, second, 3)

        channel.basic_ack(first[0][0].delivery_tag)

        self.settles_at(channel, first, 4)
        self.assertEqual(3, len(second))

    def test_global_prefetch_limits_the_channel(self):
        self.send(*[b"m"] * 20)
        channel, arrived = self.second_channel(), []
        channel.basic_qos(prefetch_count=3, global_qos=True)
        for _ in range(2):
            channel.basic_consume(self.name, lambda _, method, __, ___: arrived.append(method))
        self.settles_at(channel, arrived, 3)

        channel.basic_qos(prefetch_count=5, global_qos=True)

        self.settles_at(channel, arrived, 5)

    def test_get_tells_how_many_are_left(self):
        self.send(b"1", b"2", b"3")

        left = [self.channel_.basic_get(self.name)[0].message_count for _ in range(3)]

        self.assertEqual([2, 1, 0], left)
        self.assertEqual((None, None, None), self.channel_.basic_get(self.name))

    def test_cancelled_consumer_gets_nothing_more(self):
        channel = self.second_channel()
        arrived = []
        tag = channel.basic_consume(self.name, lambda _, *message: arrived.append(message))
        self.send(b"1")
        self.wait(channel, lambda: arrived, "the first")

        channel.basic_cancel(tag)
        self.send(b"2")

        self.assertEqual(b"2", self.get_soon(self.channel_, self.name)[2])
        channel.basic_ack(arrived[0][0].delivery_tag)
        self.assertEqual(1, len(arrived))

    def test_deleting_the_queue_cancels_its_consumers(self):
        channel, cancelled = self.second_channel(), []
        tag = channel.basic_consume(self.name, lambda *_: None)
        channel.add_on_cancel_callback(lambda frame: cancelled.append(frame.method.consumer_tag))

        self.channel_.queue_delete(self.name)

        self.wait(channel, lambda: cancelled == [tag], "the cancellation")

    def test_exclusive_consumer_is_alone(self):
        self.second_channel().basic_consume(self.name, lambda *_: None, exclusive=True)

        with self.closes_channel(403, f"ACCESS_REFUSED - queue '{self.name}' in vhost '/' in exclusive use"):
            self.second_channel().basic_consume(self.name, lambda *_: None)


class Transactions(PikaCase):
    def test_committed_transaction_takes_effect(self):
        channel = self.connect().channel()
        queue, other = self.queue(channel), self.second(channel)
        self.publish(other, "", queue, b"old")
        channel.tx_select()
        channel.basic_ack(self.get_soon(channel, queue)[0].delivery_tag)
        self.publish(channel, "", queue, b"new")
        self.assertEqual(0, other.queue_declare(queue, passive=True).method.message_count)

        channel.tx_commit()

        self.assertEqual([b"new"], self.drain(other, queue))

    def test_rolled_back_transaction_leaves_nothing(self):
        channel = self.connect().channel()
        queue, other = self.queue(channel), self.second(channel)
        channel.tx_select()
        self.publish(channel, "", queue, b"new")

        channel.tx_rollback()
        channel.tx_commit()

        self.assertEqual([], self.drain(other, queue))

    @staticmethod
    def second(channel):
        other = channel.connection.channel()
        other.confirm_delivery()
        return other


class FullQueues(PikaCase):
    def test_length_limit_drops_the_oldest(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length": 2})

        self.publish(channel, "", queue, b"1", b"2", b"3")

        self.assertEqual([b"2", b"3"], self.drain(channel, queue))

    def test_full_queue_refuses_with_nack(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
        self.publish(channel, "", queue, b"1")

        with self.assertRaises(exceptions.NackError):
            self.publish(channel, "", queue, b"2")
        self.assertEqual([b"1"], self.drain(channel, queue))
