"""Weights that can copy before anything is learnt: a circuit wired by hand instead of pure noise.

A small transformer spends most of its training on finding out how to copy (Olsson et al., "In-context Learning and
Induction Heads", arXiv 2209.11895). Beginning near that circuit, as in mimetic initialization (Trockman and Kolter,
arXiv 2305.09828), leaves the time for what is worth learning; every weight is trained from there on.

The residual stream is divided into parts, and every token has a random code. Layer 0 writes the codes of the last three
tokens to `LAST`. Layer 1 finds the place behind the longest repetition and writes its token to `NEXT`, which the output
reads; two more of its heads write the number of the passage and the first token of the sentence that one is in to
`HERE`. In layer 2 every token finds its earlier occurrences and writes what is `HERE` there to `FOUND`, which layer 3
averages over the question: a vote for a passage and a sentence. Layer 4 copies again, and prefers that passage.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from transformers import LlamaForCausalLM, PreTrainedTokenizerBase

WIDTH, HEAD, LAYERS = 256, 64, 5
ROPE_BASE = 1e7
"""So that most of a head's dimensions hardly rotate within a prompt: there, contents are compared."""
ONE, TOKEN, LAST, NEXT = slice(0, 1), slice(1, 65), slice(65, 129), slice(129, 193)
HERE, FOUND = slice(193, 224), slice(224, 255)
_NUMBERS, _START = slice(0, 10), slice(10, 31)
"""The two halves of `HERE` and `FOUND`: one dimension for each number of a passage, and some of a token's code."""
_ENDS, _MARKS = 0, 1
"""Dimensions of a code that are 1 in tokens that end a sentence, and in those where a passage begins or ends."""
_PAIRS = HEAD // 2
_SLOW = 12
"""The first pair of dimensions that hardly rotates."""
_PREFERRED = 16
"""Dimensions of a copying head that compare passages and sentences; the others compare the last tokens."""
_LAST_WEIGHTS = (1.0, 0.8, 0.6)
_LENGTHS = (1.42, 2.0, 2.7, 2.9, 3.1, 4.8)
"""About how long the residual stream is before each layer, and at the end: norms divide by it."""


def wire(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerBase, *, seed: int) -> None:
    """Write the circuit over weights of `model`, a Llama of five layers of 256 with heads of 64."""
    with torch.no_grad():
        _Wiring(model, tokenizer, seed).write()


class _Wiring:
    """The random codes and rotations of one circuit."""

    def __init__(self, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerBase, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.model, self.tokenizer = model, tokenizer
        self.codes = torch.randn(model.config.vocab_size, HEAD, generator=generator) / math.sqrt(HEAD)
        self.codes[:, :2] = 0.0
        self.codes[self._ids([".", "!", "?", ">"]), _ENDS] = self.codes[
            self._ids(["]", "Question", "<|im_start|>"]), _MARKS
        ] = 1.0
        self.older = torch.linalg.qr(torch.randn(HEAD, HEAD, generator=generator))[0]
        """Turns a token's code into that of the token one further back."""
        self.seen = torch.linalg.qr(torch.randn(HEAD, HEAD, generator=generator))[0][: HEAD - 2 * _SLOW]
        self.start = torch.linalg.qr(torch.randn(HEAD, HEAD, generator=generator))[0][: _START.stop - _START.start]
        """What is kept of the code of a sentence's first token."""

    def write(self) -> None:
        self._embeddings()
        for layer in self.model.model.layers:
            layer.mlp.down_proj.weight.mul_(0.2)
            layer.self_attn.o_proj.weight.mul_(0.2)
        for offset in (1, 2, 3):
            self._remember(offset)
        self._copy(layer=1, gain=1.26, written=1.5)
        self._passage_number()
        self._sentence_start()
        self._find_again()
        self._vote()
        self._copy(layer=4, gain=1.9, written=2.5, preferred=1.6)

    def _embeddings(self) -> None:
        table, output = self.model.model.embed_tokens.weight, self.model.lm_head.weight
        table[:, ONE] = 1.0
        table[:, TOKEN] = self.codes
        output[:, NEXT] = 0.8 * self.codes
        output[:, FOUND][:, _START] = 0.3 * self.codes @ self.start.T
        output[self._ids(map(str, range(1, 11))), FOUND.start : FOUND.start + 10] = 2 * torch.eye(10)

    def _remember(self, offset: int) -> None:
        query, key, value, out = self._head(0, offset - 1)
        self._at_distance(query, key, offset, pairs=range(4), score=12.0, layer=0)
        value[:, TOKEN] = torch.eye(HEAD)
        turned = torch.linalg.matrix_power(self.older, offset)
        out[LAST] = turned * _LAST_WEIGHTS[offset - 1] / _gain(0)

    def _copy(self, *, layer: int, gain: float, written: float, preferred: float = 0.0) -> None:
        """Find the place before which the last tokens stood in the same order, and write its token to `NEXT`."""
        query, key, value, out = self._head(layer, 0)
        rows = self._slow()[_PREFERRED if preferred else 0 :]
        seen = self.seen[: len(rows)] * math.sqrt(len(self.seen) / len(rows)) * gain
        query[rows, TOKEN] = query[rows, LAST] = seen @ self.older
        key[rows, LAST] = seen
        if preferred:
            rows = self._slow()[:_PREFERRED]
            query[rows, FOUND.start : FOUND.start + _PREFERRED] = preferred * torch.eye(_PREFERRED)
            key[rows, HERE.start : HERE.start + _PREFERRED] = preferred * torch.eye(_PREFERRED)
        value[:, TOKEN] = torch.eye(HEAD)
        out[NEXT] = torch.eye(HEAD) * written / _gain(layer)

    def _passage_number(self) -> None:
        """Look for the last closing bracket, and write the number before it to `HERE`; a question is in no passage."""
        query, key, value, out = self._head(1, 1)
        self._latest(query, key, TOKEN, torch.eye(HEAD)[_MARKS])
        known = torch.cat(
            [
                self.codes[self._ids(map(str, range(1, 11)))] @ self.older.T,
                self.codes[self._ids(["Ċ"])] @ self.older.T,
                self.codes[self._ids(["["])] @ torch.linalg.matrix_power(self.older, 2).T,
                self.codes[self._ids(["Ċ"])] @ torch.linalg.matrix_power(self.older, 3).T,
            ]
        )
        value[_NUMBERS, LAST] = torch.linalg.pinv(known.T)[:10]
        out[HERE.start : HERE.start + 10, _NUMBERS] = torch.eye(10) / _gain(1)

    def _sentence_start(self) -> None:
        """Look for the last token behind the end of a sentence, and write some of its code to `HERE`."""
        query, key, value, out = self._head(1, 2)
        self._latest(query, key, LAST, self.older[:, _ENDS])
        value[_START, TOKEN] = self.start
        out[HERE.start + 10 : HERE.stop, _START] = 1.5 * torch.eye(21) / _gain(1)

    def _find_again(self) -> None:
        query, key, value, out = self._head(2, 0)
        rows = self._slow()
        query[rows, TOKEN] = 1.9 * self.seen @ self.older
        key[rows, LAST] = 1.9 * self.seen
        value[:31, HERE] = torch.eye(31)
        out[FOUND, :31] = torch.eye(31) / _gain(2)

    def _vote(self) -> None:
        """Average over the last sentence or so: the question, when it is answered."""
        query, key, value, out = self._head(3, 0)
        self._at_distance(query, key, 14, pairs=range(5, 8), score=1.5, layer=3)
        value[:31, FOUND] = torch.eye(31)
        out[FOUND, :31] = 2 * torch.eye(31) / _gain(3)

    def _latest(self, query: Tensor, key: Tensor, part: slice, code: Tensor) -> None:
        """Let a head look for the last place where `part` holds `code`."""
        self._at_distance(query, key, 0, pairs=range(6, 11), score=6.0, layer=1)
        key[:, part] = key[:, ONE] * code
        key[:, ONE] = 0.0

    def _at_distance(
        self, query: Tensor, key: Tensor, distance: int, *, pairs: range, score: float, layer: int
    ) -> None:
        """Let a head look `distance` tokens back; each of `pairs` adds up to `score` there."""
        size = math.sqrt(score * math.sqrt(HEAD)) / _gain(layer)
        for pair in pairs:
            angle = distance * ROPE_BASE ** (-pair / _PAIRS)
            query[pair, ONE] = size
            key[pair, ONE], key[pair + _PAIRS, ONE] = size * math.cos(angle), size * math.sin(angle)

    def _head(self, layer: int, index: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return views of a head's four weights, all set to zero."""
        attention = self.model.model.layers[layer].self_attn
        part = slice(HEAD * index, HEAD * (index + 1))
        query, key, value = (w.weight[part] for w in (attention.q_proj, attention.k_proj, attention.v_proj))
        views = (query, key, value, attention.o_proj.weight[:, part])
        for view in views:
            view.zero_()
        return views

    def _slow(self) -> list[int]:
        """Return the dimensions of a head that hardly rotate, pair by pair, the slowest first."""
        return [dim for pair in reversed(range(_SLOW, _PAIRS)) for dim in (pair, pair + _PAIRS)]

    def _ids(self, tokens: Iterable[str]) -> list[int]:
        vocabulary = self.tokenizer.get_vocab()
        return [vocabulary[token] for token in tokens]


def _gain(layer: int) -> float:
    return math.sqrt(WIDTH) / _LENGTHS[layer]
