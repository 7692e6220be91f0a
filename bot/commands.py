"""What the commands of the command line do. Models are imported by those that need them, never by the bot."""

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.console import note, print_json, progress, refuse_unwritable, say
from bot.settings import Settings, load_settings
from storage.database import Database
from storage.knowledge import count_chunks
from storage.workspaces import UNCLAIMED, workspaces
from training.base_folder import base_folder
from training.checkpoints import refuse_unusable
from training.config import TrainingConfig
from training.examples import read_examples
from training.hyperparameters import LoraSettings
from training.worker import stop_on_signals, work

OURS = ("bot", "training", "storage")
# At WARNING these tell of every job that outlasts its interval, and of requests that are tried again.
CHATTY = ("apscheduler", "httpx", "openai", "sentence_transformers")
NOTHING_KNOWN = (
    "Nothing has been ingested or approved yet: add documents with `timbre ingest FOLDER`, "
    "or have reviewers approve answers in Slack."
)


class CommandError(ValueError):
    """A command can't do what was asked; the message says what to do."""


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def open_settings(data: Path | None, *, at_least: str = "DEBUG", **overrides: object) -> Settings:
    """Read the settings, make the data folder, and start logging; a command may want less logged than is set."""
    settings = load_settings(data=data, **overrides)
    level = max(settings.log_level, at_least, key=logging.getLevelNamesMapping().__getitem__)
    settings = settings.model_copy(update={"log_level": level})
    settings.make_data_folder()
    # Libraries only warn: below that they log every statement and request, and what people wrote with them.
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for ours in OURS:
        logging.getLogger(ours).setLevel(settings.log_level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.ERROR)
    # It also raises what it logs as an error, and that is told once.
    logging.getLogger("slack_sdk.web").setLevel(logging.CRITICAL)
    return settings


def demo(data: Path | None, port: int, browser: bool) -> None:
    """Run the demo until Ctrl-C."""
    from bot.demo.show import show

    show(_demo_settings(data), port=port, browser=browser)


def tour(data: Path | None, json_file: Path | None) -> None:
    """Run the tour; exit 1 when a step failed."""
    from bot.demo.tour import Tour

    refuse_unwritable(json_file)
    result = Tour(_demo_settings(data), tell=note).run()
    if json_file is not None:
        print_json(result, json_file)
    if not all(step["ok"] for step in result["steps"]):
        raise SystemExit(1)


def bot(data: Path | None) -> None:
    """Run the bot until SIGTERM or Ctrl-C."""
    settings = open_settings(data)
    from bot.bootstrap import Bot

    Bot(settings).run(stop_on_signals())


def serve(data: Path | None, base: str | None) -> None:
    """Run the model server until SIGTERM or Ctrl-C."""
    settings = open_settings(data, base_model=base)
    base_folder(settings.base_model)  # before torch is imported, which takes seconds
    from training.serving.server import serve as serve_models

    address = urlsplit(settings.models_url)
    embedder = None if settings.embedding_model == "all-MiniLM-L6-v2" else settings.embedding_model
    serve_models(
        settings.base_model,
        embedder=embedder,
        host=address.hostname or "127.0.0.1",
        port=address.port or 80,
        served_name=settings.base_model_name,
        on_ready=lambda url: note(f"models are served at {url}/v1"),
    )


def worker(data: Path | None) -> None:
    """Work on training runs until SIGTERM or Ctrl-C."""
    settings = open_settings(data)
    _upgraded(settings).close()
    work(training_config(settings), stop=stop_on_signals())


def playground(data: Path | None, port: int, host: str, allow_remote: bool) -> None:
    """Run the playground until SIGTERM or Ctrl-C."""
    from bot.playground.server import run

    settings = open_settings(data)
    run(
        host,
        port,
        settings.data / "playground.db",
        allow_remote=allow_remote,
        on_ready=lambda url: note(f"the playground is at {url}"),
    )


def ask(data: Path | None, question: str, as_json: bool) -> None:
    """Answer one question on standard output."""
    if not question.strip():
        raise CommandError('the question is empty: ask one, like `timbre ask "How much leave do we get?"`')
    from bot.answering.answerer import Answered
    from bot.answering.asking import ask_once
    from bot.processes import model_server

    settings = open_settings(data, at_least="WARNING")
    with model_server(settings) as settings:
        database = _upgraded(settings)
        try:
            team_id = team_of(database)
            known = _passages(database, team_id)
            answered = (
                ask_once(settings, database, question, team_id=team_id) if known else Answered(NOTHING_KNOWN, "", (), 0)
            )
        finally:
            database.close()
    if as_json:
        sources = [
            {"number": s.number, "title": s.title, "permalink": s.permalink, "is_cited": s.is_cited}
            for s in answered.sources
        ]
        print_json({"text": answered.text, "model": answered.model, "sources": sources, "ms": answered.latency_ms})
        return
    say(answered.text)
    for source in answered.sources:
        say(f"  [{source.number}] {source.title}")


def ingest(data: Path | None, paths: Iterable[Path], as_json: bool) -> None:
    """Store documents, for the bot to index when it runs; exit 2 when a file was refused, after storing the others."""
    from bot.answering.ingesting import ingest as store
    from bot.answering.ingesting import read_documents, remove_gone

    settings = open_settings(data)
    database = _upgraded(settings)
    team_id, paths = team_of(database), list(paths)
    reading = read_documents(paths, team_id=team_id)
    with progress("ingesting") as tell:
        done = store(database, reading.documents, now=utc_now, on_progress=tell)
    removed, refused = remove_gone(database, paths, team_id=team_id, now=utc_now), len(reading.refused)
    database.close()
    if as_json:
        print_json({**asdict(done), "removed": removed, "refused": refused})
    else:
        counts = f"{done.changed} documents new or changed, {done.unchanged} as before, {removed} removed"
        say(f"{counts}, {refused} files refused, {done.passages} passages.")
    for line in reading.refused:
        note(f"timbre: {line}")
    if refused:
        raise SystemExit(2)


def train(
    data: Path | None, pairs: Path, base: str | None, out: Path, json_file: Path | None, **chosen: float | None
) -> None:
    """Train an adapter on a file."""
    settings = open_settings(data, base_model=base, at_least="WARNING", **chosen)
    config = training_config(settings)
    _refuse_missing(pairs, settings)
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
            on_progress=lambda p: tell(p.step, p.steps, f"loss {p.loss:.3f}, {p.tokens_per_s:.0f} tokens/s"),
        )
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
    _refuse_missing(pairs, settings)
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


def upgrade(data: Path | None) -> None:
    """Upgrade the database."""
    settings = open_settings(data)
    database = _upgraded(settings)
    say(f"{database.safe_url} is up to date")
    database.close()


def doctor(data: Path | None) -> None:
    """Check everything; exit 1 when something has to be mended."""
    from bot.doctor import examine

    findings = examine(open_settings(data, at_least="ERROR"))
    for finding in findings:
        say(f"{'ok  ' if finding.ok else 'MEND'} {finding.what}: {finding.found}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)


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
        # A core is left for answering: the bot must acknowledge in time while a run uses the same machine.
        threads=max(1, (os.cpu_count() or 2) - 1),
    )


def team_of(database: Database) -> str:
    """Return the workspace a command is about: the only one there is, or, before the bot first connected, none yet."""
    with database.reading() as session:
        known = workspaces(session)
    if len(known) > 1:
        raise CommandError(f"this data folder serves several workspaces ({', '.join(known)}); give each its own --data")
    return next(iter(known), UNCLAIMED)


def _demo_settings(data: Path | None) -> Settings:
    """Return the settings with a data folder of the demo's own, where none was named: it is not for real workspaces."""
    settings = load_settings(data=data)
    chosen = settings.data if "data" in settings.model_fields_set else settings.data / "demo"
    return open_settings(chosen, at_least="WARNING")


def _passages(database: Database, team_id: str) -> int:
    with database.reading() as session:
        return count_chunks(session, team_id=team_id)[0]


def _validated(loss: float | None) -> str:
    return "; validation: too few pairs to hold any out" if loss is None else f", validation {loss:.3f}"


def _refuse_missing(pairs: Path, settings: Settings) -> None:
    """Look at what a command is given before it spends seconds on importing torch."""
    read_examples(pairs)
    base_folder(settings.base_model)


def _upgraded(settings: Settings) -> Database:
    database = Database(settings.database)
    database.upgrade()
    return database


COMMANDS: dict[str, Callable[..., None]] = {
    command.__name__: command
    for command in (demo, tour, bot, serve, worker, playground, ask, ingest, train, evaluate, upgrade, doctor)
}
