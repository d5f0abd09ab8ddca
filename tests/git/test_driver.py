"""Git itself calls the driver: every operation that merges contents, and every way in which it is asked to."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.engine import conflict_records
from muse.engine.setup.tables import settings

Git = Callable[..., str]
Run = Callable[..., subprocess.CompletedProcess[str]]
Commit = Callable[..., str]


@pytest.fixture
def branches(installed: Path, git: Git, commit: Commit) -> Callable[..., Path]:
    """`branches(ours={...}, theirs={...})`: HEAD has ours' files, branch `topic` theirs', both one commit from main."""

    def make(ours: dict[str, str | bytes], theirs: dict[str, str | bytes]) -> Path:
        git(installed, "switch", "-q", "-c", "topic")
        commit(installed, theirs, "theirs")
        git(installed, "switch", "-q", "main")
        commit(installed, ours, "ours")
        return installed

    return make


BOTH = ({"a.keys": "a=1\nm=1\n"}, {"a.keys": "b=2\nm=1\n"})  # adjacent lines: a conflict to Git
MERGED = b"a=1\nb=2\nm=1\n"
CLASH = ({"sub/b.bkeys": b"\0a=1\nm=2\n"}, {"sub/b.bkeys": b"\0b=2\nm=3\n"})
KEPT = b"\0a=1\nb=2\nm=2\n"

OPERATIONS = {
    "merge": [["git", "merge", "--no-edit", "topic"]],
    "rebase": [["git", "rebase", "topic"]],
    "rebase --apply": [["git", "rebase", "--apply", "topic"]],
    "cherry-pick": [["git", "cherry-pick", "topic"]],
    "merge -s recursive": [["git", "merge", "-s", "recursive", "--no-edit", "topic"]],
    "checkout -m": [
        ["git", "reset", "-q", "--soft", "HEAD~"],
        ["git", "reset", "-q"],
        ["git", "checkout", "-m", "topic"],
    ],
    "stash pop": [
        ["git", "reset", "-q", "--soft", "HEAD~"],
        ["git", "stash", "-q"],
        ["git", "reset", "-q", "--hard", "topic"],
        ["git", "stash", "pop"],
    ],
    "am -3": [
        ["sh", "-c", "git format-patch -q --binary --stdout main~..main >../p.mbox"],
        ["git", "reset", "-q", "--hard", "topic"],
        ["git", "am", "-3", "../p.mbox"],
    ],
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_merge_beyond_gits_in_every_operation(operation: str, branches: Callable[..., Path], run: Run) -> None:
    root = branches(*BOTH)
    for command in OPERATIONS[operation]:
        done = run(root, *command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    assert (root / "a.keys").read_bytes() == MERGED
    if operation != "checkout -m":  # newer versions of Git silence what is said there
        assert "merged 3 keys" in done.stdout + done.stderr
    assert conflict_records.load_all(root / ".git") == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_conflict_in_every_operation_leaves_a_valid_file_and_a_record(
    operation: str, branches: Callable[..., Path], run: Run, git: Git
) -> None:
    """Binary to Git: the file on disk holds all clean edits, and one side's value where they clash."""
    root = branches(*CLASH)
    *before, last = OPERATIONS[operation]
    for command in before:
        assert run(root, *command).returncode == 0
    done = run(root, *last)
    assert done.returncode != 0 or operation == "checkout -m", done.stderr
    assert "Traceback" not in done.stderr
    (record,) = conflict_records.load_all(root / ".git")
    assert (record["path"], [c["address"] for c in record["conflicts"]]) == ("sub/b.bkeys", ["m"])
    values = {record["conflicts"][0]["ours_summary"], record["conflicts"][0]["theirs_summary"]}
    assert values == {"2", "3"}
    mine = record["conflicts"][0]["ours_summary"]
    assert (root / "sub/b.bkeys").read_bytes() == b"\0a=1\nb=2\nm=%s\n" % mine.encode()
    assert git(root, "diff", "--name-only", "--diff-filter=U") == "sub/b.bkeys"


def test_revert(installed: Path, git: Git, commit: Commit, run: Run) -> None:
    """Undo one commit below another that touched the next line."""
    commit(installed, {"a.keys": "a=1\nm=1\n"}, "add a")
    commit(installed, {"a.keys": "a=1\nb=2\nm=1\n"}, "add b")
    done = run(installed, "git", "revert", "--no-edit", "HEAD~")
    assert done.returncode == 0, done.stderr
    assert (installed / "a.keys").read_bytes() == b"b=2\nm=1\n"


def test_from_a_subfolder_and_in_a_linked_worktree(
    branches: Callable[..., Path], git: Git, run: Run, linked_worktree: Callable[..., Path]
) -> None:
    """Records belong to the worktree whose index has the conflict."""
    root = branches(*CLASH)
    other = linked_worktree(root)
    done = run(other / "sub", "git", "merge", "--no-edit", "topic")
    assert done.returncode == 1, done.stderr
    assert (other / "sub/b.bkeys").read_bytes() == KEPT
    private = Path(git(other, "rev-parse", "--absolute-git-dir"))
    assert [record["path"] for record in conflict_records.load_all(private)] == ["sub/b.bkeys"]
    assert conflict_records.load_all(root / ".git") == []


def test_both_added(installed: Path, git: Git, commit: Commit, run: Run) -> None:
    git(installed, "switch", "-q", "-c", "topic")
    commit(installed, {"new.keys": "b=2\nx=1\n"})
    git(installed, "switch", "-q", "main")
    commit(installed, {"new.keys": "a=1\nx=1\n"})
    assert run(installed, "git", "merge", "--no-edit", "topic").returncode == 0
    assert (installed / "new.keys").read_bytes() == b"a=1\nb=2\nx=1\n"


def test_deleted_here_and_edited_there_is_gits_conflict(installed: Path, git: Git, commit: Commit, run: Run) -> None:
    git(installed, "switch", "-q", "-c", "topic")
    commit(installed, {"a.keys": "b=2\nm=1\n"})
    git(installed, "switch", "-q", "main")
    git(installed, "rm", "-q", "a.keys")
    git(installed, "commit", "-qm", "delete")
    done = run(installed, "git", "merge", "topic")
    assert done.returncode == 1 and "deleted in HEAD" in done.stdout
    assert (installed / "a.keys").read_bytes() == b"b=2\nm=1\n"


def test_renamed_here_and_edited_there(installed: Path, git: Git, commit: Commit, run: Run) -> None:
    long = "".join(f"k{number}=1\n" for number in range(30))
    commit(installed, {"a.keys": long})
    git(installed, "switch", "-q", "-c", "topic")
    commit(installed, {"a.keys": "b=2\n" + long})
    git(installed, "switch", "-q", "main")
    git(installed, "mv", "a.keys", "renamed.keys")
    commit(installed, {"renamed.keys": "a=1\n" + long})
    done = run(installed, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stdout
    lines = (installed / "renamed.keys").read_text().splitlines()
    assert {"a=1", "b=2"} < set(lines) and len(lines) == 32


def _criss_cross(root: Path, git: Git, commit: Commit, run: Run, name: str, values: list[bytes]) -> None:
    """Two branches that merged each other, each settling the same conflict in its own way: two merge bases."""
    left, right, settled_left, settled_right = values
    git(root, "switch", "-q", "-c", "right")
    commit(root, {name: right})
    git(root, "switch", "-q", "-c", "left", "main")
    commit(root, {name: left})
    git(root, "tag", "left0")
    for branch, other, content in (("left", "right", settled_left), ("right", "left0", settled_right)):
        git(root, "switch", "-q", branch)
        run(root, "git", "merge", "--no-commit", other)
        commit(root, {name: content}, f"merge into {branch}")
    git(root, "switch", "-q", "left")
    assert len(git(root, "merge-base", "--all", "left", "right").split()) == 2


def test_criss_cross_settled_differently_is_a_conflict_again(
    installed: Path, git: Git, commit: Commit, run: Run
) -> None:
    """Had the merge of the bases picked a side, that side's settlement would now vanish without a word."""
    values = [b"\0m=60\n", b"\0m=90\n", b"\0m=60\n", b"\0m=90\n"]
    _criss_cross(installed, git, commit, run, "sub/b.bkeys", values)
    done = run(installed, "git", "merge", "--no-edit", "right")
    assert done.returncode == 1
    (record,) = conflict_records.load_all(installed / ".git")
    assert [conflict["address"] for conflict in record["conflicts"]] == ["m"]


def test_criss_cross_text_with_markers_in_the_base_is_gits(installed: Path, git: Git, commit: Commit, run: Run) -> None:
    """The same bytes as with our driver switched off, longer markers of the inner conflict included."""
    git(installed, "config", "core.attributesFile", str(_merging_txt(installed)))
    commit(installed, {"a.txt": "1\nm\n2\n"})
    values = [b"1\nm=60\n2\n", b"1\nm=90\n2\n", b"1\nm=60\nl\n2\n", b"1\nm=90\nr\n2\n"]
    _criss_cross(installed, git, commit, run, "a.txt", values)
    git(installed, "config", "merge.conflictStyle", "diff3")
    assert run(installed, "git", "merge", "--no-edit", "right").returncode == 1
    merged = (installed / "a.txt").read_text()
    assert "<<<<<<< " in merged and "\n<<<<<<<<< " in merged
    git(installed, "merge", "--abort")
    assert run(installed, "git", "merge", "--no-edit", "right", env={"MUSE": "0"}).returncode == 1
    assert _without_labels((installed / "a.txt").read_text()) == _without_labels(merged)


def _merging_txt(root: Path) -> Path:
    """An attributes file that sends text files to our driver too."""
    file = root.parent / "txt-attributes"
    file.write_text("*.txt merge=muse\n")
    return file


def _without_labels(text: str) -> list[str]:
    return [line.split(" ")[0] for line in text.splitlines()]


def test_rerere_replays_what_was_settled(branches: Callable[..., Path], git: Git, commit: Commit, run: Run) -> None:
    """In a text file with markers rerere works as ever; our record is dropped with the conflict."""
    root = branches({"a.txt": "one\n"}, {"a.txt": "two\n"})
    git(root, "config", "rerere.enabled", "true")
    git(root, "config", "rerere.autoUpdate", "true")
    git(root, "config", "core.attributesFile", str(_merging_txt(root)))
    assert run(root, "git", "merge", "topic").returncode == 1
    commit(root, {"a.txt": "one and two\n"}, "settled")
    git(root, "reset", "-q", "--hard", "HEAD~")
    run(root, "git", "merge", "topic")
    assert (root / "a.txt").read_text() == "one and two\n"
    assert git(root, "ls-files", "-u") == ""


def test_sparse_checkout(branches: Callable[..., Path], git: Git, run: Run) -> None:
    root = branches(*BOTH)
    git(root, "sparse-checkout", "set", "--cone", "sub2")
    done = run(root, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stderr
    assert git(root, "show", "HEAD:a.keys").encode() + b"\n" == MERGED


def test_a_sha256_repository(keys: None, make_repo: Callable[..., Path], git: Git, commit: Commit, run: Run) -> None:
    root = make_repo("wide", {"a.keys": "m=1\n"}, sha256=True)
    assert run(root, "muse", "install").returncode == 0
    git(root, "switch", "-q", "-c", "topic")
    commit(root, BOTH[1])
    git(root, "switch", "-q", "main")
    commit(root, BOTH[0])
    assert run(root, "git", "merge", "--no-edit", "topic").returncode == 0
    assert (root / "a.keys").read_bytes() == MERGED


@pytest.mark.parametrize(
    "name",
    ["Ä \"quoted\" 'name'.keys", "-p.keys", "$(touch hit) `touch hit`.keys", "%A %P.keys", "caf\udce9.keys"],
)
def test_file_names_that_a_shell_would_trip_over(
    name: str, installed: Path, git: Git, commit: Commit, run: Run
) -> None:
    commit(installed, {name: "m=1\n"})
    git(installed, "switch", "-q", "-c", "topic")
    commit(installed, {name: "b=2\nm=1\n"})
    git(installed, "switch", "-q", "main")
    commit(installed, {name: "a=1\nm=1\n"})
    done = run(installed, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stderr
    assert (installed / name).read_bytes() == MERGED
    assert not (installed / "hit").exists()


def test_off_for_one_command(branches: Callable[..., Path], run: Run) -> None:
    root = branches(*BOTH)
    done = run(root, "git", "merge", "topic", env={"MUSE": "0"})
    assert done.returncode == 1
    assert (root / "a.keys").read_text().startswith("<<<<<<< ")
    assert "muse" not in done.stderr


BROKEN = {
    "not installed": None,
    "not executable": "",
    "a Python without us": "#!/bin/sh\nexec python3 -I -m muse_that_is_not_there\n",
    "a Python that dies": "#!/bin/sh\nkill -9 $$\n",
    "one that claims success": "#!/bin/sh\nexit 0\n",
    "one that claims a conflict": "#!/bin/sh\necho noise >&2; exit 1\n",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_missing_or_broken_installation_merges_as_git_does(
    kind: str,
    branches: Callable[..., Path],
    run: Run,
    tmp_path: Path,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
    without_us: Callable[[Path], None],
) -> None:
    root = branches(*BOTH)
    without_us(root)
    folder = tmp_path / "broken"
    folder.mkdir()
    if BROKEN[kind] is not None:
        (folder / "muse-merge-driver").write_text(BROKEN[kind])
        (folder / "muse-merge-driver").chmod(0o644 if kind == "not executable" else 0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/local/bin:/usr/bin:/bin")
    done = run(root, "git", "merge", "topic")
    assert done.returncode == 1
    text = (root / "a.keys").read_text()
    assert text.startswith("<<<<<<< ") and "a=1\n=======\nb=2\n>>>>>>> " in text
    assert "muse doctor" in done.stderr and "Traceback" not in done.stderr
    git(root, "merge", "--abort")
    # and an edit elsewhere in the file is merged, as Git merges it
    assert git(root, "status", "--porcelain") == ""


def _expanded(command: str, values: dict[str, str], quoted: bool) -> str:
    """What Git makes of a driver's command: from 2.44 on labels are quoted, before they stay as they are."""
    known = values if quoted else {key: value for key, value in values.items() if key not in ("%S", "%X", "%Y")}
    known = {key: shlex.quote(value) if key in ("%P", "%S", "%X", "%Y") else value for key, value in known.items()}
    return re.sub("%[OABLPSXY%]", lambda match: {**known, "%%": "%"}.get(match[0], match[0]), command)


@pytest.mark.parametrize("working", [True, False])
@pytest.mark.parametrize("quoted", [True, False])
def test_labels_as_old_and_new_git_hand_them(
    quoted: bool, working: bool, tmp_path: Path, muse_on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("O", "m\n"), ("A", "a\n"), ("B", "b\n")):
        (tmp_path / name).write_text(text)
    command = next(value for head, name, key, value in settings("") if (head, name, key) == ("merge", "muse", "driver"))
    values = {
        "%O": "O",
        "%A": "A",
        "%B": "B",
        "%L": "9",
        "%P": "it's.txt",
        "%S": "$(touch hit)",
        "%X": "HEAD",
        "%Y": 'it\'s "topic"',
    }
    if not working:
        monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
    done = subprocess.run(
        ["sh", "-c", _expanded(command, values, quoted)], cwd=tmp_path, check=False, capture_output=True
    )
    assert done.returncode == 1 and bool(done.stderr) is not working
    ours, theirs = ("HEAD", 'it\'s "topic"') if quoted else ("ours", "theirs")
    assert (tmp_path / "A").read_text() == f"<<<<<<<<< {ours}\na\n=========\nb\n>>>>>>>>> {theirs}\n"
    assert not (tmp_path / "hit").exists()


@pytest.mark.parametrize("path", ["sub/b.bkeys", "a.keys"])
def test_criss_cross_with_a_broken_installation(
    path: str, installed: Path, git: Git, commit: Commit, run: Run, without_us: Callable[[Path], None]
) -> None:
    """The fallback between merge bases takes the base of a binary file, too."""
    without_us(installed)
    start = b"\0" if path.endswith(".bkeys") else b""
    values = [start + b"m=60\n", start + b"m=90\n", start + b"m=60\n", start + b"m=90\n"]
    _criss_cross(installed, git, commit, run, path, values)
    done = run(installed, "git", "merge", "--no-edit", "right")
    assert done.returncode == 1 and git(installed, "ls-files", "-u") != ""
    assert (installed / path).read_bytes() == values[0] or b"<<<<<<< " in (installed / path).read_bytes()


def test_records_do_not_outlive_their_conflict(branches: Callable[..., Path], git: Git, run: Run) -> None:
    """A record stays a file after `merge --abort` and `commit`, and `muse conflicts` shows none of it."""
    root = branches(*CLASH)
    assert run(root, "git", "merge", "topic").returncode == 1
    git(root, "merge", "--abort")
    assert run(root, "git", "merge", "topic").returncode == 1
    assert [record["path"] for record in conflict_records.load_all(root / ".git")] == ["sub/b.bkeys"]
    git(root, "add", "-A")
    git(root, "commit", "-qm", "settled by hand")
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "fsck", "--strict") == ""
