"""The demo's history was held by people who sleep."""

from datetime import datetime, timedelta, timezone

from bot.demo.content import load_content
from bot.demo.seed import workspace_seed

NOW = datetime(2026, 3, 11, 9, 20, tzinfo=timezone(timedelta(hours=2)))


def times() -> list[datetime]:
    messages = workspace_seed(load_content(), history_until=NOW)["messages"]
    return [datetime.fromtimestamp(float(message["ts"]), NOW.tzinfo) for message in messages]


def test_it_was_held_on_working_days_in_working_hours_and_before_now() -> None:
    found = times()
    assert {time.weekday() for time in found} == {0, 1, 2, 3, 4}
    assert min(time.hour for time in found) == 7
    assert max(time.hour for time in found) < 18
    assert max(found) < NOW


def test_its_times_are_spread_and_the_same_each_time() -> None:
    found = times()
    assert len({time.minute for time in found}) == 60
    assert len(set(found)) == len(found)
    assert found == times()


def test_questions_come_in_the_order_of_the_content() -> None:
    content = load_content()
    seeded = {
        message["key"]: float(message["ts"]) for message in workspace_seed(content, history_until=NOW)["messages"]
    }
    asked = [seeded[conversation.id] for conversation in content.conversations]
    assert asked == sorted(asked)
    for conversation in content.conversations:
        replies = [seeded[f"{conversation.id}/{number}"] for number in range(1, len(conversation.replies) + 1)]
        assert [seeded[conversation.id], *replies] == sorted([seeded[conversation.id], *replies])
