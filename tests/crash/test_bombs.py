"""Small inputs that ask for much: patterns, links to devices, nested trees. Every verb answers, with bounded work.

Work is counted: objects asked for and their bytes. `SECONDS` only ends what would never end on any machine.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from collections import Counter

import pytest

from muse.cli.main import main
from muse.core.ignore import is_ignored
from muse.store.objects.database import ObjectReader

SECONDS = 60.0
ROOM = 4 << 30  # bytes of addresses, so that a bomb takes its process and not the machine


@pytest.fixture
def muse(git_env):
    def run(where, *words):
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "muse.cli", *words],
            cwd=where, env=git_env, input="", capture_output=True, text=True, check=False, timeout=SECONDS,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM)),
        )  # fmt: skip
        return done, time.monotonic() - begun

    return run


PATTERNS = ["*a" * 60 + "b", "**/a" * 40 + "/b", "*a*/" * 30 + "b", "[a]*" * 50 + "b", "?*" * 50 + "b"]


@pytest.mark.parametrize("pattern", PATTERNS, ids=range(len(PATTERNS)))
def test_no_pattern_takes_long(pattern):
    begun = time.monotonic()
    for path in ("a" * 250, "/".join(["a" * 20] * 100), "/".join("a" * 150)):
        is_ignored(path, [pattern])
        is_ignored(path + "b", ["!" + pattern, pattern])
    assert time.monotonic() - begun < SECONDS


def test_a_bomb_of_a_pattern_does_not_hang_a_commit(make_repo, muse):
    root = make_repo(files={"x.txt": "1\n"})
    (root / ".museignore").write_text(f'[global]\npatterns = ["{"*a" * 30}b"]\n')
    (root / ("a" * 200)).write_text("x")
    done, seconds = muse(root, "commit", "-q", "-m", "m")
    assert done.returncode == 0 and seconds < SECONDS, done.stderr


def test_patterns_match_what_git_matches(make_repo, git_env):
    """The oracle is `git check-ignore`, on patterns and paths drawn anew."""
    root = make_repo(files={})
    draw = random.Random(16)
    letters = ["a", "b", "*", "?", "/", "**", "**/", "/**", "[ab]", "[!a]", "x", "*/"]
    paths = ["/".join("".join(draw.choices("abx", k=draw.randint(1, 3))) for _ in range(n)) for n in (1, 1, 2, 2, 3, 4)]
    for _ in range(150):
        pattern = "".join(draw.choices(letters, k=draw.randint(1, 6)))
        if pattern.endswith("/") or "***" in pattern:
            continue  # what a path that does not exist is to the first, and Git's own reading of the second
        (root / ".gitignore").write_text(pattern + "\n")
        done = subprocess.run(
            ["git", "check-ignore", "--no-index", "--stdin", "-z"],
            cwd=root, env=git_env, input="\0".join(paths).encode(), capture_output=True, check=False,
        )  # fmt: skip
        told = {path.decode() for path in done.stdout.split(b"\0") if path}
        assert {path for path in paths if is_ignored(path, [pattern])} == told, pattern


TARGETS = ["/dev/zero", "/dev/stdin", "/etc/passwd", "fifo", "loop"]
LINKS = [(name, target) for name in (".museignore", ".museattributes", ".muse/config.toml") for target in TARGETS]
LINKS += [(".gitattributes", target) for target in ("/dev/zero", "loop")]  # for a pipe Git itself waits


@pytest.mark.parametrize(("name", "target"), LINKS)
def test_nothing_is_read_through_links_to_elsewhere(make_repo, git, muse, name, target):
    root = make_repo(files={"x.txt": "1\n"})
    (root / name).parent.mkdir(exist_ok=True)
    if target == "fifo":
        import os

        os.mkfifo(root / name)
    else:
        (root / name).symlink_to(root / name if target == "loop" else target)
    (root / "x.txt").write_text("2\n")
    for words in (["status"], ["commit", "-q", "-m", "m"], ["log"], ["doctor"], ["doctor", "x.txt", "song.mid"]):
        done, seconds = muse(root, *words)
        assert (
            seconds < SECONDS
            and done.returncode >= 0
            and "Traceback" not in done.stderr
            and "internal" not in done.stderr
        ), done.stderr
        assert "root:" not in done.stdout + done.stderr


def test_a_score_that_is_a_link_to_a_device_is_no_score(make_repo, git, muse):
    root = make_repo(files={"x.txt": "1\n"})
    (root / "z.mid").symlink_to("/dev/zero")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "link")
    for words in (["grep-notes", "--pitch", "C4"], ["status"], ["show"], ["render", "-o", "-"], ["symbols", "z.mid"]):
        done, seconds = muse(root, *words)
        assert seconds < SECONDS and "Traceback" not in done.stderr and "internal" not in done.stderr, done.stderr


def _nested(git, root, inner, fan, depth):
    """The id of a tree in which `inner` stands fan ** depth times."""
    for level in range(depth):
        rows = "".join(f"040000 tree {inner}\t{level}{number:04d}\n" for number in range(fan))
        inner = subprocess.run(
            ["git", "mktree"], cwd=root, input=rows, capture_output=True, text=True, check=True
        ).stdout.strip()
    return inner


@pytest.mark.parametrize("shape", ["refused names", "names that may be", "many refs"])
def test_a_small_repository_of_nested_trees_costs_nobody_his_time(make_repo, git, muse, shape, monkeypatch, capfd):
    root = make_repo(files={"x.txt": "1\n"})
    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=root, input="muse 1\n", capture_output=True, text=True, check=True
    ).stdout.strip()
    names = [f"{n:010d}-{n:010d}.jsonl" if shape == "names that may be" else f"f{n}" for n in range(1000)]
    rows = "".join(f"100644 blob {blob}\t{name}\n" for name in names)
    leaf = subprocess.run(
        ["git", "mktree"], cwd=root, input=rows, capture_output=True, text=True, check=True
    ).stdout.strip()
    shards = "".join(f"040000 tree {leaf}\t{number:02x}\n" for number in range(256))
    inner = subprocess.run(
        ["git", "mktree"], cwd=root, input=shards, capture_output=True, text=True, check=True
    ).stdout.strip()
    bomb = _nested(git, root, inner, 300, 2)
    listing = git(root, "ls-tree", bomb)
    tree = subprocess.run(
        ["git", "mktree"], cwd=root, input=f"100644 blob {blob}\tformat\n{listing}\n", capture_output=True, text=True,
        check=True,
    ).stdout.strip()  # fmt: skip
    commit = git(root, "commit-tree", tree, "-m", "bomb")
    for number in range(50 if shape == "many refs" else 1):
        git(root, "update-ref", f"refs/muse-remotes/evil/log/{number:020x}", commit)
    work = Counter()
    ask = ObjectReader._ask

    def counted(reader, name, answer):
        def sized(found, kind, size, sink):
            work["objects"] += 1
            work["bytes"] += size
            return answer(found, kind, size, sink)

        return ask(reader, name, sized)

    monkeypatch.setattr(ObjectReader, "_ask", counted)
    monkeypatch.chdir(root)
    for words in (["log"], ["show"], ["session", "list"], ["status"]):
        work.clear()
        assert main(words) == 0 and "Traceback" not in capfd.readouterr().err, words
        assert work["objects"] < 2_000 and work["bytes"] < 8 << 20, (words, work)
    told = muse(root, "verify", "--no-fsck")[0].stdout
    assert "left out as a whole" in told and told.count("evil") == (50 if shape == "many refs" else 1)
