"""One table file per language, found by file name without loading any other.

To add a language: a row here, a table file that defines `LANGUAGE`, the grammar's wheel in pyproject.toml, and a folder
of cases under `fixtures/merge/code/`.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from muse.core.late import regex

if TYPE_CHECKING:
    from muse.plugins.code.languages.table import Language

# table file -> extensions, and file names Git knows by name: in lower case those that may have any case of letters
ROWS: dict[str, str] = {
    "python": ".py .pyi .pyw",
    "javascript": ".js .jsx .mjs .cjs .es6",
    "typescript": ".ts .mts .cts",
    "tsx": ".tsx",
    "component": ".vue .svelte",
    "go": ".go",
    "rust": ".rs",
    "java": ".java",
    "c": ".c .h",
    "cpp": ".cc .cpp .cxx .hpp .hh .hxx .ipp",
    "csharp": ".cs .csx .cake",
    "ruby": ".rb .rake .gemspec rakefile gemfile",
    "php": ".php .phtml",
    "kotlin": ".kt .kts",
    "scala": ".scala .sc .sbt",
    "swift": ".swift",
    "dart": ".dart",
    "haskell": ".hs",
    "elixir": ".ex .exs",
    "nix": ".nix",
    "ocaml": ".ml",
    "ocaml_interface": ".mli",
    "zig": ".zig",
    "starlark": ".bzl .bazel BUILD WORKSPACE",
    "bash": ".sh .bash .zsh",
    "lua": ".lua",
    "cmake": ".cmake cmakelists.txt",
    "powershell": ".ps1 .psm1 .psd1",
    "solidity": ".sol",
    "julia": ".jl",
    "matlab": ".m",
    "gleam": ".gleam",
    "erlang": ".erl .hrl",
    "lisp": ".scm .ss .sld .clj .cljs .cljc .el .lisp",
    "fortran": ".f90 .f95 .f03 .f08 .f18",
    "devicetree": ".dts .dtsi .dtso .overlay",
    "json": ".json .jsonc .webmanifest .geojson .xcstrings .arb composer.lock pipfile.lock flake.lock",
    "notebook": ".ipynb",
    "toml": ".toml cargo.lock poetry.lock uv.lock pdm.lock pipfile",
    "yaml": ".yml .yaml",
    "xml": ".xml .xsd .xsl .svg .pom .plist .csproj .fsproj .vbproj .vcxproj .props .targets .nuspec .wxs .xaml"
    " .resx .xlf .xliff .proj .config .xhtml *.xml.dist",
    "po": ".po .pot",
    "strings": ".strings",
    "pbxproj": ".pbxproj",
    "unity": ".unity .prefab .asset .mat .anim .controller .overridecontroller .physicmaterial .playable",
    "sql": ".sql",
    "proto": ".proto",
    "thrift": ".thrift",
    "capnp": ".capnp",
    "graphql": ".graphql .graphqls .gql",
    "hcl": ".tf .tfvars .hcl",
    "dockerfile": "dockerfile containerfile .dockerfile dockerfile.*",
    "env": ".env .env.*",
    "html": ".html .htm",
    "css": ".css",
    "markdown": ".md .markdown",
    "make": ".mk makefile gnumakefile",
    "ini": ".ini .cfg .properties .editorconfig .gitconfig",
    "requirements": "*requirements*.txt *constraints*.txt requirements/*.txt",
    "ignore": ".gitignore .dockerignore .npmignore",
    "attributes": ".gitattributes codeowners",
    "gomod": "go.mod go.sum",
    "gradle": ".gradle",
    "yarn": "yarn.lock",
    "changelog": " ".join(
        stem + ending
        for stem in ("changelog", "changes", "history", "news")
        for ending in ("", ".md", ".markdown", ".rst", ".txt")
    ),
    "people": " ".join(
        stem + ending
        for stem in ("authors", "contributors", "credits", "maintainers", "thanks")
        for ending in ("", ".md", ".markdown", ".rst", ".txt")
    ),
    "rst": ".rst",
}
BY_NAME = {name: row for row, names in ROWS.items() for name in names.split()}
PATTERNS = tuple("*" + name if name.startswith(".") and "*" not in name else name for name in BY_NAME)
_BY_GLOB = {name: row for name, row in BY_NAME.items() if "*" in name}


def row_of(path: str) -> str | None:
    """The name of the table that a path's file name selects."""
    name = path.rsplit("/", 1)[-1]
    base = name.lower()
    found = BY_NAME.get(name) or BY_NAME.get(base)
    if found is None and "." in base:
        found = BY_NAME.get(base[base.rindex(".") :])
        found = found or next((row for glob, row in _BY_GLOB.items() if _matches(path.lower(), base, glob)), None)
    return found


def _matches(path: str, base: str, glob: str) -> bool:
    """Whether a name, or a path that ends in folder and name, is what a glob says."""
    return fnmatchcase(base, glob) if "/" not in glob else fnmatchcase("/" + path, "*/" + glob)


_OF_CPP = regex(
    rb"(?m)^[ \t]*(?:class[ \t]+[\w ]+(?:[;{:]|\n\s*\{)|namespace\b[^;=\n]*$|template[ \t]*<"
    rb"|(?:public|private|protected)[ \t]*:)"
)


_OTHER_M = regex(
    rb"(?m)^[ \t]*(?:#[ \t]*(?:import|include|define|pragma|if)|@(?:interface|implementation|protocol|class|import)\b"
    rb"|//|/\*|\(\*|:-)"
)
"""Objective-C and others whose files end in `.m` too."""


def language_of(path: str, *versions: bytes) -> Language | None:
    """The language of a path, None when there is no table for it. A header is of C++ where a version of it says so, and
    not every `.m` is of MATLAB."""
    row = row_of(path)
    if row == "matlab" and any(map(_OTHER_M.search, versions)):
        return None
    if row == "c" and path[-2:].lower() == ".h" and any(map(_OF_CPP.search, versions)):
        row = "cpp"
    return None if row is None else load(row)


@cache
def load(row: str) -> Language:
    """The table of a row."""
    language: Language = import_module(f"{__name__}.{row}").LANGUAGE
    return language


def overview() -> list[dict[str, Any]]:
    """Per language: its files, its grammar and whether that loads here, and what may stand in any order."""
    from muse.plugins.code.syntax.parsing import available

    rows = []
    for row, names in sorted(ROWS.items()):
        language = load(row)
        parts = language.sets | language.lists | language.imports | language.free
        rows.append(
            {
                "language": row,
                "files": names.split(),
                "grammar": language.grammar[0] if language.grammar else "",
                "available": available(language),
                "commutative": sorted(
                    parts
                    | ({"definitions"} if language.definitions else set())
                    | ({"named entries" if language.nested else "lines"} if language.lines else set())
                ),
            }
        )
    return rows
