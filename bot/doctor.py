"""`timbre doctor`: looks at everything Timbre stands on and says how to mend what is wrong."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError

from bot.answering.model_errors import ModelUnavailableError, UnknownModelError
from bot.answering.models import Models
from bot.assembly.knowledge import models_of
from bot.connecting import StartError, check_app_token, identify, slack_client
from bot.settings import Settings, SettingsError
from bot.slack.conversations import Conversations
from bot.slack.roles import Roles
from storage.adapters import Adapter, live_voice
from storage.database import Database, DatabaseError
from storage.index_folder import IndexInUseError, marked_embedder
from storage.knowledge import count_all_chunks
from storage.vectors import VectorIndex
from storage.workspaces import workspaces
from training.base_folder import BaseModelMissing, base_folder
from training.refusals import VoiceNotLoaded
from training.voices import load_unchanged

FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what was found or how to mend it."""

    what: str
    ok: bool
    found: str


class Ailing(Exception):  # noqa: N818 (not raised to callers: the message becomes a finding)
    """Something has to be mended."""


def examine(settings: Settings) -> list[Finding]:
    """Return what was found, one finding for each thing, whatever state the others are in."""
    checks: dict[str, Callable[[Settings], str]] = {
        "data folder": _data_folder,
        "house style": _house_style,
        "database": _database,
        "index": _index,
        "base model": _base_model,
        "model server": _models,
        "embedder": _embedder,
        "Slack": _slack,
    }
    return [_finding(what, check, settings) for what, check in checks.items()]


def _finding(what: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(what, True, check(settings))
    except (
        Ailing,
        SettingsError,
        DatabaseError,
        BaseModelMissing,
        StartError,
        ModelUnavailableError,
        UnknownModelError,
        SlackApiError,
        OSError,
    ) as err:
        return Finding(what, False, str(err))


def _data_folder(settings: Settings) -> str:
    settings.make_data_folder()
    free = shutil.disk_usage(settings.data).free
    if free < FREE_BYTES:
        raise Ailing(f"{settings.data} has {free / 1e9:.1f} GB free; training and the index want at least 1 GB")
    return f"{settings.data}, {free / 1e9:.0f} GB free"


def _house_style(settings: Settings) -> str:
    summary = settings.house_style_summary()
    return f"{len(summary.split())} words in every prompt" if summary else "none; set TIMBRE_HOUSE_STYLE to add one"


def _database(settings: Settings) -> str:
    database = Database(settings.database)
    try:
        if not database.is_current():
            raise Ailing(f"{database.safe_url} is not up to date: run `timbre db upgrade`")
        return f"{database.safe_url} is up to date"
    finally:
        database.close()


def _index(settings: Settings) -> str:
    former = marked_embedder(settings.data / "index")
    changed = f"; its vectors are {former}'s, and the bot embeds everything anew with {settings.embedding_model}"
    note = changed if former not in ("", settings.embedding_model) else _waiting(settings)
    try:
        VectorIndex.check(settings.data / "index")
    except IndexInUseError:
        return f"in use by a running bot{note}"
    return f"free; a bot can open it{note}"


def _waiting(settings: Settings) -> str:
    database = Database(settings.database)
    try:
        if not database.is_current():
            return ""
        with database.reading() as session:
            passages, waiting = count_all_chunks(session)
    except DatabaseError:
        return ""  # a finding of its own
    finally:
        database.close()
    return f"; {waiting} of {passages} passages wait to be embedded" if waiting else ""


def _base_model(settings: Settings) -> str:
    folder = base_folder(settings.base_model)
    return str(folder) if folder else f"{settings.base_model}, from the hub where it is not on this machine yet"


def _models(settings: Settings) -> str:
    models = models_of(settings)
    names = models.names()
    if settings.base_model_name not in names:
        raise Ailing(
            f"{settings.models_url} has no model {settings.base_model_name!r} (it has {', '.join(names)}): "
            "set TIMBRE_BASE_MODEL_NAME"
        )
    _check_voices(settings, models)
    return f"{settings.models_url} serves {', '.join(names)}"


def _embedder(settings: Settings) -> str:
    size = len(models_of(settings).embed(["hello"])[0])
    where = settings.embedding_url or settings.models_url
    return f"{settings.embedding_model} at {where}; vectors have {size} numbers"


def _check_voices(settings: Settings, models: Models) -> None:
    for adapter in _voices_in_use(settings):
        try:
            load_unchanged(models, adapter)
        except VoiceNotLoaded as err:
            raise Ailing(
                f"{adapter.name} is in use but can't be loaded, so the base model answers: {err.reason}; "
                "`/timbre retrain` makes a new voice, `/timbre rollback base` ends this"
            ) from err


def _voices_in_use(settings: Settings) -> list[Adapter]:
    database = Database(settings.database)
    try:
        if not database.is_current():
            return []
        with database.reading() as session:
            voices = [live_voice(session, team_id=team_id) for team_id in workspaces(session)]
        return [voice.adapter for voice in voices if voice.adapter]
    except DatabaseError:
        return []  # a finding of its own
    finally:
        database.close()


def _slack(settings: Settings) -> str:
    client = slack_client(settings)
    team_name = identify(client)[1]
    check_app_token(client, settings)
    if Conversations(client).channel_id(settings.review_channel) is None:
        raise Ailing(
            f"the bot does not see #{settings.review_channel}: make the channel and invite the bot, "
            "or set TIMBRE_REVIEW_CHANNEL"
        )
    roles = Roles(client, reviewers=settings.reviewers, admin_ids=settings.admin_ids)
    reviewers = f"@{settings.reviewers}"
    if not roles.has_reviewers():
        if "reviewers" in settings.model_fields_set:
            raise Ailing(f"there is no user group {reviewers}: make it, or correct TIMBRE_REVIEWERS")
        reviewers = "admins"  # as long as nobody is named
    return f"connected to {team_name}; #{settings.review_channel} is there; {reviewers} review answers"
