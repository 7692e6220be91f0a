"""What moved is told to all, and nothing that fails in telling undoes it."""

import pytest

from bot.collecting.telling import tell
from storage.pairs import Pair
from tests.bot.collecting.pairs_shown import PAIR


def test_a_listener_that_fails_neither_stops_the_others_nor_the_decision(caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []

    def fails(pair: Pair) -> None:
        raise OSError("Slack is away")

    tell(fails, lambda pair: told.append(pair.id))(PAIR)

    assert told == [PAIR.id]
    assert "pair 7 moved, which could not be shown: OSError" in caplog.text
    assert PAIR.answer not in caplog.text
