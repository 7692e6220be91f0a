"""The commands that train and measure from files."""

from pathlib import Path

from bot.commands.opening import open_settings
from bot.console import note, print_json, progress, refuse_unwritable, say
from bot.settings import Settings
from bot.training_config import training_config
from storage.clock import utc_now
from training.base_folder import base_folder
from training.checkpoints import refuse_unusable
from training.examples import read_usable

NAMED_LINES = 20


def train(
    data: Path | None, pairs: Path, base: str | None, out: Path, json_file: Path | None, **chosen: float | None
) -> None:
    """Train an adapter on a file. Of several processes that were started together, the first tells."""
    settings = open_settings(data, base_model=base, at_least="WARNING", **chosen)
    config = training_config(settings)
    _look_at(pairs, settings)
    refuse_unusable(out)
    refuse_unwritable(json_file)
    from training.from_files import train_from_file

    with progress("training") as tell:
        result = train_from_file(
            pairs,
            settings.base_model,
            out,
            config.lora,
            now=utc_now,
            device=config.device,
            on_progress=lambda p: tell(p.step, p.steps, f"loss {p.loss:.3f}, {p.tokens_per_s:.0f} tokens/s"),
        )
    if result is None:
        return
    if json_file is not None:
        print_json(result, json_file)
        return
    speed = f"{result['seconds']:.1f} s, {result['tokens_per_s']:.0f} tokens/s"
    say(f"{result['adapter']}: {result['steps']} steps in {speed}")
    say(f"loss in nats per answer token: training {result['train_loss']:.3f}{_validated(result['val_loss'])}")


def evaluate(
    data: Path | None,
    pairs: Path,
    base: str | None,
    adapter: Path | None,
    against: Path | None,
    json_file: Path | None,
) -> None:
    """Measure arms on a file."""
    settings = open_settings(data, base_model=base, at_least="WARNING")
    _look_at(pairs, settings)
    refuse_unwritable(json_file)
    from training.from_files import evaluate_from_file

    with progress("evaluating") as tell:
        result = evaluate_from_file(
            pairs,
            settings.base_model,
            adapter=adapter,
            against=against,
            batch_size=settings.batch_size,
            max_length=settings.max_length,
            seed=settings.seed,
            device=settings.device,
            on_progress=lambda done, total: tell(done, total, ""),
        )
    if json_file is not None:
        print_json(result, json_file)
        return
    say(f"{result['cases']} cases, loss in nats per answer token:")
    for arm, loss in result["loss"].items():
        say(f"  {arm:<10} {loss:.4f}")
    for pair, interval in result["intervals"].items():
        say(f"  {pair}: {interval['difference']:+.4f} (95%: {interval['low']:+.4f} to {interval['high']:+.4f})")


def _validated(loss: float | None) -> str:
    return "; nothing held out for validation" if loss is None else f", validation {loss:.3f}"


def _look_at(pairs: Path, settings: Settings) -> None:
    """Look at what a command is given before it spends seconds on importing torch, and name the lines it leaves out."""
    usable = read_usable(pairs)
    for line in usable.refused[:NAMED_LINES]:
        note(f"timbre: left out: {line}")
    if usable.refused:
        note(f"timbre: {len(usable.examples)} pairs can be used, {len(usable.refused)} lines can't")
    base_folder(settings.base_model)
