"""Metadata over the wire: `refs/muse/*` of a remote in, our own out, beside the branches and never through them.

What comes from a remote lands in `refs/muse-remotes/<remote>/*`, in a fetch of its own without depth, filter or prune.
What goes out are the refs this clone writes. Only the writer moves them and only forward, so no lock is needed on any
server, and a refused metadata push never concerns the branches.

A remote that is a clone itself passes on what it knows (its own `refs/muse-remotes/*`). Of two states of one writer the
longer chain is kept; where neither contains the other both are, the second under `<writer>.<id>`, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from muse.core.errors import MuseError
from muse.store.layout import OWN, REMOTES

Item = TypeVar("Item")
MAX_REFS = 20_000
FALLBACK = "refs/heads/muse-meta/"
_TAIL = re.compile(r"(?P<kind>log|meta)/(?P<writer>[A-Za-z0-9][A-Za-z0-9_.-]{0,99})")


class Contradiction(MuseError):
    """Two states of one writer, neither part of the other; both are kept."""


class RunsGit(Protocol):
    """All that is needed of a repository here, so that the remote helper need not open one."""

    def git(self, *args: str, check: bool = True) -> bytes: ...


class Wanted:
    """One step of a fetch: the remote's ref, its tip there, and where it goes."""

    __slots__ = ("source", "target", "tip")

    def __init__(self, source: str, tip: str, target: str) -> None:
        self.source, self.tip, self.target = source, tip, target


def fetch_metadata(repo: RunsGit, remote: str, url: str | None = None, *, tips: Mapping[str, str] | None = None) -> int:
    """Bring the metadata of a remote into `refs/muse-remotes/<remote>/*`; returns how many refs moved.

    `tips` is what the remote is known to have (name -> id); without it, it is asked. MuseError when the remote could
    not be read, or when two states of one writer contradict each other (both are kept then).
    """
    there = list_remote(repo, url or remote) if tips is None else tips
    if len(there) > MAX_REFS:
        raise MuseError(f"{remote} has more than {MAX_REFS} metadata refs; none were fetched")
    before = local_tips(repo, f"{REMOTES}{remote}/")
    rounds = plan(remote, there, before)
    beside: list[str] = []
    for step in rounds:
        for part in _chunks(step):
            try:
                _fetch(repo, url or remote, [f"{item.source}:{item.target}" for item in part])
            except MuseError as error:
                beside += _settle(repo, url or remote, part, error)
    after = local_tips(repo, f"{REMOTES}{remote}/")
    if beside:
        raise Contradiction(
            f"{remote} and we know different states of {', '.join(sorted(beside))}; both are kept",
            hint="a restored backup or a copied clone does this; its next write begins a new chain",
        )
    return sum(before.get(name) != tip for name, tip in after.items())


def plan(remote: str, there: Mapping[str, str], here: Mapping[str, str]) -> list[list[Wanted]]:
    """What to fetch, in rounds: first each writer's ref as the remote has it, then what it only knows from others."""
    rounds: list[list[Wanted]] = []
    seen: dict[str, list[str]] = {}
    for source in sorted(there, key=lambda name: (not name.startswith(OWN), name.startswith(REMOTES), name)):
        tail = tail_of(source)
        tip = there[source]
        target = f"{REMOTES}{remote}/{tail}"
        known = (here.get(target), here.get(_beside(target, tip)))
        if tail is None or tip in seen.setdefault(target, []) or tip in known:
            continue
        seen[target].append(tip)
        number = len(seen[target])
        if len(rounds) < number:
            rounds.append([])
        rounds[number - 1].append(Wanted(source, tip, target))
    return rounds


def tail_of(ref: str) -> str | None:
    """`<kind>/<writer>` of a metadata ref in any of its namespaces; None for any other name."""
    if ref.startswith(REMOTES):
        name = "/".join(ref.rsplit("/", 2)[1:])
    else:
        prefix = next((prefix for prefix in (OWN, FALLBACK) if ref.startswith(prefix)), None)
        name = "" if prefix is None else ref[len(prefix) :]
    return name if _TAIL.fullmatch(name) and ".." not in name and not name.endswith((".lock", ".")) else None


def push_metadata(repo: RunsGit, remote: str, url: str | None = None, *, prefix: str = OWN) -> int:
    """Push our own `refs/muse/*` where the remote, as last seen, does not have them; returns how many were sent.

    `prefix` is the namespace to use over there, for hosts that refuse others than `refs/heads/` (`muse.refPrefix`).
    MuseError when the remote declined them; the branches have gone through before and stay.
    """
    prefix = prefix.rstrip("/") + "/"
    behind = overtaken(repo, remote)
    due = {name: tip for name, tip in _due(repo, remote).items() if name not in behind}
    for part in _chunks(list(due.items())):
        try:
            repo.git(
                "push", "-q", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no",
                url or remote, *(f"{tip}:{prefix}{name[len(OWN) :]}" for name, tip in part),
            )  # fmt: skip
        except MuseError as error:
            raise MuseError(
                f"{remote} did not take the metadata ({_few(name for name, _ in part)}); branches are not concerned",
                hint="see docs/hosting.md; `muse sync` tries again",
            ) from error
        for name, tip in part:
            repo.git("update-ref", f"{REMOTES}{remote}/{name[len(OWN) :]}", tip)
    return len(due)


def overtaken(repo: RunsGit, remote: str) -> list[str]:
    """Refs of ours of which the remote has a state that ours does not contain: a restored backup, a copied disk."""
    known = local_tips(repo, f"{REMOTES}{remote}/")
    found = []
    for name, tip in _due(repo, remote).items():
        there = known.get(f"{REMOTES}{remote}/{name[len(OWN) :]}")
        if there and _git_line(repo, "merge-base", tip, there) != there:
            found.append(name)
    return found


def _due(repo: RunsGit, remote: str) -> dict[str, str]:
    """Refs of ours that the remote, as last seen, has not got as they are here."""
    known = local_tips(repo, f"{REMOTES}{remote}/")
    ours = {name: tip for name, tip in local_tips(repo, OWN).items() if tail_of(name)}
    return {name: tip for name, tip in ours.items() if known.get(f"{REMOTES}{remote}/{name[len(OWN) :]}") != tip}


def list_remote(repo: RunsGit, where: str) -> dict[str, str]:
    """The metadata refs a remote has, name -> id."""
    lines = repo.git("ls-remote", "--refs", where, f"{OWN}*", f"{REMOTES}*", f"{FALLBACK}*")
    return {name: tip for tip, _, name in (line.partition("\t") for line in _text(lines)) if tail_of(name)}


def local_tips(repo: RunsGit, prefix: str) -> dict[str, str]:
    """Ref name -> id below a prefix."""
    lines = repo.git("for-each-ref", "--format=%(objectname) %(refname)", prefix)
    return {name: tip for tip, _, name in (line.partition(" ") for line in _text(lines))}


def _fetch(repo: RunsGit, where: str, specs: Sequence[str]) -> None:
    """One fetch of its own, refs moved forward only."""
    repo.git(
        "-c", "fetch.fsckObjects=true", "-c", "fetch.showForcedUpdates=true", "-c", "fetch.writeCommitGraph=false",
        "fetch", "-q", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head",
        "--no-auto-gc", "--refmap=", where, *specs,
    )  # fmt: skip


def _settle(repo: RunsGit, where: str, part: Sequence[Wanted], refused: MuseError) -> list[str]:
    """After a refusal: an older state is left out, a contradicting one is kept beside ours. Returns those.

    The objects of refs that would not move forward are here; when one is not, the fetch failed for another reason.
    """
    beside = []
    for item in part:
        ours = _git_line(repo, "rev-parse", "-q", "--verify", item.target)
        if ours == item.tip:
            continue
        if not ours or _git_line(repo, "cat-file", "-t", item.tip) != "commit":
            raise refused
        if _git_line(repo, "merge-base", ours, item.tip) != item.tip:
            _fetch(repo, where, [f"+{item.source}:{_beside(item.target, item.tip)}"])
            beside.append(item.target)
    return beside


def _git_line(repo: RunsGit, *args: str) -> str:
    return repo.git(*args, check=False).decode("utf-8", "replace").strip()


def _beside(target: str, tip: str) -> str:
    return f"{target}.{tip[:12]}"


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Parts that fit on a command line."""
    return (items[at : at + 500] for at in range(0, len(items), 500))


def _few(names: Iterator[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")


def _text(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogateescape").splitlines()
