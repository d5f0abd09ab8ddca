"""What `muse install` writes, as data: driver commands, hunk headers, and which diff driver a file type gets.

Every command is a fixed string of ours; only the folder of our programs is put in. Git runs them through `sh`, after
replacing `%O` and so on (`%%` is a plain `%`), with the path of the file quoted by Git itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise

import muse
from muse._version import __version__
from muse.core.patterns import in_any_case

Patterns = Mapping[str, Sequence[str]]
"""Domain -> the file-name globs it claims; who is asked first stands last."""

NOTHING: Patterns = {}
_OURS = frozenset({"code", "midi", "score"})

# Three attempts. What a driver before us has answered ahead (`muse.drivers.ahead`) is moved into place. Then the Python
# that installed us, isolated: neither the environment nor the folder it is started in gives it a module, and `site` is
# left to those who need it. Then the program on PATH, with nothing of PYTHONPATH. A broken Python exits with 1 just
# like a conflict, so the driver answers 70 and 71 when it is told to, and anything else means that it did not run: then
# Git's own text merge is made here. What it has to say comes through descriptor 3; stderr of a broken one would only be
# a traceback. Git before 2.44 leaves %S, %X and %Y as they are.
_AHEAD = (
    'g=${{GIT_DIR:-.git}}; test -d "$g" || read -r x g 2>/dev/null <"$g"; g=$g/muse/ahead-$PPID-$MUSE; '
    'if test -d "$g"; then set -- $(git hash-object --no-filters %O %A %B 2>/dev/null); g=$g/$1-$2-$3; '
    'if test -f "$g"; then mv -f "$g" %A && exit 0; exit 131; fi; fi; '
)
_DRIVER = (
    '{ahead}r() {{ "$@" --guarded 3 {flags}%O %A %B -L %L -p %P -s %S -x %X -y %Y '
    "3>&2 2>/dev/null; case $? in 70) exit 0;; 71) exit 1;; 130) exit 130;; esac; }}; "
    "{direct}export PYTHONPATH= PYTHONHOME= PYTHONSAFEPATH=1; {path}r muse-merge-driver; "
    "test \"$MUSE\" = 0 || echo 'muse: the merge driver is missing or broken, merged as text; see: muse doctor' >&2; "
    's=%S x=%X y=%Y; test "$s" != %%S || s=base; test "$x" != %%X || x=ours; test "$y" != %%Y || y=theirs; '
    'git merge-file -q --marker-size=%L -L "$x" -L "$s" -L "$y" %A %O %B 2>/dev/null{binary}'
)
_DIRECT = (
    "r {python} -EPS -c 'import sys; sys.path.append(sys.argv.pop(1)); from muse.drivers.merge import main; "
    "sys.exit(main())' {library}; "
)
# Git keeps what it printed for as long as the command is the same; with the version in it, as long as the words are.
_TEXTCONV = (
    "f() {{ : {version}; export PYTHONPATH= PYTHONHOME= PYTHONSAFEPATH=1; "
    '{path}muse-textconv {words}"$1" 2>/dev/null || cksum <"$1"; }}; f'
)
# `git diff` of two versions whose bars were moved; where our program is missing, the versions are compared as they are.
_COMPARE = (
    'f() {{ export PYTHONPATH= PYTHONHOME= PYTHONSAFEPATH=1; {path}muse-textconv --compare "$@" 2>/dev/null || '
    'git diff --no-index --no-ext-diff "$2" "$5" || :; }}; f'
)
# A page where there is a screen, else the terminal.
_MERGETOOL = (
    'if test -n "$DISPLAY$WAYLAND_DISPLAY$BROWSER" || test "$(uname)" = Darwin; '
    'then {path}muse mergetool -- "$MERGED"; else {path}muse resolve --interactive -- "$MERGED"; fi'
)

# Between merge bases a binary conflict takes the base's version, as Git does it: with one side's, the merge above would
# see that side as unchanged and quietly take the other.
_BINARY = {"": " || exit 1", "--virtual ": "; r=$?; test $r -lt 128 || cat %O >%A; test $r = 0"}

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NAME = "[$0-9A-Z_a-z]*"


def _other_than(*words: str) -> str:
    """An extended regular expression for every name that is none of `words`; such expressions know no "not"."""

    def after(ends: set[str]) -> str:
        heads = sorted({end[0] for end in ends if end})
        marks = ["`", *heads, "{"]  # the characters before a and behind z
        gaps = [_LETTERS[ord(low) - 96 : ord(high) - 97] for low, high in pairwise(marks)]
        rest = "".join(gap if len(gap) < 4 else f"{gap[0]}-{gap[-1]}" for gap in gaps)
        ways = [
            f"[$0-9A-Z_{rest}]{_NAME}",
            *(head + after({end[1:] for end in ends if end[:1] == head}) for head in heads),
        ]
        return (f"({'|'.join(ways)})" if heads else ways[0]) + ("" if "" in ends else "?")

    return after({"", *words})


_JAVASCRIPT = (
    r"(export[[:blank:]]+)?(default[[:blank:]]+)?(declare[[:blank:]]+)?(abstract[[:blank:]]+)?"
    r"(async[[:blank:]]+)?(function|class|interface|enum|namespace|module|type)[[:blank:]*].*",
    r"(export[[:blank:]]+)?(const|let|var)[[:blank:]]+[A-Za-z0-9_$]+[^=]*=[[:blank:]]*"
    r"(async[[:blank:]]*)?(function|\(|[A-Za-z0-9_$]+[[:blank:]]*=>).*",
    r"((static|async|get|set|public|private|protected|readonly)[[:blank:]]+)*#?"
    + _other_than("if", "else", "for", "while", "switch", "catch", "return", "do", "try", "with")
    + r"[[:blank:]]*\([^;]*\{[[:blank:]]*",
)

# One line each: a newline in a value breaks programs that read `git config --list` line by line (git-filter-repo).
HUNK_HEADERS: dict[str, str] = {
    "muse-javascript": f"^[[:blank:]]*({'|'.join(_JAVASCRIPT)})$",
    "muse-swift": r"^[[:blank:]]*((@?[a-zA-Z()]+[[:blank:]]+)*(func|class|struct|enum|protocol|extension|actor|init)"
    r"[[:blank:](<].*)$",
    "muse-scala": r"^[[:blank:]]*(([a-z]+[[:blank:]]+)*(def|class|object|trait|enum|given)[[:blank:]].*)$",
    "muse-dart": r"^[[:blank:]]*(((abstract|sealed|base|final|interface)[[:blank:]]+)*"
    r"(class|mixin|enum|extension|typedef)[[:blank:]].*|"
    + _other_than("if", "else", "for", "while", "switch", "catch", "return", "do", "try", "await", "assert")
    + r"[^=;]*\([^;]*(\{|=>).*)$",
    "muse-starlark": r"^(def[[:blank:]].*|[A-Za-z_][A-Za-z0-9_.]*\(.*|[A-Za-z_0-9]+[[:blank:]]*=[^=].*)$",
    "muse-haskell": r"^(((data|newtype|type|class|instance|module|pattern)[[:blank:]].*)|"
    r"([a-z_][A-Za-z0-9_']*|\([^)]*\))([[:blank:]]*,[^:]*)?[[:blank:]]*::.*)$",
    "muse-nix": r"^[[:blank:]]*([A-Za-z0-9_.\"'-]+[[:blank:]]*=.*[[:blank:]{(:'[])$",
    "muse-ocaml": r"^((let|and|type|module|class|exception|external|val|open)[[:blank:]].*|"
    r"[[:blank:]]+(module|type|val|class|method|let[[:blank:]]+rec)[[:blank:]].*)$",
    "muse-zig": r"^[[:blank:]]*(((pub|export|extern|inline|noinline)[[:blank:]]+)*(fn|test|comptime)[[:blank:]].*|"
    r"((pub|export)[[:blank:]]+)*const[[:blank:]][^=]*=[[:blank:]]*((packed|extern)[[:blank:]]+)?"
    r"(struct|enum|union|opaque|error)[[:blank:]({].*)$",
    "muse-lua": r"^[[:blank:]]*((local[[:blank:]]+)?function[[:blank:](].*|.*=[[:blank:]]*function[[:blank:]]*\(.*)$",
    "muse-cmake": r"^[[:blank:]]*((function|macro|FUNCTION|MACRO)[[:blank:]]*\(.*)$",
    "muse-powershell": r"^[[:blank:]]*(([Ff]unction|[Ff]ilter|[Cc]lass|[Ee]num)[[:blank:]].*)$",
    "muse-solidity": r"^[[:blank:]]*((abstract[[:blank:]]+)?(contract|interface|library|struct|enum|function|modifier|"
    r"constructor)[[:blank:](].*)$",
    "muse-julia": r"^[[:blank:]]*(((mutable|abstract)[[:blank:]]+)?(function|macro|struct|type|module)[[:blank:]].*)$",
    "muse-toml": r"^[[:blank:]]*(\[.*)$",
    "muse-ini": r"^[[:blank:]]*(\[.*)$",
    "muse-yaml": r"^([A-Za-z0-9_\"'.-]+[[:blank:]]*:.*)$",
    "muse-make": r"^([A-Za-z0-9_.%/$()-]+([[:blank:]]+[A-Za-z0-9_.%/$()-]+)*[[:blank:]]*:([^=].*)?)$",
}

_DIFF_BY_NAME: dict[str, str] = {
    # Git's own drivers, which it gives to nobody unasked
    "python": "*.py *.pyi *.pyw",
    "golang": "*.go",
    "rust": "*.rs",
    "java": "*.java",
    "cpp": "*.c *.h *.cc *.cpp *.cxx *.hpp *.hh *.hxx *.ipp",
    "csharp": "*.cs",
    "ruby": "*.rb *.rake *.gemspec rakefile gemfile",
    "php": "*.php *.phtml",
    "kotlin": "*.kt *.kts",
    "bash": "*.sh *.bash *.zsh",
    "elixir": "*.ex *.exs",
    "html": "*.html *.htm",
    "css": "*.css",
    "markdown": "*.md *.markdown",
    "fortran": "*.f90 *.f95 *.f03 *.f08 *.f18",
    "dts": "*.dts *.dtsi *.dtso *.overlay",
    # ours
    "muse-javascript": "*.js *.jsx *.mjs *.cjs *.ts *.mts *.cts *.tsx",
    "muse-swift": "*.swift",
    "muse-scala": "*.scala *.sc",
    "muse-dart": "*.dart",
    "muse-starlark": "*.bzl *.bazel BUILD WORKSPACE",
    "muse-haskell": "*.hs",
    "muse-nix": "*.nix",
    "muse-ocaml": "*.ml *.mli",
    "muse-zig": "*.zig",
    "muse-lua": "*.lua",
    "muse-cmake": "*.cmake cmakelists.txt",
    "muse-powershell": "*.ps1 *.psm1",
    "muse-solidity": "*.sol",
    "muse-julia": "*.jl",
    "muse-toml": "*.toml cargo.lock poetry.lock",
    "muse-ini": "*.ini *.cfg *.editorconfig *.gitconfig",
    "muse-yaml": "*.yml *.yaml",
    "muse-make": "*.mk makefile gnumakefile",
    "muse-midi": "*.mid *.midi *.kar *.rmi *.smf",
    "muse-score": "*.musicxml *.mxl *.mscx *.mscz",
    "muse-daw": "*.als *.rpp *.dawproject",
}
DIFF_DRIVER = {pattern: name for name, patterns in _DIFF_BY_NAME.items() for pattern in patterns.split()}
_CAPITALS = (
    "Makefile",
    "GNUmakefile",
    "Rakefile",
    "Gemfile",
    "Cargo.lock",
    "CODEOWNERS",
    "CMakeLists.txt",
    "Jenkinsfile",
)
_OF_PROJECTS = frozenset(
    {"changelog", "changes", "history", "news", "authors", "contributors", "credits", "maintainers", "thanks"}
)
LISTED = ("muse-midi", "muse-score", "muse-daw")
"""Diff drivers whose files are shown as `muse-textconv` lists them."""
COMPARED = "muse-midi"
"""The one of them whose versions `git diff` has compared by our program."""


def settings(
    program_dir: str, patterns: Patterns | None = None, listed: Patterns = NOTHING
) -> list[tuple[str, str, str, str]]:
    """(section, subsection, name, value) of every setting; `program_dir` is searched after PATH ("" for none).

    `patterns`: the file types that are to be used, for which diff drivers are written; None for all. `listed`: those of
    other packages that are shown as their domain lists them; what Git prints of these is not kept, as it may differ
    with the next version of the package.
    """
    used = set(DIFF_DRIVER.values() if patterns is None else map(DIFF_DRIVER.get, chain(*patterns.values())))
    path = f'PATH="$PATH":{_quoted(program_dir)} ' if program_dir else ""
    rows = [
        ("merge", "muse", "name", "Muse: music and code merged by meaning"),
        ("merge", "muse", "driver", _driver(program_dir, path, "")),
        ("merge", "muse", "recursive", "muse-base"),
        ("merge", "muse-base", "name", "Muse, between merge bases"),
        ("merge", "muse-base", "driver", _driver(program_dir, path, "--virtual ")),
    ]
    for name in filter(used.__contains__, LISTED):
        rows += [
            ("diff", name, "textconv", _TEXTCONV.format(path=path, version=__version__, words="")),
            ("diff", name, "cachetextconv", "true"),
        ]
        if name == COMPARED:
            rows.append(("diff", name, "command", _COMPARE.format(path=path)))
    for domain in listed:
        words = f"--domain {_quoted(domain)} "
        text = _TEXTCONV.format(path=path, version=__version__, words=words)
        rows.append(("diff", diff_driver(domain), "textconv", text))
    rows += [("diff", name, "xfuncname", pattern) for name, pattern in HUNK_HEADERS.items() if name in used]
    rows += [
        ("mergetool", "muse", "cmd", _MERGETOOL.format(path=path)),
        ("mergetool", "muse", "trustExitCode", "true"),
    ]
    return rows


def diff_driver(domain: str) -> str:
    """The name under which Git knows how another package's domain lists its files."""
    return "muse-domain-" + "".join(char if char.isalnum() and char.isascii() else "-" for char in domain)


def attribute_lines(patterns: Patterns, listed: Patterns = NOTHING) -> list[str]:
    """Lines for an attributes file from domain -> file-name globs.

    Names people write with capitals (`TUNE.MID`, `Makefile`) get lines of their own; the globs of other packages are
    spelled so that they fit in any case of letters, as the registry has it.
    """
    lines = []
    for domain, globs in patterns.items():
        for pattern in globs:
            diff = diff_driver(domain) if pattern in listed.get(domain, ()) else DIFF_DRIVER.get(pattern)
            words = ["-text"] * (diff in LISTED) + ["merge=muse"] + ([f"diff={diff}"] if diff else [])
            spellings = _spellings(pattern) if domain in _OURS else [in_any_case(pattern)]
            lines += [f"{_attribute_pattern(spelling)} {' '.join(words)}" for spelling in spellings]
    return lines


def _spellings(pattern: str) -> list[str]:
    if DIFF_DRIVER.get(pattern) in LISTED:
        return [pattern, pattern.upper()]
    stem, dot, ending = pattern.partition(".")
    if stem in _OF_PROJECTS:  # as projects write them: CHANGES.rst, Changelog.md
        return [pattern, stem.upper() + dot + ending, stem.title() + dot + ending]
    return [pattern, *(name for name in _CAPITALS if name.lower() == pattern)]


def _attribute_pattern(pattern: str) -> str:
    if pattern.startswith("!"):  # else Git takes it for a "not" and leaves the line out
        pattern = "\\" + pattern
    if pattern[0] not in '#"' and not pattern.startswith("[attr]") and not any(char.isspace() for char in pattern):
        return pattern
    for char, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        pattern = pattern.replace(char, written)
    return f'"{pattern}"'


def _driver(program_dir: str, path: str, flags: str) -> str:
    direct = ""
    if program_dir and os.path.dirname(os.path.abspath(sys.executable)) == program_dir:
        library = os.path.dirname(os.path.dirname(os.path.abspath(muse.__file__)))
        direct = _DIRECT.format(python=_quoted(os.path.abspath(sys.executable)), library=_quoted(library))
    ahead = "" if flags else _AHEAD.format()
    paths = {"direct": direct.replace("%", "%%"), "path": path.replace("%", "%%")}
    return _DRIVER.format(ahead=ahead, flags=flags, binary=_BINARY[flags], **paths)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
