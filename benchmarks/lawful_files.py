"""Merges of real files whose right answer is known because both edits were made here: Muse, Git, mergiraf.

    benchmarks/lawful_files.py FOLDER... [--cases 2000] [--seed N] [--only KIND] [--git] [--mergiraf] [--save FOLDER]

A file is cut into entries by its lines alone: definitions between blank lines, keys and elements by their depth,
sections by their heading, lists of lines that look alike. No parser is used and nothing of Muse. One side then moves,
renames, copies, deletes, extracts or adds entries, the other edits some; both done to the list is the answer. A clean
merge is right when it is that list: each entry whole and once, those that nobody moved in their order, and the rest of
the file around. Where both sides bind one name or number there is no clean answer.
Prints right, conflict and wrong per kind and tool, and exits 1 when Muse was clean and wrong.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from file_cuts import (
    CLOSERS,
    COMMENT,
    DEFINITIONS,
    KEYS,
    LINES,
    SECTIONS,
    Cut,
    Unit,
    balanced,
    cuts,
    depth,
    says,
    valid,
    written,
)
from lawful_merges import _command, muse

_WORD = re.compile(r"(?<![\w$\\%&@:-])[a-z]{4,}(?![\w$:({-])")
_KEYWORD = re.compile(
    r"(?:return|else|elif|while|function|class|const|static|public|private|protected|final|"
    r"void|true|false|null|none|self|this|import|from|with|case|break|continue|throw|"
    r"throws|raise|default|async|await|yield|unless|begin|rescue|ensure|then|struct|enum|"
    r"type|interface|extends|implements|switch|catch|finally|lambda|pass|print|echo|match|"
    r"where|impl|trait|super|bool|string|char|long|short|float|double|array|object|"
    r"inline|extern|unsigned|signed|sizeof|goto|func|range|define|ifdef|ifndef|endif|undef"
    r"|pragma|defined|defer|instanceof|typeof|require|include|global|nonlocal|assert|del|"
    r"except|elsif|foreach|endforeach|readonly|mixed|never|callable|iterable|undefined|package"
    r"|module|chan|select|fallthrough|crate|move|loop)$"
)


# what the sides do --------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """Base, both sides, the answer (None: only a conflict is right), and the names that keep their order."""

    base: list[Unit]
    ours: list[Unit]
    theirs: list[Unit]
    answer: list[Unit] | None
    kept: list[str]


class NoCaseError(Exception):
    """The entries do not give what an edit needs; internal."""


def fresh(name: str, rng: random.Random) -> str:
    """A name nobody has."""
    return f"{name}{rng.choice(['Zq', 'Vx', 'Kw'])}"


def _spots(unit: Unit, *, not_name: bool = True) -> list[tuple[int, re.Match[str]]]:
    spots = []
    first = next((at for at, row in enumerate(unit.lines) if unit.name in row and not COMMENT.match(row)), 0)
    for at, row in enumerate(unit.lines):
        if at <= first and len(unit.lines) > 1:
            continue
        for match in _WORD.finditer(row):
            if not _KEYWORD.match(match[0]) and match[0] not in unit.name and (not not_name or unit.name not in row):
                spots.append((at, match))
    return spots


def edit(unit: Unit, rng: random.Random) -> tuple[int, str]:
    """The number of a line and what it becomes: one word of it is another."""
    spots = _spots(unit) or _spots(unit, not_name=False)
    if not spots:
        raise NoCaseError
    at, match = rng.choice(spots)
    row = unit.lines[at]
    return at, row[: match.start()] + fresh(match[0], rng) + row[match.end() :]


def edited(unit: Unit, change: tuple[int, str]) -> Unit:
    """The entry with a line changed."""
    at, row = change
    return unit._replace(lines=(*unit.lines[:at], row, *unit.lines[at + 1 :]))


def renamed(unit: Unit, name: str) -> Unit:
    """The entry under another name, wherever it names itself."""
    pattern = re.compile(rf"(?<![\w$]){re.escape(unit.name)}(?![\w$])")
    lines = tuple(pattern.sub(lambda _: name, row) for row in unit.lines)
    if lines == unit.lines:
        raise NoCaseError
    return Unit(name, lines)


def _swap(units: Sequence[Unit], old: str, *new: Unit) -> list[Unit]:
    return [made for one in units for made in (new if one.name == old else [one])]


def _names(units: Sequence[Unit], *but: str) -> list[str]:
    return [unit.name for unit in units if unit.name not in but]


def reorder(base: list[Unit], rng: random.Random) -> Case:
    """One side moves an entry or shuffles all, the other edits one or two."""
    ours = base[:]
    moved = set()
    if rng.random() < 0.7:
        at = rng.randrange(len(ours))
        one = ours.pop(at)
        ours.insert(rng.choice([to for to in range(len(ours) + 1) if to != at]), one)
        moved = {one.name}
    else:
        rng.shuffle(ours)
        moved = {unit.name for unit in base}
    if ours == base:
        raise NoCaseError
    theirs, answer = base[:], ours[:]
    for one in rng.sample(base, rng.randint(1, 2)):
        new = edited(one, edit(one, rng))
        theirs, answer = _swap(theirs, one.name, new), _swap(answer, one.name, new)
    return Case(base, ours, theirs, answer, _names(base, *moved))


def rename(base: list[Unit], rng: random.Random) -> Case:
    """One side renames an entry, the other edits it or another one."""
    old, other = rng.choice(base), rng.choice(base)
    made = renamed(old, fresh(old.name, rng))
    at, row = edit(other, rng)
    if other == old and old.lines[at] != made.lines[at]:
        raise NoCaseError
    new = edited(other, (at, row))
    answer = _swap(base, old.name, edited(made, (at, row)) if other == old else made)
    if other != old:
        answer = _swap(answer, other.name, new)
    return Case(base, _swap(base, old.name, made), _swap(base, other.name, new), answer, [unit.name for unit in answer])


def copy(base: list[Unit], rng: random.Random) -> Case:
    """One side puts in a copy of an entry under another name, the other edits the first."""
    old = rng.choice(base)
    made = renamed(old, fresh(old.name, rng))
    new = edited(old, edit(old, rng))
    ours = base[:]
    ours.insert(rng.choice([base.index(old), base.index(old) + 1, rng.randint(0, len(base))]), made)
    return Case(base, ours, _swap(base, old.name, new), _swap(ours, old.name, new), _names(base))


def extract(base: list[Unit], rng: random.Random) -> Case:
    """One side takes lines of an entry out into a new one; the other edits another entry, or one of those lines."""
    old = rng.choice([unit for unit in base if len(unit.lines) >= 7] or [None])
    if old is None:
        raise NoCaseError
    first = next(at for at, row in enumerate(old.lines) if old.name in row)
    inner = range(first + 1, len(old.lines) - 1)
    starts = [
        (low, low + size)
        for low in inner for size in (2, 3, 4) if low + size in inner and balanced(old.lines[low : low + size])
        and len({depth(row) for row in old.lines[low : low + size] if row.strip()}) == 1
        and depth(old.lines[low]) > depth(old.lines[first]) and all(row.strip() for row in old.lines[low : low + size])
    ]  # fmt: skip
    if not starts or not re.search(r"[:{)]$", old.lines[first]):
        raise NoCaseError
    low, high = rng.choice(starts)
    name = fresh(old.name, rng)
    taken = old.lines[low:high]
    call = " " * depth(old.lines[low]) + f"call{name}();"
    closing = old.lines[-1:] if CLOSERS.match(old.lines[-1]) else ()
    made = renamed(Unit(old.name, (old.lines[first], *taken, *closing)), name)
    less = old._replace(lines=(*old.lines[:low], call, *old.lines[high:]))
    ours = _swap(base, old.name, *((made, less) if rng.random() < 0.5 else (less, made)))
    inside = [(at, match) for at, match in _spots(old) if low <= at < high]
    if inside and rng.random() < 0.5:
        at, match = rng.choice(inside)
        row = old.lines[at]
        row = row[: match.start()] + fresh(match[0], rng) + row[match.end() :]
        return Case(base, ours, _swap(base, old.name, edited(old, (at, row))),
                    _swap(ours, name, edited(made, (1 + at - low, row))), _names(base))  # fmt: skip
    other = rng.choice([unit for unit in base if unit != old])
    new = edited(other, edit(other, rng))
    return Case(base, ours, _swap(base, other.name, new), _swap(ours, other.name, new), _names(base))


def deleted(base: list[Unit], rng: random.Random) -> Case:
    """One side deletes an entry, the other edits another one, or that: then only a conflict is right."""
    gone = rng.choice(base)
    other = rng.choice(base)
    new = edited(other, edit(other, rng))
    ours, theirs = [unit for unit in base if unit != gone], _swap(base, other.name, new)
    answer = None if gone == other else [unit for unit in theirs if unit != gone]
    return Case(base, ours, theirs, answer, _names(base))


def twice(base: list[Unit], rng: random.Random) -> Case:
    """Both sides put in an entry of one name that says different things: no clean answer is right."""
    old = rng.choice(base)
    made = renamed(old, fresh(old.name, rng))
    new = edited(made, edit(made, rng))
    ours, theirs = base[:], base[:]
    ours.insert(rng.randint(0, len(base)), made)
    theirs.insert(rng.randint(0, len(base)), new)
    return Case(base, ours, theirs, None, [])


def same(base: list[Unit], rng: random.Random) -> Case:
    """Both sides put in the same entry, at one place or two: it is there once."""
    made = renamed(old := rng.choice(base), fresh(old.name, rng))
    ours, theirs = base[:], base[:]
    ours.insert(rng.randint(0, len(base)), made)
    theirs.insert(rng.randint(0, len(base)), made)
    return Case(base, ours, theirs, [*base, made], _names(base))


def added(base: list[Unit], rng: random.Random) -> Case:
    """Both sides put in an entry of their own, and one edits another."""
    first, second, other = rng.choice(base), rng.choice(base), rng.choice(base)
    one, two = renamed(first, first.name + "Ours"), renamed(second, second.name + "Theirs")
    one = edited(one, edit(one, rng))
    ours, theirs = base[:], base[:]
    ours.insert(rng.randint(0, len(base)), one)
    theirs.insert(rng.randint(0, len(base)), two)
    new = edited(other, edit(other, rng))
    return Case(base, ours, _swap(theirs, other.name, new), [*_swap(base, other.name, new), one, two], _names(base))


def mixed(base: list[Unit], rng: random.Random) -> Case:
    """One side moves, renames, deletes and adds; the other edits some of the rest."""
    ours = base[:]
    touched: set[str] = set()
    moved: set[str] = set()
    for _ in range(rng.randint(2, 3)):
        one = rng.choice(ours)
        what = rng.choice(["move", "rename", "delete", "add"])
        if what == "move":
            ours.remove(one)
            ours.insert(rng.randint(0, len(ours)), one)
            moved.add(one.name)
        elif one.name in touched or one not in base:
            continue
        elif what == "rename":
            ours = _swap(ours, one.name, renamed(one, fresh(one.name, rng)))
            touched.add(one.name)
        elif what == "delete" and len(ours) > 2:
            ours.remove(one)
            touched.add(one.name)
        else:
            ours.insert(rng.randint(0, len(ours)), renamed(one, one.name + "New"))
    theirs, answer = base[:], ours[:]
    rest = [unit for unit in base if unit.name not in touched and unit in ours]
    if ours == base or not rest:
        raise NoCaseError
    for one in rng.sample(rest, min(len(rest), rng.randint(1, 3))):
        new = edited(one, edit(one, rng))
        theirs, answer = _swap(theirs, one.name, new), _swap(answer, one.name, new)
    return Case(base, ours, theirs, answer, [name for name in _names(base, *moved) if name in _names(ours)])


KINDS: dict[str, Callable[[list[Unit], random.Random], Case]] = {
    "reorder": reorder, "rename": rename, "copy": copy, "extract": extract, "deleted": deleted, "twice": twice,
    "same": same, "added": added, "mixed": mixed,
}  # fmt: skip
_MAY_REPEAT = {"css": ("twice", "same", "added"), "xml": ("twice", "same")}
_MOST_UNITS = 9


def case_of(path: str, text: str, rng: random.Random, only: str = "") -> tuple[Cut, str, Case] | None:
    """One case over a file; None where the file gives none."""
    found = cuts(path, text)
    by_kind: dict[str, list[Cut]] = {}
    for one in found:
        by_kind.setdefault(one.what, []).append(one)
    if not by_kind:
        return None
    cut = rng.choice(by_kind[rng.choice(sorted(by_kind))])
    kind = only or rng.choice(sorted(KINDS))
    if kind in _MAY_REPEAT.get(path.rsplit(".", 1)[-1], ()):
        return None
    low = rng.randint(0, max(0, len(cut.units) - _MOST_UNITS))
    cut = _narrowed(cut, low, low + _MOST_UNITS)
    try:
        case = KINDS[kind](list(cut.units), rng)
    except NoCaseError:
        return None
    if case.base in (case.ours, case.theirs):
        return None
    return cut, kind, case


def _narrowed(cut: Cut, low: int, high: int) -> Cut:
    """The same with fewer entries, the others as part of what is around."""
    between = list(cut.gap)
    head = list(cut.head)
    for unit in cut.units[:low]:
        head += [*unit.lines, *between]
    tail: list[str] = []
    for unit in cut.units[high:]:
        tail += [*between, *unit.lines]
    return cut._replace(head=tuple(head), units=cut.units[low:high], tail=(*tail, *cut.tail))


def judged(cut: Cut, case: Case, base: str, made: bytes | None) -> str:
    """right, conflict or wrong."""
    if made is None:
        return "conflict"
    text = made.decode("utf-8", "replace")
    if case.answer is None or not says(cut, text, case.answer, case.kept):
        return "wrong"
    if valid(cut.path, base) and valid(cut.path, written(cut, case.answer)) and not valid(cut.path, text):
        return "wrong"
    return "right"


def files_of(folders: Sequence[Path]) -> list[Path]:
    """The files that may be cut, the same ones in every run."""
    known = {*DEFINITIONS, *KEYS, *SECTIONS, *LINES}
    found = [file for folder in folders for file in folder.rglob("*") if file.is_file() and file.suffix[1:] in known]
    return sorted(file for file in found if file.stat().st_size < 60_000)


def main() -> int:
    """Run the cases and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--git", action="store_true")
    parser.add_argument("--mergiraf", action="store_true")
    parser.add_argument("--save", type=Path, help="write what Muse had wrong there")
    given = parser.parse_args()
    tools = _tools(given.git, given.mergiraf)
    by_ending: dict[str, list[Path]] = {}
    for file in files_of(given.folders):
        by_ending.setdefault(file.suffix, []).append(file)
    counts: Counter[tuple[str, str, str, str]] = Counter()
    done = number = 0
    while done < given.cases and number < 60 * given.cases:
        number += 1
        rng = random.Random(f"{given.seed} {number}")
        file = rng.choice(by_ending[rng.choice(sorted(by_ending))])
        text = _text(file)
        found = None if text is None else case_of(file.name, text, rng, given.only)
        if found is None:
            continue
        cut, kind, case = found
        done += 1
        texts = [written(cut, units) for units in case[:3]]
        if rng.random() < 0.5:
            texts[1:] = texts[:0:-1]
        for name, tool in tools.items():
            made = tool("x" + file.suffix, *(text.encode() for text in texts))
            outcome = judged(cut, case, texts[0], made)
            counts[kind, cut.what, name, outcome] += 1
            if outcome == "wrong" and name == "muse":
                print(f"wrong: --seed {given.seed} number {number} {kind} {cut.what} {file}", flush=True)
                if given.save:
                    _save(given.save / f"{given.seed}-{number}-{kind}-{file.name}", file.suffix, texts, made, cut, case)
    _print(counts, list(tools))
    return int(any(count for (_, _, tool, outcome), count in counts.items() if (tool, outcome) == ("muse", "wrong")))


def _tools(git: bool, mergiraf: bool) -> dict[str, Callable[..., bytes | None]]:
    """Who is asked, by name."""
    tools: dict[str, Callable[..., bytes | None]] = {"muse": muse}
    if git:
        tools["git"] = _command("git", "merge-file", "-p")
    if mergiraf and shutil.which("mergiraf"):
        tools["mergiraf"] = _command("mergiraf", "merge")
    return tools


def _text(file: Path) -> str | None:
    """What is in a file; None where it is no plain text, or has conflicts in it."""
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError:
        return None
    return None if "\r" in text or "\n<<<<<<<" in text else text


def _save(folder: Path, suffix: str, texts: list[str], made: bytes | None, cut: Cut, case: Case) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip(("base", "ours", "theirs"), texts, strict=True):
        (folder / (name + suffix)).write_text(text)
    (folder / ("muse" + suffix)).write_bytes(made or b"")
    if case.answer is not None:
        (folder / ("answer" + suffix)).write_text(written(cut, case.answer))


def _print(counts: Counter[tuple[str, str, str, str]], tools: list[str]) -> None:
    for tool in tools:
        rows = {(kind, what) for kind, what, name, _ in counts if name == tool}
        for kind, what in [*sorted(rows), ("all", "")]:
            line = []
            for outcome in ("right", "conflict", "wrong"):
                total = sum(
                    count
                    for key, count in counts.items()
                    if key[2:] == (tool, outcome) and (kind == "all" or key[:2] == (kind, what))
                )
                line.append(f"{outcome} {total:6}")
            print(f"{tool:9} {kind:9} {what:11}", *line)


if __name__ == "__main__":
    sys.exit(main())
