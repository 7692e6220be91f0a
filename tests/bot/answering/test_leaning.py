"""Questions that lean on what was said before."""

import pytest

from bot.answering.leaning import stands_alone


@pytest.mark.parametrize(
    "question",
    [
        "and on Sundays?",
        "What about the second floor of the north building?",
        "And for the spare key?",
        "Why?",
        "Is it?",
        "How much is that?",
        "und am Sonntag?",
        "what if it rains?",
        "who else?",
        "on Sundays?",
        "Sundays?",
        "How long?",
        "But what about the spare key in the porch?",
        "",
    ],
)
def test_what_leans_on_something_does_not_stand_alone(question: str) -> None:
    assert not stands_alone(question)


@pytest.mark.parametrize(
    "question",
    [
        "Is the storage hall open on Sundays?",
        "How do I reset my VPN password?",
        "Wi-Fi password?",
        "Where is the kettle?",
        "How do I log in?",
        "Who is Marta?",
        "And where do we store the candles?",
        "Android app crashes at start",
        "Where are the spare keys?",
        "Wann ist die Kantine offen?",
    ],
)
def test_what_says_what_it_is_about_stands_alone(question: str) -> None:
    assert stands_alone(question)
