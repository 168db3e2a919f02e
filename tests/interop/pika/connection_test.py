"""Handshake, limits, channels and closing, as pika sees them."""

import socket

import pika
from pika import exceptions

from pika_case import PikaCase


class Handshake(PikaCase):
    def test_capabilities_that_clients_ask_for_are_offered(self):
        properties = self.connect()._impl.server_properties

        self.assertEqual("RabbitMQ", properties["product"])
        for capability in (
                "publisher_confirms", "exchange_exchange_bindings", "basic.nack", "consumer_cancel_notify",
                "connection.blocked", "consumer_priorities", "authentication_failure_close", "per_consumer_qos"):
            self.assertIs(True, properties["capabilities"][capability], capability)

    def test_wrong_password_is_refused_with_403(self):
        with self.assertRaises(exceptions.ProbableAuthenticationError) as caught:
            self.connect(credentials=pika.PlainCredentials("guest", "wrong"))

        self.assertIn("403", str(caught.exception))
        self.assertIn("Login was refused using authentication mechanism PLAIN", str(caught.exception))

    def test_unknown_user_is_refused_like_a_wrong_password(self):
        with self.assertRaises(exceptions.ProbableAuthenticationError):
            self.connect(credentials=pika.PlainCredentials("nobody", "guest"))

    def test_unknown_vhost_is_refused_with_530(self):
        with self.assertRaises(exceptions.ProbableAccessDeniedError) as caught:
            self.connect(virtual_host="gone")

        self.assertIn("(530) 'NOT_ALLOWED - vhost gone not found'", str(caught.exception))

    def test_smaller_frame_max_of_the_client_is_kept(self):
        body = bytes(range(256)) * 400
        channel = self.connect(frame_max=4096).channel()
        channel.confirm_delivery()
        queue = self.queue(channel)

        self.publish(channel, queue, body)

        self.assertEqual([body], self.get_all(channel, queue))

    def test_smaller_channel_max_of_the_client_is_kept(self):
        connection = self.connect(channel_max=2)
        channels = [connection.channel(), connection.channel()]

        self.assertEqual([1, 2], [channel.channel_number for channel in channels])
        self.assertEqual(2, connection._impl.params.channel_max)


class Heartbeats(PikaCase):
    def test_idle_connection_stays_open_while_both_sides_send_heartbeats(self):
        connection = self.connect(heartbeat=1)

        connection.process_data_events(4)

        self.assertTrue(connection.channel().is_open)

    def test_connection_without_heartbeats_is_never_closed_for_being_idle(self):
        connection = self.connect(heartbeat=0)

        connection.process_data_events(4)

        self.assertTrue(connection.channel().is_open)


class Channels(PikaCase):
    def test_number_of_a_closed_channel_can_be_used_again(self):
        connection = self.connect()
        first = connection.channel(7)
        first.close()

        again = connection.channel(7)

        self.assertTrue(again.queue_declare("", exclusive=True).method.queue)

    def test_channel_closed_by_an_error_leaves_the_connection_and_its_other_channels_alone(self):
        connection = self.connect()
        failing, other = connection.channel(), connection.channel()

        with self.closes_channel(404, "NOT_FOUND - no queue 'gone' in vhost '/'"):
            failing.queue_declare("gone", passive=True)

        self.assertTrue(other.queue_declare("", exclusive=True).method.queue)
        self.assertTrue(connection.channel(failing.channel_number).is_open)

    def test_unsettled_deliveries_of_a_closed_channel_come_back_as_redelivered_and_in_order(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1", b"2", b"3")
        taker = self.channel()
        self.collect(taker, queue, 3)

        taker.close()

        self.wait_ready_count(queue, 3)
        again = self.collect(channel, queue, 3)
        self.assertEqual([(b"1", True), (b"2", True), (b"3", True)], [(m[2], m[0].redelivered) for m in again])

    def test_unsettled_deliveries_of_a_lost_connection_come_back(self):
        channel = self.channel()
        queue = self.queue(channel)
        self.publish(channel, queue, b"1")
        taker = self.connect()
        self.collect(taker.channel(), queue, 1)

        taker._impl._transport._sock.shutdown(socket.SHUT_RDWR)

        self.wait_ready_count(queue, 1)

    def test_flow_may_be_switched_on_which_it_is(self):
        self.assertTrue(self.channel().flow(True))

    def test_flow_off_is_540(self):
        with self.closes_connection(540, "NOT_IMPLEMENTED"):
            self.channel().flow(False)


class Stopping(PikaCase):
    def test_sigterm_closes_connections_with_320(self):
        self.needs_restart()
        connection = self.connect()

        status = self.broker.stop()

        with self.closes_connection(320, "CONNECTION_FORCED"):
            connection.process_data_events(10)
        self.assertEqual(0, status)
