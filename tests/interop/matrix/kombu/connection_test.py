"""The handshake, the heartbeats, errors of channels, recovery."""

import time

import amqp
import kombu

import matrix_broker
from kombu_case import KombuCase
from matrix_broker import unique


class Connection(KombuCase):
    def test_connects_and_tunes(self):
        connection = self.connect(heartbeat=30)
        transport = connection.connection

        self.assertEqual((2047, 131072, 30), (transport.channel_max, transport.frame_max, transport.heartbeat))
        self.assertTrue(transport.server_properties["capabilities"]["publisher_confirms"])

    def test_heartbeats_keep_an_idle_connection_open(self):
        connection = self.connect(heartbeat=1)
        channel, end = connection.channel(), time.monotonic() + 3.5

        while time.monotonic() < end:
            self.work(channel, 0.25)
            connection.heartbeat_check()

        self.assertTrue(self.queue(channel))

    def test_wrong_password_is_403(self):
        with self.assertRaises(amqp.AccessRefused) as caught:
            self.connect(password="wrong").connect()

        self.assertIn("ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN", str(caught.exception))
        self.assertEqual(403, caught.exception.reply_code)

    def test_unknown_vhost_is_530(self):
        with self.assertRaises(amqp.NotAllowed) as caught:
            self.connect(virtual_host="gone").connect()

        self.assertEqual(
            (530, "NOT_ALLOWED - vhost gone not found"), (caught.exception.reply_code, caught.exception.reply_text))


class Channels(KombuCase):
    def test_missing_queue_is_404(self):
        with self.closes_channel(amqp.NotFound, 404, "NOT_FOUND - no queue 'gone' in vhost '/'"):
            self.channel().queue_declare("gone", passive=True)

    def test_missing_exchange_is_404(self):
        with self.closes_channel(amqp.NotFound, 404, "NOT_FOUND - no exchange 'gone' in vhost '/'"):
            self.publish(self.channel(), "gone", "", "1")

    def test_locked_queue_is_405(self):
        queue = self.queue(self.channel())
        text = f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{queue}'"

        with self.closes_channel(amqp.ResourceLocked, 405, text):
            self.channel().queue_declare(queue, passive=True)

    def test_other_arguments_are_406(self):
        channel = self.channel()
        queue = self.queue(channel, arguments={"x-message-ttl": 1000})
        text = f"PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue '{queue}'"

        with self.closes_channel(amqp.PreconditionFailed, 406, text) as caught:
            channel.queue_declare(queue, exclusive=True, auto_delete=False, arguments={"x-message-ttl": 2000})
        self.assertEqual(((50, 10), "Queue.declare"), (caught.exception.method_sig, caught.exception.method_name))

    def test_unknown_delivery_tag_is_406(self):
        channel = self.channel()

        with self.closes_channel(amqp.PreconditionFailed, 406, "PRECONDITION_FAILED - unknown delivery tag 7"):
            channel.basic_ack(7)
            self.queue(channel)

    def test_channel_number_can_be_used_after_an_error(self):
        # py-amqp opens the same number again by itself.
        connection = self.connect()
        failing, other = connection.channel(), connection.channel()
        number = failing.channel_id
        with self.closes_channel(amqp.NotFound, 404, "NOT_FOUND"):
            failing.queue_declare("gone", passive=True)

        self.assertTrue(self.queue(failing) and self.queue(other))
        self.assertEqual(number, failing.channel_id)


class Recovery(KombuCase):
    def test_client_recovers_after_the_broker_was_killed(self):
        # kombu's ensure(): the publish is tried again on a new connection, its queue declared again.
        connection = self.connect(confirms=True)
        queue = kombu.Queue(unique("queue"), durable=True, channel=connection)
        producer = connection.Producer()
        producer.publish("before", routing_key=queue.name, declare=[queue], retry=True, serializer="json")

        matrix_broker.restart()

        producer.publish("after", routing_key=queue.name, declare=[queue], retry=True, serializer="json",
                         retry_policy={"max_retries": 20, "interval_start": 0, "interval_step": 0.1})
        got = []
        revived = queue(connection.default_channel)
        while message := revived.get(no_ack=True):
            got.append(message.payload)
        self.assertEqual(["before", "after"], got)
        revived.delete()

    def test_durable_messages_survive_a_killed_broker(self):
        channel = self.channel()
        queue = self.queue(channel, durable=True, exclusive=False)
        self.publish(channel, "", queue, *[str(n) for n in range(50)], delivery_mode=2)

        matrix_broker.restart()

        again = self.channel()
        self.assertEqual([str(n) for n in range(50)], self.drain(again, queue))
        again.queue_delete(queue)
