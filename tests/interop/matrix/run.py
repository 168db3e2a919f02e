#!/usr/bin/env python3
"""Runs the newest released clients, each in its language, against a varved of its own; ends with a table.

    run.py [--behaviours] [--jobs COUNT] [client...]     default: every client

What they need is fetched into build/matrix/ and the package managers' own caches. A client that cannot be fetched, or
whose language is not installed, is not run, which is told by name and is no failure. VARVED names the broker (default:
build/release/varved). Exit code: 1 if any behaviour failed. docs/testing.md, The matrix.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
sys.dont_write_bytecode = True

import authority  # noqa: E402
import broker  # noqa: E402
import fetching  # noqa: E402
import suite_run  # noqa: E402
import table  # noqa: E402
from clients import clients  # noqa: E402
from suite_result import PLAIN, TLS, SuiteResult, exit_code  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], epilog="docs/testing.md, The matrix: what it fetches and what it says.")
    parser.add_argument("client", nargs="*", help="run these only")
    parser.add_argument("--behaviours", action="store_true", help="print the table of behaviours by client, too")
    parser.add_argument("--jobs", type=int, default=2, metavar="COUNT", help="suites at a time (default: 2)")
    chosen = parser.parse_args()
    names = [client.name for client in clients()]
    for name in chosen.client:
        if name not in names:
            parser.error(f"no client '{name}'; there are {', '.join(names)}")
    return chosen


def tls_setting():
    """How to run suites over TLS, or why that cannot be."""
    program = os.environ.get("VARVED", str(broker.ROOT / "build/release/varved"))
    help_text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True, timeout=20).stdout
    if "--amqps-port" not in help_text:
        return None, "varved has no TLS"
    try:
        own = authority.Authority()
    except authority.AuthorityError as error:
        return None, str(error)
    return suite_run.TlsSetting(own.broker_flags(), own.certificate), ""


def results_of(client, tls, why_no_tls):
    """Plain and TLS, one after the other; tells each as it is done."""
    reason = fetching.fetch(client)
    found = []
    for transport, setting in ((PLAIN, None), (TLS, tls)):
        why_not = reason or (why_no_tls if transport == TLS else "")
        result = SuiteResult(client.name, client.version, transport, not_run=why_not) if why_not else \
            suite_run.run_suite(client, setting)
        found.append(result)
        state = why_not and f"not run: {why_not}" or ("FAILED" if result.failed else "passed")
        print(f"{client.name} {client.version} {transport}: {state}", flush=True)
    return found


def main():
    chosen = arguments()
    begin = time.monotonic()
    wanted = [client for client in clients() if not chosen.client or client.name in chosen.client]
    tls = tls_setting()
    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        results = [result for both in pool.map(lambda client: results_of(client, *tls), wanted) for result in both]
    print()
    if chosen.behaviours:
        print(*table.behaviours_table(results, suite_run.known_behaviours()), "", sep="\n")
    print(*table.clients_table(results), "", *table.closing_lines(results), sep="\n")
    print(f"in {time.monotonic() - begin:.0f} s")
    return exit_code(results)


if __name__ == "__main__":
    sys.exit(main())
