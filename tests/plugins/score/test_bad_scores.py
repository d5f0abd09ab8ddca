"""Scores that are torn, hostile, or of two kinds: said and left whole, in bounded time; packages keep their members."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from muse.core.xml_tree import parse
from muse.engine.resolve.groups import grouped
from muse.plugins.score.container import Package

from .score_kit import (
    CONTAINER,
    PLUGIN,
    chord,
    cut,
    joined,
    merge,
    musescore,
    musicxml,
    note,
    packed,
    piece,
    plain,
    put,
    strings,
    version,
)


def test_packages_merge_inside_and_keep_their_members() -> None:
    base = packed(version(), ("Thumbnails/thumbnail.png", b"0"), ("Pictures/a.png", b"p"))
    ours = packed(version(put(0, 1, 0, note("B", 6))), ("Thumbnails/thumbnail.png", b"1"), ("Pictures/a.png", b"p"))
    theirs = packed(version(put(0, 5, 3, note("A", 2))), ("Thumbnails/thumbnail.png", b"2"), ("Pictures/a.png", b"q"))
    merged = PLUGIN.merge_file("a.mxl", base, ours, theirs)
    assert not merged.conflicts
    assert merged.content == PLUGIN.merge_file("a.mxl", base, ours, theirs).content
    with zipfile.ZipFile(io.BytesIO(merged.content or b"")) as package:
        assert package.namelist() == [
            "META-INF/container.xml",
            "score.xml",
            "Thumbnails/thumbnail.png",
            "Pictures/a.png",
        ]
        assert plain(package.read("score.xml")) == plain(
            version(put(0, 1, 0, note("B", 6)), put(0, 5, 3, note("A", 2)))
        )
        assert (package.read("Thumbnails/thumbnail.png"), package.read("Pictures/a.png")) == (b"1", b"q")
        assert package.getinfo("score.xml").date_time == (2020, 2, 2, 2, 2, 2)


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><score-partwise>&c;</score-partwise>'


@pytest.mark.parametrize(
    "bad",
    [
        BOMB,
        b"",
        b"<score-partwise>",
        b"<html></html>",
        b"<score-partwise><part id='P1'><measure/></part><part id='P1'><measure/></part></score-partwise>",
        b"<score-partwise>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</score-partwise>",
        '<?xml version="1.0" encoding="UTF-16"?><score-partwise/>'.encode("utf-16"),
        b'<museScore version="2.06"><Score><Staff id="1"><Measure/></Staff></Score></museScore>',
        packed(version())[:-30],
        packed(b"nothing"),
        b"PK\x03\x04" + b"\0" * 40,
    ],
    ids=[
        "entities",
        "empty",
        "torn",
        "other",
        "one id",
        "deep",
        "utf-16",
        "musescore 2",
        "torn zip",
        "no xml",
        "zeros",
    ],
)
def test_what_is_no_score_is_never_merged_clean(bad: bytes) -> None:
    """Both sides changed it: whatever comes out, it is said."""
    other = bad.replace(b"measure", b"measure ")
    trios = [(version(), bad, version(cut(1, 2))), (bad, bad + b" ", other + b"\n\n")]
    for base, ours, theirs in trios[: 1 if bad.startswith(b"PK") else 2]:  # bytes behind a package change nothing in it
        merged = PLUGIN.merge_file("a.mxl", base, ours, theirs)
        assert merged.conflicts
        assert merged.notes
    with pytest.raises(ValueError):
        PLUGIN.listing(bad, "a.musicxml")


@pytest.mark.parametrize(
    "names", [("a.xml", "a.xml", "b&c.xml"), ("a.xml", "b&c.xml", "a.xml"), ("a.xml", "b.xml", "c.xml")]
)
def test_what_programs_call_the_score_in_a_package_is_nobodys_edit(names: tuple[str, str, str]) -> None:
    """They call it after the file that it was saved in."""
    texts = version(), version(put(0, 1, 0, note("B", 6))), version(put(0, 5, 3, note("A", 2)))

    def named(score: bytes, name: str) -> bytes:
        container = CONTAINER.replace(b"score.xml", name.replace("&", "&amp;").encode())
        members = Package(packed(score)).members
        return Package(packed(score)).write({name: members["score.xml"], "META-INF/container.xml": container})

    for sides in (texts, (texts[0], texts[2], texts[1])):
        merged = PLUGIN.merge_file("a.mxl", *(named(text, name) for text, name in zip(sides, names)))
        assert not merged.conflicts, merged.notes
        both = Package(merged.content or b"")
        assert list(both.members) == [names[1], "META-INF/container.xml"] and both.root == names[1]
        assert plain(both.score) == plain(version(put(0, 1, 0, note("B", 6)), put(0, 5, 3, note("A", 2))))


def test_a_member_that_leads_out_is_refused() -> None:
    bad = packed(version(), ("../../evil", b"x"))
    assert PLUGIN.merge_file("a.mxl", packed(version()), bad, packed(version(cut(1, 2)))).conflicts


def test_a_package_that_promises_more_than_any_score_is_refused_unopened() -> None:
    """The sizes of the directory are believed only as far as they refuse."""
    many = packed(version(), *((f"m{n}", b"") for n in range(1_000)))
    small = packed(version(), ("x.bin", b"\0" * 4_000))
    size = (4_000).to_bytes(4, "little")
    assert small.count(size) == 4  # packed and unpacked, before the member and in the directory
    for bad in (many, small.replace(size, (1 << 31).to_bytes(4, "little"))):
        merged = PLUGIN.merge_file("a.mxl", packed(version()), bad, packed(version(cut(1, 2))))
        assert merged.conflicts and merged.content == bad
        assert "more in it than is read" in merged.notes[0]
    liar = small.replace(size, (3_000).to_bytes(4, "little"))
    assert PLUGIN.merge_file("a.mxl", packed(version()), liar, packed(version(cut(1, 2)))).conflicts


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;',
        "<!ATTLIST part a CDATA 'b'>",
    ],
    ids=["file", "network", "attributes"],
)  # fmt: skip
def test_a_document_with_declarations_of_its_own_is_refused(declared: str) -> None:
    versions = [
        joined(piece()),
        version(put(0, 1, 0, note("B", 6))),
        version(put(1, 5, 0, note("B", 6))),
    ]
    odd = [data.replace(b'partwise.dtd">', f'partwise.dtd" [{declared}]>'.encode()) for data in versions]
    assert all(declared.encode() in data for data in odd)
    merged = PLUGIN.merge_file("a.musicxml", *odd)
    assert merged.conflicts and "entity declarations" in merged.notes[0]


def test_elements_nobody_knows_are_carried_along() -> None:
    def odd(data: bytes) -> bytes:
        data = data.replace(b"<voice>1", b'<x:wow xmlns:x="u"><![CDATA[</measure>]]></x:wow><voice>1', 9)
        return data.replace(b"<part-list>", b"<!-- <measure> --><unknown a='>'/><part-list>")

    ours, theirs = put(0, 1, 0, note("B", 6)), put(1, 5, 0, note("B", 6))
    merged = merge(odd(version()), odd(version(ours)), odd(version(theirs)))
    assert not merged.conflicts and merged.content == odd(version(ours, theirs))


def test_scores_that_have_nothing_in_common_leave_few_questions() -> None:
    def other(seed: int, bars: int) -> bytes:
        made = random.Random(seed)
        return musicxml(
            [["".join(note(made.choice("CDEFGAB"), made.randrange(2, 7)) for _ in range(4)) for _ in range(bars)]]
        )

    versions = other(1, 60), other(2, 55), other(3, 66)
    merged = merge(*versions)
    assert merged.content is not None
    assert 0 < len(grouped(merged.conflicts)) <= 10


def test_of_what_a_package_lists_the_score_is_read() -> None:
    """MuseScore 4 lists style, settings and pictures before or behind the score, without saying what they are."""

    def packed(score: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as package:
            package.writestr("score_style.mss", "<museScore version='4.60'><Style/></museScore>")
            package.writestr("a.musicxml", score)
            package.writestr(
                "META-INF/container.xml",
                '<container><rootfiles><rootfile full-path="score_style.mss"/>'
                '<rootfile full-path="a.musicxml"/><rootfile full-path="viewsettings.json"/></rootfiles></container>',
            )
        return out.getvalue()

    sides = [version(), version(put(0, 1, 0, note("A", 5))), version(put(1, 5, 2, note("A", 5)))]
    merged = PLUGIN.merge_file("a.mscz", *map(packed, sides))
    assert not merged.conflicts and not merged.notes
    with zipfile.ZipFile(io.BytesIO(merged.content or b"")) as package:
        assert package.read("a.musicxml") == version(put(0, 1, 0, note("A", 5)), put(1, 5, 2, note("A", 5)))


def test_two_versions_of_the_format_are_said() -> None:
    theirs = version(put(1, 5, 2, note("A", 5))).replace(b'version="3.1"', b'version="4.0"')
    merged = merge(version(), version(put(0, 1, 0, note("A", 5))), theirs)
    assert [record.address for record in merged.conflicts] == [""]
    assert "saved in different versions of the format (base: 3.1, ours: 3.1, theirs: 4.0)" in merged.notes[0]


def test_a_score_in_utf_16_stays_one() -> None:
    """Finale wrote them so."""

    def wide(data: bytes) -> bytes:
        return b"\xff\xfe" + data.decode().replace("UTF-8", "UTF-16").encode("utf-16-le")

    ours, theirs = (
        put(0, 1, 0, note("B", 6, "<lyric><text>\u00e9\U0001d11e</text></lyric>")),
        put(1, 5, 0, note("B", 6)),
    )
    merged = merge(wide(version()), wide(version(ours)), wide(version(theirs)))
    assert not merged.conflicts and merged.content == wide(version(ours, theirs))
    assert "B6 1/4" in PLUGIN.listing(merged.content or b"", "a.musicxml")
    torn = merge(wide(version()), wide(version(ours)) + b"\0", wide(version(theirs)))
    assert torn.conflicts and "not whole UTF-16" in torn.notes[0]


@pytest.mark.parametrize(
    ("old", "new", "asked"),
    [("3.01", "3.02", 0), ("4.20", "4.40", 0), ("4.00", "4.20", 1), ("4.40", "4.60", 1), ("3.02", "4.00", 1)],
)
def test_versions_of_musescore_meet_where_they_are_read_alike(old: str, new: str, asked: int) -> None:
    def saved(bars: list[list[str]], version: str) -> bytes:
        return musescore(bars).replace(b'"3.01"', f'"{version}"'.encode())

    mine, other, both = strings(), strings(), strings()
    mine[2][1] = both[2][1] = chord(90)
    other[4][0] = both[4][0] = chord(40)
    for sides in ((saved(mine, old), saved(other, new)), (saved(other, new), saved(mine, old))):
        merged = merge(saved(strings(), old), *sides)
        assert len(merged.conflicts) == asked
        if asked:
            assert merged.content == sides[0] and "different versions" in merged.notes[0]
        else:
            assert merged.content == saved(both, new)


@pytest.mark.parametrize("head", ['<!DOCTYPE s SYSTEM "a><b>">', "<!DOCTYPE s PUBLIC '-//x' '><b>'>"])
def test_a_bracket_inside_of_a_doctype_opens_no_element(head: str) -> None:
    data = f"<?xml version='1.0'?>{head}<s><t/></s>".encode()
    root = parse(data)
    assert (root.tag, [child.tag for child in root.children], root.raw) == ("s", ["t"], b"<s><t/></s>")


def test_an_instruction_that_holds_an_end_tag_ends_nothing() -> None:
    data = b"<s><measure><?x </measure> ?><a/></measure><measure><b/></measure></s>"
    root = parse(data)
    assert [[child.tag for child in each.children] for each in root.children] == [["a"], ["b"]]
    assert root.children[0].raw == data[3:43] and root.children[0].raw.endswith(b"<a/></measure>")
