"""What an agent sees of a session is what a commit of it would give, whatever people commit in between."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from muse.core.op_log import OpLog
from muse.engine.session import commit as session
from muse.engine.session.intake import Intake
from muse.engine.session.live_view import LiveView
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, WORDS, added, agent, changed, muse, read, symbol, write


@pytest.fixture
def jam(make_repo: MakeRepo) -> Path:
    root = make_repo(files={"code.py": ONE, "words.txt": WORDS})
    muse(root, "session", "start", "jam")
    return root


def view(root: Path) -> LiveView:
    return LiveView(Repository(root), OpLog(root, "jam"), plugin_for_path)


def seen(live: LiveView) -> dict[str, bytes]:
    live.refresh()
    return {path: live.data(path) or b"" for path in live.files()}


def committed(root: Path, git: RunGit) -> dict[str, bytes]:
    return {path: read(root, path) or b"" for path in git(root, "ls-files").splitlines()}


def test_a_person_commits_what_the_agents_ops_did_not_see(jam: Path, git: RunGit) -> None:
    live = view(jam)
    agent(
        jam,
        changed("words.txt", WORDS, WORDS.replace(b"one", b"ONE")),
        symbol("code.py", "third", "def third():\n    return 30\n"),
    )
    assert seen(live)["words.txt"].startswith(b"ONE")
    write(jam, "words.txt", WORDS.replace(b"seven", b"SEVEN"))
    git(jam, "mv", "code.py", "moved.py")
    git(jam, "commit", "-qam", "by hand")
    now = seen(live)
    assert now["words.txt"] == WORDS.replace(b"one", b"ONE").replace(b"seven", b"SEVEN")
    assert "code.py" not in now and now["moved.py"] == ONE.replace(b"return 3", b"return 30")
    muse(jam, "session", "commit", "jam")
    assert committed(jam, git) == now == seen(live) == seen(view(jam))


def test_what_a_person_deleted_after_a_delivery_stays_deleted(jam: Path, git: RunGit) -> None:
    agent(jam, added("bot.py", b"x = 1\n"), symbol("code.py", "first", "def first():\n    return 10\n"))
    muse(jam, "session", "commit", "jam")
    live = view(jam)
    assert seen(live)["bot.py"] == b"x = 1\n"
    git(jam, "rm", "-q", "bot.py")
    git(jam, "commit", "-qm", "by hand")
    agent(jam, symbol("code.py", "third", "def third():\n    return 30\n"))
    now = seen(live)
    assert "bot.py" not in now and b"return 10" in now["code.py"] and b"return 30" in now["code.py"]
    muse(jam, "session", "commit", "jam")
    assert committed(jam, git) == now


def test_where_a_commit_would_be_refused_the_session_is_seen(jam: Path, git: RunGit) -> None:
    agent(jam, symbol("code.py", "first", "def first():\n    return 10\n"))
    write(jam, "code.py", ONE.replace(b"return 1", b"return 11"))
    git(jam, "commit", "-qam", "by hand")
    live = view(jam)
    assert b"return 10" in seen(live)["code.py"]
    muse(jam, "session", "commit", "jam", code=1)
    muse(jam, "session", "commit", "jam", "--take", "session")
    assert committed(jam, git) == seen(live)


@pytest.mark.parametrize("many", [1, 2], ids=["one file", "several"])
def test_what_git_takes_away_beside_an_appender_is_made_anew(jam: Path, git: RunGit, many: int) -> None:
    """What ops came to is named by no ref: to be seen it is replayed again, and the appender goes on."""
    stream = Intake(Repository(jam), OpLog(jam, "jam"), "bot", "written", plugin_for_path)
    other = Intake(Repository(jam), OpLog(jam, "jam"), "other", "written", plugin_for_path)
    made = ONE
    for name, old, new in (("first", 1, 10), ("second", 2, 20), ("third", 3, 30)):
        texts = [f"def {name}():\n    return {value}" for value in (old, new)]
        op = symbol("code.py", name, texts[1])
        assert "ack" in stream.one({"op": op, "expect": texts[0]})
        if many > 1:
            assert "ack" in other.one({"op": symbol("code.py", name, texts[1])})
        made = made.replace(b"return %d" % old, b"return %d" % new)
        stream.view.refresh()
        assert stream.view.data("code.py") == made
        git(jam, "gc", "-q", "--prune=now")
    assert seen(stream.view)["code.py"] == seen(other.view)["code.py"] == made
    git(jam, "gc", "-q", "--prune=now")
    muse(jam, "session", "commit", "jam")
    assert committed(jam, git)["code.py"] == made


def test_ops_asked_back_are_seen_again_at_once(jam: Path, git: RunGit) -> None:
    agent(jam, added("bot.py", b"x = 1\n"))
    muse(jam, "session", "commit", "jam")
    git(jam, "reset", "-q", "--hard", "HEAD~1")
    live = view(jam)
    assert "bot.py" not in seen(live)
    muse(jam, "session", "redeliver", "jam")
    assert seen(live)["bot.py"] == b"x = 1\n"


def test_a_view_kept_up_is_a_view_made_anew(jam: Path, git: RunGit, capfd: pytest.CaptureFixture[str]) -> None:
    at_random(jam, git, 0, 4)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 12))
def test_a_view_kept_up_for_long(jam: Path, git: RunGit, seed: int) -> None:
    at_random(jam, git, seed, 15)


def at_random(root: Path, git: RunGit, seed: int, steps: int) -> None:
    """Ops, plain commits and session commits at random, each in a place of its own, so that none is refused."""
    dice, live = random.Random(seed), view(root)
    repo, log = Repository(root), OpLog(root, "jam")
    stream = Intake(repo, log, "bot", "written", plugin_for_path)
    for at in range(steps):
        for _ in range(dice.randrange(1, 3)):
            name = dice.choice(["first", "second"])
            op = symbol("code.py", name, f"def {name}():\n    return {dice.randrange(10**6)}\n")
            assert "ack" in stream.one({"op": op})
            if dice.random() < 0.7:
                seen(live)
        what = dice.random()
        if what < 0.6:
            head, mark, _ = (root / "code.py").read_bytes().partition(b"def third():\n")
            write(root, "code.py", head + mark + b"    return %d\n" % dice.randrange(10**6))
            git(root, "commit", "-qam", f"by hand {at}")
        elif what < 0.9:
            session.commit(repo, log, plugin_for_path, message=f"{at}")
        assert seen(live) == seen(view(root)), (seed, at)
    assert "ack" in stream.one({"op": added("last.txt", b"last\n")})
    now = seen(live)
    session.commit(repo, log, plugin_for_path, message="last")
    assert committed(root, git) == now, seed
