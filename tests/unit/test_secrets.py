"""Secrets by their names and by their looks, in whatever they are wrapped."""

from __future__ import annotations

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.run_options import RunOptions
from ctdeck.command.history import without_secrets
from ctdeck.failures import crash_text
from ctdeck.masking import (
    hidden_in,
    masked,
    masked_args,
    masked_pair,
    masked_text,
    masked_value,
    without,
)

C = "c4n4ry-Zx81"  # the secret in all of them
_PEM = "-----BEGIN RSA PRIVATE KEY-----"
_JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.{C}"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


VALUES = {
    "AWS": (f"AKIA{C}", "AKIAIOSFODNN7EXAMPLE"),
    "GitHub": (C, "ghp_" + "a1B2" * 9),
    "GitHub, fine": (C, "github_pat_" + "a1B2" * 9),
    "GitLab": (C, "glpat-" + "a1B2" * 5),
    "Slack": (C, "xoxb-1234567890-abcdefghij"),
    "npm": (C, "npm_" + "a1B2" * 9),
    "Google": (C, "AIza" + "a1B2c" * 7),
    "Stripe": (C, "sk_live_" + "a1B2" * 6),
    "key": (C, f"{_PEM}\nMIIE{C}\n-----END RSA PRIVATE KEY-----"),
    "key, cut short": (C, f"{_PEM}\nMIIE{C}\nAAAA"),
    "key in one line": (C, f"{_PEM}\\nMIIE{C}\\nAAAA"),
    "JWT": (C, _JWT),
    "bearer": (C, f"Bearer {C}"),
    "basic": (C, f"Authorization: Basic {C}"),
    "header": (C, f"X-Api-Key: {C}"),
    "URL": (C, f"postgres://me:{C}@db/x"),
    "URL, query": (C, f"postgres://me:{C}@db/x?sslmode=disable"),
    "URL, no user": (C, f"redis://:{C}@cache:6379/0"),
    "URL, @ within": (C, f"amqp://u:a@{C}@mq/"),
    "URL, / within": (C, f"amqp://u:a/{C}@mq/"),
    "URL, a login alone": (C, f"https://{C}0123456789abcdef@sentry.example/4"),
    "URL, signed": (C, f"https://s3.example/x?X-Amz-Signature={C}&a=1"),
    "no URL": (C, f"me:{C}@db.example"),
    "DSN": (C, f"host=db user=me password={C} dbname=x"),
    "DSN, quoted": (C, f"host=db password='a {C}' dbname=x"),
    "ADO": (C, f"Server=db;User Id=me;Password={C};"),
    "YAML": (C, f"user: me\npassword: {C}\n"),
    "YAML, quoted": (C, f'user: me\npassword: "a {C}"\n'),
    "properties": (C, f"a=1\ndb.password = {C}\n"),
    "JVM": (C, f"-Xmx1g -Ddb.password={C}"),
    "JSON": (C, json.dumps({"user": "me", "db": {"password": C}})),
    "JSON, below": (C, json.dumps({"secrets": {"one": [C, {"two": C}]}})),
    "JSON, number": ("81818181", json.dumps({"pin": 81818181})),
    "JSON, variables": (C, json.dumps({"env": [{"name": "DB_PASSWORD", "value": C}]})),
    "JSON, deep": (C, json.dumps({"a": [{"b": {"env": [{"name": "DB_PASSWORD", "value": C}]}}]})),
    "share": (C, f"//me:{C}@nas/share"),
    "JSON, variables, other order": (C, json.dumps([{"Value": C, "Name": "DB_PASSWORD"}])),
    "JSON, pairs": (C, json.dumps({"Env": [f"DB_PASSWORD={C}"]})),
    "JSON, arguments": (C, json.dumps({"args": ["app", "--password", C]})),
    "JSON within JSON": (C, json.dumps({"a": json.dumps({"b": json.dumps({"token": C})})})),
    "JSON, a Secret": (C, json.dumps({"kind": "Secret", "stringData": {"user": C}})),
    "JSON, cut short": (C, json.dumps({"a": 1, "password": C, "c": "d"})[:-9]),
    "JSON, cut within": (C, json.dumps({"name": "PASSWORD", "value": C})[:-2]),
    "JSON in text": (C, f'refused: {{"password": "{C}"}} at 3'),
    "JSON, pair in text": (C, f'refused: {{"name": "DB_PASSWORD", "value": "{C}"}} at 3'),
    "JSON, pair in text, key": (C, f'at 3 {{"key": "DB_PASSWORD", "value": "{C}"}} at 3'),
    "Python": (C, f"refused: {{'a': 1, 'password': \"a '{C}\"}} at 3"),
    "Python, pair": (C, f"refused: {{'name': 'DB_PASSWORD', 'value': '{C}'}} at 3"),
    "JSON, escaped in text": (C, f'refused: {{\\"password\\":\\"{C}\\"}} at 3'),
    "base64": (_b64(f"password={C}"), _b64(f"password={C}")),
    "base64 of a login": (_b64(f"me:{C}"), _b64(f"me:{C}")),
    "base64 of JSON": (_b64(f'{{"auth":"{C}"}}'), _b64(f'{{"auth":"{C}"}}')),
}


@pytest.mark.parametrize("how", VALUES)
def test_a_value_under_a_harmless_name(how: str) -> None:
    secret, value = VALUES[how]
    for shown in (
        masked_value("note", value),
        masked_pair(f"NOTE={value}"),
        *masked_args(["app", value, f"--note={value}"]),
    ):
        assert secret not in shown
        assert C not in shown
    assert "***" in masked_value("note", value)


@pytest.mark.parametrize(
    "name",
    [
        *("DB_PASSWORD", "PGPASSFILE", "GITHUB_PAT", "MYSQL_PW", "jwt", "x.auth", "API-KEY"),
        *("DSN", "SENTRY_DSN", "DATABASE_URL", "database.uri", "REDIS_URL", "WEBHOOK_URL", "SALT"),
        *("SESSION_SALT", "PEPPER", "SIGNING", "SIGNING_ID", "CREDENTIAL", "AWS_CREDENTIALS"),
        *("PRIVATE", "TLS_CERT", "CERTS", "CONNECTION_STRING", "MNEMONIC", "SEED", "HMAC_HEX"),
    ],
)
def test_a_harmless_value_under_such_a_name(name: str) -> None:
    assert masked_value(name, "blue") == "***"
    assert masked_pair(f"{name}=blue") == f"{name}=***"


@pytest.mark.parametrize(
    "name",
    ["maintainer", "HOSTNAME", "LOG_URL", "concert", "cert-manager.io/issuer", "basalt", "seeds"],
)
def test_a_harmless_value_under_a_harmless_name(name: str) -> None:
    assert masked_value(name, "blue") == "blue"


TOLD = {
    "flag": f"refused: --password {C} at 3",
    "flag, quoted": f"--password 'a {C}'",
    "flag, list": f'args: ["app", "--token", "{C}"]',
    "flag, Go's list": f'exec: "app" "--token" "a {C}": not found',
    "mysql": f"exec: mysql -uroot -p{C}: not found",
    "mysql, Go's lists": f'[mysql -p{C}] and "mysql" "-uroot" "-p{C}"',
    "curl": f"curl -sSu me:{C} and curl -u me:{C} https://x",
    "user": f"wget --user me:{C} failed",
    "redis": f"redis-cli -h x -a {C} ping; redis-cli ping",
    "redis, list": f"['redis-cli', '-a', '{C}']",
    "docker": f"docker login -u me -p {C} x",
    "bearer": f"refused Authorization: Bearer {C}",
    "bearer of letters": f'{{"Authorization": "Bearer {C}"}}',
    "login": f"dial tcp me:{C}@db.example:5432: refused",
    "login in quotes": f"failed to open 'me:{C}@db.example/shop'",
}


@pytest.mark.parametrize("how", TOLD)
def test_an_error_that_repeats_a_command_line(how: str) -> None:
    shown = masked_text(TOLD[how])
    assert C not in shown
    assert "***" in shown
    assert masked_text(shown) == shown
    assert C not in crash_text(ValueError(TOLD[how]))


ARGS = {
    "=": ("app", f"--password={C}"),
    "two words": ("app", "--password", C, "-v"),
    "one dash": ("app", "-password", C),
    "a dash before it": ("app", "--password", f"-{C}"),
    "mysql": ("mysql", "-uroot", f"-p{C}", "shop"),
    "mysqldump by its path": ("/usr/bin/mysqldump", f"-p{C}"),
    "mongo": ("mongosh", "-u", "me", "-p", C),
    "redis": ("redis-cli", "-a", C, "ping"),
    "curl": ("curl", "-u", f"me:{C}", "https://x"),
    "curl, one word": ("curl", f"-ume:{C}", "https://x"),
    "curl, header": ("curl", "-H", f"Authorization: Bearer {C}"),
    "sshpass": ("sshpass", f"-p{C}", "ssh", "x"),
    "login": ("docker", "login", "-u", "me", "-p", C),
    "ldap": ("ldapsearch", "-w", C),
    "docker": ("docker", "run", "-e", f"DB_PASSWORD={C}", "x"),
    "docker, one word": ("docker", "run", f"-eDB_PASSWORD={C}", "x"),
    "script": ("sh", "-c", f"PGPASSWORD={C} psql -h db"),
    "script, quoted": ("sh", "-c", f"export PGPASSWORD='a {C}'; psql"),
    "script, cut": ("sh", "-c", f'PGPASSWORD="a {C}'),
    "script, flag": ("bash", "-lc", f"app --token {C} && exit"),
    "script, flag at a ;": ("bash", "-lc", f"cd /x;app --token {C};exit"),
    "script, mysql": ("bash", "-lc", f"exec mysql -uroot -p{C} shop"),
    "script in a script": ("sh", "-c", f"sh -c 'PGPASSWORD=\"a {C}\" psql'"),
    "script with JSON": ("sh", "-c", f'echo \'{{"password": "a {C}"}}\' > /x'),
    "python": ("python", "-c", f"connect(password='{C}', user='me')"),
}


@pytest.mark.parametrize("how", ARGS)
def test_words_of_a_command(how: str) -> None:
    args = ARGS[how]
    shown = masked_args(args)
    assert C not in " ".join(shown)
    assert shown[0] == args[0]
    assert len(shown) == len(args)


@pytest.mark.parametrize(
    "text",
    [
        "docker.io/library/nginx:1.27@sha256:" + "0" * 64,
        "localhost:5000/shop/web:4.2@sha256:" + "0" * 64,
        "sha256:" + "0f" * 32,
        "{{.Names}} in [3]",
        "[not json",
        "git@github.com:org/repo.git",
        "https://github.com/org/repo",
        '{"a": 1,  "b": [true, null]}',
        "2026-11-23T12:00:00Z",
        "pull access denied: failed to fetch anonymous token: unexpected status 401",
        "0123456789abcdef0123456789abcdef",
        "overlayfs,index=off",
        "daemon off;",
        "user:me note:12",
        "mysql: failed with -p; redis-cli -a",
        "docker run --user 1000:1000 -u 0:0 x",
        "dial tcp 10.0.0.1:5432: connect: connection refused",
        "",
    ],
)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert masked_text(text) == text
    assert masked_value("note", text) == text
    assert masked_args(["app", text]) == ("app", text)


def test_prose_about_flags_stays_readable() -> None:
    text = "there is no flag --token; known are --user and --name, not --key."
    assert masked_text(text) == text


def test_the_words_of_a_script_stay_readable() -> None:
    script = "set -e; cd /srv &&  PGPASSWORD=x psql  -h db | tee /log"
    shown = masked_args(["sh", "-c", script])[2]
    assert shown == "set -e; cd /srv &&  PGPASSWORD=*** psql  -h db | tee /log"


def test_the_names_within_json_stay() -> None:
    text = json.dumps({"a": {"b": [{"c": {"name": "DB_PASSWORD", "value": "x", "d": ["e f"]}}]}})
    assert masked_value("note", text) == text.replace('"x"', '"***"')


@given(st.text(alphabet="\"'\\ {}[]=:@/-;,\nab{password}"), st.text(max_size=5))
def test_never_fails(text: str, name: str) -> None:
    masked_value(name, text)
    masked_text(text)
    masked_args([name, text, text])
    masked_pair(text)


@pytest.mark.parametrize(
    "text",
    [
        "a:" * 30_000,
        "://" * 20_000,
        "-----BEGIN PRIVATE KEY" * 3_000,
        '{"a":' * 15_000,
        "[" * 60_000,
        "'\"" * 30_000,
        "\\" * 60_000,
        "password" * 8_000,
        "password = " * 6_000,
        "eyJ" * 20_000,
        "a.b-" * 15_000,
        '"password":1,' * 4_500,
        '"name":"key","value":' * 3_000,
        "'password': \"" * 4_500,
        "x@" * 30_000,
        "a:b@c " * 10_000,
        '\\"key' * 12_000,
        "sh -c 'sh -c " * 5_000,
        '--token "' * 7_000,
        "--token" * 8_000,
        "mysql -p " * 7_000,
        "redis-cli -a '" * 4_500,
        "-u a:" * 12_000,
    ],
)
def test_what_is_hostile_costs_little(text: str) -> None:
    begun = time.process_time()
    masked_value("note", text)
    masked_text(text)
    masked_args(["sh", "-c", text])
    assert time.process_time() - begun < 2.0  # of the processor; quadratic would be minutes


def test_errors_repeat_no_secret_of_the_options() -> None:
    options = RunOptions(
        "x",
        "web",
        command=("app", "--password", C, "-v"),
        env=(f"DB_PASSWORD={C}-2", "HOME=/root"),
        labels=(("token", f"{C}-3"),),
    )
    hidden = hidden_in(options)
    assert set(hidden) == {C, f"{C}-2", f"{C}-3"}
    text = f'runc: exec: "{C}": not found; "{C}-2" and {C}-3 in /root'
    assert without(text, hidden) == 'runc: exec: "***": not found; "***" and *** in /root'
    assert C not in repr(masked(options))


@pytest.mark.parametrize(
    "how",
    [
        "JSON in text",
        "JSON, pair in text",
        "Python",
        "Python, pair",
        "DSN, quoted",
        "header",
        "bearer",
        "key, cut short",
    ],
)
def test_a_traceback(how: str) -> None:
    assert C not in crash_text(ValueError(VALUES[how][1]))


@pytest.mark.parametrize(
    "line",
    [
        f"run nginx app --password {C}",
        f"run nginx sh -c 'PGPASSWORD={C} psql'",
        f"run nginx app postgres://me:{C}@db/x",
        f"pull me:{C}@registry.example/x",
        f"run --name {C} -e A=b nginx curl -u me:{C} x",
    ],
)
def test_the_history_keeps_no_line_with_a_secret(line: str) -> None:
    assert without_secrets(line) == ""
