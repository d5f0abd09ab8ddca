"""`muse render`: one page that stands alone, of a commit, a range, or what is left to settle."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import mido
import pytest

from muse.domain import ConflictRecord
from muse.engine.history.log import Commit
from muse.engine.resolve.candidates import Dispute
from muse.engine.resolve.compare import FOUR, Compared
from muse.plugins.registry import plugin_for_path
from muse.view.page import Page, build
from muse.view.pianoroll import picture

ROOT = Path(__file__).resolve().parents[2]
_ALL = json.loads((ROOT / "docs" / "schemas.json").read_text())
SCHEMA = {**_ALL["$defs"]["page"], "$defs": _ALL["$defs"]}
Muse = Callable[..., Any]
Git = Callable[..., str]


class Checked(HTMLParser):
    """Elements are closed in order; what a browser would load is listed."""

    VOID = {"meta", "br", "link", "img"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]
        if "id" in named:
            self.ids.append(named["id"] or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text += data


def data_of(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    jsonschema.validate(data, SCHEMA)
    return data


def music_of(html: str) -> list[Any]:
    return [each["music"] for each in data_of(html)["files"] if each["music"]]


def words_of(value: Any) -> list[str]:
    """Every text in the data, however deep: what the script can show."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [word for each in value.values() for word in words_of(each)]
    return [word for each in value for word in words_of(each)] if isinstance(value, list) else []


def rendered(muse: Muse, repo: Path, *words: str) -> tuple[str, Checked]:
    target = repo.parent / "page.html"
    muse(repo, "render", "-o", target, *words)
    html = target.read_text()
    return html, Checked(html)


def test_an_open_merge_shows_every_version_and_what_to_settle(disputed: Path, muse: Muse) -> None:
    html, page = rendered(muse, disputed)
    data = data_of(html)
    (song,) = music_of(html)
    assert song["sides"] == ["base", "ours", "theirs", "result"] and len(song["marks"]) == 1
    assert (song["tracks"][-1]["name"], song["tracks"][-1]["instrument"]) == ("Drums <b>", "drums")
    assert song["lanes"][0]["name"] == "volume, channel 2"
    assert sorted({bit for note in song["notes"] for bit in range(4) if note[6] >> bit & 1}) == [0, 1, 2, 3]
    (conflict,) = next(each for each in data["files"] if each["path"] == "song.mid")["conflicts"]
    assert "velocity 40" in conflict["ours"] and "velocity 120" in conflict["theirs"]
    assert "muse resolve --pick " in conflict["hint"] and conflict["address"] in conflict["hint"]
    assert [each["path"] for each in data["files"]] == ["lib.py", "song.mid"]
    assert data["about"] == [
        ["ours", "main: ours <script>alert(2)</script>, by Ada Tester"],
        ["theirs", "topic: theirs, by Ada Tester"],
        ["base", "as it was before both"],
    ]
    assert "velocity 40" in page.text and "muse resolve --pick" in page.text, "who runs no script reads it too"


def test_the_page_loads_nothing_and_lets_nothing_run(disputed: Path, muse: Muse) -> None:
    for words in ((), ("HEAD",), ("topic",), ("topic..main",)):
        html, page = rendered(muse, disputed, *words)
        assert page.loads == []
        assert "default-src 'none'" in html and not re.search(r"https?://(?!www\.w3\.org)", html)
        assert "<script>alert" not in html and html.count("<script") == html.count("</script>") == 5
        assert page.ids == ["page", "data", "sounds"]


def test_a_page_carries_only_the_scripts_that_it_needs(music: Any) -> None:
    other = music.edited(music.piece, music.ours)
    code = Compared("a.py", {"before": b"x = 1\n", "after": b"x = 2\n"})
    same = Compared("b.mid", {"before": music.piece, "after": music.piece})
    for files, colours, staff in (
        ([code], True, False),
        ([Compared("a.mid", {"before": music.piece, "after": other})], False, True),
        ([same], False, False),
        ([Compared("now.mid", {"now": music.piece})], False, True),
    ):
        html = build(Page("x"), files, plugin_for_path)
        assert ("museColour:" in html, "museEngrave:" in html) == (colours, staff)
        assert "museEngrave:" not in build(Page("x"), files, plugin_for_path, written=False)


def test_a_commit_names_itself_its_files_and_its_history(disputed: Path, muse: Muse, git: Git) -> None:
    html, _ = rendered(muse, disputed, "HEAD")
    words = words_of(data_of(html))
    for word in (git(disputed, "rev-parse", "HEAD"), "a<b>&.txt", "first", "HEAD -> main"):
        assert word in words, word
    hostile = ("<script>alert(1)</script>", "ours <script>alert(2)</script>")
    for part in ("ada@example.org", "load() renamed read()", *hostile):
        assert any(part in word for word in words), part


def test_a_range_a_path_and_a_merge_commit(disputed: Path, muse: Muse, git: Git) -> None:
    html, _ = rendered(muse, disputed, "main..topic", "song.mid")
    assert [each["path"] for each in data_of(html)["files"]] == ["song.mid"]
    muse(disputed, "resolve", "song.mid", "--ours")
    muse(disputed, "resolve", "lib.py", "--ours")
    git(disputed, "commit", "-q", "--no-edit")
    html, _ = rendered(muse, disputed, "HEAD", "song.mid")
    assert music_of(html)[0]["sides"] == list(FOUR)
    assert data_of(html)["files"][0]["note"] == "changed by both sides"


def test_from_a_subfolder_paths_are_as_typed(disputed: Path, muse: Muse) -> None:
    (disputed / "deep").mkdir()
    muse(disputed / "deep", "render", "-o", "x.html", "HEAD", "../song.mid")
    assert [each["path"] for each in data_of((disputed / "deep" / "x.html").read_text())["files"]] == ["song.mid"]


def test_the_page_is_named_after_what_it_shows_or_goes_to_stdout(disputed: Path, muse: Muse) -> None:
    told = muse(disputed, "render", "topic").stdout.strip()
    assert re.fullmatch(r"muse-[0-9a-f]{10}-theirs\.html", told) and (disputed / told).exists()
    assert muse(disputed, "render", "topic", "-o", "-").stdout.startswith("<!DOCTYPE html>")


def test_svg_is_well_formed_and_holds_the_notes(disputed: Path, muse: Muse) -> None:
    target = disputed.parent / "x.svg"
    muse(disputed, "render", "--svg", "-o", target, "topic", "song.mid")
    root = ET.fromstring(target.read_text())
    notes = [each for each in root.iter("{http://www.w3.org/2000/svg}path") if "n " in each.get("class", "")]
    assert sum(int(each.get("data-count", 0)) for each in notes) > 50
    said = [(each.get("class"), each.text) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for kind, text in said if kind == "label"] == ["before", "after"]
    assert [text for kind, text in said if kind == "bar"][:3] == ["1", "2", "3"]
    assert {"unchanged", "new", "removed or changed later"} <= {text for _, text in said}, "a legend of what is drawn"


@pytest.mark.parametrize(
    "words, code, said",
    [
        (["render", "nowhere"], 128, "unknown revision"),
        (["render", "HEAD", "-o", "lib.py/x.html"], 128, "cannot write"),
        (["render", "--svg", "HEAD", "lib.py"], 129, "--svg draws one piece of music"),
        (["render", "HEAD", "--nope"], 129, "nope"),
    ],
)
def test_mistakes_are_one_line(words: list[str], code: int, said: str, disputed: Path, muse: Muse) -> None:
    done = muse(disputed, *words, check=False)
    assert done.returncode == code and said in done.stderr and "Traceback" not in done.stderr


def test_a_bare_repository_and_one_without_commits(disputed: Path, muse: Muse, git: Git, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(disputed), "bare.git")
    assert muse(tmp_path / "bare.git", "render", "-o", "-").stdout.startswith("<!DOCTYPE html>")
    git(tmp_path, "init", "-q", "empty")
    done = muse(tmp_path / "empty", "render", check=False)
    assert done.returncode == 128 and "Traceback" not in done.stderr


def test_damaged_vanished_and_binary_files_still_have_their_place(music: Any) -> None:
    piece = music.piece
    files = [
        Compared("cut.mid", {"before": piece, "after": piece[:60]}),
        Compared("no.mid", {"before": b"not music", "after": b"no music\n"}),
        Compared("gone.mid", {"before": piece, "after": None}),
        Compared("x.bin", {"before": b"\0\1", "after": b"\0\2"}),
        Compared("bad\x1b\udcff.txt", {"before": None, "after": b"\xff\xfe caf\xe9\n"}),
        Compared("nothing", dict.fromkeys(FOUR)),
    ]
    html = build(Page("damage"), files, plugin_for_path).encode("utf-8", "replace").decode()
    data = data_of(html)
    assert [each["id"] for each in data["files"] if each["music"]] == ["f0", "f2"]
    assert [each["path"] for each in data["files"]][:4] == ["cut.mid", "no.mid", "gone.mid", "x.bin"]
    assert next(each for each in data["files"] if each["path"] == "x.bin")["texts"][0]["lines"] is None
    assert "\x1b" not in html and not any("\x1b" in word for word in words_of(data))
    Checked(html)


def long_piece(notes: int, shift: int = 0) -> bytes:
    song = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    song.tracks.append(track)
    for number in range(notes):
        pitch = 40 + (number * 7 + (shift if number % 10 == shift else 0)) % 48
        track.append(mido.Message("note_on", note=pitch, velocity=64 + number % 40, time=30))
        track.append(mido.Message("note_off", note=pitch, time=90))
    out = io.BytesIO()
    song.save(file=out)
    return out.getvalue()


def test_a_page_for_a_merge_of_ten_thousand_notes_stays_below_two_megabytes() -> None:
    sides = dict(zip(FOUR, (long_piece(10_000, shift) for shift in (0, 1, 2, 3))))
    files = [Compared("long.mid", sides)]
    html = build(Page("large"), files, plugin_for_path, heard=False)
    assert len(html.encode()) < 2_000_000
    assert len(html) + 20_000 < len(build(Page("large"), files, plugin_for_path)) < 8_000_000
    (song,) = music_of(html)
    assert sum(note[6] & 1 for note in song["notes"]) == 10_000


ACTS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def test_what_turns_or_hides_letters_is_shown(music: Any) -> None:
    """A name or a line of code looked like another one: in title, message, refs, code and what is in dispute."""
    evil = "a\u202e\x1b[8mb\u2066\u2028"
    said: dict[str, Any] = dict.fromkeys(Commit._fields, evil)
    commit = Commit(**{**said, "id": "0" * 40, "parents": (), "refs": (evil,), "message": f"{evil}\n\n{evil}"})
    page = Page(f"1234 {evil}", [(evil, evil)], f"{evil}\n\tsecond {evil}", [commit], [], [(evil, "x.html")])
    code = [f"x = '{evil}'  # {number}\n".encode() for number in range(3)]
    record = ConflictRecord("a.py", "symbol_body", address="x", ours_summary=evil, theirs_summary=evil)
    dispute = Dispute("a.py", *code)
    files = [
        Compared("a.py", {"before": code[0], "after": code[1]}, conflicts=[record], disputes={"x": dispute}),
        Compared(f"{evil}.py", {"now": code[2]}, note=evil),
        Compared(f"{evil}.mid", {"before": None, "after": music.piece}, note=evil),
    ]
    html = build(page, files, plugin_for_path)
    words = words_of(data_of(html))
    assert not [word for word in words if ACTS.search(word)]
    shown = r"a\u202e\x1b[8mb\u2066\u2028"
    data = data_of(html)
    assert data["message"] == f"{shown}\n\tsecond {shown}" and data["title"] == f"1234 {shown}"
    assert ["add", f"x = '{shown}'  # 1"] in data["files"][0]["texts"][0]["lines"]
    assert not ACTS.search(re.sub("[\n\t]", "", Checked(html).text))


@pytest.mark.parametrize("name", ["\x1b[31m", "\x00\x9b", "\udcff", "\ufffe", "\u202e", "<b>&", "a\nb"])
def test_a_picture_is_xml_whatever_it_is_called(music: Any, name: str) -> None:
    """A control character in a name made it an error page in every browser."""
    each = Compared(f"{name}.mid", {"before": music.piece, name: music.edited(music.piece, music.ours)})
    root = ET.fromstring(picture(each, plugin_for_path("a.mid")).encode())
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and title is not None and str(title.text).isprintable()
