"""Hostile peers, killed processes, what Git's policies forbid: one clear line, a non-zero exit, nothing half-done."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from git_remote_muse.config import Config
from git_remote_muse.protocol import Watch
from git_remote_muse.quoting import unquote
from git_remote_muse.refs import list_refs
from git_remote_muse.url import parse
from muse.core.errors import MuseError

RunAny = Callable[..., subprocess.CompletedProcess[bytes]]
Ok = Callable[..., str]
Refs = Callable[..., dict[str, str]]


@pytest.fixture
def server(make_repo: Callable[..., Path], git: Ok) -> Path:
    source = make_repo("source", {"a.txt": "a\n" * 1000})
    git(source.parent, "clone", "-q", "--bare", str(source), "server")
    return source.parent / "server"


def program(folder: Path, text: str) -> Path:
    """An executable shell script."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def clean(done: subprocess.CompletedProcess[bytes]) -> str:
    """What was said, which must not be a traceback."""
    assert b"Traceback" not in done.stderr
    assert done.returncode not in (0, -signal.SIGSEGV)
    return done.stderr.decode("utf-8", "replace")


# Addresses and policies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["muse::ext::sh -c touch% owned", "muse::muse::x", "muse::--upload-pack=touch owned",
                "muse::-oProxyCommand=touch owned:x", "muse::ssh://-oProxyCommand=touch%20owned/x", "muse::fd::7"]
)  # fmt: skip
def test_an_address_that_is_an_attack_runs_nothing(tmp_path: Path, run_git: RunAny, address: str) -> None:
    said = clean(run_git(tmp_path, "ls-remote", "--", address))
    assert sum(line.startswith("muse: ") for line in said.splitlines()) == 1
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("settings", "env"),
    [
        (["protocol.file.allow=never"], {}),
        (["protocol.muse.allow=always", "protocol.file.allow=user"], {"GIT_PROTOCOL_FROM_USER": "0"}),
        ([], {"GIT_ALLOW_PROTOCOL": "muse:https"}),
    ],
)
def test_what_git_forbids_is_forbidden_inside_muse(
    server: Path, tmp_path: Path, run_git: RunAny, settings: list[str], env: dict[str, str]
) -> None:
    words = [word for setting in settings for word in ("-c", setting)]
    assert "transport 'file' not allowed" in clean(run_git(tmp_path, *words, "ls-remote", f"muse::{server}", env=env))


def test_a_password_in_an_address_stays_out_of_messages(tmp_path: Path, run_git: RunAny) -> None:
    assert "s3cret" not in clean(run_git(tmp_path, "ls-remote", "muse::https://ada:s3cret@127.0.0.1:1/x"))
    assert "s3cret" not in clean(run_git(tmp_path, "ls-remote", "muse::https://ada:s3cret@-host/x"))


def test_nothing_of_a_clone_runs_and_nothing_of_it_is_configured(
    make_repo: Callable[..., Path], tmp_path: Path, ok: Ok, git: Ok
) -> None:
    mark = tmp_path / "owned"
    attack = f'touch "{mark}"'
    source = make_repo(
        "evil",
        {
            ".gitattributes": f"* merge=evil diff=evil filter=evil\n[attr]x merge={attack}\n*.y merge=';{attack}'\n",
            ".gitconfig": f"[core]\n\tfsmonitor = {attack}\n[filter \"evil\"]\n\tsmudge = {attack}\n",
            ".museattributes": f"[meta]\ndomain = '{attack}'\n",
            "hooks/post-checkout": f"#!/bin/sh\n{attack}\n",
            "a.txt": "a",
        },
    )  # fmt: skip
    ok(tmp_path, "clone", f"muse::{source}", "copy")
    assert not mark.exists()
    config = (tmp_path / "copy" / ".git" / "config").read_text()
    assert "evil" not in config.replace(str(source), "") and "touch" not in config


# Peers that lie ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "exit 3",
        "echo no such service >&2; exit 1",
        "printf 'HTTP/1.0 200 OK\\n\\n'",
        "printf '000eversion 2\\n0000'; sleep 0.1",
        "printf 'ffff'; exit 0",
        "printf '0034ERR \\033[31mgo away\\033[0m .........................'",
        'git-upload-pack "$@" </dev/null | head -c 100',
        "kill -9 $$",
    ],
)
def test_a_server_program_that_dies_or_lies(server: Path, tmp_path: Path, run_git: RunAny, text: str) -> None:
    script = program(tmp_path, text)
    done = run_git(tmp_path, "clone", f"--upload-pack={script}", f"muse::{server}", "copy")
    clean(done)
    assert not (tmp_path / "copy").exists()


def test_a_server_that_dies_in_a_push_leaves_no_ref(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, commit: Ok, refs: Refs, run_git: RunAny
) -> None:
    ok(tmp_path, "clone", "-q", f"muse::{server}", "one")
    one = tmp_path / "one"
    commit(one, {"big.bin": os.urandom(500_000)})
    before = refs(server)
    script = program(tmp_path, 'head -c 50000 | git-receive-pack "$@"')
    clean(run_git(one, "push", f"--receive-pack={script}", "origin", "HEAD:main", "HEAD:refs/heads/new"))
    assert refs(server) == before
    assert git(one, "rev-parse", "origin/main") == before["refs/heads/main"]


def answer(folder: Path, text: str) -> dict[str, str]:
    """An environment in which every ssh connection gets this script's output."""
    return {"GIT_SSH_COMMAND": str(program(folder, text)), "GIT_SSH_VARIANT": "simple"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("exit 0", "hung up"),
        ("printf '000'", "hung up"),
        ("printf 'garbage and more garbage'", "does not speak Git's protocol"),
        ("printf '000eERR \\033]0;x\\007'; sleep 1", "the other side says: "),
        (
            "printf '000eversion 2\\n0000'; yes '003d1111111111111111111111111111111111111111 refs/muse/log/w'",
            "lists more",
        ),
        (
            "printf '000eversion 2\\n0000'; i=0; while [ $i -lt 20100 ]; do i=$((i+1)); "
            "printf '0042%040d refs/muse/log/w%05d\\n' 1 $i; done; sleep 5",
            "more than 20000 metadata refs",
        ),
    ],
)
def test_a_listing_that_lies_or_never_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git_env: dict[str, str], text: str, says: str
) -> None:
    for key, value in answer(tmp_path, text).items():
        monkeypatch.setenv(key, value)
    with pytest.raises(MuseError) as caught:
        list_refs(parse("host:x"), "origin", Config(b""), ("refs/muse/",))
    assert says in str(caught.value) and str(caught.value).isprintable()


# Processes that go away ----------------------------------------------------------------------------------------------


def start_slow_clone(server: Path, tmp_path: Path) -> subprocess.Popen[bytes]:
    """A clone whose server says nothing after the listing, in a process group of its own."""
    script = program(tmp_path, 'git-upload-pack --advertise-refs "$@"; echo $$ >>"$0.pid"; cat >/dev/null')
    process = subprocess.Popen(
        ["git", "-c", "protocol.version=0", "clone", f"--upload-pack={script}", f"muse::{server}", "copy"],
        cwd=tmp_path, env=dict(os.environ), stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    pid = Path(f"{script}.pid")
    for _ in range(400):
        if pid.exists() and pid.read_text().endswith("\n"):
            break
        time.sleep(0.02)
    time.sleep(0.3)
    return process


def alive(group: int) -> list[list[str]]:
    """Processes of a group that still run: [pid, group, state, command line]."""
    listed = subprocess.run(["ps", "-eo", "pid,pgid,stat,args"], capture_output=True, text=True).stdout.splitlines()
    rows = [row.split(None, 3) for row in listed]
    return [row for row in rows if row[1] == str(group) and not row[2].startswith("Z")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_everything_without_a_traceback(
    server: Path, tmp_path: Path, muse_on_path: Path, number: signal.Signals
) -> None:
    process = start_slow_clone(server, tmp_path)
    os.killpg(process.pid, number)
    said = process.communicate(timeout=20)[1]
    assert process.returncode != 0 and b"Traceback" not in said
    assert not (tmp_path / "copy").exists()
    for _ in range(100):
        if not alive(process.pid):
            break
        time.sleep(0.05)
    assert alive(process.pid) == []


def test_a_killed_helper_fails_the_command_and_leaves_no_refs(server: Path, tmp_path: Path, muse_on_path: Path) -> None:
    process = start_slow_clone(server, tmp_path)
    helpers = [int(row[0]) for row in alive(process.pid) if "-m git_remote_muse" in row[3]]
    assert helpers
    for pid in helpers:
        os.kill(pid, signal.SIGKILL)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == 128 and b"Traceback" not in said
    assert not (tmp_path / "copy").exists()


def test_a_full_disk_while_metadata_comes_in_is_one_line(
    server: Path, tmp_path: Path, git: Ok, refs: Refs, ok: Ok, muse_on_path: Path
) -> None:
    ok(tmp_path, "clone", "-q", f"muse::{server}", "one")
    blob = git(server, "hash-object", "-w", "--stdin", input=os.urandom(300_000).hex())
    tree = git(server, "mktree", input=f"100644 blob {blob}\tformat\n")
    git(server, "update-ref", "refs/muse/log/w", git(server, "commit-tree", tree, "-m", "x"))
    git(server, "update-ref", "refs/heads/new", git(server, "commit-tree", "main^{tree}", "-m", "x"))
    done = subprocess.run(
        ["sh", "-c", "ulimit -f 100; exec git fetch -q"], cwd=tmp_path / "one", capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stderr.decode().splitlines() if line.startswith("muse: ")]
    assert len(said) == 1
    assert "refs/remotes/origin/new" in refs(tmp_path / "one")
    assert not [name for name in refs(tmp_path / "one") if "muse" in name]


# The packet lines ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize(
    ("data", "receive", "fetched", "pushed"),
    [
        (b"0014command=ls-refs\n0000", False, False, False),
        (b"0014command=ls-refs\n00000011command=fetch0001", False, True, False),
        (b"0032want 1111111111111111111111111111111111111111\n", False, True, False),
        (b"0000", True, False, False),
        (b"0035shallow 1111111111111111111111111111111111111111\n0000", True, False, False),
        (b"0009a b c", True, False, True),
        (b"capabilities\noption progress true\nlist\nfetch 1 refs/heads/a\n\n", False, True, False),
        (b"option dry-run true\npush a:b\n\n", False, False, False),
        (b"stateless-connect git-upload-pack\nlist for-push\npush a:b\n\n", False, False, True),
        (b"\n\n\n", False, False, False),
    ],
)
def test_what_a_conversation_was_about(data: bytes, receive: bool, fetched: bool, pushed: bool, step: int) -> None:
    watch = Watch(receive)
    for at in range(0, len(data), step):
        watch.feed(data[at : at + step])
    assert (watch.fetched, watch.pushed) == (fetched, pushed)


def test_values_of_options_as_git_quotes_them() -> None:
    assert unquote("plain") == "plain" and unquote('"') == '"' and unquote("") == ""
    assert unquote(r'"a \"b\" \\ \t\303\251"') == 'a "b" \\ \t\u00e9'
