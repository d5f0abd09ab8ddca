"""What ORSet and AWMap share: tokens with a payload, each absent, then live, then removed for good.

A token `"<n>@<actor>"` is a dot: n is larger than every number its maker had seen, so it is a Lamport time as well, and
the numbers the actor skipped are noted as seen. A context (actor -> ranges of seen numbers) therefore says in
O(actors) which dots were removed: those seen and not live. Tokens of any other form are opaque; only they cost a
tombstone each.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from muse.core.collector import no_collection
from muse.core.crdts._shared import GONE, SharedDict, of_one_type
from muse.core.errors import FormatError

Range = tuple[int, int]
Payloads = tuple[Any, ...]
"""Nearly always one; two when somebody used one token twice, and then both are kept, sorted."""

Tokens = tuple[str, ...]
"""The live tokens of one element or key, each once."""

S = TypeVar("S", bound="DotStore")

_MOST = 10**15
_making = threading.Lock()


class _Site:
    """One actor instance: its name, and the newest value made with it. Never copied, never shared by two processes."""

    __slots__ = ("actor", "pid", "stamp")

    def __init__(self) -> None:
        self.actor = os.urandom(8).hex()
        self.pid = os.getpid()
        self.stamp = 0


class DotStore:
    """Live tokens with payloads, a causal context, tombstones of opaque tokens, and whose turn it is to make a dot."""

    __slots__ = ("_by", "_clock", "_gone", "_live", "_seen", "_site", "_stamp")
    _live: SharedDict[str, Payloads]
    _by: SharedDict[str, Tokens]
    _seen: SharedDict[str, tuple[Range, ...]]
    _gone: SharedDict[str, None]

    @staticmethod
    def _group(payload: Any) -> str:
        raise NotImplementedError

    # Construction ------------------------------------------------------------------------------------------------

    def _fill(self, live: Mapping[str, Payloads], tombstones: list[str], context: Any) -> None:
        """Set the state from decoded parts; a token that is both live and tombstoned is removed."""
        seen = _checked_context(context)
        gone: set[str] = set()
        for token in tombstones:
            if type(token) is not str:
                raise FormatError(f"a token is text, not {type(token).__name__}")
            dot = parse(token)
            if dot is None:
                gone.add(token)
            else:
                seen.setdefault(dot[1], []).append((dot[0], dot[0]))
        dead = set(tombstones)
        kept: dict[str, Payloads] = {}
        for token, payloads in live.items():
            if token in dead:
                continue
            dot = parse(token)
            if dot is not None:
                seen.setdefault(dot[1], []).append((dot[0], dot[0]))
            kept[token] = payloads
        ranges = {actor: merged(found) for actor, found in seen.items()}
        self._live = SharedDict(kept)
        self._by = SharedDict(self._grouped(kept.items()))
        self._seen = SharedDict(ranges)
        self._gone = SharedDict(dict.fromkeys(gone))
        self._clock = max((found[-1][1] for found in ranges.values()), default=0)
        self._site: _Site | None = None
        self._stamp = 0

    def _like(self: S) -> S:
        """A copy of the handle: same state, same place in the line of values."""
        new = type(self).__new__(type(self))
        new._live, new._by, new._seen, new._gone = self._live, self._by, self._seen, self._gone
        new._clock, new._site, new._stamp = self._clock, self._site, self._stamp
        return new

    # Change ------------------------------------------------------------------------------------------------------

    def _put(self: S, payload: Any, token: str | None, replacing: Iterable[str] = ()) -> tuple[S, str]:
        """Add a payload under a fresh dot or the token given, removing the tokens it replaces.

        A token that was here before with this payload, or was removed, changes nothing: it is an old message.
        """
        new = self._like()
        fresh = token is None
        if token is None:
            token = new._next_dot()
        elif type(token) is not str or not token:
            raise TypeError("a token is text and not empty")
        elif self._saw(token) and payload in self._live.get(token, (payload,)):
            return self, token
        old = [other for other in replacing if other != token]
        if old:
            new._drop(old)
        if not fresh:
            new._add([(token, payload)])
            return new, token
        group = self._group(payload)
        new._live = new._live.changed([(token, (payload,))])
        new._by = new._by.changed([(group, (*new._by.get(group, ()), token))])
        return new, token

    def _next_dot(self) -> str:
        """A dot nobody has used: of this value's instance if it is its newest value, else of a fresh instance."""
        with _making:
            site = self._site
            full = self._clock >= _MOST - 1  # only a hostile state gets here; its order is lost, its dots are not
            if site is None or site.stamp != self._stamp or site.pid != os.getpid() or full:
                site = _Site()
            site.stamp += 1
            self._site, self._stamp = site, site.stamp
        ranges = self._seen.get(site.actor, ())
        last = ranges[-1][1] if ranges else 0
        number = 1 if full else self._clock + 1
        if len(ranges) == 1:
            ranges = ((ranges[0][0], number),)  # what the actor skipped counts as seen
        else:
            ranges = merged([*ranges, (last + 1, number)])
        self._seen = self._seen.changed([(site.actor, ranges)])
        self._clock = max(self._clock, number)
        return f"{number}@{site.actor}"

    def _without(self: S, tokens: Iterable[str]) -> S:
        """Remove tokens, also such as have not arrived yet."""
        tokens = [token for token in tokens if token in self._live or not self._saw(token)]
        if not tokens:
            return self
        new = self._like()
        new._drop(tokens)
        return new

    def _add(self, pairs: list[tuple[str, Any]]) -> None:
        """Make tokens live in place; only for a handle nobody has seen yet."""
        live: dict[str, Payloads] = {}
        dots: dict[str, list[Range]] = {}
        for token, payload in pairs:
            held = live.get(token) or self._live.get(token, ())
            if payload not in held:
                live[token] = tuple(sorted((*held, payload)))
            dot = parse(token)
            if dot is not None:
                dots.setdefault(dot[1], []).append((dot[0], dot[0]))
        self._live = self._live.changed(list(live.items()))
        by = self._grouped((token, (payload,)) for token, payload in pairs)
        self._by = self._by.changed([(group, _both(self._by.get(group, ()), tokens)) for group, tokens in by.items()])
        self._note(dots, ())

    def _drop(self, tokens: Iterable[str]) -> None:
        """Make tokens removed in place."""
        dots: dict[str, list[Range]] = {}
        opaque, live = [], []
        for token in tokens:
            dot = parse(token)
            if dot is None:
                opaque.append(token)
            else:
                dots.setdefault(dot[1], []).append((dot[0], dot[0]))
            payloads = self._live.get(token, ())
            if payloads:
                live.append((token, payloads))
        by = self._grouped(live)
        self._live = self._live.changed([(token, GONE) for token in dict(live)])
        self._by = self._by.changed(
            [(group, _less(self._by.get(group, ()), tokens) or GONE) for group, tokens in by.items()]
        )
        self._note(dots, opaque)

    def _note(self, dots: Mapping[str, Iterable[Range]], opaque: Iterable[str]) -> None:
        """Widen the context and the tombstones in place."""
        changes = []
        for actor, ranges in dots.items():
            had = self._seen.get(actor, ())
            now = merged([*had, *ranges])
            if now != had:
                changes.append((actor, now))
                self._clock = max(self._clock, now[-1][1])
        self._seen = self._seen.changed(changes)
        self._gone = self._gone.changed([(token, None) for token in opaque if token not in self._gone])

    def _merge(self: S, other: S) -> S:
        """Per token the later of absent, live and removed; contexts and tombstones united."""
        of_one_type(self, other)
        if other is self:
            return self
        if len(other._live) > len(self._live) and self._site is None:
            self, other = other, self
        with no_collection(len(other._live)):
            return self._united(other)

    def _united(self: S, other: S) -> S:
        mine, theirs, differ = self._live.apart(other._live)
        lost = other._sifted(mine, seen=True)
        gained = self._sifted(theirs, seen=False)
        gained += [(token, tuple(sorted({*one, *two}))) for token, one, two in differ]
        _, seen, widened = self._seen.apart(other._seen)
        _, gone, _ = self._gone.apart(other._gone)
        new = self._like()
        new._live = new._live.changed([(token, GONE) for token, _ in lost] + gained)
        new._by = new._by.changed(self._regrouped(other, lost, gained))
        new._seen = new._seen.changed([*seen, *((actor, merged((*one, *two))) for actor, one, two in widened)])
        new._gone = new._gone.changed(gone)
        new._clock = max(self._clock, other._clock)
        return new

    def _sifted(self, pairs: list[tuple[str, Payloads]], *, seen: bool) -> list[tuple[str, Payloads]]:
        """Of pairs that are not live here, those whose token was removed here; with `seen` False, the others."""
        known: dict[str, tuple[Range, ...]] = {}
        any_gone = len(self._gone) > 0
        found = []
        for pair in pairs:
            token = pair[0]
            actor = token.partition("@")[2]
            ranges = known.get(actor)
            if ranges is None:
                ranges = known[actor] = self._seen.get(actor, ())
            if ranges or any_gone:
                dot = parse(token)
                saw = token in self._gone if dot is None else _within(dot[0], ranges)
            else:
                saw = False
            if saw is seen:
                found.append(pair)
        return found

    def _grouped(self, pairs: Iterable[tuple[str, Payloads]]) -> dict[str, Tokens]:
        """The tokens of each element or key."""
        group_of = self._group
        found: dict[str, Tokens] = {}
        more: dict[str, dict[str, None]] = {}
        for token, payloads in pairs:
            for payload in payloads:
                group = group_of(payload)
                if group in found:
                    more.setdefault(group, {found[group][0]: None})[token] = None
                else:
                    found[group] = (token,)
        for group, tokens in more.items():
            found[group] = tuple(tokens)
        return found

    def _regrouped(
        self, other: DotStore, lost: list[tuple[str, Payloads]], gained: list[tuple[str, Payloads]]
    ) -> list[tuple[str, Tokens]]:
        """How the groups change when tokens go and others come; whole groups of the other are shared."""
        more, less = self._grouped(gained), self._grouped(lost)
        groups = [*more]
        changes = []
        for group, tokens, held, whole in zip(
            groups, more.values(), self._by.values_of(groups, ()), other._by.values_of(groups, ()), strict=True
        ):
            if held:
                tokens = _both(_less(held, less.pop(group)) if group in less else held, tokens)
            elif len(whole) == len(tokens):
                tokens = whole
            changes.append((group, tokens))
        left = zip(less.items(), self._by.values_of([*less], ()), strict=True)
        return changes + [(group, _less(held, tokens) or GONE) for (group, tokens), held in left]

    # Questions ---------------------------------------------------------------------------------------------------

    def _saw(self, token: str) -> bool:
        """True when the token is live or was removed here."""
        dot = parse(token)
        if dot is None:
            return token in self._gone or token in self._live
        return _within(dot[0], self._seen.get(dot[1], ()))

    def _wire(self, entries: list[Any]) -> Any:
        """The wire form with these entries; the context is left out while empty."""
        wire: dict[str, Any] = {"entries": entries, "tombstones": self._tombstones()}
        context = self._context()
        if context:
            wire["context"] = context
        return wire

    def _context(self) -> dict[str, Any]:
        """The wire form of the context: actor -> n for 1..n, else a list of [first, last]."""
        wire: dict[str, Any] = {}
        for actor, ranges in sorted(self._seen.items()):
            plain = len(ranges) == 1 and ranges[0][0] == 1
            wire[actor] = ranges[0][1] if plain else [list(pair) for pair in ranges]
        return wire

    def _tombstones(self) -> list[str]:
        return sorted(token for token, _ in self._gone.items())

    def equivalent(self, other: Any) -> bool:
        """The same state: live entries, context and tombstones."""
        return bool(self == other)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, DotStore)
        return self._live == other._live and self._seen == other._seen and self._gone == other._gone

    def __hash__(self) -> int:
        return hash((frozenset(self._live.items()), frozenset(self._seen.items())))

    def __reduce__(self) -> Any:
        return type(self).from_dict, (self.to_dict(),)  # type: ignore[attr-defined]


def _both(one: Tokens, two: Tokens) -> Tokens:
    if len(two) == 1:
        return one if two[0] in one else one + two
    return tuple(dict.fromkeys(one + two))


def _less(tokens: Tokens, gone: Tokens) -> Tokens:
    if not gone:
        return tokens
    without = set(gone)
    return tuple(token for token in tokens if token not in without)


def parse(token: str) -> tuple[int, str] | None:
    """The number and actor of a dot, None for an opaque token. Only the canonical spelling is a dot."""
    number, _, actor = token.partition("@")
    if actor and number.isascii() and number.isdigit() and number[0] != "0" and len(number) <= 15:
        return int(number), actor
    return None


def _within(number: int, ranges: tuple[Range, ...]) -> bool:
    at = bisect_right(ranges, (number, _MOST)) - 1
    return at >= 0 and ranges[at][1] >= number


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Ranges sorted, with neighbours and overlaps joined."""
    result: list[Range] = []
    for low, high in sorted(ranges):
        if result and low <= result[-1][1] + 1:
            if high > result[-1][1]:
                result[-1] = (result[-1][0], high)
        else:
            result.append((low, high))
    return tuple(result)


def _checked_context(context: Any) -> dict[str, list[Range]]:
    if context is None:
        return {}
    if not isinstance(context, Mapping):
        raise FormatError("a context is an object")
    seen: dict[str, list[Range]] = {}
    for actor, spans in context.items():
        if type(actor) is not str or not actor:
            raise FormatError("a context names its actors by text")
        if type(spans) is int:
            spans = [[1, spans]]
        if not isinstance(spans, (list, tuple)) or not spans:
            raise FormatError(f"the context of {actor!r} is a number or a list of ranges")
        for span in spans:
            if not isinstance(span, (list, tuple)) or len(span) != 2 or any(type(end) is not int for end in span):
                raise FormatError(f"a range of {actor!r} is two integers, not {span!r}")
            if not 1 <= span[0] <= span[1] < _MOST:
                raise FormatError(f"the range {span!r} of {actor!r} is no range of sequence numbers")
            seen.setdefault(actor, []).append((span[0], span[1]))
    return seen


def checked_entries(data: Any, keys: tuple[str, ...]) -> tuple[list[tuple[str, ...]], list[str], Any]:
    """Entries as tuples in the order of `keys`, tombstones, and the context of a wire form; FormatError otherwise."""
    if not isinstance(data, Mapping):
        raise FormatError(f"a state is an object, not {type(data).__name__}")
    entries, tombstones = data.get("entries"), data.get("tombstones", [])
    if not isinstance(entries, (list, tuple)) or not isinstance(tombstones, (list, tuple)):
        raise FormatError("a state has a list of entries and a list of tombstones")
    rows = []
    for entry in entries:
        if not isinstance(entry, Mapping) or any(type(entry.get(key)) is not str for key in keys) or not entry["token"]:
            raise FormatError(f"an entry has {', '.join(keys)}, all text")
        rows.append(tuple(entry[key] for key in keys))
    return rows, list(tombstones), data.get("context")
