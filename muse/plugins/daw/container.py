"""How a project lies in its file: plain, gzip (`.als`) or a member of a ZIP (`.dawproject`)."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from muse.core.errors import FormatError
from muse.core.zip_members import ZipMembers, is_package

MOST_BYTES = 400_000_000
DOCUMENT = "project.xml"
_MOST_RATIO = 1_040  # deflate packs no tighter


class Packed(NamedTuple):
    """A document and what it lay in: `head` is a gzip header, `members` a ZIP file; neither for a plain file."""

    document: bytes
    head: bytes = b""
    members: ZipMembers | None = None

    def write(self, document: bytes, members: dict[str, bytes] | None = None) -> bytes:
        """Another document packed as this one is; one document and one zlib give the same bytes."""
        if self.members is not None:
            return self.members.write({**(self.members.members if members is None else members), DOCUMENT: document})
        if not self.head:
            return document
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        end = struct.pack("<II", zlib.crc32(document), len(document) & 0xFFFFFFFF)
        return self.head + packer.compress(document) + packer.flush() + end


def opened(data: bytes) -> Packed:
    """The document in a file; FormatError for a torn file, or one that unpacks to more than a project has."""
    if is_package(data):
        members = ZipMembers(data)
        if DOCUMENT not in members.members:
            raise FormatError(f"a ZIP file without {DOCUMENT} in it")
        return Packed(members.members[DOCUMENT], members=members)
    if data[:2] != b"\x1f\x8b":
        return Packed(data)
    says = int.from_bytes(data[-4:], "little")
    if MOST_BYTES < says < _MOST_RATIO * len(data):  # else it is cut off, and as soon unpacked
        raise FormatError(f"a gzip file with more in it than any project has ({says} bytes, it says) or cut off")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        document = unpacker.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise FormatError(f"not a whole gzip file: {error}") from None
    if unpacker.unconsumed_tail or (not unpacker.eof and len(document) >= MOST_BYTES):
        raise FormatError("a gzip file with more in it than any project has")
    if not unpacker.eof or unpacker.unused_data.strip(b"\0"):
        raise FormatError("a gzip file that was cut off, or goes on behind its end")
    return Packed(document, head=_header(data))


def _header(data: bytes) -> bytes:
    """The header of a gzip file as its program wrote it: with the name and the date, without extra fields."""
    flags, end = data[3], 10
    if flags & 4:
        return b"\x1f\x8b\x08\x00\0\0\0\0\0\x0b"
    for flag in (8, 16):
        if flags & flag:
            end = data.index(b"\0", end) + 1
    return data[:3] + bytes([flags & 0x18]) + data[4:end]
