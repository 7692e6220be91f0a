"""Every list of blocks is one that Slack takes, and nothing in it comes alive by accident."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.answered import Answered, Question, Source, to_keep
from bot.blocks import answer as answer_blocks
from bot.blocks import notices, report
from bot.blocks.layout import header, table
from bot.blocks.packing import MOST_MESSAGES
from bot.playground.blocks import MESSAGE, check_blocks
from bot.slack.mrkdwn import SECTION_LIMIT, fitting
from storage.answers import Answer, AnswerKind
from storage.runs import Run, RunStatus
from tests.bot.conftest import NOW, TEAM

LIVELY = "<!channel> <@UADA> <!here|x> <https://evil.example|click> & <#C1|general>"
REPORT: dict[str, Any] = {
    "verdict": "The new voice foresees your answers better than the base model.",
    "loss": {"base": 4.25, "live": 3.5, "candidate": 0.125},
    "differences": {"base": {"difference": -4.125, "low": -4.5, "high": -4.0}},
    "samples": [{"question": f"Keys {n}?", "answers": {"base": "Hm.", "candidate": "Ahoy!"}} for n in range(5)],
    "cases": 12,
}
RESULT = {"report": REPORT, "train_pairs": 80, "seconds": 61.5, "val_loss_start": 4.0, "val_loss_end": 1.25}
RUN = Run(7, TEAM, "UADA", "C1", RunStatus.AWAITING_APPROVAL, 1, None, None, {}, RESULT, None, NOW, NOW, NOW)
TEXTS = st.text(st.sampled_from("ab &<>@!|*`\n\u00e9\U0001f600[]1 "), max_size=300).map(str.strip).filter(bool)


def texts(value: Any) -> list[str]:
    """Return every text in blocks."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for inner in value.values() for text in texts(inner)]
    return [text for inner in value for text in texts(inner)] if isinstance(value, list) else []


def kept(text: str, sources: Sequence[Source] = (), kind: AnswerKind = AnswerKind.ANSWER) -> Answer:
    """Return an answer as it is stored before it is posted."""
    question = Question(TEAM, "C1", "1.0", "UADA", "Keys?")
    answered = to_keep(Answered(text, "base", tuple(sources), kind=kind), question)
    return Answer(**vars(answered), id=1, created_at=NOW)


def assert_takeable(blocks: list[dict[str, Any]]) -> None:
    check_blocks(blocks, MESSAGE)
    for block in blocks:
        # Rich text has no limit but the message's.
        assert block["type"] == "rich_text" or all(len(text) <= SECTION_LIMIT for text in texts(block))


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, times=st.integers(1, 400), titles=st.lists(TEXTS, max_size=20))
def test_any_answer_becomes_blocks_that_slack_takes(text: str, times: int, titles: list[str]) -> None:
    link = "https://tinhouse.slack.example/archives/C0123456789/p1795350921399803?thread_ts=1795350921.399803"
    sources = [Source(number, number, title, link if number % 2 else "") for number, title in enumerate(titles, 1)]

    messages = answer_blocks.messages(kept(f"{text} " * times, sources))

    for blocks in messages:
        assert_takeable(blocks)
    said = "\n".join(texts(messages[-1]))
    assert all(f"[{source.number}]" in said for source in sources)
    assert [block["type"] for block in messages[-1]][-2:] == ["actions", "context_actions"]


def test_a_column_of_figures_is_set_to_the_right_and_one_of_words_is_not() -> None:
    block = table(
        [["who", "pay", "change", "note"], ["Ada", "€ 12.50", "-3 (-4 to -2)", "1st"], ["Ben", "9", "–", "late"]]
    )

    assert [column["align"] for column in block["column_settings"]] == ["left", "right", "right", "left"]
    assert [column["align"] for column in table([["only", "heads"]])["column_settings"]] == ["left", "left"]


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        (AnswerKind.ANSWER, ["Correct this", "Good answer", "Bad answer"]),
        (AnswerKind.VERIFIED, ["Correct this", "Good answer", "Bad answer"]),
        (AnswerKind.UNKNOWN, ["I know the answer"]),
        (AnswerKind.NOTE, []),
    ],
)
def test_whatever_was_answered_can_be_corrected(kind: AnswerKind, labels: list[str]) -> None:
    (blocks,) = answer_blocks.messages(kept("In the tin.", (), kind))

    assert_takeable(blocks)
    assert texts(blocks[1:]) == labels


def test_nothing_is_lost_of_a_long_answer() -> None:
    text = "\n\n".join(f"Line {number} says R&D." for number in range(1000))

    messages = answer_blocks.messages(kept(text, (), AnswerKind.NOTE))

    assert " ".join(" ".join(texts(blocks)) for blocks in messages).split() == text.split()
    assert len(messages) > 1


def test_an_answer_without_end_stops_in_an_ellipsis_before_its_sources() -> None:
    messages = answer_blocks.messages(kept("*keys* & _tins_ " * 5000, [Source(1, 1, "Keys", "")]))

    for blocks in messages:
        assert_takeable(blocks)
    assert len(messages) == MOST_MESSAGES
    assert [block["type"] for block in messages[-1]] == ["rich_text", "context", "actions", "context_actions"]
    assert texts(messages[-1][0])[-1].endswith("…")


def test_neither_what_a_model_wrote_nor_a_title_pings_anybody() -> None:
    sources = [Source(1, 1, LIVELY, "https://tin.example"), Source(2, 2, LIVELY, "")]
    (blocks,) = answer_blocks.messages(kept(LIVELY, sources))

    said = "\n".join([*texts(blocks), answer_blocks.summary(LIVELY)])
    assert "<!" not in said
    assert "<@" not in said
    assert "<#" not in said
    assert said.count("<") == said.count("<https://tin.example|") == 1


def test_a_title_of_several_lines_takes_one() -> None:
    (blocks,) = answer_blocks.messages(kept("In the tin. [1]", [Source(1, 1, "Where\nare\n\nthe keys?", "")]))

    assert "[1] Where are the keys?" in texts(blocks)[1]


def test_sources_that_look_the_same_take_one_line() -> None:
    pier, fees = Source(1, 1, "Harbour › Piers", ""), Source(2, 2, "Harbour › Fees", "")
    (*_, last) = messages = answer_blocks.messages(
        kept(
            "Moor there [1][3].",
            [
                pier,
                fees,
                replace(pier, number=3, chunk_id=3),
                Source(4, 4, "Where to moor?", "https://x.example/1"),
                Source(5, 5, "Where to moor?", "https://x.example/2"),
            ],
        )
    )

    assert_takeable(last)
    (said,) = [text for text in texts(messages) if text.startswith("*Sources*")]
    assert said.splitlines()[1:] == [
        "[1][3] Harbour › Piers",
        "[2] Harbour › Fees",
        "[4] <https://x.example/1|Where to moor?> · approved answer",
        "[5] <https://x.example/2|Where to moor?> · approved answer",
    ]


def test_passages_that_were_read_but_not_cited_are_not_called_sources() -> None:
    (blocks,) = answer_blocks.messages(kept("In the tin.", [Source(1, 1, "Keys", "", is_cited=False)]))

    assert "Sources" not in texts(blocks)[1]
    assert "Read, but not cited" in texts(blocks)[1]


def test_an_escaped_sign_is_never_cut_in_two() -> None:
    assert fitting("a&b", 5) == "a"
    assert fitting("a&b", 6) == "a&"
    assert fitting("one two", 5) == "one"


def test_a_failure_says_the_id_to_pass_on() -> None:
    blocks = answer_blocks.failure("1a2b3c4d")

    assert_takeable(blocks)
    assert "`1a2b3c4d`" in texts(blocks)[0]


def test_a_report_shows_the_arms_three_samples_and_its_buttons() -> None:
    blocks = report.report(RUN, adapter="voice-7", ballot_id=3)

    assert_takeable(blocks)
    said = texts(blocks)
    assert said[said.index("Base model") :][:3] == ["Base model", "4.250", "-4.125 (-4.500 to -4.000)"]
    assert sum(text.startswith("*Keys") for text in said) == 3
    buttons = blocks[-1]["elements"]
    assert [(button["action_id"], button["value"]) for button in buttons] == [
        (report.APPROVE, "3"),
        (report.REJECT, "3"),
        (report.MORE_VOTES, "3"),
    ]


def test_a_decided_report_has_the_decision_in_place_of_its_buttons() -> None:
    blocks = report.decided(RUN, adapter="voice-7", decision=":x: Rejected by <@UBEN>; nothing changed.")

    assert_takeable(blocks)
    assert all(block["type"] != "actions" for block in blocks)
    assert texts(blocks[-1]) == [":x: Rejected by <@UBEN>; nothing changed."]


def test_samples_in_a_report_are_shortened_and_ping_nobody() -> None:
    sample = {"question": LIVELY, "answers": {"live": LIVELY * 200, "candidate": ""}}
    found = {**REPORT, "samples": [sample] * 3, "verdict": LIVELY}

    blocks = report.report(replace(RUN, result={**RESULT, "report": found}), adapter="voice-7", ballot_id=3)

    assert_takeable(blocks)
    said = "\n".join(text for text in texts(blocks) if "asked for by" not in text)
    assert "<" not in said
    assert "(nothing)" in said


@pytest.mark.parametrize("status", list(RunStatus))
def test_every_state_of_a_run_has_a_line(status: RunStatus) -> None:
    run = replace(RUN, status=status, progress={"phase": "training", "step": 30, "steps": 60, "seconds_left": 12.4})

    assert_takeable(notices.progress(run))
    assert notices.progress_text(run).startswith("Training run 7 ")


def test_a_run_that_trains_shows_a_bar_and_how_long_it_takes() -> None:
    progress = {"phase": "training", "step": 30, "steps": 60, "seconds_left": 12.4}

    text = notices.progress_text(replace(RUN, status=RunStatus.RUNNING, progress=progress))

    assert text == "Training run 7 ██████░░░░░░ step 30 of 60, about 12 s left"
    more = {**progress, "loss": 2.345, "tokens_per_s": 812.4, "micro_batch_size": 2, "batch_size": 8}
    text = notices.progress_text(replace(RUN, status=RunStatus.RUNNING, progress=more))
    assert text.endswith("of 60, loss 2.35, 812 tokens/s, about 12 s left, memory ran out, so 2 at once")


def test_a_failed_run_and_a_change_of_voice_are_told_in_blocks_that_slack_takes() -> None:
    failed = notices.failed_text({"run_id": 7, "error": LIVELY * 100})
    deployed = notices.deployed_text({"adapter": "voice-7", "previous": "base", "by": "UADA"})

    assert_takeable(notices.notice(failed))
    assert "<!channel>" not in failed
    assert deployed == ":loudspeaker: *voice-7* answers from now on, decided by <@UADA>. Before it was base."
    assert_takeable(notices.notice(deployed))


def test_a_heading_is_cut_at_what_slack_allows() -> None:
    assert_takeable([header("x" * 400)])
