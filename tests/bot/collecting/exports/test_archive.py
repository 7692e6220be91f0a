"""A zip that nobody vouches for does no harm, and what is wrong with it is told file by file."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from bot.collecting.exports.archive import Archive, ArchiveError, Limits, MemberError, parse_json, printable
from tests.bot.collecting.exports.making import write_zip

SMALL = Limits(file_bytes=4_000_000, total_bytes=5_000_000, ratio=200)


def refusal(archive: Archive) -> str:
    [refused] = archive.refused
    return str(refused)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "general/../../evil.json",
        "/etc/evil.json",
        "C:/evil.json",
        "..\\evil.json",
        "\\\\host\\evil.json",
    ],
)
def test_a_name_that_points_outside_is_refused(tmp_path: Path, name: str) -> None:
    archive = Archive(write_zip(tmp_path / "export.zip", {name: [], "channels.json": []}))

    assert "its name points outside the export" in refusal(archive)
    assert archive.names == ["channels.json"]
    assert [path.name for path in tmp_path.parent.iterdir() if "evil" in path.name] == []
    assert [path.name for path in tmp_path.iterdir()] == ["export.zip"]


def test_a_name_with_nul_in_it_is_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("channels_json.exe", "[]")
    (tmp_path / "export.zip").write_bytes(data.getvalue().replace(b"channels_json", b"channels\x00json"))

    assert refusal(Archive(tmp_path / "export.zip")).startswith("channels\\x00json.exe: its name points outside")


def test_a_file_without_a_name_is_refused(tmp_path: Path) -> None:
    nameless = zipfile.ZipInfo("channels.json")
    nameless.filename = ""
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as file, file.open(nameless, "w") as content:
        content.write(b"[]")

    assert refusal(Archive(tmp_path / "export.zip")) == "?: has no name"


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("general/2023-11-14.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")

    assert "is a link" in refusal(Archive(tmp_path / "export.zip"))


def test_a_zip_within_the_zip_is_refused(tmp_path: Path) -> None:
    assert "import it by itself" in refusal(Archive(write_zip(tmp_path / "export.zip", {"more.ZIP": b"PK"})))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_files_of_one_name_the_first_counts(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as file:
        file.writestr("channels.json", "[1]")
        file.writestr("channels.json", "[2]")
    archive = Archive(tmp_path / "export.zip")

    assert "in the zip twice" in refusal(archive)
    assert archive.load("channels.json") == [1]


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    data = bytearray(write_zip(tmp_path / "export.zip", {"channels.json": "[]"}).read_bytes())
    for header, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(header) + flags_at
        data[at : at + 2] = struct.pack("<H", struct.unpack("<H", data[at : at + 2])[0] | 1)
    (tmp_path / "export.zip").write_bytes(data)

    assert "is encrypted" in refusal(Archive(tmp_path / "export.zip"))


def test_a_bomb_is_refused_by_what_the_zip_says_of_it(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "export.zip", {"tight.json": b" " * 3_000_000, "large.json": b" " * 4_000_001})
    reasons = [refused.reason for refused in Archive(path, SMALL).refused]

    assert "200 times as large as it is packed" in reasons[0]
    assert "would be 3 MiB; at most 3 MiB are read" in reasons[1]


def test_a_bomb_of_many_files_is_refused_when_they_add_up(tmp_path: Path) -> None:
    data = "[" + ",".join(map(str, range(300_000))) + "]"
    archive = Archive(write_zip(tmp_path / "export.zip", {f"{n}.json": data for n in range(4)}), SMALL)

    assert archive.refused == []
    assert len(archive.read("0.json")) == len(archive.read("1.json")) == len(data)
    for name in ("2.json", "3.json"):
        with pytest.raises(MemberError, match="brings the zip above"):
            archive.read(name)


def test_a_file_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    data = write_zip(tmp_path / "export.zip", {"a.json": b"[" + b"1, " * 500_000 + b"1]"}).read_bytes()
    size = struct.pack("<L", 1_500_003)
    assert data.count(size) == 2
    (tmp_path / "export.zip").write_bytes(data.replace(size, struct.pack("<L", 10)))

    with pytest.raises(MemberError, match="is damaged in the zip"):
        Archive(tmp_path / "export.zip").read("a.json")


def test_a_damaged_file_is_told_and_the_next_one_is_read(tmp_path: Path) -> None:
    data = bytearray(write_zip(tmp_path / "export.zip", {"a.json": [1, 2, 3] * 50, "b.json": [1]}).read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "export.zip").write_bytes(data)
    archive = Archive(tmp_path / "export.zip")

    with pytest.raises(MemberError, match="is damaged in the zip"):
        archive.load("a.json")
    assert archive.load("b.json") == [1]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"PK\x03\x04 and then nothing", "is cut off or damaged; download it again"),
        (b"{}", "is not a zip"),
        (b"", "is not a zip"),
        (None, "there is no such file"),
    ],
)
def test_what_is_no_zip_is_said(tmp_path: Path, content: bytes | None, wanted: str) -> None:
    if content is not None:
        (tmp_path / "export.zip").write_bytes(content)

    with pytest.raises(ArchiveError, match=wanted):
        Archive(tmp_path / "export.zip")
    with pytest.raises(ArchiveError, match="is a folder"):
        Archive(tmp_path)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b'[{"a": 1', "is not valid JSON"),
        (b"caf\xe9", "is not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b"1" * 10_000, "a number too long"),
    ],
)
def test_what_is_no_json_is_said(data: bytes, wanted: str) -> None:
    with pytest.raises(MemberError, match=wanted):
        parse_json(data)


def test_a_name_that_would_speak_to_the_terminal_is_shown_harmlessly() -> None:
    assert printable("a\x1b[2Jb\ud800") == "a\\x1b[2Jb\\xd800"
    assert printable("a" * 500) == "a" * 120 + "…"
