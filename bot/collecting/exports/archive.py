"""Reads a zip that nobody vouches for: in memory, one file at a time, within limits. Nothing is unpacked to disk."""

import json
import lzma
import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.collecting.exports.salvage import Salvage

MIB = 1024 * 1024
LONGEST_NAME = 120
ENCRYPTED = 0x1
SUSPICIOUS_FROM = MIB
"""Smaller files may be packed as tightly as they like."""
_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|\\|(?:^|/)\.\.(?:/|$)")
# What zipfile and the decompressors raise on data that is damaged or that they don't know.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)


class ArchiveError(ValueError):
    """A file can't be read as a zip at all; the message says what to do."""


class MemberError(ValueError):
    """One file in a zip can't be used; the message says why."""


@dataclass(frozen=True)
class Refused:
    """A file that was left out, and why."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


@dataclass(frozen=True)
class Limits:
    """How much is read. `ratio`: how many times larger than packed a file may be; chat is about ten times."""

    file_bytes: int = 64 * MIB
    total_bytes: int = 8 * 1024 * MIB
    ratio: int = 200


class Archive:
    """The files of a zip that may be read, and those refused by their names or by what the zip says of them.

    `is_whole`: whether no file is missing because the zip was cut off or damaged.
    """

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        """Read the zip's table of contents. Raises `ArchiveError`."""
        self.path = path
        self._limits = limits or Limits()
        self._zip = _open(path, self._limits)
        self._left = self._limits.total_bytes
        self._members: dict[str, zipfile.ZipInfo] = {}
        self.refused: list[Refused] = []
        for member in self._zip.infolist():
            self._take(member)
        self.is_whole = not isinstance(self._zip, Salvage)
        if isinstance(self._zip, Salvage):
            self.refused.append(Refused(path.name, _stopped(self._zip)))

    @property
    def names(self) -> list[str]:
        """The names of the files that may be read."""
        return list(self._members)

    def load(self, name: str) -> Any:
        """Return what the JSON file `name` holds. Raises `MemberError`."""
        return parse_json(self.read(name))

    def read(self, name: str) -> bytes:
        """Return the bytes of a file. Raises `MemberError`."""
        limit = min(self._limits.file_bytes, self._left)
        try:
            with self._zip.open(self._members[name]) as file:
                data = file.read(limit + 1)
        except _DAMAGED as err:
            raise MemberError("is damaged in the zip; export again or download the zip anew") from err
        self._left -= min(len(data), limit)
        if len(data) > limit:
            raise MemberError(f"brings the zip above the {self._limits.total_bytes // MIB} MiB that are read of one")
        return data

    def close(self) -> None:
        self._zip.close()

    def _take(self, member: zipfile.ZipInfo) -> None:
        if member.filename.endswith("/") and not _OUTSIDE.search(member.orig_filename):
            return
        reason = self._objection(member)
        if reason is None:
            self._members[member.filename] = member
        else:
            self.refused.append(Refused(printable(member.orig_filename) or "?", reason))

    def _objection(self, member: zipfile.ZipInfo) -> str | None:
        """Return why a file is not read, None when it may be."""
        name, size = member.orig_filename, member.file_size
        if not name:
            return "has no name"
        if _OUTSIDE.search(name) or "\x00" in name:
            return "its name points outside the export"
        if stat.S_ISLNK(member.external_attr >> 16):
            return "is a link, not a file"
        if member.flag_bits & ENCRYPTED:
            return "is encrypted; make a zip without a password"
        if member.filename in self._members:
            return "is in the zip twice; the first one counts"
        if name.lower().endswith(".zip"):
            return "is a zip within the zip; import it by itself"
        if size > self._limits.file_bytes:
            return f"would be {size // MIB} MiB; at most {self._limits.file_bytes // MIB} MiB are read"
        if size > SUSPICIOUS_FROM and size > self._limits.ratio * member.compress_size:
            return f"would be over {self._limits.ratio} times as large as it is packed, as no conversation is"
        return None


def parse_json(data: bytes) -> Any:
    """Return what JSON says. Raises `MemberError`."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as err:
        raise MemberError(f"is not UTF-8 text (byte {err.start})") from err
    except json.JSONDecodeError as err:
        raise MemberError(f"is not valid JSON ({err.msg}, line {err.lineno} column {err.colno})") from err
    except (RecursionError, ValueError) as err:  # a number of thousands of digits is a ValueError
        raise MemberError("is not JSON that can be read (nested too deeply, or a number too long)") from err


def printable(name: str) -> str:
    """Return a name of unknown origin as it may be shown on a terminal."""
    shown = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in name[:LONGEST_NAME])
    return f"{shown}…" if len(name) > LONGEST_NAME else shown


def _open(path: Path, limits: Limits) -> zipfile.ZipFile | Salvage:
    if not path.exists():
        raise ArchiveError(f"{path}: there is no such file")
    if path.is_dir():
        raise ArchiveError(f"{path}: is a folder; give the zip that Slack made")
    try:
        with path.open("rb") as file:
            begins_as_zip = file.read(4) == b"PK\x03\x04"
    except OSError as err:
        raise ArchiveError(f"{path}: can't be read: {err.strerror}") from err
    try:
        whole = zipfile.ZipFile(path)
    except _DAMAGED as err:
        if begins_as_zip:
            return _salvaged(path, limits)
        raise ArchiveError(f"{path}: is not a zip; give the zip that Slack made") from err
    if begins_as_zip and all(member.header_offset for member in whole.infolist()):
        # What was found is the table of contents of a zip within this one, whose own is gone.
        whole.close()
        return _salvaged(path, limits)
    return whole


def _salvaged(path: Path, limits: Limits) -> Salvage:
    try:
        salvage = Salvage(path, unpack_at_most=limits.total_bytes)
    except OSError as err:
        raise ArchiveError(f"{path}: can't be read: {err.strerror}") from err
    if not salvage.infolist():
        salvage.close()
        raise ArchiveError(f"{path}: the zip is cut off or damaged; download it again")
    return salvage


def _stopped(salvage: Salvage) -> str:
    count = sum(not member.filename.endswith("/") for member in salvage.infolist())
    files = "1 file" if count == 1 else f"{count} files"
    within = f", within {printable(salvage.stop.name)}" if salvage.stop.name else ""
    return f"{salvage.stop.reason} after {files}{within}; what is whole was read, download it again for the rest"
