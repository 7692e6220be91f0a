"""`timbre` from a shell: what it prints, and how it ends when it can't do as asked."""

import json
import re
import shutil
import socket
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from bot.cli import app
from bot.console import OutputError, print_json
from bot.settings import Settings
from storage.vectors import VectorIndex
from tests.bot.knowledge.making import pdf
from tests.bot.knowledge.web import Page, Web
from tests.end_to_end.commands import Timbre
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground

COMMANDS = (
    "demo tour bot serve worker playground ask ingest sources import pairs runs advise train evaluate "
    "retrieval-report index db doctor"
)
NOWHERE = "http://127.0.0.1:9/v1"
HELP_SECONDS = 0.5
MOORING = "# Mooring\n\nVisitors moor at the east pier for 12 crowns a night.\n"


@pytest.fixture(scope="module")
def models() -> Iterator[FakeModelServer]:
    with FakeModelServer() as server:
        yield server


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def pairs_file(path: Path, *, count: int = 12) -> Path:
    """Write pairs, and return the file."""
    rows = [
        {
            "prompt": [{"role": "user", "content": f"What does berth {number} cost?"}],
            "completion": [{"role": "assistant", "content": f"Ahoy, berth {number} be {number} crowns!"}],
        }
        for number in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_help_names_every_command_in_half_a_second(timbre: Timbre) -> None:
    runs = [timbre("--help") for _ in range(3)]

    assert {run.code for run in runs} == {0}
    for command in COMMANDS.split():
        assert re.search(rf"\b{command}\b", runs[0].out), command
    assert median(run.cpu_seconds for run in runs) < HELP_SECONDS
    assert list(timbre.folder.iterdir()) == []


def test_the_version_is_the_installed_packages(timbre: Timbre) -> None:
    finished = timbre("--version")

    assert (finished.code, finished.out) == (0, f"timbre {version('timbre')}\n")


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_help_says_what_a_line_of_pairs_holds(timbre: Timbre, command: str) -> None:
    said = " ".join(re.sub(r"[│|]", " ", timbre(command, "--help").out).split())

    assert 'each with "messages", or with a "prompt" and a "completion", all lists of chat messages.' in said


def test_help_on_training_names_the_settings_and_their_defaults() -> None:
    top = get_command(app)
    assert isinstance(top, TyperGroup)
    helps = {parameter.name: getattr(parameter, "help", "") for parameter in top.commands["train"].params}

    for name in ("epochs", "batch_size", "max_length", "rank", "learning_rate", "seed"):
        default = Settings.model_fields[name].default
        assert f"(TIMBRE_{name.upper()}; by default {default})" in helps[name]


def every_command() -> dict[str, Any]:
    """Return the commands by their names, such as `db upgrade`."""
    top = get_command(app)
    assert isinstance(top, TyperGroup)
    found: dict[str, Any] = {}
    for name, command in top.commands.items():
        below = command.commands if isinstance(command, TyperGroup) else {"": command}
        found |= {f"{name} {sub}".strip(): one for sub, one in below.items()}
    return found


def test_no_help_is_taken_for_markup() -> None:
    for command in every_command().values():
        assert not re.search(r"\[[a-z]", " ".join(str(getattr(p, "help", "")) for p in command.params))


def test_every_command_takes_a_data_folder() -> None:
    for name, command in every_command().items():
        assert any("--data" in parameter.opts for parameter in command.params), name


def test_the_demo_says_that_its_port_is_taken(timbre: Timbre, taken_port: int) -> None:
    refusal = timbre("demo", "--no-browser", "--port", str(taken_port)).refusal

    assert f"port {taken_port} is taken" in refusal
    assert "--port" in refusal


def test_the_demo_keeps_to_a_folder_of_its_own_unless_one_is_named(timbre: Timbre, taken_port: int) -> None:
    demo = ("demo", "--no-browser", "--port", str(taken_port))
    for settings, option in (({}, ()), ({"data": "set"}, ()), ({}, ("--data", "given"))):
        timbre(*demo, *option, **settings)

    assert sorted(str(path.relative_to(timbre.folder)) for path in timbre.folder.rglob("*")) == [
        ".timbre",
        ".timbre/demo",
        "given",
        "set",
    ]


@pytest.mark.parametrize("port", ["0", "70000"])
def test_the_demo_refuses_a_port_that_no_page_can_be_opened_at(timbre: Timbre, port: str) -> None:
    finished = timbre("demo", "--no-browser", "--port", port)

    assert finished.code == 2
    assert "--port" in finished.err
    assert "should be" in finished.err
    assert "Traceback" not in finished.err


@pytest.mark.parametrize("where", ["file", "file/below", "/proc/timbre"])
def test_the_demo_says_that_its_data_folder_cannot_be_written(timbre: Timbre, where: str) -> None:
    # Not by permissions: root, which containers run as, may write anywhere.
    (timbre.folder / "file").write_text("in the way")

    refusal = timbre("demo", "--no-browser", "--data", where).refusal

    assert where in refusal
    assert "--data" in refusal


@pytest.mark.parametrize("command", [("demo", "--no-browser"), ("tour",), ("serve",), ("ask", "Why?")])
def test_a_missing_base_model_is_told_before_anything_is_started(timbre: Timbre, command: tuple[str, ...]) -> None:
    refusal = timbre(*command, base_model="/nowhere", models_url=NOWHERE).refusal

    assert "/nowhere" in refusal
    assert "TIMBRE_BASE_MODEL" in refusal
    assert list(timbre.folder.rglob("logs")) == []


@pytest.mark.parametrize(
    ("last_line", "wanted"),
    [
        ('{"prompt": [', "pairs.jsonl:13: not valid JSON"),
        ('{"prompt": []}', 'pairs.jsonl:13: "prompt" must be a list of chat messages'),
        (None, "pairs.jsonl holds no pairs"),
    ],
    ids=["cut off", "wrong shape", "empty"],
)
def test_a_pairs_file_that_cannot_be_used_is_named_with_the_line(
    timbre: Timbre, last_line: str | None, wanted: str
) -> None:
    pairs = timbre.folder / "pairs.jsonl"
    pairs.write_text("\n" * 12 + (last_line or ""))

    assert wanted in timbre("train", "--pairs", pairs, "--out", "voice").refusal
    assert wanted in timbre("evaluate", "--pairs", pairs).refusal
    assert not (timbre.folder / "voice").exists()


def test_a_pairs_file_or_base_model_that_is_not_there_is_named(timbre: Timbre) -> None:
    pairs = pairs_file(timbre.folder / "pairs.jsonl")

    assert "other.jsonl does not exist" in timbre("train", "--pairs", "other.jsonl", "--out", "voice").refusal
    assert "/nowhere" in timbre("evaluate", "--pairs", pairs, "--base", "/nowhere").refusal


@pytest.mark.parametrize("where", ["file/below.json", ".", "/proc/timbre/found.json"])
def test_a_result_that_cannot_be_written_is_told_before_the_work(timbre: Timbre, where: str) -> None:
    pairs = pairs_file(timbre.folder / "pairs.jsonl")
    (timbre.folder / "file").write_text("in the way")

    refusals = [
        timbre("evaluate", "--pairs", pairs, "--json", where).refusal,
        timbre("train", "--pairs", pairs, "--out", "voice", "--json", where).refusal,
        timbre("tour", "--json", where, "--data", "data").refusal,
    ]

    assert all(refusal.startswith(f"{where} can't be written") and "--json" in refusal for refusal in refusals)
    assert not list(timbre.folder.rglob("voice")) + list(timbre.folder.rglob("logs"))


@pytest.mark.parametrize("where", ["file/below", "/proc/timbre/voice"])
def test_a_folder_that_no_adapter_can_be_written_to_is_told_before_training(timbre: Timbre, where: str) -> None:
    pairs = pairs_file(timbre.folder / "pairs.jsonl")
    (timbre.folder / "file").write_text("in the way")

    finished = timbre("train", "--pairs", pairs, "--out", where)

    assert f"{where} can't be made" in finished.refusal


def test_a_result_is_printed_even_where_it_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OutputError, match="can't be written"):
        print_json({"a": 1}, tmp_path)

    assert json.loads(capsys.readouterr().out) == {"a": 1}


def test_wrong_settings_say_their_name_what_they_got_and_what_they_want(timbre: Timbre) -> None:
    assert "TIMBRE_RANK: got '0'; it should be" in timbre("worker", rank=0).refusal
    assert "did you mean TIMBRE_RANK?" in timbre("worker", rnak=8).refusal


@pytest.mark.parametrize("command", [("doctor",), ("ask", "Why?"), ("tour",), ("demo", "--no-browser")])
def test_a_command_that_logs_little_refuses_a_wrong_log_level_too(timbre: Timbre, command: tuple[str, ...]) -> None:
    assert "TIMBRE_LOG_LEVEL: got 'loud'" in timbre(*command, log_level="loud").refusal


def test_a_setting_in_the_file_env_counts(timbre: Timbre) -> None:
    (timbre.folder / ".env").write_text("TIMBRE_PASSAGES=many\n")

    assert "TIMBRE_PASSAGES: got 'many'" in timbre("bot").refusal


def test_the_bot_says_which_token_is_missing(timbre: Timbre) -> None:
    assert "TIMBRE_SLACK_APP_TOKEN is not set" in timbre("bot", slack_bot_token="xoxb-1").refusal


def test_the_bot_says_that_slack_cannot_be_reached_or_refuses_its_token(timbre: Timbre) -> None:
    tokens = {"slack_bot_token": "xoxb-wrong", "slack_app_token": "xapp-wrong"}

    assert "Slack can't be reached" in timbre("bot", **tokens, slack_api_url="http://127.0.0.1:9/api/").refusal
    with RunningPlayground() as slack:
        assert "Slack refused TIMBRE_SLACK_BOT_TOKEN" in timbre("bot", **tokens, slack_api_url=slack.api_url).refusal


def test_a_second_bot_on_one_index_is_refused(timbre: Timbre) -> None:
    index = VectorIndex(timbre.folder / ".timbre" / "index", embedder="all-MiniLM-L6-v2")
    try:
        with RunningPlayground() as slack:
            slack.control("seed", team={"name": "Harbour"})
            tokens = {"slack_bot_token": "xoxb-playground", "slack_app_token": "xapp-playground"}
            refusal = timbre("bot", **tokens, slack_api_url=slack.api_url, models_url=NOWHERE).refusal
    finally:
        index.close()

    assert "open in another process; stop the other bot first" in refusal


def test_the_index_is_compared_with_the_database_and_made_anew(timbre: Timbre, models: FakeModelServer) -> None:
    (timbre.folder / "mooring.md").write_text(MOORING)
    timbre("ingest", "mooring.md")

    before = timbre("index", "check", models_url=models.url)
    rebuilt = timbre("index", "rebuild", models_url=models.url)
    after = timbre("index", "check", models_url=models.url)
    shutil.rmtree(timbre.folder / ".timbre" / "index")
    lost = timbre("index", "check", "--json", models_url=models.url)

    assert (before.code, before.out.splitlines()) == (
        0,
        [
            "1 passage waits to be embedded or let go of: the bot does that as soon as it runs.",
            "Nothing else differs from the 1 passages in the database.",
        ],
    )
    assert (rebuilt.code, rebuilt.out) == (0, "The index holds the 1 passages of the database, made anew.\n")
    assert (after.code, after.out) == (0, "The index holds the 1 passages of the database as they are.\n")
    assert lost.code == 1
    assert json.loads(lost.out) == {"passages": 1, "missing": 1, "extra": 0, "stale": 0, "waiting": 0}


@pytest.mark.parametrize(
    "words",
    [
        ("index", "check"),
        ("index", "rebuild"),
        ("answers", "export", "--out", "answers.jsonl"),
        ("pairs", "list"),
        ("sources", "list"),
        ("runs", "list"),
    ],
)
def test_what_looks_into_a_folder_makes_none_where_its_name_is_mistyped(timbre: Timbre, words: tuple[str, ...]) -> None:
    refusal = timbre(*words, "--data", "timber").refusal

    assert refusal == "nothing is kept in timber yet: name the folder that the bot runs with by --data or TIMBRE_DATA"
    assert not (timbre.folder / "timber").exists()


def test_beside_a_running_bot_the_index_is_made_anew_by_it(timbre: Timbre, models: FakeModelServer) -> None:
    (timbre.folder / "mooring.md").write_text(MOORING)
    timbre("ingest", "mooring.md")
    timbre("index", "rebuild", models_url=models.url)
    index = VectorIndex(timbre.folder / ".timbre" / "index", embedder="all-MiniLM-L6-v2")
    try:
        before = timbre("index", "check").refusal
        rebuilt = timbre("index", "rebuild", models_url=models.url)
        after = timbre("index", "check").refusal
    finally:
        index.close()

    assert "the bot that runs has the index open" in before
    assert "(0 of 1 passages wait to be embedded)" in before
    assert (rebuilt.code, "embeds the 1 passages anew" in rebuilt.out) == (0, True)
    assert "(1 of 1 passages wait to be embedded)" in after


def test_a_retrieval_report_is_a_table_or_a_document(timbre: Timbre, models: FakeModelServer) -> None:
    rows = {
        "corpus": {"id": "a", "question": "Where is the kettle?", "answer": "On the shelf."},
        "queries": {"id": "q", "text": "where is the kettle"},
        "qrels": {"query": "q", "doc": "a", "rel": 1},
    }
    for name, row in rows.items():
        (timbre.folder / f"{name}.jsonl").write_text(json.dumps(row))
    best = dict.fromkeys(("hit@1", "hit@5", "mrr@10", "ndcg@10"), 1.0)

    report = timbre("retrieval-report", ".", "--json", "out/report.json", models_url=models.url).document
    shown = timbre("retrieval-report", ".", models_url=models.url)

    assert report == {"arms": dict.fromkeys(("dense", "lexical", "fusion"), best), "queries": 1, "documents": 1}
    assert json.loads((timbre.folder / "out" / "report.json").read_text()) == report
    assert shown.out.splitlines()[-2:] == [
        "fusion      1.000    1.000    1.000    1.000",
        "1 questions, 1 documents",
    ]
    (timbre.folder / "qrels.jsonl").unlink()
    assert "qrels.jsonl: can't be read" in timbre("retrieval-report", ".").refusal
    assert "nowhere: there is no such folder" in timbre("retrieval-report", "nowhere").refusal


def test_a_server_says_that_its_port_is_taken(timbre: Timbre, taken_port: int) -> None:
    assert f"ort {taken_port} is taken" in timbre("playground", "--port", str(taken_port)).refusal


def test_ingesting_twice_changes_nothing(timbre: Timbre) -> None:
    (timbre.folder / "docs").mkdir()
    (timbre.folder / "docs" / "mooring.md").write_text(MOORING)
    (timbre.folder / "docs" / "mooring.png").write_bytes(b"\x89PNG")

    first, second = timbre("ingest", "docs", "--json"), timbre("ingest", "docs", "--json")

    assert first.document == {"changed": 1, "unchanged": 0, "passages": 1, "removed": 0, "refused": 0}
    assert second.document == {"changed": 0, "unchanged": 1, "passages": 1, "removed": 0, "refused": 0}
    assert "timbre: passed over 1 of other kinds than .md, .txt, .html, .pdf, .docx: 1 .png" in second.err


def test_ingesting_a_folder_again_stores_what_it_can_and_removes_what_is_gone(timbre: Timbre) -> None:
    docs = timbre.folder / "docs"
    docs.mkdir()
    (docs / "mooring.md").write_text(MOORING)
    timbre("ingest", "docs")
    (docs / "mooring.md").rename(docs / "piers.md")
    (docs / "latin.txt").write_bytes(b"caf\xe9")

    finished = timbre("ingest", "docs", "--json")

    assert finished.code == 2
    assert json.loads(finished.out) == {"changed": 1, "unchanged": 0, "passages": 1, "removed": 1, "refused": 1}
    assert "timbre: docs/latin.txt: is not UTF-8" in finished.err


def test_ingesting_what_cannot_be_read_names_the_file(timbre: Timbre) -> None:
    (timbre.folder / "photo.png").write_bytes(b"\x89PNG")
    (timbre.folder / "latin.txt").write_bytes(b"caf\xe9")

    assert "nowhere.md: there is no such file" in timbre("ingest", "nowhere.md").refusal
    assert "photo.png: only files ending in" in timbre("ingest", "photo.png").refusal
    assert "latin.txt: is not UTF-8" in timbre("ingest", "latin.txt").refusal


def test_sources_are_listed_and_removed(timbre: Timbre) -> None:
    docs = timbre.folder / "docs"
    docs.mkdir()
    (docs / "mooring.html").write_text("<title>Mooring</title><p>At the east pier.</p>")
    (docs / "fees.pdf").write_bytes(pdf(["12 crowns a night."], title="Fees"))
    timbre("ingest", "docs")

    listed = timbre("sources", "list", "--json").document["sources"]
    assert [(Path(one["source"]).name, one["title"], one["passages"]) for one in listed] == [
        ("fees.pdf", "Fees", 1),
        ("mooring.html", "Mooring", 1),
    ]
    assert timbre("sources", "remove", "docs/fees.pdf", "--json").document == {"removed": 1}
    assert "nothing was ingested from there" in timbre("sources", "remove", "docs/fees.pdf").refusal
    assert timbre("sources", "remove", "docs", "--json").document == {"removed": 1}
    assert timbre("sources", "list", "--json").document == {"sources": []}


def test_a_url_into_the_own_network_is_fetched_only_where_that_is_set(timbre: Timbre) -> None:
    with Web() as web:
        web.pages["/"] = Page(b"<title>Mooring</title><p>At the east pier.</p>")

        assert "TIMBRE_ALLOW_PRIVATE_URLS=true" in timbre("ingest", web.url("/")).refusal
        assert timbre("ingest", web.url("/"), "--json", allow_private_urls="true").document["changed"] == 1


def test_a_question_is_answered_beside_a_running_model_server_and_bot(timbre: Timbre, models: FakeModelServer) -> None:
    (timbre.folder / "mooring.md").write_text(MOORING)
    timbre("ingest", "mooring.md")
    question = ("ask", "What do visitors pay to moor at the east pier?", "--json")

    alone = timbre(*question, models_url=models.url).document
    index = VectorIndex(timbre.folder / ".timbre" / "index", embedder="all-MiniLM-L6-v2")
    try:
        beside_a_bot = timbre(*question, models_url=models.url).document
    finally:
        index.close()

    assert "12 crowns" in alone["text"]
    assert alone["model"] == "base"
    assert [source["title"] for source in alone["sources"]] == ["Mooring"]
    assert {**beside_a_bot, "ms": 0} == {**alone, "ms": 0}


def test_a_question_is_answered_with_no_server_running(timbre: Timbre) -> None:
    (timbre.folder / "mooring.md").write_text(MOORING)
    timbre("ingest", "mooring.md")

    asked = ("ask", "What do visitors pay to moor at the east pier?", "--json")
    answer = timbre(*asked, models_url=NOWHERE, max_answer_tokens=16).document

    assert answer["model"] == "base"
    assert answer["text"]
    assert [source["title"] for source in answer["sources"]] == ["Mooring"]


def test_a_question_before_anything_is_known_says_what_to_do(timbre: Timbre, models: FakeModelServer) -> None:
    plain = timbre("ask", "What do visitors pay?", models_url=models.url)
    document = timbre("ask", "What do visitors pay?", "--json", models_url=models.url).document

    assert plain.code == 0
    assert plain.out.startswith("Nothing has been ingested or approved yet: add documents with `timbre ingest")
    assert (document["text"], document["sources"]) == (plain.out.strip(), [])


@pytest.mark.parametrize("question", ["", "  \n"])
def test_an_empty_question_is_refused(timbre: Timbre, question: str) -> None:
    assert timbre("ask", question).refusal.startswith("the question is empty")


def test_a_voice_is_trained_and_measured_from_files(timbre: Timbre, small_base: Path) -> None:
    pairs = pairs_file(timbre.folder / "pairs.jsonl", count=24)

    given = ("--pairs", pairs, "--base", small_base)
    trained = timbre("train", *given, "--out", "voice", "--epochs", "2", "--rank", "4", "--json", "train.json")
    measured = timbre("evaluate", *given, "--adapter", "voice", "--json", "-")

    assert trained.document == json.loads((timbre.folder / "train.json").read_text())
    numbers = ("seconds", "total_seconds", "tokens_per_s", "examples_per_s", "train_loss", "val_loss")
    assert all(trained.document[name] > 0 for name in numbers)
    assert trained.document["adapter"] == "voice"
    assert measured.document["cases"] == 24
    assert measured.document["loss"]["adapter"] < measured.document["loss"]["base"]
    assert not (timbre.folder / "-").exists()
    assert "exists" in timbre("train", *given, "--out", "voice").refusal


def test_a_voice_is_trained_from_one_pair_and_nothing_is_held_out(timbre: Timbre, small_base: Path) -> None:
    pairs = pairs_file(timbre.folder / "pairs.jsonl", count=1)

    with (timbre.folder / pairs).open("a") as file:
        file.write('{"messages": []}\n')
    finished = timbre("train", "--pairs", pairs, "--base", small_base, "--out", "voice", "--epochs", "1")

    assert finished.code == 0, finished.err
    assert "nothing held out for validation" in finished.out
    assert 'left out: pairs.jsonl:2: "messages" must be a list of chat messages, got nothing' in finished.err
    assert "1 pairs can be used, 1 lines can't" in finished.err


def test_the_database_is_brought_up_to_date(timbre: Timbre) -> None:
    finished = timbre("db", "upgrade")

    assert (finished.code, (timbre.folder / ".timbre" / "timbre.db").is_file()) == (0, True)
    assert "is up to date" in finished.out


def test_a_database_that_cannot_be_opened_is_named_without_its_password(timbre: Timbre) -> None:
    refusal = timbre("db", "upgrade", database_url="sqlite:////nowhere/timbre.db").refusal
    assert "/nowhere/timbre.db" in refusal

    refusal = timbre("db", "upgrade", database_url="postgresql+psycopg://me:s3cret@127.0.0.1:9/timbre").refusal
    assert "TIMBRE_DATABASE_URL" in refusal
    assert "s3cret" not in refusal


def test_the_doctor_says_how_to_mend_what_does_not_run(timbre: Timbre) -> None:
    finished = timbre("doctor", models_url=NOWHERE)

    assert finished.code == 1
    findings = {line[5:].partition(":")[0]: line for line in finished.out.splitlines()}
    assert findings["data folder"].startswith("ok")
    assert findings["database"].startswith("MEND")
    assert "timbre db upgrade" in findings["database"]
    assert f"can't be reached at {NOWHERE.removesuffix('/v1')}" in findings["model server"]
    assert "timbre serve" in findings["model server"]
    assert "TIMBRE_SLACK_BOT_TOKEN" in findings["Slack"]
    assert finished.err == ""


def test_the_doctor_is_content_when_everything_runs(timbre: Timbre, models: FakeModelServer) -> None:
    settings: dict[str, object] = {
        "slack_bot_token": "xoxb-playground",
        "slack_app_token": "xapp-playground",
        "models_url": models.url,
    }
    timbre("db", "upgrade")
    with RunningPlayground() as slack:
        slack.control("seed", channels=[{"name": "timbre-review", "members": ["timbre"]}])
        finished = timbre("doctor", **settings, slack_api_url=slack.api_url)

    assert finished.code == 0, finished.out
    assert "MEND" not in finished.out
