"""Tasks and their results; asking and telling the worker that runs them."""

import threading

import celery

from celery_case import RESULT_LIMIT_S, CeleryCase
from waiting import wait_until


class Tasks(CeleryCase):
    @classmethod
    def setUpClass(cls):
        import tasks
        cls.tasks = tasks
        cls.class_worker("one", "--concurrency=2", "-Q", "celery")

    def test_task_result_arrives(self):
        self.assertEqual(5, self.tasks.add.delay(2, 3).get(timeout=RESULT_LIMIT_S))

    def test_many_results_arrive(self):
        results = [self.tasks.add.delay(n, n) for n in range(100)]

        self.assertEqual([2 * n for n in range(100)], [result.get(timeout=RESULT_LIMIT_S) for result in results])

    def test_failure_comes_with_its_traceback(self):
        result = self.tasks.fail.delay("because")

        with self.assertRaisesRegex(ValueError, "because"):
            result.get(timeout=RESULT_LIMIT_S)
        self.assertEqual("FAILURE", result.state)
        self.assertIn("raise ValueError", result.traceback)

    def test_task_is_retried(self):
        self.assertEqual(2, self.tasks.succeed_at_third_try.delay().get(timeout=RESULT_LIMIT_S))

    def test_countdown_tasks_exceed_the_prefetch(self):
        # The worker prefetches 8: each task that it holds for later raises the limit of its running consumer by one.
        for n in range(20):
            self.tasks.add.apply_async((n, 1), countdown=24 * 3600)

        self.assertEqual(3, self.tasks.add.delay(1, 2).get(timeout=RESULT_LIMIT_S))
        scheduled = self.tasks.app.control.inspect(["one@test"], timeout=5).scheduled()
        self.assertEqual(20, len(scheduled["one@test"]))

    def test_chain_and_group_finish(self):
        add = self.tasks.add
        self.assertEqual(6, celery.chain(add.s(1, 2), add.s(3)).delay().get(timeout=RESULT_LIMIT_S))
        self.assertEqual([2, 4], celery.group(add.s(n, n) for n in (1, 2)).delay().get(timeout=RESULT_LIMIT_S))

    def test_status_ping_and_inspect_answer(self):
        inspect = self.tasks.app.control.inspect(["one@test"], timeout=5)

        self.assertEqual({"one@test": {"ok": "pong"}}, inspect.ping())
        self.assertIn("tasks.add", inspect.registered()["one@test"])
        self.assertEqual(["celery"], [queue["name"] for queue in inspect.active_queues()["one@test"]])
        self.assertEqual(2, inspect.stats()["one@test"]["pool"]["max-concurrency"])
        self.assertIn("one@test: OK", self.command("status", "--timeout=5", "--destination=one@test"))

    def test_control_reaches_a_running_worker(self):
        control, inspect = self.tasks.app.control, self.tasks.app.control.inspect(["one@test"], timeout=5)
        told = {"destination": ["one@test"], "reply": True, "timeout": 5}

        self.assertIn("ok", control.rate_limit("tasks.fail", "10/m", **told)[0]["one@test"])
        self.assertIn("ok", control.add_consumer("extra", **told)[0]["one@test"])
        host = self.tasks.write.apply_async(("extra", "1"), queue="extra").get(timeout=RESULT_LIMIT_S)
        self.assertIn("ok", control.cancel_consumer("extra", **told)[0]["one@test"])

        self.assertEqual("one@test", host)
        wait_until(lambda: ["celery"] == [queue["name"] for queue in inspect.active_queues()["one@test"]],
                   "the end of the consumer", 20)

    def test_events_tell_what_tasks_do(self):
        wanted, seen = {"task-received", "task-started", "task-succeeded"}, set()
        with self.tasks.app.connection() as connection:
            def take(event):
                seen.add(event["type"])
                receiver.should_stop = wanted <= seen
            receiver = self.tasks.app.events.Receiver(connection, handlers={"*": take})
            capture = threading.Thread(target=receiver.capture, kwargs={"limit": None, "timeout": 20, "wakeup": False})
            capture.start()
            wait_until(lambda: "worker-heartbeat" in seen, "a heartbeat", 20)

            self.tasks.add.delay(1, 2).get(timeout=RESULT_LIMIT_S)

            capture.join(20)
        self.assertLessEqual(wanted, seen)
