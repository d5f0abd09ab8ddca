"""RGA beside other people's text CRDTs: the same edits in Loro and pycrdt, merged in random orders.

In Fugue mode our text is Loro's, letter for letter, whoever typed where: its order is Fugue's too, and ids can be made
that settle ties as Loro does (the smaller peer first). In classic mode there is one right text where nobody typed at
the place of somebody else, and it must be equal to theirs. Where people typed at one place at once every CRDT has its
own order: then the replicas must agree among themselves, the same letters must have survived as in the other CRDT, and
every run that was typed in one go must still read in that order. Every letter is unique, so an edit names letters.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from muse.core.crdts import RGA

CASES = int(os.environ.get("MUSE_ORACLE_CASES", "60"))
PEOPLE = 3


class Ours:
    """One replica; letters are the ids' values."""

    def __init__(self, who: int) -> None:
        self.who, self.clock, self.text = who, 0, RGA()
        self.ids: dict[str, str] = {}

    def insert(self, at: int, run: str) -> None:
        after = self.text.visible_ids()[at - 1] if at else None
        for letter in run:
            self.clock += 1
            new = f"{self.clock}@{'abc'[self.who]}"
            self.text = self.text.insert(after, letter, element_id=new)
            after = new

    def delete(self, at: int) -> None:
        self.text = self.text.delete(self.text.visible_ids()[at])

    def take(self, other: Ours) -> None:
        self.text = self.text.join(other.text)
        self.clock = max(self.clock, other.clock)

    def read(self) -> str:
        return "".join(self.text.to_sequence())


class Fugue(Ours):
    """One replica in Fugue mode, with ids that tie as Loro's do."""

    def __init__(self, who: int) -> None:
        super().__init__(who)
        self.text = RGA(mode="fugue")

    def insert(self, at: int, run: str) -> None:
        after = self.text.visible_ids()[at - 1] if at else None
        for letter in run:
            self.clock += 1
            new = f"{PEOPLE - self.who}.{self.clock}@a"  # larger ids come first
            self.text = self.text.insert(after, letter, element_id=new)
            after = new


class Loro:
    """A replica of Loro's text, a commit per edit."""

    def __init__(self, who: int) -> None:
        from loro import LoroDoc

        self.doc = LoroDoc()
        self.doc.peer_id = who + 1
        self.text = self.doc.get_text("t")

    def insert(self, at: int, run: str) -> None:
        self.text.insert(at, run)
        self.doc.commit()

    def delete(self, at: int) -> None:
        self.text.delete(at, 1)
        self.doc.commit()

    def take(self, other: Loro) -> None:
        from loro import ExportMode

        self.doc.import_(other.doc.export(ExportMode.Updates(self.doc.oplog_vv)))

    def read(self) -> str:
        return str(self.text.to_string())


class Pycrdt:
    """A replica of pycrdt's (Yjs') text, a transaction per edit."""

    def __init__(self, who: int) -> None:
        from pycrdt import Doc, Text

        self.doc: Any = Doc(client_id=who + 1)
        self.text = self.doc.get("t", type=Text)

    def insert(self, at: int, run: str) -> None:
        self.text.insert(len(str(self.text)[:at].encode()), run)

    def delete(self, at: int) -> None:
        text = str(self.text)
        start = len(text[:at].encode())
        del self.text[start : start + len(text[at].encode())]

    def take(self, other: Pycrdt) -> None:
        self.doc.apply_update(other.doc.get_update(self.doc.get_state()))

    def read(self) -> str:
        return str(self.text)


def edit(rng: random.Random, sides: tuple[Any, Any], letters: Any, low: str, high: str) -> list[str]:
    """A few edits of one person in both CRDTs, all between two letters of the text; the runs that were typed."""
    runs = []
    for _ in range(rng.randint(1, 3)):
        places = []
        for side in sides:
            text = side.read()
            first, last = text.index(low) + 1 if low else 0, text.index(high) if high else len(text)
            places.append((text, first, last))
        inner = {text[first:last] for text, first, last in places}
        (text, first, last), chosen = places[0], rng.random()
        if len(inner) == 1 and first < last and chosen < 0.35:
            victim = rng.choice(text[first:last])
            for side in sides:
                side.delete(side.read().index(victim))
            continue
        run = "".join(next(letters) for _ in range(rng.randint(1, 4)))
        anchor = rng.choice(["", *text[first:last]])
        for side, (seen, start, _) in zip(sides, places):
            side.insert(seen.index(anchor) + 1 if anchor else start, run)
        runs.append(run)
    return runs


def exchange(rng: random.Random, people: list[Any]) -> None:
    """Everybody gets everything, in an order of its own, some of it twice."""
    pairs = [(a, b) for a in range(PEOPLE) for b in range(PEOPLE) if a != b]
    rng.shuffle(pairs)
    for a, b in [*pairs, *pairs]:
        people[a].take(people[b])


@pytest.mark.parametrize("peer", [Loro, Pycrdt], ids=["loro", "pycrdt"])
@pytest.mark.parametrize("places", ["apart", "together"])
def test_our_text_and_theirs(peer: Any, places: str) -> None:
    module = peer.__name__.lower()
    pytest.importorskip(module, reason=f"{module} has no wheel here, so there is nothing to compare with")
    for case in range(CASES):
        rng = random.Random(f"{places} {case}")
        letters = iter(chr(code) for code in range(0x4E00, 0x9000))
        ours, theirs = [Ours(who) for who in range(PEOPLE)], [peer(who) for who in range(PEOPLE)]
        start = "".join(next(letters) for _ in range(PEOPLE + 1))
        ours[0].insert(0, start)
        theirs[0].insert(0, start)
        exchange(rng, ours)
        exchange(rng, theirs)
        for _ in range(4):
            runs: list[str] = []
            for who in range(PEOPLE):
                low, high = (start[who], start[who + 1]) if places == "apart" else ("", "")
                runs += edit(rng, (ours[who], theirs[who]), letters, low, high)
            exchange(rng, ours)
            exchange(rng, theirs)
            mine, other = {one.read() for one in ours}, {one.read() for one in theirs}
            assert len(mine) == len(other) == 1, "replicas differ"
            text, wanted = mine.pop(), other.pop()
            assert sorted(text) == sorted(wanted), "other letters survived"
            if places == "apart":
                assert text == wanted
            else:
                break  # from here on positions in the two texts mean different places
        for run in runs:
            left = [text.index(letter) for letter in run if letter in text]
            assert left == sorted(left), "a run reads in another order"


def _type_or_delete(rng: random.Random, pair: tuple[Fugue, Loro], letters: Iterator[str]) -> None:
    """One edit of a person's text in both: a letter gone, or a run typed at once or letter by letter backwards."""
    text = pair[0].read()
    at = rng.randint(0, len(text))
    if rng.random() < 0.3 and at < len(text):
        for one in pair:
            one.delete(at)
        return
    run = "".join(next(letters) for _ in range(rng.randint(1, 4)))
    for step in [run] if rng.random() < 0.5 else [*run]:
        for one in pair:
            one.insert(at, step)


def test_in_fugue_mode_our_text_is_loros() -> None:
    """Runs typed forwards and backwards, deletions, and exchanges between any two at any time."""
    pytest.importorskip("loro", reason="loro has no wheel here, so there is nothing to compare with")
    for case in range(CASES):
        rng = random.Random(f"fugue {case}")
        letters = iter(chr(code) for code in range(0x4E00, 0x9000))
        people = [(Fugue(who), Loro(who)) for who in range(PEOPLE)]
        for _ in range(6):
            for pair in people:
                for _ in range(rng.randint(1, 3)):
                    _type_or_delete(rng, pair, letters)
            for _ in range(rng.randint(0, 3)):
                to, of = rng.sample(range(PEOPLE), 2)
                for ours_or_theirs in (0, 1):
                    people[to][ours_or_theirs].take(people[of][ours_or_theirs])  # type: ignore[arg-type]
            for ours, theirs in people:
                assert ours.read() == theirs.read(), f"case {case}"
