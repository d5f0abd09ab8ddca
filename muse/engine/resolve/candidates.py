"""What a conflict over text may become, and what speaks for each: seen in the texts alone.

A candidate is a choice that `muse resolve --pick` takes. A sign is a word for something that is true of the conflict;
`weights.py` says what each sign counts for each candidate, and what a person is told of it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from muse.core.blocks import both
from muse.core.markers import words_merged
from muse.core.options import Choice

_WORDS = re.compile(rb"\w+|[^\w\s]")
_NUMBERS = re.compile(rb"\d+")
_SMALL, _LARGE = 3, 20  # lines
_MOST_BYTES = 200_000
_KINDS = (
    ("lock file", r"(\.lock|-lock\.\w+|go\.sum|shrinkwrap[^/]*)$"),
    ("change log", r"(^|/)(change(s|log)|history|news|release[-_]?notes)\b[^/]*$"),
    ("list of dependencies", r"(^|/)((package|composer|bower)\.json|requirements[^/]*\.txt|go\.mod|pom\.xml|gemfile"
     r"|cargo\.toml|pyproject\.toml|setup\.(py|cfg)|[^/]*\.(gradle|gemspec|csproj)(\.kts)?)$"),
    ("prose", r"\.(md|markdown|rst|txt|adoc)$"),
    ("data", r"\.(json|ya?ml|toml|xml|ini|properties|cfg|html?|css|po)$"),
)  # fmt: skip


class Dispute(NamedTuple):
    """One conflict: the file it is in, its three texts, and how many conflicts the file has."""

    path: str
    base: bytes
    ours: bytes
    theirs: bytes
    of: int = 1


def candidates(dispute: Dispute) -> dict[Choice, bytes]:
    """What the conflict may become, by choice; each text once, under the plainest choice."""
    base, ours, theirs = dispute.base, dispute.ours, dispute.theirs
    made: list[tuple[Choice, bytes | None]] = [("ours", ours), ("theirs", theirs)]
    if len(ours) + len(theirs) <= _MOST_BYTES:
        made.append(("by-word", words_merged(base, ours, theirs)))
    made += [("both", both(base, ours, theirs)), ("both-theirs-first", both(base, ours, theirs, theirs_first=True))]
    made.append(("base", base))
    out: dict[Choice, bytes] = {}
    for choice, text in made:
        if text is not None and text not in out.values():
            out[choice] = text
    return out


def signs(dispute: Dispute) -> set[str]:
    """What is true of a conflict, told from its texts."""
    base, ours, theirs = dispute.base, dispute.ours, dispute.theirs
    found = {f"in a {_kind(dispute.path)}", "alone" if dispute.of == 1 else "several" if dispute.of < 5 else "many"}
    lines = max(text.count(b"\n") for text in (base, ours, theirs))
    found.add("small" if lines <= _SMALL else "large" if lines > _LARGE else "middling")
    if not base.strip():
        found.add("both added")
    if not ours.strip():
        found.add("ours deleted")
    if not theirs.strip():
        found.add("theirs deleted")
    for name, side in (("ours", ours), ("theirs", theirs)):
        if side.split() == base.split() and side != base:
            found.add(f"{name} changed white space only")
    if max(len(base), len(ours), len(theirs)) <= _MOST_BYTES:
        found |= _by_words(*(Counter(_WORDS.findall(text)) for text in (base, ours, theirs)))
        found |= _by_numbers(ours, theirs)
    return found


def _kind(path: str) -> str:
    name = path.lower()
    return next((kind for kind, pattern in _KINDS if re.search(pattern, name)), "source file")


def _by_words(base: Counter[bytes], ours: Counter[bytes], theirs: Counter[bytes]) -> set[str]:
    """Who changed more, and whose change is in the other's."""
    mine, its = ours - base, theirs - base
    lost, missing = base - ours, base - theirs
    sizes = [added.total() + gone.total() for added, gone in ((mine, lost), (its, missing))]
    found = set()
    if sizes[0] > 2 * sizes[1]:
        found.add("ours changed more")
    elif sizes[1] > 2 * sizes[0]:
        found.add("theirs changed more")
    if its and not its - mine:
        found.add("ours has what theirs added")
    if mine and not mine - its:
        found.add("theirs has what ours added")
    if mine and its and not mine & its:
        found.add("nothing in common")
    if not lost and not missing:
        found.add("nothing taken out")
    alike = (ours & theirs).total()
    if 2 * alike > 0.8 * (ours.total() + theirs.total()):
        found.add("much alike")
    return found


def _by_numbers(ours: bytes, theirs: bytes) -> set[str]:
    """Which side has the greater numbers, where that is all they differ in."""
    if ours == theirs or _NUMBERS.sub(b"0", ours).split() != _NUMBERS.sub(b"0", theirs).split():
        return set()
    mine, its = ([int(number) for number in _NUMBERS.findall(text)[:50] if len(number) < 30] for text in (ours, theirs))
    return set() if mine == its else {"ours is greater" if mine > its else "theirs is greater"}
