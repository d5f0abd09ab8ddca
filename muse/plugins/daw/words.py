"""What changed in a project, in the words of whoever made it: tracks, clips, devices by name, places in bars."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from muse.core.terminal import one_line
from muse.core.types import plural
from muse.core.xml_tree import Node
from muse.plugins.daw.formats import DAWPROJECT, LIVE, REAPER, Format
from muse.plugins.daw.tree import (
    WRAPPERS,
    address_of,
    fields,
    key_of,
    keyed,
    matched,
    plain,
    same,
    small,
    unquoted,
    value_at,
    word_of,
)

_FIELDS = {
    "VOLPAN": ("volume", "pan"),
    "MUTESOLO": ("mute", "solo"),
    "TEMPO": ("tempo", "beats a bar", "beat unit"),
    "POSITION": ("position",),
    "LENGTH": ("length",),
    "NAME": ("name",),
    "BYPASS": ("bypass", "offline"),
    "MASTER_VOLUME": ("master volume", "master pan"),
    "MUTE": ("mute",),
    "PLAYRATE": ("play rate",),
    "MARKER": ("number", "time", "name"),
    "FADEIN": ("fade-in", "fade-in length"),
    "FADEOUT": ("fade-out", "fade-out length"),
    "SOFFS": ("offset",),
}
_VERBS = ("added", "deleted", "renamed", "moved", "changed", "put")
_MOST = 3


class Names(NamedTuple):
    """What stands above a place: the entries by name, then the elements below the last of them."""

    form: Format
    root: Node
    trail: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    word: str = ""

    @property
    def is_entry(self) -> bool:
        """True just inside of a track, a clip, a device."""
        return bool(self.trail) and not self.labels and not self.word

    @property
    def called(self) -> str:
        """`Bass: clip 'verse'`, and what it is in it."""
        return self.told()

    def told(self, *more: str) -> str:
        """The same with more words, behind a colon: `Bass: Volume 0.8`."""
        texts = [*self.labels, *more]
        return " ".join(filter(None, [": ".join(self.trail) + ":" * bool(self.trail and texts), *texts]))

    def child(self, parent: Node, node: Node) -> Names:
        """The names of a part."""
        word = word_of(self.form, parent.tag, node)
        if word:
            return self._replace(word=word)
        label = () if WRAPPERS.match(node.tag) or len(_FIELDS.get(node.tag, ())) > 1 else (_label(node),)
        return self._replace(labels=self.labels + label, word="")

    def entered(self, node: Node) -> Names:
        """Inside of an entry, with its name; elsewhere the same."""
        if not self.word:
            return self
        return self._replace(trail=(*self.trail, entry_name(self.form, self.root, self.word, node)), labels=(), word="")


def _label(node: Node) -> str:
    if node.tag in ("RealParameter", "BoolParameter", "EnumParameter", "IntegerParameter"):
        return one_line(node.get("name") or node.tag)[:40]
    return (
        _FIELDS[node.tag][0] if len(_FIELDS.get(node.tag, "")) == 1 else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", node.tag)
    )


def entry_name(form: Format, root: Node, word: str, node: Node) -> str:
    """`Bass` for a track, `clip 'verse'`, `device 'EQ Eight'`, `automation of Volume`."""
    if word == "notes":
        return f"notes of pitch {value_at(form, node, ('MidiKey', '@Value'))}"
    if word == "automation":
        return f"automation of {_target(form, root, node)}"
    name = next(filter(None, (value_at(form, node, path) for path in form.names)), "") or _otherwise(form, word, node)
    name = one_line(name)[:60]
    if word == "track":
        return name or "a track without name"
    where = "" if name or word != "clip" else place(form, root, node)
    return f"{word} '{name}'" if name else f"{word} at {where}" if where else word


def _otherwise(form: Format, word: str, node: Node) -> str:
    if form is REAPER and word == "device":
        plugin = next((kid for kid in node.children if kid.raw[:1] == b"<"), None)
        return value_at(form, plugin, ("1",)) if plugin is not None else ""
    if form is REAPER and word == "marker":
        return value_at(form, node, ("3",))
    if word == "device":
        return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", " ", node.tag)
    return ""


def _target(form: Format, root: Node, node: Node) -> str:
    """What an automation moves."""
    if form is DAWPROJECT:
        found = node.child("Target")
        return one_line((found.get("parameter") or found.get("expression")) if found is not None else "something")
    if form is REAPER:
        return one_line(value_at(form, node, ("1",)))
    target = node.path("EnvelopeTarget", "PointeeId")
    at = root.data.find(b'<AutomationTarget Id="%s"' % (target.get("Value").encode() if target is not None else b"-"))
    open_tags: list[str] = []
    for found_tag in re.finditer(rb"<(/?)(\w+)>", root.data[max(0, at - 3_000) : max(0, at)]):
        if found_tag[1]:
            open_tags = open_tags[:-1]
        else:
            open_tags.append(found_tag[2].decode())
    return open_tags[-1] if open_tags else "a parameter"


# Places --------------------------------------------------------------------------------------------------------------


def place(form: Format, root: Node, node: Node) -> str:
    """`bar 17`, `bar 3 beat 2.5`; seconds in Reaper where the tempo changes; nothing where there is no place."""
    text = next(filter(None, (value_at(form, node, path) for path in form.starts)), "")
    try:
        start = float(text)
    except ValueError:
        return ""
    if not abs(start) < 1e9:
        return ""
    beats, unit = 4.0, 4.0
    if form is REAPER:
        tempo = root.child("TEMPO")
        changes = root.child("TEMPOENVEX")
        if tempo is None or (changes is not None and b"\n    PT " in changes.raw):
            return f"{start:g} s"
        bpm, beats, unit = (
            _number(value_at(form, tempo, (step,)), other) for step, other in (("1", 120), ("2", 4), ("3", 4))
        )
        start *= bpm / 60
    elif form is LIVE:
        found = re.search(rb"<TimeSignature>.{0,400}?<Manual Value=\"(\d{1,4})\"", root.data, re.DOTALL)
        code = int(found[1]) if found else 201
        beats, unit = code % 99 + 1, float(1 << min(code // 99, 6))
    else:
        signature = root.path("Transport", "TimeSignature")
        if signature is not None:
            beats, unit = _number(signature.get("numerator"), 4), _number(signature.get("denominator"), 4)
    length = max(beats * 4 / unit, 0.01)
    bar = int(start // length)
    rest = round((start - bar * length) * unit / 4 + 1, 3)
    return f"bar {bar + 1}" + (f" beat {rest:g}" if rest != 1 else "")


def _number(text: str, otherwise: float) -> float:
    try:
        return min(max(float(text), 0.01), 1e6)
    except ValueError:
        return otherwise


# Changes -------------------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """One thing that changed: where, in which entry, and what about it."""

    address: str
    entry: str
    text: str


def changes(form: Format, old: Node, new: Node) -> list[Change]:
    """What changed between two versions, in the order of the new one's tree."""
    return list(_changes("", Names(form, new), old, new))


def _changes(at: str, names: Names, old: Node, new: Node) -> Iterator[Change]:
    form = names.form
    if new.tag in form.view or new.tag in form.counters or old.raw == new.raw or (small(new) and same(form, old, new)):
        return
    word = names.word
    was, names = names.entered(old), names.entered(new)
    if word:
        yield from _entry_changes(at, was, names, (old, new), word)
        if form.wholes.match(new.tag):
            yield Change(at, names.called, "changed")
            return
    if not (new.children or old.children) or form.wholes.match(new.tag):
        yield from _values(at, names, old, new)
        return
    yield from _fields(at, names, old, new)
    found = matched(form, old, new)
    keys = keyed(form, old, old.children), keyed(form, new, new.children)
    for i, node in enumerate(old.children):
        if i not in found:
            yield from _whole(address_of(at, keys[0][i]), names.child(old, node), node, "deleted")
    back = {j: i for i, j in found.items()}
    for j, node in enumerate(new.children):
        if j in back:
            yield from _changes(address_of(at, keys[1][j]), names.child(new, node), old.children[back[j]], node)
        else:
            yield from _whole(address_of(at, keys[1][j]), names.child(new, node), node, "added")
    places = [found[i] for i in sorted(found)]
    if places != sorted(places) and new.tag not in ("Events", "Clips", "Notes", "KeyTracks"):
        yield Change(at, names.called or form.name, "put in another order")


def _introduced(names: Names, word: str) -> str:
    """A track by its name alone where something in it changed, but `track 'Bass'` where it did itself."""
    return f"track '{names.called}'" if word == "track" else names.called


def _quoted(name: str) -> str:
    return name.partition(" ")[2] if "'" in name else f"'{name}'"


def _entry_changes(at: str, was: Names, now: Names, sides: tuple[Node, Node], word: str) -> Iterator[Change]:
    form, (old, new) = now.form, sides
    if was.trail[-1] != now.trail[-1] and word not in ("notes", "automation") and " at " not in was.trail[-1]:
        yield Change(at, _introduced(was, word), f"renamed to {_quoted(now.trail[-1])}")
    places = place(form, now.root, old), place(form, now.root, new)
    if places[0] != places[1] and new.tag not in ("Scene",):
        yield Change(at, was.called if " at " in was.trail[-1] else now.called, f"moved to {places[1]}")


def _whole(at: str, names: Names, node: Node, verb: str) -> Iterator[Change]:
    if node.tag in names.form.view:
        return
    if names.word:
        where = place(names.form, names.root, node)
        called = _introduced(names.entered(node), names.word)
        yield Change(
            at, called, f"{verb}{f' at {where}' if where and verb == 'added' and ' at ' not in called else ''}"
        )
    else:
        yield Change(at, ": ".join(names.trail), " ".join([*names.labels, verb]))


def _fields(at: str, names: Names, old: Node, new: Node) -> Iterator[Change]:
    form = names.form
    starts = [form.noise.sub(b"", node.data[node.start : node.inner]) for node in (old, new)]
    rows = [{row[0]: row[1] for row in fields(form, start)} for start in starts]
    steps = {step for path in (*form.starts, *form.names) for step in path}
    for name in dict.fromkeys([*rows[0], *rows[1]]):
        if rows[0].get(name) == rows[1].get(name) or (names.is_entry and f"@{name}" in steps) or name in ("id", "Id"):
            continue
        a, b = (one_line(unquoted(row.get(name, b"nothing")))[:40] for row in rows)
        yield Change(
            f"{at}@{name}", ": ".join(names.trail), " ".join([*names.labels, *_field_label(new, name), f"{a} -> {b}"])
        )


def _values(at: str, names: Names, old: Node, new: Node) -> Iterator[Change]:
    form = names.form
    path = names.labels
    inner = [plain(form, node.raw[node.inner - node.start :]) for node in (old, new) if node.inner < node.end]
    if len(inner) == 1 or inner[:1] != inner[1:]:
        yield Change(at, ": ".join(names.trail), " ".join([*path, "changed"]))
        return
    if form is REAPER and new.tag in ("NAME", "POSITION"):
        return  # told as a name and as a move
    if form is LIVE and {"Name", "Current Start", "Current End", "User Name", "Effective Name"} & set(path):
        return
    yield from _fields(at, names, old, new)


def _field_label(node: Node, name: str) -> list[str]:
    """What a value is called behind the label of its element: `volume`, `Time`; nothing where it is the only one."""
    if not name.isdigit():
        return [] if name in ("Value", "value") else [name]
    known = _FIELDS.get(node.tag, ())
    return [known[int(name) - 1]] if 1 < len(known) >= int(name) else []


def summary(found: list[Change]) -> str:
    """All of it in one line: the first few changes of each entry, and how many more."""
    by_entry: dict[str, list[str]] = {}
    for change in found:
        by_entry.setdefault(change.entry, []).append(change.text)
    texts = []
    for entry, told in by_entry.items():
        several = [f"{text} ({number} times)" if number > 1 else text for text, number in Counter(told).items()]
        more = f", {len(several) - _MOST} more" if len(several) > _MOST else ""
        mark = ("" if several[0].startswith(_VERBS) else ":") + " " if entry else ""
        texts.append(f"{entry}{mark}{', '.join(several[:_MOST])}{more}")
    left = len(texts) - 8
    return "; ".join(texts[:8]) + (f"; and {plural(left, 'more thing')} changed" if left > 0 else "")


def between(form: Format, names: Names, old: Node, new: Node) -> str:
    """One side's change of an element, for a conflict."""
    found = list(_changes("", names, old, new))
    if not found:
        return f"{names.called} not changed"
    told = summary(found)
    prefix = ": ".join(names.trail)
    return told if not prefix or told.startswith(prefix) else f"{prefix}: {told}"


def value(form: Format, names: Names, node: Node) -> str:
    """An element as it is, for a conflict."""
    rows = fields(form, node.data[node.start : node.inner]) if not node.children else []
    return names.told(*(one_line(unquoted(row[1]))[:40] for row in rows[:4]))


def field(names: Names, node: Node, name: str, text: bytes) -> str:
    """One value of an element, for a conflict."""
    return names.told(*_field_label(node, name), one_line(unquoted(text))[:60])


# The listing that `git diff` shows ------------------------------------------------------------------------------------


def listing(form: Format, root: Node) -> str:
    """Every value on a line of its own, with the names of what it is in: each line of a diff says where it belongs."""
    return "\n".join(_listed(Names(form, root), root)) + "\n"


def _listed(names: Names, node: Node) -> Iterator[str]:
    form = names.form
    if node.tag in form.view or node.tag in form.counters:
        return
    entry = bool(names.word)
    if entry:
        names = names.entered(node)
        where = place(form, names.root, node)
        yield names.called + (f" at {where}" if where else "")
    if not node.children or form.wholes.match(node.tag):
        inner = plain(form, node.raw[node.inner - node.start :]) if node.inner < node.tail else b""
        start = form.noise.sub(b"", node.data[node.start : node.inner])
        rows = [
            " ".join([*_field_label(node, name), one_line(unquoted(value))[:60]])
            for name, value, *_ in fields(form, start)
        ]
        if inner:
            from hashlib import sha256

            rows.append(f"{plural(len(inner), 'byte')} {sha256(inner).hexdigest()[:12]}")
        if rows and (inner or not entry):
            yield f"  {names.told(*rows)}"
        return
    for child in node.children:
        yield from _listed(names.child(node, child), child)


__all__ = [
    "Change",
    "Names",
    "between",
    "changes",
    "entry_name",
    "field",
    "key_of",
    "listing",
    "place",
    "summary",
    "value",
]
