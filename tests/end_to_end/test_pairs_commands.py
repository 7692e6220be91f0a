"""`timbre pairs` from a shell: listing, lineage, and files out and in."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import pairs, reviews
from storage.database import Database, sqlite_url
from storage.pairs import Candidate, PairStatus
from storage.reviews import Verdict, Via
from storage.tables import AdapterRow, RunPairRow, RunRow
from storage.twins import Twin, put_twin
from storage.workspaces import register_workspace
from tests.end_to_end.commands import Timbre
from training.examples import read_examples

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def pair(number: int, *, channel_id: str = "C1") -> Candidate:
    return Candidate(
        team_id="T1",
        channel_id=channel_id,
        channel_is_private=channel_id == "C2",
        thread_ts="1700000000.000100",
        question_ts="1700000000.000100",
        answer_ts=f"170000000{number}.000200",
        question=f"Where is key {number}?",
        answer=f"In drawer {number}, call [PHONE_1].",
        asked_by="U1",
        answered_by="U2",
        permalink=f"https://harbour.slack.com/archives/{channel_id}/p{number}",
        redactions=({"kind": "phone", "placeholder": "[PHONE_1]", "count": 1},),
    )


def run(number: int, result: dict[str, object]) -> RunRow:
    return RunRow(
        id=number,
        team_id="T1",
        requested_by="U9",
        channel_id="C1",
        status="awaiting",
        attempts=1,
        progress={},
        result=result,
        created_at=NOW,
    )


@pytest.fixture
def workspace(timbre: Timbre) -> Timbre:
    """A data folder with two approved pairs, one of them private, and one that waits."""
    folder = timbre.folder / ".timbre"
    folder.mkdir()
    database = Database(sqlite_url(folder))
    database.upgrade()
    with database.writing() as session:
        register_workspace(session, team_id="T1", name="Harbour", now=NOW)
        for number, channel_id in ((1, "C1"), (2, "C2")):
            stored = pairs.add_candidate(session, pair(number, channel_id=channel_id), now=NOW)
            said = {"reviewer_id": "U9", "verdict": Verdict.APPROVE, "content_hash": stored.content_hash}
            reviews.record_review(session, stored.id, now=NOW, **said)  # type: ignore[arg-type]
            pairs.set_status(session, stored.id, PairStatus.APPROVED, now=NOW)
        reviews.record_review(
            session, 1, reviewer_id="U8", verdict=Verdict.NOMINATE, now=NOW, via=Via.CLICK, content_hash="other"
        )
        reviews.withdraw_review(session, 1, reviewer_id="U8", verdict=Verdict.NOMINATE, now=NOW, via=Via.CLICK)
        pairs.add_candidate(session, pair(3), now=NOW + timedelta(days=2))
        put_twin(session, Twin(3, 1, 0.91, disagrees=True), now=NOW)
        session.add(run(7, {"dataset_sha256": "ab" * 32}))
        session.flush()
        session.add(RunPairRow(run_id=7, pair_id=1, split="train"))
        adapter = {"team_id": "T1", "name": "voice-7", "path": "/voice", "sha256": "cd" * 32, "status": "live"}
        session.add(AdapterRow(run_id=7, created_at=NOW, **adapter))
    database.close()
    return timbre


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_pairs_are_listed_by_what_is_asked_for(workspace: Timbre) -> None:
    def ids(*options: str) -> list[int]:
        return [one["id"] for one in workspace("pairs", "list", "--json", *options).document["pairs"]]

    assert ids() == [3, 2, 1]
    assert ids("--status", "approved") == [2, 1]
    assert ids("--channel", "C2") == [2]
    assert ids("--reviewer", "U9", "--channel", "C1") == [1]
    assert ids("--since", "2026-03-03") == [3]
    assert ids("--until", "2026-03-03", "--since", "2026-03-02") == [2, 1]
    assert ids("--limit", "1", "--before", "3") == [2]
    assert "3  candidate  C1  Where is key 3?" in workspace("pairs", "list").out
    assert (
        "there is no status good; choose candidate, approved" in workspace("pairs", "list", "--status", "good").refusal
    )


def test_a_channels_name_is_refused_with_where_its_id_stands(workspace: Timbre) -> None:
    wanted = "is no channel's id: give the id, like C0123456789, which Slack shows in the channel's details"

    assert wanted in workspace("pairs", "list", "--channel", "#general").refusal
    assert wanted in workspace("pairs", "export", "--out", "pairs.jsonl", "--channel", "general").refusal
    assert not (workspace.folder / "pairs.jsonl").exists()


def test_a_pair_is_shown_with_its_lineage(workspace: Timbre) -> None:
    found = workspace("pairs", "show", "1", "--json").document
    told = workspace("pairs", "show", "1").out

    assert (found["asked_by"], found["answered_by"], found["permalink"]) == ("U1", "U2", pair(1).permalink)
    assert found["answered_at"] == "2023-11-14T22:13:21+00:00"
    assert [(one["by"], one["verdict"], one["via"], bool(one["taken_back_at"])) for one in found["reviews"]] == [
        ("U9", "approve", "reaction", False),
        ("U8", "nominate", "click", True),
    ]
    assert [one["on_these_words"] for one in found["reviews"]] == [True, False]
    assert found["replaced"] == [{"kind": "phone", "placeholder": "[PHONE_1]", "count": 1}]
    assert found["near_duplicates"] == [{"id": 3, "similarity": 0.91, "disagrees": True, "decision": None}]
    assert [(use["run"], use["split"], use["dataset_sha256"], use["adapter"]) for use in found["uses"]] == [
        (7, "train", "ab" * 32, "voice-7")
    ]
    assert "used       in run 7 (awaiting) for train, dataset abababababab, voice voice-7" in told
    assert "duplicate  of pair 3 (0.91): nobody decided" in told
    assert "answered   by U2, 2023-11-14T22:13:21+00:00" in told
    assert "review     approve by U9, reaction, 2026-03-02T09:30:00+00:00\n" in told
    assert "A: In drawer 1, call [PHONE_1]." in told
    assert "there is no pair 99" in workspace("pairs", "show", "99").refusal


def test_approved_pairs_go_out_as_chats_with_their_provenance_and_private_ones_only_on_request(
    workspace: Timbre,
) -> None:
    out, provenance = workspace.folder / "out.jsonl", workspace.folder / "out.provenance.jsonl"

    assert workspace("pairs", "export", "--out", "out.jsonl").code == 0

    assert lines(out) == [
        {
            "messages": [
                {"role": "user", "content": "Where is key 1?"},
                {"role": "assistant", "content": "In drawer 1, call [PHONE_1]."},
            ]
        }
    ]
    [origin] = lines(provenance)
    assert {name: origin[name] for name in ("id", "channel", "asked_by", "answered_by", "permalink", "reviewers")} == {
        "id": 1,
        "channel": "C1",
        "asked_by": "U1",
        "answered_by": "U2",
        "permalink": pair(1).permalink,
        "reviewers": [{"by": "U9", "verdict": "approve"}],
    }
    assert [stat.S_IMODE(file.stat().st_mode) for file in (out, provenance)] == [0o600, 0o600]
    assert [example.completion[0]["content"] for example in read_examples(out)] == [pair(1).answer]

    workspace("pairs", "export", "--out", "out.jsonl", "--include-private")
    assert [origin["id"] for origin in lines(provenance)] == [2, 1]
    assert len(lines(out)) == 2
    assert sorted(path.name for path in workspace.folder.iterdir()) == [".timbre", "out.jsonl", "out.provenance.jsonl"]


def test_an_export_that_cannot_be_written_leaves_nothing_behind(workspace: Timbre) -> None:
    (workspace.folder / "file").write_text("in the way")

    assert "can't be written" in workspace("pairs", "export", "--out", "file/out.jsonl").refusal
    assert ".timbre is a folder" in workspace("pairs", "export", "--out", ".timbre").refusal
    assert sorted(path.name for path in workspace.folder.iterdir()) == [".timbre", "file"]


def test_a_file_of_pairs_goes_into_the_queue_once_redacted(workspace: Timbre) -> None:
    question, answer = {"role": "user", "content": "Who helps?"}, {"role": "assistant", "content": "Ask a@example.org."}
    system = {"role": "system", "content": "Be brief."}
    rows: list[object] = [
        {"messages": [question, answer]},
        {"prompt": [system, {"role": "user", "content": "When?"}], "completion": [answer]},
        {"messages": [question, answer, {"role": "user", "content": "And then?"}, answer]},
        {"messages": [{"role": "user", "content": " "}, answer]},
        {"messages": [question]},
        {"messages": [{**question, "content": "Where is key 1?"}, {**answer, "content": pair(1).answer}]},
    ]
    file = workspace.folder / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{\n")

    first, second = (workspace("pairs", "import", "pairs.jsonl", "--json") for _ in range(2))

    found = json.loads(first.out)
    assert (first.code, found["proposed"], found["already_known"], found["without_system"]) == (2, 2, 1, 1)
    assert found["refused"] == [
        "pairs.jsonl:3: has several turns; a pair is one question and one answer",
        "pairs.jsonl:4: the question is empty",
        'pairs.jsonl:5: "messages" must end with the assistant\'s answer, not with user',
        "pairs.jsonl:7: not valid JSON (Expecting property name enclosed in double quotes at column 2)",
    ]
    assert "timbre: pairs.jsonl:3: has several turns" in first.err
    assert (json.loads(second.out)["proposed"], json.loads(second.out)["already_known"]) == (0, 3)
    listed = workspace("pairs", "list", "--channel", "file", "--json").document["pairs"]
    assert [(one["question"], one["answer"], one["status"], one["origin"]) for one in listed] == [
        ("When?", "Ask [EMAIL_1].", "candidate", "file"),
        ("Who helps?", "Ask [EMAIL_1].", "candidate", "file"),
    ]


def test_what_was_exported_can_be_taken_in_elsewhere(workspace: Timbre) -> None:
    workspace("pairs", "export", "--out", "out.jsonl", "--include-private")

    assert "0 pairs proposed for review, 2 known before" in workspace("pairs", "import", "out.jsonl").out
    assert "2 pairs proposed for review, 0 known" in workspace("pairs", "import", "out.jsonl", "--data", "other").out


def test_a_file_that_is_not_there_is_named(timbre: Timbre) -> None:
    assert "nowhere.jsonl does not exist" in timbre("pairs", "import", "nowhere.jsonl").refusal
