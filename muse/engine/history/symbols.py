"""The history of one symbol, across renames of the symbol and of its file.

A domain takes part when its plugin has `symbol_lines` and `symbol_before`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core.errors import MuseError, UsageError
from muse.core.progress import counted
from muse.domain import PluginFor
from muse.engine.git import shown
from muse.engine.history import remembered
from muse.engine.history.changes import Change
from muse.engine.history.log import Commit, commits, touching

if TYPE_CHECKING:
    from muse.store.repository import Repository


Name = tuple[str, str]
"""A file's path, and the address of a symbol in it."""

_LARGEST = 32 << 20  # bytes of a file in which symbols are looked for
_FILE = "100"  # how the modes of regular files begin
_COUNT = re.compile(r"(?:-n|-|--max-count=)(?P<most>-?\d+)|--skip=(?P<skip>\d+)")


class Step(NamedTuple):
    """A commit that changed the symbol: its address after the commit, and before it ("" when it was added)."""

    commit: Commit
    address: str
    before: str


def lines_of(repo: Repository, path: str, address: str, rev: str | None, plugin_for: PluginFor) -> tuple[int, int]:
    """First and last line of a symbol in a revision, or in the work tree; MuseError when it is not there."""
    plugin = _plugin(path, plugin_for)
    if rev is None:
        from muse.core.filedomain import inside, read_entry

        if repo.work_tree is None:
            raise MuseError("this repository has no work tree", hint="name a revision")
        try:
            data = read_entry(inside(repo.work_tree, path))
        except OSError as error:
            raise MuseError(f"{path}: {error.strerror}") from None
    else:
        data = _blob(repo, repo.resolve(rev), path)
    found: tuple[int, int] | None = plugin.symbol_lines(path, data, address)
    if found is None:
        raise MuseError(f"there is no {address} in {path}")
    return found


def history(repo: Repository, path: str, address: str, words: Sequence[str], plugin_for: PluginFor) -> Iterator[Step]:
    """The commits that changed a symbol, newest first, down to the one that added it; streams.

    `words` are `git log` options and at most one revision to start from (HEAD when there is none). -n and --skip count
    what is told, not what is read.
    """
    plugin = _plugin(path, plugin_for)
    words, skip, most = _counts(words)
    newest = next(iter(commits(repo, [*words, "-n1"])), None)
    if newest is not None and plugin.symbol_lines(path, _blob(repo, newest.id, path), address) is None:
        raise MuseError(f"there is no {address} in {path} at {newest.id[:9]}")
    steps = Steps(repo, plugin)
    try:
        found = _steps(counted(touching(repo, path, words), "reading commits"), (path, address), steps)
        yield from itertools.islice(found, skip, None if most is None else skip + most)
    finally:
        steps.close()


def _counts(words: Sequence[str]) -> tuple[list[str], int, int | None]:
    """Git's words without those that count, how many steps to skip, and how many to tell at most."""
    rest: list[str] = []
    counts: dict[str, int] = {"skip": 0}
    given = iter(words)
    for word in given:
        match = _COUNT.fullmatch(word)
        if word in ("-n", "--max-count", "--skip"):
            match = _COUNT.fullmatch(f"--{'skip' if word == '--skip' else 'max-count'}={next(given, '')}")
            if match is None:
                raise UsageError(f"{word} needs a number")
        if match is None:
            rest.append(word)
        else:
            counts["skip" if match["skip"] else "most"] = int(match["skip"] or match["most"])
    most = counts.get("most")
    return rest, max(counts["skip"], 0), None if most is None or most < 0 else most


def _steps(found: Iterable[tuple[Commit, Change]], name: Name, steps: Steps) -> Iterator[Step]:
    names = [name]  # what the symbol is called, and was called before
    waiting: list[tuple[Commit, Change]] = []  # on a branch where it had a name that is not known yet
    for entry in found:
        todo = [entry]
        while todo:
            commit, change = todo.pop(0)
            place = next((name for name in names if steps.has(change, name)), None)
            if place is None:
                waiting.append((commit, change))
                continue
            before = steps.before(change, place[1])
            if before is None:
                yield Step(commit, "::".join(place), "")
                return
            older = (shown(change.old_path), before[0])
            if not before[1] or before[0] != place[1]:
                yield Step(commit, "::".join(place), "::".join(older))
            if older not in names:
                names.append(older)
                todo, waiting = [*todo, *waiting], []


class Steps:
    """What a symbol was before a change of its file, remembered from run to run for our own domains."""

    def __init__(self, repo: Repository, plugin: Any) -> None:
        self._repo, self._plugin = repo, plugin
        ours = type(plugin).__module__.startswith("muse.plugins.")  # one from elsewhere may change any day
        self._remembered = remembered.Remembered(repo) if ours else None
        self._recent: dict[str, bytes] = {}

    def has(self, change: Change, name: Name) -> bool:
        """True when the file, as the change left it, is the one named and has the symbol."""
        path, address = name
        if shown(change.path) != path or not change.new_mode.startswith(_FILE):
            return False

        def look() -> bool:
            return self._plugin.symbol_lines(path, self._blob(change.new_id), address) is not None

        return bool(self._known(("has", path, change.new_id, address), look))

    def before(self, change: Change, address: str) -> tuple[str, bool] | None:
        """Its address before the change, and whether its text was the same; None when the change added it."""
        if not change.old_mode.startswith(_FILE):
            return None
        path = shown(change.path)

        def compare() -> list[Any]:
            old, new = self._blob(change.old_id), self._blob(change.new_id)
            return list(self._plugin.symbol_before(path, old, new, address) or [])

        key = ("before", path, change.old_id, change.new_id, address)
        match self._known(key, compare):
            case [str(older), bool(same)]:
                return older, same
        return None

    def close(self) -> None:
        """Keep what is new for the next time."""
        if self._remembered is not None:
            self._remembered.close()

    def _known(self, parts: tuple[str, ...], work: Callable[[], Any]) -> Any:
        if self._remembered is None:
            return work()
        key = remembered.key("symbol", self._plugin.name, *parts)
        said = self._remembered.get(key)
        if said is None:
            said = work()
            self._remembered.put(key, said)
        return said

    def _blob(self, name: str) -> bytes:
        if name in self._recent:
            return self._recent[name]
        while len(self._recent) > 2:  # what a commit left is what the next one found
            del self._recent[next(iter(self._recent))]
        try:
            data = self._recent[name] = self._repo.objects.blob(name, _LARGEST)
            return data
        except KeyError:
            raise MuseError(f"the blob {name} is not here", hint="git fetch --refetch, or git fsck") from None


def _plugin(path: str, plugin_for: PluginFor) -> Any:
    plugin = plugin_for(path)
    if not hasattr(plugin, "symbol_before"):
        raise MuseError(f"{path} has no symbols that Muse knows", hint="muse domains")
    return plugin


def _blob(repo: Repository, commit: str, path: str) -> bytes:
    try:
        return repo.objects.blob(f"{commit}:{path}", _LARGEST)
    except KeyError:
        raise MuseError(f"there is no {path} in {commit[:9]}") from None
