"""The arithmetic: medians, ratios of runs that were neighbours, and what is a regression. No processes, no files."""

import statistics

from workloads import WORKLOADS

TOLERANCE = 0.10
# Ratios of these are the broker's doing; memory and the generator's share are shown only.
COMPARED = frozenset({"rate", "publish_rate", "confirm_p50_ms", "end_to_end_p50_ms", "end_to_end_p99_ms", "cpu_us",
                      "restart_s"})


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def values_of(runs, key):
    return [run[key] for run in runs if run.get(key) is not None]


def ratios(first_runs, other_runs, metrics):
    """First over other, pair by pair: what disturbs the machine for a minute meets both runs of a pair."""
    found = {}
    for metric in metrics:
        pairs = [(first.get(metric.key), other.get(metric.key)) for first, other in zip(first_runs, other_runs)]
        known = [first / other for first, other in pairs if first is not None and other]
        if known:
            found[metric.key] = {**spread(known), "better": metric.better}
    return found


def summary(workload, runs_by_broker, bare_ms):
    """`runs_by_broker` has the runs of each in order; the first broker is the one that ratios are about."""
    first, *others = runs_by_broker
    brokers = {name: {"runs": runs,
                      "spread": {metric.key: spread(values) for metric in workload.metrics
                                 if (values := values_of(runs, metric.key))}}
               for name, runs in runs_by_broker.items()}
    found = {other: ratios(runs_by_broker[first], runs_by_broker[other], workload.metrics) for other in others}
    if "confirm_p50_ms" in brokers[first]["spread"] and workload.confirm == 1:
        bare_runs = [{"confirm_p50_ms": one} for one in bare_ms]
        found["bare"] = ratios(runs_by_broker[first], bare_runs, workload.metrics)
    return {"what": workload.what, "first": first, "brokers": brokers, "ratios": found, "bare_ms": bare_ms}


def figure_for(bar, name, results):
    """What the bar of that workload is compared with; None if this run did not measure it."""
    found = results[name]
    if bar.against in WORKLOADS:
        if bar.against not in results or results[bar.against]["first"] != found["first"]:
            return None
        return (found["brokers"][found["first"]]["spread"][bar.metric.key]["median"]
                / results[bar.against]["brokers"][found["first"]]["spread"][bar.metric.key]["median"])
    if bar.against:
        ratio = found["ratios"].get(bar.against, {}).get(bar.metric.key)
        return ratio["median"] if ratio else None
    own = found["brokers"][found["first"]]["spread"].get(bar.metric.key)
    return own["median"] if own else None


def regressions(results, baseline):
    """How many ratios both have, and a line for each that is more than a tenth worse than it was."""
    compared, worse = 0, []
    for name, found in results.items():
        before = baseline.get(name, {})
        if before.get("first") != found["first"]:
            continue
        for other, metrics in found["ratios"].items():
            for key, now in metrics.items():
                then = before["ratios"].get(other, {}).get(key)
                if then is None or key not in COMPARED:
                    continue
                compared += 1
                # How many times worse; both ways round, so that a tenth is a tenth for times and rates.
                change = (then["median"] / now["median"] if now["better"] == "higher"
                          else now["median"] / then["median"])
                if change > 1 + TOLERANCE:
                    worse.append(f"{name}: {key} of {found['first']} was {then['median']:.3g} × that of {other}, "
                                 f"and is {now['median']:.3g} ×")
    return compared, worse
