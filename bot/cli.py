"""The `timbre` command. Each command is a line into `bot.commands`, imported when it is called: help stays quick."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_answers import answers_app
from bot.cli_audit import audit_app
from bot.cli_options import Data, JsonFlag, call
from bot.cli_pairs import pairs_app
from bot.cli_runs import runs_app
from bot.cli_sources import sources_app
from bot.console import note, say

app = typer.Typer(
    name="timbre",
    help="A self-hosted Slack bot that learns a team's voice: facts come from retrieval, voice comes from the weights.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
database = typer.Typer(help="Look after the database.", no_args_is_help=True)
app.add_typer(database, name="db")
index = typer.Typer(help="Look after the vector index, which follows the database.", no_args_is_help=True)
app.add_typer(index, name="index")
app.add_typer(answers_app, name="answers")
app.add_typer(pairs_app, name="pairs")
app.add_typer(sources_app, name="sources")
app.add_typer(runs_app, name="runs")
app.add_typer(audit_app, name="audit")

PagePort = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the page.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Print one JSON document, and write it to this file (- for none).")
]
Base = Annotated[str | None, typer.Option("--base", help="Base model: a folder or hub id (TIMBRE_BASE_MODEL).")]
Pairs = Annotated[
    Path,
    typer.Option(
        "--pairs",
        help='JSON lines, each with "messages", or with a "prompt" and a "completion", all lists of chat messages.',
    ),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # only this option pays for it

        say(f"timbre {version('timbre')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Take what stands before a command."""


@app.command()
def demo(
    port: PagePort = 8090,
    data: Data = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Don't open the page.")] = False,
) -> None:
    """Run the whole loop offline, on a small company's made-up workspace, in a browser page."""
    call("demo", data=data, port=port, browser=not no_browser)


@app.command()
def tour(json: JsonFile = None, data: Data = None) -> None:
    """Walk the whole loop without a browser; succeeds only when every step held."""
    call("tour", data=data, json_file=json)


@app.command()
def bot(data: Data = None) -> None:
    """Run the Slack bot."""
    call("bot", data=data)


@app.command()
def serve(data: Data = None, base: Base = None) -> None:
    """Run the model server: chat, embeddings and adapters, at TIMBRE_MODELS_URL."""
    call("serve", data=data, base=base)


@app.command()
def worker(data: Data = None) -> None:
    """Run the worker that trains voices."""
    call("worker", data=data)


@app.command()
def playground(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8090,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    allow_remote: Annotated[bool, typer.Option("--allow-remote", help="Listen beyond this machine.")] = False,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Keep everything in this file (default: in memory).")
    ] = None,
) -> None:
    """Run a Slack on this machine to try a bot with."""
    call("playground", data_file=data, port=port, host=host, allow_remote=allow_remote)


@app.command()
def ask(question: str, json: JsonFlag = False, data: Data = None) -> None:
    """Ask what everybody in the workspace may know."""
    call("ask", data=data, question=question, as_json=json)


@app.command()
def ingest(
    named: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH|URL…", help="Markdown, HTML, PDF, Word or text files, folders of them, web pages."
        ),
    ],
    json: JsonFlag = False,
    data: Data = None,
) -> None:
    """Add documents to answer from; again, to bring them up to date."""
    call("ingest", data=data, named=named, as_json=json)


@app.command("import")
def import_(
    export: Annotated[Path, typer.Argument(metavar="EXPORT.zip", help="The zip that Slack made.")],
    channel: Annotated[list[str] | None, typer.Option("--channel", help="Only this channel; may be repeated.")] = None,
    knowledge: Annotated[bool, typer.Option("--knowledge", help="Answer from the conversations, too.")] = False,
    json: JsonFlag = False,
    data: Data = None,
) -> None:
    """Propose the answers in a Slack export to the reviewers; again, to add what is new."""
    call("import_slack", data=data, export=export, channels=channel or [], knowledge=knowledge, as_json=json)


@app.command()
def advise(
    prompting: Annotated[
        bool, typer.Option("--prompting/--no-prompting", help="Measure how far prompting alone gets.")
    ] = True,
    json: JsonFlag = False,
    data: Data = None,
) -> None:
    """Say whether there is enough to learn a voice from, and whether prompting does it already."""
    call("advise", data=data, as_json=json, prompting=prompting)


@app.command()
def train(
    pairs: Pairs,
    out: Annotated[Path, typer.Option("--out", help="New folder for the adapter.")],
    base: Base = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the pairs (TIMBRE_EPOCHS; by default 6).")] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Pairs in one optimizer step (TIMBRE_BATCH_SIZE; by default 8).")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option(help="Longest pair, in tokens (TIMBRE_MAX_LENGTH; by default 768).")
    ] = None,
    rank: Annotated[int | None, typer.Option(help="Rank of the LoRA (TIMBRE_RANK; by default 16).")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak learning rate (TIMBRE_LEARNING_RATE; by default 0.001).")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random choice (TIMBRE_SEED; by default 0).")] = None,
    json: JsonFile = None,
    data: Data = None,
) -> None:
    """Train an adapter on a file of pairs."""
    chosen = {
        "epochs": epochs,
        "batch_size": batch_size,
        "max_length": max_length,
        "rank": rank,
        "learning_rate": learning_rate,
        "seed": seed,
    }
    call("train", data=data, pairs=pairs, base=base, out=out, json_file=json, **chosen)


@app.command()
def evaluate(
    pairs: Pairs,
    base: Base = None,
    adapter: Annotated[Path | None, typer.Option(help="Adapter to measure.")] = None,
    against: Annotated[Path | None, typer.Option(help="Another adapter to compare it with.")] = None,
    json: JsonFile = None,
    data: Data = None,
) -> None:
    """Measure how well a base model and adapters foresee the answers in a file of pairs."""
    call("evaluate", data=data, pairs=pairs, base=base, adapter=adapter, against=against, json_file=json)


@app.command()
def retrieval_report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with corpus.jsonl, queries.jsonl and qrels.jsonl.")
    ],
    json: JsonFile = None,
    data: Data = None,
) -> None:
    """Measure how well retrieval finds the answers to a folder of questions."""
    call("retrieval_report", data=data, folder=folder, json_file=json)


@database.command()
def upgrade(data: Data = None) -> None:
    """Bring the database's tables to this version."""
    call("upgrade", data=data)


@index.command()
def check(json: JsonFlag = False, data: Data = None) -> None:
    """Say how the index differs from the database: exit code 0 when it does not, 1 when it does."""
    call("index_check", data=data, as_json=json)


@index.command()
def rebuild(data: Data = None) -> None:
    """Make the index anew from the database, or have the bot that runs do it."""
    call("index_rebuild", data=data)


@app.command()
def doctor(data: Data = None) -> None:
    """Check settings, database, index, models and Slack, and say how to mend what is wrong."""
    call("doctor", data=data)


def main() -> None:
    """Run the command line. What went wrong in a way we foresaw is one line and exit code 2, not a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as err:
        # Our own exceptions carry a message that says what to do; any other is a bug, and its traceback is wanted.
        if type(err).__module__.partition(".")[0] not in ("bot", "training", "storage"):
            raise
        note(f"timbre: {err}")
        sys.exit(2)


if __name__ == "__main__":
    main()
