"""Workers that come and go, their queues, the broker's death."""

import signal
import unittest

import celery

from celery_case import RESULT_LIMIT_S, CeleryCase
from matrix_broker import restart
from waiting import wait_until


class Workers(CeleryCase):
    @classmethod
    def setUpClass(cls):
        import tasks
        cls.tasks = tasks

    def test_worker_takes_only_its_queues(self):
        self.worker("some", "-Q", "reports,mail", *self.QUIET)
        for queue in ("unserved", "reports", "mail"):
            self.tasks.write.apply_async(("served", queue), queue=queue)

        self.assertEqual(["mail", "reports"], sorted(self.wait_lines("served", 2)))
        self.assertIn("Purged 1 message ", self.command("purge", "-f", "-Q", "unserved"))

    def test_priority_task_runs_first(self):
        for priority in (1, 9, 5):
            for number in range(3):
                self.tasks.write.apply_async(("urgency", f"{priority}.{number}"), queue="urgent", priority=priority)

        self.worker("calm", "--prefetch-multiplier=1", "-Q", "urgent", "-O", "fair", *self.QUIET)

        self.assertEqual(
            ["9.0", "9.1", "9.2", "5.0", "5.1", "5.2", "1.0", "1.1", "1.2"], self.wait_lines("urgency", 9))

    def test_late_acked_task_runs_again_after_its_worker_died(self):
        first = self.worker("victim", "-Q", "mail", *self.QUIET)
        result = self.tasks.wait_at_gate.apply_async(("gate",), queue="mail")
        self.wait_lines("gate.runs", 1)

        first.kill()
        self.worker("heir", "-Q", "mail", *self.QUIET)
        self.wait_lines("gate.runs", 2)
        self.open_gate("gate")

        self.assertEqual("through", result.get(timeout=RESULT_LIMIT_S))
        self.assertEqual(["False", "True"], self.lines("gate.runs"))

    @unittest.skipUnless(celery.VERSION >= (5, 5), "Celery 5.5 is the first with a soft shutdown")
    def test_soft_shutdown_gives_back_what_was_not_done(self):
        first = self.worker("soft", "-Q", "soft", "--without-mingle", "--without-gossip", "--concurrency=2")
        for gate in ("soon", "late"):
            self.tasks.wait_at_gate.apply_async((gate,), queue="soft", ignore_result=True)
            self.wait_lines(f"{gate}.runs", 1)
        for number in range(3):
            self.tasks.write_how_it_came.apply_async(("prefetched", number), queue="soft")
        wait_until(lambda: first.said().count("] received") == 5, "five tasks at the worker", 40)

        first.process.send_signal(signal.SIGQUIT)
        wait_until(lambda: "Initiating Soft Shutdown" in first.said(), "the shutdown", 40)
        self.open_gate("soon")
        first.process.wait(60)
        self.worker("successor", "-Q", "soft", *self.QUIET)
        self.wait_lines("late.runs", 2)
        self.open_gate("late")

        self.assertEqual([f"{n} redelivered" for n in range(3)], self.wait_lines("prefetched", 3))
        self.assertEqual(["False", "True"], self.lines("late.runs"))
        self.assertEqual(["False"], self.lines("soon.runs"))

    def test_worker_and_publisher_recover_after_the_broker_was_killed(self):
        self.worker("survivor", "-Q", "reports", *self.QUIET)
        self.tasks.write.apply_async(("survived", "before"), queue="reports")
        self.wait_lines("survived", 1)

        restart()
        for number in range(5):
            self.tasks.write.apply_async(("survived", f"after {number}"), queue="reports", ignore_result=True)

        # At least once: the ack of the first may have died with the broker.
        wanted = {"before", *(f"after {n}" for n in range(5))}
        wait_until(lambda: wanted == set(self.lines("survived")), "all six tasks", 40)

    def test_prefetch_shrinks_and_grows_back_after_the_broker_was_killed(self):
        """Celery asks for less while it still runs what it had, and for more with each task that is done."""
        def waiting():
            with self.tasks.app.connection_for_write() as connection:
                return connection.default_channel.queue_declare("careful", passive=True).message_count

        def publish_twelve(gate):
            """Two that wait at the gate, one for each process, and ten behind them."""
            for _ in range(2):
                self.tasks.wait_at_gate.apply_async((gate,), queue="careful", ignore_result=True)
            self.wait_lines(f"{gate}.runs", 2)
            for number in range(10):
                self.tasks.write_how_it_came.apply_async((f"behind {gate}", number), queue="careful")

        worker = self.worker("careful", "-Q", "careful", "--concurrency=2", "--without-mingle", "--without-gossip")
        publish_twelve("one")
        wait_until(lambda: waiting() == 12 - 8, "eight at the worker", 40)

        restart()
        wait_until(lambda: waiting() == 12 - 4, "four at the worker", 40)
        self.open_gate("one")
        wait_until(lambda: "restored to the maximum of 8" in worker.said(), "Celery asks for eight again", 40)

        wait_until(lambda: waiting() == 0, "all at the worker", 40)
        publish_twelve("two")
        wait_until(lambda: waiting() == 12 - 8, "eight at the worker", 40)
        self.open_gate("two")
