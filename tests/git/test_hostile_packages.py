"""Hostile packages through real verbs: each refused in one line that says why, ours whole, in bounded memory."""

from __future__ import annotations

import gzip
import io
import os
import resource
import struct
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ..plugins.daw.daw_kit import live
from ..plugins.score.score_kit import CONTAINER, note, put, version

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Member = tuple[str, bytes]
SCORE, LOUD, LOW = version(), version(put(0, 1, 0, note("B", 6))), version(put(1, 5, 2, note("A", 5)))
_PROJECT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Project version="1.0"><Application name="x" version="1"/><Structure>'
    b'<Track id="id1" name="Bass"><Channel id="id2"><Volume id="id3" value="%s"/></Channel></Track></Structure>'
    b"</Project>"
)
_BILLION = b'<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1) if n else b"&a;") * 10) for n in range(10)
)
_SIZE = 300_000_000  # what a bomb says of itself: more than is read


def zipped(*members: Member, link: str = "") -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        warnings.simplefilter("ignore")  # names that are there twice
        for name, data in members:
            info = zipfile.ZipInfo(name, (2020, 2, 2, 2, 2, 2))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o120777 << 16 if name == link else 0
            package.writestr(info, data)
    return out.getvalue()


def score(data: bytes, *more: Member, link: str = "") -> bytes:
    return zipped(("META-INF/container.xml", CONTAINER), ("score.xml", data), *more, link=link)


def project(value: bytes, *more: Member, link: str = "") -> bytes:
    return zipped(("project.xml", _PROJECT % value), *more, link=link)


def song(volume: float) -> bytes:
    return live([{"id": 11, "name": "Bass", "volume": volume, "target": 101, "clips": []}])


def saying(data: bytes, size: int, says: int) -> bytes:
    """A package whose headers say another size of a member."""
    old = struct.pack("<I", size)
    assert data.count(old) == 2
    return data.replace(old, struct.pack("<I", says))


def declared(data: bytes, root: bytes, declarations: bytes, use: bytes) -> bytes:
    """A document with declarations of its own, which it uses."""
    start = data.index(b"<" + root)
    body = data[start:].replace(b">", b" wow='%s'>" % use, 1)
    return b"<!DOCTYPE %s [%s]>" % (root, declarations) + body


def packages(ours: Callable[..., bytes], kind: str) -> dict[str, tuple[bytes, str]]:
    """Name of a file -> what is bad in it, and the reason that has to be said; for ZIP files of one kind."""
    zeros = bytes(9_000_000)
    bad = {
        "climbs": (ours(("../../evil", b"x")), "'../../evil' leads out of the file"),
        "climbs-windows": (ours(("..\\evil", b"x")), "leads out of the file"),
        "absolute": (ours(("/etc/evil", b"x")), "'/etc/evil' has an absolute name"),
        "drive": (ours(("C:\\evil", b"x")), "has an absolute name"),
        "twice": (ours(("a.png", b"x"), ("a.png", b"y")), "'a.png' is there twice"),
        "escapes": (ours(("a\x1b[31m\nb", b"x")), "has no name that can be printed"),
        "link": (ours(("link", b"/etc/passwd"), link="link"), "'link' is a symbolic link"),
        "bomb": (saying(ours(("b", zeros)), len(zeros), _SIZE), "more in it than is read"),
        "lying-bomb": (saying(ours(("b", zeros)), len(zeros), 1_000), "'b' cannot be read"),
        "cut-off": (ours()[:-30], "not a whole ZIP file"),
    }
    return {f"{name}.{kind}": row for name, row in bad.items()}


def bad_files() -> dict[str, tuple[bytes, str]]:
    """Every bad file, as our side has it."""
    entities = "entity declarations is not read"
    outside = b'<!ENTITY a SYSTEM "file:///etc/passwd">'
    network = b'<!ENTITY a SYSTEM "http://127.0.0.1:9/x">'
    set_of_live = gzip.decompress(song(0.1))
    return {
        **packages(lambda *more, link="": score(LOUD, *more, link=link), "mxl"),
        **packages(lambda *more, link="": score(LOUD, *more, link=link), "mscz"),
        **packages(lambda *more, link="": project(b"0.1", *more, link=link), "dawproject"),
        "laughs.musicxml": (declared(LOUD, b"score-partwise", _BILLION, b"&a9;"), entities),
        "outside.musicxml": (declared(LOUD, b"score-partwise", outside, b"&a;"), entities),
        "laughs.mscz": (score(declared(LOUD, b"score-partwise", _BILLION, b"&a9;")), entities),
        "outside.mxl": (score(declared(LOUD, b"score-partwise", network, b"&a;")), entities),
        "laughs.als": (gzip.compress(declared(set_of_live, b"Ableton", _BILLION, b"&a9;")), entities),
        "outside.als": (gzip.compress(declared(set_of_live, b"Ableton", outside, b"&a;")), entities),
        "outside.dawproject": (
            zipped(("project.xml", declared(_PROJECT % b"1", b"Project", outside, b"&a;"))),
            entities,
        ),
        "cut-off.als": (song(0.1)[:-30], "cut off"),
        "bomb.als": (gzip.compress(bytes(9_000_000)), "not a project of"),
    }


GOOD: dict[str, tuple[bytes, bytes]] = {
    "mxl": (score(SCORE), score(LOW)),
    "mscz": (score(SCORE), score(LOW)),
    "musicxml": (SCORE, LOW),
    "dawproject": (project(b"0.5"), project(b"0.9")),
    "als": (song(0.8), song(0.5)),
}
VERSIONS = {
    "new.mxl": (score(LOUD.replace(b'version="3.1"', b'version="4.0"')), "different versions of the format"),
    "new.als": (gzip.compress(gzip.decompress(song(0.1)).replace(b'"11.0_', b'"12.0_')), "two versions of Ableton"),
    "new.dawproject": (zipped(("project.xml", _PROJECT.replace(b'on="1.0"', b'on="2.0"') % b"1")), "two versions of"),
}


def two_sides(root: Path, git: Callable[..., str], ours: dict[str, tuple[bytes, str]]) -> None:
    """A repository in which `topic` edits every file and `main` has them as in `ours`."""
    for branch, side in (("main", 0), ("topic", 1)):
        if branch == "topic":
            git(root, "switch", "-q", "-c", "topic")
        for name in ours:
            (root / name).write_bytes(GOOD[name.rpartition(".")[2]][side])
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", branch)
    git(root, "switch", "-q", "main")
    for name, (data, _) in ours.items():
        (root / name).write_bytes(data)
    git(root, "commit", "-q", "-a", "-m", "ours")


def test_hostile_files_are_refused_in_a_line_by_every_verb(
    run: Run, git: Callable[..., str], make_repo: Callable[..., Path]
) -> None:
    root, bad = make_repo(), {**bad_files(), **VERSIONS}
    assert run(root, "muse", "install", "--local").returncode == 0
    two_sides(root, git, bad)
    done = run(root, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 1
    for name, (data, why) in bad.items():
        lines = [line for line in done.stderr.splitlines() if line.startswith(f"muse: {name}: ")]
        assert len(lines) == 2 and why in lines[0] and "1 conflict to settle" in lines[1], (name, lines)
        assert (root / name).read_bytes() == data
    assert "\x1b" not in done.stderr and "Traceback" not in done.stderr
    git(root, "merge", "--abort")

    unread = {name: why for name, (_, why) in bad.items() if name not in VERSIONS}
    for words in (["git", "diff", "HEAD~1"], ["muse", "log", "-n", "1"], ["muse", "show"]):
        shown = run(root, *words)
        assert shown.returncode == 0 and "Traceback" not in shown.stderr + shown.stdout and "\x1b" not in shown.stdout
        said = [line for line in shown.stdout.splitlines() if "cannot be read: " in line]
        if words[0] == "git":
            assert len(said) == len(unread) and all(any(why in line for line in said) for why in unread.values())
            continue
        assert len(said) > 10  # of many files the first are named
        for line in said:
            assert unread[line.split(maxsplit=2)[1].removesuffix(":")] in line, line
    done = run(root, "muse", "render", "-o", "page.html")
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert b"cannot be read: " in (root / "page.html").read_bytes()
    assert not (root.parent / "evil").exists() and not (root.parent.parent / "evil").exists()


def test_a_package_in_a_package_is_carried_and_never_opened(
    run: Run, git: Callable[..., str], make_repo: Callable[..., Path]
) -> None:
    inner = zipped(("../../evil", bytes(5_000_000)))
    root, nested = make_repo(), zipped(("inner.zip", inner))
    ours = {
        "a.mscz": (score(LOUD, ("nested.zip", nested)), ""),
        "a.dawproject": (project(b"0.5", ("nested.zip", nested)), ""),
    }
    assert run(root, "muse", "install", "--local").returncode == 0
    two_sides(root, git, ours)
    done = run(root, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stderr
    for name, member, wanted in (
        ("a.mscz", "score.xml", version(put(0, 1, 0, note("B", 6)), put(1, 5, 2, note("A", 5)))),
        ("a.dawproject", "project.xml", _PROJECT % b"0.9"),
    ):
        with zipfile.ZipFile(root / name) as package:
            assert package.read("nested.zip") == nested and package.read(member) == wanted


_ONE = """
import resource, sys
from pathlib import Path
from muse.drivers.merge import main
code = main([*sys.argv[1:4], "-p", sys.argv[4], "-o", "out"])
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def test_bombs_take_little_memory(tmp_path: Path) -> None:
    """What unpacks to more than it says is stopped where it says it ends; what says too much is not begun."""
    zeros = bytes(160_000_000)
    for name, bad in (
        ("a.mscz", saying(score(LOUD, ("b", zeros)), len(zeros), 1_000)),
        ("a.dawproject", saying(project(b"0.1", ("b", zeros)), len(zeros), _SIZE)),
        ("a.als", gzip.compress(zeros[:90_000_000])),
    ):
        base, theirs = GOOD[name.rpartition(".")[2]]
        for side, data in (("O", base), ("A", bad), ("B", theirs)):
            (tmp_path / side).write_bytes(data)
        done = subprocess.run(
            [sys.executable, "-c", _ONE, "O", "A", "B", name], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        code, peak = map(int, done.stdout.split())
        assert code == 1 and (tmp_path / "out").read_bytes() == bad
        assert peak < 300, (name, peak)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_project_of_50_mb_merges(tmp_path: Path) -> None:
    """Eighteen thousand clips with their notes; time is the processor's."""
    clips = [
        {"id": n, "time": 4 * n, "name": f"c{n}", "notes": {36 + k: range(8) for k in range(5)}} for n in range(18_000)
    ]

    def whole(volume: float, tempo: float) -> bytes:
        return live(
            [{"id": 11, "name": "Bass", "volume": volume, "target": 101, "clips": clips}], tempo=tempo, packed=False
        )

    base, ours, theirs, both = whole(0.8, 120), whole(0.5, 120), whole(0.8, 99), whole(0.5, 99)
    assert len(base) > 50_000_000
    for side, data in (("O", base), ("A", ours), ("B", theirs)):
        (tmp_path / side).write_bytes(gzip.compress(data, 1))
    env = {**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "muse.deadline", "GIT_CONFIG_VALUE_0": "300"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", _ONE, "O", "A", "B", "a.als"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    code, peak = map(int, done.stdout.split())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert code == 0, done.stderr
    assert gzip.decompress((tmp_path / "out").read_bytes()) == both
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert peak < 2_000 and spent < 120, (peak, spent)
