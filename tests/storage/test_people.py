"""Who is not learnt from, while others store what they said."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from datetime import UTC, datetime

import pytest

from storage import people
from storage.database import Database
from storage.pairs import Candidate, add_candidate
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
