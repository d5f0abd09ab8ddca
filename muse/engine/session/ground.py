"""What a session's pending ops stand on, and how that is brought to another commit: by the ordinary three-way merge.

The ops stand on the session's last delivery (D). Where a commit came between and an op was appended after it, the state
so far is merged with that commit before the op is applied; in the end it is merged with HEAD. So nothing is ever
replayed over a commit: what both changed is a conflict, and named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from muse.core.errors import ConflictError, MuseError
from muse.core.op_log import OpLog, OpLogCheckpoint
from muse.core.terminal import command
from muse.domain import PluginFor, SnapshotManifest
from muse.engine.session import delivery
from muse.engine.session.carriers import Files, carriers
from muse.engine.session.parts import missing, paths_told
from muse.store.layout import path_bytes
from muse.store.objects.snapshots import submodules

if TYPE_CHECKING:
    from muse.engine.merge.git_trees import Stage
    from muse.engine.merge.whole_tree import WholeMerge
    from muse.store.repository import Repository

Carriers = Mapping[str, Mapping[str, Files]]
Side = Literal["head", "session"]
_SIDES: dict[str, Any] = {"head": "ours", "session": "theirs"}


@dataclass
class Choices:
    """What settles conflicts between HEAD and the session: all of them, or one by `path::address` or path."""

    take: Side | None = None
    picks: Mapping[str, Side] = field(default_factory=dict)

    def of(self, path: str, address: str) -> Side | None:
        """The side wanted for one conflict, or None."""
        for name in (f"{path}::{address}", address, path):
            if name in self.picks:
                return self.picks[name]
        return self.take


class Ground:
    """A commit's files, with what was delivered in their place where the commit has not got it."""

    def __init__(self, repo: Repository, session: str, plugin_for: PluginFor, choices: Choices) -> None:
        self.repo = repo
        self.session = session
        self.plugin_for = plugin_for
        self.choices = choices
        self.commit = ""
        self.files: dict[str, str] = {}
        self.head = repo.head() or ""
        self.missing: list[tuple[str, set[str]]] = []  # deliveries this branch has not got, and their paths
        self.left: list[str] = []  # conflicts nobody has settled
        self._log: list[str] | None = None
        self._forward: dict[tuple[str, str], bool] = {}
        self._files: dict[str, dict[str, str]] = {}

    @cached_property
    def submodules(self) -> frozenset[str]:
        """The paths of HEAD's submodules."""
        return submodules(self.repo, self.head)

    def stand_on(self, commit: str, overlay: Mapping[str, str | None] | None = None) -> None:
        """Begin at a commit; `overlay` are contents to be had there, None for a file that is not."""
        self.commit, self.files = commit, dict(self.files_of(commit))
        for path, digest in (overlay or {}).items():
            if digest is None:
                self.files.pop(path, None)
            elif self.repo.content.has(digest):
                self.files[path] = digest

    def files_of(self, commit: str) -> dict[str, str]:
        """The files of a commit, path -> digest."""
        if commit not in self._files:
            self._files[commit] = self.repo.manifest(commit)["files"] if commit else {}
        return self._files[commit]

    def wants(self, head: str, path: str) -> bool:
        """True when a commit is a later state of the branch with another version of a file than the ops stand on."""
        if head != self.commit and not self.is_later(head):
            return False
        return self.files_of(head).get(path) != self.files.get(path)

    def is_later(self, head: str) -> bool:
        """True when a commit is on this branch (or was), after the one the ops stand on."""
        key = (self.commit, head)
        if key not in self._forward:
            self._forward[key] = self._is_later(head)
        return self._forward[key]

    def _is_later(self, head: str) -> bool:
        repo = self.repo
        if repo.objects.resolve(f"{head}^{{commit}}") is None:
            return False
        was = self.reflog()
        if not _within(repo, head, self.head) and head not in was:
            return False
        if not self.commit or _within(repo, self.commit, head):
            return True
        return head in was and self.commit in was and was.index(head) < was.index(self.commit)

    def reflog(self) -> list[str]:
        """What the branch was, the newest first."""
        if self._log is None:
            self._log = delivery.reflog(self.repo, self.repo.branch() or "HEAD")
        return self._log

    def moved(self, files: Mapping[str, str], touched: set[str], to: str) -> dict[str, str]:
        """The files of the session brought to a commit, which is what the ops stand on afterwards."""
        theirs = self.files_of(to)
        changed = {path for path in touched if files.get(path) != self.files.get(path)}
        if all(theirs.get(path) == self.files.get(path) for path in changed) and not _clash(changed, files, theirs):
            result = {**theirs, **{path: files[path] for path in changed if path in files}}
            for path in changed - files.keys():
                result.pop(path, None)
        else:
            result = self._merged(files, to)
        self.commit, self.files = to, dict(theirs)
        return result

    def _merged(self, files: Mapping[str, str], to: str) -> dict[str, str]:
        from muse.engine.merge.whole_tree import merge_commits
        from muse.store.meta.writer_refs import take_commit
        from muse.store.objects.snapshots import write_tree

        repo = self.repo
        repo.content.flush()
        base = write_tree(repo, SnapshotManifest(files=self.files, domain="files"), like=self.commit or None)
        mine = write_tree(repo, SnapshotManifest(files=dict(files), domain="files"), like=base)
        with repo.writer() as writer:
            root = take_commit(writer, base, [], "what the session stands on")
            ours = take_commit(writer, repo.tree_of(to), [root], "HEAD")
            theirs = take_commit(writer, mine, [root], "the session")
        label = f"session {self.session}"
        merged = merge_commits(repo, ours, theirs, self.plugin_for, ours_label="HEAD", theirs_label=label, shared=False)
        return repo.manifest(self._settled(merged, (self.files_of(to), files)))["files"]

    def _settled(self, merged: WholeMerge, trees: tuple[Mapping[str, str], Mapping[str, str]]) -> str:
        """The merge's tree, with what the choices make of its conflicts."""
        from muse.core.filedomain import whole_file_conflict
        from muse.engine.git import shown
        from muse.engine.merge.one_file import merge_one
        from muse.store.objects.trees import Change, edit

        repo = self.repo
        records = {each.path: each.merge.conflicts for each in merged.decisions if not each.clean}
        rows: dict[bytes, tuple[int, bytes] | None] = {}
        for raw, stages in sorted(merged.stages.items()):
            path = shown(raw)
            if there := put_aside(path, stages, trees):
                rows[raw] = None
                self._one_or_the_other(there, stages, rows)
                continue
            base, ours, theirs = (repo.objects.blob(stages[n].id) if n in stages else None for n in (1, 2, 3))
            found = records.get(raw) or whole_file_conflict(path, base, ours, theirs).conflicts
            sides = {each.address: self.choices.of(path, each.address) for each in found}
            if None in sides.values():
                self.left += [
                    f"{path}: {each.address or 'the file'}: HEAD has {each.ours_summary or 'changed it'}, "
                    f"the session {each.theirs_summary or 'changed it too'}"
                    for each in found
                    if sides[each.address] is None
                ]
                continue
            picks = {address: _SIDES[side or ""] for address, side in sides.items()}
            done = merge_one(self.plugin_for(path), path, base, ours, theirs, merged.how._replace(picks=picks))
            whole = ours if "head" in sides.values() else theirs
            data = whole if done.conflicts or len(stages) < 3 else done.content
            mode = next((int(stages[n].mode, 8) for n in (2, 3, 1) if n in stages), 0o100644)
            rows[raw] = None if data is None else (mode, data)
        if self.left:
            raise self.refusal()
        if not rows:
            return merged.tree
        with repo.writer() as writer:
            changes: dict[bytes, Change] = {
                raw: None if row is None else (row[0], writer.blob(row[1])) for raw, row in rows.items()
            }
            return edit(repo, writer, merged.tree, changes)

    def _one_or_the_other(
        self, path: str, stages: Mapping[int, Stage], rows: dict[bytes, tuple[int, bytes] | None]
    ) -> None:
        """A file where the other side has a folder: the one that is chosen stays, and the other goes."""
        names: tuple[Side, Side] = ("head", "session") if 2 in stages else ("session", "head")
        chosen = self.choices.of(path, "")
        if chosen is None:
            file, folder = ({"head": "HEAD", "session": "the session"}[name] for name in names)
            self.left.append(f"{path}: {file} has a file there, {folder} a folder")
        elif chosen == names[0]:
            stage = stages[2 if 2 in stages else 3]
            rows[path_bytes(path)] = int(stage.mode, 8), self.repo.objects.blob(stage.id)

    def refusal(self) -> ConflictError:
        """What stands between HEAD and the session, and what settles it."""
        lines = "\n".join(f"  {line}" for line in self.left)
        return ConflictError(
            f"HEAD and the session changed the same:\n{lines}",
            hint="--take head or --take session settles all of it, --pick PATH::ADDRESS=head|session one of it; "
            "nothing was committed",
        )

    def not_got(self, path: str) -> str:
        """The commit of a delivery that has a path and that this branch has not got; "" when there is none."""
        return next((commit for commit, paths in self.missing if path in paths), "")


def put_aside(path: str, stages: Mapping[int, Stage], trees: tuple[Mapping[str, str], Mapping[str, str]]) -> str:
    """Where a file is on its side that Git gave another name, as the other side has a folder there; "" for others."""
    name, mark, _ = path.rpartition("~")
    if not mark or len(stages.keys() & {2, 3}) != 1:  # the first is there where it was a file before
        return ""
    mine, other = trees if 2 in stages else trees[::-1]
    there = path not in mine and name in mine and any(each.startswith(f"{name}/") for each in other)
    return name if there else ""


def ground(repo: Repository, log: OpLog, plugin_for: PluginFor, choices: Choices, first: str = "") -> Ground:
    """What the pending ops of a session stand on; `first` is the commit that was checked out when the first was made.

    That is the newest delivery the branch has got: its commit, or one that it was rewritten as, is in HEAD's history,
    or it is in the branch's reflog. Of several that were merged, it is the oldest commit that has all of them. A path
    whose delivered version is in HEAD's history was delivered as well, whatever became of the commit. A file that a
    commit does not carry of a delivery is as an older one left it, or as the first op met it.
    """
    from muse.store.log import checkpoints

    made = Ground(repo, delivery.session_text(log.session_id()), plugin_for, choices)
    got: list[str] = []
    lost: list[str] = []
    last = log.read_checkpoint()
    became = carriers([*([] if last is None else [last]), *checkpoints.checkpoints(repo, log.session_id())])
    at = "" if last is None else last.get("at", "")
    parts: dict[str, str | None] = {}
    for line in delivery.lines(repo, log):
        found = _of_line(made, log, [each for each in line if each["commit"] and not each.get("back")], became)
        got += [found.commit] if found.commit else []
        lost += found.lost
        starts = [commit for commit in (first, at) if found.left and commit and made.is_later(commit)]
        parts |= found.files | (_versions(made, starts[0], found.left) if starts else {})
    inside = [commit for commit in got if _within(repo, commit, made.head)]
    paths = {} if last is None else last.get("paths", {})
    if got:
        there = got[-1] if got[-1] not in inside or len(inside) < 2 else _where_they_met(repo, inside, made.head)
        made.stand_on(there, parts | _before_asked_back(made, log, last, became, there))
        made.missing = [(commit, set(paths)) for commit in lost]
        return made
    if not lost:
        starts = [commit for commit in (first, at) if commit and made.is_later(commit)]
        made.stand_on(starts[0] if starts else made.head)
        return made
    overlay = dict(paths)
    if repo.git("rev-parse", "--is-shallow-repository").strip() != b"true":
        overlay = {path: digest for path, digest in paths.items() if _was_here(repo, path, digest)}
        made.missing = [(lost[-1], paths.keys() - overlay.keys())]
    made.stand_on(made.head, overlay)
    return made


def _before_asked_back(
    made: Ground, log: OpLog, last: OpLogCheckpoint | None, became: Carriers, there: str
) -> dict[str, str | None]:
    """The files of ops that were asked back as they were before these came into a commit's history: a state that has
    their effect would make nothing of them."""
    files: dict[str, str | None] = {}
    for each in reversed([] if last is None else last.get("deliveries", [])):
        if not each.get("back") or not each["commit"]:
            continue
        names = became.get(each["commit"], {each["commit"]: None})
        inside = [name for name in names if _is_here(made.repo, name) and _within(made.repo, name, there)]
        about = paths_told(log, each) if inside else frozenset[str]()
        for name in inside:
            parents = made.repo.git("rev-list", "--parents", "-n1", name).decode().split()[1:2]
            part = names[name]
            files |= _versions(made, "".join(parents), about if part is None else about & part)
    return files


def _is_here(repo: Repository, commit: str) -> bool:
    return repo.objects.resolve(f"{commit}^{{commit}}") is not None


class _Line(NamedTuple):
    """What a branch has got of one clone's deliveries: by which commit, files that are otherwise than in that, those of
    which that is not known, and the commits it has not got."""

    commit: str
    files: dict[str, str | None]
    left: frozenset[str]
    lost: list[str]


def _of_line(made: Ground, log: OpLog, line: Sequence[dict[str, Any]], became: Carriers) -> _Line:
    """From a clone's deliveries, the oldest first."""
    top, files, left = "", dict[str, str | None](), frozenset[str]()
    lost: list[str] = []
    for each in reversed(line):
        commit = each["commit"]
        there, without = _got(made, log, each, became)
        if not there:
            lost += [] if top else [commit]
            continue
        if there != commit and commit in made.reflog():
            known = without - frozenset(each.get("without", ()))
            files |= _versions(made, commit, known if not top else known & left)
            left -= known
            without -= known
        if top:
            files |= _versions(made, there, left - without)
            without &= left
        top, left = top or there, without
        if not left:
            break
    return _Line(top, files, left, lost)


def _versions(made: Ground, commit: str, paths: Collection[str]) -> dict[str, str | None]:
    return {path: made.files_of(commit).get(path) for path in paths}


def _got(made: Ground, log: OpLog, told: Mapping[str, Any], became: Carriers) -> tuple[str, frozenset[str]]:
    """The commit by which this branch has got a delivery (its own, the newest it was rewritten as, or ""), and the
    files of it that are not in there."""
    commit = told["commit"]
    names = became.get(commit, {commit: None})
    given_up = frozenset(told.get("without", ()))
    here = [name for name in names if _is_here(made.repo, name)]
    inside = [name for name in here if _within(made.repo, name, made.head)]
    if commit in inside:
        return commit, frozenset()
    if not inside:
        return (commit if commit in here and commit in made.reflog() else ""), given_up
    tops = [name for name in inside if not any(name != other and _within(made.repo, name, other) for other in inside)]
    return min(tops), (missing(made.repo, log, told, became, inside.__contains__) or frozenset()) | given_up


def _within(repo: Repository, old: str, new: str) -> bool:
    return bool(new) and (old == new or bool(repo.is_ancestor(old, new)))


def _where_they_met(repo: Repository, commits: list[str], head: str) -> str:
    """The oldest commit of HEAD's history that contains all of these."""
    lines: list[list[str]] = []
    for commit in commits:
        found = repo.git("rev-list", "--topo-order", "--ancestry-path", f"{commit}..{head}").decode().split()
        lines.append([*found, commit])
    common = set(lines[0]).intersection(*lines[1:])
    return next((commit for commit in reversed(lines[0]) if commit in common), head)


def _was_here(repo: Repository, path: str, digest: str | None) -> bool:
    """True when HEAD's history had this version of a path."""
    from muse.engine.session.worktree import native

    if digest is None or not repo.head():
        return digest is None
    try:
        blob = repo.content.blob_id(digest)
    except KeyError:
        return False
    rows = repo.git("log", "--format=", "--raw", "--no-abbrev", "-m", "HEAD", "--", native(path))
    return any(blob.encode() == row.split(b" ")[3] for row in rows.splitlines() if row.startswith(b":"))


def _clash(changed: set[str], files: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """True when a file the session made would be a folder of the other side's, or the other way round."""
    new = [path for path in changed if path in files and path not in theirs]
    if not new:
        return False
    folders = {path[:at] for path in new for at, char in enumerate(path) if char == "/"}
    if any(folder in theirs and (folder in files or folder not in changed) for folder in folders):
        return True
    return any(name.startswith(f"{path}/") for path in new for name in theirs if name not in changed)


def refuse_not_got(made: Ground, paths: set[str]) -> None:
    """MuseError where ops build on a commit this branch has not got."""
    for path in sorted(paths):
        commit = made.not_got(path)
        if commit:
            known = made.repo.run("for-each-ref", "--count=1", "--contains", commit, "refs/heads", "refs/remotes")
            there = known.returncode == 0 and known.stdout.strip()
            again = command("muse", "session", "redeliver", made.session, commit[:10])
            raise MuseError(
                f"ops on {path} build on commit {commit[:10]}, which this branch has not got",
                hint=command("git", "merge", commit[:10])
                if there
                else f"no branch here has it: fetch one that has, or {again} makes its ops pending again",
            )


__all__ = ["Choices", "Ground", "Side", "ground", "refuse_not_got"]
