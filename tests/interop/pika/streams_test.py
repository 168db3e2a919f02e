"""x-queue-type stream: read by many, consumed by nobody, and RabbitMQ's refusals."""

from pika_case import PikaCase

STREAM = {"x-queue-type": "stream"}


class Streams(PikaCase):
    def setUp(self):
        self.control = self.channel()
        self.name = self.queue(self.control, durable=True, arguments=STREAM)

    def reader(self, prefetch=10):
        channel = self.channel(confirms=False)
        channel.basic_qos(prefetch_count=prefetch)
        return channel

    def read(self, count, offset):
        messages = self.collect(self.reader(), self.name, count, arguments={"x-stream-offset": offset})
        return [(properties.headers["x-stream-offset"], body) for _, properties, body in messages[:count]]

    def test_everybody_reads_everything(self):
        self.publish(self.control, self.name, b"0", b"1", b"2")

        for _ in range(2):
            self.assertEqual([(0, b"0"), (1, b"1"), (2, b"2")], self.read(3, "first"))
        self.assertEqual([(1, b"1"), (2, b"2")], self.read(2, 1))

    def test_without_an_offset_it_begins_with_what_comes(self):
        self.publish(self.control, self.name, b"0")
        reader = self.reader()
        arrived = []
        reader.basic_consume(self.name, lambda *message: arrived.append(message[3]))
        self.publish(self.control, self.name, b"1")

        self.wait_for(reader, lambda: arrived, "what was published")

        self.assertEqual([b"1"], arrived)

    def test_acknowledging_gives_credit_and_takes_nothing(self):
        self.publish(self.control, self.name, b"0", b"1", b"2")
        reader = self.reader(prefetch=1)
        arrived = []

        def answer(channel, method, _, body):
            arrived.append(body)
            channel.basic_ack(method.delivery_tag)

        reader.basic_consume(self.name, answer, arguments={"x-stream-offset": "first"})
        self.wait_for(reader, lambda: len(arrived) == 3, "three messages")

        self.assertEqual([(0, b"0"), (1, b"1"), (2, b"2")], self.read(3, "first"))

    def test_filter_lets_through_what_has_its_value(self):
        for body, value in ((b"0", "de"), (b"1", "fr"), (b"3", "it"), (b"4", "de")):
            self.publish(self.control, self.name, body, headers={"x-stream-filter-value": value})
        self.publish(self.control, self.name, b"5")

        def filtered(count, **arguments):
            messages = self.collect(self.reader(), self.name, count, arguments={
                "x-stream-offset": "first", **{name.replace("_", "-"): value for name, value in arguments.items()}})
            return [body for _, _, body in messages]

        self.assertEqual([b"0", b"4"], filtered(2, x_stream_filter="de"))
        self.assertEqual([b"0", b"1", b"4"], filtered(3, x_stream_filter=["fr", "de"]))
        self.assertEqual([b"1", b"5"], filtered(2, x_stream_filter="fr", x_stream_match_unfiltered=True))

    def test_repeated_publishing_id_is_confirmed_and_not_stored_again(self):
        self.needs_restart()

        def send(channel, body, number):
            self.publish(channel, self.name, body, headers={
                "x-stream-publisher-name": "shop", "x-stream-publishing-id": number})

        send(self.control, b"0", 1)
        send(self.control, b"0", 1)
        self.broker.kill()
        self.broker.start()
        control = self.channel()
        send(control, b"0", 1)
        send(control, b"1", 2)

        self.assertEqual([(0, b"0"), (1, b"1")], self.read(2, "first"))
        self.assertEqual(2, self.ready_count(self.name))

    def test_messages_are_kept_over_a_restart_however_they_were_published(self):
        self.needs_restart()
        self.publish(self.control, self.name, b"0", delivery_mode=1)

        self.broker.restart()

        self.assertEqual([(0, b"0")], self.read(1, "first"))

    def test_bindings_fill_it(self):
        exchange = self.exchange(self.control, "fanout")
        self.control.queue_bind(self.name, exchange)
        self.publish(self.control, "", b"0", exchange=exchange)

        self.assertEqual([(0, b"0")], self.read(1, "first"))

    def test_getting_and_purging_are_not_for_streams(self):
        with self.closes_connection(540, f"basic.get not supported by stream queues queue '{self.name}' in vhost '/'"):
            self.channel(confirms=False).basic_get(self.name)
        with self.closes_connection(540, f"queue.purge not supported by stream queues queue '{self.name}' in vhost '/'"):
            self.channel(confirms=False).queue_purge(self.name)

    def test_reading_takes_a_prefetch_and_acknowledgements(self):
        with self.closes_channel(406, "consumer prefetch count is not set for "):
            self.channel(confirms=False).basic_consume(self.name, print)
        with self.closes_connection(540, f"automatic acknowledgement not supported by stream queues queue '{self.name}'"):
            self.reader().basic_consume(self.name, print, auto_ack=True)
        limited = self.reader()
        limited.basic_qos(prefetch_count=5, global_qos=True)
        with self.closes_connection(540, f"queue '{self.name}' in vhost '/' does not support global qos"):
            limited.basic_consume(self.name, print)

    def test_nothing_goes_back(self):
        self.publish(self.control, self.name, b"0")
        for answer in ("basic_nack", "basic_reject"):
            reader = self.reader()
            [(method, _, _)] = self.collect(reader, self.name, 1, arguments={"x-stream-offset": "first"})
            with self.closes_connection(540, "basic.nack and basic.reject not supported by stream queues"):
                getattr(reader, answer)(method.delivery_tag)
                self.wait_for(reader, lambda: False, "the refusal")

    def test_properties_and_arguments_that_streams_do_not_have_are_refused(self):
        declare = {"durable": True, "arguments": STREAM}
        for change, text in (({"durable": False}, "invalid property 'non-durable'"),
                             ({"exclusive": True}, "invalid property 'exclusive-owner'"),
                             ({"auto_delete": True}, "invalid property 'auto-delete'")):
            with self.closes_channel(406, text):
                self.channel(confirms=False).queue_declare(self.unique("s"), **{**declare, **change})
        for name, value in (("x-message-ttl", 5), ("x-expires", 5), ("x-max-length", 5), ("x-max-priority", 5),
                            ("x-dead-letter-exchange", "x"), ("x-overflow", "drop-head"), ("x-delivery-limit", 4),
                            ("x-single-active-consumer", True), ("x-queue-mode", "lazy")):
            queue = self.unique("s")
            with self.closes_channel(
                    406, f"invalid arg '{name}' for queue '{queue}' in vhost '/' of queue type rabbit_stream_queue"):
                self.channel(confirms=False).queue_declare(queue, durable=True, arguments={**STREAM, name: value})

    def test_arguments_of_streams_are_checked(self):
        for name, value, text in (("x-max-age", 1, "{unacceptable_type,signedint}"),
                                  ("x-stream-max-segment-size-bytes", -1, "{value_negative,-1}"),
                                  ("x-max-length-bytes", -1, "{value_negative,-1}")):
            queue = self.unique("s")
            with self.closes_channel(406, f"invalid arg '{name}' for queue '{queue}' in vhost '/': {text}"):
                self.channel(confirms=False).queue_declare(queue, durable=True, arguments={**STREAM, name: value})

    def test_a_stream_is_no_classic_queue(self):
        with self.closes_channel(406, "inequivalent arg 'x-queue-type'"):
            self.channel(confirms=False).queue_declare(self.name, durable=True)


class Retention(PikaCase):
    def test_the_oldest_go_when_it_is_full(self):
        self.needs_varve()
        control = self.channel()
        name = self.queue(control, durable=True, arguments={**STREAM, "x-max-length-bytes": 100_000})
        self.publish(control, name, *[b"x" * 1000] * 1000)
        self.broker.restart()

        control = self.channel()
        kept = control.queue_declare(name, passive=True).method.message_count

        self.assertLess(0, kept)
        self.assertLess(kept, 600)
