"""x-delayed-message, which RabbitMQ has as a plugin."""

import time

from pika_case import PERSISTENT, PikaCase

DELAY_MS = 250
SLACK_MS = 2000  # of a machine that does other things, too


class Delayed(PikaCase):
    def delayed(self, channel, kind="direct", **arguments):
        return self.exchange(
            channel, "x-delayed-message", durable=True, arguments={"x-delayed-type": kind, **arguments})

    def test_message_comes_when_its_delay_is_over(self):
        channel = self.channel()
        exchange = self.delayed(channel)
        queue = self.queue(channel, durable=True)
        channel.queue_bind(queue, exchange, "k")

        begin = time.monotonic()
        self.publish(
            channel, "k", b"m", exchange=exchange, delivery_mode=PERSISTENT, headers={"x-delay": DELAY_MS})
        self.assertEqual([], self.get_all(channel, queue))
        _, properties, body = self.get_soon(channel, queue)
        waited_ms = (time.monotonic() - begin) * 1000

        self.assertEqual(b"m", body)
        self.assertEqual({"x-delay": -DELAY_MS}, properties.headers)
        self.assertGreaterEqual(waited_ms, DELAY_MS - 1)
        self.assertLess(waited_ms, DELAY_MS + SLACK_MS)

    def test_messages_come_in_the_order_of_their_time(self):
        channel = self.channel()
        exchange = self.delayed(channel, "fanout")
        queue = self.queue(channel)
        channel.queue_bind(queue, exchange)

        for delay in (900, 100, 500, 0):
            self.publish(channel, "", b"%d" % delay, exchange=exchange, headers={"x-delay": delay})

        arrived = self.collect(channel, queue, 4)
        self.assertEqual([b"0", b"100", b"500", b"900"], [body for _, _, body in arrived])

    def test_confirmed_messages_survive_the_end_of_the_broker(self):
        if not self.broker.can_restart:
            self.skipTest("needs a broker of its own")
        channel = self.channel()
        exchange = self.delayed(channel)
        queue = self.queue(channel, durable=True)
        channel.queue_bind(queue, exchange, "k")
        for number in range(20):
            self.publish(
                channel, "k", b"%d" % number, exchange=exchange, delivery_mode=PERSISTENT,
                headers={"x-delay": 1000 + number})

        self.broker.kill()
        self.broker.start()

        arrived = self.collect(self.channel(), queue, 20)
        self.assertEqual({b"%d" % number for number in range(20)}, {body for _, _, body in arrived})

    def test_type_that_is_not_there_is_406(self):
        for arguments in ({}, {"x-delayed-type": "nobody"}):
            with self.closes_channel(
                    406, "PRECONDITION_FAILED - Invalid argument, 'x-delayed-type' must be an existing exchange type"):
                self.exchange(self.channel(), "x-delayed-message", arguments=arguments)

    def test_waiting_messages_can_be_counted_but_not_taken(self):
        channel = self.channel()
        exchange = self.delayed(channel)
        self.publish(channel, "k", b"m", exchange=exchange, headers={"x-delay": 3_600_000})

        self.wait_ready_count(f"amq.delayed.{exchange}", 1)
        with self.closes_channel(403, "ACCESS_REFUSED"):
            self.channel().basic_get(f"amq.delayed.{exchange}")
