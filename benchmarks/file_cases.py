"""What two sides do to the entries of a real file, and what their merge has to be."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from file_cuts import CLOSERS, COMMENT, Cut, Unit, balanced, cuts, depth, ending_of

_WORD = re.compile(r"(?<![\w$\\%&@:-])[a-z]{4,}(?![\w$:({-])")
_KEYWORD = re.compile(
    r"(?:return|else|elif|while|function|class|const|static|public|private|protected|final|"
    r"void|byte|true|false|null|none|self|this|import|from|with|case|break|continue|throw|"
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
    before: tuple[str, ...] = ()
    """Two lines, the first of which has to stand before the second in a clean merge."""


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


def number(base: list[Unit], rng: random.Random) -> Case:
    """Both sides put in a member of their own under one number, where all numbers were others."""
    found = [(unit, re.search(r"= (\d+)", unit.lines[0])) for unit in base if len(unit.lines) == 1]
    numbers = [int(match[1]) for _, match in found if match]
    if len(numbers) < len(base) or len(set(numbers)) < len(numbers):
        raise NoCaseError
    new = [
        Unit(name, (re.sub(r"= \d+", f"= {max(numbers) + 1}", renamed(base[0], name).lines[0]),))
        for name in (base[0].name + "_OURS", base[0].name + "_THEIRS")
    ]
    ours, theirs = base[:], base[:]
    ours.insert(rng.randint(0, len(base)), new[0])
    theirs.insert(rng.randint(0, len(base)), new[1])
    return Case(base, ours, theirs, None, [])


# by ending: two things that cannot have one name
TWO_KINDS: dict[str, tuple[str, ...]] = {
    "py": ("class K:\n    a = 1\n    b = 2", "def K():\n    return 2", "K = 5"),
    "ts": ("export class K {\n  a = 1;\n}", "export type K = {\n  b: number;\n};", "export enum K {\n  A,\n}"),
    "js": ("function K() {\n  return 1;\n}", "class K {\n  a() {}\n}", "const K = 5;"),
    "go": ("type K struct {\n\tA int\n}", "func K() int {\n\treturn 2\n}", "var K = 5", "const K = 6"),
    "rs": (
        "pub struct K {\n    a: i32,\n}",
        "pub enum K {\n    A,\n}",
        "pub trait K {\n    fn a();\n}",
        "type K = i32;",
    ),
    "java": ("class K {\n    int a;\n}", "interface K {\n    int b();\n}", "enum K {\n    A\n}"),
    "php": ("class K\n{\n    public $a;\n}", "interface K\n{\n    const B = 1;\n}", "trait K\n{\n}"),
    "c": ("static int K(void)\n{\n\treturn 1;\n}", "static int K = 2;", "typedef struct k K;"),
    "rb": ("class K\n  A = 1\nend", "module K\n  B = 1\nend", "K = 5"),
    "cs": ("class K\n{\n    int a;\n}", "interface K\n{\n    int B();\n}", "enum K\n{\n    A\n}"),
    "swift": (
        "class K {\n    let a = 1\n}",
        "struct K {\n    let a = 1\n}",
        "enum K {\n    case a\n}",
        "protocol K {\n    var a: Int { get }\n}",
    ),
    "kt": ("class K {\n    val a = 1\n}", "interface K {\n    val b: Int\n}", "object K {\n    val c = 1\n}"),
}


def two_kinds(ending: str) -> Callable[[list[Unit], random.Random], Case]:
    """Each side puts in a thing of one name, of another kind."""

    def made(base: list[Unit], rng: random.Random) -> Case:
        if ending not in TWO_KINDS or len(base[0].lines) < 3 or (ending != "java" and depth(base[0].lines[0])):
            raise NoCaseError
        indent = " " * depth(base[0].lines[0])
        ours, theirs = base[:], base[:]
        for side, text in zip((ours, theirs), rng.sample(TWO_KINDS[ending], 2), strict=True):
            lines = tuple(indent + row for row in text.replace("K", "KindVx").splitlines())
            side.insert(rng.randint(0, len(base)), Unit("KindVx", lines))
        return Case(base, ours, theirs, None, [])

    return made


# by ending: the first has to stand before the second, for both to be in force
ORDERED = {
    "css": [("  margin: 7px;", "  margin-left: 3px;"), ("  border: 1px solid;", "  border-color: red;"),
            ("  background: none;", "  background-color: red;"), ("  font: inherit;", "  font-size: 3px;"),
            ("  overflow: hidden;", "  overflow-x: auto;"), ("  flex: 1;", "  flex-grow: 2;")],
    "gitignore": [("zq/*", "!zq/keep"), ("*.vx", "!lib.vx"), ("zq", "!zq")],
}  # fmt: skip


def ordered(ending: str) -> Callable[[list[Unit], random.Random], Case]:
    """One side puts in a line that the other side's line, when it stands later, takes back."""

    def made(base: list[Unit], rng: random.Random) -> Case:
        pair = rng.choice(ORDERED.get(ending, [("", "")]))
        words = {re.split(r"[:-]", row.strip())[0] for row in pair}
        if not pair[0] or len(base[0].lines) > 1 or any(word in " ".join(u.lines) for word in words for u in base):
            raise NoCaseError
        ours, theirs = base[:], base[:]
        new = [Unit(row, (row,)) for row in pair]
        ours.insert(rng.randint(0, len(base)), new[0])
        theirs.insert(rng.randint(0, len(base)), new[1])
        return Case(base, ours, theirs, [*base, *new], _names(base), pair)

    return made


KINDS: dict[str, Callable[[list[Unit], random.Random], Case]] = {
    "reorder": reorder, "rename": rename, "copy": copy, "extract": extract, "deleted": deleted, "twice": twice,
    "same": same, "added": added, "mixed": mixed, "number": number,
}  # fmt: skip
BY_ENDING = {"two kinds": two_kinds, "ordered": ordered}
_MAY_REPEAT = {
    "css": ("twice", "same", "added"), "xml": ("twice", "same"), "html": ("twice", "same"),
    "gitignore": ("twice", "same", "rename", "copy"), "gitattributes": ("twice",), "sh": ("twice", "same"),
    "nix": ("number",),
}  # fmt: skip
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
    ending = ending_of(path)
    kind = only or rng.choice(sorted({*KINDS, *BY_ENDING}))
    if kind in _MAY_REPEAT.get(ending, ()) and not (cut.what == "declaration" and kind == "twice"):
        return None
    low = rng.randint(0, max(0, len(cut.units) - _MOST_UNITS))
    cut = _narrowed(cut, low, low + _MOST_UNITS)
    try:
        if ending == "makefile" and kind in ("twice", "same"):  # without a recipe a target may stand twice
            cut = cut._replace(units=tuple(unit for unit in cut.units if any(row[:1] == "\t" for row in unit.lines)))
            if len(cut.units) < 2:
                return None
        if kind == "twice" and any(_REPEATS.match(unit.lines[0]) for unit in cut.units):
            return None
        case = (KINDS.get(kind) or BY_ENDING[kind](ending))(list(cut.units), rng)
        if (
            kind == "twice"
            and ending in _OVERLOADED
            and len({_head(case, side) for side in (case.ours, case.theirs)}) > 1
        ):
            return None  # parameters of another type
    except NoCaseError:
        return None
    if case.base in (case.ours, case.theirs):
        return None
    return cut, kind, case


# Elements of an array of TOML have a name of their own, and a call binds none.
_REPEATS = re.compile(r"\[\[|\s*\w+\s*\(")


_OVERLOADED = frozenset({"cpp", "cs", "hpp", "java", "kt", "scala", "sol", "swift"})


def _head(case: Case, side: list[Unit]) -> str:
    """What a side put in, up to the end of its parameters."""
    new = next(unit for unit in side if unit not in case.base)
    return "\n".join(new.lines).split(")")[0]


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
