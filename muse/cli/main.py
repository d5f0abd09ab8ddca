"""The `muse` command: a group of verbs (the table in `muse.cli.verbs`), each imported only when it is called.

`main` is the one place where errors become messages and exit codes: 0, 1 (conflicts, differences), 128 (cannot go on),
129 (wrong usage), 130 (Ctrl-C), 141 (the reader of our output went away). No traceback unless MUSE_TRACE is set.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from muse._version import __version__
from muse.cli import overview
from muse.cli.output import say
from muse.cli.verbs import VERBS
from muse.core.errors import ExitCode, MuseError, hint_for
from muse.core.platform.files import as_git_has_it
from muse.core.terminal import one_line, tell


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
        command = importlib.import_module(f"muse.cli.verbs.{verb.module}").command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Verbs by the table; click would import every one to ask whether it is hidden."""
        from click.shell_completion import CompletionItem

        verbs = [CompletionItem(name, help=VERBS[name].help) for name in sorted(VERBS) if name.startswith(incomplete)]
        return verbs + (click.Command.shell_complete(self, ctx, incomplete) if incomplete.startswith("-") else [])

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

    def get_help(self, ctx: click.Context) -> str:
        """The verbs under their groups, in the order of the table."""
        return overview.text().rstrip("\n")


def _version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        say(f"muse version {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("-C", "folders", metavar="PATH", multiple=True, help=overview.OPTIONS["-C PATH"])
@click.option("--git-dir", metavar="PATH", help=overview.OPTIONS["--git-dir PATH"])
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help=overview.OPTIONS["--version"]
)
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
    args = [as_git_has_it(word) for word in (sys.argv[1:] if argv is None else argv)]
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
    except click.UsageError as error:
        error.ctx = error.ctx or _context_of(args)  # click leaves it out where an option lacks its value
        raise
    finally:
        if line is not None:
            line.clear()
            progress.tell(None)


def _context_of(args: Iterable[str]) -> click.Context:
    """The verb that was typed, as far as it is one."""
    context = click.Context(cli, info_name="muse")
    for arg in args:
        here = context.command
        found = here.get_command(context, arg) if isinstance(here, click.Group) else None
        if found is None:
            break
        context = click.Context(found, info_name=arg, parent=context)
    return context


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
    for kind, answer in _ANSWERS.items():
        if isinstance(error, kind):
            return answer(error)
    message = f"internal error: {type(error).__name__}: {error}"
    return _say(message, "set MUSE_TRACE=1 for the traceback", ExitCode.FATAL)


def _muse_error(error: Any) -> int:
    return _say(str(error), error.hint, error.exit_code)


def _usage(error: Any) -> int:
    """What is wrong with the words, or the help where there were none."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and error.ctx is not None:
        for line in error.ctx.get_help().split("\n"):
            tell(line)
        return int(ExitCode.USAGE)
    verb = error.ctx.command_path if error.ctx is not None else "muse"
    return _say(error.format_message(), f"{verb} --help", ExitCode.USAGE)


def _system_error(error: Any) -> int:
    named = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
    return _say(f"{named}{error.strerror or error}", hint_for(error.errno), ExitCode.FATAL)


_ANSWERS: dict[type[Exception], Callable[[Any], int]] = {
    BrokenPipeError: lambda error: 141,
    MuseError: _muse_error,
    click.exceptions.Abort: lambda error: int(ExitCode.INTERRUPTED),
    click.UsageError: _usage,
    click.ClickException: lambda error: _say(error.format_message(), "", ExitCode.FATAL),
    OSError: _system_error,
}
"""How a failure is told, by its class; the first that fits."""


def _spare_output() -> None:
    """When standard output takes no more, give it up, or the interpreter complains when it flushes at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _say(message: str, hint: str, code: int) -> int:
    tell(f"muse: {one_line(message)}")
    for line in hint.split("\n") if hint else ():
        tell(f"hint: {line}")
    return int(code)
