"""What Muse adds after Git's own work: metadata fetched or pushed, drivers set up in a new clone.

Git waits for us here, with its objects stored and its refs not yet written. Nothing below may fail Git's command: a
problem is one line on stderr.
"""

from __future__ import annotations

import os

from git_remote_muse import run
from git_remote_muse.config import Config
from git_remote_muse.protocol import Watch
from git_remote_muse.refs import list_refs
from git_remote_muse.url import Place
from muse.core.errors import MuseError
from muse.core.terminal import tell
from muse.core.types import plural

TYPE_CHECKING = False  # what only names types would cost each start
if TYPE_CHECKING:
    from collections.abc import Mapping

METADATA = ("refs/muse/", "refs/muse-remotes/", "refs/heads/muse-meta/")
MAX_SETTINGS = 4 << 20  # bytes of an attributes file; nobody wrote a larger one by hand
LAZY = "'fetch.negotiationalgorithm'='noop'"  # how Git calls `fetch` for the missing objects of a partial clone


class CallingRepository:
    """The repository Git called us for, as much of it as `muse.store.sync` needs."""

    def git(
        self,
        *args: str,
        input: bytes | None = None,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> bytes:
        # Asked once for a password is enough: a credential helper answers again, a person should not have to.
        quietly = {**os.environ, "GIT_TERMINAL_PROMPT": "0", **(env or {})}
        return run.git(*args, input=input, check=check, env=quietly, quiet=True, seconds=seconds)


def follow_up(remote: str, place: Place, config: Config, watch: Watch) -> None:
    """Do what is due after this conversation, for a remote with a name; `muse.autoSetup=false` switches it all off."""
    if not config.flag("muse.autosetup", True) or not is_named(remote, config) or is_lazy_fetch():
        return
    metadata = config.flag("muse.metadata", True) and not watch.everything and not is_mirror(remote, config)
    fetched = metadata and (watch.fetched or watch.looked)
    new = (watch.fetched or watch.prefixed) and (watch.new or is_new_clone())
    try:
        if metadata and (watch.fetched or watch.looked or watch.pushed):
            follow_remotes(CallingRepository(), remote)
        if new:
            make_absolute(remote, place, config)
        wanted = (*METADATA, *["HEAD"] * new)
        program = config.get(f"remote.{remote}.uploadpack")
        tips = list_refs(place, remote, config, wanted, program=program) if fetched or new else {}
        if new and not config.flag("core.bare", False):
            set_up_drivers(tips.get("HEAD"))
        if fetched:
            fetch(remote, place, tips)
        if metadata and watch.pushed:
            push(remote, place, config, watch)
    except (MuseError, OSError) as error:
        say(str(error))


def is_named(remote: str, config: Config) -> bool:
    """True for a configured remote; Git passes the address itself when there is none."""
    return bool(config.get(f"remote.{remote}.url") or config.get(f"remote.{remote}.vcs"))


def is_lazy_fetch() -> bool:
    """True while Git fetches missing objects of a partial clone behind the user's back."""
    return LAZY in os.environ.get("GIT_CONFIG_PARAMETERS", "").lower() or "GIT_NO_LAZY_FETCH" in os.environ


def is_mirror(remote: str, config: Config) -> bool:
    """True when Git's own refspecs carry `refs/muse/*` already."""
    specs = [spec.lstrip("+").partition(":")[0] for spec in config.all(f"remote.{remote}.fetch")]
    return config.flag(f"remote.{remote}.mirror", False) or any(
        spec in ("refs/*", "*") or spec.startswith("refs/muse") for spec in specs
    )


def is_new_clone() -> bool:
    """True while the repository has no ref at all."""
    return not run.git("for-each-ref", "--count=1", "--format=x")


def prepare(config: Config) -> None:
    """Load what `set_up_drivers` will need, if it will be called."""
    if is_new_clone() and not config.flag("core.bare", False):
        from muse.engine.setup import install as install
        from muse.plugins.registry import claimed_patterns

        claimed_patterns()


def make_absolute(remote: str, place: Place, config: Config) -> None:
    """A relative path was relative to where `git clone` ran; from inside the clone it would name something else."""
    key = f"remote.{remote}.url"
    if place.kind == "file" and not place.path.startswith("/") and config.get(key) == f"muse::{place.path}":
        run.git("config", key, f"muse::{os.path.abspath(place.path)}")


def set_up_drivers(head: str | None) -> None:
    """Configure the merge and diff drivers of a new clone, with our own fixed commands.

    What the project's `.gitattributes` says keeps its weight, so it is read from the commit that will be checked out.
    """
    from muse.engine.setup import install
    from muse.plugins.registry import claimed_patterns, listed

    if not install.find_programs():
        return
    git_dir = os.environ["GIT_DIR"]
    at = install.places(git_dir)
    tracked = os.path.join(git_dir, f"muse-attributes.{os.getpid()}")
    files = _settings(head)
    with open(tracked, "wb") as file:
        file.write(files.get(".gitattributes", b""))
    try:
        own = _own_domain(files.get(".museattributes", b""))
        there = install.Places(at.config, at.attributes, at.exclude, tracked)
        install.install(there, claimed_patterns(own), listed=listed(own))
    finally:
        os.unlink(tracked)


def _settings(head: str | None) -> dict[str, bytes]:
    """The attribute files of the commit to be checked out, those that are there; none that is larger than is read."""
    if not is_present(head):
        return {}
    names = (".gitattributes", ".museattributes")
    asked = "".join(f"{head}:{name}\n" for name in names).encode()
    rows = run.git("cat-file", "--batch-check", input=asked, check=False, quiet=True).decode("utf-8", "replace")
    found = {}
    for name, row in zip(names, rows.split("\n")):
        words = row.split(" ")
        if words[1:2] == ["blob"] and int(words[2]) <= MAX_SETTINGS:
            found[name] = run.git("cat-file", "blob", words[0], check=False, quiet=True)
    return found


def _own_domain(said: bytes) -> str:
    """The domain that a `.museattributes` names for its repository; "" when it names none."""
    from muse.core.attributes import AttributesError, parse_attributes

    try:
        meta = parse_attributes(said).get("meta")
    except AttributesError:
        return ""
    domain = meta.get("domain") if isinstance(meta, dict) else None
    return domain if isinstance(domain, str) else ""


def is_present(commit: str | None) -> bool:
    """True when a commit and its tree are here; a partial clone does not fetch them just because we ask."""
    nothing = {**os.environ, "GIT_ALLOW_PROTOCOL": "none"}
    asked = ("cat-file", "-t", f"{commit}^{{tree}}")
    return commit is not None and run.git(*asked, check=False, quiet=True, env=nothing) != b""


def follow_remotes(repo: CallingRepository, remote: str) -> None:
    """What `git remote rename` and `remove` did since the last time, done to the copies of metadata as well."""
    from muse.store.remotes import follow

    def let_go(gone: str) -> None:
        from muse.engine.session.keep import let_go
        from muse.store.repository import Repository

        let_go(Repository.discover("."), gone)

    follow(repo, let_go, remote)


def fetch(remote: str, place: Place, tips: dict[str, str]) -> None:
    """Metadata in, and one line when there was any."""
    from muse.store.sync import fetch_metadata

    got = fetch_metadata(CallingRepository(), remote, place.url, tips=tips)
    if got:
        say(f"{plural(got, 'metadata ref')} from {remote}")


def push(remote: str, place: Place, config: Config, watch: Watch) -> None:
    """Our own metadata out; under a new name where the remote has more under ours than we do.

    Nothing where the other side took none of what was pushed: what a server refuses, it does not get by another way.
    """
    from muse.store.sync import due, push_own

    repo = CallingRepository()
    if not due(repo, remote) or not (watch.accepted or was_taken(remote, place, config, watch.sent)):
        return
    prefix = config.get("muse.refprefix") or "refs/muse/"
    push_own(repo, remote, place.url, prefix=prefix, renew=take_new_name)


def was_taken(remote: str, place: Place, config: Config, sent: Mapping[str, str]) -> bool:
    """True when the other side has at least one ref as it was sent; its answers went to Git, so that it is asked."""
    if not sent:
        return False
    there = list_refs(place, remote, config, [*sent], program=config.get(f"remote.{remote}.uploadpack"))
    for name, source in sent.items():
        if not source.strip("0"):
            if name not in there:
                return True
        elif (
            there.get(name) == run.git("rev-parse", "-q", "--verify", source, check=False, quiet=True).decode().strip()
        ):
            return True
    return False


def take_new_name() -> None:
    """Go on under a new writer id: a backup was restored here, or a folder copied."""
    from muse.store.meta.writer_refs import check_own
    from muse.store.repository import Repository

    check_own(Repository.discover("."))


def say(text: str) -> None:
    """One line on stderr."""
    tell(f"muse: {text}")
