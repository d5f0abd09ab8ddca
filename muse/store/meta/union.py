"""What all clones wrote, read together: an index of every file in every tip of `refs/muse` and `refs/muse-remotes`.

The index is local and disposable, and keyed by ref tips: looking costs what is new. Everything in those refs may come
from anybody, so only files that belong into the layout are taken up, within limits; the rest is reported and left.
"""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import FormatError, MuseError
from muse.core.terminal import one_line
from muse.store import refs
from muse.store.layout import FORMATS, OWN, REMOTES, Kind, is_entry, owner
from muse.store.meta.writer_refs import is_ours
from muse.store.objects.database import FILE, FOLDER, TreeEntry

if TYPE_CHECKING:
    from muse.store.repository import Repository

MAX_ENTRIES = 2_000_000  # per peer, as are the next two
MAX_REFUSED = 5_000  # entries that do not belong into a tree of ours
MAX_REPEATED = 10_000  # entries of trees that were met before: a small object may stand in a million places
MAX_TREE = 64 << 20  # bytes of one tree object
MAX_DEPTH = 4  # folders below the root of a tree
_SMALL = 4  # entries of a tree that honest writers have in many places: one provenance for many commits
_RECENT = 2.0  # seconds
_CHUNK = 500  # paths in one question
_UNREAD = "a folder cannot be read"
UNKNOWN = "it has a format this version of Muse does not know"
_INDEX = f"union-{'-'.join(str(len(known)) for known in FORMATS.values())}.sqlite"  # of the formats that are read
MAX_PROBLEMS = 100  # per ref; a tree of nothing but nonsense need not be listed in full

_SCHEMA = """
create table if not exists tip (ref text primary key, id text not null, tree text not null) without rowid;
create table if not exists entry (kind text, path text, ref text, blob text not null, primary key (kind, path, ref))
    without rowid;
create index if not exists by_ref on entry (ref);
create table if not exists problem (ref text, path text, why text not null, primary key (ref, path)) without rowid;
"""


class Entry(NamedTuple):
    """One file in one writer's tree."""

    ref: str
    path: str
    blob: str


class Problem(NamedTuple):
    """Something in a ref that was left out, and why."""

    ref: str
    path: str
    why: str


def recent(repo: Repository) -> Union:
    """The union as it was at most two seconds ago; for readers of what can be worked out again."""
    found: tuple[float, int, Union] | None = repo.memo.get("union")
    if found is None or found[1] != os.getpid() or time.monotonic() - found[0] > _RECENT:
        found = repo.memo["union"] = (time.monotonic(), os.getpid(), Union(repo))
    return found[2]


class TooMuch(MuseError):
    """A peer asks for more than is worth reading."""


_TOO_MANY = {
    "entries": "entries",
    "refused": "entries that do not belong there",
    "repeated": "copies of one folder",
}


class _Budget:
    """What may be read of one peer's refs, charged for what is refused as well."""

    def __init__(self) -> None:
        self.left = {"entries": MAX_ENTRIES, "refused": MAX_REFUSED, "repeated": MAX_REPEATED}
        self.met: set[str] = set()

    def charge(self, kind: str, count: int = 1) -> None:
        self.left[kind] -= count
        if self.left[kind] < 0:
            raise TooMuch(f"it holds too many {_TOO_MANY[kind]}, and is left out as a whole")

    def tree(self, name: str, entries: int) -> None:
        """Charge for a tree object that is read; more when it was met in another place already."""
        self.charge("entries", entries)
        if name in self.met and entries > _SMALL:
            self.charge("repeated", entries)
        self.met.add(name)


def _peer(ref: str) -> str:
    """Whose budget a ref is charged to: the remote it came from, "" for this clone."""
    return ref.removeprefix(REMOTES).rpartition("/")[0].rpartition("/")[0] if ref.startswith(REMOTES) else ""


class Union:
    """The union as of the moment it was made; `Union(repo)` looks at the refs anew.

    What is left out is told as a warning the moment it is noted, unless it is to be `quiet`.
    """

    def __init__(self, repo: Repository, *, quiet: bool = False) -> None:
        self._repo = repo
        self._quiet = quiet
        self._found: list[Problem] = []
        self._told: set[tuple[str, str]] = set()
        tips = {ref: tip for ref, tip in refs.read_many(repo, OWN, REMOTES).items() if owner(ref) is not None}
        path = repo.common_dir / "muse" / _INDEX
        self._path, self._tips = path, tips
        try:
            os.makedirs(path.parent, exist_ok=True)
            self._use(os.fspath(path))
            self._refresh(tips)
        except (sqlite3.Error, OSError) as error:
            self._start_over(error)

    def _start_over(self, error: Exception) -> None:
        """Index in memory; a damaged file is deleted, so that the next process makes it anew."""
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            try:
                self._path.unlink(missing_ok=True)
            except OSError:
                pass
        self._use(":memory:")
        self._refresh(self._tips)

    def _rows(self, sql: str, *values: str) -> list[tuple[str, str, str]]:
        try:
            return self._database.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            self._start_over(error)
            return self._database.execute(sql, values).fetchall()

    def find(self, kind: Kind, path: str) -> list[Entry]:
        """Every writer's file of that path; one per distinct content."""
        rows = self._rows(
            "select min(ref), path, blob from entry where kind = ? and path = ? group by blob order by 1", kind, path
        )
        return [Entry(*row) for row in rows]

    def below(self, kind: Kind, folder: str) -> list[Entry]:
        """Every writer's files below a folder (its name ends in a slash), sorted by path; one per distinct content."""
        rows = self._rows(
            "select min(ref), path, blob from entry where kind = ? and path >= ? and path < ?"
            " group by path, blob order by path, 1",
            kind, folder, folder[:-1] + "0" if folder else "\x7f",
        )  # fmt: skip
        return [Entry(*row) for row in rows]

    def writers(self, kind: Kind, path: str) -> list[Entry]:
        """Every ref's file of that path, equal ones too."""
        rows = self._rows("select ref, path, blob from entry where kind = ? and path = ? order by ref", kind, path)
        return [Entry(*row) for row in rows]

    def among(self, kind: Kind, paths: Sequence[str]) -> list[Entry]:
        """Every ref's files of those paths."""
        found: list[Entry] = []
        for start in range(0, len(paths), _CHUNK):
            part = paths[start : start + _CHUNK]
            marks = ",".join("?" * len(part))
            rows = self._rows(f"select ref, path, blob from entry where kind = ? and path in ({marks})", kind, *part)
            found += [Entry(*row) for row in rows]
        return found

    def any(self, kind: Kind, folder: str) -> bool:
        """True when any writer has a file below a folder (its name ends in a slash)."""
        sql = "select ref, path, blob from entry where kind = ? and path >= ? and path < ? limit 1"
        return bool(self._rows(sql, kind, folder, folder[:-1] + "0"))

    def of(self, ref: str) -> list[Entry]:
        """Every file of one ref."""
        return [Entry(*row) for row in self._rows("select ref, path, blob from entry where ref = ?", ref)]

    @property
    def repo(self) -> Repository:
        """Whose refs these are."""
        return self._repo

    @property
    def refs(self) -> set[str]:
        """The refs that were there to be read."""
        return set(self._tips)

    def owners(self, kind: Kind) -> set[str]:
        """The writers that have a ref of that kind here."""
        return {found[1] for ref in self._tips if (found := owner(ref)) is not None and found[0] == kind}

    def read(self, entry: Entry, limit: int) -> bytes | None:
        """A file's bytes; None, and a problem noted, when it is not there or has more than `limit` bytes."""
        try:
            return self._repo.objects.blob(entry.blob, limit)
        except KeyError:
            self.note(entry, f"its blob {entry.blob} is not here")
        except FormatError as error:
            self.note(entry, str(error))
        return None

    def note(self, entry: Entry, why: str) -> None:
        """Report a file that is left out; each reason is told once for each ref."""
        self._found.append(Problem(entry.ref, entry.path, why))
        if not self._quiet and (entry.ref, why) not in self._told:
            self._told.add((entry.ref, why))
            import logging

            where = f"{one_line(entry.ref)}: {one_line(entry.path)}"
            logging.getLogger(__name__).warning("%s is left out: %s", where, one_line(why))

    @property
    def noted(self) -> list[Problem]:
        """What reading found, each thing once."""
        return list(dict.fromkeys(self._found))

    @property
    def problems(self) -> list[Problem]:
        """What was left out: entries that are none, and what reading found."""
        rows = self._rows("select ref, path, why from problem order by ref, path")
        return [*(Problem(*row) for row in rows), *self._found]

    def _use(self, path: str) -> None:
        self._database = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._database.close)
        self._database.executescript(_SCHEMA)

    def _refresh(self, tips: dict[str, str]) -> None:
        execute = self._database.execute
        known = dict(execute("select ref, id from tip"))
        if known == tips:
            return
        execute("begin immediate")
        try:
            seen = {ref: (tip, tree) for ref, tip, tree in execute("select ref, id, tree from tip")}
            for ref in seen.keys() - tips.keys():
                for table in ("tip", "entry", "problem"):
                    execute(f"delete from {table} where ref = ?", (ref,))
            budgets: dict[str, _Budget] = {}
            for ref, tip in tips.items():
                old_tip, old_tree = seen.get(ref, ("", ""))
                if old_tip != tip:
                    self._take_up(ref, tip, old_tree, budgets.setdefault(_peer(ref), _Budget()))
            execute("commit")
        except BaseException:
            if self._database.in_transaction:
                execute("rollback")
            raise

    def _take_up(self, ref: str, tip: str, old_tree: str, budget: _Budget) -> None:
        try:
            self._take_in(ref, tip, old_tree, budget)
        except TooMuch as error:
            for table in ("tip", "entry", "problem"):
                self._database.execute(f"delete from {table} where ref = ?", (ref,))
            self._database.execute("insert into problem values (?, '', ?)", (ref, str(error)))
            self._database.execute("insert into tip values (?, ?, '')", (ref, tip))
            if not self._quiet:
                import logging

                logging.getLogger(__name__).warning("%s: %s", one_line(ref), error)

    def _take_in(self, ref: str, tip: str, old_tree: str, budget: _Budget) -> None:
        execute = self._database.execute
        kind = (owner(ref) or ("", ""))[0]
        tree, why = _tree_of(self._repo, kind, tip)
        before = execute("select path, why from problem where ref = ?", (ref,))
        problems = {path: Problem(ref, path, why) for path, why in before}
        if why or not old_tree:
            execute("delete from entry where ref = ?", (ref,))
            problems = {"": Problem(ref, "", why)} if why else {}
        for path, row in _walk(self._repo, old_tree, tree, problems, ref, budget) if not why else ():
            problems.pop(path, None)
            if row is not None and row.mode == FILE and is_entry(kind, path):
                execute("insert or replace into entry values (?, ?, ?, ?)", (kind, path, ref, row.id))
                continue
            execute("delete from entry where kind = ? and path = ? and ref = ?", (kind, path, ref))
            if row is not None:
                budget.charge("refused")
            if row is not None and len(problems) < MAX_PROBLEMS:
                problems[path] = Problem(ref, path, "no file of this name belongs here")
        execute("delete from problem where ref = ?", (ref,))
        listed = sorted(problems.values(), key=lambda problem: (problem.path != "", problem.path))[:MAX_PROBLEMS]
        self._database.executemany("insert into problem values (?, ?, ?)", listed)
        whole = not any(problem.why.startswith(_UNREAD) for problem in listed)  # else it is walked again next time
        execute("insert or replace into tip values (?, ?, ?)", (ref, tip, tree) if whole else (ref, "", ""))


def _tree_of(repo: Repository, kind: str, tip: str) -> tuple[str, str]:
    """The tree of a tip, or why it is left out as a whole."""
    try:
        tree = repo.tree_of(tip)
    except MuseError:
        return "", "it holds no commit"
    return (tree, "") if is_ours(repo, kind, tree) else ("", UNKNOWN)


def _walk(
    repo: Repository, old_tree: str, new_tree: str, problems: dict[str, Problem], ref: str, budget: _Budget
) -> Iterator[tuple[str, TreeEntry | None]]:
    """(path, row) of every file that came or changed between two trees, row None for one that went.

    The trees may be anybody's: depth, width and the total are limited, and nothing outside of the limits is looked at.
    """
    stack = [("", old_tree, new_tree)]
    while stack:
        prefix, old, new = stack.pop()
        try:
            rows = {row.name: row for row in repo.objects.tree(new, MAX_TREE)} if new else {}
            was = {row.name: row for row in repo.objects.tree(old, MAX_TREE)} if old else {}
        except (KeyError, MuseError) as error:
            problems[prefix] = Problem(ref, prefix, f"{_UNREAD}: {error}")
            continue
        budget.tree(new or old, len(rows.keys() | was.keys()))
        for name in rows.keys() | was.keys():
            now, before = rows.get(name), was.get(name)
            if now == before:
                continue
            path = prefix + name.decode("ascii", "replace")
            if now is not None and now.mode != FOLDER:
                yield path, now
            elif before is not None and before.mode != FOLDER:
                yield path, None
            here, there = (row.id if row is not None and row.mode == FOLDER else "" for row in (before, now))
            if here or there:
                if prefix.count("/") >= MAX_DEPTH:
                    budget.charge("refused")
                    problems[path] = Problem(ref, path, "no folder of this name belongs here")
                else:
                    stack.append((path + "/", here, there))
