"""Connections of kombu that end with their test; the channels are py-amqp's."""

import contextlib
import socket
import time
import unittest

import amqp
import kombu

import matrix_broker
from matrix_broker import unique

LIMIT_S = 10


class KombuCase(unittest.TestCase):
    def connect(self, confirms=False, **options):
        options = {"userid": matrix_broker.USER, "password": matrix_broker.PASSWORD, "virtual_host": "/", **options}
        connection = kombu.Connection(
            hostname=matrix_broker.HOST, port=matrix_broker.PORT, transport="pyamqp", connect_timeout=LIMIT_S,
            ssl=matrix_broker.tls_options() or False,
            transport_options={"confirm_publish": confirms, "max_retries": 20, "interval_start": 0,
                               "interval_step": 0.1, "interval_max": 0.2}, **options)
        self.addCleanup(self.release_quietly, connection)
        return connection

    @staticmethod
    def release_quietly(connection):
        with contextlib.suppress(amqp.AMQPError, OSError):
            connection.release()

    def channel(self, confirms=True):
        """A channel with confirms on a connection of its own."""
        return self.connect(confirms).channel()

    @staticmethod
    def queue(channel, **arguments):
        """An exclusive queue, unless told otherwise; its name."""
        arguments = {"exclusive": True, "auto_delete": False, **arguments}
        return channel.queue_declare(unique("queue"), **arguments).queue

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
            channel.basic_publish(amqp.Message(body, **properties), exchange, key)

    @staticmethod
    def drain(channel, queue):
        """The bodies that are ready, in order."""
        bodies = []
        while message := channel.basic_get(queue, no_ack=True):
            bodies.append(message.body)
        return bodies

    def wait(self, channel, condition, what):
        """The first true value of condition(), while the channel's connection works."""
        deadline = time.monotonic() + LIMIT_S
        while not (value := condition()):
            self.assertLess(time.monotonic(), deadline, f"{what}: not within {LIMIT_S} s")
            self.work(channel, 0.01)
        return value

    @staticmethod
    def work(channel, seconds):
        """Reads what comes, until nothing has for so long."""
        with contextlib.suppress(socket.timeout):
            channel.connection.drain_events(seconds)

    def get_soon(self, channel, queue):
        """One message as soon as there is one, unsettled."""
        return self.wait(channel, lambda: channel.basic_get(queue), f"a message in {queue}")

    @staticmethod
    def consume(channel, queue, **arguments):
        """A list to which deliveries are added, and the consumer's tag."""
        arrived = []
        return arrived, channel.basic_consume(queue, callback=arrived.append, **arguments)

    @contextlib.contextmanager
    def closes_channel(self, kind, code, text):
        """The body ends with the server closing the channel; yields a holder of the exception."""
        with self.assertRaises(kind) as caught:
            yield caught
        self.assertEqual((code, text), (caught.exception.reply_code, caught.exception.reply_text[:len(text)]))
