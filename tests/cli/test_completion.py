"""Shell completion in real shells: what Tab offers is what is there now."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

SCRIPT = """\
source <(muse completion bash)
{extra}
COMP_WORDS=({words}) COMP_CWORD=$(( {count} - 1 )) COMP_LINE="{line}" COMP_POINT={point}
compopt() {{ echo "compopt $*"; }}
COMPREPLY=()
_muse_completion muse
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def bash(where, line, extra=""):
    """What bash offers for the last word of a line."""
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    script = SCRIPT.format(words=quoted, count=len(words), line=line, point=len(line), extra=extra)
    done = subprocess.run(["bash", "--norc", "-c", script], cwd=where, capture_output=True, text=True, check=False)
    assert done.stderr == "", done.stderr
    return done.stdout.split()


@pytest.fixture
def here(forked, muse_on_path, git, muse):
    git(forked, "tag", "v1.0")
    git(forked, "remote", "add", "upstream", "../nowhere")
    muse(forked, "session", "start", "evening")
    return forked


def test_bash_offers_what_is_there(here, git, muse, tmp_path):
    assert bash(here, "muse me") == ["merge", "merge-tree", "mergetool"]
    assert bash(here, "muse merge fe") == ["feature"]
    assert bash(here, "muse merge ") == ["HEAD", "feature", "main", "v1.0"]
    assert bash(here, "muse log main..f") == ["main..feature"]
    assert bash(here, "muse checkout v") == ["v1.0"]
    assert bash(here, "muse branch -d f") == ["feature"]
    assert bash(here, "muse tag -d ") == ["v1.0"]
    assert bash(here, "muse log --sy") == ["--symbol"]
    assert bash(here, "muse render v") == ["v1.0"]
    assert bash(here, "muse session status ") == ["evening"]
    assert bash(here, "muse session sta") == ["start", "status"]
    assert bash(here, "muse commit --session e") == ["evening"]
    assert bash(here, "muse sync u") == ["upstream"]
    assert bash(here, "muse domains mi") == ["midi"]
    assert bash(here, "muse languages py") == ["python"]
    assert bash(here, "muse resolve --th") == ["--theirs", "--theirs-first"]
    assert bash(here, "muse show -- p") == ["compopt", "-o", "default"], "file names are left to the shell"
    git(here, "branch", "fresh")
    assert bash(here, "muse merge f") == ["feature", "fresh"]
    git(here, "merge", "-q", "feature", check=False)
    assert bash(here, "muse resolve ") == ["p.py"] == bash(here, "muse mergetool p")
    assert bash(tmp_path, f"muse -C {here} merge fe") == ["feature"]
    assert bash(tmp_path, "muse merge f") == []


def test_what_is_offered_means_itself_on_the_line(here, git, muse, tmp_path):
    """Anybody names branches and sessions: a name that would run when the line is sent is offered quoted."""
    names = ["$(touch${IFS}RAN)", "a'b\"c", "x;touch${IFS}RAN", "two\u2028lines", "`touch${IFS}RAN`", "\u202evil"]
    for name in names:
        git(here, "update-ref", f"refs/heads/{name}", git(here, "rev-parse", "HEAD"))
    muse(here, "session", "start", "late night\njam $(touch RAN) \\x")
    script = SCRIPT.format(words="muse session status ''", count=4, line="muse session status ", point=20, extra="")
    show = 'for each in "${COMPREPLY[@]}"; do eval "printf \'%s\\\\0\' $each"; done'
    for asked, count, wanted in (
        ("muse session status ''", 4, ["evening", "late night\njam $(touch RAN) \\x"]),
        ("muse merge ''", 3, ["HEAD", *sorted([*names, "feature", "main"], key=os.fsencode), "v1.0"]),
        ("muse log 'main..x'", 3, ["main..x;touch${IFS}RAN"]),
    ):
        script = SCRIPT.format(words=asked, count=count, line="", point=0, extra="").rsplit("printf", 1)[0] + show
        done = subprocess.run(["bash", "--norc", "-c", script], cwd=here, capture_output=True, check=False)
        assert done.stderr == b"" and done.stdout.decode().split("\0")[:-1] == wanted
    assert not list(here.glob("*RAN*"))


def test_git_muse_is_completed_where_gits_completion_is(here):
    extra = "words=(git muse merge fe) cword=3; _git_muse; printf '%s\\n' \"${COMPREPLY[@]}\"; exit"
    assert bash(here, "muse x", extra) == ["feature"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells(shell, here):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here, so its completion is not tried")
    if shell == "fish":
        line = "muse completion fish | source; complete -C 'muse merge fe'; complete -C 'muse session status '"
        done = subprocess.run(
            ["fish", "--no-config", "-c", line], cwd=here, capture_output=True, text=True, check=False
        )
        assert [row.split("\t")[0] for row in done.stdout.splitlines()] == ["feature", "evening"], done.stderr
        return
    line = (
        "compdef() { :; }; compadd() { print -l -- ${(P)argv[-1]}; }; _describe() { print -l -- ${(P)3}; }; "
        'eval "$(muse completion zsh)"; words=(muse merge fe) CURRENT=3; _muse_completion'
    )
    done = subprocess.run(["zsh", "-f", "-c", line], cwd=here, capture_output=True, text=True, check=False)
    assert "feature" in done.stdout.split(), done.stdout + done.stderr


def test_completing_a_verb_imports_none(here):
    script = (
        "import sys; from muse.cli.main import main; main([]); "
        "print(sorted(m for m in sys.modules if m.startswith('muse.cli.verbs.')), file=sys.stderr)"
    )
    env = {**os.environ, "_MUSE_COMPLETE": "bash_complete", "COMP_WORDS": "muse re", "COMP_CWORD": "1"}
    script = script.replace("main([]); ", "\ntry:\n    main([])\nexcept SystemExit:\n    pass\n")
    import sys

    done = subprocess.run([sys.executable, "-c", script], cwd=here, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["plain,release", "plain,render", "plain,resolve", "plain,review"]
    assert done.stderr.strip() == "[]"


def test_names_that_are_not_there(here, muse):
    assert muse(here, "domains", "nope")[2].startswith("muse: there is no domain 'nope'\nhint: domains here: code, ")
    assert muse(here, "languages", "nope")[0] == 128
    (row,) = json.loads(muse(here, "domains", "--json", "midi")[1])
    assert row["domain"] == "midi" and row["dimensions"]["cc_pan"] == "pan"
    assert "cc_pan           pan\n" in muse(here, "domains", "midi")[1] and "cc_pan" not in muse(here, "domains")[1]
    assert muse(here, "languages", "python")[1].startswith("python ")
