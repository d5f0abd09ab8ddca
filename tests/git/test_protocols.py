"""A plugin written to the published protocol alone, through a real `git merge`, with and without what is optional.

Clean means both sides' lines; a stub that drops a side costs a conflict, never a line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BASE = "b\nd\nf\nh\n"
OURS, THEIRS = "a\n" + BASE, "a2\n" + BASE  # both at the top: Git's text merge conflicts
GOES, STAYS = BASE.replace("b\n", "b1\n"), "b\nd2\nf\nh\n"

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git_env: dict[str, str]) -> Install:
    """`install("GoodMerge", "Six", ...)`: a package whose plugin is made of these parts, found by its entry point."""

    def put(*parts: str) -> None:
        site = tmp_path / "site"
        info = site / "lines_plugin-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lines-plugin\nVersion: 1\n")
        (info / "entry_points.txt").write_text("[muse.plugins]\nlines = lines_plugin:Plugin\n")
        bases = ", ".join(f"stub_plugins.{part}" for part in parts)
        (site / "lines_plugin.py").write_text(f"import stub_plugins\nclass Plugin({bases}):\n    pass\n")
        (site / "stub_plugins.py").write_text((HERE / "stub_plugins.py").read_text())
        monkeypatch.setenv("PYTHONPATH", f"{os.environ['PYTHONPATH']}{os.pathsep}{site}")
        with open(os.environ["GIT_CONFIG_GLOBAL"], "a", encoding="ascii") as config:  # drivers start without PYTHONPATH
            config.write(f"[muse]\n\tpluginPath = {site}\n")

    return put


@pytest.fixture
def merge(
    install: Install, run: Run, git: Callable[..., str], commit: Callable[..., str], make_repo: Callable[..., Path]
) -> Callable[..., tuple[int, str, str]]:
    """`merge(parts, ours, theirs)`: exit code, the file and what was said, of `git merge` with that plugin."""

    def go(
        parts: tuple[str, ...], ours: str, theirs: str, *, base: str = BASE, rules: str = "", name: str = "x.lines"
    ) -> tuple[int, str, str]:
        install(*parts)
        root = make_repo(files={name: base, **({".museattributes": rules} if rules else {})})
        done = run(root, "muse", "install", "--local")
        assert done.returncode == 0, done.stderr
        git(root, "switch", "-q", "-c", "topic")
        commit(root, {name: theirs}, "theirs")
        git(root, "switch", "-q", "main")
        commit(root, {name: ours}, "ours")
        done = run(root, "git", "merge", "--no-edit", "topic")
        return done.returncode, (root / name).read_text(), done.stdout + done.stderr

    return go


BOTH = "a\n" + BASE + "a2\n"
SET = "".join(sorted({*OURS.splitlines(keepends=True), *THEIRS.splitlines(keepends=True)}))

CLEAN = {
    "merge": (("GoodMerge", "Patterns", "Six"), BOTH),
    "merge and a name": (("GoodMerge", "Patterns", "Named", "Six"), BOTH),
    "merge, claims and listing": (("GoodMerge", "Patterns", "ClaimsToo", "Listing", "Six"), BOTH),
    "merge, and a diff that sees nothing": (("GoodMerge", "Patterns", "Opaque", "Six"), BOTH),
    "merge_ops": (("GoodOps", "Patterns", "Six"), BOTH),
    "merge_ops and a name": (("GoodOps", "Patterns", "Named", "Six"), BOTH),
    "merge_file": (("MergeFile", "Patterns", "Named", "Six"), BOTH),
    "merge_file before a stub of merge_ops": (("MergeFile", "StubOps", "Patterns", "Six"), BOTH),
    "crdt": (("Crdt", "Patterns", "Six"), SET),
    "crdt before a stub of merge_ops": (("Crdt", "StubOps", "Patterns", "Named", "Six"), SET),
    "crdt with hidden values": (("Crdt", "Hidden", "Patterns", "Six"), SET),
    "crdt that carries its state": (("Crdt", "Advance", "Patterns", "Six"), SET),
    "crdt with everything": (("Crdt", "Advance", "Hidden", "Named", "ClaimsToo", "Patterns", "Six"), SET),
}  # fmt: skip


@pytest.mark.parametrize("kind", CLEAN)
def test_both_sides_lines_are_there(kind: str, merge: Callable[..., tuple[int, str, str]]) -> None:
    parts, wanted = CLEAN[kind]
    code, text, said = merge(parts, OURS, THEIRS)
    assert (code, text) == (0, wanted), said
    if "Crdt" in parts:
        assert ("advance_crdt_state" in said) == ("Advance" not in parts)


STUBS = {
    "merge": ("Patterns", "Six"),
    "merge, and a diff that sees nothing": ("Patterns", "Opaque", "Six"),
    "merge_ops": ("StubOps", "Patterns", "Six"),
    "merge_ops, and a diff that sees nothing": ("StubOps", "Patterns", "Opaque", "Named", "Six"),
    "a fault": ("Raises", "Patterns", "Six"),
    "conflicts": ("Conflicts", "Patterns", "Six"),
    "a conflict, and nothing of the file": ("Empties", "Patterns", "Six"),
}


@pytest.mark.parametrize("kind", STUBS)
def test_a_stub_never_loses_the_other_side(kind: str, merge: Callable[..., tuple[int, str, str]]) -> None:
    code, text, said = merge(STUBS[kind], OURS, THEIRS)
    assert code == 1, said
    assert "a\n" in text and ("a2\n" in text or kind == "conflicts"), text


@pytest.mark.parametrize("kind", STUBS)
def test_what_git_merges_clean_is_not_worse_with_a_stub(kind: str, merge: Callable[..., tuple[int, str, str]]) -> None:
    """Lines apart: Git alone would be clean, and so is the answer, unless the plugin says that there is a conflict."""
    code, text, said = merge(STUBS[kind], "a\n" + BASE, BASE + "i\n")
    assert (code, text) == ((1, "a\n" + BASE) if kind == "conflicts" else (0, "a\n" + BASE + "i\n")), said


def test_a_join_from_the_files_alone_never_brings_back_what_was_deleted(
    merge: Callable[..., tuple[int, str, str]],
) -> None:
    code, text, said = merge(("Crdt", "Patterns", "Six"), BASE.replace("b\n", ""), "b\nb2\nd\nf\nh\n")
    assert code == 1, said
    assert "<<<<<<<" in text and "b2" in text


def test_a_join_that_carries_its_state_knows_what_was_deleted(merge: Callable[..., tuple[int, str, str]]) -> None:
    code, text, said = merge(("Crdt", "Advance", "Patterns", "Six"), BASE.replace("b\n", ""), "b\nb2\nd\nf\nh\n")
    assert (code, text) == (0, "b2\nd\nf\nh\n"), said


def test_a_crdt_that_may_not_be_joined_is_not_left_to_its_stub(merge: Callable[..., tuple[int, str, str]]) -> None:
    rules = '[[rules]]\npath = "*"\ndimension = "*"\nstrategy = "three_way"\n'
    code, text, said = merge(("Crdt", "Patterns", "Six"), OURS, THEIRS, rules=rules)
    assert code == 1 and "a\n" in text and "a2\n" in text, said


def test_the_domain_a_repository_names_is_obeyed_without_patterns(
    merge: Callable[..., tuple[int, str, str]],
) -> None:
    rules = '[meta]\ndomain = "lines"\n'
    code, text, said = merge(("GoodMerge", "Six"), OURS, THEIRS, rules=rules, name="anything.txt")
    assert (code, text) == (0, BOTH), said


def test_nobody_asks_a_plugin_without_patterns_elsewhere(merge: Callable[..., tuple[int, str, str]]) -> None:
    code, text, said = merge(("GoodMerge", "Six"), OURS, THEIRS, name="anything.txt")
    assert code == 1 and "<<<<<<<" in text, said


def test_an_unknown_dimension_is_told(merge: Callable[..., tuple[int, str, str]]) -> None:
    rules = '[[rules]]\npath = "*.lines"\ndimension = "colour"\nstrategy = "ours"\n'
    code, text, said = merge(("GoodMerge", "Patterns", "Six"), OURS, THEIRS, rules=rules)
    assert (code, text) == (0, BOTH) and "'colour'" in said


@pytest.mark.parametrize(("side", "text"), [("ours", OURS), ("theirs", THEIRS), ("base", BASE)])
def test_a_rule_about_a_dimension_is_the_users_word(
    side: str, text: str, merge: Callable[..., tuple[int, str, str]]
) -> None:
    rules = f'[[rules]]\npath = "*.lines"\ndimension = "lines"\nstrategy = "{side}"\n'
    assert merge(("Obeys", "Patterns", "Six"), OURS, THEIRS, rules=rules)[:2] == (0, text)


def test_a_rule_for_one_side_is_no_leave_to_drop_the_other(merge: Callable[..., tuple[int, str, str]]) -> None:
    rules = '[[rules]]\npath = "*.lines"\ndimension = "lines"\nstrategy = "theirs"\n'
    code, text, said = merge(("StubOps", "Patterns", "Six"), OURS, THEIRS, rules=rules)
    assert code == 1 and "a2\n" in text, said


def test_a_pick_is_the_users_word(
    merge: Callable[..., tuple[int, str, str]], run: Run, tmp_path: Path, make_repo: Callable[..., Path]
) -> None:
    assert merge(("Obeys", "Patterns", "Six"), OURS, THEIRS)[0] == 1
    (root,) = (file.parent for file in tmp_path.rglob("x.lines"))
    done = run(root, "muse", "resolve", "--pick", "top=theirs", "x.lines")
    assert (done.returncode, (root / "x.lines").read_text()) == (0, THEIRS), done.stderr


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("Crdt", "Patterns", "Six"), "has no advance_crdt_state"),
        (("GoodMerge", "Six"), '[meta] domain = "lines"'),
        (("GoodMerge", "ClaimsToo", "Six"), "has claims() and no patterns"),
        (("GoodMerge", "Patterns", "Six"), ""),
    ],
)
def test_doctor_tells_what_a_plugin_does_not_keep(
    parts: tuple[str, ...], said: str, install: Install, run: Run, make_repo: Callable[..., Path]
) -> None:
    install(*parts)
    root = make_repo(files={"x.lines": BASE})
    run(root, "muse", "install", "--local")
    told = run(root, "muse", "doctor").stdout
    assert said in told and ("lines: " in told) == bool(said), told


def test_a_clone_asks_the_domain_its_repository_names(
    install: Install, run: Run, git: Callable[..., str], make_repo: Callable[..., Path], tmp_path: Path
) -> None:
    install("GoodMerge", "Six")
    root = make_repo(files={"x.txt": BASE, ".museattributes": '[meta]\ndomain = "lines"\n'})
    done = run(tmp_path, "git", "clone", "-q", f"muse::{root}", "copy")
    assert done.returncode == 0, done.stderr
    assert git(tmp_path / "copy", "check-attr", "merge", "x.txt") == "x.txt: merge: muse"


def test_doctor_tells_of_a_plugin_that_drivers_do_not_find(
    install: Install, run: Run, git: Callable[..., str], make_repo: Callable[..., Path]
) -> None:
    install("GoodMerge", "Patterns", "Six")
    root = make_repo(files={"x.lines": BASE})
    run(root, "muse", "install", "--local")
    assert "drivers do not find" not in run(root, "muse", "doctor").stdout
    git(root, "config", "--global", "--unset", "muse.pluginPath")
    done = run(root, "muse", "doctor")
    assert done.returncode == 1 and "lines: drivers do not find its package" in done.stdout
    assert "git config --global --add muse.pluginPath /" in done.stdout


def test_solve_and_the_listing_ask_the_domain_a_repository_names(
    install: Install, run: Run, git: Callable[..., str], make_repo: Callable[..., Path]
) -> None:
    install("GoodMerge", "Shouts", "Six")
    root = make_repo(files={".museattributes": '[meta]\ndomain = "lines"\n', "sub/x.py": BASE})
    marked = f"<<<<<<< ours\n{OURS}||||||| base\n{BASE}=======\n{THEIRS}>>>>>>> theirs\n"
    (root / "sub" / "x.py").write_text(marked)
    done = run(root / "sub", "muse", "solve", "x.py")
    assert (done.returncode, (root / "sub" / "x.py").read_text()) == (0, BOTH), done.stderr
    listed = run(root, "muse-textconv", "sub/x.py")
    (root / ".museattributes").unlink()
    assert (listed.stdout, run(root, "muse-textconv", "sub/x.py").stdout) == (BOTH.upper(), BOTH)
    (root / "sub" / "x.py").write_text(marked)
    assert run(root / "sub", "muse", "solve", "x.py").returncode == 1, "nobody else knows how"


def test_git_diff_asks_a_strangers_domain_for_its_listing(
    install: Install, run: Run, git: Callable[..., str], make_repo: Callable[..., Path], commit: Callable[..., str]
) -> None:
    install("GoodMerge", "Folder", "Shouts", "Six")
    names = ["plans/a.lines", "Plans/B.Lines", "sub/a.lns", "plans/deep/a.lines", "a.lines", "y.lns"]
    root = make_repo(files=dict.fromkeys(names, BASE))
    run(root, "muse", "install", "--local")
    commit(root, dict.fromkeys(names, OURS), "ours")
    told = git(root, "show", "--format=", "-U0").split("diff --git ")
    shown = {part.split("\n")[0].partition(" b/")[2]: "\n+A" in part for part in told[1:]}
    assert shown == dict(zip(names, [True, True, True, False, False, False]))
    claimed = git(root, "check-attr", "merge", "--", *names).splitlines()
    assert [line.endswith(": muse") for line in claimed] == [shown[name] for name in names]
    assert "git diff does not ask" not in run(root, "muse", "doctor").stdout
    run(root, "muse", "uninstall")
    assert "\n+a" in git(root, "show", "--format=", "-U0", "--", names[0])


def test_doctor_tells_that_a_listing_is_not_asked_for(
    install: Install, run: Run, git: Callable[..., str], make_repo: Callable[..., Path]
) -> None:
    """As it is when the plugin has learnt to list its files since `muse install`; the user's own word is no fault."""
    install("GoodMerge", "Patterns", "Listing", "Six")
    root = make_repo(files={"x.lines": BASE})
    run(root, "muse", "install", "--local")
    git(root, "config", "--unset", "diff.muse-domain-lines.textconv")
    told = run(root, "muse", "doctor").stdout
    assert "lines can list its files, and git diff does not ask it for *.lines\n     mend it: muse install\n" in told
    (root / ".git" / "info" / "attributes").write_text("*.lines merge=muse diff=other\n")
    assert "git diff does not ask" not in run(root, "muse", "doctor").stdout
