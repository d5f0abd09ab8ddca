"""New things of both sides that got one number: theirs get others, wherever they are named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from muse.core.xml_tree import Node
from muse.plugins.daw.formats import Format, Space
from muse.plugins.daw.tree import matched, numbers_in, same


def apart(form: Format, base: bytes, ours: bytes, theirs: bytes, shared: Iterable[bytes]) -> bytes:
    """Theirs with numbers of its own for what is new in it; `shared` are pieces that both sides added alike."""
    alike = list(shared)
    free = 1 + max(numbers_in(space.ids.findall(side)) for space in form.spaces for side in (base, ours, theirs))
    for space in form.spaces:
        was, mine, other = (set(space.ids.findall(side)) for side in (base, ours, theirs))
        same = {name for piece in alike for name in space.ids.findall(piece)}
        new: dict[bytes, bytes] = {}
        for name in sorted((other - was) & (mine - was) - same):
            while (fresh := _fresh(name, free)) in was | mine | other:
                free += 1
            new[name], free = fresh, free + 1
        if new:
            theirs = _renamed(space, theirs, new)
    return theirs


def apart_in_lists(form: Format, base: Node, ours: Node, theirs: Node) -> bytes:
    """Theirs with other `Id`s for what both sides added to one list, in a format that numbers each list."""
    edits = sorted(_collisions(form, base, ours, theirs))
    data, out, end = theirs.data, [], 0
    for start, stop, new in edits:
        out += [data[end:start], new]
        end = stop
    return b"".join([*out, data[end:]])


def _collisions(form: Format, base: Node, ours: Node, theirs: Node) -> Iterator[tuple[int, int, bytes]]:
    if ours.raw in (base.raw, theirs.raw) or theirs.raw == base.raw or form.wholes.match(base.tag):
        return
    left, right = matched(form, base, ours), matched(form, base, theirs)
    mine, other = ([child for at, child in enumerate(side.children) if at not in set(found.values())]
                   for side, found in ((ours, left), (theirs, right)))  # fmt: skip
    taken = {(_kind(form, base, child), child.get("Id")): child for child in mine}
    free = 1 + numbers_in([child.get("Id").encode() for side in (base, ours, theirs) for child in side.children])
    for child in other if form.numbered else ():
        twin = taken.get((_kind(form, base, child), child.get("Id")))
        if twin is None or not child.get("Id") or same(form, twin, child):
            continue
        place = child.data.index(b' Id="', child.start, child.inner) + 5
        yield place, child.data.index(b'"', place), b"%d" % free
        free += 1
    for at, child in enumerate(base.children):
        if at in left and at in right:
            three = (child, ours.children[left[at]], theirs.children[right[at]])
            if child.tag == "MidiClip":
                yield from _notes_apart(*three)
            yield from _collisions(form, *three)


def _notes_apart(base: Node, ours: Node, theirs: Node) -> Iterator[tuple[int, int, bytes]]:
    """Live counts the notes of each clip; `NextId` is the clip's next number."""
    was, mine, other = (set(map(int, _NOTE.findall(side.raw))) for side in (base, ours, theirs))
    twice = (mine & other) - was
    if not twice or ours.raw == theirs.raw:
        return
    free = 1 + max(mine | other)
    new = {number: free + at for at, number in enumerate(sorted(twice))}
    for found in _NOTE.finditer(theirs.data, theirs.start, theirs.end):
        if int(found[1]) in new:
            yield *found.span(1), b"%d" % new[int(found[1])]
    counter = _NEXT_NOTE.search(theirs.data, theirs.start, theirs.end)
    if counter is not None:
        yield *counter.span(1), b"%d" % (free + len(new))


_NOTE = re.compile(rb"\sNoteId=\"(\d{1,18})\"")
_NEXT_NOTE = re.compile(rb"<NextId Value=\"(\d+)\"")


def numbered_anew(base: bytes, side: bytes) -> str:
    """What is under another id now in a DAWproject, with its old id at something else: a new count."""
    was, now = _names(base), _names(side)
    there = {name: {number for number, each in now.items() if each == name} for name in set(was.values())}
    for number, name in was.items():
        if now.get(number, name) != name and any(was.get(other) != name for other in there[name]):
            return name[1].decode("utf-8", "replace")
    return ""


def _names(data: bytes) -> dict[bytes, tuple[bytes, bytes]]:
    """What has which id: the element and its name."""
    found: dict[bytes, tuple[bytes, bytes]] = {}
    for tag in _ELEMENT.finditer(data):
        name, number = (re.search(rb"\s%s=\"([^\"]*)\"" % word, tag[0]) for word in (b"name", b"id"))
        if name is not None and number is not None:
            found[number[1]] = (tag[1], name[1])
    return found


_ELEMENT = re.compile(rb"<(\w+)\s[^>]*>")


def _kind(form: Format, parent: Node, child: Node) -> str:
    """All devices of a chain are numbered together, other things each kind by itself."""
    return form.entries_in.get(parent.tag, child.tag)


def _fresh(name: bytes, number: int) -> bytes:
    if name.startswith(b"{"):  # only copies of one file can share these; derived, so that every clone makes the same
        from hashlib import sha256

        text = sha256(name + str(number).encode()).hexdigest()[:32].upper()
        parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
        return b"{" + "-".join(parts).encode() + b"}"
    return re.sub(rb"\d*\Z", str(number).encode(), name, count=1)


def _renamed(space: Space, data: bytes, new: Mapping[bytes, bytes]) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        at = next(group for group in range(1, len(found.groups()) + 1) if found[group] is not None)
        start = found.start(at) - found.start()
        name = found[at]
        return found[0][:start] + new.get(name, name) + found[0][start + len(name) :]

    return space.uses.sub(one, space.ids.sub(one, data))


def broken(form: Format, sides: Iterable[bytes], result: bytes) -> str:
    """Why the ids of a result are not sound although those of the sides are, or nothing."""
    for space in form.spaces:
        known = [Counter(space.ids.findall(side)) for side in sides]
        now = Counter(space.ids.findall(result))
        if all(not names or max(names.values()) == 1 for names in known) and now and max(now.values()) > 1:
            return "two things in it would have one number"
        for side, names in zip(sides, known):
            if _dangling(space, side, names):
                break
        else:
            if _dangling(space, result, now):
                return "something in it would name what one side deleted"
    return ""


def _dangling(space: Space, data: bytes, names: Counter[bytes]) -> bool:
    used = (found[0] or found[-1] if isinstance(found, tuple) else found for found in space.uses.findall(data))
    return any(name not in names for name in used)
