"""How much each sign of a conflict counts for each candidate; "" is a sign of every conflict.

Made by `python benchmarks/suggestions.py fit ... --write` from 361 conflicts of 15 histories, not by hand.
"""

from __future__ import annotations

WEIGHTS: dict[str, dict[str, float]] = {
    "": {"ours": 0.09, "theirs": 0.36, "both": -0.09, "both-theirs-first": -0.25, "by-word": 0.27, "base": -0.37},
    "alone": {"theirs": 0.16, "both-theirs-first": -0.10, "by-word": 0.19, "base": -0.22},
    "both added": {"ours": -0.33, "both": 0.33, "base": -0.07},
    "by hand before": {"ours": 0.06, "both-theirs-first": -0.16, "by-word": 0.20, "base": -0.14},
    "in a data": {"ours": 0.10},
    "in a list of dependencies": {"ours": 0.12, "both": -0.07},
    "in a lock file": {"ours": 0.05, "theirs": 0.05},
    "in a prose": {"both": 0.07},
    "in a source file": {
        "ours": -0.22,
        "theirs": 0.43,
        "both": -0.11,
        "both-theirs-first": -0.11,
        "by-word": 0.23,
        "base": -0.21,
    },
    "large": {"ours": 0.10, "theirs": 0.10, "both": -0.08, "both-theirs-first": -0.05, "base": -0.06},
    "many": {"both": -0.05},
    "middling": {"ours": 0.08, "theirs": 0.07, "both": -0.16, "by-word": 0.17, "base": -0.15},
    "much alike": {"ours": -0.08, "theirs": 0.36, "both": -0.16, "both-theirs-first": -0.09, "base": -0.07},
    "nothing in common": {"ours": 0.18, "both": -0.13, "both-theirs-first": -0.10, "by-word": 0.13, "base": -0.07},
    "nothing taken out": {"ours": -0.31, "theirs": 0.10, "both": 0.28, "base": -0.09},
    "ours changed more": {
        "ours": 0.38,
        "theirs": -0.19,
        "both": -0.18,
        "both-theirs-first": -0.06,
        "by-word": 0.17,
        "base": -0.12,
    },
    "ours deleted": {"ours": 0.14, "theirs": -0.10},
    "ours has what theirs added": {},
    "several": {"ours": 0.07, "theirs": 0.17, "both-theirs-first": -0.12, "base": -0.11},
    "small": {"ours": -0.09, "theirs": 0.20, "both": 0.15, "both-theirs-first": -0.18, "by-word": 0.10, "base": -0.16},
    "theirs changed more": {"ours": -0.17, "theirs": 0.28, "both-theirs-first": -0.08, "by-word": 0.06, "base": -0.10},
    "theirs had the other's text and went on": {"ours": -0.10, "theirs": 0.19, "both": -0.05},
    "theirs has what ours added": {"theirs": 0.11},
}
