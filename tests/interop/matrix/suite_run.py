"""Runs one client's suite against a varved of its own."""

import time

import behaviour
import broker
import command
from client import HERE, SUITE_TIMEOUT_S
from control import Control
from suite_result import PLAIN, SuiteResult


def known_behaviours():
    return behaviour.lines_of((HERE / "behaviours.txt").read_text())


def variables_for(own, control, transport, authority):
    """What a suite finds in its environment: where the broker is, and how to restart it."""
    if transport == PLAIN:
        found = {"VARVE_MATRIX_URI": f"amqp://guest:guest@{own.host}:{own.port}/"}
    else:
        found = {"VARVE_MATRIX_TLS": f"amqps://guest:guest@{own.host}:{own.tls_port}/",
                 "VARVE_MATRIX_CA": str(authority.certificate)}
    return {**found, "VARVE_MATRIX_CONTROL": control.address}


def what_broke(done, outcomes):
    """Why the suite may have said less than it should; empty if it went as far as it goes."""
    if done.status is None:
        return f"not done within {SUITE_TIMEOUT_S} s"
    if not outcomes:
        return f"it said nothing about any behaviour: {done.last_line()[:200]}"
    if done.status != 0 and not any(outcome.status == behaviour.FAILED for outcome in outcomes):
        return f"it ended with {done.status}: {done.last_line()[:200]}"
    return ""


def prepared(client, output):
    """Compiles the suite; returns what went wrong."""
    for step in client.prepare:
        done = command.run(step, client.work_folder, SUITE_TIMEOUT_S, output)
        if done.status != 0:
            return f"{step[0]} failed: {done.last_line()[:200]} ({output})"
    return ""


def run_suite(client, transport, authority=None):
    """One broker, one suite; always a result."""
    begin = time.monotonic()
    output = client.place / f"suite-{transport.lower()}.txt"
    output.unlink(missing_ok=True)
    outcomes, broken = (), prepared(client, output)
    if not broken:
        outcomes, broken = answers(client, transport, authority, output)
    return SuiteResult(
        client.name, client.version, transport, outcomes, broken=broken, seconds=time.monotonic() - begin)


def answers(client, transport, authority, output):
    """The suite's outcomes, judged, and what broke."""
    own = broker.OwnBroker(*(authority.broker_flags() if authority else ()))
    control = Control(own)
    try:
        done = command.run(client.suite, client.work_folder, SUITE_TIMEOUT_S, output,
                           **variables_for(own, control, transport, authority))
    finally:
        complaint = closed(own)
        control.close()
    said = [outcome for outcome in map(behaviour.outcome_of, done.lines) if outcome]
    expected = behaviour.exceptions_for(client.name, (HERE / "not_there_yet.txt").read_text())
    judged = tuple(behaviour.judged(said, set(known_behaviours()), expected))
    return judged, what_broke(done, said) or complaint


def closed(own):
    """Ends the broker; what it complained about."""
    try:
        own.close()
    except broker.BrokerError as error:
        return str(error)
    return ""
