"""Draws what `growth.py` has found: `draw.py JSON SVG`, with the peers' Python, which has matplotlib."""

import json
import sys

import matplotlib as mpl
from matplotlib import pyplot as plt

INK, ACCENT, BRASS, HAIR = "#15191E", "#0F5C56", "#7A5C1E", "#E2DFD6"


def main(found: list[dict], path: str) -> None:
    """Rate in TPC-B's, and bytes an entry, over the number of lines."""
    mpl.rcParams.update({"svg.hashsalt": "capitalino", "font.size": 10, "text.color": INK})
    lines = [one["lines"] for one in found]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    left.plot(lines, [one["per_s"] / one["pgbench_tps"] for one in found], "o-", color=ACCENT)
    left.set(
        xscale="log", ylim=(0, None), xlabel="lines in the book", title="entries a second, in pgbench TPC-B's"
    )
    base = [0.0] * len(found)
    for name, colour in (("entry", ACCENT), ("line", BRASS), ("outbox", HAIR)):
        values = [sum(one["bytes"].get(name, [0, 0])) for one in found]
        top = [low + value for low, value in zip(base, values, strict=True)]
        right.fill_between(lines, base, top, color=colour, label=name, alpha=0.85)
        base = top
    right.set(xscale="log", ylim=(0, None), xlabel="lines in the book", title="bytes an entry, with indexes")
    right.legend(frameon=False)
    for axes in (left, right):
        axes.grid(color=HAIR)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2])
