"""The `muse` command: a table of verbs, each imported only when it is called.

`main` is the one place where errors become messages and exit codes: 0, 1 (conflicts, differences), 128 (cannot go on),
129 (wrong usage), 130 (Ctrl-C), 141 (the reader of our output went away). No traceback unless MUSE_TRACE is set.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, NamedTuple

import click

from muse._version import __version__
from muse.core.errors import ExitCode, MuseError, hint_for


class Verb(NamedTuple):
    """One row of the table; `module` defines `command`, a click command."""

    module: str
    group: str
    help: str


START = "start a working area"
CHANGE = "work on the current change"
EXAMINE = "examine the history and state"
GROW = "grow, merge and settle your common history"
COLLABORATE = "collaborate"
LIVE = "record live edits"
SETUP = "set Muse up and mend it"

VERBS: dict[str, Verb] = {
    "status": Verb("muse.cli.verbs.status", EXAMINE, "Show what changed since the last commit"),
    "log": Verb("muse.cli.verbs.log", EXAMINE, "Show the history in musical and code terms"),
    "show": Verb("muse.cli.verbs.show", EXAMINE, "Show commits and what they changed"),
    "diff": Verb("muse.cli.verbs.diff", EXAMINE, "Show what changed between two states"),
    "blame": Verb("muse.cli.verbs.blame", EXAMINE, "Show who last changed each line"),
    "render": Verb("muse.cli.verbs.render", EXAMINE, "Draw a commit, a range or a conflict as one HTML page"),
    "grep-notes": Verb("muse.cli.verbs.grep_notes", EXAMINE, "Find notes by pitch, bar or track"),
    "review": Verb("muse.cli.verbs.review", EXAMINE, "Show what a merge resolved beyond Git, and undo it"),
    "commit": Verb("muse.cli.verbs.commit", GROW, "Record every change"),
    "merge": Verb("muse.cli.verbs.merge", GROW, "Merge another line of history into this one"),
    "merge-tree": Verb("muse.cli.verbs.merge_tree", GROW, "Merge two commits without a work tree"),
    "checkout": Verb("muse.cli.verbs.checkout", GROW, "Go to another branch or commit, or take files from one"),
    "branch": Verb("muse.cli.verbs.branch", GROW, "List, make, rename or delete branches"),
    "tag": Verb("muse.cli.verbs.tag", GROW, "List, make or delete tags"),
    "clone": Verb("muse.cli.verbs.clone", START, "Clone a repository and set Muse up in the clone"),
    "init": Verb("muse.cli.verbs.init", START, "Create an empty Git repository with Muse set up in it"),
    "conflicts": Verb("muse.cli.verbs.conflicts", GROW, "List what is left to settle, in musical and code terms"),
    "resolve": Verb("muse.cli.verbs.resolve", GROW, "Settle conflicts of a file by choosing sides"),
    "completion": Verb("muse.cli.verbs.completion", SETUP, "Print the completion script of a shell"),
    "doctor": Verb("muse.cli.verbs.doctor", SETUP, "Find what is wrong with this set-up, and say what mends it"),
    "verify": Verb("muse.cli.verbs.verify", SETUP, "Check everything Muse has stored in this repository"),
    "session": Verb("muse.cli.verbs.session", LIVE, "Record live edits of many agents and commit them"),
    "gc": Verb("muse.cli.verbs.gc", SETUP, "Take in the metadata of clones that are gone"),
    "mergetool": Verb("muse.cli.verbs.mergetool", GROW, "Settle a file's conflicts on a page in the browser"),
    "solve": Verb("muse.cli.verbs.solve", GROW, "Settle what can be settled in a file with conflict markers"),
    "languages": Verb("muse.cli.verbs.languages", SETUP, "List the languages that are merged by structure"),
    "sync": Verb("muse.cli.verbs.sync", COLLABORATE, "Fetch, join and push, for any remote"),
    "serve": Verb("muse.cli.verbs.serve", COLLABORATE, "Serve the repositories below a folder"),
    "domains": Verb("muse.cli.verbs.domains", SETUP, "List the domains and the files they claim"),
    "install": Verb("muse.cli.verbs.install", SETUP, "Make Git use Muse's merge and diff drivers"),
    "uninstall": Verb("muse.cli.verbs.uninstall", SETUP, "Take Muse's drivers out of Git again"),
}
GROUPS = (START, CHANGE, EXAMINE, GROW, COLLABORATE, LIVE, SETUP)


class LazyGroup(click.Group):
    """A group that knows its verbs from the table and imports one of them at most."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, sorted by name."""
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's own command object, imported now."""
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        command = importlib.import_module(verb.module).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with Git's words for an unknown verb."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], VERBS, n=3)
            hint = f"did you mean: {', '.join(near)}" if near else "muse --help lists every verb"
            raise MuseError(f"{args[0]!r} is not a muse command", ExitCode.USAGE, hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs under their groups, in the order of the table."""
        for group in GROUPS:
            rows = [(name, verb.help) for name, verb in sorted(VERBS.items()) if verb.group == group]
            if rows:
                with formatter.section(group):
                    formatter.write_dl(rows)


def _version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"muse version {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="A Muse repository is a Git repository: every git command works in it as ever.",
)
@click.option("-C", "folders", metavar="PATH", multiple=True, help="Run as if started in PATH.")
@click.option("--git-dir", metavar="PATH", help="The repository's Git directory, when it is not found from here.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print it.")
def cli(folders: tuple[str, ...], git_dir: str | None) -> None:
    """Version control that understands music and code, stored in plain Git."""
    for folder in folders:
        if folder:
            try:
                os.chdir(folder)
            except OSError as error:
                raise MuseError(f"cannot change to {folder!r}: {error.strerror}") from None
    if git_dir is not None:
        os.environ["GIT_DIR"] = os.path.abspath(git_dir)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = sys.argv[1:] if argv is None else argv
    _streams()
    if args[:1] == ["help"]:
        args = [*args[1:], "--help"]  # as `git help VERB`
    try:
        code = _invoke(args or ["--help"])
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001  the door: whatever was not foreseen still ends in one line
        return _failed(error)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    if not args:
        return 1  # as `git` without arguments
    return code if isinstance(code, int) else 0


def _streams() -> None:
    """Standard streams as we want them: all three there, and able to print paths that are not UTF-8 as they are."""
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(fd)
        except OSError:  # closed by who started us; as in Git, nobody else's file may get its number
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(fd, mode, closefd=False))  # noqa: SIM115  stays open
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="surrogateescape")


def _invoke(args: list[str]) -> Any:
    """What `click.Command.main` does, without its own idea of a closed pipe and of Ctrl-C."""
    if "_MUSE_COMPLETE" in os.environ:  # a shell asks for completions
        return cli.main(args, prog_name="muse")
    line = None
    if sys.stderr.isatty():
        from muse.cli.progress import Line
        from muse.core import progress

        line = Line()
        progress.tell(line)
    try:  # color: what is coloured is for `use_color` to say, not for click
        with cli.make_context("muse", list(args), color=True) as ctx:
            return cli.invoke(ctx)
    except click.exceptions.Exit as done:
        return done.exit_code
    finally:
        if line is not None:
            line.clear()
            progress.tell(None)


def _interrupted(error: BaseException | None) -> bool:
    """True when Ctrl-C is behind it: an import that was interrupted may say so in an error of its own."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _failed(error: Exception) -> int:
    """Say what went wrong in one line (and a hint), and return the exit code."""
    if _interrupted(error):
        return int(ExitCode.INTERRUPTED)
    if os.environ.get("MUSE_TRACE"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, OSError):
        _spare_output()
    if isinstance(error, BrokenPipeError):
        return 141
    if isinstance(error, MuseError):
        return _say(str(error), error.hint, error.exit_code)
    if isinstance(error, click.exceptions.Abort):
        return int(ExitCode.INTERRUPTED)
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and error.ctx is not None:
        print(error.ctx.get_help(), file=sys.stderr)
        return int(ExitCode.USAGE)
    if isinstance(error, click.UsageError):
        verb = error.ctx.command_path if error.ctx is not None else "muse"
        return _say(error.format_message(), f"{verb} --help", ExitCode.USAGE)
    if isinstance(error, click.ClickException):
        return _say(error.format_message(), "", ExitCode.FATAL)
    if isinstance(error, OSError):
        named = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
        return _say(f"{named}{error.strerror or error}", hint_for(error.errno), ExitCode.FATAL)
    message = f"internal error: {type(error).__name__}: {error}"
    return _say(message, "set MUSE_TRACE=1 for the traceback", ExitCode.FATAL)


def _spare_output() -> None:
    """When standard output takes no more, give it up, or the interpreter complains when it flushes at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _say(message: str, hint: str, code: int) -> int:
    lines = [f"muse: {' '.join(message.split())}"]
    lines += [f"hint: {line}" for line in hint.splitlines()]
    try:
        print("\n".join(lines), file=sys.stderr, flush=True)
    except OSError:
        pass  # nobody is left to read it; the exit code still tells
    return int(code)
