"""What is left to settle in a worktree, and settling it: the same merge again, with the decisions bound as picks.

The truth is the index: stages 1 to 3 are base, ours and theirs. A record that the driver left is used when it belongs
to these stages; otherwise the merge is made again, so that conflicts Git left without us can be settled just as well.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from muse.core import gitconfig, leftovers
from muse.core.errors import MuseError
from muse.core.filedomain import read_entry
from muse.core.io import write_bytes_atomic
from muse.core.options import BOTH, BY_WORD, Choice, MergeOptions
from muse.core.terminal import command, either_side
from muse.core.types import blob_digest
from muse.domain import ConflictRecord, FileMerge, PluginFor
from muse.engine import conflict_records
from muse.engine.merge.one_file import how_from, merge_one
from muse.engine.resolve.groups import opened

if TYPE_CHECKING:
    from muse.store.repository import Repository

SIDES = ("base", "ours", "theirs")
OF_TEXT: tuple[Choice, ...] = (*BOTH, BY_WORD)
"""Choices for conflicts over text alone."""
CHOICES = (*SIDES, *OF_TEXT)
_FILE_MODES = ("100644", "100755")
_ROUNDS = 5  # a settled conflict may uncover another; more often than this is a plugin that does not settle


@dataclass
class Unmerged:
    """One unmerged path. `modes` and `ids` by side, a missing side left out; `record` only when it fits the stages."""

    repo: Repository = field(repr=False)
    path: str
    modes: dict[str, str]
    ids: dict[str, str]
    record: conflict_records.Record | None = None
    picks: dict[str, Choice] = field(default_factory=dict)

    @property
    def sides(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """What a file is on each side, read whenever it is asked for: of thousands of paths nobody holds all."""
        base, ours, theirs = (self._read(self.ids[s]) if self.is_file and s in self.ids else None for s in SIDES)
        return base, ours, theirs

    def _read(self, blob: str) -> bytes:
        try:
            return self.repo.objects.blob(blob)
        except KeyError:
            raise MuseError(f"{self.path}: the blob {blob} is not here", hint="git fsck") from None

    @property
    def is_file(self) -> bool:
        """True when every side there is is a regular file."""
        return all(mode in _FILE_MODES for mode in self.modes.values())


def unmerged(repo: Repository) -> list[Unmerged]:
    """Every unmerged path of the worktree, sorted, with its sides' bytes; records of other paths are dropped."""
    found: dict[str, Unmerged] = {}
    listing = b"" if repo.work_tree is None else repo.git("ls-files", "--unmerged", "-z", "--full-name", ":/")
    for entry in filter(None, listing.split(b"\0")):
        meta, _, name = entry.partition(b"\t")
        mode, oid, stage = meta.decode().split()
        path = os.fsdecode(name)
        item = found.setdefault(path, Unmerged(repo, path, {}, {}))
        item.modes[SIDES[int(stage) - 1]] = mode
        item.ids[SIDES[int(stage) - 1]] = oid
    for item in found.values():
        _adopt_record(repo, item)
    _forget(repo, found.keys())
    return [found[path] for path in sorted(found)]


def forget_settled(repo: Repository) -> None:
    """Drop the records of a merge that was given up or finished in Git, which tells nobody of it, and what the killed
    processes of ours have left."""
    leftovers.sweep(repo.git_dir)
    if repo.work_tree is not None and conflict_records.load_all(repo.git_dir):
        listing = repo.git("ls-files", "--unmerged", "-z", "--full-name", ":/")
        _forget(repo, {os.fsdecode(entry.partition(b"\t")[2]) for entry in listing.split(b"\0") if entry})


def _forget(repo: Repository, left: Collection[str]) -> None:
    for record in conflict_records.load_all(repo.git_dir):
        if record["path"] not in left and not _still_joined(repo, record):
            conflict_records.clear(repo.git_dir, record["path"])


def joined(repo: Repository) -> dict[str, list[ConflictRecord]]:
    """Per path, the values that the last join keeps without showing them; forgotten once the path changes again."""
    records = conflict_records.load_all(repo.git_dir)
    return {r["path"]: as_records(r["path"], r["joined"]) for r in records if _still_joined(repo, r)}


def _still_joined(repo: Repository, record: conflict_records.Record) -> bool:
    """True when the record names unseen values and the index still holds what that join wrote."""
    if not record["joined"] or record["written"] is None:
        return False
    done = repo.run("cat-file", "blob", f":0:{record['path']}")
    return done.returncode == 0 and blob_digest(done.stdout) == record["written"]


def next_step(repo: Repository) -> str:
    """What to type once nothing is left: the command that goes on with what Git is in the middle of."""
    for name, words in (
        ("rebase-merge", "git rebase --continue"),
        ("rebase-apply/applying", "git am --continue"),
        ("rebase-apply", "git rebase --continue"),
        ("CHERRY_PICK_HEAD", "git cherry-pick --continue"),
        ("REVERT_HEAD", "git revert --continue"),
        ("MERGE_HEAD", "git merge --continue"),
    ):
        if os.path.exists(os.path.join(repo.git_dir, name)):
            return words
    return ""


def _adopt_record(repo: Repository, item: Unmerged) -> None:
    """Take the path's record over, if its inputs are the path's stages; to a driver an empty base is none."""
    record = conflict_records.load(repo.git_dir, item.path)
    if record is None or not item.is_file:
        return
    for side, data in zip(SIDES, item.sides):
        digests: set[str | None] = {None} if not data and side == "base" else set()
        digests.add(None if data is None else blob_digest(data))
        if record["inputs"].get(side) not in digests:
            return
    item.record = record
    item.picks = {address: side for address, side in record["picks"].items() if side in SIDES}  # type: ignore[misc]


def describe(repo: Repository, item: Unmerged, plugin_for: PluginFor) -> list[ConflictRecord]:
    """What is in dispute inside a path; empty when Muse can merge it and Git did without us."""
    if item.record is not None:
        return as_records(item.path, item.record["conflicts"])
    return merge_again(repo, item, plugin_for, item.picks).conflicts


def as_records(path: str, entries: list[dict[str, Any]]) -> list[ConflictRecord]:
    """Conflicts as a record file holds them."""
    known = ConflictRecord.FIELDS
    return [
        ConflictRecord(**{key: value for key, value in {**entry, "path": path}.items() if key in known})
        for entry in entries
    ]


def merge_again(repo: Repository, item: Unmerged, plugin_for: PluginFor, picks: Mapping[str, Choice]) -> FileMerge:
    """The path's merge from its stages, with picks bound."""
    if not item.is_file:
        return _not_files(item, picks)
    return merge_one(plugin_for(item.path), item.path, *item.sides, options_for(repo, item)._replace(picks=dict(picks)))


def options_for(repo: Repository, item: Unmerged) -> MergeOptions:
    """The options the path was merged with, as far as its record tells."""
    config = gitconfig.parse(repo.git("config", "-z", "--get-regexp", gitconfig.PATTERN, check=False))
    how, _ = how_from(config, repo.work_tree)
    if item.record is None:
        return how
    labels = item.record["labels"]
    return how._replace(
        ours_label=str(labels.get("ours", "ours")),
        base_label=str(labels.get("base", "base")),
        theirs_label=str(labels.get("theirs", "theirs")),
        marker_size=item.record["marker_size"],
    )


def _not_files(item: Unmerged, picks: Mapping[str, Choice]) -> FileMerge:
    """Links, submodules, or a file on one side and something else on the other: whole entries only."""
    if picks.get(""):
        return FileMerge(None)
    kinds = {"120000": "a symbolic link", "160000": "a submodule"}
    words = [kinds.get(item.modes.get(side, ""), "a file") if side in item.modes else "deleted" for side in SIDES[1:]]
    record = ConflictRecord(
        path=item.path,
        conflict_type="file_level",
        ours_summary=words[0],
        theirs_summary=words[1],
        hint=either_side(item.path),
    )
    return FileMerge(None, [record])


def settle(
    repo: Repository,
    item: Unmerged,
    plugin_for: PluginFor,
    *,
    side: Choice | None = None,
    picks: Mapping[str, Choice] | None = None,
    force: bool = False,
) -> FileMerge:
    """Settle conflicts of a path and write what comes out; `git add` it when nothing is left.

    `side` settles every conflict that is left, `picks` single ones by address. A file that was edited since the merge
    is not overwritten without `force`. Both texts are kept of conflicts over text only: `side` leaves others open, a
    pick of theirs is a MuseError.
    """
    current = merge_again(repo, item, plugin_for, item.picks)
    chosen = _known(item, current, opened(picks or {}, current.conflicts))
    _refuse_both(item, current, chosen)
    wanted = {**item.picks, **chosen}
    merged = merge_again(repo, item, plugin_for, wanted) if wanted != item.picks else current
    for _ in range(_ROUNDS):
        if side is None or not merged.conflicts:
            break
        takes = [conflict for conflict in merged.conflicts if side not in OF_TEXT or conflict.takes_both]
        wanted.update((conflict.address, side) for conflict in takes)
        merged = merge_again(repo, item, plugin_for, wanted)
    if item.is_file:
        if not force:
            _refuse_edited(repo, item, current)
        _write(repo, item, merged, wanted)
    elif not merged.conflicts:
        _take_entry(repo, item, wanted[""])
    return merged


def _known(item: Unmerged, current: FileMerge, picks: Mapping[str, Choice]) -> dict[str, Choice]:
    """The picks under the addresses the merge knows; MuseError for one it does not."""
    spelled = {other: c.address for c in current.conflicts for other in (*c.addresses, c.address)}
    spelled.update({address: address for address in item.picks})
    for address in picks:
        if address not in spelled:
            left = ", ".join(conflict.address or "the whole file" for conflict in current.conflicts) or "none"
            raise MuseError(f"{item.path} has no conflict at {address!r}", hint=f"what is left: {left}")
    return {spelled[address]: side for address, side in picks.items()}


def _refuse_both(item: Unmerged, current: FileMerge, chosen: Mapping[str, Choice]) -> None:
    """MuseError for a pick of both texts where there are no texts."""
    for conflict in current.conflicts:
        if chosen.get(conflict.address) in OF_TEXT and not conflict.takes_both:
            where = conflict.address or "the whole file"
            raise MuseError(f"{item.path}: {where} cannot be both", hint="take ours, theirs or base")


def _refuse_edited(repo: Repository, item: Unmerged, current: FileMerge) -> None:
    """MuseError when the file on disk holds anything but what a merge or a side put there."""
    assert repo.work_tree is not None
    file = os.path.join(repo.work_tree, item.path)
    if not os.path.lexists(file):
        return
    disk = read_entry(file)
    on_disk = repo.git("hash-object", f"--path={item.path}", "--stdin", input=disk).decode().strip()
    if on_disk in item.ids.values():
        return
    if conflict_records.announced(repo.git_dir, item.path) == blob_digest(disk):
        return  # one of us was killed on the way
    known = [current.content or b""]
    if item.record is not None and item.record["written"] == blob_digest(disk):
        return
    text = merge_one(_TextOnly(), item.path, *item.sides, options_for(repo, item)).content
    known.append(text or b"")
    for data in known:
        if repo.git("hash-object", "--stdin", input=data).decode().strip() == on_disk:
            return
        if _unlabelled(data) == _unlabelled(disk.replace(b"\r\n", b"\n")):
            return
    raise MuseError(
        f"{item.path} was edited since the merge",
        hint=f"keep it: {command('git', 'add', paths=[item.path])}\noverwrite it: muse resolve --force ...",
    )


class _TextOnly:
    """Stands for a plugin where Git's text merge is wanted."""

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        from muse.core.filedomain import merge_as_text

        return merge_as_text(path, base, ours, theirs)


def _unlabelled(data: bytes) -> bytes:
    """Text whose conflict markers have lost their labels, and diff3's middle part, which depends on the door."""
    data = re.sub(rb"^\|{7,}[^\n]*\n.*?(?=^={7,}\r?$)", b"", data, flags=re.M | re.S)
    return re.sub(rb"^(<{7,}|>{7,})[^\n]*$", rb"\1", data, flags=re.M)


def _write(repo: Repository, item: Unmerged, merged: FileMerge, picks: Mapping[str, Choice]) -> None:
    """Put the merge on disk, then into the index or its record."""
    assert repo.work_tree is not None
    if merged.content is None and not merged.conflicts:
        repo.git("--literal-pathspecs", "rm", "-q", "-f", "--", item.path)
        conflict_records.clear(repo.git_dir, item.path)
        return
    content = merged.content or b""
    mode = item.modes.get("ours") or item.modes.get("theirs") or "100644"
    file = os.path.join(repo.work_tree, item.path)
    here = os.path.isfile(file) and not os.path.islink(file)
    if os.path.islink(file):
        os.unlink(file)
    data = _smudged(repo, item.path, content)
    conflict_records.announce(repo.git_dir, item.path, data)
    write_bytes_atomic(file, data, mode=None if here else int(mode[-3:], 8))
    if merged.conflicts:
        how = options_for(repo, item)._replace(picks=dict(picks))
        conflict_records.save(repo.git_dir, item.path, merged, sides=item.sides, how=how)
        return
    repo.git("--literal-pathspecs", "add", "-f", "--sparse", "--", item.path)
    conflict_records.clear(repo.git_dir, item.path)


def _smudged(repo: Repository, path: str, content: bytes) -> bytes:
    """The bytes as a checkout would write them: line ends and filters as Git's attributes say."""
    with repo.writer() as writer:
        oid = writer.blob(content)
    return repo.git("cat-file", "--filters", f"--path={path}", oid)


def _take_entry(repo: Repository, item: Unmerged, side: Choice) -> None:
    """Settle a path that is not a file on every side: take one side's entry whole."""
    if side not in item.ids:
        repo.git("--literal-pathspecs", "rm", "-q", "-f", "--cached", "--", item.path)
        return
    if item.modes[side] != "160000":
        repo.git("checkout-index", "-f", f"--stage={SIDES.index(side) + 1}", "--", item.path)
    rows = f"0 {repo.zero}\t{item.path}\0{item.modes[side]} {item.ids[side]} 0\t{item.path}\0"
    repo.git("update-index", "-z", "--index-info", input=os.fsencode(rows))  # at once: no stage, or all of them
    repo.git("update-index", "-q", "--refresh", "--", item.path, check=False)
    conflict_records.clear(repo.git_dir, item.path)
