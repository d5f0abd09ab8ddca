"""Up to three ready results for a conflict, best first, each with its reason: what people took in such cases.

The signs of a conflict (`candidates.py`, `evidence.py`) are weighed by a table (`weights.py`), which
`benchmarks/suggestions.py` makes from replayed histories. Nothing is ever taken unasked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from muse.core import markers
from muse.core.options import Choice
from muse.engine.merge.one_file import merge_one
from muse.engine.resolve import resolve
from muse.engine.resolve.candidates import Dispute, candidates, signs
from muse.engine.resolve.evidence import History
from muse.engine.resolve.weights import WEIGHTS

if TYPE_CHECKING:
    from muse.core.options import MergeOptions
    from muse.domain import PluginFor
    from muse.engine.resolve.resolve import Unmerged
    from muse.store.repository import Repository

MOST = 3
_ONE_IS_RIGHT = 0.8  # in the rest people write something that nobody suggested
_DOUBT = 0.5  # counts for each choice beside what this merge's other conflicts became
_SAYING = 0.25  # a weight from which on a sign is named as a reason
_NAMES: dict[Choice, str] = {
    "ours": "ours",
    "theirs": "theirs",
    "base": "as it was before",
    "both": "both, ours first",
    "both-theirs-first": "both, theirs first",
    "by-word": "both sides' words",
}


Sides = tuple[Union[bytes, None], Union[bytes, None], Union[bytes, None]]  # base, ours, theirs


class Suggestion(NamedTuple):
    """One result: the choice that takes it, its text, how sure it is (0 to 1) and why."""

    choice: Choice
    text: bytes
    sure: float
    reason: str

    @property
    def name(self) -> str:
        """The choice in words."""
        return _NAMES[self.choice]


def ranked(dispute: Dispute, told: set[str]) -> list[Suggestion]:
    """All candidates of a conflict, best first; `told` are its signs."""
    found = candidates(dispute)
    known = [sign for sign in sorted(told) if sign in WEIGHTS]
    scores = {choice: sum(WEIGHTS[sign].get(choice, 0.0) for sign in (*known, "")) for choice in found}
    top = max(scores.values())
    total = sum(math.exp(score - top) for score in scores.values())
    rows = [
        Suggestion(choice, found[choice], math.exp(score - top) / total, _reason(choice, known))
        for choice, score in scores.items()
    ]
    return sorted(rows, key=lambda row: -row.sure)


def weighed(rows: Sequence[Suggestion], taken: Counter[str]) -> list[Suggestion]:
    """The same with what this merge's other conflicts became: people often take one side of all of them."""
    total = taken.total()
    if not total or not rows:
        return list(rows)
    shares = [row.sure * (taken[row.choice] + _DOUBT) / (total + len(_NAMES) * _DOUBT) for row in rows]
    sum_ = sum(shares) / sum(row.sure for row in rows)
    out = []
    for row, share in zip(rows, shares, strict=True):
        often = 2 * taken[row.choice] >= total
        why = f"{taken[row.choice]} of {total} in this merge, {row.reason}" if often else row.reason
        out.append(row._replace(sure=share / sum_, reason=why.removesuffix(", often so")))
    return sorted(out, key=lambda row: -row.sure)


def _reason(choice: Choice, known: Sequence[str]) -> str:
    """The two signs that speak most for a choice, against what they say of the others."""

    def weight(sign: str) -> float:
        row = WEIGHTS[sign]
        return row.get(choice, 0.0) - sum(row.values()) / len(_NAMES)

    best = sorted(known, key=weight, reverse=True)[:2]
    return ", ".join(sign for sign in best if weight(sign) >= _SAYING) or "often so"


def disputes(plugin: Any, path: str, sides: Sides, how: MergeOptions) -> list[tuple[str, Dispute]]:
    """The conflicts over text that a merge of a file leaves, by address; [] for others."""
    merged = merge_one(plugin, path, *sides, how._replace(conflict_style="diff3", notes=False))
    found = markers.parse(merged.content or b"", how.marker_size)
    texts = markers.conflicts_of(found or [])
    if len(texts) != len(merged.conflicts) or not all(record.takes_both for record in merged.conflicts):
        return []
    return [
        (record.address, Dispute(path, text.base, text.ours, text.theirs, len(texts)))
        for record, text in zip(merged.conflicts, texts, strict=True)
    ]


def suggestions(
    repo: Repository, item: Unmerged, plugin_for: PluginFor, history: History | None
) -> Mapping[str, list[Suggestion]]:
    """For every conflict over text of an unmerged path, by address, up to three results."""
    return {address: offers for address, (_, offers) in explained(repo, item, plugin_for, history).items()}


def explained(
    repo: Repository, item: Unmerged, plugin_for: PluginFor, history: History | None
) -> dict[str, tuple[Dispute, list[Suggestion]]]:
    """The same with the three texts that each conflict is over."""
    if not item.is_file:
        return {}
    how = resolve.options_for(repo, item)._replace(picks=dict(item.picks))
    out = {}
    precedent = None
    for address, dispute in disputes(plugin_for(item.path), item.path, item.sides, how):
        told = signs(dispute)
        if history is not None:
            precedent = history.precedent(item.path) if precedent is None else precedent
            told |= precedent.signs | history.superseded(dispute)
        taken = Counter(item.picks.values()) + (history.taken if history is not None else Counter())
        offers = weighed(ranked(dispute, told), taken)[:MOST]
        out[address] = dispute, [offer._replace(sure=offer.sure * _ONE_IS_RIGHT) for offer in offers]
    return out


def history_of(repo: Repository) -> History | None:
    """The history of what Git is in the middle of merging; None where it is no merge or pick of commits."""
    heads = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD")
    done = (repo.run("rev-parse", "-q", "--verify", f"{name}^{{commit}}") for name in heads)
    theirs = next((one.stdout.decode().strip() for one in done if one.returncode == 0), "")
    ours = repo.run("rev-parse", "-q", "--verify", "HEAD^{commit}").stdout.decode().strip()
    if not ours or not theirs:
        return None
    history = History(repo, ours, theirs)
    if repo.run("rev-parse", "-q", "--verify", "MERGE_HEAD").returncode == 0:
        history.look_at_the_index()
    return history
