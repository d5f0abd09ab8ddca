"""The commits, branches and tags of another history as Git's: one `git fast-import`, then all refs at once.

Objects first, refs after: whatever is missing or damaged is met before any ref moves. The same history gives the same
ids, so that an import done again brings what is new.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import IO, TYPE_CHECKING, NamedTuple

from muse.core import leftovers
from muse.core.errors import DamageError, MuseError
from muse.core.io import read_regular, write_bytes_atomic
from muse.engine.imports.source import Label, Made, Source
from muse.store import refs
from muse.store.durability import WORDS
from muse.store.objects.trees import check_path

if TYPE_CHECKING:
    from muse.store.repository import Repository

_TEMPORARY = "refs/muse-import"  # never outlives the stream, which ends with its deletion
_WHO = re.compile(r"(.*?)\s*<([^<>]*)>", re.S)
_NOT_IN_NAMES = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|^@$|/(?=[/.]|$)|^[./-]+|\.(?=/|$)|\.lock(?=/|$)")


class Imported(NamedTuple):
    """Ids there -> ids here; names there -> names here, of branches and of tags as `NAME` or `NAME COMMIT`."""

    commits: dict[str, str]
    branches: dict[str, str]
    tags: dict[str, str]


def import_into(
    repo: Repository, source: Source, prefix: str, authors: Mapping[str, str], *, fresh: bool = False
) -> tuple[Imported, str]:
    """Write a history into `repo`, and what is left to type ("" for nothing); MuseError or DamageError before any ref
    has moved.

    `prefix` is put before the names of branches and tags; `authors` says what to write for an author. An unborn HEAD
    goes to the source's branch; the work tree gets its files only where it is `fresh`.
    """
    unborn, head = repo.head() is None, source.head()
    done = _import(repo, source, prefix, authors)
    _leave_out(repo, source)
    return done, _check_out(repo, done.branches.get(head, ""), fresh=fresh) if unborn else ""


def _import(repo: Repository, source: Source, prefix: str, authors: Mapping[str, str]) -> Imported:
    branches, releases, tags = source.branches(), source.releases(), source.tags()
    tips = [*branches.values(), *(label.commit for label in (*releases, *tags))]
    order = _ordered(source, tips)
    commits = _Stream(repo, source, authors).written(order) if order else {}
    moves: dict[str, str] = {}
    named: dict[str, str] = {}
    for name, tip in branches.items():
        named[name] = _free(repo, moves, "refs/heads/", prefix + name, tip)
        moves[f"refs/heads/{named[name]}"] = commits[tip]
    tagged: dict[str, str] = {}
    made = {each.id: each for each in order}
    for label in (*releases, *tags):
        if not label.text and moves.get(f"refs/tags/{prefix}{label.name}") == commits[label.commit]:
            continue
        name = _free(repo, moves, "refs/tags/", prefix + label.name, label.commit)
        moves[f"refs/tags/{name}"] = (
            _annotated(repo, name, label, commits[label.commit], _who(made[label.commit], authors))
            if label.text
            else commits[label.commit]
        )
        tagged[label.name if label.name not in tagged else f"{label.name} {label.commit[:8]}"] = name
    _move(repo, moves)
    return Imported(commits, named, tagged)


def _ordered(source: Source, tips: Iterable[str]) -> list[Made]:
    """Every commit that the tips have in their history, parents first."""
    done: dict[str, Made] = {}
    waiting: dict[str, Made] = {}
    for tip in tips:
        stack = [tip]
        while stack:
            name = stack[-1]
            if name in done:
                stack.pop()
                continue
            if name in waiting:
                done[name] = waiting.pop(stack.pop())
                continue
            made = source.commit(name)
            waiting[name] = made
            if any(parent in waiting for parent in made.parents):
                raise DamageError(f"commit {name[:12]} is its own ancestor")
            stack.extend(parent for parent in reversed(made.parents) if parent not in done)
    return list(done.values())


class _Stream:
    """What `git fast-import` is told; a mark is the number of a blob or commit in it."""

    def __init__(self, repo: Repository, source: Source, authors: Mapping[str, str]) -> None:
        self._repo, self._source, self._authors = repo, source, authors
        self._marks: dict[str, int] = {}
        self._contents: dict[str, int] = {}
        self._last: tuple[str, dict[bytes, str]] = ("", {})

    def written(self, order: list[Made]) -> dict[str, str]:
        """Ids there -> ids here. Without the last word of the stream Git takes nothing of it."""
        with tempfile.TemporaryDirectory(prefix=leftovers.passing("import")) as folder:
            marks = os.path.join(folder, "marks")
            with tempfile.TemporaryFile() as said:
                words = ["fast-import", "--quiet", "--done", "--date-format=raw", f"--export-marks={marks}"]
                process = subprocess.Popen(
                    ["git", *WORDS, *words], cwd=self._repo.root, env=self._repo.env, stdin=subprocess.PIPE, stderr=said
                )
                assert process.stdin is not None
                try:
                    with suppress(BrokenPipeError):  # it ended early, and says why
                        self._write(process.stdin, order)
                finally:
                    with suppress(BrokenPipeError):
                        process.stdin.close()
                    code = process.wait()
                    with suppress(OSError):
                        os.unlink(os.path.join(self._repo.git_dir, f"fast_import_crash_{process.pid}"))
                if code:
                    said.seek(0)
                    told = said.read(4096).decode("utf-8", "replace").strip().splitlines()
                    raise MuseError(f"git fast-import failed: {told[0] if told else code}")
            with open(marks, encoding="ascii") as file:
                here = dict(line.split() for line in file)
        return {name: here[f":{mark}"] for name, mark in self._marks.items()}

    def _write(self, out: IO[bytes], order: list[Made]) -> None:
        for made in order:
            self._commit(out, made)
        out.write(b"reset %s\nfrom %s\n\ndone\n" % (_TEMPORARY.encode(), self._repo.zero.encode()))

    def _commit(self, out: IO[bytes], made: Made) -> None:
        before = self._files(made.parents[0]) if made.parents else {}
        files = _paths(self._source.files(made.snapshot))
        changed = {path: name for path, name in files.items() if before.get(path) != name}
        for name in changed.values():
            if name not in self._contents:
                self._contents[name] = self._next()
                _data(out, b"blob\nmark :%d\n" % self._contents[name], self._source.content(name))
        self._marks[made.id] = mark = self._next()
        ref, who = _TEMPORARY.encode(), _who(made, self._authors)
        when = b"%d %s" % (made.when, made.zone.encode())
        out.write(b"reset %s\n" % ref if not made.parents else b"")
        head = b"commit %s\nmark :%d\nauthor %s %s\ncommitter %s %s\n" % (ref, mark, who, when, who, when)
        _data(out, head, _message(made))
        for word, parent in zip((b"from", b"merge"), made.parents, strict=False):
            out.write(b"%s :%d\n" % (word, self._marks[parent]))
        for path in before.keys() - files.keys():
            out.write(b"D %s\n" % _quoted(path))
        for path, name in changed.items():
            out.write(b"M 100644 :%d %s\n" % (self._contents[name], _quoted(path)))
        out.write(b"\n")
        self._last = made.id, files

    def _files(self, commit: str) -> dict[bytes, str]:
        return self._last[1] if self._last[0] == commit else _paths(self._source.files(self._snapshot(commit)))

    def _snapshot(self, commit: str) -> str:
        return self._source.commit(commit).snapshot

    def _next(self) -> int:
        return len(self._marks) + len(self._contents) + 1


def _data(out: IO[bytes], head: bytes, data: bytes) -> None:
    out.write(b"%sdata %d\n" % (head, len(data)))
    out.write(data)
    out.write(b"\n")


def _paths(files: dict[str, str]) -> dict[bytes, str]:
    """MuseError for a path that Git forbids, and for one that is a file and a folder at once."""
    try:
        found = {check_path(path.encode("utf-8", "surrogateescape")): name for path, name in files.items()}
    except UnicodeEncodeError:
        raise DamageError("a path in a snapshot is no text") from None
    for path in found:
        parts = path.split(b"/")
        if any(b"/".join(parts[:at]) in found for at in range(1, len(parts))):
            raise DamageError(f"{path.decode('utf-8', 'replace')!r} lies below a file")
    return found


def _quoted(path: bytes) -> bytes:
    return b'"%s"' % path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")


def _who(made: Made, authors: Mapping[str, str]) -> bytes:
    """`Name <email>` as Git takes it."""
    text = authors.get(made.author, made.author) or made.agent or "unknown"
    found = _WHO.fullmatch(text.strip())
    name, email = (found[1], found[2]) if found else (text, "")
    name, email = (re.sub(r"[\x00-\x1f\x7f<>]", "", each).strip(" .,:;\"\\'") for each in (name, email))
    return f"{name or 'unknown'} <{email}>".encode("utf-8", "replace")


def _message(made: Made) -> bytes:
    text = made.message.replace("\0", "").rstrip("\n")
    agent = re.sub(r"[\x00-\x1f\x7f]", " ", made.agent)
    text += f"\n\nMuse-Agent: {agent}" if agent else ""
    return f"{text}\n".encode("utf-8", "replace")


def _free(repo: Repository, moves: Mapping[str, str], kind: str, wanted: str, commit: str) -> str:
    """A name Git takes; with the commit's number where something else has it already."""
    name = _NOT_IN_NAMES.sub("-", wanted)
    if f"{kind}{name}" in moves:
        name = f"{name}-{commit[:8]}"
    if repo.run("check-ref-format", kind + name).returncode:
        raise MuseError(f"{wanted!r:.200} cannot be made a name in Git")
    return name


def _annotated(repo: Repository, name: str, label: Label, commit: str, who: bytes) -> str:
    head = b"object %s\ntype commit\ntag %s\ntagger %s %d %s\n\n" % (
        commit.encode(), name.encode(), who, label.when, label.zone.encode(),
    )  # fmt: skip
    text = label.text.replace("\0", "").rstrip("\n").encode("utf-8", "replace")
    return repo.git("mktag", input=head + text + b"\n").decode().strip()


def _move(repo: Repository, moves: Mapping[str, str]) -> None:
    """All refs or none. A branch follows; nothing else that is there is moved."""
    there = refs.read_many(repo, "refs/heads/", "refs/tags/")
    todo = {name: new for name, new in moves.items() if there.get(name) != new}
    rows = repo.git("worktree", "list", "--porcelain").decode("utf-8", "surrogateescape").splitlines()
    busy = {row.removeprefix("branch ") for row in rows if row.startswith("branch ")}
    for name, new in todo.items():
        old = there.get(name)
        if old is None:
            continue
        short = name.split("/", 2)[2]
        hint = "nothing was moved; --prefix NAME/ puts what is imported beside it"
        if name.startswith("refs/tags/") or not repo.is_ancestor(old, new):
            raise MuseError(f"{short} is something else here", hint=hint)
        if name in busy:
            raise MuseError(f"{short} is checked out", hint=hint)
    refs.update_many(repo, [(name, new, there.get(name)) for name, new in todo.items()], message="muse import")


def _check_out(repo: Repository, branch: str, *, fresh: bool) -> str:
    """Put an unborn HEAD on a branch, and its files into the index; in a fresh repository also into the work tree.

    Answers with what is left to type.
    """
    if branch:
        repo.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    if repo.head() is None or repo.work_tree is None:
        return ""
    if not fresh and repo.git("ls-files", "-z"):
        return "hint: files are staged here already; `git reset` compares them with what was imported"
    repo.git("reset", "--quiet", *(["--hard"] if fresh else []))
    return ""


def _leave_out(repo: Repository, source: Source) -> None:
    """`.muse/` at the top of the work tree is no file of it."""
    if repo.work_tree is None or not os.path.isdir(os.path.join(repo.work_tree, ".muse")):
        return
    if not os.path.samefile(source.folder, os.path.join(repo.work_tree, ".muse")):
        return
    if repo.run("check-ignore", "-q", ".muse").returncode == 1:
        path = os.path.join(repo.common_dir, "info", "exclude")
        before = b""
        with suppress(FileNotFoundError):
            before = read_regular(path)
        gap = b"" if before.endswith(b"\n") or not before else b"\n"
        write_bytes_atomic(path, before + gap + b"/.muse/\n")
