"""Files, folders and pages are stored, kept up to date, and forgotten when they are gone."""

import os
from pathlib import Path

import pytest

from bot.knowledge import versions
from bot.knowledge.converter import Converter
from bot.knowledge.fetching import Fetcher
from bot.knowledge.ingesting import Ingested, Ingesting
from storage.database import Database
from storage.documents import KnownDocument, known_documents
from storage.knowledge import Chunk, chunks_to_index, count_chunks, count_documents
from storage.pairs import Candidate, PairStatus, add_candidate, get_pair, set_context, set_status
from tests.bot.conftest import NOW, TEAM
from tests.bot.knowledge.making import pdf, word
from tests.bot.knowledge.web import Page, Web

LEAVE = """# Leave

Ask your lead two weeks ahead.

## Sick leave

Call before nine.
"""


def chunks(database: Database) -> list[Chunk]:
    with database.reading() as session:
        return [chunk for chunk in chunks_to_index(session, limit=99) if not chunk.removed]


def known(database: Database) -> list[KnownDocument]:
    with database.reading() as session:
        return known_documents(session, team_id=TEAM)


def approved_pair(database: Database) -> int:
    """Have a pair approved whose passages were looked up; returns its id."""
    new = Candidate(TEAM, "C1", False, "1.0", "1.0", "1.1", "Leave?", "Ask.", "U1", "U2", "https://x.example")
    with database.writing() as session:
        pair = add_candidate(session, new, now=NOW)
        set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
        set_context(session, pair.id, [])
    return pair.id


def is_looked_up_again(database: Database, pair_id: int) -> bool:
    with database.reading() as session:
        return get_pair(session, pair_id).context is None


def test_documents_of_every_kind_are_read_in_order_and_others_left_alone(
    tmp_path: Path, database: Database, ingesting: Ingesting
) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.MD").write_text("# Two\n\nb")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "c.html").write_text("<title>See</title><p>c</p>")
    (tmp_path / "d.pdf").write_bytes(pdf(["dee"]))
    (tmp_path / "e.docx").write_bytes(word(("1", "E"), ("", "e")))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / ".hidden.md").write_text("hidden")

    assert ingesting.ingest([str(tmp_path)]) == Ingested(changed=5, passages=5)

    stored = [(chunk.title, chunk.text, chunk.channel_id) for chunk in chunks(database)]
    assert stored == [("a", "a", None), ("Two", "b", None), ("See", "c", None), ("d", "dee", None), ("E", "e", None)]
    assert str((tmp_path / "b" / "two.MD").resolve()) in [one.source for one in known(database)]


def test_the_same_again_changes_nothing(tmp_path: Path, database: Database, ingesting: Ingesting) -> None:
    (tmp_path / "leave.md").write_text(LEAVE)

    assert ingesting.ingest([str(tmp_path)]) == Ingested(changed=1, passages=2)
    assert ingesting.ingest([str(tmp_path)]) == Ingested(unchanged=1, passages=2)

    with database.reading() as session:
        assert count_documents(session, team_id=TEAM) == 1
        assert count_chunks(session, team_id=TEAM) == (2, 2)


def test_a_file_that_is_the_same_is_not_converted_again(
    tmp_path: Path, database: Database, ingesting: Ingesting, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leave.md").write_text(LEAVE)
    ingesting.ingest([str(tmp_path)])

    with Converter() as unused:
        again = Ingesting(database, unused, fetcher, team_id=TEAM, now=lambda: NOW)
        assert again.ingest([str(tmp_path)]) == Ingested(unchanged=1, passages=2)
        assert unused.child_id is None

        monkeypatch.setattr(versions, "WAY", versions.WAY + 1)  # as a new release of Timbre may
        assert again.ingest([str(tmp_path)]) == Ingested(unchanged=1, passages=2)
        assert unused.child_id is not None


def test_of_a_changed_file_only_what_changed_is_new(tmp_path: Path, database: Database, ingesting: Ingesting) -> None:
    file = tmp_path / "leave.md"
    file.write_text(LEAVE)
    ingesting.ingest([str(file)])
    before = {chunk.text: chunk.id for chunk in chunks(database)}
    file.write_text("# Leave\n\n## Sick leave\n\nCall before nine.\n\n## Parental\n\nTwo blocks.\n")

    assert ingesting.ingest([str(file)]).changed == 1

    after = {chunk.text: chunk.id for chunk in chunks(database)}
    assert after["Call before nine."] == before["Call before nine."]
    assert after.keys() == {"Call before nine.", "Two blocks."}
    assert after["Two blocks."] not in before.values()


def test_what_cannot_be_ingested_is_named_and_holds_up_nothing(
    tmp_path: Path, database: Database, ingesting: Ingesting
) -> None:
    (tmp_path / "latin.txt").write_bytes("Grüße".encode("latin-1"))
    (tmp_path / "sheet.csv").write_text("a,b")
    (tmp_path / "empty").mkdir()
    (tmp_path / "leave.md").write_text(LEAVE)
    os.mkfifo(tmp_path / "pipe.md")
    wanted = {
        "latin.txt": "is not UTF-8 text (byte 2); save it as UTF-8",
        "sheet.csv": "only files ending in .md, .txt, .html, .pdf, .docx can be ingested",
        "empty": "holds no file ending in .md, .txt, .html, .pdf, .docx",
        "gone.md": "there is no such file or folder",
        "pipe.md": "is no file that can be read",
    }

    done = ingesting.ingest([str(tmp_path / name) for name in (*wanted, "leave.md")])

    assert sorted(done.refused) == sorted(f"{tmp_path / name}: {why}" for name, why in wanted.items())
    assert [one.title for one in known(database)] == ["Leave"]


def test_what_is_passed_over_in_folders_is_counted_by_its_reason(tmp_path: Path, ingesting: Ingesting) -> None:
    for folder, name in ((tmp_path / "a", "x.png"), (tmp_path / "b" / "deep", "y.PNG")):
        folder.mkdir(parents=True)
        (folder / name).write_bytes(b"")
        (folder / "leave.md").write_text(LEAVE)
        (folder / ".git").mkdir()
        (folder / ".git" / "config.txt").write_text("x")
    (tmp_path / "a" / "Makefile").write_text("x")
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    for number in range(7):
        (tmp_path / "a" / f"z.{number}").write_text("x")

    done = ingesting.ingest([str(tmp_path / "a"), str(tmp_path / "b")])

    assert (done.changed, done.refused) == (2, [])
    assert done.passed_over.lines() == [
        "passed over 10 of other kinds than .md, .txt, .html, .pdf, .docx: 2 .png, 1 without an ending, 1 .0, 1 .1, "
        "1 .2, 4 others",
        "passed over 2 that are hidden",
        "passed over 1 that are links to other folders",
    ]


def test_links_that_lead_round_in_circles_or_nowhere_end(tmp_path: Path, ingesting: Ingesting) -> None:
    (tmp_path / "leave.md").write_text(LEAVE)
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "loop.md").symlink_to("loop.md")
    (tmp_path / "gone.md").symlink_to("nowhere.md")

    done = ingesting.ingest([str(tmp_path)])

    assert done.changed == 1
    assert done.refused == [f"{tmp_path / name}: is a link that leads nowhere" for name in ("gone.md", "loop.md")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_refused(tmp_path: Path, ingesting: Ingesting) -> None:
    (tmp_path / "closed").mkdir(mode=0o000)
    (tmp_path / "closed.md").touch(mode=0o000)

    done = ingesting.ingest([str(tmp_path)])

    assert [line.partition(": ")[2] for line in done.refused] == ["can't be read: Permission denied"] * 2
    (tmp_path / "closed").chmod(0o700)


def test_a_document_whose_file_is_gone_from_a_folder_is_forgotten(
    tmp_path: Path, database: Database, ingesting: Ingesting
) -> None:
    folder, beside = tmp_path / "docs", tmp_path / "docs of others"
    for place in (folder / "deep", beside):
        place.mkdir(parents=True)
        (place / "leave.md").write_text(LEAVE)
    (folder / "keys.md").write_text("# Keys\n\nIn the tin.")
    ingesting.ingest([str(folder), str(beside)])
    (folder / "deep" / "leave.md").unlink()
    (beside / "leave.md").unlink()
    pair = approved_pair(database)

    assert ingesting.ingest([str(folder)]).removed == 1
    assert ingesting.ingest([str(folder)]).removed == 0

    assert [one.title for one in known(database)] == ["Leave", "Keys"]
    assert is_looked_up_again(database, pair)


def test_a_file_that_is_refused_now_keeps_what_it_was_and_one_that_is_empty_does_not(
    tmp_path: Path, database: Database, ingesting: Ingesting
) -> None:
    for name in ("broken.md", "emptied.md"):
        (tmp_path / name).write_text(LEAVE)
    ingesting.ingest([str(tmp_path)])
    (tmp_path / "broken.md").write_bytes(b"\xff")
    (tmp_path / "emptied.md").write_bytes(b"")

    done = ingesting.ingest([str(tmp_path)])

    assert (len(done.refused), done.removed) == (2, 1)
    assert [one.source for one in known(database)] == [str((tmp_path / "broken.md").resolve())]


def test_a_changed_document_has_the_passages_of_approved_pairs_looked_up_again(
    tmp_path: Path, database: Database, ingesting: Ingesting
) -> None:
    (tmp_path / "leave.md").write_text(LEAVE)
    pair = approved_pair(database)

    ingesting.ingest([str(tmp_path)])

    assert is_looked_up_again(database, pair)


def test_progress_is_told_document_by_document(tmp_path: Path, ingesting: Ingesting) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("# A\n\na")
    told: list[tuple[int, int]] = []

    ingesting.ingest([str(tmp_path)], lambda done, total, _note: told.append((done, total)))

    assert told == [(1, 2), (2, 2)]


def test_a_page_is_stored_under_its_url_and_its_title(database: Database, ingesting: Ingesting, web: Web) -> None:
    page = Page(b"<title>Leave</title><h2>Sick</h2><p>Call before nine.</p>", headers={"ETag": '"1"'})
    web.pages["/leave"] = page

    assert ingesting.ingest([web.url("/leave#sick")]) == Ingested(changed=1, passages=1)
    assert ingesting.ingest([web.url("/leave")]) == Ingested(unchanged=1, passages=1)

    (stored,) = known(database)
    assert (stored.source, stored.title) == (web.url("/leave"), "Leave")
    assert [(chunk.title, chunk.text) for chunk in chunks(database)] == [("Leave › Sick", "Call before nine.")]
    assert web.asked[-1][1]["if-none-match"] == '"1"'

    web.pages["/leave"] = Page(b"<title>Leave</title><h2>Sick</h2><p>Call before ten.</p>", headers={"ETag": '"2"'})
    assert ingesting.ingest([web.url("/leave")]).changed == 1
    assert [chunk.text for chunk in chunks(database)] == ["Call before ten."]


def test_a_page_that_cannot_be_fetched_holds_up_nothing_and_keeps_what_it_was(
    database: Database, ingesting: Ingesting, web: Web
) -> None:
    web.pages["/leave"] = web.pages["/keys"] = Page(b"<p>In the tin.</p>")
    ingesting.ingest([web.url("/leave")])
    web.pages["/leave"] = Page(b"broken", status=500)

    done = ingesting.ingest([web.url("/leave"), "ftp://example.com/x", web.url("/keys")])

    assert done.refused == [
        f"{web.url('/leave')}: answers with 500 Internal Server Error",
        "ftp://example.com/x: can't be fetched: only http:// and https:// can",
    ]
    assert done.changed == 1
    assert len(known(database)) == 2


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_files_are_stored(tmp_path: Path, database: Database, ingesting: Ingesting) -> None:
    for number in range(10_000):
        (tmp_path / f"{number:05}.md").write_text(f"# Boat {number}\n\nBoat {number} lies at berth {number}.")
    (tmp_path / "bad.md").write_bytes(b"\xff")

    done = ingesting.ingest([str(tmp_path)])

    assert (done.changed, done.passages, len(done.refused)) == (10_000, 10_000, 1)
