"""What people ask of Timbre in Slack: each command by each role, and decisions about voices."""

import threading
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from slack_sdk.errors import SlackApiError

from bot.answering.models import Models
from bot.notices import Notices, progress_key
from bot.settings import Settings
from bot.slack.conversations import Conversations
from bot.slack.payloads import CommandCall
from bot.slack.posting import Poster
from bot.slack.roles import Roles
from bot.steering.commands import Steering
from bot.steering.deciding import DecisionClick, VoiceDecisions
from bot.steering.voices import VoiceCommands
from bot.training_config import training_config
from storage import audit, outbox
from storage.database import Database
from storage.runs import RunStatus, list_runs
from tests.bot.conftest import TEAM, Clock
from tests.bot.deciding import approve_answers, live_name, propose_voice
from tests.bot.running import Channel, said_in
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground
from training.promotion import Promotion

ROLES = {"UADA": "admin", "UBEN": "reviewer", "UTOM": "member"}


@dataclass
class Approvals:
    """What is read in Slack before training, or can't be."""

    refusal: str | None = None
    read_of: list[str] = field(default_factory=list)

    def read(self, team_id: str) -> int:
        self.read_of.append(team_id)
        if self.refusal:
            raise SlackApiError("refused", {"ok": False, "error": self.refusal})  # type: ignore[no-untyped-call]
        return 0


@dataclass(frozen=True)
class Helm:
    """Steering, and the review channel in which its notices appear."""

    steering: Steering
    decisions: VoiceDecisions
    notices: Notices
    review: Channel
    settings: Settings
    database: Database
    slack: Approvals

    def run(self, text: str, *, by: str = "UADA") -> str:
        name, *arguments = text.split()
        return self.steering.run(CommandCall(TEAM, "CHELP", by, name, tuple(arguments))).text

    def decide(self, ballot_id: int, *, approve: bool, by: str, team_id: str = TEAM) -> str:
        """Click a button of a report."""
        act = self.decisions.approve if approve else self.decisions.reject
        return act(DecisionClick(ballot_id, team_id, by))

    def go_live(self) -> str:
        """Have a new voice proposed and approved; returns its name."""
        ballot = propose_voice(self.settings, self.database)
        self.decide(ballot.id, approve=True, by="UBEN")
        name = live_name(self.database)
        assert name is not None
        return name

    def runs(self) -> list[RunStatus]:
        with self.database.reading() as session:
            return [run.status for run in list_runs(session, team_id=TEAM)]


@pytest.fixture
def review(town: RunningPlayground) -> Channel:
    """A review channel of the test's own."""
    name = f"review-{uuid4().hex[:8]}"
    ids = town.control("seed", channels=[{"name": name, "members": ["ada", "ben", "cleo", "timbre"]}])["channels"]
    return Channel(town, ids[name])


@pytest.fixture
def helm(
    settings: Settings, database: Database, models: Models, town: RunningPlayground, review: Channel, clock: Clock
) -> Helm:
    web, slack = town.web, Approvals()
    notices = Notices(database, Conversations(web), Poster(web), review_channel=review.id, now=clock)
    roles = Roles(web, reviewers="reviewers", admin_ids=frozenset())
    promotion = Promotion(database, models, clock, base_name="base")
    voices = VoiceCommands(
        database,
        roles,
        promotion,
        training=training_config(settings.model_copy(update={"min_pairs": 20})),
        read_approvals=slack.read,
        base_name="base",
        now=clock,
    )
    decisions = VoiceDecisions(database, roles, promotion, notices, deciders="reviewers", now=clock)
    return Helm(Steering(voices), decisions, notices, review, settings, database, slack)


@pytest.fixture
def ready(helm: Helm) -> Helm:
    """With enough approved answers to learn from."""
    approve_answers(helm.database)
    return helm


@pytest.mark.parametrize("user", ROLES)
@pytest.mark.parametrize("command", ["help", "status"])
def test_everybody_may_look(helm: Helm, user: str, command: str) -> None:
    assert "Only admins" not in helm.run(command, by=user)


@pytest.mark.parametrize("user", ["UBEN", "UTOM"])
@pytest.mark.parametrize("command", ["retrain", "cancel", "rollback"])
def test_only_admins_may_change_the_voice_by_command(ready: Helm, user: str, command: str) -> None:
    assert ready.run(command, by=user) == f"Only admins may `/timbre {command}`."

    assert ready.runs() == []


def test_help_lists_every_command(helm: Helm) -> None:
    said = helm.run("help")

    for usage in ("help", "status", "advise", "retrain [anyway]", "cancel", "rollback [VOICE]"):
        assert f"`/timbre {usage}`" in said


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("retrian", "Did you mean `/timbre retrain`?"),
        ("zzz", "`/timbre help` lists what I know."),
        ("<!channel>", "I don't know `/timbre &lt;!channel&gt;`."),
    ],
)
def test_an_unknown_word_gets_a_hint(helm: Helm, typed: str, hint: str) -> None:
    assert hint in helm.run(typed)


def test_status_before_anything_happened_says_what_to_do(helm: Helm) -> None:
    assert helm.run("status").splitlines() == [
        "*Voice in use:* base (nothing learnt yet)",
        "*Approved answers:* 0 (training needs 20)",
        "*Knowledge:* 0 documents, 0 passages",
        "*Last run:* none yet; an admin starts one with `/timbre retrain`",
    ]


def test_retrain_without_enough_answers_says_how_many_are_missing(helm: Helm) -> None:
    assert helm.run("retrain").startswith("A voice needs 20 approved answers and there are 0 to learn from.")
    assert helm.runs() == []


def test_retrain_queues_one_run_and_has_its_progress_shown(ready: Helm) -> None:
    assert ready.run("retrain").startswith(
        "Run 1 is queued. Its progress and the comparison are posted in the review channel."
    )
    assert "already" in ready.run("retrain")

    assert ready.runs() == [RunStatus.QUEUED]
    ready.notices.post_due()
    (message,) = ready.review.slack.messages(ready.review.id, as_="UADA")
    assert "Training run 1 is queued" in said_in(message)


def test_retrain_anyway_does_it_with_few_answers_and_says_what_speaks_against_it(ready: Helm) -> None:
    for said in (ready.run("retrain now"), ready.run("retrain anyway please")):
        assert "It goes `/timbre retrain [anyway]`" in said
    assert ready.runs() == []
    assert "There are 30 pairs: enough for habits." in ready.run("retrain anyway")
    assert ready.runs() == [RunStatus.QUEUED]


def test_approvals_are_read_before_training_and_nothing_is_queued_when_they_cannot_be(ready: Helm) -> None:
    ready.slack.refusal = "ratelimited"
    assert ready.run("retrain").startswith("I can't read the approvals in Slack just now")
    assert ready.runs() == []
    ready.slack.refusal = None
    ready.run("retrain")
    assert ready.slack.read_of == [TEAM, TEAM]
    assert ready.runs() == [RunStatus.QUEUED]


def test_reviewers_are_told_whether_training_is_worth_it(ready: Helm) -> None:
    said = ready.run("advise", by="UBEN")
    assert "30 approved answers by 1 people, to 30 different questions." in said
    assert "written alike to" in said
    assert "nats per token or more" in said
    assert ready.run("advise", by="UTOM") == "Only reviewers may `/timbre advise`."


def test_cancel_stops_the_run_once(ready: Helm) -> None:
    assert ready.run("cancel") == "There is no run to cancel."
    ready.run("retrain")

    assert ready.run("cancel") == "Run 1 is cancelled."
    assert ready.run("cancel") == "Run 1 is cancelled already: there is nothing left to cancel."
    assert ready.runs() == [RunStatus.CANCELLED]


def test_an_approved_voice_answers_from_then_on(ready: Helm) -> None:
    ballot = propose_voice(ready.settings, ready.database)

    assert ready.decide(ballot.id, approve=True, by="UBEN") == "*voice-1* answers from now on."

    assert live_name(ready.database) == "voice-1"
    assert "*Voice in use:* voice-1" in ready.run("status")


def test_a_rejected_voice_changes_nothing(ready: Helm) -> None:
    ballot = propose_voice(ready.settings, ready.database)

    assert ready.decide(ballot.id, approve=False, by="UBEN") == "Rejected. The voice in use stays."

    assert live_name(ready.database) is None
    assert ready.runs() == [RunStatus.REJECTED]


def test_the_settings_may_have_admins_decide(
    ready: Helm, town: RunningPlayground, models: Models, clock: Clock
) -> None:
    ballot = propose_voice(ready.settings, ready.database)
    roles = Roles(town.web, reviewers="reviewers", admin_ids=frozenset())
    promotion = Promotion(ready.database, models, clock)
    decisions = VoiceDecisions(ready.database, roles, promotion, ready.notices, deciders="admins", now=clock)

    said = decisions.approve(DecisionClick(ballot.id, TEAM, "UBEN"))
    assert said == "Only admins decide about a new voice."
    assert decisions.approve(DecisionClick(ballot.id, TEAM, "UADA")) == "*voice-1* answers from now on."


@pytest.mark.parametrize("user", ["UADA", "UTOM"])
@pytest.mark.parametrize("approve", [True, False])
def test_only_reviewers_decide_and_that_is_checked_at_the_click(ready: Helm, user: str, approve: bool) -> None:
    ballot = propose_voice(ready.settings, ready.database)

    assert ready.decide(ballot.id, approve=approve, by=user) == "Only reviewers decide about a new voice."

    assert ready.runs() == [RunStatus.AWAITING_APPROVAL]


def test_what_is_refused_is_audited_with_its_reason(
    ready: Helm, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ballot = propose_voice(ready.settings, ready.database)
    elsewhere = ready.decide(ballot.id, approve=True, by="UBEN", team_id="T-other")
    assert elsewhere == "This comparison belongs to another workspace, where it is decided."
    assert ready.decide(99, approve=True, by="UBEN") == "I know nothing of this comparison any more."
    ready.decide(ballot.id, approve=True, by="UTOM")
    clock.move_on(days=8)
    ready.decide(ballot.id, approve=True, by="UBEN")

    with ready.database.reading() as session:
        refused = [e for e in audit.entries(session, team_id=TEAM) if e.action == "decision.refused"]
        assert audit.first_broken(session, team_id=TEAM) is None
    told = [(entry.actor, entry.details["ballot_id"], entry.details["reason"]) for entry in refused]
    assert told == [
        ("UBEN", 1, "NotAllowedError"),
        ("UBEN", 99, "NotAllowedError"),
        ("UTOM", 1, "NotAllowedError"),
        ("UBEN", 1, "BallotClosed"),
    ]
    assert refused[0].details["from"] == "T-other"
    assert "a click on ballot 1 was refused: BallotClosed" in caplog.text
    assert live_name(ready.database) is None


def test_a_report_says_how_many_have_approved_and_whoever_wants_more_to_look(ready: Helm) -> None:
    ballot = propose_voice(ready.settings, ready.database)
    ready.notices.post_due()
    click = DecisionClick(ballot.id, TEAM, "UBEN")

    assert ready.decisions.ask_for_votes(click) == "One more approval is needed now: 0 of 2 so far."
    assert ready.decisions.approve(click).startswith("Your approval counts: 1 of 2.")
    ready.notices.post_due()

    report, wanted = ready.review.slack.messages(ready.review.id, as_="UADA")
    assert "1 of 2 approvals by <@UBEN>." in said_in(report)
    assert report["blocks"][-1]["type"] == "actions"
    assert "<@UBEN> asks that one more person looks at *voice-1*" in said_in(wanted)
    assert ready.decide(ballot.id, approve=True, by="UCLEO") == "*voice-1* answers from now on."


def test_a_voice_that_failed_a_gate_is_approved_only_after_an_admins_word(ready: Helm) -> None:
    ballot = propose_voice(ready.settings, ready.database, failed_gates=("it forgets",))
    assert "voice-1 can't be approved: it failed it forgets." in ready.decide(ballot.id, approve=True, by="UBEN")
    assert ready.run("override voice-1 because I say so", by="UBEN") == "Only admins may `/timbre override`."
    assert "It goes `/timbre override VOICE REASON`" in ready.run("override voice-1")

    assert ready.run("override voice-1 the general set is not ours").startswith("*voice-1* can be approved in spite of")

    assert ready.decide(ballot.id, approve=True, by="UBEN") == "*voice-1* answers from now on."


def test_two_approvals_at_once_are_one_decision(ready: Helm) -> None:
    ballot = propose_voice(ready.settings, ready.database)
    said: list[str] = []

    def click(user: str) -> None:
        said.append(ready.decide(ballot.id, approve=True, by=user))

    threads = [threading.Thread(target=click, args=(user,)) for user in ("UBEN", "UCLEO", "UBEN")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == ["*voice-1* answers from now on.", *["This voice was approved already."] * 2]
    with ready.database.reading() as session:
        entries = audit.entries(session, team_id=TEAM)
    assert [entry.action for entry in entries].count("voice.approved") == 1


def test_the_decision_replaces_the_reports_buttons(ready: Helm) -> None:
    ballot = propose_voice(ready.settings, ready.database)
    ready.notices.post_due()
    (message,) = ready.review.slack.messages(ready.review.id, as_="UADA")
    assert message["blocks"][-1]["type"] == "actions"

    ready.decide(ballot.id, approve=True, by="UBEN")

    (message, *_) = ready.review.slack.messages(ready.review.id, as_="UADA")
    assert all(block["type"] != "actions" for block in message["blocks"])
    assert "Approved by <@UBEN>; *voice-1* is in use." in said_in(message)


def test_a_click_on_buttons_that_a_crash_left_behind_takes_them_away(ready: Helm, clock: Clock) -> None:
    ballot = propose_voice(ready.settings, ready.database)
    # Decided before it was known where the report is: as if the process had died in between.
    ready.decide(ballot.id, approve=False, by="UBEN")
    ready.notices.post_due()

    assert ready.decide(ballot.id, approve=True, by="UCLEO") == "This voice was rejected already."

    (message, *_) = ready.review.slack.messages(ready.review.id, as_="UADA")
    assert ":lock: This voice was rejected already." in said_in(message)
    assert all(block["type"] != "actions" for block in message["blocks"])


def test_a_ballot_that_is_out_of_time_says_so_and_loses_its_buttons(ready: Helm, clock: Clock) -> None:
    ballot = propose_voice(ready.settings, ready.database)
    ready.notices.post_due()
    clock.move_on(days=8)

    assert "The time to decide" in ready.decide(ballot.id, approve=True, by="UBEN")

    (message, *_) = ready.review.slack.messages(ready.review.id, as_="UADA")
    assert ":lock: The time to decide" in said_in(message)


def test_a_decision_stands_though_slack_wont_edit_the_report(
    ready: Helm, town: RunningPlayground, caplog: pytest.LogCaptureFixture
) -> None:
    ballot = propose_voice(ready.settings, ready.database)
    ready.notices.post_due()
    town.control("trouble", api=[{"method": "chat.update", "answer": "is_inactive"}])

    assert ready.decide(ballot.id, approve=True, by="UBEN") == "*voice-1* answers from now on."
    assert "run:1:report could not be edited: is_inactive" in caplog.text


def test_a_voice_that_the_model_server_wont_speak_with_is_not_put_to_use(
    ready: Helm, model_server: FakeModelServer
) -> None:
    ballot = propose_voice(ready.settings, ready.database)
    model_server.says = "The same as ever."

    said = ready.decide(ballot.id, approve=True, by="UBEN")

    assert "voice-1 answers exactly like base" in said
    assert live_name(ready.database) is None
    model_server.says = None
    assert ready.decide(ballot.id, approve=True, by="UBEN") == "*voice-1* answers from now on."


def test_rollback_goes_to_the_voice_before_or_to_a_named_one(ready: Helm) -> None:
    assert [ready.go_live(), ready.go_live()] == ["voice-1", "voice-2"]

    assert ready.run("rollback") == "*voice-1* answers from now on; before it was voice-2."
    assert ready.run("rollback base") == "*base* answers from now on; before it was voice-1."
    assert ready.run("rollback voice-2") == "*voice-2* answers from now on; before it was base."
    assert ready.run("rollback <!here>").startswith("There is no approved voice called &lt;!here&gt;")


def test_rollback_without_a_voice_before_says_so(helm: Helm) -> None:
    assert helm.run("rollback").startswith("The base model is in use: there is no voice before it")


def test_rollback_from_base_names_the_voices_that_can_be_brought_back(ready: Helm) -> None:
    ready.go_live()
    ready.run("rollback")

    assert ready.run("rollback") == (
        "The base model is in use: to bring an approved voice back, type `/timbre rollback voice-1`."
    )
    assert ready.run("rollback voice-1").startswith("*voice-1* answers from now on")


def test_status_after_a_rollback_says_which_voices_can_be_brought_back(ready: Helm) -> None:
    ready.go_live()
    ready.go_live()
    assert "brings an earlier voice back with `/timbre rollback voice-1`)" in ready.run("status")

    ready.run("rollback base")

    (in_use, *_) = ready.run("status").splitlines()
    assert in_use == (
        "*Voice in use:* base (an admin brings an earlier voice back with "
        "`/timbre rollback voice-2` or `/timbre rollback voice-1`)"
    )


def test_status_with_a_voice_that_is_yet_to_be_approved_does_not_say_nothing_was_learnt(ready: Helm) -> None:
    propose_voice(ready.settings, ready.database)

    assert "*Voice in use:* base (no voice has been approved yet)" in ready.run("status")


def test_a_retrain_is_shown_once_though_it_was_asked_for_twice(ready: Helm) -> None:
    ready.run("retrain")
    ready.run("retrain")

    with ready.database.reading() as session:
        assert outbox.find(session, progress_key(1)) is not None
    ready.notices.post_due()
    ready.notices.post_due()
    assert len(ready.review.slack.messages(ready.review.id, as_="UADA")) == 1
