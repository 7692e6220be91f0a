"""Who is not learnt from, while others store what they said."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import people
from storage.database import Database, sqlite_url
from storage.pairs import Candidate, PairStatus, add_candidate, set_status
from storage.relations import pairs_of_person

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SAID = Candidate("T1", "C1", False, "1.0", "1.0", "1.1", "Who hums?", "Quetzalcoatl hums.", "U1", "U2", "https://x")


def opt_out(database: Database) -> int:
    """Opt out, and return how many pairs there were to erase."""
    with database.writing() as session:
        people.opt_out(session, team_id="T1", user_id="U2", by="U2", now=NOW)
        return len(pairs_of_person(session, team_id="T1", user_id="U2"))


def test_whoever_opts_out_waits_for_those_who_store_their_words_and_finds_them(database: Database) -> None:
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            assert people.refusing(session, team_id="T1") == frozenset()
            found = pool.submit(opt_out, database)
            with pytest.raises(NotYet):
                found.result(timeout=0.3)
            add_candidate(session, SAID, now=NOW)
        assert found.result(timeout=30) == 1
    with database.writing() as session:
        assert people.refusing(session, team_id="T1") == {"U2"}


def test_what_was_erased_is_in_no_file_of_a_database_that_stays_open(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    database.upgrade()
    with database.writing() as session:
        pair = add_candidate(session, SAID, now=NOW)
    with database.writing() as session:
        set_status(session, pair.id, PairStatus.ERASED, now=NOW)

    database.empty_log()

    assert not [file.name for file in tmp_path.iterdir() if b"Quetzalcoatl" in file.read_bytes()]
    database.close()
