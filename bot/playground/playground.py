"""The playground as a whole: its workspaces, and what they share."""

import time
from dataclasses import dataclass, replace

from bot.playground.changes import Change
from bot.playground.delivery import Delivery, Timings
from bot.playground.entities import App, Json, Person, Team
from bot.playground.errors import SlackError
from bot.playground.events import event_callback, slack_events
from bot.playground.faults import Faults
from bot.playground.feed import Feed
from bot.playground.files import Announced
from bot.playground.http_mode import HttpLink
from bot.playground.ids import Clock, derived_id, fresh_id
from bot.playground.scopes import hears
from bot.playground.store import Store
from bot.playground.subscriptions import subscribed
from bot.playground.traffic import Traffic
from bot.playground.triggers import ResponseUrls, Tickets, Triggers
from bot.playground.workspace import RESTORED_KINDS, Workspace

DEFAULT_TEAM_NAME = "Playground"
DEFAULT_BOT_NAME = "timbre"

_LISTS = ("commands", "shortcuts", "scopes", "events")  # what JSON has made lists of among an app's fields


@dataclass(frozen=True)
class Tokens:
    """What the bot has to show. Further workspaces have `<bot>-<domain>`."""

    bot: str = "xoxb-playground"
    app: str = "xapp-playground"
    signing_secret: str = "playground-signing-secret"  # noqa: S105  a development server's published default


class Playground:
    """One app, installed in one workspace or several."""

    def __init__(self, *, store: Store, now: Clock, tokens: Tokens, timings: Timings) -> None:
        self.tokens = tokens
        self.timings = timings
        self.store = store
        self.app_id = derived_id("A", "app")
        self.origin = ""  # where this server is reached: by the bot once it has called, until then by the page
        self.workspaces: dict[str, Workspace] = {}
        self.uploads: dict[str, Announced] = {}  # by file id
        self.faults = Faults()
        self.feed = Feed(epoch=fresh_id("")[1:7].lower())
        self.traffic = Traffic(now, self._on_frame)
        self.tickets = Tickets(timings.ticket_lifetime, time.monotonic)
        self.triggers = Triggers(timings.trigger_lifetime, time.monotonic)
        self.response_urls = ResponseUrls(time.monotonic)
        self.delivery = Delivery(store=store, timings=timings, faults=self.faults, on_links=self._on_links)
        self._now = now

    def restore(self) -> None:
        """Take back what an earlier start kept, or begin with one empty workspace."""
        apps = dict(self.store.load("app"))
        for team_id, record in sorted(self.store.load("team"), key=lambda item: int(item[1]["number"])):
            app = apps[team_id]
            app |= {key: tuple(app[key]) for key in _LISTS if app.get(key) is not None}
            self._add(Team(**record), App(**app))
        for kind in RESTORED_KINDS:
            for key, value in self.store.load(kind):
                team_id, _, rest = key.partition("/")
                self.workspaces[team_id].restore(kind, rest, value)
        if not self.workspaces:
            self.add_workspace(DEFAULT_TEAM_NAME, "playground")
        self.delivery.restore()
        self._restore_line()
        self.store.commit()

    def add_workspace(self, name: str, domain: str, team_id: str | None = None) -> Workspace:
        """Make a workspace with nobody in it but the bot."""
        number = len(self.workspaces)
        team_id = team_id or derived_id("T", domain)
        if team_id in self.workspaces:  # a workspace that has been given another domain since
            team_id = derived_id("T", domain, str(number))
        team = Team(team_id, name, domain, number=number)
        app = App(self.app_id, derived_id("B", team.id), derived_id("U", team.id, "bot"))
        workspace = self._add(team, app)
        workspace.save_team(team)
        workspace.save_app(app)
        workspace.save_person(Person(app.bot_user_id, DEFAULT_BOT_NAME, DEFAULT_BOT_NAME.title(), is_bot=True))
        return workspace

    def save_line(self) -> None:
        """Keep how the bot is reached, and how patient Slack is with it."""
        timings = {"retry_delays": self.timings.retry_delays, "ack_timeout": self.timings.ack_timeout}
        self.store.put("line", "bot", {"request_url": next((link.url for link in self.http_links), ""), **timings})

    def _restore_line(self) -> None:
        for _, line in self.store.load("line"):
            delays = tuple(line["retry_delays"])
            self.timings = replace(self.timings, retry_delays=delays, ack_timeout=line["ack_timeout"])
            self.delivery.timings = self.timings
            if line["request_url"]:  # the bot was asked for its challenge when the address was given
                self.delivery.add(self.http_link(line["request_url"]))

    @property
    def http_links(self) -> list[HttpLink]:
        """The request URL that everything is posted to, if the bot is reached by one."""
        return [link for link in self.delivery.links if isinstance(link, HttpLink)]

    def http_link(self, url: str) -> HttpLink:
        """Return a way to the bot that posts to its request URL; raises SlackError when it is no http address."""
        secret = self.tokens.signing_secret
        return HttpLink(url, signing_secret=secret, delivery=self.delivery, traffic=self.traffic, now=self._now)

    def remove_workspace(self, workspace: Workspace) -> None:
        """Forget a workspace that nobody has used yet."""
        del self.workspaces[workspace.team.id]
        workspace.forget()

    def _add(self, team: Team, app: App) -> Workspace:
        workspace = Workspace(team, app, store=self.store, now=self._now, announce=self._announce)
        self.workspaces[team.id] = workspace
        return workspace

    def workspace(self, ref: str | None) -> Workspace:
        """Return a workspace by id or domain, the first without either; raises SlackError `team_not_found`."""
        for workspace in self.workspaces.values():
            if ref is None or ref in (workspace.team.id, workspace.team.domain):
                return workspace
        raise SlackError("team_not_found", f"No workspace is called {ref!r}.")

    def bot_token(self, workspace: Workspace) -> str:
        """Return the token with which the bot speaks in a workspace."""
        number, domain = workspace.team.number, workspace.team.domain
        return self.tokens.bot if number == 0 else f"{self.tokens.bot}-{domain}"

    def workspace_of_token(self, token: str) -> Workspace | None:
        """Return the workspace that a bot token belongs to."""
        return next((found for found in self.workspaces.values() if self.bot_token(found) == token), None)

    def _announce(self, workspace: Workspace, change: Change) -> None:
        self.feed.publish_change(workspace, change)
        app = workspace.app
        for event in slack_events(workspace, change):
            if hears(app.granted, event) and subscribed(app.events, event):
                self.delivery.send("events_api", event_callback(workspace, event))

    def _on_links(self) -> None:
        data = {"type": "connections", "connections": len(self.delivery.links)}
        self.feed.publish(lambda _viewer: data)

    def _on_frame(self, frame: Json) -> None:
        self.feed.publish(lambda _viewer: {"type": "traffic", "frame": frame}, is_traffic=True)
