"""The base of every interop test: one broker for each class, names that no other test uses."""

import faulthandler
import os
import unittest
import uuid

import broker


def not_there_yet(test):
    """Varve lacks what this test is about (docs/amqp.md, Not there yet); a broker that has it must pass. The mark has to
    go as soon as it passes here."""
    return test if os.environ.get("VARVE_INTEROP_BROKER") else unittest.expectedFailure(test)


class BrokerCase(unittest.TestCase):
    broker_flags = ()
    limit_s = 90  # A test that takes longer hangs: the run ends and shows where.

    def run(self, result=None):
        faulthandler.dump_traceback_later(self.limit_s, exit=True)
        try:
            return super().run(result)
        finally:
            faulthandler.cancel_dump_traceback_later()

    @classmethod
    def setUpClass(cls):
        cls.broker = broker.start_broker(*cls.broker_flags)
        cls.addClassCleanup(cls.broker.close)

    def needs_restart(self):
        if not self.broker.can_restart:
            self.skipTest("this broker is not ours to restart")

    def needs_varve(self):
        if not self.broker.can_restart:
            self.skipTest("this is Varve's alone")

    def unique(self, stem):
        """A name for a queue or exchange that belongs to this test alone."""
        return f"{stem}-{self._testMethodName}-{uuid.uuid4().hex[:8]}"
