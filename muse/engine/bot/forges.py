"""The comment on a forge: one of ours, made once and replaced from then on.

The token comes from the environment alone, goes to the API's own host alone (nothing is followed elsewhere), over
https unless that is this machine. Answers are bounded in size and time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from muse.core.errors import MuseError
from muse.engine.bot.pull import Thread
from muse.engine.bot.report import MARK

_SECONDS = 20
_MAX_ANSWER = 10_000_000
_PAGES = 10  # of a hundred comments
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Forge(NamedTuple):
    """One kind of forge: where comments are listed and made, where one is, how it is changed, and how we say who we
    are. `{project}`, `{number}` and `{id}` are filled in."""

    comments: str
    comment: str
    change: str
    header: str
    scheme: str
    variable: str


_LIKE_GITHUB = ("/repos/{project}/issues/{number}/comments", "/repos/{project}/issues/comments/{id}", "PATCH")
FORGES = {
    "github": Forge(*_LIKE_GITHUB, "Authorization", "Bearer ", "GITHUB_TOKEN"),
    "gitea": Forge(*_LIKE_GITHUB, "Authorization", "token ", "GITHUB_TOKEN"),
    "gitlab": Forge(
        "/projects/{project}/merge_requests/{number}/notes",
        "/projects/{project}/merge_requests/{number}/notes/{id}",
        "PUT",
        "PRIVATE-TOKEN",
        "",
        "GITLAB_TOKEN",
    ),
}


def comment(thread: Thread, text: str, env: Mapping[str, str]) -> str:
    """Put the text into our comment of the thread, or make one: "made", "replaced" or "unchanged".

    MuseError without a token, and when the forge refuses.
    """
    forge = FORGES[thread.forge]
    token = env.get(forge.variable, "")
    if not token:
        raise MuseError(f"no token to comment with: set {forge.variable}")
    api = _Api(thread, forge, token)
    for page in range(1, _PAGES + 1):
        listed = api.call("GET", api.path(forge.comments) + f"?per_page=100&limit=100&page={page}")
        rows = listed if isinstance(listed, list) else []
        for row in rows:
            body = row.get("body") if isinstance(row, dict) else None
            if isinstance(body, str) and body.startswith(MARK):
                if body.replace("\r\n", "\n").strip() == text.strip():
                    return "unchanged"
                if api.try_change(row.get("id"), text):
                    return "replaced"
        if not rows:  # some give fewer on a page than they are asked for
            break
    api.call("POST", api.path(forge.comments), {"body": text})
    return "made"


class _RefusedError(MuseError):
    """The forge's answer is an error; `status` is its number."""

    def __init__(self, text: str, status: int, variable: str) -> None:
        hint = f"{variable} may not read and write comments there" if status in (401, 403) else ""
        super().__init__(text, hint=hint)
        self.status = status


class _Api:
    def __init__(self, thread: Thread, forge: Forge, token: str) -> None:
        self.thread, self.forge = thread, forge
        address = urlsplit(thread.api)
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOOPBACK):
            raise MuseError(f"{thread.api}: a token goes over https only")
        self.header = {forge.header: forge.scheme + token}

    def path(self, pattern: str, id_: str = "") -> str:
        project = quote(self.thread.project, safe="/" if self.thread.forge != "gitlab" else "")
        return pattern.format(project=project, number=quote(self.thread.number, safe=""), id=quote(id_, safe=""))

    def try_change(self, id_: Any, text: str) -> bool:
        """Replace a comment; False when it is not ours: anybody can write our mark."""
        if type(id_) is not int:
            return False
        try:
            self.call(self.forge.change, self.path(self.forge.comment, str(id_)), {"body": text})
        except _RefusedError as error:
            if error.status in (403, 404):
                return False
            raise
        return True

    def call(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        """The answer as JSON; MuseError when there is none."""
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.request import HTTPRedirectHandler, Request, build_opener

        class Stay(HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "muse-bot"}
        request = Request(self.thread.api.rstrip("/") + path, data, {**headers, **self.header}, method=method)
        try:
            with build_opener(Stay).open(request, timeout=_SECONDS) as answer:
                said = answer.read(_MAX_ANSWER + 1)
        except HTTPError as error:
            told = f"{self.thread.api} answers {error.code} to {method} {path}"
            raise _RefusedError(told, error.code, self.forge.variable) from None
        except (URLError, HTTPException, OSError, ValueError) as error:
            raise MuseError(f"{self.thread.api} cannot be asked: {getattr(error, 'reason', error)}") from None
        if len(said) > _MAX_ANSWER:
            raise MuseError(f"{self.thread.api} answers more than {_MAX_ANSWER} bytes to {method} {path}")
        try:
            return json.loads(said) if said else None
        except (ValueError, RecursionError):
            raise MuseError(f"{self.thread.api} answers no JSON to {method} {path}") from None
