"""Ops on notes, symbols and values inside files: the commit is what the replay of them gives."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import mido

from muse.core.content import MemoryContent
from muse.core.op_log import OpLog
from muse.core.types import content_hash
from muse.domain import SnapshotManifest
from muse.engine.session.replay import replay
from muse.plugins.midi.edit.patch import patch_file
from muse.plugins.midi.show.diff import diff_files
from muse.plugins.scaffold.plugin import ScaffoldPlugin
from muse.store.repository import Repository
from tests.conftest import RunGit
from tests.session.kit import CODE, PIECE, added, append, changed, commit, heard, note_up, replayed, transposed


def test_edits_of_notes_by_two_agents_are_both_in_the_commit(jam: Path) -> None:

    base = transposed(PIECE.read_bytes(), 1, 0)
    (jam / "piece.mid").write_bytes(base)
    subprocess.run(["git", "commit", "-qam", "as mido writes it", "--allow-empty"], cwd=jam, check=True)
    tracks = [
        at
        for at, track in enumerate(mido.MidiFile(file=io.BytesIO(base)).tracks)
        if any(message.type == "note_on" for message in track)
    ]
    assert len(tracks) >= 2
    one, two = transposed(base, tracks[0], 12), transposed(base, tracks[1], -12)
    append(
        jam,
        "jam",
        {"op": changed("piece.mid", base, one), "actor": "ada"},
        {"op": changed("piece.mid", base, two), "actor": "bob"},
    )
    done = commit(jam)
    assert done.overridden == [] and done.changed == ["piece.mid"]
    got = mido.MidiFile(jam / "piece.mid")
    want = mido.MidiFile(file=io.BytesIO(transposed(one, tracks[1], -12)))
    assert [[str(message) for message in track] for track in got.tracks] == [
        [str(message) for message in track] for track in want.tracks
    ]
    assert replayed(jam, "HEAD~1") == Repository(jam).manifest("HEAD")["files"]


def test_single_notes_edited_by_address_are_replayed(jam: Path, git: RunGit) -> None:
    """Agents that send notes, not files: the commit is what the replay of their ops gives."""
    base = transposed(PIECE.read_bytes(), 1, 0)
    (jam / "piece.mid").write_bytes(base)
    git(jam, "commit", "-qam", "as mido writes it", "--allow-empty")
    ops = []
    for which in (0, 3, 5):
        note: Any = diff_files(base, note_up(base, which))[0][0]
        while note["op"] == "patch":
            (note,) = note["child_ops"]
        ops.append({**note, "address": f"piece.mid::{note['address']}"})
    answers = append(jam, "jam", *({"op": op, "actor": f"agent{at}", "domain": "midi"} for at, op in enumerate(ops)))
    assert all("ack" in answer for answer in answers), answers
    done = commit(jam)
    assert done.overridden == [] and done.changed == ["piece.mid"] and done.external == []
    wanted = note_up(note_up(note_up(base, 0), 3), 5)
    assert heard((jam / "piece.mid").read_bytes()) == heard(wanted)
    assert replayed(jam, "HEAD~1") == Repository(jam).manifest("HEAD")["files"]
    inner = [{**op, "address": op["address"].partition("::")[2]} for op in ops]
    assert (jam / "piece.mid").read_bytes() == patch_file("piece.mid", base, inner)  # type: ignore[arg-type]


def test_symbols_edited_by_name_are_replayed(jam: Path) -> None:
    """An agent that knows only the symbol sends only the symbol."""
    text = "def second():\n    return 22"
    edit = {
        "op": "replace",
        "address": "code.py::second",
        "position": None,
        "old_content_id": "",
        "new_content_id": content_hash(text),
        "old_summary": "",
        "new_summary": "",
        "content": text,
    }
    other = CODE.replace(b"return 1", b"return 100")
    append(jam, "jam", {"op": changed("code.py", CODE, other), "actor": "ada"}, {"op": edit, "actor": "bob"})
    done = commit(jam)
    assert done.overridden == [] and (jam / "code.py").read_bytes() == other.replace(b"return 2", b"return 22")
    assert replayed(jam, "HEAD~1") == Repository(jam).manifest("HEAD")["files"]


def test_the_smallest_plugin_replays_edits_inside_files(tmp_path: Path) -> None:
    store = MemoryContent()
    plugin = ScaffoldPlugin()
    name = f"x{plugin.patterns[0].lstrip('*')}"
    base: SnapshotManifest = {"files": {name: store.put(b"a = 1\nb = 2\n")}, "domain": "scaffold"}
    log = OpLog(tmp_path, "s")
    for actor, key, value in (("ada", "a", "10"), ("bob", "b", "20"), ("bob", "c", "30")):
        child: Any = {
            "op": "insert",
            "address": f"{name}/{key}",
            "position": None,
            "content_id": "",
            "content_summary": "",
            "content": value,
        }
        patch: Any = {
            "op": "patch",
            "address": name,
            "child_ops": [child],
            "child_domain": "scaffold",
            "child_summary": "",
        }
        log.record(actor, "scaffold", [patch])
    done = replay(log.replay([]).entries, base["files"], store, lambda _: plugin)
    assert store.get(done.files[name]) == b"a = 10\nb = 20\nc = 30\n"


def test_path_and_name_may_be_joined_either_way(jam: Path) -> None:
    """`path/name` and `path::name` are one thing; both are appended, replayed and committed."""
    append(jam, "jam", {"op": added("mod.py", CODE)})
    first = CODE.split(b"\n\n\n")[0].decode()
    value = {"op": "replace", "position": None, "old_content_id": "", "old_summary": "", "new_summary": ""}
    texts = (first.replace("1", "100"), "def second():\n    return 200")
    answers = append(
        jam,
        "jam",
        {"op": {**value, "address": "mod.py/first", "content": texts[0], "new_content_id": content_hash(texts[0])}},
        {"op": {**value, "address": "mod.py::second", "content": texts[1], "new_content_id": content_hash(texts[1])}},
    )
    assert all("ack" in answer for answer in answers), answers
    assert commit(jam).overridden == []
    code = (jam / "mod.py").read_text()
    assert "return 100" in code and "return 200" in code and "return 3\n" in code


def test_a_plain_setting_is_replayed_by_either_address(tmp_path: Path) -> None:
    store, log = MemoryContent(), OpLog(tmp_path, "s")
    files = {"set.scaffold": store.put(b"tempo = 90\nkey = C\n")}
    value = {"op": "replace", "position": None, "old_content_id": "", "old_summary": "", "new_summary": ""}
    ops: Any = [
        {**value, "address": "set.scaffold/tempo", "content": "100", "new_content_id": content_hash("100")},
        {**value, "address": "set.scaffold::key", "content": "D", "new_content_id": content_hash("D")},
    ]
    log.record("ada", "scaffold", ops)
    done = replay(log.read_all(), files, store, lambda path: ScaffoldPlugin())
    assert done.overridden == []
    assert store.get(done.files["set.scaffold"]) == b"tempo = 100\nkey = D\n"
