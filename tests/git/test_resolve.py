"""`muse conflicts` and `muse resolve` on what real Git operations leave."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.engine import conflict_records

Git = Callable[..., str]
Run = Callable[..., subprocess.CompletedProcess[str]]
Commit = Callable[..., str]


@pytest.fixture
def clash(installed: Path, git: Git, commit: Commit, run: Run) -> Callable[..., Path]:
    """`clash({path: (base, ours, theirs)}, installed=True)`: a merge that stopped; None for no such file."""

    def make(files: dict[str, tuple[bytes | None, bytes | None, bytes | None]], off: bool = False) -> Path:
        for index, branch in enumerate(("main", "ours", "theirs")):
            if index:
                git(installed, "switch", "-q", "-c", branch, "main")
            for path, sides in files.items():
                if sides[index] is not None:
                    commit(installed, {path: sides[index]})
                elif (installed / path).exists():
                    git(installed, "--literal-pathspecs", "rm", "-q", path)
                    git(installed, "commit", "-qm", "delete")
        git(installed, "switch", "-q", "ours")
        done = run(installed, "git", "merge", "--no-edit", "theirs", env={"MUSE": "0"} if off else {})
        assert done.returncode == 1, done.stdout
        return installed

    return make


TWO = {"sub/b.bkeys": (b"\0m=1\nn=1\n", b"\0a=1\nm=2\nn=2\n", b"\0b=2\nm=3\nn=3\n")}
TEXT = {"a.txt": (b"1\n2\n3\n4\n5\n", b"1\nour 2\n3\nour 4\n5", b"1\ntheir 2\n3\ntheir 4\n5\nsix")}


def test_conflicts_says_what_is_left_and_what_to_type(clash: Callable[..., Path], run: Run) -> None:
    root = clash(TWO)
    done = run(root / "sub", "muse", "conflicts")
    assert done.returncode == 0
    assert run(root, "muse", "conflicts", "--exit-code").returncode == 1
    assert done.stdout == (
        "sub/b.bkeys: 2 conflicts\n"
        "  m (key)\n    base:   1\n    ours:   2\n    theirs: 3\n    muse resolve sub/b.bkeys --pick m=theirs\n"
        "  n (key)\n    base:   1\n    ours:   2\n    theirs: 3\n    muse resolve sub/b.bkeys --pick n=theirs\n"
    )
    (entry,) = json.loads(run(root, "muse", "conflicts", "--json").stdout)
    assert entry["path"] == "sub/b.bkeys" and sorted(entry["stages"]) == ["base", "ours", "theirs"]
    assert [(c["address"], c["ours_summary"], c["theirs_summary"]) for c in entry["conflicts"]] == [
        ("m", "2", "3"),
        ("n", "2", "3"),
    ]


@pytest.mark.parametrize("side", ["ours", "theirs", "base"])
def test_one_side_for_all_keeps_the_clean_edits_of_both(
    side: str, clash: Callable[..., Path], run: Run, git: Git
) -> None:
    root = clash(TWO)
    done = run(root, "muse", "resolve", f"--{side}", "sub/b.bkeys")
    assert (done.returncode, done.stderr) == (
        0,
        "muse: sub/b.bkeys: settled and added\nhint: nothing is left to settle; go on with: git merge --continue\n",
    )
    value = {"ours": b"2", "theirs": b"3", "base": b"1"}[side]
    assert (root / "sub/b.bkeys").read_bytes() == b"\0a=1\nb=2\nm=%s\nn=%s\n" % (value, value)
    assert git(root, "ls-files", "-u") == "" and git(root, "diff") == ""
    assert conflict_records.load_all(root / ".git") == []
    assert run(root, "muse", "conflicts").stdout == "nothing is left to settle\n"
    git(root, "commit", "-qm", "merged")


def test_picks_settle_one_by_one_and_are_remembered(clash: Callable[..., Path], run: Run, git: Git) -> None:
    root = clash(TWO)
    first = run(root, "muse", "resolve", "sub/b.bkeys", "--pick", "m=theirs")
    assert first.returncode == 1 and "n (key)" in first.stdout and "m (key)" not in first.stdout
    assert (root / "sub/b.bkeys").read_bytes() == b"\0a=1\nb=2\nm=3\nn=2\n"
    assert git(root, "ls-files", "-u") != ""
    assert "sub/b.bkeys: 1 conflict\n" in run(root, "muse", "conflicts").stdout
    second = run(root, "muse", "resolve", "sub/b.bkeys", "--pick", "n=base")
    assert second.returncode == 0, second.stderr
    assert (root / "sub/b.bkeys").read_bytes() == b"\0a=1\nb=2\nm=3\nn=1\n"
    assert git(root, "ls-files", "-u") == ""


def test_text_hunks_are_settled_one_by_one(clash: Callable[..., Path], run: Run) -> None:
    root = clash(TEXT)
    listed = run(root, "muse", "conflicts").stdout
    assert "a.txt: 2 conflicts" in listed and "hunk:1 (text)\n    base:   2\n    ours:   our 2\n" in listed
    assert run(root, "muse", "resolve", "a.txt", "--pick", "hunk:1=theirs").returncode == 1
    assert (root / "a.txt").read_bytes().startswith(b"1\ntheir 2\n3\n<<<<<<< ")
    done = run(root, "muse", "resolve", "a.txt", "--pick", "hunk:2=ours")
    assert done.returncode == 0, done.stderr
    assert (root / "a.txt").read_bytes() == b"1\ntheir 2\n3\nour 4\n5"


LINE = b"def main():\n    start()\n"
ADDED = {"a.py": (LINE, LINE + b"    log(1)\n    stop()\n", LINE + b"    log(2)\n    stop()\n")}


@pytest.mark.parametrize(
    ("words", "logs"),
    [
        (["--both"], (1, 2)),
        (["--both", "--theirs-first"], (2, 1)),
        (["--pick", "main=both"], (1, 2)),
        (["--pick", "main=both-theirs-first"], (2, 1)),
    ],
)
def test_both_texts_are_kept(
    words: list[str], logs: tuple[int, int], clash: Callable[..., Path], run: Run, git: Git
) -> None:
    root = clash(ADDED)
    done = run(root, "muse", "resolve", *words, "a.py")
    assert done.returncode == 0, done.stderr
    assert (root / "a.py").read_bytes() == LINE + b"    log(%d)\n    log(%d)\n    stop()\n" % logs
    assert git(root, "ls-files", "-u") == ""


def test_both_hunks_of_a_text_and_what_cannot_be_both(clash: Callable[..., Path], run: Run) -> None:
    root = clash({**TEXT, **TWO})
    done = run(root, "muse", "resolve", "--both", ".")
    assert done.returncode == 1
    assert (root / "a.txt").read_bytes() == b"1\nour 2\ntheir 2\n3\nour 4\n5\ntheir 4\n5\nsix"
    assert "sub/b.bkeys: 2 conflicts" in done.stdout and "a.txt" not in done.stdout


def test_conflicts_git_left_without_us_are_settled_too(clash: Callable[..., Path], run: Run) -> None:
    """No record, Git's markers on disk: the stages are enough."""
    root = clash({"a.keys": (b"m=1\n", b"a=1\nm=1\n", b"b=2\nm=1\n")}, off=True)
    assert conflict_records.load_all(root / ".git") == []
    assert run(root, "muse", "conflicts").stdout == ("a.keys: Muse can merge this by itself\n    muse resolve a.keys\n")
    done = run(root, "muse", "resolve", "a.keys")
    assert done.returncode == 0, done.stderr
    assert (root / "a.keys").read_bytes() == b"a=1\nb=2\nm=1\n"


def test_what_was_edited_by_hand_is_not_overwritten(clash: Callable[..., Path], run: Run) -> None:
    root = clash(TWO)
    (root / "sub/b.bkeys").write_bytes(b"\0by hand")
    done = run(root, "muse", "resolve", "--ours", "sub/b.bkeys")
    assert done.returncode == 128
    assert done.stderr.startswith("muse: sub/b.bkeys was edited since the merge\nhint: keep it: git add sub/b.bkeys\n")
    assert (root / "sub/b.bkeys").read_bytes() == b"\0by hand"
    assert run(root, "muse", "resolve", "--ours", "--force", "sub/b.bkeys").returncode == 0
    assert (root / "sub/b.bkeys").read_bytes() == b"\0a=1\nb=2\nm=2\nn=2\n"


@pytest.mark.parametrize(
    ("deleted_by", "side", "expected"),
    [("ours", "ours", None), ("ours", "theirs", b"m=5\n"), ("theirs", "theirs", None), ("theirs", "ours", b"m=5\n")],
)
def test_deleted_against_edited(
    deleted_by: str, side: str, expected: bytes | None, clash: Callable[..., Path], run: Run, git: Git
) -> None:
    sides = (b"m=1\n", None, b"m=5\n") if deleted_by == "ours" else (b"m=1\n", b"m=5\n", None)
    root = clash({"c.keys": sides})
    assert "the whole file (file level)" in run(root, "muse", "conflicts").stdout
    assert run(root, "muse", "resolve", f"--{side}", "c.keys").returncode == 0
    assert git(root, "ls-files", "-u") == ""
    file = root / "c.keys"
    assert (file.read_bytes() if file.exists() else None) == expected
    assert bool(git(root, "ls-files", "c.keys")) == (expected is not None)


def test_a_symbolic_link_against_a_link(installed: Path, git: Git, run: Run, clash: Callable[..., Path]) -> None:
    for branch, target in (("main", "x"), ("ours", "y"), ("theirs", "z")):
        if branch != "main":
            git(installed, "switch", "-q", "-c", branch, "main")
            (installed / "link").unlink()
        (installed / "link").symlink_to(target)
        git(installed, "add", "link")
        git(installed, "commit", "-qm", branch)
    git(installed, "switch", "-q", "ours")
    assert run(installed, "git", "merge", "theirs").returncode == 1
    assert "ours:   a symbolic link" in run(installed, "muse", "conflicts").stdout
    assert run(installed, "muse", "resolve", "--theirs", "link").returncode == 0
    assert (installed / "link").readlink() == Path("z")
    assert git(installed, "ls-files", "-u") == ""


def test_line_ends_and_the_executable_bit_are_as_a_checkout_makes_them(
    clash: Callable[..., Path], run: Run, git: Git
) -> None:
    root = clash(TEXT)
    git(root, "config", "core.autocrlf", "true")
    (root / "a.txt").chmod(0o755)
    assert run(root, "muse", "resolve", "--force", "--theirs", "a.txt").returncode == 0
    assert (root / "a.txt").read_bytes() == b"1\r\ntheir 2\r\n3\r\ntheir 4\r\n5\r\nsix"
    assert git(root, "show", ":a.txt") == "1\ntheir 2\n3\ntheir 4\n5\nsix"
    assert (root / "a.txt").stat().st_mode & 0o100


def test_records_of_settled_paths_are_dropped(clash: Callable[..., Path], run: Run, git: Git) -> None:
    root = clash(TWO)
    git(root, "merge", "--abort")
    assert len(conflict_records.load_all(root / ".git")) == 1
    assert run(root, "muse", "conflicts").returncode == 0
    assert conflict_records.load_all(root / ".git") == []


def test_a_record_of_another_merge_of_the_path_is_not_believed(
    clash: Callable[..., Path], run: Run, git: Git, commit: Commit
) -> None:
    """The same path, conflicting again with other values, this time without our driver."""
    root = clash(TWO)
    git(root, "merge", "--abort")
    commit(root, {"sub/b.bkeys": b"\0m=7\nn=1\n"})
    assert run(root, "git", "merge", "theirs", env={"MUSE": "0"}).returncode == 1
    (entry,) = json.loads(run(root, "muse", "conflicts", "--json").stdout)
    assert [(c["address"], c["ours_summary"]) for c in entry["conflicts"]] == [("m", "7")]


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_a_name_that_is_a_pattern_touches_no_other_file(
    side: str, clash: Callable[..., Path], run: Run, git: Git
) -> None:
    """`*.keys` deleted here and edited there, beside a file that the name would match as a pattern."""
    sides = (b"m=1\n", None, b"m=5\n")
    root = clash({"*.keys": sides, "other.keys": (b"m=1\n", b"m=2\n", b"m=3\n")})
    before = git(root, "ls-files", "-u", "--", "other.keys"), (root / "other.keys").read_bytes()
    assert run(root, "muse", "resolve", f"--{side}", "*.keys").returncode == 0
    assert (git(root, "ls-files", "-u", "--", "other.keys"), (root / "other.keys").read_bytes()) == before
    assert (root / "*.keys").exists() == (side == "theirs")


def test_outside_of_a_sparse_checkout(clash: Callable[..., Path], run: Run, git: Git) -> None:
    root = clash(TWO)
    git(root, "merge", "--abort")
    git(root, "sparse-checkout", "set", "--cone", "elsewhere")
    assert run(root, "git", "merge", "theirs").returncode == 1
    done = run(root, "muse", "resolve", "--theirs", "sub/b.bkeys")
    assert done.returncode == 0, done.stderr
    assert git(root, "ls-files", "-u") == ""


def test_during_a_rebase(clash: Callable[..., Path], run: Run, git: Git) -> None:
    root = clash(TWO)
    git(root, "merge", "--abort")
    assert run(root, "git", "rebase", "theirs").returncode == 1
    settled = run(root, "muse", "resolve", "--theirs", ".")  # theirs: the commit being replayed
    assert settled.returncode == 0 and settled.stderr.endswith("go on with: git rebase --continue\n")
    done = run(root, "git", "rebase", "--continue", env={"GIT_EDITOR": "true"})
    assert done.returncode == 0, done.stderr
    assert (root / "sub/b.bkeys").read_bytes() == b"\0a=1\nb=2\nm=2\nn=2\n"
    assert run(root, "muse", "conflicts").returncode == 0


def test_the_rules_themselves_in_conflict(clash: Callable[..., Path], run: Run) -> None:
    """While `.museattributes` holds markers there are no rules, and it can be settled like any file."""
    rules = "[[rules]]\npath = '*.x'\ndimension = '*'\nstrategy = '%s'\n"
    sides = [(rules % word).encode() for word in ("auto", "ours", "theirs")]
    root = clash({".museattributes": (sides[0], sides[1], sides[2]), **TWO})
    assert ".museattributes: 1 conflict" in run(root, "muse", "conflicts").stdout
    assert run(root, "muse", "resolve", "--theirs", "sub/b.bkeys").returncode == 0
    assert run(root, "muse", "resolve", "--theirs", ".museattributes").returncode == 0
    assert (root / ".museattributes").read_bytes() == sides[2]


def test_a_bare_repository_has_nothing_to_settle(make_repo: Callable[..., Path], run: Run) -> None:
    done = run(make_repo("server.git", bare=True), "muse", "conflicts")
    assert (done.returncode, done.stdout) == (0, "nothing is left to settle\n")


def test_interactively(clash: Callable[..., Path], programs: Path) -> None:
    root = clash(TWO)
    done = subprocess.run(
        ["muse", "resolve", "-i", "sub/b.bkeys"], cwd=root, input=b"t\no\n", capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (root / "sub/b.bkeys").read_bytes() == b"\0a=1\nb=2\nm=3\nn=2\n"


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_a_whole_folder_is_settled_as_gits_strategy_option_would(
    side: str, clash: Callable[..., Path], run: Run, git: Git
) -> None:
    """Git hands no driver its -X: resolving everything afterwards comes to the same bytes."""
    files = {
        "t/a.txt": (b"1\n2\n3\n4\n5\n", b"1\nour 2\n3\n4\n5\nend\n", b"top\n1\ntheir 2\n3\n4\n5\n"),
        "t/b.txt": (b"x\n", b"ours\n", b"theirs\n"),
    }
    root = clash(files)
    assert run(root, "muse", "resolve", f"--{side}", "t").returncode == 0
    settled = {path: (root / path).read_bytes() for path in files}
    git(root, "merge", "--abort")
    assert run(root, "git", "merge", "--no-edit", "-X", side, "theirs").returncode == 0
    assert {path: (root / path).read_bytes() for path in files} == settled


def test_git_mergetool(clash: Callable[..., Path], git: Git) -> None:
    root = clash(TWO)
    done = subprocess.run(
        ["git", "mergetool", "-t", "muse", "-y"], cwd=root, input=b"b\nb\n", capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (root / "sub/b.bkeys").read_bytes() == b"\0a=1\nb=2\nm=1\nn=1\n"
    assert git(root, "ls-files", "-u") == ""


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["nothing.here"], 128, "muse: nothing.here: no conflict here\nhint: unmerged: sub/b.bkeys\n"),
        (
            ["sub/b.bkeys", "--pick", "zz=ours"],
            128,
            "muse: sub/b.bkeys has no conflict at 'zz'\nhint: what is left: m, n\n",
        ),
        (
            ["sub/b.bkeys", "--pick", "m=mine"],
            129,
            "muse: --pick 'm=mine' is not ADDRESS=SIDE; a side is ours, theirs, base, both or both-theirs-first\n",
        ),
        (["sub/b.bkeys", "--both", "--ours"], 129, "muse: --both and --ours cannot be used together\n"),
        (["sub/b.bkeys", "--theirs-first"], 129, "muse: --theirs-first goes with --both\n"),
        (
            ["sub/b.bkeys", "--pick", "m=both"],
            128,
            "muse: sub/b.bkeys: m cannot be both\nhint: take ours, theirs or base\n",
        ),
    ],
)
def test_mistakes(args: list[str], code: int, message: str, clash: Callable[..., Path], run: Run) -> None:
    done = run(clash(TWO), "muse", "resolve", *args)
    assert (done.returncode, done.stderr) == (code, message)
