"""The part of Git's configuration the helper looks at, read once; and whether Git would let us use a transport."""

from __future__ import annotations

import os

from git_remote_muse.run import git
from muse.core.errors import MuseError

PATTERN = r"^(protocol|muse|remote|ssh|core\.(sshcommand|gitproxy|bare))(\.|$)"
ALWAYS = ("http", "https", "git", "ssh")
TRUE = ("true", "yes", "on", "1", "")


class Config:
    """Values by key, as Git normalizes keys (section and last part in lower case); the last value wins."""

    def __init__(self, raw: bytes) -> None:
        self._values: dict[str, list[str]] = {}
        for item in raw.decode("utf-8", "surrogateescape").split("\0"):
            key, newline, value = item.partition("\n")
            if key:
                self._values.setdefault(key, []).append(value if newline else "true")

    @classmethod
    def read(cls) -> Config:
        return cls(git("config", "-z", "--get-regexp", PATTERN, check=False))

    def get(self, key: str, default: str = "") -> str:
        return self._values.get(key, [default])[-1]

    def all(self, key: str) -> list[str]:
        return self._values.get(key, [])

    def flag(self, key: str, default: bool) -> bool:
        values = self._values.get(key)
        return default if values is None else values[-1].lower() in TRUE


def check_allowed(kind: str, config: Config) -> None:
    """Apply `GIT_ALLOW_PROTOCOL` and `protocol.*.allow` to the inner transport, as Git does to the outer one."""
    listed = os.environ.get("GIT_ALLOW_PROTOCOL")
    if listed is not None:
        allowed = kind in listed.split(":")
    else:
        policy = config.get(f"protocol.{kind}.allow") or config.get("protocol.allow")
        policy = policy.lower() or ("always" if kind in ALWAYS else "user")
        from_user = os.environ.get("GIT_PROTOCOL_FROM_USER", "1").lower() in TRUE
        allowed = policy == "always" or (policy == "user" and from_user)
    if not allowed:
        raise MuseError(f"transport '{kind}' not allowed")


def protocol_version(config: Config) -> int:
    """The wire version a fetch asks for, by the rules Git has for itself."""
    wanted = config.get("protocol.version") or os.environ.get("GIT_TEST_PROTOCOL_VERSION") or "2"
    return int(wanted) if wanted in ("0", "1", "2") else 2
