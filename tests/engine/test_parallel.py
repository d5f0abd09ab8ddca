"""Work spread over copies of the process: the same answers, also when a copy dies."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from muse.engine.merge.parallel import WORTH, spread
from muse.engine.merge.whole_tree import merge_commits
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository

ME = os.getpid()


@pytest.fixture(autouse=True)
def _alone():
    """The test runner itself may have threads, and then nothing is forked: say so instead of passing for nothing."""
    if threading.active_count() > 1:
        pytest.skip("this process has threads; run without -n")


def _spread(things, work, **options):
    return spread(things, work, seconds=5, instead=lambda thing, why: (thing, why), **options)


def test_every_thing_is_done_once_and_in_order():
    things = list(range(WORTH * 3 + 1))
    answers = _spread(things, lambda n: (n * n, os.getpid()), jobs=3)
    assert [square for square, _ in answers] == [n * n for n in things]
    assert len({pid for _, pid in answers}) == 3
    few = {pid for _, pid in _spread(things[: WORTH - 1], lambda n: (n, os.getpid()), jobs=3)}
    assert len(few) == 1 and ME not in few
    assert _spread([], lambda n: n) == []


def _die(n):
    os._exit(9)


def _kill(n):
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(n):
    raise ValueError(n)


def _no_pickle(n):
    return lambda: n


def _hang(n):
    time.sleep(60)


def _hang_deaf(n):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    time.sleep(60)


BAD = {
    _die: "ended without an answer",
    _kill: f"was ended by signal {int(signal.SIGKILL)}",
    _fail: "ended without an answer",
    _no_pickle: "ended without an answer",
    _hang: "took longer than 0.5 s",
    _hang_deaf: "took longer than 0.5 s",
}


@pytest.mark.parametrize("bad", BAD)
def test_what_a_copy_hangs_or_dies_on_gets_another_answer(bad):
    """And nothing else does: a fresh copy goes on behind it."""
    things = list(range(WORTH * 2))
    answers = spread(
        things,
        lambda n: bad(n) if n in (0, 7, 31) else n * 2,
        jobs=2,
        seconds=0.5,
        instead=lambda thing, why: (thing, why),
    )
    assert answers == [(n, BAD[bad]) if n in (0, 7, 31) else n * 2 for n in things]


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_a_merge_with_many_conflicts_is_the_same_merge(make_repo, commit, git, monkeypatch):
    names = [f"f{n:02}.py" for n in range(WORTH * 2)]
    text = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    root = make_repo("repo", dict.fromkeys(names, text))
    git(root, "branch", "side")
    commit(root, dict.fromkeys(names, text.replace("return 1", "return 10")))
    git(root, "checkout", "-q", "side")
    commit(root, dict.fromkeys(names, text.replace("return 1", "return 11")))
    repo = Repository(root)
    one = merge_commits(repo, "main", "side", plugin_for_path)
    one_process = lambda things, work, what, **options: [work(thing) for thing in things]  # noqa: E731
    monkeypatch.setattr("muse.engine.merge.whole_tree.spread", one_process)
    two = merge_commits(repo, "main", "side", plugin_for_path)
    assert one.tree == two.tree and one.stages == two.stages and len(one.stages) == len(names)
    assert [(d.path, d.merge) for d in one.decisions] == [(d.path, d.merge) for d in two.decisions]
