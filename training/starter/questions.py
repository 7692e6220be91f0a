"""Statements that passages make, how people ask for them, and how an answer restates them before a voice is put on."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from training.starter.facts import Fact, draw_fact, draw_question, kinds
from training.starter.voices import capital
from training.starter.words import NOUNS, Lexicon, invented, number

REFUSAL = "I don't know"
_SHORT_WORD = 4  # shorter words are in too many sentences to tell which one is asked for
_ABOUT_A_FACT = (
    "What about {}?",
    "{}?",
    "What do we know about {}?",
    "Tell me about {}",
    "Can you explain {}?",
    "How about {}?",
    "Anything on {}?",
    "I need to know about {}",
    "Do we know more about {}?",
)
_ABOUT = (
    *_ABOUT_A_FACT,
    "Is there something on {}?",
    "When {}?",
    "Why {}?",
    "How does {} work?",
    "Who knows about {}?",
    "what is it with {}",
    "Where does it say {}?",
    "What happens with {}?",
    "Which one is {}?",
    "What is {}?",
    "What should I do about {}?",
    "Is it true that {}?",
    "What is the rule for {}?",
)


@dataclass(frozen=True)
class Statement:
    """A sentence of a passage, and the part of it that an answer must hold. Prose has no `fact`."""

    text: str
    value: str
    fact: Fact | None = None


def draw_statements(rng: Random, lexicon: Lexicon, count: int, *, prose: bool, held_out: bool) -> list[Statement]:
    """Return statements that look alike: sentences of prose, or facts of one kind among which some are of others."""
    if prose:
        return [_from_prose(rng, lexicon) for _ in range(count)]
    first = draw_fact(rng, held_out=held_out)
    facts = [first]
    alike = [kind for kind in kinds() if kind.subject is first.kind.subject]
    while len(facts) < count:
        chance = rng.random()
        if chance < 0.45:
            facts.append(draw_fact(rng, first.kind, held_out=held_out))
        elif chance < 0.65:
            facts.append(draw_fact(rng, first.kind, held_out=held_out, subject=_twin(rng, first.subject)))
        elif chance < 0.75:
            facts.append(draw_fact(rng, rng.choice(alike), held_out=held_out, subject=_twin(rng, first.subject)))
        else:
            facts.append(draw_fact(rng, held_out=held_out))
    rng.shuffle(facts)
    return [Statement(fact.told, fact.value, fact) for fact in facts]


def ask(rng: Random, statement: Statement, *, held_out: bool = False) -> str:
    """Return a question that `statement` answers."""
    if statement.fact is None:
        return capital(rng.choice(_ABOUT).format(_clue(rng, statement.text)))
    if held_out:
        return draw_question(rng, statement.fact, held_out=True)
    if rng.random() < 0.15:
        return capital(rng.choice(_ABOUT_A_FACT).format(statement.fact.subject))
    return _chatty(rng, draw_question(rng, statement.fact))


def restate(rng: Random, statement: Statement, *, verbatim: float = 0.6) -> str:
    """Return the statement without its full stop: as the passage has it, or in other words."""
    if statement.fact is None or rng.random() < verbatim:
        return statement.text.rstrip(".")
    fact = statement.fact
    return rng.choice(fact.kind.said).format(s=fact.subject, v=fact.value).rstrip(".")


def refuse(rng: Random, question: str) -> str:
    """Return what is said when no passage answers `question`."""
    reasons = ("the passages don't say", "nothing here answers that", "the passages do not mention it")
    topic = question.rstrip("?.! ")
    return f"{REFUSAL}: {rng.choice((*reasons, f'I found nothing on “{topic}”'))}"


def _from_prose(rng: Random, lexicon: Lexicon) -> Statement:
    words = rng.choice(lexicon.sentences).rstrip(".!?").split()
    for _ in range(rng.choice((0, 1, 2, 3))):  # words that do not belong there: the sentence can't be known by heart
        word = rng.choice(lexicon.vocabulary)
        words[rng.randrange(len(words))] = rng.choice((invented(rng), number(rng), word, word))
    return Statement(capital(" ".join(words)) + ".", _bare(max(words, key=len)))


def _clue(rng: Random, sentence: str) -> str:
    words = sentence.rstrip(".").split()
    telling = [place for place, word in enumerate(words) if len(word) > _SHORT_WORD] or [0]
    if rng.random() < 0.5:
        start = rng.choice(telling)
        return _bare(" ".join(words[start : start + rng.randint(1, 4)]))
    places = rng.sample(telling, min(len(telling), rng.choice((1, 2, 2, 3))))
    return " and ".join(_bare(words[place]) for place in places)


def _bare(text: str) -> str:
    return text.strip(",;:()\"'.")


def _twin(rng: Random, subject: str) -> str:
    """Return a subject that differs from `subject` in one word."""
    words = subject.split()
    position = rng.randrange(1, len(words)) if len(words) > 1 else 0
    words[position] = invented(rng) if words[position][0].isupper() else rng.choice(NOUNS)
    return " ".join(words)


def _chatty(rng: Random, question: str) -> str:
    if rng.random() < 0.2:
        question = f"{_pick(rng, _GREETINGS)} {question}"
    if rng.random() < 0.12:
        question += _pick(rng, (" Thanks!", " thx", " 🙏", " Asking for a customer.", " I forgot."))
    return question.lower() if rng.random() < 0.05 else question


_GREETINGS = (
    "hi all,",
    "Quick question:",
    "Hey!",
    "Sorry to bother,",
    "hello,",
    "Just wondering:",
    "Morning!",
    "Hi team,",
)


def _pick(rng: Random, options: Sequence[str]) -> str:
    return rng.choice(options)
