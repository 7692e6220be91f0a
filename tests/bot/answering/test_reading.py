"""An answer is shown while it is written, as often as somebody can read it, and says where it was not finished."""

import time

import pytest

from bot.answering.answerer import ENDINGS, Permitted
from bot.answering.model_errors import ModelUnavailableError
from bot.answering.models import Models
from bot.answering.reading import SHOW_EVERY_S
from bot.answering.retrieval import Place
from bot.assembly.knowledge import Knowledge
from tests.bot.answering.test_questions import KEYS, know
from tests.bot.conftest import TEAM
from tests.fakes import FakeModelServer
from training.prompt import Message

ASKED: list[Message] = [{"role": "user", "content": "Where do the spare keys hang?"}]


def test_an_answer_in_small_pieces_is_shown_now_and_then_and_comes_whole(
    models: Models, model_server: FakeModelServer
) -> None:
    model_server.says, model_server.piece = " ".join(f"Tin {number}." for number in range(600)), 4
    shown: list[str] = []
    start = time.monotonic()

    completion = models.chat("base", ASKED, max_tokens=8, show=shown.append)

    assert completion.text == model_server.says
    assert 1 <= len(shown) <= 2 + (time.monotonic() - start) / SHOW_EVERY_S
    assert all(model_server.says.startswith(text) for text in shown)


@pytest.mark.parametrize("ends", ["length", "content_filter"])
def test_an_answer_that_did_not_come_to_its_end_says_why(
    knowledge: Knowledge, model_server: FakeModelServer, ends: str
) -> None:
    know(knowledge)
    model_server.says, model_server.ends = f"{KEYS} [1] And", ends

    answered = knowledge.answerer.answer(ASKED[0]["content"], Permitted(Place(TEAM)))

    assert answered.text == f"{KEYS} [1] And\n\n{ENDINGS[ends]}"


def test_what_is_held_back_altogether_is_a_failure_that_says_so(models: Models, model_server: FakeModelServer) -> None:
    model_server.says, model_server.ends = "", "content_filter"

    with pytest.raises(ModelUnavailableError, match="content_filter"):
        models.chat("base", ASKED, max_tokens=8)
