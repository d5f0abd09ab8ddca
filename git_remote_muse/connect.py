"""The other end of the wire: Git's own program on this machine or behind ssh, a git daemon, or `git remote-https`.

Whatever it is, its answers go straight to the descriptor Git reads; we only stand on the client's side.
"""

from __future__ import annotations

import os

from git_remote_muse.config import Config, protocol_version
from git_remote_muse.run import LOCAL_ENV, Child, git, spawn
from git_remote_muse.url import Place
from muse.core.errors import MuseError
from muse.core.terminal import command

TYPE_CHECKING = False  # what only names types would cost each start
if TYPE_CHECKING:
    from collections.abc import Sequence

SERVICES = ("git-upload-pack", "git-receive-pack", "git-upload-archive")
SSH_VARIANTS = {
    "ssh": "ssh",
    "ssh.exe": "ssh",
    "plink": "plink",
    "plink.exe": "plink",
    "putty": "plink",
    "tortoiseplink": "tortoiseplink",
    "tortoiseplink.exe": "tortoiseplink",
}


WHERE = ("/.git", "", ".git/.git", ".git")  # what Git tries after a path, in its order


def must_exist(place: Place) -> None:
    """MuseError when there is no repository at a path of this machine.

    `git clone` has made the new repository before it asks us. Where its folder is the very path to read, it is the
    only repository there, and reading it would look like a clone of an empty one.
    """
    if place.path.startswith("~"):  # Git's server program knows whose home that is
        return
    found = next((name for name in map(place.path.rstrip("/").__add__, WHERE) if _is_repository(name)), None)
    if found is None and os.path.isdir(os.path.join(place.path, ".muse", "commits")):
        hint = f"{command('muse', 'import', place.path)} FOLDER"
        raise MuseError(f"'{place.path}' is no Git repository, but one of the public Muse", hint=hint)
    if found is None:
        raise MuseError(f"repository '{place.path}' does not exist")
    if _is_ours(found) and not git("for-each-ref", "--count=1"):
        raise MuseError(f"repository '{place.path}' does not exist (only the empty one this command works in)")


def _is_repository(path: str) -> bool:
    return os.path.isfile(path) or os.path.lexists(os.path.join(path, "HEAD"))


def _is_ours(path: str) -> bool:
    """True for the repository Git called us in, also by the `.git` file of a work tree kept elsewhere."""
    own = os.environ.get("GIT_DIR")
    if os.path.isfile(path):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            path = os.path.join(os.path.dirname(path), file.readline().removeprefix("gitdir: ").rstrip("\n"))
    return bool(own) and os.path.exists(path) and os.path.samefile(own or "", path)


def other_side_env(version: int) -> dict[str, str]:
    """The environment for a program that serves another repository than the one we were called in."""
    env = {key: value for key, value in os.environ.items() if key not in LOCAL_ENV and key != "GIT_PROTOCOL"}
    if version:
        env["GIT_PROTOCOL"] = f"version={version}"
    return env


def wire_version(service: str, config: Config) -> int:
    """Pushing is not defined for version 2; Git itself then asks for version 0."""
    version = protocol_version(config)
    return 0 if service == "git-receive-pack" and version == 2 else version


def open_local(place: Place, service: str, program: str, config: Config, stdout: int = 1) -> Child:
    """Git's server program for a repository on this machine; `program` is the user's `--upload-pack`, a shell word."""
    env = other_side_env(wire_version(service, config))
    if program:
        return spawn(("sh", "-c", f"{program} {quote(place.path)}"), env=env, stdout=stdout)
    path = place.path
    if is_bundle(path):
        from git_remote_muse import bundle

        path = bundle.unpacked(place, service, env)
    return spawn(("git", service.removeprefix("git-"), path), env=env, stdout=stdout)


def is_bundle(path: str) -> bool:
    """True for a file that begins as `git bundle create` has it."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return file.read(16) in (b"# v2 git bundle\n", b"# v3 git bundle\n")


def open_ssh(place: Place, service: str, program: str, config: Config, stdout: int = 1) -> Child:
    """Git's server program behind ssh, with the command, variant and options Git would use."""
    version = wire_version(service, config)
    command = os.environ.get("GIT_SSH_COMMAND") or config.get("core.sshcommand")
    start = command or os.environ.get("GIT_SSH") or "ssh"
    env = other_side_env(version)
    variant = ssh_variant(start, bool(command), place, version, config, env)
    argv = [start, *ssh_options(variant, place.port, version), place.host, f"{program or service} {quote(place.path)}"]
    if variant != "ssh":
        env.pop("GIT_PROTOCOL", None)
    return spawn(through_shell(argv) if command else argv, env=env, stdout=stdout)


def ssh_variant(start: str, is_command: bool, place: Place, version: int, config: Config, env: dict[str, str]) -> str:
    """ssh, plink, tortoiseplink or simple: as told, by name, else by whether it understands `-G`."""
    told = (os.environ.get("GIT_SSH_VARIANT") or config.get("ssh.variant")).lower()
    if told and told != "auto":
        return {"putty": "plink"}.get(told, told)
    words = start.split() if is_command else [start]
    known = SSH_VARIANTS.get(os.path.basename(words[0].strip("'\"")).lower()) if words else None
    if known:
        return known
    probe = [start, "-G", *ssh_options("ssh", place.port, version), place.host]
    child = spawn(through_shell(probe) if is_command else probe, env=env, stdin=None, stdout=None, quiet=True)
    return "simple" if child.wait() else "ssh"


def ssh_options(variant: str, port: str, version: int) -> list[str]:
    options: list[str] = []
    if variant == "ssh" and version:
        options += ["-o", "SendEnv=GIT_PROTOCOL"]
    if variant == "tortoiseplink":
        options.append("-batch")
    if port:
        if variant == "simple":
            raise MuseError("ssh variant 'simple' does not support setting port")
        options += ["-p" if variant == "ssh" else "-P", port]
    return options


def open_http(place: Place, remote: str) -> Child:
    """Git's own helper for http(s); it speaks our protocol itself, so the whole dialogue is handed to it."""
    return spawn(("git", f"remote-{place.kind}", remote, place.url), stdout=1)


def quote(word: str) -> str:
    """One shell word, quoted as Git quotes a path for a server."""
    return "'" + word.replace("'", "'\\''").replace("!", "'\\!'") + "'"


def through_shell(argv: Sequence[str]) -> list[str]:
    """A configured command line, run by the shell with the other arguments after it, as Git runs it."""
    return ["sh", "-c", f'{argv[0]} "$@"', argv[0], *argv[1:]]
