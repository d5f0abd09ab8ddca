"""What `git diff` shows once Muse is installed: hunk headers that name what a change is in, listings of MIDI files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Git = Callable[..., str]
Run = Callable[..., subprocess.CompletedProcess[str]]
Commit = Callable[..., str]
MakeRepo = Callable[..., Path]

HUNKS = {
    "a.js": ("export class A {\n  async run(x) {\n    if (x) {\n%s    }\n  }\n}\n", "async run(x) {"),
    "a.ts": ("export const go = async (x: number) => {\n%s};\n", "export const go = async (x: number) => {"),
    "a.toml": ("[tool.x]\n%s", "[tool.x]"),
    "a.yml": ("jobs:\n%s", "jobs:"),
    "a.lua": ("local function f(x)\n%send\n", "local function f(x)"),
    "a.swift": ("  public static func go() {\n%s  }\n", "public static func go() {"),
    "a.scala": ("  override def go(): Int = {\n%s  }\n", "override def go(): Int = {"),
    "a.dart": ("class A {\n  Future<void> go(int x) async {\n%s  }\n}\n", "Future<void> go(int x) async {"),
    "a.hs": ("go :: Int -> Int\ngo x =\n%s", "go :: Int -> Int"),
    "a.ex": ("defmodule A do\n  def go(x) do\n%s  end\nend\n", "def go(x) do"),
    "a.nix": ("{\n  services.a = {\n%s  };\n}\n", "services.a = {"),
    "a.ml": ("let go x =\n%s", "let go x ="),
    "a.zig": ("pub const A = struct {\n    pub fn go(x: u32) void {\n%s    }\n};\n", "pub fn go(x: u32) void {"),
    "BUILD": ("py_library(\n%s)\n", "py_library("),
    "CMakeLists.txt": ("function(go x)\n%sendfunction()\n", "function(go x)"),
    "a.ps1": ("function Get-It {\n%s}\n", "function Get-It {"),
    "a.sol": ("contract A {\n  function go() external {\n%s  }\n}\n", "function go() external {"),
    "a.jl": ("function go(x)\n%send\n", "function go(x)"),
    "a.f90": ("subroutine go(x)\n%send subroutine\n", "subroutine go(x)"),
    "a.dts": ("&uart0 {\n%s};\n", "&uart0 {"),
    "a.ini": ("[section]\n%s", "[section]"),
    "Makefile": ("all: one two\n%s", "all: one two"),
    "a.py": ("class A:\n    def f(self):\n%s", "def f(self):"),
}


@pytest.mark.parametrize("name", HUNKS)
def test_hunk_headers_name_what_a_change_is_in(
    name: str, make_repo: MakeRepo, run: Run, git: Git, commit: Commit
) -> None:
    text, expected = HUNKS[name]
    lines = [f"      k{number} = {number}\n" for number in range(20)]
    root = make_repo("repo", {name: text % "".join(lines)})
    run(root, "muse", "install")
    commit(root, {name: text % "".join([*lines[:15], "      k15 = 0\n", *lines[16:]])})
    (header,) = [line for line in git(root, "show", "--format=").splitlines() if line.startswith("@@")]
    assert header.partition("@@ ")[2].partition("@@ ")[2].strip() == expected


def test_git_diff_shows_a_midi_file_as_a_listing(make_repo: MakeRepo, run: Run, git: Git, commit: Commit) -> None:
    tune = Path(__file__).parents[2] / "fixtures/midi"
    piece = next(file for file in sorted(tune.rglob("*.mid")))
    root = make_repo("repo", {"tune.MID": piece.read_bytes()})
    run(root, "muse", "install")
    shown = git(root, "show", "--format=")
    assert "Binary files" not in shown and shown.count("\n+") > 10


def test_a_diff_still_works_without_us_and_on_a_broken_file(
    make_repo: MakeRepo, run: Run, git: Git, commit: Commit, without_us: Callable[[Path], None]
) -> None:
    root = make_repo("repo", {"tune.mid": b"MThd\0broken"})
    run(root, "muse", "install")
    commit(root, {"tune.mid": b"MThd\0broken too"})
    changed = [line for line in git(root, "show", "--format=").splitlines() if line[:1] in "+-"]
    assert len(changed) == 6  # two file names, twice why it cannot be read, two checksums
    without_us(root)
    assert len([line for line in git(root, "show", "--format=").splitlines() if line[:1] in "+-"]) == 4
