"""The user's attributes count, whenever and wherever they were written; `-X` and `MUSE=0` mean what they mean in Git.

The oracle is Git itself: the same history in a clone without Muse.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Git = Callable[..., str]
Run = Callable[..., subprocess.CompletedProcess[str]]
Commit = Callable[..., str]
MakeRepo = Callable[..., Path]

BASE = '{\n  "a": 1,\n  "b": 1,\n  "c": 1\n}\n'
OURS = '{\n  "a": 2,\n  "b": 1,\n  "c": 1\n}\n'
THEIRS = '{\n  "a": 1,\n  "b": 2,\n  "c": 1\n}\n'
BOTH = '{\n  "a": 2,\n  "b": 2,\n  "c": 1\n}\n'  # adjacent lines: Muse can, Git cannot
PATHS = ("top.json", "sub/deep/inner.json")


@pytest.fixture
def history(make_repo: MakeRepo, run: Run, git: Git, commit: Commit) -> Callable[..., Path]:
    """`history(base, ours, theirs)`: both sides changed two files; HEAD has ours', branch `topic` theirs'."""

    def make(base: str = BASE, ours: str = OURS, theirs: str = THEIRS, *, paths: tuple[str, ...] = PATHS) -> Path:
        root = make_repo("repo", dict.fromkeys(paths, base))
        assert run(root, "muse", "install").returncode == 0
        git(root, "switch", "-q", "-c", "topic")
        commit(root, dict.fromkeys(paths, theirs), "theirs")
        git(root, "switch", "-q", "main")
        commit(root, dict.fromkeys(paths, ours), "ours")
        return root

    return make


def without_muse(root: Path) -> Path:
    """A copy of the repository as Git alone has it."""
    copy = root.with_name(root.name + "-plain")
    shutil.copytree(root, copy, symlinks=True)
    (copy / ".git/info/attributes").unlink()
    subprocess.run(["git", "config", "--remove-section", "merge.muse"], cwd=copy, check=True)
    return copy


def tracked(text: str, folder: str = "") -> Callable[[Path, Git, Commit], None]:
    def write(root: Path, git: Git, commit: Commit) -> None:
        commit(root, {f"{folder}.gitattributes": text}, "attributes")

    return write


def of_the_user(text: str) -> Callable[[Path, Git, Commit], None]:
    def write(root: Path, git: Git, commit: Commit) -> None:
        (root.parent / "mine").write_text(text)
        git(root, "config", "--global", "core.attributesFile", str(root.parent / "mine"))

    return write


def default_file(root: Path, git: Git, commit: Commit) -> None:
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "git/attributes"
    file.parent.mkdir(parents=True)
    file.write_text("*.json merge=union\n")


def own_driver(root: Path, git: Git, commit: Commit) -> None:
    tracked("*.json merge=mine\n")(root, git, commit)
    git(root, "config", "merge.mine.driver", "printf 'mine %%s: ' %P >out; cat %O %A %B >>out; mv out %A")


def written_in_info(root: Path, git: Git, commit: Commit) -> None:
    with (root / ".git/info/attributes").open("a") as file:
        file.write("sub/** merge=binary\n")


WORDS: dict[str, Callable[[Path, Git, Commit], None]] = {
    "union": tracked("*.json merge=union\n"),
    "unset": tracked("*.json -merge\n"),
    "binary": tracked("*.json binary\n"),
    "the binary driver": tracked("*.json merge=binary\n"),
    "text": tracked("*.json merge=text\n"),
    "set": tracked("*.json merge\n"),
    "a driver that nobody configured": tracked("*.json merge=nowhere\n"),
    "another driver": own_driver,
    "nested": tracked("*.json merge=union\n", "sub/"),
    "nested deeper": tracked("inner.json merge=union\n", "sub/deep/"),
    "a macro": tracked("[attr]picky -merge\n*.json picky\n"),
    "a macro of the user's, used by the project": lambda *at: (
        of_the_user("[attr]picky merge=union\n")(*at),
        tracked("*.json picky\n")(*at),
    )[0],
    "core.attributesFile": of_the_user("*.json merge=union\n"),
    "the user's default file": default_file,
    "info/attributes": written_in_info,
    "taken back in a folder": tracked("*.json merge=union\nsub/** !merge\n"),
}
LEFT_TO_US = {
    "nested": ["top.json"],
    "nested deeper": ["top.json"],
    "info/attributes": ["top.json"],
    "taken back in a folder": ["sub/deep/inner.json"],
}


@pytest.mark.parametrize("options", [(), ("-X", "ours"), ("-Xtheirs",)], ids=str)
@pytest.mark.parametrize("word", WORDS)
def test_what_the_users_attributes_say_is_done(
    word: str, options: tuple[str, ...], history: Callable[..., Path], git: Git, commit: Commit, run: Run
) -> None:
    """Written after `muse install`; what they do not speak of is still merged by Muse."""
    root = history()
    WORDS[word](root, git, commit)
    if (root / "sub/.gitattributes").exists():
        assert (root / "sub/.gitattributes").read_text()
    plain = without_muse(root)
    (plain / ".git/info/attributes").write_text("sub/** merge=binary\n" * (word == "info/attributes"))
    expected = run(plain, "git", "merge", "--no-edit", *options, "topic")
    done = run(root, "git", "merge", "--no-edit", *options, "topic")
    ours = LEFT_TO_US.get(word, [])
    for path in PATHS:
        text = (root / path).read_text()
        if path in ours:
            assert text == BOTH, path
        else:
            assert text == (plain / path).read_text(), (path, done.stdout + done.stderr)
    left = set(git(root, "diff", "--name-only", "--diff-filter=U").split())
    assert left == set(git(plain, "diff", "--name-only", "--diff-filter=U").split()) - set(ours)
    assert (done.returncode == 0) is (not left)
    assert (expected.stdout + expected.stderr).count("Cannot merge binary") == (done.stdout + done.stderr).count(
        "Cannot merge binary"
    )


def test_muse_merge_obeys_as_well(history: Callable[..., Path], git: Git, commit: Commit, run: Run) -> None:
    root = history()
    tracked("*.json merge=union\n", "sub/")(root, git, commit)
    plain = without_muse(root)
    run(plain, "git", "merge", "--no-edit", "topic")
    assert run(root, "muse", "merge", "topic").returncode == 0
    assert (root / "top.json").read_text() == BOTH
    assert (root / PATHS[1]).read_text() == (plain / PATHS[1]).read_text()


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 12345\n"
POINTERS = [POINTER % (digit * 64) for digit in "abc"]


@pytest.mark.parametrize("verb", [["git", "merge", "--no-edit"], ["muse", "merge"]], ids=lambda verb: verb[0])
@pytest.mark.parametrize("said", ["filter=lfs diff=lfs merge=lfs -text", "filter=lfs -text"])
def test_no_markers_inside_a_pointer_of_lfs(
    said: str, verb: list[str], make_repo: MakeRepo, git: Git, commit: Commit, run: Run
) -> None:
    root = make_repo("repo", {"song.mid": POINTERS[0], ".gitattributes": f"*.mid {said}\n"})
    assert run(root, "muse", "install").returncode == 0
    git(root, "switch", "-q", "-c", "topic")
    commit(root, {"song.mid": POINTERS[2]})
    git(root, "switch", "-q", "main")
    commit(root, {"song.mid": POINTERS[1]})
    assert run(root, *verb, "topic").returncode == 1
    assert (root / "song.mid").read_text() == POINTERS[1]
    assert [row.split()[2] for row in git(root, "ls-files", "-u").splitlines()] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("union", "merged by Git's union of both sides, as .gitattributes says"),
        ("nested", "merged by Git's union of both sides, as sub/.gitattributes says"),
        ("nested deeper", "merged by Git's union of both sides, as sub/deep/.gitattributes says"),
        ("unset", "a conflict whenever both sides changed it, as .gitattributes says"),
        ("another driver", "merged by the driver 'mine', as .gitattributes says"),
        ("core.attributesFile", "merged by Git's union of both sides, as core.attributesFile says"),
        ("info/attributes", "a conflict whenever both sides changed it, as info/attributes says"),
    ],
)
def test_doctor_says_who_owns_a_path_and_calls_it_no_fault(
    word: str, shown: str, history: Callable[..., Path], git: Git, commit: Commit, run: Run
) -> None:
    root = history()
    WORDS[word](root, git, commit)
    done = run(root / "sub", "muse", "doctor", "deep/inner.json", "../new.py", "../notes.txt")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"ok   sub/deep/inner.json: {shown}",
        "ok   new.py: merged by Muse as code",
        "ok   notes.txt: merged as text by Git: nobody claims it",
    ]
    done = run(root, "muse", "doctor")
    assert done.returncode == 0 and "Git does not use our merge driver" not in done.stdout
    if word in ("union", "core.attributesFile"):
        assert f"*.json is {shown}" in done.stdout


SPACES = {
    "ignore-space-change": ("x = 1\ny = 1\n", "x =  1\ny = 1\n", "x = 2\ny = 1\n"),
    "ignore-all-space": ("f(a,b)\ny = 1\n", "f(a, b)\ny = 1\n", "f(a,b,c)\ny = 1\n"),
    "ignore-space-at-eol": ("x = 1\ny = 1\n", "x = 1  \ny = 1\n", "x = 2\ny = 1\n"),
    "ignore-cr-at-eol": ("x = 1\ny = 1\n", "x = 1\r\ny = 1\r\n", "x = 2\ny = 1\n"),
}
NEAR = ("a = 1\nb = 1\nc = 1\nd = 1\n", "a = 1\nb = 2\nc = 1\nd = 1\ne = 5\n", "z = 0\na = 1\nb = 3\nc = 1\nd = 1\n")


def doors(option: str) -> dict[str, list[list[str]]]:
    """Ways to give Git a `-X`, each ending in the command that merges."""
    return {
        "merge": [["git", "merge", "--no-edit", "-X", option, "topic"]],
        "merge --strategy-option=": [["git", "merge", "--no-edit", f"--strategy-option={option}", "topic"]],
        "merge, abbreviated and clustered": [["git", "-c", "a.b=c", "merge", "-m", "-Xnone", f"-qX{option}", "topic"]],
        "an alias": [["git", "config", "alias.mine", f"merge --no-edit -X {option}"], ["git", "mine", "topic"]],
        "branch.main.mergeOptions": [
            ["git", "config", "branch.main.mergeOptions", f"--no-edit -X {option}"],
            ["git", "merge", "topic"],
        ],
        "pull": [["git", "pull", "-q", "--no-rebase", "--no-edit", "-X", option, ".", "topic"]],
        "rebase": [["git", "rebase", "-X", option, "topic"]],
        "cherry-pick": [["git", "cherry-pick", "-X", option, "topic"]],
        "revert": [["git", "revert", "--no-edit", "-X", option, "HEAD~0"]],
    }


@pytest.mark.parametrize("muse", ["0", "1"])
@pytest.mark.parametrize("door", [name for name in doors("") if name != "revert"])
@pytest.mark.parametrize("option", ["ours", "theirs", *SPACES])
def test_strategy_options_mean_what_they_mean_in_git(
    option: str, door: str, muse: str, history: Callable[..., Path], git: Git, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = SPACES.get(option, NEAR)
    root = history(*versions, paths=("a.py",))
    plain = without_muse(root)
    if muse == "0":
        monkeypatch.setenv("MUSE", "0")
    for where in (plain, root):
        for command in doors(option)[door]:
            done = run(where, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (root / "a.py").read_bytes() == (plain / "a.py").read_bytes()
    assert done.stderr.count("muse:") == 0 or muse == "1"


@pytest.mark.parametrize("operation", ["rebase", "cherry-pick"])
@pytest.mark.parametrize("option", ["ours", "theirs"])
def test_options_of_a_sequence_that_goes_on(
    option: str, operation: str, history: Callable[..., Path], git: Git, commit: Commit, run: Run
) -> None:
    """The first commit conflicts by a deletion; the second is merged by `--continue`, with the options of before."""
    root = history(*NEAR, paths=("a.py", "gone.py"))
    git(root, "switch", "-q", "-c", "side", "main~")
    commit(root, {"gone.py": "x = 2\n"}, "edit what is gone")
    commit(root, {"a.py": NEAR[2]}, "theirs again")
    git(root, "switch", "-q", "main")
    git(root, "rm", "-q", "gone.py")
    git(root, "commit", "-qm", "gone")
    plain = without_muse(root)
    for where in (plain, root):
        if operation == "rebase":
            git(where, "switch", "-q", "side")
            run(where, "git", "rebase", "-X", option, "main")
        else:
            run(where, "git", "cherry-pick", "-X", option, "main..side")
        git(where, "rm", "-q", "gone.py", check=False)
        git(where, "commit", "-q", "--allow-empty", "-m", "settled")
        done = run(where, "git", operation, "--continue")
        assert done.returncode == 0, done.stdout + done.stderr
    assert (root / "a.py").read_bytes() == (plain / "a.py").read_bytes()


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_switched_off_is_git_without_us(
    style: str, history: Callable[..., Path], git: Git, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moved blocks, where the two ways of comparing lines differ, in conflict and clean."""
    block = [f"    step{number}(x)\n" for number in range(6)]
    base = "def f(x):\n" + "".join(block) + "\n\ndef g(x):\n" + "".join(block)
    ours = base.replace("step3", "step30", 1).replace("def g", "def before(x):\n    pass\n\n\ndef g")
    theirs = "def g(x):\n" + "".join(block) + "\n\ndef f(x):\n" + "".join(block).replace("step3", "step33")
    root = history(base, ours, theirs, paths=("a.py", "b.py"))
    git(root, "config", "merge.conflictStyle", style)
    plain = without_muse(root)
    monkeypatch.setenv("MUSE", "0")
    expected, done = (run(where, "git", "merge", "topic") for where in (plain, root))
    assert done.returncode == expected.returncode == 1
    for path in ("a.py", "b.py"):
        lines, wanted = ((where / path).read_text().splitlines() for where in (root, plain))
        assert [x for x in lines if not x.startswith("|||||||")] == [x for x in wanted if not x.startswith("|||||||")]
    assert not (root / ".git/muse/conflicts").exists()
    assert (done.stdout, done.stderr) == (expected.stdout, expected.stderr)


def test_records_go_with_the_merge_they_belong_to(history: Callable[..., Path], git: Git, run: Run) -> None:
    """`git merge --abort` tells nobody; the next look and the next merge drop what it left."""
    root = history("x = 1\n", "x = 2\n", "x = 3\n", paths=("a.py", "b.py"))
    folder = root / ".git/muse/conflicts"
    for _ in range(2):
        assert run(root, "git", "merge", "topic").returncode == 1
        assert sorted(file.name for file in folder.iterdir()) == ["a.py.json", "b.py.json"]
        git(root, "merge", "--abort")
        assert run(root, "muse", "status").returncode == 0
        assert list(folder.iterdir()) == []
    run(root, "git", "merge", "topic")
    git(root, "merge", "--abort")
    git(root, "switch", "-q", "-c", "again", "main")
    (root / "b.py").write_text("x = 3\n")
    git(root, "commit", "-qam", "as theirs")
    assert run(root, "git", "merge", "topic").returncode == 1
    assert [file.name for file in folder.iterdir()] == ["a.py.json"]


def test_review_in_mid_merge_blames_nobody(history: Callable[..., Path], git: Git, run: Run) -> None:
    root = history("x = 1\n", "x = 2\n", "x = 3\n", paths=("a.py",))
    git(root, "config", "core.attributesFile", "/dev/null")
    assert run(root, "git", "merge", "topic").returncode == 1
    assert run(root, "muse", "review").stdout == "every file is as Git merges it\n"  # but for names behind markers
    (root / "a.py").write_text("x = 23\n")
    shown = run(root, "muse", "review").stdout
    assert shown.startswith("a.py: in conflict for Git, as it is in the work tree\n") and "person" not in shown
    git(root, "commit", "-qam", "settled")
    assert run(root, "muse", "review").stdout.startswith("a.py: in conflict for Git, edited by a person\n")


@pytest.mark.parametrize("door", ["merge", "diff", "textconv"])
def test_nothing_of_a_clone_is_imported(
    door: str, history: Callable[..., Path], git: Git, commit: Commit, run: Run, tmp_path: Path
) -> None:
    """With empty and relative entries in PYTHONPATH, and with the clone's own top as one."""
    root = history()
    hit = tmp_path / "hit"
    evil = f"open({str(hit)!r}, 'a').write(__name__ + chr(10))\n"
    modules = ("re", "json", "sitecustomize", "usercustomize", "msgspec", "tree_sitter", "muse/__init__", "typing")
    for name in modules:
        (root / name).parent.mkdir(exist_ok=True)
        (root / f"{name}.py").write_text(evil)
    (root / "tune.mid").write_bytes(b"MThd\0broken")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "evil")
    where = {"PYTHONPATH": f":.:{root}", "PYTHONHOME": "", "PYTHONSTARTUP": str(root / "re.py")}
    where["PATH"] = "/usr/local/bin:/usr/bin:/bin"
    if door == "merge":
        done = run(root, "git", "merge", "--no-edit", "topic", env=where)
        assert done.returncode == 0 and (root / PATHS[0]).read_text() == BOTH, done.stderr
    elif door == "diff":
        shown = run(root, "git", "show", "--format=", "HEAD", "--", "tune.mid", env=where).stdout
        assert "+++ b/tune.mid" in shown
    else:
        done = run(root, "sh", "-c", git(root, "config", "diff.muse-midi.textconv") + " tune.mid", env=where)
        assert done.returncode == 0 and done.stdout
    assert not hit.exists(), hit.read_text()


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_has_is_not(
    history: Callable[..., Path], run: Run
) -> None:
    root = history()
    git_dir = root / ".git"
    gone = subprocess.Popen(["true"])
    gone.wait()
    left, kept = [], []
    for pid, names in ((gone.pid, left), (os.getpid(), kept)):
        for name in (f"index.muse-{pid}", f"index.muse-{pid}.lock"):
            (git_dir / name).write_text("")
            names.append(git_dir / name)
        for name in (f"muse-files-{pid}-abc", f"muse/ahead-{pid}-"):
            (git_dir / name).mkdir(parents=True)
            (git_dir / name / "file").write_text("")
            names.append(git_dir / name)
    (git_dir / "index.muse-mine").write_text("somebody's")
    assert run(root, "muse", "status").returncode == 0
    assert [path for path in left if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []
    assert (git_dir / "index.muse-mine").read_text() == "somebody's"
