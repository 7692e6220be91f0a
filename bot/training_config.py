"""What the settings mean for training."""

import os

from bot.settings import Settings
from training.config import TrainingConfig
from training.hyperparameters import LoraSettings


def training_config(settings: Settings) -> TrainingConfig:
    """Return what a worker is told."""
    return TrainingConfig(
        data_folder=settings.data,
        database_url=settings.database,
        base_model=settings.base_model,
        house_style=settings.house_style_summary(),
        min_pairs=settings.min_pairs,
        lora=LoraSettings(
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            max_length=settings.max_length,
            rank=settings.rank,
            learning_rate=settings.learning_rate,
            seed=settings.seed,
        ),
        ballot_days=settings.ballot_days,
        device=settings.device,
        processes=settings.training_processes,
        # A core is left for answering: the bot must acknowledge in time while a run uses the same machine.
        threads=max(1, (os.cpu_count() or 2) - 1),
    )
