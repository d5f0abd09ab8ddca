"""`.museattributes`: rules in order, and every mistake named."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from muse.core.attributes import (
    VALID_STRATEGIES,
    AttributeRule,
    file_strategy,
    load_attributes,
    named_domain,
    read_attributes_meta,
    resolve_strategy,
)


def write(root: Path, text: str) -> None:
    (root / ".museattributes").write_text(text)


def rule(path: str, strategy: str, dimension: str = "*", **more: object) -> str:
    extra = "".join(f"{key} = {value!r}\n" for key, value in more.items())
    return f'[[rules]]\npath = "{path}"\ndimension = "{dimension}"\nstrategy = "{strategy}"\n{extra}'


def test_absent_and_empty_files_have_no_rules(tmp_path: Path) -> None:
    assert load_attributes(tmp_path) == [] and read_attributes_meta(tmp_path) == {}
    write(tmp_path, "# nothing yet\n")
    assert load_attributes(tmp_path) == [] and named_domain(tmp_path) is None


def test_priority_then_file_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        rule("*", "theirs")
        + rule("a/*", "ours", priority=10, comment="mine")
        + rule("*", "base")
        + rule("*", "union", priority=-1),
    )
    rules = load_attributes(tmp_path)
    assert [(r.strategy, r.priority, r.source_index) for r in rules] == [
        ("ours", 10, 1),
        ("theirs", 0, 0),
        ("base", 0, 2),
        ("union", -1, 3),
    ]
    assert rules[0].comment == "mine"
    assert resolve_strategy(rules, "a/x") == "ours" and resolve_strategy(rules, "b/x") == "theirs"


@pytest.mark.parametrize("strategy", sorted(VALID_STRATEGIES))
def test_every_strategy_is_accepted(strategy: str, tmp_path: Path) -> None:
    write(tmp_path, rule("*", strategy))
    assert [r.strategy for r in load_attributes(tmp_path)] == [strategy]


RULES = [
    AttributeRule("a/*", "notes", "ours"),
    AttributeRule("a/*", "*", "manual"),
    AttributeRule("*", "tempo", "base"),
]


@pytest.mark.parametrize(
    "path, dimension, strategy",
    [
        ("a/x", "notes", "ours"),
        ("a/x", "tempo", "manual"),
        ("b", "tempo", "base"),
        ("b", "notes", "auto"),
        ("a/x", "*", "ours"),
        ("b", "*", "base"),
    ],
)
def test_the_first_rule_that_fits_decides(path: str, dimension: str, strategy: str) -> None:
    assert resolve_strategy(RULES, path, dimension) == strategy


def test_a_rule_for_one_dimension_never_decides_the_file() -> None:
    assert file_strategy(RULES, "a/x") == "manual"
    assert file_strategy(RULES, "b") == "auto"


@pytest.mark.parametrize(
    "pattern, path, fits",
    [
        ("drums/*", "drums/a/kick.mid", True),
        ("src/**/*.mid", "src/a/b.mid", True),
        ("src/**/*.mid", "src/b.mid", True),
        ("**/x", "x", True),
        ("*.mid", "A.MID", False),
        ("[ab].mid", "b.mid", True),
        ("drums/*", "other/drums/x", False),
    ],
)
def test_globs(pattern: str, path: str, fits: bool) -> None:
    assert (file_strategy([AttributeRule(pattern, "*", "ours")], path) == "ours") is fits


@pytest.mark.parametrize(
    "text, words",
    [
        ("not toml [", "TOML parse error"),
        ('rules = "x"', r"written as \[\[rules\]\]"),
        ("rules = [3]", r"rule\[0\] is not a table"),
        (rule("*", "ours") + '[[rules]]\npath = "x"\nstrategy = "ours"\n', r"rule\[1\] is missing .* 'dimension'"),
        (rule("*", "mine"), "unknown strategy 'mine'"),
        (rule("*", "ours", priority=1.5), r"rule\[0\]: priority"),
        ('[[rules]]\npath = 3\ndimension = "*"\nstrategy = "ours"\n', r"rule\[0\]: path must be a string"),
    ],
)
def test_mistakes_are_named(text: str, words: str, tmp_path: Path) -> None:
    write(tmp_path, text)
    with pytest.raises(ValueError, match=words):
        load_attributes(tmp_path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ".museattributes").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="TOML parse error"):
        load_attributes(tmp_path)
    (tmp_path / ".museattributes").write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(ValueError, match="larger than"):
        load_attributes(tmp_path)
    (tmp_path / ".museattributes").unlink()
    (tmp_path / ".museattributes").mkdir()
    with pytest.raises(ValueError, match="cannot be read"):
        load_attributes(tmp_path)


def test_meta_is_lenient_and_says_so_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "not toml [")
    with caplog.at_level(logging.WARNING):
        assert read_attributes_meta(tmp_path) == {}
    assert "TOML parse error" in caplog.text


def test_another_domain_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, '[meta]\ndomain = "midi"\n' + rule("*", "ours"))
    with caplog.at_level(logging.WARNING, logger="muse.core.attributes"):
        assert len(load_attributes(tmp_path, domain="midi")) == 1 and caplog.text == ""
        assert len(load_attributes(tmp_path, domain="code")) == 1
    assert "midi" in caplog.text and "code" in caplog.text
