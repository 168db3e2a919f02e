"""The README's Celery quickstart, typed as it stands there."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from broker import die_with_parent
from broker_case import BrokerCase
from waiting import wait_until

README = pathlib.Path(__file__).resolve().parents[3] / "README.md"


def section(title):
    text = README.read_text()
    return re.search(rf"^## {re.escape(title)}\n(.*?)^## ", text, re.M | re.S).group(1)


class Quickstart(BrokerCase):
    limit_s = 120

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="varve-quickstart-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        text = section("Celery in five lines")
        program = re.search(r"```python\n# (\S+)\n(.*?)```", text, re.S)
        commands = re.search(r"```\n(celery .*?)```", text, re.S).group(1)
        self.commands = [re.sub(r"\s{3,}#.*", "", line) for line in commands.splitlines()]
        address = f"{self.broker.host}:{self.broker.port}"
        self.assertIn("localhost:5672", program.group(2))
        pathlib.Path(self.folder, program.group(1)).write_text(program.group(2).replace("localhost:5672", address))

    def start(self, command, output):
        """Runs a line of the README in a shell whose `celery` and `python3` are Debian's."""
        tools = f'celery() {{ "{sys.executable}" -s -m celery "$@"; }}; python3() {{ "{sys.executable}" -s "$@"; }}\n'
        return subprocess.Popen(
            ["bash", "-c", tools + command], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, env={**os.environ, "C_FORCE_ROOT": "1"}, preexec_fn=die_with_parent,
            start_new_session=True)

    def run_to_end(self, command):
        process = self.start(command, subprocess.PIPE)
        said = process.communicate(timeout=60)[0].decode()
        self.assertEqual(0, process.returncode, said)
        return said

    def test_the_readme_s_worker_adds_two_and_three(self):
        worker, ask, status = self.commands
        said = pathlib.Path(self.folder, "worker.out")
        with open(said, "wb") as output:
            process = self.start(worker, output)
        self.addCleanup(process.wait)
        self.addCleanup(os.killpg, process.pid, 9)
        wait_until(lambda: " ready." in said.read_text(), "the worker is ready", 40)

        self.assertEqual("5", self.run_to_end(ask).strip())
        self.assertIn("1 node online", self.run_to_end(status))
