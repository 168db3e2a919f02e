"""Expiry of messages and queues, length limits, priorities."""

import time

from pika import exceptions

from pika_case import PikaCase


class MessageExpiry(PikaCase):
    def expires(self, channel, queue, count=0):
        """Waits until `count` messages are left; returns the seconds that took."""
        begin = time.monotonic()
        self.wait_ready_count(queue, count)
        return time.monotonic() - begin

    def test_message_goes_when_the_time_of_its_queue_is_over(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-message-ttl": 300})
        self.publish(channel, queue, b"1")

        waited = self.expires(channel, queue)

        self.assertGreater(waited, 0.2)
        self.assertLess(waited, 2)

    def test_message_goes_when_its_own_time_is_over(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1", expiration="300")
        self.publish(channel, queue, b"2")

        self.assertGreater(self.expires(channel, queue, count=1), 0.2)
        self.assertEqual([b"2"], self.get_all(channel, queue))

    def test_shorter_of_the_two_times_counts(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-message-ttl": 200})
        self.publish(channel, queue, b"1", expiration="600000")

        self.assertLess(self.expires(channel, queue), 5)

    def test_time_of_ten_years_is_taken_and_does_not_expire_at_once(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-message-ttl": 134217728000})
        self.publish(channel, queue, b"1", expiration="315360000000")
        short = self.queue(channel, queue=self.unique("short"), arguments={"x-message-ttl": 100})
        self.publish(channel, short, b"1")

        self.expires(channel, short)

        self.assertEqual([b"1"], self.get_all(channel, queue))

    def test_time_of_zero_reaches_a_waiting_consumer_and_nobody_else(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-message-ttl": 0})
        self.publish(channel, queue, b"1")
        self.wait_ready_count(queue, 0)
        arrived = []
        channel.basic_consume(queue, lambda *m: arrived.append(m[3]))
        self.publish(channel, queue, b"2")

        self.wait_for(channel, lambda: arrived, "the second")
        self.assertEqual([b"2"], arrived)

    def test_expired_message_is_not_delivered_after_a_requeue(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1", expiration="200")
        tag = channel.basic_get(queue)[0].delivery_tag
        marker = self.queue(channel, queue=self.unique("marker"), arguments={"x-message-ttl": 400})
        self.publish(channel, marker, b"m")
        self.expires(channel, marker)

        channel.basic_nack(tag)

        self.expires(channel, queue)
        self.assertEqual([], self.get_all(channel, queue))


class QueueExpiry(PikaCase):
    def is_gone(self, queue):
        """Asks by publishing, because to declare a queue, passively even, counts as using it."""
        try:
            self.control.basic_publish("", queue, b"?", mandatory=True)
        except exceptions.UnroutableError:
            return True
        return False

    def setUp(self):
        self.control = self.channel()

    def test_unused_queue_goes_after_its_time(self):
        begin = time.monotonic()
        queue = self.queue(self.control, arguments={"x-expires": 400})

        self.wait_for(self.control, lambda: self.is_gone(queue), "the end of the unused queue")

        self.assertGreater(time.monotonic() - begin, 0.3)

    def test_queue_with_a_consumer_stays(self):
        channel = self.control
        used = self.queue(channel, arguments={"x-expires": 300})
        tag = channel.basic_consume(used, lambda *_: None)
        unused = self.queue(channel, queue=self.unique("unused"), arguments={"x-expires": 900})
        self.wait_for(channel, lambda: self.is_gone(unused), "the end of the unused queue")

        self.assertFalse(self.is_gone(used))
        channel.basic_cancel(tag)
        self.wait_for(channel, lambda: self.is_gone(used), "its end after the consumer's")

    def test_asking_and_declaring_is_using(self):
        expires = {"x-expires": 600}
        asked = self.queue(self.control, queue=self.unique("asked"), arguments=expires)
        declared = self.queue(self.control, queue=self.unique("declared"), arguments=expires)
        begin = time.monotonic()
        while time.monotonic() < begin + 1.5:
            self.control.basic_get(asked)
            self.control.queue_declare(declared, arguments=expires)

        self.assertEqual([False, False], [self.is_gone(asked), self.is_gone(declared)])


class Length(PikaCase):
    def test_full_queue_drops_its_oldest(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length": 3})

        self.publish(channel, queue, *[str(n).encode() for n in range(10)])

        self.assertEqual([b"7", b"8", b"9"], self.get_all(channel, queue))

    def test_limit_in_bytes_counts_bodies(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length-bytes": 25})

        self.publish(channel, queue, b"a" * 10, b"b" * 10, b"c" * 10)

        self.assertEqual([b"b" * 10, b"c" * 10], self.get_all(channel, queue))

    def test_unsettled_messages_do_not_count(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length": 2})
        self.publish(channel, queue, b"1", b"2")
        for _ in range(2):
            channel.basic_get(queue)

        self.publish(channel, queue, b"3", b"4")

        self.assertEqual([b"3", b"4"], self.get_all(channel, queue))


    def test_consumer_gets_all_where_only_few_may_wait(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length": 1})
        arrived = []
        reader = self.channel()
        reader.basic_consume(queue, lambda *m: arrived.append(m[3]), auto_ack=True)
        bodies = [str(n).encode() for n in range(20)]

        self.publish(channel, queue, *bodies)

        self.wait_for(reader, lambda: arrived == bodies, "all of them")

    def test_queue_that_refuses_takes_again_when_there_is_room(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-length-bytes": 10, "x-overflow": "reject-publish"})
        self.publish(channel, queue, b"a" * 10)
        with self.assertRaises(exceptions.NackError):
            self.publish(channel, queue, b"b")

        channel.basic_get(queue, auto_ack=True)
        self.wait_ready_count(queue, 0)
        self.publish(channel, queue, b"c" * 10)

        self.assertEqual([b"c" * 10], self.get_all(channel, queue))

    def test_unknown_overflow_is_406(self):
        with self.closes_channel(406, "PRECONDITION_FAILED - invalid arg 'x-overflow'"):
            self.queue(self.channel(), arguments={"x-max-length": 1, "x-overflow": "explode"})


class Deliveries(PikaCase):
    def quorum(self, channel, **arguments):
        return self.queue(channel, durable=True, arguments={"x-queue-type": "quorum", **arguments})

    def test_quorum_queue_tells_how_often_it_tried(self):
        channel = self.channel()
        queue = self.quorum(channel)
        self.publish(channel, queue, b"1", headers={"mine": 1})

        for count in (None, 1, 2):
            method, properties, _ = channel.basic_get(queue)
            self.assertEqual(count, properties.headers.get("x-delivery-count"))
            self.assertEqual(1, properties.headers["mine"])
            channel.basic_reject(method.delivery_tag)

    def test_message_goes_when_it_failed_too_often(self):
        channel = self.channel()
        queue = self.quorum(channel, **{"x-delivery-limit": 2})
        self.publish(channel, queue, b"1")

        for _ in range(3):
            channel.basic_nack(channel.basic_get(queue)[0].delivery_tag)

        self.wait_ready_count(queue, 0)
        self.assertEqual((None, None, None), channel.basic_get(queue))

    def test_connection_that_breaks_off_counts(self):
        channel = self.channel()
        queue = self.quorum(channel)
        self.publish(channel, queue, b"1")
        reader = self.channel()
        reader.basic_get(queue)
        reader.connection.close()

        _, properties, _ = self.get_soon(channel, queue)
        self.assertEqual(1, properties.headers["x-delivery-count"])

    def test_delivery_that_takes_too_long_goes_to_another_consumer(self):
        control, slow, other = self.channel(), self.channel(), self.channel()
        queue = self.queue(control, arguments={"x-consumer-timeout": 300})
        stuck, arrived = [], []
        slow.basic_qos(prefetch_count=1)
        slow.basic_consume(queue, lambda *m: stuck.append(m[1].delivery_tag))
        self.publish(control, queue, b"1")
        self.wait_for(slow, lambda: stuck, "the first delivery")

        tag = other.basic_consume(queue, lambda *m: arrived.append((m[1].redelivered, m[3])), auto_ack=True)

        self.wait_for(other, lambda: arrived == [(True, b"1")], "the second")
        other.basic_cancel(tag)
        slow.basic_ack(stuck[0])
        self.publish(control, queue, b"2")
        self.wait_for(slow, lambda: len(stuck) == 2, "that the first goes on")


class Priorities(PikaCase):
    def test_higher_priority_goes_first_and_equals_keep_their_order(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-priority": 10})
        for body, priority in ((b"low", 1), (b"none", None), (b"high 1", 9), (b"middle", 5), (b"high 2", 9)):
            self.publish(channel, queue, body, priority=priority)

        self.assertEqual([b"high 1", b"high 2", b"middle", b"low", b"none"], self.get_all(channel, queue))

    def test_priority_above_the_maximum_counts_as_the_maximum(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-priority": 3})
        for body, priority in ((b"1", 3), (b"2", 255), (b"3", 3)):
            self.publish(channel, queue, body, priority=priority)

        _, properties, _ = self.collect(channel, queue, 3)[1]
        self.assertEqual(255, properties.priority)
        channel.basic_recover(requeue=True)
        self.assertEqual([b"1", b"2", b"3"], self.get_all(channel, queue))

    def test_requeued_message_keeps_its_priority_and_place(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-max-priority": 10})
        for body, priority in ((b"a", 2), (b"b", 7), (b"c", 7), (b"d", 2)):
            self.publish(channel, queue, body, priority=priority)
        tags = [channel.basic_get(queue)[0].delivery_tag for _ in range(3)]

        for tag in reversed(tags):
            channel.basic_reject(tag)

        self.wait_ready_count(queue, 4)
        self.assertEqual([b"b", b"c", b"a", b"d"], self.get_all(channel, queue))

    def test_queue_without_priorities_ignores_them(self):
        channel = self.channel()
        queue = self.queue(channel)
        for body, priority in ((b"1", 1), (b"2", 9)):
            self.publish(channel, queue, body, priority=priority)

        self.assertEqual([b"1", b"2"], self.get_all(channel, queue))
