"""`timbre demo`: the whole loop in a browser page, until Ctrl-C."""

import threading
import webbrowser

from bot.console import note, say
from bot.demo.content import Conversation
from bot.demo.control import ControlError
from bot.demo.seed import good_reply_key
from bot.demo.stage import Stage
from bot.settings import Settings
from storage.pairs import count_by_status
from training.worker import stop_on_signals

WATCH_SECONDS = 1.0
# So many answers are left for the visitor to approve.
LEFT_TO_APPROVE = 40
# The same steps, in the same words, as the guide in the page (bot/playground/static/guide_steps.js).
GUIDE = """
Timbre's demo is open at {url}. A guide in the page leads through it:

  1. Read a thread
  2. Approve an answer
  3. Ask Timbre
  4. Train a voice
  5. Decide

Ctrl-C ends it.
"""


def show(settings: Settings, *, port: int, browser: bool) -> None:
    """Run the demo until SIGTERM or Ctrl-C."""
    stop = stop_on_signals()
    stage = Stage(settings, port=port, tell=note)
    try:
        past = past_conversations(stage)
        stage.open(history=bool(past))
        say(GUIDE.format(url=stage.url).strip())
        if browser:
            webbrowser.open(stage.url)
        threading.Thread(target=approve_history, args=(stage, past, stop), daemon=True).start()
        while not stop.wait(WATCH_SECONDS):
            stage.watch()
        note("stopping…")
    finally:
        stage.close()
    note(f"stopped; what happened is kept in {settings.data}")


def past_conversations(stage: Stage) -> tuple[Conversation, ...]:
    """Return the conversations whose answers are to be approved as if months ago; none when they have been.

    Also none after a tour on this data folder, where people said the same live.
    """
    past = stage.content.conversations[:-LEFT_TO_APPROVE]
    stage.database.upgrade()
    with stage.database.reading() as session:
        known = count_by_status(session, team_id=stage.content.company.team.id)
    return () if sum(known.values()) >= len(past) else past


def approve_history(stage: Stage, past: tuple[Conversation, ...], stop: threading.Event) -> None:
    """Have the reviewers approve past answers, as they would have over the months."""
    for conversation in past:
        if stop.is_set():
            return
        try:
            stage.approve(conversation, stage.history[good_reply_key(conversation)])
        except ControlError as err:
            note(f"the approvals of the past could not be played: {err}")
            return
