"""What comes back, in which order, and bit by bit: what clients rely on without saying so."""

import struct
import time

from pika import spec

import amqp_socket as amqp
from spoken_case import SpokenCase, encoded, publish

Queue, Exchange, Basic = spec.Queue, spec.Exchange, spec.Basic


def field(name, code, value):
    return amqp.short_string(name) + code + value


def fields(encoded_table):
    """(name, code, value) of each field; of values that clients of every age read."""
    at = 0
    while at < len(encoded_table):
        end = at + 1 + encoded_table[at]
        name, code = encoded_table[at + 1:end].decode(), encoded_table[end:end + 1]
        size = 1 if code == b"t" else 4 + struct.unpack(">I", encoded_table[end + 1:end + 5])[0]
        yield name, code, encoded_table[end + 1:end + 1 + size]
        at = end + 1 + size


EVERY_FIELD = (
    field("flag", b"t", b"\1"), field("i8", b"b", b"\xff"), field("u8", b"B", b"\xff"),
    field("i16", b"s", b"\x80\x00"), field("u16", b"u", b"\xff\xff"), field("i32", b"I", b"\x80\0\0\0"),
    field("u32", b"i", b"\xff\xff\xff\xff"), field("i64", b"l", b"\x80" + bytes(7)), field("float", b"f", b"\x3f\xc0\0\0"),
    field("double", b"d", b"\x3f\xf8" + bytes(6)), field("decimal", b"D", b"\2\0\0\0\x7b"),
    field("text", b"S", amqp.long_string("värve")), field("time", b"T", struct.pack(">Q", 1700000000)),
    field("nothing", b"V", b""), field("bytes", b"x", amqp.long_string(b"\0\xff")),
    field("list", b"A", amqp.long_string(
        b"I\0\0\0\1" + b"A" + amqp.long_string(b"t\0" + b"S" + amqp.long_string("deep")) + b"F"
        + amqp.long_string(field("deeper", b"A", amqp.long_string(b"V"))))),
    field("table", b"F", amqp.long_string(field("inner", b"F", amqp.long_string(field("x", b"t", b"\1"))))))
EVERY_TYPE = b"".join(EVERY_FIELD)
HEADERS = b"\x20\0"  # the property flags of headers alone


class Start(SpokenCase):
    def test_server_properties_are_text_flags_and_one_table(self):
        connection = self.connect()
        connection.send(amqp.HEADER)
        arguments = connection.expect(amqp.START)
        size, = struct.unpack(">I", arguments[2:6])
        properties = {name: (code, value) for name, code, value in fields(arguments[6:6 + size])}

        code, capabilities = properties.pop("capabilities")

        self.assertEqual(b"F", code)
        offered = {name: (code, value) for name, code, value in fields(capabilities[4:])}
        self.assertEqual({(b"t", b"\1")}, set(offered.values()))
        self.assertEqual(
            {"publisher_confirms", "exchange_exchange_bindings", "basic.nack", "consumer_cancel_notify",
             "connection.blocked", "consumer_priorities", "authentication_failure_close", "per_consumer_qos",
             "direct_reply_to"}, set(offered))
        self.assertEqual({b"S"}, {code for code, _ in properties.values()})
        self.assertLessEqual(
            {"product", "version", "platform", "copyright", "information", "cluster_name"}, set(properties))
        major, minor, patch = properties["version"][1][4:].split(b".")
        self.assertTrue(major.isdigit() and minor.isdigit() and patch.isdigit())


class Order(SpokenCase):
    def test_consume_ok_comes_before_the_first_delivery(self):
        queue = self.queue()
        self.say(publish(queue, b"1"), publish(queue, b"2"), Basic.Consume(queue=queue, no_ack=True))

        self.assertIsInstance(self.hear(), Basic.ConsumeOk)
        self.assertIsInstance(self.hear(), Basic.Deliver)

    def test_message_that_is_returned_comes_before_its_confirm(self):
        self.ask(spec.Confirm.Select())
        self.say(publish("nowhere", b"body", mandatory=True))

        returned = self.hear()
        self.assertEqual((312, "NO_ROUTE", "", "nowhere"), (
            returned.reply_code, returned.reply_text, returned.exchange, returned.routing_key))
        self.assertEqual([amqp.CONTENT_HEADER, amqp.BODY], [self.connection.frame()[0] for _ in range(2)])
        self.assertEqual(1, self.hear().delivery_tag)

    def test_message_for_nobody_is_confirmed_before_the_answer_to_close(self):
        self.ask(spec.Confirm.Select())
        self.say(publish("nobody"), spec.Channel.Close(reply_code=200, reply_text="", class_id=0, method_id=0))

        self.assertEqual(1, self.hear().delivery_tag)
        self.assertIsInstance(self.hear(), spec.Channel.CloseOk)

    def test_nothing_is_said_on_a_channel_that_is_closed(self):
        queue = self.queue()
        self.say(*[publish(queue, b"m" * 1000)] * 500)
        self.ask(spec.Channel.Open(), channel=2)
        self.say(Basic.Consume(queue=queue, no_ack=True), spec.Channel.Close(200, "bye", 0, 0), channel=2)

        said = []
        while said[-1:] != [amqp.CHANNEL_CLOSE_OK]:
            kind, channel, payload = self.connection.frame()
            if channel == 2 and kind == amqp.METHOD:
                said.append(struct.unpack(">HH", payload[:4]))
        self.say(publish(queue, b"more"), Queue.Declare(queue=queue, passive=True))

        self.assertEqual((amqp.METHOD, 1), self.connection.frame()[:2])
        self.is_fine()

    def test_errors_of_one_channel_are_no_matter_of_another(self):
        self.ask(spec.Channel.Open(), channel=2)
        self.say(Queue.Declare(queue="gone", passive=True), channel=2)
        self.assertIsInstance(self.hear(), spec.Channel.Close)

        self.is_fine()
        self.say(spec.Channel.CloseOk(), spec.Channel.Open(), channel=2)
        self.assertIsInstance(self.hear(), spec.Channel.OpenOk)


class NoWait(SpokenCase):
    def test_methods_that_ask_for_no_answer_get_none(self):
        queue, exchange = self.unique("queue"), self.unique("exchange")
        self.say(
            Queue.Declare(queue=queue, nowait=True), Exchange.Declare(exchange=exchange, type="fanout", nowait=True),
            Queue.Bind(queue=queue, exchange=exchange, routing_key="", nowait=True),
            Exchange.Bind(destination=exchange, source="amq.fanout", routing_key=exchange, nowait=True),
            Exchange.Unbind(destination=exchange, source="amq.fanout", routing_key=exchange, nowait=True),
            Basic.Consume(queue=queue, consumer_tag="t", nowait=True), Basic.Cancel(consumer_tag="t", nowait=True),
            Queue.Purge(queue=queue, nowait=True), Queue.Delete(queue=queue, nowait=True),
            Exchange.Delete(exchange=exchange, nowait=True), spec.Confirm.Select(nowait=True))

        self.is_fine()
        self.is_refused(404, f"NOT_FOUND - no queue '{queue}' in vhost '/'", Queue.Declare(queue=queue, passive=True))
        self.is_refused(
            404, f"NOT_FOUND - no exchange '{exchange}' in vhost '/'",
            Exchange.Declare(exchange=exchange, type="fanout", passive=True))

    def test_mistake_is_told_although_no_answer_was_asked_for(self):
        self.is_refused(
            404, "NOT_FOUND - no exchange 'gone' in vhost '/'",
            Queue.Bind(queue=self.queue(), exchange="gone", routing_key="", nowait=True))


class Redeclaring(SpokenCase):
    def declare(self, queue, code, value, flags=4):
        self.say(amqp.method(1, amqp.QUEUE_DECLARE, amqp.declare(
            queue, amqp.long_string(field("x-message-ttl", code, value)), flags=flags)))
        return self.hear()

    def test_integers_of_every_width_are_equal(self):
        queue = self.queue(arguments={"x-message-ttl": 100})
        for code, form in ((b"b", ">b"), (b"B", ">B"), (b"s", ">h"), (b"u", ">H"), (b"I", ">i"), (b"i", ">I"), (b"l", ">q")):
            self.assertIsInstance(self.declare(queue, code, struct.pack(form, 100)), Queue.DeclareOk, code)

    def test_passive_declare_asks_for_the_name_only(self):
        queue = self.queue()
        passive_durable_auto_delete = 1 | 2 | 8
        answer = self.declare(queue, b"S", amqp.long_string("no number"), flags=passive_durable_auto_delete)

        self.assertIsInstance(answer, Queue.DeclareOk)


class Content(SpokenCase):
    def header_of(self, queue):
        """The content header of the next message of a queue, as it came."""
        self.assertIsInstance(self.ask(Basic.Get(queue=queue, no_ack=True)), Basic.GetOk)
        header = self.connection.frame()
        self.assertEqual(amqp.CONTENT_HEADER, header[0])
        self.assertEqual(amqp.BODY, self.connection.frame()[0])
        return header[2]

    def publish_every_type(self, queue):
        self.connection.send(
            encoded(Basic.Publish(exchange="", routing_key=queue)),
            amqp.content_header(1, 1, properties=HEADERS + amqp.long_string(EVERY_TYPE)), amqp.frame(amqp.BODY, 1, b"m"))

    def test_headers_of_every_type_come_back_as_they_were_sent(self):
        queue = self.queue()
        self.publish_every_type(queue)

        self.assertEqual(struct.pack(">HHQ", 60, 0, 1) + HEADERS + amqp.long_string(EVERY_TYPE), self.header_of(queue))

    def test_headers_of_every_type_are_kept_by_the_dead(self):
        graves = self.queue()
        source = self.queue(queue=self.unique("source"), arguments={
            "x-dead-letter-exchange": "", "x-dead-letter-routing-key": graves, "x-max-length": 0})
        self.publish_every_type(source)
        while not self.ask(Queue.Declare(queue=graves, passive=True)).message_count:
            pass

        header = self.header_of(graves)

        for sent in EVERY_FIELD:
            self.assertIn(sent, header)
        self.assertIn(b"\x07x-death", header)

    def test_access_request_of_old_clients_is_answered(self):
        self.say(amqp.method(1, (30, 10), amqp.short_string("/data") + bytes([31])))

        self.assertEqual((1, (30, 11), b"\0\1"), self.connection.next_method())

    def test_answer_of_an_empty_queue_has_its_reserved_field(self):
        queue = self.queue()
        self.say(Basic.Get(queue=queue))

        self.assertEqual((1, (60, 72), b"\0"), self.connection.next_method())


class Liveness(SpokenCase):
    def test_whatever_a_client_says_stands_for_its_heartbeats(self):
        self.connection = self.with_channel(heartbeat=1)
        begin = time.monotonic()
        while time.monotonic() < begin + 4:
            self.is_fine()

    def test_name_of_an_exclusive_queue_is_free_when_its_connection_broke_off(self):
        queue = self.queue()
        self.connection.close()

        self.connection = self.with_channel()

        self.ask(Queue.Declare(queue=queue, exclusive=True))
