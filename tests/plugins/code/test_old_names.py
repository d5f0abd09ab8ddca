"""A name that one side renamed or took out, and that the other side used once more where it was bound: a conflict."""

from __future__ import annotations

import re

import pytest

from muse.core.markers import conflicts_of, parse
from muse.core.options import MergeOptions, using
from muse.plugins.code.checks.uses import uses_old_name
from muse.plugins.code.languages import language_of
from muse.plugins.code.merge.file import merge_code
from tests.plugins.code.law_kit import both_ways

# path: a function that binds `amount` as a variable, `row` in a loop and `items` as a parameter; a line to put in
FUNCTIONS = {
    "a.py": ("def total(items):\n    amount = 0\n    for row in items:\n        amount += row.price\n    #\n"
             "    report(1)\n    return amount\n", "    report({})\n"),
    "a.js": ("function total(items) {\n  let amount = 0;\n  for (const row of items) {\n    amount += row.price;\n  }\n"
             "  //\n  report(1);\n  return amount;\n}\n", "  report({});\n"),
    "a.ts": ("function total(items: Row[]): number {\n  let amount = 0;\n  for (const row of items) {\n"
             "    amount += row.price;\n  }\n  //\n  report(1);\n  return amount;\n}\n", "  report({});\n"),
    "a.go": ("package a\n\nfunc total(items []Row) int {\n\tamount := 0\n\tfor _, row := range items {\n"
             "\t\tamount += row.price\n\t}\n\t//\n\treport(1)\n\treturn amount\n}\n", "\treport({})\n"),
    "a.rs": ("fn total(items: &[Row]) -> u32 {\n    let mut amount = 0;\n    for row in items {\n"
             "        amount += row.price;\n    }\n    //\n    report(1);\n    //\n    amount\n}\n"
             "", "    report({});\n"),
    "A.java": ("class A {\n    int total(List<Row> items) {\n        int amount = 0;\n        for (Row row : items) {\n"
               "            amount += row.price;\n        }\n        //\n        report(1);\n"
               "        return amount;\n    }\n}\n",
               "        report({});\n"),
    "a.c": ("int total(struct row *items)\n{\n\tint amount = 0;\n\tfor (struct row *row = items; row; row++) {\n"
            "\t\tamount += row->price;\n\t}\n\t//\n\treport(1);\n\treturn amount;\n}\n", "\treport({});\n"),
    "a.cpp": ("int total(const Rows& items) {\n  int amount = 0;\n  for (const auto& row : items) {\n"
              "    amount += row.price;\n  }\n  //\n  report(1);\n  return amount;\n}\n", "  report({});\n"),
    "A.cs": ("class A {\n    int Total(List<Row> items) {\n        var amount = 0;\n"
             "        foreach (var row in items) {\n"
             "            amount += row.Price;\n        }\n        //\n        Report(1);\n"
             "        return amount;\n    }\n}\n",
             "        Report({});\n"),
    "a.kt": ("fun total(items: List<Row>): Int {\n    var amount = 0\n    for (row in items) {\n"
             "        amount += row.price\n    }\n    //\n    report(1)\n    return amount\n}\n", "    report({})\n"),
    "a.php": ("<?php\nfunction total($items) {\n    $amount = 0;\n    foreach ($items as $row) {\n"
              "        $amount += $row->price;\n    }\n    //\n    report(1);\n    return $amount;\n}\n",
              "    report({});\n"),
    "a.rb": ("def total(items)\n  amount = 0\n  items.each do |row|\n    amount += row.price\n  end\n  #\n"
             "  report(1)\n  #\n"
             "  amount\nend\n", "  report({})\n"),
    "a.lua": ("function total(items)\n  local amount = 0\n  for _, row in ipairs(items) do\n"
              "    amount = amount + row.price\n"
              "  end\n  --\n  report(1)\n  return amount\nend\n", "  report({})\n"),
    "a.swift": ("func total(items: [Row]) -> Int {\n    var amount = 0\n    for row in items {\n"
                "        amount += row.price\n"
                "    }\n    //\n    report(1)\n    return amount\n}\n", "    report({})\n"),
    "a.scala": ("def total(items: List[Row]): Int = {\n  var amount = 0\n  for (row <- items) {\n"
                "    amount += row.price\n"
                "  }\n  //\n  report(1)\n  //\n  amount\n}\n", "  report({})\n"),
}  # fmt: skip
OTHER = {"amount": "sum", "row": "line", "items": "lines"}


@pytest.mark.parametrize("name", OTHER)
@pytest.mark.parametrize("path", FUNCTIONS)
def test_what_a_function_binds(path: str, name: str) -> None:
    base, line = FUNCTIONS[path]
    first = line.replace("{}", "1")
    renamed = base.replace(name, OTHER[name])
    used = base.replace(first, first + line.replace("{}", f"${name}" if path == "a.php" else name))
    assert both_ways(path, base, renamed, used) == [None, None]
    said = base.replace(first, first + line.replace("{}", "2"))
    both = said.replace(name, OTHER[name]).encode()
    assert both_ways(path, base, renamed, said) == [both, both]


PARAMETERS = [
    ("a.py", ["first, items", "first, items=()", "first, *, items", "*items", "first, items: list = ()", "**items"]),
    ("a.js", ["first, items", "first, items = []", "first, ...items", "{ first, items }", "first, [one, items]"]),
    ("a.ts", ["first: A, items?: Row[]", "first: A, items = []", "...items: Row[]", "{ first, items }: P"]),
    ("a.go", ["first A, items []Row", "first, items []Row", "items, last []Row", "items ...Row"]),
    ("a.rs", ["first: A, items: &[Row]", "&self, items: &[Row]", "first: A, mut items: Vec<Row>"]),
    ("A.java", ["A first, List<Row> items", "final A first, final List<Row> items", "Row... items"]),
    ("a.c", ["int first, struct row *items", "int first, struct row items[]", "const struct row *const items"]),
    ("a.cpp", ["int first, const Rows& items", "Rows&& items", "int first, Rows items = {}"]),
    ("A.cs", ["A first, List<Row> items", "params Row[] items", "A first, List<Row> items = null"]),
    ("a.kt", ["first: A, items: List<Row>", "vararg items: Row", "first: A, items: List<Row> = listOf()"]),
    ("a.php", ["$first, $items", "array $items = []", "A $first, Row ...$items", "&$items"]),
    ("a.rb", ["first, items", "first, items = []", "first, *items", "first, &items"]),
    ("a.lua", ["first, items"]),
    ("a.swift", ["_ first: A, items: [Row]", "first: A, of items: [Row]", "items: Row..."]),
    ("a.scala", ["first: A, items: List[Row]", "items: Row*"]),
]


@pytest.mark.parametrize(("path", "given"), [(path, given) for path, each in PARAMETERS for given in each])
def test_a_parameter_in_any_place(path: str, given: str) -> None:
    was, line = FUNCTIONS[path]
    base = re.sub(r"(?<=[tT]otal\()[^)]*", lambda _: given, was, count=1)
    first = line.replace("{}", "1")
    used = base.replace(first, first + line.replace("{}", "$items" if path == "a.php" else "items"))
    assert both_ways(path, base, base.replace("items", "lines"), used) == [None, None]


# a line that says the old name and means another thing; with where the base stands
KEPT = [
    ("a.py", "amount", "    report(order.amount)\n"),
    ("a.py", "amount", "    report(amount=1)\n"),
    ("a.py", "amount", "    report('amount')  # amount\n"),
    ("a.py", "row", "    report([row for row in lines()])\n"),
    ("a.py", "amount", "    amount = report(2)\n"),
    ("a.js", "row", "  report(lines.map(row => row.id));\n"),
    ("a.js", "row", "  report(lines.map(function (row) { return row.id; }));\n"),
    ("a.ts", "amount", "  report({ amount: 1 });\n"),
    ("a.go", "row", "\tfor row := range lines() {\n\t\treport(row)\n\t}\n"),
    ("a.go", "amount", "\treport(Total{amount: 1})\n"),
    ("a.rs", "row", "    report(lines.map(|row| row.id));\n"),
    ("a.rs", "row", "    if let Some(row) = line { report(row); }\n"),
    ("A.java", "row", "        report(lines.map(row -> row.id()));\n"),
    ("A.java", "row", "        for (var row : lines()) { report(row); }\n"),
    ("a.c", "amount", "\tlong amount;\n\treport(amount);\n"),
    ("a.cpp", "row", "  report([](Row row) { return row.id; });\n"),
    ("A.cs", "row", "        Report(lines.Select(row => row.Id));\n"),
    ("a.kt", "row", "    report(lines.map { row -> row.id })\n"),
    ("a.php", "row", "    report(fn($row) => $row->id);\n"),
    ("a.php", "row", "    foreach (lines() as $key => $row) { report($row); }\n"),
    ("a.rb", "row", "  report(lines.map { |row| row.id })\n"),
    ("a.lua", "row", "  for _, row in pairs(lines()) do report(row) end\n"),
    ("a.swift", "row", "    report(lines.map { row in row.id })\n"),
    ("a.scala", "row", "  report(lines.map(row => row.id))\n"),
]


@pytest.mark.parametrize(("path", "name", "put_in"), KEPT)
def test_the_old_name_with_another_meaning(path: str, name: str, put_in: str) -> None:
    base, line = FUNCTIONS[path]
    first = line.replace("{}", "1")
    renamed = base.replace(name, OTHER[name])
    both = renamed.replace(first, first + put_in).encode()
    assert both_ways(path, base, renamed, base.replace(first, first + put_in)) == [both, both]


@pytest.mark.parametrize("above", ["amount = 2\n\n\n", "from prices import amount\n\n\n"])
def test_what_something_around_it_binds_too(above: str) -> None:
    base, line = FUNCTIONS["a.py"]
    first = line.replace("{}", "1")
    renamed = above + base.replace("amount", "sum")
    used = above + base.replace(first, first + line.replace("{}", "amount"))
    both = renamed.replace(first, first + line.replace("{}", "amount")).encode()
    assert both_ways("a.py", above + base, renamed, used) == [both, both]


def test_a_sign_that_reads_like_a_name() -> None:
    """`_` is no name in Rust, and its closure has no parameter with one."""
    base = "fn total() {\n    map(|_| 1);\n    //\n    report(1);\n}\n"
    gone, used = base.replace("|_| 1", "1"), base.replace("report(1)", "report(|_| 2)")
    both = gone.replace("report(1)", "report(|_| 2)").encode()
    assert both_ways("a.rs", base, gone, used) == [both, both]


MEMBERS = [
    ("a.py", "class A:\n    def __init__(self, root):\n        self.root = root\n\n    def b(self):\n        one()\n",
     "self.root", "self.base", "one()", "one(self.root)"),
    ("a.py", "class A:\n    LIMIT = 1\n\n    def b(self):\n        one()\n"
     "", "LIMIT", "MOST", "one()", "one(self.LIMIT)"),
    ("a.py", "class A:\n    LIMIT = 1\n\n    def b(self):\n        one()\n", "LIMIT", "MOST", "one()", "one(A.LIMIT)"),
    ("a.js", "class A {\n  constructor(root) {\n    this.root = root;\n  }\n\n  b() {\n    one();\n  }\n}\n",
     "this.root", "this.base", "one()", "one(this.root)"),
    ("a.ts", "class A {\n  private root = 1;\n\n  b() {\n    one();\n  }\n}\n"
     "", "root", "base", "one()", "one(this.root)"),
    ("a.ts", "enum Kind {\n  First = 1,\n  Other = 2,\n}\n\nfunction b() {\n  one();\n}\n",
     "Other", "Last", "one()", "one(Kind.Other)"),
    ("A.java", "class A {\n    private int root;\n\n    void b() {\n        one();\n    }\n}\n",
     "root", "base", "one()", "one(root)"),
    ("A.java", "class A {\n    private int root;\n\n    void b() {\n        one();\n    }\n}\n",
     "root", "base", "one()", "one(this.root)"),
    ("a.rs", "enum Kind {\n    First,\n    Other,\n}\n\nfn b() {\n    one();\n}\n", "Other", "Last", "one()",
     "one(Kind::Other)"),
    ("a.rb", "class A\n  def initialize(root)\n    @root = root\n  end\n\n  def b\n    one()\n  end\nend\n",
     "@root", "@base", "one()", "one(@root)"),
    ("a.php", "<?php\nclass A {\n    function __construct($root) {\n        $this->root = $root;\n    }\n\n"
     "    function b() {\n"
     "        one();\n    }\n}\n", "this->root", "this->base", "one()", "one($this->root)"),
    ("a.c", "#define LIMIT 10\n\nint b(void)\n{\n\tone();\n}\n", "LIMIT", "MOST", "one()", "one(LIMIT)"),
    ("a.c", "static int count;\n\nint b(void)\n{\n\tone();\n}\n", "count", "number", "one()", "one(count)"),
    ("a.c", "enum kind {\n\tFIRST,\n\tOTHER,\n};\n\nint b(void)\n{\n\tone();\n}\n"
     "", "OTHER", "LAST", "one()", "one(OTHER)"),
    ("a.go", "package a\n\nconst limit = 10\n\nfunc b() {\n\tone()\n}\n", "limit", "most", "one()", "one(limit)"),
    ("a.go", "package a\n\nfunc limit() int {\n\treturn 10\n}\n\nfunc b() {\n\tone()\n}\n", "limit", "most", "one()",
     "one(limit())"),
    ("a.rs", "const LIMIT: u8 = 10;\n\nfn b() {\n    one();\n}\n", "LIMIT", "MOST", "one()", "one(LIMIT)"),
    ("a.rs", "struct Limit {\n    a: u8,\n}\n\nfn b() {\n    one();\n}\n"
     "", "Limit", "Most", "one()", "one(Limit { a: 1 })"),
    ("a.cpp", "struct Limit {\n  int a;\n};\n\nvoid b() {\n  one();\n}\n", "Limit", "Most", "one()", "one(Limit{1})"),
    ("a.ts", "type Limit = number;\n\nfunction b() {\n  one();\n}\n", "Limit", "Most", "one()", "one(1 as Limit)"),
    ("Makefile", "FLAGS = -O2\n\nprog: a.c\n\tcc a.c\n", "FLAGS", "CFLAGS", "cc a.c", "cc $(FLAGS) a.c"),
    ("a.sh", "dest=/usr\n\nput() {\n    one\n}\n", "dest", "prefix", "one", 'one "$dest"'),
    ("a.c", "struct s {\n\tint size;\n\tint n;\n};\n\nint b(struct s *p)\n{\n\tone();\n}\n", "size", "length", "one()",
     "one(p->size)"),
    ("a.rs", "struct S {\n    size: u8,\n    n: u8,\n}\n\nimpl S {\n    fn b(&self) {\n        one();\n    }\n}\n",
     "size", "length", "one()", "one(self.size)"),
    ("a.go", "package a\n\nfunc (s *S) size() int {\n\treturn 1\n}\n\nfunc (s *S) b() {\n\tone()\n}\n",
     "size", "length", "one()", "one(s.size())"),
    ("a.lua", "local M = {}\n\nfunction M.size()\n  return 1\nend\n\nfunction M.b()\n  one()\nend\n",
     "size", "length", "one()", "one(M.size())"),
    ("Makefile", "build:\n\tcc a.c\n\ntest: a.c\n\tone()\n", "build", "compile", "test: a.c", "test: a.c build"),
    ("Dockerfile", "FROM go AS build\nRUN make\n\nFROM alpine\nCOPY a /a\nRUN one()\n",
     "build", "make", "one()", "one --from=build"),
    ("a.tf", 'variable "region" {\n  default = 1\n}\n\nresource "a" "b" {\n  n = one()\n}\n',
     "region", "zone", "one()", "one(var.region)"),
    ("a.tf", 'resource "a" "web" {\n  n = 1\n}\n\noutput "o" {\n  value = one()\n}\n',
     "web", "front", "one()", 'one("${a.web.ip}")'),
    ("a.css", ":root {\n  --main: red;\n  --gap: 4px;\n}\n.b {\n  width: one();\n}\n",
     "--main", "--accent", "one()", "var(--main)"),
    ("a.proto", "message User {\n  string a = 1;\n}\n\nmessage Team {\n  one() b = 1;\n}\n",
     "User", "Person", "one()", "User"),
    ("a.graphql", "type User {\n  a: ID\n}\n\ntype Team {\n  b: one()\n}\n", "User", "Person", "one()", "User"),
    ("a.sql", "CREATE TABLE users (\n  id INT\n);\n\nCREATE VIEW v AS\nSELECT one();\n",
     "users", "people", "one()", "id FROM users"),
    ("CMakeLists.txt", "add_library(core a.c)\n\nadd_executable(b one())\n", "core", "base", "one()", "core"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "base", "old", "new", "was", "now"), MEMBERS)
def test_what_a_class_an_enum_or_a_file_binds(path: str, base: str, old: str, new: str, was: str, now: str) -> None:
    renamed, used = base.replace(old, new), base.replace(was, now)
    assert both_ways(path, base, renamed, used) == [None, None]
    other = base.replace(was, was.replace("one", "two") if "one" in was else f"{was} b.c")
    both = other.replace(old, new).encode()
    assert both_ways(path, base, renamed, other) == [both, both]


MOVABLE = [
    row
    for row in MEMBERS
    if row[0] in ("A.java", "a.c", "a.go", "a.rs", "a.cpp") and "enum" not in row[1] and "static " not in row[1]
]


@pytest.mark.parametrize(("path", "base", "old", "new", "was", "now"), MOVABLE)
def test_what_may_be_in_another_file_now(path: str, base: str, old: str, new: str, was: str, now: str) -> None:
    """Of the base only lines without the name are left: what a class or a file bound is only known not to be here."""
    lines = base.splitlines(True)
    gone = "".join(line for line in lines if old not in line)
    assert (
        uses_old_name(
            language_of(path),
            (base.encode(), gone.encode(), base.replace(was, now).encode()),
            gone.replace(was, now).encode(),
        )
        == {}
    )


@pytest.mark.parametrize("path", ["a.c", "a.cpp"])
def test_what_is_static_in_a_file(path: str) -> None:
    base = "static int LIMIT = 10;\n\nvoid b(void)\n{\n\tone();\n}\n"
    gone = base.partition("\n")[2].lstrip("\n")
    assert both_ways(path, base, gone, base.replace("one()", "one(LIMIT)")) == [None, None]
    shared = base.replace("static ", "")
    both = gone.replace("one()", "one(LIMIT)").encode()
    assert both_ways(path, shared, gone, shared.replace("one()", "one(LIMIT)")) == [both, both]


@pytest.mark.parametrize("path", ["a.py", "a.js", "a.ts"])
def test_what_only_its_own_file_can_bind(path: str) -> None:
    base = {"a.py": "LIMIT = 10\n\n\ndef b():\n    one()\n"}.get(
        path, "const LIMIT = 10;\n\nfunction b() {\n  one();\n}\n"
    )
    gone = base.partition("\n")[2].lstrip("\n")
    assert both_ways(path, base, gone, base.replace("one()", "one(LIMIT)")) == [None, None]
    moved = ("from limits import LIMIT\n" if path == "a.py" else 'import { LIMIT } from "limits";\n') + gone
    both = moved.replace("one()", "one(LIMIT)").encode()
    assert both_ways(path, base, moved, base.replace("one()", "one(LIMIT)")) == [both, both]


@pytest.mark.parametrize(
    ("was", "now"), [("import clock", "import clock as time"), ("from a import clock", "from a import clock as time")]
)
def test_an_import_under_another_name(was: str, now: str) -> None:
    base = f"{was}\n\n\ndef b():\n    clock.one()\n\n\ndef c():\n    two()\n"
    renamed = base.replace(was, now).replace("clock.one", "time.one")
    assert both_ways("a.py", base, renamed, base.replace("two()", "two(clock.now())")) == [None, None]
    other = base.replace("two()", "two(1)")
    both = other.replace(was, now).replace("clock.one", "time.one").encode()
    assert both_ways("a.py", base, renamed, other) == [both, both]


def test_the_conflict_says_what_is_gone() -> None:
    base = "#define LIMIT 10\n\nint b(void)\n{\n\tone();\n}\n"
    with using(MergeOptions(conflict_style="diff3")):
        merged = merge_code(
            "a.c", base.encode(), base.replace("LIMIT", "MOST").encode(), base.replace("one()", "one(LIMIT)").encode()
        )
    (conflict,) = conflicts_of(parse(merged.content or b"") or [])
    assert (conflict.ours, conflict.theirs) == (b"\tone();\n", b"\tone(LIMIT);\n")
    assert b"uses LIMIT, which is gone" in (merged.content or b"")
    assert b"#define MOST 10\n" in (merged.content or b"")
