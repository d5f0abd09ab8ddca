"""The bar map of one version: which of the base's bars it has, where, and which of that is sure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from muse.plugins.midi.bars.chain import GAP, SMALL_GAP, Link, best_chain
from muse.plugins.midi.bars.edges import with_edges
from muse.plugins.midi.bars.evidence import Evidence, Grids, Voice
from muse.plugins.midi.bars.one_move import one_move
from muse.plugins.midi.bars.timeline import ENDLESS, IDENTITY, NEW, BarMap, Range, Span, joined
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Song, Track

_MOST_BARS = 50_000  # with notes in them: no song has as many
_SURE = 0.35  # share of a bar's worth by which its place must beat every other one
_HAS = 0.6  # share of a stretch that a voice has to have where the map puts it
_MOVED = 0.8  # share of a stretch that must stand elsewhere before it was moved or copied
_MUCH = 2.0  # worth that must be lost in the base's own order before one move is believed

_THIN = "too little tells where the bars went"


class Stretch(NamedTuple):
    """Bars of the base with one shift: first and last place among the bars with notes, ticks, shift."""

    first: int
    last: int
    start: int
    stop: int
    shift: int


def find(pairs: Sequence[tuple[Track, Track]], side: Song, times: TimeMap) -> BarMap:
    """What `side` did to the bars of the base; `pairs`: each base track with the one of the side that it is."""
    evidence = Evidence(pairs, times)
    if not 0 < len(evidence.bars) <= _MOST_BARS:
        return IDENTITY
    scores = [[evidence.score(bar.number, shift) for shift in evidence.shifts] for bar in evidence.bars]
    chain = best_chain(evidence.bars, evidence.shifts, scores)
    grids = (times, time_map(side))
    more = evidence.shifts_of_lost_bars(_placed(evidence, scores, chain), grids)
    if more:
        evidence.shifts += more
        for bar, row in zip(evidence.bars, scores):
            row += [evidence.score(bar.number, shift) for shift in more]
    found = _mapped(evidence, scores, grids)
    if found.is_identity:
        return _or_inside(evidence, scores, times) or found
    return with_edges(found, evidence, times)


def _or_inside(evidence: Evidence, scores: list[list[float]], times: TimeMap) -> BarMap | None:
    """Bars were added or dropped at the end, as it seems; but where the end repeats itself they may as well have been
    inserted or cut before bars that are alike. Those are in doubt then, and this is the map that says so."""
    shift = evidence.longer
    if not shift or shift not in evidence.shifts:
        return None
    which, first = evidence.shifts.index(shift), ENDLESS
    for bar, row in zip(reversed(evidence.bars), reversed(scores)):
        worth = sum(voice.worth[bar.number] for voice in evidence.sounding[bar.number])
        there = bar.start + shift
        if there < 0 or times.tick(times.position(there)[0]) != there:
            break
        if row[which] < max(_MOVED * worth, row[0] - _SURE * worth):
            break
        first = bar.start
    if first == ENDLESS:
        return None
    start = first if shift > 0 else first + shift
    line = joined([Span(0, start), Span(NEW, max(shift, 0)), Span(first, ENDLESS - first)])
    return BarMap(line, (Range(start, ENDLESS),))


def _mapped(evidence: Evidence, scores: list[list[float]], grids: Grids) -> BarMap:
    """The map that the best chain gives, in doubt where only another price of jumps, or lost bars, speak for it."""
    chain, other = (best_chain(evidence.bars, evidence.shifts, scores, gap) for gap in (GAP, SMALL_GAP))
    chains = [(chain, other), (other, chain)]
    if not any(link.shift for link in chain + other):
        chains.append((_around_lost_bars(evidence, scores, chain, grids), chain))
    for nth, (one, two) in enumerate(chains):
        if any(link.shift for link in one):
            found = _Finder(evidence, scores, one, two, grids).run()
            return found if found.is_identity else _explained(evidence, scores, grids, found, thin=nth > 0)
    return _explained(evidence, scores, grids, IDENTITY._replace(doubt=_THIN), thin=False)


def _explained(evidence: Evidence, scores: list[list[float]], grids: Grids, found: BarMap, *, thin: bool) -> BarMap:
    """The map, or a single move of bars that says all of it; `thin`: other maps are about as good."""
    single = one_move(evidence, grids, found.spans)
    if single is None:
        if found.is_identity:
            return IDENTITY
        return found._replace(doubt=_THIN) if thin else found
    line, unsure = single
    lost = sum(sum(voice.worth[bar.number] for voice in evidence.sounding[bar.number]) - row[0]
               for bar, row in zip(evidence.bars, scores))  # fmt: skip
    return found._replace(spans=line, unsure=tuple(unsure), doubt=_THIN if lost < _MUCH else found.doubt)


def _around_lost_bars(evidence: Evidence, scores: list[list[float]], chain: list[Link], grids: Grids) -> list[Link]:
    """The best chain where bars that differ in their place, and stand elsewhere as they were, are not kept there."""
    shifts = {link.at: link.shift for link in chain}
    lost, free = evidence.lost_and_free(shifts, grids)
    odd = {at for at in lost if at in shifts and free.get(evidence.content(at))}
    if not odd:
        return chain
    without = [
        [0.0 if at in odd and shift == shifts[at] else score for shift, score in zip(evidence.shifts, row)]
        for at, row in enumerate(scores)
    ]  # fmt: skip
    return best_chain(evidence.bars, evidence.shifts, without)


def _placed(evidence: Evidence, scores: list[list[float]], chain: list[Link]) -> dict[int, int]:
    """Place and shift of the bars that are in the side nearly as they were."""
    found = {}
    for link in chain:
        number = evidence.bars[link.at].number
        worth = sum(evidence.worth(voice, number) for voice in evidence.voices)
        if scores[link.at][evidence.shifts.index(link.shift)] >= _MOVED * worth:
            found[link.at] = link.shift
    return found


class Vote(NamedTuple):
    """How many voices sound in a stretch, have it where the map puts it, have it as before, or anywhere else."""

    sounding: int
    moving: int
    staying: int
    elsewhere: int


class _Finder:
    def __init__(
        self, evidence: Evidence, scores: list[list[float]], chain: list[Link], other: list[Link], grids: Grids
    ) -> None:
        self.evidence = evidence
        self.grids = grids
        self.bars = evidence.bars
        self.scores = scores
        self.chain = chain
        self.other = {link.at: link.shift for link in other}  # what a chain with another price says
        self.unsure: list[Range] = []
        self.copied: list[tuple[Range, int]] = []

    def run(self) -> BarMap:
        stretches = self._stretches()
        before = [0, *(stretch.shift for stretch in stretches)]
        votes = [self._vote(s, shift) if s.shift != shift else None for s, shift in zip(stretches, before)]
        if all(vote is None or vote.staying >= vote.moving for vote in votes):
            return IDENTITY  # single tracks were delayed, or nothing speaks for the map
        doubt = self._doubt(votes)
        self._weak_links()
        self._alike(stretches)
        self._better_elsewhere()
        spans = self._spans(stretches)
        return BarMap(spans, tuple(sorted(set(self.unsure))), doubt, tuple(self.copied))

    def _stretches(self) -> list[Stretch]:
        out: list[Stretch] = []
        for link in self.chain:
            bar = self.bars[link.at]
            if out and out[-1].shift == link.shift:
                out[-1] = out[-1]._replace(last=link.at, stop=bar.stop)
            else:
                out.append(Stretch(link.at, link.at, bar.start, bar.stop, link.shift))
        return out

    def _weak_links(self) -> None:
        """Bars that could as well be elsewhere."""
        worth = self._worth
        for link in self.chain:
            if link.margin < _SURE * worth(link.at) or self.other.get(link.at, link.shift) != link.shift:
                self._doubtful(link.at)

    def _alike(self, stretches: list[Stretch]) -> None:
        """Where bars were moved, nobody can tell which of several equal ones went where: all of them are doubtful."""
        shifts = [0, *(stretch.shift for stretch in stretches)]
        if sorted(shifts) in (shifts, shifts[::-1]):
            return
        where = {link.at: link.shift for link in self.chain}
        same: dict[object, list[int]] = {}
        for at in range(len(self.bars)):
            same.setdefault(self.evidence.content(at), []).append(at)
        for twins in same.values():
            if len({where.get(at) for at in twins}) > 1:
                for at in twins:
                    self._doubtful(at)

    def _better_elsewhere(self) -> None:
        """Bars that differ where the map puts them while nobody claims an equal bar of the version."""
        found = {link.at: link.shift for link in self.chain}
        lost, free = self.evidence.lost_and_free(found, self.grids)
        for at in lost:
            if at in found and free.get(self.evidence.content(at)):
                self._doubtful(at)

    def _worth(self, at: int) -> float:
        number = self.bars[at].number
        return sum(self.evidence.worth(voice, number) for voice in self.evidence.voices if number in voice.bars)

    def _doubtful(self, at: int) -> None:
        self.unsure.append(Range(self.bars[at].start, self.bars[at].stop))

    # What the map says ----------------------------------------------------------------------------------------------

    def _spans(self, stretches: list[Stretch]) -> tuple[Span, ...]:
        """The line of the version, from the stretches that keep the base's order and what was moved out of it."""
        rows: list[tuple[int, Span]] = []  # where in the version, and what
        at = 0  # in the base: what is before it is placed or cut
        shift = 0
        for n, stretch in enumerate(stretches):
            free = stretch.start - at
            step = stretch.shift - shift
            cut = max(0, -step)
            if step and free > cut:  # these bars may lie on either side of what was put in or taken out
                self.unsure.append(Range(at, stretch.start))
            rows.append((at + shift, Span(at, free - cut)))
            if cut:
                self._slide(stretches, n)
                rows += self._moved(Range(stretch.start - cut, stretch.start), stretches)
            at, shift = stretch.start, stretch.shift
            if n + 1 < len(stretches):
                rows.append((at + shift, Span(at, stretch.stop - at)))
                at = stretch.stop
        rows.append((at + shift, Span(at, ENDLESS - at)))
        return _tiled(rows)

    def _slide(self, stretches: list[Stretch], n: int) -> None:
        """Doubt bars around a cut that might lie a little earlier or later just as well."""
        shifts = self.evidence.shifts
        if n == 0:
            return
        before, after = shifts.index(stretches[n - 1].shift), shifts.index(stretches[n].shift)
        cut = list(range(stretches[n - 1].last + 1, stretches[n].first))
        if not cut:
            return
        for step in (-1, 1):
            lost = 0.0
            one = stretches[n - 1].last if step < 0 else cut[0]
            two = cut[-1] if step < 0 else stretches[n].first
            while 0 <= one < len(self.bars) and 0 <= two < len(self.bars):
                kept, other = (one, two) if step < 0 else (two, one)
                now = self.scores[kept][before if step < 0 else after]
                then = self.scores[other][after if step < 0 else before]
                lost += now - then
                if lost >= _SURE * self._worth(kept) or not now:
                    break
                self._doubtful(kept)
                self._doubtful(other)
                one, two = one + step, two + step

    def _moved(self, cut: Range, stretches: list[Stretch]) -> list[tuple[int, Span]]:
        """The bars of a cut that stand elsewhere in the version, where nothing else of the base is."""
        found = []
        taken = [(s.start + s.shift, s.stop + s.shift) for s in stretches]
        inside = [at for at, bar in enumerate(self.bars) if cut.start <= bar.start < cut.stop]
        for which, shift in enumerate(self.evidence.shifts):
            runs: list[list[int]] = []
            for at in inside:
                bar = self.bars[at]
                free = all(bar.stop + shift <= a or bar.start + shift >= b for a, b in taken) and bar.start + shift >= 0
                if free and self.scores[at][which] >= _MOVED * self._worth(at):
                    if runs and runs[-1][-1] == at - 1:
                        runs[-1].append(at)
                    else:
                        runs.append([at])
            found += [(self.bars[run[0]].start, self.bars[run[-1]].stop, shift) for run in runs]
        found.sort(key=lambda entry: (entry[0] - entry[1], entry))
        out: list[tuple[int, Span]] = []
        used: list[tuple[int, int]] = []
        for start, stop, shift in found:
            if all(stop <= a or start >= b for a, b in used):
                used.append((start, stop))
                out.append((start + shift, Span(start, stop - start)))
        return out

    # What it rests on -----------------------------------------------------------------------------------------------

    def _doubt(self, votes: list[Vote | None]) -> str:
        """Why the map is in question, "" when the voices agree on it."""
        why = ""
        for vote in votes:
            if vote is None:
                continue
            if vote.staying or vote.elsewhere:
                return "some tracks did not move with the others"
            if vote.moving < min(2, vote.sounding) or not vote.moving:
                why = _THIN
        return why

    def _vote(self, stretch: Stretch, before: int) -> Vote:
        """What the voices that sound in a stretch say about its shift, as against the one `before` it."""
        sounding = moving = staying = elsewhere = 0
        for voice in self.evidence.voices:
            numbers = [self.bars[at].number for at in range(stretch.first, stretch.last + 1)]
            numbers = [number for number in numbers if number in voice.bars]
            if not numbers:
                continue
            sounding += 1
            here = self._has(voice, numbers, stretch.shift)
            there = self._has(voice, numbers, before)
            if here >= _HAS and here > there + 0.15:
                moving += 1
            elif here < _HAS / 2 and there >= _MOVED:
                staying += 1
            elif here < _HAS / 2 and max(self._has(voice, numbers, s) for s in self.evidence.shifts) >= _MOVED:
                elsewhere += 1
        return Vote(sounding, moving, staying, elsewhere)

    def _has(self, voice: Voice, numbers: list[int], shift: int) -> float:
        worth = [self.evidence.worth(voice, number) for number in numbers]
        found = sum(w * self.evidence.share(voice, number, shift) for w, number in zip(worth, numbers))
        return found / (sum(worth) or 1.0)


def _tiled(rows: list[tuple[int, Span]]) -> tuple[Span, ...]:
    """Spans in the order of the version, with what nobody knows from the base between them.

    The base's end goes on behind what stands in its place: bars moved there are followed by the rest of it.
    """
    out: list[Span] = []
    now = 0
    rest: Span | None = None
    ordered = sorted(row for row in rows if row[1].length > 0)
    for (at, span), after in zip(ordered, [*(row[0] for row in ordered[1:]), ENDLESS]):
        if at > now:
            out.append(Span(NEW, at - now))
        if span.source + span.length >= ENDLESS and after < ENDLESS:
            length = after - at
            rest = Span(span.source + length, ENDLESS - span.source - length)
            span = Span(span.source, length)
        out.append(span)
        now = at + span.length
    return joined([*out, rest] if rest is not None else out)
