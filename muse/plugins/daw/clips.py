"""Clips of DAWproject have no ids: each gets a name for the time of a merge that stays when it is moved or renamed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from muse.core.errors import FormatError
from muse.core.xml_tree import Node, parse
from muse.plugins.daw.places import lanes

_LABEL = b' muse-clip="'
_LABELS = re.compile(_LABEL + rb"[^\"]*\"")


def labelled(documents: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The documents, base first, with a label on each clip without an id: the one of the base, if it is there."""
    if any(_LABEL in document for document in documents):
        raise FormatError("a project with labels in it that only a merge puts there, for a moment")
    roots = [parse(document) for document in documents]
    tracks = [{track: list(_clips(node)) for track, node in lanes(root).items()} for root in roots]
    found = []
    for document, side in zip(documents, tracks):
        names: dict[int, str] = {}
        for track, clips in side.items():
            known = tracks[0].get(track, [])
            which = matched_clips(known, clips)
            names |= {clip.inner: _called(known[which[at]] if at in which else clip) for at, clip in enumerate(clips)}
        found.append(_written(document, names))
    return tuple(found)


def bare(document: bytes) -> bytes:
    """A document without labels."""
    return _LABELS.sub(b"", document)


def _clips(node: Node) -> Iterator[Node]:
    for each in node.all("Clips"):
        yield from (clip for clip in each.all("Clip") if not clip.get("id"))


def _called(clip: Node) -> str:
    return f"{clip.get('name')} {clip.get('time')}"


def _inside(clip: Node) -> bytes:
    return clip.data[clip.inner : clip.tail]


def _name(clip: Node) -> str:
    return clip.get("name")


def matched_clips(old: list[Node], new: list[Node]) -> dict[int, int]:
    """Which of the new clips is which of the old ones: by name and time, else by what is in it, else by its name."""
    known = [_called(clip) for clip in old]
    found: dict[int, int] = {}
    for at, clip in enumerate(new):
        if _called(clip) in known:
            found[at] = known.index(_called(clip))
            known[found[at]] = ""
    left = [at for at, text in enumerate(known) if text], [at for at in range(len(new)) if at not in found]
    keys: tuple[Callable[[Node], object], ...] = (lambda clip: (_name(clip), _inside(clip)), _inside, _name)
    for key in keys:
        texts = [[key(side[at]) for at in places] for side, places in zip((old, new), left)]
        all_new, all_old = Counter(map(key, new)), Counter(map(key, old))
        for at, text in zip(left[1], texts[1]):
            if text and all_new[text] == all_old[text] == 1 and text in texts[0]:
                found[at] = left[0][texts[0].index(text)]
        left = [at for at in left[0] if at not in found.values()], [at for at in left[1] if at not in found]
    return found


def _written(document: bytes, names: dict[int, str]) -> bytes:
    out, end = [], 0
    for inner in sorted(names):
        at = inner - (2 if document[inner - 2 : inner] == b"/>" else 1)
        name = names[inner].replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        out += [document[end:at], _LABEL, name.encode(), b'"']
        end = at
    return b"".join([*out, document[end:]])
