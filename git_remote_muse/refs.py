"""A listing of some refs of the other side, on a connection of our own: cheap, and stopped when it grows too long.

`git ls-remote` would read everything into memory before the first line comes out; a hostile server could send without
end. Versions 2, 1 and 0 of the wire are understood; http(s) goes through `git remote-https` where the server speaks
version 2, and through `git ls-remote` where it does not.
"""

from __future__ import annotations

import os

from git_remote_muse.config import Config, protocol_version
from git_remote_muse.connect import open_local, open_ssh
from git_remote_muse.protocol import HEX, write_all
from git_remote_muse.run import Child, read_all, spawn
from git_remote_muse.url import Place
from muse.core.errors import MuseError
from muse.core.terminal import one_line

TYPE_CHECKING = False  # what only names types would cost each start
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_REFS = 20_000  # of metadata; branches are as many as Git lets them be
MAX_BYTES = 64 << 20  # version 0 sends every ref there is
FLUSH, DELIMITER = b"0000", b"0001"
FETCH = "git-upload-pack"


def list_refs(
    place: Place, remote: str, config: Config, prefixes: Sequence[str], service: str = FETCH, program: str = ""
) -> dict[str, str]:
    """Ref name -> id below the prefixes (`HEAD` may be one). MuseError when the other side does not answer well."""
    if place.kind in ("http", "https"):
        return _list_http(place, remote, config, prefixes)
    if place.kind == "git":
        from git_remote_muse.daemon import open_pair

        write, read, proxy = open_pair(place, program or service, config)
        child = Child(proxy.pid if proxy else 0, write, read)
    else:
        start = open_ssh if place.kind == "ssh" else open_local
        child = start(place, service, program, config, stdout=-1)
    try:
        assert child.stdin is not None and child.stdout is not None
        found = _converse(_Packets(child.stdout), child.stdin, prefixes)
    except BrokenPipeError:
        _end(child, stop=True)
        raise MuseError("the other side hung up") from None
    except BaseException:
        _end(child, stop=True)
        raise
    _end(child, stop=False)
    return found


def _end(child: Child, stop: bool) -> None:
    if not child.pid:  # a socket, one descriptor for both directions
        assert child.stdin is not None
        os.close(child.stdin)
    elif stop:
        child.stop()
    else:
        child.wait()


class _Packets:
    """Packet lines from a descriptor; None for flush, delimiter and response end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = b""
        self._at = 0
        self._total = 0

    def take(self, size: int) -> bytes:
        if len(self._data) - self._at < size:
            parts, have = [self._data[self._at :]], len(self._data) - self._at
            while have < size:
                part = os.read(self._descriptor, 1 << 16)
                self._total += len(part)
                if not part:
                    raise MuseError("the other side hung up")
                if self._total > MAX_BYTES:
                    raise MuseError(f"the other side lists more than {MAX_BYTES >> 20} MiB of refs")
                parts.append(part)
                have += len(part)
            self._data, self._at = b"".join(parts), 0
        self._at += size
        return self._data[self._at - size : self._at]

    def next(self) -> bytes | None:
        head = self.take(4)
        if not HEX.issuperset(head):
            raise MuseError("the other side does not speak Git's protocol")
        size = int(head, 16)
        if size < 4:
            return None
        data = self.take(size - 4)
        if data.startswith(b"ERR "):
            raise MuseError(f"the other side says: {printable(data[4:])}")
        return data.removesuffix(b"\n")


def _converse(packets: _Packets, write: int, prefixes: Sequence[str]) -> dict[str, str]:
    first = packets.next()
    if first == b"version 2":
        capabilities = _until_flush(packets)
        write_all(write, _request(prefixes, capabilities))
        found = _collect(packets, prefixes, None)
        write_all(write, FLUSH)
        return found
    found = _collect(packets, prefixes, packets.next() if first == b"version 1" else first)
    write_all(write, FLUSH)
    return found


def _until_flush(packets: _Packets) -> list[bytes]:
    lines: list[bytes] = []
    while (line := packets.next()) is not None:
        lines.append(line)
    return lines


def _request(prefixes: Sequence[str], capabilities: Sequence[bytes]) -> bytes:
    """The `ls-refs` command of version 2; the object format must be repeated where the server names one."""
    lines = [b"command=ls-refs\n", *(line + b"\n" for line in capabilities if line.startswith(b"object-format="))]
    arguments = [b"ref-prefix " + os.fsencode(prefix) + b"\n" for prefix in prefixes]
    packed = [b"%04x%s" % (len(line) + 4, line) for line in (*lines, *arguments)]
    packed.insert(len(lines), DELIMITER)
    return b"".join(packed) + FLUSH


def _collect(packets: _Packets, prefixes: Sequence[str], line: bytes | None) -> dict[str, str]:
    """`<id> <name>` lines until a flush; peeled entries, capabilities and refs nobody asked for are dropped."""
    found: dict[str, str] = {}
    wanted, count = tuple(prefixes), 0
    if line is None:
        line = packets.next()
    while line is not None:
        tip, _, rest = line.partition(b"\0")[0].decode("utf-8", "surrogateescape").partition(" ")
        name = rest.partition(" ")[0]
        if name.startswith(wanted) and not name.endswith("^{}") and _is_id(tip):
            found[name] = tip
            count += 1
            if count > MAX_REFS and "refs/" not in prefixes:
                raise MuseError(f"the other side lists more than {MAX_REFS} metadata refs")
        line = packets.next()
    return found


def _is_id(text: str) -> bool:
    return len(text) in (40, 64) and not text.strip("0123456789abcdef") and bool(text.strip("0"))


def _list_http(place: Place, remote: str, config: Config, prefixes: Sequence[str]) -> dict[str, str]:
    child = spawn(("git", f"remote-{place.kind}", remote, place.url), quiet=True)
    try:
        assert child.stdin is not None and child.stdout is not None
        answer = b""
        if protocol_version(config) == 2:
            write_all(child.stdin, b"stateless-connect git-upload-pack\n")
            packets = _Packets(child.stdout)
            while not answer.endswith(b"\n"):
                answer += packets.take(1)
        if answer == b"\n":
            found = _converse(packets, child.stdin, prefixes)
            child.wait()
            return found
    except BrokenPipeError:
        child.stop()
        raise MuseError("the other side hung up") from None
    except BaseException:
        child.stop()
        raise
    child.wait()
    return _list_slowly(place, prefixes)


def _list_slowly(place: Place, prefixes: Sequence[str]) -> dict[str, str]:
    patterns = [prefix if prefix == "HEAD" else f"{prefix}*" for prefix in prefixes]
    child = spawn(("git", "ls-remote", place.url, *patterns), stdin=None, quiet=True)
    try:
        assert child.stdout is not None
        lines = read_all(child.stdout, MAX_BYTES).decode("utf-8", "surrogateescape").split("\n")
    except BaseException:
        child.stop()
        raise
    if child.wait():
        raise MuseError("the other side does not list its refs")
    pairs = (line.partition("\t") for line in lines)
    return {name: tip for tip, _, name in pairs if name.startswith(tuple(prefixes)) and not name.endswith("^{}")}


def printable(data: bytes) -> str:
    """Words of the other side, fit for one line of a terminal."""
    return one_line(data.decode("utf-8", "replace")[:200])
