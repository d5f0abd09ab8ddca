"""Regular expressions that are compiled at their first use."""

from __future__ import annotations

import re

import pytest

from muse.core.late import regex


def test_it_is_compiled_once_and_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    compiled = re.compile
    monkeypatch.setattr(re, "compile", lambda *args: asked.append(args) or compiled(*args))
    words = regex(rb"[a-z]+", re.IGNORECASE)
    assert asked == []
    assert [words.findall(b"One, two"), words.findall(b"3")] == [[b"One", b"two"], []]
    assert asked == [(rb"[a-z]+", re.IGNORECASE)]


def test_it_answers_as_a_pattern_does() -> None:
    late, known = regex(r"(?P<key>\w+)=(\w*)", re.M), re.compile(r"(?P<key>\w+)=(\w*)", re.M)
    text = "a=1\nb="
    assert late.sub(r"\2", text) == known.sub(r"\2", text) == "1\n"
    assert [found.groupdict() for found in late.finditer(text)] == [{"key": "a"}, {"key": "b"}]
    assert (late.pattern, late.flags, late.groups) == (known.pattern, known.flags, known.groups)
    assert late.fullmatch(text) is None


def test_a_mistake_shows_at_the_first_use() -> None:
    broken = regex("(")
    with pytest.raises(re.error, match="unterminated subpattern"):
        broken.search("x")
