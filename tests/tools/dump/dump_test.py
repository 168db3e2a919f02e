"""`varve dump` and `varve stat` on directories that nobody works in: what is printed, and that nothing is changed."""

import base64
import json
import os
import shutil
import subprocess
import unittest

from tool_case import DONE, NOBODY, NOTHING, VARVE, ToolCase, environment, fingerprint


class DumpCase(ToolCase):
    def setUp(self):
        super().setUp()
        self.data = self.sample()

    def dump(self, *arguments, **options):
        return self.text("dump", "-D", self.data, "-o", "text", *arguments, **options)


class Dump(DumpCase):
    def test_shows_acknowledged_messages_too_with_their_states(self):
        states = {message["offset"]: message["state"] for message in self.messages(self.data, "-q", "celery")}

        self.assertEqual({0: "acked", 1: "moved", 2: "delivered", 3: "delivered", 4: "ready"}, states)

    def test_shows_the_same_whether_it_is_in_the_store_or_only_in_the_journal(self):
        unstored = self.sample("make-unstored", "unstored")

        self.assertEqual(self.messages(self.data, "-V", "*"), self.messages(unstored, "-V", "*"))

    def test_tells_everything_about_a_message(self):
        message = self.messages(self.data, "-q", "celery", "--offset", "2")[0]

        self.assertEqual("/", message["vhost"])
        self.assertEqual("2026-05-04T12:08:11.490Z", message["ts"])
        self.assertEqual(2, message["returns"])
        self.assertEqual(("amq.direct", "celery"), (message["exchange"], message["routing_key"]))
        self.assertEqual("application/json", message["properties"]["content_type"])
        self.assertEqual(2, message["properties"]["delivery_mode"])
        self.assertEqual("py", message["headers"]["lang"])
        self.assertEqual([[2, "EUR"], {}, {"chain": None}], message["payload"])

    def test_decodes_celery_tasks(self):
        task = self.messages(self.data, "--task", "media.*")[0]["celery"]

        self.assertEqual("media.transcode", task["task"])
        self.assertEqual("5b0c6f2e-0000-4000-8000-000000000002", task["id"])
        self.assertEqual(("(2, 'EUR')", "{}"), (task["args"], task["kwargs"]))
        self.assertEqual((2, None), (task["retries"], task["eta"]))

    def test_text_has_one_line_for_each_message_and_the_long_form_has_everything(self):
        lines = self.dump("-q", "celery").splitlines()
        self.assertEqual(6, len(lines))
        self.assertRegex(lines[0], r"^OFFSET +TIME +STATE +SIZE +KEY +MESSAGE")
        self.assertIn("media.transcode(2, 'EUR')", lines[3])

        long = self.dump("-q", "celery", "--offset", "2", "-l")
        for words in ("exchange      amq.direct", "retries       2", 'header        lang = "py"', '[[2,"EUR"]'):
            self.assertIn(words, long)

    def test_columns_are_aligned_over_all_queues(self):
        lines = self.dump().splitlines()

        self.assertEqual({lines[0].index("OFFSET") + 6}, {line.index("  2026-") for line in lines[1:]})

    def test_raw_gives_the_bytes_of_the_bodies(self):
        self.assertEqual(b"\0\xff\x80", self.varve("dump", "-D", self.data, "-q", "orders", "--offset", 1, "-o", "raw"))
        self.assertEqual(
            b"first order--\0\xff\x80",
            self.varve("dump", "-D", self.data, "-q", "orders", "-n", 2, "-o", "raw", "--separator", "--"))

    def test_bytes_that_are_no_text_are_escaped_in_text_and_base64_in_json(self):
        self.assertIn(r"\x00\xff\x80", self.dump("-q", "orders", "--offset", "1"))
        message = self.messages(self.data, "-q", "orders", "--offset", "1")[0]
        self.assertEqual(b"\0\xff\x80", base64.b64decode(message["payload_b64"]))

    def test_control_characters_never_reach_the_terminal(self):
        for form in ([], ["-l"]):
            with self.subTest(form):
                self.assertNotIn("\x1b", self.dump("-q", "orders", *form))

    def test_a_closed_pipe_ends_it_quietly(self):
        process = subprocess.Popen(
            [VARVE, "dump", "-D", self.data, "-o", "raw"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment())
        process.stdout.close()
        with process.stderr:
            self.assertEqual(b"", process.stderr.read())
        self.assertNotIn(process.wait(30), (DONE, NOTHING))


class Selection(DumpCase):
    def test_offsets(self):
        for text, expected in (("1..3", [1, 2]), ("3..", [3, 4]), ("..2", [0, 1]), ("4", [4]), ("-2..", [3, 4])):
            with self.subTest(text):
                self.assertEqual(expected, self.offsets(self.data, "-q", "celery", "--offset=" + text))

    def test_times(self):
        self.assertEqual([2, 3, 4], self.offsets(self.data, "-q", "celery", "--since", "2026-05-04T12:05:00Z"))
        self.assertEqual([0, 1], self.offsets(self.data, "-q", "celery", "--until", "2026-05-04T12:05:00Z"))
        self.assertEqual([0, 1], self.offsets(self.data, "-q", "celery", "--since", "2026-05-04", "--until", "@1777896200"))

    def test_states(self):
        for text, expected in (
                ("acked", [0]), ("dead", [1]), ("unacked", [2, 3]), ("ready,acked", [0, 4]), ("unsettled", [2, 3, 4])):
            with self.subTest(text):
                self.assertEqual(expected, self.offsets(self.data, "-q", "celery", "--state", text))
        self.assertEqual([3], self.offsets(self.data, "-q", "orders", "--state", "expired"))

    def test_contents(self):
        for arguments, expected in (
                (["--task", "billing.*"], [1, 3]),
                (["--task-id", "5b0c6f2e-0000-4000-8000-000000000003"], [3]),
                (["--header", "retries=3"], [3]),
                (["--header", "lang", "--grep", r"\(2, "], [2]),
                (["--grep", "first|late"], [0, 3]),
                (["--vhost", "shop"], [0, 1, 2, 3]),
                (["--routing-key", "cel*", "-n", "2"], [0, 1])):
            with self.subTest(arguments):
                self.assertEqual(expected, self.offsets(self.data, *arguments))

    def test_the_levels_of_a_queue_with_priorities(self):
        self.assertEqual([0, 2], [message["level"] for message in self.messages(self.data, "-q", "urgent")])
        self.assertEqual([2], [message["level"] for message in self.messages(self.data, "-q", "urgent/2")])

    def test_nothing_that_matches_is_exit_1_and_tells_what_there_is(self):
        self.complains(NOTHING, "dump", "-D", self.data, "-q", "celery", "--offset", "7..",
                       says=["no message matches", "celery holds offsets 0..5"])


class Journal(DumpCase):
    def frames(self, *arguments):
        lines = self.text("dump", "-D", self.data, "--journal", "-o", "jsonl", *arguments).splitlines()
        return [json.loads(line) for line in lines]

    def test_prints_its_frames_in_order_with_place_and_entries(self):
        frames = self.frames()

        positions = [frame["position"] for frame in frames]
        self.assertEqual(sorted(positions), positions)
        self.assertTrue(all(frame["file"].endswith(".vj") and frame["byte"] >= 4096 for frame in frames))
        types = [entry["type"] for frame in frames for entry in frame["entries"]]
        self.assertEqual("boot", types[0])
        for kind in ("log_create", "put", "append", "settle", "delivered", "returned"):
            self.assertIn(kind, types)
        settled = [entry for frame in frames for entry in frame["entries"] if entry["type"] == "settle"]
        self.assertEqual(("celery", "acked", "0..1"), tuple(settled[0][key] for key in ("queue", "outcome", "offsets")))

    def test_as_text(self):
        self.assertIn("append celery  offsets=0..2", self.dump("--journal", "-n", "2"))


class Stat(DumpCase):
    def test_tells_messages_sizes_offsets_and_cursors(self):
        stat = json.loads(self.text("stat", "-D", self.data, "-o", "json"))

        self.assertFalse(stat["in_use"])
        queues = {(queue["queue"], queue.get("level")): queue for queue in stat["queues"]}
        celery = queues["celery", None]
        self.assertEqual((1, 2, 2), tuple(celery[key] for key in ("ready", "delivered", "settled_kept")))
        self.assertEqual((0, 5), (celery["begin"], celery["end"]))
        self.assertEqual(2, celery["cursors"][0]["floor"])
        self.assertEqual(1, queues["urgent", 2]["ready"])
        nameless = queues[None, None]
        self.assertEqual((4, 8), (nameless["begin"], nameless["end"]), "what is settled was not to be kept")
        files = [path for path in self.data.joinpath("journal").iterdir()]
        self.assertEqual(sum(path.stat().st_size for path in files), stat["journal"]["size"])

    def test_one_queue(self):
        lines = self.text("stat", "-D", self.data, "-q", "celery").splitlines()

        self.assertRegex(lines[1], r"^/ +celery +1 +2 +2 ")


class Hostile(ToolCase):
    def setUp(self):
        super().setUp()
        self.data = self.sample("make-hostile")

    def test_nothing_in_it_reaches_the_terminal_as_control_characters_or_lines_of_their_own(self):
        for command in (["dump", "-o", "text"], ["dump", "-o", "text", "-l"], ["dump", "--journal", "-o", "text"],
                        ["stat"], ["verify"]):
            with self.subTest(command):
                status = 65 if command[0] == "verify" else 0
                printed = self.run_on_it(command, status)
                self.assertNotRegex(printed + self.said, r"[\x00-\x08\x0b-\x1f\x7f]")
                self.assertNotRegex(printed + self.said, r"(?m)^lines")

    def run_on_it(self, command, status):
        done = subprocess.run(
            [VARVE, *command, "-D", self.data], capture_output=True, timeout=60, env=environment(), cwd=self.folder)
        self.said = done.stderr.decode()
        self.assertEqual(status, done.returncode, self.said)
        return done.stdout.decode()

    def test_every_line_of_json_is_json(self):
        for command in (["dump"], ["dump", "--journal"], ["stat", "-o", "json"]):
            with self.subTest(command):
                for line in self.run_on_it(command, 0).splitlines():
                    json.loads(line)

    def test_a_pickle_is_shown_and_never_run(self):
        messages = [json.loads(line) for line in self.run_on_it(["dump", "-q", "hostile"], 0).splitlines()]

        self.assertTrue(messages[3]["payload"].startswith("cposix"))
        self.assertEqual("evil\x1b[2J", messages[3]["celery"]["task"])
        self.assertEqual(["data"], os.listdir(self.folder))

    def test_what_is_no_task_and_no_json_is_shown_as_it_is(self):
        messages = [json.loads(line) for line in self.run_on_it(["dump", "-q", "hostile"], 0).splitlines()]

        self.assertEqual(b"\xff" * 5, base64.b64decode(messages[0]["properties_b64"]))
        self.assertEqual(("text", "[1, 2"), (messages[1]["payload_type"], messages[1]["payload"]))
        self.assertEqual(("text", 200_000), (messages[2]["payload_type"], len(messages[2]["payload"])))
        self.assertNotIn("celery", messages[4])

    def test_a_definition_that_cannot_be_read_is_told(self):
        self.run_on_it(["stat"], 0)
        self.assertIn("definition of queue", self.said)


class ReadOnly(ToolCase):
    COMMANDS = (["dump"], ["dump", "--journal"], ["dump", "-q", "celery", "--offset", "1"], ["stat"], ["verify"])

    def test_nothing_in_the_directory_is_created_or_changed(self):
        for kind in ("make", "make-unstored", "make-large"):
            data = self.sample(kind, kind)
            before = fingerprint(data)
            for command in self.COMMANDS:
                if kind == "make-large" and "celery" in command:
                    continue
                with self.subTest(f"{kind} {command}"):
                    self.varve(*command, "-D", data)
                    self.assertEqual(before, fingerprint(data))

    @unittest.skipUnless(os.geteuid() == 0, "becomes another user")
    def test_the_right_to_read_is_enough(self):
        data = self.sample()
        program = shutil.copy(VARVE, self.folder / "varve")
        subprocess.run(["chmod", "-R", "u=rwX,go=rX", self.folder], check=True)
        for command in self.COMMANDS:
            with self.subTest(command):
                subprocess.run(
                    [program, *command, "-D", data], check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/",
                    env=environment(), user=NOBODY, group=NOBODY, extra_groups=[])


if __name__ == "__main__":
    unittest.main()
