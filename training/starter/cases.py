"""Generated conversations: questions, numbered passages, and answers that copy from the right one and cite it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from training.prompt import Message, Passage, build_messages
from training.starter.facts import Fact, draw_fact
from training.starter.questions import REFUSAL, Statement, ask, draw_statements, refuse, restate
from training.starter.voices import NEUTRAL, Voice, any_style, capital, describe, draw_voice
from training.starter.words import ADJECTIVES, NOUNS, Lexicon, person

__all__ = ["REFUSAL", "Case", "Mix", "Turn", "draw_case"]

_EARLIER_ANSWERS = 0.2
"""Share of the passages with one statement that are somebody's answer."""


@dataclass(frozen=True)
class Mix:
    """How often what turns up in a case; `passages` and `turns` are the most of them."""

    passages: int = 5
    turns: int = 8
    missing: float = 0.25
    voiced: float = 0.6
    sentences: float = 0.25
    filler: float = 0.6
    verbatim: tuple[float, float] = (1.0, 0.6)
    """Share of answers that say the sentence as the passage has it, without a voice and with one."""
    held_out: bool = False


@dataclass(frozen=True)
class Turn:
    """A prompt, as the bot builds it, and what follows: the first turn answers it, others ask for more."""

    question: str
    answer: str
    value: str | None
    citation: int | None


@dataclass(frozen=True)
class Case:
    """A prompt, as the bot builds it, and what follows: the first turn answers it, the others ask for more."""

    prompt: tuple[Message, ...]
    turns: tuple[Turn, ...]

    @property
    def answer(self) -> str:
        """The answer to the prompt."""
        return self.turns[0].answer


@dataclass(frozen=True)
class _Scene:
    """Passages, and which of them (from 1) tells each statement."""

    passages: tuple[Passage, ...]
    told: tuple[tuple[Statement, int], ...]
    untold: tuple[Statement, ...]


def draw_case(rng: Random, lexicon: Lexicon, mix: Mix) -> Case:
    """Return a random case."""
    voice = draw_voice(rng, lexicon.vocabulary) if rng.random() < mix.voiced else NEUTRAL
    scene = _scene(rng, lexicon, voice, mix)
    turns = tuple(_turns(rng, voice, scene, mix))
    return Case(_prompt(rng, voice, turns[0].question, scene.passages), turns)


def _turns(rng: Random, voice: Voice, scene: _Scene, mix: Mix) -> list[Turn]:
    told = rng.sample(scene.told, len(scene.told))
    untold = list(scene.untold)
    turns = []
    for _ in range(rng.randint((mix.turns + 1) // 2, mix.turns)):
        if untold and (rng.random() < mix.missing or not scene.passages):
            turns.append(_missing(rng, voice, untold.pop(), mix))
        elif told:
            turns.append(_answered(rng, voice, *told.pop(), mix))
    return turns


def _answered(rng: Random, voice: Voice, statement: Statement, number: int, mix: Mix) -> Turn:
    said = restate(rng, statement, verbatim=mix.verbatim[voice is not NEUTRAL])
    answer = voice.say(rng, said, kept=(statement.value,), number=number)
    return Turn(ask(rng, statement, held_out=mix.held_out), answer, statement.value, number)


def _missing(rng: Random, voice: Voice, statement: Statement, mix: Mix) -> Turn:
    question = ask(rng, statement, held_out=mix.held_out)
    said = refuse(rng, question)
    return Turn(question, voice.say(rng, said, kept=(said,)), None, None)


def _scene(rng: Random, lexicon: Lexicon, voice: Voice, mix: Mix) -> _Scene:
    total = rng.randint(0 if rng.random() < mix.missing / 3 else 1, mix.passages)
    prose = rng.random() < mix.sentences
    statements = draw_statements(rng, lexicon, 2 * total + 4, prose=prose, held_out=mix.held_out)
    passages, told = [], []
    for number in range(1, total + 1):
        most = len(statements) - (total - number) - 3
        here = [statements.pop() for _ in range(min(rng.choice((1, 1, 2, 3)), most))]
        if len(here) == 1 and rng.random() < _EARLIER_ANSWERS:
            here = [_reworded(rng, here[0])]
            passages.append(_earlier_answer(rng, voice, here[0]))
        else:
            passages.append(_passage(rng, lexicon, here, mix))
        told += [(statement, number) for statement in here]
    return _Scene(tuple(passages), tuple(told), tuple(statements))


def _reworded(rng: Random, statement: Statement) -> Statement:
    """Return the statement as somebody may have answered it."""
    return replace(statement, text=capital(restate(rng, statement)) + ".")


def _passage(rng: Random, lexicon: Lexicon, statements: Sequence[Statement], mix: Mix) -> Passage:
    sentences = [statement.text for statement in statements]
    while len(sentences) < 3 and rng.random() < mix.filler / 2:
        sentences.insert(rng.randint(0, len(sentences)), rng.choice(lexicon.sentences))
    return Passage(_title(rng), rng.choice((" ", " ", "\n")).join(sentences))


def _earlier_answer(rng: Random, voice: Voice, statement: Statement) -> Passage:
    answer = voice.say(rng, statement.text.rstrip("."), kept=(statement.value,))
    title = rng.choice((f"Answer by {person(rng)}", "Verified answer", f"#{rng.choice(NOUNS)}"))
    return Passage(title, f"Q: {ask(rng, statement)}{rng.choice((' ', chr(10)))}A: {answer}")


def _title(rng: Random) -> str:
    noun, other = rng.choice(NOUNS), rng.choice(NOUNS)
    return rng.choice(
        (
            f"{noun.capitalize()} {other}",
            f"{noun}.md",
            f"#{noun}",
            f"{noun.capitalize()}s and {other}s",
            f"{rng.choice(ADJECTIVES).capitalize()} {noun}",
            f"The {noun}",
            noun.capitalize(),
        )
    )


def _prompt(rng: Random, voice: Voice, question: str, passages: Sequence[Passage]) -> tuple[Message, ...]:
    style = any_style(rng) if rng.random() < 0.25 else ""
    if voice is not NEUTRAL and rng.random() < 0.3:
        style = f"{style} {describe(rng, voice)}".strip()
    system, user = build_messages(question, passages, house_style=style)
    if voice is NEUTRAL or rng.random() < 0.65:
        return system, user
    return system, *_example(rng, voice), user


def _example(rng: Random, voice: Voice) -> tuple[Message, Message]:
    """Return an earlier question and its answer in `voice`."""
    fact: Fact = draw_fact(rng)
    statement = Statement(fact.told, fact.value, fact)
    answer = voice.say(rng, restate(rng, statement), kept=(fact.value,), number=1)
    user = build_messages(ask(rng, statement), [Passage(_title(rng), fact.told)])[1]
    return user, {"role": "assistant", "content": answer}
