"""What came of one client over one transport."""

import dataclasses

from behaviour import FAILED

PLAIN, TLS = "plain", "TLS"


@dataclasses.dataclass(frozen=True)
class SuiteResult:
    """Either `not_run` says why nothing was asked, or `outcomes` are the answers; `broken` says why there may be fewer
    than there should be."""

    client: str
    version: str
    transport: str
    outcomes: tuple = ()
    not_run: str = ""
    broken: str = ""
    seconds: float = 0.0

    def count(self, *statuses):
        return sum(outcome.status in statuses for outcome in self.outcomes)

    @property
    def failed(self):
        return bool(self.broken) or self.count(FAILED) > 0


def exit_code(results):
    """1 if anything failed. What could not be run is told, but it is no failure."""
    return 1 if any(result.failed for result in results) else 0
