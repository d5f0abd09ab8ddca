"""`muse mergetool`: settle one file's conflicts on a page in the browser; what `git mergetool -t muse` calls."""

from __future__ import annotations

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import click

from muse.cli.context import note, repo
from muse.cli.options import late
from muse.cli.verbs.conflicts import plugin_for
from muse.core import terminal
from muse.core.errors import ExitCode, MuseError
from muse.engine.git import below_top
from muse.engine.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from muse.core.options import Choice
    from muse.store.repository import Repository

_LARGEST = 1 << 20
_GRACE = 3.0  # seconds between a page saying goodbye and our believing it: a reload says goodbye too


@click.command("mergetool", short_help="Settle a file's conflicts on a page in the browser")
@click.argument("path", type=click.Path(), shell_complete=late("unmerged", files=True))
@click.option("--no-browser", is_flag=True, help="Only print the address; open it yourself.")
def command(path: str, no_browser: bool) -> int:
    """Settle a file's conflicts on a page in the browser: see and hear each version, choose, save.

    Git calls it as `git mergetool -t muse`, where `muse install` was run and there is a screen.
    The page is served to this machine alone, under an address that works once, until everything is settled or the page
    is closed. The exit code is 1 while something is left.
    """
    here = repo()
    tool = _Tool(here, os.path.normpath(os.path.join(below_top(here), path)).replace(os.sep, "/"))
    tool.item()
    with _Server(tool) as server:
        note(f"muse: settle {tool.path} (Ctrl-C leaves the rest as it is) at {server.address}")
        if os.environ.get("SSH_CONNECTION"):
            note(f"  over ssh, on the machine you sit at, then open that address there: {_tunnel(server.server_port)}")
        if not no_browser:
            import webbrowser

            threading.Thread(target=webbrowser.open, args=(server.address,), daemon=True).start()  # lynx would block us
        server.serve()
    return int(ExitCode.OK if tool.settled else ExitCode.CONFLICT)


def _tunnel(port: int) -> str:
    """The command that brings the page's port to the machine somebody came from by ssh."""
    user = os.environ.get("USER", "")
    host = os.environ["SSH_CONNECTION"].split()[2:3] or ["HOST"]
    there = f"{user}@{host[0]}" if user else host[0]
    return terminal.command("ssh", "-N", "-L", f"{port}:127.0.0.1:{port}", there)


class _Tool:
    """One unmerged path, what the page shows of it, and what saving does."""

    def __init__(self, here: Repository, path: str) -> None:
        self.here = here
        self.path = path
        self.plugin_for = plugin_for(here)
        self.settled = False
        self.lock = threading.Lock()  # browsers open several connections; the repository is for one at a time

    def item(self) -> resolve.Unmerged:
        """The path as the index has it now."""
        found = next((item for item in resolve.unmerged(self.here) if item.path == self.path), None)
        if found is None:
            raise MuseError(f"{self.path}: no conflict here", hint="muse conflicts")
        return found

    def page(self) -> str:
        """The page with its choices."""
        from muse.engine.resolve.compare import of_conflicts, who
        from muse.view.page import Page, build

        with self.lock:
            files = of_conflicts(self.here, self.plugin_for, [self.path])
            return build(Page(f"settle {self.path}", who(self.here)), files, self.plugin_for, choices=True)

    def tried(self, picks: Any) -> dict[str, Any]:
        """What the result would be with these choices: its music, or the lines it changes. Nothing is written."""
        from muse.engine.resolve.compare import FOUR
        from muse.view.page import changed_lines, music_of

        with self.lock:
            item = self.item()
            records = resolve.describe(self.here, item, self.plugin_for)
            known = {record.address for record in records}
            chosen = {address: side for address, side in _checked(picks).items() if address in known}
            merged = resolve.merge_again(self.here, item, self.plugin_for, {**item.picks, **chosen})
            plugin = self.plugin_for(item.path)
            sides = dict(zip(FOUR, (*item.sides, merged.content)))
            music = music_of(item.path, sides, records, plugin)
        return {
            "music": music,
            "lines": None if music else changed_lines(item.path, item.sides[0], merged.content, plugin),
        }

    def save(self, picks: Any) -> dict[str, Any]:
        """Settle what was chosen; the addresses that are left."""
        chosen = _checked(picks)
        with self.lock:
            merged = resolve.settle(self.here, self.item(), self.plugin_for, picks=chosen)
            self.settled = not merged.conflicts
        return {"left": [conflict.address for conflict in merged.conflicts], "settled": self.settled}


def _checked(picks: Any) -> dict[str, Choice]:
    if not isinstance(picks, dict) or not all(side in resolve.CHOICES for side in picks.values()):
        raise MuseError("choices are address -> ours, theirs, base or both")
    return picks


class _Server(ThreadingHTTPServer):
    """Loopback only. The printed address is good for one visit, which trades it for a cookie."""

    daemon_threads = True

    def __init__(self, tool: _Tool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tool = tool
        self.token: str | None = os.urandom(16).hex()
        self.cookie = os.urandom(16).hex()
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.address = f"http://{self.host}/{self.token}"
        self.goodbye: float | None = None
        self.done = False

    def serve(self) -> None:
        """Answer until the path is settled or the page is gone."""
        self.timeout = 0.2
        while not self.done:
            self.handle_request()
            if self.goodbye is not None and time.monotonic() - self.goodbye > _GRACE:
                break


class _Handler(BaseHTTPRequestHandler):
    """Four requests: the page, trying choices, saving them, and the page's goodbye."""

    server: _Server
    protocol_version = "HTTP/1.0"
    timeout = 10

    def do_GET(self) -> None:
        """The page."""
        if self.headers.get("Host") != self.server.host:
            self._answer(403, b"wrong host")
        elif self.server.token is not None and self.path == f"/{self.server.token}":
            self.server.token = None
            self._answer(303, b"", Location="/", Set_Cookie=f"muse={self.server.cookie}; HttpOnly; SameSite=Strict")
        elif self.path != "/" or not self._known():
            self._answer(403, b"this address has been used; start muse mergetool again")
        else:
            self.server.goodbye = None
            self._answer(200, self.server.tool.page().encode("utf-8", "replace"), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """Try or save the choices, or say goodbye."""
        size = self.headers.get("Content-Length", "")
        origin = self.headers.get("Origin")
        if not self._known() or origin not in (None, f"http://{self.server.host}"):
            self._answer(403, b"not yours")
        elif not (size.isascii() and size.isdigit() and len(size) < 9 and int(size) <= _LARGEST):
            self._answer(413, b"too much")
        elif self.path == "/goodbye":
            self.server.goodbye = time.monotonic()
            self._answer(204, b"")
        elif self.path == "/save":
            self._tell(self.server.tool.save, self.rfile.read(int(size)))
        elif self.path == "/try":
            self._tell(self.server.tool.tried, self.rfile.read(int(size)))
        else:
            self._answer(404, b"")

    def _tell(self, what: Callable[[Any], dict[str, Any]], body: bytes) -> None:
        try:
            told = what(json.loads(body))
        except (MuseError, ValueError, RecursionError) as error:
            self._answer(409, json.dumps({"error": str(error)}).encode(), "application/json")
            return
        self._answer(200, json.dumps(told).encode(), "application/json")
        self.server.done = self.server.tool.settled

    def _known(self) -> bool:
        import hmac

        given = self.headers.get("Cookie", "").partition("muse=")[2].partition(";")[0]
        right = hmac.compare_digest(given.encode(), self.server.cookie.encode())
        return right and self.headers.get("Host") == self.server.host

    def _answer(self, code: int, body: bytes, kind: str = "text/plain", **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are nobody's business but with MUSE_TRACE."""
        if os.environ.get("MUSE_TRACE"):
            note(format % args)
