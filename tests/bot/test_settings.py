"""Settings are read once, and a wrong one says its name, what it got and what it wants."""

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load_settings

Patch = pytest.MonkeyPatch

WRONG = [
    ("LOG_LEVEL", "LOUD", "DEBUG|INFO|WARNING|ERROR"),
    ("SLACK_API_URL", "slack.com/api", "http://"),
    ("MODELS_URL", "localhost:8765", "http://"),
    ("MODELS_URL", "http://127.0.0.1:99999/v1", "from 1 to 65535"),
    ("MODELS_URL", "http://127.0.0.1:none/v1", "from 1 to 65535"),
    ("MODELS_URL", "http://127.0.0.1:0/v1", "from 1 to 65535"),
    ("SLACK_API_URL", "https:///api", "name a host"),
    ("APPROVALS_NEEDED", "0", "greater than or equal to 1"),
    ("APPROVALS_NEEDED", "two", "integer"),
    ("APPROVALS_NEEDED", "11", "less than or equal to 10"),
    ("APPROVE_EMOJI", "::", "emoji"),
    ("REJECT_EMOJI", "white_check_mark", "another one than TIMBRE_APPROVE_EMOJI"),
    ("PASSAGES", "21", "less than or equal to 20"),
    ("MIN_SIMILARITY", "1.5", "less than or equal to 1"),
    ("MIN_SIMILARITY", "nan", "finite"),
    ("MAX_ANSWER_TOKENS", "8", "greater than or equal to 16"),
    ("MODEL_TIMEOUT_S", "0", "greater than 0"),
    ("MODEL_TIMEOUT_S", "inf", "finite"),
    ("MIN_PAIRS", "9", "greater than or equal to 10"),
    ("EPOCHS", "1.5", "integer"),
    ("BATCH_SIZE", "-1", "greater than or equal to 1"),
    ("MAX_LENGTH", "16", "greater than or equal to 32"),
    ("RANK", "513", "less than or equal to 512"),
    ("LEARNING_RATE", "1e-", "number"),
    ("SEED", "-1", "greater than or equal to 0"),
    ("BALLOT_DAYS", "inf", "finite"),
]


@pytest.mark.parametrize(("name", "value", "wanted"), WRONG)
def test_a_wrong_setting_says_its_name_what_it_got_and_what_it_wants(
    elsewhere: Path, monkeypatch: Patch, name: str, value: str, wanted: str
) -> None:
    monkeypatch.setenv(f"TIMBRE_{name}", value)

    with pytest.raises(SettingsError) as error:
        load_settings()

    (line,) = str(error.value).splitlines()
    assert line.startswith(f"TIMBRE_{name}: got {value!r}; it ")
    assert wanted in line


def test_every_wrong_setting_has_a_line_of_its_own(elsewhere: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("TIMBRE_RANK", "0")
    monkeypatch.setenv("TIMBRE_EPOCHS", "many")

    with pytest.raises(SettingsError) as error:
        load_settings()

    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == ["TIMBRE_EPOCHS", "TIMBRE_RANK"]


def test_unknown_names_and_wrong_values_are_told_together(elsewhere: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("TIMBRE_RNAK", "8")
    monkeypatch.setenv("TIMBRE_EPOCHS", "many")

    with pytest.raises(SettingsError) as error:
        load_settings()

    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == ["TIMBRE_RNAK", "TIMBRE_EPOCHS"]


def test_a_wrong_option_of_the_command_line_is_named_as_the_setting_it_stands_for(elsewhere: Path) -> None:
    with pytest.raises(SettingsError, match="TIMBRE_RANK: got 0"):
        load_settings(rank=0)


def test_a_misspelt_setting_is_refused_and_the_right_one_suggested(elsewhere: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("TIMBRE_MODEL_URL", "http://127.0.0.1:1/v1")

    with pytest.raises(SettingsError, match="TIMBRE_MODEL_URL: there is no such setting; did you mean TIMBRE_MODELS_U"):
        load_settings()


def test_a_misspelt_setting_in_the_env_file_is_refused_too(elsewhere: Path) -> None:
    (elsewhere / ".env").write_text("TIMBRE_ZZZ=1\nOTHER=1\n")

    with pytest.raises(SettingsError, match=r"^TIMBRE_ZZZ: there is no such setting; the README"):
        load_settings()


def test_the_environment_wins_over_the_env_file_and_an_option_over_both(elsewhere: Path, monkeypatch: Patch) -> None:
    (elsewhere / ".env").write_text("TIMBRE_RANK=4\nTIMBRE_EPOCHS=3\nTIMBRE_SEED=7\n")
    monkeypatch.setenv("TIMBRE_EPOCHS", "5")
    monkeypatch.setenv("timbre_seed", "8")

    settings = load_settings(seed=9, batch_size=None)

    assert (settings.rank, settings.epochs, settings.seed, settings.batch_size) == (4, 5, 9, 8)


def test_a_setting_left_empty_is_not_set(elsewhere: Path) -> None:
    (elsewhere / ".env").write_text("TIMBRE_HOUSE_STYLE=\nTIMBRE_RANK=\nTIMBRE_REVIEW_CHANNEL=\n")

    settings = load_settings()

    assert (settings.house_style, settings.rank, settings.review_channel) == (None, 16, "timbre-review")


def test_names_may_be_written_as_slack_shows_them(elsewhere: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("TIMBRE_APPROVE_EMOJI", ":heavy_check_mark:")
    monkeypatch.setenv("TIMBRE_REVIEWERS", "@editors")
    monkeypatch.setenv("TIMBRE_REVIEW_CHANNEL", "#voices")
    monkeypatch.setenv("TIMBRE_ADMINS", " U1, U2 ,,")

    settings = load_settings()

    assert (settings.approve_emoji, settings.reviewers, settings.review_channel) == (
        "heavy_check_mark",
        "editors",
        "voices",
    )
    assert settings.admin_ids == {"U1", "U2"}


def test_settings_travel_to_another_process_unchanged(elsewhere: Path, monkeypatch: Patch) -> None:
    given = load_settings(
        data=Path("some where"),
        slack_bot_token="xoxb-secret",
        house_style=Path("style.md"),
        learning_rate=3e-4,
        min_similarity=0.125,
        admins="U1,U2",
    )

    for name, value in given.as_environment().items():
        monkeypatch.setenv(name, value)

    assert load_settings() == given


def test_secrets_are_not_shown(elsewhere: Path) -> None:
    shown = repr(
        load_settings(slack_bot_token="xoxb-secret", slack_app_token="xapp-secret", models_api_key="sk-secret")
    )

    assert "secret" not in shown.replace("SecretStr", "")


def test_every_setting_is_described() -> None:
    silent = [name for name, field in Settings.model_fields.items() if len((field.description or "").split()) < 3]

    assert silent == []


def test_a_data_folder_that_cant_be_made_says_what_to_do(elsewhere: Path) -> None:
    (elsewhere / "taken").write_text("a file")

    with pytest.raises(SettingsError, match=r"taken.*can't be written.*--data"):
        load_settings(data=elsewhere / "taken").make_data_folder()


@pytest.mark.parametrize(
    ("style", "summary"),
    [
        ("# How we write\n\nShort.\nAnd kind.\n\nNever shout.\n", "Short.\nAnd kind."),
        ("# How we write\nShort.\n\nNever shout.\n", "Short."),
        ("# How we write\r\n\r\nShort.\r\n", "Short."),
        ("# How we write\n", ""),
        ("", ""),
    ],
)
def test_the_first_paragraph_of_the_house_style_goes_into_prompts(elsewhere: Path, style: str, summary: str) -> None:
    (elsewhere / "style.md").write_bytes(style.encode())

    assert load_settings(house_style=elsewhere / "style.md").house_style_summary() == summary


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_house_style_that_cant_be_read_is_named(elsewhere: Path, content: bytes | None) -> None:
    if content is not None:
        (elsewhere / "style.md").write_bytes(content)

    with pytest.raises(SettingsError, match=r"TIMBRE_HOUSE_STYLE: .*style\.md can't be read"):
        load_settings(house_style=elsewhere / "style.md").house_style_summary()
