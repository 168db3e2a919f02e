"""What the tests with pika share: connections that end with the test, and the closing of channels as expected."""

import contextlib
import time

import pika
from pika import exceptions

from broker_case import BrokerCase

PERSISTENT = 2


class PikaCase(BrokerCase):
    def connect(self, **parameters):
        parameters = {
            "host": self.broker.host, "port": self.broker.port, "heartbeat": 0, "socket_timeout": 10,
            "stack_timeout": 15, "blocked_connection_timeout": 20, **parameters}
        connection = pika.BlockingConnection(pika.ConnectionParameters(**parameters))
        self.addCleanup(self.close_quietly, connection)
        return connection

    @staticmethod
    def close_quietly(connection):
        with contextlib.suppress(exceptions.AMQPError):
            if connection.is_open:
                connection.close()

    def channel(self, confirms=True):
        """A channel on a connection of its own; with confirms, a publish returns when it is safe."""
        channel = self.connect().channel()
        if confirms:
            channel.confirm_delivery()
        return channel

    def queue(self, channel, **arguments):
        """Declares a queue that is deleted with the test; returns its name."""
        name = arguments.pop("queue", None) or self.unique("queue")
        channel.queue_declare(name, **arguments)
        if not arguments.get("exclusive"):
            self.addCleanup(self.delete_queue, name)
        return name

    def exchange(self, channel, kind, **arguments):
        """Declares an exchange that is deleted with the test; returns its name."""
        name = self.unique("exchange")
        channel.exchange_declare(name, kind, **arguments)
        self.addCleanup(self.delete_exchange, name)
        return name

    def delete_queue(self, name):
        self.connect().channel().queue_delete(name)

    def delete_exchange(self, name):
        self.connect().channel().exchange_delete(name)

    @staticmethod
    def publish(channel, routing_key, *bodies, exchange="", **properties):
        for body in bodies:
            channel.basic_publish(exchange, routing_key, body, pika.BasicProperties(**properties))

    @staticmethod
    def get_all(channel, queue):
        """Takes the bodies of what is ready, in order."""
        bodies = []
        while (got := channel.basic_get(queue, auto_ack=True))[0]:
            bodies.append(got[2])
        return bodies

    def get_soon(self, channel, queue, timeout_s=10):
        """Takes one message as soon as there is one: (method, properties, body)."""
        deadline = time.monotonic() + timeout_s
        while not (got := channel.basic_get(queue, auto_ack=True))[0]:
            self.assertLess(time.monotonic(), deadline, f"no message in {queue} within {timeout_s} s")
            channel.connection.process_data_events(0.01)
        return got

    def collect(self, channel, queue, count, timeout_s=10, **consume):
        """Consumes `count` messages and leaves them unsettled: [(method, properties, body)]."""
        arrived = []
        tag = channel.basic_consume(queue, lambda _, *message: arrived.append(message), **consume)
        self.wait_for(channel, lambda: len(arrived) >= count, f"{count} messages of {queue}", timeout_s)
        channel.basic_cancel(tag)
        return arrived

    def wait_for(self, channel, condition, what, timeout_s=10):
        """Lets the channel's connection work until `condition`."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"{what}: not within {timeout_s} s")
            channel.connection.process_data_events(0.01)

    def ready_count(self, queue):
        return self.connect().channel().queue_declare(queue, passive=True).method.message_count

    def wait_ready_count(self, queue, count, timeout_s=10):
        channel = self.connect().channel()
        self.wait_for(
            channel, lambda: channel.queue_declare(queue, passive=True).method.message_count == count,
            f"{count} messages ready in {queue}", timeout_s)

    @contextlib.contextmanager
    def closes_channel(self, code, text):
        """The body ends with the server closing the channel: this code, and a text with `text` in it."""
        with self.assertRaises(exceptions.ChannelClosedByBroker) as caught:
            yield
        self.assertEqual(code, caught.exception.reply_code, caught.exception.reply_text)
        self.assertIn(text, caught.exception.reply_text)

    @contextlib.contextmanager
    def closes_connection(self, code, text):
        with self.assertRaises(exceptions.ConnectionClosedByBroker) as caught:
            yield
        self.assertEqual(code, caught.exception.reply_code, caught.exception.reply_text)
        self.assertIn(text, caught.exception.reply_text)
