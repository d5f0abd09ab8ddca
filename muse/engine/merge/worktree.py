"""A decided merge put into the work tree by `git merge` itself.

Git takes merge strategies from outside: `git merge -s muse` runs `git-merge-muse`, expects the result in index and work
tree, and does all the rest: ORIG_HEAD, MERGE_HEAD and its message, hooks, signing, squash, rerere, the commit. Our
strategy is a few lines of shell that put a tree and a list of stages in place, so that everything before and after them
is Git's own code, and an interrupted merge is one that `git status` knows.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from muse.core import leftovers
from muse.core.errors import ExitCode, MuseError
from muse.engine import conflict_records
from muse.engine.git import attended, git_version, shown
from muse.engine.history.ancestry import merge_bases
from muse.engine.merge.git_trees import NEEDED
from muse.engine.setup import install
from muse.engine.setup.tables import Patterns, attribute_lines, settings

if TYPE_CHECKING:
    from muse.engine.merge.whole_tree import WholeMerge
    from muse.store.repository import Repository

# The index changes in one rename, under Git's own lock, after every file is in place.
_STRATEGY = """\
#!/bin/sh
index=$(git rev-parse --git-path index) || exit 2
lock=$index.lock
next=$index.muse-$$
trap '' HUP INT TERM
(set -C; : >"$lock") 2>/dev/null || { echo "muse: $lock exists: is another git command running?" >&2; exit 2; }
trap 'rm -f "$lock" "$next" "$next.lock"' EXIT
trap 'exit 130' HUP INT TERM
[ -e "$MUSE_MERGE_STAGES" ] || exit 130  # Git was ended before the lock was ours: nobody is left to note the merge
cp "$index" "$next" &&
GIT_INDEX_FILE=$next git read-tree -m -u HEAD "$MUSE_MERGE_TREE" &&
GIT_INDEX_FILE=$next git update-index -z --index-info <"$MUSE_MERGE_STAGES" &&
mv -f "$next" "$index" || exit 2
exit "$MUSE_MERGE_EXIT"
"""


def left_to_git(repo: Repository, theirs: Sequence[str], *, no_ff: bool = False) -> bool:
    """True when `git merge` does it: nothing to merge, a fast-forward, several heads, an old git, a sparse checkout.

    MuseError when the repository has no work tree, a merge is in progress, or the histories are unrelated.
    """
    if repo.work_tree is None:
        raise MuseError("this repository has no work tree", hint="muse merge-tree OURS THEIRS")
    refuse_in_progress(repo)
    if len(theirs) != 1 or repo.head() is None:
        return True
    ours, other = repo.resolve("HEAD"), repo.resolve(theirs[0])
    bases = merge_bases(repo, ours, other)
    if not bases:
        raise MuseError("refusing to merge unrelated histories", hint="git merge --allow-unrelated-histories")
    # Outside of a sparse checkout's cone Git itself knows which conflicted files must be brought in.
    special = git_version() < NEEDED or repo.config_bool("core.sparseCheckout", False)
    return other in bases or (ours in bases and not no_ff) or special


def by_git(repo: Repository, words: Sequence[str], patterns: Patterns) -> int:
    """`git merge` with our driver, which is lent for this one merge where it is not installed; the exit code."""
    drop_empty_orig_head(repo)
    where = install.find_programs()
    if not where or repo.config("merge.muse.driver") is not None:
        return attended(repo, "merge", *words)
    asked = repo.run("config", "--type=path", "core.attributesFile").stdout
    own = os.fsdecode(asked).rstrip("\n") or install.default_attributes()
    claimed = attribute_lines(patterns)
    lines = [line.partition(" merge=muse")[0].removesuffix(" -text") + " merge=muse" for line in claimed]
    with tempfile.TemporaryDirectory(prefix=leftovers.passing("attributes")) as folder:
        lent = Path(folder, "attributes")
        # The lowest of all attribute files, and the user's own lines last: whatever anybody says outranks ours.
        said = Path(own).read_bytes() if os.path.isfile(own) else b""
        lent.write_bytes(os.fsencode("\n".join([*lines, ""])) + said)
        drivers = [
            ("-c", f"{head}.{name}.{key}={value}") for head, name, key, value in settings(where) if head == "merge"
        ]
        return attended(
            repo, *(word for pair in drivers for word in pair), "-c", f"core.attributesFile={lent}", "merge", *words
        )


_IN_PROGRESS = {
    "MERGE_HEAD": ("a merge is in progress", "muse merge --continue   or   muse merge --abort"),
    "CHERRY_PICK_HEAD": ("a cherry-pick is in progress", "git cherry-pick --continue   or   --abort"),
    "REVERT_HEAD": ("a revert is in progress", "git revert --continue   or   --abort"),
}


def refuse_in_progress(repo: Repository) -> None:
    """MuseError while a merge, cherry-pick or revert waits to be finished."""
    for name, (what, hint) in _IN_PROGRESS.items():
        if (repo.git_dir / name).exists():
            raise MuseError(what, hint=hint)


def drop_empty_orig_head(repo: Repository) -> None:
    """Take away an ORIG_HEAD that a power cut left empty: Git writes it unsynced, and merges nothing while it is so."""
    place = repo.git_dir / "ORIG_HEAD"
    try:
        if not place.is_symlink() and place.stat().st_size <= 100 and not place.read_bytes().strip(b"\0\n"):
            place.unlink()
    except OSError:
        return  # there is none, or Git says what is wrong with it


def refuse_overwriting(repo: Repository, merged: WholeMerge) -> None:
    """MuseError when the merge would overwrite local changes or untracked files; nothing has been touched then."""
    assert repo.work_tree is not None
    repo.run("update-index", "-q", "--refresh")
    staged = repo.run("diff-index", "--cached", "--quiet", "--ignore-submodules=dirty", "HEAD", "--")
    if staged.returncode == 1:
        raise MuseError(
            "your index holds changes that are not committed",
            ExitCode.CONFLICT,
            hint="muse commit, or git stash, then merge again",
        )
    trial = repo.run("read-tree", "-n", "-m", "-u", "HEAD", merged.tree)
    if trial.returncode:
        lines = trial.stderr.decode("utf-8", "replace").strip().splitlines()
        message = "; ".join(line.removeprefix("error: ").rstrip(".") for line in lines)
        raise MuseError(
            f"the merge would overwrite your work: {message}",
            ExitCode.CONFLICT,
            hint="muse commit, git stash, or move the files away, then merge again",
        )


def apply(
    repo: Repository, merged: WholeMerge, theirs: str | None, flags: Sequence[str] = (), *, guarded: bool = False
) -> int:
    """Let `git merge` take this merge as its strategy's answer; its exit code (0 done, 1 conflicts).

    `guarded`: `refuse_overwriting` has looked, so the files a merge writes hold nobody's work.
    """
    drop_empty_orig_head(repo)
    with tempfile.TemporaryDirectory(prefix=leftovers.passing("strategy")) as folder:
        script = Path(folder, "git-merge-muse")
        script.write_text(_STRATEGY)
        script.chmod(0o700)
        stages = Path(folder, "stages")
        stages.write_bytes(stage_lines(repo, merged))
        env = {
            "PATH": folder + os.pathsep + repo.env.get("PATH", os.defpath),
            "MUSE_MERGE_TREE": merged.tree,
            "MUSE_MERGE_STAGES": str(stages),
            "MUSE_MERGE_EXIT": "0" if merged.clean else "1",
        }
        begun = script.stat().st_ctime_ns
        before = repo.head()
        code = attended(repo, "merge", "-s", "muse", *flags, *([] if theirs is None else [theirs]), env=env)
    if code not in (0, 1) and repo.head() == before and guarded:
        _put_back(repo, merged, begun)
    return code


def _put_back(repo: Repository, merged: WholeMerge, begun: int) -> None:
    """After a `git merge` that was interrupted: files and index as they were, when nothing but this merge touched them.

    No file it writes had local changes and nothing was staged, or the merge would have been refused. Conflicts that Git
    has noted stay: they are a merge in progress, with work to do.
    """
    for _ in range(50):  # what git started may live a moment longer than git
        if not os.path.exists(repo.git_dir / "index.lock"):
            break
        time.sleep(0.1)
    noted = os.path.exists(repo.git_dir / "MERGE_HEAD")
    if not _staged(repo, "HEAD"):
        if not noted:
            _put_files_back(repo, merged.tree, begun)
    elif noted:
        if merged.clean and not _staged(repo, merged.tree):
            repo.run("merge", "--abort")
    elif not _staged(repo, merged.tree, besides=merged.stages):
        repo.run("reset", "-q", "--merge")


def _staged(repo: Repository, tree: str, besides: Iterable[bytes] = ()) -> bool:
    """True when the index holds anything else than this tree at some path that is not among `besides`."""
    words = ("diff-index", "--cached", "-z", "--name-only", "--no-renames", "--ignore-submodules=dirty", tree, "--")
    asked = repo.run(*words)
    return asked.returncode != 0 or not set(asked.stdout.split(b"\0")[:-1]) <= set(besides)


def _put_files_back(repo: Repository, tree: str, begun: int) -> None:
    """The files that differ between HEAD and the tree as HEAD has them.

    A new file is taken away only when it was written since the merge began (in nanoseconds): an ignored one may have
    been at its place before.
    """
    assert repo.work_tree is not None
    rows = repo.git("diff-tree", "-r", "-z", "--no-renames", "--name-status", "HEAD", tree).split(b"\0")
    names = dict(zip(rows[1::2], rows[::2]))
    for path in (path for path, letter in names.items() if letter == b"A"):
        file = os.path.join(os.fsencode(repo.work_tree), path)
        try:
            if os.lstat(file).st_ctime_ns >= begun:
                os.unlink(file)
        except OSError:
            continue
    kept = [path for path, letter in names.items() if letter != b"A"]
    repo.run("checkout-index", "-f", "-u", "-z", "--stdin", input=b"".join(path + b"\0" for path in kept))


def keep_records(repo: Repository, merged: WholeMerge) -> None:
    """Keep the record of each conflict for `muse conflicts` and `muse resolve`, and drop those of earlier merges."""
    drop_records(repo)
    for decision in merged.decisions:
        if not decision.clean or decision.merge.joined:
            base, ours, theirs = (
                repo.objects.blob(decision.stages[n].id) if n in decision.stages else None for n in (1, 2, 3)
            )
            sides = (base, ours, theirs)
            conflict_records.save(repo.git_dir, shown(decision.path), decision.merge, sides=sides, how=merged.how)


def drop_records(repo: Repository) -> None:
    """Drop every conflict record of this worktree: the merge they belong to is over."""
    for record in conflict_records.load_all(repo.git_dir):
        conflict_records.clear(repo.git_dir, record["path"])


def stage_lines(repo: Repository, merged: WholeMerge) -> bytes:
    """The conflicts for `git update-index -z --index-info`."""
    rows = []
    for path, stages in sorted(merged.stages.items()):
        rows.append(b"0 %s\t%s\0" % (repo.zero.encode(), path))
        rows += [b"%s %s %d\t%s\0" % (s.mode, s.id.encode(), n, path) for n, s in sorted(stages.items())]
    return b"".join(rows)
