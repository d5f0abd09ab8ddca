"""Paths and names in trees."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muse.core.paths import encode_name
from muse.store import layout

A, B = "a" * 40, "b" * 40


PIECES = st.sampled_from([b"%", b"25", b"FF", b"\xff", b"8", b"0", b"a"])


@given(st.binary(max_size=12) | st.lists(PIECES).map(b"".join))
def test_path_text_is_reversible(raw):
    text = layout.path_text(raw)
    text.encode()
    assert layout.path_bytes(text) == raw


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a/b.mid", "a/b.mid"),
        ("é".encode(), "é"),
        (b"caf\xe9", "caf%E9"),
        (b"100%.txt", "100%.txt"),
        (b"100%25", "100%25"),
        (b"a%E9", "a%25E9"),
        (b"a%25E9", "a%2525E9"),
    ],
)
def test_how_paths_look(raw, text):
    assert layout.path_text(raw) == text


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("take-1", "take-1"),
        ("Take 1", "%54ake%201"),
        ("../../x", "%2E%2E%2F%2E%2E%2Fx"),
        ("", "%"),
        ("a.lock", "a%2Elock"),
        ("é", "%C3%A9"),
        ("x" * 101, hashlib.sha256(b"x" * 101).hexdigest()),
    ],
)
def test_encoded_names(name, encoded):
    assert encode_name(name) == encoded


@given(st.text(), st.text())
def test_names_are_safe_and_never_meet(one, two):
    first, second = encode_name(one), encode_name(two)
    assert 0 < len(first) <= 100 and set(first) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-%ABCDEF")
    assert (first == second) == (one == two)


def test_a_name_that_looks_like_the_hash_of_another():
    long = "x" * 200
    assert encode_name(encode_name(long)) != encode_name(long)


def test_entries():
    digest = "sha256:" + "c" * 64
    log = [
        "format",
        layout.session_path("jam", "name"),
        layout.session_path("content", "checkpoint.json"),
        layout.session_path("format", "name"),
        layout.segment_path("é" * 90, "w.1", 1, 50, b"data"),
        layout.segment_path("jam", "name", 1, 50, b"data"),
        layout.content_path(digest),
    ]
    meta = [
        "format",
        layout.delta_path(A, B),
        layout.provenance_path(A, B, "d" * 64),
        layout.crdt_path(B),
        layout.crdt_path(B, "songs/a.mid"),
    ]
    assert all(layout.is_entry("log", path) for path in log)
    assert all(layout.is_entry("meta", path) for path in meta)
    assert not any(layout.is_entry("meta", path) for path in log[1:])
    assert len(set(log)) == len(log) and len({path.split("/")[0] for path in log[1:4]}) == 3
    for bad in ("deltas/aa/x.json", "../x", "content/aa/b", "jam/name/x", "deltas/aa/" + A + "-" + B + ".json\n"):
        assert not layout.is_entry("meta", bad) and not layout.is_entry("log", bad)


def test_owner():
    assert layout.owner("refs/muse/meta/w1") == ("meta", "w1")
    assert layout.owner("refs/muse-remotes/a/b/log/w1") == ("log", "w1")
    others = ["refs/heads/meta/w", "refs/muse/meta", "refs/muse/x/w", "refs/muse-remotes/meta/w", "refs/muse/log/é"]
    assert [layout.owner(other) for other in others] == [None] * len(others)
