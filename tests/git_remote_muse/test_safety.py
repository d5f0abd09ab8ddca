"""Real op logs between clones, servers that go back or are killed, copies of a clone: no op is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.core.op_log import OpLog
from muse.domain import InsertOp
from muse.store.log import checkpoints
from muse.store.repository import Repository

MANY_KILLS = int(os.environ.get("MUSE_SOAK_KILLS", "150"))  # of the steps of one command, evenly; more than it has: all

RunAny = Callable[..., subprocess.CompletedProcess[bytes]]
Ok = Callable[..., str]
Refs = Callable[..., dict[str, str]]


@pytest.fixture
def server(make_repo: Callable[..., Path], git: Ok) -> Path:
    source = make_repo("source", {"a.txt": "a\n" * 100})
    git(source.parent, "clone", "-q", "--bare", str(source), "server")
    return source.parent / "server"


@pytest.fixture
def clone(server: Path, tmp_path: Path, ok: Ok) -> Callable[[str], Path]:
    """`clone(name) -> Path`, through muse::."""

    def make(name: str) -> Path:
        ok(tmp_path, "clone", "-q", f"muse::{server}", name)
        return tmp_path / name

    return make


def record(where: Path, *names: str, session: str = "jam") -> set[str]:
    """Ops of a session, committed to the clone's own ref; their ids."""
    repo, log = Repository(where), OpLog(where, session)
    ops = [
        InsertOp(op="insert", address=name, position=None, content_id="", content_summary="", content={"n": name})
        for name in names
    ]
    made = log.record("ada", "files", ops)
    checkpoints.save(repo, log, log.checkpoint("x"))
    return {entry["op_id"] for entry in made}


def known(where: Path, session: str = "jam") -> set[str]:
    """Ids of all ops of the session that a clone finds, its own and those that came in; nothing is in quarantine."""
    log = OpLog(where, session)
    report = checkpoints.pull(Repository(where), log)
    assert not report.quarantined
    return {entry["op_id"] for entry in log.read_all()}


def test_a_server_restored_from_an_older_backup_gets_everything_again(
    server: Path, tmp_path: Path, clone: Callable[[str], Path], ok: Ok, commit: Ok
) -> None:
    one = clone("one")
    ops = record(one, "a")
    commit(one, {"b": "1"})
    ok(one, "push", "-q")
    shutil.copytree(server, tmp_path / "backup")
    ops |= record(one, "b")
    tip = commit(one, {"b": "2"})
    ok(one, "push", "-q")
    shutil.rmtree(server)
    shutil.move(tmp_path / "backup", server)
    assert known(clone("meanwhile")) < ops
    ok(one, "fetch", "-q")
    ok(one, "push", "-q")  # nothing new was recorded since
    two = clone("two")
    assert known(two) == ops
    assert ok(two, "rev-parse", "HEAD") == tip


@pytest.mark.parametrize("push", ["git push", "muse sync"])
def test_a_clone_copied_with_cp_and_pushed_from_both_loses_nothing(
    server: Path, tmp_path: Path, clone: Callable[[str], Path], ok: Ok, commit: Ok, refs: Refs, push: str
) -> None:
    one = clone("one")
    ops = record(one, "before")
    ok(one, "push", "-q", "origin", "HEAD:refs/heads/start")
    subprocess.run(["cp", "-r", one, tmp_path / "two"], check=True)
    for name in ("one", "two"):
        folder = tmp_path / name
        ops |= record(folder, f"{name} 1", f"{name} 2")
        commit(folder, {name: "x"})
        ok(folder, "checkout", "-q", "-b", name)
        ok(folder, "push", "-q", "-u", "origin", name)
        ops |= record(folder, f"{name} 3")
        if push == "git push":
            ok(folder, "push", "-q", "origin", f"HEAD:refs/heads/{name}-again")
        else:
            subprocess.run(["muse", "sync"], cwd=folder, check=True, capture_output=True)
    assert known(clone("three")) == ops and len(ops) == 7
    assert len([name for name in refs(server) if name.startswith("refs/muse/log/")]) == 2


def test_a_clone_restored_over_itself_goes_on_under_a_new_name(
    server: Path, tmp_path: Path, clone: Callable[[str], Path], ok: Ok, run_git: RunAny, refs: Refs
) -> None:
    """The same path and machine, an older state: only the server knows what was written meanwhile."""
    one = clone("one")
    ops = record(one, "kept")
    ok(one, "push", "-q", "origin", "HEAD:refs/heads/a")
    subprocess.run(["cp", "-a", one, tmp_path / "backup"], check=True)
    ops |= record(one, "lost here, not there")
    ok(one, "push", "-q", "origin", "HEAD:refs/heads/b")
    shutil.rmtree(one)
    shutil.move(tmp_path / "backup", one)
    before = {name: tip for name, tip in refs(server).items() if name.startswith("refs/muse/")}
    ops |= record(one, "after the restore")
    done = run_git(one, "push", "-q", "origin", "HEAD:refs/heads/c")
    assert (done.returncode, done.stderr) == (0, b"")  # by a plain push, in one go
    after = {name: tip for name, tip in refs(server).items() if name.startswith("refs/muse/log/")}
    assert before.items() <= after.items() and len(after) == 2
    assert known(clone("two")) == ops and known(one) == ops


def test_writers_taken_in_and_pruned_on_the_server_stay_there_and_come_back_when_they_write(
    server: Path, clone: Callable[[str], Path], ok: Ok, refs: Refs
) -> None:
    """What docs/hosting.md advises where many clones write: two refs are left for all that was written so far."""
    folders = [clone(f"w{number}") for number in range(4)]
    ops = set()
    for folder in folders:
        ops |= record(folder, folder.name)
        ok(folder, "push", "-q", "origin", f"HEAD:refs/heads/{folder.name}")
    first, second = folders[:2]
    for words in (["sync"], ["gc", "--retired-after=0"], ["sync"], ["gc", "--prune-absorbed", "--remote=origin"]):
        subprocess.run(["muse", *words], cwd=first, check=True, capture_output=True)
    assert len([name for name in refs(server) if name.startswith("refs/muse/")]) == 1
    assert known(clone("reader")) == ops
    ok(second, "fetch", "-q")
    ok(second, "push", "-q", "origin", "HEAD:refs/heads/again")
    assert len([name for name in refs(server) if name.startswith("refs/muse/")]) == 1  # it is there, not lost
    ops |= record(second, "once more")
    ok(second, "push", "-q", "origin", "HEAD:refs/heads/last")
    assert len([name for name in refs(server) if name.startswith("refs/muse/")]) == 2
    assert known(clone("another")) == ops == known(second)


def test_metadata_without_a_new_branch_comes_in_with_a_fetch(clone: Callable[[str], Path], ok: Ok) -> None:
    one, two = clone("one"), clone("two")
    ops = record(one, "a")
    subprocess.run(["muse", "sync"], cwd=one, check=True, capture_output=True)
    ok(two, "fetch", "-q")
    assert known(two) == ops


# What is in the refs -------------------------------------------------------------------------------------------------


def test_one_damaged_ref_among_many_is_left_out_and_named(
    server: Path, clone: Callable[[str], Path], git: Ok, refs: Refs, chain: Ok, run_git: RunAny
) -> None:
    one = clone("one")
    blob = git(server, "hash-object", "-w", "--stdin", input="x")
    raw = b"100644 ..\0" + bytes.fromhex(blob)
    made = subprocess.run(["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"], cwd=server, input=raw,
                          capture_output=True, check=True)  # fmt: skip
    tip = git(server, "commit-tree", "-m", "x", made.stdout.decode().strip())
    good = {f"refs/muse/log/w{number}": chain(server, str(number)) for number in range(9)}
    for name, what in {**good, "refs/muse/log/evil": tip}.items():
        git(server, "update-ref", name, what)
    done = run_git(one, "fetch", "-q")
    said = done.stderr.decode().splitlines()
    assert done.returncode == 0 and len(said) == 1
    assert "metadata of origin is left out, it is damaged (refs/muse/log/evil); the rest is here" in said[0]
    found = {name.rpartition("/")[2]: tip for name, tip in refs(one).items() if "muse-remotes" in name}
    assert found == {name.rpartition("/")[2]: tip for name, tip in good.items()}


def test_metadata_larger_than_the_limit_is_given_up_and_leaves_nothing(
    server: Path, clone: Callable[[str], Path], git: Ok, refs: Refs, chain: Ok, run_git: RunAny
) -> None:
    one = clone("one")
    git(one, "config", "muse.metadataLimit", "100k")
    rows = []
    for number in range(150):  # more than Git unpacks into files of their own
        blob = git(server, "hash-object", "-w", "--stdin", input=os.urandom(1000).hex())
        rows.append(f"100644 blob {blob}\t{number}")
    git(
        server,
        "update-ref",
        "refs/muse/log/big",
        git(server, "commit-tree", "-m", "x", git(server, "mktree", input="\n".join(sorted(rows)) + "\n")),
    )
    git(server, "update-ref", "refs/muse/log/good", chain(server, "good"))
    done = run_git(one, "fetch", "-q")
    said = done.stderr.decode().splitlines()
    assert done.returncode == 0
    assert [line for line in said if "refs/muse/log/big" in line and "larger than 0 MiB" in line], said
    assert [name for name in refs(one) if "muse-remotes" in name] == ["refs/muse-remotes/origin/log/good"]
    assert not list((one / ".git" / "objects" / "pack").glob("tmp_*"))
    git(one, "config", "muse.metadataLimit", "10m")
    assert run_git(one, "fetch", "-q").returncode == 0
    assert "refs/muse-remotes/origin/log/big" in refs(one)


def outside(folder: Path) -> list[Path]:
    """Every path that is in no repository's own folder."""
    return [path for path in folder.rglob("*") if ".git" not in path.parts and folder / "server" not in path.parents]


HUGE = b'{"a":' + b"[" * 200_000
EVIL = {  # path in the log tree -> bytes
    "%2E%2E%2F%2E%2E%2Fowned/name": b"../../owned",
    "%2E%2E%2F%2E%2E%2Fowned/checkpoint.json": HUGE,
    "%2E%2E%2F%2E%2E%2Fowned/" + "f" * 32 + "/aa/0000000001-0000000002.jsonl": b'{"op_id":1}\n[]\nnull\n"x"\n' + HUGE,
    "jam/name": b"\xff\xfe/../../../owned",
    "jam/checkpoint.json": b'{"session_id":"jam","snapshot_id":[],"lamport_ts":"x","op_count":-1,"created_at":{}}',
    "jam/..%2F..%2Fowned/aa/0000000001-0000000001.jsonl": b"{}\n",
    "content/aa/" + "a" * 64: b"not what the name says",
}


def test_hostile_contents_are_left_out_by_everything_that_reads_them(
    server: Path, tmp_path: Path, clone: Callable[[str], Path], git: Ok, ok: Ok
) -> None:
    one = clone("one")
    ops = record(one, "good")
    ok(one, "push", "-q", "origin", "HEAD:refs/heads/x")
    index = {"GIT_INDEX_FILE": str(tmp_path / "evil-index")}
    real = OpLog(one, "jam").raw_lines()[0]
    sharing = {"jam/" + "e" * 32 + "/aa/0000000001-0000000001.jsonl": real.replace(b"good", b"evil") + b"\n"}
    for path, data in {**EVIL, **sharing, "format": b"muse 1\n"}.items():
        blob = git(server, "hash-object", "-w", "--stdin", input=data)
        git(server, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
    tree = git(server, "write-tree", env=index)
    git(server, "update-ref", "refs/muse/log/" + "e" * 20, git(server, "commit-tree", tree, "-m", "x"))
    two = clone("two")
    before = set(outside(tmp_path))
    assert "e" * 20 in git(two, "for-each-ref", "refs/muse-remotes")
    for words in (["session", "list"], ["session", "show", "jam"], ["session", "show", "../../owned"], ["doctor"],
                  ["verify", "--deep"], ["log"], ["status"], ["gc"], ["sync"]):  # fmt: skip
        done = subprocess.run(["muse", *words], cwd=two, capture_output=True, timeout=60)
        assert b"Traceback" not in done.stderr and done.returncode in (0, 1, 128, 129), (words, done.stderr)
    log = OpLog(two, "jam")
    checkpoints.pull(Repository(two), log)
    assert {entry["op_id"] for entry in log.read_all()} == ops  # the true one once, the false one never
    assert set(outside(tmp_path)) - before <= {two / ".muse", *(two / ".muse").rglob("*")}
    assert not list(tmp_path.rglob("owned*"))


# Servers and disks that fail -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", ["pre-receive", "update", "reference-transaction"])
def test_a_server_killed_in_a_push_leaves_whole_refs_and_the_next_push_mends(
    server: Path, clone: Callable[[str], Path], ok: Ok, git: Ok, commit: Ok, refs: Refs, run_git: RunAny, hook: str
) -> None:
    one = clone("one")
    ops = record(one, "a")
    tip = commit(one, {"b.txt": "b"})
    before = refs(server)
    script = server / "hooks" / hook
    script.write_text("#!/bin/sh\nkill -9 $PPID\n")
    script.chmod(0o755)
    done = run_git(one, "push", "origin", "HEAD:main", "HEAD:refs/heads/new")
    assert done.returncode != 0 and b"Traceback" not in done.stderr
    assert refs(server) == before and git(server, "fsck", "--strict", "--no-dangling") == ""
    assert git(one, "rev-parse", "origin/main") == before["refs/heads/main"]
    script.unlink()
    for lock in server.rglob("*.lock"):  # as whoever runs a killed server does
        lock.unlink()
    ok(one, "push", "-q", "origin", "HEAD:main")
    assert refs(server)["refs/heads/main"] == tip
    assert known(clone("two")) == ops


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_two_clones_that_sync_at_once_exchange_everything(clone: Callable[[str], Path], commit: Ok, git: Ok) -> None:
    folders = [clone(name) for name in ("one", "two")]
    ops = set()
    for folder in folders:
        ops |= record(folder, *(f"{folder.name} {number}" for number in range(20)))
        commit(folder, {f"{folder.name}.txt": folder.name})
        git(folder, "config", "muse.joinOnPush", "true")
    running = [subprocess.Popen(["muse", "sync"], cwd=folder, stderr=subprocess.PIPE) for folder in folders * 2]
    said = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    for folder in folders:
        subprocess.run(["muse", "sync"], cwd=folder, check=True, capture_output=True)
        assert known(folder) == ops
        assert git(folder, "status", "--porcelain") == ""
    subprocess.run(["muse", "sync"], cwd=folders[0], check=True, capture_output=True)
    assert len({git(folder, "rev-parse", "HEAD") for folder in folders}) == 1
    assert {"one.txt", "two.txt"} <= set(git(folders[0], "ls-files").splitlines())


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of 2 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    return small


def test_a_full_disk_of_the_client_is_said_and_leaves_whole_refs(
    server: Path, small_disk: Path, ok: Ok, git: Ok, refs: Refs, run_git: RunAny
) -> None:
    def grow(name: str, size: int) -> None:
        blob = git(server, "hash-object", "-w", "--stdin", input=os.urandom(size).hex())
        tree = git(server, "mktree", input=f"100644 blob {blob}\tformat\n")
        git(server, "update-ref", name, git(server, "commit-tree", tree, "-m", "x"))

    try:
        ok(small_disk, "clone", "-q", f"muse::{server}", "one")
        one = small_disk / "one"
        before = refs(one)
        grow("refs/muse/log/big", 2_500_000)
        git(server, "update-ref", "refs/heads/small", "main")
        done = run_git(one, "fetch", "-q")  # the branch fits, the metadata does not
        said = done.stderr.decode().splitlines()
        assert done.returncode == 0 and len(said) == 1 and "no space is left" in said[0], said
        assert {name for name in refs(one) if name not in before} == {"refs/remotes/origin/small"}
        grow("refs/heads/big", 2_500_000)
        before = refs(one)
        done = run_git(one, "fetch")
        assert done.returncode != 0 and b"No space left" in done.stderr and b"Traceback" not in done.stderr
        assert refs(one) == before and git(one, "fsck", "--strict", "--no-dangling") == ""
        shutil.rmtree(one)
        done = run_git(small_disk, "clone", f"muse::{server}", "two")
        assert done.returncode == 128 and b"No space left" in done.stderr and not (small_disk / "two").exists()
    finally:
        subprocess.run(["umount", "-l", str(small_disk)], check=True)


# The helper killed at every step -------------------------------------------------------------------------------------

KILLED = """\
import os, sys
steps = 0
def counted(name):
    real = getattr(os, name)
    def call(*args, **more):
        global steps
        steps += 1
        if steps == int(os.environ["MUSE_KILL_AT"]):
            os.kill(os.getpid(), 9)
        return real(*args, **more)
    setattr(os, name, call)
for name in ("read", "write", "posix_spawnp", "waitpid", "fork", "close", "dup2", "pipe"):
    counted(name)
from git_remote_muse.__main__ import main
code = main()
open(os.environ["MUSE_STEPS"], "w").write(str(steps))
sys.exit(code)
"""


def mortal(folder: Path, programs: Path) -> dict[str, str]:
    """An environment with a helper that kills itself at the step `MUSE_KILL_AT` names (a call into the system)."""
    (folder / "bin").mkdir()
    (folder / "killed.py").write_text(KILLED)
    script = folder / "bin" / "git-remote-muse"
    line = (programs / "git-remote-muse").read_text().splitlines()[1]
    script.write_text(f"#!/bin/sh\n{line.replace('-m git_remote_muse', str(folder / 'killed.py'))}\n")
    script.chmod(0o755)
    return {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "MUSE_STEPS": str(folder / "steps")}


@pytest.mark.parametrize("kills", [4, pytest.param(MANY_KILLS, marks=pytest.mark.soak)], ids=["some", "many"])
@pytest.mark.parametrize(
    "what", ["clone", "fetch", "push",
             pytest.param("joined push", marks=pytest.mark.needs_git(2, 38, "git merge-tree --write-tree"))]
)  # fmt: skip
def test_a_helper_killed_at_any_step_leaves_whole_refs_and_the_next_run_mends(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, commit: Ok, refs: Refs, run_git: RunAny, chain: Ok,
    programs: Path, muse_on_path: Path, what: str, kills: int,
) -> None:  # fmt: skip
    env = mortal(tmp_path, programs)
    copy, kept = tmp_path / "copy", tmp_path / "kept"
    git(server, "update-ref", "refs/muse/log/w", chain(server, "there"))
    ok(tmp_path, "clone", "-q", f"muse::{server}", "start")
    if what in ("fetch", "joined push"):
        git(server, "update-ref", "refs/heads/main", git(server, "commit-tree", "-p", "main", "main^{tree}", "-m", "x"))
        git(server, "update-ref", "refs/muse/log/w2", chain(server, "more"))
    if "push" in what:
        git(tmp_path / "start", "update-ref", "refs/muse/log/mine", chain(tmp_path / "start", "mine"))
        commit(tmp_path / "start", {"new.txt": "x"})
        git(tmp_path / "start", "config", "muse.joinOnPush", str(what == "joined push").lower())
    subprocess.run(["cp", "-a", server, kept], check=True)
    words = {"clone": ["clone", f"muse::{server}", "copy"], "fetch": ["fetch"]}.get(what, ["push", "origin", "main"])
    failed, steps, at, tried = 0, 1, 0, 0  # first it lives, and says how many steps there are
    while at < steps:
        for folder in (copy, server):
            shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["cp", "-a", kept, server], check=True)
        if what != "clone":
            subprocess.run(["cp", "-a", tmp_path / "start", copy], check=True)
        old = refs(server)["refs/heads/main"]
        done = run_git(copy if copy.exists() else tmp_path, *words, env={**env, "MUSE_KILL_AT": str(at)})
        if at == 0:
            assert done.returncode == 0, done.stderr
            steps = int(Path(env["MUSE_STEPS"]).read_text())
        at += max(1, steps // kills)
        failed, tried = failed + (done.returncode != 0), tried + 1
        main = refs(server)["refs/heads/main"]
        assert b"Traceback" not in done.stderr
        if copy.exists():
            tracked = refs(copy)["refs/remotes/origin/main"]
            assert done.returncode != 0 or tracked == main, (at, done.stderr)
            assert git(copy, "fsck", "--strict", "--no-dangling") == "" and not list(copy.rglob("*.lock"))
        else:
            assert what == "clone" and done.returncode != 0, (at, done.stderr)
        if "push" in what:
            assert done.returncode != 0 or main != old, (at, done.stderr)
        assert git(server, "fsck", "--strict", "--no-dangling") == "" and not list(server.rglob("*.lock"))
        # What was cut short is made good by doing it again, the metadata after a push by the next push.
        if not copy.exists():
            ok(tmp_path, *words)
        ok(copy, *(["push", "-q", "origin", "main", "HEAD:refs/heads/more"] if "push" in what else ["fetch", "-q"]))
        ok(copy, "fetch", "-q")
        names = {name.replace("-remotes/origin", "") for name in refs(copy) if name.startswith("refs/muse")}
        assert names == {name for name in refs(server) if name.startswith("refs/muse/")}
        assert ("refs/muse/log/mine" in names) == ("push" in what)
    assert failed >= 3
    print(f"\n{what}: {tried - 1} deaths at {steps} steps, every one mended by the next run")


# Packs that are not what they say ------------------------------------------------------------------------------------

LIAR = """\
import os, subprocess, sys
calls, first, how, at = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
with open(calls, "a") as file:
    file.write("x")
child = subprocess.Popen(["git-upload-pack", sys.argv[5]], stdout=subprocess.PIPE)
while data := os.read(child.stdout.fileno(), 1 << 20):
    pack = data.find(b"PACK\\0\\0\\0\\2")
    if pack >= 0 and os.path.getsize(calls) >= first:
        data += child.stdout.read()
        if how == "count":
            data = data[:pack + 8] + at.to_bytes(4, "big") + data[pack + 12:]
        elif how == "cut":
            data = data[:pack + at]
        elif how == "flip":
            data = data[:pack + at] + bytes([data[pack + at] ^ 0x55]) + data[pack + at + 1:]
        elif how == "size":  # of the first object, seven bits more of it in every byte
            data = data[:pack + 12] + bytes([data[pack + 12] | 0xF0]) + b"\\xff" * at + b"\\x7f" + data[pack + 14 + at:]
    os.write(1, data)
"""


@pytest.mark.parametrize(
    "lie", ["count 4294967295", "count 0", "cut 6", "cut 40", "cut 120", "flip 13", "flip 100", "size 5", "size 12"]
)
def test_a_pack_that_lies_or_ends_too_soon_brings_nothing(
    server: Path, tmp_path: Path, clone: Callable[[str], Path], refs: Refs, git: Ok, run_git: RunAny, chain: Ok,
    lie: str,
) -> None:  # fmt: skip
    """With version 0, where the whole answer is one stream: as the answer about branches, and about metadata."""
    one = clone("one")
    ssh, calls = tmp_path / "ssh", tmp_path / "calls"
    (tmp_path / "liar.py").write_text(LIAR)
    env = {"GIT_SSH_COMMAND": str(ssh), "GIT_SSH_VARIANT": "simple"}
    git(one, "config", "protocol.version", "0")
    git(one, "remote", "set-url", "origin", "muse::host:server")
    git(server, "update-ref", "refs/muse/log/w", chain(server, "x" * 200))
    moved = ("refs/remotes/origin/main", "refs/remotes/origin/HEAD")
    for first in (1, 3):  # the first connection brings branches, the second lists, the third brings metadata
        calls.write_text("")
        ssh.write_text(f'#!/bin/sh\nexec "{sys.executable}" {tmp_path}/liar.py {calls} {first} {lie} {server}\n')
        ssh.chmod(0o755)
        new = git(server, "commit-tree", "-p", "main", "main^{tree}", "-m", os.urandom(100).hex())
        git(server, "update-ref", "refs/heads/main", new)
        before = refs(one)
        done = run_git(one, "fetch", "-q", env=env)
        assert b"Traceback" not in done.stderr and git(one, "fsck", "--strict", "--no-dangling") == ""
        if first == 1:
            assert done.returncode != 0 and refs(one) == before
        else:
            assert done.returncode == 0 and refs(one) == {**before, **dict.fromkeys(moved, new)}
            assert [line for line in done.stderr.decode().splitlines() if line.startswith("muse: ")] == [
                "muse: metadata of origin is left out, it is damaged (refs/muse/log/w); the rest is here"
            ]
