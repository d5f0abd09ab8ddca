"""Who is let in, with the real nats-server: credentials of its operator mode, client certificates; two machines."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import isolated_env
from tests.servers.conftest import need, running
from tests.servers.joined import MUSE, Nats, append, config, lines, muse, refused, text, until

pytestmark = pytest.mark.servers


# Credentials ---------------------------------------------------------------------------------------------------------


def pieces(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A key pair of NATS: an operator's, an account's, a user's."""

    def __init__(self, kind: str) -> None:
        import nkeys

        self.seed = nkeys.encode_seed(os.urandom(32), getattr(nkeys, f"PREFIX_BYTE_{kind}"))
        self.pair: Any = nkeys.from_seed(bytearray(self.seed))
        self.public: str = self.pair.public_key.decode()

    def signs(self, subject: str, name: str, nats: dict[str, Any]) -> str:
        """What NATS calls a JWT: this key says that `subject` is that."""
        claims = {"iat": int(time.time()), "iss": self.public, "name": name, "sub": subject, "nats": nats}
        digest = hashlib.new("sha512_256", json.dumps(claims).encode()).digest()
        claims["jti"] = base64.b32encode(digest).rstrip(b"=").decode()
        head = {"typ": "JWT", "alg": "ed25519-nkey"}
        signed = ".".join(pieces(json.dumps(part).encode()) for part in (head, claims))
        return f"{signed}.{pieces(self.pair.sign(signed.encode()))}"


NONE = {"subs": -1, "data": -1, "payload": -1}
ACCOUNT = {**NONE, "imports": -1, "exports": -1, "wildcards": True, "conn": -1, "leaf": -1,
           "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}  # fmt: skip


def creds(path: Path, account: Key, user: Key) -> Path:
    """A user's file, as `nsc` writes it."""
    token = account.signs(user.public, path.stem, {**NONE, "type": "user", "version": 2})
    path.write_text(
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n"
    )
    return path


def test_creds_of_an_account_let_in_and_a_strangers_do_not(pair: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("nkeys")
    operator, system, account, stranger = Key("OPERATOR"), Key("ACCOUNT"), Key("ACCOUNT"), Key("ACCOUNT")
    told = operator.signs(operator.public, "O", {"type": "operator", "version": 2})
    known = operator.signs(account.public, "A", {"limits": ACCOUNT, "type": "account", "version": 2})
    own = operator.signs(system.public, "SYS", {"limits": NONE, "type": "account", "version": 2})
    words = f"operator: {told}\nsystem_account: {system.public}\nresolver: MEMORY\n"
    words += f"resolver_preload: {{ {account.public}: {known}, {system.public}: {own} }}"
    nats = Nats(tmp_path / "nats", *config(tmp_path / "nats", words))
    with nats.up():
        assert "does not let us in" in refused(pair[0], "session", "join", "jam", nats.address)
        wrong = creds(tmp_path / "wrong.creds", stranger, Key("USER"))
        assert "does not let us in" in refused(pair[0], "session", "join", f"--creds={wrong}", "jam", nats.address)
        (tmp_path / "none.creds").write_text("hello")
        said = refused(pair[0], "session", "join", f"--creds={tmp_path}/none.creds", "jam", nats.address)
        assert "Traceback" not in said and said.count("\n") <= 2
        for root in pair:
            file = creds(tmp_path / f"{root.name}.creds", account, Key("USER"))
            muse(root, "session", "join", "--detach", f"--creds={file}", "jam", nats.address)
        append(pair[0], text("a.txt"))
        until(lambda: lines(pair[0]) == lines(pair[1]) != [], "alice's op in bob's log")
        assert "SEED" not in (pair[0] / ".git/config").read_text()


# Certificates --------------------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str, signer: str = "ca") -> list[str]:
    """`NAME.pem` and `NAME.key`, signed by the authority of that name, which is made where it is its own."""
    subject = ["-subj", f"/CN={name}", "-keyout", f"{name}.key", "-nodes", "-newkey", "rsa:2048"]
    if name == signer:
        words = [["req", "-x509", "-days", "2", *subject, "-out", f"{name}.pem"]]
    else:
        (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        words = [
            ["req", "-new", *subject, "-out", f"{name}.csr"],
            ["x509", "-req", "-in", f"{name}.csr", "-CA", f"{signer}.pem", "-CAkey", f"{signer}.key", "-CAcreateserial",
             "-days", "2", "-extfile", "names", "-out", f"{name}.pem"],
        ]  # fmt: skip
    for each in words:
        subprocess.run([need("openssl"), *each], cwd=folder, check=True, capture_output=True)
    return [f"--cert={folder}/{name}.pem", f"--key={folder}/{name}.key"]


def test_client_certificates(pair: tuple[Path, Path], tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    for name, signer in (("ca", "ca"), ("other", "other"), ("server", "ca")):
        certificate(folder, name, signer)
    ours, foreign = certificate(folder, "ada", "ca"), certificate(folder, "eve", "other")
    at = f"{folder}/"
    words = f'tls {{ cert_file: "{at}server.pem", key_file: "{at}server.key", ca_file: "{at}ca.pem", verify: true }}'
    nats = Nats(tmp_path / "nats", *config(tmp_path / "nats", words))
    address, trust = f"tls://localhost:{nats.port}", f"--ca={folder}/ca.pem"
    with nats.up():
        for wrong in ([trust], [trust, *foreign]):
            said = refused(pair[0], "session", "join", *wrong, "jam", address)
            assert said.startswith("muse: ") and said.count("\n") <= 2, said
        assert "cannot read" in refused(pair[0], "session", "join", trust, f"--cert={at}absent.pem", "jam", address)
        for root in pair:
            muse(root, "session", "join", "--detach", trust, *ours, "jam", address)
        append(pair[0], text("a.txt"))
        until(lambda: lines(pair[0]) == lines(pair[1]) != [], "alice's op in bob's log")


# Two machines --------------------------------------------------------------------------------------------------------


@pytest.fixture
def machines() -> Iterator[list[list[str]]]:
    """Two network namespaces with a cable between: the words that run a command in each."""
    ip = shutil.which("ip", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if ip is None or os.geteuid():
        pytest.skip("network namespaces need root and ip (iproute2)")
    names = [f"muse{os.getpid()}a", f"muse{os.getpid()}b"]
    cable = [f"m{os.getpid()}a", f"m{os.getpid()}b"]
    script = [["netns", "add", name] for name in names]
    script += [
        ["link", "add", cable[0], "netns", names[0], "type", "veth", "peer", "name", cable[1], "netns", names[1]]
    ]
    for number, name in enumerate(names):
        script += [["-n", name, "addr", "add", f"10.213.0.{number + 1}/24", "dev", cable[number]]]
        script += [["-n", name, "link", "set", device, "up"] for device in (cable[number], "lo")]
    try:
        for words in script:
            done = subprocess.run([ip, *words], capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"network namespaces are not to be had here: ip {' '.join(words)}: {done.stderr.strip()}")
        yield [[ip, "netns", "exec", name] for name in names]
    finally:
        for name in names:
            subprocess.run([ip, "netns", "del", name], capture_output=True, check=False)


def test_two_machines_edit_one_song(
    pair: tuple[Path, Path], machines: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As docs/live.md has it: join and watch --apply on both, follow on one; a note edited here is edited there."""
    folder = tmp_path / "nats"
    nats = Nats(folder, "-l", str(folder / "ready"))
    address = f"nats://10.213.0.1:{nats.port}"
    nats.command[nats.command.index("-a") + 1] = "0.0.0.0"
    song = (Path(__file__).resolve().parents[2] / "fixtures/midi/menuet.mid").read_bytes()
    env = isolated_env(tmp_path)

    def there(number: int, *words: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{words[1]}{number}").open("wb") as out:
            return subprocess.Popen(
                [*machines[number], *MUSE, *words], cwd=pair[number], env=env, stdout=out, stderr=out
            )

    started = []
    with running([*machines[0], *nats.command], folder / "pid", folder / "out"):
        try:
            until(lambda: b"Server is ready" in (folder / "ready").read_bytes(), "the server")
            for number, root in enumerate(pair):
                words = [*machines[number], *MUSE, "session", "join", "--detach", "jam", address]
                subprocess.run(words, cwd=root, env=env, check=True, capture_output=True, timeout=60)
                started.append(there(number, "session", "watch", "jam", "--apply"))
            started.append(there(1, "session", "follow", "jam"))
            (pair[0] / "song.mid").write_bytes(song)
            until(lambda: _read(pair[1] / "song.mid") == song, "the new file")
            followed, told, took = tmp_path / "follow1", [], []
            time.sleep(2)  # follow tells of what comes from now on
            before = followed.read_bytes().count(b"\n")
            for turn in range(10):
                edited = song.replace(b"\x90\x43\x58", bytes([0x90, 0x43, 0x20 + turn]), 1)
                assert edited != song
                (pair[0] / "song.mid").write_bytes(edited)
                told.append(until(lambda turn=turn: followed.read_bytes().count(b"\n") > before + turn, "follow"))  # type: ignore[misc]
                took.append(
                    told[-1] + until(lambda edited=edited: _read(pair[1] / "song.mid") == edited, "an edit")  # type: ignore[misc]
                )
                time.sleep(0.7)  # somebody who works, not a burst
            with capsys.disabled():
                print("\na note saved in one of two network namespaces (100 ms wanted): ", end="")
                print(", ".join(f"{word} median {statistics.median(ms) * 1000:.0f} ms, worst {max(ms) * 1000:.0f} ms"
                                for word, ms in (("in the other's follow", told), ("in its file", took))))  # fmt: skip
        finally:
            for process in started:
                process.terminate()
                process.wait(20)


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
