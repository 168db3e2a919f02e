"""What bench/profile makes of samples: whose thread, which part, and a picture of it."""

import pathlib
import sys
import unittest
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/profiling"))

import flame_graph  # noqa: E402
import stacks  # noqa: E402

# As `perf script -F tid,ip,sym` prints: innermost frame first, an empty line between samples.
PERF = """\
  101
\t    7f01 __memmove_avx512_unaligned_erms
\t    5502 varve::Queue::deliver(varve::(anonymous namespace)::Delivery const&)
\t    5501 varve::Shard::run()
\t    7f00 clone3

  101
\t    7f02 __memmove_avx512_unaligned_erms

  102
\tffffff01 copy_folio_from_iter_atomic
\tffffff00 entry_SYSCALL_64_after_hwframe
\t    5503 varve::PosixFile::write_at(unsigned long, std::span<std::basic_string_view<char> const, 18446744073709551615ul>)
\t    5504 varve::Committer::run()
"""


class Stacks(unittest.TestCase):
    def setUp(self):
        self.counts = stacks.folded(stacks.parse(PERF))

    def test_begin_with_their_thread_also_where_the_stack_was_cut_short(self):
        self.assertEqual({"shard": 2 / 3, "committer": 1 / 3}, dict(stacks.share_of_threads(self.counts)))

    def test_have_names_without_arguments_addresses_and_entry_points(self):
        self.assertIn(("committer", "Committer::run", "PosixFile::write_at", "copy_folio_from_iter_atomic"), self.counts)
        self.assertIn(("shard", "Shard::run", "Queue::deliver", "__memmove_avx512_unaligned_erms"), self.counts)

    def test_count_for_the_innermost_part(self):
        parts = (("writing", "^PosixFile::write_at"), ("committing", "^Committer::"), ("queue", "^Queue::"))

        found = dict(stacks.share_of_parts(self.counts, parts))

        self.assertEqual({"writing": 1 / 3, "queue": 1 / 3, "the rest": 1 / 3}, found)

    def test_tell_the_functions_that_take_most_by_themselves(self):
        self.assertEqual(("__memmove_avx512_unaligned_erms", 2 / 3), stacks.share_of_leaves(self.counts)[0])

    def test_keep_operators_apart_from_template_arguments(self):
        self.assertEqual("Slot::operator", stacks.shorten("varve::Slot<int (char)>::operator()(long)"))


class FlameGraph(unittest.TestCase):
    def test_is_well_formed_with_a_box_for_each_call_and_its_share(self):
        picture = xml.fromstring(flame_graph.draw(stacks.folded(stacks.parse(PERF)), "W1 <&>"))

        titles = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}title")]
        self.assertIn("Committer::run: 33.3%", titles)
        self.assertEqual(1, titles.count("shard: 66.7%"))


if __name__ == "__main__":
    unittest.main()
