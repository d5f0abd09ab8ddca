"""What one side uses anew and the other side took away, renamed or gave other parameters: clean for lines, wrong."""

from __future__ import annotations

import re
import time

import pytest

from muse.core.markers import conflicts_of, parse
from muse.core.options import MergeOptions, using
from muse.plugins.code.checks.calls import calls_what_changed
from muse.plugins.code.languages import language_of
from muse.plugins.code.merge import file
from muse.plugins.code.merge.file import merge_code

COMPOSE = """services:
  db:
    image: postgres
  web:
    image: web
    ports: [80]
  worker:
    image: worker
    restart: always
"""
DEFINED = {
    "a.py": "def area(width, height):\n    return width * height\n\n\ndef one():\n    return area(1, 2)\n\n\n"
    "def two():\n    x = 1\n    return x\n",
    "a.js": "function area(width, height) {\n  return width * height;\n}\n\nfunction one() {\n"
    "  return area(1, 2);\n}\n\n"
    "function two() {\n  let x = 1;\n  return x;\n}\n",
    "a.rs": "fn area(width: u32, height: u32) -> u32 {\n    width * height\n}\n\nfn one() -> u32 {\n"
    "    area(1, 2)\n}\n\n"
    "fn two() -> u32 {\n    let x = 1;\n    x\n}\n",
    "a.go": "package a\n\nfunc area(width, height int) int {\n\treturn width * height\n}\n\nfunc one() int {\n"
    "\treturn area(1, 2)\n}\n\nfunc two() int {\n\tx := 1\n\treturn x\n}\n",
    "a.php": "<?php\nfunction area($width, $height) {\n    return $width * $height;\n}\n\nfunction one() {\n"
    "    return area(1, 2);\n}\n\nfunction two() {\n    $x = 1;\n    return $x;\n}\n",
}
USES = {"a.py": "x = 1", "a.js": "x = 1;", "a.rs": "x = 1;", "a.go": "x := 1", "a.php": "$x = 1;"}


def both_ways(path: str, base: str, ours: str, theirs: str) -> list[bytes | None]:
    """What comes of a merge, both ways round; None for a conflict."""
    assert base not in (ours, theirs)
    sides = [ours.encode(), theirs.encode()]
    made = [merge_code(path, base.encode(), *order) for order in (sides, sides[::-1])]
    return [None if each.conflicts else each.content for each in made]


def test_a_service_that_the_other_side_renamed() -> None:
    renamed = COMPOSE.replace("  db:", "  database:")
    asked = COMPOSE.replace("restart: always\n", "restart: always\n    depends_on:\n      - db\n")
    assert both_ways("compose.yml", COMPOSE, renamed, asked) == [None, None]
    other = COMPOSE.replace("restart: always\n", "restart: always\n    depends_on:\n      - web\n")
    both = other.replace("  db:", "  database:").encode()
    assert both_ways("compose.yml", COMPOSE, renamed, other) == [both, both]


def test_a_word_of_another_meaning_is_no_reference() -> None:
    renamed = COMPOSE.replace("  db:", "  database:")
    said = COMPOSE.replace("restart: always\n", "restart: always\n    command: start db now\n")
    both = said.replace("  db:", "  database:").encode()
    assert both_ways("compose.yml", COMPOSE, renamed, said) == [both, both]


@pytest.mark.parametrize("path", ["a.py", "a.js", "a.ts"])
def test_a_function_that_the_other_side_deleted(path: str) -> None:
    base = DEFINED["a.py" if path == "a.py" else "a.js"]
    begin, end = (re.search(rf"(?:def|function) {name}", base) for name in ("one", "two"))
    assert begin is not None and end is not None
    gone = base[: begin.start()] + base[end.start() :]
    assert both_ways(path, base, gone, base.replace("x = 1", "x = one()")) == [None, None]
    for lawful in ("other.one()", "f('one')"):
        both = gone.replace("x = 1", f"x = {lawful}").encode()
        assert both_ways(path, base, gone, base.replace("x = 1", f"x = {lawful}")) == [both, both]


@pytest.mark.parametrize(
    ("head", "clean"), [("class A:", False), ("class A(B):", True)], ids=["of its own", "perhaps inherited"]
)
def test_a_method_that_the_other_side_deleted(head: str, clean: bool) -> None:
    base = f"{head}\n    def one(self):\n        return 1\n\n    def two(self):\n        x = 1\n        return x\n"
    gone = base.replace("    def one(self):\n        return 1\n\n", "")
    called = base.replace("x = 1", "x = self.one()")
    both = gone.replace("x = 1", "x = self.one()").encode()
    assert both_ways("a.py", base, gone, called) == ([both, both] if clean else [None, None])


@pytest.mark.parametrize("path", DEFINED)
def test_a_call_of_what_has_its_parameters_in_another_order(path: str) -> None:
    base = DEFINED[path]
    first, second = ("$width, $height", "$height, $width") if path == "a.php" else ("width, height", "height, width")
    if path == "a.rs":
        first, second = "width: u32, height: u32", "height: u32, width: u32"
    turned = base.replace(first, second, 1).replace("area(1, 2)", "area(2, 1)")
    called = base.replace(USES[path], USES[path].replace("1", "area(3, 4)"))
    assert both_ways(path, base, turned, called) == [None, None]
    with using(MergeOptions(conflict_style="diff3")):
        merged = merge_code(path, base.encode(), turned.encode(), called.encode())
    assert b"calls area, whose parameters changed" in (merged.content or b"")
    assert len(conflicts_of(parse(merged.content or b"") or [])) == 1


@pytest.mark.parametrize("path", [path for path in DEFINED if path != "a.js"])
def test_a_call_of_what_needs_one_parameter_more(path: str) -> None:
    base = DEFINED[path]
    more = {"a.php": ("$width, $height", "$width, $height, $depth"), "a.rs": ("height: u32", "height: u32, depth: u32")}
    old, new = more.get(path, ("width, height", "width, height, depth"))
    deeper = base.replace(old, new, 1).replace("area(1, 2)", "area(1, 2, 3)")
    called = base.replace(USES[path], USES[path].replace("1", "area(3, 4)"))
    assert both_ways(path, base, deeper, called) == [None, None]


KEPT = [
    ("width, height", "width, height, depth=1", "area(3, 4)"),
    ("width, height", "wide, high", "area(3, 4)"),
    ("width, height", "height, width", "area(width=3, height=4)"),
    ("width, height", "height, width", "shape.area(3, 4)"),
    ("width, height", "width: int, height: int", "area(3, 4)"),
    ("width, height", "width, *height", "area(3, 4)"),
]


@pytest.mark.parametrize(("old", "new", "call"), KEPT)
def test_a_call_that_still_means_what_it_meant(old: str, new: str, call: str) -> None:
    base = DEFINED["a.py"]
    other = base.replace(old, new, 1)
    called = base.replace("x = 1", f"x = {call}")
    both = other.replace("x = 1", f"x = {call}").encode()
    assert both_ways("a.py", base, other, called) == [both, both]
    assert calls_what_changed(language_of("a.py"), (base.encode(), other.encode(), called.encode())) == {}


NAMED = [
    ("a.py", "def f(a, b):\n    pass\n", "def f(a, c):\n    pass\n", "f(1, b=2)\n"),
    ("a.rb", "def f(a:, b: 1)\nend\n", "def f(a:, c: 1)\nend\n", "f(a: 1, b: 2)\n"),
    ("a.php", "<?php\nfunction f($a, $b) {\n}\n", "<?php\nfunction f($a, $c) {\n}\n", "f(1, b: 2);\n"),
    ("a.scala", "def f(a: A, b: B) = 1\n", "def f(a: A, c: B) = 1\n", "f(1, b = 2)\n"),
]


@pytest.mark.parametrize(("path", "was", "now", "call"), NAMED)
def test_what_is_given_by_a_name_that_is_gone(path: str, was: str, now: str, call: str) -> None:
    rest = "".join(f"{'#' if path[-2:] in ('py', 'rb') else '//'} {n}\n" for n in range(6))
    assert both_ways(path, was + rest, now + rest, was + rest + call) == [None, None]
    kept = call.replace("b:", "c:").replace("b =", "c =").replace("b=", "c=")
    both = (now + rest + kept).encode()
    assert both_ways(path, was + rest, now + rest, was + rest + kept) == [both, both]


IN = "class A {\n"
# what is added that a call need not give (False), or has to (True)
GIVEN = [
    ("a.rb", "def f(a)\nend\n", "def f(a, b: 1)\nend\n", "f(1)\n", False),
    ("a.rb", "def f(a)\nend\n", "def f(a, &b)\nend\n", "f(1)\n", False),
    ("a.rb", "def f(a)\nend\n", "def f(a, b:)\nend\n", "f(1)\n", True),
    ("a.py", "def f(a):\n    pass\n", "def f(a, *b: int, **c: int):\n    pass\n", "f(1)\n", False),
    ("a.py", "def f(a):\n    pass\n", "def f(a, *, b):\n    pass\n", "f(1)\n", True),
    ("a.py", "def f(a, b):\n    pass\n", "def f(b, a):\n    pass\n", "f(')', 'it\\'s')\n", True),
    ("a.ts", "function f(a: A) {\n}\n", "function f(a: A, ...b: B[]) {\n}\n", "f(1);\n", False),
    ("a.ts", "function f(a: A, b: B) {\n}\n", "function f(a: M<K, V>, b: B) {\n}\n", "f(1, 2);\n", False),
    ("a.ts", "function f(a: A) {\n}\n", "function f(a: A, b: () => void) {\n}\n", "f(1);\n", True),
    ("a.go", "func f(a string) {\n}\n", "func f(a string, b ...B) {\n}\n", "var x = f(1)\n", False),
    ("a.go", "func f(a A) (B, error) {\n}\n", "func f(a A, b ...B) (B, error) {\n}\n", "var x = f(1)\n", False),
    ("a.go", "func f(a A) (B, error) {\n}\n", "func f(a A, b B) (B, error) {\n}\n", "var x = f(1)\n", True),
    ("a.rs", "fn f(a: &A, b: u8) {\n}\n", "fn f<'x>(a: &'x A, b: u8) {\n}\n", "fn g() { f(1, 2) }\n", False),
    ("a.rs", "fn f(a: &A, b: u8) {\n}\n", "fn f<'x>(a: &'x A, b: u8, c: C) {\n}\n", "fn g() { f(1, 2) }\n", True),
    ("a.php", "<?php\nfunction f($a) {\n}\n", "<?php\nfunction f($a, B ...$b) {\n}\n", "f(1);\n", False),
    ("a.php", "<?php\nfunction f($a) {\n}\n", "<?php\nfunction f($a, &$b) {\n}\n", "f(1);\n", True),
    ("a.scala", "def f(a: A) = 1\n", "def f(a: A, b: B*) = 1\n", "f(1)\n", False),
    ("a.c", "static int f(int a)\n{\n}\n", "static int f(int a, char *b)\n{\n}\n", "int x = f(1);\n", True),
    ("a.c", "static int f(int a, char *b)\n{\n}\n", "static int f(char *b, int a)\n{\n}\n", "int x = f(1, s);\n", True),
    ("a.c", "void f(void)\n{\n}\n", "void f(void (*done)(int))\n{\n}\n", "int x = f();\n", True),
    ("a.c", "void f(int a)\n{\n}\n", "void f(int a, ...)\n{\n}\n", "int x = f(1);\n", False),
    ("a.c", "void f(int a)\n{\n}\n", "long f(const int first)\n{\n}\n", "int x = f(1);\n", False),
    ("A.java", IN + "int f(int a) {\n}\n", IN + "int f(int a, Map<K, V> b) {\n}\n", "int x = f(1);\n}\n", True),
    ("A.java", IN + "int f(int a) {\n}\n", IN + "int f(int a, int... b) {\n}\n", "int x = f(1);\n}\n", False),
    ("A.cs", IN + "int f(int a) {\n}\n", IN + "int f(int a, int b) {\n}\n", "int x = f(1);\n}\n", True),
    ("A.cs", IN + "int f(int a) {\n}\n", IN + "int f(int a, int b = 2) {\n}\n", "int x = f(1);\n}\n", False),
]  # fmt: skip


@pytest.mark.parametrize(("path", "was", "now", "call", "clash"), GIVEN)
def test_what_a_call_has_to_give(path: str, was: str, now: str, call: str, clash: bool) -> None:
    rest = "".join(f"{'#' if path[-2:] in ('py', 'rb') else '//'} {n}\n" for n in range(6))
    both = now + rest + call
    assert both_ways(path, was + rest, now + rest, was + rest + call) == ([None] * 2 if clash else [both.encode()] * 2)


def test_many_calls_on_one_long_line_are_asked_about_in_time() -> None:
    base = b"function f(a, b) {\n}\n" + b"f(1, 2);" * 60_000 + b"\n"
    sides = base, base.replace(b"a, b", b"b, a"), base + b"f(3, 4);\n" * 60_000
    began = time.process_time()
    calls_what_changed(language_of("a.js"), sides)
    assert time.process_time() - began < 5


def test_what_there_was_no_time_to_look_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """A doubt that the deadline leaves unsettled is a conflict; where nothing can be wrong, Git's text stands."""
    base = "a = 1\n\n\ndef one():\n    pass\n\n\ndef two():\n    pass\n"
    ours, theirs = base.replace("def one", "LIMIT = 1\n\n\ndef one"), base + "\n\nLIMIT = 2\n"
    plain = base.replace("a = 1", "a = 3"), base.replace("two():\n    pass", "two():\n    return 2")
    began = time.monotonic()
    late = MergeOptions(deadline=began + 1, conflict_style="diff3")

    def slow(*args: object) -> list[object]:
        monkeypatch.setattr(file.time, "monotonic", lambda: began + 2)
        return []

    for sides, clean in (((ours, theirs), False), (plain, True)):
        for order, how in ((sides, late), (sides[::-1], late), (sides, late._replace(deadline=began - 1))):
            monkeypatch.setattr(file, "text_breaches", slow)
            with using(how):
                merged = merge_code("a.py", base.encode(), *(side.encode() for side in order))
            monkeypatch.undo()
            assert (not merged.conflicts) == clean
            assert clean or b"no time to see whether this is right" in (merged.content or b"")
