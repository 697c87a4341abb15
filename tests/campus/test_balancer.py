"""A balancer, and two servers behind it."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator

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
VERSIONS = ("1.2", "1.3")
AT_A_TIME = 8


@dataclass(frozen=True)
class Site:
    folder: Path
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
        "sessions": {"shared": str(folder / "sessions.sqlite")},
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
        yield Site(folder, stack.enter_context(balancer), servers)


def peers_of(pki: Pki, count: int) -> list[tuple[Who, str]]:
    """Devices of their own, which remember sessions; and the VLAN of each."""
    peers = []
    for i in range(count):
        method = METHODS[i % len(METHODS)]
        user = BOB if i % 2 and method != "tls" else ALICE
        version = VERSIONS[i // 6 % 2]
        who = peer(pki, user, method, i, version=version, resumption=True)
        peers.append((who, VLANS[user]))
    return peers


def home(who: Who) -> int:
    """Whose a device is while both servers are there: FreeRADIUS takes FNV-1 of the key."""
    key = 0x811C9DC5
    for octet in who.mac.replace("-", "").lower().encode():
        key = (key * 0x01000193 & 0xFFFFFFFF) ^ octet
    return key % 2


def accepted_macs(server: FreeRadius) -> set[str]:
    return {line.split(" mac=")[1].split()[0] for line in server.lines("campus: accept ")}


def macs(whos: Iterable[Who]) -> set[str]:
    return {who.mac.replace("-", ":").lower() for who in whos}


KINDS = [(method, version) for method in METHODS for version in VERSIONS]


def all_kinds(pki: Pki, each: int) -> list[Who]:
    """Alice's devices, of each method and each version of TLS."""
    return [
        peer(pki, ALICE, method, i, version=version, resumption=True)
        for i, (method, version) in enumerate(KINDS * each)
    ]


def test_500_logins_of_which_the_last_half_has_one_server_only(site: Site, pki: Pki) -> None:
    peers = peers_of(pki, 500)
    whos = [who for who, _ in peers]
    homes = [home(who) for who in whos]
    once = threading.Lock()
    before: set[int] = set()
    under_way: set[int] = set()

    def after_each(progress: load.Progress) -> None:
        if len(progress.done) < 250 or not once.acquire(blocking=False):
            return
        # Somebody is to be in the middle of it.
        end = time.monotonic() + 5
        while time.monotonic() < end and not any(
            homes[i] == 0 for i in set(progress.begun) - set(progress.done)
        ):
            time.sleep(0.001)
        time.sleep(0.01)
        before.update(progress.done)
        site.servers[0].kill()
        under_way.update(set(progress.begun) - before)

    results = load.run(
        site.balancer.port,
        whos,
        at_a_time=AT_A_TIME,
        timeout=3.0,
        tries=5,
        after_each=after_each,
    )
    assert 250 <= len(before) < 300
    one, two = map(accepted_macs, site.servers)
    right = {i for i, (it, (_, vlan)) in enumerate(zip(results, peers)) if it.vlan == vlan}
    lost = {i for i, it in enumerate(results) if it.code != radius.ACCESS_ACCEPT}
    assert len(right) + len(lost) == 500
    # Both had their half, while they were there.
    assert before <= right
    assert one - macs(whos[i] for i in under_way) == macs(whos[i] for i in before if homes[i] == 0)
    assert two >= macs(whos[i] for i in before if homes[i] == 1)
    assert min(sum(homes[i] == it for i in before) for it in (0, 1)) > 80
    # What was under way at the server that went away is lost, and nothing else.
    assert lost <= {i for i in under_way if homes[i] == 0}, (lost, under_way)
    assert {results[i].code for i in lost} <= {radius.ACCESS_REJECT}
    # An Access-Accept may have been on its way.
    let_in, not_let_in = (macs(whos[i] for i in it) for it in (right, lost))
    assert let_in <= one | two <= let_in | not_let_in

    # Who has lost his conversation begins another one, and gets in.
    again = load.run(
        site.balancer.port, [whos[i] for i in lost], at_a_time=AT_A_TIME, timeout=3.0, tries=5
    )
    assert [it.vlan for it in again] == [peers[i][1] for i in lost]
    print(f"{len(one)} and {len(two)} logins, {len(under_way)} under way, {len(lost)} lost")

    # And whoever was let in by the server that is gone is resumed by the one that is left.
    theirs = [i for i in range(500) if homes[i] == 0 and i in before]
    resumed = load.run(
        site.balancer.port, [whos[i] for i in theirs], at_a_time=AT_A_TIME, timeout=3.0, tries=5
    )
    assert [it.vlan for it in resumed] == [peers[i][1] for i in theirs]
    assert all(it.resumed for it in resumed)


def test_sessions_are_resumed_at_the_other_server(site: Site, pki: Pki) -> None:
    one, two = (server.port for server in site.servers)
    whos = all_kinds(pki, 3)
    for port, resumed in ((one, False), (two, True), (one, True), (one, True), (two, True)):
        results = load.run(port, whos, at_a_time=4)
        assert [it.code for it in results] == [radius.ACCESS_ACCEPT] * len(whos)
        assert [it.resumed for it in results] == [resumed] * len(whos)
        assert [it.vlan for it in results] == [VLANS[ALICE]] * len(whos)
    for server in site.servers:
        assert not server.lines("shared sessions")
        for line in server.lines("campus: accept "):
            assert f" user={ALICE} " in line and f" vlan={VLANS[ALICE]} " in line
    assert len(site.servers[1].lines("campus: accept .* resumed=yes ")) == 2 * len(whos)


def test_sessions_outlive_their_server(site: Site, pki: Pki) -> None:
    whos = all_kinds(pki, 4)
    first = load.run(site.balancer.port, whos, at_a_time=4)
    assert not any(it.resumed for it in first)
    assert min(site.accepted()) > 0
    site.servers[0].kill()
    then = load.run(site.balancer.port, whos, at_a_time=4, timeout=3.0, tries=5)
    assert all(it.code == radius.ACCESS_ACCEPT and it.resumed for it in then)
    assert {it.vlan for it in then} == {VLANS[ALICE]}


EXPIRE = "UPDATE subscriptions SET valid_until = '2020-12-31' WHERE name = ?"
REMOVE = "DELETE FROM subscriptions WHERE name = ?"


def log_in_when_it_is_over(site: Site, whos: list[Who], change: str) -> None:
    """At one server, and after the change at both."""
    one, two = site.servers
    results = load.run(one.port, whos, at_a_time=4)
    assert {it.code for it in results} == {radius.ACCESS_ACCEPT}
    with closing(sqlite3.connect(site.folder / "subscriptions.sqlite")) as database, database:
        assert database.execute(change, (ALICE,)).rowcount == 1
    for server in (two, one):
        results = load.run(server.port, whos, at_a_time=len(whos))
        assert {it.code for it in results} == {radius.ACCESS_REJECT}
        assert not any(it.resumed for it in results)


@pytest.mark.parametrize("change", [EXPIRE, REMOVE])
def test_whose_subscription_is_over_is_resumed_at_no_server(
    site: Site, pki: Pki, change: str
) -> None:
    whos = all_kinds(pki, 1)
    log_in_when_it_is_over(site, whos, change)
    assert site.accepted() == [len(whos), 0]


def test_a_store_that_is_busy_keeps_nobody_out(site: Site, pki: Pki) -> None:
    one, two = site.servers
    whos = all_kinds(pki, 1)
    load.run(one.port, whos, at_a_time=4)
    with closing(sqlite3.connect(site.folder / "sessions.sqlite")) as database:
        database.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        results = load.run(two.port, whos, at_a_time=4)
        took = time.monotonic() - began
    assert [it.vlan for it in results] == [VLANS[ALICE]] * len(whos)
    # Tickets need no store.
    assert [it.resumed for it in results] == [method == "tls" for method, _ in KINDS]
    assert took < 5
    assert len(two.lines("campus: shared sessions: OperationalError")) == 1


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
