"""The door: grouped help, one-line errors, exit codes, and no import that nobody asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from muse.cli import main as door
from muse.cli.verbs import GROUPS, SETUP, VERBS, Verb
from muse.core.errors import ConflictError, MuseError

ROOT = Path(__file__).resolve().parents[2]


def run(*args: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`muse ARGS` in a process of its own."""
    full = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    full.pop("MUSE_TRACE", None) if env is None else None
    return subprocess.run(
        [sys.executable, "-m", "muse.cli", *args], capture_output=True, text=True, env=full, cwd=cwd, check=False
    )


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A verb `boom` that raises whatever is put into the list."""
    what: list[BaseException] = []

    @click.command("boom")
    def command() -> None:
        raise what[0]

    module = type(sys)("boom_verb")
    module.command = command  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "muse.cli.verbs.boom", module)
    monkeypatch.setitem(VERBS, "boom", Verb("boom", SETUP, "fail"))
    return what


def test_help_lists_every_verb_under_a_group_and_imports_none() -> None:
    script = (
        "import sys; from muse.cli.main import main; code = main(['--help']);"
        "print(sorted(m for m in sys.modules if m.startswith('muse.cli.verbs.')), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr.strip() == "[]"
    for verb, row in VERBS.items():
        assert f"  {verb} " in done.stdout, verb
        assert row.group in GROUPS
        assert f"{row.group}:" in done.stdout


def test_every_row_of_the_table_has_its_module_and_says_the_same_short_help() -> None:
    for verb in VERBS:
        command = door.cli.get_command(click.Context(door.cli), verb)
        assert command is not None and command.name == verb
        assert command.help, verb


def test_no_arguments_print_the_help_and_exit_1_as_git_does() -> None:
    done = run()
    assert done.returncode == 1
    assert done.stdout.startswith("Usage: muse")


def test_version() -> None:
    from muse._version import __version__

    assert run("--version").stdout == f"muse version {__version__}\n"


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["domainz"], 129, "muse: 'domainz' is not a muse command\nhint: did you mean: domains\n"),
        (["domains", "--frob"], 129, "muse: No such option '--frob'.\nhint: muse domains --help\n"),
        (
            ["-C", "/nowhere/at/all", "domains"],
            128,
            "muse: cannot change to '/nowhere/at/all': No such file or directory\n",
        ),
    ],
)
def test_mistakes_are_one_line_a_hint_and_an_exit_code(args: list[str], code: int, message: str) -> None:
    done = run(*args)
    assert (done.returncode, done.stderr, done.stdout) == (code, message, "")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (MuseError("no luck", hint="try harder"), 128, "muse: no luck\nhint: try harder\n"),
        (ConflictError("stopped"), 1, "muse: stopped\n"),
        (
            PermissionError(13, "Permission denied", "a.mid"),
            128,
            "muse: a.mid: Permission denied\n"
            "hint: you may not write there (`ls -ld` shows who may); or work in a clone of your own: muse clone\n",
        ),
        (
            OSError(28, "No space left on device"),
            128,
            "muse: No space left on device\nhint: make room on that disk (`df -h`), then run the same command again\n",
        ),
        (
            ValueError("two\nlines"),
            128,
            "muse: internal error: ValueError: two lines\nhint: set MUSE_TRACE=1 for the traceback\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_whatever_a_verb_raises_becomes_one_line(
    failing: list[BaseException],
    error: BaseException,
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MUSE_TRACE", raising=False)
    failing.append(error)
    assert door.main(["boom"]) == code
    assert capsys.readouterr().err == message


def test_the_traceback_is_there_for_who_asks(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSE_TRACE", "1")
    failing.append(ValueError("odd"))
    assert door.main(["boom"]) == 128
    assert "Traceback" in capsys.readouterr().err


def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "muse.cli", "--help"],
            stdout=writer,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_change_of_folder_happens_before_the_verb(
    failing: list[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner").mkdir()
    failing.append(ConflictError("x"))
    assert door.main(["-C", str(tmp_path), "-C", "inner", "boom"]) == 1
    assert Path.cwd() == tmp_path / "inner"
