"""An answer for its asker alone, one that they shared, what could not be answered, and the modal to correct one."""

from bot.answering.correcting import Correction
from bot.answering.gaps import Found, Gap
from bot.blocks.answer import messages
from bot.blocks.layout import Block, button, context, plain, section
from bot.blocks.modal import INPUT_LIMIT, view
from bot.blocks.teaching import ANSWER, QUESTION, field
from bot.slack.mrkdwn import escape, shorten
from storage.answers import Answer, AnswerKind

SHARE = "answer_share"
CORRECT = "answer_correct"
QUESTION_LIMIT = 300
GOES_ON = "It goes on in the thread."
REVIEWED = "Somebody else reviews it first."


def private(answer: Answer) -> list[list[Block]]:
    """Return the blocks of each message of an answer that its asker alone sees, with a button to share it."""
    is_known = answer.kind in (AnswerKind.ANSWER, AnswerKind.VERIFIED)
    share = [button("Share", action_id=SHARE, value=str(answer.id))] if is_known else []
    return messages(answer, buttons=share)


def shared(answer: Answer) -> list[list[Block]]:
    """Return the blocks of each message of an answer that somebody shared, those after the first for its thread."""
    first, *others = messages(answer, above=[_asked(answer.asked_by, answer.question)])
    return [[*first, *([context(GOES_ON)] if others else [])], *others]


def _asked(user_id: str, question: str) -> Block:
    return context(f"<@{user_id}> asked: {escape(shorten(' '.join(question.split()), QUESTION_LIMIT))}")


def gaps_summary(found: Found) -> str:
    """Return the first line of what could not be answered."""
    if not found.gaps:
        return "Nothing was asked in vain lately." + _elsewhere(found)
    return "*What I could not answer*, the most asked first"


def gaps(found: Found) -> list[Block]:
    """Return the list of what could not be answered."""
    if not found.gaps:
        return [section(gaps_summary(found))]
    lines = [f"{number}. {_gap(gap)}" for number, gap in enumerate(found.gaps, 1)]
    how = "React with :white_check_mark: to a good answer in Slack, or ingest a document that has one." + _elsewhere(
        found
    )
    return [section(gaps_summary(found)), *(section(line) for line in lines), context(how)]


def _gap(gap: Gap) -> str:
    question = escape(shorten(" ".join(gap.question.split()), QUESTION_LIMIT))
    people = f" by {gap.people} people" if gap.people > 1 else ""
    times = f"asked {gap.times} times{people}" if gap.times > 1 else "asked once"
    return f"*{question}*\n{times}, last on {gap.last_at.day} {gap.last_at:%B} in <#{gap.channel_id}>"


def _elsewhere(found: Found) -> str:
    count = found.elsewhere
    return f" {count:,} more {'was' if count == 1 else 'were'} asked where you can't look." if count else ""


def correction(shown: Correction, *, metadata: str) -> Block:
    """Return the view in which somebody writes what Timbre should have said."""
    fields = [
        field(QUESTION, "Question", shorten(shown.question, INPUT_LIMIT)),
        field(ANSWER, "What should it have said?", shorten(shown.answer, INPUT_LIMIT)),
    ]
    title = "Correct this answer" if shown.answer else "Answer this question"
    shows = view(title, [*fields, context(f"{REVIEWED} {shown.readers}")])
    return {**shows, "submit": plain("Propose"), "callback_id": CORRECT, "private_metadata": metadata}
