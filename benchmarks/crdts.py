"""The sequence CRDT beside Loro and pycrdt on an editing trace, and how everything grows.

    python benchmarks/crdts.py            (MUSE_BENCH_TRACE=259778, MUSE_BENCH_RUNS=3, MUSE_BENCH_LARGEST=1000000)

The trace is made here in the likeness of the public automerge-perf one (which is not shipped): runs of typing of about
30 characters, about 30 % deletions, somewhere in the text. Each side replays it with one commit per edit.
"""

from __future__ import annotations

import gc
import math
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from muse.core.crdts import RGA, AWMap, GCounter, ORSet

EDITS = int(os.environ.get("MUSE_BENCH_TRACE", "259778"))
ROUNDS = int(os.environ.get("MUSE_BENCH_RUNS", "3"))
LARGEST = int(os.environ.get("MUSE_BENCH_LARGEST", "1000000"))
PART = 20_000
Edit = tuple[int, int, str]
"""Position, characters deleted there, text inserted there."""
Call = tuple[str, str | None, str]
"""Id, id before or None, character; a deletion with no character."""


def trace(count: int, seed: int = 1) -> list[Edit]:
    """Single-character edits: about 70 % insertions in runs of about 30, the rest deletions in runs."""
    rng = random.Random(seed)
    edits: list[Edit] = []
    size = 0
    while len(edits) < count:
        at = rng.randint(0, size)
        run = min(max(int(rng.expovariate(1 / 30)), 1), count - len(edits))
        if rng.random() < 0.7 or size < 100:
            for step in range(run):
                edits.append((at + step, 0, chr(97 + (at + step) % 26)))
            size += run
        else:
            for step in range(min(run, at)):
                edits.append((at - 1 - step, 1, ""))
                size -= 1
    return edits[:count]


class Positions:
    """A plain list of ids in blocks: what an editor has on its screen, position to id."""

    def __init__(self) -> None:
        self.blocks: list[list[str]] = [[]]

    def find(self, at: int) -> tuple[int, int]:
        """The block and the place in it."""
        for number, block in enumerate(self.blocks):
            if at <= len(block):
                return number, at
            at -= len(block)
        raise IndexError(at)

    def insert(self, at: int, new: str) -> str | None:
        """Put an id at a position; the id before it."""
        number, place = self.find(at)
        block = self.blocks[number]
        block.insert(place, new)
        before = block[place - 1] if place else (self.blocks[number - 1][-1] if number else None)
        if len(block) > 1024:
            self.blocks[number : number + 1] = [block[:512], block[512:]]
        return before

    def delete(self, at: int) -> str:
        """Take the id at a position away."""
        number, place = self.find(at + 1)
        old = self.blocks[number].pop(place - 1)
        if not self.blocks[number] and len(self.blocks) > 1:
            del self.blocks[number]
        return old


def by_id(edits: list[Edit]) -> list[Call]:
    """The trace as calls of our API."""
    screen, calls = Positions(), []
    for number, (at, gone, text) in enumerate(edits, start=1):
        if gone:
            calls.append((screen.delete(at), None, ""))
        else:
            new = f"{number}@a"
            calls.append((new, screen.insert(at, new), text))
    return calls


def muse(calls: list[Call], mode: Any = "classic") -> str:
    """Every edit gives a new immutable version; the text at the end."""
    rga = RGA(mode=mode)
    for name, before, text in calls:
        rga = rga.insert(before, text, element_id=name) if text else rga.delete(name)
    return "".join(rga.to_sequence())


def loro(edits: list[Edit]) -> str:
    """Loro, a commit per edit."""
    from loro import LoroDoc

    document = LoroDoc()
    body = document.get_text("t")
    for at, gone, text in edits:
        if gone:
            body.delete(at, gone)
        else:
            body.insert(at, text)
        document.commit()
    return str(body.to_string())


def pycrdt(edits: list[Edit]) -> str:
    """pycrdt, a transaction per edit."""
    from pycrdt import Doc, Text

    document: Any = Doc()
    body = document.get("t", type=Text)
    for at, gone, text in edits:
        with document.transaction():
            if gone:
                del body[at : at + gone]
            else:
                body.insert(at, text)
    return str(body)


def seconds(work: Callable[[], Any]) -> float:
    """Processor time of one call: all sides run on one core and wait for nothing, and the machine may be busy."""
    gc.collect()
    began = time.process_time()
    work()
    return max(time.process_time() - began, 1e-7)


def traces() -> None:
    """The whole trace and its first part beside Loro and pycrdt; all texts must be equal."""
    edits = trace(EDITS)
    calls = by_id(edits)
    inserted = sum(bool(text) for _, _, text in edits)
    print(f"trace: {len(edits)} edits, {inserted} insertions, {len(edits) - inserted} deletions, made here")
    beside(edits, calls, peer_rounds=1)
    beside(edits[:PART], calls[:PART], peer_rounds=ROUNDS)


def beside(edits: list[Edit], calls: list[Call], peer_rounds: int) -> None:
    """One replay on every side, in turns; pycrdt takes long on a whole trace, so it may have fewer turns."""
    sides: dict[str, Callable[[], str]] = {
        "muse": lambda: muse(calls),
        "muse, fugue": lambda: muse(calls, "fugue"),
        "loro": lambda: loro(edits),
        "pycrdt": lambda: pycrdt(edits),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    texts = set()
    for turn in range(ROUNDS):
        for name, replay in sides.items():
            if name != "pycrdt" or turn < peer_rounds:
                times[name].append(seconds(lambda: texts.add(replay())))  # noqa: B023
    assert len(texts) == 1, "the texts differ"
    middle = {name: statistics.median(found) for name, found in times.items()}
    print(f"  {len(edits)} edits: " + ", ".join(f"{name} {took:.3f} s" for name, took in middle.items()))
    for name, wanted in (("loro", 1), ("pycrdt", 10)):
        print(f"    {name} / muse: {middle[name] / middle['muse']:.2f} (wanted >= {wanted} on the whole)", flush=True)


def chained(count: int, mode: Any = "classic", backwards: bool = False) -> RGA:
    """A text of `count` elements, typed from left to right, or each before the last one."""
    rga, last = RGA(mode=mode), None
    for number in range(count):
        new = f"{number}@a"
        rga = rga.insert(last, "x", element_id=new)
        last = None if backwards else new
    return rga


def scattered(base: RGA, count: int, size: int, actor: str) -> RGA:
    """`count` insertions all over a text of `size` elements."""
    for number in range(count):
        base = base.insert(f"{number * size // count}@a", "y", element_id=f"{size + number}@{actor}")
    return base


def looked_into(text: RGA) -> RGA:
    """The text with its edits worked in, which happens when it is first asked for something."""
    assert "" not in text
    return text


def grown_set(count: int) -> ORSet:
    """A set of `count` elements."""
    found = ORSet()
    for number in range(count):
        found, _ = found.add(str(number))
    return found


def grown_map(count: int) -> AWMap:
    """A map of `count` keys."""
    found = AWMap()
    for number in range(count):
        found = found.set(str(number), "v")
    return found


def grown_counter(count: int) -> GCounter:
    """A counter with `count` agents."""
    found = GCounter()
    for number in range(count):
        found = found.increment(str(number))
    return found


def exponent(points: list[tuple[int, float]]) -> float:
    """The slope of log time over log size, least squares."""
    xs, ys = [math.log(size) for size, _ in points], [math.log(took) for _, took in points]
    mx, my = statistics.mean(xs), statistics.mean(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)


def growth() -> None:
    """Seconds at 10^3, 10^4, ... and the fitted exponent of each."""
    sizes = [size for size in (10**3, 10**4, 10**5, 10**6) if size <= LARGEST]
    print(f"\n{'seconds at':44}" + "".join(f"{size:>11}" for size in sizes) + "   exponent (wanted <= 1.1)")

    def line(name: str, work: Callable[[int], float]) -> None:
        points = []
        for size in sizes:
            gc.collect()
            points.append((size, min(work(size) for _ in range(3 if size < 10**6 else 1))))
        print(f"{name:44}" + "".join(f"{took:11.4f}" for _, took in points) + f"   {exponent(points):.2f}", flush=True)

    line("RGA: n insertions, then asked for one", lambda n: seconds(lambda: looked_into(chained(n))))
    line("RGA, Fugue: n insertions forwards", lambda n: seconds(lambda: looked_into(chained(n, "fugue"))))
    line("RGA, Fugue: n insertions backwards", lambda n: seconds(lambda: looked_into(chained(n, "fugue", True))))
    line("RGA: to_sequence of n", lambda n: seconds(looked_into(chained(n)).to_sequence))
    line("RGA: from_dict of n", lambda n: (lambda wire: seconds(lambda: RGA.from_dict(wire)))(chained(n).to_dict()))
    line("RGA: join of n + n/2 and n + n/2, shared n", lambda n: forked_join(n, n // 2))
    line("RGA: join of two unrelated texts of n", unrelated_join)
    line("ORSet: n additions", lambda n: seconds(lambda: grown_set(n)))
    line("ORSet: join of n and n", lambda n: pair_join(grown_set(n), grown_set(n)))
    line("AWMap: n settings", lambda n: seconds(lambda: grown_map(n)))
    line("AWMap: join of n and n", lambda n: pair_join(grown_map(n), grown_map(n)))
    line("for comparison: dict | dict of n and n", plain_union)
    line("GCounter: n agents", lambda n: seconds(lambda: grown_counter(n)))


def pair_join(a: Any, b: Any) -> float:
    """Seconds to join two values; both were looked into before, so no edit is still to be worked in."""
    for value in (a, b):
        if isinstance(value, RGA):
            looked_into(value)
    return seconds(lambda: a.join(b))


def plain_union(size: int) -> float:
    """Seconds to unite two plain dicts with other keys: what the processor's caches do to any join."""
    one, two = ({f"{number}@{actor}": (str(number),) for number in range(size)} for actor in ("a", "b"))
    return seconds(lambda: one | two)


def forked_join(size: int, more: int) -> float:
    """Seconds to join two versions of one text that went separate ways."""
    base = chained(size)
    return pair_join(scattered(base, more, size, "b"), scattered(base, more, size, "c"))


def unrelated_join(size: int) -> float:
    """Seconds to join two texts that share no storage, half of their elements equal."""
    one = chained(size)
    wire = chained(size // 2).to_dict()
    return pair_join(scattered(RGA.from_dict(wire), size // 2, size // 2, "z"), one)


def near_join() -> None:
    """Joining large values that differ by 1,000 changes a side: live forks of one value, then with a decoded one."""
    base = looked_into(chained(LARGEST))
    one, two = scattered(base, 1000, LARGEST, "b"), scattered(base, 1000, LARGEST, "c")
    took = pair_join(one, two)
    print(f"\njoin of {LARGEST} elements that differ by 1,000 a side (wanted <= 50 ms): RGA {took * 1e3:.1f} ms")
    fresh = RGA.from_dict(two.to_dict())
    print(f"  the same when one side was decoded from its wire form: {pair_join(one, fresh) * 1e3:.0f} ms")
    print(f"  reading the joined text: {seconds(lambda: one.join(two).to_sequence()):.2f} s")
    grown: Any
    for grown, change in (
        (grown_set(LARGEST), lambda value, name: value.add(name)[0]),
        (grown_map(LARGEST), lambda value, name: value.set(name, "x")),
        (grown_counter(LARGEST), lambda value, name: value.increment(name)),
    ):
        left = right = grown
        for number in range(1000):
            left, right = change(left, f"b{number}"), change(right, f"c{number}")
        print(f"  {type(grown).__name__}: {pair_join(left, right) * 1e3:.1f} ms", flush=True)


def main() -> int:
    """Print everything."""
    print(f"CRDTs, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    try:
        traces()
    except ImportError as missing:
        print(f"no peer to compare with ({missing}); pip install 'muse-on-git[bench]'")
    growth()
    near_join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
