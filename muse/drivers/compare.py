"""`muse-textconv --compare ...`: what `git diff` shows of two versions of a piece, as Git's `diff.*.command`.

Git compares listings line by line and cannot know that a bar was put in: here the domain says where the old version's
lines stand in the new one, and Git compares those. A diff of revisions by `git log -p` stays the listings' own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial

from muse.core import gitconfig, guard
from muse.core.errors import MuseError
from muse.core.terminal import escaped
from muse.core.terminal import path as shown

SECONDS = 10.0
Listing = Callable[[str, str, str], str]
"""The lines of a file under a path, by a domain."""

_NOWHERE = "/dev/null"
_HEAD = 4  # lines of Git's own head, which would name our temporary files


def compared(args: Sequence[str], listing: Listing) -> bytes:
    """The diff that Git asks for with these words: path, then file, id and mode of the old and the new version, then
    the new path and what Git says of it where it was renamed. `listing` lists one file."""
    if len(args) < 7:  # a path in conflict
        return f"* Unmerged path {shown(args[0]) if args else ''}\n".encode()
    path, old, _, old_mode, new, _, new_mode = args[:7]
    to = args[7] if len(args) > 7 else path
    reply, why = guard.run(partial(_listed, old, new, to, listing), SECONDS)
    if reply is None:
        raise MuseError(f"comparing it {why}")
    head = [f"diff --git {shown(f'a/{path}')} {shown(f'b/{to}')}"]
    if old == _NOWHERE or new == _NOWHERE:
        head.append(f"new file mode {new_mode}" if old == _NOWHERE else f"deleted file mode {old_mode}")
    elif old_mode != new_mode:
        head += [f"old mode {old_mode}", f"new mode {new_mode}"]
    head += [line for line in (args[8].split("\n") if len(args) > 8 else []) if line]
    one, two, words = reply
    names = [_NOWHERE if file == _NOWHERE else shown(f"{letter}/{name}")
             for file, letter, name in ((old, "a", path), (new, "b", to))]  # fmt: skip
    body = _by_git(one, two, names)
    said = [words.decode("utf-8", "surrogateescape")] if words else []
    bold, plain = _bold()
    lines = [f"{bold}{line}{plain}" for line in map(escaped, head)] + [escaped(line) for line in said]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape") + body


def _listed(old: str, new: str, path: str, listing: Listing) -> list[bytes]:
    """Listings of both versions, and what changed in words."""
    from muse.plugins import registry

    plugin = registry.resolve_plugin_by_domain("midi")
    told = getattr(plugin, "compared", None)
    if told is not None and _NOWHERE not in (old, new):
        data = []
        for name in (old, new):
            with open(name, "rb") as stream:
                data.append(stream.read())
        try:
            one, two, words = told(data[0], data[1], path)
            return [_bytes(one), _bytes(two), words.encode("utf-8", "surrogateescape")]
        except ValueError:
            pass
    texts = ["" if name == _NOWHERE else listing(name, path, "midi") for name in (old, new)]
    return [*map(_bytes, texts), b""]


def _bytes(text: str) -> bytes:
    return "\n".join(map(escaped, text.split("\n"))).encode("utf-8", "surrogateescape")


def _bold() -> tuple[str, str]:
    done = gitconfig.started(["git", "config", "--get-color", "color.diff.meta", "bold"])() if _coloured() else b""
    return (done.decode(), "\x1b[m") if done else ("", "")


def _coloured() -> bool:
    terminal = os.isatty(1) or os.environ.get("GIT_PAGER_IN_USE") in ("true", "1")
    said = gitconfig.started(["git", "config", "--get-colorbool", "color.diff", "true" if terminal else "false"])()
    return said.strip() == b"true"


def _by_git(one: bytes, two: bytes, names: Sequence[str]) -> bytes:
    """How Git compares two texts, from the line with the old name on; nothing when they are the same."""
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, name) for name in ("old", "new")]
        for file, text in zip(files, (one, two)):
            with open(file, "wb") as stream:
                stream.write(text)
        words = ["git", "-c", "core.quotePath=false", "diff", "--no-index", "--no-ext-diff", "--no-textconv", "--text",
                 "--no-prefix", f"--color={'always' if _coloured() else 'never'}", "--", *files]  # fmt: skip
        lines = gitconfig.started(words)().split(b"\n")
    if len(lines) <= _HEAD:
        return b""
    for at, (line, sign, name) in enumerate(zip(lines[2:4], ("---", "+++"), names), 2):
        start, _, rest = line.partition(sign.encode())
        end = rest[rest.rfind(b"\x1b") :] if b"\x1b" in rest else b""
        lines[at] = start + f"{sign} {name}".encode("utf-8", "surrogateescape") + end
    return b"\n".join(lines[2:])
