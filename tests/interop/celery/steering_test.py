"""What `revoke`, `rate_limit` and their relatives do to tasks: on their way, running, waiting."""

import time

from celery_case import CeleryCase
from waiting import wait_until


class Steering(CeleryCase):
    application = "canvas:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import canvas
        cls.tasks = canvas
        cls.control = canvas.tasks.control

    def setUp(self):
        """A worker for this test alone; its queue, too, so that nothing is left over from another."""
        self.name = self._testMethodName
        self.serving = self.worker(
            self.name, "-Q", self.name, "--concurrency=1", "--without-mingle", "--without-gossip")
        self.destination = [f"{self.name}@test"]
        self.told = {"destination": self.destination, "reply": True, "timeout": 20}

    def publish(self, task, *arguments, **options):
        return task.apply_async(arguments, queue=self.name, **options)

    def hold(self):
        """One task that runs until the gate opens."""
        held = self.publish(self.tasks.hold, self.name)
        self.wait_lines(f"{self.name}.runs", 1)
        return held

    def inspect(self, command):
        return getattr(self.control.inspect(self.destination, timeout=20), command)()[self.destination[0]]

    def texts(self, count):
        return [line.split()[0] for line in self.wait_lines(self.name, count)]

    def test_revoked_task_is_not_run(self):
        self.hold()
        waiting = [self.publish(self.tasks.write, self.name, n) for n in range(3)]

        self.control.revoke(waiting[1].id, **self.told)
        self.assertEqual([waiting[1].id], self.inspect("revoked"))
        self.open_gate(self.name)

        self.assertEqual(["0", "2"], self.texts(2))
        self.assertEqual("REVOKED", wait_until(lambda: waiting[1].ready() and waiting[1].state, "its state", 40))

    def test_running_task_can_be_terminated_and_the_next_one_runs(self):
        held = self.hold()
        self.publish(self.tasks.write, self.name, "next")

        self.control.revoke(held.id, terminate=True, signal="SIGKILL", **self.told)

        self.assertEqual(["next"], self.texts(1))
        self.assertEqual("REVOKED", wait_until(lambda: held.ready() and held.state, "its state", 40))

    def test_rate_limit_spreads_tasks_over_time(self):
        self.control.rate_limit("canvas.write", "2/s", **self.told)
        begin = time.monotonic()

        for number in range(6):
            self.publish(self.tasks.write, self.name, number)

        self.assertEqual([str(n) for n in range(6)], self.texts(6))
        # Celery's own measure is rough: five times half a second, and some of that may be saved up.
        self.assertGreater(time.monotonic() - begin, 1.5)

    def test_inspect_tells_what_runs_what_waits_and_what_is_for_later(self):
        held = self.hold()
        behind = self.publish(self.tasks.write, self.name, "behind")
        later = self.publish(self.tasks.write, self.name, "later", countdown=3600)
        wait_until(lambda: self.serving.said().count("] received") == 3, "three tasks at the worker", 40)

        self.assertEqual([held.id], [task["id"] for task in self.inspect("active")])
        self.assertIn(behind.id, [task["id"] for task in self.inspect("reserved")])
        self.assertEqual([later.id], [task["request"]["id"] for task in self.inspect("scheduled")])
        self.open_gate(self.name)
