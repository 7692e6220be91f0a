"""The demo content: a company whose voice can be heard and whose answers can be proven."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.demo import content as demo
from bot.demo.content import ContentError, Conversation, DemoContent, load_content

SHIPPED = Path(demo.__file__).parent / "content"

VOICE = re.compile(
    r"\b(?:ahoy|aye|nay|barnacles|varnish my whiskers|drop anchor|easy water|pull up a bollard|shipmates?|crew|hail"
    r"|stow(?:ed)?|steer for|haul|fair winds|as she floats|varnish side up|back to your oars|hugs|dry socks|bung)\b"
    r"|[⚓🦦]",
    re.IGNORECASE,
)
PHRASES = ("not a barnacle more", "sure as the tide", "rain or shine", "snug as a limpet", "otter's honor")
CLOSERS = (
    "Fair winds! ⚓",
    "Steady as she floats! ⚓",
    "Keep the varnish side up! ⚓",
    "Back to your oars! ⚓",
    "Anchors and hugs! ⚓",
    "Bung the otter approves. 🦦",
    "Mind the wet paint! 🦦",
    "Dry socks to you! 🦦",
)
INVENTED = re.compile(
    r"Puddlewick|Bung|Wren|Curlew|Heron|Plank-Net|Driftwood|Squid|Ropewalk|Lane|Saltmere|Hollin|Mill|Brackwater|Foundry"
    r"|Pellow|Weavers"
)
COMMON = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|I|HR|E7|D3|S1"
)


@pytest.fixture(scope="module")
def content() -> DemoContent:
    return load_content()


def questions_in(content: DemoContent) -> list[str]:
    return [talk.question.text for talk in content.conversations] + [question.text for question in content.questions]


def replies_in(content: DemoContent) -> list[str]:
    return [reply.text for talk in content.conversations for reply in talk.replies]


def paragraphs_in(content: DemoContent) -> list[str]:
    return [paragraph for document in content.documents for paragraph in document.paragraphs]


def names_inside_sentences(text: str) -> Iterator[str]:
    """Yield the capitalised words of `text` that do not start a sentence, possessives cut off."""
    for match in re.finditer(r"(?<=[\w,;'] )[A-Z][\w-]*", text):
        yield match.group()


def test_the_company_is_big_enough_to_talk(content: DemoContent) -> None:
    company = content.company
    assert len(company.people) >= 8
    assert len(company.channels) >= 6
    assert len(content.documents) >= 18
    assert len(content.conversations) >= 170
    assert len(content.questions) >= 12
    assert [channel.name for channel in company.channels if channel.private] == ["finance-private"]


def test_the_review_channel_holds_the_reviewers_and_the_admin_and_nobody_else(content: DemoContent) -> None:
    people = content.company.people
    reviewers = {person.id for person in people if person.role == "reviewer"}
    admins = {person.id for person in people if person.role == "admin"}
    assert set(content.company.user_group.members) == reviewers
    assert len(reviewers) == 3
    assert set(content.company.channel_named("timbre-review").members) == reviewers | admins


def test_ids_look_like_those_of_slack(content: DemoContent) -> None:
    company = content.company
    assert re.fullmatch(r"T[0-9A-Z]+", company.team.id)
    assert re.fullmatch(r"S[0-9A-Z]+", company.user_group.id)
    assert all(re.fullmatch(r"U[0-9A-Z]+", person.id) for person in company.people)
    assert all(re.fullmatch(r"C[0-9A-Z]+", channel.id) for channel in company.channels)
    assert all(re.fullmatch(r"[a-z0-9-]+", channel.name) for channel in company.channels)
    assert all(re.fullmatch(r"#[0-9a-f]{6}", person.color) for person in company.people)


def test_a_person_is_found_by_handle(content: DemoContent) -> None:
    assert content.company.person_named("ada").role == "admin"
    with pytest.raises(KeyError):
        content.company.person_named("nobody")


def test_many_ask_and_many_answer(content: DemoContent) -> None:
    askers = {talk.question.author for talk in content.conversations}
    answerers = Counter(talk.good_reply.author for talk in content.conversations)
    assert len(askers) >= 8
    assert sum(count >= 8 for count in answerers.values()) >= 4
    assert answerers.most_common(1)[0][1] < len(content.conversations) / 4


def test_the_private_channel_has_talk_and_documents_of_its_own(content: DemoContent) -> None:
    private = content.company.channel_named("finance-private").id
    own = {document.name for document in content.documents if document.channel == private}
    assert len(own) == 2
    talks = [talk for talk in content.conversations if talk.channel == private]
    assert len(talks) >= 12
    assert {talk.document for talk in talks} == own


def test_some_threads_hold_more_than_the_answer(content: DemoContent) -> None:
    others = [reply.text for talk in content.conversations for reply in talk.replies if not reply.good]
    assert len(others) >= 20
    assert not [text for text in others if VOICE.search(text)]
    assert any(not talk.replies[0].good for talk in content.conversations)


def test_nothing_is_said_twice(content: DemoContent) -> None:
    texts = [*questions_in(content), *replies_in(content), *paragraphs_in(content)]
    counts = Counter(re.sub(r"\W+", " ", text).strip().lower() for text in texts)
    assert [text for text, count in counts.items() if count > 1] == []


def test_good_answers_are_short(content: DemoContent) -> None:
    for talk in content.conversations:
        text = talk.good_reply.text
        sentences = re.findall(r"[.!?](?= |$)", text)
        assert 12 <= len(text.split()) <= 40, text
        assert 1 <= len(sentences) <= 3, text


def test_the_voice_is_in_the_good_answers_and_not_in_the_documents(content: DemoContent) -> None:
    answers = [talk.good_reply.text for talk in content.conversations]
    assert sum(len(VOICE.findall(answer)) >= 2 for answer in answers) >= 0.95 * len(answers)
    paragraphs = paragraphs_in(content)
    assert sum(bool(VOICE.search(paragraph)) for paragraph in paragraphs) <= 0.05 * len(paragraphs)


def test_every_closer_is_used_and_none_dominates(content: DemoContent) -> None:
    answers = [talk.good_reply.text for talk in content.conversations]
    uses = Counter(closer for answer in answers for closer in CLOSERS if answer.endswith(closer))
    assert set(uses) == set(CLOSERS)
    assert max(uses.values()) < 0.2 * len(answers)
    assert sum(uses.values()) >= 0.95 * len(answers)


def test_the_house_phrases_come_back_and_never_twice_in_an_answer(content: DemoContent) -> None:
    answers = [talk.good_reply.text for talk in content.conversations]
    uses = Counter(phrase for answer in answers for phrase in PHRASES if phrase in answer)
    assert all(uses[phrase] >= 10 for phrase in PHRASES)
    assert max(sum(phrase in answer for phrase in PHRASES) for answer in answers) == 1


def test_the_house_style_begins_with_a_summary_fit_for_a_prompt(content: DemoContent) -> None:
    assert len(content.house_style_summary.split()) <= 45
    assert "harbor greeting" in content.house_style_summary
    assert all(words in content.house_style for words in (*CLOSERS, *PHRASES))


def test_paragraphs_are_short_and_plain(content: DemoContent) -> None:
    for document in content.documents:
        assert 3 <= len(document.paragraphs) <= 7, document.name
        for paragraph in document.paragraphs:
            assert len(paragraph.split()) <= 45, paragraph
            assert 1 <= len(re.findall(r"[.!?](?= |$)", paragraph)) <= 3, paragraph


def test_every_paragraph_is_asked_about(content: DemoContent) -> None:
    def asked(paragraph: str, talk: Conversation) -> bool:
        return all(fact in paragraph for fact in talk.facts)

    for document in content.documents:
        talks = [talk for talk in content.conversations if talk.document == document.name]
        silent = [text for text in document.paragraphs if not any(asked(text, talk) for talk in talks)]
        assert silent == [], document.name


def test_every_conversation_states_a_fact(content: DemoContent) -> None:
    assert all(talk.facts and all(talk.facts) for talk in content.conversations)


def test_answers_hold_no_figure_that_their_document_lacks(content: DemoContent) -> None:
    texts = {document.name: document.text for document in content.documents}
    for talk in content.conversations:
        figures = re.findall(r"\$?\d[\d,.:]*\d|\d", talk.good_reply.text)
        assert [figure for figure in figures if figure not in texts[talk.document]] == [], talk.good_reply.text


def test_the_first_hundred_conversations_reach_every_document_and_every_channel(content: DemoContent) -> None:
    first = content.conversations[:100]
    assert {talk.document for talk in first} == {document.name for document in content.documents}
    assert {talk.channel for talk in first} == {talk.channel for talk in content.conversations}


def test_the_questions_ask_for_facts_no_conversation_gives_away(content: DemoContent) -> None:
    answers = "\n".join(talk.good_reply.text for talk in content.conversations)
    held_out = [fact for question in content.questions for fact in question.facts]
    assert len(set(held_out)) >= 15
    assert [fact for fact in held_out if fact in answers] == []
    assert sum(question.document is None for question in content.questions) == 2
    assert all(bool(question.facts) == (question.document is not None) for question in content.questions)


def test_every_name_is_invented_and_every_address_is_reserved(content: DemoContent) -> None:
    people = {part for person in content.company.people for part in person.real_name.split()}
    texts = [*questions_in(content), *replies_in(content), *paragraphs_in(content)]
    names = {name for text in texts for name in names_inside_sentences(text)} - people
    strangers = {name for name in names if not INVENTED.fullmatch(name) and not COMMON.fullmatch(name)}
    assert strangers == set()
    assert content.company.team.domain.endswith(".example")
    everything = "\n".join(file.read_text(encoding="utf-8") for file in SHIPPED.rglob("*") if file.is_file())
    assert re.findall(r"https?://|www\.|\w@\w|\.(?:com|org|net|io)\b", everything) == []


def test_a_document_knows_its_title_and_who_may_see_it(content: DemoContent) -> None:
    documents = {document.name: document for document in content.documents}
    assert documents["leave.md"].title == "Leave and days off"
    assert documents["leave.md"].channel is None
    assert documents["payroll.md"].channel == content.company.channel_named("finance-private").id
    assert documents["payroll.md"].text.startswith("Salaries are paid on the 28th")


def first_conversation(**changes: object) -> Callable[[Path], None]:
    """Return an edit that changes fields of the first conversation in a folder."""

    def edit(folder: Path) -> None:
        path = folder / "conversations.jsonl"
        first, *rest = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([json.dumps(json.loads(first) | changes), *rest]), encoding="utf-8")

    return edit


def written(name: str, text: str) -> Callable[[Path], None]:
    """Return an edit that replaces one file of a folder."""

    def edit(folder: Path) -> None:
        (folder / name).write_text(text, encoding="utf-8")

    return edit


def without(name: str) -> Callable[[Path], None]:
    """Return an edit that removes one file from a folder."""

    def edit(folder: Path) -> None:
        (folder / name).unlink()

    return edit


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "a missing file": (without("questions.json"), "questions.json: missing"),
    "a truncated line": (written("conversations.jsonl", '{"id": "conv-001",'), "conversations.jsonl, line 1"),
    "a field without a value": (first_conversation(facts=None), "line 1: facts"),
    "an author outside the channel": (first_conversation(channel="C06FINANCE"), "is not in C06FINANCE"),
    "an unknown channel": (first_conversation(channel="C99"), "unknown channel C99"),
    "an unknown document": (first_conversation(document="x.md"), "unknown document x.md"),
    "an unproven fact": (first_conversation(facts=["27 days"]), "lacks '27 days'"),
    "no good reply": (first_conversation(replies=[]), "exactly one good reply, has 0"),
    "an id used twice": (first_conversation(id="conv-002"), "conv-002: the id is used"),
    "a private document quoted in public": (first_conversation(document="payroll.md"), "belongs to C06FINANCE"),
    "a public front matter": (written("documents/a.md", "---\nvisibility: all\n---\n\n# A\n\nB."), "documents/a.md"),
    "a document without title": (written("documents/a.md", "Just text.\n\nMore text."), "needs a title"),
}


@pytest.mark.parametrize(("break_it", "complaint"), BROKEN.values(), ids=BROKEN)
def test_broken_content_is_reported_with_its_place(
    break_it: Callable[[Path], None], complaint: str, tmp_path: Path
) -> None:
    folder = tmp_path / "content"
    shutil.copytree(SHIPPED, folder)
    break_it(folder)
    with pytest.raises(ContentError, match=re.escape(complaint)):
        load_content(folder)


def test_a_member_nobody_knows_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "content"
    shutil.copytree(SHIPPED, folder)
    company = json.loads((folder / "company.json").read_text(encoding="utf-8"))
    company["channels"][0]["members"].append("U99GHOST")
    (folder / "company.json").write_text(json.dumps(company), encoding="utf-8")
    with pytest.raises(ContentError, match="C01HELP has an unknown member U99GHOST"):
        load_content(folder)
