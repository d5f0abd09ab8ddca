"""How much each sign of a conflict counts for each candidate; "" is a sign of every conflict.

Made by `python benchmarks/suggestions.py fit ... --write` from 361 conflicts of 15 histories, not by hand.
"""

from __future__ import annotations

WEIGHTS: dict[str, dict[str, float]] = {
    "": {"ours": 0.07, "theirs": 0.40, "both": -0.11, "both-theirs-first": -0.25, "by-word": 0.25, "base": -0.36},
    "alone": {"theirs": 0.15, "both-theirs-first": -0.11, "by-word": 0.16, "base": -0.20},
    "both added": {"ours": -0.32, "theirs": 0.07, "both": 0.28, "base": -0.06},
    "by hand before": {"ours": 0.14, "both-theirs-first": -0.15, "by-word": 0.18, "base": -0.14},
    "in a data": {"ours": 0.09},
    "in a list of dependencies": {"ours": 0.15, "both": -0.07},
    "in a lock file": {"ours": 0.06},
    "in a prose": {"both": 0.06},
    "in a source file": {
        "ours": -0.25,
        "theirs": 0.50,
        "both": -0.11,
        "both-theirs-first": -0.13,
        "by-word": 0.20,
        "base": -0.21,
    },
    "large": {"ours": 0.07, "theirs": 0.12, "both": -0.08, "both-theirs-first": -0.05, "base": -0.06},
    "many": {},
    "middling": {"ours": 0.08, "theirs": 0.07, "both": -0.14, "by-word": 0.16, "base": -0.15},
    "much alike": {"ours": -0.12, "theirs": 0.40, "both": -0.15, "both-theirs-first": -0.10, "base": -0.08},
    "nothing in common": {"ours": 0.17, "both": -0.11, "both-theirs-first": -0.09, "by-word": 0.11, "base": -0.07},
    "nothing taken out": {"ours": -0.32, "theirs": 0.17, "both": 0.23, "base": -0.08},
    "ours changed more": {
        "ours": 0.39,
        "theirs": -0.21,
        "both": -0.16,
        "both-theirs-first": -0.06,
        "by-word": 0.16,
        "base": -0.11,
    },
    "ours deleted": {"ours": 0.11, "theirs": -0.07},
    "ours has what theirs added": {"ours": 0.09},
    "several": {"theirs": 0.22, "both": -0.05, "both-theirs-first": -0.12, "base": -0.12},
    "small": {"ours": -0.08, "theirs": 0.22, "both": 0.10, "both-theirs-first": -0.17, "by-word": 0.08, "base": -0.16},
    "theirs changed more": {"ours": -0.22, "theirs": 0.32, "both-theirs-first": -0.07, "base": -0.09},
    "theirs had the other's text and went on": {"ours": -0.15, "theirs": 0.24, "both": -0.05},
    "theirs has what ours added": {"theirs": 0.11},
}
