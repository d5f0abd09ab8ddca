"""The one way out of every verb: a line for the reader, a note for a person, bytes that were asked for."""

from __future__ import annotations

import sys

import click

from muse.core.terminal import escaped


def say(line: str = "") -> None:
    """One line on stdout, with nothing in it that acts on a terminal."""
    click.echo(_encodable(escaped(line), sys.stdout.encoding))


def note(line: str) -> None:
    """One line for a person, on stderr, so that stdout stays what was asked for."""
    click.echo(_encodable(escaped(line), sys.stderr.encoding), err=True)


def data(content: bytes) -> None:
    """Bytes as they are, for a file or a program: JSON, records of `-z`, a page."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.flush()


def _encodable(line: str, encoding: str | None) -> str:
    """The line itself, or with what the stream's encoding has no bytes for escaped."""
    if line.isascii() or (encoding or "").lower().replace("-", "") == "utf8":
        return line
    try:
        line.encode(encoding or "ascii", "surrogateescape")
    except UnicodeEncodeError:
        return line.encode(encoding or "ascii", "backslashreplace").decode(encoding or "ascii", "surrogateescape")
    return line
