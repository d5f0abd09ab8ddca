"""What both sides put in at two places of one block: in headers of C++, in texts that are programs, for macros."""

from __future__ import annotations

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code
from tests.plugins.code.law_kit import both_stay, sides_of

# A file with two places, ONE and TWO, in one block; what each side puts at one of them.
CLASS = (
    "class A : public B {\npublic:\n  int a();\n\nONE  int b(int x) {\n    return x;\n  }\n\nTWO  int c();\n"
    "private:\n  int d_;\n};\n"
)
ARGUMENT = 'x = try(a.b, [\n  {\n    a = "1"\nONE    b = "2"\n    c = "3"\nTWO    d = "4"\n  },\n])\n'
OBJECT = (
    'locals {\n  rules = {\n    inbound = [\n      {\n        a    = 1\nONE        b    = "2"\n        c    = 3\n'
    "TWO        d    = 4\n      },\n      {\n        a    = 5\n        k    = 6\n      },\n    ]\n  }\n}\n"
)
MACRO = (
    "cfg! {\n    mod a;\n    pub use a::A;\n\nONE    mod b;\n    pub use b::B;\n\nTWO    mod c;\n    pub use c::C;\n}\n"
)
HEREDOC = "def f\n  run(<<~JS)\n    const a = 1\nONE    const b = 2\n    const c = 3\nTWO    const d = 4\n  JS\nend\n"
SCRIPT = "node <<'X'\n{\n  const a = 1\nONE  const b = 2\n  const c = 3\nTWO  const d = 4\n}\nX\n"
EXPORTED = CLASS.replace("class A", "class A_EXPORT(x) A")
HELM = (
    "{{- if .Values.on }}\napiVersion: v1\nONEkind: A\nmetadata:\n  name: {{ x }}-a\nTHREE  namespace: {{ .y }}\n"
    "FOUR  labels:\n    {{- if .z }}\n      {{- toYaml .z | nindent 4 }}\n    {{- end }}\nspec:\n  - a\n"
    "TWO{{- end }}\n"
)
INNER = HELM.replace("ONE", "").replace("TWO", "").replace("THREE", "ONE").replace("FOUR", "TWO")
HELM = HELM.replace("THREE", "").replace("FOUR", "")
VALUES = "val a : t\n(** A. *)\n\nONEval b : t\n(** B. *)\n\nTWOval c : t\n(** C. *)\n\nval d : t\n(** D. *)\n"
TWICE = [
    ("key of a template", "a.yaml", INNER, '  annotations:\n    "a": b\n', '  annotations:\n    "a": c\n'),
    ("key at the top of a template", "a.yaml", HELM, "with: {{ a }}\n", "with: {{ b }}\n"),
    ("key at the top of a template of Jinja", "a.yml", HELM.replace("{{- if", "{% if").replace(
        "{{- end }}", "{% endif %}").replace(".on }}", ".on %}").replace(".z }}\n   ", ".z %}\n   "),
     "public: [{{ a }}]\n", "public: [{{ b }}]\n"),
    ("key of a template around tags", "a.yaml", HELM, "k:\n  {{- if a }}\n  b: 1\n  {{- end }}\n",
     "k:\n  {{- if a }}\n  b: 1\n  {{- end }}\n"),
    ("method of an exported class", "a.h", EXPORTED, "  int k(int x) {\n    return 1;\n  }\n\n",
     "  int k(int x) {\n    return 2;\n  }\n\n"),
    ("method declared in an exported class", "a.cc", EXPORTED, "  void k(int x,\n         int y = 1);\n\n",
     "  void k(int x,\n         int z = 1);\n\n"),
    ("method declared in a class", "a.cc", CLASS, "  void k(int x,\n         int y = 1);\n\n",
     "  void k(int x,\n         int z = 1);\n\n"),
    ("method declared in a class of a header", "a.h", CLASS, "  virtual void k(int x) = 0;\n\n",
     "  virtual void k(int y) = 0;\n\n"),
    ("method of a class in a header", "a.h", CLASS, "  int k(int x) {\n    return 1;\n  }\n\n",
     "  int k(int x) {\n    return 2;\n  }\n\n"),
    ("prototype", "a.c", "int a(void);\n\nONEint b(void);\n\nTWOint c(void);\n", "int k(int x,\n      int y);\n\n",
     "int k(int z,\n      int y);\n\n"),
    ("function given to a macro", "a.rs", "cfg! {\n    fn a() {\n        f();\n    }\n\nONE    fn b() {\n"
     "        g();\n    }\n\nTWO    fn c() {\n    }\n}\n", "    pub fn k<T>(x: T) -> T {\n        x\n    }\n\n",
     "    pub fn k<T>(x: T) -> T {\n        y\n    }\n\n"),
    ("table of a call that is called", "a.ts", "describe('a', () => {\n  it.each<{ a: string }>([\n    {\n      a: 1,\n"
     "ONE      b: 2,\n      c: 3,\nTWO      d: 4,\n    },\n  ])('b $a', ({ a }) => {\n    f(a);\n  });\n});\n",
     "      k: 1,\n", "      k: 2,\n"),
    ("program in a value", "a.yml", "on: push\njobs:\n  a:\n    script: |\n      f({\n        a: 1,\n"
     "ONE        b: 2,\n        c: 3,\nTWO        d: 4,\n      });\n", "        k: 1,\n", "        k: 2,\n"),
    ("template", "a.blade.php", "@props([\n    'a',\nONE    'b' => false,\n    'c' => 1,\nTWO    'd' => null,\n])\n",
     "    'k' => 1,\n", "    'k' => 2,\n"),
    ("list in an argument", "a.tf", ARGUMENT, '    k = "5"\n', '    k   = "6"\n'),
    ("object of a list", "a.tf", OBJECT, "        k   = 1\n", '        "k" = var.k\n'),
    ("object of a list of values", "a.tfvars", OBJECT.split("{", 1)[1].rsplit("}", 1)[0], "        k = 1\n",
     "        k: 2,\n"),
    ("constant given to a macro", "a.rs", MACRO, "    pub const K: u32 = 1;\n\n",
     "    pub(crate) const K: u32 = 2;\n\n"),
    ("static given to a macro", "a.rs", MACRO, "    static K: u32 = 1;\n\n", "    static mut K: u32 = 2;\n\n"),
    ("type given to a macro", "a.rs", MACRO, "    type K = u32;\n\n", "    pub type K = u64;\n\n"),
    ("constant of a program in a text", "a.rb", HEREDOC, "    const k = 1\n", "    const k = 2\n"),
    ("constant of a program in a script", "a.sh", SCRIPT, "  const k = 1\n", "  const k = 2\n"),
    ("class that is no extension", "a.swift", "class A {\n    let a = 1\n}\n\nONEclass B {\n    let b = 1\n}\n\n"
     "TWOclass C {\n    let c = 1\n}\n", "final class K: D {\n    func k() {}\n}\n\n",
     "final class K: D {\n    func n() {}\n}\n\n"),
    ("field of a table", "a.lua", 'f({\n  a = "a",\nONE  b = "b",\n  c = "c",\nTWO  d = "d"\n})\n', '  k = "k",\n',
     '  k = "n",\n'),
    ("function in a function", "a.dart", "void f(url) {\n  int a = 0;\n\nONE  Future<A> b(x) async {\n"
     "    return g(x);\n  }\n\nTWO  c(x) => x;\n\n  h(b);\n}\n", "  Future<A> k(x) async {\n    return m(x);\n  }\n\n",
     "  Future<A> k(x) async {\n    return n(x);\n  }\n\n"),
    ("short function in a function", "a.dart", "void f(url) {\n  int a = 0;\n\nONE  int b(x) => g(x);\n\n"
     "TWO  c(x) => x;\n\n  h(b);\n}\n", "  k(x) => 1;\n\n", "  k(x) => 2;\n\n"),
    ("value with its description below it", "a.mli", VALUES, "val k : t\n(** K. *)\n\n", "val k : t\n(** Of k. *)\n\n"),
    ("value of a signature with its description below it", "a.ml",
     "module type A = sig\n" + VALUES + "end\n", "val k : t\n(** K. *)\n\n", "val k : t\n(** Of k. *)\n\n"),
    ("number that comes next", "A.java", "class A {\n    static final long ID = 1L;\n"
     "    static final int UNKNOWN = 0;\n    static final int OPEN = 1;\nONE    static final int SHUT = 2;\n"
     "    static final int LATE = 3;\n"
     "TWO    protected int type = UNKNOWN;\n}\n", "    static final int LOST = 4;\n",
     "    static final int FOUND = 4;\n"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "file", "one", "other"), TWICE, ids=[row[0] for row in TWICE])
def test_what_both_put_into_one_block_is_there_once(kind: str, path: str, file: str, one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        base, ours, theirs = sides_of(file, first, second)
        assert not conflicts_of(text_chunks(base, ours, theirs) or [])
        for sides in ((ours, theirs), (theirs, ours)):
            assert merge_code(path, base, *sides).conflicts, kind


def test_a_call_with_all_that_it_holds_is_put_in_once() -> None:
    file = (
        "describe('a', () => {\n  before(() => {\n    a();\n  });\n\nONE  it('b', () => {\n    b();\n  });\n\nTWO});\n"
    )
    hook = "  after(async function() {\n    await db.close();\n  });\n\n"
    base, ours, theirs = sides_of(file, hook, hook)
    for sides in ((ours, theirs), (theirs, ours)):
        assert merge_code("a.test.js", base, *sides).conflicts


RESOURCES = 'resource "a" "a" {\n  x = 1\n}\n\nONEresource "a" "b" {\n  x = 1\n}\n\nTWOresource "a" "c" {\n  x = 1\n}\n'
SAME = [
    ("a.yaml", HELM, "k: {{ a }}\n"),
    ("a.yaml", HELM, "k:\n- a: {{ b }}\n  c: d\n- e\n"),
    ("a.yaml", INNER, '  k:\n    "a": b\n'),
    ("a.h", EXPORTED, "  // What k is.\n  virtual void k(int x,\n                 int y) = 0;\n\n"),
    ("a.h", EXPORTED.replace(" A :", " [[nodiscard]] A final :"), "  int k(int x) {\n    return 1;\n  }\n\n"),
    ("a.rs", MACRO, "    mod k;\n    pub use k::{K, L};\n\n"),
    ("a.rs", MACRO, "    /// What k is.\n    #[cfg(a)]\n    pub(crate) mod k;\n\n"),
    ("a.rs", MACRO, "    pub fn k() {\n        f();\n    }\n\n"),
    ("a.tf", ARGUMENT, '    k = "5"\n'),
    ("a.tf", OBJECT, "        k    = 1\n"),
    ("a.h", CLASS, "  virtual void k(int x,\n                 int y) = 0;\n\n"),
    ("a.h", CLASS, "  int k(int x) {\n    return 1;\n  }\n\n"),
    ("a.rs", "mod a;\npub use a::A;\n\nONEmod b;\npub use b::B;\n\nTWOmod c;\npub use c::C;\n",
     "mod k;\npub use k::K;\n\n"),
    ("a.rs", "mod a;\npub use a::A;\n\nONEmod b;\npub use b::B;\n\nTWOmod c;\npub use c::C;\n",
     "mod k;\npub use k::C as C;\n\n"),
    ("a.tf", RESOURCES, '// What k is.\n// And why.\nresource "a" "k" {\n  x = 2\n}\n\n'),
    ("a.tf", RESOURCES, 'resource "a" "k" {\n  x = <<EOF\n{\n  "a": [\n    # b\n  ]\n}\n\ny = 3\nEOF\n  z = 4\n}\n\n'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "file", "text"), SAME)
def test_what_both_put_in_alike_is_kept_once(path: str, file: str, text: str) -> None:
    base, ours, theirs = sides_of(file, text, text)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        assert not merged.conflicts
        assert merged.content == ours


MAY = [
    # two branches, two documents, two items of a list in templates
    ("a.yaml", HELM.replace("metadata:", "{{- else }}\nmetadata:"), "k: {{ a }}\n", "k: {{ b }}\n"),
    ("a.yaml", HELM.replace("metadata:", "---\nmetadata:"), "k: {{ a }}\n", "k: {{ b }}\n"),
    ("a.yaml", "{{ if a }}\na:\n  - name: b\nONE    c: d\n  - name: e\nTWO    f: g\n{{ end }}\n", "    k: {{ a }}\n",
     "    k: {{ b }}\n"),
    ("a.tf", OBJECT.replace("TWO", "      },\n      {\nTWO"), "        k    = 1\n", "        k    = 2\n"),
    ("a.rs", MACRO.replace("ONE", "ONE}\n\ncfg! {\n"), "    mod k;\n", "    mod k;\n"),
    ("a.rs", MACRO, "    use k::K;\n\n", "    use k::L;\n\n"),
    ("A.java", "class A {\n    int a;\n\nONE    int b;\n\nTWO    int c;\n}\n", "    static int k = 1;\n",
     "    static int l = 1;\n"),
    # two blocks, each with the key
    ("a.yml", "a:\n  script: |\n    f({\n      a: 1,\nONE      b: 2,\n    });\n    g({\n      a: 1,\nTWO      b: 2,\n"
     "    });\n", "      k: 1,\n", "      k: 1,\n"),
    ("a.test.js", "describe('a', () => {\n  it('a', () => {\n    a();\n  });\nONE});\ndescribe('b', () => {\n"
     "  it('a', () => {\n    b();\n  });\nTWO});\n", "  after(() => {\n    c();\n    d();\n  });\n",
     "  after(() => {\n    c();\n    d();\n  });\n"),
    # statements that open a block
    ("a.py", "def f(x):\n    a = 1\nONE    b = 2\n    c = 3\nTWO    return a\n", "    if x:\n        g()\n",
     "    if x:\n        g()\n"),
    # overloads, sections of a class, branches of a condition
    ("a.h", CLASS, "  void k(int x);\n\n", "  void k(long x);\n\n"),
    ("a.h", CLASS, "protected:\n  int k();\n\n", "protected:\n  int n();\n\n"),
    ("a.h", CLASS.replace("ONE", "#ifdef X\nONE#else\n").replace("TWO", "TWO#endif\n"), "  void k(int x);\n\n",
     "  void k(int y);\n\n"),
    ("a.c", "int a(void);\nONEint b(void);\nTWO", "int k(int x);\n", "int k(int x)\n{\n\treturn 1;\n}\n"),
    ("a.swift", "class A {\n    let a = 1\n}\n\nONEclass B {\n    let b = 1\n}\n\nTWOclass C {\n    let c = 1\n}\n",
     "extension A {\n    func k() {}\n}\n\n", "extension A {\n    func n() {}\n}\n\n"),
    # the same table of two elements of an array
    ("a.toml", '[[package]]\nname = "a"\nONE\n[[package]]\nname = "b"\nTWO\n[[package]]\nname = "c"\n',
     '\n[package.dependencies]\nx = "*"\n', '\n[package.dependencies]\nx = "*"\n'),
    ("a.toml", '[[package]]\nname = "a"\nONE\n[[package]]\nname = "b"\nTWO\n[[package]]\nname = "c"\n',
     '\n[[package.wheels]]\nx = "*"\n', '\n[[package.wheels]]\nx = "+"\n'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "file", "one", "other"), MAY)
def test_what_stands_in_two_blocks_stays_clean(path: str, file: str, one: str, other: str) -> None:
    both_stay(path, file, one, other)


def test_an_element_of_an_array_takes_the_edits_of_its_tables_along() -> None:
    def file(*names: str, size: int = 1) -> bytes:
        each = ('[[package]]\nname = "{0}"\n\n[package.source]\nsize = {1}\nhash = "{0}{0}"\n'.format(
            name, size if name == "b" else 1) for name in names)  # fmt: skip
        return "\n".join(each).encode()

    base, moved, edited = file("a", "b", "c"), file("a", "c", "b"), file("a", "b", "c", size=2)
    for sides in ((moved, edited), (edited, moved)):
        merged = merge_code("a.toml", base, *sides)
        assert not merged.conflicts
        assert merged.content == file("a", "c", "b", size=2)


def test_an_edit_does_not_land_in_a_copy_where_the_parser_stumbles() -> None:
    """One side puts a function in place of another and a copy below it; by line that is two names that changed."""

    def file(*names: tuple[str, str], last: str = "override fun") -> bytes:
        each = "".join(f"  @Test\n  fun {name}(\n    a: A = one(X, Y),\n    b: B = two(Z),\n  ) {{\n    {what}(a, b)\n"
                       f"  }}\n\n" for name, what in names)  # fmt: skip
        tail = f"  val x = object : D(a) {{\n    {last} f(s: S): S {{\n      return s\n    }}\n  }}\n"
        return f"class C {{\n{each}{tail}}}\n".encode()

    base = file(("a", "stop"), ("b", "open"), ("c", "stop"))
    copied = file(("b", "open"), ("bNew", "open"), ("c", "stop"))
    edited = file(("a", "stop"), ("b", "openLate"), ("c", "stop"), last="overrideZq fun")
    for sides in ((copied, edited), (edited, copied)):
        merged = merge_code("C.kt", base, *sides)
        assert merged.conflicts or merged.content == file(
            ("b", "openLate"), ("bNew", "open"), ("c", "stop"), last="overrideZq fun"
        )


def test_an_edit_of_one_of_several_equal_lines_of_which_another_moved() -> None:
    """Whether the first was taken out and another came, or the first stayed, nothing tells."""
    rows = [f"    assert read(x) == {at}\n" for at in (0, 1, 2, 0, 1, 0, 0)]
    taken = "def test_b():\n" + "".join(rows[:3])
    head = "def test_a():\n    x = open()\n"
    base = (head + "".join(rows)).encode()
    out = (head + "    test_b()\n" + "".join(rows[3:]) + "\n\n" + taken).encode()
    edited = (head + "    assert readLate(x) == 0\n" + "".join(rows[1:])).encode()
    for sides in ((out, edited), (edited, out)):
        assert merge_code("a.py", base, *sides).conflicts


def test_a_description_below_is_taken_out_with_the_copy_that_it_describes() -> None:
    text = "val k : t\n(** K. *)\n\n"
    base, ours, theirs = sides_of(VALUES, text, text)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code("a.mli", base, *sides)
        assert not merged.conflicts
        assert merged.content == ours


def test_an_import_below_an_annotation_of_the_library() -> None:
    file = (
        "@TestOn('vm')\nONEimport 'a.dart';\nimport 'b.dart';\nimport 'd.dart';\nTWOimport 'e.dart';\n\nvoid f() {}\n"
    )
    base, ours, theirs = sides_of(file, "import 'c.dart';\n", "import 'c.dart';\n")
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code("a.dart", base, *sides)
        assert merged.conflicts or (merged.content or b"").count(b"import 'c.dart';") == 1


def test_a_comment_is_taken_out_with_the_copy_it_stands_above() -> None:
    """The grammar of Scala has a comment behind an expression inside of what comes before it."""
    file = (
        "object A {\n  def a: B =\n    (x, y) => f(x)\n\nONE  def b: B =\n    (x, y) => g(x)\n\nTWO  def c: B = h\n}\n"
    )
    text = "  /**\n   * What k is.\n   */\n  def k: B = i\n\n"
    base, ours, theirs = sides_of(file, text, text)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code("A.scala", base, *sides)
        assert not merged.conflicts
        assert merged.content == ours
