"""What office facts say: values that nobody could guess, only copy."""

from random import Random

from training.starter import words
from training.starter.words import NOUNS, VERBS, digits, invented, number, person


def price(rng: Random) -> str:
    """Return an amount of money."""
    amount = number(rng) if rng.random() < 0.6 else f"{rng.randint(1, 99)}.{rng.choice(('50', '95', '99', '20', '75'))}"
    if len(amount) == 4 and amount.isdigit() and rng.random() < 0.5:
        amount = f"{amount[0]},{amount[1:]}"
    money = rng.choice(
        (f"${amount}", f"€{amount}", f"£{amount}", f"{amount} euros", f"{amount} dollars", f"{amount} kroner")
    )
    return money + rng.choice(
        ("", "", "", " a month", " a year", " per person", " a day", " per seat", " an hour", " each")
    )


def duration(rng: Random) -> str:
    """Return a length of time."""
    unit = rng.choice(words.UNITS)
    shape = rng.randrange(4)
    if shape == 0:
        return f"{rng.choice(words.NUMBER_WORDS)} {unit}"
    if shape == 1:
        low = rng.randint(2, 40)
        return f"{low} to {low + rng.randint(1, 20)} {unit}"
    return f"{rng.randint(2, 120)} {unit}"


def date(rng: Random) -> str:
    """Return a day of the year or of the month."""
    day, month = rng.randint(1, 28), rng.choice(words.MONTHS)
    weekday = rng.choice(words.WEEKDAYS)
    return rng.choice(
        (
            f"{day} {month}",
            f"{month} {day}",
            f"{weekday} {day} {month}",
            f"the {day}th of the month",
            weekday,
            f"{month} {day}, 20{rng.randint(20, 39)}",
        )
    )


def clock_time(rng: Random) -> str:
    """Return a time of the day."""
    hour, minute = rng.randint(1, 12), rng.choice(("00", "15", "30", "45", "05", "10", "20", "40"))
    return rng.choice(
        (
            f"{hour}:{minute}",
            f"{rng.randint(0, 23):02}:{minute}",
            f"{hour} am",
            f"{hour} pm",
            f"{hour}:{minute} pm",
            f"half past {rng.choice(words.NUMBER_WORDS[:11])}",
        )
    )


def weekdays(rng: Random) -> str:
    """Return a day of the week, or two."""
    first, second = rng.sample(words.WEEKDAYS, 2)
    return rng.choice(
        (
            first,
            f"{first} mornings",
            f"{first} and {second}",
            f"the {rng.choice(words.ORDINALS[:4])} {first} of the month",
            f"{first}s at {clock_time(rng)}",
        )
    )


def place(rng: Random) -> str:
    """Return a place in the building or in town."""
    noun = rng.choice(NOUNS)
    return rng.choice(
        (
            f"room {invented(rng)}",
            f"room {digits(rng, 3)}",
            f"the {rng.choice(words.ORDINALS)} drawer of the {noun}",
            f"the {invented(rng)} room",
            f"building {rng.randint(1, 30)}",
            f"the {noun} behind the {rng.choice(NOUNS)}",
            f"the {rng.choice(words.COLOURS)} {noun}",
            f"{rng.randint(2, 200)} {invented(rng)} Street",
            f"the {noun} {rng.choice(NOUNS)}",
            invented(rng),
        )
    )


def somebody(rng: Random) -> str:
    """Return a person or a team."""
    return person(rng) if rng.random() < 0.8 else f"the {rng.choice(NOUNS)} team"


def tool(rng: Random) -> str:
    """Return the name of a tool."""
    name = invented(rng)
    return rng.choice(
        (
            name,
            name,
            f"{name} {rng.randint(2, 12)}",
            f"{name} {invented(rng)}",
            f"the {name} {rng.choice(NOUNS)}",
            name.lower(),
        )
    )


def extension(rng: Random) -> str:
    """Return a phone number."""
    return rng.choice(
        (
            digits(rng, 3),
            digits(rng, 4),
            f"{digits(rng, 3)}-{digits(rng, 4)}",
            f"extension {digits(rng, 3)}",
            f"+{digits(rng, 2)} {digits(rng, 3)} {digits(rng, 4)}",
        )
    )


def limit(rng: Random) -> str:
    """Return an amount of something."""
    unit = rng.choice(
        (
            "GB",
            "MB",
            "kg",
            "metres",
            "litres",
            "people",
            "euros",
            "pages",
            "kilograms",
            "km",
            "degrees",
            "hours",
            "users",
            f"{rng.choice(NOUNS)}s",
        )
    )
    return f"{number(rng)} {unit}"


def count(rng: Random) -> str:
    """Return a number of things."""
    amount = rng.choice((number(rng), rng.choice(words.NUMBER_WORDS)))
    first = f"{amount} {rng.choice(NOUNS)}s"
    return first if rng.random() < 0.7 else f"{first} and a {rng.choice(NOUNS)}"


def code(rng: Random) -> str:
    """Return what opens a door or marks an order."""
    return rng.choice(
        (
            digits(rng, 4),
            digits(rng, 5),
            f"{invented(rng).upper()[:3]}-{digits(rng, 3)}",
            invented(rng).lower() + digits(rng, 2),
            f"{invented(rng)}!{digits(rng, 2)}",
        )
    )


def channel(rng: Random) -> str:
    """Return a Slack channel."""
    noun = rng.choice(NOUNS)
    return rng.choice((f"#{noun}", f"#{noun}-{rng.choice(NOUNS)}", f"#{invented(rng).lower()}", f"#ask-{noun}"))


def steps(rng: Random) -> str:
    """Return one to three things to do."""
    deeds = [f"{rng.choice(VERBS)} the {rng.choice(NOUNS)}" for _ in range(rng.randint(1, 3))]
    if len(deeds) == 1:
        how = ("twice", "first", "by hand", f"with {invented(rng)}", f"in {invented(rng)}", f"and wait {duration(rng)}")
        return f"{deeds[0]} {rng.choice(how)}"
    return rng.choice((", then ", " and ", " and then ")).join(deeds[:2]) + (
        f", and {deeds[2]}" if len(deeds) == 3 else ""
    )


def condition(rng: Random) -> str:
    """Return a condition, as a clause."""
    noun = rng.choice(NOUNS)
    return rng.choice(
        (
            f"{person(rng)} agrees",
            f"the {noun} is empty",
            f"you ask {person(rng)} first",
            f"it is before {clock_time(rng)}",
            f"you bring your own {noun}",
            f"it costs less than {price(rng)}",
            f"the {noun} has been {rng.choice(('cleaned', 'booked', 'locked', 'checked', 'signed', 'paid'))}",
            f"you tell {channel(rng)} {duration(rng)} before",
        )
    )


def version(rng: Random) -> str:
    """Return a version of a tool."""
    return f"{invented(rng)} {rng.randint(1, 20)}" + rng.choice(("", f".{rng.randint(0, 20)}", " or newer"))


def path(rng: Random) -> str:
    """Return a file or a page."""
    noun = rng.choice(NOUNS)
    return rng.choice(
        (
            f"{noun}.pdf",
            f"{noun}-{digits(rng, 2)}.xlsx",
            f"/{noun}/{rng.choice(NOUNS)}",
            f"the {invented(rng)} handbook",
            f"chapter {rng.randint(2, 40)} of the {noun} guide",
        )
    )


def frequency(rng: Random) -> str:
    """Return how often something happens."""
    return rng.choice(
        (
            f"every {duration(rng)}",
            f"every {rng.choice(words.WEEKDAYS)}",
            "twice a " + rng.choice(("day", "week", "month", "year")),
            f"every {rng.choice(words.NUMBER_WORDS)} weeks",
            f"{rng.choice(words.NUMBER_WORDS)} times a year",
            f"each {rng.choice(words.MONTHS)}",
        )
    )


def email(rng: Random) -> str:
    """Return an address that belongs to nobody."""
    mailbox = rng.choice((rng.choice(NOUNS), invented(rng).lower()))
    return f"{mailbox}@{rng.choice((f'{invented(rng).lower()}.example', 'example.com'))}"


def percent(rng: Random) -> str:
    """Return a percentage."""
    return f"{rng.randint(2, 98)}{rng.choice(('%', '%', ' percent', ' per cent'))}"


def hours(rng: Random) -> str:
    """Return opening hours."""
    first, last = rng.sample(words.WEEKDAYS, 2)
    opening = f"{rng.randint(6, 11)}{rng.choice((':00', ':30', ' am', ''))}"
    span = f"from {opening} to {rng.randint(1, 9)}{rng.choice((':00', ':30', ' pm', ''))}"
    return rng.choice(
        (
            span,
            f"{first} to {last}",
            f"{first} to {last}, {span}",
            f"until {rng.randint(3, 11)} pm",
            f"on {first}s {span}",
        )
    )


def colour(rng: Random) -> str:
    """Return a colour."""
    first, second = rng.sample(words.COLOURS, 2)
    return rng.choice((first, f"{first} and {second}", f"dark {first}", f"light {first}"))
