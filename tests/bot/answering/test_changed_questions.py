"""A question whose message is deleted in Slack is kept nowhere, and one that is edited as it reads then."""

import shutil
from pathlib import Path

import pytest

from storage.answers import answer_to
from storage.database import Database
from tests.bot.collecting.conftest import PATIENT
from tests.bot.conftest import settings_of
from tests.bot.running import SEED, Channel, for_playground, running_bot
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground, wait_until


@pytest.mark.parametrize("is_direct", [False, True], ids=["in a channel", "in a direct message"])
def test_a_question_is_let_go_of_when_its_message_is_deleted(
    tmp_path: Path, empty_database: Path, model_server: FakeModelServer, *, is_direct: bool
) -> None:
    shutil.copy(empty_database, tmp_path / "timbre.db")
    with RunningPlayground(timings=PATIENT) as slack:
        slack.control("seed", **SEED)
        settings = for_playground(settings_of(tmp_path, model_server), slack)
        database = Database(settings.database)
        team_id = slack.web.auth_test()["team_id"]
        direct = slack.web.conversations_open(users="UTOM")["channel"]["id"]
        room = Channel(slack, direct if is_direct else "CHELP")

        def kept(ts: str) -> str | None:
            with database.reading() as session:
                answer = answer_to(session, team_id=team_id, channel_id=room.id, question_ts=ts)
            return answer.question if answer else None

        with running_bot(settings, slack):
            deleted, other = (room.say("UTOM", f"@timbre Where is the {thing}?") for thing in ("kettle", "teapot"))
            for ts in (deleted, other):
                room.replies_to(ts, as_="UTOM")
            assert "kettle" in str(kept(deleted))

            slack.control("delete", user="UTOM", channel=room.id, ts=deleted)

            wait_until(lambda: kept(deleted) == "", "the question is let go of")
            assert "teapot" in str(kept(other))

            reworded = "@timbre Where is the <big> pot? Ask ada@example.com."
            slack.control("edit", user="UTOM", channel=room.id, ts=other, text=reworded)

            wait_until(lambda: "teapot" not in str(kept(other)), "the question is kept as it reads now")
            assert kept(other) == "Where is the <big> pot? Ask [EMAIL_1]."
            assert len(room.replies_to(other, as_="UTOM")) == 1
        database.close()
