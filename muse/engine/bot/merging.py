"""The merge of a pull request in any clone, without a work tree; what is pushed, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.domain import PluginFor
from muse.engine.bot.pull import Pull
from muse.engine.merge.whole_tree import WholeMerge, merge_commits

if TYPE_CHECKING:
    from muse.store.repository import Repository

_OWN = "muse/merge/"
_TREE = "Muse-Tree"


@dataclass
class Answer:
    """What came of it. `needed` is False where the forge can merge it alone: then there is no `commit`.

    `commit` is the merge of the base into the head, with conflict markers where something is left; `branch` is where
    it goes. Nothing is pushed before `push`, after which `stands` says that the branch has this merge (`pushed`: since
    now), `kept` that it has work of somebody's instead and was left as it is. `refused` is what the server said where
    the head's branch takes no pushes: then the merge is beside it. `sides` are the commits of head and base.
    """

    pull: Pull
    needed: bool
    merged: WholeMerge | None = None
    commit: str = ""
    branch: str = ""
    expected: str = ""
    sides: tuple[str, str] = ("", "")
    refused: str = ""
    pushed: bool = False
    stands: bool = False
    kept: bool = False

    @property
    def clean(self) -> bool:
        """True when nothing is left for a person."""
        return self.merged is None or self.merged.clean


def merge_pull(repo: Repository, remote: str, pull: Pull, plugin_for: PluginFor) -> Answer:
    """Fetch both sides and merge the base into the head; objects and remote-tracking refs are all that is written.

    MuseError when a side is not there.
    """
    from muse.engine.remote.sync import known_remote

    known_remote(repo, remote)
    for name in (f"refs/heads/{pull.base}", f"refs/heads/{pull.head}" if pull.is_branch else pull.head):
        if repo.run("check-ref-format", name).returncode:
            raise MuseError(f"{name.removeprefix('refs/heads/')} is no branch's name")
    if pull.head == pull.base or pull.head.startswith(_OWN):
        return Answer(pull, needed=False)
    base, head = _fetched(repo, remote, pull)
    if repo.is_ancestor(base, head):
        return Answer(pull, needed=False)
    merged = merge_commits(repo, head, base, plugin_for, ours_label=pull.head, theirs_label=pull.base)
    if merged.clean and not any(not decision.as_git for decision in merged.decisions):
        return Answer(pull, needed=False, merged=merged)
    to_head = pull.is_branch and merged.clean and pull.head != _default_branch(repo, remote)
    answer = Answer(pull, True, merged, branch=pull.head if to_head else pull.beside, sides=(head, base))
    _make(repo, answer)
    answer.expected = head if to_head else _tip(repo, remote, answer.branch)
    return answer


def _make(repo: Repository, answer: Answer) -> None:
    """The merge as a commit for its branch; beside the head, its message names its tree."""
    assert answer.merged is not None
    pull, tree, left = answer.pull, answer.merged.tree, len(answer.merged.stages)
    message = f"Merge branch '{pull.base}' into {pull.head}" + (f"\n\nLeft in conflict: {left}" if left else "")
    message += "" if answer.branch == pull.head else f"\n\n{_TREE}: {tree}"
    sign = ["-S"] if repo.config_bool("commit.gpgsign", False) else []
    parents = [word for side in answer.sides for word in ("-p", side)]
    answer.commit = repo.git("commit-tree", *sign, *parents, "-m", message, tree).decode().strip()


def push(repo: Repository, remote: str, answer: Answer) -> bool:
    """Push the merge to its branch, which has to be where we saw it; False when the same merge is there already, or
    when the branch beside has commits that we did not make: people settle conflicts there. A head that the server lets
    nobody push to, such as a protected branch, is left alone, and the merge goes beside it.

    MuseError when somebody was quicker or the server refuses.
    """
    if answer.branch != answer.pull.head:
        return _push_beside(repo, remote, answer)
    said = _pushed(repo, remote, answer)
    if not said:
        return True
    if "[remote rejected]" not in said or "declined" not in said:  # as every forge says it of a protected branch
        raise _not_pushed(answer, said)
    answer.refused, answer.branch = said.partition("(")[2].rstrip(")") or said, answer.pull.beside
    answer.expected = _tip(repo, remote, answer.branch)
    _make(repo, answer)
    return _push_beside(repo, remote, answer)


def _push_beside(repo: Repository, remote: str, answer: Answer) -> bool:
    if answer.expected:
        answer.stands = _same(repo, answer)
        answer.kept = not answer.stands and not _ours(repo, answer.expected)
        if answer.stands or answer.kept:
            return False
    if said := _pushed(repo, remote, answer):
        raise _not_pushed(answer, said)
    return True


def _pushed(repo: Repository, remote: str, answer: Answer) -> str:
    """Push it where nothing moved; "" when it is there, else what the server said."""
    lease = f"--force-with-lease=refs/heads/{answer.branch}:{answer.expected}"
    done = repo.run("push", "-q", "--no-verify", lease, remote, f"{answer.commit}:refs/heads/{answer.branch}")
    answer.pushed = answer.stands = done.returncode == 0
    return "" if answer.pushed else _last_line(done.stderr)


def _not_pushed(answer: Answer, said: str) -> MuseError:
    hint = "it moved meanwhile, or this token may not push there; nothing was changed"
    return MuseError(f"{answer.branch} was not pushed: {said}", hint=hint)


def _last_line(said: bytes) -> str:
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith((" ! ", "remote:", "fatal:"))]
    return (told or lines or ["the server says nothing"])[-1].strip()


def _same(repo: Repository, answer: Answer) -> bool:
    """True when the branch beside has a merge of these very two commits with this tree: a job that runs twice."""
    wanted = repo.git("log", "-1", "--format=%T %P", answer.commit)
    there = repo.run("log", "-1", "--format=%T %P", answer.expected)
    return there.returncode == 0 and there.stdout == wanted


def _ours(repo: Repository, commit: str) -> bool:
    """True for a merge as we made it: its message names its tree, so neither a commit after it nor one that amends it
    passes for ours."""
    there = repo.run("log", "-1", f"--format=%T%x00%(trailers:key={_TREE},valueonly,separator=%x00)", commit)
    tree, _, named = there.stdout.decode("utf-8", "replace").strip().partition("\0")
    return there.returncode == 0 and bool(tree) and tree == named


def _fetched(repo: Repository, remote: str, pull: Pull) -> tuple[str, str]:
    head = pull.head if not pull.is_branch else f"refs/heads/{pull.head}"
    local = f"refs/remotes/{remote}/{pull.head.removeprefix('refs/')}"
    base = f"refs/remotes/{remote}/{pull.base}"
    shallow = repo.git("rev-parse", "--is-shallow-repository").strip() == b"true"
    more = ["--unshallow"] if shallow else []  # a merge needs its base
    beside = f"refs/heads/{pull.beside}"
    there = repo.git("ls-remote", remote, beside).strip()
    also = [f"+{beside}:refs/remotes/{remote}/{pull.beside}"] if there else []
    done = repo.run(
        "fetch", "-q", "--no-tags", *more, remote, f"+refs/heads/{pull.base}:{base}", f"+{head}:{local}", *also
    )
    if done.returncode:
        raise MuseError(f"cannot fetch {pull.base} and {pull.head} from {remote}: {_last_line(done.stderr)}")
    return repo.resolve(base), repo.resolve(local)


def _tip(repo: Repository, remote: str, branch: str) -> str:
    """Where a branch of the remote is; "" when it has none, which is what a lease on a new branch says."""
    found = repo.git("ls-remote", remote, f"refs/heads/{branch}").decode().split()
    return found[0] if found else ""


def _default_branch(repo: Repository, remote: str) -> str:
    for line in repo.git("ls-remote", "--symref", remote, "HEAD").decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith("ref: refs/heads/"):
            return line.split("\t")[0].removeprefix("ref: refs/heads/")
    return ""
