"""Every setting: `TIMBRE_*` in the environment or in `.env`, read and checked once."""

import difflib
import os
import re
import tempfile
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage.database import sqlite_url
from training.starter import STARTER

PREFIX = "TIMBRE_"
ENV_FILE = ".env"


class SettingsError(ValueError):
    """A setting is wrong; the message names it, what it got and what it wants."""


class Settings(BaseSettings):
    """What an operator can set. README's table holds these descriptions; a test compares the two."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        # `TIMBRE_HOUSE_STYLE=` in a copied .env is a setting left out, not the folder it would otherwise name.
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
    )

    data: Path = Field(Path(".timbre"), description="folder for everything Timbre writes")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in the data folder")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")

    slack_bot_token: SecretStr = Field(SecretStr(""), description="the app's bot token, `xoxb-…`")
    slack_app_token: SecretStr = Field(SecretStr(""), description="the app-level token for Socket Mode, `xapp-…`")
    slack_api_url: str = Field("https://slack.com/api/", description="Slack's Web API, or a playground's")

    review_channel: str = Field("timbre-review", min_length=1, description="where reports are posted and decided")
    reviewers: str = Field("reviewers", description="handle of the Slack user group whose ✅ approves")
    admins: str = Field("", description="user ids of admins, separated by commas, beside the workspace's own")
    approve_emoji: str = Field("white_check_mark", min_length=1, description="reactions that approve an answer")
    reject_emoji: str = Field("x", min_length=1, description="reactions that reject an answer")
    approvals_needed: int = Field(1, ge=1, le=10, description="reviewers who must approve an answer")
    phone_region: str = Field("US", description="country whose phone numbers are recognised without +, as two letters")

    allow_private_urls: bool = Field(False, description="whether `timbre ingest` may fetch from private addresses")

    models_url: str = Field("http://127.0.0.1:8765/v1", description="OpenAI-compatible server for chat and embeddings")
    models_api_key: SecretStr = Field(SecretStr("none"), description="its key, if it wants one")
    base_model: str = Field(str(STARTER), description="hub id or folder of the base model; the starter model ships")
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="where models compute: `cpu`, `cuda`, `cuda:1`; `auto` is a GPU where there is one",
    )
    base_model_name: str = Field("base", min_length=1, description="the base model's name at `models_url`")
    embedding_model: str = Field(
        "all-MiniLM-L6-v2", min_length=1, description="the embedder's name where texts are embedded"
    )
    embedding_url: str = Field("", description="OpenAI-compatible server for embeddings; empty: `models_url`")
    embedding_api_key: SecretStr = Field(SecretStr(""), description="its key, if it wants one")

    answer_model: str = Field(
        "voice", min_length=1, description="who answers: `voice`, the one in use, or a model's name at `models_url`"
    )
    answer_examples: int = Field(
        4, ge=0, le=50, description="approved answers shown as examples to a model that is not the voice"
    )

    house_style: Path | None = Field(None, description="Markdown file that says how the team writes")
    passages: int = Field(3, ge=1, le=20, description="passages put before the model for one answer")
    min_similarity: float = Field(0.4, ge=0, le=1, description="below this the best passage is no answer")
    max_answer_tokens: int = Field(160, ge=16, le=8192, description="longest answer, in tokens")
    reverify_days: float = Field(
        180, gt=0, le=36500, description="days after which an approved answer is asked about again"
    )
    history_tokens: int = Field(600, ge=0, description="what was said in a thread before, at most, in tokens")
    model_timeout_s: float = Field(60, gt=0, description="seconds to wait for a model, and for each next word of it")
    answer_timeout_s: float = Field(280, gt=0, description="seconds to wait for a whole answer")

    min_pairs: int = Field(50, ge=10, description="approved pairs needed before training")
    epochs: int = Field(6, ge=1, le=100, description="passes over the pairs")
    batch_size: int = Field(8, ge=1, le=1024, description="pairs in one optimizer step")
    max_length: int = Field(768, ge=32, description="longest prompt and answer together, in tokens")
    rank: int = Field(16, ge=1, le=512, description="rank of the LoRA")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="peak learning rate")
    training_processes: int = Field(
        1, ge=1, description="processes that learn a voice together: as many as there are GPUs"
    )
    seed: int = Field(0, ge=0, description="seed of every random choice in training")
    voice_deciders: Literal["reviewers", "admins"] = Field(
        "reviewers", description="who decides about a new voice: `reviewers` or `admins`"
    )
    voice_approvals_needed: int = Field(1, ge=1, le=10, description="people who must approve a new voice")
    ballot_days: float = Field(7, gt=0, description="days until an undecided comparison expires")

    @field_validator("slack_api_url", "models_url", "embedding_url")
    @classmethod
    def _is_http(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.field_name == "embedding_url":
            return value
        if not value.startswith(("http://", "https://")):
            raise ValueError("should start with http:// or https://")
        if not _has_host_and_port(value):
            raise ValueError("should name a host, and where it names a port, one from 1 to 65535")
        return value

    @field_validator("approve_emoji", "reject_emoji")
    @classmethod
    def _are_emoji(cls, value: str, info: ValidationInfo) -> str:
        names = emoji_names(value)
        if not names:
            raise ValueError("should name an emoji, like white_check_mark")
        if info.field_name == "reject_emoji" and names & emoji_names(info.data.get("approve_emoji", "")):
            raise ValueError(f"should be another one than {PREFIX}APPROVE_EMOJI")
        return ",".join(name.strip().strip(":") for name in value.split(",") if name.strip().strip(":"))

    @field_validator("phone_region")
    @classmethod
    def _is_country(cls, value: str) -> str:
        if not (len(value) == 2 and value.isascii() and value.isalpha()):
            raise ValueError("should be a country's two letters, like US or DE")
        return value.upper()

    @field_validator("reviewers", "review_channel")
    @classmethod
    def _is_name(cls, value: str) -> str:
        return value.lstrip("@#")

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or sqlite_url(self.data)

    def make_data_folder(self) -> None:
        """Make the data folder. Raises `SettingsError` when it can't be written."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.data):
                pass
        except OSError as err:
            raise SettingsError(
                f"the data folder {self.data} can't be written ({err.strerror}); choose another with --data"
            ) from err

    def house_style_summary(self) -> str:
        """Return the first paragraph of the house style: the part that goes into every prompt.

        Raises `SettingsError` when the file can't be read.
        """
        if self.house_style is None:
            return ""
        try:
            text = self.house_style.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as err:
            raise SettingsError(
                f"{PREFIX}HOUSE_STYLE: {self.house_style} can't be read ({err}); name a Markdown file"
            ) from err
        paragraphs = re.sub(r"^#{1,6} .*$", "\n", text, flags=re.MULTILINE).split("\n\n")
        return next((part.strip() for part in paragraphs if part.strip()), "")

    def as_environment(self) -> dict[str, str]:
        """Return the settings as environment variables, for the processes that are started from here."""
        values = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {
            f"{PREFIX}{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for name, value in values
            if value is not None
        }

    @property
    def approve_emojis(self) -> frozenset[str]:
        """The names in `approve_emoji`."""
        return emoji_names(self.approve_emoji)

    @property
    def reject_emojis(self) -> frozenset[str]:
        """The names in `reject_emoji`."""
        return emoji_names(self.reject_emoji)

    @property
    def admin_ids(self) -> frozenset[str]:
        """The user ids of `admins`."""
        return frozenset(filter(None, (name.strip() for name in self.admins.split(","))))


def emoji_names(value: str) -> frozenset[str]:
    """Return the names in a list of emoji, which may be written with colons."""
    return frozenset(filter(None, (name.strip().strip(":") for name in value.split(","))))


def load_settings(**overrides: object) -> Settings:
    """Read the settings; `overrides` that are not None win. Raises `SettingsError`, one line for each wrong one."""
    problems = _unknown_names()
    try:
        settings = Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]  # checked by pydantic
    except ValidationError as err:
        problems += (
            f"{PREFIX}{'.'.join(map(str, problem['loc'])).upper()}: got {problem['input']!r}; {_wanted(problem['msg'])}"
            for problem in err.errors(include_url=False)
        )
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _has_host_and_port(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _wanted(message: str) -> str:
    return re.sub(r"^(Input|String|Value error,) ", "it ", message)


def _unknown_names() -> list[str]:
    """Return a line for each name that is no setting's."""
    known = {name.upper() for name in Settings.model_fields}
    names = (name.upper() for name in (*os.environ, *dotenv_values(ENV_FILE)))
    given = {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}
    problems = []
    for name in sorted(given - known):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {PREFIX}{near[0]}?" if near else "; the README lists them"
        problems.append(f"{PREFIX}{name}: there is no such setting{hint}")
    return problems
