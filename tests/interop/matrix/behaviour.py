"""What the suites were asked, what they said, and what that means."""

import dataclasses
import re

PASSED, FAILED, SKIPPED, NOT_THERE_YET = "passed", "failed", "skipped", "not there yet"
LINE = re.compile(r"^behaviour (passed|failed|skipped) (\w+)(?:: (.*))?$")


@dataclasses.dataclass(frozen=True)
class Outcome:
    behaviour: str
    status: str
    detail: str = ""


def lines_of(text):
    """The lines of a list that are neither empty nor comments."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def outcome_of(line):
    """What a suite's line of output says; None if it is about nothing."""
    match = LINE.match(line)
    return Outcome(match.group(2), match.group(1), match.group(3) or "") if match else None


def exceptions_for(client, text):
    """The behaviours that are not there yet for this client, from the list's text."""
    pairs = [line.split() for line in lines_of(text)]
    return {behaviour for name, behaviour in pairs if name in ("*", client)}


def judged(outcomes, known, not_there_yet):
    """The outcomes as they count: a failure that is expected is none, and a success that is not expected is one."""
    seen = set()
    for outcome in outcomes:
        name, status, detail = outcome.behaviour, outcome.status, outcome.detail
        if name not in known:
            yield Outcome(name, FAILED, "not in behaviours.txt")
        elif name in seen:
            yield Outcome(name, FAILED, "told twice")
        elif name in not_there_yet and status == FAILED:
            yield Outcome(name, NOT_THERE_YET, detail)
        elif name in not_there_yet and status == PASSED:
            yield Outcome(name, FAILED, "it passes: take it from not_there_yet.txt")
        else:
            yield outcome
        seen.add(name)
