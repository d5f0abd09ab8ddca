"""Scores in a musician's words: what changed in a measure and in a score, and the listing that `git diff` shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from muse.core.types import plural
from muse.core.xml_tree import Node
from muse.plugins.score.events import Event, events
from muse.plugins.score.outline import Score
from muse.plugins.score.spelling import quoted
from muse.plugins.score.values import printable

_MOST = 6  # changes of one measure told one by one
_FEW = 2  # measures of a score told so in a summary
_RUNS = 3  # stretches of neighbouring measures of a part that are told each by itself


class Change(NamedTuple):
    """One thing of a measure before and after; None where it is new or gone."""

    old: Event | None
    new: Event | None

    def told(self) -> str:
        """`G4 1/8 -> B♭4 1/8 at beat 3`."""
        if (
            self.old is not None
            and self.new is not None
            and self.old.what == self.new.what
            and self.old.where != self.new.where
        ):
            return f"{self.new.what} moved from {self.old.where} to {self.new.where}".replace("at beat", "beat")
        if self.old is not None and self.new is not None:
            return _at(f"{self.old.what} -> {self.new.what}", self.new)
        event = self.old or self.new
        assert event is not None
        return _at(f"{'added' if self.old is None else 'removed'} {event.what}", event)


def _at(text: str, event: Event) -> str:
    return printable(f"{text} {event.where}".rstrip())


class Measure(NamedTuple):
    """A changed measure of a part: the part's name, the bar's number and what changed."""

    part: str
    bar: int
    changes: list[Change]


def compared(old: tuple[Score, Node], new: tuple[Score, Node]) -> list[Change]:
    """What changed from one measure to another, each with the score it is of: things of one place and kind in pairs."""
    was, now = events(*old), events(*new)
    gone, come = Counter(was) - Counter(now), Counter(now) - Counter(was)
    found = _paired(gone, come, [*was, *now])
    if any(change.old is None or change.new is None for change in found):
        moved = _moved(list(gone.elements()), list(come.elements()))
        gone -= Counter(change.old for change in moved if change.old is not None)
        come -= Counter(change.new for change in moved if change.new is not None)
        found = moved + _paired(gone, come, [*was, *now])
    return _replaced(found)


def _paired(gone: Counter[Event], come: Counter[Event], order: list[Event]) -> list[Change]:
    """What is gone and what came at one place, kind by kind."""
    found: list[Change] = []
    for place in dict.fromkeys((event.where, event.kind) for event in order):
        left, right = ([e for e in some.elements() if (e.where, e.kind) == place] for some in (gone, come))
        both = min(len(left), len(right))
        found += [Change(x, y) for x, y in zip(left, right)]
        found += [Change(event, None) for event in left[both:]] + [Change(None, event) for event in right[both:]]
    return found


def _moved(gone: list[Event], come: list[Event]) -> list[Change]:
    """What is gone at one place and came at another one of its voice in the same words."""
    left: dict[tuple[str, str], list[Event]] = {}
    for event in gone:
        if event.where:
            left.setdefault((event.what, event.where.partition(",")[2]), []).append(event)
    found = []
    for event in come:
        same = left.get((event.what, event.where.partition(",")[2]))
        if same and event.where:
            found.append(Change(same.pop(0), event))
    return found


def _replaced(changes: list[Change]) -> list[Change]:
    """A note gone where a rest came, or the other way round, is one change."""
    found: list[Change] = []
    for change in changes:
        partner = next((i for i, other in enumerate(found) if _swapped(other, change)), None)
        if partner is None:
            found.append(change)
        else:
            other = found[partner]
            found[partner] = Change(other.old or change.old, other.new or change.new)
    return found


def _swapped(one: Change, other: Change) -> bool:
    lone = [change.old or change.new for change in (one, other) if (change.old is None) != (change.new is None)]
    if len(lone) < 2 or (one.old is None) == (other.old is None):
        return False
    kinds, places = ({event[n] for event in lone if event is not None} for n in (0, 1))
    return kinds == {"note", "rest"} and len(places) == 1


def changes(old: tuple[Score, Node], new: tuple[Score, Node]) -> str:
    """`C5 1/4 -> D5 1/4 at beat 2; added mf at beat 1`; counted where that is more than a few."""
    found = compared(old, new)
    if not found:
        return f"same notes, written differently{_written(old[1], new[1])}" if old[1].raw != new[1].raw else "unchanged"
    return "; ".join(change.told() for change in found) if len(found) <= _MOST else _counted(found)


def _written(old: Node, new: Node) -> str:
    """` (stem, veloOffset)`: the elements that are not what they were, or nothing where only blanks are others."""
    was, now = (Counter((at, leaf.raw) for at, leaf in cell.leaves()) for cell in (old, new))
    names = dict.fromkeys(at.rpartition("/")[2] for at, _ in [*(was - now), *(now - was)])
    more = ", ..." if len(names) > _FEW else ""
    return f" ({', '.join([*names][:_FEW])}{more})" if names else ""


def summary(measures: list[Measure]) -> str:
    """Changed measures in one line: a few in full, more as `Flute bars 5-8: transposed +12 (10 notes)`."""
    if len(measures) <= _FEW and all(0 < len(measure.changes) <= _FEW for measure in measures):
        return ", ".join(f"{m.part} bar {m.bar}: {'; '.join(c.told() for c in m.changes)}" for m in measures)
    found = []
    for part, of_part in groupby(measures, key=lambda measure: measure.part):
        some = sorted(of_part, key=lambda measure: measure.bar)
        runs = _neighbours(some)
        told = [_of_run(run) for run in (runs if len(runs) <= _RUNS else [some])]
        found.append(f"{part} {'; '.join(told)}")
    return ", ".join(found)


def _neighbours(measures: list[Measure]) -> list[list[Measure]]:
    """Stretches of measures of which each is the next one."""
    runs: list[list[Measure]] = []
    for measure in measures:
        if runs and measure.bar <= runs[-1][-1].bar + 1:
            runs[-1].append(measure)
        else:
            runs.append([measure])
    return runs


def _of_run(run: list[Measure]) -> str:
    first, last = run[0].bar, run[-1].bar
    where = f"bar {first}" if first == last else f"bars {first}-{last}"
    return f"{where}: {_counted([change for measure in run for change in measure.changes])}"


def _counted(found: list[Change]) -> str:
    if not found:
        return "written differently"
    steps = {step for change in found for step in _steps(change)}
    if len(steps) == 1 and None not in steps:
        notes = sum(len(change.new.pitches) for change in found if change.new is not None)
        return f"transposed {next(iter(steps)):+d} ({plural(notes, 'note')})"
    counts: Counter[tuple[str, str]] = Counter()
    for change in found:
        event = change.new or change.old
        assert event is not None
        verb = "changed" if change.old and change.new else "added" if change.new else "removed"
        many = max(1, len(event.pitches)) if event.kind == "note" else 1
        counts[event.kind, verb] += many
    return ", ".join(f"{plural(number, kind)} {verb}" for (kind, verb), number in counts.items())


def _steps(change: Change) -> Iterator[int | None]:
    """By how much the notes of a change were moved; None for a change that is another one."""
    old, new = change.old, change.new
    if old is None or new is None or not old.pitches or len(old.pitches) != len(new.pitches) or old.rest != new.rest:
        yield None
        return
    yield from (y - x for x, y in zip(old.pitches, new.pitches))


def header_changes(old: Score, new: Score) -> list[str]:
    """`title "A" -> "B"` for every text around the measures that changed."""
    was, now = _texts(old), _texts(new)
    found = []
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            left, right = (quoted(some[name]) if some.get(name) else "nothing" for some in (was, now))
            found.append(f"{name} {left} -> {right}")
    return found


def _texts(score: Score) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, leaf in _header(score):
        found[name] = f"{found[name]} / {leaf.text}" if name in found else leaf.text
    for part in score.parts:
        found[f"name of part {part.id}"] = part.name
    frames = [column.cells[0] for column in score.columns if column.is_frame]
    for number, frame in enumerate(frames, 1):
        found[f"frame {number}"] = "" if frame is None else " / ".join(_frame_texts(frame))
    return found


def _frame_texts(frame: Node) -> list[str]:
    return [leaf.text for _, leaf in frame.leaves() if leaf.text and leaf.tag in ("text", "b", "i", "u")]


def listing(score: Score) -> str:
    """The score as lines: header, then each part measure by measure."""
    lines = [f"{name}: {text}" for name, text in ((name, leaf.text) for name, leaf in _header(score)) if text]
    for at, part in enumerate(score.parts):
        lines.append(f"part {part.name}")
        for column in score.columns:
            cell = column.cells[at]
            if cell is None or not (column.bar or column.is_frame):
                continue
            if not column.bar:
                texts = _frame_texts(cell)
                lines.append(f"  frame: {' / '.join(texts)}")
                continue
            lines.append(f"  bar {column.bar}")
            lines += [f"    {event.what} {event.where}".rstrip() for event in events(score, cell)]
    return "\n".join(map(printable, lines)) + "\n"


_NAMES = {"workTitle": "title", "movementTitle": "movement title", "workNumber": "work number"}
_STAMPED = ("creationDate", "platform", "mscVersion")


def _header(score: Score) -> Iterator[tuple[str, Node]]:
    top = score.root if not score.muse_score else score.root.child("Score")
    for child in getattr(top, "children", []):
        if child.tag in ("work", "identification", "movement-title", "movement-number", "credit"):
            for _, leaf in child.leaves():
                if leaf.tag not in ("software", "encoding-date", "supports"):
                    name = leaf.get("type") or leaf.tag.replace("work-title", "title").replace("-", " ")
                    yield name, leaf
        elif child.tag == "metaTag" and child.get("name") not in _STAMPED:
            yield _NAMES.get(child.get("name"), child.get("name")), child
