"""Says where the demo content contradicts itself: who is unknown, what is quoted out of place, what is not proven."""

from collections.abc import Iterator

from bot.demo.shapes import Channel, Company, Conversation, DemoContent, Document, Question, UserGroup


def problems_in(content: DemoContent) -> Iterator[str]:
    """Yield one line for each contradiction, naming the file or the conversation it stands in."""
    yield from _company_problems(content.company)
    yield from _conversation_problems(content)
    yield from _question_problems(content)


def _company_problems(company: Company) -> Iterator[str]:
    people = {person.id for person in company.people}
    groups: tuple[UserGroup | Channel, ...] = (company.user_group, *company.channels)
    for group in groups:
        strangers = [member for member in group.members if member not in people]
        yield from (f"company.json: {group.id} has an unknown member {stranger}" for stranger in strangers)
    ids = [person.id for person in company.people] + [channel.id for channel in company.channels]
    yield from (f"company.json: the id {id_} is used twice" for id_ in sorted(set(ids)) if ids.count(id_) > 1)


def _conversation_problems(content: DemoContent) -> Iterator[str]:
    documents = {document.name: document for document in content.documents}
    ids: set[str] = set()
    for conversation in content.conversations:
        if conversation.id in ids:
            yield f"{conversation.id}: the id is used twice"
        ids.add(conversation.id)
        yield from _stranger_problems(conversation, content.company)
        yield from _answer_problems(conversation)
        yield from _proof_problems(conversation.id, conversation, documents)


def _stranger_problems(conversation: Conversation, company: Company) -> Iterator[str]:
    members = {channel.id: channel.members for channel in company.channels}.get(conversation.channel)
    if members is None:
        yield f"{conversation.id}: unknown channel {conversation.channel}"
        return
    authors = [conversation.question.author, *(reply.author for reply in conversation.replies)]
    strangers = [author for author in authors if author not in members]
    yield from (f"{conversation.id}: {stranger} is not in {conversation.channel}" for stranger in strangers)


def _answer_problems(conversation: Conversation) -> Iterator[str]:
    good = [reply for reply in conversation.replies if reply.good]
    if len(good) != 1:
        yield f"{conversation.id}: needs exactly one good reply, has {len(good)}"
        return
    if good[0].author == conversation.question.author:
        yield f"{conversation.id}: {good[0].author} answers their own question"
    missing = [fact for fact in conversation.facts if fact not in good[0].text]
    yield from (f"{conversation.id}: the good reply lacks {fact!r}" for fact in missing)


def _question_problems(content: DemoContent) -> Iterator[str]:
    channels = {channel.id for channel in content.company.channels}
    documents = {document.name: document for document in content.documents}
    for question in content.questions:
        where = f"questions.json: {question.text!r}"
        if question.channel not in channels:
            yield f"{where} is asked in an unknown channel {question.channel}"
        if question.document is not None:
            yield from _proof_problems(where, question, documents)


def _proof_problems(where: str, asked: Conversation | Question, documents: dict[str, Document]) -> Iterator[str]:
    """Say why the document that `asked` names can't prove its facts to people in its channel."""
    document = documents.get(asked.document or "")
    if document is None:
        yield f"{where}: unknown document {asked.document}"
    elif document.channel not in (None, asked.channel):
        yield f"{where}: {document.name} belongs to {document.channel} and can't be quoted in {asked.channel}"
    elif not any(all(fact in paragraph for fact in asked.facts) for paragraph in document.paragraphs):
        yield f"{where}: no paragraph of {document.name} holds all of {list(asked.facts)}"
