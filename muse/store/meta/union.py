"""What all clones wrote, read together: an index of every file in every tip of `refs/muse` and `refs/muse-remotes`.

The index is local and disposable, and keyed by ref tips: looking costs what is new. Everything in those refs may come
from anybody, so only files that belong into the layout are taken up, within limits; the rest is reported and left.
"""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import DamageError, FormatError, MuseError
from muse.core.sharing import open_or_make
from muse.core.terminal import one_line
from muse.store import refs
from muse.store.layout import FORMATS, OWN, REMOTES, Kind, is_entry, owner
from muse.store.meta import signatures
from muse.store.meta.budget import MAX_TREE, PATIENT, QUICK, Budget, Peers, TooMuch, TooSlow
from muse.store.meta.writer_refs import is_ours
from muse.store.objects.database import FILE, FOLDER, TreeEntry

if TYPE_CHECKING:
    from muse.store.repository import Repository

MAX_DEPTH = 4  # folders below the root of a tree
_RECENT = 2.0  # seconds
_CHUNK = 500  # paths in one question
_TOGETHER = 5_000  # refs that are read ahead in one go
MANY = 50  # from so many on it is worth to read ahead
_AHEAD = 50_000  # folders of one depth
_UNREAD = "a folder cannot be read"
UNKNOWN = "it has a format this version of Muse does not know"
_INDEX = f"union-{'-'.join(str(len(known)) for known in FORMATS.values())}.sqlite"  # of the formats that are read
MAX_TOLD = 20  # lines
MAX_PROBLEMS = 100  # per ref; a tree of nothing but nonsense need not be listed in full

_TABLES = ("tip", "entry", "problem", "lost", "put_off")
_SCHEMA = """
create table if not exists tip (ref text primary key, id text not null, tree text not null) without rowid;
create table if not exists entry (kind text, path text, ref text, blob text not null, primary key (kind, path, ref))
    without rowid;
create index if not exists by_ref on entry (ref);
create table if not exists lost (ref text, id text, primary key (ref, id)) without rowid;
create table if not exists put_off (ref text primary key, id text not null) without rowid;
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
        found = repo.memo["union"] = (time.monotonic(), os.getpid(), Union(repo, seconds=QUICK))
    return found[2]


class Union:
    """The union as of the moment it was made; `Union(repo)` looks at the refs anew.

    What is left out is told as a warning the moment it is noted, unless it is to be `quiet`. `seconds` is what a peer's
    refs may take; with `again`, refs that had damage are read anew.
    """

    def __init__(self, repo: Repository, *, quiet: bool = False, seconds: float = PATIENT, again: bool = False) -> None:
        self._repo = repo
        self._quiet = quiet
        self._quick, self._again = seconds < PATIENT, again
        self._seconds = seconds
        self._ours = signatures.writers(repo)
        self._peers = _peers(repo, self._ours, seconds)
        self._found: list[Problem] = []
        self._told: set[tuple[str, str]] = set()
        self._warned = 0
        tips = {ref: tip for ref, tip in refs.read_many(repo, OWN, REMOTES).items() if owner(ref) is not None}
        path = repo.common_dir / "muse" / _INDEX
        self._path, self._tips = path, tips
        try:
            os.close(open_or_make(path))
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
        self._peers = _peers(self._repo, self._ours, self._seconds)
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
        spent: dict[str, int] = self._repo.memo.setdefault("words read", {})  # a union is made anew every other second
        try:
            data = self._repo.objects.blob(
                entry.blob, self._peers.most(entry.ref, limit, spent) if self._quick else limit
            )
            self._peers.budget(entry.ref).file(len(data))
            if self._quick:
                self._peers.took(entry.ref, len(data), spent)
            return data
        except KeyError:
            self.note(entry, f"its blob {entry.blob} is not here")
        except (FormatError, TooMuch) as error:
            self.note(entry, str(error))
        return None

    def note(self, entry: Entry, why: str) -> None:
        """Report a file that is left out; each reason is told once for each ref."""
        self._found.append(Problem(entry.ref, entry.path, why))
        if (entry.ref, why) not in self._told:
            self._told.add((entry.ref, why))
            self._warn(f"{one_line(entry.ref)}: {one_line(entry.path)} is left out: {one_line(why)}")

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
        self._database.execute("pragma temp_store = memory")  # a savepoint a ref else goes through a file
        self._database.executescript(_SCHEMA)

    def _refresh(self, tips: dict[str, str]) -> None:
        execute = self._database.execute
        self._forget_judgements()
        known = dict(execute("select ref, id from tip"))
        put_off = dict(execute("select ref, id from put_off")) if self._quick else {}
        todo = {ref: tip for ref, tip in tips.items() if known.get(ref) != tip and put_off.get(ref) != tip}
        came = self._to_read_anew()
        gone = known.keys() - tips.keys()
        if not (todo or came or gone):
            return
        execute("begin immediate")
        try:
            for ref in gone | came:
                self._forget(ref)
            seen = {ref: (tip, tree) for ref, tip, tree in execute("select ref, id, tree from tip")}
            new = [
                (ref, tip, seen.get(ref, ("", ""))[1])
                for ref, tip in tips.items()
                if seen.get(ref, ("",))[0] != tip and put_off.get(ref) != tip
            ]
            for start in range(0, len(new), _TOGETHER):
                part = new[start : start + _TOGETHER]
                self._read_ahead(part)
                for ref, tip, old_tree in part:
                    self._take_up(ref, tip, old_tree, known=ref in seen)
            execute("commit")
        except BaseException:
            if self._database.in_transaction:
                execute("rollback")
            raise
        finally:
            self._repo.objects.forget_ahead()

    def _read_ahead(self, part: list[tuple[str, str, str]]) -> None:
        """Of many refs that are looked at for the first time: their commits, trees and formats, in a few questions."""
        objects = self._repo.objects
        tips = [tip for ref, tip, _ in part if not self._peers.budget(ref).is_over()]
        if len(tips) < MANY:
            return
        objects.ahead(tips)  # their signatures are looked for
        level = set(objects.ahead(f"{tip}^{{tree}}" for tip in tips).values())
        objects.ahead(f"{tree}:format" for tree in level)
        for _ in range(MAX_DEPTH):
            rows = [row for name in islice(level, _AHEAD) for row in objects.tree_ahead(name)]
            level = set(objects.ahead(row.id for row in rows if row.mode == FOLDER).values())

    def _to_read_anew(self) -> set[str]:
        """The refs of which something was lost that is here now; when asked to, all that had damage."""
        if self._again:
            return {
                ref for (ref,) in self._database.execute("select ref from problem where why like ?", (f"{_UNREAD}%",))
            }
        rows = list(self._database.execute("select id, ref from lost"))
        if not rows:
            return set()
        asked = "".join(f"{name}\n" for name in {name for name, _ in rows}).encode()
        said = self._repo.run("cat-file", "--batch-check", input=asked).stdout.decode("utf-8", "replace").split("\n")
        here = {line.partition(" ")[0] for line in said if line and not line.endswith(" missing")}
        return {ref for name, ref in rows if name in here}

    def _forget_judgements(self) -> None:
        """Have log refs judged anew where other signatures count than when they were read."""
        now = signatures.trust(self._repo)
        if self._database.execute("pragma user_version").fetchone()[0] == now:
            return
        for table in _TABLES:
            self._database.execute(f"delete from {table} where ref like '%/log/%'")
        self._database.execute(f"pragma user_version = {now}")

    def _forget(self, ref: str) -> None:
        for table in _TABLES:
            self._database.execute(f"delete from {table} where ref = ?", (ref,))

    def _take_up(self, ref: str, tip: str, old_tree: str, *, known: bool) -> None:
        execute = self._database.execute
        execute("savepoint one_ref")
        try:
            self._peers.budget(ref).charge("entries", 0)  # of a peer whose time is over nothing more is looked at
            self._take_in(ref, tip, old_tree, self._peers.budget(ref), known=known)
            execute("delete from put_off where ref = ?", (ref,))
        except TooMuch as error:
            self._forget(ref)
            execute("insert into problem values (?, '', ?)", (ref, str(error)))
            execute("insert into tip values (?, ?, '')", (ref, tip))
            self._warn(f"{one_line(ref)}: {error}")
        except TooSlow as error:
            execute("rollback to one_ref")
            execute("insert or replace into put_off values (?, ?)", (ref, tip))
            self._found.append(Problem(ref, "", str(error)))
            self._warn(f"{one_line(ref)}: {error}")
        execute("release one_ref")

    def _warn(self, line: str) -> None:
        """Tell what is left out, once for each repository that is open; of very much, the beginning."""
        self._warned += not self._quiet
        if self._quiet or self._warned > MAX_TOLD + 1:
            return
        import logging

        more = "more is left out than is told here; muse verify lists them all"
        words = line if self._warned <= MAX_TOLD else more
        told: set[str] = self._repo.memo.setdefault("left out", set())
        if words not in told:
            told.add(words)
            logging.getLogger(__name__).warning("%s", words)

    def _take_in(self, ref: str, tip: str, old_tree: str, budget: Budget, *, known: bool) -> None:
        execute = self._database.execute
        kind = (owner(ref) or ("", ""))[0]
        tree, why = _tree_of(self._repo, kind, ref, tip, budget, self._ours)
        if old_tree and not _readable(self._repo, old_tree):
            old_tree = ""
        problems = self._problems_before(ref, anew=bool(why) or not old_tree) if known else {}
        if why:
            problems = {"": Problem(ref, "", why)}
        lost: set[str] = set()
        if why and self._repo.objects.resolve(tip) is None:
            budget.charge("lost")
            lost.add(tip)
        for path, row in _walk(self._repo, old_tree, tree, problems, lost, ref, budget) if not why else ():
            problems.pop(path, None)
            if row is not None and row.mode == FILE and is_entry(kind, path):
                execute("insert or replace into entry values (?, ?, ?, ?)", (kind, path, ref, row.id))
                continue
            if known:
                execute("delete from entry where kind = ? and path = ? and ref = ?", (kind, path, ref))
            if row is not None:
                budget.charge("refused")
            if row is not None and len(problems) < MAX_PROBLEMS:
                problems[path] = Problem(ref, path, "no file of this name belongs here")
        listed = sorted(problems.values(), key=lambda problem: (problem.path != "", problem.path))[:MAX_PROBLEMS]
        if known or listed or lost:
            self._list(ref, listed, lost)
        whole = not any(
            problem.why.startswith(_UNREAD) for problem in listed
        )  # else the next tip is walked from its root
        execute("insert or replace into tip values (?, ?, ?)", (ref, tip, tree if whole else ""))

    def _list(self, ref: str, problems: list[Problem], lost: set[str]) -> None:
        """Write down what is left out of a ref, in place of what was."""
        for table in ("problem", "lost"):
            self._database.execute(f"delete from {table} where ref = ?", (ref,))
        self._database.executemany("insert into problem values (?, ?, ?)", problems)
        self._database.executemany("insert into lost values (?, ?)", [(ref, name) for name in lost])

    def _problems_before(self, ref: str, *, anew: bool) -> dict[str, Problem]:
        """What was left out of a ref that is known; `anew` forgets that, and its entries."""
        rows = self._database.execute("select path, why from problem where ref = ?", (ref,)).fetchall()
        if anew:
            self._database.execute("delete from entry where ref = ?", (ref,))
        return {} if anew else {path: Problem(ref, path, why) for path, why in rows}


def forget(repo: Repository, names: Collection[str]) -> None:
    """Have refs whose objects were mended read anew; nothing is lost when that cannot be written down."""
    path = repo.common_dir / "muse" / _INDEX
    if not path.exists():
        return
    try:
        database = sqlite3.connect(path, timeout=5.0)
        with database:
            database.executescript(_SCHEMA)
            for table in _TABLES:
                database.executemany(f"delete from {table} where ref = ?", [(name,) for name in names])
        database.close()
    except sqlite3.Error:
        pass  # it is made anew by whoever can


def _peers(repo: Repository, ours: Collection[str], seconds: float) -> Peers:
    remotes = {key[7:].rpartition(".")[0] for key in repo.settings() if key.startswith("remote.")}
    return Peers(remotes, ours, seconds)


def _readable(repo: Repository, tree: str) -> bool:
    """False for a tree of earlier that `git gc` has taken since."""
    try:
        repo.objects.tree(tree, MAX_TREE)
    except (KeyError, FormatError, DamageError):
        return False
    return True


def _tree_of(repo: Repository, kind: str, ref: str, tip: str, budget: Budget, ours: Collection[str]) -> tuple[str, str]:
    """The tree of a tip, or why it is left out as a whole."""
    try:
        tree = repo.tree_of(tip)
    except MuseError:
        return "", "it holds no commit"
    if not is_ours(repo, kind, tree):
        return "", UNKNOWN
    budget.charge("entries")  # looking at a signature may take a process
    why = signatures.why_not(repo, ref, tip, ours) if kind == "log" else ""
    return ("", why) if why else (tree, "")


def _walk(
    repo: Repository,
    old_tree: str,
    new_tree: str,
    problems: dict[str, Problem],
    lost: set[str],
    ref: str,
    budget: Budget,
) -> Iterator[tuple[str, TreeEntry | None]]:
    """(path, row) of every file that came or changed between two trees, row None for one that went.

    The trees may be anybody's: depth, width and the total are limited, and nothing outside of the limits is looked at.
    Trees that are not here are put into `lost`.
    """
    stack = [("", old_tree, new_tree)]
    while stack:
        prefix, old, new = stack.pop()
        try:
            rows, was = _rows(repo, new, budget), _rows(repo, old, budget)
        except (KeyError, FormatError, DamageError) as error:
            budget.charge("lost")
            problems[prefix] = Problem(ref, prefix, f"{_UNREAD}: {error}")
            lost |= {name for name in (new, old) if name and repo.objects.resolve(name) is None}
            continue
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


def _rows(repo: Repository, tree: str, budget: Budget) -> dict[bytes, TreeEntry]:
    """A tree's entries by name, charged for; empty for no tree."""
    if not tree:
        return {}
    rows = {row.name: row for row in repo.objects.tree(tree, MAX_TREE)}
    budget.tree(tree, len(rows), sum(map(len, rows)) + 28 * len(rows))
    return rows
