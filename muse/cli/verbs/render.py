"""`muse render`: one page of pictures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from muse.cli.context import domains, note, repo
from muse.cli.options import late
from muse.cli.output import data as data_out
from muse.cli.output import say
from muse.core import terminal
from muse.core.errors import MuseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from muse.engine.history.log import Commit
    from muse.engine.resolve.compare import Compared
    from muse.store.repository import Repository
    from muse.view.page import Page


@click.command("render", short_help="Draw a commit, a range or a conflict as one HTML page")
@click.argument("what", metavar="[REV | A..B]", required=False, shell_complete=late("refs", files=True))
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("-o", "--output", metavar="FILE", help="Where to write; - is standard output.")
@click.option("--svg", is_flag=True, help="One MIDI file's piano rolls as SVG instead of a page.")
@click.option("--conflicts", is_flag=True, help="What is left to settle (the default while a merge stands open).")
@click.option("--no-sound", is_flag=True, help="Without sampled instruments: a smaller page, played by oscillators.")
@click.option("--no-staff", is_flag=True, help="Without a staff: a page smaller by its engraver, 450 KB.")
@click.option("--site", metavar="DIR", help="A folder of pages: scores, history and merges, linked to each other.")
@click.option(
    "-n", "most", type=click.IntRange(1), default=100, show_default=True, help="With --site: how many commits."
)
def command(
    what: str | None,
    paths: tuple[str, ...],
    output: str | None,
    svg: bool,
    conflicts: bool,
    no_sound: bool,
    no_staff: bool,
    site: str | None,
    most: int,
) -> int:
    """Draw a commit (HEAD by default), a range, or what is left to settle.

    The page stands alone: piano rolls of every version, controller lanes, trees of changed symbols, the history. It can
    be read without Muse, without a network, by keyboard, and plays the music. A name is written and printed unless -o
    says where.

    --site writes a folder that any web server can serve and a browser opens from disk: what REV has in it, the commits
    that led there, a page for each.
    """
    from muse.view import page as view
    from muse.view.pianoroll import picture
    from muse.view.score import read_score

    here = repo()
    if what is not None and not paths and not is_revision(here, what):
        paths, what = (what,), None
    plugin_for, _ = domains(here)
    if site is not None:
        if svg or output or conflicts or no_sound or no_staff:
            raise UsageError("--site goes with none of -o, --svg, --no-sound, --no-staff and --conflicts")
        return _site(here, what or "HEAD", site, most, [from_top(here, path) for path in paths], plugin_for)
    wanted = [from_top(here, path) for path in paths]
    page, files = contents(here, what, conflicts, plugin_for, wanted)
    if svg:
        found = [each for each in files if read_score(each.path, each.sides, (), plugin_for(each.path)) is not None]
        if len(found) != 1:
            hint = "name it: muse render --svg REV PATH"
            raise UsageError(f"--svg draws one piece of music, and {len(found)} changed", hint=hint)
        text = picture(found[0], plugin_for(found[0].path))
    else:
        if wanted:
            found = list(files)
            if not found:
                hint = terminal.command("muse", "render", what or "HEAD")
                raise MuseError(f"nothing changed in {', '.join(paths)}", hint=hint)
            files = iter(found)
        text = view.build(page, files, plugin_for, heard=not no_sound, written=not no_staff)
    _write(text, output or f"muse-{_slug(page.title)}.{'svg' if svg else 'html'}")
    return 0


def _site(here: Repository, rev: str, folder: str, most: int, paths: Sequence[str], plugin_for: Any) -> int:
    from pathlib import Path

    from muse.core.progress import counted
    from muse.engine.history.log import commits
    from muse.engine.resolve import compare
    from muse.view.site import Site, addresses

    name = here.resolve(rev)
    title = os.path.basename(os.path.realpath(here.work_tree or here.git_dir)).removesuffix(".git")
    site = Site(Path(folder), title, plugin_for)
    limit = ["--", *(f":(top,literal){path}" for path in paths)] if paths else []
    rows = list(commits(here, ["-n", str(most), name, *limit]))
    for commit in counted(rows, "drawing commits"):
        site.commit(commit, page_of(commit), compare.of_commit(here, commit.id, plugin_for, paths))
    pieces = list(compare.pieces(here, name, plugin_for, paths))
    taken = addresses(piece.path for piece in pieces)
    for piece in counted(pieces, "drawing scores"):
        site.piece(piece, taken)
    site.index([("at", name), ("commits", str(len(rows)))], rows, taken)
    say(terminal.path(os.path.join(folder, "index.html")))
    return 0


def contents(
    here: Repository, what: str | None, conflicts: bool, plugin_for: Any, paths: Sequence[str]
) -> tuple[Page, Iterator[Compared]]:
    """The head of a page and the files on it: of a commit, a range, or what is left to settle."""
    from muse.engine.history.log import commits
    from muse.engine.resolve import compare
    from muse.view.page import Page

    if what is None and (conflicts or here.git("ls-files", "--unmerged", "-z", ":/")):
        rows = list(commits(here, ["-n", "30", "HEAD", *compare.other_side(here)])) if here.head() else []
        page = Page("merge in progress", compare.who(here), "", rows)
        return page, compare.of_conflicts(here, plugin_for, paths)
    if what is not None and ".." in what:
        old, _, new = what.partition("..")
        old, new = here.resolve(old or "HEAD"), here.resolve(new.lstrip(".") or "HEAD")
        if "..." in what:
            old = here.git("merge-base", old, new).decode().strip()
        rows = list(commits(here, ["-n", "100", "--boundary", f"{old}..{new}"]))
        page = Page(what, [("from", old), ("to", new)], "", rows, [commit.id for commit in rows[:-1]])
        return page, compare.of_trees(here, here.tree_of(old), here.tree_of(new), plugin_for, paths)
    name = here.resolve(what or "HEAD")
    (commit,) = commits(here, ["-n", "1", name])
    page = page_of(commit)
    page.commits, page.shown = list(commits(here, ["-n", "30", name])), [name]
    return page, compare.of_commit(here, name, plugin_for, paths)


def page_of(commit: Commit) -> Page:
    """The head of a commit's page."""
    from muse.view.page import Page

    about = [
        ("commit", commit.id),
        ("author", f"{commit.author} <{commit.author_email}>"),
        ("date", commit.author_date),
        *(("parent", parent) for parent in commit.parents),
    ]
    subject, _, body = commit.message.partition("\n")
    return Page(f"{commit.id[:10]} {subject}", about, body.strip())


def of_file(here: Repository, typed: str) -> tuple[Page, Iterator[Compared]]:
    """The page of a file as it is now, and the commits that made it."""
    from muse.engine.history.log import touching
    from muse.engine.resolve import compare
    from muse.view.page import Page

    path = from_top(here, typed)
    found = compare.of_file(here, path)
    if all(data is None for data in found.sides.values()):
        raise MuseError(f"{typed} is no file that can be read", hint="muse show --web [REV | A..B | FILE]")
    made = [commit for commit, _ in touching(here, path, ["-n", "100"])] if here.head() else []
    return Page(path, commits=made), iter([found])


def is_revision(here: Repository, word: str) -> bool:
    """True for what names a commit or range, false for a file; otherwise a MuseError says that it is neither."""
    if ".." in word:
        return not os.path.exists(word)
    try:
        here.resolve(word)
    except MuseError:
        if os.path.lexists(word):
            return False
        raise
    return True


def from_top(here: Repository, path: str) -> str:
    """A path as typed, from the top of the work tree."""
    if here.work_tree is None:
        return path
    folder, name = os.path.split(path.rstrip("/"))
    inside = os.path.relpath(os.path.realpath(folder or "."), os.path.realpath(here.work_tree))
    return os.path.normpath(os.path.join(inside, name)).replace(os.sep, "/")


def _slug(title: str) -> str:
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in title.lower())
    return "-".join(filter(None, kept.split("-")))[:60]


def _write(text: str, output: str) -> None:
    data = text.encode("utf-8", "replace")
    if output == "-":
        data_out(data)
        return
    from muse.core.io import write_bytes_atomic

    try:
        write_bytes_atomic(output, data)
    except OSError as error:
        raise MuseError(f"cannot write {output}: {error.strerror}", hint="choose another place with -o") from None
    note(f"{len(data) / 1024:.0f} KB")
    say(terminal.path(output))
