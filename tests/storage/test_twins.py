"""Which pairs answer nearly the same, and what was decided about them."""

from typing import Any

import pytest

from storage import twins
from storage.database import Database
from storage.pairs import PairStatus
from storage.twins import Twin, TwinDecision
from tests.storage.approved import NOW, pair


def test_near_duplicates_are_known_once_from_either_side_and_until_somebody_decides(database: Database) -> None:
    one, near, nearer, gone = (pair(database, number) for number in (1, 2, 3, 4))
    rejected = pair(database, 5, status=PairStatus.REJECTED)
    with database.writing() as session:
        for other, similarity in ((near, 0.8), (nearer, 0.9), (rejected, 0.95)):
            twin = Twin(one.id, other.id, similarity, disagrees=other is near)
            assert twins.put_twin(session, twin, now=NOW)
            assert not twins.put_twin(session, twin, now=NOW)
        assert not twins.put_twin(session, Twin(near.id, one.id, 0.8, disagrees=False), now=NOW)

        assert [twin.other_id for twin in twins.twins_of(session, one.id)] == [nearer.id, near.id]
        assert [twin.other_id for twin in twins.disagreeing(session, team_id="T1")] == [near.id]
        decided: dict[str, Any] = {"decision": TwinDecision.KEEP_BOTH, "by": "U1", "now": NOW}
        twins.decide_twin(session, pair_id=one.id, other_id=near.id, **decided)
        with pytest.raises(KeyError):
            twins.decide_twin(session, pair_id=one.id, other_id=gone.id, **decided)

        assert [twin.other_id for twin in twins.twins_of(session, one.id)] == [nearer.id]
        assert twins.disagreeing(session, team_id="T1") == []
        assert [twin.decision for twin in twins.known_twins(session, near.id)] == [TwinDecision.KEEP_BOTH]
        twins.forget_twins(session, one.id)
        assert twins.known_twins(session, one.id) == []
