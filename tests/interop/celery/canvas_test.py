"""Chains, groups and chords, with results that are files: Celery has no chords with rpc://."""

from celery import chain, chord, group

from celery_case import CeleryCase


class Canvas(CeleryCase):
    application = "canvas:tasks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import canvas
        cls.tasks = canvas
        cls.class_worker("one", "--concurrency=2", "-Q", "canvas", "--without-mingle", "--without-gossip")

    def test_chord_gets_all_results(self):
        add, total = self.tasks.add, self.tasks.total

        self.assertEqual(2 * sum(range(50)), chord([add.s(n, n) for n in range(50)])(total.s()).get(timeout=60))

    def test_groups_and_chains_nest(self):
        add, total = self.tasks.add, self.tasks.total
        work = chain(add.s(1, 2), group(add.s(n) for n in range(10)), total.s(), add.s(1),
                     group(chain(add.s(n), add.s(n)) for n in range(3)), total.s())

        # 3; 3 to 12: 75; 76; 76, 78, 80: 234
        self.assertEqual(234, work.delay().get(timeout=60))

    def test_chord_with_a_failure_tells_its_errback(self):
        add, total = self.tasks.add, self.tasks.total
        body = total.s().on_error(self.tasks.note_failure.s())

        result = chord([add.s(1, 1), self.tasks.fail.s(), add.s(2, 2)])(body)

        self.assertIn("because", self.wait_lines("failures", 1)[0])
        with self.assertRaisesRegex(Exception, "because"):
            result.get(timeout=60)

    def test_chunks_of_a_map_come_back_in_order(self):
        chunks = self.tasks.add.chunks(zip(range(100), range(100)), 10).group()

        self.assertEqual(
            [2 * n for n in range(100)], [n for chunk in chunks.delay().get(timeout=60) for n in chunk])
