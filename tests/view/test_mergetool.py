"""`muse mergetool` without a browser: who may ask it what, and what saving does."""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


class Session:
    """A running tool and what a browser would remember of it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://(127\.0\.0\.1:\d+)(/[0-9a-f]{32})$", line.strip())
        assert found is not None, line
        self.host, self.path = found[1], found[2]
        self.cookie = ""

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            sent = {"Cookie": self.cookie, **{name.replace("_", "-"): value for name, value in headers.items()}}
            connection.request(method, path, body, {name: value for name, value in sent.items() if value})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def enter(self) -> None:
        status, headers, _ = self.ask("GET", self.path)
        assert (status, headers["Location"]) == (303, "/")
        assert "HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"]
        self.cookie = headers["Set-Cookie"].partition(";")[0]


@pytest.fixture
def session(disputed: Path) -> Iterator[Session]:
    process = subprocess.Popen(
        ["muse", "mergetool", "--no-browser", "song.mid"],
        cwd=disputed,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    yield Session(process)
    process.terminate()
    process.wait(10)
    assert process.stderr is not None
    process.stderr.close()


def test_the_address_works_once_and_only_here(session: Session) -> None:
    assert session.ask("GET", "/")[0] == 403
    assert session.ask("GET", session.path, Host="evil.example")[0] == 403
    session.enter()
    kept, session.cookie = session.cookie, ""
    assert session.ask("GET", session.path)[0] == 403
    assert session.ask("GET", "/")[0] == 403 and session.ask("POST", "/save", "{}")[0] == 403
    session.cookie = "muse=" + "0" * 32
    assert session.ask("GET", "/")[0] == 403
    session.cookie = kept
    status, headers, html = session.ask("GET", "/")
    assert status == 200 and headers["Cache-Control"] == "no-store" and '"choices":true' in html
    assert "connect-src 'self'" in html
    assert session.ask("POST", "/save", "{}", Origin="http://evil.example")[0] == 403
    assert session.process.poll() is None


def address_of(html: str) -> str:
    found = re.search(r'"conflicts":\[{"address":"([^"]+)"', html)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("body", ["", "[]", "not json", '{"x": 3}', '{"x": "mine"}', '{"nowhere": "ours"}',
                                  "[" * 100_000, '{"a":' * 100_000])  # fmt: skip
def test_nonsense_changes_nothing(body: str, session: Session, disputed: Path) -> None:
    before = (disputed / "song.mid").read_bytes()
    session.enter()
    status, _, told = session.ask("POST", "/save", body)
    assert status == 409 and json.loads(told)["error"]
    assert (disputed / "song.mid").read_bytes() == before and session.process.poll() is None


@pytest.mark.parametrize("size", ["\xb2", "9" * 5000, "-1", "1e3", "1048577"])
def test_a_size_that_is_none_is_refused_in_words(size: str, session: Session, disputed: Path) -> None:
    """A digit of another kind, or thousands of them, ended the request with a traceback."""
    session.enter()
    assert session.ask("POST", "/save", "{}", Content_Length=size)[0] == 413
    assert session.process.poll() is None


def test_saving_settles_and_ends_the_program(session: Session, disputed: Path, git: Callable[..., str]) -> None:
    session.enter()
    address = address_of(session.ask("GET", "/")[2])
    status, _, told = session.ask("POST", "/save", json.dumps({address: "ours"}))
    assert (status, json.loads(told)) == (200, {"left": [], "settled": True})
    assert session.process.wait(30) == 0
    assert git(disputed, "ls-files", "--unmerged", "song.mid") == ""


def test_a_path_without_a_conflict_is_a_clear_error(disputed: Path, muse: Callable[..., Any]) -> None:
    done = muse(disputed, "mergetool", "--no-browser", "a<b>&.txt", check=False)
    assert done.returncode == 128 and "no conflict here" in done.stderr


def test_over_ssh_it_prints_the_command_that_brings_the_page_home(disputed: Path) -> None:
    env = {**os.environ, "SSH_CONNECTION": "203.0.113.9 50000 198.51.100.7 22", "USER": "al ice"}
    process = subprocess.Popen(
        ["muse", "mergetool", "--no-browser", "song.mid"], cwd=disputed, text=True, stderr=subprocess.PIPE, env=env
    )
    try:
        assert process.stderr is not None
        port = process.stderr.readline().rsplit(":", 1)[1].partition("/")[0]
        told = process.stderr.readline()
        words = shlex.split(told.partition(": ")[2])
        assert words == ["ssh", "-N", "-L", f"{port}:127.0.0.1:{port}", "al ice@198.51.100.7"]
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()
