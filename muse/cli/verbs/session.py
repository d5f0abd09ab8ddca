"""`muse session`: live edits by any number of people and programs, kept safe, and committed when they are ready."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from muse.cli.context import note, print_json, repo
from muse.cli.options import json_option, late
from muse.core.errors import ExitCode, MuseError, UsageError, hint_for
from muse.core.op_log import LEVELS, OpLog, Request, missing_content, stored_content, take_content
from muse.core.op_log.canonical import loads
from muse.core.types import plural

if TYPE_CHECKING:
    from muse.core.op_log import Level, OpEntry
    from muse.engine.session.commit import Take
    from muse.store.repository import Repository

_CHUNK = 1 << 16
_LONGEST = 1 << 26
_PATHS = 1 << 10
_FIELDS = {"op": dict, "actor": str, "parents": list, "intent": str, "reservation": str, "domain": str}


@click.group("session", short_help="Record live edits of many agents and commit them")
def command() -> None:
    """Record live edits of many agents and commit them.

    An op that was acknowledged survives the death of every process (level written) or power loss (durable).
    """


@command.command("start")
@click.argument("name", shell_complete=late("sessions"))
@json_option
def start(name: str, as_json: bool) -> None:
    """Begin session NAME at the commit we stand on, or join it."""
    from muse.engine.session import commit as session

    if not name.strip():
        raise UsageError("a session needs a name", hint="muse session start NAME")
    log = session.start(repo(), name)
    if as_json:
        print_json({"session": name, "folder": str(log.folder), "writer": log.writer})
    else:
        click.echo(f"session {name}: muse session append {name}")


@command.command("append")
@click.argument("name", shell_complete=late("sessions"))
@click.option("--actor", metavar="NAME", help="Who makes the ops that do not say so (default: user.name).")
@click.option("--level", type=click.Choice(LEVELS), default="written", help="What an acknowledged op survives.")
def append(name: str, actor: str | None, level: Level) -> int:
    """Append ops from standard input, one JSON object a line: {"op": {...}, "actor"?, "parents"?, "intent"?}.

    Answers in order, one line each: {"ack": id, "lamport": time, "sequence": n} once the op is as safe as --level
    says, or {"error": why}; an error concerns its own line only. Exits 1 when there was any.
    """
    here = repo()
    stream = _Appender(here, OpLog(here.root, name), actor or here.config("user.name") or "somebody", level)
    out = sys.stdout
    for lines in _batches(sys.stdin.fileno()):
        out.write("".join(map(_text, stream.take(lines))))
        out.flush()
    stream.log.close()
    return int(ExitCode.CONFLICT if stream.failed else ExitCode.OK)


def _batches(stream: int) -> Iterator[list[bytes | None]]:
    """Whole lines as they arrive, all that are there at once; None for a line that is too long to be an op."""
    parts: list[bytes] = []
    size, skipping = 0, False
    while chunk := os.read(stream, _CHUNK):
        *whole, rest = chunk.split(b"\n")
        lines: list[bytes | None] = []
        for line in whole:
            lines.append(None if skipping else b"".join([*parts, line]))
            parts, size, skipping = [], 0, False
        if rest and not skipping:
            parts.append(rest)
            size += len(rest)
            if size > _LONGEST:
                parts, size, skipping = [], 0, True
        if lines:
            yield lines
    if parts or skipping:
        yield [None if skipping else b"".join(parts)]


class _Appender:
    """Lines to answers; ops that arrive together are written together."""

    def __init__(self, here: Repository, log: OpLog, actor: str, level: Level) -> None:
        self.here = here
        self.log = log
        self.actor = actor
        self.level = level
        self.failed = False
        self.kept: set[str] = set()
        self.domains: dict[str, str] = {}

    def take(self, lines: list[bytes | None]) -> list[dict[str, Any]]:
        """One answer per line that is not blank."""
        wishes = [self._wish(line) for line in lines if line is None or line.strip()]
        good = [wish for wish in wishes if isinstance(wish, Request)]
        try:
            made = iter(self._record(good))
            return [next(made) if isinstance(wish, Request) else wish for wish in wishes]
        except (MuseError, OSError):
            pass  # nothing was written; one by one shows which
        return [self._alone(wish) if isinstance(wish, Request) else wish for wish in wishes]

    def _alone(self, wish: Request) -> dict[str, Any]:
        try:
            return self._record([wish])[0]
        except (MuseError, OSError) as error:
            return self._error(_whole(error))

    def _record(self, wishes: list[Request]) -> list[dict[str, Any]]:
        if not wishes:
            return []
        self._keep(wishes)
        entries = self.log.record_all(wishes, level=self.level)
        first = self.log.sequence - len(entries) + 1
        return [
            {"ack": entry["op_id"], "lamport": entry["lamport_ts"], "sequence": first + at}
            for at, entry in enumerate(entries)
        ]

    def _keep(self, wishes: list[Request]) -> None:
        """Have our ref name what the ops do not carry, before they are acknowledged."""
        named = {digest for wish in wishes if (digest := stored_content(wish.op)) is not None} - self.kept
        if named:
            from muse.store.log import checkpoints

            checkpoints.pin(self.here, named)
            self.kept |= named

    def _wish(self, line: bytes | None) -> Request | dict[str, Any]:
        if line is None:
            return self._error(f"a line is over {_LONGEST} bytes")
        try:
            value = loads(line)
        except (ValueError, RecursionError) as error:
            return self._error(f"not JSON: {error}")
        if not isinstance(value, dict):
            return self._error("a line is a JSON object")
        for name, found in value.items():
            kind = _FIELDS.get(name)
            if kind is None:
                return self._error(f"{name!r:.80} is no field of a line ({', '.join(_FIELDS)})")
            if not isinstance(found, kind):
                return self._error(f"{name} is not of type {kind.__name__}")
        if "op" not in value:
            return self._error("op is missing")
        try:
            op: Any = take_content(value["op"], self.here.content)
            lost = missing_content(op, self.here.content)
        except (MuseError, OSError, TypeError, AttributeError, RecursionError) as error:
            return self._error(_whole(error))
        if lost:
            return self._error(f"the content of {', '.join(lost[:3])} is neither in the op nor in the repository")
        parents = value.get("parents", [])
        if not all(isinstance(parent, str) for parent in parents):
            return self._error("parents are op ids")
        return Request(
            actor=value.get("actor", self.actor),
            domain=value.get("domain") or self._domain(op),
            op=op,
            parents=tuple(parents),
            intent=value.get("intent", ""),
            reservation=value.get("reservation", ""),
        )

    def _domain(self, op: Any) -> str:
        address = op.get("address")
        if not isinstance(address, str):
            return "files"
        path = address.partition("::")[0]
        found = self.domains.get(path)
        if found is None:
            from muse.plugins.registry import domain_for_path

            if len(self.domains) >= _PATHS:
                self.domains.clear()
            found = self.domains[path] = domain_for_path(path)
        return found

    def _error(self, why: str) -> dict[str, Any]:
        self.failed = True
        return {"error": why}


def _text(answer: dict[str, Any]) -> str:
    """An answer as a line of JSON; acknowledgements, whose ids need no escaping, without an encoder."""
    if "ack" in answer:
        return f'{{"ack": "{answer["ack"]}", "lamport": {answer["lamport"]}, "sequence": {answer["sequence"]}}}\n'
    return json.dumps(answer) + "\n"


def _whole(error: Exception) -> str:
    hint = hint_for(error.errno) if isinstance(error, OSError) else getattr(error, "hint", "")
    said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return f"{said}; {hint}" if hint else said


@command.command("follow")
@click.argument("name", shell_complete=late("sessions"))
@click.option("--all", "everything", is_flag=True, help="From the beginning instead of from now.")
@click.option("-n", "--count", type=click.IntRange(min=1), help="Stop after so many ops.")
def follow(name: str, everything: bool, count: int | None) -> None:
    """Print ops as they arrive, one JSON object a line, until interrupted."""
    from muse.engine.session import commit as session

    here = repo()
    log = session.existing(here, name)
    for number, entry in enumerate(log.follow(since=0 if everything else None), start=1):
        sys.stdout.write(json.dumps(entry) + "\n")
        sys.stdout.flush()
        if number == count:
            return


@command.command("status")
@click.argument("name", shell_complete=late("sessions"))
@json_option
def status(name: str, as_json: bool) -> None:
    """Show what of session NAME is not committed, what waits, and what is damaged."""
    from muse.engine.session import commit as session

    here = repo()
    log = session.existing(here, name)
    found = session.status(here, log)
    if as_json:
        print_json(found)
        return
    click.echo(f"session {name}: {plural(found['ops'], 'op')} by {plural(len(found['actors']), 'actor')}")
    click.echo(f"  {found['uncommitted']} not committed yet")
    for key, words in (("waiting", "wait for an op they depend on"), ("missing_content", "have lost their content")):
        if found[key]:
            click.echo(f"  {len(found[key])} {words}")
    for piece in found["damage"]:
        click.echo(f"  damaged: {piece['reason']} (byte {piece['offset']}, {piece['length']} bytes, in quarantine)")


@command.command("commit")
@click.argument("name", shell_complete=late("sessions"))
@click.option("-m", "--message", help="The commit's message.")
@click.option("--take", type=click.Choice(["live", "log"]), help="What wins where file and session disagree.")
@click.option(
    "--accept-damage",
    is_flag=True,
    help="Commit without damaged lines (they are in quarantine) and ops without content.",
)
@click.option("--strict", is_flag=True, help="Refuse when ops of the session override one another.")
@json_option
def commit(name: str, message: str | None, take: Take | None, accept_damage: bool, strict: bool, as_json: bool) -> int:
    """Commit what the ops of session NAME make of the last commit; files no op spoke of are left alone."""
    from muse.engine.session import commit as session
    from muse.plugins.registry import plugin_for_path, read_domain
    from muse.view.text import one_line

    here = repo()
    log = session.existing(here, name)
    done = session.commit(
        here,
        log,
        plugin_for_path,
        message=message,
        take=take,
        accept_damage=accept_damage,
        strict=strict,
        domain=read_domain(here.root),
    )
    for line in done.overridden:
        note(f"muse: {one_line(line)}")
    for path in done.external:
        note(f"muse: {path} was changed outside of the session; that is now an op of it")
    if done.waiting:
        note(f"muse: waiting for an op they depend on, and not in this commit: {plural(done.waiting, 'op')}")
    if as_json:
        print_json(
            {
                "commit": done.commit,
                "snapshot_id": done.snapshot_id,
                "ops": done.ops,
                "changed": done.changed,
                "external": done.external,
                "overridden": done.overridden,
                "waiting": done.waiting,
            }
        )
    elif done.commit is None:
        click.echo("nothing to commit: the ops change no file" if not done.code else "not committed")
    else:
        what = f"{plural(done.ops, 'op')}, {plural(len(done.changed), 'file')}"
        click.echo(f"[{done.commit[:10]}] session {name}: {what}")
    return done.code


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the sessions known here, those of other clones included."""
    from muse.engine.session import commit as session

    found = session.names(repo())
    if as_json:
        print_json(found)
    else:
        from muse.view.text import one_line

        for name in found:
            click.echo(one_line(name))


@command.command("show")
@click.argument("name", shell_complete=late("sessions"))
@json_option
def show(name: str, as_json: bool) -> None:
    """Show every op of session NAME, of all clones, in the one total order."""
    from muse.engine.session import commit as session

    for entry in session.show(session.existing(repo(), name)):
        if as_json:
            print_json(entry)
        else:
            click.echo(_line(entry))


def _line(entry: OpEntry) -> str:
    from muse.view.text import one_line

    op: Any = entry["domain_op"]
    words = op.get("content_summary") or op.get("new_summary") or op.get("child_summary") or ""
    who, where = one_line(entry["actor_id"][:40]), one_line(op["address"][:500])
    return f"{entry['lamport_ts']:>6}  {who:<16} {op['op']:<8}{where}  {one_line(str(words)[:500])}".rstrip()
