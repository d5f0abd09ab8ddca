"""Rules 1 to 6: what a result does to the things of a merge that it must not do.

The result is one more version. Each of its entries is given to the thing it stands for, by the names the sides use, and
then asked for what that thing has to say. Nothing here knows how the result was made.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from muse.core.late import regex
from muse.core.law.align import OURS, SIGNS, THEIRS, Thing, align, expand
from muse.core.law.entries import Doubles, Entry, Number, Told, Words
from muse.core.law.look import look, reorders


class Breach(NamedTuple):
    """One thing that is not as it has to be: `rule` of the law, what is wrong, and the things it is about."""

    rule: int
    what: str
    things: tuple[Thing, ...]

    @property
    def address(self) -> str:
        """The address of the first thing."""
        return self.things[0].address

    @property
    def twice(self) -> bool:
        """True when there is one of something too many, wherever it stands."""
        return self.rule in (5, 6) or any(len(thing.made) > 1 for thing in self.things)

    @property
    def edited(self) -> bool:
        """True when all that is wrong is where the edits of one side went, as when the other took a part out of what it
        edits into something new."""
        return self.rule == 3 or self.what == _NEW


_NEW = "new on one side, and not as that side has it"


def broken(base: Entry, ours: Entry, theirs: Entry, result: Entry, *, pieced: bool = False) -> list[Breach]:
    """What in the result breaks rules 1 to 6; nothing when it keeps them. `pieced` asks rule 7 too, and
    whether what stands in order was moved: of results put together where Git's text conflicts.
    """
    root = align(base, ours, theirs)
    must = _ancestors_of_moved(root)
    found: list[Breach] = []
    root.made.append(result)
    stack = [root]
    looked: list[Thing] = []
    while stack:
        thing = stack.pop()
        if len(thing.made) != 1:
            continue
        made = thing.made[0]
        if id(thing) not in must and _is_lawful(thing, made):
            continue
        expand(thing)
        found.extend(_own(thing, made, pieced=pieced))
        found.extend(_place(thing, made.children))
        found.extend(_names(thing, made))
        found.extend(_numbers(thing, made))
        found.extend(_order(thing, made))
        looked.append(thing)
        stack.extend(inner for inner in thing.inner if inner.made and not _half_gone(inner))
    found.extend(breach for thing in looked for inner in thing.inner for breach in _count(inner, thing))
    return _once(found)


def _half_gone(thing: Thing) -> bool:
    """True for what one side deleted: being there it breaks rule 4, whatever it says."""
    return thing.base is not None and (thing.ours is None) != (thing.theirs is None)


def repeated(before: Entry, after: Entry) -> list[str]:
    """Rules 5 and 6 of one version and the next: names and numbers that stand in one scope more often than before."""
    was, now = dict(_scopes(before)), dict(_scopes(after))
    more = [
        f"{scope}.{name}" if scope else name
        for scope, counts in now.items()
        for name, count in counts.items()
        if count > max(was.get(scope, Counter[str]())[name], 1)
    ]
    return sorted(more)


def _scopes(root: Entry) -> Iterable[tuple[str, Counter[str]]]:
    """By scope how often each name is bound there, and each number given."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    stack = [(root, "")]
    while stack:
        entry, scope = stack.pop()
        bound: dict[Hashable, str] = {}
        for child in entry.children:
            bound |= dict.fromkeys(child.sure_names, child.name)
            stack.append((child, f"{scope}.{child.name}" if scope else child.name))
        counts = Counter(name for child in entry.children for name in child.sure_names)
        for key, count in counts.items():
            found[scope][bound[key]] = max(found[scope][bound[key]], count)
        for child in entry.children:
            found[scope][f"number {child.kind, child.number}"] += child.member
    return found.items()


def _once(found: Iterable[Breach]) -> list[Breach]:
    kept: dict[int, Breach] = {}
    for breach in found:
        kept.setdefault(id(breach.things[0]), breach)
    return list(kept.values())


def _ancestors_of_moved(root: Thing) -> set[int]:
    """The things on the way to one that moved from scope to scope: they are looked into, whatever they say."""
    must: set[int] = set()
    for thing in root.walk():
        places = [place for place in (thing.parent, *thing.outer) if place is not None]
        if any(place is not places[0] for place in places[1:]):
            for place in places:
                at: Thing | None = place
                while at is not None:
                    must.add(id(at))
                    at = at.parent
    return must


def lawful(base: bytes | None, ours: bytes | None, theirs: bytes | None) -> tuple[bytes | None, bool]:
    """What has to be there when one side at most changed it, or both alike; False when both did in their own way."""
    if ours == theirs or theirs == base:
        return ours, True
    return theirs, ours == base


def _is_lawful(thing: Thing, made: Entry) -> bool:
    wholes = [entry.whole if entry else None for entry in (thing.base, *thing.sides)]
    value, sure = lawful(*wholes)
    return sure and value == made.whole


def _own(thing: Thing, made: Entry, *, pieced: bool) -> Iterable[Breach]:
    """Rules 1 to 3 and 7, for what the thing says itself."""
    b, o, t = thing.base, thing.ours, thing.theirs
    if o is None or t is None:
        there = o or t
        if thing.base is None and there is not None and there.own != made.own:
            yield Breach(4, _NEW, (thing,))
        return  # what one side deleted is asked for by number
    value, sure = lawful(b.own if b else None, o.own, t.own)
    if sure and not (b is not None and o.own == t.own != b.own):
        if value != made.own:
            yield Breach(1 if b is not None and value == b.own else 2, _verdict(thing), (thing,))
    elif not _has_both(b.words if b else Counter(), o.words, t.words, made.words):
        yield Breach(3, "both changed", (thing,))
    elif b is not None and _astray(b.text, o.text, t.text, made.text):
        yield Breach(3, "moved by one side, edited by the other", (thing,))
    elif pieced and b is not None and any(side.own != b.own and side.lines == b.lines != Counter() for side in (o, t)):
        yield Breach(8, "moved by one side, edited by the other", (thing,))
    elif pieced and _doubles(b.lines if b else Counter(), o.lines, t.lines, made.lines):
        yield Breach(7, "both put in the same line", (thing,))


def _verdict(thing: Thing) -> str:
    """Who did what, in a few words."""
    b, o, t = thing.base, thing.ours, thing.theirs
    if b is None or o is None or t is None:
        return "both changed"
    mine, its = o.own != b.own, t.own != b.own
    if mine and its:
        return "both changed"
    if mine:
        return "edited here, moved or copied there"
    return "moved or copied here, edited there" if its else "changed by neither"


def _astray(base: bytes, ours: bytes, theirs: bytes, made: bytes) -> bool:
    """True when one side moved lines of a text without entries, and an edit of the other may be at the wrong ones."""
    return any(reorders(base, side) for side in (ours, theirs)) and look(base, ours, theirs, made).astray


def _doubles(base: Words, ours: Words, theirs: Words, made: Words) -> bool:
    """Rule 7: a line that both sides put in stands there more often than in any version."""
    return any(
        ours[line] > base[line] < theirs[line] and count > max(ours[line], theirs[line]) for line, count in made.items()
    )


def _has_both(base: Words, ours: Words, theirs: Words, made: Words) -> bool:
    """True when the result has what each side put in, and lacks what each side took out."""
    for word in base.keys() | ours.keys() | theirs.keys() | made.keys():
        was = base[word]
        o, t, r = ours[word] - was, theirs[word] - was, made[word] - was
        low, high = sorted((o, t))
        if low >= 0:
            low, high = high, o + t
        elif high <= 0:
            low, high = o + t, low
        if not word.strip(SIGNS):  # the same sign may have gone from one line and come to another
            low, high = min(0, o, t, o + t), max(0, o, t, o + t)
        if not low <= r <= high:
            return False
    return True


def _names(thing: Thing, made: Entry) -> Iterable[Breach]:
    """Rule 5: no name is bound more often than in the version that has it most."""
    yield from _nameless(thing, made)
    yield from _perhaps(thing, made)
    now = _bound(made)
    if not now:
        return
    most: Counter[Hashable] = Counter()
    for entry in (thing.base, *thing.sides):
        if entry is not None:
            most |= _bound(entry)
    for name in now - most:
        if thing.base is not None and _bound(thing.base)[name] > 1:
            continue  # it may stand twice
        if isinstance(name, Told) and not _tells(name, [entry for entry in (thing.base, *thing.sides) if entry]):
            continue
        things = tuple(
            inner for inner in thing.inner if any(name in entry.binds for entry in inner.sides if entry is not None)
        )
        if things:
            new = [inner for inner in things if inner.base is None]
            old = [inner for inner in things if inner.base is not None]
            numbered = isinstance(name, Number)
            yield Breach(6 if numbered else 5, "one number for two" if numbered else "defined by both", (*new, *old))


def _tells(name: Told, known: Sequence[Entry]) -> bool:
    """True where the names of that space tell entries apart in every version."""
    for entry in known:
        names = [one for child in entry.children for one in child.binds if isinstance(one, Told)]
        alike = Counter(one.name for one in names if one.space == name.space)
        if alike.total() < name.least or alike.total() > len(alike):
            return False
    return True


def _perhaps(thing: Thing, made: Entry) -> Iterable[Breach]:
    """The same for what one side binds always and the other under a condition, or along with something else."""
    for name in _bound_both_ways(made):
        if not any(name in _bound_both_ways(entry) for entry in (thing.base, *thing.sides) if entry is not None):
            things = [inner for inner in thing.inner for each in inner.made if name in (*each.binds, *each.perhaps)]
            yield Breach(5, "defined by both", tuple(things))


def _bound_both_ways(entry: Entry) -> set[Hashable]:
    perhaps = {name for child in entry.children for name in child.perhaps}
    if not perhaps:
        return perhaps
    return perhaps & {name for child in entry.children for name in child.binds if name not in child.perhaps}


def _nameless(thing: Thing, made: Entry) -> Iterable[Breach]:
    """The same for scopes that are no entries: a table in a call, a block."""
    most: Doubles = Counter()
    for entry in (thing.base, *thing.sides) if made.doubles else ():
        if entry is not None:
            most |= entry.doubles
    for name, _ in made.doubles - most:
        yield Breach(5, f"{name} is there twice", (thing,))


def _order(thing: Thing, made: Entry) -> Iterable[Breach]:
    """Rule 8, of entries: what one side put in is not taken back by what the other put in and comes to stand later."""
    overrides = made.overrides
    if overrides is None:
        return
    place = {id(entry): at for at, entry in enumerate(made.children)}
    mine, its = ([one for one in thing.inner if _alone(one, side) and one.made] for side in (OURS, THEIRS))
    for one in mine:
        for other in its:
            first, last = sorted((one, other), key=lambda each: place.get(id(each.made[0]), 0))
            if overrides(last.name, first.name):
                yield Breach(8, f"taken back by {last.name}", (first, last))


def _alone(thing: Thing, side: int) -> bool:
    """True when that version alone has it."""
    return thing.base is None and thing.sides[side] is not None and thing.sides[1 - side] is None


def _bound(entry: Entry) -> Counter[Hashable]:
    return Counter(name for child in entry.children for name in child.binds)


def _numbers(thing: Thing, made: Entry) -> Iterable[Breach]:
    """Rule 6: no number twice where numbers tell things apart."""
    known = [entry for entry in (thing.base, *thing.sides) if entry is not None]
    before = Counter[Numbered]()
    for entry in known:
        before |= _numbered(entry)
    for number, count in _numbered(made).items():
        if count > 1 and before[number] == 1 and _enumerates(known, number):
            things = tuple(
                inner for inner in thing.inner
                if any(entry is not None and number in _numbers_of(entry) for entry in inner.sides)
            )  # fmt: skip
            if things:
                yield Breach(6, "one number for two", tuple(sorted(things, key=lambda one: one.base is not None)))


Numbered = tuple[str, str, str]
"""Kind, what the names begin with ("" for all of a kind, `_ROW` for those in a row), number."""
_ROW = "\n"
_LEAST = 4


def _enumerates(known: Sequence[Entry], number: Numbered) -> bool:
    """True where every thing of a kind has a number of its own: members of an enum, or things that go up in number
    from one to the next and are two at least. Settings that happen to have one value are told apart by name; of those
    among them whose names begin alike and that go up (or down), what both sides put in has the number that comes next,
    where they are few."""
    kind, begins, new = number
    if begins == _ROW:
        return any(_goes_on(entry.children, kind, new) for entry in known[:1])
    alike = [
        [child for child in entry.children if child.kind == kind and child.name.startswith(begins)] for entry in known
    ]
    if any(count > 1 for entry in known for key, count in _numbered(entry).items() if key[:2] == (kind, begins)):
        return False
    if any(child.member for children in alike for child in children):
        return True
    numbers = [int(child.number, 0) for child in alike[0] if _NUMBER.fullmatch(child.number)]
    if begins and len(numbers) > 3 and numbers[0] > numbers[-1]:
        numbers.reverse()
    goes_up = len(numbers) > 1 and all(low < high for low, high in pairwise(numbers))
    if not begins:
        return goes_up and len(alike[0]) == len(numbers)
    return goes_up and _NUMBER.fullmatch(new) is not None and (len(numbers) > 3 or int(new, 0) in _next(numbers))


def _goes_on(children: Sequence[Entry], kind: str, new: str) -> bool:
    """True for the number after neighbours of which each has one more than the one before, four at least."""
    row: list[int] = []
    for child in [*children, None]:
        if child is not None and child.kind == kind and _NUMBER.fullmatch(child.number):
            number = int(child.number, 0)
            row = [*row, number] if row and number == row[-1] + 1 else [number]
        elif child is None or child.kind == kind:
            if len(row) >= _LEAST and new == str(row[-1] + 1):
                return True
            row = []
    return False


def numbers_twice(children: Sequence[Entry]) -> Counter[str]:
    """The numbers that two things of a scope have which no version knows by a name, and how often more: as far as what
    is left without these is told apart by number."""
    counts = Counter((child.kind, child.number) for child in children)
    if counts.total() == len(counts):
        return Counter()
    once = [child for child in children if counts[child.kind, child.number] == 1]
    left = [Entry("", "", b"", children=once.copy)]
    found: Counter[str] = Counter()
    for child in children:
        count = counts[child.kind, child.number] - 1
        if count and any(_enumerates(left, number) for number in _numbers_of(child)):
            found[child.number] = count
    return found if len(found) < 2 or _behind(found, once) else Counter()


def _behind(found: Iterable[str], once: Sequence[Entry]) -> bool:
    """True where numbers that are there twice come behind all others: those before may be there twice for long."""
    numbers = [int(child.number, 0) for child in once if _NUMBER.fullmatch(child.number)]
    return all(_NUMBER.fullmatch(one) and int(one, 0) > max(numbers, default=0) for one in found)


def _next(numbers: Sequence[int]) -> tuple[int, ...]:
    """What may come before or after numbers that go up."""
    first, second, last = numbers[0], numbers[1], numbers[-1]
    return first - 1, 2 * first - second, last + 1, 2 * last - numbers[-2], 2 * last


_NUMBER = regex(r"-?(?:0|[1-9]\d*|0[xX][0-9a-fA-F]+)")
_BEGINS = regex(r"[A-Za-z]+_|[A-Z]?[a-z]+(?=[A-Z])")


def _numbers_of(entry: Entry) -> list[Numbered]:
    if not entry.number:
        return []
    begins = _BEGINS.match(entry.name)
    found = [(entry.kind, how, entry.number) for how in ("", _ROW)]
    return found if begins is None else [*found, (entry.kind, begins[0], entry.number)]


def _numbered(entry: Entry) -> Counter[Numbered]:
    return Counter(number for child in entry.children for number in _numbers_of(child))


def _place(thing: Thing, children: Sequence[Entry]) -> Iterable[Breach]:
    """Give each entry of the result to the thing it stands for."""
    there: dict[str, list[Thing]] = defaultdict(list)
    for inner in thing.inner:
        names = {
            entry.name for side, entry in enumerate(inner.sides) if entry is not None and inner.outer[side] is thing
        }
        for name in names or ({inner.base.name} if inner.base is not None else set()):
            there[name].append(inner)
    left = []
    for entry in children:
        things = there.get(entry.name, [])
        exact = next((one for one in things if not one.made and _is_lawful(one, entry)), None)
        if exact is not None:
            exact.made.append(entry)
        else:
            left.append(entry)
    for entry in left:
        things = there.get(entry.name, [])
        if not things:
            yield Breach(4, "in no version", (thing,))
            continue
        again = [one for one in things if one.made and _is_lawful(one, entry)]
        waiting = [one for one in things if not one.made and one.sides != [None, None]]
        (again or waiting or things)[0].made.append(entry)


def _count(thing: Thing, around: Thing) -> Iterable[Breach]:
    """Rule 4, and 1 for what nobody touched: each thing as often as it has to be there."""
    here = any(place is around for place in thing.outer)
    if not here and any(place is not None for place in thing.outer):
        return  # it is asked for where it is now
    o, t = thing.ours, thing.theirs
    count = len(thing.made)
    if thing.base is not None and (o is None) != (t is None):
        side = THEIRS if o is None else OURS
        if thing.changed(side):
            what = "deleted here, changed there" if o is None else "changed here, deleted there"
            yield Breach(4, what, (thing,))
        elif count:
            yield Breach(4, "deleted by one side, and still there", (thing,))
        return
    wanted = int(o is not None or t is not None)
    if count > wanted:
        yield Breach(4 if wanted else 1, "there more often than in any version" if wanted else "deleted", (thing,))
    elif count < wanted:
        yield Breach(1, "lost", (thing,))
