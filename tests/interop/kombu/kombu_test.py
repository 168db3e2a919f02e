"""kombu over py-amqp: what Celery and its friends stand on."""

import socket
import threading

import amqp
import kombu
from kombu import pidbox, pools

from broker_case import BrokerCase
from waiting import wait_until


class KombuCase(BrokerCase):
    def connect(self, **options):
        connection = kombu.Connection(
            f"pyamqp://guest:guest@{self.broker.host}:{self.broker.port}//", connect_timeout=10, **options)
        self.addCleanup(connection.release)
        return connection

    def queue(self, connection, **options):
        """A bound and declared queue that is deleted with the test."""
        queue = kombu.Queue(self.unique("queue"), **options)(connection.default_channel)
        queue.declare()
        self.addCleanup(lambda: self.connect().default_channel.queue_delete(queue.name))
        return queue


class SimpleQueues(KombuCase):
    def simple_queue(self, **options):
        name = self.unique("simple")
        queue = self.connect().SimpleQueue(name, **options)
        self.addCleanup(lambda: self.connect().default_channel.queue_delete(name))
        self.addCleanup(queue.close)
        return queue

    def test_simple_queue_carries_objects_in_order_and_knows_its_size(self):
        queue = self.simple_queue()
        for number in range(3):
            queue.put({"number": number}, serializer="json")
        wait_until(lambda: queue.qsize() == 3, "three messages")

        got = []
        for _ in range(3):
            message = queue.get(timeout=5)
            got.append(message.payload["number"])
            message.ack()

        self.assertEqual([0, 1, 2], got)
        with self.assertRaises(type(queue).Empty):
            queue.get(block=False)
        self.assertEqual(0, queue.qsize())

    def test_simple_queue_get_without_waiting_and_clear(self):
        queue = self.simple_queue(no_ack=True)
        queue.put("one")
        wait_until(lambda: queue.qsize() == 1, "the message")

        self.assertEqual("one", queue.get_nowait().payload)
        queue.put("two")
        wait_until(lambda: queue.qsize() == 1, "the message")
        self.assertEqual(1, queue.clear())

    def test_simple_buffer_goes_with_its_consumer(self):
        connection = self.connect()
        buffer = connection.SimpleBuffer(self.unique("buffer"))
        buffer.put("one")
        self.assertEqual("one", buffer.get(timeout=5).payload)
        name = buffer.queue.name

        buffer.close()

        def gone():
            try:
                self.connect().default_channel.queue_declare(name, passive=True)
            except amqp.NotFound:
                return True
            return False
        wait_until(gone, "the end of the buffer's queue")


class Priorities(KombuCase):
    def setUp(self):
        self.connection = self.connect()
        self.priority_queue = self.queue(self.connection, max_priority=10, routing_key=self.unique("key"))

    def publish(self, *messages):
        ready = self.ready()
        producer = self.connection.Producer()
        for body, priority in messages:
            producer.publish(body, routing_key=self.priority_queue.name, priority=priority, serializer="json")
        self.wait_ready(ready + len(messages))

    def ready(self):
        return self.priority_queue.queue_declare(passive=True).message_count

    def wait_ready(self, count):
        wait_until(lambda: self.ready() == count, f"{count} messages")

    def consume(self, settle):
        """Three messages by one turn of the event loop and the cancelling of the consumer."""
        got = []

        def on_message(body, message):
            got.append((body, message))
            settle(message)
        with self.connection.Consumer([self.priority_queue], callbacks=[on_message], accept=["json"]):
            self.connection.drain_events(timeout=5)
        return got

    def test_deliveries_are_there_before_the_consumer_is_cancelled(self):
        self.publish(("first", 3), ("second", 6), ("third", 3))

        got = self.consume(lambda message: message.ack())

        self.assertEqual(["second", "first", "third"], [body for body, _ in got])

    def test_requeued_messages_are_in_order_of_priority_again(self):
        self.publish(("first", 3), ("second", 6), ("third", 3))
        kept = self.consume(lambda message: None)
        for _, message in kept:
            message.requeue()
        self.wait_ready(3)
        self.publish(("fourth", 9))

        got = self.consume(lambda message: message.ack())

        self.assertEqual(["fourth", "second", "first", "third"], [body for body, _ in got])

    def test_get_takes_the_highest_first(self):
        self.publish(("first", 3), ("second", 6), ("third", 3))

        self.assertEqual(
            ["second", "first", "third"], [self.priority_queue.get(no_ack=True).payload for _ in range(3)])


class Mailboxes(KombuCase):
    """The short-lived queues of remote control and events."""

    def test_queue_of_remote_control_expires(self):
        connection = self.connect()
        exchange = kombu.Exchange(self.unique("box"), "fanout", durable=False, auto_delete=True)
        self.queue(
            connection, exchange=exchange, durable=False, auto_delete=True, expires=0.3, message_ttl=300)

        # To look at the queue would count as using it; the exchange goes with the last queue bound to it.
        wait_until(lambda: self.is_gone(exchange.name), "the end of the queue and its exchange")

    def is_gone(self, exchange):
        try:
            self.connect().default_channel.exchange_declare(exchange, "fanout", passive=True)
        except amqp.NotFound:
            return True
        return False

    def test_mailbox_asks_all_nodes_and_collects_their_answers(self):
        mailbox = pidbox.Mailbox(self.unique("box"), type="fanout")
        nodes = []
        for name in ("one", "two"):
            connection = self.connect()
            node = mailbox(connection).Node(name, channel=connection.channel(), state=name)
            node.handlers["whoami"] = lambda state, **_: state
            node.listen()
            nodes.append((connection, node))

        stop = threading.Event()

        def serve(connection):
            while not stop.is_set():
                try:
                    connection.drain_events(timeout=0.1)
                except socket.timeout:
                    pass
        threads = [threading.Thread(target=serve, args=(connection,)) for connection, _ in nodes]
        for thread in threads:
            thread.start()
        try:
            answers = mailbox(self.connect()).multi_call("whoami", timeout=5, limit=2)
        finally:
            stop.set()
            for thread in threads:
                thread.join()

        self.assertEqual([{"one": "one"}, {"two": "two"}], sorted(answers, key=str))


class Confirms(KombuCase):
    def confirming(self):
        return self.connect(transport_options={"confirm_publish": True})

    def test_confirmed_publish_is_in_the_queue_when_it_returns(self):
        connection = self.confirming()
        queue = self.queue(connection)
        producer = connection.Producer()

        for count in range(1, 51):
            producer.publish("m", routing_key=queue.name, delivery_mode=2)
            self.assertEqual(count, queue.queue_declare(passive=True).message_count)

    def test_producers_of_a_pool_publish_after_the_broker_restarted(self):
        self.needs_restart()
        connection = self.confirming()
        queue = self.queue(connection, durable=True)
        pool = pools.ProducerPool(pools.connections[connection], limit=2)
        self.addCleanup(pool.force_close_all)

        def publish():
            with pool.acquire(block=True, timeout=10) as producer:
                producer.publish(
                    "m", routing_key=queue.name, retry=True, retry_policy={"max_retries": 5, "interval_start": 0.1})
        publish()

        self.broker.restart()
        publish()

        again = queue(self.connect().default_channel)
        self.assertEqual(2, again.queue_declare(passive=True).message_count)


class Transport(KombuCase):
    def test_global_prefetch_is_chosen(self):
        self.assertFalse(self.connect().qos_semantics_matches_spec)

    def test_immediate_is_540_for_its_publish(self):
        connection = self.connect()
        channel = connection.default_channel
        with self.assertRaises(amqp.AMQPNotImplementedError) as caught:
            channel.basic_publish(amqp.Message("m"), exchange="", routing_key="key", immediate=True)
            connection.drain_events(timeout=10)

        self.assertEqual("NOT_IMPLEMENTED - immediate=true", caught.exception.reply_text)
        self.assertEqual((60, 40), caught.exception.method_sig)

    def test_channel_is_usable_after_the_server_closed_it(self):
        channel = self.connect().default_channel
        with self.assertRaises(amqp.NotFound) as caught:
            channel.queue_declare("gone", passive=True)
        self.assertEqual((50, 10), caught.exception.method_sig)

        self.assertTrue(channel.queue_declare("", exclusive=True).queue)

    def test_wrong_password_and_vhost_are_told_and_not_retried(self):
        for url, error in (
                ("pyamqp://guest:wrong@{}:{}//", amqp.AccessRefused), ("pyamqp://guest:guest@{}:{}/gone", amqp.NotAllowed)):
            connection = kombu.Connection(url.format(self.broker.host, self.broker.port), connect_timeout=5)
            with self.assertRaises(error):
                connection.connect()

    def test_librarys_heartbeats_keep_an_idle_connection(self):
        connection = self.connect(heartbeat=2)
        connection.connect()

        for _ in range(20):
            with self.assertRaises(socket.timeout):
                connection.drain_events(timeout=0.25)
            connection.heartbeat_check(rate=8)

        self.assertTrue(connection.default_channel.queue_declare("", exclusive=True).queue)
