"""`muse bot` at a real Gitea on loopback: the pull request is opened through its API, the shipped workflow file's own
lines are run with what its runner sets, and what came of it is asked of the API again."""

from __future__ import annotations

import base64
import json
import os
import resource
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import yaml

from muse.engine.bot.report import MARK
from tests.conftest import RunGit
from tests.servers.conftest import NAME, PASSWORD, gitea

pytestmark = pytest.mark.servers
ROOT = Path(__file__).resolve().parents[2]
FILE = "import sys\n\n\ndef a():\n    return 1\n\n\ndef b():\n    return 2\n"
TOPIC = {"one.py": FILE.replace("sys\n", "sys\nimport re\n"), "two.py": FILE.replace("sys\n", "sys\nimport re\n")}
MAIN = {name: text.replace("import re", "import io") for name, text in TOPIC.items()}
LEFT_TOPIC, LEFT_MAIN = {"three.py": FILE.replace("2", "20")}, {"three.py": FILE.replace("2", "21")}


class Forge:
    """A new repository of a Gitea, a developer's clone of it and the clone of its CI."""

    def __init__(self, folder: Path, git: RunGit, address: str, name: str) -> None:
        self.folder, self.git, self.name, self.repo = folder, git, name, f"/repos/{NAME}/{name}"
        self.host = address.removeprefix("muse::").partition(f"/{NAME}/")[0]
        self.api("POST", "/user/repos", {"name": name, "default_branch": "main"})
        self.work, self.ci = folder / "work", folder / "ci"
        self.clone(self.work, NAME, PASSWORD)
        git(self.work, "switch", "-q", "-c", "main")
        self.put("main", {"one.py": FILE, "two.py": FILE, "three.py": FILE})

    def url(self, user: str, password: str, owner: str = NAME) -> str:
        return f"{self.host.replace('://', f'://{user}:{urllib.request.quote(password)}@')}/{owner}/{self.name}.git"  # type: ignore[attr-defined]

    def clone(self, where: Path, user: str, password: str) -> None:
        self.git(self.folder, "clone", "-q", self.url(user, password), str(where))

    def put(self, branch: str, files: dict[str, str], *, onto: str = "origin") -> None:
        for name, text in files.items():
            (self.work / name).write_text(text)
        self.git(self.work, "add", "-A")
        self.git(self.work, "commit", "-q", "-m", branch)
        self.git(self.work, "push", "-q", onto, branch)

    def api(self, method: str, path: str, body: Any = None, user: str = NAME) -> Any:
        """The API's answer, asked as a person."""
        word = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            f"{self.host}/api/v1{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Basic {word}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            said = answer.read()
        return json.loads(said) if said else None

    def token(self, *scopes: str) -> str:
        made = self.api("POST", f"/users/{NAME}/tokens", {"name": f"{self.name} {scopes}", "scopes": scopes})
        return str(made["sha1"])

    def diverge(self, *, left: bool) -> None:
        """The branch topic and main, which Git cannot merge; with `left`, Muse cannot merge a third file either."""
        self.git(self.work, "switch", "-q", "-c", "topic")
        self.put("topic", {**TOPIC, **(LEFT_TOPIC if left else {})})
        self.git(self.work, "switch", "-q", "main")
        self.put("main", {**MAIN, **(LEFT_MAIN if left else {})})

    def pull(self, head: str = "topic", user: str = NAME) -> Any:
        """Open the pull request, and wait until the forge has looked whether it can merge it."""
        made = self.opened({"title": "T", "head": head, "base": "main"}, user)
        for _ in range(100):
            asked = self.api("GET", f"{self.repo}/pulls/{made['number']}")
            if asked.get("mergeable") is False:
                return asked
            time.sleep(0.1)
        raise AssertionError("the forge merges it by itself")

    def opened(self, asked: dict[str, str], user: str) -> Any:
        """A new pull request. The forge knows a branch that was pushed a moment later than Git does."""
        for _ in range(100):
            try:
                return self.api("POST", f"{self.repo}/pulls", asked, user)
            except HTTPError as error:
                if error.code != 404:
                    raise
                error.close()
                time.sleep(0.1)
        raise AssertionError("the forge does not find the branches")

    def job(self, pull: Any, token: str, code: int = 0) -> str:
        """The workflow file's lines for the bot, with what the runner of Gitea sets; what they said."""
        if not self.ci.exists():
            self.clone(self.ci, NAME, token)
        event = self.folder / "event.json"
        event.write_text(json.dumps({"action": "opened", "number": pull["number"], "pull_request": pull}))
        flow = yaml.load((ROOT / "examples/forges/gitea.yml").read_text(), yaml.BaseLoader)
        (step,) = [step for step in flow["jobs"]["muse"]["steps"] if step.get("name") == "muse bot"]
        assert step["env"] == {"GITHUB_TOKEN": "${{ secrets.GITHUB_TOKEN }}"}
        env = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GITEA_ACTIONS": "true",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": f"{NAME}/{self.name}",
            "GITHUB_API_URL": f"{self.host}/api/v1",
            "GITHUB_TOKEN": token,
        }
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]], cwd=self.ci, env=env, capture_output=True, text=True, timeout=60
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said and token not in said
        return said

    def comments(self, pull: Any) -> list[str]:
        return [row["body"] for row in self.api("GET", f"{self.repo}/issues/{pull['number']}/comments")]

    def branches(self) -> dict[str, str]:
        return {row["name"]: row["commit"]["id"] for row in self.api("GET", f"{self.repo}/branches")}

    def file(self, name: str, ref: str) -> str:
        found = self.api("GET", f"{self.repo}/contents/{name}?ref={urllib.request.quote(ref)}")  # type: ignore[attr-defined]
        return base64.b64decode(found["content"]).decode()


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An address at one Gitea for all tests here."""
    folder = tmp_path_factory.mktemp("srv") / "repos"
    folder.mkdir(parents=True)
    with gitea(folder) as started:
        yield started.address("r.git")


@pytest.fixture
def forge(hosted: str, tmp_path: Path, git: RunGit, request: pytest.FixtureRequest) -> Forge:
    return Forge(tmp_path, git, hosted, f"r{abs(hash(request.node.name))}")


def test_three_conflicts_two_merged_one_left(forge: Forge, capsys: pytest.CaptureFixture[str]) -> None:
    forge.diverge(left=True)
    asked, token = forge.pull(), forge.token("write:repository", "write:issue")
    before = forge.branches()
    forge.clone(forge.ci, NAME, token)
    began, before_all = time.monotonic(), sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    forge.job(asked, token)
    took = time.monotonic() - began
    spent = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before_all
    with capsys.disabled():
        print(f"\nmuse bot at a real Gitea: branch and comment after {took:.2f} s, {spent:.2f} s of CPU (5 s wanted)")
    after = forge.branches()
    assert {name: tip for name, tip in after.items() if name != "muse/merge/topic"} == before
    for name in ("one.py", "two.py"):
        merged = forge.file(name, "muse/merge/topic")
        assert sorted(merged.splitlines()[:3]) == ["import io", "import re", "import sys"] and "<<<" not in merged
    assert "<<<<<<< topic" in forge.file("three.py", "muse/merge/topic")
    (comment,) = forge.comments(asked)
    assert comment.startswith(MARK) and "2 files merged that Git cannot merge, 1 file left to settle" in comment
    assert "`three.py` `b`" in comment and "git switch muse/merge/topic" in comment
    forge.job(asked, token)
    assert (forge.branches(), forge.comments(asked)) == (after, [comment]), "a job that runs twice"


def test_a_clean_merge_makes_the_pull_request_mergeable(forge: Forge) -> None:
    forge.diverge(left=False)
    asked, token = forge.pull(), forge.token("write:repository", "write:issue")
    forge.job(asked, token)
    for _ in range(100):
        again = forge.api("GET", f"{forge.repo}/pulls/{asked['number']}")
        if again["mergeable"]:
            break
        time.sleep(0.1)
    assert again["mergeable"] and again["head"]["sha"] != asked["head"]["sha"]
    for left in reversed(range(100)):  # the server looks at a push once more by itself, and merges nothing meanwhile
        try:
            forge.api("POST", f"{forge.repo}/pulls/{asked['number']}/merge", {"Do": "merge"})
            break
        except urllib.error.HTTPError as error:
            if error.code != 405 or not left:
                raise
            time.sleep(0.1)
    merged = forge.file("one.py", "main")
    assert merged.count("import io\n") == merged.count("import re\n") == 1


def test_a_protected_branch_is_left_alone(forge: Forge) -> None:
    forge.diverge(left=False)
    asked, token = forge.pull(), forge.token("write:repository", "write:issue")
    forge.api("POST", f"{forge.repo}/branch_protections", {"rule_name": "topic", "enable_push": False})
    before = forge.branches()
    said = forge.job(asked, token)
    assert "`topic` takes no push" in said and "the merge is in `muse/merge/topic`" in said
    after = forge.branches()
    assert {name: tip for name, tip in after.items() if name != "muse/merge/topic"} == before
    assert forge.file("one.py", "muse/merge/topic").count("import re\n") == 1
    assert "takes no push" in forge.comments(asked)[0]


@pytest.mark.parametrize(
    ("scopes", "said"),
    [
        (("read:repository",), "was not pushed"),
        (("write:repository",), "answers 403 to GET"),
    ],
    ids=["cannot push", "cannot comment"],
)
def test_a_token_without_the_right(forge: Forge, scopes: tuple[str, ...], said: str) -> None:
    forge.diverge(left=True)
    asked, token = forge.pull(), forge.token(*scopes)
    before = forge.branches()
    told = forge.job(asked, token, code=1)
    errors = [line for line in told.splitlines() if said in line]
    assert len(errors) == 1, told
    assert forge.comments(asked) == []
    assert {name: tip for name, tip in forge.branches().items() if name != "muse/merge/topic"} == before


def test_a_fork_is_answered_beside(forge: Forge) -> None:
    """The job of the forge cannot push into the fork: the merge is a branch of this repository."""
    forge.api("POST", "/admin/users", {"username": "bob", "email": "b@x.org", "password": PASSWORD,
                                       "must_change_password": False})  # fmt: skip
    forge.api("POST", f"{forge.repo}/forks", {}, "bob")
    forge.git(forge.work, "remote", "add", "bob", forge.url("bob", PASSWORD, "bob"))
    forge.git(forge.work, "switch", "-q", "-c", "topic")
    forge.put("topic", TOPIC, onto="bob")
    forge.git(forge.work, "switch", "-q", "main")
    forge.put("main", MAIN)
    asked, token = forge.pull("bob:topic", "bob"), forge.token("write:repository", "write:issue")
    forge.job(asked, token)
    beside = f"muse/merge/pull-{asked['number']}-head"
    assert set(forge.branches()) == {"main", beside}
    assert forge.file("one.py", beside).count("import re\n") == 1
    assert f"`{beside}`" in forge.comments(asked)[0]


def test_the_api_refuses_whom_it_does_not_know(forge: Forge) -> None:
    """What the fixture relies on: without a login there is nothing to see."""
    with pytest.raises(HTTPError):
        urllib.request.urlopen(f"{forge.host}/api/v1{forge.repo}", timeout=30)
