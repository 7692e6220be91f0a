"""The command that measures retrieval."""

from pathlib import Path
from typing import Any

from bot.answering.question_sets import read_question_set
from bot.commands.opening import open_settings
from bot.console import note, print_json, progress, refuse_unwritable, say


def retrieval_report(data: Path | None, folder: Path, json_file: Path | None) -> None:
    """Measure each arm of retrieval, and their fusion, on a folder of questions."""
    refuse_unwritable(json_file)
    questions = read_question_set(folder)
    if unmeasured := len(questions.queries) - len(questions.relevance):
        note(f"timbre: {unmeasured} questions have no relevant document in qrels.jsonl and are left out")
    from bot.answering.measuring import measure_retrieval
    from bot.processes import model_server

    settings = open_settings(data, at_least="WARNING")
    with model_server(settings) as running, progress("measuring retrieval") as tell:
        report = measure_retrieval(questions, running, on_progress=tell)
    if json_file is not None:
        print_json(report, json_file)
        return
    for line in lines(report):
        say(line)


def lines(report: dict[str, Any]) -> list[str]:
    """Return a report as a table of text."""
    names = list(report["arms"]["fusion"])
    head = f"{'':8}" + "".join(f"{name:>9}" for name in names)
    rows = [f"{arm:8}" + "".join(f"{figures[name]:9.3f}" for name in names) for arm, figures in report["arms"].items()]
    return [head, *rows, f"{report['queries']} questions, {report['documents']} documents"]
