"""Publishing, consuming, settling, transactions."""

import datetime
import decimal

import amqp

from kombu_case import KombuCase
from matrix_broker import unique

TABLE = {
    "text": "h\u00e4", "true": True, "small": 7, "negative": -3, "long": 2 ** 40, "double": 0.5,
    "decimal": decimal.Decimal("1.25"), "when": datetime.datetime(2026, 1, 2, 3, 4, 5), "nothing": None,
    "table": {"inner": {"list": [1, "two", {"three": 3}]}}, "list": ["a", 1, False, None],
}


class Publishing(KombuCase):
    def test_publishes_are_each_confirmed_once(self):
        channel, acked = self.channel(confirms=False), []
        channel.confirm_select()
        channel.events["basic_ack"].add(lambda tag, multiple: acked.append((tag, multiple)))
        queue = self.queue(channel)
        for number in range(200):
            channel._basic_publish(amqp.Message(str(number)), "", queue)

        def numbers():
            last, found = 0, []
            for tag, multiple in acked:
                found += range(last + 1, tag + 1) if multiple else [tag]
                last = max(found)
            return found
        self.wait(channel, lambda: len(numbers()) >= 200, "200 confirms")
        self.assertEqual(list(range(1, 201)), sorted(numbers()))

    def test_unroutable_mandatory_message_returns_before_its_ack(self):
        channel, told = self.channel(confirms=False), []
        channel.confirm_select()
        channel.events["basic_ack"].add(lambda tag, multiple: told.append("ack"))
        channel.events["basic_return"].add(lambda error, exchange, key, message: told.append(
            (error.reply_code, message.body)))

        channel._basic_publish(amqp.Message("1"), "", unique("nobody"), mandatory=True)

        self.wait(channel, lambda: "ack" in told, "the ack")
        self.assertEqual([(312, "1"), "ack"], told)

    def test_large_message_crosses_many_frames(self):
        channel = self.channel()
        queue, body = self.queue(channel), bytes(range(256)) * 12345

        self.publish(channel, "", queue, body)

        self.assertEqual([body], self.drain(channel, queue))

    def test_properties_and_field_types_come_back_as_sent(self):
        channel = self.channel()
        queue = self.queue(channel)
        sent = {
            "content_type": "text/plain", "content_encoding": "utf-8", "delivery_mode": 2, "priority": 3,
            "correlation_id": "c", "reply_to": "r", "expiration": "60000", "message_id": "m", "type": "t",
            "timestamp": 1700000000, "user_id": "guest", "app_id": "a", "cluster_id": "k"}

        self.publish(channel, "", queue, "1", application_headers=TABLE, **sent)

        got = self.get_soon(channel, queue).properties
        self.assertEqual({**sent, "application_headers": TABLE}, got)


class Consuming(KombuCase):
    def setUp(self):
        self.channel_ = self.channel()
        self.name = self.queue(self.channel_)

    def second_channel(self):
        return self.channel_.connection.channel()

    def send(self, *bodies):
        self.publish(self.channel_, "", self.name, *bodies)

    def test_acked_message_is_gone(self):
        self.send("1", "2")
        taker = self.second_channel()
        taker.basic_ack(taker.basic_get(self.name).delivery_tag)

        taker.close()

        self.assertEqual(["2"], self.drain(self.channel_, self.name))

    def test_rejected_message_is_gone(self):
        self.send("1", "2")
        taker = self.second_channel()
        taker.basic_reject(taker.basic_get(self.name).delivery_tag, requeue=False)

        taker.close()

        self.assertEqual(["2"], self.drain(self.channel_, self.name))

    def test_nacked_message_comes_back_redelivered(self):
        # py-amqp has no basic.nack: its way is basic.reject with requeue.
        self.send("1", "2")
        first = self.channel_.basic_get(self.name)
        self.channel_.basic_reject(first.delivery_tag, requeue=True)

        again = self.get_soon(self.channel_, self.name)

        self.assertEqual((False, True, "1"), (first.delivery_info["redelivered"], again.delivery_info["redelivered"],
                                              again.body))

    def test_unsettled_messages_of_a_closed_channel_come_back(self):
        self.send("1", "2", "3")
        taker = self.second_channel()
        for _ in range(3):
            taker.basic_get(self.name)

        taker.close()

        got = [self.get_soon(self.channel_, self.name) for _ in range(3)]
        self.assertEqual([("1", True), ("2", True), ("3", True)],
                         [(m.body, m.delivery_info["redelivered"]) for m in got])

    def settles_at(self, channel, arrived, count):
        """`count` have arrived, and no more after two round trips."""
        self.wait(channel, lambda: len(arrived) >= count, f"{count} deliveries")
        for _ in range(2):
            channel.queue_declare(self.name, passive=True)
        self.assertEqual(count, len(arrived))

    def test_prefetch_limits_each_consumer(self):
        self.send(*["m"] * 20)
        channel = self.second_channel()
        channel.basic_qos(0, 3, False)
        first, _ = self.consume(channel, self.name)
        self.settles_at(channel, first, 3)
        second, _ = self.consume(channel, self.name)
        self.settles_at(channel, second, 3)

        channel.basic_ack(first[0].delivery_tag)

        self.settles_at(channel, first, 4)
        self.assertEqual(3, len(second))

    def test_global_prefetch_limits_the_channel(self):
        self.send(*["m"] * 20)
        channel, arrived = self.second_channel(), []
        channel.basic_qos(0, 3, True)
        for _ in range(2):
            channel.basic_consume(self.name, callback=arrived.append)
        self.settles_at(channel, arrived, 3)

        channel.basic_qos(0, 5, True)

        self.settles_at(channel, arrived, 5)

    def test_get_tells_how_many_are_left(self):
        self.send("1", "2", "3")

        left = [self.channel_.basic_get(self.name).delivery_info["message_count"] for _ in range(3)]

        self.assertEqual([2, 1, 0], left)
        self.assertIsNone(self.channel_.basic_get(self.name))

    def test_cancelled_consumer_gets_nothing_more(self):
        channel = self.second_channel()
        arrived, tag = self.consume(channel, self.name)
        self.send("1")
        self.wait(channel, lambda: arrived, "the first")

        channel.basic_cancel(tag)
        self.send("2")

        self.assertEqual("2", self.get_soon(self.channel_, self.name).body)
        channel.basic_ack(arrived[0].delivery_tag)
        self.assertEqual(1, len(arrived))

    def test_deleting_the_queue_cancels_its_consumers(self):
        channel, cancelled = self.second_channel(), []
        tag = channel.basic_consume(self.name, on_cancel=cancelled.append)

        self.channel_.queue_delete(self.name)

        self.wait(channel, lambda: cancelled == [tag], "the cancellation")

    def test_exclusive_consumer_is_alone(self):
        self.second_channel().basic_consume(self.name, exclusive=True)
        text = f"ACCESS_REFUSED - queue '{self.name}' in vhost '/' in exclusive use"

        with self.closes_channel(amqp.AccessRefused, 403, text):
            self.second_channel().basic_consume(self.name)


class Transactions(KombuCase):
    def setUp(self):
        self.channel_ = self.channel(confirms=False)
        self.name = self.queue(self.channel_)
        self.other = self.channel_.connection.channel()

    def test_committed_transaction_takes_effect(self):
        self.publish(self.other, "", self.name, "old")
        self.channel_.tx_select()
        self.channel_.basic_ack(self.get_soon(self.channel_, self.name).delivery_tag)
        self.publish(self.channel_, "", self.name, "new")
        self.assertEqual([], self.drain(self.other, self.name))

        self.channel_.tx_commit()

        self.assertEqual(["new"], self.drain(self.other, self.name))

    def test_rolled_back_transaction_leaves_nothing(self):
        self.channel_.tx_select()
        self.publish(self.channel_, "", self.name, "new")

        self.channel_.tx_rollback()
        self.channel_.tx_commit()

        self.assertEqual([], self.drain(self.other, self.name))


class FullQueues(KombuCase):
    def test_length_limit_drops_the_oldest(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length": 2})

        self.publish(channel, "", queue, "1", "2", "3")

        self.assertEqual(["2", "3"], self.drain(channel, queue))

    def test_full_queue_refuses_with_nack(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
        self.publish(channel, "", queue, "1")

        with self.assertRaises(amqp.exceptions.MessageNacked):
            self.publish(channel, "", queue, "2")
        self.assertEqual(["1"], self.drain(channel, queue))
