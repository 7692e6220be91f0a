"""Adapters beside a base model in memory: a new one to be trained, saved ones to be compared."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel

from training.checkpoints import read_manifest
from training.errors import TrainingError
from training.hyperparameters import LoraSettings
from training.models import Base


class BaseChanged(TrainingError):  # noqa: N818 - the name says what is the case
    """The adapter was trained on another base model, or on another revision of it."""


def add_adapter(base: Base, settings: LoraSettings) -> PeftModel:
    """Return `base.model` with an adapter, which changes nothing yet, on all its linear layers but the last."""
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.lora_alpha,  # type: ignore[arg-type] # it is only ever divided by the rank
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    with _peft_warnings_ignored():
        model = get_peft_model(base.model, config, autocast_adapter_dtype=False)
    if not isinstance(model, PeftModel):
        raise TypeError(f"peft made a {type(model).__name__}, not a PeftModel")
    return model


def attach_adapter(base: Base, model: PreTrainedModel | PeftModel, folder: Path, name: str) -> PeftModel:
    """Return `model`, which is `base.model` or what an earlier call returned, with a saved adapter beside it as `name`.

    Raises AdapterIncomplete for files that are missing or changed, BaseChanged for an adapter of another base.
    """
    origin = read_manifest(folder).origin
    if origin.base_revision != base.revision:
        raise BaseChanged(
            f"{folder} was trained on {origin.base_model} at revision {origin.base_revision}, and {base.name} is at "
            f"{base.revision}: train it again on this base"
        )
    with _peft_warnings_ignored():
        if isinstance(model, PeftModel):
            model.load_adapter(str(folder), name, autocast_adapter_dtype=False)
        else:
            model = PeftModel.from_pretrained(model, str(folder), adapter_name=name, autocast_adapter_dtype=False)
    model.train(False)
    return model


@contextmanager
def using(model: PreTrainedModel | PeftModel, adapter: str | None) -> Iterator[None]:
    """Let `model` answer with `adapter`, or as the base alone for None. Raises ValueError for an unknown name."""
    if not isinstance(model, PeftModel):
        if adapter is not None:
            raise ValueError(f"the model has no adapter called {adapter}")
        yield
    elif adapter is None:
        with model.disable_adapter():
            yield
    else:
        model.set_adapter(adapter, inference_mode=True)
        yield


def detach_adapters(model: PreTrainedModel | PeftModel) -> None:
    """Take all adapters out of the base model that `model` is or wraps; its weights are those it was loaded with."""
    if isinstance(model, PeftModel):
        model.unload()


@contextmanager
def _peft_warnings_ignored() -> Iterator[None]:
    with warnings.catch_warnings():
        # peft 0.21 asks transformers for a property under the name it had before 5.20.
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
        yield
