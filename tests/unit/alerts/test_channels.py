"""Addresses are read as they are written, odd ones refused, and their secrets shown nowhere."""

from __future__ import annotations

import pytest

from ecommerce_pipeline.alerts.channels import channels_of
from ecommerce_pipeline.alerts.message import Letter
from ecommerce_pipeline.errors import SettingError
from ecommerce_pipeline.settings import Settings
from tests.support.ports import free_port
from tests.support.receivers import mail_server, webhook

LETTER = Letter("subject", "text", "chat", "<p>html</p>")
MAIL = (
    "mailtos://loader:s3cret-w0rd@smtp.shop.example:587?from=a@shop.example&to=b@shop.example,c@shop.example"
)
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


def _names(addresses: str) -> list[str]:
    return [channel.name for channel in channels_of(Settings(alert_channels=addresses))]


@pytest.mark.parametrize("between", [" ", ",", ", ", "\n", " ,\n\t"])
def test_addresses_stand_apart_by_commas_blanks_and_lines(between: str) -> None:
    written = f"{between}{MAIL}{between}{SLACK}{between}"
    assert _names(written) == ["channel 1.1 (mailtos)", "channel 1.2 (mailtos)", "channel 2 (slack)"]


@pytest.mark.parametrize("nothing", [None, "", " ,\n"])
def test_nothing_is_no_channel(nothing: str | None) -> None:
    assert channels_of(Settings(alert_channels=nothing)) == []


@pytest.mark.parametrize(
    "odd",
    [
        "night@shop.example",
        "mailto://smtp.shop.example?from=a@shop.example&to=nobody",
        "pigeon://s3cret-w0rd",
        "mailtos://",
        "slack://s3cret-w0rd",
        "json://[s3cret-w0rd",
        "s3cret-w0rd",
    ],
)
def test_an_address_of_no_channel_is_refused_by_its_place_and_not_shown(odd: str) -> None:
    with pytest.raises(SettingError) as refused:
        channels_of(Settings(alert_channels=f"{MAIL} {odd}"))
    assert "s3cret-w0rd" not in str(refused.value)
    assert "in place 2" in str(refused.value)


def test_a_receiver_is_the_same_though_its_password_changes_and_another_though_its_server_is_the_same() -> (
    None
):
    mail = MAIL.replace(",c@shop.example", "")
    other_password, other_receiver = mail.replace("s3cret-w0rd", "other-w0rd"), mail.replace("b@", "d@")
    found = channels_of(Settings(alert_channels=f"{mail} {other_password} {other_receiver} {SLACK}"))
    same, again, receiver, slack = (channel.channel_id for channel in found)
    assert same == again
    assert len({same, receiver, slack}) == 3


def test_receivers_of_one_address_are_channels_of_their_own_whoever_stands_beside_them() -> None:
    alone = MAIL.replace(",c@shop.example", "")
    both, first = (channels_of(Settings(alert_channels=address)) for address in (MAIL, alone))
    assert [channel.name for channel in both] == ["channel 1.1 (mailtos)", "channel 1.2 (mailtos)"]
    assert len({channel.channel_id for channel in both}) == 2
    assert [channel.channel_id for channel in first] == [both[0].channel_id]


def test_a_server_that_is_away_is_named_with_the_reason() -> None:
    address = f"mailto://loader:s3cret-w0rd@127.0.0.1:{free_port()}?from=a@shop.example&to=b@shop.example"
    (channel,) = channels_of(Settings(alert_channels=address))
    assert "ConnectionRefusedError" in channel.send(LETTER)


def test_a_server_that_repeats_the_secret_is_shown_without_it() -> None:
    with mail_server() as box, webhook() as hook:
        address = box.address.replace("://", "://loader:s3cret-w0rd@")
        (channel, other) = channels_of(Settings(alert_channels=f"{address} {hook.address}"))
        shown = channel._sentence("535 loader s3cret-w0rd is wrong") + other._sentence(
            "POST /hooks/k3y-0f-the-h00k"
        )
    assert "s3cret-w0rd" not in shown and "k3y-0f-the-h00k" not in shown
    assert "***" in shown


def test_nothing_of_a_failure_reaches_the_log_of_the_library(caplog: pytest.LogCaptureFixture) -> None:
    with webhook() as hook:
        hook.status = 503
        (channel,) = channels_of(Settings(alert_channels=hook.address))
        why = channel.send(LETTER)
    assert "503" in why
    assert [record for record in caplog.records if record.name == "apprise"] == []
