"""What looks secret is never shown."""

import pytest

from ctdeck.masking import masked_args, masked_pair, masked_value


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        (("app", "--password=hunter2"), ("app", "--password=***")),
        (("app", "--token", "hunter2", "-v"), ("app", "--token", "***", "-v")),
        (("env", "PGPASSWORD=hunter2", "psql"), ("env", "PGPASSWORD=***", "psql")),
        (("app", "--secret", "--verbose"), ("app", "--secret", "--verbose")),
        (("app", "postgres://me:hunter2@db/x"), ("app", "postgres://me:***@db/x")),
        (("nginx", "-g", "daemon off;"), ("nginx", "-g", "daemon off;")),
    ],
)
def test_words_of_a_command(args: tuple[str, ...], shown: tuple[str, ...]) -> None:
    assert masked_args(args) == shown


def test_pairs_and_labels() -> None:
    assert masked_pair("API_KEY=hunter2") == "API_KEY=***"
    assert masked_pair("URL=http://u:hunter2@h/") == "URL=http://u:***@h/"
    assert masked_value("org.opencontainers.image.authors", "me") == "me"
    assert masked_value("com.example/api-token", "hunter2") == "***"
