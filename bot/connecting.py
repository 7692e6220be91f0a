"""The bot's connection to Slack: a client, and the workspace behind it."""

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler, ServerErrorRetryHandler

from bot.settings import Settings


class StartError(RuntimeError):
    """The bot can't start; the message says what to do."""


def slack_client(settings: Settings) -> WebClient:
    """Return a client that waits where Slack asks it to. Raises `StartError` when a token is missing."""
    for name in ("slack_bot_token", "slack_app_token"):
        if not getattr(settings, name).get_secret_value():
            how = "README says how to get it from Slack; `timbre demo` needs none"
            raise StartError(f"TIMBRE_{name.upper()} is not set: {how}")
    handlers = [RateLimitErrorRetryHandler(max_retry_count=3), ServerErrorRetryHandler(max_retry_count=2)]
    client = WebClient(token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url)
    client.retry_handlers.extend(handlers)
    return client


def check_app_token(client: WebClient, settings: Settings) -> None:
    """Ask Slack for a Socket Mode address. Raises `StartError` when it refuses."""
    try:
        client.apps_connections_open(app_token=settings.slack_app_token.get_secret_value())
    except SlackApiError as err:
        raise app_token_refused(err) from err


def app_token_refused(err: SlackApiError) -> StartError:
    how = "give the app an app-level token with connections:write and turn Socket Mode on"
    return StartError(f"Slack refused TIMBRE_SLACK_APP_TOKEN: {err.response['error']}; {how}")


def identify(client: WebClient) -> tuple[str, str]:
    """Return the id and name of the client's workspace. Raises `StartError` when Slack refuses or is out of reach."""
    try:
        answer = client.auth_test()
    except SlackApiError as err:
        raise StartError(f"Slack refused TIMBRE_SLACK_BOT_TOKEN: {err.response['error']}") from err
    except OSError as err:
        raise StartError(f"Slack can't be reached at {client.base_url}: {err}") from err
    return str(answer["team_id"]), str(answer["team"])
