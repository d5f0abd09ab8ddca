"""`muse symbols` and `muse notes`: every address that is listed is one an op can use, with the content it brings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core.op_log import OpLog
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.midi.plugin import MidiPlugin
from muse.plugins.scaffold.plugin import ScaffoldPlugin
from tests.conftest import MakeRepo

PIECE = Path(__file__).parents[2] / "fixtures" / "midi" / "menuet.mid"
CODE = b"import os\n\n\n# about A\nclass A:\n    def m(self):\n        return os\n\n\ndef f():\n    pass\n"
FILES = {
    "a.py": CODE,
    "a.json": b'{\n  "s": {"p": 80},\n  "x.y": [1, {"z": 2}],\n  "t": "text"\n}\n',
    "a.toml": b"x = 1\n[t]\ny = [1, 2]\n",
    "a.yaml": b"x: 1\nt:\n  y: word\nq: 'it''s'\nl: [1, two]\nb: |\n  text\n",
    "a.ts": b"export function f(a: number) {\n  return a;\n}\n",
    "piece.mid": PIECE.read_bytes(),
}


def listed(capfd: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    capfd.readouterr()
    assert main([*words, "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capfd.readouterr().out)
    return found


@pytest.fixture
def repo(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_repo(files=FILES)
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize("path", FILES)
def test_putting_back_what_is_listed_changes_nothing(repo: Path, path: str, capfd: pytest.CaptureFixture[str]) -> None:
    verb = "notes" if path.endswith(".mid") else "symbols"
    rows = listed(capfd, verb, path)
    plugin = MidiPlugin() if verb == "notes" else CodePlugin()
    changed = 0
    for row in rows:
        if row["kind"] in ("track", "import") or (row["content"] is None and path != "a.json"):
            continue
        op = {"op": "replace", "address": row["address"], "position": None, "content": row["content"]}
        assert plugin.patch_file(path, FILES[path], [op]) == FILES[path], row  # type: ignore[list-item]
        changed += 1
    assert changed >= 1 and len({row["address"] for row in rows}) == len(rows)


def test_they_are_what_a_person_reads_too(repo: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["symbols", "a.py"]) == 0
    rows = capfd.readouterr().out.splitlines()
    assert [row.split()[:3] for row in rows] == [
        ["a.py::A", "class", "line"],
        ["a.py::A.m", "function", "line"],
        ["a.py::f", "function", "line"],
        ["a.py::import::import", "os", "import"],
        ["a.py::text", "text", "line"],
    ]
    assert "line 4-7" in rows[0]
    assert main(["notes", "--kind", "note", "piece.mid"]) == 0
    out = capfd.readouterr().out.splitlines()
    assert out[0].startswith("piece.mid::track:1/note:1:1:0:0:74#0") and out[0].endswith(
        "D5 at bar 1 beat 1, 1/4, vel 88"
    )
    assert len(out) == 99


def test_from_a_folder_a_revision_and_a_session(repo: Path, capfd: pytest.CaptureFixture[str], monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (repo / "sub").mkdir()
    monkeypatch.chdir(repo / "sub")
    (repo / "a.py").write_bytes(b"def other():\n    pass\n")
    assert listed(capfd, "symbols", "../a.py", "--kind", "function")[0]["address"] == "a.py::other"
    assert [row["address"] for row in listed(capfd, "symbols", "../a.py", "--rev", "HEAD", "--kind", "class")] == [
        "a.py::A"
    ]
    assert main(["session", "start", "jam"]) == 0
    op = {"op": "insert", "address": "a.py::g", "position": None, "content_id": "", "content": "def g():\n    pass"}
    OpLog(repo, "jam").record("ada", "code", [op])  # type: ignore[list-item]
    found = listed(capfd, "symbols", "../a.py", "--session", "jam", "--kind", "function")
    assert [row["address"] for row in found] == ["a.py::A.m", "a.py::f", "a.py::g"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["symbols", "nothing.py"], "there is no file nothing.py"),
        (["symbols", "../../etc/passwd"], "outside of the repository"),
        (["symbols", "/etc/passwd"], "outside of the repository"),
        (["symbols", ".git/config"], "refusing the path"),
        (["symbols", "a.bin"], "names nothing inside a file"),
        (["notes", "broken.mid"], "broken.mid"),
        (["symbols", "a.py", "--rev", "HEAD", "--session", "x"], "two states"),
        (["symbols", "a.py", "--session", "x"], "no session"),
        (["symbols", "x.py", "--rev", "HEAD"], "there is no x.py in HEAD"),
    ],
)
def test_what_cannot_be_listed_is_said_in_a_line(
    repo: Path, words: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (repo / "a.bin").write_bytes(b"\0")
    (repo / "broken.mid").write_bytes(b"MThd nonsense")
    assert main(words) in (1, 128)
    err = capfd.readouterr().err
    assert said in err and "Traceback" not in err


def test_an_empty_file_has_but_its_text(repo: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (repo / "a.py").write_bytes(b"")
    assert [row["address"] for row in listed(capfd, "symbols", "a.py")] == ["a.py::text"]
    assert main(["symbols", "--kind", "class", "a.py"]) == 1


def test_the_smallest_plugin_lists_its_settings() -> None:
    (row,) = ScaffoldPlugin().elements("a.scaffold", b"k = v\n")
    for address in (row.address, "a.scaffold::k"):
        op = {"op": "replace", "address": address, "position": None, "content": "w"}
        assert ScaffoldPlugin().patch_file("a.scaffold", b"k = v\n", [op]) == b"k = w\n"  # type: ignore[list-item]
