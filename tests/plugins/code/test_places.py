"""What was inserted between two lines stays beside one of them, or the merge is no clean one."""

from __future__ import annotations

import pytest

from muse.core.options import MergeOptions, using
from muse.plugins.code.checks.placement import doubles_nothing, keeps_places
from muse.plugins.code.plugin import CodePlugin

BASE = b"start(a)\nstop(b)\n"
SIDE = b"start(a)\nflag = 1\nstop(b)\n"


@pytest.mark.parametrize(
    "merged",
    [
        b"start(a)\nflag = 1\nother(c)\nstop(b)\n",  # behind the first
        b"start(a)\nother(c)\n\n  flag = 1\n}\nstop(b)\n",  # before the second, white space and signs apart
        b"start(a, x)\nflag = 1\nother(c)\n",  # behind the first, which has been edited
        b"start(a)\nstop(b)\n",  # not there at all: another check's business
    ],
)
def test_an_insertion_beside_a_neighbour_has_kept_its_place(merged: bytes) -> None:
    assert keeps_places(BASE, SIDE, merged)


@pytest.mark.parametrize(
    "merged",
    [
        b"start(a)\nstop(b)\nlast(c)\nflag = 1\n",
        b"other(c)\nflag = 1\nlast(d)\n",
        b"flag = 1\nother(c)\n",
    ],
)
def test_an_insertion_away_from_both_neighbours_has_lost_it(merged: bytes) -> None:
    assert not keeps_places(BASE, SIDE, merged)


def test_each_insertion_needs_a_place_of_its_own() -> None:
    base = b"one(a)\ntwo(b)\n" * 2
    side = b"one(a)\nflag = 1\ntwo(b)\n" * 2
    assert keeps_places(base, side, side)
    assert not keeps_places(base, side, b"one(a)\nflag = 1\nthree(c)\n")


def test_statements_whose_surroundings_the_other_side_replaced_conflict() -> None:
    base = b"void f(void) {\n    open(a);\n    log(b);\n    close(c);\n}\n"
    ours = base.replace(b"    log(b);\n", b"    log(b);\n    changed = 1;\n")
    theirs = b"void f(void) {\n    prepare(x, y);\n    run(z);\n}\n"
    with using(MergeOptions()):
        assert CodePlugin().merge_file("f.c", base, ours, theirs).conflicts


def test_what_both_did_differently_is_not_there_twice_in_a_row() -> None:
    base, ours, theirs = b"x.update()\n", b"x.parse()\n", b"x.update()\nx.parse()\n"
    assert not doubles_nothing(base, ours, theirs, b"x.parse()\nx.parse()\n")
    assert doubles_nothing(base, ours, theirs, theirs)
    assert doubles_nothing(base, ours * 2, theirs, b"x.parse()\n}\nx.parse()\n")
