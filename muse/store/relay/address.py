"""Where a relay is and how we come in: `nats://HOST[:PORT]`, credentials in NATS's own files, never in the address."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from muse.core.errors import MuseError, UsageError

SCHEMES = ("nats", "tls", "ws", "wss")
FILES = {"creds": "NATS_CREDS", "nkey": "NATS_NKEY", "ca": "NATS_CA", "cert": "NATS_CERT", "key": "NATS_KEY"}
"""What may be given as a file, and the variable of NATS's own tools that says so too."""
_HOST = re.compile(r"[0-9A-Za-z._:\[\]-]{1,253}")
_DOMAIN = re.compile(r"[0-9A-Za-z_-]{0,100}")
PORT = 4222


class Access(NamedTuple):
    """Addresses of one server or cluster, files by the keys of `FILES`, and the domain JetStream has there, if any."""

    servers: tuple[str, ...]
    files: Mapping[str, str]
    domain: str = ""

    @property
    def shown(self) -> str:
        """The addresses as they were given."""
        return ",".join(self.servers)

    def options(self) -> dict[str, Any]:
        """The options of a connection. MuseError for a file that cannot be read."""
        made: dict[str, Any] = {}
        for name, path in self.files.items():
            if not os.path.isfile(path) or not os.access(path, os.R_OK):
                raise MuseError(f"cannot read {path}", hint=f"--{name} names a file")
        if "creds" in self.files:
            made["user_credentials"] = self.files["creds"]
        if "nkey" in self.files:
            made["nkeys_seed"] = self.files["nkey"]
        for option, variable in (("user", "NATS_USER"), ("password", "NATS_PASSWORD"), ("token", "NATS_TOKEN")):
            if os.environ.get(variable):
                made[option] = os.environ[variable]
        if self.files.keys() & {"ca", "cert", "key"} or any(urlsplit(at).scheme == "tls" for at in self.servers):
            made["tls"] = self._tls()
        return made

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.files.get("ca"))
            if "cert" in self.files:
                context.load_cert_chain(self.files["cert"], self.files.get("key"))
        except (OSError, ValueError) as problem:
            raise MuseError(f"the certificates cannot be used: {problem}") from None
        return context


def parse(text: str) -> tuple[str, ...]:
    """The addresses in a list with commas; UsageError for what is none, and for one with a password in it."""
    hint = "muse session join NAME nats://HOST[:PORT]"
    found = []
    for part in filter(None, text.split(",")):
        part = part if "://" in part else f"nats://{part}"
        try:
            at = urlsplit(part)
            port = at.port
        except ValueError:
            raise UsageError(f"{part!r:.200} is no address of a relay", hint=hint) from None
        if at.username is not None or at.password is not None:
            why = "an address has no password in it: it is kept, and shown"
            raise UsageError(why, hint="--creds FILE or --nkey FILE")
        plain = not (at.path.strip("/") or at.query or at.fragment)
        if at.scheme not in SCHEMES or not plain or not at.hostname or not _HOST.fullmatch(at.hostname):
            raise UsageError(f"{part!r:.200} is no address of a relay", hint=hint)
        host = f"[{at.hostname}]" if ":" in at.hostname else at.hostname
        found.append(f"{at.scheme}://{host}:{PORT if port is None else port}")
    if not found or len(found) > 16:
        raise UsageError(f"{text!r:.200} is no address of a relay", hint=hint)
    return tuple(found)


def access(servers: tuple[str, ...], files: Mapping[str, str | None], domain: str = "") -> Access:
    """Addresses with the files that were named, or that NATS's variables name. UsageError for what is no domain."""
    if not _DOMAIN.fullmatch(domain):
        raise UsageError(f"{domain!r:.80} is no domain of JetStream")
    named = {name: files.get(name) or os.environ.get(variable) for name, variable in FILES.items()}
    return Access(
        servers, {name: str(Path(path).expanduser().absolute()) for name, path in named.items() if path}, domain
    )


__all__ = ["FILES", "PORT", "Access", "access", "parse"]
