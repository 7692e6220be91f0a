"""Files become documents with passages."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.ingesting import MAX_WORDS, Ingested, ingest, read_documents, remove_gone, split
from storage.database import Database
from storage.knowledge import count_chunks, count_documents
from storage.pairs import Candidate, PairStatus, add_candidate, get_pair, set_context, set_status
from tests.bot.conftest import NOW, TEAM, Clock

LEAVE = """# Leave

Ask your lead two weeks ahead.

Ahead means working days.

## Sick leave

Call before nine.
"""


def words(count: int) -> str:
    return " ".join(f"word{number}" for number in range(count))


def test_the_first_heading_is_the_title_and_later_ones_head_their_passages() -> None:
    assert split(LEAVE) == (
        "Leave",
        ["Ask your lead two weeks ahead.\nAhead means working days.", "Sick leave\nCall before nine."],
    )


def test_a_text_without_a_heading_has_no_title() -> None:
    assert split("Just a note.\r\n\r\nAnd another.") == ("", ["Just a note.\nAnd another."])


def test_a_heading_needs_no_empty_line_after_it() -> None:
    assert split("# Keys\nIn the tin.\n## Locks\nOn the doors.") == ("Keys", ["In the tin.", "Locks\nOn the doors."])


def test_a_comment_in_code_is_no_heading() -> None:
    title, passages = split("# Tools\n\nRun this:\n```\n# fetch\nmake oars\n```\n")

    assert (title, passages) == ("Tools", ["Run this:\n```\n# fetch\nmake oars\n```"])


def test_passages_under_different_headings_are_kept_apart() -> None:
    title, passages = split("# A\n\n## B\n\nb\n\n## C\n\nc")

    assert (title, passages) == ("A", ["B\nb", "C\nc"])


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    sentences = [f"{words(50)} end{number}." for number in range(5)]

    _, passages = split(" ".join(sentences))

    assert len(passages) > 1
    assert all(passage.endswith(".") for passage in passages)
    assert " ".join(passages).split() == " ".join(sentences).split()


def test_a_sentence_that_is_longer_than_a_passage_is_cut_at_words() -> None:
    _, passages = split(words(MAX_WORDS * 2 + 1))

    assert [len(passage.split()) for passage in passages] == [MAX_WORDS, MAX_WORDS, 1]


@pytest.mark.parametrize("text", ["", "\n\n \n", "# Only a title\n"])
def test_a_text_that_says_nothing_has_no_passages(text: str) -> None:
    assert split(text)[1] == []


def test_a_heading_with_nothing_under_it_goes_before_the_next() -> None:
    text = "# Yard\n\n## Leave\n\n### Parents\n\nTwo blocks.\n\n## The end"
    assert split(text) == ("Yard", ["Leave: Parents\nTwo blocks.", "The end"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["one two.", "three", "# Heading", "## Other", "\n\n", "\n", " ", "```", "#no"])))
def test_no_word_is_lost_and_no_passage_is_too_long(parts: list[str]) -> None:
    text = "".join(parts)
    title, passages = split(text)

    said = f"{title} {' '.join(passages)}"
    body = " ".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    assert all(word in said for word in body.split())
    assert all(passage.strip() for passage in passages)
    assert all(len(passage.split()) <= MAX_WORDS + 30 for passage in passages)


def test_files_of_a_folder_are_read_in_order_of_their_names_and_others_left_alone(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.md").write_text("# Two\n\nb")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")

    documents = read_documents([tmp_path], team_id=TEAM).documents

    assert [(document.title, document.chunks, document.channel_id) for document in documents] == [
        ("a", ("a",), None),
        ("Two", ("b",), None),
    ]
    assert documents[1].source == str((tmp_path / "b" / "two.md").resolve())


def test_a_file_with_a_byte_order_mark_keeps_its_title(tmp_path: Path) -> None:
    (tmp_path / "keys.md").write_bytes(b"\xef\xbb\xbf# Keys\n\nIn the tin.")

    assert read_documents([tmp_path / "keys.md"], team_id=TEAM).documents[0].title == "Keys"


def test_what_cant_be_ingested_is_named_with_what_would_be_taken(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Gr\xfc\xdfe".encode("latin-1"))
    (tmp_path / "sheet.csv").write_text("a,b")
    (tmp_path / "empty").mkdir()

    for name, wanted in {
        "latin.txt": "is not UTF-8 text (byte 2); save it as UTF-8",
        "sheet.csv": "only files ending in .md, .markdown, .txt",
        "empty": "holds no file ending in .md, .markdown, .txt",
        "gone.md": "there is no such file or folder",
    }.items():
        (line,) = read_documents([tmp_path / name], team_id=TEAM).refused
        assert f"{name}: {wanted}" in line


def test_a_file_that_cant_be_read_does_not_hold_up_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Gr\xfc\xdfe".encode("latin-1"))
    (tmp_path / "b.md").write_text(LEAVE)

    found = read_documents([tmp_path / "gone.md", tmp_path], team_id=TEAM)

    assert [document.title for document in found.documents] == ["Leave"]
    assert [line.partition(":")[0] for line in found.refused] == [str(tmp_path / "gone.md"), str(tmp_path / "a.txt")]


def test_a_document_whose_file_is_gone_from_an_ingested_folder_is_removed(
    tmp_path: Path, database: Database, clock: Clock
) -> None:
    folder, beside = tmp_path / "docs", tmp_path / "docs of others"
    for place in (folder / "deep", beside):
        place.mkdir(parents=True)
        (place / "leave.md").write_text(LEAVE)
    (folder / "keys.md").write_text("# Keys\n\nIn the tin.")
    ingest(database, read_documents([folder, beside], team_id=TEAM).documents, now=clock)
    (folder / "deep" / "leave.md").unlink()
    (beside / "leave.md").unlink()
    candidate = Candidate(TEAM, "C1", False, "1.0", "1.0", "1.1", "Leave?", "Ask.", "U1", "U2", "https://x.example")
    with database.writing() as session:
        pair = add_candidate(session, candidate, now=NOW)
        set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
        set_context(session, pair.id, [])

    assert remove_gone(database, [folder], team_id=TEAM, now=clock) == 1
    assert remove_gone(database, [folder], team_id=TEAM, now=clock) == 0

    with database.reading() as session:
        assert count_documents(session, team_id=TEAM) == 2
        assert count_chunks(session, team_id=TEAM)[0] == 3
        assert get_pair(session, pair.id).context is None


def test_a_file_that_is_refused_now_keeps_the_document_it_was(tmp_path: Path, database: Database, clock: Clock) -> None:
    (tmp_path / "leave.md").write_text(LEAVE)
    ingest(database, read_documents([tmp_path], team_id=TEAM).documents, now=clock)
    (tmp_path / "leave.md").write_bytes(b"\xff")

    assert remove_gone(database, [tmp_path], team_id=TEAM, now=clock) == 0


def test_the_same_file_again_changes_nothing(tmp_path: Path, database: Database, clock: Clock) -> None:
    (tmp_path / "leave.md").write_text(LEAVE)
    documents = read_documents([tmp_path], team_id=TEAM).documents

    first = ingest(database, documents, now=clock)
    again = ingest(database, read_documents([tmp_path], team_id=TEAM).documents, now=clock)

    assert (first, again) == (Ingested(1, 0, 2), Ingested(0, 1, 2))
    with database.reading() as session:
        assert count_documents(session, team_id=TEAM) == 1
        assert count_chunks(session, team_id=TEAM) == (2, 2)


def test_a_changed_document_has_the_passages_of_approved_pairs_looked_up_again(
    tmp_path: Path, database: Database, clock: Clock
) -> None:
    (tmp_path / "leave.md").write_text(LEAVE)
    candidate = Candidate(TEAM, "C1", False, "1.0", "1.0", "1.1", "Leave?", "Ask.", "U1", "U2", "https://x.example")
    with database.writing() as session:
        pair = add_candidate(session, candidate, now=NOW)
        set_status(session, pair.id, PairStatus.APPROVED, now=NOW)
        set_context(session, pair.id, [])

    ingest(database, read_documents([tmp_path], team_id=TEAM).documents, now=clock)

    with database.reading() as session:
        assert get_pair(session, pair.id).context is None


def test_progress_is_told_document_by_document(tmp_path: Path, database: Database, clock: Clock) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("# A\n\na")
    told: list[tuple[int, int]] = []

    ingest(
        database,
        read_documents([tmp_path], team_id=TEAM).documents,
        now=clock,
        on_progress=lambda done, total, _note: told.append((done, total)),
    )

    assert told == [(1, 2), (2, 2)]
