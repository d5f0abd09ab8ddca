"""Whole merges: Git merges trees, Muse merges contents, and both answers become one.

`merge_commits` decides and writes objects only; `muse.engine.merge.worktree` puts a decided merge into a work tree.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from muse.core import content, gitconfig, textmerge
from muse.core.attributes import file_strategy
from muse.core.content import MemoryContent
from muse.core.errors import MuseError
from muse.core.filedomain import FileDomain, merge_as_text
from muse.core.gitattributes import LEFT_TO_US
from muse.core.options import MergeOptions
from muse.domain import FileMerge, PluginFor
from muse.engine.git import shown
from muse.engine.history.ancestry import find_merge_base as find_merge_base
from muse.engine.merge.git_trees import LFS, Message, Stages, TreeMerge, merge_trees
from muse.engine.merge.join_states import History
from muse.engine.merge.one_file import merge_one, rules_in, settings
from muse.engine.merge.parallel import spread
from muse.engine.merge.plugin_answer import keeps_edits_over_deletions, wants_join
from muse.store.objects.trees import edit

if TYPE_CHECKING:
    from muse.engine.merge.join import Past
    from muse.store.repository import Repository

_OURS_TO_SAY = frozenset({*LEFT_TO_US, LFS})  # values of the attribute `merge` that leave a path to us
_CHUNK = 256  # paths whose versions are in memory at once
_COOPERATIVE = 0.8  # share of the deadline after which a plugin that looks at the clock gives up by itself


@dataclass
class Decision:
    """What became of one path that both sides changed."""

    path: bytes
    stages: Stages
    merge: FileMerge
    git_clean: bool
    domain: str
    as_git: bool = False  # the bytes in Git's own tree

    @property
    def clean(self) -> bool:
        """True when nothing is left for a person."""
        return not self.merge.conflicts

    @property
    def beyond_git(self) -> bool:
        """True when Git alone would have left a conflict here and Muse left none."""
        return self.clean and not self.git_clean


@dataclass
class WholeMerge:
    """A merge of two commits, decided: the tree for the work tree, and the stages of every path left in conflict."""

    git: TreeMerge
    tree: str
    stages: dict[bytes, Stages]
    messages: list[Message]
    how: MergeOptions
    decisions: list[Decision] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """True when `tree` is the whole answer."""
        return not self.stages and all(not m.kind.startswith("CONFLICT") for m in self.messages)

    @property
    def joined(self) -> dict[bytes, tuple[tuple[bytes, dict[str, int]], ...]]:
        """The CRDT states of what a clean merge joined, as `muse.engine.merge.join_states.keep` takes them."""
        return {each.path: each.merge.states for each in self.decisions if self.clean and each.merge.states}


def merge_commits(
    repo: Repository,
    ours: str,
    theirs: str,
    plugin_for: PluginFor,
    *,
    ours_label: str = "HEAD",
    theirs_label: str | None = None,
    shared: bool = True,
) -> WholeMerge:
    """Merge two commits without touching index, work tree or refs.

    `plugin_for(path)` names the domain of a path. Where a plugin cannot be had, Git's merge of the path stands.
    Session ops that both sides have delivered belong to the base, unless `shared` is false.
    """
    theirs_label = theirs_label or theirs
    base = ""
    if shared:
        from muse.engine.session.shared import shared_base

        base = shared_base(repo, ours, theirs, plugin_for)
    git = merge_trees(repo, ours, theirs, (ours_label, theirs_label), base)
    how = options_for(repo, git, ours_label, theirs_label)
    decisions = sorted(_decide(repo, git, plugin_for, how), key=lambda decision: decision.path)
    labels = {git.ours: how.ours_label, git.theirs: how.theirs_label}
    tree, stages = _settled(repo, git, decisions, labels)
    return WholeMerge(git, tree, stages, _messages(git, decisions, labels), how, decisions)


def options_for(repo: Repository, git: TreeMerge, ours_label: str, theirs_label: str) -> MergeOptions:
    """How results are written: labels as `git merge` has them, style, rules of ours' `.museattributes`, settings."""
    config = settings(repo)
    base = repo.git("rev-parse", "--short", git.bases[0]).decode().strip() if len(git.bases) == 1 else ""
    return MergeOptions(
        ours_label=ours_label,
        base_label=base or "merged common ancestors",
        theirs_label=theirs_label,
        conflict_style=gitconfig.conflict_style(config),
        notes=not gitconfig.is_false(config.get("conflictnotes")),
        rules=rules_in(repo, git.ours),
        config=config,
    )


# Deciding ----------------------------------------------------------------------------------------------------------


def _decide(repo: Repository, git: TreeMerge, plugin_for: PluginFor, how: MergeOptions) -> Iterator[Decision]:
    versions = {**git.both, **git.halves}
    wanted = [path for path in sorted(git.both) if _ours_to_say(git, path, plugin_for, how)]
    wanted += [path for path in sorted(git.halves) if _deletion_is_settled(git, path, plugin_for, how)]
    wanted.sort(key=lambda path: path not in git.stages)  # those that take time together, to be spread
    limit = gitconfig.deadline(how.config)
    history: History | None = None
    for start in range(0, len(wanted), _CHUNK):
        paths = wanted[start : start + _CHUNK]
        merged = _merged_ids(repo, git, paths)
        ids = {stage.id for path in paths for stage in versions[path].values()} | set(merged.values())
        blobs = dict(repo.objects.blobs(sorted(ids)))

        joined = [path for path in paths if path in git.both and _is_joined(plugin_for, shown(path), how)]
        history = history or (History(repo, git.ours, git.theirs, git.bases) if joined else None)
        past = {path: history.of(path) for path in joined} if history is not None else {}

        def plugin_of(path: bytes) -> PluginFor:
            return (lambda name: FileDomain()) if git.attributes.get(path) == LFS else plugin_for

        def work(
            path: bytes,
            blobs: dict[str, bytes] = blobs,
            merged: dict[bytes, str] = merged,
            past: dict[bytes, Past] = past,
        ) -> Decision:
            known = blobs[merged[path]] if path in merged else None
            timed = how._replace(deadline=time.monotonic() + limit * _COOPERATIVE)
            return _decide_one(path, versions[path], blobs, known, plugin_of(path), timed, past.get(path))

        def instead(
            path: bytes, why: str, blobs: dict[str, bytes] = blobs, merged: dict[bytes, str] = merged
        ) -> Decision:
            known = blobs[merged[path]] if path in merged else None
            decision = _decide_one(path, versions[path], blobs, known, lambda name: _AsText(), how, None)
            decision.merge.notes.append(f"merged as text, because the structured merge {why}")
            return decision

        yield from spread(paths, work, "merging", seconds=limit, instead=instead)


def clean_texts(repo: Repository, theirs: str, plugin_for: PluginFor | None) -> Iterator[tuple[Stages, bytes | None]]:
    """Every file of the merge into HEAD that both sides changed: its versions, and Git's clean text where that is
    the whole answer; None where there is a conflict, something to say, or somebody else to ask.

    Without `plugin_for`, Git alone answers.
    """
    git = merge_trees(repo, "HEAD", theirs)
    how = options_for(repo, git, "HEAD", theirs)
    decided: dict[bytes, bytes | None] = {}
    if plugin_for is None:
        ids = _merged_ids(repo, git, list(git.both))
        blobs = dict(repo.objects.blobs(sorted(set(ids.values()))))
        decided = {path: blobs[name] for path, name in ids.items()}
    else:
        easy = TreeMerge(git.ours, git.theirs, git.bases, git.tree, attributes=git.attributes)
        easy.both = {path: stages for path, stages in git.both.items() if path not in git.stages}
        for decision in _decide(repo, easy, plugin_for, how):
            if decision.clean and decision.as_git and not (decision.merge.notes or decision.merge.states):
                decided[decision.path] = decision.merge.content
    yield from ((stages, decided.get(path)) for path, stages in git.both.items())


def _ours_to_say(git: TreeMerge, path: bytes, plugin_for: PluginFor, how: MergeOptions) -> bool:
    """True when the path is ours and there is anything to say beyond Git's merge of it."""
    if git.attributes.get(path, "unspecified") not in _OURS_TO_SAY:
        return False
    if path in git.stages or file_strategy(how.rules, shown(path)) != "auto":
        return True
    return _domain(plugin_for, shown(path)) != "files"


def _deletion_is_settled(git: TreeMerge, path: bytes, plugin_for: PluginFor, how: MergeOptions) -> bool:
    """True when a rule or a join says what becomes of a file that one side deleted and the other changed."""
    name = shown(path)
    if git.attributes.get(path, "unspecified") not in _OURS_TO_SAY:
        return False
    strategy = file_strategy(how.rules, name)
    if strategy in ("ours", "theirs", "base"):
        return True
    return _is_joined(plugin_for, name, how) and keeps_edits_over_deletions(plugin_for(name))


def _is_joined(plugin_for: PluginFor, path: str, how: MergeOptions) -> bool:
    try:
        return wants_join(plugin_for(path), path, how)
    except MuseError:
        return False


def _domain(plugin_for: PluginFor, path: str) -> str:
    try:
        return str(getattr(plugin_for(path), "name", "other"))
    except MuseError:
        return "files"


def _merged_ids(repo: Repository, git: TreeMerge, paths: list[bytes]) -> dict[bytes, str]:
    """Blobs of Git's own clean merges."""
    clean = [path for path in paths if path not in git.stages]
    return {path: name for path, (_, name) in entries(repo, git.tree, clean).items()}


def _decide_one(
    path: bytes,
    stages: Stages,
    blobs: dict[str, bytes],
    known: bytes | None,
    plugin_for: PluginFor,
    how: MergeOptions,
    past: Past | None,
) -> Decision:
    name = shown(path)
    base, ours, theirs = (blobs[stages[n].id] if n in stages else None for n in (1, 2, 3))
    clean = {} if known is None else {(base or b"", ours or b"", theirs or b""): known}
    plugin: Any = _AsText()
    with content.using(MemoryContent()), textmerge.knowing(clean):
        try:
            plugin = plugin_for(name)
            merged = merge_one(plugin, name, base, ours, theirs, how, past)
        except MuseError as error:
            plugin = _AsText()
            merged = merge_one(plugin, name, base, ours, theirs, how)
            merged.notes.append(f"merged as text: {error}")
    domain = str(getattr(plugin, "name", "other"))
    return Decision(path, stages, merged, known is not None, domain, known is not None and merged.content == known)


class _AsText(FileDomain):
    """Git's text merge, for a path whose own plugin cannot be loaded."""

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Git's text merge."""
        return merge_as_text(path, base, ours, theirs)


# One answer --------------------------------------------------------------------------------------------------------


def _settled(
    repo: Repository, git: TreeMerge, decisions: list[Decision], labels: dict[str, str]
) -> tuple[str, dict[bytes, Stages]]:
    stages = dict(git.stages)
    with repo.writer() as writer:
        rows = dict(_relabelled(repo, git, git.stages.keys() - {d.path for d in decisions}, labels, writer))
        for decision in decisions:
            if decision.clean:
                stages.pop(decision.path, None)
            else:
                stages[decision.path] = decision.stages
            if decision.as_git:
                continue
            data = decision.merge.content
            rows[decision.path] = None if data is None else (_mode(decision.stages), writer.blob(data))
        tree = edit(repo, writer, git.tree, rows) if rows else git.tree
    return tree, stages


def _mode(stages: Stages) -> int:
    """The merged mode: the side that changed it; no path that comes here was changed differently by two sides."""
    base, ours, theirs = (stages[n].mode if n in stages else None for n in (1, 2, 3))
    return int(next(filter(None, (theirs, ours) if ours == base else (ours, theirs))), 8)


def _relabelled(
    repo: Repository, git: TreeMerge, paths: set[bytes], labels: dict[str, str], writer: Any
) -> Iterator[tuple[bytes, tuple[int, str] | None]]:
    """Git's own conflicted texts with the names people know instead of the commit ids we gave Git."""
    for path, (mode, name) in entries(repo, git.tree, sorted(paths)).items():
        if not mode.startswith(b"100"):
            continue
        data = repo.objects.blob(name)
        for commit, label in labels.items():
            for mark in (b"<<<<<<< ", b">>>>>>> "):
                data = data.replace(mark + commit.encode(), mark + label.encode("utf-8", "surrogateescape"))
        yield path, (int(mode, 8), writer.blob(data))


def entries(repo: Repository, tree: str, paths: list[bytes]) -> dict[bytes, tuple[bytes, str]]:
    """Mode and object of those paths that are in a tree."""
    found = {}
    for start in range(0, len(paths), 500):
        names = map(shown, paths[start : start + 500])
        rows = repo.git("ls-tree", "-z", "--full-tree", tree, "--", *names, env={"GIT_LITERAL_PATHSPECS": "1"})
        for row in rows.split(b"\0"):
            info, _, path = row.partition(b"\t")
            if path:
                mode, _, name = info.split()
                found[path] = (mode, name.decode())
    return found


def _messages(git: TreeMerge, decisions: list[Decision], labels: dict[str, str]) -> list[Message]:
    """Git's messages without the conflicts Muse resolved, and with those it found."""
    resolved = {decision.path for decision in decisions if decision.clean}
    found = []
    for message in git.messages:
        if message.kind.startswith("CONFLICT") and resolved.issuperset(message.paths) and message.paths:
            continue
        text = message.text
        for commit, label in labels.items():
            text = text.replace(commit, label)
        found.append(message._replace(text=text))
    for decision in decisions:
        if not decision.clean and decision.git_clean:
            text = f"CONFLICT (content): Merge conflict in {shown(decision.path)}"
            found.append(Message((decision.path,), "CONFLICT (contents)", text))
    return found
