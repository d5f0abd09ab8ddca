"""One name that both sides put in, each spelled in its own way: the compiler, or the last of both, would take one."""

from __future__ import annotations

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code

_LUA = "local M = {}\nONEfunction M.a() end\nTWOfunction M.b() end\nreturn M\n"
_GO = "package a\n\ntype A struct {\n\tA int\nONE\tB int\nTWO\tC int\n}\n"
_SWITCH = (
    "class A {\n    int f(X x) {\n        return switch (x) {\n            case A -> 1;\nONE            case B -> y;\n"
    "TWO            default -> z;\n        };\n    }\n}\n"
)
# A file with two places, ONE and TWO; what each side puts in; what stays clean at the second.
SPELLED = [
    ("a.ps1", "$x = @{\n  x = 1\nONE  y = 2\nTWO  z = 3\n}\n", "  k = 'p'\n", "  'K' = 'q'\n", "  'L' = 'q'\n"),
    ("a.ps1", "function a {}\nONEfunction b {}\nTWOfunction c {}\n", "function Get-K { 1 }\n", "function get-k { 2 }\n",
     "function get-l { 2 }\n"),
    ("a.f90", "module a\n  integer :: a\nONE  integer :: b\nTWO  integer :: c\ncontains\nend module\n",
     "  integer :: k\n", "  real :: K\n", "  real :: L\n"),
    ("a.lua", _LUA, "function M.k() return 1 end\n",
     "M.k = function() return 2 end\n", "M.l = function() return 2 end\n"),
    ("a.lua", _LUA, "function M.k() return 1 end\n", "function M:k() return 2 end\n", "function M:l() return 2 end\n"),
    ("a.ts", "interface A {\n  a: string;\nONE  b: string;\nTWO  c: string;\n}\n", "  k(): string;\n",
     "  k: () => string;\n", "  k(x: string): string;\n"),
    ("a.go", _GO, "\tK int\n", "\tD, K string\n", "\tD, L string\n"),
    ("A.java", "class A {\n    void a() {}\nONE    void b() {}\nTWO    void c() {}\n}\n",
     "    void k(List<String> x) {}\n",
     "    int k(List<Map<A, B>> y) { return 1; }\n", "    int k(Set<String> y) { return 1; }\n"),
    ("A.java", _SWITCH, "            case K -> 5;\n", "            case L, K -> 6;\n", "            case L, M -> 6;\n"),
    ("a.clj", "(def a 1)\n\nONE(def b 2)\n\nTWO(def c 3)\n", "(def k 4)\n\n", "(defn k [] 5)\n\n", "(defn l [] 5)\n\n"),
    ("a.gradle", 'dependencies {\n    implementation "a:a:1"\nONE    implementation "b:b:1"\n'
     'TWO    implementation "c:c:1"\n}\n', '    implementation "k:k:1"\n', "    implementation 'k:k:2'\n",
     "    testImplementation 'k:k:2'\n"),
]  # fmt: skip


def _sides(file: str, one: str, other: str) -> tuple[bytes, bytes, bytes]:
    base, ours, theirs = (file.replace("ONE", a).replace("TWO", b) for a, b in (("", ""), (one, ""), ("", other)))
    assert not conflicts_of(text_chunks(base.encode(), ours.encode(), theirs.encode()) or [])
    return base.encode(), ours.encode(), theirs.encode()


@pytest.mark.parametrize(("path", "file", "one", "other", "else_"), SPELLED)
def test_one_name_in_two_spellings_is_one(path: str, file: str, one: str, other: str, else_: str) -> None:
    base, ours, theirs = _sides(file, one, other)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        assert merged.conflicts and merged.content is not None
        assert one.strip().encode() in merged.content and other.strip().encode() in merged.content


@pytest.mark.parametrize(("path", "file", "one", "other", "else_"), SPELLED)
def test_two_names_stay_clean(path: str, file: str, one: str, other: str, else_: str) -> None:
    base, ours, theirs = _sides(file, one, else_)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        assert not merged.conflicts and merged.content == file.replace("ONE", one).replace("TWO", else_).encode()
