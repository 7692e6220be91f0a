"""Generated cases as batches of token ids of like length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from training.starter.architecture import MAX_TOKENS
from training.starter.cases import Case, Mix, draw_case
from training.starter.tokenizer import END, START
from training.starter.words import Lexicon

_BATCHES = 32
"""Drawn at a time and sorted by length, so that little is padded."""
_CASE_TOKENS = 256
"""About what a case has."""
_PROSE_SENTENCES = 6
_FIRST_TOKEN = 3
"""Those before it are special."""


@dataclass(frozen=True)
class Row:
    """Token ids of one text; `answer` tells which of them are learnt for certain."""

    ids: list[int]
    answer: list[bool]


def draw_batches(
    rng: Random,
    tokenizer: PreTrainedTokenizerBase,
    lexicon: Lexicon,
    *,
    mix: Mix,
    batch_tokens: int,
    prose: float,
    echoes: float,
) -> list[list[Row]]:
    """Return batches of cases of `mix`, with `prose` rows of plain English and `echoes` of random tokens for each."""
    count = _BATCHES * batch_tokens // _CASE_TOKENS
    rows = encode(tokenizer, [draw_case(rng, lexicon, mix) for _ in range(count)])
    rows += _prose(rng, tokenizer, lexicon, round(count * prose))
    rows += [echo(rng, len(tokenizer)) for _ in range(round(count * echoes))]
    rows.sort(key=lambda row: len(row.ids))
    batches = list(_by_size([row for row in rows if len(row.ids) <= MAX_TOKENS], batch_tokens))
    rng.shuffle(batches)
    return batches


def mix_at(draws: int) -> Mix:
    """Return what cases are like after so many draws: short and plain first."""
    if draws < 4:
        return Mix(passages=3, filler=0.2, voiced=0.2, sentences=0.15)
    if draws < 20:
        return Mix(passages=4, filler=0.4, voiced=0.3)
    return Mix()


def encode(tokenizer: PreTrainedTokenizerBase, cases: Sequence[Case]) -> list[Row]:
    """Return the tokens of `cases`, every answer and the end of its turn marked."""
    texts = [text for case in cases for text in _pieces(tokenizer, case)]
    ids = iter(tokenizer(texts, add_special_tokens=False)["input_ids"])
    rows = []
    for case in cases:
        row = Row([], [])
        for index in range(2 * len(case.turns)):
            piece = next(ids)
            row.ids.extend(piece)
            row.answer.extend([index % 2 == 1] * len(piece))
        rows.append(row)
    return rows


def collate(
    batch: Sequence[Row], prompt_share: float, *, pad: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return ids and targets, rows x longest; a target of -1 is not learnt.

    Every token of an answer is a target, and a random share of the others: a cheap estimate of the whole text's loss.
    """
    longest = max(len(row.ids) for row in batch)
    ids = torch.full((len(batch), longest), pad)
    answer = torch.zeros((len(batch), longest), dtype=torch.bool)
    for index, row in enumerate(batch):
        ids[index, : len(row.ids)] = torch.tensor(row.ids)
        answer[index, : len(row.ids)] = torch.tensor(row.answer)
    others = (torch.rand(ids.shape, generator=generator) < prompt_share) & (ids != pad)
    return ids, torch.where(answer | others, ids, -1)


def _pieces(tokenizer: PreTrainedTokenizerBase, case: Case) -> Iterator[str]:
    """Yield what is given and what is answered, by turns."""
    prompt = [{"role": message["role"], "content": message["content"]} for message in case.prompt]
    yield str(tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True))
    yield case.answer + END
    for turn in case.turns[1:]:
        yield f"\n{START}user\nQuestion: {turn.question}{END}\n{START}assistant\n"
        yield turn.answer + END


def echo(rng: Random, vocab_size: int) -> Row:
    """Return pieces of random tokens, and then the same pieces in another order.

    Nothing but copying helps there, and of every token of the vocabulary. The first token of a piece can't be known, so
    it isn't learnt. Echoes are as long as cases, which are batched by length: batches of nothing but echoes throw the
    loss up.
    """
    pieces = [rng.choices(range(_FIRST_TOKEN, vocab_size), k=rng.randint(4, 20)) for _ in range(rng.randint(2, 20))]
    again = rng.sample(pieces, len(pieces))
    ids = [token for piece in (*pieces, *again) for token in piece]
    answer = [False] * (len(ids) // 2)
    for piece in again:
        answer += [False, *[True] * (len(piece) - 1)]
    return Row(ids, answer)


def _prose(rng: Random, tokenizer: PreTrainedTokenizerBase, lexicon: Lexicon, count: int) -> list[Row]:
    texts = [" ".join(rng.choices(lexicon.sentences, k=_PROSE_SENTENCES)) for _ in range(count)]
    found = tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
    return [Row(ids, [True] * len(ids)) for ids in found]


def _by_size(rows: Sequence[Row], batch_tokens: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        if batch and (len(batch) + 1) * len(row.ids) > batch_tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
