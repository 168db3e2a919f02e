"""The base of the tests that speak AMQP by hand."""

import contextlib

import amqp_socket
from broker_case import BrokerCase


class ProtocolCase(BrokerCase):
    def connect(self, **options):
        """A connection on which nothing was said yet."""
        connection = amqp_socket.AmqpSocket(self.broker.host, self.broker.port, **options)
        self.addCleanup(connection.close)
        return connection

    def logged_in(self, **tune):
        connection = self.connect()
        connection.log_in(**tune)
        return connection

    def with_channel(self, **tune):
        connection = self.logged_in(**tune)
        connection.open_channel()
        return connection

    def assert_closes(self, connection, code, text, failing=None):
        """The server closes the connection in good order: it says why, and hangs up after close-ok."""
        got_code, got_text, got_failing = connection.expect_close()
        self.assertEqual(code, got_code, got_text)
        self.assertIn(text, got_text)
        if failing is not None:
            self.assertEqual(failing, got_failing)
        connection.send(amqp_socket.method(0, amqp_socket.CLOSE_OK))
        self.assertEqual(b"", connection.read_to_end())

    def ends(self, connection):
        """Waits until the server has hung up, with or without connection.close, which is answered beforehand."""
        connection.send(amqp_socket.method(0, amqp_socket.CLOSE_OK))
        connection.read_to_end()

    def assert_closes_if_ours(self, connection, code, text):
        """Where RabbitMQ only hangs up, or says something less to the point."""
        if self.broker.can_restart:
            self.assert_closes(connection, code, text)
        else:
            with contextlib.suppress(amqp_socket.Closed):
                connection.read(1)
