"""What follows `muse::`: taken apart, checked, and refused where Git would refuse it or where it could do harm.

/abs  rel  ./rel  ../rel                              a repository or bundle on this machine, nothing decoded
muse:///abs   file:///abs                             the same, percent-decoded as Git does
ssh://[user@]host[:port]/path   user@host:path        over ssh
git://host[:port]/path                                git daemon
http://  https://                                     handed whole to `git remote-http(s)`
"""

from __future__ import annotations

from muse.core.errors import UsageError

SCHEMES = {
    "file": "file",
    "muse": "file",
    "git": "git",
    "ssh": "ssh",
    "git+ssh": "ssh",
    "ssh+git": "ssh",
    "http": "http",
    "https": "https",
}


class Place:
    """Where a repository is: `kind` is Git's name of the inner transport (file, git, ssh, http, https)."""

    __slots__ = ("host", "kind", "opened", "path", "port", "url")

    def __init__(self, kind: str, url: str, path: str, host: str = "", port: str = "") -> None:
        self.kind = kind
        self.url = url  # what plain Git is given to reach the same place
        self.path = path
        self.host = host  # with `user@` for ssh
        self.port = port
        self.opened = ""  # where a bundle was unpacked to


def parse(address: str) -> Place:
    """The place an address means; UsageError for one that is malformed or could be taken for something else."""
    shown = without_password(address)
    if not address:
        raise UsageError("no address after 'muse::'", hint="write muse::<path> or muse::<url>")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in address):
        raise UsageError(f"control character in the address {shown!r}")
    scheme, nested = _scheme(address)
    if nested:
        raise UsageError(
            f"a remote helper inside muse:: is not allowed: {shown}", hint="only paths and plain URLs may follow muse::"
        )
    if scheme:
        if scheme not in SCHEMES:
            raise UsageError(f"muse:: does not speak '{scheme}'", hint=f"it speaks {', '.join(SCHEMES)}")
        return _from_url(SCHEMES[scheme], address)
    if _is_scp_like(address):
        return _from_scp(address)
    # With ./ in front, a relative path is not taken for the name of a remote.
    return _checked(Place("file", address if address.startswith(("/", ".")) else f"./{address}", address), shown)


def without_password(address: str) -> str:
    """The address as it may be shown: the password of `scheme://user:password@host` left out."""
    head, sep, rest = address.partition("://")
    if not sep:
        return address
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    return f"{head}://{user.partition(':')[0]}{at}{host}{slash}{path}"


def _scheme(address: str) -> tuple[str, bool]:
    """(scheme of `scheme://`, or "", whether the address begins with another `helper::`)."""
    end = 0
    while end < len(address) and address[end].isascii() and (address[end].isalnum() or address[end] in "+-."):
        end += 1
    rest = address[end:]
    if end and rest.startswith("::"):
        return "", True
    return (address[:end].lower(), False) if end and rest.startswith("://") else ("", False)


def _is_scp_like(address: str) -> bool:
    """Git's own test: a colon before the first slash, and nothing of that name in the way."""
    colon, slash = address.find(":"), address.find("/")
    return colon >= 0 and (slash < 0 or colon < slash)


def _decode(text: str) -> str:
    """Percent-decoding as Git does it: an escape that is not one stays as it is, bytes stay bytes."""
    if "%" not in text:
        return text
    out, raw, at = bytearray(), text.encode("utf-8", "surrogateescape"), 0
    while at < len(raw):
        pair = raw[at + 1 : at + 3]
        if raw[at] == 0x25 and len(pair) == 2 and all(digit in b"0123456789abcdefABCDEF" for digit in pair):
            out.append(int(pair, 16))
            at += 3
        else:
            out.append(raw[at])
            at += 1
    return out.decode("utf-8", "surrogateescape")


def _from_url(kind: str, address: str) -> Place:
    if kind in ("http", "https"):
        host = address.partition("://")[2].partition("/")[0]
        return _checked(Place(kind, address, "", host.rpartition("@")[2]), without_password(address))
    text = _decode(address)
    scheme, _, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    path = slash + path
    if kind == "file":
        if authority and scheme == "muse":
            raise UsageError(
                f"muse:// takes an absolute path, not a host: {address}",
                hint="write muse::https://..., muse::ssh://... or muse::git://...",
            )
        # Git reads file://x/y as the path //x/y only where such paths mean something; elsewhere the host is dropped.
        return _checked(Place("file", path, path), address)
    if path.startswith("/~"):
        path = path[1:]
    host, port = _host_and_port(authority)
    return _checked(Place(kind, address, path, host, port), without_password(address))


def _from_scp(address: str) -> Place:
    """`[user@]host:path`, where the host may be `[::1]`, or `[host:port]` as Git allows."""
    if "[" in address.partition(":")[0] and "]:" in address:
        authority, _, path = address.partition("]:")
        user, at, inner = authority.rpartition("[")[0], "", authority.rpartition("[")[2]
        host, port = (inner, "") if inner.count(":") > 1 else _host_and_port(inner)
        host = user + at + host
    else:
        host, _, path = address.partition(":")
        port = ""
    if path.startswith("/~"):
        path = path[1:]
    return _checked(Place("ssh", address, path, host, port), address)


def _host_and_port(authority: str) -> tuple[str, str]:
    user, at, host = authority.rpartition("@")
    port = ""
    if host.startswith("["):
        host, _, rest = host[1:].partition("]")
        port = rest[1:] if rest.startswith(":") else ""
    elif ":" in host:
        host, _, port = host.partition(":")
    return user + at + host, port


def _checked(place: Place, shown: str) -> Place:
    """Refuse what a program further down could read as an option."""
    if place.kind not in ("file",) and not place.host.rpartition("@")[2]:
        raise UsageError(f"no host in {shown}")
    if place.host.startswith("-") or place.host.rpartition("@")[2].startswith("-"):
        raise UsageError(f"strange hostname in {shown} blocked")
    if place.path.startswith("-"):
        raise UsageError(f"strange pathname in {shown} blocked")
    if place.port and not place.port.isdecimal():
        raise UsageError(f"strange port in {shown} blocked")
    if place.kind in ("file", "git", "ssh") and not place.path:
        raise UsageError(f"no path in {shown}")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in place.host + place.path):
        raise UsageError(f"control character in the address {shown!r}")
    return place
