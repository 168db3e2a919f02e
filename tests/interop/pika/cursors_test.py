"""varve cursors: the places that readers have under a name, seen and moved by whoever runs the broker."""

import json
import os
import subprocess

from pika_case import PERSISTENT, PikaCase

DONE, USAGE, BAD_DATA, NOT_FOUND, UNREACHABLE = 0, 64, 65, 66, 69


class Cursors(PikaCase):
    def setUp(self):
        self.needs_restart()
        self.control = self.channel()
        self.name = self.queue(self.control, durable=True)

    def varve(self, *words, status=DONE, data_dir=None):
        done = subprocess.run(
            [os.environ["VARVE"], "cursors", words[0], "-D", data_dir or self.broker.data_dir, *words[1:]],
            capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        return done.stdout if status == DONE else done.stderr

    def places(self):
        """{cursor: (next offset, messages behind, in use)}"""
        return {row["name"]: (row["next_offset"], row["messages_behind"], row["in_use"])
                for row in json.loads(self.varve("list", self.name, "-o", "json"))}

    def send(self, *bodies):
        self.publish(self.control, self.name, *bodies, delivery_mode=PERSISTENT)

    def read(self, count, cursor="billing", answer=True):
        """The next `count` bodies under the cursor, which is free again afterwards."""
        channel = self.channel(confirms=False)
        arguments = {"x-cursor": cursor, "x-stream-offset": "first"}
        messages = self.collect(channel, self.name, count, arguments=arguments)[:count]
        if answer:
            channel.basic_ack(messages[-1][0].delivery_tag, multiple=True)
        channel.connection.close()
        return [body for _, _, body in messages]

    def test_list_shows_where_each_is(self):
        self.send(b"0", b"1", b"2")
        self.read(2)
        self.read(1, "audit", answer=False)

        self.assertEqual({"audit": (0, 3, False), "billing": (2, 1, False)}, self.places())
        table = self.varve("list")
        self.assertIn("NEXT OFFSET", table)
        self.assertIn("billing", table)

    def test_reset_takes_what_x_stream_offset_takes(self):
        self.send(b"0", b"1", b"2", b"3")
        self.read(4)

        for place, expected in ("first", 0), ("last", 3), ("next", 4), ("2", 2), ("-3", 1), ("1h", 0), \
                ("@1", 0), ("2096-01-01T00:00:00Z", 4):
            with self.subTest(place):
                self.varve("reset", self.name, "billing", "--to", place)
                self.assertEqual((expected, 4 - expected, False), self.places()["billing"])
        self.varve("reset", self.name, "billing", "--to", "1")
        self.assertEqual([b"1", b"2", b"3"], self.read(3))

    def test_reset_and_delete_survive_a_crash(self):
        self.send(b"0", b"1")
        self.read(2)
        self.read(2, "audit")
        self.varve("reset", self.name, "billing", "--to", "1")
        self.varve("delete", self.name, "audit")

        self.broker.kill()
        self.broker.start()

        self.assertEqual({"billing": (1, 1, False)}, self.places())
        self.assertEqual([b"1"], self.read(1))

    def test_cursor_in_use_is_refused(self):
        self.send(b"0")
        reader = self.channel(confirms=False)
        reader.basic_consume(self.name, lambda *_: None, arguments={"x-cursor": "billing"})

        for words in ("reset", self.name, "billing", "--to", "first"), ("delete", self.name, "billing"):
            self.assertIn("is being read under this cursor", self.varve(*words, status=BAD_DATA))
        self.assertTrue(self.places()["billing"][2])

    def test_mistakes_are_told(self):
        self.assertIn("no cursor 'billing' of queue", self.varve("delete", self.name, "billing", status=NOT_FOUND))
        self.assertIn("no queue 'none'", self.varve("list", "none", status=NOT_FOUND))
        self.assertIn("no vhost 'none'", self.varve("delete", "-V", "none", "q", "c", status=NOT_FOUND))
        self.varve("reset", self.name, "billing", status=USAGE)
        self.assertIn("no broker answers", self.varve("list", data_dir="/nonexistent", status=UNREACHABLE))

    def test_place_that_is_none_is_told(self):
        self.send(b"0")
        self.read(1)

        self.assertIn("expected first, last, next",
                      self.varve("reset", self.name, "billing", "--to", "sometime", status=BAD_DATA))
        self.assertEqual((1, 0, False), self.places()["billing"])

    def test_deleted_cursor_lets_go_of_what_it_kept(self):
        short = self.queue(self.control, durable=True, arguments={"x-retention-bytes": 0})
        self.control.basic_consume(short, lambda *_: None, arguments={"x-cursor": "c"})
        self.control.connection.process_data_events(0)
        self.control.basic_cancel(self.control.consumer_tags[0])
        self.publish(self.control, short, b"0", delivery_mode=PERSISTENT)
        self.get_all(self.control, short)

        self.varve("delete", short, "c")

        self.assertEqual([], json.loads(self.varve("list", short, "-o", "json")))
