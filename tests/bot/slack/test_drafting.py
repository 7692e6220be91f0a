"""A message that is written in a thread ends as one, also where Slack does not say whether it was begun."""

import pytest
from slack_sdk.errors import SlackApiError

from bot.slack.drafting import Drafts
from bot.slack.posting import Post
from bot.slack.streaming import Spot
from tests.bot.running import Channel
from tests.playground_server import RunningPlayground

WHOLE = Post("The spare keys hang behind the stove.", [])


@pytest.fixture
def spot(town: RunningPlayground, help_room: Channel) -> Spot:
    ts = help_room.say("UTOM", "Where do the spare keys hang?")
    return Spot(town.web.auth_test()["team_id"], help_room.id, ts, ts, "UTOM")


def test_a_draft_that_may_have_been_begun_is_looked_for_until_slack_says_whether_it_was(
    town: RunningPlayground, help_room: Channel, spot: Spot
) -> None:
    drafts = Drafts(town.web)
    draft = drafts.begin(spot, key="answer:1")
    lost = {"method": "chat.startStream", "answer": "http_500", "carried_out": True, "calls": 1}
    town.control("trouble", api=[lost, {"method": "conversations.replies", "answer": "http_500", "calls": 99}])
    draft.show("The spare keys hang behind the stove.\n\nAnd the oars")

    with pytest.raises(SlackApiError):
        draft.finish([WHOLE])
    draft.close()
    town.control("trouble", clear=True)
    (begun,) = help_room.thread(spot.after)

    assert drafts.begin(spot, key="answer:1").finish([WHOLE]) == begun["ts"]
    (whole,) = help_room.thread(spot.after)
    assert whole["text"] == WHOLE.text


def test_where_slack_lets_no_thread_be_read_a_message_is_posted_all_the_same(
    town: RunningPlayground, help_room: Channel, spot: Spot
) -> None:
    draft = Drafts(town.web).begin(spot, key="answer:1")
    lost = {"method": "chat.startStream", "answer": "http_500", "calls": 1}
    town.control("trouble", api=[lost, {"method": "conversations.replies", "answer": "missing_scope", "calls": 99}])
    draft.show("The spare keys hang behind the stove.\n\nAnd the oars")

    draft.finish([WHOLE])

    town.control("trouble", clear=True)
    (whole,) = help_room.thread(spot.after)
    assert whole["text"] == WHOLE.text
