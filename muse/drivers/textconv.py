"""`muse-textconv FILE` prints a file as its domain lists it, for `git diff` and `git log -p`.

Whatever goes wrong, it exits with 1 and one line: the configured command then prints a checksum, so that a diff always
shows that something changed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from muse.core.errors import MuseError
from muse.core.terminal import escaped, tell
from muse.core.terminal import path as shown

SECONDS = 10.0


def main(argv: list[str] | None = None) -> int:
    """Print the listing of one file; returns the exit code."""
    args = sys.argv[1:] if argv is None else argv
    if args[:1] == ["--compare"]:
        return _printed(args[1] if args[1:] else "", lambda: _compared(args[1:]))
    given: dict[str, str] = {}
    while args[:1] and args[0] in ("-p", "--domain") and len(args) > 1:
        given[args[0]], args = args[1], args[2:]
    files = args[:1]
    if args[1:2] == ["-p"] and len(args) == 3:
        given["-p"] = args[2]
    elif len(args) != 1:
        tell("usage: muse-textconv [--domain DOMAIN] FILE [-p PATH]")
        return 129
    return _printed(files[0], lambda: _listed(files[0], given.get("-p"), given.get("--domain", "")))


def _compared(args: list[str]) -> bytes:
    from muse.drivers.compare import compared

    return compared(args, listing)


def _printed(name: str, made: Callable[[], bytes]) -> int:
    try:
        sys.stdout.buffer.write(made())
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001  Git shows the checksum instead, whatever it was
        if os.environ.get("MUSE_TRACE"):
            import traceback

            traceback.print_exception(error)
        tell(f"muse-textconv: {shown(name)}: {error}")
        return 1
    return 0


def _listed(file: str, path: str | None, asked: str) -> bytes:
    """The listing's bytes, made in a child with a deadline: `git log -p` must not hang on one hostile file."""
    from functools import partial

    from muse.core import guard

    os.stat(file)  # a missing file is said plainly, not as a failure of the child
    reply, why = guard.run(partial(_listed_bytes, file, path, asked), SECONDS)
    if reply is None:
        raise MuseError(f"listing it {why}")
    return reply[0]


def _listed_bytes(file: str, path: str | None, asked: str) -> list[bytes]:
    return [listing(file, path, asked).encode("utf-8", "surrogateescape")]


def listing(file: str, path: str | None = None, asked: str = "") -> str:
    """The listing of a file; Git hands a temporary copy whose name ends like the original's.

    `asked` is the domain that Git's attributes give the original to: by its copy's name it may be nobody's.
    """
    from muse.core import gitconfig
    from muse.core.types import blob_digest
    from muse.drivers.job import look_in
    from muse.plugins import registry

    with open(file, "rb") as stream:
        data = stream.read()
    name = path or os.path.basename(file)
    own = _own_domain()
    if not registry.is_ours(name, first=own):  # only then is it worth asking Git where else plugins are
        look_in(gitconfig.read())
    domain = registry.domain_for_path(name, first=own)
    if domain == "files" and asked and not os.path.basename(name).startswith((".git", ".muse")):
        domain = asked
    if path is None and (domain == "files" or domain != own) and data.startswith((b"MThd", b"RIFF")):
        domain = "midi"  # whatever Git called the copy
    plugin = (
        registry.plugin_for_path(name, first=own) if domain == "code" else registry.resolve_plugin_by_domain(domain)
    )
    shown = getattr(plugin, "listing", None)
    try:
        listed = data.decode("utf-8", "replace") if shown is None else str(shown(data, name))
    except ValueError as error:  # said, with what tells one such file from another
        listed = f"cannot be read: {error}\n{blob_digest(data)}, {len(data)} bytes\n"
    return "\n".join(map(escaped, listed.split("\n")))


def _own_domain() -> str:
    """The domain that the repository around names for itself; "" outside of one, or where it cannot be read."""
    from muse.core import paths
    from muse.plugins import registry

    try:
        return registry.read_domain(paths.find_root_text("."))
    except MuseError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
