"""`varve verify` on damaged directories: exit 65, with the place, the queue, the offsets, and what it means."""

import json
import os
import random
import shutil
import struct
import subprocess
import unittest

from tool_case import DAMAGED, NOT_FOUND, VARVE, ToolCase, environment, fingerprint

JOURNAL_PAGE = 4096


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x10]))


def truncate(path, size):
    with open(path, "r+b") as file:
        file.truncate(size)


class DamageCase(ToolCase):
    def verify(self, directory):
        """What it finds, as (places, consequences); nothing may be changed, and stderr stays empty."""
        before = fingerprint(directory)
        printed = self.varve("verify", "-D", directory, "-o", "json", status=DAMAGED)
        self.assertEqual(before, fingerprint(directory))
        found = json.loads(printed)
        self.assertFalse(found["ok"])
        self.assertEqual("", self.said)
        # Nothing else may crash on it or pass over it in silence.
        for command in ("dump", "stat"):
            done = subprocess.run(
                [VARVE, command, "-D", directory], capture_output=True, timeout=60, env=environment())
            self.assertIn(done.returncode, (0, 1, DAMAGED), done.stderr)
            self.assertEqual(done.returncode == 0, done.stderr == b"", done.stderr)
        damages = found["damages"]
        return "\n".join(damage["place"] for damage in damages), "\n".join(damage["consequence"] for damage in damages)

    def copy(self, directory):
        target = self.folder / "copy"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(directory, target)
        return target

    @staticmethod
    def journal_file(directory):
        return min(directory.joinpath("journal").glob("*.vj"))

    @staticmethod
    def tables(directory):
        """The store's files, the largest (batches) first."""
        return sorted(directory.joinpath("store").glob("*.sst"), key=lambda path: -path.stat().st_size)


class Journal(DamageCase):
    def setUp(self):
        super().setUp()
        self.data = self.sample("make-unstored")

    def frames(self):
        lines = self.text("dump", "-D", self.data, "--journal", "-o", "jsonl").splitlines()
        return [json.loads(line) for line in lines]

    def test_a_bit_in_the_middle(self):
        frame = self.frames()[3]
        flip(self.journal_file(self.data), frame["byte"] + 100)

        place, consequence = self.verify(self.data)

        for words in (frame["file"], f"byte {frame['byte']}", f"position {frame['position']}"):
            self.assertIn(words, place)
        self.assertIn("confirmed changes are lost", consequence)

    def test_the_rest_is_still_shown_by_the_dump_of_the_journal_up_to_the_place(self):
        frame = self.frames()[3]
        flip(self.journal_file(self.data), frame["byte"] + 100)

        lines = self.varve("dump", "-D", self.data, "--journal", status=DAMAGED).splitlines()

        self.assertEqual(3, len(lines))
        self.assertIn(f"byte {frame['byte']}", self.said)

    def test_every_confirmed_frame_that_is_hit_is_found(self):
        frames = self.frames()
        rng = random.Random(1)
        for frame in frames[:-1]:  # nothing proves the very last one: docs/storage-format.md, What reading concludes
            with self.subTest(frame["position"]):
                data = self.copy(self.data)
                # Header and entries; zeros behind them fill the page and mean nothing.
                with open(self.journal_file(data), "rb") as file:
                    file.seek(frame["byte"] + 4)
                    payload_size = struct.unpack("<I", file.read(4))[0]
                flip(self.journal_file(data), frame["byte"] + rng.randrange(64 + payload_size))
                self.assertIn(f"byte {frame['byte']}", self.verify(data)[0])

    def test_the_header_of_a_file(self):
        for at in (0, 8, 30, 50):
            data = self.copy(self.data)
            flip(self.journal_file(data), at)
            done = subprocess.run([VARVE, "verify", "-D", data], capture_output=True, timeout=60, env=environment())
            self.assertEqual(DAMAGED, done.returncode)
            self.assertIn(self.journal_file(data).name, (done.stdout + done.stderr).decode())

    def test_a_torn_tail_is_no_damage_and_told(self):
        frame = self.frames()[-1]
        flip(self.journal_file(self.data), frame["byte"] + 100)

        self.assertIn("torn", self.text("verify", "-D", self.data))

    def test_a_file_in_the_middle_is_missing(self):
        data = self.sample("make-large", "large")
        files = sorted(data.joinpath("journal").glob("*.vj"))
        files[0].unlink()

        place, _ = self.verify(data)

        self.assertIn("no file holds the journal from position", place)

    def test_a_folder_that_is_missing(self):
        data = self.sample("make-large", "large")
        shutil.rmtree(data / "journal")

        self.assertIn("no file holds the journal", self.verify(data)[0])


class Store(DamageCase):
    def setUp(self):
        super().setUp()
        self.data = self.sample("make-large")

    def test_a_bit_in_a_batch_that_waits(self):
        table = self.tables(self.data)[1]
        flip(table, 100_000)

        place, consequence = self.verify(self.data)

        self.assertIn(table.name, place)
        self.assertRegex(place, r"queue large, offsets \d+\.\.\d+: ")
        self.assertRegex(consequence, "not settled: what is not settled cannot be delivered|all settled: nothing that waits")

    def test_the_consequence_depends_on_what_was_settled(self):
        consequences = set()
        for table in self.tables(self.data)[:20]:
            data = self.copy(self.data)
            flip(data / "store" / table.name, 1000)
            consequences.add(self.verify(data)[1].split("\n")[1].split(", ", 1)[1])

        self.assertTrue(any("all settled: nothing that waits is affected" in text for text in consequences))
        self.assertTrue(any("not settled: what is not settled cannot be delivered" in text for text in consequences))

    def test_files_that_are_cut_off_or_missing(self):
        batches, rows = self.tables(self.data)[0].name, self.tables(self.data)[-1].name
        for name in (batches, rows):
            for damage in (lambda path: truncate(path, 1000), lambda path: truncate(path, 0), lambda path: path.unlink()):
                with self.subTest(name):
                    data = self.copy(self.data)
                    damage(data / "store" / name)
                    place, consequence = self.verify(data)
                    self.assertIn(name, place)
                    if name == batches:
                        self.assertRegex(place, r"queue large, offsets \d+\.\.\d+: ")
                    else:
                        self.assertIn("varved does not start", consequence)

    def test_every_byte_of_every_file_is_covered(self):
        data = self.sample("make", "small")
        rng = random.Random(1)
        for table in self.tables(data):
            for at in [*rng.sample(range(table.stat().st_size), 12), 0, table.stat().st_size - 1]:
                with self.subTest(f"{table.name} byte {at}"):
                    copy = self.copy(data)
                    flip(copy / "store" / table.name, at)
                    self.assertIn(table.name, self.verify(copy)[0])

    def test_its_own_files(self):
        store = self.data / "store"
        manifest = next(store.glob("MANIFEST-*")).name
        for name, damage in (
                (manifest, lambda path: flip(path, 60)),
                (manifest, lambda path: truncate(path, 60)),  # the rest is mostly room for more
                (manifest, lambda path: path.unlink()),
                ("CURRENT", lambda path: path.unlink()),
                ("CURRENT", lambda path: truncate(path, 3))):
            with self.subTest(name):
                data = self.copy(self.data)
                damage(data / "store" / name)
                _, consequence = self.verify(data)
                self.assertIn("varved does not start", consequence)

    def test_a_folder_that_is_missing(self):
        shutil.rmtree(self.data / "store")

        place, consequence = self.verify(self.data)

        self.assertIn("CURRENT", place)
        self.assertIn("restore it from a copy", consequence)

    def test_dump_shows_what_comes_before_the_damage_and_then_says_where_it_is(self):
        table = self.tables(self.data)[1]
        flip(table, 100_000)

        printed = self.varve("dump", "-D", self.data, status=DAMAGED)

        self.assertEqual(0, json.loads(printed.splitlines()[0])["offset"])
        self.assertIn(table.name, self.said)
        self.assertIn("varve verify -D", self.said)


class Chaos(DamageCase):
    """Whatever happens to the files, the tools end with a code and a sentence. VARVE_CHAOS=SEED:ROUNDS for more."""

    def hurt(self, directory, rng):
        paths = [path for path in sorted(directory.rglob("*")) if path.is_file() and path.stat().st_size > 0]
        path = rng.choice(paths)
        size = path.stat().st_size
        at = rng.randrange(min(size, 600_000))
        kind = rng.choice(("flip", "cut", "zeros", "noise", "remove", "swap"))
        if kind == "flip":
            flip(path, at)
        elif kind == "cut":
            truncate(path, at)
        elif kind in ("zeros", "noise"):
            length = rng.randrange(1, 9000)
            with open(path, "r+b") as file:
                file.seek(at)
                file.write(bytes(length) if kind == "zeros" else rng.randbytes(length))
        elif kind == "remove":
            path.unlink()
        else:
            path.write_bytes(rng.choice(paths).read_bytes())
        return f"{kind} {path.relative_to(directory)} byte {at}"

    @staticmethod
    def bodies(lines):
        """What was published, and where it is; a torn tail may have taken the name of the queue and the state."""
        messages = [json.loads(line) for line in lines.splitlines()]
        return {(message["log"], message["offset"], str(message.get("payload", message.get("payload_b64"))))
                for message in messages}

    def test_no_damage_whatsoever_crashes_them_or_changes_a_message(self):
        seed, rounds = map(int, os.environ.get("VARVE_CHAOS", "1:20").split(":"))
        samples = [self.sample(kind, kind) for kind in ("make", "make-unstored", "make-hostile")]
        for number in range(rounds):
            rng = random.Random(seed + number)
            sample = rng.choice(samples)
            whole = subprocess.run([VARVE, "dump", "-D", sample], capture_output=True, env=environment()).stdout
            data = self.copy(sample)
            done_to_it = [self.hurt(data, rng) for _ in range(rng.choice((1, 1, 2, 5)))]
            for command in (["verify"], ["dump"], ["dump", "--journal"], ["stat"]):
                done = subprocess.run(
                    [VARVE, *command, "-D", data], capture_output=True, timeout=60, env=environment())
                said = f"VARVE_CHAOS={seed + number}:1 {command} {done_to_it}: {done.stderr.decode()}"
                self.assertIn(done.returncode, (0, 1, DAMAGED, NOT_FOUND), said)
                self.assertNotIn("Sanitizer", said)
                if command == ["dump"]:
                    self.assertLessEqual(self.bodies(done.stdout), self.bodies(whole), said)


class Format(DamageCase):
    def test_a_directory_whose_format_file_is_missing_is_none(self):
        data = self.sample()
        (data / "format").unlink()

        self.complains(NOT_FOUND, "verify", "-D", data, says=["no data directory of varve"])


if __name__ == "__main__":
    unittest.main()
