"""`git http-backend` behind a small HTTP server, for a LAN: read-only, or writable with one name and password."""

from __future__ import annotations

import base64
import hmac
import os
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from muse.store.durability import WORDS

CHUNK = 1 << 16
MAX_HEAD = 1 << 16  # bytes of headers from the backend


class GitServer(ThreadingHTTPServer):
    """Serves every repository below `folder`; with `login` ("name:password") pushing is allowed, and both need it."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], folder: Path, login: str | None = None) -> None:
        self.folder = folder.resolve()
        self.login = None if login is None else base64.b64encode(login.encode())
        self.user = "" if login is None else login.partition(":")[0]
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    """One request: checked, handed to `git http-backend` as a CGI program, streamed both ways."""

    server: GitServer
    timeout = 300  # seconds a client may be silent

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: credentials and paths stay out of logs."""

    def _serve(self) -> None:
        if not self._may():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="muse", charset="UTF-8"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        if not self._inside(unquote(path)):
            self.send_error(404)
            return
        env = self._env(unquote(path), query)
        if any("\0" in value for value in env.values()):
            self.send_error(400)
            return
        with subprocess.Popen(
            ["git", "http-backend"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as backend:
            assert backend.stdin is not None and backend.stdout is not None
            try:
                self._body_to(backend.stdin)
                backend.stdin.close()
                self._answer_from(backend.stdout)
            except (OSError, ValueError):
                backend.kill()  # the client went away or sent nonsense
        self.close_connection = True

    def _may(self) -> bool:
        if self.server.login is None:
            return True
        kind, _, word = self.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "basic" and hmac.compare_digest(word.strip().encode(), self.server.login)

    def _inside(self, path: str) -> bool:
        """True for a path that stays below the folder, links resolved; a repository and nothing else is served."""
        if "\0" in path:
            return False
        root = os.fspath(self.server.folder)
        full = os.path.realpath(root + "/" + path.lstrip("/"))
        return full == root or full.startswith(root.rstrip("/") + "/")

    def _env(self, path: str, query: str) -> dict[str, str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or "CONFIG" in name}
        env |= {
            "GIT_PROJECT_ROOT": os.fspath(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "REMOTE_ADDR": self.client_address[0],
            "REMOTE_USER": self.server.user,
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        told = [tuple(WORDS[1].split("="))]  # what was pushed is on the medium before it is acknowledged
        if not self.server.user:  # a repository's own setting must not open what has no password
            told.append(("http.receivepack", "false"))
        for number, (key, value) in enumerate(told, start=int(env.get("GIT_CONFIG_COUNT", "0") or 0)):
            env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
            env["GIT_CONFIG_COUNT"] = str(number + 1)
        if "Content-Length" in self.headers:
            env["CONTENT_LENGTH"] = self.headers["Content-Length"]
        return env

    def _body_to(self, sink: IO[bytes]) -> None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline(64).split(b";")[0], 16):
                self._copy(size, sink)
                self.rfile.readline(8)
            self.rfile.readline(8)
        else:
            self._copy(int(self.headers.get("Content-Length", "0")), sink)

    def _copy(self, size: int, sink: IO[bytes]) -> None:
        while size > 0:
            data = self.rfile.read(min(size, CHUNK))
            if not data:
                raise OSError("the client went away")
            sink.write(data)
            size -= len(data)

    def _answer_from(self, source: IO[bytes]) -> None:
        status, head, total = "200 OK", [], 0
        while (line := source.readline(MAX_HEAD)).strip():
            total += len(line)
            name, _, value = line.decode("latin-1").strip().partition(": ")
            if total > MAX_HEAD:
                raise OSError("too many headers")
            if name.lower() == "status":
                status = value
            else:
                head.append((name, value))
        code, _, words = status.partition(" ")
        self.send_response(int(code), words)
        for name, value in head:
            self.send_header(name, value)
        self.end_headers()
        while data := source.read1(CHUNK):  # type: ignore[attr-defined]
            self.wfile.write(data)
