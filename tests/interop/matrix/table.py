"""The tables at the end of a run."""

from behaviour import FAILED, NOT_THERE_YET, PASSED, SKIPPED

HEADINGS = ("client", "version", "transport", "run", "passed", "failed", "skipped", "not there yet", "seconds")
MARKS = {PASSED: "ok", FAILED: "FAILED", SKIPPED: "skipped", NOT_THERE_YET: "not yet"}


def aligned(rows):
    """Rows of texts as lines; the first three columns lean left, numbers right. A short row's last text runs on."""
    columns = len(rows[0])
    widths = [max(len(row[i]) for row in rows if len(row) == columns or i < len(row) - 1) for i in range(columns)]
    for row in rows:
        cells = [text.ljust(widths[i]) if i < 3 or len(row) < columns else text.rjust(widths[i])
                 for i, text in enumerate(row)]
        yield "  ".join(cells).rstrip()


def clients_table(results):
    rows = [HEADINGS]
    for result in results:
        start = (result.client, result.version, result.transport)
        if result.not_run:
            rows.append((*start, f"not run: {result.not_run}"))
            continue
        counts = (result.count(PASSED, FAILED, NOT_THERE_YET), result.count(PASSED), result.count(FAILED),
                  result.count(SKIPPED), result.count(NOT_THERE_YET))
        rows.append((*start, *map(str, counts), f"{result.seconds:.1f}"))
    return list(aligned(rows))


def behaviours_table(results, known):
    """Behaviour by client: one column for every suite that was run."""
    run = [result for result in results if not result.not_run]
    by_suite = [{outcome.behaviour: MARKS[outcome.status] for outcome in result.outcomes} for result in run]
    headings = [f"{result.client} {result.version}{' TLS' if result.transport == 'TLS' else ''}" for result in run]
    width = max(map(len, ["behaviour", *known]))
    yield "  ".join(["behaviour".ljust(width), *headings])
    for name in known:
        cells = [marks.get(name, "-").ljust(len(head)) for marks, head in zip(by_suite, headings)]
        yield "  ".join([name.ljust(width), *cells]).rstrip()


def closing_lines(results):
    """What failed, what was not run, and the verdict; one line each."""
    for result in results:
        label = f"{result.client} {result.version} {result.transport}"
        for outcome in result.outcomes:
            if outcome.status == FAILED:
                yield f"FAILED: {label}: {outcome.behaviour}: {outcome.detail}"
        if result.broken:
            yield f"FAILED: {label}: {result.broken}"
    absent = sorted({f"{result.client} ({result.transport})" for result in results if result.not_run})
    if absent:
        yield f"not run: {', '.join(absent)}"
    ran = [result for result in results if not result.not_run]
    verdict = "failed" if any(result.failed for result in ran) else "passed" if ran else "nothing was run"
    yield f"matrix: {verdict}: {len(ran)} suites run, {len(results) - len(ran)} not run"
