"""The law in scopes that have no name of their own, and in files that the parser stumbles over."""

from __future__ import annotations

import pytest

from muse.core.law.look import look
from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code
from tests.plugins.code.law_kit import both_stay, sides_of

# A file with two places, ONE and TWO, in one scope; what one side puts at the first and the other at the second.
TWICE = [
    ("table in a call", "a.py", "f(\n    {\n        'a': 1,\nONE        'b': 2,\nTWO        'c': 3,\n    }\n)\n",
     "        'k': 1,\n", "        'k': 2,\n"),
    ("table in a list of lists", "a.json", '{\n  "x": [[{\n    "a": 1,\nONE    "b": 2,\nTWO    "c": 3\n  }]]\n}\n',
     '    "k": 1,\n', '    "k": 2,\n'),
    ("item without a name", "a.yml", "all:\n  - a: 1\nONE    b: 2\nTWO    c: 3\n", "    k: 1\n", "    k: 2\n"),
    ("table in a call", "a.js", "f({\n  a: 1,\nONE  b: 2,\nTWO  c: 3,\n});\n", "  k: 1,\n", "  k: 2,\n"),
    ("block", "a.js", "f(() => {\n  const a = 1;\nONE  g(a);\n  h(a);\nTWO  return a;\n});\n",
     "  const k = 1;\n", "  const k = 2;\n"),
    ("block", "a.ts", "function f() {\n  const a = 1;\nONE  g(a);\n  h(a);\nTWO  return a;\n}\n",
     "  const k = 1;\n", "  const k = 2;\n"),
    ("block", "A.java", "class A {\n    int f() {\n        int a = 1;\nONE        g(a);\n        h(a);\nTWO"
     "        return a;\n    }\n}\n", "        int k = 1;\n", "        int k = 2;\n"),
    ("block", "a.go", "package a\n\nfunc f() int {\n\tvar a = 1\nONE\tg(a)\n\th(a)\nTWO\treturn a\n}\n",
     "\tvar k = 1\n", "\tvar k = 2\n"),
    ("block", "a.c", "int f(void)\n{\n\tint a = 1;\nONE\tg(a);\n\th(a);\nTWO\treturn a;\n}\n", "\tint k = 1;\n",
     "\tint k = 2;\n"),
    ("parameters", "a.ts", "function f(\n  a: A,\nONE  b: B,\n  c: C,\nTWO  d: D,\n) {}\n", "  k: K,\n", "  k: L,\n"),
    ("parameters", "a.py", "def f(\n    a,\nONE    b,\n    c,\nTWO    d=1,\n):\n    pass\n", "    k: int,\n",
     "    k: str,\n"),
    ("parameters", "a.rb", "def f(\n  a: 1,\nONE  b: 2,\n  c: 3,\nTWO  d: 4\n)\nend\n", "  k: 1,\n", "  k: 2,\n"),
    ("parameters", "a.php", "<?php\nfunction f(\n    $a,\nONE    $b,\n    $c,\nTWO    $d\n) {\n}\n", "    int $k,\n",
     "    string $k,\n"),
    ("function without a name", "a.js", "Stem = function() {\n  function a() {\n    return 1;\n  }\nONE\n"
     "  function b() {\n    return 2;\n  }\nTWO\n  function c() {\n    return 3;\n  }\n};\n",
     "  function k() {\n    return 5;\n  }\n",
     "  function k() {\n    return 6;\n  }\n"),
    ("branch", "a.py", "if TYPING:\n    class A(P):\n        a: int\nONE\n    class B(P):\n        b: int\nTWO\n"
     "    class C(P):\n        c: int\n", "    class K(P):\n        k: int\n", "    class K(P):\n        k: str\n"),
    ("class opened by both", "a.rb", "class A\n  def a\n  end\nend\nONE\nclass B\n  def b\n  end\nend\nTWO\nx\n",
     "class K\n  def k(a)\n  end\nend\n", "class K\n  def k(b)\n  end\nend\n"),
    ("one trait for one type", "a.rs", "struct A;\nONE\nstruct B;\nTWO\nstruct C;\n",
     "impl Debug for A {\n    fn f() -> i32 {\n        1\n    }\n}\n",
     "impl Debug for A {\n    fn f() -> i32 {\n        2\n    }\n}\n"),
    ("overload that Rust has not", "a.rs", "impl A {\nONE    fn a(&self) {\n        f()\n    }\nTWO}\n",
     "    fn k(x: i32) -> i32 {\n        1\n    }\n\n", "\n    fn k(x: i64) -> i32 {\n        2\n    }\n"),
    ("module of tests", "a.rs", "struct A;\nONE\nstruct B;\nTWO\nstruct C;\n",
     "#[cfg(test)]\nmod tests {\n    fn a() {}\n}\n", "#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n"),
    ("with and without a condition", "a.c", "int a;\nONE\n#if X\nint b;\nTWO\nint c;\n#endif\n",
     "static int k(void)\n{\n\treturn 1;\n}\n", "static int k(void)\n{\n\treturn 2;\n}\n"),
    # the parser stumbles over the file, and over each addition once more
    ("parser stumbles", "a.rs", 'fn a() {\n    f(str![[r#"x"#]]);\n}\nONE\nfn b() {\n    g();\n}\nTWO\nfn c() {\n}\n',
     'fn k() {\n    f(str![[r#"y"#]]);\n}\n', 'fn k() {\n    f(str![[r#"z"#]]);\n}\n'),
    ("parser stumbles at one side", "a.php", "<?php\nclass A {\n    function a() {\n    }\nONE\n"
     "    function b() {\n    }\nTWO\n    function c() {\n    }\n}\n",
     "    function k() {\n        if (1) {\n        } elsif (2) {\n        }\n    }\n",
     "    function k() {\n        return 2;\n    }\n"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "file", "one", "other"), TWICE, ids=[f"{row[0]}, {row[1]}" for row in TWICE])
def test_a_name_is_bound_once_where_nothing_has_a_name(kind: str, path: str, file: str, one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        base, ours, theirs = sides_of(file, first, second)
        assert not conflicts_of(text_chunks(base, ours, theirs) or [])
        for sides in ((ours, theirs), (theirs, ours)):
            assert merge_code(path, base, *sides).conflicts, kind


# A scope without a name, with two places; things of one name, of which it can have one.
KINDS = [
    ("a.c", "#if X\nint a(void)\n{\n\treturn 1;\n}\n\nONEint b(void)\n{\n\treturn 2;\n}\n\nTWOint c;\n#endif\n",
     ["static int K(void)\n{\n\treturn 1;\n}\n", "static int K = 2;\n", "typedef struct k K;\n"]),
    ("a.py", "if X:\n    def a():\n        return 1\n\nONE    def b():\n        return 2\n\nTWO    c = 1\n",
     ["    class K:\n        a = 1\n\n", "    def K():\n        return 2\n\n", "    K = 5\n\n",
      "    from p import K\n\n"]),
    ("a.js", "if (X) {\n  function a() {\n  }\n\nONE  function b() {\n  }\n\nTWO  g();\n}\n",
     ["  function K() {\n    return 1;\n  }\n\n", "  class K {\n    a() {}\n  }\n\n", "  const K = 5;\n\n"]),
    ("a.ts", "f(() => {\n  function a() {\n  }\n\nONE  function b() {\n  }\n\nTWO  g();\n});\n",
     ["  function K() {\n    return 1;\n  }\n\n", "  class K {\n    a() {}\n  }\n\n", "  enum K {\n    A,\n  }\n\n"]),
    ("a.go", "package a\n\nfunc f() {\n\ttype a struct{}\n\nONE\tvar b = 2\n\nTWO\tvar c = 3\n}\n",
     ["\ttype K struct {\n\t\tA int\n\t}\n\n", "\tvar K = 5\n\n", "\tconst K = 6\n\n"]),
    ("a.rs", "fn f() {\n    struct A;\n\nONE    struct B;\n\nTWO    struct C;\n}\n",
     ["    struct K {\n        a: i32,\n    }\n\n", "    enum K {\n        A,\n    }\n\n", "    type K = i32;\n\n"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "file", "kinds"), KINDS, ids=[row[0] for row in KINDS])
def test_two_kinds_under_one_name_where_nothing_has_a_name(path: str, file: str, kinds: list[str]) -> None:
    for one in kinds:
        for other in kinds:
            if one != other:
                base, ours, theirs = sides_of(file, one, other)
                assert not conflicts_of(text_chunks(base, ours, theirs) or [])
                assert merge_code(path, base, ours, theirs).conflicts, (one, other)


MAY = [
    # two tables, two blocks, two branches, two classes without a name: each binds the name once
    ("a.js", "f({\n  a: 1,\nONE  b: 2,\n});\ng({\n  a: 1,\nTWO  b: 2,\n});\n", "  k: 1,\n", "  k: 2,\n"),
    ("a.js", "f(() => {\n  g(1);\nONE  h(2);\n});\nf(() => {\n  g(3);\nTWO  h(4);\n});\n", "  const k = 1;\n",
     "  const k = 2;\n"),
    ("a.py", "if A:\n    x = 1\nONE    f()\nelse:\n    y = 1\nTWO    g()\n", "    def k(): pass\n",
     "    def k(): return\n"),
    ("A.java", "class A {\n    void f() {\n        g(new B() {\nONE            int b;\n        });\n"
     "        g(new C() {\n            int b;\nTWO        });\n    }\n}\n", "            void run() { f(); }\n",
     "            void run() { h(); }\n"),
    # a type named in passing by both
    ("a.h", "int a;\nONEint b;\nTWOint c;\n", "int k(struct db *db);\n", "int n(struct db *db);\n"),
    # under two conditions
    ("a.rs", "struct A;\nONE\nstruct B;\nTWO\nstruct C;\n", "#[cfg(unix)]\nfn k() {\n    1\n}\n",
     "#[cfg(windows)]\nfn k() {\n    2\n}\n"),
    ("a.c", "#if X\nint b;\nONE\nint c;\n#else\nint d;\nTWO\nint e;\n#endif\n", "int k(void)\n{\n\treturn 1;\n}\n",
     "int k(void)\n{\n\treturn 2;\n}\n"),
    # parameters of one type, declarations with one unit
    ("a.py", "def f(\n    a,\nONE    b,\n    c,\nTWO    d=1,\n):\n    pass\n", "    k: int,\n", "    n: int,\n"),
    ("A.java", "class A {\n    void f(\nONE            int a,\nTWO            int b) {\n    }\n}\n",
     "            int k,\n", "            int n,\n"),
    ("a.go", "package a\n\nfunc f(\nONE\ta int,\nTWO\tb int,\n) {\n}\n", "\tk int,\n", "\tn int,\n"),
    ("a.rs", "fn f(\nONE    a: i32,\nTWO    b: i32,\n) {\n}\n", "    k: i32,\n", "    n: i32,\n"),
    ("a.ts", "function f(\nONE  a: A,\nTWO  b: A,\n) {\n}\n", "  k: A,\n", "  n: A,\n"),
    ("a.c", "int f(\nONE\tint a,\nTWO\tint b)\n{\n\treturn 1;\n}\n", "\tint k,\n", "\tint n,\n"),
    ("a.php", "<?php\nfunction f(\nONE    int $a,\nTWO    int $b\n) {\n}\n", "    int $k,\n", "    int $n,\n"),
    ("a.cs", "class A {\n    void f(\nONE        int a,\nTWO        int b) {\n    }\n}\n", "        int k,\n",
     "        int n,\n"),
    ("a.css", ".a {\n  color: red;\nONE  top: 1px;\nTWO  left: 2px;\n}\n", "  width: 3px;\n", "  height: 7px;\n"),
    ("a.rs", "struct A;\nONE\nstruct B;\nTWO\nstruct C;\n", "impl A {\n    fn f() {}\n}\n",
     "impl A {\n    fn g() {}\n}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "file", "one", "other"), MAY)
def test_a_name_in_two_scopes_stays_clean(path: str, file: str, one: str, other: str) -> None:
    both_stay(path, file, one, other)


def test_functions_in_a_function_without_a_name_take_their_edits_along() -> None:
    def file(*parts: str) -> bytes:
        inner = "\n".join(f"  function {name}() {{\n    if (x) {{\n      {what};\n    }}\n    done();\n  }}\n"
                          for name, what in (part.split() for part in parts))  # fmt: skip
        return f"Stem = function() {{\n  var x;\n\n{inner}}};\n".encode()

    base = file("one run()", "two run()", "three run()")
    moved = file("three run()", "one run()", "two run()")
    edited = file("one run()", "two run()", "three stop()")
    for sides in ((moved, edited), (edited, moved)):
        merged = merge_code("a.js", base, *sides)
        assert not merged.conflicts
        assert merged.content == file("three stop()", "one run()", "two run()")


def test_an_entry_that_takes_the_name_of_its_neighbour() -> None:
    """One side deletes an entry and copies the next: by line that is two names that changed, and no line moved."""

    def file(*names: str, edited: str = "") -> bytes:
        rows = "".join(f"  {name}:\n    inline: |\n      FROM {'edge' if name == edited else 'base'}\n      RUN it\n"
                       f"      COPY {name}\n" for name in names)  # fmt: skip
        return f"all:\n{rows}".encode()

    base, other, edited = file("a", "b", "c", "d"), file("a", "c", "cc", "d"), file("a", "b", "c", "d", edited="c")
    for sides in ((other, edited), (edited, other)):
        merged = merge_code("a.yml", base, *sides)
        assert merged.conflicts or merged.content == file("a", "c", "cc", "d", edited="c")


ORDER = [
    ("a.css", ".a {\n  color: red;\nONE  top: 1px;\nTWO  left: 2px;\n}\n", "  margin-left: 3px;\n", "  margin: 7px;\n"),
    ("a.css", ".a {\n  color: red;\nONE  top: 1px;\nTWO  left: 2px;\n}\n", "  line-height: 2;\n", "  font: inherit;\n"),
    (".gitignore", "a\nONEb\nTWOc\n", "!keep/this\n", "keep/*\n"),
    (".gitignore", "a\nONEb\nTWOc\n", "!lib.so\n", "*.so\n"),
    (".gitattributes", "a -diff\nONEb -diff\nTWOc -diff\n", "*.png binary\n", "docs/*.png -merge\n"),
    ("CODEOWNERS", "/a @a\nONE/b @b\nTWO/c @c\n", "/docs/api/ @api\n", "/docs/ @writers\n"),
]


@pytest.mark.parametrize(("path", "file", "first", "later"), ORDER)
def test_what_one_side_put_in_is_not_taken_back_by_the_other(path: str, file: str, first: str, later: str) -> None:
    """Nobody said in which order the two stand; where the later undoes the earlier, a person has to."""
    base, ours, theirs = sides_of(file, first, later)
    assert not conflicts_of(text_chunks(base, ours, theirs) or [])
    for sides in ((ours, theirs), (theirs, ours)):
        assert merge_code(path, base, *sides).conflicts


APART = [
    ("a.css", ".a {\n  color: red;\nONE  top: 1px;\nTWO  left: 2px;\n}\n", "  margin: 3px;\n", "  margin-left: 7px;\n"),
    ("a.css", ".a {\n  color: red;\nONE  top: 1px;\nTWO  left: 2px;\n}\n", "  border-radius: 3px;\n", "  border: 0;\n"),
    (".gitignore", "a\nONEb\nTWOc\n", "keep/*\n", "!keep/this\n"),
    (".gitignore", "a\nONEb\nTWOc\n", "!lib.so\n", "*.o\n"),
    (".gitattributes", "a -diff\nONEb -diff\nTWOc -diff\n", "*.png binary\n", "docs/*.jpg -merge\n"),
]


@pytest.mark.parametrize(("path", "file", "first", "later"), APART)
def test_lines_that_leave_each_other_in_force_stay_clean(path: str, file: str, first: str, later: str) -> None:
    base, ours, theirs = sides_of(file, first, later)
    wanted = file.replace("ONE", first).replace("TWO", later).encode()
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        assert not merged.conflicts
        assert merged.content == wanted


def test_keys_behind_white_space_belong_to_their_section() -> None:
    """A section that both sides put in at two places, word for word, is there once, with its keys."""
    base = b"[a]\n    foo = 2\n\n[b]\n    foo = 4\n\n[c]\n    foo = 5\n"
    new = b"[k]\n    foo = 1\n\n"
    ours, theirs = base.replace(b"[b]", new + b"[b]"), base.replace(b"[c]", new + b"[c]")
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code("a.ini", base, *sides)
        assert not merged.conflicts
        assert merged.content == ours


@pytest.mark.parametrize(("path", "import_"), [("a.kt", "import %s.Name\n"), ("a.scala", "import %s.{Name, Else}\n")])
def test_an_import_binds_its_last_name(path: str, import_: str) -> None:
    base = "import a.A\nimport b.B\nimport c.C\n"
    ours = base.replace("import b", import_ % "one" + "import b").encode()
    theirs = base.replace("import c", import_ % "two" + "import c").encode()
    for sides in ((ours, theirs), (theirs, ours)):
        assert merge_code(path, base.encode(), *sides).conflicts


def test_a_sign_that_goes_from_one_line_and_comes_to_another() -> None:
    """Both delete a line with a `+` in it, one adds another line with one: no sign is lost or too many."""
    base = b"function f() {\n  a();\n  top = b + c;\n  d();\n  e();\n  g();\n}\n"
    theirs = base.replace(b"  top = b + c;\n", b"")
    ours = theirs.replace(b"  g();\n", b"  h(i + j);\n  g();\n").replace(b"  g();\n", b"  g();\n  a();\n")
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code("a.js", base, *sides)
        assert not merged.conflicts
        assert merged.content == ours


def test_an_augmented_assignment_binds_nothing() -> None:
    """`total += 1` here and `total += 2` there, at two places, are two statements; `total = 1` twice is one name."""
    lines = [b"a = 1\n", b"total = 0\n", b"x(a)\n", b"y(a)\n", b"z(a)\n", b"w(a)\n"]
    base = b"".join(lines)

    def put(one: bytes, other: bytes) -> bytes:
        return b"".join([*lines[:3], one, *lines[3:5], other, *lines[5:]])

    def asked(one: bytes, other: bytes) -> bool:
        return look(base, put(one, b""), put(b"", other), put(one, other)).names

    for sign in (b"+=", b"-=", b"*=", b"//=", b"||=", b"??=", b"<<="):
        assert not asked(b"total " + sign + b" 1\n", b"total " + sign + b" 2\n")
        assert asked(b"total " + sign + b" 1\n", b"total " + sign + b" 1\n") is True  # a line that both put in
    assert asked(b"limit = 1\n", b"limit = 2\n")
    assert asked(b"limit == 1\n", b"limit = 2\n")  # on doubt it is asked
    ours, theirs = put(b"total += 1\n", b""), put(b"", b"total += 2\n")
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code("a.py", base, *sides)
        assert not merged.conflicts
        assert (merged.content or b"").count(b"total +=") == 2


def test_an_edit_that_does_not_parse_stays_in_its_entry() -> None:
    """One side swaps two objects that say the same, the other breaks a line of one: no clean merge breaks the other."""

    def file(*parts: tuple[str, str]) -> bytes:
        text = "  /**\n   * About NAME.\n   */\n  case object NAME extends State {\n    WORD def is = true\n  }\n\n"
        inner = "".join(text.replace("NAME", name).replace("WORD", word) for name, word in parts)
        return f"object A {{\n{inner}}}\n".encode()

    base = file(("None", "override"), ("Queued", "override"), ("Accepted", "override"), ("Done", "override"))
    moved = file(("None", "override"), ("Accepted", "override"), ("Queued", "override"), ("Done", "override"))
    edited = file(("None", "override"), ("Queued", "override"), ("Accepted", "overrideZq"), ("Done", "override"))
    right = file(("None", "override"), ("Accepted", "overrideZq"), ("Queued", "override"), ("Done", "override"))
    for sides in ((moved, edited), (edited, moved)):
        merged = merge_code("a.scala", base, *sides)
        assert merged.conflicts or merged.content == right


def _imports(one: str, two: str) -> tuple[bytes, bytes, bytes]:
    file = "import os\nONE\n\ndef f():\n    pass\n\n\nTWOimport sys\n\nprint(1)\n"
    base, ours, theirs = (
        file.replace("ONE", a).replace("TWO", b).encode() for a, b in (("", ""), (one + "\n", ""), ("", two + "\n"))
    )
    assert not conflicts_of(text_chunks(base, ours, theirs) or [])
    return base, ours, theirs


@pytest.mark.parametrize("other", ["from q import x", "import y as x", "def x(): pass", "x = 3", "from x import x"])
def test_a_package_and_another_thing_of_its_name(other: str) -> None:
    base, ours, theirs = _imports("import x.y", other)
    for sides in ((ours, theirs), (theirs, ours)):
        assert merge_code("a.py", base, *sides).conflicts


@pytest.mark.parametrize("other", ["import x.z", "import x", "import x.y.z", "from x import y"])
def test_two_modules_of_one_package(other: str) -> None:
    base, ours, theirs = _imports("import x.y", other)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code("a.py", base, *sides)
        assert not merged.conflicts and all(
            word in (merged.content or b"") for word in (b"import x.y\n", other.encode())
        )


@pytest.mark.parametrize(
    ("one", "two", "clean"),
    [
        ("private val x = 1\n", "val x = 2\n", False),
        ("const val x = 1\n", "private val y = 2\n", True),
        ("val Foo.x: Int get() = 1\n", "val Bar.x: Int get() = 1\n", True),
        ("fun Foo.x(): Int = 1\n", "fun Bar.x(): Int = 1\n", True),
        ("fun Foo.x(a: Int) = 1\n", "fun Foo.x(b: Int) = 2\n", False),
    ],
)
def test_a_property_of_kotlin_is_known_by_its_own_name(one: str, two: str, clean: bool) -> None:
    base = b"val a = 1\n\nval b = 2\n\nfun z() {}\n"
    ours = base.replace(b"val b", one.encode() + b"\nval b")
    theirs = base + b"\n" + two.encode()
    for sides in ((ours, theirs), (theirs, ours)):
        assert bool(merge_code("a.kt", base, *sides).conflicts) is not clean
