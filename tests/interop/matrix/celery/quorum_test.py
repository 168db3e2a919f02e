"""A quorum queue and the delayed delivery that Celery builds of queues and exchanges."""

import time
import unittest

import celery
import kombu

from celery_case import RESULT_LIMIT_S, CeleryCase
from waiting import wait_until

LEVELS = 28


@unittest.skipUnless(celery.VERSION >= (5, 5), "Celery 5.5 is the first with delayed delivery in the broker")
class QuorumQueue(CeleryCase):
    application = "quorum_tasks"

    @classmethod
    def setUpClass(cls):
        import quorum_tasks
        cls.tasks = quorum_tasks
        cls.class_worker("durable", "--concurrency=1")

    def test_quorum_queue_sets_up_delayed_delivery(self):
        with self.tasks.app.connection() as connection:
            channel = connection.channel()
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
        with self.tasks.app.connection() as connection:
            channel = connection.channel()

            # It waits in the broker, in the queue of the level of 2^2 seconds, not in the worker.
            wait_until(lambda: channel.queue_declare("celery_delayed_2", passive=True).message_count == 1,
                       "a message in celery_delayed_2", 3)

        self.assertEqual(["1"], self.wait_lines("delayed", 1))
        self.assertGreater(time.monotonic() - begin, 3.9)
