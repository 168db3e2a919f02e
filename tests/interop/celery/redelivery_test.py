"""What was delivered and not acknowledged comes again, as redelivered, whoever dies or stops in whatever way."""

import os
import signal

from celery_case import CeleryCase
from waiting import wait_until

PREFETCHED = 3  # of the four that a worker of one process takes: one is held at the gate


class Redelivery(CeleryCase):
    application = "late:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import late
        cls.late = late

    def setUp(self):
        self.app = self.late.tasks
        self.name = self._testMethodName

    def quiet_worker(self, name):
        """It takes this test's tasks: what another test has left behind is not for it."""
        return self.worker(
            f"{self.name}-{name}", "-Q", self.name, "--concurrency=1", "--without-mingle", "--without-gossip")

    def publish(self, task, *arguments):
        task.apply_async(arguments, queue=self.name)

    def hold(self, worker):
        """One task is at the gate, and others are prefetched behind it."""
        self.publish(self.late.hold, self.name)
        self.wait_lines(f"{self.name}.runs", 1)
        for number in range(PREFETCHED):
            self.publish(self.late.write, self.name, number)
        wait_until(lambda: worker.said().count("] received") == 1 + PREFETCHED, "the tasks are at the worker", 40)

    def held_runs(self):
        return [line.split()[0] for line in self.lines(f"{self.name}.runs")]

    def let_through(self):
        self.open_gate(self.name)
        self.assertEqual([f"{n} redelivered" for n in range(PREFETCHED)], self.wait_lines(self.name, PREFETCHED))

    def assert_comes_again_to_another_worker(self):
        self.quiet_worker("heir")
        self.wait_lines(f"{self.name}.runs", 2)
        self.let_through()
        self.assertEqual(["new", "redelivered"], self.held_runs())
        self.assertEqual(["done"], self.wait_lines(f"{self.name}.ends", 1))

    def test_all_that_a_killed_worker_had_comes_again_in_order(self):
        worker = self.quiet_worker("victim")
        self.hold(worker)

        worker.kill()

        self.assert_comes_again_to_another_worker()

    def test_all_that_a_worker_had_comes_again_after_its_cold_shutdown(self):
        worker = self.quiet_worker("cold")
        self.hold(worker)

        worker.process.send_signal(signal.SIGQUIT)
        worker.process.wait(40)

        self.assert_comes_again_to_another_worker()

    def test_what_was_only_prefetched_comes_again_after_a_warm_shutdown(self):
        worker = self.quiet_worker("warm")
        self.hold(worker)

        worker.process.terminate()
        wait_until(lambda: "Warm shutdown" in worker.said(), "the shutdown begins", 40)
        self.open_gate(self.name)
        self.assertEqual(0, worker.process.wait(40))
        self.quiet_worker("heir")

        self.let_through()
        self.assertEqual(["new"], self.held_runs())

    def test_all_that_a_worker_had_comes_again_when_it_is_told_twice_to_stop(self):
        worker = self.quiet_worker("hasty")
        self.hold(worker)

        for times in (1, 2):
            worker.process.terminate()
            wait_until(lambda: worker.said().count("Warm shutdown") == times, "the shutdown begins", 40)
        worker.process.wait(40)

        self.assert_comes_again_to_another_worker()

    def test_task_of_a_killed_pool_process_is_rejected_and_comes_again(self):
        worker = self.quiet_worker("foreman")
        self.hold(worker)

        os.kill(int(self.lines(f"{self.name}.runs")[0].split()[1]), signal.SIGKILL)

        self.wait_lines(f"{self.name}.runs", 2)
        self.open_gate(self.name)
        self.assertEqual(["done"], self.wait_lines(f"{self.name}.ends", 1))
        self.assertEqual(["new", "redelivered"], self.held_runs())

    def test_all_that_a_worker_had_comes_again_after_the_broker_was_killed(self):
        self.needs_restart()
        worker = self.quiet_worker("survivor")
        self.hold(worker)

        self.broker.kill()
        worker.kill()
        self.broker.start()

        self.assert_comes_again_to_another_worker()

    def test_all_that_a_worker_had_comes_again_after_the_broker_was_stopped(self):
        self.needs_restart()
        worker = self.quiet_worker("survivor")
        self.hold(worker)

        self.assertEqual(0, self.broker.stop())
        worker.kill()
        self.broker.start()

        self.assert_comes_again_to_another_worker()

    def test_worker_that_outlives_the_broker_is_given_its_tasks_again(self):
        self.needs_restart()
        worker = self.quiet_worker("patient")
        self.hold(worker)

        self.broker.kill()
        self.broker.start()
        wait_until(lambda: worker.said().count("] received") == 2 * (1 + PREFETCHED), "all come again", 60)

        # It drops what it had only prefetched; what it runs ends without an acknowledgement that could arrive.
        self.let_through()
        self.assertEqual(["new", "redelivered"], self.held_runs())
