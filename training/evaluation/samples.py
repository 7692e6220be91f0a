"""What the arms write: one greedy answer each, to be read side by side."""

from collections.abc import Sequence
from typing import Any

import torch
from peft import PeftModel
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from training.chat import end_of_turn, prompt_tokens
from training.prompt import Message


@torch.no_grad()
def generate(
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Message],
    *,
    max_new_tokens: int = 200,
) -> str:
    """Return the most likely answer to `messages`, token by token, up to its end of turn."""
    prompt = prompt_tokens(tokenizer, messages)
    model.train(False)
    causal: Any = model.get_base_model() if isinstance(model, PeftModel) else model
    inputs = torch.tensor([prompt], device=causal.device)
    stops = sorted({end_of_turn(tokenizer), *_own_stops(causal)})
    config = GenerationConfig(  # type: ignore[no-untyped-call] # untyped upstream
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=stops,
        pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else stops[0],
    )
    output = causal.generate(input_ids=inputs, attention_mask=torch.ones_like(inputs), generation_config=config)
    text = tokenizer.decode(output[0, len(prompt) :], skip_special_tokens=True)
    return str(text).strip()


def _own_stops(model: PreTrainedModel) -> list[int]:
    own = model.generation_config.eos_token_id if model.generation_config else None
    return [own] if isinstance(own, int) else list(own or [])
