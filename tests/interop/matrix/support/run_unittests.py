"""Runs the *_test.py of one Python client's folder: run_unittests.py FOLDER [name]. A test's name is its behaviour."""

import faulthandler
import pathlib
import sys
import unittest

TEST_LIMIT_S = 90


class BehaviourResult(unittest.TextTestResult):
    """Tells of each test in the matrix's words."""

    @staticmethod
    def tell(status, test, detail=""):
        name = test.id().rsplit(".test_", 1)[-1] if ".test_" in test.id() else ""
        text = " ".join(str(detail).split())[:300]
        if name:
            print(f"behaviour {status} {name}" + (f": {text}" if text else ""), flush=True)

    def startTest(self, test):
        super().startTest(test)
        faulthandler.dump_traceback_later(TEST_LIMIT_S, exit=True)

    def stopTest(self, test):
        faulthandler.cancel_dump_traceback_later()
        super().stopTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.tell("passed", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell("failed", test, f"{err[0].__name__}: {err[1]}")

    def addError(self, test, err):
        super().addError(test, err)
        self.tell("failed", test, f"{err[0].__name__}: {err[1]}")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.tell("skipped", test, reason)


def main():
    folder = pathlib.Path(sys.argv[1])
    here = pathlib.Path(__file__).resolve().parent
    sys.path[:0] = [str(folder), str(here), str(here.parents[1] / "support")]
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in sys.argv[2:]] or None
    suite = loader.discover(str(folder), "*_test.py", str(folder))
    runner = unittest.TextTestRunner(sys.stdout, resultclass=BehaviourResult, verbosity=0)
    sys.exit(0 if runner.run(suite).wasSuccessful() else 1)


if __name__ == "__main__":
    main()
