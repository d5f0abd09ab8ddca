"""Every way in which a language gives a name its meaning: renamed by one side, its old name used anew by the other."""

from __future__ import annotations

import re

import pytest

from tests.plugins.code.law_kit import both_ways

# path: a function with a place at the top, and the call in it that the other side repeats with the old name
FUNCTIONS = {
    "a.py": (
        "def f(first):\nHERE    x = 1\n    y = 2\n    z = 3\n    report(1)\n    return z\n",
        "    report(items)\n",
    ),
    "a.ts": (
        "function f(first: A) {\nHERE  x(1);\n  y(2);\n  z(3);\n  report(1);\n  return z;\n}\n",
        "  report(items);\n",
    ),
    "a.js": (
        "function f(first) {\nHERE  x(1);\n  y(2);\n  z(3);\n  report(1);\n  return z;\n}\n",
        "  report(items);\n",
    ),
    "a.go": (
        "package a\n\nfunc f() int {\nHERE\tx(1)\n\ty(2)\n\tz(3)\n\treport(1)\n\treturn 1\n}\n",
        "\treport(items)\n",
    ),
    "a.rs": ("fn f() -> u8 {\nHERE    x(1);\n    y(2);\n    z(3);\n    report(1);\n    1\n}\n", "    report(items);\n"),
    "A.java": (
        "class A {\n    int f() {\nHERE        x(1);\n        report(1);\n        return 1;\n    }\n}\n",
        "        report(items);\n",
    ),
    "a.c": ("int f(void)\n{\nHERE\tx(1);\n\ty(2);\n\tz(3);\n\treport(1);\n\treturn 1;\n}\n", "\treport(items);\n"),
    "a.cpp": ("int f() {\nHERE  x(1);\n  y(2);\n  z(3);\n  report(1);\n  return 1;\n}\n", "  report(items);\n"),
    "A.cs": (
        "class A {\n    int F() {\nHERE        X(1);\n        Report(1);\n        return 1;\n    }\n}\n",
        "        Report(items);\n",
    ),
    "a.kt": (
        "fun f(): Int {\nHERE    x(1)\n    y(2)\n    z(3)\n    report(1)\n    return 1\n}\n",
        "    report(items)\n",
    ),
    "a.php": (
        "<?php\nfunction f() {\nHERE    x(1);\n    y(2);\n    z(3);\n    report(1);\n    return 1;\n}\n",
        "    report($items);\n",
    ),
    "a.rb": ("def f\nHERE  x(1)\n  y(2)\n  z(3)\n  report(1)\n  1\nend\n", "  report(items)\n"),
    "a.lua": ("function f()\nHERE  x(1)\n  y(2)\n  z(3)\n  report(1)\n  return 1\nend\n", "  report(items)\n"),
    "a.swift": (
        "func f() -> Int {\nHERE    x(1)\n    y(2)\n    z(3)\n    report(1)\n    return 1\n}\n",
        "    report(items)\n",
    ),
    "a.scala": ("def f(): Int = {\nHERE  x(1)\n  y(2)\n  z(3)\n  report(1)\n  1\n}\n", "  report(items)\n"),
    "a.dart": ("int f() {\nHERE  x(1);\n  y(2);\n  z(3);\n  report(1);\n  return 1;\n}\n", "  report(items);\n"),
    "a.sh": ("f() {\nHERE  x 1\n  y 2\n  z 3\n  report 1\n  return 1\n}\n", '  report "$items"\n'),
    "a.zig": (
        "fn f() u8 {\nHERE    x(1);\n    y(2);\n    z(3);\n    report(1);\n    return 1;\n}\n",
        "    report(items);\n",
    ),
    "a.jl": (
        "function f()\nHERE    x(1)\n    y(2)\n    z(3)\n    report(1)\n    return 1\nend\n",
        "    report(items)\n",
    ),
    "a.ex": (
        "defmodule A do\n  def f do\nHERE    x(1)\n    y(2)\n    z(3)\n    report(1)\n    1\n  end\nend\n",
        "    report(items)\n",
    ),
    "a.sol": (
        "contract A {\n    function f() public {\nHERE        x(1);\n        report(1);\n        w(1);\n    }\n}\n",
        "        report(items);\n",
    ),
}
WAYS = {
    "a.py": [
        "    a, items = g()\n    h(items)\n",
        "    [a, items] = g()\n    h(items)\n",
        "    a, *items = g()\n    h(items)\n",
        "    a = items = g()\n    h(items)\n",
        "    with g() as items:\n        h(items)\n",
        "    with k() as b, g() as items:\n        h(items)\n",
        "    for a, items in g():\n        h(items)\n",
        "    for a, (b, items) in g():\n        h(items)\n",
        "    if (items := g()):\n        h(items)\n",
        "    items: list = g()\n    h(items)\n",
        "    try:\n        g()\n    except E as items:\n        h(items)\n",
        "    from m import b, items\n    h(items)\n",
        "    import items\n    h(items)\n",
        "    def items():\n        pass\n    h(items)\n",
        "    class items:\n        pass\n    h(items)\n",
        "    global items\n    items = 2\n    h(items)\n",
        "    match g():\n        case [a, items]:\n            h(items)\n",
        "    from m import q as items\n    h(items)\n",
        "    items = lambda a: a\n    h(items)\n",
        "    async with g() as items:\n        h(items)\n",
        "    (a, b), items = g()\n    h(items)\n",
    ],
    "a.ts": [
        "  const { a, items } = g();\n  h(items);\n",
        "  const { a, b: items } = g();\n  h(items);\n",
        "  const [a, items] = g();\n  h(items);\n",
        "  const { a, ...items } = g();\n  h(items);\n",
        "  let a = 1, items = g();\n  h(items);\n",
        "  for (const [a, items] of g()) {\n    h(items);\n  }\n",
        "  try {\n    g();\n  } catch (items) {\n    h(items);\n  }\n",
        "  function items() {}\n  h(items);\n",
        "  class items {}\n  h(items);\n",
        "  const { a, items = 1 } = g();\n  h(items);\n",
        "  let items;\n  items = g();\n  h(items);\n",
        "  var items = g();\n  h(items);\n",
        "  type items = string;\n  h<items>();\n",
        "  for (const items in g()) {\n    h(items);\n  }\n",
        "  for (let a = 1, items = 2; items; a++) {\n    h(items);\n  }\n",
        "  const { a: { items } } = g();\n  h(items);\n",
    ],
    "a.js": [
        "  const { a, items } = g();\n  h(items);\n",
        "  const { a, b: items } = g();\n  h(items);\n",
        "  const [a, items] = g();\n  h(items);\n",
        "  let a = 1, items = g();\n  h(items);\n",
        "  for (const [a, items] of g()) {\n    h(items);\n  }\n",
        "  const { a, items = 1 } = g();\n  h(items);\n",
    ],
    "a.go": [
        "\ta, items := g()\n\th(items)\n",
        "\tvar items []R\n\th(items)\n",
        "\tvar a, items = g()\n\th(items)\n",
        "\tvar (\n\t\ta     = 1\n\t\titems = 2\n\t)\n\th(items)\n",
        "\tconst items = 2\n\th(items)\n",
        "\tif a, items := g(); a {\n\t\th(items)\n\t}\n",
        "\tfor items := range g() {\n\t\th(items)\n\t}\n",
        "\tswitch items := g().(type) {\n\tcase int:\n\t\th(items)\n\t}\n",
        "\tvar a, items int\n\th(items)\n",
        "\ttype items int\n\th(items(1))\n",
    ],
    "a.rs": [
        "    let (a, items) = g();\n    h(items);\n",
        "    let A { b, items } = g();\n    h(items);\n",
        "    let A { b, c: items } = g();\n    h(items);\n",
        "    if let Some(items) = g() {\n        h(items);\n    }\n",
        "    for (a, items) in g() {\n        h(items);\n    }\n",
        "    let Some(items) = g() else { return 1 };\n    h(items);\n",
        "    let mut items: Vec<u8> = g();\n    h(items);\n",
        "    let ref items = g();\n    h(items);\n",
        "    const items: u8 = 1;\n    h(items);\n",
        "    match g() {\n        Some(items) => h(items),\n        None => {}\n    }\n",
        "    let [a, items] = g();\n    h(items);\n",
        "    let items;\n    items = g();\n    h(items);\n",
        "    while let Some(items) = g() {\n        h(items);\n    }\n",
    ],
    "A.java": [
        "        int a = 1, items = 2;\n        h(items);\n",
        "        try (R a = k(); R items = g()) {\n            h(items);\n        }\n",
        "        try {\n            g();\n        } catch (E | F items) {\n            h(items);\n        }\n",
        "        final var items = g();\n        h(items);\n",
        "        if (g() instanceof R items) {\n            h(items);\n        }\n",
        "        for (int a = 0, items = 1; items < 2; a++) {\n            h(items);\n        }\n",
        "        R[] items = g();\n        h(items);\n",
        "        R items[] = g();\n        h(items);\n",
        "        R items;\n        items = g();\n        h(items);\n",
    ],
    "a.c": [
        "\tint a, items;\n\th(items);\n",
        "\tint a, *items = g();\n\th(items);\n",
        "\tchar items[10];\n\th(items);\n",
        "\tstruct r items = { 0 };\n\th(&items);\n",
        "\tint (*items)(void) = g;\n\th(items);\n",
        "\tfor (int a = 0, items = 1; items; a++)\n\t\th(items);\n",
        "\tstatic const char *const items[] = { 0 };\n\th(items);\n",
        "\tunsigned long items;\n\th(items);\n",
    ],
    "a.cpp": [
        "  auto [a, items] = g();\n  h(items);\n",
        "  auto& items = g();\n  h(items);\n",
        "  std::vector<int> items{1, 2};\n  h(items);\n",
        "  R items(g());\n  h(items);\n",
        "  for (auto& [a, items] : g()) {\n    h(items);\n  }\n",
        "  try {\n    g();\n  } catch (const E& items) {\n    h(items);\n  }\n",
        "  if (auto items = g(); items) {\n    h(items);\n  }\n",
        "  using items = R;\n  h<items>();\n",
        "  auto items = [](int a) { return a; };\n  h(items);\n",
    ],
    "A.cs": [
        "        var (a, items) = G();\n        H(items);\n",
        "        G(out var items);\n        H(items);\n",
        "        using var items = G();\n        H(items);\n",
        "        using (var items = G()) {\n            H(items);\n        }\n",
        "        try {\n            G();\n        } catch (E items) {\n            H(items);\n        }\n",
        "        if (G() is R items) {\n            H(items);\n        }\n",
        "        int a = 1, items = 2;\n        H(items);\n",
        "        foreach (var (a, items) in G()) {\n            H(items);\n        }\n",
        "        int items() => 1;\n        H(items());\n",
    ],
    "a.kt": [
        "    val (a, items) = g()\n    h(items)\n",
        "    for ((a, items) in g()) {\n        h(items)\n    }\n",
        "    try {\n        g()\n    } catch (items: E) {\n        h(items)\n    }\n",
        "    val items: R by lazy { g() }\n    h(items)\n",
        "    fun items() = 1\n    h(items())\n",
        "    lateinit var items: R\n    h(items)\n",
        "    when (val items = g()) {\n        1 -> h(items)\n    }\n",
    ],
    "a.php": [
        "    [$a, $items] = g();\n    h($items);\n",
        "    list($a, $items) = g();\n    h($items);\n",
        "    ['a' => $items] = g();\n    h($items);\n",
        "    foreach (g() as $a => $items) {\n        h($items);\n    }\n",
        "    try {\n        g();\n    } catch (E $items) {\n        h($items);\n    }\n",
        "    static $items = 1;\n    h($items);\n",
        "    global $items;\n    h($items);\n",
        "    foreach (g() as [$a, $items]) {\n        h($items);\n    }\n",
        "    if ($items = g()) {\n        h($items);\n    }\n",
    ],
    "a.rb": [
        "  a, items = g\n  h(items)\n",
        "  a, *items = g\n  h(items)\n",
        "  items ||= g\n  h(items)\n",
        "  begin\n    g\n  rescue E => items\n    h(items)\n  end\n",
        "  for a, items in g\n    h(items)\n  end\n",
        "  a = items = g\n  h(items)\n",
        "  if (items = g)\n    h(items)\n  end\n",
        "  case g\n  in [a, items]\n    h(items)\n  end\n",
    ],
    "a.lua": [
        "  local a, items = g()\n  h(items)\n",
        "  local items\n  items = g()\n  h(items)\n",
        "  local items <const> = g()\n  h(items)\n",
        "  for items = 1, 3 do\n    h(items)\n  end\n",
        "  local function items() end\n  h(items)\n",
    ],
    "a.swift": [
        "    let (a, items) = g()\n    h(items)\n",
        "    guard let items = g() else { return 1 }\n    h(items)\n",
        "    if let items = g() {\n        h(items)\n    }\n",
        "    for (a, items) in g() {\n        h(items)\n    }\n",
        "    var items: R?\n    h(items)\n",
        "    do {\n        try g()\n    } catch let items {\n        h(items)\n    }\n",
        "    if case .some(let items) = g() {\n        h(items)\n    }\n",
    ],
    "a.scala": [
        "  val (a, items) = g()\n  h(items)\n",
        "  lazy val items = g()\n  h(items)\n",
        "  for ((a, items) <- g()) {\n    h(items)\n  }\n",
        "  def items = 1\n  h(items)\n",
        "  val Some(items) = g()\n  h(items)\n",
        "  g() match {\n    case A(b, items) => h(items)\n  }\n",
        "  val a, items = 1\n  h(items)\n",
    ],
    "a.dart": [
        "  final items = g();\n  h(items);\n",
        "  var a = 1, items = 2;\n  h(items);\n",
        "  for (final items in g()) {\n    h(items);\n  }\n",
        "  try {\n    g();\n  } catch (items) {\n    h(items);\n  }\n",
        "  List<int> items = g();\n  h(items);\n",
        "  late R items;\n  h(items);\n",
    ],
    "a.sh": [
        '  local items=1\n  h "$items"\n',
        '  local a items\n  h "$items"\n',
        '  for items in 1 2; do\n    h "$items"\n  done\n',
        '  items=$(g)\n  h "${items}"\n',
        '  declare -a items=()\n  h "${items[@]}"\n',
    ],
    "a.zig": [
        "    const items = g();\n    h(items);\n",
        "    var items: u8 = g();\n    h(items);\n",
        "    for (g()) |items| {\n        h(items);\n    }\n",
        "    if (g()) |items| {\n        h(items);\n    }\n",
    ],
    "a.jl": [
        "    a, items = g()\n    h(items)\n",
        "    items = g()\n    h(items)\n",
        "    for items in g()\n        h(items)\n    end\n",
        "    local items = 1\n    h(items)\n",
    ],
    "a.ex": [
        "    items = g()\n    h(items)\n",
        "    {:ok, items} = g()\n    h(items)\n",
        "    [a | items] = g()\n    h(items)\n",
    ],
    "a.sol": [
        "        uint256 items = g();\n        h(items);\n",
        "        (uint a, uint items) = g();\n        h(items);\n",
    ],
}


@pytest.mark.parametrize(("path", "way"), [(path, way) for path, each in WAYS.items() for way in each])
def test_a_name_bound_in_this_way_is_known_to_be_gone(path: str, way: str) -> None:
    file, put_in = FUNCTIONS[path]
    base = file.replace("HERE", way)
    renamed = re.sub(r"\bitems\b", "lines", base)
    (first,) = re.findall(r".*[rR]eport.*1.*\n", base)
    assert both_ways(path, base, renamed, base.replace(first, first + put_in)) == [None, None]
    said = put_in.replace("items", "other")
    both = renamed.replace(first, first + said).encode()
    assert both_ways(path, base, renamed, base.replace(first, first + said)) == [both, both]
