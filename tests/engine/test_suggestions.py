"""What is suggested for a conflict: candidates, signs, what the history says, and that nothing is taken unasked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.core.markers import words_merged
from muse.engine.resolve import suggest
from muse.engine.resolve.candidates import Dispute, candidates, signs
from muse.engine.resolve.evidence import History, Precedent
from muse.engine.resolve.suggest import ranked, weighed
from muse.engine.resolve.weights import WEIGHTS
from muse.store.repository import Repository

Run = Callable[..., tuple[int, str, str]]
OLD, OURS, THEIRS = (b"def main():\n    start(%s)\n    stop()\n" % word for word in (b"0", b"1", b"2"))


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "made"),
    [
        (b"f(a, b)\n", b"f(a, b, c)\n", b"g(a, b)\n", b"g(a, b, c)\n"),
        (b"f(a)\n", b"f(b)\n", b"f(c)\n", None),
        (b"", b"a\n", b"b\n", None),
        (b"v 1.0.0\n", b"v 1.1.0\n", b"v 2.0.0\n", None),
        (b"a b\n", b"a b\n", b"a c\n", None),
    ],
)
def test_words_of_both_sides(base: bytes, ours: bytes, theirs: bytes, made: bytes | None) -> None:
    assert words_merged(base, ours, theirs) == made


def test_each_text_is_a_candidate_once_under_the_plainest_choice() -> None:
    found = candidates(Dispute("a.py", b"x = 1\n", b"x = 2\n", b""))
    assert found == {"ours": b"x = 2\n", "theirs": b"", "base": b"x = 1\n"}
    found = candidates(Dispute("a.py", b"f(a, b)\n", b"f(a, b, c)\n", b"g(a, b)\n"))
    assert list(found) == ["ours", "theirs", "by-word", "both", "both-theirs-first", "base"]


@pytest.mark.parametrize(
    ("path", "texts", "wanted"),
    [
        ("yarn.lock", (b"v 1\n", b"v 2\n", b"v 10\n"), {"in a lock file", "theirs is greater", "small", "alone"}),
        ("CHANGES.md", (b"", b"- a\n", b"- b\n"), {"in a change log", "both added", "nothing taken out"}),
        ("a.c", (b"int a;\n", b"", b"long a;\n"), {"in a source file", "ours deleted"}),
        ("a.c", (b"f(a, b);\n", b"f(a, c, b);\n", b"f(a, b, d);\n"), {"in a source file", "much alike"}),
        ("a.c", (b"a b\n", b"a  b\n", b"a c\n"), {"ours changed white space only"}),
        ("a.py", (b"", b"x\ny\nz\n", b"x\n"), {"ours has what theirs added", "both added"}),
    ],
)
def test_signs(path: str, texts: tuple[bytes, bytes, bytes], wanted: set[str]) -> None:
    assert wanted <= signs(Dispute(path, *texts))


def test_signs_and_candidates_take_any_bytes_and_sizes() -> None:
    for texts in ((b"", b"\xff\xfe", b"\0"), (b"a" * 300_000, b"b " * 300_000, b"c\n" * 300_000), (b"", b"", b"a")):
        dispute = Dispute("x", *texts)
        rows = ranked(dispute, signs(dispute))
        assert {row.choice for row in rows} == set(candidates(dispute))
        assert abs(sum(row.sure for row in rows) - 1) < 1e-9


def test_the_best_is_first_and_the_table_names_known_choices() -> None:
    dispute = Dispute("a.py", OLD, OURS, THEIRS)
    rows = ranked(dispute, signs(dispute))
    assert [row.sure for row in rows] == sorted((row.sure for row in rows), reverse=True)
    assert all(row.reason for row in rows)
    choices = {"ours", "theirs", "both", "both-theirs-first", "by-word", "base"}
    assert "" in WEIGHTS and all(set(row) <= choices for row in WEIGHTS.values())


def test_what_speaks_for_a_side_makes_it_surer() -> None:
    dispute = Dispute("a.py", OLD, OURS, THEIRS)
    plain = {row.choice: row.sure for row in ranked(dispute, signs(dispute))}
    for side in ("ours", "theirs"):
        told = {row.choice: row.sure for row in ranked(dispute, {*signs(dispute), f"{side} changed more"})}
        assert told[side] > plain[side]  # type: ignore[index]


@pytest.fixture
def merges(make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str]) -> Path:
    """A repository whose `a.txt` was in conflict three times, settled as ours each time, and is a fourth time."""
    root = make_repo("merges", {"a.txt": "0\n", "b.txt": "0\n"})
    for number in range(1, 5):
        git(root, "branch", "-f", "side")
        commit(root, {"a.txt": f"ours {number}\n"})
        git(root, "switch", "-q", "side")
        commit(root, {"a.txt": f"theirs {number}\n"})
        git(root, "switch", "-q", "main")
        git(root, "merge", "-q", "side", check=False)
        if number < 4:
            git(root, "checkout", "--ours", "a.txt")
            git(root, "commit", "-qam", "merged")
    return root


def test_how_the_path_was_settled_before(merges: Path, git: Callable[..., str]) -> None:
    history = History(Repository(merges), "HEAD", "MERGE_HEAD")
    assert history.precedent("a.txt") == Precedent(ours=3)
    assert history.precedent("a.txt").signs == {"always ours before"}
    assert history.precedent("b.txt") == history.precedent("none") == history.precedent("new\nline") == Precedent()
    assert Precedent(1, 1, 0).signs == set() and Precedent(0, 2, 0).signs == {"theirs before"}


def test_who_had_the_others_text_and_went_on(
    make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str]
) -> None:
    root = make_repo("past", {"a.txt": "the first text of the line\n"})
    git(root, "branch", "side")
    commit(root, {"a.txt": "the second text of the line\n"})
    commit(root, {"a.txt": "the third text of the line\n"})
    git(root, "switch", "-q", "side")
    commit(root, {"a.txt": "the second text of the line\n"}, "the same on another branch")
    history = History(Repository(root), "main", "side")
    texts = (b"the %s text of the line\n" % word for word in (b"first", b"third", b"second"))
    assert history.superseded(Dispute("a.txt", *texts)) == {"ours had the other's text and went on"}
    assert (
        history.superseded(Dispute("a.txt", b"", b"something quite new, and long\n", b"else, and as long\n")) == set()
    )


TABLE = {"": {"base": -3.0}, "always ours before": {"ours": 2.0}}


def test_conflicts_are_listed_with_suggestions_and_taken_only_when_asked(
    merges: Path, muse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggest, "WEIGHTS", TABLE)
    before = (merges / "a.txt").read_bytes()
    code, out, _ = muse(merges, "conflicts", "--suggest")
    assert code == 0 and "    1  ours (" in out and "always ours before" in out and "       | ours 4\n" in out
    (entry,) = json.loads(muse(merges, "conflicts", "--suggest", "--json")[1])
    (rows,) = entry["suggestions"].values()
    assert rows[0]["choice"] == "ours" and rows[0]["text"] == "ours 4\n" and len(rows) == 3
    assert (merges / "a.txt").read_bytes() == before
    code, out, err = muse(merges, "resolve", "--auto", "100", "a.txt")
    assert code == 1 and b"<<<<<<<" in (merges / "a.txt").read_bytes(), "nothing is so sure"
    code, out, err = muse(merges, "resolve", "--auto", "50", "a.txt")
    assert code == 0 and (merges / "a.txt").read_bytes() == b"ours 4\n"
    assert err.startswith("muse: a.txt: hunk:1: ours (") and "settled and added" in err


def test_enter_takes_the_first(merges: Path, muse: Run) -> None:
    (entry,) = json.loads(muse(merges, "conflicts", "--suggest", "--json")[1])
    (rows,) = entry["suggestions"].values()
    words = [sys.executable, "-m", "muse.cli", "resolve", "-i", "a.txt"]
    done = subprocess.run(words, cwd=merges, input=b"\n", capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"take [1-3], [o]urs" in done.stderr and (merges / "a.txt").read_text() == rows[0]["text"]


def test_auto_is_a_number_of_percent(merges: Path, muse: Run) -> None:
    for wrong in ("49", "101", "x"):
        code, _, err = muse(merges, "resolve", f"--auto={wrong}", "a.txt")
        assert code == 129 and "--auto" in err


def test_what_became_of_the_other_conflicts_of_the_merge_counts() -> None:
    dispute = Dispute("a.py", OLD, OURS, THEIRS)
    plain = ranked(dispute, signs(dispute))
    assert weighed(plain, Counter()) == plain and weighed([], Counter(ours=1)) == []
    for side in ("ours", "theirs"):
        rows = weighed(plain, Counter({side: 6, "both": 1}))
        assert rows[0].choice == side and rows[0].reason.startswith("6 of 7 in this merge")
        assert abs(sum(row.sure for row in rows) - 1) < 1e-9
        assert [row.sure for row in rows] == sorted((row.sure for row in rows), reverse=True)


def test_what_is_settled_in_the_index_is_counted(
    make_repo: Callable[..., Path], commit: Callable[..., str], git: Callable[..., str]
) -> None:
    names = ("mine", "its", "open", "woven")
    root = make_repo("settled", dict.fromkeys((*names, "alone"), "0\n"))
    git(root, "branch", "side")
    commit(root, dict.fromkeys((*names, "alone"), "ours\n"))
    git(root, "switch", "-q", "side")
    commit(root, dict.fromkeys(names, "theirs\n"))
    git(root, "switch", "-q", "main")
    git(root, "merge", "-q", "side", check=False)
    git(root, "checkout", "--ours", "mine")
    git(root, "checkout", "--theirs", "its")
    (root / "woven").write_text("ours and theirs\n")
    git(root, "add", "mine", "its", "woven")
    history = suggest.history_of(Repository(root))
    assert history is not None and history.taken == Counter(ours=1, theirs=1)
