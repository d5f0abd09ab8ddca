"""Git's half of a whole merge: trees, renames, modes, submodules and criss-cross bases, in one `git merge-tree`.

Git runs in a shadow repository: a temporary Git directory over the same objects whose configuration leaves our own
driver out. So Git merges every text itself (in one process, by the algorithm `git merge` uses) and names each path
whose contents both sides changed; what such a path becomes is then `whole_tree`'s to say. Other people's drivers stay.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from muse.core import leftovers
from muse.core.errors import MuseError, hint_for_git
from muse.core.gitattributes import without_ours
from muse.engine.git import git_version
from muse.engine.history.ancestry import merge_bases
from muse.store import durability

if TYPE_CHECKING:
    import subprocess

    from muse.store.repository import Repository

LFS = "a pointer of Git LFS"
NEEDED = (2, 38)  # the first git with merge-tree --write-tree
_REGULAR = frozenset({b"100644", b"100755"})
_CONTENT_KINDS = frozenset({"Auto-merging", "CONFLICT (contents)", "CONFLICT (binary)"})
# Settings that would make the shadow something else than a view of the same objects, or name our own driver.
_NOT_SHADOWED = (
    "merge.muse.",
    "include.",
    "includeif.",
    "core.worktree",
    "core.bare",
    "core.fsmonitor",
    "core.splitindex",
    "core.hookspath",
    "extensions.worktreeconfig",
    "extensions.refstorage",
)


class Stage(NamedTuple):
    """One version of a path: its mode as Git writes it (b"100644") and its blob."""

    mode: bytes
    id: str


class Message(NamedTuple):
    """What Git says about a merge: the paths, a fixed kind such as `CONFLICT (contents)`, and the sentence."""

    paths: tuple[bytes, ...]
    kind: str
    text: str


Stages = dict[int, Stage]  # 1 base, 2 ours, 3 theirs


@dataclass
class TreeMerge:
    """Git's own merge of two commits.

    `tree` holds what a work tree would, conflict markers included; `stages` the conflicts as the index would; `both`
    every path whose contents were merged or should be, clean ones too; `halves` files that one side deleted and the
    other changed.
    """

    ours: str
    theirs: str
    bases: list[str]
    tree: str
    stages: dict[bytes, Stages] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    both: dict[bytes, Stages] = field(default_factory=dict)
    halves: dict[bytes, Stages] = field(default_factory=dict)
    attributes: dict[bytes, str] = field(default_factory=dict)


def too_old() -> str:
    """What to say where the installed git cannot merge whole trees; "" where it can."""
    found = git_version()
    return "" if found >= NEEDED else f"merging whole trees needs git 2.38 or newer; this is git {found[0]}.{found[1]}"


def merge_trees(
    repo: Repository, ours: str, theirs: str, labels: tuple[str, str] = ("", ""), base: str = ""
) -> TreeMerge:
    """Merge two commits as Git does without our driver; nothing but objects is written.

    `base` is a tree to be taken for the merge base's. `labels` are the names of the two sides in conflict markers and
    file names; where Git cannot use one, it is the commit's id. MuseError when the histories are unrelated, git is
    older than 2.38, or it cannot merge at all.
    """
    if said := too_old():
        raise MuseError(said, hint="git merge works with this one, through the driver: muse install")
    ours, theirs = repo.resolve(ours), repo.resolve(theirs)
    real = ours, theirs
    bases = merge_bases(repo, ours, theirs)
    if bases and base:
        bases, ours, theirs = _on_base(repo, base, ours, theirs)
    if not bases:
        raise MuseError("refusing to merge unrelated histories", hint="git merge --allow-unrelated-histories")
    with _shadow(repo, ours) as env:
        sides = _named(env, {labels[0]: ours, labels[1]: theirs}) if labels[0] != labels[1] else {}
        names = [name if sides.get(name) == commit else commit for name, commit in zip(labels, (ours, theirs))]
        merged = _parse(_merge_tree(repo, env, *names), ours, theirs, bases)
        merged.both = _contents(repo, env, merged)
        merged.halves = _halves(merged)
        merged.attributes = _attributes(repo, env, [*merged.both, *merged.halves])
    if base:
        merged.ours, merged.theirs = real
        merged.bases = merge_bases(repo, *real)
    return merged


def _on_base(repo: Repository, base: str, ours: str, theirs: str) -> tuple[list[str], str, str]:
    """Commits nobody points at: a root with the tree `base`, and on it the trees of both sides."""
    from muse.store.meta.writer_refs import take_commit

    with repo.writer() as writer:
        root = take_commit(writer, base, [], "base")
        left, right = (take_commit(writer, repo.tree_of(side), [root], side) for side in (ours, theirs))
    return [root], left, right


# The shadow repository ---------------------------------------------------------------------------------------------


@contextmanager
def _shadow(repo: Repository, ours: str) -> Iterator[dict[str, str]]:
    leftovers.sweep_temporary()
    folder = tempfile.mkdtemp(prefix=leftovers.passing("merge"))
    try:
        join = os.path.join
        os.makedirs(join(folder, "refs"))
        os.makedirs(join(folder, "info"))
        _write(join(folder, "HEAD"), ours.encode() + b"\n")
        _write(join(folder, "config"), _configuration(repo))
        replaced = repo.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/replace/")
        _write(join(folder, "packed-refs"), replaced)
        own = without_ours(_read(join(repo.common_dir, "info", "attributes")))  # ours would outrank the project's
        _write(join(folder, "info", "attributes"), own)
        env = {name: value for name, value in repo.env.items() if not name.startswith("GIT_CONFIG")}
        env.update(
            GIT_DIR=folder,
            GIT_OBJECT_DIRECTORY=str(repo.objects_dir),
            GIT_CONFIG_NOSYSTEM="1",
            GIT_CONFIG_GLOBAL=os.devnull,
            GIT_WORK_TREE=str(repo.work_tree or _attribute_files(repo, ours, join(folder, "tree"))),
        )
        if repo.work_tree is not None:
            env["GIT_INDEX_FILE"] = env.get("GIT_INDEX_FILE", str(repo.git_dir / "index"))
        if os.path.exists(repo.common_dir / "shallow"):
            env["GIT_SHALLOW_FILE"] = str(repo.common_dir / "shallow")
        yield env
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _named(env: dict[str, str], wanted: dict[str, str]) -> dict[str, str]:
    """Branches of these names in the shadow repository, so that Git itself writes the names people know."""
    import re

    good = {
        name: commit
        for name, commit in wanted.items()
        if re.fullmatch(r"[^\s~^:?*\[\\\x7f@{}-][^\s~^:?*\[\\\x7f@{}]*", name)
        and not re.fullmatch(r"[0-9a-fA-F]{4,64}|[A-Z_]+_HEAD|.*(\.\.|//|\.lock(/.*)?|/\..*)|\..*|.*[./]", name)
    }
    rows = [f"{commit} refs/heads/{name}\n" for name, commit in good.items() if name != "HEAD"]
    with open(os.path.join(env["GIT_DIR"], "packed-refs"), "ab") as file:
        file.write(os.fsencode("".join(rows)))
    if good.get("HEAD"):
        _write(os.path.join(env["GIT_DIR"], "HEAD"), good["HEAD"].encode() + b"\n")
    return good


def _attribute_files(repo: Repository, commit: str, folder: str) -> str:
    """Where there is no work tree: one that holds ours' `.gitattributes` files and nothing else."""
    os.makedirs(folder)
    for row in repo.git("ls-tree", "-r", "-z", commit).split(b"\0"):
        info, _, path = row.partition(b"\t")
        if path == b".gitattributes" or path.endswith(b"/.gitattributes"):
            mode, _, name = info.split()
            if mode in _REGULAR:
                target = os.path.join(os.fsencode(folder), path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                _write(os.fsdecode(target), repo.objects.blob(name.decode()))
    return folder


def _configuration(repo: Repository) -> bytes:
    """The settings in force as one file, without those the shadow must not have."""
    lines = []
    for entry in repo.git("config", "--list", "-z").split(b"\0"):
        name, found, value = os.fsdecode(entry).partition("\n")
        if not name or name.startswith(_NOT_SHADOWED):
            continue
        section, _, rest = name.partition(".")
        middle, dot, key = rest.rpartition(".")
        lines.append(f"[{section} {_quoted(middle)}]" if dot else f"[{section}]")
        lines.append(f"\t{key} = {_quoted(value)}" if found else f"\t{key}")
    return os.fsencode("\n".join(lines) + "\n")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


# Asking Git --------------------------------------------------------------------------------------------------------


def _git(
    repo: Repository, env: dict[str, str], *args: str, input: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    import subprocess

    where = env["GIT_WORK_TREE"]
    words = ["git", *durability.words(repo, args), *args]
    return subprocess.run(words, cwd=where, env=env, input=input, capture_output=True, check=False)


def _merge_tree(repo: Repository, env: dict[str, str], ours: str, theirs: str, *settings: str) -> bytes:
    done = _git(repo, env, *settings, "merge-tree", "--write-tree", "-z", "--messages", ours, theirs)
    if done.returncode not in (0, 1):
        said = done.stderr.decode("utf-8", "replace")
        why = next((line for line in said.splitlines() if line.startswith("error: ")), said.strip().rpartition("\n")[2])
        raise MuseError(f"git cannot merge: {why or done.returncode}", hint=hint_for_git(said))
    return done.stdout


def _parse(output: bytes, ours: str, theirs: str, bases: list[str]) -> TreeMerge:
    """The `-z` form of merge-tree: tree, conflicted stages, an empty record, then messages."""
    fields = iter(output.split(b"\0"))
    merged = TreeMerge(ours, theirs, bases, next(fields).decode())
    for row in fields:
        if not row:
            break
        info, _, path = row.partition(b"\t")
        mode, name, stage = info.split()
        merged.stages.setdefault(path, {})[int(stage)] = Stage(mode, name.decode())
    for count in fields:
        if not count.isdigit():
            break
        paths = tuple(next(fields) for _ in range(int(count)))
        kind, text = os.fsdecode(next(fields)), os.fsdecode(next(fields))
        merged.messages.append(Message(paths, kind, text.rstrip("\n")))
    return merged


def _contents(repo: Repository, env: dict[str, str], merged: TreeMerge) -> dict[bytes, Stages]:
    """Every path whose contents Git merged or could not, with its versions, unless more than contents is disputed."""
    disputed = {path for message in merged.messages if message.kind not in _CONTENT_KINDS for path in message.paths}
    both = {path: stages for path, stages in merged.stages.items() if path not in disputed and _regular(stages)}
    clean = (
        {path for message in merged.messages if message.kind == "Auto-merging" for path in message.paths}
        - merged.stages.keys()
        - disputed
    )
    if not clean:
        return both
    found = _unmoved(repo, merged, clean) if len(merged.bases) == 1 else None
    if found is None:
        found = _by_driver(repo, env, merged, clean)
    both.update((path, stages) for path, stages in found.items() if _regular(stages))
    return both


def _halves(merged: TreeMerge) -> dict[bytes, Stages]:
    """Files deleted on one side and changed on the other, with no rename or other dispute about them."""
    kinds: dict[bytes, set[str]] = {}
    for message in merged.messages:
        for path in message.paths:
            kinds.setdefault(path, set()).add(message.kind)
    return {
        path: stages
        for path, stages in merged.stages.items()
        if kinds.get(path) == {"CONFLICT (modify/delete)"}
        and len(stages) == 2
        and 1 in stages
        and all(stage.mode in _REGULAR for stage in stages.values())
    }


def _regular(stages: Stages) -> bool:
    if not {2, 3} <= stages.keys() or any(stage.mode not in _REGULAR for stage in stages.values()):
        return False
    return 1 in stages or stages[2].mode == stages[3].mode


def _unmoved(repo: Repository, merged: TreeMerge, wanted: set[bytes]) -> dict[bytes, Stages] | None:
    """The versions of paths that exist in the base and on both sides, where no rename can be involved; else None."""
    changed = [_modified(repo, merged.bases[0], side) for side in (merged.ours, merged.theirs)]
    found: dict[bytes, Stages] = {}
    for path in wanted:
        if path not in changed[0] or path not in changed[1]:
            return None
        (base, ours), (_, theirs) = changed[0][path], changed[1][path]
        found[path] = {1: base, 2: ours, 3: theirs}
    return found


def _modified(repo: Repository, base: str, side: str) -> dict[bytes, tuple[Stage, Stage]]:
    fields = iter(repo.git("diff-tree", "-r", "-z", "--raw", "--no-renames", base, side).split(b"\0"))
    found = {}
    for info in fields:
        if info.startswith(b":"):
            old_mode, new_mode, old, new, status = info[1:].split()
            path = next(fields)
            if status == b"M":
                found[path] = (Stage(old_mode, old.decode()), Stage(new_mode, new.decode()))
    return found


def _by_driver(repo: Repository, env: dict[str, str], merged: TreeMerge, wanted: set[bytes]) -> dict[bytes, Stages]:
    """The versions Git itself lines up, across renames and virtual bases: a driver that always fails shows them all.

    It costs a process for each path, so it is asked only where paths alone do not tell. Virtual bases are merged as
    text, as Git does.
    """
    attributes = _read(os.path.join(env["GIT_DIR"], "info", "attributes"))
    lines = [b'"%s" merge=muse-stages' % _attribute_pattern(path) for path in sorted(wanted)]
    _write(os.path.join(env["GIT_DIR"], "info", "attributes"), b"\n".join([attributes, *lines, b""]))
    try:
        output = _merge_tree(
            repo,
            env,
            merged.ours,
            merged.theirs,
            "-c",
            "merge.muse-stages.driver=false",
            "-c",
            "merge.muse-stages.recursive=text",
        )
    finally:
        _write(os.path.join(env["GIT_DIR"], "info", "attributes"), attributes)
    again = _parse(output, merged.ours, merged.theirs, merged.bases)
    return {path: again.stages[path] for path in wanted if path in again.stages}


def _attribute_pattern(path: bytes) -> bytes:
    """A path as a quoted pattern of `.gitattributes` that matches it alone."""
    out = b"/"
    for byte in path:
        char = bytes([byte])
        if char in b"*?[\\":
            out += b"\\\\" + (b"\\\\" if char == b"\\" else char)
        elif char == b'"':
            out += b'\\"'
        elif byte < 32 or byte == 127:
            out += b"\\%03o" % byte
        else:
            out += char
    return out


def _attributes(repo: Repository, env: dict[str, str], paths: list[bytes]) -> dict[bytes, str]:
    """What the attribute `merge` says of each path: `unspecified`, `set`, `unset` or a driver's name.

    `LFS` for a pointer of Git LFS that no configured driver takes: markers in it would lose the file.
    """
    if not paths:
        return {}
    done = _git(repo, env, "check-attr", "-z", "--stdin", "merge", "filter", input=b"\0".join(paths) + b"\0")
    fields = done.stdout.split(b"\0")
    found: dict[bytes, str] = {}
    for i in range(0, len(fields) - 2, 3):
        value = fields[i + 2].decode("utf-8", "replace")
        if fields[i + 1] == b"merge":
            found[fields[i]] = value
        elif value == "lfs" and repo.config(f"merge.{found.get(fields[i])}.driver") is None:
            found[fields[i]] = LFS
    return found
