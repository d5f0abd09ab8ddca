"""The merge driver's contract, called as Git calls it, with plugins that misbehave in every way we know."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.drivers import merge as driver
from muse.engine import conflict_records

BASE = b"one\ntwo\nthree\n"
OURS = b"one\nTWO\nthree\n"
THEIRS = b"one\nzwei\nthree\n"
APART = b"ONE\ntwo\nthree\nfour\n"

PLUGIN = """
from muse.core.filedomain import FileDomain
from muse.domain import FileMerge, ConflictRecord
import os, signal, time, ctypes

class Bad(FileDomain):
    name = "bad"
    patterns = ("*.bad",)
    def schema(self):
        return {"domain": "bad", "merge_mode": "three_way"}
    def merge_file(self, path, base, ours, theirs):
        %s
"""


class Call:
    """Three files in a folder, and a way to run the driver over them in a process of its own."""

    def __init__(self, folder: Path, base: bytes | None, ours: bytes, theirs: bytes) -> None:
        self.folder = folder
        for name, data in (("O", base or b""), ("A", ours), ("B", theirs)):
            (folder / name).write_bytes(data)

    def run(self, *args: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "muse.drivers.merge", "O", "A", "B", *args],
            cwd=self.folder,
            capture_output=True,
            env={**os.environ, **(env or {})},
            check=False,
        )

    @property
    def result(self) -> bytes:
        return (self.folder / "A").read_bytes()


@pytest.fixture
def call(tmp_path: Path, git_env: dict[str, str]) -> Callable[..., Call]:
    folder = tmp_path / "work"
    folder.mkdir()
    return lambda base, ours, theirs: Call(folder, base, ours, theirs)


@pytest.fixture
def bad_plugin(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """`bad_plugin("body of merge_file")` installs a third-party plugin for *.bad; gives the environment that has it."""

    def make(body: str) -> dict[str, str]:
        site = tmp_path / "site"
        info = site / "bad_plugin-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-plugin\nVersion: 1\n")
        (info / "entry_points.txt").write_text("[muse.plugins]\nbad = bad_plugin:Bad\n")
        (site / "bad_plugin.py").write_text(PLUGIN % body)
        return {"PYTHONPATH": f"{os.environ['PYTHONPATH']}{os.pathsep}{site}"}

    return make


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        (BASE, OURS, OURS, OURS),
        (BASE, OURS, BASE, OURS),
        (BASE, BASE, THEIRS, THEIRS),
        (b"", b"", THEIRS, THEIRS),
        (BASE, APART, BASE, APART),
        (b"\0a", b"\0a", b"\0b", b"\0b"),
    ],
)
def test_trivial_merges(call: Callable[..., Call], base: bytes, ours: bytes, theirs: bytes, expected: bytes) -> None:
    work = call(base, ours, theirs)
    done = work.run("-p", "a.mid")
    assert (done.returncode, done.stderr, work.result) == (0, b"", expected)


def test_a_trivial_merge_imports_nothing_heavy(call: Callable[..., Call]) -> None:
    work = call(BASE, BASE, THEIRS)
    script = (
        "import sys; from muse.drivers.merge import main; code = main(['O', 'A', 'B', '-p', 'a.py']);"
        "print(code, [m for m in ('dataclasses', 'subprocess', 'inspect', 'json', 'pathlib', 'tempfile', 're', 'enum',"
        " 'muse.domain', 'muse.core.options', 'click') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-S", "-c", script], cwd=work.folder, capture_output=True, check=False)
    assert done.stdout == b"0 []\n", done.stderr


@pytest.mark.parametrize("path", ["notes.txt", "api.py"])
def test_closed_standard_streams_do_not_reach_the_file(call: Callable[..., Call], path: str) -> None:
    expected = call(BASE, OURS, THEIRS)
    assert expected.run("-p", path).returncode == 1
    wanted = expected.result
    work = call(BASE, OURS, THEIRS)
    command = f'"{sys.executable}" -m muse.drivers.merge O A B -p {path} <&- >&- 2>&-'
    assert subprocess.run(command, shell=True, cwd=work.folder, check=False).returncode == 1
    assert b"<<<<<<<" in wanted and work.result == wanted


@pytest.mark.parametrize("size", ["0", "000", "-1", "x", "9" * 5000])
def test_a_marker_size_that_makes_no_markers_is_git_s_default(call: Callable[..., Call], size: str) -> None:
    work = call(BASE, OURS, THEIRS)
    assert work.run("-p", "notes.txt", "-L", size).returncode == 1
    assert work.result.startswith(b"one\n<<<<<<< ours")


def test_edits_of_both_sides_are_kept(call: Callable[..., Call]) -> None:
    work = call(BASE, b"zero\n" + BASE, BASE + b"four\n")
    assert work.run("-p", "notes.txt").returncode == 0
    assert work.result == b"zero\none\ntwo\nthree\nfour\n"


def test_a_conflict_has_the_labels_and_marker_size_git_gave(call: Callable[..., Call]) -> None:
    work = call(BASE, OURS, THEIRS)
    done = work.run("-L", "9", "-p", "a b.txt", "-s", "the base", "-x", "HEAD", "-y", "topic 'x'")
    assert done.returncode == 1
    assert work.result == b"one\n<<<<<<<<< HEAD\nTWO\n=========\nzwei\n>>>>>>>>> topic 'x'\nthree\n"


def test_placeholders_that_an_old_git_leaves_count_as_absent(call: Callable[..., Call]) -> None:
    work = call(BASE, OURS, THEIRS)
    done = work.run("-L", "%L", "-p", "a.txt", "-s", "%S", "-x", "%X", "-y", "%Y", env={"GITHEAD_abc": "topic"})
    assert done.returncode == 1
    assert work.result == b"one\n<<<<<<< ours\nTWO\n=======\nzwei\n>>>>>>> topic\nthree\n"


@pytest.mark.parametrize("style", ["diff3", "zdiff3"])
def test_the_conflict_style_of_the_configuration(
    call: Callable[..., Call], git: Callable[..., str], style: str
) -> None:
    work = call(BASE, OURS, THEIRS)
    git(work.folder, "config", "--global", "merge.conflictStyle", style)
    assert work.run("-p", "a.txt", "-s", "old").returncode == 1
    assert work.result == (b"one\n<<<<<<< ours\nTWO\n||||||| old\ntwo\n=======\nzwei\n>>>>>>> theirs\nthree\n")


def test_bytes_stay_bytes(call: Callable[..., Call]) -> None:
    """BOM, CRLF beside LF, latin-1, no newline at the end."""
    base = b"\xef\xbb\xbfone\r\ntwo\nthr\xe9e\r\nfour"
    work = call(base, base.replace(b"one", b"ONE"), base.replace(b"four", b"f\xf6ur"))
    assert work.run("-p", "a.txt").returncode == 0
    assert work.result == b"\xef\xbb\xbfONE\r\ntwo\nthr\xe9e\r\nf\xf6ur"


def test_a_binary_file_stays_ours_and_conflicts(call: Callable[..., Call]) -> None:
    work = call(b"\0base", b"\0ours", b"\0theirs")
    assert work.run("-p", "a.bin").returncode == 1
    assert work.result == b"\0ours"


def test_a_binary_file_called_py_stays_ours_and_conflicts(call: Callable[..., Call]) -> None:
    work = call(b"\0base", b"\0ours", b"\0theirs")
    assert work.run("-p", "a.py").returncode == 1
    assert work.result == b"\0ours"


def test_a_corrupt_midi_file_stays_ours_and_conflicts(call: Callable[..., Call]) -> None:
    head = b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk\0\0\xff\xff"
    work = call(head + b"x", head + b"y", head + b"z")
    done = work.run("-p", "a.mid")
    assert done.returncode == 1
    assert work.result == head + b"y"
    assert b"Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 2


def test_inputs_that_hold_markers_go_to_the_text_merge(
    call: Callable[..., Call], bad_plugin: Callable[..., dict[str, str]]
) -> None:
    held = b"<<<<<<< a\nx\n=======\ny\n>>>>>>> b\nend\n"
    work = call(held, held.replace(b"end", b"END"), b"top\n" + held)
    assert work.run("-p", "a.bad", env=bad_plugin("raise SystemExit('never called')")).returncode == 0
    assert work.result == b"top\n" + held.replace(b"end", b"END")


FAILURES = {
    "raises": "raise ValueError('two\\nlines')",
    "exits": "raise SystemExit(3)",
    "recursion": "return self.merge_file(path, base, ours, theirs)",
    "memory": "raise MemoryError",
    "interrupt": "raise KeyboardInterrupt",
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "crashes in C": "ctypes.string_at(0)",
    "hard exit": "os._exit(0)",
    "not a merge": "return 'clean'",
    "not bytes": "return FileMerge('text')",
    "deletes": "return FileMerge(None)",
    "clean with markers": "return FileMerge(b'<<<<<<< a\\n=======\\n>>>>>>> b\\n')",
    "hangs": "time.sleep(60)",
    "hangs in C": "ctypes.CDLL(None).sleep(60)",
    "ignores alarms": "signal.signal(signal.SIGALRM, signal.SIG_IGN); time.sleep(60)",
    "hangs with a child": "os.system('sleep 60')",
    "loops in C": "b'a' * 0; import re; re.match('(a*)*b', 'a' * 40)",
}


@pytest.mark.parametrize("kind", FAILURES)
def test_whatever_a_plugin_does_the_answer_is_gits(
    kind: str, call: Callable[..., Call], bad_plugin: Callable[..., dict[str, str]], git: Callable[..., str]
) -> None:
    """A conflict in one place, a clean edit in another: markers for the one, the other kept."""
    work = call(BASE, OURS, THEIRS + b"four\n")
    git(work.folder, "init", "-q")
    git(work.folder, "config", "muse.mergeDeadline", "0.7")
    start = time.monotonic()
    done = work.run("-p", "a.bad", env=bad_plugin(FAILURES[kind]))
    assert time.monotonic() - start < 30  # the plugins that hang do so for 60 seconds and more
    assert done.returncode == 1
    assert work.result == b"one\n<<<<<<< ours\nTWO\n=======\nzwei\n>>>>>>> theirs\nthree\nfour\n"
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith(b"muse: a.bad: ")
    assert done.stdout == b""
    record = conflict_records.load(work.folder / ".git", "a.bad")
    assert record is not None
    assert [conflict["conflict_type"] for conflict in record["conflicts"]] == ["text"]


def test_noise_of_a_plugin_reaches_nobody(call: Callable[..., Call], bad_plugin: Callable[..., dict[str, str]]) -> None:
    work = call(BASE, OURS, THEIRS)
    body = "print('hello'); os.write(2, b'world'); return FileMerge(b'one\\nTWO zwei\\nthree\\n', notes=['took both'])"
    done = work.run("-p", "a.bad", env=bad_plugin(body))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"muse: a.bad: took both\n")
    assert work.result == b"one\nTWO zwei\nthree\n"


def test_a_plugin_that_cannot_be_imported(call: Callable[..., Call], bad_plugin: Callable[..., dict[str, str]]) -> None:
    work = call(BASE, OURS, THEIRS)
    env = bad_plugin("return")
    (work.folder.parent / "site" / "bad_plugin.py").write_text("import nothing_like_that")
    assert work.run("-p", "a.bad", env=env).returncode == 1
    assert work.result.startswith(b"one\n<<<<<<< ours\n")


@pytest.mark.parametrize("gone", ["O", "A", "B"])
def test_a_vanished_input_is_a_conflict(call: Callable[..., Call], gone: str) -> None:
    work = call(BASE, OURS, THEIRS)
    (work.folder / gone).unlink()
    done = work.run("-p", "a.txt")
    assert (done.returncode, done.stderr) == (1, b"muse: a.txt: cannot be merged: No such file or directory\n")
    assert gone == "A" or work.result == OURS


def test_a_full_disk_leaves_ours_and_a_conflict(call: Callable[..., Call]) -> None:
    """A limit on the size of files stands in for the disk: the merge is larger than it."""
    big = b"".join(b"line %d\n" % number for number in range(2000))
    work = call(big, b"first\n" + big, big + b"last\n")
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "from muse.drivers.merge import main; sys.exit(main(['O', 'A', 'B', '-p', 'a.txt']))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=work.folder, capture_output=True, check=False)
    assert done.returncode == 1
    assert work.result == b"first\n" + big
    assert done.stderr.startswith(b"muse: a.txt: ") and b"Traceback" not in done.stderr
    assert sorted(path.name for path in work.folder.iterdir()) == ["A", "B", "O"]


def test_off_for_one_command(call: Callable[..., Call], bad_plugin: Callable[..., dict[str, str]]) -> None:
    work = call(BASE, OURS, THEIRS)
    env = {**bad_plugin("return FileMerge(b'structured')"), "MUSE": "0"}
    assert work.run("-p", "a.bad", env=env).returncode == 1
    assert work.result == b"one\n<<<<<<< ours\nTWO\n=======\nzwei\n>>>>>>> theirs\nthree\n"


def test_the_guarded_answers_are_none_that_a_broken_python_gives(call: Callable[..., Call]) -> None:
    work = call(BASE, OURS, THEIRS)
    assert work.run("--guarded", "2", "-p", "a.txt").returncode == driver.GUARDED[1]
    assert call(BASE, BASE, THEIRS).run("--guarded", "2").returncode == driver.GUARDED[0]
    assert not {0, 1, 2, 120, 126, 127} & set(driver.GUARDED.values())


@pytest.mark.parametrize(
    ("versions", "code", "result"),
    [
        ((BASE, OURS, BASE), 0, OURS),
        ((BASE, OURS, OURS), 0, OURS),
        ((BASE, BASE, THEIRS), 0, THEIRS),
        ((BASE, OURS, THEIRS), 1, b"one\n<<<<<<< ours\nTWO\n=======\nzwei\n>>>>>>> theirs\nthree\n"),
        ((BASE, OURS, APART), 1, b"<<<<<<< ours\none\nTWO\n=======\nONE\ntwo\n>>>>>>> theirs\nthree\nfour\n"),
    ],
)
def test_the_result_in_another_file(
    call: Callable[..., Call], versions: tuple[bytes, bytes, bytes], code: int, result: bytes
) -> None:
    work = call(*versions)
    (work.folder / "out").write_bytes(b"what was in it before, and longer than any result of these will ever be\n" * 3)
    assert work.run("-o", "out", "-p", "a.txt").returncode == code
    assert (work.folder / "out").read_bytes() == result and work.result == versions[1]
    assert call(*versions).run("-o", "no/such/folder").returncode == 1


def test_a_device_for_the_result_stays_one(call: Callable[..., Call], tmp_path: Path) -> None:
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        device.write_bytes(b"")
    except OSError as error:
        pytest.skip(f"no device can be made here: {error.strerror}")
    assert call(BASE, OURS, APART).run("-o", str(device), "-p", "a.txt").returncode == 1
    assert call(BASE, BASE + b"four\n", b"ONE\ntwo\nthree\n").run("-o", str(device), "-p", "a.txt").returncode == 0
    assert stat.S_ISCHR(device.stat().st_mode)


@pytest.mark.parametrize("name", ["a.txt", "a.json"])
def test_the_style_of_markers_may_be_said(name: str, call: Callable[..., Call]) -> None:
    """jj reads markers only where the base stands between them."""
    sides = tuple(b'{"a": %d}\n' % number for number in (1, 2, 3))
    work = call(*sides)
    assert work.run("-o", "out", "-p", name, "--style", "diff3").returncode == 1
    lines = (work.folder / "out").read_bytes().splitlines()
    assert [line[:7] for line in lines[::2]] == [b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"]
    assert lines[1::2] == [side.rstrip() for side in (sides[1], sides[0], sides[2])]
    assert work.run("-o", "out", "-p", name).returncode == 1
    assert b"|||||||" not in (work.folder / "out").read_bytes()
    assert work.run("--style", "none").returncode == 129


def test_wrong_usage() -> None:
    done = subprocess.run([sys.executable, "-m", "muse.drivers.merge", "O"], capture_output=True, check=False)
    assert done.returncode == 129
    assert done.stderr.startswith(b"usage: muse-merge-driver")


@pytest.mark.parametrize("answer", ["conflict", "clean"])
def test_a_record_is_kept_for_a_conflict_and_dropped_with_it(
    call: Callable[..., Call], git: Callable[..., str], answer: str
) -> None:
    work = call(BASE, OURS, THEIRS)
    git(work.folder, "init", "-q")
    assert work.run("-p", "sub/Ä b.txt", "-y", "topic").returncode == 1
    record = conflict_records.load(work.folder / ".git", "sub/Ä b.txt")
    assert record is not None
    assert record["labels"] == {"base": "base", "ours": "ours", "theirs": "topic"}
    assert all(value is not None and value.startswith("sha256:") for value in record["inputs"].values())
    if answer == "clean":
        call(BASE, b"zero\n" + BASE, BASE + b"four\n").run("-p", "sub/Ä b.txt")
        assert conflict_records.load_all(work.folder / ".git") == []


def test_a_merge_of_merge_bases_leaves_no_record_and_says_nothing(
    call: Callable[..., Call], git: Callable[..., str]
) -> None:
    work = call(b"\0base", b"\0ours", b"\0theirs")
    git(work.folder, "init", "-q")
    done = work.run("--virtual", "-L", "9", "-p", "a.bin")
    assert (done.returncode, done.stderr, done.stdout) == (1, b"", b"")
    assert work.result == b"\0base"  # with ours, the merge above would quietly take theirs
    assert conflict_records.load_all(work.folder / ".git") == []


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM"])
def test_a_signal_leaves_ours_no_child_and_no_litter(
    sign: str, call: Callable[..., Call], bad_plugin: Callable[..., dict[str, str]]
) -> None:
    work = call(BASE, OURS, THEIRS)
    body = "open(os.environ['SEEN'], 'w').write(str(os.getpid())); time.sleep(60)"
    seen = work.folder.parent / "seen"
    process = subprocess.Popen(
        [sys.executable, "-m", "muse.drivers.merge", "O", "A", "B", "-p", "a.bad"],
        cwd=work.folder,
        stderr=subprocess.PIPE,
        env={**os.environ, **bad_plugin(body), "SEEN": str(seen)},
    )
    while not (seen.exists() and seen.read_text()):
        time.sleep(0.01)
    process.send_signal(getattr(signal, sign))
    _, said = process.communicate(timeout=30)
    assert process.returncode in (driver.INTERRUPTED, -signal.SIGTERM)
    assert b"Traceback" not in said and work.result == OURS
    assert sorted(path.name for path in work.folder.iterdir()) == ["A", "B", "O"]
    child = int(seen.read_text())
    for _ in range(1000):  # after SIGTERM the child ends by its own alarm, at the deadline
        if not Path(f"/proc/{child}").exists() or "\nState:\tZ" in Path(f"/proc/{child}/status").read_text():
            break
        time.sleep(0.01)
    else:
        raise AssertionError("the child lives on")


def test_an_installation_that_lost_a_module_merges_as_git_does(call: Callable[..., Call]) -> None:
    work = call(BASE, OURS, THEIRS + b"four\n")
    script = (
        "import sys; sys.modules['muse.drivers.structured'] = None\n"
        "from muse.drivers.merge import main; sys.exit(main(['O', 'A', 'B', '-p', 'a.py']))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=work.folder, capture_output=True, check=False)
    assert done.returncode == 1
    assert work.result == b"one\n<<<<<<< ours\nTWO\n=======\nzwei\n>>>>>>> theirs\nthree\nfour\n"
    assert b"Traceback" not in done.stderr
