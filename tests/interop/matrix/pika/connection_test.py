"""The handshake, the heartbeats, errors of channels, recovery."""

import pika
from pika import exceptions

import matrix_broker
from matrix_broker import unique
from pika_case import PikaCase


class Connection(PikaCase):
    def test_connects_and_tunes(self):
        connection = self.connect(heartbeat=30)

        parameters = connection._impl.params
        self.assertEqual((2047, 131072, 30), (parameters.channel_max, parameters.frame_max, parameters.heartbeat))
        self.assertTrue(connection.publisher_confirms_supported and connection.exchange_exchange_bindings_supported)
        self.assertTrue(connection.consumer_cancel_notify_supported and connection.basic_nack_supported)

    def test_heartbeats_keep_an_idle_connection_open(self):
        connection = self.connect(heartbeat=1)

        connection.process_data_events(3.5)

        self.assertTrue(connection.channel().is_open)

    def test_wrong_password_is_403(self):
        with self.assertRaises(exceptions.ProbableAuthenticationError) as caught:
            self.connect(password="wrong")

        self.assertIn("(403) 'ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN",
                      str(caught.exception))

    def test_unknown_vhost_is_530(self):
        with self.assertRaises(exceptions.ProbableAccessDeniedError) as caught:
            self.connect(vhost="gone")

        self.assertIn("(530) 'NOT_ALLOWED - vhost gone not found'", str(caught.exception))

    def test_secret_can_be_updated(self):
        connection = self.connect()

        connection.update_secret(matrix_broker.PASSWORD, "it is time")

        self.assertTrue(connection.channel().is_open)


class Channels(PikaCase):
    def test_missing_queue_is_404(self):
        with self.closes_channel(404, "NOT_FOUND - no queue 'gone' in vhost '/'"):
            self.channel().queue_declare("gone", passive=True)

    def test_missing_exchange_is_404(self):
        with self.closes_channel(404, "NOT_FOUND - no exchange 'gone' in vhost '/'"):
            self.publish(self.channel(), "gone", "", b"1")

    def test_locked_queue_is_405(self):
        queue = self.queue(self.channel())

        with self.closes_channel(405, f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{queue}'"):
            self.channel().queue_declare(queue, passive=True)

    def test_other_arguments_are_406(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-message-ttl": 1000})
        told = []
        channel._impl.callbacks.add(
            channel.channel_number, pika.spec.Channel.Close, lambda frame: told.append(frame.method))

        with self.closes_channel(406, f"PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue '{queue}'"):
            channel.queue_declare(queue, exclusive=True, arguments={"x-message-ttl": 2000})
        self.assertEqual((50, 10), (told[0].class_id, told[0].method_id))

    def test_unknown_delivery_tag_is_406(self):
        channel = self.channel()

        with self.closes_channel(406, "PRECONDITION_FAILED - unknown delivery tag 7"):
            channel.basic_ack(7)
            channel.queue_declare(unique("queue"), exclusive=True)

    def test_channel_number_can_be_used_after_an_error(self):
        connection = self.connect()
        failing, other = connection.channel(5), connection.channel()
        with self.closes_channel(404, "NOT_FOUND"):
            failing.queue_declare("gone", passive=True)

        again = connection.channel(5)

        self.assertTrue(self.queue(again) and self.queue(other))


class Recovery(PikaCase):
    def test_client_recovers_after_the_broker_was_killed(self):
        # pika's own way is to catch what the call raises, and to connect again.
        channel = self.channel()
        matrix_broker.restart()

        with self.assertRaises(exceptions.AMQPConnectionError):
            channel.connection.process_data_events(10)
            channel.queue_declare("", exclusive=True)
        again = self.channel()
        queue = self.queue(again)
        self.publish(again, "", queue, b"after")
        self.assertEqual([b"after"], self.drain(again, queue))

    def test_durable_messages_survive_a_killed_broker(self):
        channel = self.channel()
        queue = self.queue(channel, durable=True, exclusive=False)
        self.publish(channel, "", queue, *[b"%d" % n for n in range(50)], delivery_mode=2)

        matrix_broker.restart()

        again = self.channel()
        self.assertEqual([b"%d" % n for n in range(50)], self.drain(again, queue))
        again.queue_delete(queue)
