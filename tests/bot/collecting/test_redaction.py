"""Secrets and personal data leave a text before it is stored."""

from bot.collecting.redaction.placeholders import Kind, Replacement
from bot.collecting.redaction.redacting import redact, redact_sources


def test_a_value_has_the_same_placeholder_in_question_and_answer() -> None:
    question, answer = redact("Who is ada@tin.example, or bob@tin.example?", "Bob@tin.example. Not ada@tin.example!")

    assert question.text == "Who is [EMAIL_1], or [EMAIL_2]?"
    assert answer.text == "[EMAIL_2]. Not [EMAIL_1]!"
    assert answer.replaced == (Replacement(Kind.EMAIL, "[EMAIL_2]", 1), Replacement(Kind.EMAIL, "[EMAIL_1]", 1))


def test_what_was_redacted_before_keeps_its_placeholders_and_new_values_get_others() -> None:
    [edited] = redact("Ask [EMAIL_1] and cyd@tin.example.")

    assert edited.text == "Ask [EMAIL_1] and [EMAIL_2]."
    assert redact(edited.text) == (edited,)


def test_a_message_of_slack_becomes_plain_text_without_people() -> None:
    [redacted] = redact_sources(
        "<@U0TIM> ask <@U0ADA|ada> or <@U0BOB>, <@U0ADA>, <!subteam^S01|@oncall> in <#C01|help>: "
        "<mailto:ada@tin.example|ada@tin.example>, <tel:+4930901820|the desk>, "
        "<https://tin.example/a?token=t0p&amp;page=2|the page>"
    )

    assert redacted.text == (
        "ask [PERSON_1] or [PERSON_2], [PERSON_1], @oncall in #help: [EMAIL_1], [PHONE_1], "
        "https://tin.example/a?token=[SECRET_1]&page=2"
    )
