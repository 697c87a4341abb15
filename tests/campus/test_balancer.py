"""A balancer, and two servers behind it."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Iterator

import pytest

import load
import radius
from certificates import Pki
from example import ALICE, BOB, DEVICE, VLANS, Example
from load import Who
from peers import peer
from servers import FreeRadius, free_ports
from test_devices import mac_authentication, radclient

METHODS = ("ttls/pap", "peap/gtc", "tls")
AT_A_TIME = 8


@dataclass(frozen=True)
class Site:
    balancer: FreeRadius
    servers: tuple[FreeRadius, FreeRadius]

    def accepted(self) -> list[int]:
        """How many logins each server has accepted."""
        return [len(server.lines("campus: accept ")) for server in self.servers]


@pytest.fixture
def site(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("balancer")
    keys = folder / "ticket_keys"
    keys.write_text("a7" * 32 + "\n")
    settings = {
        "tls": {"session_lifetime": "3600", "ticket_keys": str(keys)},
        "eap": {"methods": " ".join(METHODS)},
    }
    example = Example.new(folder, pki.servers["p256"], pki.staff_ca, settings)
    one, two = free_ports(2)
    homes = {"CAMPUS_HOME_1": str(one), "CAMPUS_HOME_2": str(two)}
    with ExitStack() as stack:
        servers = (
            stack.enter_context(example.server("one", port=one)),
            stack.enter_context(example.server("two", port=two)),
        )
        balancer = example.server("balancer", name="balancer", more=homes)
        yield Site(stack.enter_context(balancer), servers)


def peers_of(pki: Pki, count: int) -> list[tuple[Who, str]]:
    """Devices of their own, which remember sessions; and the VLAN of each."""
    peers = []
    for i in range(count):
        method = METHODS[i % len(METHODS)]
        user = BOB if i % 2 and method != "tls" else ALICE
        version = ("1.2", "1.3")[i // 6 % 2]
        who = peer(pki, user, method, i, version=version, resumption=True)
        peers.append((who, VLANS[user]))
    return peers


def test_500_logins_of_which_the_last_half_has_one_server_only(site: Site, pki: Pki) -> None:
    peers = peers_of(pki, 500)
    stopped = threading.Event()

    def after_each(done: int) -> None:
        if done == 250:
            site.servers[0].kill()
            stopped.set()

    results = load.run(
        site.balancer.port,
        [who for who, _ in peers],
        at_a_time=AT_A_TIME,
        timeout=3.0,
        tries=5,
        after_each=after_each,
    )
    assert stopped.is_set()
    right = [it.vlan == vlan for it, (_, vlan) in zip(results, peers)]
    lost = [i for i, it in enumerate(results) if it.code != radius.ACCESS_ACCEPT]
    # Those that were under way at the server that went away, and no other.
    assert len(lost) <= AT_A_TIME, lost
    assert sum(right) == 500 - len(lost)
    one, two = site.accepted()
    assert one + two == 500 - len(lost)
    # Half of 250, give or take.
    assert one > 60 and two > 310, (one, two)

    # Who has lost his conversation begins another one, and gets in.
    again = load.run(
        site.balancer.port, [peers[i][0] for i in lost], at_a_time=AT_A_TIME, timeout=3.0, tries=5
    )
    assert [it.vlan for it in again] == [peers[i][1] for i in lost]


def test_sessions_are_resumed_at_the_other_server(site: Site, pki: Pki) -> None:
    """EAP-TLS: all that there is to know is in the ticket."""
    one, two = (server.port for server in site.servers)
    for version in ("1.2", "1.3"):
        whos = [peer(pki, ALICE, "tls", i, version=version, resumption=True) for i in range(10)]
        for port, resumed in ((one, False), (two, True), (one, True)):
            results = load.run(port, whos, at_a_time=4)
            assert [it.code for it in results] == [radius.ACCESS_ACCEPT] * 10
            assert [it.resumed for it in results] == [resumed] * 10
            assert [it.vlan for it in results] == [VLANS[ALICE]] * 10


def test_sessions_outlive_their_server(site: Site, pki: Pki) -> None:
    whos = [peer(pki, ALICE, "tls", i, resumption=True) for i in range(20)]
    first = load.run(site.balancer.port, whos, at_a_time=4)
    assert not any(it.resumed for it in first)
    assert min(site.accepted()) > 0
    site.servers[0].kill()
    then = load.run(site.balancer.port, whos, at_a_time=4, timeout=3.0, tries=5)
    assert all(it.code == radius.ACCESS_ACCEPT and it.resumed for it in then)


def test_a_server_that_is_back_gets_logins_again(site: Site, pki: Pki) -> None:
    whos = [who for who, _ in peers_of(pki, 20)]
    one = site.servers[0]
    one.kill()
    load.run(site.balancer.port, whos, at_a_time=4, timeout=3.0, tries=5)
    one.start()
    before = site.accepted()[0]
    end = time.monotonic() + 45
    while site.accepted()[0] == before:
        assert time.monotonic() < end, "it never was alive again"
        load.run(site.balancer.port, whos, at_a_time=4, timeout=3.0, tries=5)
        time.sleep(1)


def test_devices_and_accounting_pass_through(site: Site) -> None:
    answer = mac_authentication(site.balancer.port, DEVICE, DEVICE)
    assert "Received Access-Accept" in answer, answer
    answer = radclient(
        site.balancer.port + 1,
        "acct",
        Acct_Status_Type="Start",
        Acct_Session_Id='"5f3a"',
        User_Name=f'"{ALICE}"',
        Calling_Station_Id=f'"{DEVICE}"',
        NAS_IP_Address="127.0.0.1",
    )
    assert "Received Accounting-Response" in answer, answer
    found = [server.lines(f"campus: accounting Start .*mac={DEVICE} ") for server in site.servers]
    assert sorted(map(len, found)) == [0, 1], found
