"""Modals that take longer than Slack waits: opened at once and filled later, sent off and decided later."""

import logging
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, wait
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.blocks import modal as blocks
from bot.blocks.layout import Block
from bot.collecting.decisions import ReviewRefusedError
from bot.collecting.lessons import FieldRefusedError
from bot.slack.payloads import Submission

logger = logging.getLogger(__name__)

PATIENCE_S = 1.5
"""How long a modal that was sent off is kept waiting while Slack is asked: it waits for three seconds itself."""


class Outcome(StrEnum):
    """What became of what was sent off: not taken, as the modal says; taken; or taken, as the modal says."""

    REFUSED = "refused"
    TAKEN = "taken"
    SAID = "said"


@dataclass(frozen=True)
class Words:
    """What a modal says of itself: while it is filled, and once what it was sent off for is done."""

    title: str
    reading: str
    done: str


class Modals:
    """What is sent off is decided in the threads of `slow`."""

    def __init__(self, client: WebClient, slow: Executor) -> None:
        self._client = client
        self._slow = slow

    def open(self, trigger_id: str, words: Words, fill: Callable[[], Block]) -> None:
        """Open a modal, and then have it show what `fill` returns, or why it can't be shown, unless it was closed."""
        opened = self._client.views_open(trigger_id=trigger_id, view=blocks.reading(words.title, words.reading))
        try:
            self._client.views_update(view_id=opened["view"]["id"], view=_filled(words, fill))
        except SlackApiError as err:
            if err.response["error"] != "not_found":
                raise

    def decide(self, ack: Ack, sent: Submission, words: Words, act: Callable[[], object]) -> Outcome:
        """Do what a modal was sent off for; what is wrong is said in it, and nothing typed is lost."""
        decided = self._slow.submit(_refusal_of, act, sent)
        if wait([decided], timeout=PATIENCE_S).done:
            refusal = decided.result()
            ack(**(_inline(words, refusal, sent) if refusal else {}))
            return Outcome.REFUSED if refusal else Outcome.TAKEN
        ack(response_action="update", view=blocks.deciding(words.title))
        refusal = decided.result()
        is_said = self._show(sent.view_id, _ended(words, refusal, sent))
        if refusal:
            return Outcome.REFUSED
        return Outcome.SAID if is_said else Outcome.TAKEN

    def _show(self, view_id: str, view: Block) -> bool:
        """Return whether a modal shows a view: it may have been closed."""
        try:
            self._client.views_update(view_id=view_id, view=view)
        except SlackApiError as err:
            logger.info("a modal does not say how it ended: %s", err.response["error"])
            return False
        return True


def _filled(words: Words, fill: Callable[[], Block]) -> Block:
    try:
        return fill()
    except ReviewRefusedError as err:
        return blocks.refused(words.title, str(err))
    except Exception as err:  # noqa: BLE001 - whatever it was, the modal must not stand there for ever
        return blocks.refused(words.title, _failed(f"{words.reading} could not be shown", err, quoted="`"))


def _refusal_of(act: Callable[[], object], sent: Submission) -> dict[str, str]:
    """Return why what was sent off can't be taken, by field; nothing where it was."""
    last = list(sent.typed)[-1] if sent.typed else ""
    try:
        act()
    except FieldRefusedError as err:
        return err.errors
    except ReviewRefusedError as err:
        return {last: str(err)}
    except Exception as err:  # noqa: BLE001 - whatever it was, what was typed must not be lost
        return {last: _failed("what was sent off could not be stored", err)}
    return {}


def _failed(what: str, err: Exception, *, quoted: str = "") -> str:
    """Log an exception, and return what a person is told of it."""
    error_id = uuid.uuid4().hex[:8]
    logger.error("%s, id %s", what, error_id, exc_info=err)
    return f"That didn't work. Please tell an admin {quoted}{error_id}{quoted}."


def _ended(words: Words, refusal: dict[str, str], sent: Submission) -> Block:
    if refusal:
        return blocks.refused(words.title, " ".join(refusal.values()), typed=sent.typed)
    return blocks.decided(words.title, words.done)


def _inline(words: Words, refusal: dict[str, str], sent: Submission) -> dict[str, Any]:
    """Return what has the modal say why: at its fields, or in place of a view that has none."""
    if sent.typed:
        return {"response_action": "errors", "errors": refusal}
    return {"response_action": "update", "view": blocks.refused(words.title, " ".join(refusal.values()))}
