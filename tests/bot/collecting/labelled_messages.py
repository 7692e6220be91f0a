"""Messages, as Slack stores them, labelled by hand: what has to go from each, and what only looks like it.

None of it opens or reaches anything. Tokens are written in two halves, so that no scanner takes them for a leak.
"""

from dataclasses import dataclass

from bot.collecting.redaction.placeholders import Kind

PRIVATE_KEY = (
    """\
-----BEGIN OPENSSH PRIVATE"""
    + """ KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACDZy0kUcVwJ3gJ5w0b3hQ0m2oY0m6vJmJ0aYxX2vQ1n8wAAAJjOQ2p1zkNq
-----END OPENSSH PRIVATE KEY-----"""
)


@dataclass(frozen=True)
class Telling:
    """A message that tells something which must not be stored."""

    source: str
    kinds: set[Kind]
    must_go: tuple[str, ...]


TELLING = (
    Telling(
        "The bot can't post since I moved it. Here is the new one, put it into the vault: "
        "xoxb" + "-2718281828459-3141592653589-aB3dE5fG7hJ9kL1mN3pQ5rS7",
        {Kind.SECRET},
        ("2718281828459", "aB3dE5fG7hJ9kL1mN3pQ5rS7"),
    ),
    Telling(
        "try `curl -H 'Authorization: Bearer 7f3c9d1e5b8a4f60c2d7e9b1' https://api.tin.example/v2/boxes?limit=5` first",
        {Kind.SECRET},
        ("7f3c9d1e5b8a4f60c2d7e9b1",),
    ),
    Telling(
        "ci fails with 403: ```AWS_ACCESS_KEY_ID=AKIA" + "Q3EGRVHTW2LMZ6PK\n"
        "AWS_SECRET_ACCESS_KEY=k8Jx2vQ0" + "pT7mZc4LwYr9bN1sHd6GfUe3AoXi5RtB\nAWS_REGION=eu-west-1```",
        {Kind.SECRET},
        ("Q3EGRVHTW2LMZ6PK", "k8Jx2vQ0", "pT7mZc4LwYr9bN1sHd6GfUe3AoXi5RtB"),
    ),
    Telling(
        f"this is what the runner has in ~/.ssh, is yours the same?\n```{PRIVATE_KEY}```\nmine has no passphrase",
        {Kind.SECRET},
        ("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUA", "QyNTUxOQAAACDZy0kUcVwJ3gJ5w0b3hQ0m2oY0m6vJ"),
    ),
    Telling(
        "wifi for guests: network Tin-Guest, *password:* marzipan-teapot-41", {Kind.SECRET}, ("marzipan-teapot-41",)
    ),
    Telling(
        "I reset it, the password for the staging database is `Wint3r&amp;Rain` until Monday, then you pick your own",
        {Kind.SECRET},
        ("Wint3r&Rain", "Wint3r&amp;Rain"),
    ),
    Telling(
        "in settings.py for now: DATABASE_URL = 'postgresql+psycopg://tin_app:s3cr!t-Soup@db-3.tin.example:5432/boxes'",
        {Kind.SECRET},
        ("s3cr!t-Soup",),
    ),
    Telling(
        "the report is here for seven days "
        "<https://tin-reports.s3.amazonaws.com/2026/q3.pdf?X-Amz-Expires=604800&amp;X-Amz-Signature="
        "9c1fd2b7a0e34c558d6f7e21b3a4958607c8d9eafb1234567890abcdef123456&amp;page=2|q3.pdf>",
        {Kind.SECRET},
        ("9c1fd2b7a0e34c558d6f7e21b3a4958607c8d9eafb1234567890abcdef123456",),
    ),
    Telling(
        "alerts go to https://hooks.slack.com/services/T02TIN0X9/B04" + "ALERT77/pQ8rS2tU6vW0xY4zA8bC2dE6 now",
        {Kind.SECRET},
        ("pQ8rS2tU6vW0xY4zA8bC2dE6",),
    ),
    Telling(
        "The supplier answers fastest when you write to <mailto:Grace.Okafor+orders@lids-and-more.example|"
        "Grace.Okafor+orders@lids-and-more.example>, not to the shop",
        {Kind.EMAIL},
        ("Grace.Okafor", "lids-and-more"),
    ),
    Telling(
        "invite went to j.o'neill@tin.example;m_weiß@blech.example and https://cal.tin.example/book?guest=raj%40tin.example",
        {Kind.EMAIL},
        ("neill@tin", "m_weiß@blech", "raj%40tin"),
    ),
    Telling("The courier is late? Ring Tomasz, (415) 555-2671, he sits next to the gate.", {Kind.PHONE}, ("555-2671",)),
    Telling(
        "out of office till 3 May, emergencies: +44 20 7946 0958 or signal +49.151.23456789",
        {Kind.PHONE},
        ("7946", "23456789"),
    ),
    Telling("My new mobile is 2125550147, the old one is gone", {Kind.PHONE}, ("2125550147",)),
    Telling(
        "She read me her card over the phone, 5555-5555-5555-4444 exp 09/28, and it was declined twice. What now?",
        {Kind.CARD},
        ("5555-5555-5555-4444",),
    ),
    Telling("customer pasted 378282246310005 into the notes field, amount 250.00", {Kind.CARD}, ("378282246310005",)),
    Telling("refund please to DE89 3704 0044 0532 0130 00 by Friday", {Kind.ACCOUNT}, ("3704 0044", "0130 00")),
    Telling(
        "Wire it: routing 021000021, account 4830217765, and put the invoice number 88213 in the memo",
        {Kind.ACCOUNT},
        ("021000021", "4830217765"),
    ),
    Telling("payroll has him twice, once as 219-09-9998 and once without a number", {Kind.ID}, ("219-09-9998",)),
    Telling(
        "<@U0TIMBRE> said to ask <@U02GRACE1|grace> or <@W7Q3R5T9X>, and @U04BOB77Q knows the old system",
        {Kind.PERSON},
        ("U02GRACE1", "grace", "W7Q3R5T9X", "U04BOB77Q"),
    ),
)

LOOKALIKES = (
    "upgraded to 2.31.0-rc.2+build.20261104.1435 this morning, 2.30.11 had the bug",
    "it broke between 7bbf5e8 and `6d3e4cd1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5`, bisecting now",
    "git describe says v1.14.2-37-g3b5a977f-dirty, is that what runs on web-3?",
    "order 4929 1823 7710 1164 arrived, order 10049318227 didn't",
    "The batch 8000000000000002 passes the checksum but it is a pallet, not a card",
    "request id 550e8400-e29b-41d4-a716-446655440000 timed out, trace 4bf92f3577b34da6a3ce929d0e0e4736",
    "sha256sum of the iso: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "pin it: `FROM python@sha256:2d97f6910b16bd338d3060f261f53f144965f755599aab1acda1e13cf1731b1b`",
    'package-lock has `"integrity": "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17Lhb'
    'ZVGedAJv8XZ1tvj5FvSg=="`',
    'the icon is inlined, `&lt;img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42'
    'mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="&gt;`',
    "the book is ISBN 978-3-16-148410-0, the new edition 9780306406157",
    "closed from 2026-12-23T18:00:00Z to 2027-01-02, then 03.01.2027 stocktaking, 08:30-12:15",
    "epoch 1732446388 is 1732446388123 in ms, or 20261124110628 in the file names",
    "10.0.12.7 can't reach 192.168.178.201:5432, but 8.8.8.8 answers; netmask 255.255.255.0",
    "v6 is 2001:db8:85a3::8a2e:370:7334, link-local fe80::1ff:fe23:4567:890a%eth0",
    "the printer's MAC is 00:1B:44:11:3A:B7, it gets its address from 172.16.254.0/23",
    "UPS 1Z999AA10123456784 and DHL 00340434161094042557, both still in Leipzig",
    "the depot is at 52.520008, 13.404954 (or 37.774929,-122.419418 for the other one)",
    "colours are #1a2b3c, #ff00aa80 and rgb(120, 200, 255); spacing 0.333333333333",
    "invoice total 1,284,550.75 EUR, of which 204,171.98 VAT, see invoice 2026-004417-03",
    "Forgot it? Reset your password in the portal: password changes take five minutes to reach the scanners.",
    "Password rules: 12 characters, no word of a dictionary. The password is case-sensitive, expires in 90 days.",
    "password: required, token: optional, secret: see the vault",
    "set `DB_PASSWORD=${VAULT_DB_PASSWORD}` and `API_KEY=&lt;your-api-key&gt;`, don't put them into the file",
    "```conn = connect(user=settings.user, password=settings.db_password2, token=get_token(env['T0KEN_NAME']))```",
    "```def login(self, password: str, api_key: Optional[str] = None) -> Token: ...```",
    "the key: never refund before the box is back. Key metrics: returns 3.2%, key=value pairs are fine",
    "```@property\ndef weights(self): return self.q@self.k.transpose(-2, -1) / 8``` is a@b in numpy, and A@B.T",
    "use `actions/checkout@v4.1.7`, `@types/node@20.11.5` and `lodash@4.17.21`; icon is logo@2x.png",
    "clone git@github.com:tin/boxes.git or ssh://git@git.tin.example:2222/tin/boxes.git",
    "user@1000.service failed, `systemctl status getty@tty1.service` shows why; @oncall has a look",
    "ticket 415-555 is a duplicate of INC0012345678, parts 4471-220-9034 and 030-1234-55 are out of stock",
    "case #4155552671 and order no. 2125550147 belong together",
    "see https://tin.example/orders/4155550132?page=2&amp;sort_key=created_at&amp;code=404&amp;ref=2125550147#section-8",
    "docs: https://docs.google.com/document/d/1aBcD3fGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG/edit, "
    "https://medium.com/@tinbox/lids-101-4f1c2d3e5a6b",
    "the handler is `recallNoticesRecallBusinessUnitsValidationGroup1297083594SelectedItem2`, who named it?",
    "```.sk-loading-indicator-2--wrapper-large { width: calc(100% - 12px); z-index: 2147483647 }```",
    "max_tokens: 4096, temperature 0.7, tokens: 12 in / 480 out, seed=20261104, pi=3.14159265358979323846",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl is my public key, "
    "fingerprint SHA256:uNiVztksCsDhcc0u9e8BgrJXVGLxjRmVLSmlTMNQ5Vc",
    "the account 48291 is locked since 12/11, the sort key is 20-00-00, sizes 42-44, 1-2-3 go, 100 000 000 boxes",
)
