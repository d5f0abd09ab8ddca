"""What an address means, and which addresses are refused before any program sees them."""

from __future__ import annotations

import pytest

from git_remote_muse.url import parse, without_password
from muse.core.errors import UsageError


@pytest.mark.parametrize(
    ("address", "kind", "host", "port", "path"),
    [
        ("/srv/a b", "file", "", "", "/srv/a b"),
        ("../up", "file", "", "", "../up"),
        ("./a:b", "file", "", "", "./a:b"),
        ("/x%20y", "file", "", "", "/x%20y"),
        ("muse:///srv/a%20b", "file", "", "", "/srv/a b"),
        ("file:///srv/caf%C3%A9", "file", "", "", "/srv/caf\u00e9"),
        ("file:///srv/100%zz", "file", "", "", "/srv/100%zz"),
        ("ada@host:dir/repo", "ssh", "ada@host", "", "dir/repo"),
        ("host:/abs", "ssh", "host", "", "/abs"),
        ("host:~ada/repo", "ssh", "host", "", "~ada/repo"),
        ("[::1]:repo", "ssh", "::1", "", "repo"),
        ("ada@[::1]:repo", "ssh", "ada@::1", "", "repo"),
        ("[host:2222]:repo", "ssh", "host", "2222", "repo"),
        ("ssh://ada@host:2222/srv/repo", "ssh", "ada@host", "2222", "/srv/repo"),
        ("ssh://ada@[::1]:22/repo", "ssh", "ada@::1", "22", "/repo"),
        ("ssh://host/~ada/repo", "ssh", "host", "", "~ada/repo"),
        ("git+ssh://host/repo", "ssh", "host", "", "/repo"),
        ("git://host/repo", "git", "host", "", "/repo"),
        ("git://host:1234/repo%20x", "git", "host", "1234", "/repo x"),
        ("git://[::1]:1234/repo", "git", "::1", "1234", "/repo"),
        ("https://ada:secret@host:8443/repo.git", "https", "host:8443", "", ""),
        ("HTTP://host/repo", "http", "host", "", ""),
    ],
)
def test_the_parts_of_an_address(address: str, kind: str, host: str, port: str, path: str) -> None:
    place = parse(address)
    assert (place.kind, place.host, place.port, place.path) == (kind, host, port, path)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "-oProxyCommand=touch owned:repo",
        "ssh://-oProxyCommand=touch owned/repo",
        "ssh://ada@-oProxyCommand=x/repo",
        "ssh://-l@host/repo",
        "ssh://%2doProxyCommand=x/repo",
        "host:-oops",
        "[-oProxyCommand=x]:repo",
        "[-oProxyCommand=x:22]:repo",
        "--upload-pack=touch owned",
        "-x",
        "ssh://host:-1/repo",
        "ssh://host:22x/repo",
        "git://-host/repo",
        "http://-host/repo",
        "https://user@-host/repo",
        "git://host/a%0ab",
        "git://host/a\nb",
        "/a\nb",
        "/a\x00b",
        "/a\x7fb",
        "file:///a%0Ab",
        "ssh://host/a%00b",
        "ext::sh -c touch% owned",
        "muse::/srv/repo",
        "fd::3",
        "a.b+c-d::x",
        "ftp://host/repo",
        "gopher://host/repo",
        "muse://host/repo",
        "ssh://host",
        "ssh:///repo",
        "git:///repo",
        "http:///repo",
        ":path",
        "host:",
    ],
)
def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(UsageError):
        parse(address)


def test_a_password_is_never_shown() -> None:
    assert without_password("https://ada:secret@host/a:b@c") == "https://ada@host/a:b@c"
    assert without_password("https://host/a:b@c") == "https://host/a:b@c"
    assert without_password("/a:b@c") == "/a:b@c"
    with pytest.raises(UsageError) as caught:
        parse("https://ada:secret@-host/repo")
    assert "secret" not in str(caught.value) + caught.value.hint
