"""`timbre tour`: the whole loop without a browser, acted by the demo's people through the playground."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.blocks.report import APPROVE
from bot.demo.askers import Askers
from bot.demo.seed import channel_of, showcase
from bot.demo.stage import Stage
from bot.processes import ProcessError, free_port
from bot.settings import Settings
from storage import audit
from storage.adapters import live_voice
from storage.answers import answer_to
from storage.knowledge import count_chunks
from storage.pairs import PairStatus, count_by_status
from storage.runs import Run, RunStatus, list_runs
from storage.waiting import pairs_without_context

ANSWER_SECONDS = 60.0
APPROVAL_SECONDS = 120.0
# Far more than a run takes: it only has to end a wait that would be in vain, also on a busy machine.
QUEUE_SECONDS = 120.0
RUN_SECONDS = 900.0
POLL_SECONDS = 0.1


class StepFailedError(RuntimeError):
    """A step did not hold; the message says what was seen instead."""


@dataclass
class Findings:
    """What the tour found, as it is written to JSON."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    pairs_approved: int = 0
    answer_before: dict[str, Any] = field(default_factory=dict)
    answer_after: dict[str, Any] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    swap: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


def facts_in(text: str, facts: Sequence[str]) -> dict[str, Any]:
    """Return the facts that an answer should hold, and whether it holds them all.

    A tour does not fail on them: the model that ships is a weak first version.
    """
    return {"facts": list(facts), "has_facts": all(fact in text for fact in facts)}


class Tour:
    """One walk through the loop. Every step acts as a person would and then looks at what came of it."""

    def __init__(self, settings: Settings, *, tell: Callable[[str], None]) -> None:
        self._stage = Stage(settings, port=free_port(), tell=lambda _: None)
        self._tell = tell
        company = self._stage.content.company
        self._admin = next(person for person in company.people if person.role == "admin")
        self._reviewer = next(person for person in company.people if person.role == "reviewer")
        self._question = showcase(self._stage.content)
        self._asker = channel_of(company, self._question.channel).members[0]
        self._replies: dict[str, str] = {}
        self.found = Findings()

    def run(self) -> dict[str, Any]:
        """Walk, stop at the first step that does not hold, and return what was found."""
        steps = (
            ("start", self._start),
            ("talk", self._talk),
            ("approve", self._approve),
            ("take back", self._take_back),
            ("ask before", self._ask_before),
            ("retrain", self._retrain),
            ("train", self._train),
            ("compare", self._compare),
            ("swap", self._swap),
            ("ask after", self._ask_after),
        )
        start = time.monotonic()
        try:
            for name, step in steps:
                if not self._walk(name, step):
                    break
        finally:
            self._stage.close()
        self.found.seconds = round(time.monotonic() - start, 2)
        return asdict(self.found)

    def _walk(self, name: str, step: Callable[[], str]) -> bool:
        start = time.monotonic()
        try:
            seen, ok = step(), True
        except (StepFailedError, ProcessError) as err:
            seen, ok = str(err), False
        seconds = round(time.monotonic() - start, 2)
        self.found.steps.append({"name": name, "ok": ok, "seconds": seconds, "seen": seen})
        self._tell(f"{'ok  ' if ok else 'FAIL'} {name:<11} {seconds:6.1f} s  {seen}")
        return ok

    def _start(self) -> str:
        self._stage.open(history=False)
        back = ""
        if self._live_name() is not None:
            # Toured before: the loop starts with the base model, and older voices stay in the history.
            self._command("rollback base")
            self._wait(lambda: self._live_name() is None, 30, "the voice in use was not rolled back")
            back = ", rolled back to the base model"
        return f"playground, models, worker and bot are connected{back}"

    def _talk(self) -> str:
        control, said = self._stage.control, 0
        known = self._said_before()
        for conversation in self._stage.content.conversations:
            place = {"channel": conversation.channel}
            asked = conversation.question
            root = known.get((conversation.channel, asked.text))
            if root is not None:
                thread = control.messages(conversation.channel, user=asked.author, thread_ts=root)
                good = next(m["ts"] for m in thread if m["text"] == conversation.good_reply.text)
                self._replies[conversation.id] = good
                continue
            root = control.call("post", **place, user=asked.author, text=asked.text)["ts"]
            for reply in conversation.replies:
                ts = control.call("post", **place, user=reply.author, text=reply.text, thread_ts=root)["ts"]
                if reply.good:
                    self._replies[conversation.id] = ts
                said += 1
        return f"{len(self._replies)} conversations, {said} new replies"

    def _said_before(self) -> dict[tuple[str, str], str]:
        """Return the ts of what was said outside of threads, by channel and text.

        Said more than once, the last counts: a tour's own words, not those a demo on this folder seeded as history.
        """
        said: dict[tuple[str, str], str] = {}
        for channel in self._stage.content.company.channels:
            for message in self._stage.control.messages(channel.id, user=channel.members[0]):
                key = (channel.id, message["text"])
                said[key] = max(said.get(key, ""), message["ts"])
        return said

    def _approve(self) -> str:
        for conversation in self._stage.content.conversations:
            self._stage.approve(conversation, self._replies[conversation.id])
        wanted = len(self._stage.content.conversations)
        self._wait(lambda: self._approved() >= wanted, APPROVAL_SECONDS, "the approvals did not all arrive")
        self._wait(self._is_indexed, APPROVAL_SECONDS, "the approved answers were not all indexed")
        self.found.pairs_approved = self._approved()
        return f"{self.found.pairs_approved} answers approved and indexed"

    def _take_back(self) -> str:
        conversation = self._stage.content.conversations[-1]
        before = self._approved()
        self._stage.take_back(conversation, self._replies[conversation.id])
        self._wait(lambda: self._approved() == before - 1, 30, "taking a reaction off changed nothing")
        self._stage.approve(conversation, self._replies[conversation.id])
        self._wait(lambda: self._approved() == before, 30, "putting it on again changed nothing")
        self._wait(self._is_indexed, 30, "the answer was not indexed again")
        return "one reaction off and on again: the pair went and came back"

    def _ask_before(self) -> str:
        self.found.answer_before = self._ask()
        return self._quoted(self.found.answer_before)

    def _retrain(self) -> str:
        last = self._last_run()
        self._command("retrain")
        self._wait(lambda: (self._last_run() or last) != last, QUEUE_SECONDS, "no run was queued")
        return f"{self._admin.name} asked for run {self._run().id}"

    def _train(self) -> str:
        unfinished = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.EVALUATING)
        self._wait(lambda: self._run().status not in unfinished, RUN_SECONDS, "the run did not end")
        run = self._run()
        if run.status is not RunStatus.AWAITING_APPROVAL:
            raise StepFailedError(f"run {run.id} is {run.status}: {run.error}")
        kept = ("base_model", "train_pairs", "val_loss_start", "val_loss_end", "seconds")
        self.found.run = {"id": run.id, **{name: run.result[name] for name in kept}}
        if not run.result["val_loss_end"] < run.result["val_loss_start"]:
            raise StepFailedError(f"validation loss did not fall: {self.found.run}")
        losses = f"{run.result['val_loss_start']:.2f} to {run.result['val_loss_end']:.2f}"
        return f"{run.result['train_pairs']} pairs in {run.result['seconds']:.1f} s, validation loss {losses}"

    def _compare(self) -> str:
        report = self._run().result["report"]
        # Without a voice in use, the base model is what answers now.
        self.found.report = {"loss": {"live": report["loss"]["base"], **report["loss"]}, "cases": report["cases"]}
        self._wait(lambda: self._report_ts() is not None, 30, "the report was not posted in the review channel")
        loss = self.found.report["loss"]
        if not loss["candidate"] < loss["base"]:
            raise StepFailedError(f"the candidate is no better than the base model: {loss}")
        return f"held-out loss: base {loss['base']:.2f}, candidate {loss['candidate']:.2f}"

    def _swap(self) -> str:
        wanted = f"voice-{self._run().id}"
        askers = Askers(self._stage.url, self._stage.content)
        askers.start()
        try:
            askers.wait_for_answers(3, seconds=ANSWER_SECONDS)
            review = self._stage.settings.review_channel
            self._stage.control.call(
                "click", user=self._reviewer.id, channel=review, ts=self._report_ts(), action_id=APPROVE
            )
            self._wait(lambda: self._live_name() == wanted, 60, f"{wanted} did not go live")
            askers.wait_for_answers(askers.answered + 5, seconds=ANSWER_SECONDS)
        finally:
            askers.stop()
        with self._stage.database.reading() as session:
            entry = [
                e for e in audit.entries(session, team_id=self._stage.team_id) if e.details.get("adapter") == wanted
            ][-1]
        self.found.swap = {
            "ms": entry.details["ms"],
            "failed_requests": askers.failed,
            "requests": askers.answered + askers.failed,
        }
        if askers.failed:
            raise StepFailedError(f"{askers.failed} questions failed during the swap: {askers.failures}")
        return f"{wanted} in {entry.details['ms']:.0f} ms; {askers.answered} questions meanwhile, none failed"

    def _ask_after(self) -> str:
        after = self.found.answer_after = self._ask()
        if after["model"] != self._live_name():
            raise StepFailedError(f"{after['model']} answered, not the voice in use")
        if after["text"] == self.found.answer_before["text"]:
            raise StepFailedError("the new voice answers just as the one before")
        return self._quoted(after)

    def _ask(self) -> dict[str, Any]:
        reply = self._stage.control.ask(
            self._question.text, channel=self._question.channel, user=self._asker, seconds=ANSWER_SECONDS
        )
        if reply is None:
            raise StepFailedError("the question was not answered")
        with self._stage.database.reading() as session:
            answer = answer_to(
                session,
                team_id=self._stage.team_id,
                channel_id=self._question.channel,
                question_ts=reply["question_ts"],
            )
        if answer is None or not answer.sources:
            raise StepFailedError(f"an answer without a source: {reply['text']}")
        kept = ("number", "title", "is_cited")
        sources = [{name: source[name] for name in kept} for source in answer.sources]
        facts = facts_in(answer.text, self._question.facts)
        return {
            "question": self._question.text,
            "text": answer.text,
            "model": answer.model,
            "sources": sources,
            **facts,
        }

    def _quoted(self, answer: dict[str, Any]) -> str:
        facts = "yes" if answer["has_facts"] else "no"
        return f"{answer['model']}: “{answer['text']}” [{len(answer['sources'])} sources, facts: {facts}]"

    def _command(self, text: str) -> None:
        channel = next(c for c in self._stage.content.company.channels if c.name == self._stage.settings.review_channel)
        self._stage.control.call(
            "command", user=self._admin.id, channel=channel.id, command="/timbre", text=text, wait=True
        )

    def _approved(self) -> int:
        with self._stage.database.reading() as session:
            return count_by_status(session, team_id=self._stage.team_id).get(PairStatus.APPROVED, 0)

    def _is_indexed(self) -> bool:
        with self._stage.database.reading() as session:
            waiting = count_chunks(session, team_id=self._stage.team_id)[1]
            return waiting == 0 and not pairs_without_context(session, limit=1)

    def _live_name(self) -> str | None:
        with self._stage.database.reading() as session:
            voice = live_voice(session, team_id=self._stage.team_id)
        return voice.adapter.name if voice.adapter else None

    def _last_run(self) -> int | None:
        with self._stage.database.reading() as session:
            runs = list_runs(session, team_id=self._stage.team_id, limit=1)
        return runs[0].id if runs else None

    def _run(self) -> Run:
        with self._stage.database.reading() as session:
            return list_runs(session, team_id=self._stage.team_id, limit=1)[0]

    def _report_ts(self) -> str | None:
        """Return the ts of the newest message in the review channel that has an Approve button."""
        review = self._stage.settings.review_channel
        found = [
            str(message["ts"])
            for message in self._stage.control.messages(review, user=self._reviewer.id)
            if any(
                element.get("action_id") == APPROVE
                for block in message.get("blocks", ())
                for element in block.get("elements", ())
            )
        ]
        return max(found, default=None)

    def _wait(self, holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            self._stage.watch()
            if time.monotonic() > deadline:
                raise StepFailedError(f"{otherwise} within {seconds:.0f} s")
            time.sleep(POLL_SECONDS)
