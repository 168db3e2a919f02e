"""Tasks, their results and failures, retries and countdowns."""

import time

import celery

from celery_case import CeleryCase


class Tasks(CeleryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import web
        cls.web = web
        cls.class_worker("one", "--concurrency=2")

    def test_failure_comes_with_its_traceback(self):
        result = self.web.fail.delay("because")

        with self.assertRaisesRegex(ValueError, "because"):
            result.get(timeout=20)
        self.assertEqual("FAILURE", result.state)
        self.assertIn("raise ValueError", result.traceback)

    def test_task_is_retried_until_it_succeeds(self):
        self.assertEqual(2, self.web.succeed_at_third_try.delay().get(timeout=20))

    def test_many_results_arrive(self):
        results = [self.web.add.delay(n, n) for n in range(100)]

        self.assertEqual([2 * n for n in range(100)], [result.get(timeout=20) for result in results])

    def test_tasks_of_tomorrow_hold_up_nobody(self):
        # More of them than the worker prefetches: each raises the limit of the running consumer by one.
        for n in range(30):
            self.web.add.apply_async((n, 1), countdown=24 * 3600)

        self.assertEqual(3, self.web.add.delay(1, 2).get(timeout=20))

    def test_countdown_is_waited_for(self):
        begin = time.monotonic()
        later = [self.web.add.apply_async((n, 1), countdown=2) for n in range(3)]

        self.assertEqual([1, 2, 3], [result.get(timeout=20) for result in later])
        self.assertGreater(time.monotonic() - begin, 1.9)

    def test_chain_and_group_finish(self):
        self.assertEqual(6, celery.chain(self.web.add.s(1, 2), self.web.add.s(3)).delay().get(timeout=20))
        self.assertEqual([2, 4], celery.group(self.web.add.s(n, n) for n in (1, 2)).delay().get(timeout=20))
