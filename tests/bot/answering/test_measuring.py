"""Retrieval measured by what the bot runs."""

import pytest

from bot.answering.measuring import measure_retrieval
from bot.answering.question_sets import Answer, QuestionSet
from bot.settings import Settings

CORPUS = {
    "kettle": Answer("Where is the kettle?", "On the top shelf of the kitchen."),
    "oars": Answer("Where are the oars?", "They lie in the long shed by the river."),
    "wage": Answer("When is the wage paid?", "On the last working day of each month."),
    "bare": Answer("", "Varnish dries for three days before the second coat."),
}
QUERIES = {"q1": "where is the kettle kept", "q2": "how long does varnish dry", "q3": "which day is payday", "q4": "?"}


def test_each_arm_and_the_fusion_are_measured(settings: Settings) -> None:
    questions = QuestionSet(
        CORPUS, QUERIES, {"q1": {"kettle": 1}, "q2": {"bare": 2}, "q3": {"kettle": 1}, "q4": {"oars": 1}}
    )
    told: list[tuple[int, int]] = []

    report = measure_retrieval(questions, settings, on_progress=lambda done, total, _: told.append((done, total)))

    assert list(report) == ["arms", "queries", "documents"]
    assert list(report["arms"]) == ["dense", "lexical", "fusion"]
    assert all(list(figures) == ["hit@1", "hit@5", "mrr@10", "ndcg@10"] for figures in report["arms"].values())
    assert (report["queries"], report["documents"]) == (4, 4)
    # All four documents are among the nearest five; words find none for "?", and for "payday" only the day.
    assert report["arms"]["dense"]["hit@5"] == 1
    assert report["arms"]["lexical"]["hit@1"] == 0.5
    assert report["arms"]["fusion"]["hit@1"] == pytest.approx(0.5, abs=0.25)
    assert told[0] == (4, 8)
    assert told[-1] == (8, 8)


def test_measuring_leaves_the_data_folder_as_it_is(settings: Settings) -> None:
    before = sorted(settings.data.rglob("*"))

    measure_retrieval(QuestionSet(CORPUS, QUERIES, {"q1": {"kettle": 1}}), settings, on_progress=lambda *_: None)

    assert sorted(settings.data.rglob("*")) == before
