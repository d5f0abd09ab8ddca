"""What may go to a terminal: the one place where text of files, names and messages is made harmless.

Everything a verb, the driver or the helper prints passes `escaped`; every command in a hint is put together by
`command`. So no name can move the cursor, hide a word, forge a line, or run something when a hint is pasted.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # the helper and the driver start with this file; `re` alone would cost them 4 ms
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

_OURS = f"\x1b{os.urandom(8).hex()};"  # opens a colour of our own; no text from outside can know it
_BREAKS = dict.fromkeys(map(ord, "\t\n\v\f\r"), " ")
_NAMES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}  # Git's short escapes


_pattern: re.Pattern[str] | None = None


def _unsafe() -> re.Pattern[str]:
    """Our colour marks, and characters that act on a terminal or on the order of text: C0 and C1 controls (as bytes of
    other encodings too), line and paragraph separators, bidi controls, invisible marks and tags, lone surrogates; the
    joiners that Persian words and emoji are made with where they stand beside ASCII, in which they mean nothing."""
    global _pattern
    if _pattern is not None:
        return _pattern
    import re

    _pattern = re.compile(
        f"{_OURS}([0-9;]*)m|[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f"
        "\\ufeff\\ufff9-\\ufffb\\U000e0000-\\U000e007f\\ud800-\\udc7f\\udc80-\\udc9f\\udd00-\\udfff]"
        "|(?<=[ -~])[\\u200c\\u200d]|[\\u200c\\u200d](?=[ -~])"
    )
    return _pattern


def escaped(text: str) -> str:
    """One line for a terminal: whatever could act on it is shown as `\\n`, `\\x1b` or `\\u202e`; tabs stay."""
    if text.isprintable():
        return text
    return _unsafe().sub(lambda found: f"\x1b[{found[1]}m" if found[1] is not None else _shown(found[0]), text)


def _shown(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # a byte that is no UTF-8
    if code == 10 or code == 13:
        return f"\\{_NAMES[code]}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def painted(text: str, colour: str) -> str:
    """The text in a colour that `escaped` lets through; `colour` is the SGR parameter, such as "31;1"."""
    return f"{colour_from_here(colour)}{text}{colour_from_here('')}"


def colour_from_here(colour: str) -> str:
    """What turns a colour on, "" for the usual one."""
    return f"{_OURS}{colour}m"


def repainted(text: str) -> str:
    """Text of Git's with its colours kept as ours; nothing else of a terminal's language is kept."""
    import re

    return re.sub(r"\x1b\[([0-9;]*)m", lambda found: f"{_OURS}{found[1]}m", text)


def one_line(text: str) -> str:
    """Text of a file or a plugin as a part of a line: its line breaks and tabs are spaces, the rest `escaped`."""
    if not text.isprintable():
        text = escaped(text.translate(_BREAKS))
    return text.strip()


def path(name: str, *, all_ascii: bool = False) -> str:
    """A path as Git prints it: in double quotes, C style, when there is need to.

    As with `core.quotePath=false`, letters beyond ASCII stay; `all_ascii` is Git's own default.
    """
    if name.isascii() and name.isprintable() and '"' not in name and "\\" not in name:
        return name
    acts = {found.start() for found in _unsafe().finditer(name)}
    body = "".join(_c_style(char, (all_ascii and char > "~") or at in acts) for at, char in enumerate(name))
    return name if body == name else f'"{body}"'


def _c_style(char: str, as_bytes: bool) -> str:
    if ord(char) in _NAMES:
        return f"\\{_NAMES[ord(char)]}"
    return _octal(char) if as_bytes else char


def _octal(char: str) -> str:
    escape = 0xDC80 <= ord(char) <= 0xDCFF
    data = bytes([ord(char) - 0xDC00]) if escape else char.encode("utf-8", "surrogatepass")
    return "".join(f"\\{byte:03o}" for byte in data)


def word(text: str) -> str:
    """One word of a shell's command line, quoted so that it means itself; control characters in `$'...'`."""
    import re

    if re.fullmatch(r"[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./#-]*", text):
        return text
    acts = set() if text.isprintable() else {found.start() for found in _unsafe().finditer(text)}
    if acts or "\t" in text:
        acts |= {at for at, char in enumerate(text) if char == "\t"}
        body = "".join(f"\\{c}" if c in "'\\" else _octal(c) if at in acts else c for at, c in enumerate(text))
        return f"$'{body}'"
    return "'" + text.replace("'", "'\\''") + "'"


def command(*words: str, paths: Iterable[str] = ()) -> str:
    """A command for a person to paste; a path that looks like an option gets `./` before it."""
    named = (f"./{name}" if name.startswith("-") else name for name in paths)
    return " ".join(word(each) for each in (*words, *named))


def either_side(name: str) -> str:
    """The hint for a conflict that only a whole side of a path can settle."""
    ours, theirs = (command("muse", "resolve", f"--{side}", paths=[name]) for side in ("ours", "theirs"))
    return f"{ours}   or   {theirs}"


def edit_or_pick(name: str, address: str) -> str:
    """The hint for a conflict inside a text file."""
    return f"edit {word(name)}, or: {command('muse', 'resolve', '--pick', f'{address}=ours', paths=[name])}"


def tell(text: str) -> None:
    """One line on standard error, for doors that have no terminal of their own; nobody reading it is no failure."""
    try:
        sys.stderr.write(f"{escaped(text)}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # the stream is closed, or the disk it goes to is full
