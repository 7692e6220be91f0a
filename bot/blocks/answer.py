"""An answer, with its sources and a thumb up and down."""

from collections.abc import Collection, Sequence

from bot.answering.answered import Source, told_together
from bot.blocks.layout import Block, actions, button, context, section, table
from bot.blocks.markdown import Renderer, as_it_is, said_plainly
from bot.blocks.packing import packed
from bot.blocks.tables import fits_table
from bot.slack.mrkdwn import escape, fitting, shorten
from storage.answers import Answer, AnswerKind

FEEDBACK = "answer_feedback"
CORRECT_THIS = "answer_correct_this"
CORRECT_LABELS = {
    AnswerKind.ANSWER: "Correct this",
    AnswerKind.VERIFIED: "Correct this",
    AnswerKind.UNKNOWN: "I know the answer",
}
TITLE_LIMIT = 80
CITED = "*Sources*"
READ = "*Read, but not cited*"
SUMMARY_LIMIT = 300
VERIFIED = "Verified answer"
CONTEXT_LIMIT = 2_000


def messages(
    answer: Answer, *, known: Collection[str] = (), above: Sequence[Block] = (), buttons: Sequence[Block] = ()
) -> list[list[Block]]:
    """Return the blocks of each message of an answer.

    `known`: addresses it may link to beside its sources' own. `above`: what stands at its beginning, `buttons`: further
    ones below it. A long answer takes several messages, with what it rests on and the buttons at the end of the last.
    """
    sources = [Source(**source) for source in answer.sources]
    ending = [*_sources(sources), *_buttons(answer, buttons)]
    beginning = [*above, *([context(_noted(answer.note))] if answer.note else [])]
    renderer = Renderer({*known, *(url for source in sources for url in source.urls)})
    parts = renderer.parts(answer.text) or [as_it_is(answer.text)]
    rows = renderer.table_in(answer.text)
    if (
        rows is not None
        and fits_table(rows)
        and len(one := packed(parts[:-1], ending=[table(rows), *ending], beginning=beginning)) == 1
    ):
        return one
    return packed(parts, ending=ending, beginning=beginning)


def summary(text: str) -> str:
    """Return the notification text of an answer."""
    return escape(shorten(" ".join(said_plainly(text).split()), SUMMARY_LIMIT)) or "…"


def failure(error_id: str) -> list[Block]:
    """Return the blocks that say a question could not be answered."""
    return [section(failure_text(error_id))]


def failure_text(error_id: str) -> str:
    """Return what to tell somebody whose question could not be answered."""
    return (
        ":warning: I couldn't answer that just now. Please ask again in a minute; "
        f"if it stays so, tell an admin `{error_id}`."
    )


def _noted(note: str) -> str:
    """Return small print; of a verified answer it begins with a mark."""
    return (
        f":white_check_mark: *Verified answer*{escape(note.removeprefix(VERIFIED))}"
        if note.startswith(VERIFIED)
        else escape(note)
    )


def _buttons(answer: Answer, more: Sequence[Block]) -> list[Block]:
    """Return what may be done about an answer: what Timbre doesn't know can be corrected, but is no good or bad answer.

    A word on how to ask has no buttons.
    """
    if answer.kind is AnswerKind.NOTE:
        return []
    correct = button(CORRECT_LABELS[answer.kind], action_id=CORRECT_THIS, value=str(answer.id))
    thumbs = [] if answer.kind is AnswerKind.UNKNOWN else [_feedback(answer.id)]
    return [actions(*more, correct), *thumbs]


def _sources(sources: Sequence[Source]) -> list[Block]:
    """Return the list of sources, in as many blocks as its lines need."""
    if not sources:
        return []
    paragraphs = [CITED if all(source.is_cited for source in sources) else READ]
    for line in map(_line, told_together(sources)):
        if len(paragraphs[-1]) + 1 + len(line) > CONTEXT_LIMIT:
            paragraphs.append(line)
        else:
            paragraphs[-1] += f"\n{line}"
    return [context(paragraph) for paragraph in paragraphs]


def _line(alike: Sequence[Source]) -> str:
    numbers, source = "".join(f"[{source.number}]" for source in alike), alike[0]
    title = " ".join(source.title.split())
    title = escape(title if len(escape(title)) <= TITLE_LIMIT else f"{fitting(title, TITLE_LIMIT - 1)}…")
    if source.permalink:
        return f"{numbers} <{source.permalink}|{title.replace('|', '/')}> · approved answer"
    return f"{numbers} {title}"


def _feedback(answer_id: int) -> Block:
    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": FEEDBACK,
                "positive_button": {"text": {"type": "plain_text", "text": "Good answer"}, "value": f"{answer_id}:1"},
                "negative_button": {"text": {"type": "plain_text", "text": "Bad answer"}, "value": f"{answer_id}:-1"},
            }
        ],
    }
