"""`docs/format.md`, read by somebody who has no Muse: plain git, hashes and JSON over what real commands have written.

Nothing of Muse is imported for reading; the functions below are the page's sentences.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from muse.cli.main import main
from tests.conftest import MakeRepo, RunGit
from tests.session.kit import added, append, changed

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "format.md").read_text()
SONG = (Path(__file__).parents[2] / "fixtures" / "midi" / "menuet.mid").read_bytes()
SESSIONS = ("content", "Long " * 30)
RULES = '[[rules]]\npath = "*.py"\ndimension = "*"\nstrategy = "join"\n'


class Plain:
    """A repository as plain git shows it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *words: str) -> bytes:
        return subprocess.run(["git", *words], cwd=self.root, capture_output=True, check=True).stdout

    def lines(self, *words: str) -> list[str]:
        return self.git(*words).decode().splitlines()

    def files(self, commit: str) -> dict[str, tuple[str, str]]:
        """Path -> mode and blob id of a commit's tree."""
        rows = (row.split(b"\t") for row in self.git("ls-tree", "-r", "-z", commit).split(b"\0") if row)
        return {path.decode(): (head.decode().split()[0], head.decode().split()[2]) for head, path in rows}

    def blob(self, name: str) -> bytes:
        return self.git("cat-file", "blob", name)

    def tree(self, commit: str) -> str:
        return self.lines("rev-parse", f"{commit}^{{tree}}")[0]

    def ref(self, kind: str) -> str:
        (name,) = self.lines("for-each-ref", "--format=%(refname)", f"refs/muse/{kind}")
        return name


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_history(root: Path, git: RunGit, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(root)

    def muse(*words: str, code: int = 0) -> None:
        assert main(list(words)) == code, words

    def edit(session: str, op: object) -> None:
        (told,) = append(root, session, {"op": op})
        assert "ack" in told

    (root / "song.mid").write_bytes(SONG)
    muse("commit", "-q", "-m", "a song")
    old = (root / "a.py").read_bytes()
    new = old.replace(b"return 1", b"return 10")
    for number, name in enumerate(SESSIONS):
        muse("session", "start", name)
        edit(name, added(f"new {number}.txt", b"%d\n" % number))
        muse("session", "commit", name, "-m", f"from {number}")
    edit(SESSIONS[0], changed("a.py", old, new))
    muse("session", "commit", SESSIONS[0], "-m", "once more")
    git(root, "switch", "-q", "-c", "topic")
    (root / "a.py").write_bytes(new.replace(b"return 2", b"return 20"))
    muse("commit", "-q", "-m", "topic")
    git(root, "switch", "-q", "main")
    (root / "a.py").write_bytes(new.replace(b"return 10", b"return 100"))
    muse("commit", "-q", "-m", "main")
    muse("merge", "topic")
    return root


@pytest.mark.parametrize("sha256", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["sha1", "sha256"])
def test_every_sentence_holds(make_repo: MakeRepo, git: RunGit, monkeypatch: pytest.MonkeyPatch, sha256: bool) -> None:
    files = {"a.py": "def a():\n    return 1\n\n\ndef b():\n    return 2\n", ".museattributes": RULES}
    plain = Plain(write_history(make_repo(files=files, sha256=sha256), git, monkeypatch))
    assert main(["log"]) == 0
    subprocess.run(["git", "gc", "-q", "--prune=now"], cwd=plain.root, check=True)  # nothing named can go
    assert plain.git("fsck", "--strict", "--no-dangling") == b""
    commits_are_gits(plain)
    for kind, text in (("log", b"muse 2\n"), ("meta", b"muse 1\n")):
        assert re.fullmatch(rf"refs/muse/{kind}/[0-9a-f]{{20}}", plain.ref(kind))
        assert plain.blob(f"{plain.ref(kind)}:format") == text
        history_only_grows(plain, plain.ref(kind))
    deltas_lead_between_trees(plain)
    provenance_is_named_by_its_bytes(plain)
    states_are_named_by_path(plain)
    sessions_are_folders(plain)
    what_stays_here_is_in_the_table(plain)


def commits_are_gits(plain: Plain) -> None:
    for commit in plain.lines("rev-list", "--all"):
        head, _, message = plain.git("cat-file", "commit", commit).partition(b"\n\n")
        names = [line.split(b" ")[0] for line in head.split(b"\n")]
        assert [name for name in names if name != b"parent"] == [b"tree", b"author", b"committer"]
        assert not re.search(rb"(?m)^[A-Z][\w-]+: ", message), "a trailer"


def history_only_grows(plain: Plain, ref: str) -> None:
    """Single parents; each tree holds all of the one before, and what never changes does not."""
    chain = plain.lines("rev-list", "--first-parent", ref)
    assert chain == plain.lines("rev-list", ref) and len(chain) > 1
    before: dict[str, tuple[str, str]] = {}
    for commit in reversed(chain):
        now = plain.files(commit)
        assert before.keys() <= now.keys()
        fixed = [path for path in before if path.endswith(".jsonl") or path.startswith(("content/", "provenance/"))]
        assert all(now[path] == before[path] for path in fixed)
        assert {mode for mode, _ in now.values()} == {"100644"}
        before = now


def json_of(plain: Plain, name: str) -> Any:
    """The value of a JSON file, which is canonical: sorted, no spaces, UTF-8; a newline may end it."""
    data = plain.blob(name)
    value = json.loads(data)
    assert data.removesuffix(b"\n") == canonical(value)
    return value


def below(plain: Plain, kind: str, folder: str) -> Iterator[tuple[list[str], str]]:
    """Path, split, and blob of each file below a folder of a ref's tree."""
    for path, (_, blob) in plain.files(plain.ref(kind)).items():
        if path.startswith(folder):
            yield path.split("/"), blob


def pairs(plain: Plain) -> set[str]:
    """`<base tree>-<tree>` of every parent of every commit on branches; a root's base is the empty tree."""
    empty = plain.lines("hash-object", "-t", "tree", "/dev/null")[0]
    found = set()
    for row in plain.lines("rev-list", "--branches", "--parents"):
        commit, *parents = row.split()
        bases = [plain.tree(parent) for parent in parents] or [empty]
        found |= {f"{base}-{plain.tree(commit)}" for base in bases if base != plain.tree(commit)}
    return found


def deltas_lead_between_trees(plain: Plain) -> None:
    stored = set()
    for (_, aa, name), blob in below(plain, "meta", "deltas/"):
        base, _, tree = name.removesuffix(".json").partition("-")
        assert aa == tree[:2]
        value = json_of(plain, blob)
        assert value["format"] == 1 and value["plugins"] and value["delta"].keys() >= {"domain", "ops", "summary"}
        stored.add(f"{base}-{tree}")
    wanted = pairs(plain)
    (merge,) = plain.lines("rev-list", "--merges", "main")
    assert stored <= wanted, "a delta leads between trees of history"
    assert {f"{plain.tree(f'{merge}^{n}')}-{plain.tree(merge)}" for n in (1, 2)} <= stored, "one delta per parent"
    assert len(wanted - stored) == 1, "all but the first commit, which plain git made"


def provenance_is_named_by_its_bytes(plain: Plain) -> None:
    count = 0
    for (_, aa, key, name), blob in below(plain, "meta", "provenance/"):
        assert aa == key.partition("-")[2][:2] and key in pairs(plain)
        assert name == f"{digest(canonical(json_of(plain, blob)))}.json"
        count += 1
    assert count


def states_are_named_by_path(plain: Plain) -> None:
    trees = 0
    for (_, aa, tree, name), blob in below(plain, "meta", "crdt/"):
        assert aa == tree[:2] and plain.git("cat-file", "-t", tree) == b"tree\n"
        if name != "state.json":
            continue
        value, trees = json_of(plain, blob), trees + 1
        assert value.keys() == {"crdt_state", "domain", "format", "schema_version", "vclock"}
        for path, known in value["crdt_state"].items():
            state = plain.blob(f"{plain.ref('meta')}:crdt/{aa}/{tree}/{digest(path.encode())}")
            assert known == f"sha256:{digest(state)}"
    assert trees


def encoded(name: str) -> str:
    plain = "".join(chr(c) if re.match(rb"[a-z0-9_-]", bytes([c])) else f"%{c:02X}" for c in name.encode())
    if len(plain) > 100:
        return digest(name.encode())
    return f"%{name.encode()[0]:02X}{plain[1:]}" if name in ("content", "format", "name") else plain


def sessions_are_folders(plain: Plain) -> None:
    ref, writer = plain.ref("log"), plain.ref("log").rpartition("/")[2]
    files = plain.files(ref)
    inline, needed = set(), set()
    for name in SESSIONS:
        folder = encoded(name)
        assert plain.blob(f"{ref}:{folder}/name").decode().rstrip("\n") == name
        checkpoint = json_of(plain, f"{ref}:{folder}/checkpoint.json")
        assert checkpoint["session_id"] == name and checkpoint["branch"] == "refs/heads/main"
        assert all(plain.git("cat-file", "-t", made["commit"]) == b"commit\n" for made in checkpoint["deliveries"])
        reached: dict[str, int] = {}
        for path in [path.split("/") for path in files if path.startswith(f"{folder}/") and path.endswith(".jsonl")]:
            _, instance, aa, span = path
            data = plain.blob(files["/".join(path)][1])
            first, last = span.removesuffix(".jsonl").split("-")
            assert (len(first), len(last), aa) == (10, 10, digest(data)[:2])
            rows = [line_of(line) for line in data.splitlines(keepends=True)]
            assert [row["sequence"] for row in rows] == [*range(int(first), int(last) + 1)]
            assert {(row["writer"], row["instance"]) for row in rows} == {(writer, instance)}
            key = f"{writer}/{instance}"
            reached[key] = max(reached.get(key, 0), int(last))
            for op in (row["domain_op"] for row in rows):
                if "content_b64" in op:
                    inline.add(digest(base64.b64decode(op["content_b64"])))
                needed |= {
                    op[field].removeprefix("sha256:") for field in ("content_id", "new_content_id") if field in op
                }
        assert checkpoint["positions"] == reached
    contents = {path.split("/")[2]: path for path in files if path.startswith("content/")}
    assert all(path == f"content/{name[:2]}/{name}" for name, path in contents.items())
    assert all(digest(plain.blob(files[path][1])) == name for name, path in contents.items())
    assert needed <= inline | contents.keys() and needed


def line_of(line: bytes) -> dict[str, Any]:
    """One op: canonical JSON of what its id hashes, then the rest, then a CRC-32 of all before it."""
    row: dict[str, Any] = json.loads(line)
    before, _, crc = line.rpartition(b',"crc":')
    assert json.loads(crc.rstrip(b"}\n")) == f"{zlib.crc32(before):08x}"
    told = ("created_at", "op_id", "head", "unmet", "instead", "writer", "instance", "sequence", "crc")
    assert [name for name in row if name in told] == [name for name in told if name in row], "in this order"
    body = {name: row[name] for name in row if name not in told}
    assert line.startswith(canonical(body)[:-1]) and row["op_id"] == f"sha256:{digest(canonical(body))}"
    return row


def what_stays_here_is_in_the_table(plain: Plain) -> None:
    table = PAGE.partition("## What stays on this machine")[2]
    named = {
        name.rstrip("/") for row in re.findall(r"(?m)^\| (.*?) \|", table) for name in re.findall(r"`([^`]+)`", row)
    }
    here = {path.name for path in (plain.root / ".git" / "muse").iterdir()}
    assert here <= named, "every file below <git dir>/muse has a row"
