"""status, commit, log, show, diff, checkout, branch, tag and blame, as a user types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

BASE = "def load():\n    return 1\n\n\ndef keep():\n    return 2\n"
NEW = BASE.replace("return 1", "return 10")


def test_status_says_what_changed_inside(muse, make_repo, git):
    root = make_repo("repo", {"a.py": BASE, "b.txt": "1\n", "gone.txt": "x\n", "old.txt": "1\n2\n3\n"})
    assert muse(root, "status") == (0, "On branch main\nnothing to commit, working tree clean\n", "")
    (root / "a.py").write_text(NEW)
    (root / "b.txt").write_text("2\n")
    (root / "gone.txt").unlink()
    (root / "new").mkdir()
    (root / "new" / "n.txt").write_text("1\n")
    git(root, "mv", "old.txt", "moved.txt")
    code, out, err = muse(root, "status")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "On branch main"
    assert any(line.startswith(" M a.py: ") and "load" in line for line in lines)
    assert {" M b.txt", " D gone.txt", "R  old.txt -> moved.txt: renamed from old.txt", "?? new/"} <= set(lines)
    rows = {row["path"]: row for row in json.loads(muse(root, "status", "--json")[1])["paths"]}
    assert rows["a.py"]["unstaged"] == "M" and rows["a.py"]["delta"]["op"] == "patch"
    assert rows["moved.txt"]["old_path"] == "old.txt" and rows["new/"]["kind"] == "untracked"
    assert muse(root / "new", "status", "-s", ".")[1] == "?? new/\n"


def test_status_of_unborn_detached_and_bare(muse, make_repo, git):
    root = make_repo("repo")
    assert muse(root, "status")[1] == "On branch main\nNo commits yet\nnothing to commit, working tree clean\n"
    assert json.loads(muse(root, "status", "--json")[1])["commit"] is None
    root = make_repo("other", {"a": "1\n"})
    git(root, "checkout", "-q", "--detach")
    assert muse(root, "status")[1].startswith(f"HEAD detached at {git(root, 'rev-parse', '--short=12', 'HEAD')}\n")
    code, out, err = muse(make_repo("bare.git", bare=True), "status")
    assert (code, out) == (128, "") and err == "muse: this operation must be run in a work tree\n"
    code, out, err = muse(root.parent, "status")
    assert code == 128 and err.startswith("muse: not a git repository")


def test_status_follows_upstream_and_operations(muse, make_repo, commit, git, tmp_path):
    origin = make_repo("origin", {"a": "1\n"})
    git(tmp_path, "clone", "-q", str(origin), "clone")
    root = tmp_path / "clone"
    commit(root, {"b": "1\n"})
    commit(origin, {"c": "1\n"})
    git(root, "fetch", "-q")
    assert "1 commit(s) ahead of origin/main, 1 behind\n" in muse(root, "status")[1]
    git(root, "merge", "--no-commit", "-q", "origin/main")
    assert "A merge is in progress: muse merge --continue" in muse(root, "status")[1]


def test_an_unreadable_or_odd_file_does_not_stop_the_status(muse, make_repo, monkeypatch):
    name = os.fsdecode(b"odd \xff.py")
    root = make_repo("repo", {name: BASE, "loop.py": BASE})
    (root / name).write_text(NEW)
    (root / "loop.py").unlink()
    (root / "loop.py").symlink_to("loop.py")
    code, out, _ = muse(root, "status")
    assert code == 0 and " T loop.py" in out
    assert [row["path"] for row in json.loads(muse(root, "status", "--json")[1])["paths"]] == ["loop.py", name]


def test_a_broken_plugin_costs_its_sentence_only(muse, make_repo, monkeypatch):
    from muse.plugins.code.plugin import CodePlugin

    def broken(*args, **named):
        raise RuntimeError("no")

    root = make_repo("repo", {"a.py": BASE})
    (root / "a.py").write_text(NEW)
    monkeypatch.setattr(CodePlugin, "diff", broken)
    assert muse(root, "status") == (0, "On branch main\n M a.py\n", "")
    assert muse(root, "commit", "-q", "-m", "x") == (0, "", "")


def test_commit_log_and_show_tell_one_story(muse, make_repo, git):
    root = make_repo("repo", {"a.py": BASE})
    (root / "a.py").write_text(NEW)
    code, out, err = muse(root, "commit", "-m", "Load ten")
    assert (code, err) == (0, "") and "Load ten" in out
    code, out, _ = muse(root, "log")
    assert code == 0
    head = git(root, "rev-parse", "HEAD")
    assert out.startswith(f"commit {head} (HEAD -> main)\nAuthor: Ada Tester <ada@example.org>\nDate:   ")
    assert "\n    Load ten\n\nM  a.py: " in out and out.rstrip().endswith("A  a.py")
    log = json.loads(muse(root, "log", "--json")[1])
    assert [row["message"] for row in log] == ["Load ten", "first"]
    assert log[0]["delta"]["paths"][0]["op"]["op"] == "patch"
    graph = muse(root, "log", "--graph")[1].splitlines()
    assert graph[0].endswith("Load ten") and graph[1].startswith("|   a.py: ")
    assert muse(root, "log", "-n", "1", "--oneline")[1].startswith(f"{head[:9]} (HEAD -> main) Load ten  [a.py: ")
    assert muse(root, "log", "--format=%s", "-n1")[1] == "Load ten\n"  # Git's own text stays Git's
    code, out, _ = muse(root, "show")
    assert code == 0 and "\nM  a.py: " in out and "\n    ~ function load" in out
    assert "\n    ~" not in muse(root, "show", "--stat")[1]
    assert muse(root, "show", "HEAD~1:a.py")[1] == BASE
    assert [row["id"] for row in json.loads(muse(root, "show", "--json", "HEAD~1", "HEAD")[1])] == [
        git(root, "rev-parse", "HEAD~1"),
        head,
    ]


def test_log_takes_ranges_and_paths_and_says_what_git_says(muse, make_repo, commit, git):
    root = make_repo("repo", {"a.txt": "1\n"})
    commit(root, {"a.txt": "2\n", "d/b.txt": "1\n"}, "both")
    commit(root, {"d/b.txt": "2\n"}, "only b")
    assert [row["message"] for row in json.loads(muse(root, "log", "--json", "HEAD~1..")[1])] == ["only b"]
    rows = json.loads(muse(root, "log", "--json", "--", "a.txt")[1])
    assert [row["message"] for row in rows] == ["both", "first"]
    assert [path["path"] for path in rows[0]["delta"]["paths"]] == ["a.txt"]
    assert [row["message"] for row in json.loads(muse(root / "d", "log", "--json", "--", "b.txt")[1])] == [
        "only b",
        "both",
    ]
    code, out, err = muse(root, "log", "nowhere")
    assert code == 128 and out == "" and "nowhere" in err
    assert muse(make_repo("empty"), "log")[0] == 128
    assert muse(root.parent / "empty", "log", "--json") == (0, "[]\n", "")


def test_log_draws_merges(muse, make_repo, commit, git):
    root = make_repo("repo", {"a.txt": "1\n"})
    git(root, "checkout", "-q", "-b", "side")
    commit(root, {"b.txt": "1\n"}, "on the side")
    git(root, "checkout", "-q", "main")
    commit(root, {"c.txt": "1\n"}, "on main")
    git(root, "merge", "-q", "--no-edit", "side")
    lines = muse(root, "log", "--graph")[1].splitlines()
    told = [line.rsplit("  ", 1) for line in lines if line.endswith("added")]
    assert [said for _, said in told] == ["b.txt: added", "c.txt: added", "a.txt: added"]
    drawing = [line.rsplit("  ", 1)[0].rstrip() if line.endswith("added") else line.rstrip() for line in lines]
    plain = git(root, "log", "--graph", "--format=%h%d %s").splitlines()
    assert [line for line in drawing if line.strip("| ")] == [line.rstrip() for line in plain]
    out = muse(root, "show")[1]
    assert "\nMerge: " in out and out.endswith("\n\nA  b.txt\n")


def test_a_shallow_clone_has_a_log(muse, make_repo, commit, git, tmp_path):
    root = make_repo("repo", {"a.txt": "1\n"})
    commit(root, {"a.txt": "2\n"}, "second")
    git(tmp_path, "clone", "-q", "--depth=1", root.as_uri(), "shallow")
    rows = json.loads(muse(tmp_path / "shallow", "log", "--json")[1])
    assert [(row["message"], row["parents"]) for row in rows] == [("second", [])]
    assert [path["status"] for path in rows[0]["delta"]["paths"]] == ["A"]


def test_diff_compares_what_git_diff_compares(muse, make_repo, commit, git):
    root = make_repo("repo", {"a.py": BASE, "d/b.txt": "1\n"})
    commit(root, {"a.py": NEW}, "two")
    (root / "d" / "b.txt").write_text("2\n")
    assert muse(root, "diff") == (0, "M  d/b.txt\n", "")
    assert muse(root / "d", "diff", "--exit-code", "b.txt")[0] == 1
    assert muse(root, "diff", "--cached", "--exit-code") == (0, "", "")
    code, out, _ = muse(root, "diff", "HEAD~1", "HEAD")
    assert code == 0 and out.startswith("M  a.py: ") and "\n    ~ function load" in out
    assert muse(root, "diff", "--stat", "HEAD~1", "HEAD")[1].count("\n") == 1
    row = json.loads(muse(root, "diff", "--json", "HEAD~1", "--", "a.py")[1])["paths"][0]
    assert (row["status"], row["path"], row["op"]["child_domain"]) == ("M", "a.py", "code")
    assert muse(root, "diff", "-p")[1].startswith("diff --git a/d/b.txt")
    code, out, err = muse(root, "diff", "nowhere")
    assert code == 128 and out == "" and "nowhere" in err


def test_checkout_branch_tag_and_blame_are_gits(muse, make_repo, commit, git):
    root = make_repo("repo", {"a.txt": "1\n"})
    assert muse(root, "checkout", "-q", "-b", "side")[0] == 0 and git(root, "branch", "--show-current") == "side"
    commit(root, {"a.txt": "2\n"}, "side")
    (root / "a.txt").write_text("my work\n")
    code, _, err = muse(root, "checkout", "main")
    assert code == 1 and "would be overwritten" in err and (root / "a.txt").read_text() == "my work\n"
    assert muse(root, "checkout", "--", "a.txt")[0] == 0 and (root / "a.txt").read_text() == "2\n"
    assert muse(root, "tag", "v1") == (0, "", "")
    assert json.loads(muse(root, "tag", "--json")[1])[0]["name"] == "v1"
    rows = json.loads(muse(root, "branch", "--json")[1])
    assert [(row["name"], row["current"]) for row in rows] == [("main", False), ("side", True)]
    assert "2" in muse(root, "blame", "a.txt")[1]
    assert "muse checkout" in muse(root, "checkout", "--help")[1]


def test_a_closed_pipe_is_quiet(make_repo, commit):
    root = make_repo("repo", {"a.txt": "1\n"})
    for number in range(60):
        commit(root, {"a.txt": f"{number}\n"}, f"change {number} " + "x" * 3000)
    process = subprocess.Popen(
        [sys.executable, "-m", "muse.cli", "log"], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 141 and err == b""


def test_a_symbol_renamed_on_one_branch_and_edited_on_another_has_both_in_its_history(muse, make_repo, commit, git):
    """In the middle of the walk, the other branch still knows it by its old name."""
    body = "class P:\n    def load(self, a, b):\n        total = a + b\n        return total * 2\n\n\n" + BASE
    root = make_repo("repo", {"a.py": body})
    git(root, "checkout", "-qb", "topic")
    commit(root, {"a.py": body.replace("load(self", "read(self")}, "rename")
    git(root, "checkout", "-q", "main")
    commit(root, {"a.py": body.replace("total * 2", "total * 3")}, "edit")
    assert muse(root, "merge", "-m", "both", "topic")[0] == 0
    rows = json.loads(muse(root, "log", "--json", "--symbol", "a.py::P.read")[1])
    assert {(row["message"], row["address"], row["before"]) for row in rows} == {
        ("rename", "a.py::P.read", "a.py::P.load"),
        ("edit", "a.py::P.load", "a.py::P.load"),
        ("first", "a.py::P.load", None),
    }
    assert rows[-1]["message"] == "first"


def test_a_symbol_is_followed_through_renames(muse, make_repo, commit, git):
    body = "class P:\n    def load(self, a, b):\n        total = a + b\n        return total * 2\n\n\n" + BASE
    root = make_repo("repo", {"d/a.py": body})
    commit(root, {"d/a.py": body.replace("return 2", "return 3")}, "something else")
    body = body.replace("return 2", "return 3")
    commit(root, {"d/a.py": body.replace("load(self", "read(self")}, "rename the method")
    body = body.replace("load(self", "read(self")
    git(root, "mv", "d/a.py", "b.py")
    git(root, "commit", "-qm", "move the file")
    commit(root, {"b.py": body.replace("total * 2", "total * 3")}, "change the body")
    code, out, err = muse(root / "d" if (root / "d").exists() else root, "log", "--json", "--symbol", "b.py::P.read")
    assert (code, err) == (0, "")
    assert [(row["message"], row["address"], row["before"]) for row in json.loads(out)] == [
        ("change the body", "b.py::P.read", "b.py::P.read"),
        ("rename the method", "d/a.py::P.read", "d/a.py::P.load"),
        ("first", "d/a.py::P.load", None),
    ]
    lines = muse(root, "log", "--oneline", "--symbol", "b.py::P.read")[1].splitlines()
    assert lines[1].endswith("rename the method  [renamed d/a.py::P.load to d/a.py::P.read]") and len(lines) == 3
    assert muse(root, "log", "--symbol", "b.py::nothing")[2].startswith("muse: there is no nothing in b.py at ")
    assert muse(root, "log", "--symbol", "b.py")[0] == 129
    out = muse(root, "blame", "-s", "--symbol", "P.read", "b.py")[1]
    assert [line.split(") ", 1)[1].strip() for line in out.splitlines()] == [
        "def read(self, a, b):",
        "total = a + b",
        "return total * 3",
    ]
    assert muse(root, "blame", "--symbol", "nope", "b.py")[2] == "muse: there is no nope in b.py\n"
    rows = json.loads(muse(root, "blame", "--json", "--symbol", "P.read", "b.py")[1])
    assert [(row["line"], row["text"].strip()) for row in rows][::2] == [
        (2, "def read(self, a, b):"),
        (4, "return total * 3"),
    ]
    assert rows[2]["commit"] == git(root, "rev-parse", "HEAD") and rows[2]["author"] == "Ada Tester"
    assert muse(root, "blame", "--json", "nowhere")[0] == 128
    (root / "t.txt").write_text("x\n")
    assert muse(root, "blame", "--symbol", "x", "t.txt")[2].startswith("muse: t.txt has no symbols that Muse knows")
