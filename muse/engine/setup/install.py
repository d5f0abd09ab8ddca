"""Put Muse's drivers into Git's configuration and attributes, take them out again, and see whether they are there.

Everything is written as one marked block per file, in one atomic write, under the lock Git itself takes. So a second
install changes nothing, an uninstall gives back the bytes that were there before, and lines of others stay.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from muse.core import paths
from muse.core.errors import MuseError
from muse.core.gitattributes import BEGIN, END, without_ours
from muse.core.io import fsync_dir, is_special, write_all
from muse.core.platform.durable import sync_file
from muse.core.platform.files import OPEN, set_mode
from muse.core.sharing import make_folders, share
from muse.core.terminal import command
from muse.engine.setup.tables import NOTHING, Patterns, attribute_lines, settings

if TYPE_CHECKING:
    from muse.core.paths import StrPath

NEW_FILE = " (the file was new)"
NO_NEWLINE = " (the line before had no end)"
PROGRAM = "muse-merge-driver"

ATTRIBUTES = ("info", "tracked", "global")


@dataclass(frozen=True)
class Places:
    """The files an installation writes; None where a scope has no such file."""

    config: str
    attributes: str
    exclude: str | None = None
    tracked: str | None = None
    homes: tuple[tuple[str, str], ...] = ()
    """Files of the repository, each with the folder that it must not lead out of; the others are the user's own."""


def places(root: StrPath | None, scope: str = "local", attributes: str | None = None) -> Places:
    """Where things go for a repository at `root` (None outside of one) and a scope of Git's configuration.

    `attributes`: `info` (this clone only; the default with `local`), `tracked` (`.gitattributes`, for everyone who
    clones) or `global` (this user; the default otherwise).
    """
    kind = attributes or ("info" if scope == "local" else "global")
    git_dir = None if root is None else paths.git_dir(root)
    common = None if git_dir is None else paths.common_dir(git_dir)
    if (scope == "local" or kind != "global") and (root is None or common is None):
        raise MuseError("not in a git repository", hint="go into one, or: muse install --global")
    attribute_files = {
        "info": os.path.join(common or "", "info", "attributes"),
        "tracked": os.path.join(root or "", ".gitattributes"),
        "global": _global_attributes(),
    }
    if kind == "tracked" and root is not None and not os.path.lexists(os.path.join(root, ".git")):
        raise MuseError("a bare repository has no .gitattributes to write", hint="use --attributes=info")
    config = {"local": os.path.join(common or "", "config"), "global": _global_config(), "system": _system_config()}
    exclude = os.path.join(common or "", "info", "exclude") if scope == "local" else None
    homes = [(path, str(common)) for path in (config[scope], exclude) if path and scope == "local"]
    if kind != "global":
        homes.append((attribute_files[kind], str(common if kind == "info" else root)))
    if root is not None and homes:
        _refuse_strangers(os.fspath(root))
    tracked = attribute_files["tracked"]
    return Places(
        config[scope],
        attribute_files[kind],
        exclude,
        tracked if kind == "info" and not os.path.islink(tracked) else None,  # Git follows no such link either
        tuple(homes),
    )


def install(
    at: Places,
    patterns: Patterns,
    *,
    listed: Patterns = NOTHING,
    only: Sequence[str] = (),
    program_dir: str | None = None,
) -> list[str]:
    """Write settings and attributes; the files that changed (none the second time).

    `listed`: the file types of other packages that have a listing. `only` names the domains to limit it to; it is
    written down as `muse.only`, for `doctor` to know.
    """
    where = find_programs() if program_dir is None else program_dir
    refuse_links(at)
    blocks = [
        (at.config, config_lines(where, patterns, only, listed), False),
        (at.attributes, attribute_lines(limited(patterns, only), listed) + _overrides(at.tracked), True),
    ]
    if at.exclude is not None:
        blocks.append((at.exclude, ["/.muse/"], False))
    return [path for path, lines, first in blocks if edit_block(path, lines, first=first)]


def uninstall(at: Places) -> list[str]:
    """Take our lines out again; the files that changed."""
    refuse_links(at)
    files = [at.config, at.attributes, *(path for path in (at.exclude, at.tracked) if path is not None)]
    return [path for path in files if edit_block(path, None)]


def find_programs() -> str:
    """The folder of our programs: beside this Python, else where PATH finds them; "" when they are nowhere."""
    beside = os.path.dirname(os.path.abspath(sys.executable))
    if os.access(os.path.join(beside, PROGRAM), os.X_OK):
        return beside
    found = shutil.which(PROGRAM)
    return os.path.dirname(os.path.abspath(found)) if found else ""


def interpreter() -> str:
    """The Python we run in, for messages."""
    return sys.executable


def limited(patterns: Patterns, only: Sequence[str]) -> Patterns:
    """The file types of the domains named, of all where none is; MuseError for a domain that claims none."""
    for name in only:
        if name not in patterns:
            raise MuseError(f"no domain {name!r} claims file types", hint=f"one of: {', '.join(sorted(patterns))}")
    return {name: claimed for name, claimed in patterns.items() if not only or name in only}


def config_lines(
    program_dir: str, patterns: Patterns, only: Sequence[str] = (), listed: Patterns = NOTHING
) -> list[str]:
    """Our part of a Git configuration file."""
    lines = []
    section = None
    shown = {name: globs for name, globs in listed.items() if not only or name in only}
    rows = settings(program_dir, limited(patterns, only), shown) + [("muse", "", "only", " ".join(only))] * bool(only)
    for head, name, key, value in rows:
        if (head, name) != section:
            section = (head, name)
            lines.append(f'[{head} "{name}"]' if name else f"[{head}]")
        lines.append(f"\t{key} = {_config_value(value)}")
    return lines


def edit_block(path: str, lines: list[str] | None, *, first: bool = False) -> bool:
    """Put our block into a file, or take it out (None); True when the file changed.

    `first`: before everything else, because in an attributes file the last line that fits counts, and what people
    write there is to count more than ours. A symbolic link is followed, so that a configuration kept elsewhere stays
    there (`refuse_links` has looked whose it is).
    """
    path = os.path.realpath(path)
    existed = os.path.exists(path)
    old = _read(path)
    before, block, after = _split(old)
    if first and before and lines is not None:
        ended = block is not None and NO_NEWLINE in block.splitlines()[0]
        before, after = "", (before.removesuffix("\n") if ended else before) + after
        block = None if block is None else block.replace(NO_NEWLINE, "", 1)
    if lines is None:
        if block is None:
            return False
        head = block.splitlines()[0]
        new = (before.removesuffix("\n") if NO_NEWLINE in head else before) + after
        if not new and NEW_FILE in head:
            os.unlink(path)
            return True
    else:
        if block is None:
            mark = "" if existed else NEW_FILE
            if before and not before.endswith("\n"):
                before, mark = before + "\n", NO_NEWLINE
            head = BEGIN + mark
        else:
            head = block.splitlines()[0]
        new = before + "\n".join([head, *lines, END]) + "\n" + after
    if new == old:
        return False
    _replace_locked(path, new)
    return True


def _split(text: str) -> tuple[str, str | None, str]:
    """What stands before our block, the block, and what stands after it."""
    start = 0 if text.startswith(BEGIN) else text.find("\n" + BEGIN) + 1
    if not text.startswith(BEGIN, start):
        return text, None, ""
    end = text.find("\n" + END, start)
    if end < 0:
        raise MuseError("a block written by `muse install` has lost its last line", hint=f"put {END!r} after it")
    stop = text.find("\n", end + 1)
    stop = len(text) if stop < 0 else stop + 1
    return text[:start], text[start:stop], text[stop:]


_MOST = 4 << 20  # bytes of a tracked .gitattributes whose words on diffs are repeated; nobody wrote more by hand
_DIFF_WORDS = {"diff": "diff", "-diff": "-diff", "!diff": "!diff", "binary": "-diff"}


def _overrides(tracked: str | None) -> list[str]:
    """What a tracked `.gitattributes` says of diffs, repeated after our lines.

    `info/attributes` outranks tracked files. What they say of merging is looked up by the driver, each time.
    """
    if tracked is None or not os.path.isfile(tracked) or os.path.getsize(tracked) > _MOST:
        return []
    kept = []
    for line in without_ours(os.fsencode(_read(tracked))).decode("utf-8", "surrogateescape").split("\n"):
        if line.lstrip().startswith(("#", "[attr]")):
            continue
        pattern, words = _pattern_and_words(line)
        said = [_DIFF_WORDS.get(word, word) for word in words if word in _DIFF_WORDS or word.startswith("diff=")]
        if said:
            kept.append(f"{pattern} {' '.join(said)}")
    return kept


def _pattern_and_words(line: str) -> tuple[str, list[str]]:
    """An attributes line apart; a pattern with blanks is quoted."""
    import re

    found = re.match(r'\s*("(?:[^"\\]|\\.)*"|\S+)(.*)', line)
    return (found[1], found[2].split()) if found else ("", [])


def refuse_links(at: Places) -> None:
    """MuseError where a file of the repository is a link that leads out of it: it may have come with the repository."""
    for path, home in at.homes:
        if not os.path.realpath(path).startswith(os.path.realpath(home) + os.sep):
            hint = f"look at it: {command('ls', '-l', path)}"
            raise MuseError(f"{path} is a link that leads out of the repository", hint=hint)


def _refuse_strangers(root: str) -> None:
    """MuseError for a repository that Git itself does not trust, because it is somebody else's (`safe.directory`)."""
    import subprocess

    done = subprocess.run(["git", "rev-parse", "--git-dir"], cwd=root, capture_output=True, check=False)
    if done.returncode and b"safe.directory" in done.stderr:
        hint = command("git", "config", "--global", "--add", "safe.directory", root)
        raise MuseError(f"git does not trust {root}: it belongs to somebody else", hint=hint)


def _read(path: StrPath) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _replace_locked(path: str, text: str) -> None:
    """Write through `<path>.lock`, as Git does, so that no change of either is lost."""
    if is_special(path):
        raise MuseError(f"{path} is no file", hint="see GIT_CONFIG_GLOBAL and core.attributesFile")
    make_folders(os.path.dirname(path))
    lock = path + ".lock"
    try:
        mode = os.stat(path).st_mode & 0o7777 if os.path.exists(path) else 0o666
        fd = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | OPEN, 0o666)
    except FileExistsError:
        hint = f"if there is none: {command('rm', lock)}"
        raise MuseError(f"{path} is locked by another process", hint=hint) from None
    try:
        try:
            if os.path.exists(path):
                set_mode(fd, mode)
            else:
                share(lock)
            write_all(fd, text.encode("utf-8", "surrogateescape"))
            sync_file(fd)
        finally:
            os.close(fd)
        os.replace(lock, path)
    except BaseException:
        os.unlink(lock)
        raise
    fsync_dir(os.path.dirname(path))


def _config_value(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _global_config() -> str:
    """The file `git config --global` would write."""
    named = os.environ.get("GIT_CONFIG_GLOBAL")
    if named:
        return named
    home = os.path.expanduser("~/.gitconfig")
    xdg = os.path.join(_xdg(), "config")
    return xdg if os.path.exists(xdg) and not os.path.exists(home) else home


def _system_config() -> str:
    return os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig"


def _xdg() -> str:
    return os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "git")


def _global_attributes() -> str:
    """The user's attributes file: `core.attributesFile`, else Git's default place."""
    import subprocess

    asked = subprocess.run(
        ["git", "config", "--global", "--type=path", "core.attributesFile"], capture_output=True, check=False
    )
    return os.fsdecode(asked.stdout).rstrip("\n") or default_attributes()


def default_attributes() -> str:
    """The attributes file of a user who has named none."""
    return os.path.join(_xdg(), "attributes")
