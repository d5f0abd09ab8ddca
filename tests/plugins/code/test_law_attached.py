"""Comments, decorators and attributes go where the entry goes that they stand above."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from muse.plugins.code.merge.file import merge_code

# by file: what stands before the entries, an entry, what stands between two, what stands behind
FILES = {
    "a.py": ("import m\n\n\n", '@deco("N")\n# about N\ndef N():\n    return "N"\n', "\n\n", ""),
    "A.java": (
        "class M {\n",
        '    // about N\n    @Deco("N")\n    int N() {\n        return go("N");\n    }\n',
        "\n",
        "}\n",
    ),
    "a.ts": ("class M {\n", '  /** about N */\n  @Deco("N")\n  N() {\n    return go("N");\n  }\n', "\n", "}\n"),
    "a.js": ("", '// about N\nexport const N = () => {\n  return go("N");\n};\n', "\n", ""),
    "a.rs": ("", '/// about N\n#[deco("N")]\nfn N() {\n    go("N");\n}\n', "\n", ""),
    "a.cs": (
        "class M {\n",
        '    /// about N\n    [Deco("N")]\n    int N() {\n        return go("N");\n    }\n',
        "\n",
        "}\n",
    ),
    "a.php": ("<?php\n", '/** about N */\n#[Deco("N")]\nfunction N() {\n    return go("N");\n}\n', "\n", ""),
    "a.kt": ("", '// about N\n@Deco("N")\nfun N() {\n    go("N")\n}\n', "\n", ""),
    "a.go": ("package a\n\n", '// about N\n//go:deco N\nfunc N() {\n\tgo("N")\n}\n', "\n", ""),
    "a.c": ("", '/* about N */\n__attribute__((deco("N")))\nint N(void)\n{\n\treturn go("N");\n}\n', "\n", ""),
    "a.rb": ("", '# about N\n# deco N\ndef N\n  go("N")\nend\n', "\n", ""),
    "a.swift": ("", '// about N\n@deco("N")\nfunc N() {\n    go("N")\n}\n', "\n", ""),
    "a.scala": ("object M {\n", '  // about N\n  @deco("N")\n  def N() = {\n    go("N")\n  }\n', "\n", "}\n"),
    "a.dart": ("class M {\n", '  // about N\n  @Deco("N")\n  int N() {\n    return go("N");\n  }\n', "\n", "}\n"),
    "a.bzl": ("", '# about N\nlibrary(\n    name = "N",\n    deco = "N",\n    go = "N",\n)\n', "\n", ""),
    "a.lua": ("", '-- about N\n-- deco N\nfunction N()\n  go("N")\nend\n', "\n", ""),
    "a.sh": ("", "# about N\n# deco N\nN() {\n  go N\n}\n", "\n", ""),
    "a.cmake": ("", '# about N\nfunction(N deco_N)\n  message("go N")\nendfunction()\n', "\n", ""),
    "a.ps1": ("", '# about N\nfunction N {\n  deco "N"\n  go "N"\n}\n', "\n", ""),
    "a.sol": (
        "contract M {\n",
        '    /// about N\n    function N() public deco("N") {\n        go("N");\n    }\n',
        "\n",
        "}\n",
    ),
    "a.jl": ("", '# about N\n# deco N\nfunction N()\n    go("N")\nend\n', "\n", ""),
    "a.f90": (
        "module m\ncontains\n",
        "  ! about N\n  ! deco N\n  subroutine N()\n    call go('N')\n  end subroutine\n",
        "\n",
        "end module\n",
    ),
    "a.dts": ("/ {\n", '\t/* about N */\n\tN {\n\t\tdeco = "N";\n\t\tgo = "N";\n\t};\n', "\n", "};\n"),
    "a.yml": ("all:\n", '  # about N\n  N:\n    deco: N\n    go: "N"\n', "", ""),
    "a.toml": ("", '# about N\n[N]\ndeco = "N"\ngo = "N"\n', "\n", ""),
    "a.css": ("", "/* about N */\n.N {\n  deco: N;\n  go: N;\n}\n", "\n", ""),
    "Makefile": ("", "# about N\nN:\n\tdeco N\n\tgo N\n", "\n", ""),
    "a.gradle": ("", '// about N\ntask N {\n    deco "N"\n    go "N"\n}\n', "\n", ""),
    "a.sql": ("", "-- about N\nCREATE TABLE N (\n  deco N,\n  go N\n);\n", "\n", ""),
    "a.tf": ("", '# about N\nresource "x" "N" {\n  deco = "N"\n  go   = "N"\n}\n', "\n", ""),
}
NAMES = ("alfa", "bravo", "carol", "delta")
ORDERS = [
    ("bravo", "carol", "delta", "alfa"),
    ("delta", "alfa", "bravo", "carol"),
    ("delta", "carol", "bravo", "alfa"),
]
ALWAYS_CLEAN = {
    "a.py",
    "A.java",
    "a.ts",
    "a.js",
    "a.rs",
    "a.cs",
    "a.php",
    "a.rb",
    "a.yml",
    "a.toml",
    "a.css",
    "Makefile",
}


def edits_of(entry: str, name: str) -> Iterator[str]:
    """The entry with its comment, its attribute or its inside changed, a line put above it, its first line gone."""
    yield entry.replace(f"about {name}", f"about changed {name}")
    yield re.sub(rf"deco(\W*){name}", rf"deco\1{name}X", entry, count=1, flags=re.IGNORECASE)
    yield re.sub(rf"go(\W*){name}", rf"go\1{name}X", entry, count=1)
    first = entry.splitlines(keepends=True)[0]
    if "about" in first:
        yield first.replace("about", "new") + entry
        yield entry.removeprefix(first)


@pytest.mark.parametrize("path", FILES)
def test_what_stands_above_an_entry_goes_with_it(path: str) -> None:
    head, form, gap, tail = FILES[path]
    entries = {name: form.replace("N", name) for name in NAMES}

    def file(order: tuple[str, ...], **changed: str) -> bytes:
        return (head + gap.join((entries | changed)[name] for name in order) + tail).encode()

    for order in ORDERS:
        for name in ("alfa", "delta"):
            for new in edits_of(entries[name], name):
                edited, wanted = file(NAMES, **{name: new}), file(order, **{name: new})
                for sides in ((file(order), edited), (edited, file(order))):
                    merged = merge_code(path, file(NAMES), *sides)
                    assert not (merged.conflicts and path in ALWAYS_CLEAN), (order, new)
                    if not merged.conflicts:
                        lines = [line for line in (merged.content or b"").splitlines() if line.strip()]
                        assert lines == [line for line in wanted.splitlines() if line.strip()]
