"""What a Muse repository looks like inside Git, on one screen (format 1).

    refs/muse/log/<writer>    <session>/...  content/...                                    (op-log checkpoints)
    refs/muse/meta/<writer>   format  deltas/<aa>/<base-tree>-<tree>.json
                              provenance/<aa>/<base-tree>-<tree>/<id>.json
                              crdt/<aa>/<tree>/{state.json, <hex of the path's SHA-256>}
    refs/muse-remotes/<remote>/{log,meta}/<writer>      what other clones wrote, as last fetched

    log tree:  format  <session>/name  <session>/<instance>/<aa>/<first>-<last>.jsonl  <session>/checkpoint.json
               content/<aa>/<hex>
"""

from __future__ import annotations

import re

FORMAT = b"muse 1\n"
_ESCAPE = re.compile(r"%(?=(?:25)*[89A-F][0-9A-F])")
_UNESCAPE = re.compile(rb"%(?:25(?=(?:25)*[89A-F][0-9A-F])|([89A-F][0-9A-F]))")


def path_text(path: bytes) -> str:
    """A Git path as manifests spell it: UTF-8, other bytes as `%XX`. `path_bytes` is its exact inverse."""
    if b"%" not in path:
        try:
            return path.decode()
        except UnicodeDecodeError:
            pass
    text = _ESCAPE.sub("%25", path.decode("utf-8", "surrogateescape"))
    return "".join(f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)


def path_bytes(path: str) -> bytes:
    """The Git path of a manifest's path."""
    raw = path.encode("utf-8", "surrogateescape")
    return _UNESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"%", raw)
