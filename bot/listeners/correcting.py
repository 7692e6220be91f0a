"""Thumbs on an answer, what it should have said, and whether an approved one is still right."""

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, Respond
from slack_sdk import WebClient

from bot.answering.correcting import Corrections
from bot.answering.questions import Questions
from bot.blocks import asking as blocks
from bot.blocks.pair_button import PairButton
from bot.blocks.teaching import ANSWER, QUESTION
from bot.collecting.decisions import ReviewRefusedError, Shown
from bot.collecting.reverifying import Reverifying
from bot.slack.mrkdwn import escape
from bot.slack.payloads import ButtonClick, Submission
from storage.pairs import Pair


class Correcting:
    """A thumb down asks at once what would have been right, and so does a button."""

    def __init__(
        self, client: WebClient, questions: Questions, corrections: Corrections, reverifying: Reverifying
    ) -> None:
        self._client = client
        self._questions = questions
        self._corrections = corrections
        self._reverifying = reverifying

    def rate(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Record a thumb; where it points down, ask what Timbre should have said."""
        ack()
        click = ButtonClick.from_payload(body)
        answer_id, value = (int(part) for part in click.value.split(":"))
        self._questions.rate(answer_id, user_id=click.user_id, value=value)
        if value < 0:
            self._ask(click, answer_id, respond)

    def correct(self, ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        """Ask what Timbre should have said."""
        ack()
        click = ButtonClick.from_payload(body)
        self._ask(click, int(click.value), respond)

    def _ask(self, click: ButtonClick, answer_id: int, respond: Respond) -> None:
        try:
            shown = self._corrections.about(answer_id, by=click.user_id)
        except ReviewRefusedError as err:
            respond(text=escape(str(err)), response_type="ephemeral", replace_original=False)
        else:
            self._client.views_open(trigger_id=click.trigger_id, view=blocks.correction(shown))

    def submit(self, ack: Ack, body: dict[str, Any]) -> None:
        """Propose a correction; what is wrong is said in the modal, and nothing typed is lost."""
        sent = Submission.from_payload(body)
        try:
            self._corrections.submit(
                int(sent.metadata),
                question=sent.typed.get(QUESTION, ""),
                answer=sent.typed.get(ANSWER, ""),
                by=sent.user_id,
            )
        except ReviewRefusedError as err:
            ack(response_action="errors", errors={ANSWER: str(err)})
        else:
            ack()

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
