"""What Timbre listens to: one method a surface, and all routes in one table."""

from dataclasses import dataclass

from slack_bolt import App

from bot.blocks import card, queue, report, reverifying
from bot.blocks.answer import CORRECT_THIS, FEEDBACK
from bot.blocks.asking import CORRECT, SHARE
from bot.blocks.home import OPT_IN, OPT_OUT
from bot.blocks.teaching import SUBMIT, TEACH
from bot.listeners.clicks import Clicks
from bot.listeners.commands import SlashCommands
from bot.listeners.correcting import Correcting
from bot.listeners.home import Home
from bot.listeners.inbox import EventInbox
from bot.listeners.reviewing import Reviewing
from bot.listeners.teaching import Teaching


@dataclass(frozen=True)
class Surfaces:
    """Whoever answers what people do in Slack."""

    events: EventInbox
    commands: SlashCommands
    clicks: Clicks
    reviewing: Reviewing
    teaching: Teaching
    correcting: Correcting
    home: Home


def register_listeners(app: App, to: Surfaces) -> None:
    """Connect Slack's surfaces to the code behind them. Events have a table of their own, in `bootstrap`."""
    to.events.register(app)
    app.command("/timbre")(to.commands.timbre)
    app.action(report.APPROVE)(to.clicks.approve_voice)
    app.action(report.REJECT)(to.clicks.reject_voice)
    app.action(report.MORE_VOTES)(to.clicks.ask_for_votes)
    app.action(FEEDBACK)(to.correcting.rate)
    app.action(CORRECT_THIS)(to.correcting.correct)
    app.action(SHARE)(to.clicks.share_answer)
    app.action(card.APPROVE)(to.reviewing.approve)
    app.action(card.REJECT)(to.reviewing.reject)
    app.action(card.TAKE_BACK)(to.reviewing.take_back)
    app.action(card.REPLACE)(to.reviewing.replace)
    app.action(card.KEEP_BOTH)(to.reviewing.keep_both)
    app.action(card.DISCARD)(to.reviewing.discard)
    app.action(card.EDIT)(to.teaching.edit)
    app.action(queue.NEXT)(to.reviewing.turn)
    app.action(queue.PREVIOUS)(to.reviewing.turn)
    app.action(queue.APPROVE_ALL)(to.reviewing.approve_all)
    app.action(queue.REJECT_ALL)(to.reviewing.reject_all)
    app.action(queue.TAKE_BACK_ALL)(to.reviewing.take_back_all)
    app.shortcut(TEACH)(to.teaching.shortcut)
    app.view(SUBMIT)(to.teaching.submit)
    app.view(CORRECT)(to.correcting.submit)
    app.action(reverifying.STILL_RIGHT)(to.correcting.still_right)
    app.action(reverifying.RETIRE)(to.correcting.retire)
    app.action(OPT_OUT)(to.home.opt_out)
    app.action(OPT_IN)(to.home.opt_in)
    app.error(to.clicks.failed)
