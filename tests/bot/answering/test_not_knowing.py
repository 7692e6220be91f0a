"""What only says that it doesn't know is told from what claims something besides."""

import pytest

from bot.answering.not_knowing import claims_nothing


@pytest.mark.parametrize(
    "text",
    [
        "I don't know.",
        "I don't know: nothing I may read here answers that.",
        "I don't know: the passages don't say.",
        "I don't know: I found nothing on “plan 12”",
        "Sorry, I don't know.",
        "Ahoy there, I don't know!",
        "I’m sorry, but I can’t find that in the passages.",
        "I don't know where the spare keys hang, because the passages do not mention them.",
        "The passages do not mention it.",
        "From the passages I cannot tell. Please ask Mia.",
        "I don't know. You could ask Mia.",
        "The passages do not hold the answer.",
        "I really don't know what plan 12 costs.",
        "Sure! I don't know: the passages do not mention it. Cheers!",
        "We can't say. Let me know how it goes",
        "Based on the passages, I cannot answer that.",
        "Based on the given passages I do not know.",
        "The provided passages do not contain information about the vault.",
    ],
)
def test_what_only_says_that_it_does_not_know_claims_nothing(text: str) -> None:
    assert claims_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "The vault code is 4711. If you can't find the vault, call +49 555.",
        "We don't know of any limit: expense whatever you like.",
        "The vault code is 4711.",
        "You can't find them upstairs: the spare keys hang behind the stove.",
        "I can't say for sure, but they hang behind the stove.",
        "I don't know, but the code is 4711.",
        "I don't know. The code is 4711.",
        "I don't know, call +49 555.",
        "It's behind the stove. I can't find more.",
        "It does not contain nuts.",
        "There is no limit.",
        "Behind the stove, in the tin, I don't know more.",
        "I don't know. They hang behind the stove in the tin.",
        "If you don't know the code, ask Mia.",
        "I don't know why people ask, the keys hang behind the stove.",
        "I don't know. Ask 4711.",
        "",
    ],
)
def test_what_says_anything_besides_claims_something(text: str) -> None:
    assert not claims_nothing(text)
