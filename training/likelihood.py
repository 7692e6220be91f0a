"""How likely a model finds answers: the one loss that training lowers and evaluation reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from peft import PeftModel
from torch import Tensor, nn
from transformers import PreTrainedModel

from training.batches import Batch
from training.cross_entropy import cross_entropy


def token_losses(model: PreTrainedModel | PeftModel, batch: Batch) -> Tensor:
    """Return (targets,) the negative log-likelihood of each answer token, nats, in float32.

    Logits are computed at answer positions only: with a large vocabulary and long prompts, the output layer would
    otherwise cost as much as the rest of the model.
    """
    causal: Any = model.get_base_model() if isinstance(model, PeftModel) else model
    with _only_at(causal.get_output_embeddings(), batch):
        logits = causal(input_ids=batch.input_ids, use_cache=False).logits
    return cross_entropy(logits, batch.targets)


@contextmanager
def _only_at(output_layer: nn.Module, batch: Batch) -> Iterator[None]:
    """Let `output_layer` see the hidden states at the batch's positions alone.

    A hook rather than a call of the inner model, so that what a model does to its logits (soft-capping, scaling) stays.
    """
    hook = output_layer.register_forward_pre_hook(lambda _, inputs: (inputs[0][batch.rows, batch.columns],))
    try:
        yield
    finally:
        hook.remove()
