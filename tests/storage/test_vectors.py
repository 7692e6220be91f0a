"""The vector index on a real Chroma folder: who owns it, what it finds, and how it comes back."""

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import knowledge
from storage.database import Database
from storage.index_folder import IndexInUseError
from storage.knowledge import Chunk, NewDocument
from storage.vectors import Held, VectorIndex, fingerprint

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
EAST, NORTH, NORTH_EAST, WEST = (1.0, 0.0), (0.0, 1.0), (0.8, 0.6), (-1.0, 0.0)
OpenIndex = Callable[..., VectorIndex]

HOLD_THE_INDEX = """
import sys
from pathlib import Path
from storage.vectors import VectorIndex
index = VectorIndex(Path(sys.argv[1]), embedder="mini")
print("open", flush=True)
sys.stdin.readline()
index.close()
"""


@pytest.fixture
def open_index(tmp_path: Path) -> Iterator[OpenIndex]:
    """Opens the index in a folder of the test's own, and closes it at the end."""
    opened: list[VectorIndex] = []

    def open_(embedder: str = "mini") -> VectorIndex:
        opened.append(VectorIndex(tmp_path / "index", embedder=embedder))
        return opened[-1]

    yield open_
    for index in opened:
        index.close()


def chunk(id_: int, *, channel_id: str | None = None, team_id: str = "T1") -> Chunk:
    return Chunk(id_, team_id, None, None, channel_id, "Title", "Text", removed=False)


def search(index: VectorIndex, *channel_ids: str, team_id: str = "T1", limit: int = 9) -> dict[int, float]:
    return index.search(EAST, team_id=team_id, channel_ids=channel_ids, limit=limit)


def test_the_nearest_chunks_come_first_with_their_cosine(open_index: OpenIndex) -> None:
    index = open_index()
    index.upsert([chunk(1), chunk(2), chunk(3), chunk(4)], [NORTH, EAST, WEST, NORTH_EAST])
    found = search(index)
    assert list(found) == [2, 4, 1, 3]
    assert list(found.values()) == pytest.approx([1.0, 0.8, 0.0, -1.0], abs=1e-6)
    assert list(search(index, limit=2)) == [2, 4]


def test_an_empty_index_finds_nothing(open_index: OpenIndex) -> None:
    index = open_index()
    assert index.is_empty
    assert search(index, "G1") == {}
    assert index.is_empty
    index.upsert([], [])
    assert index.is_empty


def test_a_chunk_put_again_is_found_by_its_new_vector(open_index: OpenIndex) -> None:
    index = open_index()
    index.upsert([chunk(1)], [WEST])
    index.upsert([chunk(1)], [EAST])
    assert search(index) == pytest.approx({1: 1.0}, abs=1e-6)


def test_a_removed_chunk_is_not_found_and_removing_it_again_does_no_harm(open_index: OpenIndex) -> None:
    index = open_index()
    index.upsert([chunk(1), chunk(2)], [EAST, NORTH])
    for _ in range(2):
        index.remove([chunk(1), chunk(3), chunk(4, channel_id="G1")])
    assert list(search(index)) == [2]


def test_each_private_channel_and_team_is_asked_only_when_named(open_index: OpenIndex) -> None:
    index = open_index()
    chunks = [chunk(1), chunk(2, channel_id="G1"), chunk(3, channel_id="G2"), chunk(4, team_id="T2")]
    index.upsert(chunks, [NORTH_EAST, EAST, EAST, EAST])
    assert list(search(index)) == [1]
    assert list(search(index, "G1")) == [2, 1]
    assert list(search(index, "G1", "G2", limit=1)) in ([2], [3])
    assert list(search(index, team_id="T2")) == [4]
    assert search(index, team_id="T3") == {}


def test_as_many_vectors_as_chunks_are_wanted(open_index: OpenIndex) -> None:
    with pytest.raises(ValueError, match="zip"):
        open_index().upsert([chunk(1), chunk(2)], [EAST])


def test_the_index_is_as_it_was_when_it_is_opened_again(open_index: OpenIndex) -> None:
    index = open_index()
    index.upsert([chunk(1), chunk(2, channel_id="G1")], [NORTH, EAST])
    index.close()
    again = open_index()
    assert not again.is_empty
    assert list(search(again, "G1")) == [2, 1]


def former(index: VectorIndex, *channel_ids: str) -> list[int] | None:
    found = index.search_former(EAST, team_id="T1", channel_ids=channel_ids, limit=9)
    return None if found is None else list(found)


def test_a_former_embedders_vectors_answer_until_the_new_ones_are_complete(open_index: OpenIndex) -> None:
    index = open_index("mini")
    index.upsert([chunk(1), chunk(2)], [EAST, NORTH])
    index.mark()
    index.close()

    other = open_index("large")
    assert (other.former, other.is_empty, other.is_marked) == ("mini", True, False)
    assert (search(other), former(other)) == ({}, [1, 2])
    other.mark()
    other.upsert([chunk(1)], [(1.0, 0.0, 0.0)])
    other.close()

    again = open_index("large")
    assert (again.former, again.is_empty, again.is_marked) == ("mini", False, True)
    assert former(again) == [1, 2]
    again.finish()
    assert (again.former, former(again)) == (None, None)
    again.close()
    assert open_index("mini").is_empty


class Meanwhile(tuple[str, ...]):
    """Channels that, when they are looked through, have something else happen first."""

    happens: Callable[[], None]

    def __iter__(self) -> Iterator[str]:
        self.happens()
        return super().__iter__()


@pytest.mark.parametrize("was_asked_before", [True, False])
def test_a_former_embedder_that_ends_while_it_is_asked_says_so(open_index: OpenIndex, was_asked_before: bool) -> None:
    index = open_index("mini")
    index.upsert([chunk(1), chunk(2, channel_id="G1")], [EAST, NORTH])
    index.close()
    other = open_index("large")
    if was_asked_before:
        assert former(other, "G1") == [1, 2]
    channels = Meanwhile(["G1"])
    channels.happens = other.finish

    assert other.search_former(EAST, team_id="T1", channel_ids=channels, limit=9) is None
    other.close()
    assert open_index("mini").is_empty


def test_what_is_removed_leaves_the_former_embedders_vectors_too(open_index: OpenIndex) -> None:
    index = open_index("mini")
    index.upsert([chunk(1), chunk(2)], [EAST, NORTH])
    index.close()

    other = open_index("large")
    other.remove([chunk(1)])

    assert former(other) == [2]


def test_going_back_to_the_embedder_before_asks_its_vectors_and_has_all_made_anew(open_index: OpenIndex) -> None:
    index = open_index("mini")
    index.upsert([chunk(1), chunk(2)], [EAST, NORTH])
    index.mark()
    index.close()
    other = open_index("large")
    other.mark()
    other.upsert([chunk(1)], [EAST])
    other.close()

    back = open_index("mini")

    # What changed meanwhile was embedded by the other alone, and SQL's marks are about that one.
    assert (back.former, back.is_marked) == (None, False)
    assert list(search(back)) == [1, 2]


def test_an_index_tells_what_it_holds_and_what_each_vector_was_made_of(open_index: OpenIndex) -> None:
    index = open_index()
    index.upsert([chunk(1), chunk(2, channel_id="G1"), chunk(3, team_id="T2")], [EAST, NORTH, WEST])

    assert index.contents() == {
        Held(1, "T1", None): fingerprint(chunk(1)),
        Held(2, "T1", "G1"): fingerprint(chunk(2)),
        Held(3, "T2", None): fingerprint(chunk(3)),
    }
    index.clear()
    assert index.contents() == {}
    assert index.is_empty
    index.upsert([chunk(1)], [EAST])
    assert list(search(index)) == [1]


def test_a_second_process_is_refused_until_the_first_has_ended(open_index: OpenIndex, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_INDEX, str(tmp_path / "index")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as owner:
        assert owner.stdout is not None
        try:
            assert owner.stdout.readline() == "open\n"
            with pytest.raises(IndexInUseError, match="open in another process; stop the other bot first"):
                open_index()
            owner.kill()  # not asked politely: a crash must free the index, too
            owner.wait()
            assert open_index().is_empty
        finally:
            owner.kill()


def test_the_index_can_be_opened_once_in_a_process(open_index: OpenIndex) -> None:
    index = open_index()
    with pytest.raises(IndexInUseError):
        open_index()
    index.close()
    open_index()


def follow(database: Database, index: VectorIndex) -> None:
    with database.writing() as session:
        if index.is_empty:
            knowledge.mark_all_unindexed(session)
        chunks = knowledge.chunks_to_index(session, limit=99)
        standing = [chunk for chunk in chunks if not chunk.removed]
        index.upsert(standing, [EAST] * len(standing))
        index.remove([chunk for chunk in chunks if chunk.removed])
        knowledge.mark_indexed(session, chunks, now=NOW)


def test_an_index_whose_folder_was_lost_is_rebuilt_from_sql(
    database: Database, open_index: OpenIndex, tmp_path: Path
) -> None:
    with database.writing() as session:
        knowledge.put_document(session, NewDocument("T1", "a.md", "Keys", None, ("one", "two")), now=NOW)
        knowledge.put_document(session, NewDocument("T1", "b.md", "Keys", "G1", ("three",)), now=NOW)
    index = open_index()
    follow(database, index)
    before = search(index, "G1")
    assert len(before) == 3
    index.close()
    shutil.rmtree(tmp_path / "index")
    again = open_index()
    assert search(again, "G1") == {}
    follow(database, again)
    assert search(again, "G1") == pytest.approx(before)


def test_a_removed_passage_leaves_the_index_when_it_follows(database: Database, open_index: OpenIndex) -> None:
    index = open_index()
    for chunks in (("one", "two"), ("two",)):
        with database.writing() as session:
            knowledge.put_document(session, NewDocument("T1", "a.md", "Keys", None, chunks), now=NOW)
        follow(database, index)
    with database.reading() as session:
        found = knowledge.readable_chunks(session, search(index), team_id="T1", channel_ids=[])
    assert len(search(index)) == 1
    assert [chunk.text for chunk in found.values()] == ["two"]


def test_how_near_a_vector_usually_is_follows_what_is_added(open_index: OpenIndex) -> None:
    index = open_index()
    assert index.usual(EAST, team_id="T1") == 0.0

    index.upsert([chunk(number) for number in range(1, 181)], [EAST, NORTH] * 90)
    assert index.usual(EAST, team_id="T1") == pytest.approx(90 / 200)
    index.upsert([chunk(number, channel_id="G1") for number in range(200, 300)], [EAST] * 100)
    assert index.usual(EAST, team_id="T1") == pytest.approx(90 / 200)
    assert index.usual(EAST, team_id="T2") == 0.0
    index.close()

    assert open_index().usual((9.0, 0.0), team_id="T1") == pytest.approx(90 / 200, abs=0.01)


def test_how_near_a_vector_usually_is_is_told_by_a_sample_of_many(open_index: OpenIndex) -> None:
    index = open_index()
    index.upsert([chunk(number) for number in range(1, 3001)], [NORTH] * 1500 + [EAST] * 1500)
    index.close()

    assert open_index().usual(EAST, team_id="T1") == pytest.approx(0.5, abs=0.05)


def channels_of(index: VectorIndex, channels: int, *, passages: int = 2) -> tuple[str, ...]:
    names = tuple(f"G{number}" for number in range(channels))
    for number, name in enumerate(names):
        ids = range(1000 * (number + 1), 1000 * (number + 1) + passages)
        index.upsert([chunk(id_, channel_id=name) for id_ in ids], [(1.0, id_ / 10_000) for id_ in ids])
    return names


def test_asking_many_private_channels_costs_little_more_than_asking_one(open_index: OpenIndex) -> None:
    index = open_index()
    index.upsert([chunk(id_) for id_ in range(1, 101)], [EAST] * 100)
    channels = channels_of(index, 50)

    def cost(*asked: str) -> float:
        search(index, *asked)
        started = time.process_time()
        for _ in range(50):
            search(index, *asked)
        return time.process_time() - started

    one, all_ = cost(channels[0]), cost(*channels)

    assert all_ < 5 * one + 0.05


def test_a_channel_that_was_asked_before_is_asked_as_it_is_now(open_index: OpenIndex) -> None:
    index = open_index()
    assert search(index, "G1", "G2") == {}
    index.upsert([chunk(1, channel_id="G1"), chunk(2, channel_id="G1"), chunk(3, channel_id="G2")], [EAST, NORTH, WEST])
    assert list(search(index, "G1", "G2")) == [1, 2, 3]
    index.upsert([chunk(2, channel_id="G1")], [NORTH_EAST])
    assert search(index, "G1") == pytest.approx({1: 1.0, 2: 0.8}, abs=1e-6)
    index.remove([chunk(1, channel_id="G1")])
    assert list(search(index, "G1")) == [2]
    index.clear()
    assert search(index, "G1", "G2") == {}


def test_channels_too_large_for_memory_are_found_the_same(
    open_index: OpenIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = open_index()
    names = channels_of(index, 4, passages=12)
    in_memory = search(index, *names)
    index.close()
    monkeypatch.setattr("storage.matrices.MOST_OF_A_CHANNEL", 11)
    assert search(open_index(), *names) == pytest.approx(in_memory, abs=1e-6)


def test_channels_that_find_no_room_in_memory_are_found_the_same(
    open_index: OpenIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = open_index()
    names = channels_of(index, 4, passages=12)
    in_memory = search(index, *names)
    index.close()
    monkeypatch.setattr("storage.matrices.MOST_BYTES", 2 * 12 * 2 * 4)  # of two channels' numbers
    monkeypatch.setattr("storage.matrices.READ_AT_ONCE", 5)
    assert search(open_index(), *names) == pytest.approx(in_memory, abs=1e-6)


def test_a_channel_that_grows_while_it_is_asked_is_complete_when_that_ends(open_index: OpenIndex) -> None:
    index = open_index()
    ids = range(1, 61)
    has_ended = threading.Event()

    def ask() -> None:
        while not has_ended.is_set():
            search(index, "G1", limit=99)

    with ThreadPoolExecutor(3) as askers:
        asked = [askers.submit(ask) for _ in range(3)]
        for id_ in ids:
            index.upsert([chunk(id_, channel_id="G1")], [EAST])
            assert id_ in search(index, "G1", limit=99)
        has_ended.set()
        for one in asked:
            one.result()

    assert sorted(search(index, "G1", limit=99)) == list(ids)


def test_what_channels_leave_in_the_log_stays_little(open_index: OpenIndex, tmp_path: Path) -> None:
    index = open_index()
    for start in range(0, 200, 40):
        ids = range(start + 1, start + 41)
        index.upsert([chunk(id_, channel_id="G1") for id_ in ids], [(1.0, float(id_)) for id_ in ids])

    with closing(sqlite3.connect(tmp_path / "index" / "chroma.sqlite3")) as log:
        (waiting,) = log.execute("SELECT count(*) FROM embeddings_queue").fetchone()

    assert waiting < 100


def test_an_index_that_is_made_anew_while_it_is_asked_answers_throughout(open_index: OpenIndex) -> None:
    index = open_index()
    has_ended = threading.Event()

    def ask() -> None:
        while not has_ended.is_set():
            search(index, "G1", "G2")
            index.usual(EAST, team_id="T1")

    with ThreadPoolExecutor(3) as askers:
        asked = [askers.submit(ask) for _ in range(3)]
        try:
            for number in range(1, 9):
                index.clear()
                index.upsert([chunk(number), chunk(100 + number, channel_id="G1")], [EAST, NORTH])
                assert sorted(search(index, "G1")) == [number, 100 + number]
        finally:
            has_ended.set()
        for one in asked:
            one.result()

    assert index.usual(EAST, team_id="T1") == pytest.approx(1 / 21)
