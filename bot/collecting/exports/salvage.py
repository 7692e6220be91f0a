"""What a cut-off zip still holds whole: found by the header before each file, as the table at its end is gone."""

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

_HEADER = struct.Struct("<4s5H3L2H")
_FILE, _TABLE = b"PK\x03\x04", (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06")
_DESCRIPTORS = tuple(map(struct.Struct, ("<4sLQQ", "<4sLLL", "<0sLQQ", "<0sLLL")))
"""What may follow a file whose header lacks its sizes: a mark or none, a checksum, the packed size, the size.

The wide one first: where both match, an empty file's, the narrow one would end too early.
"""
_MARKS = (b"PK\x07\x08", b"")
_ENCRYPTED, _SIZES_FOLLOW, _UTF_8 = 0x1, 0x8, 0x800
_WIDE_SIZES, _IN_EXTRA = 0x1, 0xFFFFFFFF
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Stop:
    """Why there is no next file. `name`: the one that is not whole, "" where it is not known or there is none."""

    reason: str
    name: str = ""


class _StopError(Exception):
    """The next file's end can't be found."""


class Salvage:
    """Stands in for `zipfile.ZipFile` with the files before the cut. Nothing tells links from files there."""

    def __init__(self, path: Path, unpack_at_most: int) -> None:
        """Find the files. `unpack_at_most`: bytes, where only unpacking tells a file's end. Raises `OSError`."""
        self._file = path.open("rb")
        self._left = unpack_at_most
        self._members: list[zipfile.ZipInfo] = []
        self._starts: dict[int, int] = {}
        self.stop = self._walk()

    def infolist(self) -> list[zipfile.ZipInfo]:
        """Return the files that are whole, folders among them."""
        return self._members

    def open(self, member: zipfile.ZipInfo) -> zipfile.ZipExtFile:
        """Return a reader of a file, which raises what zipfile's does when sizes or checksum are wrong."""
        self._file.seek(self._starts[member.header_offset])
        return zipfile.ZipExtFile(self._file, "r", member)

    def close(self) -> None:
        self._file.close()

    def _walk(self) -> Stop:
        at, name = 0, ""
        try:
            while (header := self._bytes(at, _HEADER.size)).startswith(_FILE):
                member, start = self._described(header, at)
                name = member.orig_filename
                at = self._end(member, start)
                self._members.append(member)
                self._starts[member.header_offset] = start
                name = ""
        except EOFError:
            return Stop("is cut off", name)
        except zlib.error:
            return Stop("is damaged", name)
        except _StopError as err:
            return Stop(str(err), name)
        return Stop("is cut off" if header.startswith(_TABLE) else "is damaged")

    def _described(self, header: bytes, at: int) -> tuple[zipfile.ZipInfo, int]:
        """Return a file as its header describes it, and where its bytes start."""
        _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _HEADER.unpack(header)
        start = at + _HEADER.size + name_length + extra_length
        name = self._bytes(at + _HEADER.size, name_length)
        extra = self._bytes(start - extra_length, extra_length)
        member = zipfile.ZipInfo(name.decode("utf-8" if flags & _UTF_8 else "cp437", "replace"))
        member.flag_bits, member.compress_type, member.CRC, member.header_offset = flags, method, crc, at
        member.file_size, member.compress_size = _sizes(size, packed, extra)
        return member, start

    def _end(self, member: zipfile.ZipInfo, start: int) -> int:
        """Return where a file ends, and complete its sizes. Raises `EOFError` when that is behind the cut."""
        if not member.flag_bits & _SIZES_FOLLOW:
            return self._present(start + member.compress_size)
        if member.compress_type == zipfile.ZIP_DEFLATED and not member.flag_bits & _ENCRYPTED:
            member.compress_size, member.file_size = self._unpacked(start)
        end = self._present(start + member.compress_size)
        for descriptor in _DESCRIPTORS:
            try:
                mark, crc, *sizes = descriptor.unpack(self._bytes(end, descriptor.size))
            except EOFError:
                continue
            if mark in _MARKS and sizes == [member.compress_size, member.file_size]:
                member.CRC = crc
                return end + descriptor.size
        self._present(end + max(descriptor.size for descriptor in _DESCRIPTORS))
        raise _StopError("does not tell where a file ends")

    def _unpacked(self, start: int) -> tuple[int, int]:
        """Return the packed size and the size of what starts there."""
        inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
        self._file.seek(start)
        while not inflate.eof:
            packed = inflate.unconsumed_tail or self._file.read(_CHUNK)
            if not packed:
                raise EOFError
            size += (length := len(inflate.decompress(packed, _CHUNK)))
            self._left -= length
            if self._left < 0:
                raise _StopError("unpacks to more than is read of a zip")
        return self._file.tell() - len(inflate.unused_data) - start, size

    def _bytes(self, at: int, length: int) -> bytes:
        self._file.seek(at)
        found = self._file.read(length)
        if len(found) < length:
            raise EOFError
        return found

    def _present(self, end: int) -> int:
        if end > self._file.seek(0, 2):
            raise EOFError
        return end


def _sizes(size: int, packed: int, extra: bytes) -> tuple[int, int]:
    """Return a file's size and its packed size, from the extra fields where they need eight bytes."""
    wide: list[int] = []
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        value, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _WIDE_SIZES:
            wide = [number for (number,) in struct.iter_unpack("<Q", value[: len(value) // 8 * 8])]
    given = iter(wide)
    first = next(given, size) if size == _IN_EXTRA else size
    return first, next(given, packed) if packed == _IN_EXTRA else packed
