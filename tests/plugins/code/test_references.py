"""A reference to what the other side renamed is a conflict, in languages whose references say what they are."""

from __future__ import annotations

import time

import pytest

from muse.plugins.code.checks.references import refers_to_what_is_gone
from muse.plugins.code.languages import language_of
from tests.plugins.code.law_kit import both_ways

# path, base, a name and what one side calls it instead; a text of the base, and what the other side puts in its place
RENAMED = [
    ("a.scss",
     "$main: red;\n$gap: 4px;\n\n.a {\n  color: $main;\n}\n\n.b {\n  width: 1px;\n}\n\n.c {\n"
     "  top: 2px;\n}\n",
     "$main", "$accent", "top: 2px;", "top: 2px;\n  color: $main;"),
    ("a.less",
     "@main: red;\n@gap: 4px;\n\n.a {\n  color: @main;\n}\n\n.b {\n  width: 1px;\n}\n\n.c {\n"
     "  top: 2px;\n}\n",
     "@main", "@accent", "top: 2px;", "top: 2px;\n  color: @main;"),
    ("a.scss",
     "@mixin main {\n  a: b;\n}\n\n.a {\n  @include main;\n}\n\n.b {\n  width: 1px;\n}\n\n.c {\n"
     "  top: 2px;\n}\n",
     "main", "accent", "top: 2px;", "top: 2px;\n  @include main;"),
    ("a.css",
     "@keyframes main {\n  from { a: b; }\n}\n\n.a {\n  animation: main 1s;\n}\n\n.b {\n"
     "  width: 1px;\n}\n\n.c {\n  top: 2px;\n}\n",
     "main", "accent", "top: 2px;", "top: 2px;\n  animation: main 2s;"),
    (".gitlab-ci.yml",
     "stages:\n  - main\n  - test\n\na:\n  stage: main\n  script: x\n\nb:\n  stage: test\n"
     "  script: y\n\nc:\n  script: z\n",
     "main", "build", "script: z", "script: z\n  stage: main"),
    (".gitlab-ci.yml",
     ".main:\n  image: a\n\na:\n  extends: .main\n  script: x\n\nb:\n  stage: test\n"
     "  script: y\n\nc:\n  script: z\n",
     ".main", ".base", "script: z", "script: z\n  extends: .main"),
    ("package.json",
     '{\n  "scripts": {\n    "main": "x",\n    "b": "npm run main",\n    "c": "y",\n'
     '    "d": "z"\n  }\n}\n',
     "main", "build", '"z"', '"npm run main && z"'),
    ("a.md",
     "# A\n\nSee [a][main].\n\n## B\n\nText.\n\n## C\n\nMore.\n\n[main]: http://a\n",
     "main", "site", "More.", "More, see [b][main]."),
    ("a.md",
     "# A\n\nSee [a](#main).\n\n## Main\n\nText.\n\n## C\n\nMore.\n",
     ("Main", "main"), ("Site", "site"), "More.", "More, see [b](#main)."),
    ("a.rst",
     "A\n=\n\nSee main_.\n\nB\n-\n\nText.\n\nC\n-\n\nMore.\n\n.. _main: http://a\n",
     "main", "site", "More.", "More, see main_."),
    ("docker-compose.yml",
     "services:\n  main:\n    image: a\n\n  b:\n    image: b\n    depends_on:\n      - main\n\n"
     "  c:\n    image: c\n",
     "main", "db", "image: c", "image: c\n    depends_on:\n      - main"),
    ("docker-compose.yml",
     "services:\n  a:\n    volumes:\n      - main:/a\n\n  b:\n    image: b\n\n  c:\n"
     "    image: c\n\nvolumes:\n  main:\n",
     "main", "data", "image: c", "image: c\n    volumes:\n      - main:/c"),
    ("CMakeLists.txt",
     "add_library(main a.c)\n\nadd_library(b b.c)\ntarget_link_libraries(b main)\n\n"
     "add_library(c c.c)\n\nadd_library(d d.c)\n",
     "main", "base", "add_library(d d.c)", "add_library(d d.c)\ntarget_link_libraries(d main)"),
    ("CMakeLists.txt",
     "set(MAIN a.c)\n\nadd_library(b ${MAIN})\n\nadd_library(c c.c)\n\nadd_library(d d.c)\n",
     "MAIN", "SRC", "add_library(d d.c)", "add_library(d d.c ${MAIN})"),
    ("a.ps1",
     "function Get-Main {\n  1\n}\n\nfunction Get-B {\n  Get-Main\n}\n\nfunction Get-C {\n  2\n"
     "}\n\nfunction Get-D {\n  3\n}\n",
     "Get-Main", "Get-Base", "  3\n", "  3\n  Get-Main\n"),
    ("a.vue",
     "<script>\nexport default {\n  data() {\n    return { main1: 1 };\n  },\n  methods: {\n"
     "    b() {\n      return this.main1;\n    },\n    c() {\n      return 2;\n    },\n"
     "    d() {\n      return 3;\n    },\n  },\n};\n</script>\n",
     "main1", "base1", "return 3", "return this.main1"),
    ("a.vue",
     "<template>\n  <p>{{ main1 }}</p>\n\n  <b>x</b>\n\n  <i>y</i>\n</template>\n\n"
     "<script setup>\nconst main1 = 1;\n</script>\n",
     "main1", "base1", "<i>y</i>", "<i>{{ main1 }}</i>"),
    ("a.html",
     '<p id="main">a</p>\n\n<a href="#main">b</a>\n\n<p>c</p>\n\n<p>d</p>\n',
     "main", "base", "<p>d</p>", '<p>d</p>\n<a href="#main">e</a>'),
    ("a.yml",
     "a: &main\n  x: 1\n\nb:\n  <<: *main\n\nc:\n  y: 2\n\nd:\n  z: 3\n",
     "main", "base", "  z: 3", "  z: 3\n  <<: *main"),
    ("a.yml",
     "on: push\njobs:\n  main:\n    runs-on: a\n\n  b:\n    needs: main\n    runs-on: a\n\n"
     "  c:\n    runs-on: a\n\n  d:\n    runs-on: b\n",
     "main", "base", "    runs-on: b", "    runs-on: b\n    needs: [main]"),
    ("a.yml",
     "on: push\njobs:\n  a:\n    steps:\n      - id: main\n        run: x\n\n"
     "      - run: ${{ steps.main.outputs.a }}\n\n      - run: y\n\n      - run: z\n",
     "main", "base", "run: z", "run: z ${{ steps.main.outputs.b }}"),
    ("a.scss",
     "%main {\n  a: b;\n}\n\n.a {\n  @extend %main;\n}\n\n.b {\n  width: 1px;\n}\n\n.c {\n"
     "  top: 2px;\n}\n",
     "main", "accent", "top: 2px;", "top: 2px;\n  @extend %main;"),
    ("a.rst",
     "A\n=\n\nSee `main a`_.\n\nB\n-\n\nText.\n\nC\n-\n\nMore.\n\n.. _main a: http://a\n",
     "main", "site", "More.", "More, see `main a`_."),
    ("a.html",
     '<input id="main">\n\n<label for="main">b</label>\n\n<p>c</p>\n\n<p>d</p>\n',
     "main", "base", "<p>d</p>", '<p>d</p>\n<label for="main">e</label>'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "base", "old", "new", "was", "now"), RENAMED)
def test_a_reference_to_what_the_other_side_renamed(
    path: str, base: str, old: str | tuple[str, str], new: str | tuple[str, str], was: str, now: str
) -> None:
    pairs = [(old, new)] if isinstance(old, str) and isinstance(new, str) else list(zip(old, new, strict=True))
    renamed, other = base, now
    for one, another in pairs:
        renamed = renamed.replace(one, another)
        other = other.replace(one, "other1")
    assert both_ways(path, base, renamed, base.replace(was, now)) == [None, None]
    both = renamed.replace(was, other).encode()
    assert both_ways(path, base, renamed, base.replace(was, other)) == [both, both]


def test_what_another_file_may_name_is_gone_only_where_its_line_names_another() -> None:
    base = RENAMED[0][1]
    moved = "@use 'colors' as *;\n" + base.partition("\n")[2].replace("color: $main", "color: $accent")
    both = moved.replace("top: 2px;", "top: 2px;\n  color: $main;").encode()
    assert both_ways("a.scss", base, moved, base.replace("top: 2px;", "top: 2px;\n  color: $main;")) == [both, both]


@pytest.mark.parametrize(
    "path", ["a.scss", "a.md", "a.rst", "package.json", "a.yml", "CMakeLists.txt", "a.html", "a.vue"]
)
@pytest.mark.parametrize("text", ["# # ", "@a", "$a-", "[a][", " ", "{{", "`a_", "- a", 'id="a', "a-"])
def test_long_lines_take_no_time(path: str, text: str) -> None:
    long = text.encode() * 40_000
    base = b"a\n" + long + b"\nb\n"
    sides = base, base.replace(b"a", b"c", 1), base + b"@include a; $a @a: [a][b] a_ {{ a }} npm run a\n" + long + b":"
    began = time.process_time()
    refers_to_what_is_gone(language_of(path), sides, sides[2])
    assert time.process_time() - began < 5


def test_many_names_take_no_time() -> None:
    names = b"".join(b"$n%d: 1;\n" % n for n in range(8000))
    uses = b"".join(b"a: $n%d;\n" % n for n in range(8000))
    sides = names + b"b {\n}\n", names.replace(b"$n", b"$m") + b"b {\n}\n", names + b"b {\n" + uses + b"}\n"
    began = time.process_time()
    assert len(refers_to_what_is_gone(None, sides, sides[1] + uses)) == 200
    assert time.process_time() - began < 5
