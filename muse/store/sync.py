"""Metadata over the wire: `refs/muse/*` of a remote in, our own out, beside the branches and never through them.

What comes from a remote lands in `refs/muse-remotes/<remote>/*`, in a fetch of its own without depth, filter or prune.
What goes out are the refs this clone writes. Only the writer moves them and only forward, so no lock is needed on any
server, and a refused metadata push never concerns the branches.

A remote that is a clone itself passes on what it knows (its own `refs/muse-remotes/*`). Of two states of one writer the
longer chain is kept; where neither contains the other both are, the second under `<writer>.<id>`, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from muse.core.errors import LateError, MuseError
from muse.store.intake import AT_ONCE, Intake, Wanted, beside, git_line, local_tips, move_refs, program_of, text_lines
from muse.store.layout import OWN, REMOTES
from muse.store.lineage import RunsGit, chunks, contained, held_by_any

MAX_REFS = 20_000
PATIENCE = 120  # seconds for one push of metadata, for which `git push` waits; `muse.metadataTimeout`, 0 for no end
FALLBACK = "refs/heads/muse-meta/"
LATE = ("fetch first", "non-fast-forward", "stale info")  # Git's words for "there is more over there"
_TAIL = re.compile(r"(?P<kind>log|meta)/(?P<writer>[A-Za-z0-9][A-Za-z0-9_.-]{0,99})")


class Contradiction(MuseError):
    """Two states of one writer, neither part of the other; both are kept."""


class Refused(MuseError):
    """The remote did not take metadata of ours. `late`: it has a state of it that ours does not contain."""

    def __init__(self, message: str, late: bool) -> None:
        super().__init__(message, hint="see docs/hosting.md; `muse sync` tries again")
        self.late = late


def fetch_metadata(repo: RunsGit, remote: str, url: str | None = None, *, tips: Mapping[str, str] | None = None) -> int:
    """Bring the metadata of a remote into `refs/muse-remotes/<remote>/*`; returns how many refs moved.

    `tips` is what the remote is known to have (name -> id); without it, it is asked. MuseError when the remote could
    not be read, or when two states of one writer contradict each other (both are kept then).
    """
    there = list_remote(repo, remote, url) if tips is None else tips
    if len(there) > MAX_REFS:
        raise MuseError(f"{remote} has more than {MAX_REFS} metadata refs; none were fetched")
    before = local_tips(repo, f"{REMOTES}{remote}/")
    intake = Intake(repo, remote, url or remote)
    for step in plan(remote, there, before):
        intake.take(step)
    after = local_tips(repo, f"{REMOTES}{remote}/")
    moved = sum(before.get(name) != tip for name, tip in after.items())
    _forget_lost(repo, remote, there, after)
    if intake.bad:
        raise MuseError(
            f"metadata of {remote} is left out, it is {intake.why} ({_few(iter(intake.bad))}); the rest is here",
            hint="`git config muse.metadataLimit 2g` allows more" if intake.too_large else "",
        )
    if intake.beside:
        raise Contradiction(
            f"{remote} and we know different states of {_few(iter(intake.beside))}; both are kept",
            hint="a restored backup or a copied clone does this; its next write begins a new chain",
        )
    return moved


def _forget_lost(repo: RunsGit, remote: str, there: Mapping[str, str], copies: Mapping[str, str]) -> None:
    """What we once pushed and the remote, restored from a backup, no longer has, counts as not pushed.

    Only copies of our own refs are given up, where ours contains them and no ref over there does (`muse gc` may have
    taken them in and deleted them); another writer's copy is kept as it is.
    """
    tips = set(there.values())
    ours = local_tips(repo, OWN)
    unseen = {name: last for name in ours if (last := copies.get(_copy(remote, name))) and last not in tips}
    inside = contained(repo, [(ours[name], last) for name, last in unseen.items()])
    lost = {name: last for name, last in unseen.items() if (ours[name], last) in inside}
    held = held_by_any(repo, set(lost.values()), tips & set(copies.values()))
    move_refs(repo, {_copy(remote, name): ("", last) for name, last in lost.items() if last not in held})


def _copy(remote: str, name: str) -> str:
    """Where the state that a remote has of a ref of ours is kept here."""
    return f"{REMOTES}{remote}/{name[len(OWN) :]}"


def plan(remote: str, there: Mapping[str, str], here: Mapping[str, str]) -> list[list[Wanted]]:
    """What to fetch, in rounds: first each writer's ref as the remote has it, then what it only knows from others."""
    rounds: list[list[Wanted]] = []
    seen: dict[str, list[str]] = {}
    for source in sorted(there, key=lambda name: (not name.startswith(OWN), name.startswith(REMOTES), name)):
        tail = tail_of(source)
        tip = there[source]
        target = f"{REMOTES}{remote}/{tail}"
        known = (here.get(target), here.get(beside(target, tip)))
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


def push_own(repo: RunsGit, remote: str, url: str | None, *, prefix: str = OWN, renew: Callable[[], object]) -> int:
    """`push_metadata`, and once more under a new name where the remote knows more of ours than we do.

    That is so after a backup was restored or a folder copied; `renew` takes the new writer id.
    """
    sent = 0
    try:
        sent = push_metadata(repo, remote, url, prefix=prefix)
    except Refused as error:
        if not error.late:
            raise
        try:
            fetch_metadata(repo, remote, url)
        except Contradiction:
            pass  # that is what we expect, and what the new name is for
        if not overtaken(repo, remote):
            raise
    if not overtaken(repo, remote):
        return sent
    renew()
    return sent + push_metadata(repo, remote, url, prefix=prefix)


def push_metadata(repo: RunsGit, remote: str, url: str | None = None, *, prefix: str = OWN) -> int:
    """Push our own `refs/muse/*` where the remote, as last seen, does not have them; returns how many were sent.

    `prefix` is the namespace to use over there, for hosts that refuse others than `refs/heads/` (`muse.refPrefix`).
    Refused when the remote declined them; the branches have gone through before and stay.
    """
    prefix = prefix.rstrip("/") + "/"
    waiting = due(repo, remote)
    if len(waiting) > MAX_REFS:
        raise MuseError(
            f"more than {MAX_REFS} metadata refs of ours are not at {remote}; none were sent, nobody would fetch them",
            hint="`muse gc` takes in those of writers that are gone",
        )
    behind = set(_overtaken(repo, remote, waiting))
    sending = {name: tip for name, tip in waiting.items() if name not in behind}
    declined: dict[str, str] = {}
    for part, specs in _pushes(repo, sending, prefix):
        there = {name: f"{prefix}{name[len(OWN) :]}" for name in part}
        answers = _answers(_sent(repo, remote, url, specs))
        declined |= {name: why for name in part if (why := answers.get(there[name], "no answer"))}
        # What somebody else moved meanwhile is told anew by the next fetch.
        move_refs(repo, {_copy(remote, name): (sending[name], "") for name in part if name not in declined})
    if declined:
        raise Refused(
            f"{remote} did not take the metadata ({_few(iter(declined))}); branches are not concerned",
            late=any(why in LATE for why in declined.values()),
        )
    return len(sending)


def _pushes(repo: RunsGit, sending: Mapping[str, str], prefix: str) -> Iterator[tuple[Collection[str], Sequence[str]]]:
    """Refs with what to tell `git push` of them: each by name, or, of many, all that are ours by one pattern.

    For a name Git goes through all refs of both sides, for a pattern once. What the remote has already costs nothing
    then, and what may not move forward is declined.
    """
    others = [name for name in local_tips(repo, OWN) if not tail_of(name)] if len(sending) > AT_ONCE else []
    if len(sending) > AT_ONCE and len(others) <= AT_ONCE:
        yield sending, [f"{OWN}*:{prefix}*", *(f"^{name}" for name in others)]
        return
    for part in chunks(list(sending)):
        yield part, [f"{sending[name]}:{prefix}{name[len(OWN) :]}" for name in part]


def _sent(repo: RunsGit, remote: str, url: str | None, specs: Sequence[str]) -> bytes:
    """What `git push` says of these; MuseError when it takes too long, because a person's own push waits for it."""
    told = git_line(repo, "config", "--type=int", "--get", "muse.metadataTimeout")
    seconds = int(told) if told.isdecimal() else PATIENCE
    try:
        return repo.git(
            "push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no",
            *program_of(repo, remote, "receive-pack"), url or remote, *specs, check=False, seconds=seconds or None,
        )  # fmt: skip
    except LateError as late:
        raise MuseError(
            f"{remote} did not take the metadata: {late}; branches are not concerned",
            hint="the next push or `muse sync` tries again; `git config muse.metadataTimeout 600` waits longer",
        ) from None


def _answers(said: bytes) -> dict[str, str]:
    """Target -> "" or why not, from the lines of `git push --porcelain`: `<flag> TAB <from>:<to> TAB <summary>`."""
    rows = [line.split("\t") for line in text_lines(said)]
    found = {}
    for flag, names, summary in (row for row in rows if len(row) == 3):
        why = summary.partition("(")[2].removesuffix(")") or summary
        found[names.rpartition(":")[2]] = why if flag == "!" else ""
    return found


def overtaken(repo: RunsGit, remote: str) -> list[str]:
    """Refs of ours of which the remote has a state that ours does not contain: a restored backup, a copied disk."""
    return _overtaken(repo, remote, due(repo, remote))


def _overtaken(repo: RunsGit, remote: str, waiting: Mapping[str, str]) -> list[str]:
    known = local_tips(repo, f"{REMOTES}{remote}/") if waiting else {}
    pairs = {name: (tip, last) for name, tip in waiting.items() if (last := known.get(_copy(remote, name)))}
    inside = contained(repo, pairs.values())
    return [name for name, pair in pairs.items() if pair not in inside]


def due(repo: RunsGit, remote: str) -> dict[str, str]:
    """Refs of ours that the remote, as last seen, has not got as they are here."""
    ours = {name: tip for name, tip in local_tips(repo, OWN).items() if tail_of(name)}
    known = local_tips(repo, f"{REMOTES}{remote}/") if ours else {}
    return {name: tip for name, tip in ours.items() if known.get(_copy(remote, name)) != tip}


def list_remote(repo: RunsGit, remote: str, url: str | None = None) -> dict[str, str]:
    """The metadata refs a remote has, name -> id."""
    program = program_of(repo, remote, "upload-pack")
    lines = repo.git("ls-remote", "--refs", *program, url or remote, f"{OWN}*", f"{REMOTES}*", f"{FALLBACK}*")
    return {name: tip for tip, _, name in (line.partition("\t") for line in text_lines(lines)) if tail_of(name)}


def _few(names: Iterator[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
