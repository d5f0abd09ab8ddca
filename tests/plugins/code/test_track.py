"""What is told of a symbol without a parse is what two parses and the matching of their symbols tell, or nothing."""

from __future__ import annotations

import ast
import random

import pytest

from muse.plugins.code.languages import language_of
from muse.plugins.code.merge.likeness import match_symbols
from muse.plugins.code.show.track import followed
from muse.plugins.code.syntax.parsing import parse
from muse.plugins.code.syntax.symbols import symbols_of

PYTHON = b'''"""Text."""

import os


# On top.
@wrap
def first(a):
    """Doc {."""
    x = [
        a,
    ]

    return x


class P:
    """A class."""

    y = 1

    # Reads.
    def read(self):
        if self.y:
            return 1
        return 2

    def write(self):
        return self.read()


class Q(P):
    def read(self):
        return 3


def last():
    return first(2)
'''
C = b"""#include <x.h>

/* Adds. */
int add(int a, int b)
{
#ifdef X
    log("{");
#endif
    return a + b;
}

static int sub(int a,
               int b)
{
    if (a) {
        b = add(a, b);
    }
    return a - b;
}

struct s {
    int x;
};

int main(void)
{
    return sub(1, 2);
}
"""
JS = b"""import a from "a";

class P {
  read() {
    return { a: 1 };
  }

  write() {
    return this.read();
  }
}

export function f(x) {
  if (x) {
    return [x];
  }
  return a;
}
"""
FILES = {"a.py": PYTHON, "a.c": C, "a.js": JS}


def truth(path, old, new, address):
    language = language_of(path)
    before, after = symbols_of(language, old), symbols_of(language, new)
    pairs = {there: here for here, there in match_symbols(before, after).items()}
    was = next((symbol for symbol in before if symbol.address == pairs.get(address)), None)
    now = next(symbol for symbol in after if symbol.address == address)
    return was and (was.address, was.start, was.end, was.text == now.text)


def said(path, old, new, address):
    now = next(symbol for symbol in symbols_of(language_of(path), new) if symbol.address == address)
    found = followed(old, new, (now.start, now.end), address)
    return found and (address, found.start, found.end, found.same)


def edited(draw, data):
    """The text with a few lines deleted, moved, added, renamed or changed."""
    lines = data.split(b"\n")
    for _ in range(draw.randint(1, 3)):
        at, to = draw.randrange(len(lines)), draw.randrange(len(lines))
        what = draw.choice([0, 2, 3, 5, 6])
        if what == 0:
            del lines[at : at + draw.randint(1, 6)]
        elif what == 2:
            lines.insert(at, draw.choice([b"", b"    more()", b"# said", b"/* said */", b"class R:"]))
        elif what == 3:
            lines[at] = lines[at].replace(b"read", b"load").replace(b"add", b"plus")
        elif what == 5:
            lines[at] += draw.choice([b" ", b" + 1", b" {", b" }", b"  # why"])
        else:
            moved = [lines.pop(at) for _ in range(draw.randint(1, 8)) if at < len(lines)]
            lines[to:to] = moved
        lines = lines or [b""]
    return b"\n".join(lines)


def is_broken(path, data):
    if path.endswith(".py"):
        try:
            ast.parse(data)
        except SyntaxError:
            return True
    return parse(language_of(path), data).root_node.has_error


@pytest.mark.parametrize("path", FILES)
def test_what_is_told_is_what_the_parser_says(path):
    draw, told = random.Random(path), 0
    for _ in range(150):
        old, new = edited(draw, FILES[path]), FILES[path]
        if draw.random() < 0.5:
            old, new = new, old
        if is_broken(path, old) or is_broken(path, new):
            continue  # what the parser finds in a broken file is a guess
        for symbol in symbols_of(language_of(path), new) or []:
            found = said(path, old, new, symbol.address)
            told += found is not None
            assert found in (None, truth(path, old, new, symbol.address)), (old, new, symbol.address)
    assert told > 100


@pytest.mark.parametrize(
    ("old", "address"),
    [
        (PYTHON.replace(b"# On top.\n", b"# More.\n# On top.\n"), "first"),
        (PYTHON.replace(b"    # Reads.\n", b""), "P.read"),
        (PYTHON.replace(b"return x\n", b"return x\n\n    y = 2\n"), "first"),
        (PYTHON.replace(b"class P:", b"class R:"), "P.read"),
        (PYTHON.replace(b"def last", b"def final"), "last"),
        (PYTHON.replace(b"    def write", b"class W:\n    def write"), "P.write"),
        (PYTHON.replace(b"\n\n# On top", b"\n\ndef first():\n    pass\n\n\n# On top"), "first"),
    ],
)
def test_where_only_a_parse_can_tell_nothing_is_told_that_is_not_so(old, address):
    assert said("a.py", old, PYTHON, address) in (None, truth("a.py", old, PYTHON, address))


@pytest.mark.parametrize(
    ("old", "address", "same"),
    [
        (PYTHON.replace(b"import os\n", b"import os\nimport sys\n"), "P.write", True),
        (PYTHON.replace(b"return 3", b"return 4"), "P.read", True),
        (PYTHON.replace(b"return 1", b"return 11"), "P.read", False),
        (PYTHON.replace(b"import os\n", b"import io\n").replace(b"return 1", b"return 11"), "P.read", False),
        (PYTHON.replace(b'"""Text."""', b"").replace(b"return 3", b"return 4"), "first", True),
    ],
)
def test_ordinary_edits_need_no_parse(old, address, same):
    found = said("a.py", old, PYTHON, address)
    assert found == truth("a.py", old, PYTHON, address) and found[3] is same
