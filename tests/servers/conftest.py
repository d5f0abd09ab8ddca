"""Real servers on loopback, started and stopped by the tests. A missing program skips with its name."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import MakeRepo, RunGit

HERE = Path(__file__).resolve().parent
SOURCE = os.environ.get("MUSE_GITEA_SOURCE", "")  # read here: no test sees what the user has set
EXEC_PATH = Path(subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip())
FORGES = Path.home() / ".cache/muse-forges/bin"  # where forges.sh puts them
NAME, PASSWORD = "ada", "s3cr3t w0rd"


class Server(NamedTuple):
    """A running server: the muse:: address of a repository by name, the folder its repositories are in on disk."""

    kind: str
    address: Callable[[str], str]
    folder: Path
    login: Callable[[bool], dict[str, str]]
    """Environment with good (True) or bad (False) credentials; the same for both where there is no login."""


def need(program: str) -> str:
    """The path of a program, or a skip that says which is missing."""
    also = f"/usr/sbin:/sbin:/usr/local/sbin:{FORGES}"
    found = shutil.which(program, path=f"{os.environ['PATH']}:{also}")
    if found is None:
        script = "forges.sh builds" if program in ("gitea", "soft") else "install.sh installs"
        pytest.skip(f"{program} is not installed (tests/servers/{script} it)")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], port: int | Path, log: Path, env: dict[str, str] | None = None) -> Iterator[None]:
    """Start a server, wait until it listens (on a port or a socket file), stop it afterwards."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **(env or {})},
            start_new_session=True,
        )  # fmt: skip
    try:
        for _ in range(1200):  # a minute
            if port.exists() if isinstance(port, Path) else _listens(port):
                break
            if process.poll() is not None:
                raise AssertionError(f"{command[0]} ended: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        else:
            raise AssertionError(f"{command[0]} does not listen: {log.read_text(errors='replace')[-2000:]}")
        yield
    finally:
        for stop in (15, 9):
            try:
                os.killpg(process.pid, stop)
                process.wait(5)
                break
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.2):
            return True
    except OSError:
        return False


def no_login(good: bool) -> dict[str, str]:
    return {}


@contextmanager
def git_daemon(folder: Path) -> Iterator[Server]:
    port = free_port()
    command = [str(EXEC_PATH / "git-daemon"), "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", "--export-all",
               "--enable=receive-pack", f"--base-path={folder}", str(folder)]  # fmt: skip
    if not Path(command[0]).exists():
        pytest.skip("git daemon is not installed")
    with running(command, port, folder.parent / "daemon.log"):
        yield Server("git", lambda name: f"muse::git://127.0.0.1:{port}/{name}", folder, no_login)


@contextmanager
def dulwich(folder: Path) -> Iterator[Server]:
    port = free_port()
    code = (
        "from dulwich.server import FileSystemBackend, TCPGitServer; "
        f"TCPGitServer(FileSystemBackend(), '127.0.0.1', {port}).serve_forever()"
    )
    with running([sys.executable, "-W", "ignore", "-c", code], port, folder.parent / "dulwich.log"):
        yield Server("git", lambda name: f"muse::git://127.0.0.1:{port}{folder}/{name}", folder, no_login)


def http_login(folder: Path, port: int) -> Callable[[bool], dict[str, str]]:
    """Credentials by `git credential-store`, as a person would have them."""

    def login(good: bool) -> dict[str, str]:
        store = folder.parent / f"credentials-{good}"
        word = PASSWORD.replace(" ", "%20") if good else "wrong"
        store.write_text(f"http://{NAME}:{word}@127.0.0.1:{port}\n")
        keys = {"credential.helper": f"store --file={store}"}
        return {
            "GIT_CONFIG_COUNT": str(len(keys)),
            **{f"GIT_CONFIG_KEY_{at}": key for at, key in enumerate(keys)},
            **{f"GIT_CONFIG_VALUE_{at}": value for at, value in enumerate(keys.values())},
        }

    return login


@contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    """nginx with fcgiwrap, as docs/hosting.md configures it."""
    program, wrap, port, home = need("nginx"), need("fcgiwrap"), free_port(), folder.parent
    (home / "users").write_text(f"{NAME}:{{PLAIN}}{PASSWORD}\n")
    config = (HERE / "nginx.conf").read_text()
    values = {"HOME": home, "PORT": port, "FOLDER": folder, "BACKEND": EXEC_PATH / "git-http-backend",
              "USER": "user root;" if os.geteuid() == 0 else ""}  # fmt: skip
    for key, value in values.items():
        config = config.replace(f"@{key}@", str(value))
    (home / "nginx.conf").write_text(config)
    sock = home / "fcgi.sock"
    command = [program, "-p", str(home), "-c", str(home / "nginx.conf"), "-e", str(home / "nginx.err")]
    with (
        running([wrap, "-c", "4", "-s", f"unix:{sock}"], sock, home / "fcgi.log"),
        running([*command, "-g", "daemon off;"], port, home / "nginx.log"),
    ):
        yield Server("http", lambda name: f"muse::http://127.0.0.1:{port}/{name}", folder, http_login(folder, port))


@contextmanager
def lighttpd(folder: Path) -> Iterator[Server]:
    """lighttpd with mod_cgi and basic authentication."""
    program, port, home = need("lighttpd"), free_port(), folder.parent
    (home / "users").write_text(f"{NAME}:{PASSWORD}\n")
    config = (HERE / "lighttpd.conf").read_text()
    for key, value in {"HOME": home, "PORT": port, "FOLDER": folder, "BACKEND": EXEC_PATH / "git-http-backend"}.items():
        config = config.replace(f"@{key}@", str(value))
    (home / "lighttpd.conf").write_text(config)
    with running([program, "-D", "-f", str(home / "lighttpd.conf")], port, home / "lighttpd.log"):
        yield Server("http", lambda name: f"muse::http://127.0.0.1:{port}/{name}", folder, http_login(folder, port))


@contextmanager
def apache(folder: Path) -> Iterator[Server]:
    """apache2 with mod_cgid and basic authentication."""
    program, port, home = need("apache2"), free_port(), folder.parent
    made = subprocess.run(["openssl", "passwd", "-apr1", PASSWORD], capture_output=True, text=True, check=True).stdout
    (home / "users").write_text(f"{NAME}:{made}")
    config = (HERE / "apache.conf").read_text()
    values = {"HOME": home, "PORT": port, "FOLDER": folder, "BACKEND": EXEC_PATH / "git-http-backend",
              "MODULES": "/usr/lib/apache2/modules"}  # fmt: skip
    for key, value in values.items():
        config = config.replace(f"@{key}@", str(value))
    (home / "apache.conf").write_text(config)
    with running([program, "-X", "-f", str(home / "apache.conf")], port, home / "apache.log"):
        yield Server("http", lambda name: f"muse::http://127.0.0.1:{port}/{name}", folder, http_login(folder, port))


def keys(home: Path) -> dict[bool, Path]:
    """A key the server knows (True) and one it does not."""
    made = {}
    for good in (True, False):
        made[good] = home / f"key-{good}"
        if not made[good].exists():
            subprocess.run([need("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(made[good])], check=True)
    return made


@contextmanager
def ssh_server(home: Path, authorized: Path, extra: str = "") -> Iterator[tuple[int, Callable[[bool], dict[str, str]]]]:
    """sshd on loopback with one authorized-keys file; (port, login)."""
    program, port = need("sshd"), free_port()
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    host = home / "host"
    if not host.exists():
        subprocess.run([need("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(host)], check=True)
    (home / "sshd.conf").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nPidFile none\nAuthorizedKeysFile {authorized}\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nStrictModes no\nPermitRootLogin yes\n"
        f"AcceptEnv GIT_PROTOCOL\n{extra}"
    )
    with running([program, "-D", "-e", "-f", str(home / "sshd.conf")], port, home / "sshd.log"):
        yield port, ssh_login(home)


def ssh_login(home: Path) -> Callable[[bool], dict[str, str]]:
    """An ssh with one of the two keys, that asks nobody anything and reads no personal settings."""
    need("ssh")

    def login(good: bool) -> dict[str, str]:
        options = f"-F none -i '{keys(home)[good]}' -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR"
        checks = f"-o StrictHostKeyChecking=no -o UserKnownHostsFile='{home}/known'"
        return {"GIT_SSH_COMMAND": f"ssh {options} {checks}"}

    return login


@contextmanager
def sshd(folder: Path) -> Iterator[Server]:
    """Plain ssh with keys, no shell restrictions."""
    home = folder.parent
    authorized = home / "authorized"
    authorized.write_text((keys(home)[True].with_suffix(".pub")).read_text())
    with ssh_server(home, authorized) as (port, login):
        yield Server("ssh", lambda name: f"muse::ssh://127.0.0.1:{port}{folder}/{name}", folder, login)


@contextmanager
def gitolite(folder: Path) -> Iterator[Server]:
    """gitolite3 behind sshd; its rules let everybody write their own metadata refs."""
    program, home = need("gitolite"), folder.parent
    base = home / "gitolite"
    base.mkdir()
    public = home / f"{NAME}.pub"
    public.write_text(keys(home)[True].with_suffix(".pub").read_text())
    env = {**os.environ, "HOME": str(base), "USER": os.environ.get("USER", "root")}
    subprocess.run([program, "setup", "-pk", str(public)], env=env, check=True, capture_output=True)
    rules = base / ".gitolite" / "conf" / "gitolite.conf"
    rules.write_text((HERE / "gitolite.conf").read_text())
    subprocess.run([program, "compile"], env=env, check=True, capture_output=True)
    subprocess.run([program, "trigger", "POST_COMPILE"], env=env, check=True, capture_output=True)
    with ssh_server(home, base / ".ssh" / "authorized_keys", f"SetEnv HOME={base}\n") as (port, login):
        yield Server("ssh", lambda name: f"muse::ssh://127.0.0.1:{port}/{name}", base / "repositories", login)


# Forges, where somebody built them (tests/servers/forges.sh) ---------------------------------------------------------


@contextmanager
def gitea(folder: Path) -> Iterator[Server]:
    """Gitea with its own accounts and access rules, over http; MUSE_GITEA_SOURCE is the tree it was built from."""
    program, port, home = need("gitea"), free_port(), folder.parent
    source = SOURCE or str(Path(program).parents[1] / "gitea")
    ini = home / "app.ini"
    ini.write_text((HERE / "gitea.ini").read_text().replace("@HOME@", str(home)).replace("@PORT@", str(port))
                   .replace("@SOURCE@", source))  # fmt: skip
    command = [program, "--config", str(ini), "--work-path", str(home)]
    env = {**os.environ, "HOME": str(home)}
    subprocess.run([*command, "migrate"], env=env, check=True, capture_output=True)
    subprocess.run([*command, "admin", "user", "create", "--admin", "--username", NAME, "--password", PASSWORD,
                    "--email", "ada@example.org", "--must-change-password=false"],
                   env=env, check=True, capture_output=True)  # fmt: skip
    with running([*command, "web"], port, home / "gitea.log", env):
        word = base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/user/repos", b'{"name":"r","default_branch":"main"}',
            {"Authorization": f"Basic {word}", "Content-Type": "application/json"},
        )  # fmt: skip
        urllib.request.urlopen(request, timeout=30).close()
        yield Server("http", lambda name: f"muse::http://127.0.0.1:{port}/{NAME}/{name}",
                     home / "repositories" / NAME, http_login(folder, port))  # fmt: skip


@contextmanager
def soft_serve(folder: Path) -> Iterator[Server]:
    """Soft Serve, over its own ssh server."""
    program, home = need("soft"), folder.parent
    ports = [free_port() for _ in range(4)]
    public = keys(home)[True].with_suffix(".pub").read_text()
    env = {"SOFT_SERVE_DATA_PATH": str(home / "soft"), "SOFT_SERVE_INITIAL_ADMIN_KEYS": public,
           **{f"SOFT_SERVE_{name}_LISTEN_ADDR": f"127.0.0.1:{port}"
              for name, port in zip(("SSH", "GIT", "HTTP", "STATS"), ports, strict=True)},
           "SOFT_SERVE_SSH_PUBLIC_URL": f"ssh://127.0.0.1:{ports[0]}"}  # fmt: skip
    login = ssh_login(home)
    with running([program, "serve"], ports[0], home / "soft.log", env):
        ssh = login(True)["GIT_SSH_COMMAND"]
        for words in ("repo create r", "settings anon-access no-access"):
            subprocess.run(f"{ssh} -p {ports[0]} 127.0.0.1 {words}", shell=True, check=True, capture_output=True)
        yield Server("ssh", lambda name: f"muse::ssh://127.0.0.1:{ports[0]}/{name}", home / "soft" / "repos", login)


SERVERS = {"git-daemon": git_daemon, "nginx": nginx, "lighttpd": lighttpd, "apache": apache, "sshd": sshd,
           "gitolite": gitolite, "dulwich": dulwich, "gitea": gitea, "soft-serve": soft_serve}  # fmt: skip


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path: Path, muse_on_path: Path) -> Iterator[Server]:
    """Each of the servers in turn, with an empty repository `r.git`."""
    folder = tmp_path / "srv" / "repos"
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder / "r.git")], check=True)
    subprocess.run(["git", "-C", str(folder / "r.git"), "config", "http.receivepack", "true"], check=True)
    with SERVERS[request.param](folder) as started:
        yield started


# Joined sessions -----------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two clones; whatever is joined in them is ended afterwards."""
    from tests.servers.joined import end

    alice = make_repo(files={"code.py": "def first():\n    return 1\n"})
    git(tmp_path, "clone", "-q", alice, "bob")
    both = alice, tmp_path / "bob"
    try:
        yield both
    finally:
        for root in both:
            end(root)
