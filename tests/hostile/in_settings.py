"""Hostile settings and records of ours that a clone holds: too many, too large, and links to streams."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.hostile.in_trees import ACTS
from tests.hostile.quarry import Quarry, as_json, link


def claims_by_the_thousand(at: Quarry) -> None:
    """Committed by somebody, on one file, with addresses of a hundred thousand parts among them."""
    now = datetime.now(UTC)
    claim = {"run_id": ACTS, "branch": ACTS, "addresses": ["lib.py", ACTS], "created_at": now.isoformat(),
             "expires_at": (now + timedelta(days=6)).isoformat(), "operation": ACTS, "intent_id": "x"}  # fmt: skip
    deep = {**claim, "addresses": ["/".join("ab" * 100_000)]}
    files = {f"{n}.json": as_json({**claim, "reservation_id": f"{n}"}) for n in range(10_000)}
    files |= {f"x{n}.json": b"{" for n in range(2_000)} | {f"d{n}.json": as_json(deep) for n in range(50)}
    kinds = ("reservations", "intents")
    at.write({f".muse/coordination/{kind}/{name}": data for kind in kinds for name, data in files.items()})


def settings_that_are_links_to_streams(at: Quarry) -> None:
    """Whoever opens them reads what somebody else has to say."""
    for name in (".museattributes", ".museignore", ".muse/config.toml", ".muse/coordination/claims.json"):
        link(at.root, name, "/dev/stdin")
    at.git("add", "-A", "-f")
    at.git("commit", "-q", "-m", "links")


def settings_of_a_hundred_megabytes(at: Quarry) -> None:
    """Each a hundred KB as it travels; Git reads attributes up to this size."""
    begin = b"# >>> muse install; `muse uninstall` takes these lines out\n"
    rows = [row.split("\t") for row in at.git("ls-tree", "HEAD").splitlines()]
    sane = {name: head.split()[2] for head, name in rows}
    big = {".gitattributes": at.zeros(99 << 20, begin, b"\n"), ".museattributes": at.zeros(200 << 20, b"", b"\n"),
           ".museignore": at.zeros(200 << 20, b"", b"\n"),
           ".muse/config.toml": at.zeros(200 << 20, b"", b"\n")}  # fmt: skip
    for branch in ("main", "topic"):
        theirs = {**sane, "lib.py": at.git("rev-parse", f"{branch}:lib.py"), **big}
        at.git("update-ref", f"refs/heads/{branch}", at.commit(at.folder(theirs), at.git("rev-parse", branch)))
    at.git("reset", "-q", "--hard")


CASES = {made.__name__: made for made in (
    claims_by_the_thousand, settings_that_are_links_to_streams, settings_of_a_hundred_megabytes,
)}  # fmt: skip
