"""Files that cost a parser, or us, minutes or gigabytes: told and merged without it, or down to a depth."""

from __future__ import annotations

import time

import pytest

from muse.plugins.code.languages import language_of
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.code.syntax.parsing import parse
from muse.plugins.code.syntax.symbols import symbols_of

BOMBS = {
    "deep.html": lambda n: "<div>" * 30_000 + n + "</div>" * 30_000,
    "deep.xml": lambda n: "<a>" * 30_000 + n + "</a>" * 30_000,
    "deep.rs": lambda n: "fn f(){" * 10_000 + n + "}" * 10_000,
    "one.js": lambda n: "a=1;" * 500_000 + f"b={n};",
    "one.css": lambda n: "a{b:c}" * 100_000 + f"d{{e:{n}}}",
}


@pytest.mark.parametrize("path", BOMBS)
def test_what_it_says_is_told_in_bounded_work(path: str) -> None:
    begun = time.process_time()
    CodePlugin().diff_file(path, *(BOMBS[path](n).encode() for n in ("1", "2")))
    assert time.process_time() - begun < 6  # a slow machine; each took 5 to 40 s


def test_definitions_deep_within_each_other_belong_to_what_is_around_them() -> None:
    language = language_of("a.rs")
    assert language is not None
    text = "".join(f"fn f{n}() {{ " for n in range(100)) + "}" * 100
    found = symbols_of(language, text.encode())
    assert found is not None and [symbol.name for symbol in found] == [f"f{n}" for n in range(20)]
    assert found[-1].leaf and "fn f99" in found[-1].text.decode()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.html", "<ul>\n" + "<li>x</li><br/>\n" * 20_000 + "</ul>\n"),
        ("a.js", "a = 1;\n" * 40_000),
        ("a.json", "[" + "1," * 200_000 + "1]"),
    ],
)
def test_what_is_only_long_is_parsed(path: str, text: str) -> None:
    language = language_of(path)
    assert language is not None and parse(language, text.encode()) is not None
