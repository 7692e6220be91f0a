"""The order of messages, whatever order they come in."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.playground.entities import Message
from bot.playground.message_log import MessageLog


def message(number: int, *, root: int | None = None, broadcast: bool = False) -> Message:
    thread_ts = None if root is None else f"{root:010d}.000000"
    return Message("C1", f"{number:010d}.000000", "U1", str(number), thread_ts, broadcast=broadcast)


@given(st.lists(st.integers(0, 50), unique=True), st.integers(0, 50), st.integers(0, 50))
def test_messages_between_two_times_come_in_order(numbers: list[int], after: int, before: int) -> None:
    log = MessageLog()
    for number in numbers:
        log.put(message(number))
    found = log.top_level(after=f"{after:010d}.000000", before=f"{before:010d}.000000")
    assert [int(m.text) for m in found] == sorted(n for n in numbers if after < n < before)


def test_replies_are_in_the_thread_and_only_broadcast_ones_above() -> None:
    log = MessageLog()
    for each in (message(1), message(2, root=1), message(3, root=1, broadcast=True)):
        log.put(each)
    assert [m.text for m in log.top_level()] == ["1", "3"]
    assert [m.text for m in log.replies("0000000001.000000")] == ["2", "3"]


def test_a_changed_message_keeps_its_place_and_a_removed_one_leaves() -> None:
    log = MessageLog()
    for number in (1, 2, 3):
        log.put(message(number))
    log.put(replace(message(2), text="two"))
    log.remove(message(1))
    assert [m.text for m in log.top_level()] == ["two", "3"]
    assert "0000000001.000000" not in log
