"""What makes training faster changes nothing that is learnt."""

from dataclasses import replace

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import PreTrainedModel

from tests.training.conftest import example
from training import short_attention as attention
from training.adapters import add_adapter
from training.batches import Batch, collate
from training.chat import encode_all
from training.cross_entropy import cross_entropy
from training.fused_lora import fused
from training.hyperparameters import LoraSettings
from training.likelihood import token_losses
from training.models import Base
from training.short_attention import short_attention

SETTINGS = LoraSettings(rank=4)


@pytest.fixture
def batch(tiny: Base) -> Batch:
    cases = [example(number, "Ahoy! " * (number + 1)) for number in range(4)]
    return collate(encode_all(tiny.tokenizer, cases, max_length=400), pad_id=0, device=torch.device("cpu"))


def adapted(base: Base, settings: LoraSettings = SETTINGS) -> PeftModel:
    model = add_adapter(base, settings)
    source = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1, generator=source)
    return model.train(True)


def loss_and_gradients(model: PeftModel, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    model.zero_grad()
    losses = token_losses(model, batch)
    losses.mean().backward()  # type: ignore[no-untyped-call] # untyped upstream
    gradients = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    assert len(gradients) == 2 * 7 * 2, "two matrices beside seven linear layers in two blocks"
    return losses.detach(), gradients


def test_a_fused_layer_computes_what_peft_does(tiny: Base, batch: Batch) -> None:
    model = adapted(tiny)
    expected = loss_and_gradients(model, batch)
    with fused(model):
        assert sum("forward" in vars(module) for module in model.modules()) == 14
        torch.testing.assert_close(loss_and_gradients(model, batch), expected)
    assert not any("forward" in vars(module) for module in model.modules())


def test_a_fused_layer_with_a_bias_passes_a_numerical_gradient_check() -> None:
    class Biased(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.projection = nn.Linear(5, 3, bias=True, dtype=torch.float64)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.projection(x)
            return result

    model = get_peft_model(Biased(), LoraConfig(r=2, lora_alpha=3, target_modules=["projection"]))
    assert isinstance(model, PeftModel)
    model.double()
    x = torch.randn(2, 4, 5, dtype=torch.float64, requires_grad=True, generator=torch.Generator().manual_seed(0))
    plain = model(x)
    with fused(model):
        assert any("forward" in vars(module) for module in model.modules())
        torch.testing.assert_close(model(x), plain)
        assert torch.autograd.gradcheck(model, (x,))


def test_layers_with_dropout_are_left_to_peft(tiny: Base) -> None:
    model = adapted(tiny, replace(SETTINGS, dropout=0.5))
    with fused(model):
        assert not any("forward" in vars(module) for module in model.modules())


def test_short_attention_computes_what_the_model_does(tiny: Base, batch: Batch) -> None:
    model = adapted(tiny)
    expected = loss_and_gradients(model, batch)
    with short_attention(tiny.model):
        assert tiny.model.config._attn_implementation != "sdpa"
        torch.testing.assert_close(loss_and_gradients(model, batch), expected, atol=1e-5, rtol=1e-4)
    assert tiny.model.config._attn_implementation == "sdpa"
    torch.testing.assert_close(loss_and_gradients(model, batch), expected)


@pytest.mark.parametrize("key_heads", [1, 2, 6])
def test_attention_with_shared_key_heads_passes_a_numerical_gradient_check(key_heads: int) -> None:
    source = torch.Generator().manual_seed(1)
    query, key, value = (
        torch.randn(2, heads, 5, 3, dtype=torch.float64, generator=source, requires_grad=True)
        for heads in (6, key_heads, key_heads)
    )

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return attention._attend(nn.Module(), query, key, value, None, scaling=0.7)[0]

    expected = nn.functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=0.7, enable_gqa=True
    ).transpose(1, 2)
    torch.testing.assert_close(attend(query, key, value), expected)
    assert torch.autograd.gradcheck(attend, (query, key, value))


def test_a_mask_is_obeyed(tiny: Base) -> None:
    """A padded row among others asks for a mask, which only the usual attention knows."""
    rows = torch.tensor([[7, 8, 9, 10], [7, 8, 9, 10]])
    mask = torch.tensor([[1, 1, 1, 1], [0, 0, 1, 1]])

    def logits(model: PreTrainedModel) -> Tensor:
        result: Tensor = model(input_ids=rows, attention_mask=mask).logits[:, -1]
        return result

    expected = logits(tiny.model)
    with short_attention(tiny.model):
        torch.testing.assert_close(logits(tiny.model), expected)
    assert not torch.allclose(expected[0], expected[1])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_cross_entropy_in_pieces_is_cross_entropy(dtype: torch.dtype) -> None:
    source = torch.Generator().manual_seed(2)
    logits = (torch.randn(11, 300_000, generator=source) * 3).to(dtype).requires_grad_()
    targets = torch.randint(300_000, (11,), generator=source)
    weights = torch.rand(11, generator=source)
    losses = cross_entropy(logits, targets)
    (losses * weights).sum().backward()  # type: ignore[no-untyped-call] # untyped upstream
    gradient, logits.grad = logits.grad, None
    expected = nn.functional.cross_entropy(logits.float(), targets, reduction="none")
    (expected * weights).sum().backward()  # type: ignore[no-untyped-call] # untyped upstream
    torch.testing.assert_close(losses, expected)
    torch.testing.assert_close(gradient, logits.grad)
