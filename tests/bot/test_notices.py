"""What training has to say is posted once, whatever dies in between."""

from typing import Any
from uuid import uuid4

import pytest

from bot.notices import Notices, progress_key, report_key
from bot.settings import Settings
from bot.slack.conversations import Conversations
from bot.slack.posting import Poster
from storage import outbox
from storage.database import Database
from storage.runs import RunStatus, add_run, claim_run, get_run, move_run, report_progress, set_result
from tests.bot.conftest import NOW, TEAM, Clock
from tests.bot.deciding import approve_answers, propose_voice
from tests.bot.running import Channel, said_in
from tests.playground_server import RunningPlayground
from training.outcome import fail


@pytest.fixture
def name() -> str:
    return f"review-{uuid4().hex[:8]}"


def make_channel(town: RunningPlayground, name: str) -> Channel:
    ids = town.control("seed", channels=[{"name": name, "members": ["ada", "ben", "timbre"]}])["channels"]
    return Channel(town, ids[name])


def notices_of(
    database: Database, town: RunningPlayground, clock: Clock, name: str, poster: Poster | None = None
) -> Notices:
    return Notices(database, Conversations(town.web), poster or Poster(town.web), review_channel=name, now=clock)


def leave(database: Database, key: str = "voice:T1:1", kind: str = "deployed", **payload: Any) -> None:
    said = payload or {"adapter": "voice-1", "previous": "base", "by": "UADA"}
    with database.writing() as session:
        outbox.enqueue(session, team_id=TEAM, key=key, kind=kind, payload=said, now=NOW)


def leave_run(database: Database) -> int:
    """Queue a run and the message that shows its progress."""
    with database.writing() as session:
        run = add_run(session, team_id=TEAM, requested_by="UADA", channel_id="CHELP", now=NOW)
    leave(database, progress_key(run.id), "progress", run_id=run.id)
    return run.id


def shown(channel: Channel) -> list[str]:
    return [said_in(message) for message in channel.slack.messages(channel.id, as_="UADA")]


class DyingPoster(Poster):
    """The process dies right after something was posted."""

    def post(self, *args, **kwargs) -> str:  # type: ignore[no-untyped-def]  # passed on as it comes
        super().post(*args, **kwargs)
        raise KeyboardInterrupt


def test_a_notice_is_posted_once(database: Database, town: RunningPlayground, clock: Clock, name: str) -> None:
    channel = make_channel(town, name)
    notices = notices_of(database, town, clock, name)
    leave(database)

    for _ in range(3):
        notices.post_due()
        clock.move_on(hours=1)

    assert shown(channel) == [":loudspeaker: *voice-1* answers from now on, decided by <@UADA>. Before it was base."]


def test_a_notice_is_posted_once_though_the_process_dies_before_it_is_remembered(
    database: Database, town: RunningPlayground, clock: Clock, name: str
) -> None:
    channel = make_channel(town, name)
    leave(database)
    with pytest.raises(KeyboardInterrupt):
        notices_of(database, town, clock, name, DyingPoster(town.web)).post_due()
    clock.move_on(seconds=10)

    notices_of(database, town, clock, name).post_due()

    assert len(shown(channel)) == 1
    with database.reading() as session:
        notice = outbox.find(session, "voice:T1:1")
    assert notice is not None
    assert notice.message_ts is not None


def test_a_missing_channel_is_named_in_the_log_and_tried_again(
    database: Database, town: RunningPlayground, clock: Clock, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    notices = notices_of(database, town, clock, name)
    leave(database)
    notices.post_due()
    assert f"no channel #{name} that the bot can see: make it and invite the bot" in caplog.text

    channel = make_channel(town, name)
    notices.post_due()
    assert shown(channel) == []

    clock.move_on(seconds=2)
    notices.post_due()
    assert len(shown(channel)) == 1


def test_one_notice_that_cant_be_posted_does_not_hold_up_the_others(
    database: Database, town: RunningPlayground, clock: Clock, name: str
) -> None:
    channel = make_channel(town, name)
    notices = notices_of(database, town, clock, name)
    leave(database, "voice:T1:1")
    leave(database, "voice:T1:2", adapter="voice-2", previous="voice-1", by="UADA")
    town.control("trouble", api=[{"method": "chat.postMessage", "answer": "fatal_error"}])

    notices.post_due()
    assert len(shown(channel)) == 1

    clock.move_on(seconds=2)
    notices.post_due()
    assert len(shown(channel)) == 2


def test_a_channel_that_was_archived_is_looked_up_anew(
    database: Database, town: RunningPlayground, clock: Clock, name: str
) -> None:
    make_channel(town, name)
    notices = notices_of(database, town, clock, name)
    leave(database, "voice:T1:1")
    notices.post_due()
    town.control("trouble", api=[{"method": "chat.postMessage", "answer": "is_archived"}])
    leave(database, "voice:T1:2")
    notices.post_due()
    town.control("trouble", api=[{"method": "conversations.list", "answer": "fatal_error"}])
    clock.move_on(seconds=2)

    notices.post_due()

    # It asked for the channel again, and met the trouble that was waiting there.
    assert town.look("state", as_="UADA")["ok"]
    with database.reading() as session:
        notice = outbox.find(session, "voice:T1:2")
    assert notice is not None
    assert notice.message_ts is None


def test_a_runs_progress_is_one_message_that_is_edited(
    database: Database, town: RunningPlayground, clock: Clock, name: str
) -> None:
    channel = make_channel(town, name)
    notices = notices_of(database, town, clock, name)
    run_id = leave_run(database)
    notices.post_due()
    notices.update_progress(TEAM)
    assert shown(channel) == [f"Training run {run_id} is queued and starts when a worker is free."]

    with database.writing() as session:
        move_run(session, run_id, to=RunStatus.RUNNING, only_from=(RunStatus.QUEUED,), now=NOW)
        report_progress(session, run_id, {"phase": "training", "step": 6, "steps": 12, "seconds_left": 3.2})
    notices.update_progress(TEAM)
    assert shown(channel) == [f"Training run {run_id} ██████░░░░░░ step 6 of 12, about 3 s left"]

    with database.writing() as session:
        move_run(session, run_id, to=RunStatus.CANCELLED, only_from=(RunStatus.RUNNING,), now=NOW)
    notices.update_progress(TEAM)
    assert shown(channel) == [f"Training run {run_id} was cancelled."]


def test_a_progress_message_that_was_deleted_is_let_go_of(
    database: Database, town: RunningPlayground, clock: Clock, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    make_channel(town, name)
    notices = notices_of(database, town, clock, name)
    run_id = leave_run(database)
    notices.post_due()
    with database.reading() as session:
        notice = outbox.find(session, progress_key(run_id))
    assert notice is not None
    assert notice.channel_id is not None
    assert notice.message_ts is not None
    town.web.chat_delete(channel=notice.channel_id, ts=notice.message_ts)

    notices.update_progress(TEAM)
    notices.update_progress(TEAM)

    assert caplog.text.count("could not be edited: message_not_found") == 1


def test_a_report_is_posted_with_its_buttons(
    settings: Settings, database: Database, town: RunningPlayground, clock: Clock, name: str
) -> None:
    channel = make_channel(town, name)
    approve_answers(database)
    ballot = propose_voice(settings, database)

    notices_of(database, town, clock, name).post_due()

    (message,) = channel.slack.messages(channel.id, as_="UADA")
    assert [element["value"] for element in message["blocks"][-1]["elements"]] == [str(ballot.id)] * 3
    with database.reading() as session:
        assert outbox.find(session, report_key(1)) is not None


def test_a_report_is_drawn_again_without_buttons_once_what_it_showed_was_erased(
    settings: Settings, database: Database, town: RunningPlayground, clock: Clock, name: str
) -> None:
    channel = make_channel(town, name)
    approve_answers(database)
    propose_voice(settings, database)
    notices = notices_of(database, town, clock, name)
    notices.post_due()
    with database.writing() as session:
        shown = get_run(session, 1).result
        set_result(session, 1, {**shown, "report": {**shown["report"], "samples": []}})

    notices.redraw_report(1)
    notices.redraw_report(404)

    (message,) = channel.slack.messages(channel.id, as_="UADA")
    assert "Keys?" not in str(message["blocks"])
    assert "was erased" in str(message["blocks"][-1])
    assert not any(block["type"] == "actions" for block in message["blocks"])


def test_a_failed_run_is_told_with_its_reason(
    database: Database, town: RunningPlayground, clock: Clock, name: str
) -> None:
    channel = make_channel(town, name)
    with database.writing() as session:
        add_run(session, team_id=TEAM, requested_by="UADA", channel_id="CHELP", now=NOW)
        run = claim_run(session, worker="worker", stale_before=NOW, now=NOW)
        assert run is not None
        assert fail(session, run, "the disk is full " * 400, worker="worker", now=NOW)

    notices_of(database, town, clock, name).post_due()

    (said,) = shown(channel)
    assert said.startswith(f":warning: Training run {run.id} failed: the disk is full")


def test_a_voice_that_cant_be_used_is_told_with_what_to_do(
    database: Database, town: RunningPlayground, clock: Clock, name: str
) -> None:
    channel = make_channel(town, name)
    leave(database, "adapter:1:refused:0", "refused", adapter="voice-1", reason="it was trained on <another> base")

    notices_of(database, town, clock, name).post_due()

    (said,) = shown(channel)
    assert "*voice-1*" in said
    assert "it was trained on &lt;another&gt; base" in said
    assert "/timbre retrain" in said
