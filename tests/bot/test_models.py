"""One contract for the real model server and the fake that the other tests ask."""

import queue
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.answering import models as chat_models
from bot.answering.model_errors import ModelUnavailableError, PromptTooLongError, UnknownModelError
from bot.answering.models import Models
from bot.processes import free_port
from tests.fakes import FakeModelServer
from tests.training.conftest import tiny_folder  # noqa: F401 (a fixture)
from tests.training.serving.fakes import HashEmbedder
from tests.training.serving.voices import write_adapter, write_lively_base
from training.models import load_base
from training.prompt import Message, Passage, build_messages
from training.serving.engine import Engine
from training.serving.server import listen, server
from training.voices import VoiceServerError


@dataclass(frozen=True)
class Place:
    """A server, and an adapter that it can load."""

    models: Models
    adapter: Path


@pytest.fixture(scope="module")
def lively(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:  # noqa: F811 (a fixture)
    folder = tmp_path_factory.mktemp("lively")
    base = write_lively_base(tiny_folder, folder / "base")
    return base, write_adapter(base, folder / "voice", seed=1)


@pytest.fixture(scope="module")
def real_url(lively: tuple[Path, Path]) -> Iterator[str]:
    engine = Engine(load_base(lively[0], dtype="float32"))
    engine.start()
    with closing(listen("127.0.0.1", 0)) as listener:
        ready: queue.Queue[str] = queue.Queue()
        running = server(engine, HashEmbedder(), on_ready=ready.put)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"{ready.get(timeout=20)}/v1"
        running.should_exit = True
        thread.join()
    engine.close()


@pytest.fixture(params=["real", "fake"])
def place(
    request: pytest.FixtureRequest, real_url: str, model_server: FakeModelServer, lively: tuple[Path, Path]
) -> Place:
    model_server.window = 400
    url = real_url if request.param == "real" else model_server.url
    return Place(Models(url=url, api_key="none", embedding_model="hash", timeout_s=30), lively[1])


ASKED = build_messages("Where are the keys?", [Passage("Keys", "In the tin.")])


def test_a_model_answers_under_its_own_name_and_counts_tokens(place: Place) -> None:
    completion = place.models.chat("base", ASKED, max_tokens=8)

    assert completion.model == "base"
    assert completion.text == completion.text.strip()
    assert completion.prompt_tokens > 0
    assert completion.completion_tokens > 0


def test_a_text_twice_as_long_has_about_twice_the_tokens(place: Place) -> None:
    once, twice = (place.models.count_tokens("base", "Where are the keys? " * times) for times in (10, 20))

    assert 10 <= once <= len("Where are the keys? " * 10)
    assert 1.8 * once <= twice <= 2.2 * once


def test_where_a_server_can_not_count_tokens_they_are_estimated_with_care_and_it_is_not_asked_again(
    models: Models, model_server: FakeModelServer
) -> None:
    model_server.has_tokenize = False
    assert models.count_tokens("base", "Where are the keys?") == 7
    assert models.count_tokens("base", "钥匙在哪里") == 5
    model_server.has_tokenize = True
    assert models.count_tokens("base", "Where are the keys?") == 7


def test_a_model_that_takes_no_temperature_and_another_word_for_the_limit_is_asked_its_way(
    models: Models, model_server: FakeModelServer
) -> None:
    model_server.is_choosy = True

    assert models.chat("base", ASKED, max_tokens=8).text == "In the tin. [1] (base)"
    assert model_server.asked[-1]["max_completion_tokens"] == 8


def test_a_server_that_is_down_for_a_while_counts_again(models: Models, model_server: FakeModelServer) -> None:
    model_server.is_down = True
    assert models.count_tokens("base", "Where are the keys?") == 7
    model_server.is_down = False
    assert models.count_tokens("base", "Where are the keys?") == 4


def test_the_same_question_gets_the_same_answer(place: Place) -> None:
    first, second = (place.models.chat("base", ASKED, max_tokens=8).text for _ in range(2))

    assert first == second


def test_a_probe_gets_the_answer_alone(place: Place) -> None:
    assert isinstance(place.models.complete("base", ASKED), str)


def test_a_model_that_is_not_held_is_named(place: Place) -> None:
    with pytest.raises(UnknownModelError, match="voice-404"):
        place.models.chat("voice-404", ASKED, max_tokens=8)


def test_a_prompt_beyond_the_window_is_said_to_be_too_long(place: Place) -> None:
    long: list[Message] = [{"role": "user", "content": "keys and tins " * 100}]

    with pytest.raises(PromptTooLongError):
        place.models.chat("base", long, max_tokens=8)


def test_texts_are_embedded_in_their_order_however_many(place: Place) -> None:
    texts = [f"text number {number}" for number in range(70)]

    vectors = place.models.embed(texts)

    assert len(vectors) == 70
    assert vectors[69] == pytest.approx(place.models.embed([texts[69]])[0], abs=1e-6)
    assert vectors[0] != vectors[69]
    assert place.models.embed([]) == []


def test_an_adapter_is_loaded_beside_the_base_and_loading_it_again_changes_nothing(place: Place) -> None:
    place.models.load("voice-1", place.adapter)
    place.models.load("voice-1", place.adapter)

    assert {"base", "voice-1"} <= set(place.models.names())
    assert place.models.chat("voice-1", ASKED, max_tokens=8).model == "voice-1"


def test_an_adapter_whose_folder_is_gone_is_refused(place: Place, tmp_path: Path) -> None:
    with pytest.raises(VoiceServerError):
        place.models.load("voice-2", tmp_path / "gone")

    assert "voice-2" not in place.models.names()


def test_a_server_that_does_not_listen_is_unavailable_and_the_error_says_what_to_start() -> None:
    models = Models(url=f"http://127.0.0.1:{free_port()}/v1", api_key="none", embedding_model="hash", timeout_s=1)

    with pytest.raises(ModelUnavailableError, match="timbre serve"):
        models.names()


class Seconds:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.value = 0.0

    def __call__(self) -> float:
        return self.value


@pytest.mark.parametrize("trouble", ["busy", "slow"])
def test_a_server_too_busy_or_too_slow_to_count_is_asked_again_after_a_while(
    model_server: FakeModelServer, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(chat_models, "COUNTING_S", 0.2)
    clock = Seconds()
    models = Models(url=model_server.url, api_key="none", embedding_model="hash", timeout_s=30, monotonic=clock)
    model_server.cannot_count = 429 if trouble == "busy" else None
    model_server.is_thinking = trouble == "slow"

    assert [models.count_tokens("base", "Where are the keys?") for _ in range(6)] == [7] * 6
    assert model_server.counts == 1

    model_server.cannot_count, model_server.is_thinking = None, False
    clock.value += chat_models.COUNTING_PAUSE_S
    assert models.count_tokens("base", "Where are the keys?") == 4
