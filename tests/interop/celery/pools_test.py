"""Workers of other kinds than the usual: without processes, and with a great many queues."""

from celery_case import CeleryCase

QUEUES = [f"many.{number}" for number in range(150)]


class Pools(CeleryCase):
    application = "late:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import late
        cls.write = late.write

    def run_twenty_in(self, pool, *flags):
        self.worker(pool, "--pool", pool, "-Q", pool, "--without-gossip", *flags)

        for number in range(20):
            self.write.apply_async((pool, number), queue=pool)

        self.assertEqual({f"{n} new" for n in range(20)}, set(self.wait_lines(pool, 20)))

    def test_worker_that_does_it_all_itself(self):
        self.run_twenty_in("solo")

    def test_worker_with_threads(self):
        self.run_twenty_in("threads", "--concurrency=4")

    def test_worker_of_many_queues(self):
        self.worker("many", "--concurrency=2", "-Q", ",".join(QUEUES), "--without-gossip")

        for queue in QUEUES:
            self.write.apply_async(("many", queue), queue=queue)

        self.assertEqual(sorted(f"{queue} new" for queue in QUEUES), sorted(self.wait_lines("many", len(QUEUES))))
