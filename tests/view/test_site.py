"""`muse render --site` and `muse show --web`: pages of a whole repository, and one page opened."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
ALS = ROOT / "fixtures" / "merge" / "daw" / "limit-notes-of-one-pitch" / "base.als"
_ALL = json.loads((ROOT / "docs" / "schemas.json").read_text())
SCHEMA = {**_ALL["$defs"]["page"], "$defs": _ALL["$defs"]}
Muse = Callable[..., Any]
Git = Callable[..., str]


def data_of(page: Path) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    jsonschema.validate(data, SCHEMA)
    return data


@pytest.fixture
def merged(disputed: Path, git: Git) -> Path:
    """The two sides merged, ours kept where they differ."""
    git(disputed, "checkout", "--ours", "--", "song.mid", "lib.py")
    git(disputed, "add", "-A")
    git(disputed, "commit", "-qm", "merged <i>")
    return disputed


def links_of(page: Path) -> set[str]:
    """Every page and asset that a page leads to, as paths in the site."""
    data = data_of(page)
    named = [address for _, address in data["links"]] + [row["address"] for row in data["commits"] if row["address"]]
    named += re.findall(r'<(?:script src|link rel="stylesheet" href)="([^"]+)"', page.read_text())
    return {str((page.parent / each).resolve()) for each in named}


def test_every_commit_and_score_has_its_page_and_no_link_is_dead(
    merged: Path, muse: Muse, git: Git, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    assert muse(merged, "render", "--site", site).stdout.strip() == str(site / "index.html")
    ids = git(merged, "log", "--format=%H").split()
    index = data_of(site / "index.html")
    assert [row["address"] for row in index["commits"]] == [f"commits/{name[:16]}.html" for name in ids]
    assert index["links"] == [["song.mid", "scores/song-mid.html"]]
    assert index["commits"][0]["subject"] == "merged <i>" and "song.mid: " in index["commits"][0]["said"]
    pages = list(site.rglob("*.html"))
    assert len(pages) == len(ids) + 2
    for page in pages:
        assert all(Path(each).is_file() for each in links_of(page)), page
        text = page.read_text()
        assert "<style" not in text and "'unsafe-inline' 'self'" in text and "<i>" not in text and len(text) < 300_000
        assert ('name="muse-sounds"' in text) == bool([each for each in data_of(page)["files"] if each["music"]])
    assert (site / "assets" / "sounds.js").read_text().startswith('globalThis.museSounds={"programs":{')
    merge = data_of(site / "commits" / f"{ids[0][:16]}.html")
    song = next(each for each in merge["files"] if each["music"])
    assert song["music"]["sides"] == ["base", "ours", "theirs", "result"]
    score = data_of(site / "scores" / "song-mid.html")
    assert score["files"][0]["music"]["sides"] == ["now"]
    assert {row["subject"] for row in score["commits"]} >= {"theirs", "first"}


def test_a_second_run_takes_away_what_it_no_longer_makes(merged: Path, muse: Muse, git: Git, tmp_path: Path) -> None:
    site = tmp_path / "site"
    muse(merged, "render", "--site", site)
    (site / "CNAME").write_text("scores.example\n")
    git(merged, "mv", "song.mid", "tune.mid")
    git(merged, "commit", "-qm", "named")
    muse(merged, "render", "--site", site, "-n", "1")
    assert sorted(str(each.relative_to(site)) for each in site.rglob("*.html")) == [
        f"commits/{git(merged, 'rev-parse', 'HEAD').strip()[:16]}.html",
        "index.html",
        "scores/tune-mid.html",
    ]
    assert (site / "CNAME").read_text() == "scores.example\n", "what is not ours stays"


def test_a_folder_of_something_else_is_left_alone(merged: Path, muse: Muse, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "index.html").write_text("mine")
    done = muse(merged, "render", "--site", folder, check=False)
    assert done.returncode == 128 and "no site of Muse" in done.stderr and len(list(folder.iterdir())) == 1
    (folder / "site.json").write_text('{"made_by": "muse 1", "files": ["../song.mid", "/etc/passwd", "index.html"]}')
    (tmp_path / "song.mid").write_text("mine")
    muse(merged, "render", "--site", folder)
    assert (tmp_path / "song.mid").read_text() == "mine", "a manifest names nothing outside of its folder"


@pytest.mark.parametrize("words", [["-o", "x.html"], ["--svg"], ["--conflicts"]])
def test_a_site_goes_with_no_other_target(words: list[str], merged: Path, muse: Muse, tmp_path: Path) -> None:
    done = muse(merged, "render", "--site", tmp_path / "s", *words, check=False)
    assert done.returncode == 129 and "--site goes with none" in done.stderr and not (tmp_path / "s").exists()


def test_only_the_paths_named(merged: Path, muse: Muse, git: Git, tmp_path: Path) -> None:
    site = tmp_path / "site"
    muse(merged, "render", "--site", site, "HEAD", "lib.py")
    index = data_of(site / "index.html")
    assert index["links"] == []
    for row in index["commits"]:
        assert {each["path"] for each in data_of(site / row["address"])["files"]} <= {"lib.py"}


def test_show_web_opens_the_page_and_prints_its_place(
    merged: Path, muse: Muse, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = tmp_path / "opened"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" >"{opened}"\n')
    script.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(script))
    place = Path(muse(merged, "show", "--web", "topic", "--", "song.mid").stdout.strip())
    assert opened.read_text() == place.as_uri() and place.is_relative_to(merged / ".git")
    assert [each["path"] for each in data_of(place)["files"]] == ["song.mid"]
    assert muse(merged, "show", "--web", "topic..main").returncode == 0
    assert git(merged, "status", "--porcelain") == ""
    for words in (["--web", "--stat"], ["--web", "a", "b"], ["--web", "--oneline"]):
        done = muse(merged, "show", *words, check=False)
        assert done.returncode == 129 and "muse show --web [REV | A..B | FILE]" in done.stderr
    assert "unknown revision" in muse(merged, "show", "--web", "nowhere", check=False).stderr


def test_show_web_opens_a_file_as_it_is_now(
    merged: Path, muse: Muse, music: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", "true")

    def shown(name: str) -> dict[str, Any]:
        data = data_of(Path(muse(merged, "show", "--web", name).stdout.strip()))
        (file,) = data["files"]
        return {**file, "sides": file["music"] and file["music"]["sides"], "made": len(data["commits"])}

    as_it_is = shown("song.mid")
    assert (as_it_is["sides"], as_it_is["note"], as_it_is["made"] >= 2) == (["now"], "as committed", True)
    (merged / "song.mid").write_bytes(music.edited(music.piece, music.theirs))
    assert (shown("song.mid")["sides"], shown("song.mid")["note"]) == (["before", "after"], "not committed yet")
    for name, data, note in (
        ("ü <b> & #1?.mid", music.piece, "not committed yet"),
        ("cut.mid", music.piece[:300], "not committed yet; damaged (now): what can be read is shown"),
        ("none.mid", b"", "not committed yet; the file is empty"),
        ("head.mid", music.piece[:10], "not committed yet; no music in it that can be read"),
    ):
        (merged / name).write_bytes(data)
        assert (shown(name)["path"], shown(name)["note"]) == (name, note)
    for name, data, first in (
        ("b.py", b"# one\nx = 1\n", [["same", "# one"], ["same", "x = 1"]]),
        ("s.als", ALS.read_bytes().replace(b"MidiNoteEvent", b"Nothing"), [["same", "Bass"]]),
    ):
        (merged / name).write_bytes(data)
        assert (shown(name)["note"], shown(name)["music"]) == ("not committed yet", None)
        (text,) = shown(name)["texts"]
        assert (text["from"], text["to"], text["lines"][: len(first)]) == ("", "now", first)
    (merged / "b.bin").write_bytes(b"\0\xff" * 50)
    assert shown("b.bin")["note"] == "not committed yet; 100 bytes that cannot be shown as text"
    assert shown("b.bin")["texts"] == []
    (merged / "folder").mkdir()
    assert "is no file that can be read" in muse(merged, "show", "--web", "folder", check=False).stderr


@pytest.mark.browser
def test_a_browser_finds_its_way_through_a_site_from_disk(
    merged: Path, muse: Muse, tmp_path: Path, open_page: Callable[..., Any]
) -> None:
    site = tmp_path / "site"
    muse(merged, "render", "--site", site)
    browser = open_page(site / "index.html")
    assert browser.run("return [...document.querySelectorAll('.links a')].map(a => a.textContent)") == ["song.mid"]
    browser.click(".commits a")
    assert browser.run("return document.querySelector('h1').textContent").endswith("merged <i>")
    assert browser.run("return muse.views[0].music.sides.length") == 4
    assert browser.run("return document.querySelector('.notes').getBoundingClientRect().height") > 100
    browser.click(".links a")
    assert browser.run("return document.querySelectorAll('.commits a').length") == 4
    browser.click(".links a")
    assert browser.run("return muse.views[0].music.sides") == ["now"]
    browser.press(" ")
    until = time.monotonic() + 30
    while "FluidR3" not in browser.run("return document.querySelector('.heard').textContent"):
        assert time.monotonic() < until, "the sounds beside the page were not heard"
        time.sleep(0.05)
    assert browser.log() == []


@pytest.mark.browser
def test_no_link_of_a_site_is_dead(merged: Path, muse: Muse, tmp_path: Path, open_page: Callable[..., Any]) -> None:
    """As a browser draws them, and as a reader without scripts finds them: each leads to a file and a place in it."""
    site = tmp_path / "site"
    muse(merged, "render", "--site", site)
    pages, places, links = sorted(site.rglob("*.html")), {}, set()
    browser = open_page(pages[0])
    for page in pages:
        browser.open(page)
        places[page.resolve()] = browser.run("return [...document.querySelectorAll('[id]')].map(each => each.id)")
        found = browser.run("return [...document.querySelectorAll('a')].map(each => each.getAttribute('href'))")
        quiet = re.findall(
            r'<a href="([^"]*)"', page.read_text().partition("<noscript>")[2].partition("</noscript>")[0]
        )
        assert found and {each for each in found if not each.startswith("#")} == set(quiet), page
        links |= {(page, each) for each in (*found, *quiet)}
    assert any(each.startswith("#") for _, each in links) and any(each.startswith("../") for _, each in links)
    for page, link in links:
        name, _, place = link.partition("#")
        target = (page.parent / name).resolve() if name else page.resolve()
        assert target.is_file() and target.is_relative_to(site.resolve()), (page, link)
        assert not place or place in places[target], (page, link)
    assert {(page.parent / each.partition("#")[0]).resolve() for page, each in links if not each.startswith("#")} == {
        page.resolve() for page in pages
    }, "and each page is led to"
