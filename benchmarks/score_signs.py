"""More of what musicians do in a notation program: signs, lines, words, chords and bars in another order.

As in score_edits.py: functions on an ElementTree of MusicXML or MuseScore's format that take the mark of a measure and
the number of a part, and answer True where the edit could be made.
"""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from itertools import pairwise

import score_cases as cases
from score_edits import EDITS as PLAIN
from score_edits import Edit, _before_first, _cell, _cells, _xml


def _events(cell: ET.Element | None) -> list[tuple[ET.Element, ET.Element]]:
    """The sounding events of a bar, each with what holds it: of a chord the note that stands first."""
    if cell is None:
        return []
    holders = [cell] if cell.tag == "measure" else cell.findall("voice")
    return [
        (holder, event)
        for holder in holders
        for event in holder
        if event.find("Note" if event.tag == "Chord" else "pitch") is not None and event.find("chord") is None
    ]


def _notations(note: ET.Element) -> ET.Element:
    found = note.find("notations")
    if found is None:
        at = next((i for i, child in enumerate(note) if child.tag in ("lyric", "play")), len(note))
        found = ET.Element("notations")
        note.insert(at, found)
    return found


def staccato(root: ET.Element, mark: int, part: int) -> Edit:
    """Every note of a bar short."""
    found = _events(_cell(root, mark, part))
    for _, event in found:
        if event.tag == "note":
            _notations(event).append(_xml("<articulations><staccato/></articulations>"))
        else:
            at = next(i for i, child in enumerate(event) if child.tag == "Note")
            event.insert(at, _xml("<Articulation><subtype>articStaccatoAbove</subtype></Articulation>"))
    return bool(found)


def fermata(root: ET.Element, mark: int, part: int) -> Edit:
    """The last note of a bar is held."""
    found = _events(_cell(root, mark, part))
    if not found:
        return False
    holder, event = found[-1]
    if event.tag == "note":
        _notations(event).append(_xml('<fermata type="upright"/>'))
    else:
        holder.insert(list(holder).index(event), _xml("<Fermata><subtype>fermataAbove</subtype></Fermata>"))
    return True


def chord_symbol(root: ET.Element, mark: int, part: int) -> Edit:
    """A chord's name above a bar."""
    return _before_first(
        _cell(root, mark, part),
        "<harmony><root><root-step>D</root-step></root><kind>minor</kind></harmony>",
        "<Harmony><root>16</root><name>m7</name></Harmony>",
    )


def rehearsal(root: ET.Element, mark: int, part: int) -> Edit:
    """A rehearsal mark at a bar."""
    return _before_first(
        _cell(root, mark, 0),
        "<direction><direction-type><rehearsal>Q</rehearsal></direction-type></direction>",
        "<RehearsalMark><text>Q</text></RehearsalMark>",
    )


def staff_text(root: ET.Element, mark: int, part: int) -> Edit:
    """A word for one player."""
    return _before_first(
        _cell(root, mark, part),
        "<direction><direction-type><words>pizz.</words></direction-type></direction>",
        "<StaffText><text>pizz.</text></StaffText>",
    )


def first_verse(root: ET.Element, mark: int, part: int) -> Edit:
    """Other words below the notes that have some."""
    cell = _cell(root, mark, part)
    texts = (
        [] if cell is None else [t for tag in ("lyric", "Lyrics") for w in cell.iter(tag) for t in w.findall("text")]
    )
    for number, text in enumerate(texts):
        text.text = f"ba{number}"
    return bool(texts)


def chord_tone(root: ET.Element, mark: int, part: int) -> Edit:
    """A tone added to the first note of a bar."""
    found = _events(_cell(root, mark, part))
    if not found:
        return False
    holder, event = found[0]
    if event.tag == "note":
        if event.find("grace") is not None or event.find("duration") is None:
            return False
        new = ET.Element("note")
        new.append(ET.Element("chord"))
        new.append(_xml("<pitch><step>B</step><octave>1</octave></pitch>"))
        for tag in ("duration", "voice", "type"):
            if event.find(tag) is not None:
                new.append(copy.deepcopy(event.find(tag)))  # type: ignore[arg-type]
        holder.insert(list(holder).index(event) + 1, new)
        return True
    at = next(i for i, child in enumerate(event) if child.tag == "Note")
    event.insert(at, _xml("<Note><pitch>23</pitch><tpc>19</tpc></Note>"))
    return True


def grace(root: ET.Element, mark: int, part: int) -> Edit:
    """A grace note before the last note of a bar."""
    found = _events(_cell(root, mark, part))
    if not found:
        return False
    holder, event = found[-1]
    if event.tag == "note":
        voice = event.findtext("voice") or "1"
        new = "<note><grace/><pitch><step>C</step><octave>6</octave></pitch>"
        new += f"<voice>{voice}</voice><type>eighth</type></note>"
    else:
        new = "<Chord><durationType>eighth</durationType><acciaccatura/>"
        new += "<Note><pitch>84</pitch><tpc>14</tpc></Note></Chord>"
    holder.insert(list(holder).index(event), _xml(new))
    return True


def longer(root: ET.Element, mark: int, part: int) -> Edit:
    """Two quarter notes side by side become one half note."""
    cell = _cell(root, mark, part)
    found = _events(cell)
    for (holder, one), (other, two) in pairwise(found):
        at = list(holder).index(one)
        plain = all(
            event.find(tag) is None for event in (one, two) for tag in ("dot", "dots", "tie", "lyric", "Lyrics")
        )
        if holder is not other or list(holder)[at + 1 : at + 2] != [two] or not plain:
            continue
        lengths = [event.findtext("type") or event.findtext("durationType") for event in (one, two)]
        if lengths != ["quarter", "quarter"] or two.find(".//Spanner") is not None or one.findall("beam"):
            continue
        behind = list(holder)[at + 2 : at + 3]
        if behind and behind[0].find("chord") is not None:
            continue
        name = one.find("type") if one.tag == "note" else one.find("durationType")
        assert name is not None
        name.text = "half"
        duration = one.find("duration")
        if duration is not None:
            duration.text = str(2 * int(duration.text or 0))
        holder.remove(two)
        return True
    return False


def hairpin(root: ET.Element, mark: int, part: int) -> Edit:
    """A crescendo over one bar of MusicXML."""
    cell = _cell(root, mark, part)
    if cell is None or cell.tag != "measure" or not _events(cell):
        return False
    start, stop = (
        _xml(f'<direction><direction-type><wedge type="{kind}" number="3"/></direction-type></direction>')
        for kind in ("crescendo", "stop")
    )
    at = next(i for i, child in enumerate(cell) if child.tag == "note")
    cell.insert(at, start)
    cell.append(stop)
    return True


def double_bar(root: ET.Element, mark: int, part: int) -> Edit:
    """A double bar line behind a bar."""
    cells = _cells(root, mark)
    if any(cell.find("barline") is not None or cell.find("voice/BarLine") is not None for cell in cells):
        return False
    for cell in cells:
        if cell.tag == "measure":
            cell.append(_xml('<barline location="right"><bar-style>light-light</bar-style></barline>'))
        else:
            cell[-1].append(_xml("<BarLine><subtype>double</subtype></BarLine>"))
    return True


def start_repeat(root: ET.Element, mark: int, part: int) -> Edit:
    """A repeat begins at a bar."""
    cells = _cells(root, mark)
    if any(cell.find("barline") is not None or cell.find("startRepeat") is not None for cell in cells):
        return False
    for cell in cells:
        if cell.tag == "measure":
            line = _xml('<barline location="left"><bar-style>heavy-light</bar-style></barline>')
            line.append(ET.Element("repeat", {"direction": "forward"}))
            at = next((i for i, child in enumerate(cell) if child.tag not in ("print", "attributes")), len(cell))
            cell.insert(at, line)
        else:
            cell.insert(0, ET.Element("startRepeat"))
    return True


def renamed(root: ET.Element, mark: int, part: int) -> Edit:
    """Another name for an instrument."""
    found = [*root.findall("part-list/score-part/part-name"), *root.findall("Score/Part/Instrument/longName")]
    if not found:
        return False
    found[part % len(found)].text = "Serpent"
    return True


def copied_behind(root: ET.Element, mark: int, part: int) -> Edit:
    """A bar played twice."""
    if any(cell.find(tag) is not None for cell in _cells(root, mark) for tag in _SET_UP):
        return False
    for staff in cases.staves(root):
        at = next((i for i, child in enumerate(staff) if child.get("mark") == str(mark)), None)
        if at is None:
            return False
        new = copy.deepcopy(staff[at])
        new.set("mark", f"copy{mark}")
        for note in cases.notes(new):
            cases.shift(note, 1)
        staff.insert(at + 1, new)
    return True


_SET_UP = (
    "attributes",
    "print",
    "barline",
    "voice/TimeSig",
    "voice/KeySig",
    ".//tie",
    ".//slur",
    ".//Spanner",
    ".//wedge",
)
SIGNS = {
    edit.__name__: edit
    for edit in (
        *(staccato, fermata, chord_symbol, rehearsal, staff_text, first_verse, chord_tone, grace, longer, hairpin),
        *(double_bar, start_repeat, renamed, copied_behind),
    )
}
EDITS = {**PLAIN, **SIGNS}
