"""The results as Markdown."""

import statistics

from brokers import BROKERS
from samples import figure_for
from workloads import WORKLOADS


def number(value):
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def heading(facts):
    yield "# compare"
    yield ""
    if facts["provisional"]:
        yield ("**Provisional:** taken while other programs used the machine, or with few or short runs. "
               "Only the ratios mean anything, and they roughly.")
        yield ""
    yield (f"{facts['date']}, commit {facts['commit']}, {facts['cores']} cores, Linux {facts['kernel']}, load average "
           f"{facts['load_before']:.1f} before; {facts['pairs']} alternating runs of {facts['duration_s']} s each; "
           "load generator on the same cores. Medians, and in brackets least and most. A ratio is the median of those "
           f"of neighbouring runs, {facts['first']} over the other.")
    yield ""
    for name in facts["brokers"]:
        yield f"* {name}: a confirm means: {BROKERS[name].confirm_means}"
    yield ""


def cell(spread, unit=""):
    if spread is None:
        return "–"
    median = number(spread["median"]) + unit
    if spread["min"] == spread["max"]:
        return median
    return f"{median} ({number(spread['min'])}..{number(spread['max'])})"


def section(name, results):
    workload, found = WORKLOADS[name], results[name]
    main = workload.metrics[0]
    yield f"**{name}**: {workload.what}"
    yield ""
    yield "| broker | " + " | ".join(metric.title for metric in workload.metrics) + f" | ratio of {main.title} |"
    yield "|---" * (len(workload.metrics) + 2) + "|"
    for broker, samples in found["brokers"].items():
        ratio = found["ratios"].get(broker, {}).get(main.key)
        figures = [cell(samples["spread"].get(metric.key), metric.unit) for metric in workload.metrics]
        yield f"| {broker} | {' | '.join(figures)} | {cell(ratio) if ratio else ''} |"
    if bare := found["ratios"].get("bare", {}).get("confirm_p50_ms"):
        bare_ms = statistics.median(found["bare_ms"])
        yield (f"| bare `pwrite` + `fdatasync` of 4 KiB | {number(bare_ms)} ms |" + " |" * (len(workload.metrics) - 1)
               + f" {cell(bare)} |")
    yield ""
    yield from bars(name, results)


def bars(name, results):
    judged = [(bar, figure) for bar in WORKLOADS[name].bars
              if (figure := figure_for(bar, name, results)) is not None]
    for bar, figure in judged:
        verdict = "reached" if bar.met_by(figure) else "**not reached**"
        yield f"* {bar.metric.title} {bar.text()}: {number(figure)}, {verdict}"
    if judged:
        yield ""


def not_run(entries):
    if entries:
        yield "Not run:"
        yield ""
        for entry in entries:
            yield f"* {entry['broker']}, {', '.join(entry['workloads'])}: {entry['why']}"
        yield ""


def markdown(facts, results, entries):
    lines = list(heading(facts))
    for name in results:
        lines += section(name, results)
    return "\n".join([*lines, *not_run(entries)]).rstrip() + "\n"
