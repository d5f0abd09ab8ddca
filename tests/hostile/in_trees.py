"""Hostile files and trees: what a commit can hold. Scores, code, settings of ours, names, links, submodules."""

from __future__ import annotations

import io
import json
import zipfile

from tests.hostile.quarry import CODE, END, Quarry, link, midi, note, text_event, vlq

ACTS = "\x1b[2J\x1b]0;owned\x07\x9b31m‮⁦\u200f$(touch RAN)`touch RAN`<script>x</script>"
NAMES = ["\x1b[31mred.py", "‮gnp.py", "a\nb.py", "a\tb.mid", "$(touch RAN).py", "`touch RAN`.mid", "-rf",
    "--exec=touch RAN",
         "my song.mid", "'quote.py", '"double.py', "a;touch RAN.py", "a|b.py", "é\u0301.py", "\udcff\udcfe.mid",
             "*.py", ":(top)x.py",
         "\x7f.py", " lead.py", "trail .py", "CON.py", "a::b.py", "a::track:0.mid", "@{u}.py", "x" * 200 + ".py",
             "~.py", "!x.py", "#x.py",
         "%s%n.py", "\\x.py", "[a].py", "{a,b}.py", "\u2028.py"]  # fmt: skip


def names_that_act(at: Quarry) -> None:
    song = midi(note(60, 480) + END)
    at.sides(
        {name: song if name.endswith(".mid") else CODE for name in NAMES},
        {name: midi(note(61, 480) + END) if name.endswith(".mid") else CODE.replace("1", "11") for name in NAMES},
        {name: midi(note(62, 480) + END) if name.endswith(".mid") else CODE.replace("1", "12") for name in NAMES},
    )
    for name in ("‮branch", "$(touch${IFS}RAN)", "a'b", 'a"b', "-x", "é"):
        at.git("update-ref", f"refs/heads/{name}", at.git("rev-parse", "HEAD"))
        at.git("update-ref", f"refs/tags/{name}", at.git("rev-parse", "HEAD"))


def words_that_act_inside_of_files(at: Quarry) -> None:
    def song(pitch: int) -> bytes:
        events = b"".join(text_event(kind, ACTS) for kind in range(1, 10))
        return midi(
            events
            + b"".join(text_event(kind, b"\xff\xfe\0\x1b[31m", 10) for kind in range(1, 10))
            + note(pitch, 480)
            + END
        )

    def code(value: int) -> str:
        return f'def f‮x(a="{ACTS}"):\n    return {value}\n\n\nclass \x1b[31mC:\n    x = {value}\n'

    def keys(value: int) -> str:
        return json.dumps({ACTS: value, "a": {ACTS: [ACTS, value]}})

    def page(value: int) -> str:
        return f'<a id="{"x" * 50}">{ACTS}{value}</a>'

    made = [
        {"z.mid": song(n), "z.py": code(n), "z.json": keys(n), "z.html": page(n), "z.md": f"# {ACTS}\n{n}\n",
         "z.yaml": f'"\\e[31m": {n}\n', "z.ini": f"[\x1b[31m]\n\x1b[2J = {n}\n", "z.toml": f'"\\u001b[31m" = {n}\n'}
        for n in (60, 61, 62)
    ]  # fmt: skip
    at.sides(*made)  # type: ignore[arg-type]


def links_to_devices(at: Quarry) -> None:
    for number, target in enumerate(
        ["/dev/zero", "/dev/stdin", "/dev/full", "/etc/passwd", "/proc/self/mem", "..", "/", "loop", "a/" * 500]
    ):
        for kind in ("mid", "py", "musicxml", "json"):
            link(at.root, f"{number}.{kind}", target)
    link(at.root, ".museattributes", "/dev/zero")
    link(at.root, ".museignore", "/dev/stdin")
    link(at.root, ".gitattributes", "/dev/zero")
    link(at.root, "loop", "loop")
    link(at.root, "out", "/tmp")
    link(at.root, ".muse/config.toml", "/dev/zero")
    at.git("add", "-A", "-f")
    at.git("commit", "-q", "-m", "links")


def links_changed_on_both_sides(at: Quarry) -> None:
    at.write({"a.mid": midi(END), "d/x.py": CODE}, "base")
    at.git("branch", "-f", "topic")
    link(at.root, "a.mid", "/dev/zero")
    at.git("rm", "-q", "-r", "d")
    link(at.root, "d", "/etc")
    at.git("add", "-A")
    at.git("commit", "-q", "-m", "links")
    at.git("switch", "-q", "topic")
    at.write({"a.mid": midi(note(60, 1) + END), "d/x.py": CODE + "#\n"})
    at.git("switch", "-q", "main")


def ignore_bombs(at: Quarry) -> None:
    patterns = ["*a" * 60 + "b", "**/a" * 40 + "/b", "[a]*" * 50 + "b", "?*" * 500 + "b", "[" * 5000, "\\" * 5001,
        "!" * 5000, "**/" * 3000,
                "[!" + "a-z" * 3000 + "]", "a" * 100_000, "\x00", "[[:alpha:]" * 500]  # fmt: skip
    at.write({".museignore": "[global]\npatterns = " + json.dumps(patterns * 20) + "\n"})
    for name in ("a" * 200, "/".join(["a" * 10] * 20)):
        at.write({name: "x"})
    (at.root / ("a" * 199)).write_text("untracked")
    at.write({f"deep/{n}.txt": "x" for n in range(1000)})


def a_long_ignore_file(at: Quarry) -> None:
    at.write({".museignore": "[global]\npatterns = [\n" + "".join(f'  "*x{n}*y",\n' for n in range(100_000)) + "]\n"})
    for n in range(1000):
        (at.root / f"new{n}.txt").write_text("x")


def settings_of_nonsense(at: Quarry) -> None:
    deep = "[" * 20_000
    for number, text in enumerate(
        [
            "\xff\xfe\x00", deep, "a = " + deep, "a." * 20_000 + "b = 1", "[" + "a." * 20_000 + "b]",
                '[[rules]]\npath = 1\n', "rules = 7\n",
            '[[rules]]\npath = "*"\ndimension = "\\u001b[2J"\nstrategy = "\\u202e"\n', "x = 1e99999\n",
                "x = " + "9" * 100_000 + "\n",
            '[[rules]]\npath = "' + "*a" * 200 + 'b"\ndimension = "*"\nstrategy = "ours"\n',
        ]
    ):  # fmt: skip
        at.write({".museattributes": text, ".museignore": text, ".muse/config.toml": text}, f"settings {number}")
        at.git("branch", f"settings{number}")


def a_hundred_thousand_rules(at: Quarry) -> None:
    rule = '[[rules]]\npath = "*a*{n}*b"\ndimension = "*"\nstrategy = "ours"\n'
    at.write({".museattributes": "".join(rule.replace("{n}", str(n)) for n in range(30_000))})


def bad_git_attributes(at: Quarry) -> None:
    lines = ["* merge=muse", "*.py merge=muse-\x1b[31m", "*.mid merge=$(touch RAN)", "[attr]x merge=x",
        "[attr]muse muse", "* diff=muse -text",
             "x" * 3000 + " merge=muse", "*.py working-tree-encoding=UTF-7", "*.mid text eol=crlf",
                 "*.py filter=x ident export-subst"]  # fmt: skip
    at.write({".gitattributes": "\n".join(lines) + "\n" + "*.x merge=muse\n" * 20_000})
    at.write({"d/.gitattributes": "\x00\xff\n", ("e/" * 100) + ".gitattributes": "* merge=union\n"})


def _both(at: Quarry, name: str, make: object) -> None:
    at.sides(*({name: make(n)} for n in (60, 61, 62)))  # type: ignore[operator]


def scores_of_huge_times(at: Quarry) -> None:
    far = 0x0FFFFFFF

    def song(pitch: int) -> bytes:
        return midi(b"".join(note(pitch, far, delta=far) for _ in range(200)) + END)

    _both(at, "far.mid", song)
    _both(at, "one.mid", lambda p: midi(note(p, 1) + END, division=1))
    _both(at, "zero.mid", lambda p: midi(note(p, 1) + END, division=0))
    _both(at, "smpte.mid", lambda p: midi(note(p, 480) + END, division=0xE728))
    _both(at, "smpte0.mid", lambda p: midi(note(p, 480) + END, division=0x8000))
    _both(at, "tiny.mid", lambda p: midi(note(p, far, delta=far) * 50 + END, division=1))


def scores_of_odd_meters(at: Quarry) -> None:
    def song(pitch: int) -> bytes:
        events = b""
        for top, power in [(0, 0), (255, 255), (1, 30), (0, 255), (255, 0), (1, 255), (4, 2)] * 50:
            events += b"\x01" + bytes([0xFF, 0x58, 4, top, power, 24, 8])
        for tempo in (b"\0\0\0", b"\xff\xff\xff", b"\0\0\1"):
            events += b"\x01\xff\x51\x03" + tempo
        events += (
            b"\x00\xff\x59\x02\x80\xff" + b"\x00\xff\x58\x00" + b"\x00\xff\x51\x00" + b"\x00\xff\x59\x7f" + b"x" * 127
        )
        return midi(events + note(pitch, 100_000) + END)

    _both(at, "meter.mid", song)
    _both(at, "sixtyfourths.mid", lambda p: midi(bytes([0, 0xFF, 0x58, 4, 1, 20, 24, 8]) + note(p, 10_000_000) + END))


def scores_of_many_notes(at: Quarry) -> None:
    def equal(pitch: int) -> bytes:
        return midi((b"\x00\x90\x3c\x40" * 5000) + b"\x10\x80\x3c\x00" * 5000 + note(pitch, 5) + END)

    def run(pitch: int) -> bytes:
        return midi(b"".join(note(pitch if n == 7 else 60, 1) for n in range(20_000)) + END)

    def alone(pitch: int) -> bytes:
        return midi(b"\x00\x90\x3c\x40" * 5000 + note(pitch, 5) + END)

    for name, make in (("equal.mid", equal), ("run.mid", run), ("alone.mid", alone)):
        _both(at, name, make)


def scores_that_are_none(at: Quarry) -> None:
    whole = midi(note(60, 480) * 20 + END)
    parts = {
        "empty": b"", "head": whole[:14], "half": whole[: len(whole) // 2],
            "riff": b"RIFF\xff\xff\xff\xffRMID" + whole, "zeros": b"\0" * 100_000,
        "length": whole.replace(b"MTrk\0\0", b"MTrk\xff\xff"), "tracks": b"MThd\0\0\0\6\0\1\xff\xff\1\xe0",
            "long": whole + b"MTrk\xff\xff\xff\xff",
        "running": midi(b"\x00\x40\x40" + END), "sysex": midi(b"\x00\xf0\xff\xff\xff\x7f" + END),
            "noend": midi(note(60, 1)), "vlq": midi(b"\xff" * 5000),
        "many": midi(*[END] * 20_000), "form2": midi(END, END, form=2), "form9": midi(END, form=9),
            "status": midi(bytes(range(128, 256)) * 50),
    }  # fmt: skip
    at.sides(*({f"{name}.mid": data + b"\0" * n for name, data in parts.items()} for n in range(3)))  # type: ignore[arg-type]


def scores_with_long_texts(at: Quarry) -> None:
    def song(pitch: int) -> bytes:
        return midi(
            text_event(3, b"n" * 2_000_000)
            + b"".join(text_event(5, f"la{n}", 1) for n in range(20_000))
            + note(pitch, 5)
            + END
        )

    _both(at, "long.mid", song)


def controllers_by_the_thousand(at: Quarry) -> None:
    def song(pitch: int) -> bytes:
        return midi(
            b"".join(b"\x01" + bytes([0xB0 | n % 16, n % 120, n % 128]) for n in range(60_000)) + note(pitch, 5) + END
        )

    _both(at, "lanes.mid", song)


XML = (
    '<?xml version="1.0"?>\n{doctype}<score-partwise version="4.0"><part-list><score-part id="P1">'
    '<part-name>{name}</part-name></score-part></part-list><part id="P1">{bars}</part></score-partwise>\n'
)
BAR = (
    '<measure number="{n}"><note><pitch><step>C</step><octave>{o}</octave></pitch><duration>4</duration></note>'
    "</measure>"
)


def _bars(octave: object, count: int = 3) -> str:
    return "".join(BAR.format(n=n, o=octave if n == 2 else 4) for n in range(1, count + 1))


def scores_of_entity_bombs(at: Quarry) -> None:
    laughs = (
        '<!DOCTYPE x [<!ENTITY a0 "ha">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
        + "]>\n"
    )
    outside = '<!DOCTYPE x [<!ENTITY a11 SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:1/x">%p;]>\n'
    quadratic = f'<!DOCTYPE x [<!ENTITY a11 "{"a" * 50_000}">]>\n'
    for name, doctype in (("laughs", laughs), ("outside", outside), ("quadratic", quadratic)):
        many = "&a11;" * (2000 if name == "quadratic" else 1)
        for kind in ("musicxml", "mscx", "xml"):
            _both(at, f"{name}.{kind}", lambda n, d=doctype, m=many: XML.format(doctype=d, name=m, bars=_bars(n)))


def scores_of_deep_and_wide_xml(at: Quarry) -> None:
    _both(at, "deep.musicxml", lambda n: "<a>" * 50_000 + str(n) + "</a>" * 50_000)
    _both(at, "open.mscx", lambda n: "<a>" * 50_000 + str(n))
    _both(at, "wide.musicxml", lambda n: "<a " + " ".join(f'b{i}="{n}"' for i in range(50_000)) + "/>")
    _both(at, "equal.musicxml", lambda n: XML.format(doctype="", name="x", bars=_bars(n, 3000)))
    _both(at, "parts.musicxml", lambda n: "<score-partwise>" + f'<part id="P{n}"/>' * 20_000 + "</score-partwise>")
    _both(
        at, "time.musicxml", lambda n: XML.format(doctype="", name="x", bars=_bars(n).replace(">4<", f">{'9' * 5000}<"))
    )
    _both(
        at,
        "div.musicxml",
        lambda n: XML.format(
            doctype="",
            name=ACTS.replace("<", "&lt;").replace("\x1b", "").replace("\x07", "").replace("\x9b", ""),
            bars=_bars(n).replace("<note>", "<attributes><divisions>0</divisions></attributes><note>"),
        ),
    )


def _zipped(entries: dict[str, bytes], blanks: tuple[str, int] | None = None) -> bytes:
    """A ZIP; `blanks` is one more member, of so many MB of nothing, which are never held."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in entries.items():
            packed.writestr(name, data)
        if blanks is not None:
            with packed.open(blanks[0], "w") as member:
                for _ in range(blanks[1]):
                    member.write(b" " * (1 << 20))
    return out.getvalue()


def scores_that_are_zip_bombs(at: Quarry) -> None:
    container = b'<?xml version="1.0"?><container><rootfiles><rootfile full-path="s.xml"/></rootfiles></container>'
    body = {n: XML.format(doctype="", name="x", bars=_bars(n)).encode() for n in (60, 61, 62)}
    packed = _zipped({"META-INF/container.xml": container}, ("s.xml", 300))
    at.sides(
        *(
            {"bomb.mxl": packed + bytes([n]), "bomb.mscz": packed.replace(b"s.xml", b"s.mscx") + bytes([n])}
            for n in range(3)
        )
    )  # type: ignore[arg-type]
    many = {f"{n}.xml": b"x" for n in range(20_000)}
    _both(at, "many.mxl", lambda n: _zipped({"META-INF/container.xml": container, "s.xml": body[n], **many}))
    _both(
        at,
        "out.mxl",
        lambda n: _zipped(
            {"META-INF/container.xml": container.replace(b"s.xml", b"../../../etc/passwd"), "s.xml": body[n]}
        ),
    )
    _both(at, "names.mscz", lambda n: _zipped({"../../x.mscx": body[n], "/abs.mscx": body[n], "a\nb.mscx": body[n]}))
    _both(at, "cut.mxl", lambda n: _zipped({"s.xml": body[n]})[: 40 + n])


def code_that_is_deep(at: Quarry) -> None:
    for name, opening, closing in (
        ("deep.py", "x = " + "(" * 30_000, ")" * 30_000), ("deep.json", "[" * 100_000, "]" * 100_000), ("deep.js",
            "f(" * 30_000, ")" * 30_000),
        ("deep.c", "{" * 30_000, "}" * 30_000), ("deep.xml", "<a>" * 30_000, "</a>" * 30_000), ("deep.yaml",
            "[" * 30_000, "]" * 30_000),
        ("deep.rs", "fn f(){" * 10_000, "}" * 10_000), ("deep.html", "<div>" * 30_000, "</div>" * 30_000),
            ("deep.toml", "x = " + "[" * 30_000, "]" * 30_000),
        ("deep.md", "> " * 5000, ""), ("deep.go", "package x\nvar y = " + "-" * 30_000, ""), ("deep.ini",
            "[a]\n" * 50_000, ""), ("deep.cpp", "a<" * 20_000, ""),
        ("tabs.py", "".join(" " * n + "if x:\n" for n in range(400)), "pass"), ("deep.sh", "$(" * 10_000,
            ")" * 10_000), ("deep.kt", "\"${" * 5_000, "}\"" * 5_000),
    ):  # fmt: skip
        _both(at, name, lambda n, o=opening, c=closing: f"{o}{n}{c}\n")


def code_of_one_line(at: Quarry) -> None:
    _both(at, "one.js", lambda n: "a=1;" * 500_000 + f"b={n};")
    _both(at, "one.json", lambda n: json.dumps({f"k{i}": i for i in range(50_000)} | {"k7": n}))
    _both(at, "one.txt", lambda n: "x" * 5_000_000 + str(n))
    _both(at, "one.css", lambda n: "a{b:c}" * 100_000 + f"d{{e:{n}}}")


def code_of_equal_names(at: Quarry) -> None:
    _both(at, "equal.py", lambda n: "def f():\n    return 1\n\n\n" * 10_000 + f"def g():\n    return {n}\n")
    _both(at, "equal.json", lambda n: "{" + '"a":1,' * 50_000 + f'"b":{n}}}')
    _both(at, "equal.ini", lambda n: "[a]\nx = 1\n" * 20_000 + f"y = {n}\n")
    _both(at, "lines.txt", lambda n: "\n" * 300_000 + f"{n}\n" + "\n" * 300_000)
    _both(at, "long.py", lambda n: f"{'a' * 1_000_000} = {n}\n")
    _both(at, "po.po", lambda n: 'msgid "a"\nmsgstr "b"\n\n' * 20_000 + f'msgid "c"\nmsgstr "{n}"\n')
    _both(at, "import.py", lambda n: "import a\n" * 20_000 + f"import b{n}\n")


def code_that_both_sides_rewrote(at: Quarry) -> None:
    """Nothing in common, thousands of small edits in disorder: what matching is slowest at."""

    def lines(n: int) -> str:
        return "".join(f"def f{(i * (n * 2 + 1)) % 5003}():\n    return {i * n}\n\n\n" for i in range(5000))

    _both(at, "all.py", lines)
    _both(at, "all.txt", lambda n: "".join(f"{(i * (n * 2 + 1)) % 50021 % 97}\n" for i in range(50_000)))
    _both(at, "all.json", lambda n: json.dumps([(i * (n * 2 + 1)) % 5003 % 50 for i in range(20_000)], indent=1))


def yaml_and_keys(at: Quarry) -> None:
    laughs = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    _both(at, "laughs.yaml", lambda n: laughs + f"z: {n}\n")
    _both(at, "numbers.json", lambda n: '{"a": ' + "9" * 50_000 + f', "b": 1e99999, "c": {n}, "d": NaN, "e": -0.0}}')
    _both(at, "surrogate.json", lambda n: f'{{"\\ud800": {n}, "\\u0000": 1, "\\u202e": 2}}')
    _both(at, "dots.toml", lambda n: "a." * 5000 + f"b = {n}\n")
    _both(at, "tags.yaml", lambda n: f"!!python/object/apply:os.system ['touch RAN']\n---\na: {n}\n")
    _both(at, "utf16.json", lambda n: json.dumps({"a": n}).encode("utf-16"))  # type: ignore[arg-type]


def conflict_markers_by_the_thousand(at: Quarry) -> None:
    block = "<<<<<<< ours\n{a}\n||||||| base\n{b}\n=======\n{c}\n>>>>>>> theirs\n"
    text = "".join(block.format(a=f"x{n}", b=f"y{n}", c=f"z{n}") for n in range(5000))
    at.write({"marked.py": text, "marked.mid": text, "open.py": "<<<<<<< ours\n" * 50_000,
        "mixed.py": ("=======\n<<<<<<< \n>>>>>>> \n" * 20_000),
              "long.py": "<" * 1_000_000 + "\n", "notes.txt": "<<<<<<< \x1b[31m\n=======\n>>>>>>> ‮\n"})  # fmt: skip


def submodules_and_gitlinks(at: Quarry) -> None:
    rows = at.git("ls-tree", "HEAD").splitlines()
    sane = [(row.split()[0].lstrip("0"), row.split("\t")[1], row.split()[2]) for row in rows]

    def tree(oid: str) -> str:
        extra = [
            ("160000", name, oid) for name in ("-x", ".git2", "link.mid", "link.py", "sub", "\x1b[31m", "$(touch RAN)")
        ]
        return at.tree(sorted([*sane, *extra, ("100644", ".gitmodules", modules)], key=lambda row: row[1]))

    modules = at.blob(
        b'[submodule "../../x"]\n\tpath = sub\n\turl = ext::sh -c touch% RAN\n\tupdate = !touch RAN\n'
        b'[submodule "-x"]\n\tpath = -x\n\turl = --upload-pack=touch RAN\n'
        b'[submodule "\x1b"]\n\tpath = ../out\n\turl = /etc\n'
    )
    base = at.commit(tree("1" * 40), at.git("rev-parse", "main"))
    at.git("update-ref", "refs/heads/topic", at.commit(tree("2" * 40), base))
    at.git("update-ref", "refs/heads/main", at.commit(tree("3" * 40), base))
    at.git("reset", "-q", "--hard", check=False)


def a_gitlink_against_a_file(at: Quarry) -> None:
    base = at.git("rev-parse", "HEAD")
    link_tree = at.tree([("160000", "song.mid", "4" * 40), ("100644", "lib.py", at.blob(CODE.encode()))])
    at.git("update-ref", "refs/heads/topic", at.commit(link_tree, base))
    at.write({"song.mid": midi(note(60, 480) + END)})


def trees_git_would_not_write(at: Quarry) -> None:
    blob, sub = at.blob(CODE.encode()), at.folder({"x.py": at.blob(b"x = 1\n")})
    rows: list[tuple[str, str | bytes, str]] = [
        ("100644", ".git", blob), ("40000", ".git", sub), ("100644", "..", blob), ("100644", "", blob), ("100644",
            "a/b", blob), ("100644", "a.py", blob),
        ("100644", "a.py", blob), ("100666", "m.py", blob), ("0", "zero.py", blob), ("777777", "odd.mid", blob),
            ("40000", "file.py", blob), ("100644", "tree.py", sub),
        ("100644", b"\xff\xfe.py", blob), ("120000", ".gitmodules", blob), ("100644", "gone.py", "5" * 40),
            ("100644", "ZZ.py", blob), ("100644", "zz.py", blob),
        ("40000", "git~1", sub), ("100644", ".museignore", "6" * 40), ("40000", ".museattributes", sub),
    ]  # fmt: skip
    head = at.git("rev-parse", "HEAD")
    at.git("update-ref", "refs/heads/topic", at.commit(at.tree(rows), head))
    at.git("update-ref", "refs/heads/odd", at.commit(at.tree(list(reversed(rows))), head))


def a_bomb_of_folders_on_a_branch(at: Quarry) -> None:
    inner = at.folder({f"f{n}.py": at.blob(b"x") for n in range(10)})
    for _ in range(10):
        inner = at.tree(("40000", f"d{n}", inner) for n in range(10))
    head = at.git("rev-parse", "HEAD")
    at.git("update-ref", "refs/heads/bomb", at.commit(inner, head))


def modules_that_shadow_ours(at: Quarry) -> None:
    """Whoever imports from the folder he stands in runs these."""
    bad = "open('RAN', 'w').write('x')\nopen('/tmp/muse-hostile-RAN', 'a').write(__file__)\n"
    names = [
        "muse",
        "click",
        "dulwich",
        "json",
        "sitecustomize",
        "usercustomize",
        "site",
        "msgspec",
        "tree_sitter",
        "git_remote_muse",
        "pygit2",
        "mcp",
        "encodings",
    ]
    at.write({f"{name}.py": bad for name in names} | {f"{name}/__init__.py": bad for name in ("muse",
        "git_remote_muse")}
             | {"plugin.pth": "import os; open('RAN','w')\n",
                 "x.egg-info/entry_points.txt": "[muse.plugins]\nx = muse:x\n"})  # fmt: skip


def a_file_of_a_hundred_megabytes(at: Quarry) -> None:
    for name in ("big.mid", "big.py", "big.musicxml", "big.json", "big.txt"):
        at.write({name: b"MThd\0\0\0\6\0\1\0\1\1\xe0" + b"\0" * (100 << 20)}, f"big {name}")
        break
    tree = at.git("rev-parse", "HEAD^{tree}")
    big = at.zeros(300 << 20)
    rows = [("100644", f"huge.{kind}", big) for kind in ("json", "mid", "mscx", "musicxml", "py", "txt")]
    old = [("100644", row.split("\t")[1], row.split()[2]) for row in at.git("ls-tree", tree).splitlines()]
    at.git(
        "update-ref",
        "refs/heads/topic",
        at.commit(at.tree(sorted([*old, *rows], key=lambda row: row[1])), at.git("rev-parse", "HEAD")),
    )


def ten_thousand_files(at: Quarry) -> None:
    at.sides(
        {f"d{n % 100}/f{n}.py": CODE for n in range(5_000)},
        {f"d{n % 100}/f{n}.py": CODE.replace("1", "3") for n in range(300)},
        {f"d{n % 100}/f{n}.py": CODE.replace("2", "3") for n in range(300)},
    )


CASES = {name: made for name, made in list(globals().items()) if callable(made) and not name.startswith("_")
         and getattr(made, "__module__", "") == __name__}  # fmt: skip
_ = vlq
