"""What a project says by place and means by name: sends, slots, folders, links; and things that are there once.

Each law is asked of base, ours, theirs and the result, and answers why the result is not sound although the sides are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from muse.core.xml_tree import Node
from muse.plugins.daw import reaper
from muse.plugins.daw.sends import is_silent, name_of, returns, send_lists, tracks

Law = Callable[[Sequence[Node]], str]
_TOKEN = re.compile(rb"<\w[^>]*>")
_ID = re.compile(rb"(?<=\s)Id=\"[^\"]*\"")
_GROUP = re.compile(rb"<TrackGroupId Value=\"([^\"]*)\"")
_SLOT = re.compile(rb"<ClipSlot Id=\"")
_SLOTS = re.compile(rb"<MainSequencer>.*?<ClipSlotList>(.*?)</ClipSlotList>", re.DOTALL)
_CLIP = re.compile(rb"<(MidiClip|AudioClip)\s[^>]*>.*?</\1>", re.DOTALL)
_PLACE = re.compile(rb"(?<=Clip )Id=\"[^\"]*\" Time=\"[^\"]*\"|<Current(?:Start|End) [^>]*>")
_EVENT = re.compile(rb"<MidiNoteEvent [^>]*>")
_NOTE = re.compile(rb"<Note [^>]*>")
_OWN_TIME = re.compile(rb"(?<=\s)time=\"[^\"]*\"|(?<=\s)muse-clip=\"[^\"]*\"")
_KEY = re.compile(rb"(?<=\s)key=\"[^\"]*\"")
_POOL = re.compile(rb"POOLEDEVTS (\{[^}\r\n]*\})(.*?)^[ \t]*>[ \t\r]*$", re.DOTALL | re.MULTILINE)
_POOLED = re.compile(rb"^[ \t]*((?:[Ee]m?|<X) [^\r\n]*)", re.MULTILINE)

_GROUPS = re.compile(rb"^[ \t]*GROUP_FLAGS(_HIGH)? ([^\r\n]*)", re.MULTILINE)


def adds_up(base: Counter[object], ours: Counter[object], theirs: Counter[object], now: Counter[object]) -> bool:
    """What either side took out is gone, what either put in is there. Of things without a name of their own that look
    alike, what both took out or put in may be one or two."""
    least = base - ((base - ours) | (base - theirs)) + ((ours - base) | (theirs - base))
    most = base - (base - ours) - (base - theirs) + (ours - base) + (theirs - base)
    return all(
        min(least[fact], most[fact]) <= now[fact] <= max(least[fact], most[fact])
        for fact in {*least, *most, *now}
    )  # fmt: skip


def _doubled(found: Sequence[Counter[object]]) -> bool:
    """True where nobody made a copy of something, and yet there would be one more than in the base."""
    base, ours, theirs, now = found
    return any(now[each] > base[each] >= max(ours[each], theirs[each]) for each in base)


# Live ----------------------------------------------------------------------------------------------------------------


def _sends(roots: Sequence[Node]) -> str:
    """The first send goes to the first return track, wherever the tracks come from."""
    to_all = [returns(root) for root in roots]
    if all(each == to_all[0] for each in to_all):
        return ""
    facts: list[Counter[object]] = [Counter() for _ in roots]
    short: list[set[object]] = [set() for _ in roots]
    met: set[tuple[object, str]] = set()
    for side, root in enumerate(roots):
        for track, sends in send_lists(root):
            if len(sends.children) != len(to_all[side]):
                short[side].add(track)
            for send, to in zip(sends.children, to_all[side]):
                if side == 3 and (track, to) not in met and is_silent(send.raw):
                    continue  # neither side had both
                met.add((track, to))
                facts[side].update((track, to, *fact) for fact in enumerate(_TOKEN.findall(_ID.sub(b"", send.raw))))
    if not short[3] <= set().union(*short[:3]):
        return "one side added or deleted return tracks, the other one tracks: a send would be missing"
    return "" if adds_up(*facts) else "a send would go to another return track"


def _slots(roots: Sequence[Node]) -> str:
    """The first slot of each track is in the first scene."""
    scenes = [_scenes(root) for root in roots]
    facts: list[Counter[object]] = [Counter() for _ in roots]
    fit = [True] * len(roots)
    for side, root in enumerate(roots):
        for track in tracks(root):
            found = _SLOTS.search(track.raw)
            slots = _SLOT.split(found[1])[1:] if found is not None else [b""] * len(scenes[side])
            fit[side] &= len(slots) == len(scenes[side])
            facts[side].update(
                (name_of(track), scene, *re.findall(rb"<(?:Midi|Audio)Clip (?=Id=)|<Name Value=\"[^\"]*\"", slot)[:2])
                for scene, slot in zip(scenes[side], slots)
            )
    if all(fit[:3]) and not fit[3]:
        return "one side added or deleted scenes, and the other one tracks"
    moved = any(each != scenes[0] for each in scenes)
    return "a clip would come to lie in another scene" if moved and not adds_up(*facts) else ""


def _scenes(root: Node) -> list[str]:
    found = root.path("LiveSet", "Scenes")
    return [] if found is None else [scene.get("Id") for scene in found.children if scene.tag == "Scene"]


def _groups(roots: Sequence[Node]) -> str:
    """The tracks of a group stand right behind it."""
    sound = [_grouped(root) for root in roots]
    return "a track would come to lie outside of its group" if all(sound[:3]) and not sound[3] else ""


def _grouped(root: Node) -> bool:
    inside: list[bytes] = []
    for track in tracks(root):
        found = _GROUP.search(track.raw)
        group = found[1] if found is not None else b"-1"
        while inside and inside[-1] != group:
            inside.pop()
        if not inside and not group.startswith(b"-"):
            return False
        if track.tag == "GroupTrack":
            inside.append(track.get("Id").encode())
    return True


def _merged_tracks(roots: Sequence[Node]) -> Iterator[list[Node | None]]:
    """Tracks of the result that are no side's as a whole, each with what it was in base, ours and theirs."""
    sides = [{name_of(track): track for track in tracks(root)} for root in roots]
    for name, track in sides[3].items():
        known = [side.get(name) for side in sides[:3]]
        if all(each is None or each.raw != track.raw for each in known):
            yield [*known, track]


def _live_overlaps(roots: Sequence[Node]) -> str:
    for versions in _merged_tracks(roots):
        counts = []
        for track in versions:
            clips = [] if track is None else _arranged(track)
            ends = (clip.child("CurrentEnd") for clip in clips)
            spans = [(clip.get("Time"), "" if end is None else end.get("Value")) for clip, end in zip(clips, ends)]
            counts.append(_overlaps(spans))
        if counts[3] > max(counts[:3]):
            return "two clips would lie over each other"
    return ""


def _arranged(track: Node) -> list[Node]:
    """A track's clips in the arrangement."""
    sequencer = track.path("DeviceChain", "MainSequencer")
    found: list[Node] = []
    for holder in () if sequencer is None else sequencer.all("ClipTimeable") + sequencer.all("Sample"):
        events = holder.path("ArrangerAutomation", "Events")
        found += [] if events is None else events.children
    return [clip for clip in found if clip.tag in ("MidiClip", "AudioClip")]


def _overlaps(texts: Iterable[tuple[str, str]]) -> int:
    spans = sorted((_float(start), _float(end)) for start, end in texts)
    count, last = 0, float("-inf")
    for start, end in spans:
        count += start < last - 1e-6
        last = max(last, end)
    return count


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _live_once(roots: Sequence[Node]) -> str:
    """A clip or a note that both moved is still one."""
    rows = [[track.raw for track in tracks(root)] for root in roots]
    alike = set(rows[0]).intersection(*rows[1:])
    changed = [b"".join(raw for raw in row if raw not in alike) for row in rows]
    clips = [Counter[object](_PLACE.sub(b"", found[0]) for found in _CLIP.finditer(text)) for text in changed]
    notes = [Counter[object](_EVENT.findall(text)) for text in changed]
    return _once(clips, notes)


def _once(clips: Sequence[Counter[object]], *notes: Sequence[Counter[object]]) -> str:
    if _doubled(clips):
        return "both sides moved one clip to other places"
    return "both sides moved one note to other places" if any(map(_doubled, notes)) else ""


# Reaper --------------------------------------------------------------------------------------------------------------


def _folders(roots: Sequence[Node]) -> str:
    was, mine, other, now = (reaper.folders(side) for side in roots)
    for track, folder in now.items():
        meant = {side[track] for side in (mine, other) if track in side and side[track] != was.get(track)}
        if (meant and folder not in meant) or (not meant and folder != was.get(track)):
            return "tracks would come to lie in another folder"
    return ""


def _links(roots: Sequence[Node]) -> str:
    """A parameter that follows another effect's counts the effects of its chain."""
    facts = [Counter[object](reaper.links(root)) for root in roots]
    return "" if adds_up(*facts) else "a parameter would follow another effect"


def _pools(roots: Sequence[Node]) -> str:
    """Clips that share their notes have the same ones."""
    found: list[dict[bytes, set[tuple[bytes, ...]]]] = []
    for root in roots:
        found.append({})
        for pool in _POOL.finditer(root.data):
            found[-1].setdefault(pool[1], set()).add(tuple(_POOLED.findall(pool[2])))
    for name, bodies in found[3].items():
        if len(bodies) > max(len(side.get(name, ())) for side in found[:3]):
            return "clips that share their notes would have different ones"
    return ""


def _track_groups(roots: Sequence[Node]) -> str:
    """Groups of tracks are bits of numbers: one that both sides began to use would be one group of all their tracks."""
    was, mine, other, _ = (set(_GROUPS.findall(root.data)) for root in roots)
    used = [0 if not side else _bits(side) for side in (was, mine - was, other - was)]
    return "both sides made a group of tracks under one number" if used[1] & used[2] & ~used[0] else ""


def _bits(lines: set[tuple[bytes, bytes]]) -> int:
    """All bits of the numbers in lines, those of the higher groups above the others."""
    found = 0
    for high, numbers in lines:
        for word in numbers.split():
            found |= (int(word) & 0xFFFFFFFF if word.isdigit() and len(word) < 12 else 0) << (32 if high else 0)
    return found


# DAWproject ----------------------------------------------------------------------------------------------------------


def lanes(root: Node) -> dict[str, Node]:
    """What lies in the arrangement, by the track it is on."""
    outer = root.path("Arrangement", "Lanes")
    return {} if outer is None else {node.get("track"): node for node in outer.all("Lanes")}


def _clip_overlaps(roots: Sequence[Node]) -> str:
    sides = [lanes(root) for root in roots]
    for track, node in sides[3].items():
        known = [side[track] for side in sides[:3] if track in side]
        if all(each.raw != node.raw for each in known) and _clips_over(node) > max(map(_clips_over, known), default=0):
            return "two clips would lie over each other"
    return ""


def _clips_over(node: Node) -> int:
    clips = [clip for each in node.all("Clips") for clip in each.all("Clip")]
    starts = [_float(clip.get("time")) for clip in clips]
    return _overlaps((f"{at}", f"{at + _float(clip.get('duration'))}") for at, clip in zip(starts, clips))


def _dawproject_once(roots: Sequence[Node]) -> str:
    rows = [[node.raw for node in lanes(root).values()] for root in roots]
    alike = set(rows[0]).intersection(*rows[1:])
    changed = [[raw for raw in row if raw not in alike] for row in rows]
    clips: list[Counter[object]] = [Counter() for _ in roots]
    for side, root in enumerate(roots):
        for node in lanes(root).values():
            if node.raw in alike:
                continue
            clips[side].update(
                (_OWN_TIME.sub(b"", clip.data[clip.start : clip.inner]), clip.data[clip.inner : clip.end])
                for each in node.all("Clips")
                for clip in each.all("Clip")
            )
    notes = [[note for raw in row for note in _NOTE.findall(raw)] for row in changed]
    return _once(
        clips,
        [Counter[object](_OWN_TIME.sub(b"", note) for note in row) for row in notes],
        [Counter[object](_KEY.sub(b"", note) for note in row) for row in notes],
    )


LAWS: dict[str, tuple[Law, ...]] = {
    "Ableton Live": (_groups, _sends, _slots, _live_overlaps, _live_once),
    "Reaper": (_folders, _links, _pools, _track_groups),
    "DAWproject": (_clip_overlaps, _dawproject_once),
}
"""What is asked of a result, by the name of its format."""
