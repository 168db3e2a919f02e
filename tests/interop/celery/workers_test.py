"""Several workers, their queues, their ends."""

from celery_case import CeleryCase


class Workers(CeleryCase):
    QUIET = ("--without-mingle", "--without-gossip")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import web
        cls.web = web

    def test_worker_serves_the_queues_it_was_given_and_no_other(self):
        self.worker("some", "--concurrency=1", "-Q", "reports,mail", *self.QUIET)
        for queue in ("celery", "reports", "mail"):
            self.web.write.apply_async(("served", queue), queue=queue)

        self.assertEqual(["mail", "reports"], sorted(self.wait_lines("served", 2)))
        self.assertIn("Purged 1 message ", self.command("purge", "-f", "-Q", "celery"))

    def test_two_workers_share_the_work(self):
        for name in ("left", "right"):
            self.worker(name, "--concurrency=1", "-Q", "reports", *self.QUIET)

        results = [self.web.write.apply_async(("shared", n), queue="reports") for n in range(60)]

        hosts = [result.get(timeout=20) for result in results]
        self.assertEqual({"left@test", "right@test"}, set(hosts))
        self.assertEqual(60, len(self.lines("shared")))

    def test_urgent_tasks_run_first(self):
        for priority in (1, 9, 5):
            for number in range(3):
                self.web.write.apply_async(("urgency", f"{priority}.{number}"), queue="urgent", priority=priority)

        self.worker(
            "calm", "--concurrency=1", "--prefetch-multiplier=1", "-Q", "urgent", "-O", "fair",
            *self.QUIET)

        self.assertEqual(
            ["9.0", "9.1", "9.2", "5.0", "5.1", "5.2", "1.0", "1.1", "1.2"], self.wait_lines("urgency", 9))

    def test_task_of_a_killed_worker_runs_again_elsewhere_as_redelivered(self):
        first = self.worker("victim", "--concurrency=1", "-Q", "mail", *self.QUIET)
        result = self.web.wait_at_gate.apply_async(("gate",), queue="mail")
        self.wait_lines("gate.runs", 1)

        first.kill()
        self.worker("heir", "--concurrency=1", "-Q", "mail", *self.QUIET)
        self.wait_lines("gate.runs", 2)
        self.open_gate("gate")

        self.assertEqual("through", result.get(timeout=20))
        self.assertEqual(["False", "True"], self.lines("gate.runs"))

    def test_worker_that_stops_in_good_order_finishes_its_task_and_leaves_the_rest(self):
        worker = self.worker(
            "leaver", "--concurrency=1", "-Q", "mail", *self.QUIET)
        held = self.web.wait_at_gate.apply_async(("door",), queue="mail")
        self.wait_lines("door.runs", 1)
        rest = [self.web.write.apply_async(("left", n), queue="mail") for n in range(5)]

        worker.process.terminate()
        self.open_gate("door")
        worker.process.wait(30)
        self.assertEqual("through", held.get(timeout=20))
        self.worker("next", "--concurrency=1", "-Q", "mail", *self.QUIET)

        for result in rest:
            self.assertEqual("next@test", result.get(timeout=20))
        self.assertEqual([str(n) for n in range(5)], self.lines("left"))

    def test_purge_drops_what_waits_in_every_queue(self):
        for number in range(7):
            self.web.add.delay(number, number)
        for number in range(5):
            self.web.add.apply_async((number, number), queue="reports")

        self.assertIn("12 messages", self.command("purge", "-f"))
        self.assertIn("No messages purged", self.command("purge", "-f"))
