"""Charts of what `bench/compare --output` wrote, as SVG."""

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "varve", "svg.fonttype": "none", "font.size": 9})

import matplotlib.pyplot as plt  # noqa: E402  # after use()
from workloads import WORKLOADS  # noqa: E402

WIDTH_IN = 7.0
BAR_IN = 0.32
FIRST_COLOUR, OTHER_COLOUR = "#b3541e", "#8a8d91"


def bars_of(found, metric):
    """Names, medians and error bars, best first."""
    spreads = [(name, samples["spread"][metric.key]) for name, samples in found["brokers"].items()
               if metric.key in samples["spread"]]
    spreads.sort(key=lambda entry: entry[1]["median"], reverse=metric.better == "lower")
    medians = [spread["median"] for _, spread in spreads]
    below = [spread["median"] - spread["min"] for _, spread in spreads]
    above = [spread["max"] - spread["median"] for _, spread in spreads]
    return [name for name, _ in spreads], medians, [below, above]


def chart(path, name, found, provisional):
    workload, metric = WORKLOADS[name], WORKLOADS[name].metrics[0]
    names, medians, errors = bars_of(found, metric)
    figure, axes = plt.subplots(figsize=(WIDTH_IN, 1.1 + BAR_IN * len(names)), layout="constrained")
    colours = [FIRST_COLOUR if broker == found["first"] else OTHER_COLOUR for broker in names]
    drawn = axes.barh(names, medians, xerr=errors, color=colours, error_kw={"elinewidth": 0.8, "alpha": 0.6})
    axes.bar_label(drawn, [f"{median:,.0f}" if median >= 100 else f"{median:.2f}" for median in medians], padding=6)
    axes.set_title(f"{name}: {workload.what}", fontsize=9, loc="left")
    axes.set_xlabel(metric.title + metric.unit + (" (provisional)" if provisional else ""))
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def draw(results, folder):
    """One chart for each workload; yields the paths."""
    for name, found in results["workloads"].items():
        path = folder / f"compare-{name}.svg"
        chart(path, name, found, results["provisional"])
        yield path
