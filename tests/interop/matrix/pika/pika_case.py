"""Connections of pika that end with their test."""

import contextlib
import time
import unittest

import pika
from pika import exceptions

import matrix_broker
from matrix_broker import unique

LIMIT_S = 10


class PikaCase(unittest.TestCase):
    def connect(self, user=matrix_broker.USER, password=matrix_broker.PASSWORD, vhost="/", heartbeat=0):
        context = matrix_broker.tls_context()
        connection = pika.BlockingConnection(pika.ConnectionParameters(
            host=matrix_broker.HOST, port=matrix_broker.PORT, virtual_host=vhost, heartbeat=heartbeat,
            credentials=pika.PlainCredentials(user, password), stack_timeout=LIMIT_S,
            ssl_options=context and pika.SSLOptions(context, matrix_broker.HOST)))
        self.addCleanup(self.close_quietly, connection)
        return connection

    @staticmethod
    def close_quietly(connection):
        with contextlib.suppress(exceptions.AMQPError):
            connection.close()

    def channel(self):
        """A channel with confirms on a connection of its own."""
        channel = self.connect().channel()
        channel.confirm_delivery()
        return channel

    @staticmethod
    def queue(channel, **arguments):
        """An exclusive queue, unless told otherwise."""
        arguments = {"exclusive": True, **arguments}
        return channel.queue_declare(unique("queue"), **arguments).method.queue

    @staticmethod
    def exchange(channel, kind, **arguments):
        name = unique("exchange")
        channel.exchange_declare(name, kind, auto_delete=True, **arguments)
        return name

    def bound_queue(self, channel, exchange, key="", **arguments):
        name = self.queue(channel)
        channel.queue_bind(name, exchange, key, **arguments)
        return name

    @staticmethod
    def publish(channel, exchange, key, *bodies, **properties):
        for body in bodies:
            channel.basic_publish(exchange, key, body, pika.BasicProperties(**properties))

    @staticmethod
    def drain(channel, queue):
        """The bodies that are ready, in order."""
        bodies = []
        while (got := channel.basic_get(queue, auto_ack=True))[0]:
            bodies.append(got[2])
        return bodies

    def wait(self, channel, condition, what):
        """The first true value of condition(), while the channel's connection works."""
        deadline = time.monotonic() + LIMIT_S
        while not (value := condition()):
            self.assertLess(time.monotonic(), deadline, f"{what}: not within {LIMIT_S} s")
            channel.connection.process_data_events(0.01)
        return value

    def get_soon(self, channel, queue):
        """One message as soon as there is one, unsettled: (method, properties, body)."""
        def got():
            message = channel.basic_get(queue)
            return message if message[0] else None
        return self.wait(channel, got, f"a message in {queue}")

    @staticmethod
    def consume(channel, queue, **arguments):
        """A list to which deliveries are added: (method, properties, body)."""
        arrived = []
        channel.basic_consume(queue, lambda _, *message: arrived.append(message), **arguments)
        return arrived

    @contextlib.contextmanager
    def closes_channel(self, code, text):
        with self.assertRaises(exceptions.ChannelClosedByBroker) as caught:
            yield
        self.assertEqual((code, text), (caught.exception.reply_code, caught.exception.reply_text[:len(text)]))
