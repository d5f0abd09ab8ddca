"""Which entry of the base is which of a side: by name, then by what it says, then by likeness; renames and moves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from muse.core.late import regex
from muse.core.law.entries import Entry, Words

_ALIKE = 0.6
_WORD = regex(rb"\w+")
SIGNS = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_MAX_PAIRS = 4000
OURS, THEIRS = 0, 1


class Thing:
    """One entry through its versions. `made` are the entries of the result that stand for it."""

    __slots__ = ("base", "expanded", "inner", "made", "outer", "parent", "sides")

    def __init__(self, base: Entry | None, sides: tuple[Entry | None, Entry | None], parent: Thing | None) -> None:
        self.base = base
        self.sides = list(sides)
        self.parent = parent  # where the base has it, else where the side that added it has it
        self.outer: list[Thing | None] = [parent if side is not None else None for side in sides]
        self.inner: list[Thing] = []  # every thing that some version has directly inside
        self.made: list[Entry] = []
        self.expanded = False

    @property
    def ours(self) -> Entry | None:
        """The entry in our version."""
        return self.sides[OURS]

    @property
    def theirs(self) -> Entry | None:
        """The entry in their version."""
        return self.sides[THEIRS]

    def changed(self, side: int) -> bool:
        """True when that version says something else than the base, or has it where the base has nothing."""
        entry = self.sides[side]
        return (entry.whole if entry else None) != (self.base.whole if self.base else None)

    @property
    def name(self) -> str:
        """The name it has now."""
        named = next((entry for entry in (self.base, *self.sides) if entry is not None), None)
        return named.name if named is not None else ""

    @property
    def address(self) -> str:
        """Dotted, from the root down."""
        names: list[str] = []
        at: Thing | None = self
        while at is not None:
            if at.name:
                names.append(at.name)
            at = at.parent
        return ".".join(reversed(names))

    @property
    def parts_ways(self) -> bool:
        """True when the versions have it in two scopes, neither of them its old one."""
        ours, theirs = self.outer
        return None not in (ours, theirs) and ours is not theirs and self.parent not in (ours, theirs)

    def walk(self) -> Iterator[Thing]:
        """It and all things found inside."""
        stack = [self]
        seen = set()
        while stack:
            at = stack.pop()
            if id(at) not in seen:
                seen.add(id(at))
                yield at
                stack.extend(at.inner)


def align(base: Entry, ours: Entry, theirs: Entry) -> Thing:
    """The root of the things; what both sides changed is looked into at once, the rest when `expand` is asked."""
    root = Thing(base, (ours, theirs), None)
    stack = [root]
    while stack:
        at = stack.pop()
        if at.changed(OURS) and at.changed(
            THEIRS
        ):  # also alike: what left it here and there may have come to two places
            expand(at)
            stack.extend(at.inner)
    _moved_elsewhere(root)
    return root


def expand(thing: Thing) -> None:
    """Find the things directly inside of one."""
    if thing.expanded:
        return
    thing.expanded = True
    b = thing.base.children if thing.base else ()
    sides = [side.children if side else () for side in thing.sides]
    found = [Thing(entry, (None, None), thing) for entry in b]
    taken: list[set[int]] = [set(), set()]
    for side in (OURS, THEIRS):
        for i, j in match(b, sides[side]).items():
            found[i].sides[side], found[i].outer[side] = sides[side][j], thing
            taken[side].add(j)
    for side in (OURS, THEIRS):
        taken[side] -= _no_renames(found, side, sides)
    new = [[entry for j, entry in enumerate(sides[side]) if j not in taken[side]] for side in (OURS, THEIRS)]
    both = match(new[0], new[1], known={entry.name for entry in b})
    for i, entry in enumerate(new[0]):
        found.append(Thing(None, (entry, new[1][both[i]] if i in both else None), thing))
    theirs_only = set(range(len(new[1]))) - set(both.values())
    found.extend(Thing(None, (None, new[1][j]), thing) for j in sorted(theirs_only))
    thing.inner.extend(found)


def _no_renames(found: Sequence[Thing], side: int, versions: Sequence[Sequence[Entry]]) -> set[int]:
    """Part what a side deleted from what it put in and is like it, where the other side has put in that name too and
    has both. The places of what is new then."""
    parted = set()
    other = {entry.name for entry in versions[1 - side]}
    for thing in found:
        old, new = thing.base, thing.sides[side]
        if old is not None and new is not None and old.name != new.name and {old.name, new.name} <= other:
            parted.add(next(j for j, entry in enumerate(versions[side]) if entry is new))
            thing.sides[side] = thing.outer[side] = None
    return parted


def match(old: Sequence[Entry], new: Sequence[Entry], *, known: set[str] | None = None) -> dict[int, int]:
    """Index of an old entry -> index of the new one that is it. `known`: both are new, beside entries of these names;
    what may stand twice is then the same only where it says the same."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for alike in (_full, _binding) if known is not None else (_full, _binding, _naming):
        if len(pairs) == len(old) or len(taken) == len(new):
            break
        there: dict[object, list[int]] = defaultdict(list)
        for j, entry in enumerate(new):
            if j not in taken:
                there[alike(entry)].append(j)
        for i, entry in enumerate(old):
            if known is not None and alike is _binding and (not entry.sure_names or entry.name in known):
                continue
            if i not in pairs and there.get(alike(entry)):
                j = there[alike(entry)].pop(0)
                pairs[i] = j
                taken.add(j)
    if known is None:
        left = [i for i in range(len(old)) if i not in pairs]
        right = [j for j in range(len(new)) if j not in taken]
        _renamed(old, new, left, right, pairs)
        if len(old) == len(new) == 1 and not pairs and _holds_all(old[0], new[0]):
            pairs[0] = 0
    return pairs


def _holds_all(old: Entry, new: Entry) -> bool:
    """True for the only entries of two versions, of one kind, with others in them: one is the other, rewritten."""
    names = {child.name for child in old.children}
    return old.kind == new.kind and any(child.name in names for child in new.children)


def _full(entry: Entry) -> object:
    return entry.name, entry.whole


def _binding(entry: Entry) -> object:
    return entry.name, entry.sure_names


def _naming(entry: Entry) -> object:
    return entry.name


def _renamed(
    old: Sequence[Entry], new: Sequence[Entry], left: list[int], right: list[int], pairs: dict[int, int]
) -> None:
    """Pairs of one kind that say the same but for the name, best first."""
    if len(left) * len(right) > _MAX_PAIRS:
        _saying_the_same(old, new, left, right, pairs)
        taken = set(pairs.values())
        left, right = [i for i in left if i not in pairs], [j for j in right if j not in taken]
    if not left or not right or len(left) * len(right) > _MAX_PAIRS:
        return
    words = {("o", i): _words(old[i]) for i in left} | {("n", j): _words(new[j]) for j in right}
    scored = sorted(
        (
            (-score, i, j)
            for i in left
            for j in right
            if old[i].kind == new[j].kind and (score := _likeness(words["o", i], words["n", j])) >= _ALIKE
        ),
    )
    done: set[int] = set()
    for _, i, j in scored:
        if i not in pairs and j not in done:
            pairs[i] = j
            done.add(j)


def _saying_the_same(
    old: Sequence[Entry], new: Sequence[Entry], left: list[int], right: list[int], pairs: dict[int, int]
) -> None:
    """Pairs of one kind that differ in nothing but the words of their names, each alone in what it says: of a page or a
    changelog of which every heading was rewritten."""
    if len(left) + len(right) > _MAX_PAIRS:
        return
    there: dict[object, list[int]] = defaultdict(list)
    for j in right:
        there[_said(new[j])].append(j)
    said = [_said(old[i]) for i in left]
    counts = Counter(said)
    for i, what in zip(left, said, strict=True):
        if what is not None and counts[what] == 1 and len(there[what]) == 1:
            pairs[i] = there[what][0]


def _said(entry: Entry) -> object:
    """What an entry says, signs and the words of its name left out; None for nothing."""
    named = frozenset(_WORD.findall(entry.name.encode()))
    words = frozenset(one for one in _words(entry).items() if one[0].strip(SIGNS) and one[0] not in named)
    return (entry.kind, words) if words else None


def _words(entry: Entry) -> Words:
    """What it says, but for its name, and the names of what is inside."""
    words = Counter(entry.words) + Counter(child.name.encode() for child in entry.children)
    words.pop(entry.name.encode(), None)
    return words


def _likeness(a: Words, b: Words) -> float:
    shared = a & b
    if not any(word.strip(SIGNS) for word in shared):
        return 0.0  # signs alone tell nothing
    return 2 * shared.total() / (a.total() + b.total())


def _looked_into(root: Thing, side: int) -> list[Thing]:
    """All things, those that a side changed looked into, as far as there are not too many."""
    things: list[Thing] = []
    stack = [root]
    while stack:
        at = stack.pop()
        things.append(at)
        if at.base is not None and at.changed(side) and len(things) < _MAX_PAIRS:
            expand(at)
        stack.extend(at.inner)
    return things


def _moved_elsewhere(root: Thing) -> None:
    """What left one scope and came up in another on the same side is one thing."""
    for side in (OURS, THEIRS):
        things = list(root.walk())
        gone = [thing for thing in things if thing.base is not None and thing.sides[side] is None]
        if gone:
            things = _looked_into(root, side)
        come = [thing for thing in things if thing.base is None and thing.sides[side] is not None]
        if not gone or not come or len(gone) * len(come) > _MAX_PAIRS:
            continue
        by_name = defaultdict(list)
        for thing in come:
            by_name[thing.name].append(thing)
        for thing in gone:
            same = by_name.get(thing.name, [])
            entry = same[0].sides[side] if len(same) == 1 else None
            if entry is None or thing.base is None or thing.base.kind != entry.kind:
                continue
            if _likeness(_words(thing.base), _words(entry)) < _ALIKE:
                continue
            new = same.pop()
            if new.sides[1 - side] is not None:
                continue
            thing.sides[side], thing.outer[side] = entry, new.parent
            if new.parent is not None:
                new.parent.inner[new.parent.inner.index(new)] = thing
