"""The merge of one source file, cheapest step first; the answer with the smallest conflict wins.

Git's text merge; the hunks it left, by line and token; the trees of the three versions. What a later step calls clean
has to pass the safety net (`tokens.keeps_every_edit`) and to parse as well as its inputs did; on doubt the conflict of
an earlier step stays.
"""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from muse.core import options
from muse.core.attributes import resolve_strategy
from muse.core.filedomain import whole_file_conflict
from muse.core.late import regex
from muse.core.law.lines import line_breach
from muse.core.law.look import look, reorders
from muse.core.markers import Chunk, Conflict, conflict_size, conflicts_of, joined, render, settled, whole_lines
from muse.core.options import MergeOptions
from muse.core.terminal import command, edit_or_pick, word
from muse.core.textchunks import text_chunks, whole_blocks
from muse.core.textmerge import merge_text
from muse.domain import ConflictRecord, FileMerge
from muse.plugins.code.checks.anchors import broken_anchor
from muse.plugins.code.checks.calls import calls_what_changed
from muse.plugins.code.checks.law import breaches, outlines_of, reads_and_keeps, text_breaches, unsure
from muse.plugins.code.checks.placement import (
    doubles_nothing,
    keeps_deletions,
    keeps_places,
    repeats_no_modifier,
    repeats_no_word,
)
from muse.plugins.code.checks.references import refers_to_what_is_gone
from muse.plugins.code.checks.tables import evens_tables
from muse.plugins.code.checks.twice import named_twice, there_twice
from muse.plugins.code.checks.uses import in_doubt, uses_old_name, uses_what_is_gone
from muse.plugins.code.checks.whitespace import keeps_spaces, mixes_indents
from muse.plugins.code.languages import language_of, load
from muse.plugins.code.languages.table import Language
from muse.plugins.code.merge.addresses import names_of_conflicts
from muse.plugins.code.merge.greater_versions import Settled, take_greater
from muse.plugins.code.merge.notebook import set_aside
from muse.plugins.code.syntax.parsing import available, missing_parser
from muse.plugins.code.syntax.tokens import keeps_every_edit, keeps_side

if TYPE_CHECKING:
    from muse.core.law.check import Breach

SECONDS = 5.0
_MAX_BYTES = 3_000_000
_MAX_CONFLICT = 300_000
_LATE = "there was no time to see whether this is right"
_SAID = {"entry": "merged by entry: what one side moved has the other side's edits"}
_MARKER = regex(rb"^(<{7,}|>{7,})( |\r?$)", re.M)


def merge_code(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
    """Merge one file both sides changed; `base` None means that both added it.

    A byte order mark makes its line unlike any other, so that what moves to or from the top looks changed. What
    conflicts with the mark is tried without it.
    """
    if (aside := set_aside(path, base or b"", ours, theirs)) is not None:
        without = None if base is None else aside.base
        return aside.back(_merge_code(path, without, aside.ours, aside.theirs))
    merged = _merge_code(path, base, ours, theirs)
    sides = (base or b"", ours, theirs)
    if merged.conflicts and all(side.startswith(codecs.BOM_UTF8) for side in sides):
        bare = _merge_code(path, *(side.removeprefix(codecs.BOM_UTF8) for side in sides))
        if not bare.conflicts and bare.content is not None:
            return FileMerge(codecs.BOM_UTF8 + bare.content, [], bare.notes)
    return merged


def _merge_code(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
    how = options.current()
    until = how.deadline if how.deadline is not None else time.monotonic() + SECONDS
    was = base or b""
    if ours == theirs or was == theirs:
        return FileMerge(ours)
    if was == ours:
        return FileMerge(theirs)
    if any(_MARKER.search(side) for side in (was, ours, theirs)):
        return _git_answer(path, base, ours, theirs, how)
    text = text_chunks(was, ours, theirs)
    if text is None:
        return whole_file_conflict(path, base, ours, theirs)
    language = language_of(path, was, ours, theirs)
    raised = take_greater(path, was, ours, theirs) if conflicts_of(text) else None
    if raised is not None:
        merged = _with_greater(path, language, was, raised, until, how)
        if merged is not None:
            return merged
    chunks, step = _best(language, text, was, ours, theirs, until)
    addressed = names_of_conflicts(whole_blocks(whole_lines(chunks)), language, (was, ours, theirs), until)
    merged = _written(path, addressed, step if conflicts_of(text) else "text", how)
    unread = missing_parser(language)
    return FileMerge(merged.content, merged.conflicts, [*merged.notes, unread]) if unread else merged


def _with_greater(
    path: str, language: Language | None, base: bytes, raised: Settled, until: float, how: MergeOptions
) -> FileMerge | None:
    """The merge of the sides with the greater versions; None where one of them ends in a conflict, which has to show
    what each side really says."""
    ours, theirs = raised.ours, raised.theirs
    text = text_chunks(base, ours, theirs)
    if text is None:
        return None
    chunks, step = _best(language, text, base, ours, theirs, until) if base not in (ours, theirs) else (text, "text")
    left = conflicts_of(whole_lines(chunks))
    if any(raised_text in side for one in left for side in one[:3] for raised_text in raised.texts):
        return None
    addressed = names_of_conflicts(whole_blocks(whole_lines(chunks)), language, (base, ours, theirs), until)
    merged = _written(path, addressed, step if conflicts_of(text) else "text", how)
    return FileMerge(merged.content, merged.conflicts, [*raised.notes, *merged.notes])


def _best(
    language: Language | None, text: list[Chunk], base: bytes, ours: bytes, theirs: bytes, until: float
) -> tuple[list[Chunk], str]:
    """The chunks of the best answer and the name of the step that gave it."""
    sides = base, ours, theirs
    asked = language or _plain(sides)
    if max(map(len, sides)) > _MAX_BYTES or (time.monotonic() > until and not _doubtful(asked, text, sides)):
        return text, "text"
    lawless: list[Breach] = []
    if not conflicts_of(text):
        merged = joined(text)
        lawless = text_breaches(asked, sides, merged, until)
        by_line = _by_line(language, sides, merged) or unsure(language, sides, merged, until)
        if not lawless and not by_line and time.monotonic() > until and _doubtful(asked, text, sides):
            by_line = _LATE
        if not lawless and not by_line:
            return _without_doubt(language, text, sides, until), "text"
        from muse.plugins.code.merge.entries import all_that_differs, in_dispute, twice_in_dispute

        twice = () if lawless else list(there_twice(language, sides, merged))
        text = in_dispute(lawless, sides, merged) if lawless else twice_in_dispute(twice, sides, merged, by_line)
        holds = _keeps_sides(text, sides) if conflicts_of(text) else _lawful(asked, sides, joined(text), until)
        if not holds:
            text = all_that_differs(sides, merged, lawless[0].what if lawless else by_line)
    best, step, size = text, "text", conflict_size(text)
    by_entry = _by_entry(asked, sides, until)
    if by_entry is not None:
        return [by_entry], "entry"
    if not size or size > _MAX_CONFLICT:
        return best, step
    if lawless:
        named = all(one.rule == 5 for one in lawless)
        made = _by_structure(language, sides, 1, until) if named else None
        return (made, "structure") if made is not None else (best, step)
    from muse.plugins.code.merge.hunks import refined

    tokenwise = (
        refined(text, indented=True)
        if language is None
        else refined(text, indented=language.indented, comment=language.comment_line)
    )
    if conflict_size(tokenwise) < size and _trusted(language, tokenwise, *sides, until):
        best, step, size = tokenwise, "tokens", conflict_size(tokenwise)
    made = _by_structure(language, sides, size, until)
    return (made, "structure") if made is not None else (best, step)


def _doubtful(asked: Language | None, text: list[Chunk], sides: tuple[bytes, bytes, bytes]) -> bool:
    """True for a clean text of Git's whose lines alone do not tell that nothing can be wrong."""
    return asked is not None and not conflicts_of(text) and any(look(*sides, joined(text)))


def _by_structure(
    language: Language | None, sides: tuple[bytes, bytes, bytes], size: int, until: float
) -> list[Chunk] | None:
    """What the trees give, if that is trusted and leaves conflicts of less than a size."""
    if not size or language is None or time.monotonic() > until or not (language.lines or available(language)):
        return None
    from muse.plugins.code.merge.structured import merge_trees

    now = time.monotonic()
    made = merge_trees(language, *sides, now + (until - now) / 2)  # the rest is for checking and writing
    trusted = (
        bool(made) and conflict_size(made or []) < size and _trusted(language, made or [], *sides, until, named=True)
    )
    return made if trusted else None


def _without_doubt(
    language: Language | None, text: list[Chunk], sides: tuple[bytes, bytes, bytes], until: float
) -> list[Chunk]:
    """Git's clean text, with conflicts where one side put in what the other side took the ground from."""
    merged = joined(text)
    gone = uses_what_is_gone(language, sides, merged, until, imports=True)
    gone = gone or uses_old_name(language, sides, merged, until) or refers_to_what_is_gone(language, sides, merged)
    if gone:
        return in_doubt(sides, merged, gone, "uses %s, which is gone")
    if changed := calls_what_changed(language, sides):
        return in_doubt(sides, merged, changed, "calls %s, whose parameters changed")
    return text


def _plain(sides: tuple[bytes, bytes, bytes]) -> Language | None:
    """Blocks of text, to be asked about where nothing is known of the language and a side moved lines about."""
    return load("plain") if any(reorders(sides[0], side) for side in sides[1:]) else None


def _by_line(language: Language | None, sides: tuple[bytes, bytes, bytes], merged: bytes) -> str:
    """What is wrong with a result by its lines alone."""
    return line_breach(*sides, merged) or broken_anchor(language, sides, merged) or named_twice(language, sides, merged)


def _by_entry(language: Language | None, sides: tuple[bytes, bytes, bytes], until: float) -> bytes | None:
    """The file with each entry's edits where the entry is now, if a side moved entries and that comes out lawful."""
    if language is None or reorders(*sides[:2]) == reorders(sides[0], sides[2]):
        return None
    from muse.plugins.code.merge.entries import carried

    outlines = outlines_of(language, sides, until)
    made = carried(outlines, sides) if outlines is not None else None
    return made if made is not None and _lawful(language, sides, made, until) else None


def _lawful(language: Language | None, sides: tuple[bytes, bytes, bytes], made: bytes, until: float) -> bool:
    """True when what was made of whole entries has every edit, keeps the law and parses as well as the sides."""
    if not keeps_every_edit(*sides, made) or _by_line(language, sides, made):
        return False
    return reads_and_keeps(language, sides, made, until) and _stands_on_ground(language, sides, made, until)


def _stands_on_ground(language: Language | None, sides: tuple[bytes, bytes, bytes], made: bytes, until: float) -> bool:
    """True when what each side put in finds what it uses, and as it knew it."""
    gone = uses_what_is_gone(language, sides, made, until) or uses_old_name(language, sides, made, until)
    return not (gone or refers_to_what_is_gone(language, sides, made) or calls_what_changed(language, sides))


def _trusted(
    language: Language | None,
    chunks: Sequence[Chunk],
    base: bytes,
    ours: bytes,
    theirs: bytes,
    until: float,
    *,
    named: bool = False,
) -> bool:
    """True when the chunks lose no edit and, once clean, parse as well as the inputs.

    Chunks with conflicts are tried with each side taken in all of them: both files have to hold up. `named`: they were
    made of what is known by name, so that what both sides put in at two places may be at one of them.
    """
    if conflicts_of(chunks):
        mine, its = _taking(chunks, "ours"), _taking(chunks, "theirs")
        kept = _keeps_sides(chunks, (base, ours, theirs))
        return kept and keeps_places(base, ours, mine) and keeps_places(base, theirs, its)
    merged = joined(chunks)
    if _by_line(language, (base, ours, theirs), merged):
        return False
    parsed = language is not None and available(language)
    if not keeps_every_edit(base, ours, theirs, merged, parsed=parsed):
        return False
    twins = (theirs, ours) if named else (None, None)
    if not all(keeps_places(base, side, merged, twin) for side, twin in zip((ours, theirs), twins, strict=True)):
        return False
    if not all(keeps(base, ours, theirs, merged) for keeps in (doubles_nothing, keeps_spaces, keeps_deletions)):
        return False
    if (language is None or language.indented) and mixes_indents(ours, theirs, merged):
        return False
    if language is None:
        plain = _plain((base, ours, theirs))
        return plain is None or not breaches(plain, (base, ours, theirs), merged, until)
    if (language.name == "markdown" or language.lines[:1] == ("prose",)) and not (
        repeats_no_word(base, ours, theirs, merged) and evens_tables(base, ours, theirs, merged)
    ):
        return False
    if not repeats_no_modifier(base, ours, theirs, merged):
        return False
    lawful = reads_and_keeps(language, (base, ours, theirs), merged, until)
    return lawful and _stands_on_ground(language, (base, ours, theirs), merged, until)


def _keeps_sides(chunks: Sequence[Chunk], sides: tuple[bytes, bytes, bytes]) -> bool:
    """True when each side, taken in every conflict, is there with what it changed and with what nobody changed."""
    base, ours, theirs = sides
    mine, its = _taking(chunks, "ours"), _taking(chunks, "theirs")
    return keeps_side(base, ours, theirs, mine) and keeps_side(base, theirs, ours, its)


def _taking(chunks: Sequence[Chunk], side: str) -> bytes:
    """The bytes when every conflict is settled as `side`."""
    return b"".join(settled(chunk, side) if isinstance(chunk, Conflict) else chunk for chunk in chunks)


def _written(path: str, chunks: Sequence[tuple[Chunk, str, str]], step: str, how: MergeOptions) -> FileMerge:
    """Bytes and records of the answer; picks and rules settle conflicts here, after the answer was chosen."""
    final: list[Chunk] = []
    records: list[ConflictRecord] = []
    for chunk, address, dimension in chunks:
        if not isinstance(chunk, Conflict):
            final.append(chunk)
            continue
        choice = how.picks.get(address) or how.picks.get(f"{path}::{address}") or _ruled(path, dimension, how)
        if choice is not None:
            final.append(settled(chunk, "both" if choice == "union" else choice))
        elif chunk.ours == chunk.theirs:
            final.append(chunk.ours)
        else:
            final.append(chunk)
            records.append(_record(path, address, chunk, dimension))
    said = _SAID.get(step, f"merged by {step}, Git's text merge conflicts")
    notes = [said] if step != "text" and not records else []
    return FileMerge(render(final, how), records, notes)


def _ruled(path: str, dimension: str, how: MergeOptions) -> str | None:
    """The side a rule of `.museattributes` gives a dimension of this file."""
    strategy = resolve_strategy(how.rules, path, dimension) if how.rules else "auto"
    return strategy if strategy in ("ours", "theirs", "base", "union") else None


def _record(path: str, address: str, conflict: Conflict, dimension: str) -> ConflictRecord:
    kind = "both_added" if not conflict.base.strip() else "symbol_body"
    if conflict.base.strip() and not (conflict.ours.strip() and conflict.theirs.strip()):
        kind = "delete_edit"
    return ConflictRecord(
        path=path,
        conflict_type=kind,
        address=address,
        addresses=[f"{path}::{address}"],
        dimension=dimension,
        base_summary=_head(conflict.base),
        ours_summary=_head(conflict.ours),
        theirs_summary=_head(conflict.theirs),
        hint=edit_or_pick(path, address),
        detail={"both": True},
    )


def _head(text: bytes) -> str:
    """The first solid line of a side and how many more follow."""
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        return "nothing"
    more = f" (+{len(lines) - 1} lines)" if len(lines) > 1 else ""
    return lines[0][:80] + more


def _git_answer(path: str, base: bytes | None, ours: bytes, theirs: bytes, how: MergeOptions) -> FileMerge:
    """Git's text merge as it is."""
    merged = merge_text(base or b"", ours, theirs, how)
    if merged is None:
        return whole_file_conflict(path, base, ours, theirs)
    data, count = merged
    records = (
        []
        if not count
        else [
            ConflictRecord(
                path=path,
                conflict_type="text",
                ours_summary=f"{count} conflicting hunk(s)",
                hint=f"edit {word(path)}, then: {command('git', 'add', paths=[path])}",
            )
        ]
    )
    return FileMerge(data, records)
