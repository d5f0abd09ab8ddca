"""The dialogue with Git: say what we can do, connect, relay, and do the follow-up work when Git's own is done."""

from __future__ import annotations

import os

from git_remote_muse.config import Config, check_allowed
from git_remote_muse.connect import SERVICES, must_exist, open_http, open_local, open_ssh
from git_remote_muse.lost import look_at_refs
from git_remote_muse.protocol import Lines, Watch, relay, write_all
from git_remote_muse.quoting import unquote
from git_remote_muse.run import Child
from git_remote_muse.url import Place, parse
from muse.core.errors import MuseError, UsageError
from muse.core.terminal import tell

TYPE_CHECKING = False  # what only names types would cost each start
if TYPE_CHECKING:
    from git_remote_muse.protocol import Idle

CAPABILITIES = b"option\nconnect\n\n"
WITH_PUSH = b"option\nconnect\npush\nobject-format\n\n"


def run(remote: str, address: str) -> int:
    """Serve one Git process; the exit code is that of the other end."""
    place = parse(address)
    config = Config.read()
    check_allowed(place.kind, config)
    dialogue = _delegate if place.kind in ("http", "https") else _dialogue
    try:
        watch, code = dialogue(remote, place, config)
        if code == 0 and os.environ.get("GIT_DIR"):
            from git_remote_muse.follow import follow_up

            follow_up(remote, place, config, watch)
    finally:
        if place.opened:
            from git_remote_muse import bundle

            bundle.close(place)
    return code


def _joins(config: Config) -> bool:
    """True when a push of this repository might have to be joined."""
    if not os.environ.get("GIT_DIR"):
        return False
    from git_remote_muse.push import may_join

    return may_join(config)


def _dialogue(remote: str, place: Place, config: Config) -> tuple[Watch, int]:
    """Answer Git's commands until it connects or goes away."""
    lines = Lines(0)
    program = ""
    joins = _joins(config)
    while line := lines.next():
        command, _, value = line.decode("utf-8", "surrogateescape").partition(" ")
        if command == "capabilities":
            write_all(1, WITH_PUSH if joins else CAPABILITIES)
        elif command == "option":
            name, _, setting = value.partition(" ")
            if name == "servpath":
                program = unquote(setting)
            write_all(1, b"ok\n" if name in ("servpath", "object-format") else b"unsupported\n")
        elif command == "connect" and joins and value == "git-receive-pack":
            write_all(1, b"fallback\n")
        elif command == "connect" and value in SERVICES:
            return _connect(place, value, program, config, lines)
        elif line == b"list for-push":
            from git_remote_muse.push import Pusher

            return Pusher(remote, place, config, program).serve(lines)
        else:
            raise UsageError(f"Git asked for something unknown: {line[:80]!r}")
    return Watch(), 0


def _connect(place: Place, service: str, program: str, config: Config, lines: Lines) -> tuple[Watch, int]:
    """Start the other end on Git's own descriptors and stand between only where the client speaks."""
    if place.kind == "git":
        from git_remote_muse.daemon import converse

        return converse(place, program or service, config, lines)
    start = open_ssh if place.kind == "ssh" else open_local
    if place.kind == "file" and not program:  # a program of the user's may read the path its own way
        must_exist(place)
    # The empty line must be out before the other end writes its first byte.
    write_all(1, b"\n")
    watch = Watch(service == "git-receive-pack")
    return _relay_until_end(start(place, service, program, config), watch, lines.rest(), _preparation(config))


def _delegate(remote: str, place: Place, config: Config) -> tuple[Watch, int]:
    """http(s): Git's own helper answers; we read along, and take over only a push that may have to be joined."""
    child = open_http(place, remote)
    watch = Watch()
    if os.environ.get("GIT_DIR"):  # with a wire before v2, Git has written its refs by the time that it is done here
        from git_remote_muse.follow import is_new_clone

        watch.new = is_new_clone()
    if not _joins(config):
        return _relay_until_end(child, watch, b"", _preparation(config))
    assert child.stdin is not None
    lines = Lines(0)
    first = b""
    while (line := lines.next()) is not None:
        if line == b"list for-push":
            from git_remote_muse.push import Pusher

            child.wait()
            return Pusher(remote, place, config).serve(lines)
        if not line.startswith((b"capabilities", b"option ")):
            first = line + b"\n" + lines.rest()
            break
        write_all(child.stdin, line + b"\n")
    return _relay_until_end(child, watch, first, _preparation(config))


def _preparation(config: Config) -> Idle:
    """What to do while the other side packs: load what setting up a new clone takes."""
    if not os.environ.get("GIT_DIR") or not config.flag("muse.autosetup", True):
        return None

    def prepare() -> None:
        from git_remote_muse.follow import prepare

        prepare(config)

    return prepare


def _relay_until_end(child: Child, watch: Watch, first: bytes, idle: Idle) -> tuple[Watch, int]:
    """Relay the client's side until it ends; our copy of its other side is closed, so Git sees a server that dies."""
    assert child.stdin is not None
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    watch.asked = look_at_refs(watch)
    try:
        if first:
            watch.feed(first)
            write_all(child.stdin, first)
        relay(0, child.stdin, watch, idle=idle, ended=child.ended)
    except BaseException:
        child.stop()
        raise
    return watch, child.wait()


def complain(error: MuseError) -> int:
    """One clear line, perhaps a second that says what to do; never a traceback."""
    tell(f"muse: {error}")
    for line in error.hint.split("\n") if error.hint else ():
        tell(f"hint: {line}")
    return int(error.exit_code)
