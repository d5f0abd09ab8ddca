"""`muse session join` and `leave`: a session shared with other machines while it lasts."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from muse.cli.context import note, repo
from muse.cli.options import late
from muse.cli.output import say
from muse.core.errors import MuseError
from muse.core.terminal import command
from muse.core.types import plural

if TYPE_CHECKING:
    import asyncio

    from muse.core.op_log import OpLog
    from muse.store.relay import Relay, Room
    from muse.store.relay.address import Access
    from muse.store.repository import Repository


@click.command("join")
@click.argument("name", shell_complete=late("sessions"))
@click.argument("address", required=False, metavar="[nats://HOST[:PORT]]")
@click.option("--detach", is_flag=True, help="Go on in the background; muse session leave ends it.")
@click.option("--creds", metavar="FILE", type=click.Path(), help="NATS credentials (or NATS_CREDS).")
@click.option("--nkey", metavar="FILE", type=click.Path(), help="Seed of an nkey (or NATS_NKEY).")
@click.option("--ca", metavar="FILE", type=click.Path(), help="Whose certificates are trusted (or NATS_CA).")
@click.option("--cert", metavar="FILE", type=click.Path(), help="Our certificate (or NATS_CERT).")
@click.option("--key", metavar="FILE", type=click.Path(), help="Its key (or NATS_KEY).")
@click.option("--domain", metavar="NAME", help="JetStream's domain, where the server is a leaf node.")
def join(name: str, address: str | None, detach: bool, **asked: str | None) -> None:
    """Share session NAME live with every clone that joins it over the same NATS server, until interrupted.

    The address is kept: next time NAME is enough. Appends are acknowledged by this clone alone, as before; while the
    server is away they wait in the log. Several addresses of one cluster are separated by commas. Needs the extra:
    pip install "muse-on-git[live]". docs/live.md shows how to set a server up.
    """
    from muse.engine.live import settings
    from muse.engine.session import commit as session

    here = repo()
    to = settings.chosen(here, name, address, asked)
    _library()
    log = session.start(here, name)
    if detach:
        _detached(here, log, to)
    else:
        _attached(here, log, to)


def _attached(here: Repository, log: OpLog, to: Access) -> None:
    from muse.engine.live import process, settings
    from muse.engine.live.join import Joined
    from muse.store.relay.jetstream import connect

    name = log.session_id()

    async def reach(room: Room) -> Relay:
        return await connect(to, room)

    def told() -> None:
        settings.keep(here, name, to)
        say(f"session {name} is joined over {to.shown}")
        sys.stdout.flush()

    with process.only_one(log):
        joined = Joined(here, log, to.shown, reach, here.config("user.name") or "somebody")

        async def work(stop: asyncio.Event) -> None:
            await joined.run(stop, told)

        process.run(work)
    note(f"muse: left session {name}")


def _detached(here: Repository, log: OpLog, to: Access) -> None:
    """The same command once more in the background; returns once it has joined."""
    from muse.engine.live import process

    name = log.session_id()
    if pid := process.joined_by(log.folder):
        why = f"session {name!r:.80} is joined already, by process {pid}"
        raise MuseError(why, hint=command("muse", "session", "leave", name))
    words = [sys.executable, "-m", "muse.cli", "session", "join"]
    words += [f"--{key}={path}" for key, path in to.files.items()]
    words += [f"--domain={to.domain}"] if to.domain else []
    with open(log.folder / "relay.log", "wb") as out:
        child = subprocess.Popen(
            [*words, "--", name, to.shown],
            cwd=here.root,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    until = time.monotonic() + 4 * process.PATIENCE
    while child.poll() is None and time.monotonic() < until:
        if b" is joined over " in (log.folder / "relay.log").read_bytes():
            say(f"session {name} is joined over {to.shown} by process {child.pid}")
            return
        time.sleep(0.02)
    child.terminate()
    said = (log.folder / "relay.log").read_text("utf-8", "replace").strip().splitlines()
    raise MuseError(said[0].removeprefix("muse: ") if said else "it does not join", hint=" ".join(said[1:]))


@click.command("leave")
@click.argument("name", shell_complete=late("sessions"))
def leave(name: str) -> None:
    """End what keeps session NAME joined, and forget where its relay is. What was not sent waits in the log."""
    from muse.core.op_log import OpLog
    from muse.engine.live import process, settings

    here = repo()
    log = OpLog(here.root, name)
    pid = process.end(log.folder)
    known = settings.forget(here, name)
    if not pid and not known:
        raise MuseError(f"session {name!r:.80} is not joined", hint="muse session join NAME nats://HOST[:PORT]")
    say(f"left session {name}")


def lines(here: Repository, log: OpLog) -> list[str]:
    """What `muse session status` says of a session that is or was joined."""
    from muse.view.text import one_line

    found = as_json(here, log)
    if found is None:
        return []
    state = "joined over" if found["connected"] else "trying to reach" if found["pid"] else "not joined now:"
    made = [f"{state} {found['address']}" + (f" ({one_line(found['problem'])})" if found["problem"] else "")]
    if found["unsent"]:
        made.append(f"{plural(found['unsent'], 'op')} not sent yet")
    if found["behind"]:
        made.append(f"{plural(found['behind'], 'message')} not taken in yet")
    for peer in found["peers"]:
        behind = f", {plural(peer['behind'], 'message')} behind" if peer["behind"] else ""
        claims = [f"claims {one_line(', '.join(each['addresses'])[:200])}" for each in peer["claims"]]
        made.append(", ".join([f"{one_line(peer['who'])} ({one_line(peer['writer'][:8])}) is here{behind}", *claims]))
    for writer, many in found["refused"].items():
        made.append(f"{plural(many, 'line')} of {one_line(writer[:40])} refused, see damage below")
    if found["missing"]:
        made.append(f"{plural(found['missing'], 'content')} not here yet: muse sync")
    if found["too_large"]:
        made.append(f"{plural(len(found['too_large']), 'content')} too large for the relay: muse sync gives it away")
    return made


def as_json(here: Repository, log: OpLog) -> dict[str, Any] | None:
    """The same for `--json`; None for a session that is not joined."""
    from muse.engine.live.status import status

    return status(here, log)


def _library() -> None:
    try:
        import nats  # noqa: F401
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("nats", "nkeys"):
            raise
        hint = 'pip install "muse-on-git[live]"'
        raise MuseError("joined sessions need the Python package nats-py", hint=hint) from None


__all__ = ["as_json", "join", "leave", "lines"]
