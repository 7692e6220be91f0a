"""However much is logged, what people write is not."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answering.models import Models
from bot.commands.opening import CHATTY, OURS, open_settings
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground
from training.voices import VoiceServerError


@pytest.fixture
def levels() -> Iterator[None]:
    """Put the loggers' levels back."""
    loggers = [logging.getLogger(), *map(logging.getLogger, (*CHATTY, *OURS, "slack_sdk.web"))]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def test_at_debug_neither_slack_nor_a_model_has_its_texts_logged(
    levels: None,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    town: RunningPlayground,
    models: Models,
    model_server: FakeModelServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("TIMBRE_LOG_LEVEL", "DEBUG")
    open_settings(elsewhere / "new")
    logging.getLogger("bot.test").debug("at work")

    town.web.chat_postMessage(channel="CHELP", text="abracadabra")
    models.chat("base", [{"role": "user", "content": "hocuspocus"}], max_tokens=16)

    assert "at work" in caplog.text
    for word in ("abracadabra", "hocuspocus", "xoxb"):
        assert word not in caplog.text


def test_the_error_of_a_model_server_is_logged_without_what_it_repeats_of_the_prompt(
    models: Models, model_server: FakeModelServer
) -> None:
    model_server.is_down = True

    with pytest.raises(VoiceServerError) as error:
        models.chat("base", [{"role": "user", "content": "hocuspocus"}], max_tokens=16)

    assert "500" in str(error.value)
    assert "hocuspocus" not in str(error.value)
