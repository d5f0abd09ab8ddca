"""Lines that one side put into a block of its own take the other side's edits with them, where that is clear."""

from __future__ import annotations

import pytest

from muse.plugins.code.merge.file import merge_code
from muse.plugins.code.merge.wrapping import put_into_a_block

BASE = b"    a()\n    b()\n\n    c()\n"
WRAPPED = b"    with lock:\n        a()\n        b()\n\n        c()\n    done()\n"


@pytest.mark.parametrize(
    ("edited", "inside"),
    [
        (b"    a()\n    b(1)\n\n    c()\n", b"        a()\n        b(1)\n\n        c()\n"),
        (b"    a(1)\n    b()\n\n    c(2)\n", b"        a(1)\n        b()\n\n        c(2)\n"),
        (b"    a()\n    c()\n", b"        a()\n        c()\n"),
        (
            b"    a()\n    if x:\n        b()\n\n    c()\n",
            b"        a()\n        if x:\n            b()\n\n        c()\n",
        ),
    ],
)
def test_edits_go_into_the_block(edited: bytes, inside: bytes) -> None:
    wanted = b"    with lock:\n" + inside + b"    done()\n"
    assert put_into_a_block(BASE, WRAPPED, edited) == put_into_a_block(BASE, edited, WRAPPED) == wanted


@pytest.mark.parametrize(
    ("wrapped", "edited"),
    [
        (WRAPPED, b"    first()\n    a()\n    b()\n\n    c()\n"),  # before the block, or in it
        (WRAPPED, b"    a()\n    b()\n\n    c()\n    last()\n"),
        (WRAPPED, b"    a()\n    b()\n\n    c(1)\n    last()\n"),
        (WRAPPED, b"    a()\n    b()\n"),
        (WRAPPED, b"a()\n    b()\n\n    c()\n"),
        (WRAPPED, b'    a("""\n    text""")\n    b()\n\n    c()\n'),
        (WRAPPED.replace(b"b()", b"b(2)"), b"    a()\n    b(1)\n\n    c()\n"),
        (WRAPPED.replace(b"lock:", b"lock"), b"    a()\n    b(1)\n\n    c()\n"),
        (WRAPPED.replace(b"        c()", b"    c()"), b"    a()\n    b(1)\n\n    c()\n"),
        (WRAPPED + WRAPPED, b"    a()\n    b(1)\n\n    c()\n"),
        (b"", BASE),
        (BASE, b""),
    ],
)
def test_what_is_not_clear_is_left(wrapped: bytes, edited: bytes) -> None:
    assert put_into_a_block(BASE, wrapped, edited) is None
    assert put_into_a_block(BASE, edited, wrapped) is None
    assert put_into_a_block(b"", wrapped, edited) is None


@pytest.mark.parametrize(
    ("path", "base", "wrapped", "edited", "wanted"),
    [
        (
            "a.ts",
            "function f() {\n  a();\n  b();\n  c();\n}\n",
            "function f() {\n  if (x) {\n    a();\n    b();\n    c();\n  }\n}\n",
            "function f() {\n  a();\n  b(1);\n  d();\n  c();\n}\n",
            "function f() {\n  if (x) {\n    a();\n    b(1);\n    d();\n    c();\n  }\n}\n",
        ),
        (
            "a.dart",
            "void main() {\n  test('a', () async {\n    final a = A();\n    expect(a.x, 1);\n    end(a);\n  });\n}\n",
            "void main() {\n  test('a', () async {\n    await run(() async {\n      final a = A();\n"
            "      expect(a.x, 1);\n      end(a);\n    }, b: c);\n  });\n}\n",
            "void main() {\n  test('a', () async {\n    final a = A();\n    expect(a.x, 2);\n    end(a);\n  });\n}\n",
            "void main() {\n  test('a', () async {\n    await run(() async {\n      final a = A();\n"
            "      expect(a.x, 2);\n      end(a);\n    }, b: c);\n  });\n}\n",
        ),
    ],
    ids=["typescript", "dart"],
)
def test_a_block_in_brackets_takes_the_edits_too(path: str, base: str, wrapped: str, edited: str, wanted: str) -> None:
    for sides in ((wrapped, edited), (edited, wrapped)):
        merged = merge_code(path, base.encode(), *(side.encode() for side in sides))
        assert not merged.conflicts
        assert (merged.content or b"").decode() == wanted
