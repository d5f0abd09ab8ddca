"""A ZIP file in memory: its members, checked and bounded, and another one written of them. Same members, same bytes."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING

from muse.core.errors import FormatError

if TYPE_CHECKING:
    import zipfile

MOST_MEMBERS = 1_000
MOST_BYTES = 200_000_000


class ZipMembers:
    """A ZIP file's members in order; FormatError for what is torn, encrypted, escaping or beyond the bounds."""

    def __init__(self, data: bytes) -> None:
        import struct
        import zipfile  # not for files that are none

        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            infos = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError) as error:
            raise FormatError(f"not a whole ZIP file: {error}") from None
        if len(infos) > MOST_MEMBERS or sum(info.file_size for info in infos) > MOST_BYTES:
            raise FormatError("a ZIP file with more in it than is read")
        names = Counter(info.filename for info in infos)
        for info in infos:
            why = "is there twice" if names[info.filename] > 1 else _why_refused(info)
            if why:
                raise FormatError(f"a ZIP file whose member {info.filename!a:.80} {why}")
        self.members = {info.filename: self._read(info) for info in infos if not info.filename.endswith("/")}
        self.infos = {info.filename: info for info in infos}

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        import zipfile
        import zlib

        try:
            with self._zip.open(info) as member:
                data = member.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError) as error:
            raise FormatError(f"{info.filename!r:.80} cannot be read: {error}") from None
        if len(data) != info.file_size:
            raise FormatError(f"{info.filename!r:.80} has not the size it promises")
        return data

    def write(self, members: dict[str, bytes]) -> bytes:
        """A ZIP file of other members: each with the date and method it has here, new ones at the ZIP epoch."""
        import zipfile

        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for name, data in members.items():
                known = self.infos.get(name)
                info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0) if known is None else known.date_time)
                info.compress_type = zipfile.ZIP_DEFLATED if known is None else known.compress_type
                info.external_attr = 0 if known is None else known.external_attr
                target.writestr(info, data)
        return out.getvalue()


def _why_refused(info: zipfile.ZipInfo) -> str:
    """What is wrong with a member, for a person; nothing where it may be unpacked anywhere."""
    name = info.filename.replace("\\", "/")
    if info.flag_bits & 1:
        return "is encrypted"
    if not name.strip("/") or min(name) < " ":
        return "has no name that can be printed"
    if name.startswith("/") or name[1:2] == ":":
        return "has an absolute name"
    if ".." in name.split("/"):
        return "leads out of the file"
    if info.external_attr >> 16 & 0o170000 == 0o120000:
        return "is a symbolic link"
    return ""


def is_package(data: bytes) -> bool:
    """True for what begins like a ZIP file."""
    return data.startswith(b"PK\x03\x04")
