"""C-style quoting, as Git writes it in values of the helper protocol."""

from __future__ import annotations

ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}


def unquote(text: str) -> str:
    """A value as it was meant: Git writes it as a C string when it holds quotes or odd bytes."""
    if not (len(text) > 1 and text.startswith('"') and text.endswith('"')):
        return text
    out, body, at = bytearray(), text[1:-1], 0
    while at < len(body):
        if body[at] != "\\" or at + 1 == len(body):
            out += body[at].encode("utf-8", "surrogateescape")
            at += 1
        elif body[at + 1] in ESCAPES:
            out.append(ESCAPES[body[at + 1]])
            at += 2
        else:
            out.append(int(body[at + 1 : at + 4], 8) & 255)
            at += 4
    return out.decode("utf-8", "surrogateescape")
