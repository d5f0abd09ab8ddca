"""What musicians do in a notation program, as functions on an ElementTree of MusicXML or MuseScore's format.

Every edit takes the tree, the mark of a measure and the number of a part, and answers True where it could be made.
Measures are found by their marks (score_cases.py), so that an edit finds its place in any version.
"""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET

import score_cases as cases

Edit = bool


def _cells(root: ET.Element, mark: int) -> list[ET.Element]:
    return [m for staff in cases.staves(root) for m in cases.measures(staff) if m.get("mark") == str(mark)]


def _cell(root: ET.Element, mark: int, part: int) -> ET.Element | None:
    every = cases.staves(root)
    staff = every[part % len(every)]
    return next((m for m in cases.measures(staff) if m.get("mark") == str(mark)), None)


def _xml(text: str) -> ET.Element:
    return ET.fromstring(text)


def insert_bars(root: ET.Element, mark: int, part: int) -> Edit:
    """Two bars of rest behind one, in all parts."""
    for staff in cases.staves(root):
        cell = next((m for m in cases.measures(staff) if m.get("mark") == str(mark)), None)
        if cell is None:
            return False
        for number in range(2):
            new = copy.deepcopy(cell)
            new.set("mark", f"rest{mark}.{number}")
            _silence(new)
            staff.insert(list(staff).index(cell) + 1 + number, new)
    return True


def _silence(cell: ET.Element) -> None:
    if cell.tag == "measure":
        length = _length(cell)
        for child in list(cell):
            cell.remove(child)
        cell.append(_xml(f'<note><rest measure="yes"/><duration>{length}</duration><voice>1</voice></note>'))
        return
    for child in list(cell):
        cell.remove(child)
    cell.append(_xml("<voice><Rest><durationType>measure</durationType><duration>4/4</duration></Rest></voice>"))


def _length(cell: ET.Element) -> int:
    at = most = 0
    for child in cell:
        if child.tag in ("note", "forward", "backup") and child.find("chord") is None and child.find("grace") is None:
            at += int(child.findtext("duration") or 0) * (-1 if child.tag == "backup" else 1)
            most = max(most, at)
    return most


def cut_bars(root: ET.Element, mark: int, part: int) -> Edit:
    """One bar taken out of all parts."""
    cells = _cells(root, mark)
    if any(cell.find(tag) is not None for cell in cells for tag in ("attributes", "voice/TimeSig", "barline")):
        return False
    if any(cell.find(".//Spanner") is not None or cell.find(".//tie") is not None for cell in cells):
        return False
    for staff in cases.staves(root):
        for cell in [m for m in cases.measures(staff) if m.get("mark") == str(mark)]:
            staff.remove(cell)
    return True


def second_voice(root: ET.Element, mark: int, part: int) -> Edit:
    """A second voice of one long note."""
    cell = _cell(root, mark, part)
    if cell is None:
        return False
    if cell.tag == "measure":
        length = _length(cell)
        cell.append(_xml(f"<backup><duration>{length}</duration></backup>"))
        cell.append(
            _xml(
                "<note><pitch><step>C</step><octave>3</octave></pitch>"
                f"<duration>{length}</duration><voice>7</voice></note>"
            )
        )
    else:
        last = [i for i, child in enumerate(cell) if child.tag == "voice"]
        if len(last) != 1:
            return False
        new = _xml(
            "<voice><Chord><durationType>half</durationType><Note><pitch>48</pitch><tpc>14</tpc></Note></Chord></voice>"
        )
        cell.insert(last[-1] + 1, new)
    return True


def octave_up(root: ET.Element, mark: int, part: int) -> Edit:
    """Every note of a part's bar an octave higher."""
    cell = _cell(root, mark, part)
    found = [] if cell is None else cases.notes(cell)
    for note in found:
        cases.shift(note, 12 if note.tag == "Note" else 1)
    return bool(found)


def clef(root: ET.Element, mark: int, part: int) -> Edit:
    """Another clef at a bar."""
    cell = _cell(root, mark, part)
    if cell is None or (cell.tag == "measure" and cell.find("attributes") is not None):
        return False
    if cell.tag == "measure":
        cell.insert(0, _xml("<attributes><clef><sign>C</sign><line>3</line></clef></attributes>"))
    else:
        voice = cell.find("voice")
        if voice is None:
            return False
        voice.insert(
            0, _xml("<Clef><concertClefType>C3</concertClefType><transposingClefType>C3</transposingClefType></Clef>")
        )
    return True


def key(root: ET.Element, mark: int, part: int) -> Edit:
    """Another key at a bar, in all parts."""
    cells = _cells(root, mark)
    if any(cell.find("attributes") is not None or cell.find("voice/KeySig") is not None for cell in cells):
        return False
    for cell in cells:
        if cell.tag == "measure":
            cell.insert(0, _xml("<attributes><key><fifths>3</fifths></key></attributes>"))
        else:
            voice = cell.find("voice")
            if voice is not None:
                voice.insert(0, _xml("<KeySig><accidental>3</accidental></KeySig>"))
    return True


def second_verse(root: ET.Element, mark: int, part: int) -> Edit:
    """Words of a second verse below every note of a bar."""
    cell = _cell(root, mark, part)
    if cell is None:
        return False
    found = 0
    for note in list(cell.iter("note")) + list(cell.iter("Chord")):
        if note.tag == "note" and (note.find("pitch") is None or note.find("chord") is not None):
            continue
        if note.tag == "note":
            note.append(_xml(f'<lyric number="2"><syllabic>single</syllabic><text>lo{found}</text></lyric>'))
        else:
            at = next((i for i, child in enumerate(note) if child.tag == "Note"), len(note))
            note.insert(at, _xml(f"<Lyrics><no>1</no><text>lo{found}</text></Lyrics>"))
        found += 1
    return found > 0


def slur_over(root: ET.Element, mark: int, part: int) -> Edit:
    """A slur from the last note of a bar to the first of the next one."""
    cells = [_cell(root, mark, part), _cell(root, mark + 1, part)]
    if any(cell is None for cell in cells) or cells[0].tag != "measure":  # type: ignore[union-attr]
        return False
    ends = [
        [note for note in cell.iter("note") if note.find("pitch") is not None]  # type: ignore[union-attr]
        for cell in cells
    ]
    if not all(ends):
        return False
    for note, kind in ((ends[0][-1], "start"), (ends[1][0], "stop")):
        around = note.find("notations")
        if around is None:
            around = ET.SubElement(note, "notations")
        ET.SubElement(around, "slur", {"type": kind, "number": "6"})
    return True


def triplet(root: ET.Element, mark: int, part: int) -> Edit:
    """A quarter note becomes a triplet of eighths."""
    cell = _cell(root, mark, part)
    if cell is None:
        return False
    for note in cases.notes(cell):
        holder, event = cases._event(cell, note)
        if event is None or event.find("dot") is not None or event.find("dots") is not None:
            continue
        if event.findtext("type") != "quarter" and event.findtext("durationType") != "quarter":
            continue
        at = list(holder).index(event)
        if event.tag == "note":
            long = int(event.findtext("duration") or 0)
            if long % 3:
                continue
            for number in range(3):
                new = _xml(
                    f"<note><pitch><step>{'EFG'[number]}</step><octave>4</octave></pitch>"
                    f"<duration>{long // 3}</duration>"
                    f"<voice>{event.findtext('voice') or 1}</voice><type>eighth</type><time-modification>"
                    "<actual-notes>3</actual-notes><normal-notes>2</normal-notes></time-modification></note>"
                )
                holder.insert(at + number, new)
            holder.remove(event)
            return True
        if event.find("Lyrics") is not None:
            continue
        made = [
            "<Tuplet><normalNotes>2</normalNotes><actualNotes>3</actualNotes><baseNote>eighth</baseNote></Tuplet>",
            *(
                f"<Chord><durationType>eighth</durationType><Note><pitch>{p}</pitch><tpc>14</tpc></Note></Chord>"
                for p in (60, 64, 67)
            ),
            "<endTuplet/>",
        ]
        for number, text in enumerate(made):
            holder.insert(at + number, _xml(text))
        holder.remove(event)
        return True
    return False


def volta(root: ET.Element, mark: int, part: int) -> Edit:
    """A repeat with a first ending over one bar."""
    cells = _cells(root, mark)
    if any(cell.find("barline") is not None or cell.find("endRepeat") is not None for cell in cells):
        return False
    for cell in cells:
        if cell.tag == "measure":
            cell.insert(0, _xml('<barline location="left"><ending number="1" type="start"/></barline>'))
            cell.append(
                _xml(
                    '<barline location="right"><bar-style>light-heavy</bar-style><ending number="1" type="stop"/>'
                    '<repeat direction="backward"/></barline>'
                )
            )
        else:
            cell.insert(0, _xml("<endRepeat>2</endRepeat>"))
    return True


def _before_first(cell: ET.Element | None, musicxml: str, musescore: str) -> Edit:
    """A sign before the first note or rest of a bar."""
    holder = cell if cell is None or cell.tag == "measure" else cell.find("voice")
    at = None if holder is None else next((i for i, c in enumerate(holder) if c.tag in ("note", "Chord", "Rest")), None)
    if cell is None or holder is None or at is None:
        return False
    holder.insert(at, _xml(musicxml if cell.tag == "measure" else musescore))
    return True


def dynamics(root: ET.Element, mark: int, part: int) -> Edit:
    """A dynamic at the start of a bar."""
    return _before_first(
        _cell(root, mark, part),
        "<direction><direction-type><dynamics><sfz/></dynamics></direction-type></direction>",
        "<Dynamic><subtype>sfz</subtype><velocity>112</velocity></Dynamic>",
    )


def tempo(root: ET.Element, mark: int, part: int) -> Edit:
    """A tempo at a bar."""
    return _before_first(
        _cell(root, mark, 0),
        '<direction><direction-type><words>Presto</words></direction-type><sound tempo="180"/></direction>',
        "<Tempo><tempo>3</tempo><text>Presto</text></Tempo>",
    )


def page_break(root: ET.Element, mark: int, part: int) -> Edit:
    """A page turn before (behind, in MuseScore) a bar."""
    cell = _cell(root, mark, 0)
    if cell is None or cell.find("print") is not None or cell.find("LayoutBreak") is not None:
        return False
    if cell.tag == "measure":
        cell.insert(0, _xml('<print new-page="yes"/>'))
    else:
        cell.insert(0, _xml("<LayoutBreak><subtype>page</subtype></LayoutBreak>"))
    return True


def title(root: ET.Element, mark: int, part: int) -> Edit:
    """Another title."""
    if root.tag == "museScore":
        for tag in root.iter("metaTag"):
            if tag.get("name") == "workTitle":
                tag.text = "Another title"
                return True
        return False
    found = root.find("movement-title")
    if found is None:
        found = ET.Element("movement-title")
        root.insert(
            [child.tag for child in root].index("part-list")
            if root.find("identification") is None
            else [child.tag for child in root].index("identification"),
            found,
        )
    found.text = "Another title"
    return True


def _instruments(root: ET.Element) -> list[tuple[ET.Element, list[ET.Element]]]:
    """Each instrument: its entry in the list, and the elements that hold its measures."""
    score = root.find("Score")
    if score is not None:
        bodies = {staff.get("id"): staff for staff in score.findall("Staff")}
        ids = iter(bodies)
        return [(part, [bodies[next(ids)] for _ in part.findall("Staff")]) for part in score.findall("Part")]
    names = {part.get("id"): part for part in root.findall("part")}
    listed = root.find("part-list")
    return [] if listed is None else [(e, [names[e.get("id")]]) for e in listed.findall("score-part")]


def _arranged(root: ET.Element, wanted: list[tuple[ET.Element, list[ET.Element]]]) -> None:
    """The instruments as they should be; MuseScore keeps frames in the first staff."""
    score = root.find("Score")
    listed = root.find("part-list") if score is None else score
    assert listed is not None
    old = _instruments(root)
    top = old[0][1][0]
    frames = [(at, child) for at, child in enumerate(top) if child.tag.endswith("Box")]
    _replaced(listed, [entry for entry, _ in old], [entry for entry, _ in wanted])
    holder = root if score is None else score
    _replaced(holder, [each for _, bodies in old for each in bodies], [each for _, bodies in wanted for each in bodies])
    for _, frame in frames:
        top.remove(frame)
    for at, frame in frames:
        wanted[0][1][0].insert(at, frame)
    if score is not None:
        _numbered(wanted)


def _replaced(holder: ET.Element, old: list[ET.Element], new: list[ET.Element]) -> None:
    at = list(holder).index(old[0])
    for child in old:
        holder.remove(child)
    for child in reversed(new):
        holder.insert(at, child)


def _numbered(wanted: list[tuple[ET.Element, list[ET.Element]]]) -> None:
    """MuseScore counts staves through all instruments."""
    number = 0
    for entry, bodies in wanted:
        for staff, each in zip(entry.findall("Staff"), bodies, strict=True):
            number += 1
            if "id" in staff.attrib:
                staff.set("id", str(number))
            each.set("id", str(number))


def part_out(root: ET.Element, mark: int, part: int) -> Edit:
    """An instrument taken out."""
    found = _instruments(root)
    if len(found) < 3:
        return False
    _arranged(root, [each for at, each in enumerate(found) if at != 1])
    return True


def parts_swapped(root: ET.Element, mark: int, part: int) -> Edit:
    """The last instrument becomes the first."""
    found = _instruments(root)
    if len(found) < 3:
        return False
    _arranged(root, [found[-1], *found[:-1]])
    return True


def part_in(root: ET.Element, mark: int, part: int) -> Edit:
    """A new instrument with rests, behind the first one."""
    found = _instruments(root)
    if not found or len(found[0][1]) > 1:
        return False
    entry, bodies = copy.deepcopy(found[0])
    for cell in cases.measures(bodies[0]):
        setup = [cell.find("attributes")]
        if cell.tag == "Measure":
            setup = [child for child in cell.findall("voice/*") if child.tag in ("TimeSig", "KeySig")]
        _silence(cell)
        target = cell if cell.tag == "measure" else cell[0]
        for number, child in enumerate(each for each in setup if each is not None):
            target.insert(number, child)
    for frame in [child for child in bodies[0] if child.tag not in ("measure", "Measure")]:
        bodies[0].remove(frame)
    for tag in ("part-name", "trackName"):
        for name in entry.findall(tag):
            name.text = "Ophicleide"
    if entry.tag == "score-part":
        entry.set("id", "P99")
        bodies[0].set("id", "P99")
        for child in [c for c in entry if c.tag in ("midi-instrument", "score-instrument", "midi-device")]:
            entry.remove(child)
    _arranged(root, [found[0], (entry, bodies), *found[1:]])
    return True


EDITS = {
    edit.__name__: edit
    for edit in (
        *(insert_bars, cut_bars, second_voice, octave_up, clef, key, second_verse, slur_over, triplet, volta),
        *(dynamics, tempo, page_break, title, part_out, parts_swapped, part_in),
    )
}
