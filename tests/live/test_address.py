"""Where a relay may be, what is kept of it, and what is said where something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core.errors import UsageError
from muse.engine.live import server
from muse.store.relay.address import access, parse


def test_addresses_as_people_write_them() -> None:
    assert parse("nats://h") == parse("h") == parse("h:4222") == ("nats://h:4222",)
    assert parse("tls://a.example.org:1,nats://[::1]:2") == ("tls://a.example.org:1", "nats://[::1]:2")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "http://h",
        "nats://u:p@h",
        "nats://u@h",
        "nats://h/x",
        "nats://h?x=1",
        "nats://h:99999",
        "nats://[::1",
        "-x y",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


def test_credentials_come_from_files_or_from_natss_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATS_CREDS", "/a/creds")
    assert access(("nats://h:1",), {"nkey": "/b/seed"}).files == {"creds": "/a/creds", "nkey": "/b/seed"}


def test_a_session_is_joined_with_an_address_and_left_once(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(pair[0])
    assert main(["session", "join", "jam"]) == 129
    assert "which relay?" in capsys.readouterr().err
    assert main(["session", "leave", "jam"]) != 0
    assert "is not joined" in capsys.readouterr().err
    assert main(["session", "join", "jam", "nats://ada:secret@h"]) == 129
    assert "no password in it" in capsys.readouterr().err
    assert main(["session", "join", "jam", "nats://127.0.0.1:1"]) != 0
    said = capsys.readouterr().err
    assert "cannot reach nats://127.0.0.1:1" in said and "Traceback" not in said


def test_without_a_server_to_start_it_is_said_where_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(server, "SBIN", str(tmp_path))
    assert main(["serve", "--live"]) != 0
    said = capsys.readouterr().err
    assert "nats-server is not installed" in said and "go install github.com/nats-io/nats-server/v2@latest" in said
