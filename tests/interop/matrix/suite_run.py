"""Runs one client's suite against a varved of its own."""

import dataclasses
import pathlib
import socket
import time

import behaviour
import broker
import command
from client import HERE, SUITE_TIMEOUT_S
from control import Control
from suite_result import PLAIN, TLS, SuiteResult


def known_behaviours():
    return behaviour.lines_of((HERE / "behaviours.txt").read_text())


@dataclasses.dataclass(frozen=True)
class TlsSetting:
    """What it takes to run suites over TLS: varved's flags, and the authority's certificate for the clients."""

    flags: tuple
    certificate: pathlib.Path


def free_port():
    """A port that the kernel chose. Another program may take it before varved does, which then says so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_broker(tls):
    """The broker, and what a suite finds in its environment of it."""
    if tls is None:
        own = broker.OwnBroker()
        return own, {"VARVE_MATRIX_URI": f"amqp://guest:guest@{own.host}:{own.port}/"}
    port = free_port()
    own = broker.OwnBroker("--amqps-port", str(port), *tls.flags)
    return own, {"VARVE_MATRIX_TLS": f"amqps://guest:guest@{own.host}:{port}/", "VARVE_MATRIX_CA": str(tls.certificate)}


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


def run_suite(client, tls=None):
    """One broker, one suite; always a result. With TLS if its setting is given."""
    begin, transport = time.monotonic(), TLS if tls else PLAIN
    output = client.place / f"suite-{transport.lower()}.txt"
    output.unlink(missing_ok=True)
    outcomes, broken = (), prepared(client, output)
    if not broken:
        outcomes, broken = answers(client, tls, output)
    return SuiteResult(
        client.name, client.version, transport, outcomes, broken=broken, seconds=time.monotonic() - begin)


def answers(client, tls, output):
    """The suite's outcomes, judged, and what broke."""
    try:
        own, variables = start_broker(tls)
    except broker.BrokerError as error:
        return (), str(error)
    control = Control(own)
    try:
        done = command.run(client.suite, client.work_folder, SUITE_TIMEOUT_S, output,
                           VARVE_MATRIX_CONTROL=control.address, **variables)
    finally:
        with open(output, "a", encoding="utf-8") as file:
            file.write(f"--- varved said last\n{own.stderr()}")
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
