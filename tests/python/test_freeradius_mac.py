"""Hardware addresses, and the devices that log in by them."""

from __future__ import annotations

from typing import Optional

import pytest
from eap_rs import freeradius
from eap_rs.freeradius import Request

from eap_packets import IDENTITY


@pytest.mark.parametrize(
    "text",
    [
        "aa:bb:cc:0d:ee:ff",
        "AA-BB-CC-0D-EE-FF",
        "aabb.cc0d.eeff",
        "aabb-cc0d-eeff",
        "AABB:CC0D:EEFF",
        "aabbcc-0deeff",
        "aabbcc0deeff",
        "aa.bb.cc.0d.ee.ff",
    ],
)
def test_an_address_has_many_forms(text: str) -> None:
    assert freeradius.normalise_mac(text) == "aa:bb:cc:0d:ee:ff"
    assert freeradius.split_called_station(text) == ("aa:bb:cc:0d:ee:ff", None)
    for ssid in ("campus", "", "a:b", "aa-bb", "two\nlines"):
        called = freeradius.split_called_station(f"{text}:{ssid}")
        assert called == ("aa:bb:cc:0d:ee:ff", ssid)
        with pytest.raises(ValueError, match="hardware address"):
            freeradius.normalise_mac(f"{text}:{ssid}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aabbcc0deef",
        "aabbcc0deefff",
        "aa:bb-cc:0d:ee:ff",
        "aa:bb:cc:0d:ee",
        "gg:bb:cc:0d:ee:ff",
        " aabbcc0deeff",
        "aabbcc0deeff\n",
        "aa::bb:cc:0d:ee:ff",
        "٠٠٠٠٠٠٠٠٠٠٠٠",
        ":" * 100_000,
        "a" * 100_000,
    ],
)
def test_and_nothing_else_is_one(text: str) -> None:
    for function in (freeradius.normalise_mac, freeradius.split_called_station):
        with pytest.raises(ValueError, match="hardware address"):
            function(text)


MAC, OTHER = "aa:bb:cc:dd:ee:ff", "00:11:22:33:44:55"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(service_type="Call-Check", user_name="AABBCCDDEEFF"), MAC),
        (Request(service_type="10", calling_station_id="AABB.CCDD.EEFF"), MAC),
        (Request(service_type="Call-Check", user_name="sw", calling_station_id=MAC), MAC),
        (Request(service_type="Call-Check", user_name=OTHER, calling_station_id=MAC), None),
        (Request(service_type="Call-Check", user_name="alice"), None),
        (Request(user_name="aabbccddeeff", calling_station_id="AA-BB-CC-DD-EE-FF"), MAC),
        (Request(user_name=OTHER, calling_station_id=MAC), None),
        (Request(user_name=MAC), None),
        (Request(calling_station_id=MAC), None),
        (Request(service_type="Framed-User", user_name="alice", calling_station_id=MAC), None),
        (Request(), None),
        (Request(service_type="Call-Check", user_name=MAC, eap_message=IDENTITY), None),
    ],
)
def test_a_device_is_authenticated_by_the_address_that_calls(
    request_: Request, expected: Optional[str]
) -> None:
    assert request_.mac_to_authenticate == expected
