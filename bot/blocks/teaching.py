"""The modal in which an answer is read, edited, and approved or nominated."""

from dataclasses import dataclass

from bot.blocks.card import ANSWER_LIMIT, GUESS, QUESTION_LIMIT, Rival, beside, is_put_together, people
from bot.blocks.layout import Block, context, plain, section
from bot.blocks.modal import INPUT_LIMIT, view
from bot.blocks.words import asked_and_answered, replacements, titled
from storage.pairs import Candidate

TEACH = "teach_answer"
SUBMIT = "teach_submit"
QUESTION, ANSWER, TEXT = "question", "answer", "text"
TITLES = {True: "Teach Timbre this answer", False: "Nominate this answer"}
RIVAL_SHOWN = 300


@dataclass(frozen=True)
class Lesson:
    """An answer in the modal. `may_decide`: whether submitting approves; otherwise it nominates."""

    candidate: Candidate
    rivals: tuple[Rival, ...] = ()
    may_decide: bool = True


def lesson(shown: Lesson, *, metadata: str) -> Block:
    """Return the view with the answer in it."""
    fields = _fields(shown.candidate) if shown.may_decide else _read_only(shown.candidate)
    shows = view(TITLES[shown.may_decide], [*fields, *_notes(shown)])
    submit = "Approve" if shown.may_decide else "Nominate"
    return {**shows, "submit": plain(submit), "callback_id": SUBMIT, "private_metadata": metadata}


def _fields(candidate: Candidate) -> list[Block]:
    return [field(QUESTION, "Question", candidate.question), field(ANSWER, "Answer", candidate.answer)]


def field(block_id: str, label: str, text: str) -> Block:
    """Return an input; of what it could not hold, the start is shown, and it is approved as it is."""
    if len(text) > INPUT_LIMIT:
        return titled(f"{label}: too long to be edited here, approved as it is", text, ANSWER_LIMIT)
    element = {"type": "plain_text_input", "action_id": TEXT, "multiline": True, "max_length": INPUT_LIMIT}
    element |= {"initial_value": text} if text else {}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element}


def _read_only(candidate: Candidate) -> list[Block]:
    return [
        titled("Question", candidate.question, QUESTION_LIMIT),
        titled("Answer", candidate.answer, ANSWER_LIMIT),
        context("Reviewers read it, and approve or reject it."),
    ]


def _notes(shown: Lesson) -> list[Block]:
    candidate = shown.candidate
    lines = [f"Asked by {people([candidate.asked_by])}, answered by {people([candidate.answered_by])}"]
    if replaced := replacements(candidate.redactions):
        lines.append(f":shield: Replaced before it is stored: {replaced}. What they stand for is kept nowhere.")
    if candidate.file_count:
        lines.append(":paperclip: Files beside the answer are not learnt")
    if is_put_together(candidate):
        lines.append(GUESS)
    blocks = [context("\n".join(lines))]
    for rival in shown.rivals[:2]:
        blocks += [
            section(beside(rival)),
            asked_and_answered(
                rival.pair.question, rival.pair.answer, question_limit=RIVAL_SHOWN, answer_limit=RIVAL_SHOWN
            ),
        ]
    return blocks
