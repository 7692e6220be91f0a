"""Held-out loss: how surprised a model is by answers that people approved and it has not seen."""

from collections.abc import Callable, Sequence

import torch
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from training.adapters import using
from training.batches import Batch, by_length, collate
from training.chat import encode_all
from training.evaluation.arms import ArmLoss, CaseLoss
from training.examples import Example
from training.likelihood import token_losses

DEFAULT_MAX_LENGTH = 1024


def held_out_loss(
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[Example],
    *,
    adapter: str | None = None,
    batch_size: int = 8,
    max_length: int = DEFAULT_MAX_LENGTH,
    on_progress: Callable[[int], None] = lambda _: None,
) -> ArmLoss:
    """Return the loss of `model` on `examples`, with `adapter` if one is named and without any otherwise.

    `on_progress` is told after each batch how many cases are done. Raises ValueError when there are no examples.
    """
    if not examples:
        raise ValueError("there are no held-out examples to evaluate on")
    with using(model, adapter):
        return _measure(model, tokenizer, examples, batch_size, max_length, on_progress)


@torch.no_grad()
def _measure(
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[Example],
    batch_size: int,
    max_length: int,
    on_progress: Callable[[int], None],
) -> ArmLoss:
    model.train(False)
    window = getattr(model.config, "max_position_embeddings", None) or max_length
    encoded = encode_all(tokenizer, examples, max_length=min(max_length, window))
    measured: dict[int, CaseLoss] = {}
    # Batched by length, reported in the order given: an index, because ids may repeat.
    order = {id(case): index for index, case in enumerate(encoded)}
    for cases in by_length(encoded, batch_size=batch_size):
        batch = collate(cases, pad_id=tokenizer.pad_token_id or 0, device=model.device)
        for case, loss in zip(cases, _means(model, batch), strict=True):
            measured[order[id(case)]] = CaseLoss(case.id, loss, case.target_tokens)
        on_progress(len(measured))
    return ArmLoss(tuple(measured[index] for index in range(len(encoded))))


def _means(model: PreTrainedModel | PeftModel, batch: Batch) -> list[float]:
    """Return the mean loss of each row."""
    losses = token_losses(model, batch).double().cpu()
    rows = batch.rows.cpu()
    counts = torch.bincount(rows)
    sums = torch.zeros(len(batch.ids), dtype=torch.float64).index_add_(0, rows, losses)
    means: list[float] = (sums / counts).tolist()
    return means
