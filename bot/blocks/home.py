"""App Home: what somebody can do here, and for reviewers what waits for them."""

from dataclasses import dataclass

from bot.blocks.layout import Block, actions, button, confirmation, context, divider, header, section
from bot.blocks.queue import Page, queue

OPT_OUT, OPT_IN = "home_opt_out", "home_opt_in"


@dataclass(frozen=True)
class Welcome:
    """What App Home shows somebody. `page` is None for those who don't review."""

    approved: int
    waiting: int
    has_opted_out: bool
    page: Page | None = None
    note: str = ""


def home(welcome: Welcome) -> Block:
    """Return the view."""
    blocks = [*queue(welcome.page), divider()] if welcome.page else []
    return {"type": "home", "blocks": [*blocks, *_about(welcome)]}


def _about(welcome: Welcome) -> list[Block]:
    how = (
        "Mention me in a channel, or write to me under *Messages*. I answer from documents and from answers that "
        "your team approved, and list them below mine.\n"
        "React with ✅ to a good answer of somebody else's to have it reviewed; "
        "`/timbre help` lists what else I understand."
    )
    blocks = [header("Ask me anything"), section(how)]
    blocks += [context(welcome.note)] if welcome.note else []
    return [*blocks, header("What I learn from you"), section(_stand(welcome)), actions(_switch(welcome))]


def _stand(welcome: Welcome) -> str:
    if welcome.has_opted_out:
        return "Nothing: you opted out. What you write is never collected, and nothing of yours is kept."
    approved = "1 approved answer" if welcome.approved == 1 else f"{welcome.approved:,} approved answers"
    waiting = f", and {welcome.waiting:,} more wait for a review" if welcome.waiting else ""
    return f"You asked or gave {approved}{waiting}. You can have all of them erased, and nothing collected any more."


def _switch(welcome: Welcome) -> Block:
    if welcome.has_opted_out:
        return button("Opt in again", action_id=OPT_IN, value="in")
    sure = confirmation(
        "Opt out?",
        "What you asked and answered is erased, now and for good, and nothing of yours is collected any more.",
        yes="Opt out",
    )
    return button("Opt out", action_id=OPT_OUT, value="out", style="danger", confirm=sure)
