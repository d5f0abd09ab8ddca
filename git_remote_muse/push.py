"""Join on push: what would be rejected as not fast-forward is merged by the engine and pushed, until it gets through.

Git hands the push over when we answer `fallback` to its `connect`. It is told the truth about every ref except a
branch whose other side we have already seen and not merged: that one is `?`, or Git would reject by itself.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from git_remote_muse import run
from git_remote_muse.config import Config
from git_remote_muse.protocol import Lines, Watch, write_all
from git_remote_muse.quoting import unquote
from git_remote_muse.refs import list_refs, printable
from git_remote_muse.url import Place, without_password
from muse.core.errors import ConflictError, MuseError
from muse.core.io import read_regular
from muse.core.terminal import tell

if TYPE_CHECKING:
    from muse.store.repository import Repository

PATIENCE = 120.0  # seconds of trying again; `muse.joinTimeout`
TAKEN = ("dry-run", "atomic", "push-option", "cas", "progress", "verbosity", "object-format", "servpath", "family")
LATE = ("fetch first", "non-fast-forward", "stale info")  # Git's words for "somebody was quicker"
LOCKED = ("failed to update ref", "cannot lock ref", "failed to lock", "incorrect old value", "fetch first")
REASONS = {"non-fast-forward": "non-fast forward"}  # `git push` and the helper protocol spell it differently
BUILT_IN = ("files", "code", "midi", "music", "scaffold")


class Moved(ConflictError):
    """The other side moved between our looking and our fetching."""


class Spec(NamedTuple):
    """One `push [+]<src>:<dst>` of Git."""

    force: bool
    source: str
    target: str


def may_join(config: Config) -> bool:
    """True when this repository could join anything at all; settings, one file and what is installed tell, and no more:
    every push pays for it."""
    if config.get("muse.joinonpush"):
        return config.flag("muse.joinonpush", False)
    if config.get("merge.muse.mode") == "crdt":
        return True
    try:
        text = read_regular(".museattributes", 1 << 20, within=".").decode("utf-8", "replace")
    except OSError:
        text = ""
    if '"join"' in text or "'join'" in text or (text and _foreign_domain(text)):
        return True
    from muse.plugins.registry import others_join

    return others_join()


def _foreign_domain(text: str) -> bool:
    """True when `[meta] domain` names a domain that is not ours: it may be a CRDT."""
    from muse.core import toml

    try:
        meta = toml.loads(text).get("meta")
    except ValueError:
        return False
    return isinstance(meta, dict) and str(meta.get("domain", "files")) not in BUILT_IN


class Pusher:
    """One conversation from `list for-push` on."""

    def __init__(self, remote: str, place: Place, config: Config, program: str = "") -> None:
        self._remote = remote
        self._place = place
        self._config = config
        self._options: list[tuple[str, str]] = [("servpath", program)] if program else []
        self._known: dict[str, str] = {}

    def serve(self, lines: Lines) -> tuple[Watch, int]:
        """List, take options, push batches, until Git says goodbye."""
        watch = Watch(receive=True)
        self._list()
        batch: list[Spec] = []
        while (line := lines.next()) is not None:
            command, _, value = line.decode("utf-8", "surrogateescape").partition(" ")
            if command == "option":
                name, _, setting = value.partition(" ")
                self._options.append((name, unquote(setting)))
                write_all(1, b"ok\n" if name in TAKEN else b"unsupported\n")
            elif command == "connect":  # Git asks again before it pushes
                write_all(1, b"fallback\n")
            elif command == "list":
                self._list()
            elif command == "push":
                source, _, target = value.removeprefix("+").rpartition(":")
                batch.append(Spec(value.startswith("+"), source, target))
            elif not line and batch:
                results = self.push(batch)
                watch.accepted |= not self._option("dry-run") and any(not why for why, _ in results.values())
                watch.pushed = watch.accepted
                write_all(1, _report(results))
                batch = []
            elif not line:
                break
            else:
                raise MuseError(f"Git asked for something unknown: {printable(line)}")
        return watch, 0

    def _option(self, name: str) -> str:
        value = next((setting for key, setting in reversed(self._options) if key == name), "")
        return "" if value == "false" else value

    def _list(self) -> None:
        self._look()
        size = len(next(iter(self._known.values()), "")) or 40
        rows = [f":object-format {'sha256' if size == 64 else 'sha1'}"] if self._option("object-format") else []
        hidden = self._unmerged()
        rows += [f"{'?' if name in hidden else tip} {name}" for name, tip in sorted(self._known.items())]
        write_all(1, "".join(f"{row}\n" for row in [*rows, ""]).encode("utf-8", "surrogateescape"))

    def _look(self) -> None:
        self._known = list_refs(self._place, self._remote, self._config, ("refs/",), "git-receive-pack")

    def _unmerged(self) -> set[str]:
        """Branches whose other side is here already without being part of ours."""
        ours = _tips("refs/heads/")
        differing = [name for name, tip in self._known.items() if name in ours and ours[name] != tip]
        return {
            name for name in differing if is_here(self._known[name]) and not contains(ours[name], self._known[name])
        }

    # Pushing -----------------------------------------------------------------------------------------------------

    def push(self, batch: Sequence[Spec]) -> dict[str, tuple[str, str]]:
        """Target -> (why it failed, or "", and the id that went there)."""
        done: dict[str, tuple[str, str]] = {}
        end = time.monotonic() + float(self._config.get("muse.jointimeout") or PATIENCE)
        pause = 0.02
        while True:
            todo = [spec for spec in batch if spec.target not in done or done[spec.target][0] in LATE]
            again = self._attempt(todo, done)
            if not again or time.monotonic() > end:
                return done
            time.sleep(random.uniform(0, pause))
            pause = min(pause * 2, 1.0)
            self._look()

    def _attempt(self, todo: Sequence[Spec], done: dict[str, tuple[str, str]]) -> bool:
        """One push of everything; True when somebody was quicker and another try makes sense."""
        ids: dict[str, str] = {}
        moved = False
        for spec in todo:
            try:
                ids[spec.target] = self._id_for(spec)
            except Moved:
                done[spec.target] = (LATE[0], "")
                moved = True
            except MuseError as error:
                done[spec.target] = (LATE[0], "")
                say(f"{short(spec.target)} is not joined: {error}")
        sending = [spec for spec in todo if spec.target in ids]
        if self._option("atomic") and len(sending) < len(todo):
            done.update({spec.target: (LATE[0] if moved else "atomic push failed", "") for spec in sending})
            return moved
        answers = self._send([(spec, ids[spec.target]) for spec in sending]) if sending else {}
        for spec in sending:
            done[spec.target] = (answers.get(spec.target, "no answer"), ids[spec.target])
        late = [spec for spec in sending if not spec.force and _was_late(done[spec.target][0])]
        for spec in late:
            done[spec.target] = (LATE[0], "")
        if late and self._option("atomic"):
            for spec in sending:
                done[spec.target] = (LATE[0], "")
        return moved or any(spec.target.startswith("refs/heads/") for spec in late)

    def _id_for(self, spec: Spec) -> str:
        """What to send: the commit itself, or its merge with what the other side has by now."""
        if not spec.source:
            return ""
        ours = _line("rev-parse", "--verify", "-q", "--end-of-options", spec.source)
        if not ours:
            raise MuseError(f"{spec.source} is gone")
        there = self._known.get(spec.target)
        if spec.force or there is None or not spec.target.startswith("refs/heads/") or there == ours:
            return ours
        if not is_here(there):
            run.git(
                "fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules",
                "--refmap=", self._place.url, spec.target, env=QUIETLY, quiet=True,
            )  # fmt: skip
            if not is_here(there):
                raise Moved("it moved on")
        return ours if contains(ours, there) else self._join(spec, ours, there)

    def _join(self, spec: Spec, ours: str, there: str) -> str:
        from muse.engine.merge.join_push import join_commits
        from muse.plugins.registry import plugin_for_path, read_domain

        repo = _repository()
        own = read_domain(repo.root)
        joined = join_commits(
            repo,
            ours,
            there,
            lambda path: plugin_for_path(path, first=own),
            message=f"Merge branch '{short(spec.target)}' of {without_password(self._place.url)}",
            anything=self._config.flag("muse.joinonpush", False),
        )
        say(f"{short(spec.target)} joined with {there[:12]} of {self._remote} as {joined.commit[:12]}")
        return joined.commit

    def _send(self, rows: Sequence[tuple[Spec, str]]) -> dict[str, str]:
        """One `git push` for all of them; target -> "" or the reason in Git's words."""
        leases = dict(value.rpartition(":")[::2] for name, value in self._options if name == "cas")
        words = ["--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]
        words += ["--atomic"] * bool(self._option("atomic")) + ["--dry-run"] * bool(self._option("dry-run"))
        words += [f"--push-option={value}" for name, value in self._options if name == "push-option"]
        words += [f"--receive-pack={self._option('servpath')}"] * bool(self._option("servpath"))
        specs = []
        for spec, tip in rows:
            leased = spec.target in leases
            if leased:
                words.append(f"--force-with-lease={spec.target}:{leases[spec.target]}")
            specs.append(f"{'+' if spec.force and not leased else ''}{tip}:{spec.target}")
        out, err = run.both("git", "-c", "advice.pushUpdateRejected=false", "push", *words, self._place.url, *specs)
        for line in err.splitlines():
            if line.startswith(b"remote: "):
                tell(line.decode("utf-8", "surrogateescape"))
        answers = {target: why for target, why in map(_answer, out.decode("utf-8", "replace").split("\n")) if target}
        if not answers:
            raise MuseError(f"the push failed: {printable(err) or 'the other side hung up'}")
        return answers


QUIETLY = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}


def _answer(line: str) -> tuple[str, str]:
    """(target, "" or why) of a line of `git push --porcelain`: `<flag> TAB <from>:<to> TAB <summary> (<reason>)`."""
    parts = line.split("\t")
    if len(parts) != 3:
        return "", ""
    flag, refs, summary = parts
    target = refs.rpartition(":")[2]
    if flag != "!":
        return target, ""
    kind, _, reason = summary.partition("] (")
    why = reason.removesuffix(")") or kind.strip("[]")
    return target, why


def _was_late(why: str) -> bool:
    return why in LATE or any(word in why for word in LOCKED)


def _report(results: dict[str, tuple[str, str]]) -> bytes:
    rows = []
    for target, (why, tip) in results.items():
        if why:
            rows.append(f"error {target} {REASONS.get(why, why)}")
        else:
            rows += [f"ok {target}", *([f"option new-oid {tip}"] if tip else [])]
    return "".join(f"{row}\n" for row in [*rows, ""]).encode("utf-8", "surrogateescape")


def _repository() -> Repository:
    from muse.store.repository import Repository

    return Repository.discover(".")


def _line(*args: str) -> str:
    return run.git(*args, check=False, quiet=True).decode("utf-8", "surrogateescape").strip()


def _tips(prefix: str) -> dict[str, str]:
    rows: Iterable[str] = _line("for-each-ref", "--format=%(refname) %(objectname)", prefix).split("\n")
    return dict(row.split(" ", 1) for row in rows if row)


def is_here(commit: str) -> bool:
    """True when the commit's object is in our repository."""
    return _line("cat-file", "-t", commit) == "commit"


def contains(tip: str, commit: str) -> bool:
    """True when `commit` is part of the history of `tip`."""
    return _line("rev-list", "--count", "--max-count=1", commit, f"^{tip}") == "0"


def short(ref: str) -> str:
    """A branch as people call it."""
    return ref.removeprefix("refs/heads/")


def say(text: str) -> None:
    """One line on stderr."""
    tell(f"muse: {text}")
