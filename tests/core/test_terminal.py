"""What is printed acts on no terminal, and what is to be pasted means itself to a shell."""

from __future__ import annotations

import os
import subprocess
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from muse.core import terminal

ACTING = "\x00\x07\x1b\x7f\x9b\r\n\u061c\u200e\u202e\u2028\u2066\ufeff\U000e0041\udc9b"


def test_every_acting_character_is_shown_and_others_stay():
    shown = terminal.escaped(ACTING)
    assert shown == r"\x00\x07\x1b\x7f\x9b\r\n\u061c\u200e\u202e\u2028\u2066\ufeff\U000e0041\x9b"
    plain = "caf\u00e9\t\u4f60\u597d \u05e9\u05dc\u05d5\u05dd \U0001f3b5 \u0645\u06cc\u200c\u062e\u0648 a\u00a0b"
    assert terminal.escaped(plain) == plain


@given(st.text())
def test_nothing_that_acts_is_left(text):
    shown = terminal.escaped(text)
    for char in shown:
        assert char == "\t" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(char) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def test_only_our_own_colours_are_colours():
    line = terminal.painted("bad", "31") + " \x1b[32mok\x1b[m"
    assert terminal.escaped(line) == "\x1b[31mbad\x1b[m \\x1b[32mok\\x1b[m"


def test_paths_are_quoted_as_git_quotes_them(tmp_path):
    """The oracle is `git ls-files` itself, both settings of core.quotePath."""
    names = [
        "plain.py",
        "two words",
        'say "hi"',
        "back\\slash",
        "tab\there",
        "line\nbreak",
        "bell\x07",
        "b\u00e4r",
        "\x7f",
    ]
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for name in names:
        (tmp_path / name).write_text("x")
    for setting, all_ascii in (("true", True), ("false", False)):
        words = ["git", "-c", f"core.quotePath={setting}", "ls-files", "-o"]
        listed = subprocess.run(words, cwd=tmp_path, capture_output=True, check=True).stdout.decode().splitlines()
        assert sorted(terminal.path(name, all_ascii=all_ascii) for name in names) == sorted(listed)


def test_a_path_hides_no_order_of_letters():
    assert terminal.path("exe.\u202ecod.py") == '"exe.\\342\\200\\256cod.py"'


def _argv(line, folder):
    code = f"printf '%s\\0' {line}"
    done = subprocess.run(["bash", "-c", code], cwd=folder, capture_output=True, check=True)
    return [os.fsdecode(part) for part in done.stdout.split(b"\0")[:-1]]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1, max_size=3))
def test_a_pasted_word_means_itself(words):
    assert _argv(terminal.command(*words), "/") == words


def test_a_pasted_hint_runs_nothing(tmp_path):
    evil = [
        "$(touch X).py",
        "`touch X`",
        "a;touch X",
        "my song.txt",
        "it's",
        "-rf",
        "a\nb",
        "\udcff\x1b'.py",
        "!!",
        "~",
    ]
    line = terminal.command("muse", "resolve", paths=evil)
    assert _argv(line, tmp_path) == ["muse", "resolve", *("./-rf" if name == "-rf" else name for name in evil)]
    assert not list(tmp_path.iterdir()) and "\n" not in line and "\x1b" not in line


def test_joiners_are_shown_where_they_only_hide():
    """`isAd<joiner>min` looks like `isAdmin`; in Persian and in emoji they are part of the writing."""
    for char, said, octal in (("\u200d", r"\u200d", r"\342\200\215"), ("\u200c", r"\u200c", r"\342\200\214"),
                              ("\xad", r"\xad", r"\302\255"), ("\u180e", r"\u180e", r"\341\240\216")):  # fmt: skip
        for name in (f"isAd{char}min", f"{char}main", f"main{char}"):
            assert terminal.escaped(name) == name.replace(char, said)
            assert terminal.path(name) == f'"{name.replace(char, octal)}"'
            assert terminal.word(name) == f"$'{name.replace(char, octal)}'"
    for whole in ("\u0645\u06cc\u200c\u062e\u0648", "\U0001f469\u200d\U0001f4bb"):
        assert terminal.escaped(whole) == whole == terminal.path(whole)
