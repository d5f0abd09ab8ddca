"""Three-way cases of DAW projects with known answers, and how the merge does on them beside Git's text merge.

    python benchmarks/daw_cases.py FILE... --cases 500 --seed 1

FILE is an `.als`, `.rpp` or `.dawproject`. An edit is a replacement of some bytes of the document: values, names,
places of clips, notes, deleted clips and devices, new tracks as their program would number them. Both sides edit other
places (the right result has all edits) or one place (it has to be a conflict). Results are read with `xml.etree` or
line by line; nothing here uses Muse's reading. Git merges the unpacked documents.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple
from uuid import UUID
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


class Edit(NamedTuple):
    """Bytes of the document from `start` to `end` become `new`; `kind` says what a person did."""

    kind: str
    start: int
    end: int
    new: bytes


_VALUE = re.compile(rb'<Manual Value="(-?\d+(?:\.\d+)?)"|<Color Value="(\d+)"|(?<=\s)value="(-?\d+(?:\.\d+)?)"')
_NAME = re.compile(rb'(?<=<EffectiveName Value=")[^"]*|(?<=<Track )[^>]*?name="([^"]*)"')
_CLIP = re.compile(
    rb'<(?:Midi|Audio)Clip Id="\d+" Time="([^"]*)".*?</(?:Midi|Audio)Clip>|<Clip [^>]*?\btime="([^"]*)"', re.S
)
_VELOCITY = re.compile(rb'(?<=Velocity=")\d+(?:\.\d+)?|(?<=\svel=")[\d.]+')
_WHOLE = re.compile(rb"\s*<(?:MidiClip|AudioClip|Clip) .*?</(?:MidiClip|AudioClip|Clip)>", re.S)
_TRACK = re.compile(rb"\s*<(?:Midi|Audio)Track Id=.*?</(?:Midi|Audio)Track>", re.S)
_LINE = re.compile(rb"^ +(?:VOLPAN|LENGTH|FADEIN|PEAKCOL|SOFFS|POSITION|MAINSEND|TEMPO|MASTER_VOLUME) (\S+)", re.M)
_LINE_NAME = re.compile(rb"(?<=\n    NAME )[^\r\n]*")
_ITEM = re.compile(rb"^    <ITEM\r?\n.*?^    >\r?\n", re.M | re.S)
_RTRACK = re.compile(rb"^  <TRACK .*?^  >\r?\n", re.M | re.S)
_GUID = re.compile(rb"\{[0-9A-F-]{36}\}")


def document(data: bytes) -> bytes:
    """What lies in a file."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        return zipfile.ZipFile(io.BytesIO(data)).read("project.xml")
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def packed(data: bytes, text: bytes) -> bytes:
    """Another document in the same wrapping."""
    if data[:2] == b"\x1f\x8b":
        return gzip.compress(text, mtime=0)
    if data[:2] != b"PK":
        return text
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info, text if info.filename == "project.xml" else old.read(info))
    return out.getvalue()


def edits_of(text: bytes, r: random.Random, twist: int) -> list[Edit]:
    """Every edit that could be made, each with a value of its own; two sides (`twist` 1, 2) make other values."""
    found: list[Edit] = []

    def values(pattern: re.Pattern[bytes], kind: str) -> None:
        for match in pattern.finditer(text):
            at = next((n for n in range(1, len(match.groups()) + 1) if match[n] is not None), 0)
            new = {"name": b"Name %d" % r.randrange(10_000), "velocity": b"%d" % r.randint(1, 126)}
            number = b"%d.%d" % (r.randrange(1, 900), twist)
            found.append(Edit(kind, match.start(at), match.end(at), new.get(kind, number)))

    if text.lstrip().startswith(b"<REAPER"):
        values(_LINE, "value")
        values(_LINE_NAME, "name")
        found += [Edit("delete", match.start(), match.end(), b"") for match in _ITEM.finditer(text)]
    else:
        values(_VALUE, "value")
        values(_NAME, "name")
        values(_VELOCITY, "velocity")
        found += [Edit("delete", match.start(), match.end(), b"") for match in _WHOLE.finditer(text)]
        for match in _CLIP.finditer(text):
            if match[1] is None:
                continue
            new = b"%d" % (r.randrange(1, 400) * 4 + twist)
            clip = re.sub(rb'(?<= Time=")[^"]*', new, match[0], count=1)
            clip = re.sub(rb'(?<=<CurrentStart Value=")[^"]*', new, clip, count=1)
            found.append(Edit("move", match.start(), match.end(), clip))
    return found


def added_track(text: bytes, r: random.Random, twist: int) -> tuple[bytes, bytes] | None:
    """The document with a copied track as its program would number it, and the new track."""
    reaper = text.lstrip().startswith(b"<REAPER")
    tracks = list((_RTRACK if reaper else _TRACK).finditer(text))
    if not tracks:
        return None
    source = r.choice(tracks)
    name = b"New %d %d" % (r.randrange(1_000), twist)
    if reaper:
        known: dict[bytes, bytes] = {}
        new = _GUID.sub(
            lambda m: known.setdefault(m[0], b"{%s}" % str(UUID(int=r.getrandbits(128))).upper().encode()), source[0]
        )
        new = re.sub(rb"^ +AUXRECV.*\n", b"", re.sub(rb"(?<=\n    NAME )[^\r\n]*", name, new, count=1), flags=re.M)
        return text[: tracks[-1].end()] + new + text[tracks[-1].end() :], new
    counter = re.search(rb'<NextPointeeId Value="(\d+)"', text)
    if counter is None:
        return None
    free = [int(counter[1])]
    numbers: dict[bytes, bytes] = {}

    def fresh(match: re.Match[bytes]) -> bytes:
        numbers[match[2]] = b"%d" % free[0]
        free[0] += 1
        return match[1] + numbers[match[2]] + b'"'

    new = re.sub(rb'(<(?:Pointee|\w*Target) Id=")(\d+)"', fresh, source[0])
    new = re.sub(rb'(?<=<PointeeId Value=")\d+', lambda m: numbers.get(m[0], m[0]), new)
    top = 1 + max(int(n) for n in re.findall(rb'<(?:Midi|Audio|Group|Return)Track Id="(\d+)"', text))
    new = re.sub(rb'(?<=Track Id=")\d+', b"%d" % top, new, count=1)
    new = re.sub(rb'(?<=<EffectiveName Value=")[^"]*', name, new, count=1)
    out = text[: tracks[-1].end()] + new + text[tracks[-1].end() :]
    return out.replace(counter[0], b'<NextPointeeId Value="%d"' % free[0], 1), new


def applied(text: bytes, edits: list[Edit]) -> bytes:
    """The document after edits of other places."""
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


class Case(NamedTuple):
    """Three documents, the right one (None: it has to be a conflict), and what was done."""

    base: bytes
    ours: bytes
    theirs: bytes
    expected: bytes | None
    kind: str


def make(text: bytes, r: random.Random) -> Case | None:
    """One case of a document."""
    mine, other = edits_of(text, r, 1), edits_of(text, r, 2)
    if not mine:
        return None
    kinds = [_disjoint, _disjoint, _disjoint, _one_value, _delete_and_edit, _two_tracks]
    return r.choice(kinds)(text, r, mine, other)


def _two_tracks(text: bytes, r: random.Random, mine: list[Edit], other: list[Edit]) -> Case | None:
    one, two = (added_track(text, r, twist) for twist in (1, 2))
    if one is None or two is None:
        return None
    at = one[0].find(one[1]) + len(one[1])
    return Case(text, one[0], two[0], one[0][:at] + two[1] + one[0][at:], "two tracks")


def _one_value(text: bytes, r: random.Random, mine: list[Edit], other: list[Edit]) -> Case | None:
    at = r.randrange(len(mine))
    values = {text[mine[at].start : mine[at].end], mine[at].new, other[at].new}
    if mine[at].kind == "delete" or len(values) < 3:
        return None
    return Case(text, applied(text, [mine[at]]), applied(text, [other[at]]), None, "one value")


def _delete_and_edit(text: bytes, r: random.Random, mine: list[Edit], other: list[Edit]) -> Case | None:
    gone = [edit for edit in mine if edit.kind == "delete"]
    cut = r.choice(gone) if gone else Edit("", 0, 0, b"")
    inside = [
        edit for edit in other
        if cut.start < edit.start and edit.end < cut.end and text[edit.start : edit.end] != edit.new
    ]  # fmt: skip
    if not inside:
        return None
    return Case(text, applied(text, [cut]), applied(text, [r.choice(inside)]), None, "delete and edit")


def _disjoint(text: bytes, r: random.Random, mine: list[Edit], other: list[Edit]) -> Case | None:
    chosen: list[tuple[int, Edit]] = []
    for number in range(r.randint(2, 8)):
        edit = r.choice((mine, other)[number % 2])
        apart = all(edit.end <= old.start or old.end <= edit.start for _, old in chosen)
        if apart and not _one_whole(text, edit, chosen):
            chosen.append((number % 2, edit))
    sides = [applied(text, [edit for side, edit in chosen if side == number]) for number in (0, 1)]
    if text in sides:
        return None
    return Case(text, sides[0], sides[1], applied(text, [edit for _, edit in chosen]), "disjoint")


def _one_whole(text: bytes, edit: Edit, chosen: list[tuple[int, Edit]]) -> bool:
    """True where both would touch the notes of one pitch in one clip, which is one thing."""

    def row(each: Edit) -> int:
        return text.rfind(b"<KeyTrack ", 0, each.start) if each.kind == "velocity" else -each.start - 1

    return any(row(edit) == row(old) for _, old in chosen)


# Reading -------------------------------------------------------------------------------------------------------------


def seen(text: bytes, *, numbers: bool = True) -> object:
    """A document as data; without `numbers`, ids are left out and counters too."""
    if text.lstrip().startswith(b"<REAPER"):
        return [line.strip() for line in text.splitlines()[1:]]
    if not numbers:
        text = re.sub(rb'(<(?:Pointee|\w*Target|\w+Track) Id=")\d+', rb"\1", text)
        text = re.sub(rb'(<(?:NextPointeeId|PointeeId) Value=")\d+', rb"\1", text)
    return _tree(ElementTree.fromstring(text))


def _tree(element: ElementTree.Element) -> tuple[object, ...]:
    return (
        element.tag,
        tuple(sorted(element.attrib.items())),
        (element.text or "").strip(),
        tuple(map(_tree, element)),
    )


def unique(text: bytes) -> bool:
    """True when no number stands for two things and every curve has its parameter."""
    if text.lstrip().startswith(b"<REAPER"):
        ids = re.findall(rb"<TRACK (\{.*?\})", text)
        return len(ids) == len(set(ids))
    ids = re.findall(rb'<(?:Pointee|\w*Target) Id="(\d+)"', text)
    tracks = re.findall(rb'<(?:Midi|Audio|Group|Return)Track Id="(\d+)"', text)
    used = re.findall(rb'<PointeeId Value="(\d+)"', text)
    return len(ids) == len(set(ids)) and len(tracks) == len(set(tracks)) and set(used) <= set(ids)


def judge(case: Case, conflicts: int, text: bytes) -> str:
    """exact, asked, MISSED (a conflict merged as if clean), WRONG."""
    if case.expected is None:
        return "exact" if conflicts else "MISSED"
    if conflicts:
        return "asked"
    numbers = case.kind != "two tracks"
    right = seen(text, numbers=numbers) == seen(case.expected, numbers=numbers) and unique(text)
    return "exact" if right else "WRONG"


def git(case: Case, folder: Path) -> str:
    """The verdict on Git's text merge of the documents."""
    names = []
    for name, text in zip(("ours", "base", "theirs"), (case.ours, case.base, case.theirs)):
        names.append(str(folder / name))
        (folder / name).write_bytes(text)
    done = subprocess.run(["git", "merge-file", "-p", *names], capture_output=True, check=False, timeout=120)
    try:
        return judge(case, done.returncode, done.stdout)
    except ElementTree.ParseError:
        return "WRONG"


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    from muse.plugins.daw.plugin import DawPlugin

    r = random.Random(options.seed)
    files = [(file.name, file.read_bytes()) for file in options.files]
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    made = tries = 0
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        while made < options.cases and tries < options.cases * 20:
            tries += 1
            name, data = r.choice(files)
            case = make(document(data), random.Random(r.random()))
            if case is None:
                continue
            made += 1
            start = time.perf_counter()
            merged = DawPlugin().merge_file(name, *(packed(data, text) for text in case[:3]))
            seconds += time.perf_counter() - start
            verdict = judge(case, len(merged.conflicts), document(merged.content or b""))
            rows[f"muse {case.kind}"][verdict] += 1
            rows[f"git  {case.kind}"][git(case, Path(folder))] += 1
            if verdict != "exact":
                print(f"{made:05} {verdict} {name}: {case.kind}; {merged.notes} "
                      f"{[record.address for record in merged.conflicts][:4]}", file=sys.stderr)  # fmt: skip
    print(f"{made} cases of {len(files)} files, {seconds:.1f} s in the merge")
    for name, counts in sorted(rows.items()):
        print(f"  {name:22} " + ", ".join(f"{word} {count}" for word, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
