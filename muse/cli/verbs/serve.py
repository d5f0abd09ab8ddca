"""`muse serve`: Git's own server for a folder of repositories, with careful settings."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

from muse.cli.context import note
from muse.core.errors import MuseError, UsageError
from muse.engine.git import on_terminal


@click.command("serve", short_help="Serve the repositories below a folder")
@click.argument(
    "folder", required=False, metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is the whole LAN.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port [9418, 8418 for http, 4222 with --live].")
@click.option("--http", is_flag=True, help="Serve over http instead of git://.")
@click.option("--write", is_flag=True, help="Allow pushing: over http, with a name and a password.")
@click.option("--user", default="muse", show_default=True, help="The name for --write.")
@click.option("--live", is_flag=True, help="Serve joined sessions instead: a NATS server, to this machine only.")
def command(folder: Path | None, host: str, port: int | None, http: bool, write: bool, user: str, live: bool) -> int:
    """Serve the repositories below a folder: read-only and to this machine only, unless told otherwise.

    Without --http it is `git daemon`. With --write it is `git http-backend` behind basic authentication; the password
    is taken from MUSE_SERVE_PASSWORD, or made up and printed once. There is no encryption: for anything but a trusted
    network put a web server in front (docs/hosting.md).

    With --live, nats-server is started for trying `muse session join` out; what it has is kept in FOLDER, or nowhere:
    clones that join it send all of it again.
    """
    if live:
        return _live(folder, host, 4222 if port is None else port)
    if folder is None:
        raise UsageError("which folder has the repositories?", hint="muse serve FOLDER")
    if ":" in user:
        raise MuseError("a user name has no colon", 129)
    if http or write:
        return _http(folder, host, 8418 if port is None else port, user if write else None)
    return _daemon(folder, host, 9418 if port is None else port)


def _live(folder: Path | None, host: str, port: int) -> int:
    from muse.engine.live.server import serve

    def listening(at: int) -> None:
        note(f"muse: muse session join NAME nats://{host}:{at}  (Ctrl-C ends it)")

    return serve(host, port, None if folder is None else folder.resolve(), listening)


def _daemon(folder: Path, host: str, port: int) -> int:
    root = os.fspath(folder.resolve())
    words = ["--reuseaddr", "--export-all", f"--listen={host}", f"--port={port}", f"--base-path={root}"]
    words += ["--disable=receive-pack", "--forbid-override=receive-pack", "--informative-errors", root]
    note(f"muse: serving {root} read-only: git clone muse::git://{host}:{port}/<repository>  (Ctrl-C ends it)")
    return on_terminal(["daemon", *words])


def _http(folder: Path, host: str, port: int, user: str | None) -> int:
    from muse.engine.remote.serve import GitServer

    told = os.environ.get("MUSE_SERVE_PASSWORD")
    password = told or secrets.token_urlsafe(12)
    try:
        server = GitServer((host, port), folder, None if user is None else f"{user}:{password}")
    except OSError as error:
        raise MuseError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    where = f"{'' if user is None else f'{user}@'}{host}:{server.server_address[1]}"
    how = "read-only" if user is None else "for reading and writing"
    note(f"muse: serving {server.folder} {how}: git clone muse::http://{where}/<repository>  (Ctrl-C ends it)")
    if user is not None and not told:
        note(f"muse: the password of {user} is {password}")
    with server:
        server.serve_forever()
    return 0
