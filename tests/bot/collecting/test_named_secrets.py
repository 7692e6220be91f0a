"""A secret that a word before it gives away, and words that give nothing away."""

import pytest

from bot.collecting.redaction.redacting import redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("the root pw on the NAS is still `Tiger_Lily88`", "the root pw on the NAS is still `[SECRET_1]`"),
        ("creds for the demo: demo / Passw0rd!23", "creds for the demo: demo / [SECRET_1]"),
        ("Password is\n> Mango_Tree9", "Password is\n> [SECRET_1]"),
        ("Password:\n```hunter2!x```", "Password:\n```[SECRET_1]```"),
        ("passwd hunter2, then reboot", "passwd [SECRET_1], then reboot"),
        ("PASSWORD=swordfish", "PASSWORD=[SECRET_1]"),
        ("DB_PASSWORD_STAGING=blue42sky", "DB_PASSWORD_STAGING=[SECRET_1]"),
        ("Server=db;Password=P@ssw0rd1;Encrypt=true", "Server=db;Password=[SECRET_1];Encrypt=true"),
        ('{"client_secret": "Gx82-kfoq_Lpq92kd"}', '{"client_secret": "[SECRET_1]"}'),
        ('<add key="ApiKey" value="d41d8cd98f00b204"/>', '<add key="ApiKey" value="[SECRET_1]"/>'),
        ("curl -u admin:s3cret https://tin.example", "curl -u [SECRET_1] https://tin.example"),
        ("docker login -u tin -p 9f8d7c6b-Qa12 tin.example", "docker login -u tin -p [SECRET_1] tin.example"),
        ("zoom passcode 482913", "zoom passcode [SECRET_1]"),
        ("the alarm code is 4471, don't tell", "the alarm code is [SECRET_1], don't tell"),
        ("the otp seed is JBSWY3DPEHPK3PXP", "the otp seed is [SECRET_1]"),
    ],
)
def test_what_is_named_as_a_secret_goes(text: str, redacted: str) -> None:
    assert redact(text)[0].text == redacted


@pytest.mark.parametrize(
    "text",
    [
        *(
            "password manager, password policy v2",
            "use password-less login, 2-factor tokens",
            "the password is in 1Password",
        ),
        *(
            "the password was changed on 2026-11-02",
            "password is stored as sha256-hash",
            "secret: projects/tin/secrets/db",
        ),
        *("private key: ~/.ssh/id_ed25519", "primary key: id_user2", "cache key: user:42:v2", "API keys: 3 used of 10"),
        *(
            "token limit is 128k",
            "the token was 8192 long",
            '{"token_type": "Bearer", "expires_in": 3600}',
            "has_pw: bool",
        ),
        *(
            "you can pass `override=True2` to it",
            "pass: 37 fail: 2",
            "compass: north",
            "PWD=/srv/app2",
            "error code 4471",
        ),
        *("https://user:password@tin.example/", "https://${USER}:${TOKEN}@tin.example", "Authorization: Bearer $TOKEN"),
        *(
            "assert password == expected_password1",
            "password = request.form['pw2']",
            "xoxb-your-token",
            "sk-learn-something",
        ),
    ],
)
def test_what_only_speaks_of_secrets_stays(text: str) -> None:
    assert redact(text)[0].text == text
