"""The commands that run until they are told to stop, and the tour."""

from pathlib import Path
from urllib.parse import urlsplit

from bot.commands.opening import open_database, open_settings, start_logging
from bot.console import note, print_json, refuse_unwritable
from bot.settings import Settings, load_settings
from bot.training_config import training_config
from training.base_folder import base_folder
from training.worker import stop_on_signals, work


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
        device=settings.device,
        on_ready=lambda url: note(f"models are served at {url}/v1"),
    )


def worker(data: Path | None) -> None:
    """Work on training runs until SIGTERM or Ctrl-C."""
    settings = open_settings(data)
    open_database(settings).close()
    work(training_config(settings), stop=stop_on_signals())


def playground(data_file: Path | None, port: int, host: str, allow_remote: bool) -> None:
    """Run the playground until SIGTERM or Ctrl-C; without a file it forgets everything when it stops."""
    from bot.playground.server import run

    start_logging(load_settings())
    if data_file is not None and data_file.is_dir():
        data_file /= "playground.db"
    run(
        host,
        port,
        data_file,
        allow_remote=allow_remote,
        on_ready=lambda url: note(f"the playground is at {url}"),
    )


def _demo_settings(data: Path | None) -> Settings:
    """Return the settings with a data folder of the demo's own, where none was named: it is not for real workspaces."""
    settings = load_settings(data=data)
    chosen = settings.data if "data" in settings.model_fields_set else settings.data / "demo"
    return open_settings(chosen, at_least="WARNING")
