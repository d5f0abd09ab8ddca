"""New things of both sides that got one number: theirs get others, wherever they are named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from muse.plugins.daw.formats import Format, Space
from muse.plugins.daw.tree import numbers_in


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


def _fresh(name: bytes, number: int) -> bytes:
    if name.startswith(b"{"):  # only copies of one file can share these; derived, so that every clone makes the same
        from hashlib import sha256

        text = sha256(name + str(number).encode()).hexdigest()[:32].upper()
        parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
        return b"{" + "-".join(parts).encode() + b"}"
    return re.sub(rb"\d*\Z", str(number).encode(), name)


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
