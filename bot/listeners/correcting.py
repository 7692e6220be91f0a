"""Thumbs on an answer, what it should have said, and whether an approved one is still right."""

import json
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, Respond

from bot.answering.correcting import Corrections
from bot.answering.questions import Questions
from bot.blocks import asking as blocks
from bot.blocks.layout import Block
from bot.blocks.pair_button import PairButton
from bot.blocks.teaching import ANSWER, QUESTION
from bot.collecting.decisions import ReviewRefusedError, Shown
from bot.collecting.reverifying import Reverifying
from bot.listeners.modals import Modals, Outcome, Words
from bot.slack.asides import Aside, Asides
from bot.slack.mrkdwn import escape
from bot.slack.payloads import ButtonClick, Submission
from bot.slack.posting import Post
from storage.pairs import Pair

THANKS = "Thanks! It is proposed, and a reviewer decides."
WORDS = Words("What it should say", "the answer", THANKS)


class Correcting:
    """A thumb down asks at once what would have been right, and so does a button."""

    def __init__(
        self, modals: Modals, questions: Questions, corrections: Corrections, reverifying: Reverifying, asides: Asides
    ) -> None:
        self._modals = modals
        self._questions = questions
        self._corrections = corrections
        self._reverifying = reverifying
        self._asides = asides

    def rate(self, ack: Ack, body: dict[str, Any]) -> None:
        """Record a thumb; where it points down, ask what Timbre should have said."""
        ack()
        click = ButtonClick.from_payload(body)
        answer_id, value = (int(part) for part in click.value.split(":"))

        def record() -> None:
            self._questions.rate(answer_id, user_id=click.user_id, value=value)

        if value > 0:
            record()
        else:
            self._ask(click, answer_id, before=record)

    def correct(self, ack: Ack, body: dict[str, Any]) -> None:
        """Ask what Timbre should have said."""
        ack()
        click = ButtonClick.from_payload(body)
        self._ask(click, int(click.value))

    def _ask(self, click: ButtonClick, answer_id: int, *, before: Callable[[], None] = lambda: None) -> None:
        """Open the modal; what is done `before` it is filled is done although it can't be opened."""

        def fill() -> Block:
            before()
            shown = self._corrections.about(answer_id, by=click.user_id)
            return blocks.correction(shown, metadata=_metadata(answer_id, click))

        try:
            self._modals.open(click.trigger_id, WORDS, fill)
        except Exception:  # a call may end in more than Slack's own errors
            before()
            raise

    def submit(self, ack: Ack, body: dict[str, Any]) -> None:
        """Propose a correction, and thank for it once."""
        sent = Submission.from_payload(body)
        answer_id, aside = _read(sent)

        def propose() -> None:
            question, answer = sent.typed.get(QUESTION, ""), sent.typed.get(ANSWER, "")
            self._corrections.submit(answer_id, question=question, answer=answer, by=sent.user_id)

        if self._modals.decide(ack, sent, WORDS, propose) is Outcome.TAKEN:
            self._asides.tell(aside, [Post(THANKS, [])])

    def still_right(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Record that an approved answer was looked at again."""
        ack()
        self._decide(body, respond, self._reverifying.confirm)

    def retire(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Have an approved answer given no more."""
        ack()
        self._decide(body, respond, self._reverifying.retire)

    def _decide(self, body: dict[str, Any], respond: Respond, act: "Callable[..., Pair]") -> None:
        click = ButtonClick.from_payload(body)
        shown: Shown = PairButton.from_value(click.value).shown
        try:
            act(shown, by=click.user_id)
        except ReviewRefusedError as err:
            respond(text=escape(str(err)), response_type="ephemeral", replace_original=False)


def _metadata(answer_id: int, click: ButtonClick) -> str:
    """Return what a modal remembers: the answer, and where whoever corrects it is thanked."""
    return json.dumps([answer_id, click.channel_id, click.thread_ts, click.response_url])


def _read(sent: Submission) -> tuple[int, Aside]:
    answer_id, channel_id, thread_ts, response_url = json.loads(sent.metadata)
    about = f"Your answer to a question in <#{channel_id}>"
    return answer_id, Aside(channel_id, sent.user_id, response_url, thread_ts, about)
