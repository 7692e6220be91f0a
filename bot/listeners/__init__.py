"""What Timbre listens to: one method a surface, and all routes in one table."""

from slack_bolt import App

from bot.blocks.answer import FEEDBACK
from bot.blocks.report import APPROVE, REJECT
from bot.listeners.clicks import Clicks
from bot.listeners.commands import SlashCommands
from bot.listeners.inbox import EventInbox


def register_listeners(app: App, *, events: EventInbox, commands: SlashCommands, clicks: Clicks) -> None:
    """Connect Slack's surfaces to the code behind them. Events have a table of their own, in `bootstrap`."""
    events.register(app)
    app.command("/timbre")(commands.timbre)
    app.action(APPROVE)(clicks.approve_voice)
    app.action(REJECT)(clicks.reject_voice)
    app.action(FEEDBACK)(clicks.rate_answer)
    app.error(clicks.failed)
