"""A zip that was cut off gives what is whole before the cut, and never part of a file for the whole of it."""

import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.collecting.exports.archive import Archive, ArchiveError, Limits, MemberError
from bot.collecting.exports.importing import import_export
from bot.collecting.exports.layout import read_layout
from bot.collecting.exports.report import Report
from bot.collecting.exports.storing import Wanted
from storage.database import Database
from storage.listing import PairFilter, list_pairs
from tests.bot.collecting.exports.making import KEY_THREAD, TICK, files_of, said

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WANTED = Wanted("T1", frozenset({TICK}), "US", with_knowledge=True)
CRANE = [said(90_000, "U1", "Is the crane free today?", thread=90_000), said(90_060, "U2", "From noon.", thread=90_000)]
SAIL = [said(900, "U3", "Who mends sails?", thread=900), said(960, "U4", "The loft does.", thread=900)]
EXPORT = {**files_of({"general": KEY_THREAD, "loft": SAIL}), "general/2023-11-15.json": CRANE}


class Pipe(io.BytesIO):
    """Takes bytes as a pipe does: what was written can't be completed later."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError("a pipe")

    def tell(self) -> int:
        raise OSError("a pipe")


def bare(files: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    for name, content in files.items():
        yield name, content if isinstance(content, bytes) else json.dumps(content).encode()


def packed(files: dict[str, Any] = EXPORT, method: int = zipfile.ZIP_DEFLATED, **how: Any) -> bytes:
    """Return a zip with sizes in its headers."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        archive.mkdir("general")
        for name, content in bare(files):
            with archive.open(name, "w", **how) as file:
                file.write(content)
    return data.getvalue()


def streamed(files: dict[str, Any] = EXPORT, **how: Any) -> bytes:
    """Return a zip with the sizes behind each file."""
    data = Pipe()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in bare(files):
            with archive.open(name, "w", **how) as file:
                file.write(content)
    return data.getvalue()


def unmarked(data: bytes) -> bytes:
    """Return a streamed zip without the mark that most put before the sizes. Its table of contents is wrong then."""
    return data.replace(b"PK\x07\x08", b"")


WAYS: dict[str, Callable[[], bytes]] = {
    "deflated": packed,
    "stored": lambda: packed(method=zipfile.ZIP_STORED),
    "bzip2": lambda: packed(method=zipfile.ZIP_BZIP2),
    "wide": lambda: packed(force_zip64=True),
    "streamed": streamed,
    "streamed wide": lambda: streamed(force_zip64=True),
    "streamed unmarked": lambda: unmarked(streamed()),
    "streamed wide unmarked": lambda: unmarked(streamed(force_zip64=True)),
}


def read_cut(path: Path, data: bytes) -> dict[str, Any]:
    """Return what can be read of a zip's first bytes."""
    path.write_bytes(data)
    try:
        archive = Archive(path)
    except ArchiveError:
        return {}
    try:
        return {name: archive.load(name) for name in archive.names}
    finally:
        archive.close()


@pytest.mark.parametrize("way", WAYS)
def test_cut_at_every_byte_a_zip_gives_whole_files_only_and_never_fewer_than_cut_before(
    tmp_path: Path, way: str
) -> None:
    data = WAYS[way]()
    known = 0
    for length in range(data.index(b"PK\x01\x02") + 60):
        found = read_cut(tmp_path / "export.zip", data[:length])
        assert list(found) == list(EXPORT)[: len(found)]
        assert all(content == EXPORT[name] for name, content in found.items())
        assert len(found) >= known
        known = len(found)
    assert known == len(EXPORT)


@pytest.mark.parametrize("way", ["deflated", "streamed"])
def test_cut_within_its_table_of_contents_a_zip_gives_everything(tmp_path: Path, way: str) -> None:
    data = WAYS[way]()
    for length in range(data.index(b"PK\x01\x02"), len(data)):
        assert read_cut(tmp_path / "export.zip", data[:length]) == EXPORT
    assert read_cut(tmp_path / "export.zip", data) == EXPORT


def imported(database: Database, path: Path, data: bytes) -> Report | None:
    """Import a zip's first bytes; None when nothing can be."""
    path.write_bytes(data)
    try:
        archive = Archive(path)
    except ArchiveError:
        return None
    try:
        layout = read_layout(archive)
        return import_export(database, archive, layout, layout.conversations, WANTED, now=lambda: NOW)
    except ArchiveError:
        return None
    finally:
        archive.close()


def answers_in(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(pair.answer for pair in list_pairs(session, PairFilter(), team_id="T1", limit=1000))


def test_growing_downloads_never_import_less_and_the_whole_adds_only_what_was_missing(
    database: Database, tmp_path: Path
) -> None:
    data, path = packed(), tmp_path / "export.zip"
    proposed, messages = 0, 0
    for length in [*range(0, len(data) - 1, 23), len(data)]:
        report = imported(database, path, data[:length])
        if report is None:
            assert messages == 0
            continue
        assert report.messages >= messages
        assert report.already_known == proposed
        proposed, messages = proposed + report.proposed, report.messages
        assert len(answers_in(database)) == proposed
        assert bool(report.refused) == (length < len(data))
    assert answers_in(database) == [
        "From noon.",
        "The loft does.",
        "Under the blue pot.\n\nMail [EMAIL_1] if it is gone.",
    ]


def test_where_a_zip_was_cut_off_is_told(database: Database, tmp_path: Path) -> None:
    data = packed()
    report = imported(database, tmp_path / "export.zip", data[: data.index(b"loft/") + 40])

    assert report is not None
    assert [str(refused) for refused in report.refused] == [
        "export.zip: is cut off after 6 files, within loft/2023-11-14.json; "
        "what is whole was read, download it again for the rest"
    ]
    assert report.messages == len(KEY_THREAD)


def test_without_the_list_of_public_channels_nothing_is_imported(database: Database, tmp_path: Path) -> None:
    last = {name: EXPORT[name] for name in [*list(EXPORT)[5:], *list(EXPORT)[:5]]}
    data = packed(last)
    (tmp_path / "export.zip").write_bytes(data[: data.index(b"channels.json")])
    archive = Archive(tmp_path / "export.zip")

    with pytest.raises(ArchiveError, match=r"cut off before channels\.json, which says what is public"):
        read_layout(archive)
    archive.close()
    assert len(archive.names) == 3


def test_folders_whose_list_lies_behind_the_cut_are_refused(database: Database, tmp_path: Path) -> None:
    files = {**EXPORT, "groups.json": [{"id": "CBOARD", "name": "board"}], "board/2023-11-14.json": SAIL}
    for late in ("channels.json", "users.json"):
        files[late] = files.pop(late)
    data = packed(files)
    report = imported(
        database, tmp_path / "export.zip", data[: data.rindex(b"PK\x03\x04", 0, data.index(b"channels.json"))]
    )

    assert report is not None
    assert [(refused.file, refused.reason.partition(";")[0]) for refused in report.refused] == [
        ("export.zip", "is cut off after 7 files"),
        ("general, loft", "no list before the cut names such a channel, so nobody knows who may read it"),
        ("users.json", "lies behind the cut, so bots may stand among the proposals"),
    ]
    with database.reading() as session:
        assert {pair.channel_id for pair in list_pairs(session, PairFilter(), team_id="T1", limit=9)} == {"CBOARD"}


@pytest.mark.parametrize("make", [packed, streamed])
def test_a_bomb_in_a_zip_that_was_cut_off_is_refused_and_what_follows_is_read(
    tmp_path: Path, make: Callable[..., bytes]
) -> None:
    data = make({"channels.json": [], "bomb.json": b" " * 50_000_000, "users.json": [1]})
    del_from = data.index(b"PK\x01\x02")
    (tmp_path / "export.zip").write_bytes(data[:del_from])
    tracemalloc.start()
    archive = Archive(tmp_path / "export.zip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [refused.reason[:31] for refused in archive.refused] == [
        "would be over 200 times as larg",
        "is cut off after 3 files; what ",
    ]
    assert (archive.names, archive.load("users.json")) == (["channels.json", "users.json"], [1])
    assert peak < 5_000_000
    archive.close()


def test_only_so_much_is_unpacked_to_find_where_files_end(tmp_path: Path) -> None:
    data = streamed({"channels.json": [], "bomb.json": b" " * 50_000_000, "users.json": [1]})
    (tmp_path / "export.zip").write_bytes(data[:-5])
    archive = Archive(tmp_path / "export.zip", Limits(total_bytes=10_000_000))

    assert archive.names == ["channels.json"]
    assert str(archive.refused[0]).startswith(
        "export.zip: unpacks to more than is read of a zip after 1 file, within bomb.json; what is whole was read"
    )
    archive.close()


def test_names_that_point_outside_encrypted_files_and_zips_within_are_refused_there_too(tmp_path: Path) -> None:
    data = bytearray(
        packed({"channels.json": [], "../evil.json": [], "secret.json": [], "more.zip": [], "users.json": []})
    )
    flags = data.index(b"secret.json") - 30 + 6
    data[flags] |= 1
    (tmp_path / "export.zip").write_bytes(data[: data.index(b"PK\x01\x02")])
    archive = Archive(tmp_path / "export.zip")

    assert archive.names == ["channels.json", "users.json"]
    assert [refused.file for refused in archive.refused] == ["../evil.json", "secret.json", "more.zip", "export.zip"]
    archive.close()


def test_a_file_with_a_changed_byte_is_damaged_there_too(tmp_path: Path) -> None:
    data = bytearray(packed({"channels.json": [1, 2], "users.json": [1]}, zipfile.ZIP_STORED))
    data[data.index(b"[1, 2]") + 1] = ord("7")
    (tmp_path / "export.zip").write_bytes(data[: data.index(b"PK\x01\x02")])
    archive = Archive(tmp_path / "export.zip")

    with pytest.raises(MemberError, match="is damaged in the zip"):
        archive.load("channels.json")
    assert archive.load("users.json") == [1]
    archive.close()


def test_where_headers_do_not_tell_a_files_end_reading_stops_before_it(tmp_path: Path) -> None:
    data = bytearray(streamed({"channels.json": [], "users.json": [1] * 20, "more.json": [2] * 20}))
    at = data.index(b"users.json") - 30 + 8
    data[at : at + 2] = struct.pack("<H", zipfile.ZIP_STORED)
    (tmp_path / "export.zip").write_bytes(data[:-5])
    archive = Archive(tmp_path / "export.zip")

    assert archive.names == ["channels.json"]
    assert "does not tell where a file ends after 1 file, within users.json" in str(archive.refused[0])
    archive.close()


def test_the_table_of_contents_of_a_zip_within_is_not_taken_for_the_whole_zips(tmp_path: Path) -> None:
    inner = packed({"channels.json": [{"id": "CBOARD", "name": "board"}], "board/2023-11-14.json": SAIL})
    data = packed({"channels.json": [], "files/old.zip": inner, "users.json": []}, zipfile.ZIP_STORED)
    (tmp_path / "export.zip").write_bytes(data[: data.index(b"users.json")])
    archive = Archive(tmp_path / "export.zip")

    assert archive.names == ["channels.json"]
    assert [refused.file for refused in archive.refused] == ["files/old.zip", "export.zip"]
    archive.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*WAYS]), st.data())
def test_cut_off_and_changed_a_zip_is_read_or_refused(tmp_path: Path, way: str, data: st.DataObject) -> None:
    original = WAYS[way]()
    changed = bytearray(original[: data.draw(st.integers(30, original.index(b"PK\x01\x02") + 20))])
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "export.zip").write_bytes(changed)

    with suppress(ArchiveError):
        archive = Archive(tmp_path / "export.zip")
        assert not archive.is_whole
        for name in archive.names:
            with suppress(MemberError):
                assert archive.load(name) in [*EXPORT.values()]
        archive.close()
