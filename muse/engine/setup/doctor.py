"""What can be wrong with a set-up, as a list of findings: each says what it looked at and which command mends it.

Nothing is changed by looking. The door adds what only it knows (plugins).
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from muse.core import gitattributes
from muse.core.errors import MuseError
from muse.core.patterns import sample
from muse.core.terminal import command, escaped, word
from muse.engine import conflict_records
from muse.engine.setup import install as setup
from muse.engine.setup.tables import NOTHING, Patterns, attribute_lines, diff_driver, settings

if TYPE_CHECKING:
    from muse.domain import PluginFor
    from muse.store.repository import Repository

OLDEST_GIT = (2, 34)
SINCE = (((2, 38), "`muse merge` asks Git for whole-tree merges"), ((2, 44), "conflict labels are Git's own"))
"""Git versions from which on something works better, and what."""


class Finding(NamedTuple):
    """`state`: ok, note (works, with a limit) or bad; `mend` is a command to type, or ""."""

    check: str
    state: str
    text: str
    mend: str = ""


def check_git() -> Iterator[Finding]:
    """Is git there, and new enough?"""
    try:
        said = subprocess.run(["git", "version"], capture_output=True, text=True, check=False).stdout
    except OSError as error:
        yield Finding("git", "bad", f"git cannot be run: {error.strerror}", "install Git 2.34 or newer")
        return
    numbers = re.search(r"(\d+)\.(\d+)", said)
    version = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    if version < OLDEST_GIT:
        yield Finding("git", "bad", f"{said.strip()} is too old", "install Git 2.34 or newer")
        return
    yield Finding("git", "ok", said.strip())
    for since, what in SINCE:
        if version < since:
            yield Finding("git", "note", f"with Git {since[0]}.{since[1]} or newer, {what}")


def check_manual() -> Iterator[Finding]:
    """Does `git muse --help` find the manual page that was installed with us?"""
    import shutil
    import sysconfig

    if shutil.which("man") is None:
        yield Finding("manual", "note", "there is no man program: `git muse --help` shows nothing", "muse help")
    elif subprocess.run(["man", "-w", "git-muse"], capture_output=True, check=False).returncode == 0:
        yield Finding("manual", "ok", "`git muse --help` finds the manual")
    else:
        page = os.path.join(sysconfig.get_path("data"), "share", "man", "man1", "git-muse.1")
        link = f"mkdir -p ~/.local/share/man/man1 && ln -s {word(page)} ~/.local/share/man/man1/"
        yield Finding(
            "manual",
            "note",
            "`git muse --help` does not find the manual; `muse help` shows the same",
            link if os.path.exists(page) else "muse help",
        )


def check_installation(repo: Repository, patterns: Patterns, listed: Patterns = NOTHING) -> Iterator[Finding]:
    """Are the drivers configured as this version would, and do Git's attributes use them?"""
    driver = repo.config("merge.muse.driver")
    if driver is None:
        yield Finding("drivers", "bad", "Git knows no merge driver of ours here", "muse install")
        return
    ours = {value for head, name, key, value in settings(setup.find_programs()) if (head, name, key) == _DRIVER}
    if driver in ours:
        yield Finding("drivers", "ok", "the merge driver is configured")
    else:
        yield Finding(
            "drivers",
            "note",
            "the merge driver was configured by another version of Muse, or from another folder",
            "muse install",
        )
    yield _run_driver(repo, driver)
    only = (repo.config("muse.only") or "").split()
    patterns = {name: claimed for name, claimed in patterns.items() if not only or name in only}
    samples = {sample(pattern): pattern for claimed in patterns.values() for pattern in claimed}
    unused = {name for name, value in _in_force(repo, samples).items() if value != "muse"}
    theirs = owners(repo, list(samples))
    missing = sorted(samples[name] for name in unused - theirs.keys())
    if missing:
        text = f"Git does not use our merge driver for {_some(missing)}"
        yield Finding("attributes", "bad" if len(missing) == len(samples) else "note", text, _install(only))
    else:
        count = len(attribute_lines(patterns)) - len(theirs)
        yield Finding("attributes", "ok", f"{count} file types are merged through us")
    for name, (value, where) in sorted(theirs.items()):
        yield Finding("attributes", "ok", f"{samples[name]} is {_merged_by(value)}{_as_said(where)}")
    yield from _listings(repo, {name: globs for name, globs in listed.items() if not only or name in only}, only)


def _listings(repo: Repository, listed: Patterns, only: Sequence[str]) -> Iterator[Finding]:
    """Does `git diff` ask the domains of other packages that can list their files?"""
    for domain, globs in listed.items():
        driver = diff_driver(domain)
        said = _in_force(repo, map(sample, globs), "diff")
        known = repo.config(f"diff.{driver}.textconv") is not None
        lost = [
            glob
            for glob in globs
            if said[sample(glob)] == "unspecified" or (said[sample(glob)] == driver and not known)
        ]
        if lost:
            text = f"{domain} can list its files, and git diff does not ask it for {_some(lost)}"
            yield Finding("attributes", "note", text, _install(only))


def _install(only: Sequence[str]) -> str:
    return command("muse", "install", *(word for name in only for word in ("--only", name)))


_DRIVER = ("merge", "muse", "driver")
_WAYS = {
    "set": "merged as text by Git",
    "text": "merged as text by Git",
    "unset": "a conflict whenever both sides changed it",
    "binary": "a conflict whenever both sides changed it",
    "union": "merged by Git's union of both sides",
}


def _merged_by(value: str) -> str:
    return _WAYS.get(value, f"merged by the driver {value!r}")


def _as_said(where: str) -> str:
    return f", as {where} says" if where else ", as your attributes say"


def owners(repo: Repository, names: list[str]) -> dict[str, tuple[str, str]]:
    """Of these paths, those that the user's attributes give to somebody else: the attribute's value, and where."""
    root = None if repo.work_tree is None else os.fspath(repo.work_tree)
    git_dir, file = os.fspath(repo.git_dir), repo.config("core.attributesFile")
    said = gitattributes.begin(names, root, git_dir, file)()
    values = {name: said.get(name, {}).get("merge", "unspecified") for name in names}
    return {
        name: (value, gitattributes.speaker(name, root, git_dir, file))
        for name, value in values.items()
        if value not in gitattributes.LEFT_TO_US
    }


def check_paths(repo: Repository, paths: Sequence[str], domain_of: Callable[[str], str]) -> Iterator[Finding]:
    """Who merges each of these paths (from the top), and who says so."""
    theirs = owners(repo, list(paths))
    forced = _in_force(repo, paths)
    lfs = _in_force(repo, paths, "filter")
    for path in paths:
        if lfs.get(path) == "lfs":
            text = "a pointer of Git LFS, which is never merged: one side is chosen"
        elif path in theirs:
            text = _merged_by(theirs[path][0]) + _as_said(theirs[path][1])
        elif forced.get(path) == "muse":
            text = f"merged by Muse as {domain_of(path)}"
        else:
            text = "merged as text by Git: nobody claims it"
        yield Finding("path", "ok", f"{escaped(path)}: {text}")


def _in_force(repo: Repository, names: Iterable[str], attribute: str = "merge") -> dict[str, str]:
    asked = "\0".join(sorted(names)).encode("utf-8", "surrogateescape") + b"\0"
    fields = os.fsdecode(repo.git("check-attr", "-z", "--stdin", attribute, input=asked)).split("\0")
    return dict(zip(fields[::3], fields[2::3]))


def _run_driver(repo: Repository, command: str) -> Finding:
    """Run the configured command on a merge that Git cannot make and a driver can: same edit of both sides, twice."""
    with tempfile.TemporaryDirectory(prefix="muse-doctor-") as folder:
        for name, text in (("O", "a\n"), ("A", "b\n"), ("B", "b\n")):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        plain = {
            "%O": "O",
            "%A": "A",
            "%B": "B",
            "%L": "7",
            "%P": "sample.txt",
            "%S": "base",
            "%X": "x",
            "%Y": "y",
            "%%": "%",
        }
        filled = re.sub("%[OABLPSXY%]", lambda match: plain[match[0]], command)
        env = {key: value for key, value in os.environ.items() if key != "MUSE"}
        done = subprocess.run(["sh", "-c", filled], cwd=folder, capture_output=True, text=True, env=env, check=False)
    if done.returncode == 0 and not done.stderr:
        return Finding("driver", "ok", "the merge driver runs")
    wrong = done.stderr.strip().splitlines()[-1:] or [f"it exits with {done.returncode}"]
    return Finding(
        "driver",
        "bad",
        f"the merge driver does not run: {wrong[0]}",
        "pipx install --force muse-on-git && muse install",
    )


def check_records(repo: Repository) -> Iterator[Finding]:
    """Are there conflict records of paths that are settled?"""
    listing = repo.git("ls-files", "--unmerged", "-z", "--full-name", ":/") if not repo.bare else b""
    left = {os.fsdecode(entry.partition(b"\t")[2]) for entry in listing.split(b"\0") if entry}
    stale = [record["path"] for record in conflict_records.load_all(repo.git_dir) if record["path"] not in left]
    if stale:
        text = f"records of settled conflicts are left: {_some(stale)}"
        yield Finding("conflicts", "note", text, "muse conflicts")
    elif left:
        yield Finding("conflicts", "note", f"{len(left)} path(s) to settle", "muse conflicts")
    else:
        yield Finding("conflicts", "ok", "nothing is left to settle")


def check_writer(repo: Repository) -> Iterator[Finding]:
    """Is the writer id this clone's own, or did it come with a copied folder?"""
    from muse.store import writer

    if writer.known_writer(repo) is not None:
        yield Finding("writer", "ok", "this clone has a writer id of its own")
    elif writer.previous_writers(repo) or os.path.exists(os.path.join(repo.common_dir, "muse", "writer.json")):
        yield Finding(
            "writer",
            "note",
            "this folder was copied or moved; it takes a writer id of its own when it writes next",
            "muse sync",
        )
    else:
        yield Finding("writer", "ok", "nothing was written yet, so there is no writer id")


def check_signatures(repo: Repository) -> Iterator[Finding]:
    """Where log refs are signed: whose signature has each, as Git says?"""
    from muse.store import refs
    from muse.store.layout import OWN, REMOTES, owner
    from muse.store.meta import signatures

    try:
        wanted = signatures.mode(repo)
    except MuseError as error:
        yield Finding("signatures", "bad", str(error), error.hint)
        return
    tips = refs.read_many(repo, OWN, REMOTES) if wanted else {}
    logs = [(ref, tip) for ref, tip in tips.items() if (owner(ref) or ("",))[0] == "log"]
    for ref, tip in logs[:_MOST_REFS]:
        if signatures.why_not(repo, ref, tip):
            continue  # `check_metadata` lists it
        found = signatures.of(repo, tip)
        said = f"signed by {found.signer or 'a key Git does not know'}" if found.letter else "not signed"
        yield Finding(
            "signatures", "ok" if found.letter else "note", f"{ref} is {said}", "" if found.letter else "muse sync"
        )


_MOST_REFS = 50  # whose signatures are listed


def check_sessions(repo: Repository, plugin_for: PluginFor) -> Iterator[Finding]:
    """Is anything of other clones' live sessions left out, or lost in a merge?"""
    from muse.core.op_log import OpLog
    from muse.engine.session import evidence, expunge, repair
    from muse.store.log import checkpoints

    left_out = checkpoints.left_out(repo)
    found = bool(left_out)
    for problem in left_out:
        mend = "muse sync" if checkpoints.NEVER_GIVEN in problem.why else ""
        yield Finding("sessions", "note", f"{problem.ref}: {problem.path} is left out: {problem.why}", mend)
    for name in checkpoints.sessions(repo) if repo.work_tree is not None else ():
        log = OpLog(repo.root, name)
        lost = repair.missing(repo, log, plugin_for) if log.folder.is_dir() else []
        told = expunge.told_by_others(repo, log) if log.folder.is_dir() else {}
        for line in (*evidence.contradicted(repo, log), *([expunge.words(name, told)] if told else ())):
            found = True
            yield Finding("sessions", "note", line)
        if lost:
            text = f"session {name}: a merge has lost what its ops made of {', '.join(each.path for each in lost[:3])}"
            yield Finding("sessions", "bad", text, command("muse", "session", "repair", name))
    if not found:
        yield Finding("sessions", "ok", "nothing of other clones' live sessions is left out")


def check_metadata(repo: Repository) -> Iterator[Finding]:
    """Does every remote have what this clone wrote?"""
    from muse.store import refs
    from muse.store.layout import OWN, REMOTES

    own = refs.read_many(repo, OWN)
    remotes = repo.git("remote").decode("utf-8", "surrogateescape").split()
    for remote in remotes if own else ():
        there = refs.read_many(repo, f"{REMOTES}{remote}/")
        late = sum(there.get(f"{REMOTES}{remote}/{name[len(OWN) :]}") != tip for name, tip in own.items())
        if late:
            text = f"{remote}, as last seen, does not have what was written here ({late} ref(s))"
            yield Finding("metadata", "note", text, command("muse", "sync", remote))
        else:
            yield Finding("metadata", "ok", f"{remote} has what was written here")
    yield from _problems(repo)
    schemes = repo.git("config", "--get-regexp", r"^remote\..*\.(push)?url$", check=False)
    if b" muse::" in schemes and not _on_path("git-remote-muse"):
        yield Finding(
            "remote helper",
            "bad",
            "a remote is reached by muse::, and git-remote-muse is not on PATH",
            "pipx ensurepath",
        )


def _problems(repo: Repository) -> Iterator[Finding]:
    from muse.store.meta import broken
    from muse.store.verify import problems

    try:
        for ref in broken.broken(repo):
            yield Finding("metadata", "bad", f"{ref} names objects that are lost", "muse verify --repair")
        for problem in problems(repo):
            where = ascii(problem.path[:400])[1:-1]  # a name somebody else gave it
            yield Finding("metadata", "bad", f"{problem.ref}: {where}: {problem.why}", "muse verify --repair")
    except MuseError as error:
        yield Finding("metadata", "bad", str(error), error.hint or "muse verify")


def _on_path(program: str) -> bool:
    import shutil

    return shutil.which(program) is not None


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
