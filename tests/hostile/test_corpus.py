"""Every verb on every hostile repository: an exit code and a line, nothing run, bounded work and memory.

The whole is soak: eight of the cases by seed, those that `MUSE_HOSTILE=name,name` names, or `MUSE_HOSTILE=all` (an
hour). What it found is short, and named, below.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core import toml
from muse.core.op_log import OpLog
from muse.engine.history import diff
from muse.engine.resolve import compare
from muse.plugins.midi.file.codec import parse
from muse.store.log import checkpoints
from muse.store.repository import Repository
from tests.hostile import in_refs, in_settings, in_trees, verbs
from tests.hostile.quarry import END, WRITER, Quarry, midi, note, sound

CASES = {**in_refs.CASES, **in_trees.CASES, **in_settings.CASES}
SEED = int(os.environ.get("MUSE_SOAK_SEED", "16"))
ASKED = os.environ.get("MUSE_HOSTILE", "")
CHOSEN = list(CASES) if ASKED == "all" else ASKED.split(",") if ASKED else random.Random(SEED).sample(list(CASES), 8)
WORK = 60.0  # seconds of processor time after which a verb is ended
MOST = 2.0  # seconds more than plain Git takes beside it; what takes longer is printed
PEAK = 500.0  # MB, or what plain Git takes
BESIDE = {"git clone": ("clone",), "git push": ("push",), "git fetch": ("clone",), "verify --no-fsck": (),
          "verify": ("fsck",), "merge --dry-run": (), "merge": ("merge",), "sync": ("push", "merge")}  # fmt: skip
NOT_MET = {
    "a_bomb_of_folders_on_a_branch": "ten billion files in a branch: `git diff-tree` does not end, nor do we",
}


@pytest.fixture
def place(tmp_path: Path, git_env: dict[str, str], muse_on_path: Path) -> Quarry:
    return sound(tmp_path / "repo")


def told(answer: verbs.Answer, most: float = PEAK) -> list[str]:
    """What is wrong with an answer, with what it said."""
    found = answer.faults() + ([f"{answer.peak:.0f} MB"] if answer.peak > most else [])
    return [f"{answer.words}: {', '.join(found)}: {answer.err[-300:]!r}"] if found else []


def plain(place: Quarry, env: dict[str, str]) -> dict[str, verbs.Answer]:
    """What plain Git takes to clone the repository, merge in the clone, check it and push it."""
    work = place.root.parent
    there, bare = work / "plain", work / "beside.git"
    place.git("init", "-q", "--bare", str(bare))
    steps = {
        "clone": (work, ["git", "clone", "-q", str(place.root), str(there)]),
        "merge": (there, ["git", "merge", "-q", "--no-edit", "origin/topic"]),
        "fsck": (place.root, ["git", "fsck", "--strict", "--no-dangling"]),
        "push": (place.root, ["git", "push", "-q", str(bare), "HEAD:refs/heads/x"]),
    }
    return {name: verbs.run(at, words, env, limit=WORK) for name, (at, words) in steps.items() if at.exists()}


def beside(answer: verbs.Answer, git: dict[str, verbs.Answer]) -> list[verbs.Answer]:
    """What of that a verb has to do as well."""
    names = next((names for verb, names in BESIDE.items() if f"{answer.words} ".startswith(f"{verb} ")), ())
    return [git[name] for name in names if name in git]


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not sys.platform.startswith("linux") or shutil.which("prlimit") is None, reason="needs prlimit")
@pytest.mark.parametrize("name", CHOSEN)
def test_every_verb_answers(place: Quarry, name: str) -> None:
    if name in NOT_MET:
        pytest.xfail(NOT_MET[name])
    CASES[name](place)
    work, env = place.root.parent, dict(os.environ)
    wrong, slow, count, took, known = [], [], 0, True, plain(place, env)
    clone = [*verbs.CLONE, f"muse::{place.root}", str(work / "clone")]
    steps = [(place.root, verb) for verb in verbs.LOOK] + [(work, clone)]
    steps += [(work / "clone", verb) for verb in verbs.IN_CLONES]
    steps += [(place.root, verb) for verb in (*verbs.THROUGH, *verbs.CHANGE)]
    for where, verb in steps:
        if not where.exists() or (not took and str(verb).startswith("session follow")):
            continue  # what Git itself does not clone; a session without an op, which is rightly waited for
        run = verbs.run if isinstance(verb, list) else verbs.call
        answer = run(where, verb, env, limit=WORK)
        took = took and not (answer.code and str(verb).startswith("session append"))
        git = beside(answer, known)
        wrong += told(answer, max([PEAK, *(1.05 * each.peak for each in git)]))
        count += 1
        if answer.cpu > MOST + (least := sum(each.cpu for each in git)):
            slow.append(f"{answer.words} {answer.cpu:.1f} s{f' (git {least:.1f} s)' if git else ''}")
    print(f"{name}: {count} verbs; over 2 s: {', '.join(slow) or 'none'}", *wrong, sep="\n")
    ran = [found for found in work.rglob("RAN*") if found.is_file()] + list(work.glob("escaped*"))
    assert wrong == [] and ran == []


def test_metadata_is_no_history(place: Quarry, muse) -> None:
    """`--all` walked into a peer's nested folders and into every clone's log."""
    in_refs.nested_folders_in_the_log(place)
    code, out, _ = muse(place.root, "log", "--all", "--oneline")
    assert code == 0 and len(out.splitlines()) == 3 and "hostile" not in out and "theirs" in out
    code, out, _ = muse(place.root, "log", "--oneline", "--graph", "--all")
    assert code == 0 and "hostile" not in out and "theirs" in out


def test_a_thousand_bad_refs_are_told_in_few_lines(place: Quarry, muse, caplog) -> None:
    for number in range(200):
        claim = place.blob(b"{%d" % number)
        place.muse("log", {"jam/name": place.blob(b"jam"), "jam/checkpoint.json": claim}, writer=f"{number:020x}")
    assert checkpoints.checkpoints(Repository(place.root), "jam") == []
    assert "muse verify lists them all" in caplog.text and len(caplog.records) < 30
    assert muse(place.root, "verify", "--no-fsck")[1].count("it is no checkpoint of its session") >= 200


def test_a_session_costs_no_process(place: Quarry, muse, monkeypatch) -> None:
    """Each of a peer's 10,000 sessions took one of git in every merge and in doctor: half a minute."""
    name = place.blob(b"x")
    place.muse("log", {f"s{n}/name": place.blob(b"s%d" % n) if n < 50 else name for n in range(200)})
    ran: list[str] = []
    real = Repository.run
    monkeypatch.setattr(
        Repository, "run", lambda self, *words, **named: (ran.append(str(words)), real(self, *words, **named))[1]
    )
    for verb in (["merge-tree", "main", "topic"], ["doctor"], ["session", "list"]):
        ran.clear()
        code, out, _ = muse(place.root, *verb)
        assert code in (0, 1) and len(ran) < 100, verb
    assert [line for line in out.split() if line.startswith("s")] == sorted(f"s{n}" for n in range(200))


def test_a_segment_of_a_million_lines_is_not_taken_apart(place: Quarry, muse, caplog) -> None:
    """They made 20 million objects, and a file in quarantine of each that was no op."""
    in_refs.a_million_short_lines(place)
    repo = Repository(place.root)
    assert not checkpoints.pull(repo, OpLog(place.root, "jam")).added
    assert caplog.text.count("it has more than 50000 lines") == 2  # each content once
    assert not list((place.git_dir / "muse").rglob("quarantine/*"))


def test_what_is_told_of_an_op_is_short(place: Quarry, muse) -> None:
    """Its address is anybody's: a few of 10,000 letters were 25,000 letters of complaints."""
    in_refs.forged_ops_that_edit_what_is_there(place)
    code, _, err = muse(place.root, "session", "commit", "jam")
    assert code and "of eve: it cannot be applied" in err and len(err) < 15_000


def test_what_is_too_large_is_told_by_path_and_not_read(place: Quarry, muse, monkeypatch) -> None:
    """Each side was read before anything was asked of its size: `show` of six files of 300 MB took 623 MB."""
    song = midi(note(60, 480) * 40 + END)
    for module in (diff, compare):
        monkeypatch.setattr(module, "LARGEST", len(song) - 1)
    read = []
    real = Repository(place.root).objects.__class__.read
    monkeypatch.setattr(
        Repository(place.root).objects.__class__,
        "read",
        lambda self, name, limit=None: (read.append(found := real(self, name, limit)), found)[1],
    )
    place.write({"big\n.mid": song, "gone.py": "#" * len(song), "old.txt": "x" * len(song), "run.sh": "y" * len(song)})
    for name in ("old.txt", "gone.py"):
        place.git("mv", name, "new.txt") if name == "old.txt" else place.git("rm", "-q", name)
    (place.root / "run.sh").chmod(0o755)
    place.write({"big\n.mid": song + b"\0"}, "more")
    code, out, _ = muse(place.root, "show", "--json", "HEAD")
    ops = {row["path"]: row["op"] for row in json.loads(out)[0]["delta"]["paths"]}
    assert code == 0 and {name: op["op"] for name, op in ops.items()} == {
        "big\n.mid": "replace", "gone.py": "delete", "new.txt": "patch", "run.sh": "replace"
    }  # fmt: skip
    assert ops["new.txt"]["child_summary"] == "renamed from old.txt"
    assert ops["run.sh"]["new_summary"] == "mode of run.sh 100644 -> 100755"
    (place.root / "big\n.mid").write_bytes(song + b"\0\0")
    code, out, _ = muse(place.root, "diff")
    assert code == 0 and "big\\n.mid" in out
    for words in (["render", "-o", "-"], ["render", "-o", "-", "HEAD~1..HEAD"]):
        code, out, _ = muse(place.root, *words)
        assert code == 0 and out.count("and not shown") == 4, words
    for words in ([], ["--rev", "HEAD"]):
        code, out, err = muse(place.root, "grep-notes", "--pitch", "C4", *words)
        assert "big\\n.mid" not in out and f"more than {len(song) - 1}" in err, words
    assert all(len(data) < len(song) for kind, data in read if kind == "blob")
    monkeypatch.setattr(diff, "LARGEST", 32 << 20)
    for words in ([], ["--rev", "HEAD"]):
        assert "big\\n.mid" in muse(place.root, "grep-notes", "--pitch", "C4", *words)[1]


def test_a_dotted_key_of_thousands_of_names_is_refused() -> None:
    """tomllib takes 400 MB for one of 20,000, and a minute."""
    for text in ("a." * 20_000 + "b = 1", "[" + '"a" . ' * 5000 + "b]\n", "x = {" + "a." * 5000 + "b = 1}"):
        with pytest.raises(ValueError, match="more than 100 names"):
            toml.loads(text)
    with pytest.raises(ValueError, match="nested too deep"):
        toml.loads("x = " + "[" * 5000)
    deep = ".".join("abcdefghij" * 9)
    assert toml.loads(f'{deep} = 1\nx = "{"a" * 1_000_000}"\n')["x"][:2] == "aa"


def test_settings_of_such_keys_are_told(place: Quarry, muse, caplog) -> None:
    for name in (".museattributes", ".museignore"):
        (place.root / name).write_text("a." * 20_000 + "b = 1\n")
    code, _, err = muse(place.root, "status")
    assert code in (0, 128) and "more than 100 names" in err + caplog.text and "internal" not in err


def test_tracks_are_counted_once() -> None:
    """A file of 20,000 empty tracks took minutes to compare: each look at the tracks made the list of them anew."""
    song = parse(midi(*[END] * 50))
    assert song.tracks is song.tracks and len(song.tracks) == 50
    song.chunks = song.chunks[:7]
    assert len(song.tracks) == 7
    song.chunks.append(song.tracks[0])
    assert len(song.tracks) == 8


def test_the_writer_of_the_corpus_is_nobody_here(place: Quarry) -> None:
    in_refs.forged_ops(place)
    assert main(["-C", str(place.root), "session", "list"]) == 0
    assert WRITER in place.git("for-each-ref", "refs/muse-remotes")
