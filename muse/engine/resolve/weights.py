"""How much each sign of a conflict counts for each candidate; "" is a sign of every conflict.

Made by `python benchmarks/suggestions.py fit ... --write` from 361 conflicts of 15 histories, not by hand.
"""

from __future__ import annotations

WEIGHTS: dict[str, dict[str, float]] = {
    "": {"ours": 0.59, "theirs": 0.29, "both": -0.28, "both-theirs-first": -0.46, "by-word": 0.54, "base": -0.68},
    "alone": {"ours": 0.17, "theirs": 0.09, "both": -0.10, "both-theirs-first": -0.10, "by-word": 0.34, "base": -0.40},
    "both added": {"ours": -0.73, "theirs": -0.15, "both": 0.78, "both-theirs-first": 0.24, "base": -0.14},
    "by hand before": {
        "ours": 0.28,
        "theirs": -0.18,
        "both": 0.12,
        "both-theirs-first": -0.37,
        "by-word": 0.40,
        "base": -0.25,
    },
    "in a data": {"ours": 0.21, "theirs": -0.09, "both": 0.07, "both-theirs-first": -0.08, "base": -0.06},
    "in a list of dependencies": {
        "ours": 0.30,
        "both": -0.22,
        "both-theirs-first": -0.07,
        "by-word": 0.06,
        "base": -0.06,
    },
    "in a lock file": {"theirs": 0.23, "both": -0.13, "both-theirs-first": -0.06, "base": -0.07},
    "in a prose": {"ours": -0.09, "both": 0.20, "both-theirs-first": -0.08, "base": -0.06},
    "in a source file": {
        "ours": -0.14,
        "theirs": 0.49,
        "both": -0.35,
        "both-theirs-first": -0.14,
        "by-word": 0.53,
        "base": -0.38,
    },
    "large": {"ours": 0.27, "theirs": 0.21, "both": -0.26, "both-theirs-first": -0.14, "base": -0.10},
    "many": {"ours": 0.09, "both": -0.12, "both-theirs-first": -0.05, "by-word": 0.14, "base": -0.07},
    "middling": {
        "ours": 0.29,
        "theirs": -0.12,
        "both": -0.38,
        "both-theirs-first": 0.13,
        "by-word": 0.36,
        "base": -0.28,
    },
    "much alike": {"theirs": 0.63, "both": -0.42, "both-theirs-first": -0.20, "by-word": 0.08, "base": -0.11},
    "nothing in common": {"ours": 0.31, "both": -0.26, "both-theirs-first": -0.22, "by-word": 0.29, "base": -0.12},
    "nothing taken out": {"ours": -0.47, "theirs": -0.07, "both": 0.59, "both-theirs-first": 0.17, "base": -0.17},
    "ours changed more": {"ours": 0.71, "theirs": -0.36, "both": -0.46, "by-word": 0.32, "base": -0.19},
    "ours deleted": {"ours": 0.32, "theirs": -0.25, "base": -0.08},
    "ours has what theirs added": {"ours": 0.07, "theirs": 0.13, "both": -0.09, "both-theirs-first": -0.06},
    "several": {
        "ours": 0.32,
        "theirs": 0.18,
        "both": -0.05,
        "both-theirs-first": -0.30,
        "by-word": 0.06,
        "base": -0.21,
    },
    "small": {"theirs": 0.19, "both": 0.36, "both-theirs-first": -0.45, "by-word": 0.17, "base": -0.29},
    "theirs changed more": {
        "ours": -0.26,
        "theirs": 0.40,
        "both": 0.06,
        "both-theirs-first": -0.18,
        "by-word": 0.16,
        "base": -0.19,
    },
    "theirs had the other's text and went on": {
        "ours": -0.17,
        "theirs": 0.48,
        "both": -0.14,
        "both-theirs-first": -0.09,
    },
    "theirs has what ours added": {"theirs": 0.13, "both": -0.13},
}
