"""The main job, end to end, with real Git: run by `make demo`, and by a test.

Two people clone one score and one program, edit both at once, and merge. Every claim that is printed is checked: the
script stops with a message and exit code 1 at the first that does not hold. It writes only below its folder
(`demo-out/`, or the one named on the command line) and reads no personal Git configuration.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, os.path.dirname(__file__))
import pieces

SONGBOOK = '''\
"""What the band plays, and how long it takes."""


def beats(bars, per_bar):
    return bars * per_bar


def seconds(bars, per_bar, tempo):
    total = beats(bars, per_bar)
    return total * 60 / tempo


if __name__ == "__main__":
    print(f"Menuet: {seconds(16, 3, 120):.0f} s")
'''
ALICE_SONGBOOK = SONGBOOK.replace("seconds(", "playing_time(")
BOB_SONGBOOK = SONGBOOK.replace(
    "    total = beats(bars, per_bar)\n",
    '    if tempo <= 0:\n        raise ValueError("tempo must be positive")\n    total = beats(bars, per_bar)\n',
)
BOTH_SONGBOOK = BOB_SONGBOOK.replace("seconds(", "playing_time(")


class Show:
    """Runs commands the way a person would, prints them, and stops when one does not do what it should."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.here = top
        bin_dir = os.path.dirname(os.path.abspath(sys.executable))
        self.env = {
            name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.endswith("_DATE")
        }
        self.env.update(
            PATH=bin_dir + os.pathsep + self.env.get("PATH", ""),
            HOME=str(top / "home"),
            GIT_CONFIG_GLOBAL=str(top / "home" / ".gitconfig"),
            GIT_CONFIG_NOSYSTEM="1",
            GIT_PAGER="cat",
            PAGER="cat",
            NO_COLOR="1",
            PYTHONDONTWRITEBYTECODE="1",
        )

    def say(self, text: str) -> None:
        print(f"\n# {text}", flush=True)

    def cd(self, name: str) -> None:
        self.here = self.top / name

    def run(self, command: str, *, expect: int = 0, quiet: bool = False, lines: int = 40) -> str:
        """Run one command line and return its output; the exit code must be `expect`."""
        if not quiet:
            print(f"{self.here.name}$ {command}", flush=True)
        done = subprocess.run(
            shlex.split(command),
            cwd=self.here,
            env=self.env,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        shown = done.stdout.rstrip().splitlines()
        if not quiet or done.returncode != expect:
            for line in shown[:lines]:
                print(f"  {line}")
            if len(shown) > lines:
                print(f"  ... ({len(shown) - lines} more lines)")
        self.check(done.returncode == expect, f"exit code {expect} expected, not {done.returncode}: {command}")
        return done.stdout

    def write(self, name: str, data: bytes | str) -> None:
        (self.here / name).write_bytes(data if isinstance(data, bytes) else data.encode())

    def read(self, name: str) -> bytes:
        return (self.here / name).read_bytes()

    def check(self, holds: bool, claim: str) -> None:
        if not holds:
            raise SystemExit(f"demo: this does not hold: {claim}")

    def checked(self, holds: bool, claim: str) -> None:
        self.check(holds, claim)
        print(f"  [checked] {claim}", flush=True)


def notes_of(data: bytes) -> list[tuple[object, ...]]:
    """Every event of a MIDI file as (track, tick, bytes), sorted: what a player would play. Knows nothing of Muse."""
    events: list[tuple[object, ...]] = []
    at, track = 14, -1
    while at < len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        body, at = data[at + 8 : at + 8 + size], at + 8 + size
        if kind == b"MTrk":
            track += 1
            events += [(track, *event) for event in _events(body)]
    return sorted(events, key=repr)


def _events(body: bytes) -> list[tuple[object, ...]]:
    out: list[tuple[object, ...]] = []
    tick, at, status = 0, 0, 0

    def number() -> int:
        nonlocal at
        value = 0
        while True:
            at += 1
            value = value << 7 | body[at - 1] & 127
            if body[at - 1] < 128:
                return value

    while at < len(body):
        tick += number()
        if body[at] & 128:
            status, at = body[at], at + 1
        if status in (0xFF, 0xF0, 0xF7):
            kind = body[at] if status == 0xFF else None
            at += status == 0xFF
            size = number()
            at += size
            if kind != 0x2F:
                out.append((tick, status, kind, body[at - size : at]))
        else:
            size = 1 if status >> 4 in (0xC, 0xD) else 2
            out.append((tick, status, *body[at : at + size]))
            at += size
    return out


def person(show: Show, name: str) -> None:
    show.cd(name)
    show.run(f"git config user.name {name.capitalize()}", quiet=True)
    show.run(f"git config user.email {name}@example.org", quiet=True)


def server(show: Show) -> None:
    show.say("A server: a bare repository, nothing of Muse installed or needed there")
    show.run("git init -q --bare -b main server")
    show.run("git clone -q server first", quiet=True)
    person(show, "first")
    show.run("git checkout -q -B main", quiet=True)
    show.write("menuet.mid", pieces.minuet())
    show.write("songbook.py", SONGBOOK)
    show.run("git add -A", quiet=True)
    show.run("git commit -q -m 'Menuet in G, and the songbook'", quiet=True)
    show.run("git push -q origin main", quiet=True)
    show.cd("")


def edits(show: Show) -> None:
    show.say("Alice and Bob clone it through Muse; each clone is a plain Git clone with the merge drivers set up")
    show.run("git clone muse::server alice")
    show.run("git clone muse::server bob")
    person(show, "alice")
    show.say("Alice moves the bass of bars 5-8 up an octave and renames a function; she commits with plain git")
    show.write("menuet.mid", pieces.minuet(bass_shift=12))
    show.write("songbook.py", ALICE_SONGBOOK)
    text = show.run("git diff --stat -- menuet.mid", quiet=True) + show.run("git diff -U0 -- menuet.mid", lines=12)
    show.checked("5:1" in text, "git diff speaks of bars and beats")
    show.run("git commit -q -a -m 'Bass up an octave in bars 5-8; playing_time'")
    show.run("git push -q")
    person(show, "bob")
    show.say("Bob, in the same bars, adds drums and an expression curve, and edits that function; he commits with muse")
    show.write("menuet.mid", pieces.minuet(beat=True, curve=True))
    show.write("songbook.py", BOB_SONGBOOK)
    show.run("muse status")
    show.run("muse commit -m 'Drums and a swell in bars 5-8; refuse a tempo of zero'")


def clean_merge(show: Show) -> None:
    show.say("Bob pulls: Git merges the trees and hands both files to Muse")
    show.cd("bob")
    show.run("git pull --no-rebase --no-edit")
    show.checked(
        notes_of(show.read("menuet.mid")) == notes_of(pieces.minuet(bass_shift=12, beat=True, curve=True)),
        "the merged score has exactly both edits, event for event",
    )
    show.checked(show.read("songbook.py").decode() == BOTH_SONGBOOK, "the merged program has the rename and the check")
    show.checked("Menuet: 24 s" in show.run(f"{shlex.quote(sys.executable)} songbook.py"), "the merged program runs")
    show.run("git push -q")


def without_muse(show: Show) -> None:
    show.say("What plain Git would have said to the same merge")
    show.run("git clone -q server plain", quiet=True)
    person(show, "plain")
    show.run("git checkout -q -b again origin/main^2", quiet=True)
    text = show.run("git merge --no-edit origin/main^1", expect=1)
    show.checked("menuet.mid" in text and "songbook.py" in text, "both files would have been conflicts")
    show.run("git merge --abort", quiet=True)


def conflict(show: Show) -> None:
    show.say("A true conflict: the same note, two velocities")
    show.cd("alice")
    show.run("git pull -q --no-edit", quiet=True)
    loud = pieces.minuet(bass_shift=12, beat=True, curve=True, velocities={0: 112})
    show.write("menuet.mid", loud)
    show.run("git commit -q -a -m 'Loud first note'")
    show.run("git push -q")
    show.cd("bob")
    soft = pieces.minuet(bass_shift=12, beat=True, curve=True, velocities={0: 40, 21: 99})
    show.write("menuet.mid", soft)
    show.run("git commit -q -a -m 'Soft first note, and an accent in bar 6'")
    show.run("git pull --no-rebase --no-edit", expect=1)
    show.checked("UU menuet.mid" in show.run("git status --short"), "git says the file is unmerged")
    show.checked(notes_of(show.read("menuet.mid")) == notes_of(soft), "the file on disk is a valid score, ours for now")
    text = show.run("muse conflicts")
    show.checked("1:1" in text and "112" in text and "40" in text, "muse conflicts names the note and both velocities")
    show.run("muse resolve --theirs menuet.mid")
    settled = pieces.minuet(bass_shift=12, beat=True, curve=True, velocities={0: 112, 21: 99})
    show.checked(notes_of(show.read("menuet.mid")) == notes_of(settled), "theirs for that note; Bob's accent is kept")
    show.run("git commit -q --no-edit")
    show.run("git push -q")


def reading(show: Show) -> None:
    show.say("History reads in musical and code terms")
    show.cd("bob")
    show.run("muse log --graph")
    show.run("muse show HEAD~1")
    text = show.run("git log -p -1 --format=%s HEAD^2 -- menuet.mid", lines=12)
    show.checked("vel" in text, "git log -p shows notes")


def leaving(show: Show) -> None:
    show.say("It is plain Git all the way down")
    show.cd("server")
    show.run("git fsck --strict --no-progress")
    show.run("git for-each-ref --format=%(refname)")
    show.cd("")
    show.run("git clone -q server without-muse")
    scores = [(show.top / clone / "menuet.mid").read_bytes() for clone in ("bob", "without-muse")]
    show.checked(scores[0] == scores[1], "a clone by plain git has the same bytes")


def main() -> None:
    top = Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out").absolute()
    shutil.rmtree(top, ignore_errors=True)
    (top / "home").mkdir(parents=True)
    (top / "home" / ".gitconfig").write_text("[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n")
    show = Show(top)
    for chapter in (server, edits, clean_merge, without_muse, conflict, reading, leaving):
        show.cd("")
        chapter(show)
    print(f"\nEverything above was checked. Look around in {top}")


if __name__ == "__main__":
    main()
