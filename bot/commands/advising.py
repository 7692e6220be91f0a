"""The command that says whether training is worth it."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.commands.opening import open_database, open_settings, team_of
from bot.console import note, print_json, progress, say
from bot.training_config import training_config
from storage.database import Database
from training.base_folder import base_folder
from training.config import TrainingConfig
from training.dataset import make_dataset, usable_pairs
from training.readiness import lines, readiness

ENOUGH = 0.9
"""Where prompting brings this share of what the last voice brought, a voice adds little."""


def advise(data: Path | None, as_json: bool, prompting: bool) -> None:
    """Say what is known of the pairs, and how far prompting alone brings the base model."""
    settings = open_settings(data, at_least="WARNING")
    config = training_config(settings)
    database = open_database(settings)
    try:
        team_id = team_of(database)
        with database.reading() as session:
            found = readiness(session, config, team_id=team_id)
        measured = _measure(database, config, team_id) if prompting and found.detectable is not None else None
    finally:
        database.close()
    if as_json:
        print_json({**asdict(found), "cautions": found.cautions, "prompting": measured})
        return
    for line in filter(None, [*lines(found), *_prompting_lines(measured)]):
        say(line)


def _measure(database: Database, config: TrainingConfig, team_id: str) -> dict[str, Any] | None:
    """Return the losses without and with worked examples in the prompt."""
    base_folder(config.base_model)  # before torch is imported, which takes seconds
    from training.few_shot import measure_prompting
    from training.models import load_base

    with database.reading() as session:
        split = make_dataset(usable_pairs(session, team_id=team_id), config).split
    try:
        with progress("asking the base model") as tell:
            measured = measure_prompting(
                load_base(config.base_model, device=config.device),
                split.train,
                split.test,
                max_length=config.lora.max_length,
                on_progress=lambda done, total: tell(done, total, ""),
            )
    except ValueError as err:
        note(f"timbre: prompting is not measured: {err}")
        return None
    return asdict(measured)


def _prompting_lines(measured: dict[str, Any] | None) -> list[str]:
    if measured is None:
        return []
    base, few = measured["base"], measured["few_shot"]
    brings = f"bring the base model from {base:.2f} to {few:.2f} nats per token on {measured['cases']} held-out answers"
    bar = "That is the bar: a voice that is not below it adds nothing to prompting."
    if measured["difference"]["high"] >= 0:
        bar = "So prompting does not do it; a voice has to."
    return [f"{measured['shots']} approved answers in the prompt {brings}. {bar}"]
