"""What Git merges right and the law has no reason to refuse, though a parser stumbles or lines moved."""

from __future__ import annotations

import pytest

from muse.core.markers import conflicts_of, joined
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code
from tests.plugins.code.law_kit import both_stay

STUMBLES = "static FOO_BEGIN void broken( {\n"
PLACES = [
    # a label of two functions, with the same lines below it
    ("a.c", "int a(void)\n{\n\treturn 1;\n}\n\nONEint b(void)\n{\n\treturn 2;\n}\n\n"
     "TWOint c(void)\n{\n\treturn 3;\n}\n",
     "int k(void)\n{\n\tif (a())\n\t\tgoto done;\n\tf();\n\ndone:\n\tgive(&lock);\n\treturn err;\n}\n\n",
     "int n(void)\n{\n\tif (b())\n\t\tgoto done;\n\tg();\n\ndone:\n\tgive(&lock);\n\treturn err;\n}\n\n"),
    # functions of one name in two types
    ("a.swift", "struct A {\n    let a = 1\n}\n\nONEstruct B {\n    let b = 1\n}\n\n"
     "TWOstruct C {\n    let c = some some D\n}\n",
     "struct K {\n    static func run(\n        of a: A\n    ) -> B {\n        f()\n    }\n}\n\n",
     "struct N {\n    static func run(\n        of a: A\n    ) -> B {\n        g()\n    }\n}\n\n"),
    ("a.kt", "class A {\n    val a = 1\n}\n\nONEclass B {\n    val b = 1\n}\n\n"
     "TWOclass C {\n    overrideX val c = 1\n}\n",
     "class K : A() {\n    override fun run(x: Int) {\n        f()\n    }\n}\n\n",
     "class N : A() {\n    override fun run(x: Int) {\n        g()\n    }\n}\n\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "file", "one", "other"), PLACES)
def test_one_name_in_two_definitions_stays_clean(path: str, file: str, one: str, other: str) -> None:
    both_stay(path, file, one, other)


def _as_git(path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    """Both ways round what Git makes of it."""
    for sides in ((ours, theirs), (theirs, ours)):
        chunks = text_chunks(base, *sides) or []
        assert not conflicts_of(chunks)
        merged = merge_code(path, base, *sides)
        assert not merged.conflicts
        assert merged.content == joined(chunks)


def test_a_definition_both_sides_wrote_alike_is_one() -> None:
    """A parser that stumbles counts nothing, the lines do."""
    base = (STUMBLES + "class A: public B {\n};\n\nint a;\n" + "int f();\n" * 3 + "int last = 1;\n").encode()
    renamed = base.replace(b"class A: public B {", b"class A : public B<int> {")
    _as_git("a.cpp", base, renamed.replace(b"int a;", b"int a = 2;\nint b;"), renamed.replace(b"last = 1", b"last = 2"))


@pytest.mark.parametrize("stumbles", [STUMBLES, ""])
def test_sorted_includes_beside_an_edit_that_is_in_its_place(stumbles: str) -> None:
    """Where the edits of one side are in their place, the text is the other side's with those."""
    names = ["dir", "alloc", "copy", "buffer"]

    def file(order: list[str], value: str, more: str = "") -> bytes:
        includes = "".join(f'#include "{name}.h"\n' for name in order)
        call = "\tx();\n" * 3
        return f"{includes}\n{stumbles}\nint f(void)\n{{\n{call}\ta = {value};\n{call}{more}{call}}}\n".encode()

    _as_git("a.c", file(names, "2"), file(sorted(names), "2", "\tx(1);\n"), file(names, "3"))


def test_an_edited_line_that_others_say_too_where_its_function_is_nobody_elses() -> None:
    """One side takes out a function and puts in a copy of another one, all with that line."""

    def file(*names: str, first: str = "bytes") -> bytes:
        each = "".join(f"    func {name}() {{\n        let bytes = {name}Bytes\n"
                       f"        #expect({first if name == 'a' else 'bytes'}.hex() == 1)\n"
                       f"        #expect(bytes.hex(upper: true) == 2)\n    }}\n\n" for name in names)  # fmt: skip
        return f"struct T {{\n{each}}}\n".encode()

    base = file("a", "b", "c", "d")
    _as_git("a.swift", base, file("a", "c", "d", "aNew"), file("a", "b", "c", "d", first="bytesLate"))


def test_a_part_taken_out_of_what_the_other_side_edits() -> None:
    """One side puts most of a function under another name and calls that; the edit stands where its lines are now."""

    def file(name: str, value: str, wrapper: str = "", more: str = "") -> bytes:
        steps = "    step(x)\n" * 3
        body = f"{steps}    total = {value}\n{steps}{more}{steps}    end(total)\n"
        return f"def a(x):\n    return 1\n\n\ndef {name}(x):\n{body}{wrapper}".encode()

    wrapper = "\n\ndef run(x):\n    check(x)\n    return run_checked(x)\n"
    _as_git("a.py", file("run", "1"), file("run_checked", "1", wrapper, "    step(y)\n"), file("run", "2"))


def test_a_changelog_of_which_every_heading_was_rewritten() -> None:
    """Its sections are known by what they say; those that say the same as another by their likeness or not at all."""
    sections = [(f"1.{n}", f"- Change {n} of the lid\n- Fix hinge {n}\n") for n in range(80)]
    base = "# Changelog\n\n" + "".join(f"## v{name} (2024-01-{name[2:]})\n\n{text}\n" for name, text in sections)
    rewritten = "# Changelog\n\n" + "".join(f"## {name}\n\n{text}\n" for name, text in sections)
    for edited in ("- Fix hinge 40\n", "- Fix hinge 79\n"):
        theirs = base.replace(edited, edited + "- New\n")
        both = rewritten.replace(edited, edited + "- New\n").encode()
        for sides in ((rewritten, theirs), (theirs, rewritten)):
            merged = merge_code("CHANGELOG.md", base.encode(), *(side.encode() for side in sides))
            assert (merged.conflicts, merged.content) == ([], both)


def test_what_both_put_in_is_no_other_name_for_what_one_side_deleted() -> None:
    said = "        trap = new Trap(log, True);\n        trap.run(error);\n        assert trap.out() == '{}'\n\n"
    both = "    def test_aborted(self):\n" + said.format("")
    base = "class A:\n    def test_old(self):\n{}    def test_b(self):\n        f()\n\n    def test_c(self):\n"
    base += "        g()\n"
    old = base.format(said.format("old")).encode()
    mine = base.replace("    def test_old(self):\n{}", "").replace("    def test_c", both + "    def test_c").encode()
    other = base.format(said.format("old")).replace("    def test_c", both + "    def test_c").encode()
    for sides in ((mine, other), (other, mine)):
        merged = merge_code("a.py", old, *sides)
        assert not merged.conflicts and merged.content == mine


@pytest.mark.parametrize(("back", "again", "clean"), [
    ("!doc/_build/logo/", "doc/src/x/*.pdf", True), ("!doc/_build/logo/", "/doc/src/", True),
    ("!doc/_build/logo/", "doc/_build/l*", False), ("!doc/_build/logo/", "doc/_build/", False),
    ("!doc/_build/logo.pdf", "*.pdf", False), ("!doc/_build/logo/", "doc", False),
])  # fmt: skip
def test_a_path_is_ignored_again_only_where_that_can_be(back: str, again: str, clean: bool) -> None:
    base = "a.log\nb.log\nc.log\nd.log\ne.log\n"
    texts = [base, base.replace("b.log", f"b.log\n{back}"), base.replace("d.log", f"d.log\n{again}")]
    for sides in (texts[1:], texts[:0:-1]):
        merged = merge_code(".gitignore", texts[0].encode(), *(side.encode() for side in sides))
        assert bool(merged.conflicts) is not clean
