"""What is secret or personal is in no file of the data folder, whichever way it came."""

from pathlib import Path

from sqlalchemy import make_url

from storage.pairs import PairStatus
from tests.bot.collecting.office import Office
from tests.playground_server import wait_until

SECRETS = [f"planted{number}@tin.example" for number in range(9)] + ["ghp_" + "Ab3dE9kLm2PqR7sTuV4wXyZ1cF6hJ8nB0gQ5"]


def test_what_people_wrote_is_in_no_file_as_they_wrote_it(office: Office) -> None:
    thread = office.help.say("UTOM", f"Who pays the mooring, {SECRETS[0]}?")
    ts = office.help.say("UMIA", f"Mail {SECRETS[1]} with {SECRETS[-1]}.", thread_ts=thread)
    office.help.react("UBEN", ts)
    office.comes_to(ts, PairStatus.APPROVED)
    office.slack.control("edit", user="UMIA", channel="CHELP", ts=ts, text=f"Better mail {SECRETS[2]} for the mooring.")
    office.comes_to(ts, PairStatus.CANDIDATE)
    office.click("UBEN", office.card(ts), "Edit")
    office.submit("UBEN", office.modal("UBEN"), question="Who pays?", answer=f"Olga does, {SECRETS[3]} knows.")
    office.comes_to(ts, PairStatus.APPROVED)
    office.help.say("UMIA", f"For the loft it is {SECRETS[4]}.", thread_ts=thread)
    outside = office.help.say("UTOM", f"Is {SECRETS[5]} on leave?")
    guess = office.help.say("UMIA", f"No, {SECRETS[6]} is.")
    office.help.react("UBEN", guess)
    office.comes_to(guess, PairStatus.CANDIDATE)
    office.help.ask("UTOM", f"who is {SECRETS[7]}?")
    office.slack.control("post", user="UTOM", channel="@timbre", text=f"and {SECRETS[8]}?")
    wait_until(lambda: len(office.slack.messages("@timbre", as_="UTOM")) > 0, "the direct message is there")
    office.slack.control("delete", user="UTOM", channel="CHELP", ts=outside)
    office.comes_to(guess, PairStatus.ERASED)

    folder = Path(str(make_url(office.database.url).database)).parent
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any("timbre.db" in path.name for path in files)
    for path in files:
        content = path.read_bytes()
        found = [secret for secret in SECRETS if secret.encode() in content]
        assert not found, f"{path.name} holds {found}"
