"""One file merged by `git merge` itself, in a repository made for it: what Git without us does, `-X` included.

`git merge-file` is faster and knows neither `-X ignore-...` nor the way of comparing lines that `git merge` uses, so
where the answer must be Git's to the byte, three commits of one file are merged by Git. Objects, refs and the index
are written by hand, which leaves a single process to run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from muse.core.gitconfig import started
from muse.core.platform.files import scratch

_SIZE = 64  # of markers, longer than any a file would hold by itself
_LABELS = (b"<" * _SIZE + b" ", b"|" * _SIZE + b" ", b"=" * _SIZE, b">" * _SIZE + b" ")
_NAME = "file"
_CONFIG = """\
[core]
	repositoryformatversion = 0
	bare = false
	fileMode = false
	autocrlf = false
	fsync = none
	attributesFile = /dev/null
	hooksPath = /dev/null
[user]
	name = m
	email = m
[gc]
	auto = 0
[merge]
	conflictStyle = {style}
[rerere]
	enabled = false
{more}"""
_ATTRIBUTES = f"* -text !filter !ident !working-tree-encoding merge conflict-marker-size={_SIZE}\n"


def merge(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    options: Sequence[str] = (),
    *,
    labels: Sequence[str] = ("HEAD", "base", "theirs"),
    size: int = 7,
    style: str = "merge",
    config: Mapping[str, str] | None = None,
) -> tuple[bytes, bool] | None:
    """What Git makes of three versions of a file, and whether it is clean; None where it could not be asked.

    `labels` are those of ours, base and theirs. A binary file that both sides changed is ours, and not clean.
    """
    folder = os.path.join(scratch(), f"muse-git-{os.getpid()}-{os.urandom(6).hex()}")
    try:
        _make(folder, (base, ours, theirs), style, config or {})
        words = [word for option in options for word in ("-X", option)]
        argv = ["git", "-C", folder, "merge", "--no-commit", "--no-ff", *words, "theirs"]
        said = started(argv, _environment(folder))()
        if not os.path.exists(os.path.join(folder, ".git", "MERGE_HEAD")):
            return None  # it could not begin: an option it does not know, a style of a newer Git
        with open(os.path.join(folder, _NAME), "rb") as file:
            data = file.read()
    except OSError:
        return None
    finally:
        _remove(folder)
    conflict = b"CONFLICT" in said
    return _relabelled(data, labels, size) if conflict else data, not conflict


def _environment(folder: str) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT", "LC_", "LANG"))}
    return {**env, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1", "LC_ALL": "C"}


def _make(folder: str, versions: tuple[bytes, bytes, bytes], style: str, config: Mapping[str, str]) -> None:
    git = os.path.join(folder, ".git")
    for name in ("info", "objects", "refs/heads"):
        os.makedirs(os.path.join(git, name), 0o700)
    algorithm = config.get("diff.algorithm", "")
    more = f"[diff]\n\talgorithm = {algorithm}\n" if algorithm.isalpha() else ""
    _write(os.path.join(git, "config"), _CONFIG.format(style=style, more=more).encode())
    _write(os.path.join(git, "info", "attributes"), _ATTRIBUTES.encode())
    _write(os.path.join(git, "HEAD"), b"ref: refs/heads/ours\n")
    blobs = [_object(git, b"blob", data) for data in versions]
    trees = [_object(git, b"tree", b"100644 %s\0" % _NAME.encode() + bytes.fromhex(blob)) for blob in blobs]
    parent = b""
    for tree, name in zip(trees, ("base", "ours", "theirs")):
        who = b"m <m> 1 +0000"
        commit = _object(
            git, b"commit", b"tree %s\n%sauthor %s\ncommitter %s\n\nm\n" % (tree.encode(), parent, who, who)
        )
        parent = parent or b"parent %s\n" % commit.encode()
        _write(os.path.join(git, "refs", "heads", name), commit.encode() + b"\n")
    _write(os.path.join(git, "index"), _index(blobs[1]))
    _write(os.path.join(folder, _NAME), versions[1])


def _object(git: str, kind: bytes, data: bytes) -> str:
    """Write a loose object; its id."""
    import zlib
    from hashlib import sha1

    whole = b"%s %d\0" % (kind, len(data)) + data
    name = sha1(whole).hexdigest()
    folder = os.path.join(git, "objects", name[:2])
    os.makedirs(folder, exist_ok=True)
    _write(os.path.join(folder, name[2:]), zlib.compress(whole, 1))
    return name


def _index(blob: str) -> bytes:
    """An index of one entry whose stat data fit no file, so that Git looks at the file itself."""
    from hashlib import sha1

    name = _NAME.encode()
    stat = bytes(24) + (0o100644).to_bytes(4, "big") + bytes(12)
    entry = stat + bytes.fromhex(blob) + len(name).to_bytes(2, "big") + name
    data = b"DIRC" + (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + entry + bytes(8 - len(entry) % 8)
    return data + sha1(data).digest()


def _relabelled(data: bytes, labels: Sequence[str], size: int) -> bytes:
    """The text with markers of the size and with the labels that were wanted."""
    ours, base, theirs = (label.encode("utf-8", "surrogateescape") for label in labels)
    lines = data.split(b"\n")
    for number, line in enumerate(lines):
        for mark, label in zip(_LABELS, (ours, base, None, theirs)):
            if line.startswith(mark) and (label is not None or not line[_SIZE:].strip(b"\r")):
                end = b"\r" if line.endswith(b"\r") else b""
                lines[number] = mark[:1] * size + (b"" if label is None else b" " + label) + end
                break
    return b"\n".join(lines)


def _write(path: str, data: bytes) -> None:
    with open(path, "wb", buffering=0) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view) or 0 :]


def _remove(folder: str) -> None:
    for inner, folders, files in os.walk(folder, topdown=False):
        for name in files:
            os.unlink(os.path.join(inner, name))
        for name in folders:
            os.rmdir(os.path.join(inner, name))
    if os.path.isdir(folder):
        os.rmdir(folder)
