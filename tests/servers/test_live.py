"""Joined sessions over real NATS servers on loopback, as users run them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.conftest import free_port, need
from tests.servers.joined import (
    MUSE,
    Nats,
    append,
    config,
    fails,
    lines,
    muse,
    nkey,
    refused,
    text,
    until,
    until_status,
)

pytestmark = pytest.mark.servers


def test_two_clones_see_each_other_at_once(pair: tuple[Path, Path], tmp_path: Path) -> None:
    nats = Nats(tmp_path / "nats")
    with nats.up():
        muse(pair[0], "session", "start", "jam")
        for root in pair:
            assert f"is joined over {nats.address}" in muse(root, "session", "join", "--detach", "jam", nats.address)
        append(pair[0], text("a.txt"))
        until(lambda: len(lines(pair[1])) == 1, "alice's op in bob's log")
        append(pair[1], text("b.txt"), text("c.txt"))
        until(lambda: len(lines(pair[0])) == 3, "bob's ops in alice's log")
        assert lines(pair[0]) == lines(pair[1])
        until(lambda: "is here" in muse(pair[0], "session", "status", "jam"), "bob's word")
        # The process writes its marks and what it knows a moment after it sent and took.
        live = until_status(pair[0], lambda live: not live["unsent"] and not live["behind"])
        assert (live["connected"], len(live["peers"])) == (True, 1)
        muse(pair[1], "claim", "code.py::first", "--as", "bob-agent", "--for", "faster")
        until(lambda: "code.py::first" in muse(pair[0], "claims"), "bob's claim")
        (claim,) = json.loads(muse(pair[0], "claims", "--json"))["elsewhere"]
        assert (claim["by"], claim["session"], claim["purpose"]) == ("bob-agent", "jam", "faster")
        again = subprocess.run(
            [*MUSE, "session", "join", "jam"], cwd=pair[0], capture_output=True, text=True, timeout=60
        )
        assert again.returncode and "is joined already" in again.stderr
        for root in pair:
            assert muse(root, "session", "leave", "jam") == "left session jam\n"
        assert "joined" not in muse(pair[0], "session", "status", "jam")


def test_a_server_that_is_killed_loses_nothing(pair: tuple[Path, Path], tmp_path: Path) -> None:
    nats = Nats(tmp_path / "nats")
    for turn in range(3):
        with nats.up():
            if not turn:
                for root in pair:
                    muse(root, "session", "join", "--detach", "jam", nats.address)
            append(pair[0], *(text(f"a{turn}-{number}.txt") for number in range(20)))
            append(pair[1], *(text(f"b{turn}-{number}.txt") for number in range(20)))
            until(
                lambda turn=turn: len(lines(pair[0])) == 60 * turn + 40 and lines(pair[0]) == lines(pair[1]),
                "all of it",
            )  # type: ignore[misc]
            os.kill(int(nats.pid.read_text()), signal.SIGKILL)
        append(pair[0], *(text(f"off{turn}-{number}.txt") for number in range(20)))


# How servers are set up -------------------------------------------------------------------------------------------


def test_nkeys_let_each_clone_write_on_its_own_subject_only(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Bob's key may write on Bob's subject: with Alice's writer id in his clone he gets nothing out."""
    writers = [json.loads(muse(root, "session", "start", "--json", "jam"))["writer"] for root in pair]
    keys = [nkey(tmp_path, root.name) for root in pair]
    api = '"$JS.API.STREAM.INFO.>", "$JS.API.STREAM.CREATE.>", "$JS.API.CONSUMER.CREATE.>", "$JS.API.STREAM.MSG.GET.>"'
    users = ", ".join(
        f'{{nkey: {public}, permissions: {{publish: ["muse.*.*.{who}", "muse.*.*.{who}.>", {api}, "$JS.FC.>"], '
        f'subscribe: ["_INBOX.>", "muse.*.*.*.here"]}}}}'
        for (_, public), who in zip(keys, [writers[0], "somebodyelse"])
    )
    nats = Nats(tmp_path / "nats", *config(tmp_path / "nats", f"authorization {{ users: [{users}] }}"))
    with nats.up():
        assert "does not let us in" in refused(pair[0], "session", "join", "jam", nats.address)
        for root, (file, _) in zip(pair, keys):
            muse(root, "session", "join", "--detach", f"--nkey={file}", "jam", nats.address)
        append(pair[0], text("a.txt"))
        append(pair[1], text("b.txt"))
        until(lambda: len(lines(pair[1])) == 2, "alice's op in bob's log")
        said = until_status(pair[1], lambda live: "ermission" in live["problem"])
        assert said["unsent"] == 1 and len(lines(pair[0])) == 1


def test_over_tls_with_a_token(pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "nats"
    folder.mkdir()
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        [need("openssl"), *words, "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True,
        capture_output=True,
    )
    tls = f'tls {{ cert_file: "{folder}/cert.pem", key_file: "{folder}/key.pem" }}'
    nats = Nats(folder, *config(folder, f'{tls}\nauthorization {{ token: "s3cret" }}'))
    address = f"tls://localhost:{nats.port}"
    with nats.up():
        assert "ertificate" in refused(pair[0], "session", "join", "jam", address)
        assert "uthoriz" in refused(pair[0], "session", "join", f"--ca={folder}/cert.pem", "jam", address)
        monkeypatch.setenv("NATS_TOKEN", "s3cret")
        for root in pair:
            muse(root, "session", "join", "--detach", f"--ca={folder}/cert.pem", "jam", address)
        append(pair[0], text("a.txt"))
        until(lambda: lines(pair[0]) == lines(pair[1]), "alice's op in bob's log")
        assert "s3cret" not in (pair[0] / ".git" / "config").read_text()


def test_a_cluster_goes_on_without_one_of_three(pair: tuple[Path, Path], tmp_path: Path) -> None:
    names = ["n1", "n2", "n3"]
    routes = {name: free_port() for name in names}
    told = ", ".join(f"nats://127.0.0.1:{port}" for port in routes.values())
    three = [
        Nats(
            tmp_path / name,
            *config(
                tmp_path / name,
                f'server_name: {name}\ncluster {{ name: c, listen: "127.0.0.1:{routes[name]}", routes: [{told}] }}',
            ),
        )
        for name in names
    ]
    addresses = ",".join(nats.address for nats in three)
    with ExitStack() as up:
        for nats in three:
            up.enter_context(nats.up())
        until(lambda: not fails(pair[0], "session", "join", "--detach", "jam", addresses), "a leader")
        muse(pair[1], "session", "join", "--detach", "jam", addresses)
        append(pair[0], text("a.txt"))
        until(lambda: lines(pair[0]) == lines(pair[1]) != [], "alice's op in bob's log")
        os.kill(int(three[0].pid.read_text()), signal.SIGKILL)
        append(pair[0], text("b.txt"))
        append(pair[1], text("c.txt"))
        with three[0].up():  # wherever the stream was kept, it is there again
            until(lambda: lines(pair[0]) == lines(pair[1]) and len(lines(pair[0])) == 3, "all of it")


def test_a_leaf_node_passes_it_on(pair: tuple[Path, Path], tmp_path: Path) -> None:
    port = free_port()
    hub = Nats(
        tmp_path / "hub",
        *config(tmp_path / "hub", f'jetstream {{ domain: hub }}\nleafnodes {{ listen: "127.0.0.1:{port}" }}'),
    )
    leaf = Nats(
        tmp_path / "leaf",
        *config(tmp_path / "leaf", f'leafnodes {{ remotes: [{{ url: "nats://127.0.0.1:{port}" }}] }}'),
    )
    leaf.command = [word for word in leaf.command if word != "-js"]
    with hub.up(), leaf.up():
        muse(pair[0], "session", "join", "--detach", "jam", hub.address)
        until(lambda: not fails(pair[1], "session", "join", "--detach", "--domain=hub", "jam", leaf.address), "linked")
        append(pair[0], text("a.txt"))
        append(pair[1], text("b.txt"))
        until(lambda: lines(pair[0]) == lines(pair[1]) and len(lines(pair[0])) == 2, "all of it")


def test_serve_live_is_a_server_to_try_it_out(pair: tuple[Path, Path], tmp_path: Path) -> None:
    need("nats-server")
    port = str(free_port())
    serving = subprocess.Popen([*MUSE, "serve", "--live", "--port", port], stderr=subprocess.PIPE, text=True)
    try:
        assert serving.stderr is not None
        assert serving.stderr.readline() == f"muse: muse session join NAME nats://127.0.0.1:{port}  (Ctrl-C ends it)\n"
        assert "is the port taken?" in refused(pair[0], "serve", "--live", "--port", port)
        assert "does not listen on 0.0.0.0" in refused(pair[0], "serve", "--live", "--host", "0.0.0.0")
        for root in pair:
            muse(root, "session", "join", "--detach", "jam", f"127.0.0.1:{port}")
        append(pair[0], text("a.txt"))
        until(lambda: lines(pair[0]) == lines(pair[1]), "alice's op in bob's log")
        (child,) = subprocess.check_output(["pgrep", "-P", str(serving.pid)], text=True).split()
        os.kill(int(child), signal.SIGKILL)
        _, said = serving.communicate(timeout=20)
        assert serving.returncode == 128 and said.startswith("muse: nats-server ended by signal 9\n"), said
        until(lambda: "trying to reach" in muse(pair[0], "session", "status", "jam"), "that it is gone")
        assert "is here" not in muse(pair[0], "session", "status", "jam"), "nobody knows that now"
        again = subprocess.Popen([*MUSE, "serve", "--live", "--port", port], stderr=subprocess.PIPE, text=True)
        assert again.stderr is not None and "muse session join NAME" in again.stderr.readline()
        again.terminate()
        again.communicate(timeout=20)
        assert again.returncode == 0
    finally:
        serving.kill()
