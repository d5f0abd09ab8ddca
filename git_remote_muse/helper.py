"""The dialogue with Git: say what we can do, connect, relay, and do the follow-up work when Git's own is done."""

from __future__ import annotations

import os
import sys

from git_remote_muse.config import Config, check_allowed
from git_remote_muse.connect import SERVICES, open_http, open_local, open_ssh
from git_remote_muse.protocol import Lines, Watch, relay, write_all
from git_remote_muse.run import Child
from git_remote_muse.url import Place, parse
from muse.core.errors import MuseError, UsageError

CAPABILITIES = b"option\nconnect\n\n"


def run(remote: str, address: str) -> int:
    """Serve one Git process; the exit code is that of the other end."""
    place = parse(address)
    config = Config.read()
    check_allowed(place.kind, config)
    watch, code = _delegate(place, remote) if place.kind in ("http", "https") else _dialogue(place, config)
    if code == 0 and os.environ.get("GIT_DIR"):
        from git_remote_muse.follow import follow_up

        follow_up(remote, place, config, watch)
    return code


def _dialogue(place: Place, config: Config) -> tuple[Watch, int]:
    """Answer Git's commands until it connects or goes away."""
    lines = Lines(0)
    program = ""
    while line := lines.next():
        command, _, value = line.decode("utf-8", "surrogateescape").partition(" ")
        if command == "capabilities":
            write_all(1, CAPABILITIES)
        elif command == "option":
            name, _, setting = value.partition(" ")
            if name == "servpath":
                program = unquote(setting)
            write_all(1, b"ok\n" if name == "servpath" else b"unsupported\n")
        elif command == "connect" and value in SERVICES:
            return _connect(place, value, program, config, lines)
        else:
            raise UsageError(f"Git asked for something unknown: {line[:80]!r}")
    return Watch(), 0


def _connect(place: Place, service: str, program: str, config: Config, lines: Lines) -> tuple[Watch, int]:
    """Start the other end on Git's own descriptors and stand between only where the client speaks."""
    if place.kind == "git":
        from git_remote_muse.daemon import converse

        return converse(place, program or service, config, lines)
    start = open_ssh if place.kind == "ssh" else open_local
    # The empty line must be out before the other end writes its first byte.
    write_all(1, b"\n")
    return _stand_between(start(place, service, program, config), Watch(service == "git-receive-pack"), lines.rest())


def _delegate(place: Place, remote: str) -> tuple[Watch, int]:
    """http(s): Git's own helper answers; we read along."""
    return _stand_between(open_http(place, remote), Watch(), b"")


def _stand_between(child: Child, watch: Watch, first: bytes) -> tuple[Watch, int]:
    """Relay the client's side until it ends; our copy of its other side is closed, so Git sees a server that dies."""
    assert child.stdin is not None
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    try:
        if first:
            watch.feed(first)
            write_all(child.stdin, first)
        relay(0, child.stdin, watch)
    except BaseException:
        child.stop()
        raise
    return watch, child.wait()


ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}


def unquote(text: str) -> str:
    """The value of an option: Git writes it as a C string when it holds quotes or odd bytes."""
    if not (len(text) > 1 and text.startswith('"') and text.endswith('"')):
        return text
    out, body, at = bytearray(), text[1:-1], 0
    while at < len(body):
        if body[at] != "\\" or at + 1 == len(body):
            out += body[at].encode("utf-8", "surrogateescape")
            at += 1
        elif body[at + 1] in ESCAPES:
            out.append(ESCAPES[body[at + 1]])
            at += 2
        else:
            out.append(int(body[at + 1 : at + 4], 8) & 255)
            at += 4
    return out.decode("utf-8", "surrogateescape")


def complain(error: MuseError) -> int:
    """One clear line, perhaps a second that says what to do; never a traceback."""
    sys.stderr.write(f"muse: {error}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
    return int(error.exit_code)
