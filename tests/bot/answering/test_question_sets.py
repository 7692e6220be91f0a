"""Folders of questions, read or refused in one line."""

from pathlib import Path

import pytest

from bot.answering.question_sets import Answer, QuestionSetError, read_question_set

GOOD = {
    "corpus.jsonl": '{"id": "a", "question": "Where is the kettle?", "answer": "On the shelf."}\n'
    '{"id": 2, "question": "", "answer": "The oars are in the shed.", "more": [1]}\n',
    "queries.jsonl": '\n{"id": "q", "text": "kettle\u2028where"}\n{"id": "r", "text": "oars"}\n',
    "qrels.jsonl": '{"query": "q", "doc": "a", "rel": 2}\n{"query": "q", "doc": 2, "rel": 0.5}\n'
    '{"query": "r", "doc": "a", "rel": 0}\n',
}


def folder_of(folder: Path, **files: str | bytes | None) -> Path:
    """Write a good set, with some of its files exchanged or left out."""
    for name, text in ({**GOOD} | {f"{name}.jsonl": text for name, text in files.items()}).items():
        if text is not None:
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(QuestionSetError) as refused:
        read_question_set(folder)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_set_is_read_with_its_grades(tmp_path: Path) -> None:
    found = read_question_set(folder_of(tmp_path))

    assert found.corpus == {
        "a": Answer("Where is the kettle?", "On the shelf."),
        "2": Answer("", "The oars are in the shed."),
    }
    assert found.queries == {"q": "kettle\u2028where", "r": "oars"}
    assert found.relevance == {"q": {"a": 2, "2": 0.5}}


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "there is no such folder" in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["corpus", "queries", "qrels"])
def test_a_missing_or_empty_file_is_named(tmp_path: Path, name: str) -> None:
    assert f"{name}.jsonl: can't be read (No such file" in refusal(folder_of(tmp_path, **{name: None}))
    assert f"{name}.jsonl: is empty" in refusal(folder_of(tmp_path, **{name: " \n"}))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"corpus": '{"id": "a", "question": "", "answer": "x"}\n{"id"'}, "corpus.jsonl, line 2: is not JSON"),
        ({"corpus": "[" * 100_000}, "corpus.jsonl, line 1: is not JSON"),
        ({"corpus": "[1]"}, "corpus.jsonl, line 1: is no JSON object"),
        ({"corpus": '{"id": "a", "question": "x"}'}, "line 1: has no 'answer'"),
        ({"corpus": '{"id": "a", "question": "x", "answer": 3}'}, "'answer' is no text"),
        ({"corpus": '{"id": "a", "question": "x", "answer": " "}'}, "'answer' is empty"),
        ({"corpus": '{"id": null, "question": "x", "answer": "y"}'}, "'id' is None"),
        ({"queries": '{"id": "q", "text": "x"}\n{"id": "q", "text": "y"}'}, "line 2: the id 'q' is there twice"),
        ({"queries": b'{"id": "q", "text": "caf\xe9"}'}, "queries.jsonl: is not UTF-8"),
        ({"qrels": '{"query": "zz", "doc": "a", "rel": 1}'}, "line 1: queries.jsonl has no id 'zz'"),
        ({"qrels": '{"query": "q", "doc": "zz", "rel": 1}'}, "line 1: corpus.jsonl has no id 'zz'"),
        ({"qrels": '{"query": "q", "doc": "a", "rel": "very"}'}, "'rel' is 'very'; it should be a number"),
        ({"qrels": '{"query": "q", "doc": "a", "rel": NaN}'}, "'rel' is nan"),
        ({"qrels": '{"query": "q", "doc": "a", "rel": 0}'}, "no document is relevant to any question"),
    ],
)
def test_a_line_that_can_not_be_used_is_named_with_what_is_wanted(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    assert said in refusal(folder_of(tmp_path, **files))
