"""Clones, agents and people at random: sessions are delivered once, and no commit of a person is undone.

Every person edits one function of their own in each file and now and then deletes a file that agents brought; agents
edit functions of their own in the same files and bring files, each in a process that keeps writing (and is killed at
times) whatever people do meanwhile. Branches are merged, rebased, squashed and amended; session commits are killed; one
clone is copied with `cp -r`; clocks are wrong by -400 days to +3 hours, and `git gc` runs beside. Judged by what
`git show` says of every HEAD, never by what Muse says of itself.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from muse.core.errors import MuseError
from muse.core.op_log import OpLog
from muse.engine.remote.sync import sync_once
from muse.engine.session import commit as session
from muse.engine.session import repair
from muse.engine.session.intake import Intake
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit
from tests.session.chaos_kit import CLOCKS, Agent, Beside, clock, collect_garbage, copied, wrong_clock
from tests.session.stories import added, read, symbol

SECONDS = float(os.environ.get("MUSE_CHAOS_SECONDS", "1200"))
SEED = os.environ.get("MUSE_CHAOS_SEED")  # read here: no test sees MUSE_* of the environment
PACE = float(os.environ.get("MUSE_CHAOS_PACE", "1"))  # ops a second of each agent
AGENTS = 4  # of each clone that keep writing
NAMED = [*map(str, range(AGENTS)), "here0", "here1"]  # with those that write in this process, functions of their own
PLAIN = {"GIT_EDITOR": "true", "GIT_TERMINAL_PROMPT": "0"}


def function(name: str, value: str) -> str:
    return f"def {name}():\n    return {value!r}\n"


def source(names: list[str]) -> str:
    """Functions so far apart that Git's text merge takes edits of two of them for two changes."""
    return "\n\n".join(function(name, "0") + f"\n\n# {name}\n" * 6 for name in names)


def returned(text: bytes) -> dict[str, str]:
    """What each function of a file returns."""
    return dict(re.findall(r"^def (\w+)\(\):\n    return '([^'\n]*)'", text.decode(), re.MULTILINE))


@dataclass
class Clone:
    """A person's clone, and what they have committed: the value of their function, files they deleted."""

    name: str
    root: Path
    value: str = "0"
    deleted: set[str] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)  # deleted since the branch was pushed last
    clock: str = ""
    said: dict[tuple[str, str], str] = field(default_factory=dict)  # what agents in this process set last
    agents: list[Agent] = field(default_factory=list)


class Chaos:
    def __init__(self, folder: Path, server: Path, git: RunGit, seed: int, names: list[str], clones: int) -> None:
        self.dice, self.git, self.seed, self.server = random.Random(seed), git, seed, server
        self.names = names
        self.clones: list[Clone] = []
        for name in self.names[:clones]:
            git(folder, "clone", "-q", server, name)
            root = folder / name
            git(root, "config", "muse.joinOnPush", "true")
            self.clones.append(Clone(name, root))
            session.start(Repository(root), "jam")
        self.acks: dict[str, str] = {}
        self.by_git: list[str] = []  # merges by plain Git
        self.settled: dict[tuple[str, str], set[str]] = {}  # what a person chose from, by path and function
        self.count = 0
        self.done: dict[str, int] = {}
        self.beside = Beside()

    def begin(self) -> None:
        """Agents that write from now on, clocks that are wrong, and `git gc` now and then."""
        for clone, offset in zip(self.clones, CLOCKS):
            clone.clock = offset
            self.hire(clone)
        self.beside.begin(lambda: collect_garbage(self.dice.choice(self.clones).root), lambda: 20.0)

    def hire(self, clone: Clone) -> None:
        for at in range(AGENTS):
            agent = Agent(clone.root, f"{clone.name}_{at}", clock(clone.clock), self.writing(f"{clone.name}_{at}"))
            clone.agents.append(agent)
            self.beside.begin(agent.one, lambda agent=agent: agent.dice.expovariate(PACE))  # type: ignore[misc]

    def writing(self, who: str) -> Callable[[random.Random], tuple[Any, Any]]:
        """The next op of an agent: its function in somebody's file, or a new file."""
        count = itertools.count()

        def op(dice: random.Random) -> tuple[Any, Any]:
            token, path = f"t{self.seed}{who}x{next(count)}", f"{dice.choice(self.names)}.py"
            if dice.random() < 0.1:
                return added(f"brought/{token}.txt", token.encode()), None
            return symbol(path, f"a_{who}", function(f"a_{who}", token)), ((path, f"a_{who}"), token)

        return op

    def copy(self) -> None:
        """Somebody takes a clone's folder along, and goes on in it under a name of their own."""
        old, name = self.clones[0], self.names[len(self.clones)]
        root = old.root.with_name(name)
        copied(old.root, root)
        self.git(root, "reset", "-q", "--hard")
        self.clones.append(Clone(name, root, "0", set(old.deleted), set(old.loose), CLOCKS[3]))
        self.hire(self.clones[-1])
        self.note("copied")

    def rest(self) -> None:
        """Agents write no more."""
        self.beside.end()
        for clone in self.clones:
            for agent in clone.agents:
                agent.rest()

    def token(self) -> str:
        self.count += 1
        return f"t{self.seed}x{self.count}"

    def run(self, clone: Clone, *words: str) -> bool:
        done = subprocess.run(
            ["git", *words], cwd=clone.root, capture_output=True, env={**os.environ, **PLAIN}, check=False
        )
        return done.returncode == 0

    def muse(self, clone: Clone, *words: str) -> bool:
        command = [sys.executable, "-m", "muse.cli", *words]
        return not subprocess.run(command, cwd=clone.root, capture_output=True, check=False).returncode

    # What may happen ---------------------------------------------------------------------------------------------

    def agents(self, clone: Clone) -> None:
        repo, log = Repository(clone.root), OpLog(clone.root, "jam")
        stream = Intake(repo, log, "bot", "written", plugin_for_path)
        for _ in range(self.dice.randrange(1, 5)):
            who, token = f"{clone.name}_{self.dice.choice(NAMED[AGENTS:])}", self.token()
            path, name = f"{self.dice.choice(self.names)}.py", f"a_{who}"
            op, sets = symbol(path, name, function(name, token)), {(path, name): token}
            if self.dice.random() < 0.4:
                op, sets = added(f"brought/{token}.txt", token.encode()), {}
            answer = stream.one({"op": op, "actor": who})
            assert "ack" in answer, answer
            self.acks[answer["ack"]] = token
            clone.said.update(sets)
        log.close()

    def deliver(self, clone: Clone) -> None:
        repo = Repository(clone.root)
        try:
            session.commit(repo, session.existing(repo, "jam"), plugin_for_path, message="jam", partial=True)
        except MuseError as error:
            self.note(f"refused: {str(error).splitlines()[0][:60]}")

    def deliver_and_die(self, clone: Clone) -> None:
        words = [sys.executable, "-m", "muse.cli", "session", "commit", "jam", "--partial"]
        done = subprocess.Popen(words, cwd=clone.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            done.wait(self.dice.uniform(0.1, 2.5))
        except subprocess.TimeoutExpired:
            done.kill()
            done.wait()
            self.note("killed")
        time.sleep(0.05)  # a git that was under way may end by itself
        for lock in (clone.root / ".git").glob("*.lock"):
            lock.unlink()  # as Git says one may

    def person(self, clone: Clone) -> None:
        token = self.token()
        path = clone.root / f"{clone.name}.py"
        name = f"p_{clone.name}"
        text = path.read_text()
        was = next(line for line in text.split(f"def {name}():\n", 1)[1].splitlines())
        path.write_text(text.replace(f"def {name}():\n{was}", f"def {name}():\n    return {token!r}"))
        brought = self.git(clone.root, "ls-files", "brought").split()
        gone = self.dice.choice(brought) if brought and self.dice.random() < 0.4 else ""
        if gone:
            self.git(clone.root, "rm", "-qf", gone)
        self.git(clone.root, "commit", "-qam", f"by hand {token}")
        clone.value = token
        if gone:
            clone.deleted.add(gone)
            clone.loose.add(gone)

    def sync(self, clone: Clone) -> None:
        try:
            done = sync_once(Repository(clone.root), "origin", plugin_for_path)
        except MuseError as error:
            self.note(f"sync: {str(error)[:60]}")
            return
        self.note(f"sync {done.action}")
        if done.repairs:
            self.repair(clone)
        if done.problem:
            self.note(f"sync: {done.problem[:60]}")
        elif done.action != "stopped":
            clone.loose.clear()

    def pull_rebase(self, clone: Clone) -> None:
        if self.run(clone, "pull", "-q", "--rebase", "origin", "main"):
            self.note("rebased")
        else:
            self.run(clone, "rebase", "--abort")

    def merge(self, clone: Clone, *, settle: bool = False) -> None:
        self.run(clone, "fetch", "-q", "origin")
        if self.muse(clone, "merge", "origin/main", "-m", "merge"):
            return
        if settle and self.settle(clone):
            self.note("merge settled")
        else:
            self.run(clone, "merge", "--abort")
            self.note("merge aborted")

    def settle(self, clone: Clone) -> bool:
        """Where both changed one function a person takes theirs, which may be older than what its agent wrote last."""
        for path in self.git(clone.root, "diff", "--name-only", "--diff-filter=U").splitlines():
            was, mine, other = (returned(read(clone.root, path, f":{stage}") or b"") for stage in (1, 2, 3))
            for name in mine.keys() & other.keys():
                if len({was.get(name), mine[name], other[name]}) == 3:
                    self.settled.setdefault((path, name), set()).update((mine[name], other[name]))
            if not self.muse(clone, "resolve", "--theirs", path):
                return False
        return self.run(clone, "commit", "-q", "--no-edit")

    def merge_by_hand(self, clone: Clone) -> None:
        """Plain Git; what it lost is told, and repaired."""
        self.run(clone, "fetch", "-q", "origin")
        if not self.run(clone, "merge", "-q", "--no-edit", "origin/main"):
            self.run(clone, "merge", "--abort")
            return
        self.by_git.append(self.git(clone.root, "rev-parse", "HEAD"))
        self.repair(clone)

    def repair(self, clone: Clone) -> None:
        repo = Repository(clone.root)
        try:
            _, mended = repair.repair(repo, session.existing(repo, "jam"), plugin_for_path)
            self.note(f"repair: {len(mended)} file(s)")
        except MuseError as error:
            self.note(f"repair: {str(error)[:60]}")

    def squash(self, clone: Clone) -> None:
        """All that was not pushed becomes one commit."""
        self.run(clone, "fetch", "-q", "origin")
        base = self.git(clone.root, "merge-base", "HEAD", "origin/main")
        if int(self.git(clone.root, "rev-list", "--count", f"{base}..HEAD")) < 2:
            return
        if self.git(clone.root, "status", "--porcelain"):
            return
        self.git(clone.root, "reset", "-q", "--soft", base)
        if not self.run(clone, "commit", "-qm", "squashed"):
            self.git(clone.root, "reset", "-q", "--hard", "HEAD@{1}")
            return
        clone.deleted -= clone.loose  # in one commit with what brought them, nobody sees that they ever were
        clone.loose.clear()

    def amend(self, clone: Clone) -> None:
        if self.run(clone, "diff", "--quiet", "origin/main", "HEAD"):
            return
        if not self.run(clone, "merge-base", "--is-ancestor", "HEAD", "origin/main"):
            self.run(clone, "commit", "-q", "--amend", "-m", "amended", "--only")

    # Checking ----------------------------------------------------------------------------------------------------

    def note(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1

    def step(self) -> None:
        clone = self.dice.choice(self.clones)
        moves = [(self.agents, 8), (self.deliver, 4), (self.deliver_and_die, 1), (self.person, 4), (self.sync, 4)]
        moves += [(self.pull_rebase, 2), (self.merge, 2), (self.merge_by_hand, 1), (self.squash, 1), (self.amend, 1)]
        (move,) = self.dice.choices([each for each, _ in moves], [weight for _, weight in moves])
        self.do(move, clone)

    def do(self, move: Callable[[Clone], None], clone: Clone) -> None:
        self.note(move.__name__)
        before = self.git(clone.root, "rev-parse", "HEAD")
        with wrong_clock(clone.clock):
            move(clone)
        self.check(clone, move.__name__, before)

    def check(self, clone: Clone, what: str, before: str) -> None:
        where = f"seed {self.seed}, op {self.count}, {clone.root} after {what} on {before}"
        text = (read(clone.root, f"{clone.name}.py") or b"").decode()
        assert text.count(f"def p_{clone.name}():") == 1, where
        assert f"def p_{clone.name}():\n    return {clone.value!r}" in text, f"{where}: a commit is undone"
        names = set(self.git(clone.root, "ls-tree", "-r", "--name-only", "HEAD").splitlines())
        back = {path for path in names & clone.deleted if not self.by_plain_git(clone, path)}
        assert not back, f"{where}: {back} are back"

    def by_plain_git(self, clone: Clone, path: str) -> bool:
        """A merge by plain Git brought it back, which nobody has repaired yet who knows both logs; at the end all are.

        Whether it did is read from the commits: there after it, and not there in one of its parents.
        """
        return any(
            self.run(clone, "merge-base", "--is-ancestor", merge, "HEAD")
            and read(clone.root, path, merge) is not None
            and None in (read(clone.root, path, f"{merge}^1"), read(clone.root, path, f"{merge}^2"))
            for merge in self.by_git
        )

    def end(self) -> None:
        """Bring all together; every log has every acknowledged op, every clone the same files."""
        self.rest()
        for _ in range(6):
            for clone in self.clones:
                self.sync(clone)
                self.deliver(clone)
                if self.run(clone, "diff", "--quiet", "HEAD") and not self.run(
                    clone, "merge-base", "--is-ancestor", "origin/main", "HEAD"
                ):
                    self.merge(clone, settle=True)
                self.sync(clone)
                self.check(clone, "the end", "")
            if len({self.git(clone.root, "rev-parse", "HEAD") for clone in self.clones}) == 1:
                break
        trees = {self.git(clone.root, "rev-parse", "HEAD^{tree}") for clone in self.clones}
        assert len(trees) == 1, (self.seed, self.done)
        for clone in self.clones:
            ops = {entry["op_id"] for entry in session.existing(Repository(clone.root), "jam").read_all()}
            acks = self.acks.keys() | {ack for each in self.clones for agent in each.agents for ack in agent.acks}
            assert acks <= ops, (self.seed, len(acks - ops))
            assert not OpLog(clone.root, "jam").damage()
        at_end = self.clones[0]
        names = set(self.git(at_end.root, "ls-tree", "-r", "--name-only", "HEAD").splitlines())
        for clone in self.clones:
            assert not names & clone.deleted, (self.seed, names & clone.deleted)
            text = (read(at_end.root, f"{clone.name}.py") or b"").decode()
            assert f"def p_{clone.name}():\n    return {clone.value!r}" in text, (self.seed, clone.name)
            for name in self.names:
                for agent in NAMED:
                    assert text.count(f"def a_{name}_{agent}():") == 1, (self.seed, clone.name, name, agent)
        self.check_agents(at_end)

    def check_agents(self, clone: Clone) -> None:
        """Each agent's functions are as it wrote them last: nothing older was delivered after that."""
        last = [(agent.last, agent.doubt) for each in self.clones for agent in each.agents]
        for told, doubt in [*last, *((each.said, {}) for each in self.clones)]:
            for (path, name), value in told.items():
                text = (read(clone.root, path) or b"").decode()
                found = text.split(f"def {name}():\n    return '", 1)[1].partition("'")[0]
                others = doubt.get((path, name), set()) | self.settled.get((path, name), set())
                assert found in {value} | others, (self.seed, path, name, found, value)


def begin(make_repo: MakeRepo, git: RunGit, folder: Path, seed: int, clones: int) -> Chaos:
    names = [f"c{at}" for at in range(clones + 1)]  # the last is for a copy
    parts = [f"a_{name}_{agent}" for name in names for agent in NAMED]
    first = make_repo(f"first{seed}", {f"{name}.py": source([f"p_{name}", *parts]) for name in names})
    git(folder, "clone", "-q", "--bare", first, f"server{seed}.git")
    return Chaos(folder, folder / f"server{seed}.git", git, seed, names, clones)


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_a_little_chaos(make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> None:
    chaos = begin(make_repo, git, tmp_path, int(SEED or 1), 2)
    for move in (chaos.agents, chaos.deliver, chaos.person, chaos.squash, chaos.sync):
        chaos.do(move, chaos.clones[0])
    for move in (chaos.agents, chaos.deliver, chaos.person, chaos.sync):
        chaos.do(move, chaos.clones[1])
    chaos.end()


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_chaos(make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> None:
    until = time.monotonic() + SECONDS
    seed = int(SEED or time.time_ns() % 10**6)
    while time.monotonic() < until:
        (tmp_path / str(seed)).mkdir()
        print("seed", seed, flush=True)
        chaos = begin(make_repo, git, tmp_path / str(seed), seed, 3)
        chaos.begin()
        for at in range(120):
            if time.monotonic() > until:
                break
            if at == 40:
                chaos.copy()
            chaos.step()
        agents = [agent for clone in chaos.clones for agent in clone.agents]
        refused = sum((Counter(agent.refused) for agent in agents), Counter())
        print(f"refused {dict(refused)}", flush=True)
        chaos.end()
        ops, kills = sum(len(agent.acks) for agent in agents), sum(agent.kills for agent in agents)
        print(f"{ops + len(chaos.acks)} ops, {kills} agents killed;", flush=True)
        print(dict(sorted(chaos.done.items())), flush=True)
        seed += 1


__all__ = ["Chaos"]
