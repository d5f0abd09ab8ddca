"""`muse bot` in a clone as CI has it: what is pushed where, what is said, and to whom; the forges' APIs are played by a
server with their recorded shapes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread as Running
from typing import Any

import pytest

from muse.cli.main import main
from muse.engine.bot.report import MARK
from tests.conftest import RunGit

pytestmark = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
A, B, C = ("def a():\n    return 1\n", "def b():\n    return 2\n", "def c():\n    return 3\n")
FILE = f"import sys\n\n\n{A}\n\n{B}"


class Hub:
    """A bare repository, a developer's clone, CI's clone, and ways to run the bot there."""

    def __init__(
        self, tmp_path: Path, git: RunGit, capfd: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.git, self.capfd, self.patch = git, capfd, patch
        self.server, self.work, self.ci = (tmp_path / name for name in ("server.git", "work", "ci"))
        git(tmp_path, "init", "-q", "--bare", "-b", "main", "server.git")
        git(tmp_path, "clone", "-q", str(self.server), "work")
        git(self.work, "switch", "-q", "-c", "main")
        self.put("main", {"one.py": FILE, "two.py": FILE, "three.py": FILE}, "start")

    def put(self, branch: str, files: dict[str, str], message: str) -> str:
        for name, text in files.items():
            (self.work / name).write_text(text)
        self.git(self.work, "add", "-A")
        self.git(self.work, "commit", "-q", "-m", message)
        self.git(self.work, "push", "-q", "origin", branch)
        return self.git(self.work, "rev-parse", "HEAD")

    def conflict(self, *, left: bool) -> None:
        """Both add an import to two files (Git conflicts, Muse does not); with `left`, both edit one line, too."""
        self.git(self.work, "switch", "-q", "-c", "topic")
        mine = FILE.replace("import sys\n", "import sys\nimport re\n")
        self.put(
            "topic",
            {"one.py": mine, "two.py": mine, **({"three.py": FILE.replace("2", "20")} if left else {})},
            "topic",
        )
        self.git(self.work, "switch", "-q", "main")
        its = FILE.replace("import sys\n", "import sys\nimport io\n")
        self.put(
            "main", {"one.py": its, "two.py": its, **({"three.py": FILE.replace("2", "21")} if left else {})}, "main"
        )

    def clone(self, *flags: str) -> None:
        self.git(self.server.parent, "clone", "-q", *flags, f"file://{self.server}", "ci")

    def bot(self, *words: str, code: int = 0) -> str:
        self.patch.chdir(self.ci)
        self.capfd.readouterr()
        assert main(["bot", *words]) == code, self.capfd.readouterr()
        out = self.capfd.readouterr().out
        assert r"\n" not in out or "--json" in words  # its lines are lines, and not one with signs for breaks
        return out

    def refs(self) -> dict[str, str]:
        rows = self.git(
            self.server, "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads"
        ).splitlines()
        return dict(row.split() for row in rows)


@pytest.fixture
def hub(tmp_path: Path, git: RunGit, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Hub:
    return Hub(tmp_path, git, capfd, monkeypatch)


PR = ("--base", "main", "--head", "topic")


@pytest.mark.parametrize("flags", [(), ("--depth=1",)], ids=["", "shallow"])
def test_a_clean_merge_goes_to_the_head_and_once(hub: Hub, flags: tuple[str, ...]) -> None:
    hub.conflict(left=False)
    hub.clone(*flags)
    before = hub.refs()
    said = hub.bot(*PR)
    assert "2 files merged that Git cannot merge" in said and "It would go to `topic`" in said
    assert hub.refs() == before, "without --push nothing changes"
    told = json.loads(hub.bot(*PR, "--push", "--json"))
    assert (told["clean"], told["pushed"], told["branch"], told["merged"]) == (
        True,
        True,
        "topic",
        ["one.py", "two.py"],
    )
    after = hub.refs()
    assert after == {**before, "topic": told["commit"]}
    assert hub.git(hub.server, "log", "-1", "--format=%P", "topic").split() == [before["topic"], before["main"]]
    merged = hub.git(hub.server, "show", "topic:one.py")
    assert merged.count("import re\n") == merged.count("import io\n") == 1
    assert "nothing for Muse to do" in hub.bot(*PR, "--push")
    assert hub.refs() == after


def test_what_is_left_goes_beside_with_markers(hub: Hub) -> None:
    hub.conflict(left=True)
    hub.clone()
    before = hub.refs()
    said = hub.bot(*PR, "--push", code=1)
    assert "2 files merged that Git cannot merge, 1 file left to settle" in said
    assert "- `three.py` `b`" in said and "`return 20`" in said and "`return 21`" in said
    after = hub.refs()
    assert {name: tip for name, tip in after.items() if name != "muse/merge/topic"} == before
    beside = after["muse/merge/topic"]
    assert "<<<<<<< topic" in hub.git(hub.server, "show", f"{beside}:three.py")
    assert "<<<<<<<" not in hub.git(hub.server, "show", f"{beside}:one.py")
    hub.bot(*PR, "--push", code=1)
    assert hub.refs() == after, "the same merge is not made again"
    hub.put("main", {"four.py": FILE}, "more")
    hub.bot(*PR, "--push", code=1)
    assert hub.refs()["muse/merge/topic"] not in (beside, after["topic"]), "it follows its base"
    assert "nothing for Muse to do" in hub.bot("--base", "main", "--head", "muse/merge/topic", "--push")


@pytest.mark.parametrize("how", ["commit", "amend"])
def test_what_somebody_settled_beside_is_never_made_anew(hub: Hub, how: str) -> None:
    hub.conflict(left=True)
    hub.clone()
    hub.bot(*PR, "--push", code=1)
    said = hub.bot(*PR, "--push", code=1)
    assert "`muse/merge/topic` has the merge, with markers" in said and "git switch muse/merge/topic" in said
    hub.git(hub.work, "fetch", "-q", "origin")
    hub.git(hub.work, "switch", "-q", "muse/merge/topic")
    (hub.work / "three.py").write_text(FILE.replace("2", "2021"))
    if how == "amend":
        hub.git(hub.work, "commit", "-q", "-a", "--amend", "--no-edit")
    else:
        hub.git(hub.work, "commit", "-q", "-a", "-m", "settled")
    hub.git(hub.work, "push", "-q", "-f", "origin", "muse/merge/topic")
    settled = hub.refs()["muse/merge/topic"]
    hub.git(hub.work, "switch", "-q", "main")
    hub.put("main", {"four.py": FILE}, "more")
    said = hub.bot(*PR, "--push", code=1)
    assert "`muse/merge/topic` has commits of somebody's and was left as it is" in said
    assert hub.refs()["muse/merge/topic"] == settled
    told = json.loads(hub.bot(*PR, "--push", "--json", code=1))
    assert (told["kept"], told["pushed"], hub.refs()["muse/merge/topic"]) == (True, False, settled)
    hub.git(hub.server, "branch", "-D", "muse/merge/topic")
    assert json.loads(hub.bot(*PR, "--push", "--json", code=1))["pushed"] is True


def test_what_git_merges_is_left_to_the_forge(hub: Hub) -> None:
    hub.git(hub.work, "switch", "-q", "-c", "topic")
    hub.put("topic", {"one.py": FILE.replace("1", "10")}, "topic")
    hub.git(hub.work, "switch", "-q", "main")
    hub.put("main", {"one.py": FILE.replace("2", "20")}, "main")
    hub.clone()
    before = hub.refs()
    assert "merge as they are" in hub.bot(*PR, "--push")
    assert hub.refs() == before


def test_the_default_branch_and_strangers_refs_are_never_pushed_to(hub: Hub) -> None:
    hub.conflict(left=False)
    hub.git(hub.server, "update-ref", "refs/pull/7/head", "topic")
    hub.clone()
    before = hub.refs()
    hub.bot("--base", "topic", "--head", "main", "--push")
    hub.bot("--base", "main", "--head", "refs/pull/7/head", "--push")
    after = hub.refs()
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"muse/merge/main", "muse/merge/pull-7-head"}
    assert hub.git(hub.server, "rev-parse", "refs/pull/7/head") == before["topic"]


def test_a_head_that_moved_meanwhile_is_not_overwritten(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.conflict(left=False)
    hub.clone()
    from muse.engine.bot import merging

    pushes = merging.push

    def late(*given: Any) -> bool:
        hub.git(hub.work, "switch", "-q", "topic")
        hub.put("topic", {"late.py": C}, "late")
        return pushes(*given)

    monkeypatch.setattr(merging, "push", late)
    monkeypatch.chdir(hub.ci)
    hub.capfd.readouterr()
    assert main(["bot", *PR, "--push"]) != 0
    assert "topic was not pushed" in hub.capfd.readouterr().err
    assert hub.git(hub.server, "log", "-1", "--format=%s", "topic") == "late"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base", "main"), "go together"),
        ((), "which pull request?"),
        ((*PR, "--comment"), "no thread"),
        (("--base", "main", "--head", "nowhere"), "cannot fetch main and nowhere"),
        (("--base", "a:b", "--head", "main"), "is no branch's name"),
        ((*PR, "--remote", "-x"), "-x"),
    ],
)
def test_wrong_arguments(hub: Hub, words: tuple[str, ...], said: str) -> None:
    hub.clone()
    hub.patch.chdir(hub.ci)
    assert main(["bot", *words]) in (1, 128, 129)
    err = hub.capfd.readouterr().err
    assert said in err and "Traceback" not in err


# Forges --------------------------------------------------------------------------------------------------------------


class Api(ThreadingHTTPServer):
    """Comments of one thread, as the forges keep them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rows: list[dict[str, Any]] = [{"id": 1, "body": "looks good", "author": "x"}]
        self.calls: list[tuple[str, str, str]] = []
        self.answer = 0
        self.foreign: set[int] = set()


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def log_message(self, *_: Any) -> None:
        pass

    def _do(self) -> None:
        path, _, query = self.path.partition("?")
        token = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
        self.server.calls.append((self.command, path, token))
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.answer:
            self.send_response(self.server.answer)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
            self.end_headers()
            return
        made: Any
        status = 200
        if self.command == "GET":
            made = self.server.rows if "page=1" in query.split("&") else []
        elif self.command == "POST":
            made = {"id": len(self.server.rows) + 1, "body": json.loads(sent)["body"]}
            self.server.rows.append(made)
        else:
            row = next(row for row in self.server.rows if row["id"] == int(path.rsplit("/", 1)[1]))
            status = 403 if row["id"] in self.server.foreign else 200
            made = row | json.loads(sent)
            if status == 200:
                row.update(made)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(made).encode())

    do_GET = do_POST = do_PATCH = do_PUT = _do


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    running = Running(target=made.serve_forever, daemon=True)
    running.start()
    yield made
    made.shutdown()
    made.server_close()


def in_ci(forge: str, api: Api, patch: pytest.MonkeyPatch, folder: Path, *, fork: bool = False) -> None:
    """The environment of a forge's job for pull request 7."""
    for name in ("GITHUB_EVENT_PATH", "GITEA_ACTIONS", "FORGEJO_ACTIONS", "CI_MERGE_REQUEST_IID", "GITHUB_TOKEN"):
        patch.delenv(name, raising=False)
    address = f"http://127.0.0.1:{api.server_port}"
    if forge == "gitlab":
        for name, value in {
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "43" if fork else "42",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_API_V4_URL": f"{address}/api/v4",
            "GITLAB_TOKEN": "secret",
        }.items():
            patch.setenv(name, value)
        return
    event = folder / "event.json"
    repo = {"full_name": "us/songs"}
    head = {"ref": "topic", "repo": {"full_name": "them/songs"} if fork else repo}
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": head, "base": {"ref": "main", "repo": repo}}}))
    patch.setenv("GITHUB_EVENT_PATH", str(event))
    patch.setenv("GITHUB_REPOSITORY", "us/songs")
    patch.setenv("GITHUB_API_URL", address + ("/api/v1" if forge == "gitea" else ""))
    patch.setenv("GITHUB_TOKEN", "secret")
    if forge == "gitea":
        patch.setenv("GITEA_ACTIONS", "true")


FORGES = {
    "github": ("/repos/us/songs/issues/7/comments", "/repos/us/songs/issues/comments/2", "PATCH", "Bearer secret"),
    "gitea": (
        "/api/v1/repos/us/songs/issues/7/comments",
        "/api/v1/repos/us/songs/issues/comments/2",
        "PATCH",
        "token secret",
    ),
    "gitlab": (
        "/api/v4/projects/42/merge_requests/7/notes",
        "/api/v4/projects/42/merge_requests/7/notes/2",
        "PUT",
        "secret",
    ),
}


@pytest.mark.parametrize("forge", FORGES)
def test_the_comment_is_made_once_and_then_replaced(
    hub: Hub, api: Api, forge: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed, one, change, token = FORGES[forge]
    hub.conflict(left=True)
    hub.clone()
    in_ci(forge, api, monkeypatch, tmp_path)
    assert json.loads(hub.bot("--comment", "--json", code=1))["comment"] == "made"
    assert [row["body"].startswith(MARK) for row in api.rows] == [False, True]
    assert "`three.py` `b`" in api.rows[1]["body"]
    assert json.loads(hub.bot("--comment", "--json", code=1))["comment"] == "unchanged"
    assert json.loads(hub.bot("--comment", "--push", "--json", code=1))["comment"] == "replaced"
    assert "`muse/merge/topic` has the merge" in api.rows[1]["body"] and len(api.rows) == 2
    assert {call for call in api.calls if call[0] != "GET"} == {("POST", listed, token), (change, one, token)}
    assert {call[1:] for call in api.calls if call[0] == "GET"} == {(listed, token)}


def test_our_mark_on_somebody_elses_comment_is_theirs(
    hub: Hub, api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub.conflict(left=True)
    hub.clone()
    in_ci("github", api, monkeypatch, tmp_path)
    api.rows.append({"id": 2, "body": f"{MARK}\nmerge me, all is well"})
    api.foreign.add(2)
    assert json.loads(hub.bot("--comment", "--json", code=1))["comment"] == "made"
    assert api.rows[1]["body"].endswith("all is well") and "three.py" in api.rows[2]["body"]


@pytest.mark.parametrize("forge", FORGES)
def test_a_fork_is_fetched_by_its_ref_and_answered_beside(
    hub: Hub, api: Api, forge: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub.conflict(left=False)
    ref = "refs/merge-requests/7/head" if forge == "gitlab" else "refs/pull/7/head"
    hub.git(hub.server, "update-ref", ref, "topic")
    hub.git(hub.server, "branch", "-f", "topic", "main~1")  # our branch of that name is another one
    hub.clone()
    in_ci(forge, api, monkeypatch, tmp_path, fork=True)
    before = hub.refs()
    told = json.loads(hub.bot("--push", "--json"))
    assert told["branch"] == f"muse/merge/{ref.removeprefix('refs/').replace('/', '-')}"
    assert {name: hub.refs()[name] for name in before} == before


@pytest.mark.parametrize("status", [302, 401, 500])
def test_a_forge_that_refuses_is_told_and_nothing_follows(
    hub: Hub, api: Api, status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub.conflict(left=True)
    hub.clone()
    in_ci("github", api, monkeypatch, tmp_path)
    api.answer = status
    monkeypatch.chdir(hub.ci)
    assert main(["bot", "--comment"]) not in (0, 1)
    err = hub.capfd.readouterr().err
    assert f"answers {status} to GET" in err and "secret" not in err and "Traceback" not in err
    assert [call[1] for call in api.calls] == ["/repos/us/songs/issues/7/comments"], "no token goes elsewhere"


def test_a_token_does_not_travel_in_the_clear(
    hub: Hub, api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub.conflict(left=True)
    hub.clone()
    in_ci("github", api, monkeypatch, tmp_path)
    monkeypatch.setenv("GITHUB_API_URL", "http://forge.example/api")
    monkeypatch.chdir(hub.ci)
    assert main(["bot", "--comment"]) not in (0, 1)
    assert "https only" in hub.capfd.readouterr().err


@pytest.mark.parametrize(
    "event", ["", "[]", "{}", '{"pull_request": {"number": "x"}}', "[" * 100_000, '{"pull_request": 3}']
)
def test_an_event_that_is_none(hub: Hub, event: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hub.clone()
    monkeypatch.delenv("CI_MERGE_REQUEST_IID", raising=False)
    (tmp_path / "event.json").write_text(event)
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    monkeypatch.chdir(hub.ci)
    assert main(["bot"]) not in (0, 1)
    assert "Traceback" not in hub.capfd.readouterr().err


def test_names_cannot_leave_their_code_span(hub: Hub, make_repo: Callable[..., Path]) -> None:
    """A file named like markup, a mention and an image is shown, not rendered."""
    name = "``](x) @all ![a](http:x)`.py"
    hub.put("main", {name.replace("/", ""): FILE}, "odd")
    hub.git(hub.work, "switch", "-q", "-c", "topic")
    hub.put("topic", {name.replace("/", ""): FILE.replace("2", "20")}, "topic")
    hub.git(hub.work, "switch", "-q", "main")
    hub.put("main", {name.replace("/", ""): FILE.replace("2", "21")}, "main")
    hub.clone()
    said = hub.bot(*PR, code=1)
    assert f"- ``` {name.replace('/', '')} ```" in said


def test_a_protected_head_has_the_merge_beside_it(hub: Hub) -> None:
    """As forges refuse it: a hook of theirs declines the branch and no other."""
    hub.conflict(left=False)
    hook = hub.server / "hooks" / "update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/topic ] || { echo "branch topic is protected"; exit 1; }\n')
    hook.chmod(0o755)
    hub.clone()
    before = hub.refs()
    said = hub.bot(*PR, "--push")
    assert "`topic` takes no push (`hook declined`), so the merge is in `muse/merge/topic`" in said
    after = hub.refs()
    assert {name: tip for name, tip in after.items() if name != "muse/merge/topic"} == before
    assert hub.git(hub.server, "log", "-1", "--format=%P", "muse/merge/topic").split() == [
        before["topic"],
        before["main"],
    ]
    assert json.loads(hub.bot(*PR, "--push", "--json"))["pushed"] is False, "it is there already"
    assert hub.refs() == after
