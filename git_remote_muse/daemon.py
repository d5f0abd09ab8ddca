"""git://: a socket instead of a program, or the command of `core.gitProxy` that makes one."""

from __future__ import annotations

import os
import socket

from git_remote_muse.config import Config
from git_remote_muse.connect import wire_version
from git_remote_muse.lost import look_at_refs
from git_remote_muse.protocol import CHUNK, Lines, Watch, relay, write_all
from git_remote_muse.run import Child, spawn
from git_remote_muse.url import Place
from muse.core.errors import MuseError

PORT = "9418"


def request(place: Place, service: str, version: int) -> bytes:
    """The one packet a git daemon wants first; the version rides behind a second NUL, where old daemons do not look."""
    authority = place.url.partition("://")[2].partition("/")[0]
    host = os.environ.get("GIT_OVERRIDE_VIRTUAL_HOST") or authority
    text = f"{service} {place.path}\0host={host}\0" + (f"\0version={version}\0" if version else "")
    data = text.encode("utf-8", "surrogateescape")
    return b"%04x%s" % (len(data) + 4, data)


def proxy_command(host: str, config: Config) -> str:
    """The command configured for this host, or "": `core.gitProxy` is `COMMAND [for DOMAIN]`, first match wins."""
    told = os.environ.get("GIT_PROXY_COMMAND")
    if told is not None:
        return told
    for value in config.all("core.gitproxy"):
        command, _, domain = value.partition(" for ")
        if not domain or host == domain or host.endswith("." + domain):
            return "" if command == "none" else command
    return ""


def open_pair(place: Place, service: str, config: Config) -> tuple[int, int, Child | None]:
    """(descriptor to write, descriptor to read, the proxy's process if there is one), the request already sent."""
    packet = request(place, service, wire_version(service, config))
    proxy = proxy_command(place.host, config)
    if proxy:
        child = spawn((proxy, place.host, place.port or PORT))
        assert child.stdin is not None and child.stdout is not None
        write_all(child.stdin, packet)
        return child.stdin, child.stdout, child
    try:
        connection = socket.create_connection((place.host, int(place.port or PORT)))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.sendall(packet)
    except OSError as error:
        raise MuseError(f"cannot connect to {place.host}: {error.strerror or error}") from None
    descriptor = connection.detach()
    return descriptor, descriptor, None


def converse(place: Place, service: str, config: Config, lines: Lines) -> tuple[Watch, int]:
    """Relay both sides; the server's in a process of its own, so that neither waits for the other."""
    if not hasattr(os, "fork"):
        raise MuseError("muse::git:// is not there on Windows: use https, ssh or a path")
    write, read, proxy = open_pair(place, service, config)
    write_all(1, b"\n")
    watch = Watch(service.endswith("receive-pack"))
    watch.asked = look_at_refs(watch)
    alive, dying = os.pipe()
    copier = os.fork()
    if copier == 0:
        code = 1
        try:
            os.close(0)
            os.close(alive)
            pour(read, 1)
            code = 0
        finally:
            os._exit(code)
    os.close(dying)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    try:
        write_all(write, lines.rest())
        relay(0, write, watch, alive)
    finally:
        if proxy:
            proxy.close_stdin()
        else:
            try:
                socket.socket(fileno=os.dup(write)).shutdown(socket.SHUT_WR)
            except OSError:
                pass
            os.close(write)
        code = os.waitstatus_to_exitcode(os.waitpid(copier, 0)[1])
        if proxy:
            code = proxy.wait() or code
    return watch, code


def pour(source: int, sink: int) -> None:
    """Copy to the end. (`os.splice` holds the pipe while it waits for the socket, and the reader with it: measured.)"""
    while data := os.read(source, CHUNK):
        write_all(sink, data)
