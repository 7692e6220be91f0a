"""Train the starter model from scratch on generated cases, for as long as one is willing to wait."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own documentation names it so
from torch.optim import Optimizer
from transformers import LlamaForCausalLM, PreTrainedTokenizerBase

from training.starter.batches import Row, collate, draw_batches, mix_at
from training.starter.optimizers import build_optimizers, rate_at, set_rate, step
from training.starter.words import Lexicon

logger = logging.getLogger(__name__)
_LOG_STEPS = 50


@dataclass(frozen=True)
class Schedule:
    """How the training goes. The learning rates rise, stay, and fall at the end."""

    steps: int
    """More make it better. Until the rates begin to fall, a training goes on as if it had had more at once."""
    decay_steps: int = 300
    """Over how many steps the learning rates fall, at the end."""
    warmup_steps: int = 20
    """Over how many they rise."""
    batch_tokens: int = 4096
    """Tokens in a step at most, padding counted."""
    learning_rate: float = 1.5e-3
    """Of AdamW, at its highest."""
    matrix_rate: float = 0.004
    """Of Muon, at its highest: ten times as much undoes in a hundred steps what was wired."""
    prose: float = 0.08
    """Rows of plain English for each row of conversation."""
    echoes: float = 0.04
    """Rows of random tokens, said twice, for each row of conversation."""
    prompt_share: float = 0.05
    """Share of the tokens outside answers that are learnt too."""
    checkpoint_minutes: float = 3.0
    """Time between two checkpoints."""


@dataclass(frozen=True)
class Trained:
    """What a training did, all its sittings together. Loss is nats per target token, of the last step."""

    steps: int
    tokens: int
    seconds: float
    loss: float


class Pretraining:
    """A training that can be left and taken up again."""

    def __init__(
        self,
        model: LlamaForCausalLM,
        tokenizer: PreTrainedTokenizerBase,
        lexicon: Lexicon,
        schedule: Schedule,
        *,
        seed: int,
        clock: Callable[[], float] = time.monotonic,
        compiled: bool = False,
    ) -> None:
        self.model, self.tokenizer, self.lexicon, self.schedule = model, tokenizer, lexicon, schedule
        self.clock = clock
        self.seed = seed
        if compiled:  # fused by the compiler, plain attention is faster on a CPU than torch's own
            model.set_attn_implementation("eager")
        self.body: Callable[..., Any] = torch.compile(model.model, dynamic=True) if compiled else model.model
        self.optimizers = build_optimizers(
            model, matrix_rate=schedule.matrix_rate, learning_rate=schedule.learning_rate
        )
        self.steps = self.tokens = 0
        self._draws = self._used = 0
        self.loss = float("nan")
        self._before = 0.0
        self._started = clock()

    @property
    def seconds(self) -> float:
        """Time spent training so far, earlier sittings included."""
        return self._before + self.clock() - self._started

    def run(self, checkpoint: Callable[[], None]) -> Trained:
        """Train to the end, calling `checkpoint` every few minutes and when done."""
        self._started, saved = self.clock(), self.seconds
        self.model.train()
        while self.steps < self.schedule.steps:
            for batch in self._batches()[self._used : self._used + self.schedule.steps - self.steps]:
                self._train(batch)
                self._used += 1
                if self.seconds - saved > self.schedule.checkpoint_minutes * 60:
                    saved = self.seconds
                    checkpoint()
            if self.steps < self.schedule.steps:
                self._draws, self._used = self._draws + 1, 0
        checkpoint()
        return Trained(self.steps, self.tokens, round(self.seconds, 1), round(self.loss, 4))

    def save(self, path: Path) -> None:
        """Write everything that `load` needs to go on from here, as if nothing had happened."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": (self.steps, self.tokens, self.seconds, self.loss),
            "place": (self._draws, self._used),
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.steps, self.tokens, self._before, self.loss = state["progress"]
        self._draws, self._used = state["place"]

    def _batches(self) -> Sequence[list[Row]]:
        """Return the batches of the current draw: they depend on the seed and on how many were drawn before."""
        rng = Random(f"{self.seed} {self._draws}")  # noqa: S311 - it draws training data
        schedule = self.schedule
        return draw_batches(
            rng,
            self.tokenizer,
            self.lexicon,
            mix=mix_at(self._draws),
            batch_tokens=schedule.batch_tokens,
            prose=schedule.prose,
            echoes=schedule.echoes,
        )

    def _train(self, batch: Sequence[Row]) -> None:
        schedule = self.schedule
        set_rate(self.optimizers, rate_at(self.steps, schedule.steps, schedule.warmup_steps, schedule.decay_steps))
        pad = int(self.model.config.pad_token_id or 0)
        generator = torch.Generator().manual_seed(self.seed + self.steps)
        ids, targets = collate(batch, schedule.prompt_share, pad=pad, generator=generator)
        device = self.model.device
        self.loss = train_step(self.body, self.model, ids.to(device), targets.to(device), self.optimizers)
        self.steps += 1
        self.tokens += sum(len(row.ids) for row in batch)
        if self.steps % _LOG_STEPS == 0:
            rate = self.tokens / self.seconds
            logger.info("step %d of %d: loss %.3f, %.0f tokens/s", self.steps, schedule.steps, self.loss, rate)


def train_step(
    body: Callable[..., Any],
    model: LlamaForCausalLM,
    ids: torch.Tensor,
    targets: torch.Tensor,
    optimizers: Sequence[Optimizer],
) -> float:
    """Take one step and return the loss, in nats per target token; logits are made for targets only."""
    with torch.autocast(ids.device.type, torch.bfloat16):
        hidden = body(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
        chosen = targets[:, 1:] >= 0
        logits = F.linear(hidden[chosen], model.lm_head.weight)
    loss = F.cross_entropy(logits.float(), targets[:, 1:][chosen])
    torch.autograd.backward(loss)
    step(model, optimizers)
    return float(loss.item())
