"""A quorum queue and the delayed delivery that Celery builds of queues and exchanges: there, fast to set up, punctual,
durable."""

import contextlib
import time
import unittest

import celery
import kombu

from celery_case import RESULT_LIMIT_S, CeleryCase
from matrix_broker import restart, unique
from waiting import wait_until

if celery.VERSION >= (5, 5):
    from kombu.transport import native_delayed_delivery as delivery

LEVELS = 28
DECLARATIONS = 113  # of exchanges, queues and bindings, that set up delayed delivery
ROUNDS_MAX = 30
DELAYED = 100


def seconds_of(work, *arguments):
    begin = time.monotonic()
    work(*arguments)
    return time.monotonic() - begin


def ask(channel, count):
    for _ in range(count):
        channel.queue_declare("durable", passive=True)


@unittest.skipUnless(celery.VERSION >= (5, 5), "Celery 5.5 is the first with delayed delivery in the broker")
class QuorumQueue(CeleryCase):
    application = "quorum_tasks"

    @classmethod
    def setUpClass(cls):
        import quorum_tasks
        cls.tasks = quorum_tasks
        took = seconds_of(cls.class_worker, "durable", "--concurrency=1")
        print(f"a worker's start on a new broker: {took:.1f} s", flush=True)

    @contextlib.contextmanager
    def channel(self):
        with self.tasks.app.connection_for_write() as connection, connection.channel() as channel:
            yield channel

    def message_count(self, queue):
        """Asked on a new connection: a restart does not concern it."""
        with self.channel() as channel:
            return channel.queue_declare(queue, passive=True).message_count

    def test_quorum_queue_sets_up_delayed_delivery(self):
        with self.channel() as channel:
            for level in range(LEVELS):
                channel.queue_declare(f"celery_delayed_{level}", passive=True)
                channel.exchange_declare(f"celery_delayed_{level}", "topic", passive=True)
            channel.exchange_declare("celery_delayed_delivery", "topic", passive=True)
            # Declared again as it is, a quorum queue: else this is 406.
            kombu.Queue("durable", queue_arguments={"x-queue-type": "quorum"}, channel=channel).queue_declare()

        self.assertEqual(3, self.tasks.add.delay(1, 2).get(timeout=RESULT_LIMIT_S))

    def test_quorum_queue_delays_a_countdown(self):
        # Without a result: Celery 5.6 waits for one on a new connection each second, and loses what comes between two.
        begin = time.monotonic()
        self.tasks.write.apply_async(("delayed", "1"), countdown=4)
        with self.channel() as channel:
            # It waits in the broker, in the queue of the level of 2^2 seconds, not in the worker.
            wait_until(lambda: channel.queue_declare("celery_delayed_2", passive=True).message_count == 1,
                       "a message in celery_delayed_2", 3)

        self.assertEqual(["1"], self.wait_lines("delayed", 1))
        self.assertGreater(time.monotonic() - begin, 3.9)

    def test_quorum_countdown_survives_a_killed_broker(self):
        begin = time.monotonic()
        self.tasks.write.apply_async(("survived.delayed", "1"), countdown=8)
        wait_until(lambda: self.message_count("celery_delayed_3") == 1, "a message in celery_delayed_3", 6)

        restart()

        self.assertEqual(["1"], self.wait_lines("survived.delayed", 1))
        waited = time.monotonic() - begin
        print(f"a countdown of 8 s, the broker killed meanwhile: run after {waited:.2f} s", flush=True)
        self.assertGreater(waited, 7.9)

    def test_quorum_retry_waits_in_the_broker(self):
        begin = time.monotonic()

        self.tasks.write_at_third_try.delay("tries")

        self.assertEqual(["0", "1", "2"], self.wait_lines("tries", 3))
        self.assertGreater(time.monotonic() - begin, 3.9)

    def test_quorum_set_up_is_quick(self):
        """Compared with so many bare questions right after it, and at the machine's best moment of some: what else it
        does meanwhile is not the broker's."""
        rounds = []
        with self.tasks.app.connection_for_write() as connection:
            channel = connection.channel()
            for _ in range(ROUNDS_MAX):
                set_up = seconds_of(
                    delivery.declare_native_delayed_delivery_exchanges_and_queues, connection, "quorum")
                rounds.append((set_up, seconds_of(ask, channel, DECLARATIONS)))
                if set_up < 5 * rounds[-1][1]:
                    break

        print("delayed delivery set up again, and so many bare questions, ms:",
              ", ".join(f"{1000 * set_up:.0f} {1000 * bare:.0f}" for set_up, bare in rounds), flush=True)
        self.assertLess(rounds[-1][0], 5 * rounds[-1][1])

    def test_quorum_countdowns_come_in_time(self):
        key, late_ms = unique("punctual"), []

        def take(due, message):
            late_ms.append((time.time() - due) * 1000)
            message.ack()

        with self.tasks.app.connection_for_write() as connection:
            exchange = kombu.Exchange(delivery.CELERY_DELAYED_DELIVERY_EXCHANGE, "topic")
            queue = kombu.Queue(key, exchange, f"#.{key}", exclusive=True)
            with kombu.Consumer(connection, [queue], callbacks=[take]):
                first = kombu.Exchange(delivery.level_name(delivery.MAX_LEVEL), "topic")
                producer = kombu.Producer(connection, first)
                for number in range(DELAYED):
                    seconds = 1 + number % 5
                    producer.publish(time.time() + seconds,
                                     routing_key=delivery.calculate_routing_key(seconds, key))
                while len(late_ms) < DELAYED:
                    connection.drain_events(timeout=20)

        late_ms.sort()
        print(f"late by: median {late_ms[DELAYED // 2]:.1f} ms, most {late_ms[-1]:.1f} ms, "
              f"least {late_ms[0]:.1f} ms", flush=True)
        self.assertGreater(late_ms[0], -5)  # Each of up to three levels counts whole milliseconds.
        self.assertLess(late_ms[DELAYED // 2], 2000)
