"""Whole methods, as pika's tables encode them, without pika's own judgement: what may be said, and what comes back."""

import struct

import pika
from pika import spec

import amqp_socket as amqp
from protocol_case import ProtocolCase

# What closes the channel; every other code closes the connection.
CHANNEL_CODES = (403, 404, 405, 406)


def encoded(method, channel=1):
    return amqp.frame(amqp.METHOD, channel, struct.pack(">I", method.INDEX) + b"".join(method.encode()))


def publish(routing_key, body=b"m", exchange="", channel=1, mandatory=False, immediate=False, **properties):
    """A whole publish: method, header and body."""
    method = spec.Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=mandatory, immediate=immediate)
    header = b"".join(pika.BasicProperties(**properties).encode())
    return (
        encoded(method, channel) + amqp.content_header(channel, len(body), properties=header)
        + (amqp.frame(amqp.BODY, channel, body) if body else b""))


class SpokenCase(ProtocolCase):
    def setUp(self):
        self.connection = self.with_channel()

    def say(self, *methods, channel=1):
        """Sends methods, or frames that are bytes already."""
        self.connection.send(*[said if isinstance(said, bytes) else encoded(said, channel) for said in methods])

    def hear(self):
        """The next method that the server says."""
        _, ids, arguments = self.connection.next_method()
        method = spec.methods[ids[0] << 16 | ids[1]]()
        method.decode(arguments)
        return method

    def ask(self, method, channel=1):
        """The answer to a method, which has to be a good one."""
        self.say(method, channel=channel)
        answer = self.hear()
        self.assertNotIsInstance(answer, (spec.Channel.Close, spec.Connection.Close), answer)
        return answer

    def queue(self, **declaration):
        """A queue that goes with this test's connection."""
        name = declaration.pop("queue", None) or self.unique("queue")
        self.ask(spec.Queue.Declare(queue=name, exclusive=True, **declaration))
        return name

    def exchange(self, kind="fanout", **declaration):
        name = self.unique("exchange")
        self.ask(spec.Exchange.Declare(exchange=name, type=kind, **declaration))
        self.addCleanup(self.delete, spec.Exchange.Delete(exchange=name))
        return name

    def delete(self, method):
        connection = self.with_channel()
        connection.send(encoded(method))
        connection.next_method()

    def is_refused(self, code, text, *said, failing=None):
        """The last of what is said is refused with this code and text, and named as what failed. The connection of the
        test is a new one afterwards."""
        self.say(*said)
        close = self.hear()
        while not isinstance(close, (spec.Channel.Close, spec.Connection.Close)):
            close = self.hear()  # of what was said before
        self.assertEqual((code, text), (close.reply_code, close.reply_text))
        kind = spec.Channel.Close if code in CHANNEL_CODES else spec.Connection.Close
        self.assertIsInstance(close, kind)
        if failing is None and not isinstance(said[-1], bytes):
            failing = said[-1].INDEX
        if failing is not None:
            self.assertEqual((failing >> 16, failing & 0xffff), (close.class_id, close.method_id), text)
        self.connection.close()
        self.connection = self.with_channel()

    def is_fine(self):
        """The channel is open, and nothing waits to be heard."""
        self.assertIsInstance(self.ask(spec.Basic.Qos()), spec.Basic.QosOk)
