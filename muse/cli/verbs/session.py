"""`muse session`: live edits by any number of people and programs, kept safe, and committed when they are ready."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from muse.cli.context import domains, note, print_json, repo
from muse.cli.options import json_option, late
from muse.cli.output import data, say
from muse.cli.verbs import session_live
from muse.core import terminal
from muse.core.errors import ExitCode, UsageError
from muse.core.op_log import LEVELS
from muse.core.types import plural

if TYPE_CHECKING:
    from muse.core.op_log import Level, OpEntry


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
        say(f"session {name}: muse session append {name}")


@command.command("append")
@click.argument("name", shell_complete=late("sessions"))
@click.option("--actor", metavar="NAME", help="Who makes the ops that do not say so (default: user.name).")
@click.option("--level", type=click.Choice(LEVELS), default="written", help="What an acknowledged op survives.")
@click.option("--create", is_flag=True, help="Start the session if there is none of that name.")
@click.option(
    "--check/--no-check", default=True, help="Refuse ops that do not fit the file (the default), or take them."
)
def append(name: str, actor: str | None, level: Level, create: bool, check: bool) -> int:
    """Append ops from standard input, one JSON object a line: {"op": {...}, "expect"?, "actor"?, "parents"?, ...}.

    Answers in order, one line each: {"ack": id, "lamport": time, "sequence": n} once the op is as safe as --level
    says, or {"error": why, "code": word}; an error concerns its own line only. Exits 1 when there was any.
    docs/agents.md has examples and every code.
    """
    from muse.engine.session import commit as session
    from muse.engine.session import intake

    here = repo()
    log = session.start(here, name) if create else session.known(here, name)
    who = actor or here.config("user.name") or "somebody"
    stream = intake.Intake(here, log, who, level, domains(here)[0], check=check)
    for lines in intake.batches(sys.stdin.fileno()):
        data("".join(map(intake.text, stream.take(lines))).encode())
    stream.log.close()
    return int(ExitCode.CONFLICT if stream.failed else ExitCode.OK)


@command.command("follow")
@click.argument("name", shell_complete=late("sessions"))
@click.option("--all", "everything", is_flag=True, help="From the beginning instead of from now.")
@click.option("-n", "--count", type=click.IntRange(min=1), help="Stop after so many ops.")
@click.option("--words", is_flag=True, help="For a person: a line each, as muse session show has it.")
def follow(name: str, everything: bool, count: int | None, words: bool) -> None:
    """Print ops as they arrive, one JSON object a line, until interrupted.

    What a sync or fetch brings of other clones is among them.
    """
    from muse.engine.session import commit as session
    from muse.engine.session.arrivals import Arrivals

    here = repo()
    log = session.existing(here, name)
    new = log.follow(since=0 if everything else None, stop=Arrivals(here, log).look)
    for number, entry in enumerate(new, start=1):
        say(_line(entry)) if words else print_json(entry)
        if number == count:
            return


@command.command("watch")
@click.argument("name", shell_complete=late("sessions"))
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("--apply", is_flag=True, help="Write what others do to disk, never over changes that are no op yet.")
@click.option("--actor", metavar="NAME", help="Who makes the ops (default: user.name).")
@click.option("--interval", type=click.FloatRange(0.05, 60), default=0.5, help="Seconds between two looks (0.5).")
@click.option("--quiet", type=click.FloatRange(0, 60), help="Seconds a file is left alone (0.3; on Linux: closed).")
@click.option("--once", is_flag=True, help="Look once and end.")
def watch_(
    name: str, paths: tuple[str, ...], apply: bool, actor: str | None, interval: float, quiet: float | None, once: bool
) -> None:
    """Turn saves to disk into ops of session NAME, until interrupted, so that any editor or DAW takes part.

    Files that Git ignores are left out; PATHs limit it. Each op is the change since the file last agreed with the
    session, as its domain sees it.
    """
    from muse.engine.elements import full_path
    from muse.engine.git import below_top
    from muse.engine.session import commit as session
    from muse.engine.session.watch import Watch, watch

    here = repo()
    wanted = [full_path(here, below_top(here), path) for path in paths]
    log = session.existing(here, name)
    who = actor or here.config("user.name") or "somebody"
    left_alone = 0.3 if quiet is None else quiet
    watching = Watch(here, log, domains(here)[0], who, wanted, apply=apply, quiet=left_alone)
    if not once:
        note(f"muse: watching {plural(len(watching.known()), 'file')} for session {name}  (Ctrl-C ends it)")
    watch(
        watching,
        lambda event: say(f"{event.what} {event.path}".rstrip()),
        interval=interval,
        once=once,
        hurry=quiet is None,
    )


def _as_far_as(paths: list[str]) -> str:
    """Which files a line is about, where it is not about all; or ""."""
    names = ", ".join(map(terminal.path, paths[:3])) + (", ..." if len(paths) > 3 else "")
    return f" as far as {names} {'is' if len(paths) == 1 else 'are'} concerned" if paths else ""


@command.command("status")
@click.argument("name", shell_complete=late("sessions"))
@json_option
def status(name: str, as_json: bool) -> None:
    """Show what of session NAME is not committed, what waits, and what is damaged."""
    from muse.engine.session import commit as session
    from muse.engine.session import expunge
    from muse.view.text import one_line

    here = repo()
    log = session.existing(here, name)
    found = session.status(here, log, domains(here)[0])
    if as_json:
        print_json({**found, "live": session_live.as_json(here, log)})
        return
    say(f"session {name}: {plural(found['ops'], 'op')} by {plural(len(found['actors']), 'actor')}")
    say(f"  {found['uncommitted']} not committed yet")
    if found["branch"] is not None:
        say(f"  on {found['branch'].removeprefix('refs/heads/') or 'a detached HEAD'}")
    lines = [
        f"commit {commit[:10]} of it is in no branch any more{_as_far_as(found['dropped_in'].get(commit, []))}; "
        f"muse session redeliver {name} brings its ops back"
        for commit in found["dropped"]
    ]
    lines += [
        f"commit {each['commit'][:10]} of another clone has delivered some of it and is in no branch here: git fetch, "
        f"or muse session redeliver {name} {each['commit'][:10]} brings its ops back"
        for each in found["elsewhere"]
    ]
    lines += [
        f"{plural(len(ops), 'op')} ({', '.join(op[:17] for op in ops[:3])}) delivered as {one_line(ref)} says, with no "
        f"delivery that names a commit; muse session show {name} lists all ops: append anew what is missing"
        for ref, ops in found["unbacked"].items()
    ]
    for line in [*session_live.lines(here, log), *lines]:
        say(f"  {line}")
    for lost in found["lost_in_merges"]:
        ops = ", ".join(lost["ops"][:3]) or "an op"
        say(f"  {one_line(ops)} has no effect in {terminal.path(lost['path'])} since merge {lost['merge'][:10]}")
    if found["lost_in_merges"]:
        say(f"  {terminal.command('muse', 'session', 'repair', name)} brings that in")
    if found["told_expunged"]:
        say(f"  {one_line(expunge.words(name, found['told_expunged']))}")
    for key, words in (("waiting", "wait for an op they depend on"), ("missing_content", "have lost their content")):
        if found[key]:
            say(f"  {len(found[key])} {words}")
    for piece in found["damage"]:
        say(f"  damaged: {piece['reason']} (byte {piece['offset']}, {piece['length']} bytes, in quarantine)")


@command.command("commit")
@click.argument("name", shell_complete=late("sessions"))
@click.option("-m", "--message", help="The commit's message.")
@click.option(
    "--take",
    "takes",
    type=click.Choice(["head", "session", "live", "log"]),
    multiple=True,
    help="What wins: head or session where a commit and the session disagree, live or log where a file does.",
)
@click.option(
    "--pick", "picks", metavar="WHERE=SIDE", multiple=True, help="PATH::ADDRESS=head or =session: one of them."
)
@click.option("--onto", metavar="BRANCH", help="Deliver to this branch, which must be checked out, from now on.")
@click.option("--partial", is_flag=True, help="Commit without the ops that cannot be applied (exit code 3).")
@click.option(
    "--accept-damage",
    is_flag=True,
    help="Commit without damaged lines (they are in quarantine) and ops without content.",
)
@click.option("--strict", is_flag=True, help="Refuse when ops of the session override one another.")
@json_option
def commit(
    name: str,
    message: str | None,
    takes: tuple[str, ...],
    picks: tuple[str, ...],
    onto: str | None,
    partial: bool,
    accept_damage: bool,
    strict: bool,
    as_json: bool,
) -> int:
    """Commit what the pending ops of session NAME make, merged with what was committed since.

    Files no op spoke of are left alone. Exits 1 where a commit or a file and the session disagree, 3 where ops cannot
    be applied.
    """
    from muse.engine.session import commit as session
    from muse.engine.session.ground import Choices
    from muse.engine.session.on_head import REJECTED
    from muse.view.text import one_line

    here = repo()
    here.expect_writing()
    log = session.existing(here, name)
    plugin_for, own = domains(here)
    done = session.commit(
        here,
        log,
        plugin_for,
        message=message,
        take=_one_of(takes, "live", "log"),
        choices=Choices(_one_of(takes, "head", "session"), dict(map(_pick, picks))),
        onto=onto,
        partial=partial,
        accept_damage=accept_damage,
        strict=strict,
        domain=own,
    )
    for line in [*done.told, *done.overridden]:
        note(f"muse: {one_line(line)}")
    for path in done.external:
        note(f"muse: {terminal.path(path)} was changed outside of the session; that is now an op of it")
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
                "rejected": done.rejected,
            }
        )
    elif done.commit is None:
        say("nothing to commit: the ops change no file" if not done.code else "not committed")
    else:
        what = f"{plural(done.ops, 'op')}, {plural(len(done.changed), 'file')}"
        say(f"[{done.commit[:10]}] session {name}: {what}")
    return done.code or (REJECTED if done.rejected else ExitCode.OK)


def _one_of(takes: tuple[str, ...], *pair: str) -> Any:
    """The last of two words that was given, or None."""
    return next((word for word in reversed(takes) if word in pair), None)


def _pick(text: str) -> tuple[str, Any]:
    where, _, side = text.rpartition("=")
    if not where or side not in ("head", "session"):
        raise UsageError(f"{text!r:.200} is no pick", hint="--pick PATH::ADDRESS=head or --pick PATH::ADDRESS=session")
    return where, side


@command.command("redeliver")
@click.argument("name", shell_complete=late("sessions"))
@click.argument("commits", metavar="[COMMIT...]", nargs=-1)
def redeliver(name: str, commits: tuple[str, ...]) -> int:
    """Make ops pending again whose commits are in no branch any more, or those of the COMMITs; nothing is committed."""
    from muse.engine.session import commit as session
    from muse.engine.session import delivery, rewritten
    from muse.engine.session.elsewhere import elsewhere

    here = repo()
    here.expect_writing()
    log = session.existing(here, name)
    with delivery.one_at_a_time(log):
        delivery.settle(here, log)
        rewritten.follow(here, log, domains(here)[0])
        others = elsewhere(here, log) if commits else []
        names = [commit for commit in commits if any(each["commit"].startswith(commit) for each in others)]
        names += [here.resolve(commit) for commit in commits if commit not in names]
        found = delivery.redeliver(here, log, names, others)
    if not found:
        say("nothing to redeliver: every commit of the session is in a branch")
        if not commits:
            say(f"what was reverted comes back by its commit: muse session redeliver {name} COMMIT")
        return int(ExitCode.CONFLICT if commits else ExitCode.OK)
    for each in found:
        ops = sum(last - first + 1 for runs in each["ops"].values() for first, last in runs)
        say(f"{plural(ops, 'op')} of commit {each['commit'][:10]} pending again: muse session commit {name}")
    return int(ExitCode.OK)


@command.command("undo")
@click.argument("name", shell_complete=late("sessions"))
@click.argument("ops", metavar="[OP...]", nargs=-1)
@click.option("--last", metavar="N", type=click.IntRange(min=1), help="The last N ops that were not taken back yet.")
@click.option("--actor", metavar="WHO", help="All that WHO did.")
@click.option("--delivery", metavar="COMMIT", help="All that a commit of the session delivered.")
@click.option("--as", "who", metavar="NAME", help="Who takes them back (default: user.name).")
@click.option("--partial", is_flag=True, help="Leave alone what was changed since or is built on (exit code 3).")
@json_option
def undo_(
    name: str,
    ops: tuple[str, ...],
    last: int | None,
    actor: str | None,
    delivery: str | None,
    who: str | None,
    partial: bool,
    as_json: bool,
) -> int:
    """Take ops of session NAME back by new ops, committed or not; `muse session commit` commits that like any other.

    OPs are ids, or their beginnings, as `muse session show` has them. What somebody changed since is never undone.
    """
    from muse.engine.session import commit as session
    from muse.engine.session import undo
    from muse.engine.session.on_head import REJECTED
    from muse.view.text import one_line

    if [bool(ops), last is not None, actor is not None, delivery is not None].count(True) != 1:
        hint = "muse session undo NAME OP..., or --last N, --actor WHO or --delivery COMMIT"
        raise UsageError("which ops are to be taken back?", hint=hint)
    here = repo()
    here.expect_writing()
    log = session.existing(here, name)
    commit = here.resolve(delivery) if delivery else ""
    chosen = undo.choose(here, log, ops=ops, last=last or 0, actor=actor, commit=commit)
    by = who or here.config("user.name") or "somebody"
    done = undo.undo(here, log, domains(here)[0], chosen, by, partial=partial) if chosen else undo.Undone([])
    log.close()
    for line in done.left:
        note(f"muse: left alone: {one_line(line)}")
    if as_json:
        print_json({"undone": done.taken, "ops": done.made, "left": done.left})
    elif not chosen:
        say("nothing to undo: all of it was taken back already")
    elif not done.made:
        say(f"nothing to undo: what {plural(len(done.taken), 'op')} did is not there any more")
    else:
        say(f"{plural(len(done.taken), 'op')} taken back by {plural(len(done.made), 'op')}: muse session commit {name}")
    return int(REJECTED if done.left else ExitCode.OK)


@command.command("expunge")
@click.argument("name", shell_complete=late("sessions"))
@click.option("--op", "ops", metavar="OP", multiple=True, help="An op, by its id or the beginning of that.")
@click.option("--path", "paths", metavar="PATH", multiple=True, help="All ops on a file or below a folder.")
@click.option("--told", is_flag=True, help="What other clones have expunged and is still here.")
@json_option
def expunge_(name: str, ops: tuple[str, ...], paths: tuple[str, ...], told: bool, as_json: bool) -> int:
    """Take the content of ops of session NAME out of its log and out of our log ref, for good.

    What they made of files stays: `muse session undo` first where that is to go. Where the content still is (remotes,
    other clones, commits) is told, with what clears it away there.
    """
    from muse.engine.session import commit as session
    from muse.engine.session import expunge
    from muse.view.text import one_line

    if not (ops or paths or told):
        raise UsageError(
            "which ops are to be expunged?", hint="muse session expunge NAME --op OP, --path PATH or --told"
        )
    here = repo()
    log = session.existing(here, name)
    chosen = expunge.choose(here, log, ops=ops, paths=paths, told=told)
    done = expunge.expunge(here, log, chosen) if chosen else expunge.Expunged([])
    log.close()
    if as_json:
        print_json({"ops": done.ops, "left": done.left})
    elif not chosen:
        say("nothing to expunge")
    else:
        say(f"the content of {plural(len(done.ops), 'op')} is gone from the log here")
        for line in done.left:
            say(f"  {one_line(line)}")
    return int(ExitCode.OK)


command.add_command(session_live.join)
command.add_command(session_live.leave)


@command.command("repair")
@click.argument("name", shell_complete=late("sessions"))
@click.option("-m", "--message", help="The commit's message.")
def repair_(name: str, message: str | None) -> int:
    """Commit what merges by plain Git have lost of session NAME.

    Where two clones had committed the same ops and one of them had taken some back, `git merge` brings them back. What
    was changed since the merge is left alone.
    """
    from muse.engine.session import commit as session
    from muse.engine.session import repair
    from muse.view.text import one_line

    here = repo()
    here.expect_writing()
    code, found = repair.repair(here, session.existing(here, name), domains(here)[0], message)
    for each in found if not code else ():
        say(one_line(f"{terminal.path(each.path)}: {', '.join(each.ops[:3]) or 'as the merge should have been'}"))
    if not found:
        say("nothing to repair: no merge here has lost an op's effect")
    return code


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
            say(one_line(name))


@command.command("show")
@click.argument("name", shell_complete=late("sessions"))
@json_option
def show(name: str, as_json: bool) -> None:
    """Show every op of session NAME, of all clones, in the one total order."""
    from muse.engine.session import commit as session
    from muse.engine.session.undo import undone

    entries = session.show(session.existing(repo(), name))
    back = undone(entries)
    for entry in entries:
        if as_json:
            print_json(entry)
        else:
            by = back.get(entry["op_id"])
            say(_line(entry) + (f"  (undone by {by[7:19]})" if by else ""))


def _line(entry: OpEntry) -> str:
    from muse.view.text import one_line

    op: Any = entry["domain_op"]
    words = op.get("content_summary") or op.get("new_summary") or op.get("child_summary") or ""
    who, where = one_line(entry["actor_id"][:40]), one_line(op["address"][:500])
    number = f"{entry['lamport_ts']:>6}  {entry['op_id'][7:19]}"
    return f"{number}  {who:<16} {op['op']:<8}{where}  {one_line(str(words)[:500])}".rstrip()
