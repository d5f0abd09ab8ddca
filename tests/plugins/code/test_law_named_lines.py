"""What a line names by what it says first, put in by both sides, each at a place of its own: clean for lines, wrong."""

from __future__ import annotations

import pytest

from muse.plugins.code.merge.file import merge_code

# a file with the places ONE and TWO, what one side puts at the first and the other at the second, and what is no clash
CASES = [
    ("route", "config/routes.rb", "App.routes.draw do\nONE  get \"/a\", to: \"a#a\"\n  get \"/b\", to: \"b#b\"\n"
     "  get \"/c\", to: \"c#c\"\nTWOend\n", "  get \"/n\", to: \"n#one\"\n", "  get \"/n\", to: \"n#two\"\n",
     "  post \"/n\", to: \"n#two\"\n"),
    ("route", "routes/web.php", "<?php\n\nONERoute::get('/a', [A::class, 'a']);\nRoute::get('/b', [B::class, 'b']);\n"
     "Route::get('/c', [C::class, 'c']);\nTWO", "Route::get('/n', [N::class, 'one']);\n",
     "Route::get('/n', [N::class, 'two']);\n", "Route::post('/n', [N::class, 'two']);\n"),
    ("route", "a.js", 'const app = x();\n\nONEapp.get("/a", a);\napp.get("/b", b);\napp.get("/c", c);\nTWO',
     'app.get("/n", one);\n', 'app.get("/n", two);\n', 'app.post("/n", two);\n'),
    ("route", "urls.py", 'urlpatterns = [\nONE    path("a/", a),\n    path("b/", b),\n    path("c/", c),\nTWO]\n',
     '    path("n/", one),\n', '    path("n/", two),\n', '    path("m/", two),\n'),
    ("path of a decorator", "a.py", 'ONE@app.route("/a")\ndef a():\n    pass\n\n\n@app.route("/b")\n'
    'def b():\n    pass\n'
     'TWO', '@app.route("/n")\ndef one():\n    pass\n\n\n', '\n\n@app.route("/n")\ndef two():\n    pass\n',
     '\n\n@app.route("/m")\ndef two():\n    pass\n'),
    ("path of an annotation", "A.java", 'class A {\nONE    @GetMapping("/a")\n    int a() { return 1; }\n\n'
     '    @GetMapping("/b")\n    int b() { return 2; }\nTWO}\n',
     '    @GetMapping("/n")\n    int one() { return 3; }\n\n', '\n    @GetMapping("/n")\n    int two() { return 4; }\n',
     '\n    @PostMapping("/n")\n    int two() { return 4; }\n'),
    ("member of a union", "a.ts", 'export type U =\nONE  | "a"\n  | "b"\n  | C\nTWO  | D;\n', '  | "n"\n', '  | "n"\n',
     '  | "m"\n'),
    ("item of a list", "a.tf", 'x = [\nONE  "a",\n  "b",\n  "c",\nTWO  "d",\n]\n', '  "n",\n', '  "n",\n', '  "m",\n'),
    ("row of an insert", "a.sql", "INSERT INTO t (id, name) VALUES\nONE(1, 'a'),\n(2, 'b'),\n(3, 'c'),\nTWO(4, 'd');\n",
     "(9, 'x'),\n", "(9, 'y'),\n", "(8, 'y'),\n"),
    ("insert", "a.sql", "ONEINSERT INTO t VALUES (1, 'a');\nINSERT INTO t VALUES (2, 'b');\n"
     "INSERT INTO t VALUES (3, 'c');\nTWO", "INSERT INTO t VALUES (9, 'x');\n", "INSERT INTO t VALUES (9, 'y');\n",
     "INSERT INTO u VALUES (9, 'y');\n"),
    ("column", "a.sql", "ONEALTER TABLE t ADD COLUMN a int;\nALTER TABLE t ADD COLUMN b int;\n"
     "ALTER TABLE t ADD COLUMN c int;\nTWO", "ALTER TABLE t ADD COLUMN n int;\n", "ALTER TABLE t ADD COLUMN n text;\n",
     "ALTER TABLE u ADD COLUMN n text;\n"),
    ("column", "db/schema.rb", 'create_table "t" do |t|\nONE  t.string "a"\n  t.string "b"\n  t.string "c"\nTWOend\n',
     '  t.string "n"\n', '  t.string "n", null: false\n', '  t.string "m", null: false\n'),
    ("table and view", "a.sql", "ONECREATE TABLE a (\n  id int\n);\n\nCREATE VIEW b AS SELECT 1;\n\nCREATE TABLE c (\n"
     "  id int\n);\nTWO", "CREATE TABLE n (\n  id int\n);\n\n", "\nCREATE VIEW n AS SELECT 2;\n",
     "\nCREATE VIEW m AS SELECT 2;\n"),
    ("pattern", "a.rs", "fn f(x: E) -> i32 {\n    match x {\nONE        E::A => 1,\n        E::B(v) => v,\n"
     "        E::C { x, .. } => x,\nTWO        E::D => 4,\n    }\n}\n", "        E::N(a) => a,\n",
     "        E::N(b) => b + 1,\n", "        E::M(b) => b + 1,\n"),
    ("pattern", "a.ml", "let f = function\n  | Z -> 0\nONE  | A -> 1\n  | B -> 2\n  | C -> 3\nTWO  | D -> 4\n",
     "  | N x -> x\n", "  | N y -> y + 1\n", "  | M y -> y + 1\n"),
    ("pattern", "a.ex", "defmodule A do\n  def f(x) do\n    case x do\nONE      {:a, a} -> a\n      {:b, b} -> b\n"
     "      {:c, c} -> c\nTWO      _ -> 0\n    end\n  end\nend\n", "      {:n, a} -> a\n", "      {:n, b} -> b + 1\n",
     "      {:m, b} -> b + 1\n"),
    ("pattern", "a.swift", "func f(x: E) -> Int {\n    switch x {\nONE    case .a(let v): return v\n"
     "    case .b: return 2\n    case .c: return 3\nTWO    default: return 0\n    }\n}\n",
     "    case .n(let v): return v\n", "    case .n(let w): return w + 1\n", "    case .m(let w): return w + 1\n"),
    ("clause", "a.ex", "defmodule A do\nONE  def f(:a), do: 1\n  def f(:b), do: 2\n  def f(:c), do: 3\n"
     "TWO  def f(_), do: 0\nend\n", "  def f(:n), do: 8\n", "  def f(:n), do: 9\n", "  def f(:m), do: 9\n"),
    ("attribute", "a.rb", "class A\nONE  attr_reader :a\n  attr_reader :b\n  attr_reader :c\nTWOend\n",
     "  attr_reader :n\n", "  attr_reader :n\n", "  attr_writer :n\n"),
    ("relation", "a.rb", "class A < B\nONE  has_many :a\n  has_many :b\n  has_many :c\nTWOend\n", "  has_many :n\n",
     "  has_many :n, through: :a\n", "  has_many :m, through: :a\n"),
    ("field", "a.ex", 'defmodule A do\n  schema "a" do\nONE    field :a, :string\n    field :b, :string\n'
     "    field :c, :string\nTWO  end\nend\n", "    field :n, :string\n", "    field :n, :integer\n",
     "    field :m, :integer\n"),
    ("dependency", "mix.exs", 'defmodule A do\n  defp deps do\n    [\nONE      {:a, "~> 1"},\n      {:b, "~> 1"},\n'
     '      {:c, "~> 1"},\nTWO      {:d, "~> 1"}\n    ]\n  end\nend\n', '      {:n, "~> 1"},\n'
     '', '      {:n, "~> 2"},\n',
     '      {:m, "~> 2"},\n'),
    ("item of a variable", "CMakeLists.txt", "set(X\nONE  alpha\n  beta\n  gamma\nTWO  delta\n)\n", "  nu\n", "  nu\n",
     "  mu\n"),
    ("target", "CMakeLists.txt", "ONEadd_library(a a.c)\nadd_library(b b.c)\nadd_executable(c c.c)\nTWO",
     "add_library(n n.c)\n", "add_executable(n m.c)\n", "add_executable(m m.c)\n"),
    ("package", "Dockerfile", "FROM a\nRUN apt-get install -y \\\nONE    aa \\\n    bb \\\n    cc \\\nTWO    dd\n",
     "    nn=1 \\\n", "    nn=2 \\\n", "    mm=2 \\\n"),
    ("id", "a.html", '<body>\nONE<p id="a">a</p>\n<p id="b">b</p>\n<p id="c">c</p>\nTWO</body>\n',
     '<section id="n">1</section>\n', '<div id="n">2</div>\n', '<div id="m">2</div>\n'),
    ("id", "a.svg", '<svg>\nONE<path id="a" d="1"/>\n<path id="b" d="2"/>\n<path id="c" d="3"/>\nTWO</svg>\n',
     '<path id="n" d="8"/>\n', '<circle id="n" r="9"/>\n', '<circle id="m" r="9"/>\n'),
    ("type", "a.graphql", "ONEtype A {\n  a: Int\n}\n\ntype B {\n  a: Int\n}\nTWO", "input N {\n  a: Int\n}\n\n",
     "\ntype N {\n  b: Int\n}\n", "\ntype M {\n  b: Int\n}\n"),
    ("dependency", "package.json", '{\n  "dependencies": {\nONE    "a": "1",\n    "b": "1"\n  },\n'
     '  "devDependencies": {\nTWO    "c": "1",\n    "d": "1"\n  }\n}\n', '    "n": "1",\n', '    "n": "2",\n',
     '    "m": "2",\n'),
    ("variable", "a.cmake", "ONEset(A 1)\nset(B 2)\nset(C 3)\nTWO", "set(N 1)\n", "set(N 2)\n", "set(M 2)\n"),
    ("task", "a.yml", "- hosts: x\n  tasks:\nONE    - name: A\n      a: 1\n    - name: B\n      b: 1\n    - name: C\n"
     "      c: 1\nTWO", "    - name: N\n      n: 1\n", "    - name: N\n      n: 2\n", "    - name: M\n      n: 2\n"),
    ("page", "mkdocs.yml", "nav:\nONE  - A: a.md\n  - B: b.md\n  - C: c.md\nTWO", "  - N: one.md\n", "  - N: two.md\n",
     "  - M: two.md\n"),
    ("label", "a.rst", "ONE.. _a:\n\nA\n=\n\na\n\n.. _b:\n\nB\n=\n\nb\nTWO", ".. _n:\n\nN\n=\n\none\n\n",
     "\n.. _n:\n\nM\n=\n\ntwo\n", "\n.. _m:\n\nM\n=\n\ntwo\n"),
    ("substitution", "a.rst", "ONE.. |a| replace:: a\n.. |b| replace:: b\n.. |c| replace:: c\nTWO",
     ".. |n| replace:: one\n", ".. |n| replace:: two\n", ".. |m| replace:: two\n"),
    ("option", "a.rst", "T\n=\n\nONE.. option:: --a\n\n   a\n\n.. option:: --b\n\n   b\nTWO",
     ".. option:: --n\n\n   one\n\n", "\n.. option:: --n\n\n   two\n", "\n.. option:: --m\n\n   two\n"),
    ("alias", "a.sh", "ONEalias a='a'\nalias b='b'\nalias c='c'\nTWO", "alias n='one'\n", "alias n='two'\n",
     "alias m='two'\n"),
    ("key", "a.sh", "declare -A m=(\nONE  [a]=1\n  [b]=2\n  [c]=3\nTWO)\n", "  [n]=1\n", "  [n]=2\n", "  [m]=2\n"),
    ("row", "a_test.go", "package a\n\nfunc TestX(t *testing.T) {\n\tfor _, c := range []struct{ name string }{\nONE"
     '\t\t{name: "a"},\n\t\t{name: "b"},\n\t\t{name: "c"},\nTWO\t} {\n\t\t_ = c\n\t}\n}\n',
     '\t\t{name: "n", x: 1},\n', '\t\t{name: "n", x: 2},\n', '\t\t{name: "m", x: 2},\n'),
    ("case", "a.go", 'package a\n\nfunc f(x string) int {\n\tswitch x {\nONE\tcase "a":\n'
    '\t\treturn 1\n\tcase "b", "bb":\n'
     '\t\treturn 2\n\tcase "c":\n\t\treturn 3\nTWO\tdefault:\n\t\treturn 0\n\t}\n}\n', '\tcase "n":\n\t\treturn 8\n',
     '\tcase "n", "m":\n\t\treturn 9\n', '\tcase "m":\n\t\treturn 9\n'),
    ("catch", "A.java", "class A {\n    void f() {\n        try {\n            g();\nONE        } catch (A e) {\n"
     "            a();\n        } catch (B e) {\n            b();\nTWO        } finally {\n"
     "            c();\n        }\n"
     "    }\n}\n", "        } catch (N e) {\n            one();\n", "        } catch (N e) {\n            two();\n",
     "        } catch (M e) {\n            two();\n"),
    ("overload", "a.ts", "ONEfunction f(a: A): A;\nfunction f(a: B): B;\nfunction f(a: C): C;\n"
    "TWOfunction f(a: any): any {\n"
     "  return a;\n}\n", "function f(a: N): N;\n", "function f(a: N): M;\n", "function f(a: M): M;\n"),
    ("extension", "a.swift", "struct A {}\n\nONEextension A: B {\n    func b() {}\n}\n\nextension A: C {\n"
     "    func c() {}\n}\nTWO", "extension A: N {\n    func n() { one() }\n}\n\n",
     "\nextension A: N {\n    func n() { two() }\n}\n", "\nextension A: M {\n    func m() { two() }\n}\n"),
    ("export", "a.js", "ONEexports.a = 1;\nexports.b = 2;\nexports.c = 3;\nTWO", "exports.n = 1;\n", "exports.n = 2;\n",
     "exports.m = 2;\n"),
    ("call", "a.py", 'parser = P()\nONEparser.add_argument("--a")\nparser.add_argument("--b")\n'
     'parser.add_argument("--c")\nTWO', 'parser.add_argument("--n")\n', 'parser.add_argument("--n", type=int)\n',
     'parser.add_argument("--m", type=int)\n'),
]  # fmt: skip
NAMES = [f"{case[0]}-{case[1]}" for case in CASES]


def merged(path: str, text: str, *two: tuple[str, str]) -> list[bytes | None]:
    """What comes of a merge, both ways round; None for a conflict."""
    base, *sides = (text.replace("ONE", a).replace("TWO", b).encode() for a, b in (("", ""), *two))
    made = [merge_code(path, base, *order) for order in (sides, sides[::-1])]
    return [None if each.conflicts else each.content for each in made]


@pytest.mark.parametrize(("what", "path", "text", "one", "other", "apart"), CASES, ids=NAMES)
def test_one_name_at_two_places(what: str, path: str, text: str, one: str, other: str, apart: str) -> None:
    """Both say the same: it is there once, or a conflict. Else it is a conflict, and another name is none."""
    made = merged(path, text, (one, ""), ("", other))
    same = one.strip() == other.strip()
    assert all(each is None or (same and each.count(one.strip().encode()) == 1) for each in made), what
    assert merged(path, text, (one, ""), ("", apart)) == [text.replace("ONE", one).replace("TWO", apart).encode()] * 2


# where names tell nothing apart: a version has two of one name, or there are too few to tell
MAY = [
    ("a_test.rb", "def test_a\nONE  assert_equal \"a\", a\n  assert_equal \"a\", b\n  assert_equal \"b\", c\nTWOend\n",
     "  assert_equal \"n\", a\n", "  assert_equal \"n\", b\n"),
    ("a.py", 'def f():\nONE    run("a")\n    x()\n    y()\nTWO    z()\n', '    run("n")\n', '    run("n", 2)\n'),
    ("a.py", 'def f():\nONE    log("a")\n    log("b")\n    log("c")\n    z()\n\n\ndef g():\n'
    '    log("a")\n    log("b")\n'
     '    log("c")\nTWO    z()\n', '    log("n")\n', '    log("n")\n'),
    ("a.sql", "INSERT INTO t VALUES\nONE(1, 1),\n(1, 2),\n(2, 1),\nTWO(3, 1);\n", "(9, 1),\n", "(9, 2),\n"),
    ("package.json", '{\n  "peerDependencies": {\nONE    "a": "1",\n    "b": "1"\n  },\n  "devDependencies": {\n'
     'TWO    "c": "1",\n    "d": "1"\n  }\n}\n', '    "n": "1",\n', '    "n": "2",\n'),
    ("a.rs", "fn f(x: E) -> i32 {\n    match x {\nONE        E::A => 1,\n        E::B(v) => v,\n        E::C => 3,\n"
     "TWO        E::D => 4,\n    }\n}\n", "        E::N(1) => 8,\n", "        E::N(b) => b,\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "one", "other"), MAY)
def test_where_names_tell_nothing_apart_both_stay(path: str, text: str, one: str, other: str) -> None:
    both = text.replace("ONE", one).replace("TWO", other).encode()
    assert merged(path, text, (one, ""), ("", other)) == [both] * 2


def test_what_both_put_in_alike_is_kept_at_the_first_place() -> None:
    text = CASES[0][2]
    once = text.replace("ONE", '  get "/n", to: "n#one"\n').replace("TWO", "").encode()
    line = '  get "/n", to: "n#one"\n'
    assert merged("config/routes.rb", text, (line, ""), ("", line)) == [once] * 2
