"""A switch with methods of its own, and a server for the peers that it does not know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Optional, Sequence, Union

import eap_rs
import pytest

from conftest import ALICE, PASSWORD, Pki, answer

Reply = Union[eap_rs.Challenge, eap_rs.Accept, eap_rs.Reject, eap_rs.Discard, eap_rs.Question]


def aaa_answer(reply: Reply) -> Any:
    """What a server's reply says, as a switch reads it from RADIUS."""
    match reply:
        case eap_rs.Challenge(eap_message, _, method_timeout):
            return eap_rs.AaaRequest(eap_message, method_timeout)
        case eap_rs.Accept(eap_message, outcome):
            return eap_rs.AaaSuccess(eap_message, outcome.msk, outcome.session_id)
        case eap_rs.Reject(eap_message):
            return eap_rs.AaaFailure(eap_message)
        case eap_rs.Discard():
            return eap_rs.AaaNoRequest()
    raise AssertionError(reply)


@dataclass
class Switch:
    """A port with a phone on it, before a server."""

    full: eap_rs.FullAuthenticator
    server: Optional[eap_rs.SessionTable] = None
    state: Optional[bytes] = None
    asked: list[eap_rs.AskAaa] = field(default_factory=list)
    ours: Optional[eap_rs.Finished] = None
    theirs: Optional[eap_rs.Finished] = None

    def log_in(
        self, peer: eap_rs.Peer, answer: Callable[[object], Any] = answer, start: bool = True
    ) -> None:
        """Everybody talks, until nobody has anything to say."""
        if start:
            self.full.start()
        moved = True
        while moved:
            moved = False
            for output in self.full:
                moved = True
                match output:
                    case eap_rs.Send(packet):
                        peer.handle_packet(packet)
                    case eap_rs.Ask(id, query):
                        self.full.handle_answer(id, answer(query))
                    case eap_rs.AskAaa(id, _, eap_message):
                        self.asked.append(output)
                        self.ask_server(id, eap_message)
                    case eap_rs.Finished():
                        self.ours = output
            for output in peer:
                moved = True
                match output:
                    case eap_rs.Send(packet):
                        self.full.handle_packet(packet)
                    case eap_rs.Ask(id, query):
                        peer.handle_answer(id, answer(query))
                    case eap_rs.Finished():
                        self.theirs = output

    def ask_server(self, id: int, eap_message: bytes) -> None:
        if self.server is None:
            return
        reply = self.server.handle(self.state, eap_message)
        self.state = reply.state if isinstance(reply, eap_rs.Challenge) else None
        assert self.full.handle_aaa(id, aaa_answer(reply)).kind == "accepted"


def switch(methods: Sequence[str] = (), pass_through: bool = True, **settings: Any) -> Switch:
    config = eap_rs.AuthenticatorConfig(methods=methods, pass_through=pass_through, **settings)
    return Switch(eap_rs.FullAuthenticator(config))


def server(pki: Pki) -> eap_rs.SessionTable:
    return eap_rs.SessionTable(
        eap_rs.AuthenticatorConfig(methods=["ttls/pap"], tls=pki.server_tls(), backend=True),
        check_password=lambda who, password: (who, password) == (ALICE, PASSWORD.encode()),
    )


def ttls(pki: Pki, password: str = PASSWORD) -> eap_rs.Peer:
    config = eap_rs.PeerConfig(
        ALICE,
        password=password,
        anonymous_identity="@example.org",
        methods=["ttls/pap"],
        tls=pki.peer_tls(),
    )
    return eap_rs.Peer(config)


def md5() -> eap_rs.Peer:
    return eap_rs.Peer(eap_rs.PeerConfig(ALICE, password=PASSWORD, methods=["md5"]))


def test_a_method_of_its_own_needs_no_server() -> None:
    port = switch(["md5"])
    port.log_in(md5())
    assert port.ours is not None and port.ours.ok and port.ours.outcome is not None
    assert port.theirs is not None and port.theirs.ok
    assert (port.ours.outcome.method, port.ours.outcome.identity) == ("md5", ALICE)
    assert port.asked == []


@pytest.mark.parametrize("settings", [{}, {"pass_identity_through": True}, {"methods": ["md5"]}])
def test_the_server_decides_and_all_three_have_the_keys(
    pki: Pki, settings: dict[str, Any]
) -> None:
    port = switch(**settings)
    port.server = server(pki)
    port.log_in(ttls(pki))
    assert port.ours is not None and port.ours.ok, port.ours
    assert port.theirs is not None and port.theirs.ok, port.theirs
    ours, theirs = port.ours.outcome, port.theirs.outcome
    assert ours is not None and theirs is not None
    assert ours.msk is not None and len(ours.msk) == 64 and ours.msk == theirs.msk
    assert ours.session_id is not None and ours.session_id == theirs.session_id
    assert (ours.method, ours.identity) == ("ttls", "@example.org")
    # Who asks for the identity: the server, if everything is left to it.
    begins = "pass_identity_through" in settings
    first = port.asked[0]
    assert (first.identity, first.eap_message == b"") == ("" if begins else "@example.org", begins)


def test_the_servers_refusal_is_the_switches(pki: Pki) -> None:
    port = switch()
    port.server = server(pki)
    port.log_in(ttls(pki, "guess"))
    assert port.ours is not None and not port.ours.ok
    assert port.theirs is not None and not port.theirs.ok
    assert port.ours.outcome is None and port.ours.reason


def test_the_policy_says_who_is_passed_through(pki: Pki) -> None:
    def guests_only(query: object) -> Any:
        match query:
            case eap_rs.Policy("@example.org"):
                return eap_rs.Offer([], pass_through=True)
            case eap_rs.Policy():
                return ["md5"]
        return answer(query)

    for peer, asks in [(ttls(pki), True), (md5(), False)]:
        port = switch(["md5"], pass_through=False, ask_policy=True)
        port.server = server(pki)
        port.log_in(peer, guests_only)
        assert port.ours is not None and port.ours.ok, port.ours
        assert (port.asked != []) == asks


def test_no_server_answers(pki: Pki) -> None:
    port = switch(aaa_timeout=5.0)
    port.log_in(ttls(pki))
    at = port.full.poll_timeout()
    assert len(port.asked) == 1 and port.ours is None and at is not None
    port.full.handle_timeout(at)
    assert list(port.full) == [eap_rs.Finished(False, None, "the authentication server did not answer")]
    # Or the host knows earlier.
    port = switch()
    port.log_in(ttls(pki))
    assert port.full.handle_aaa(port.asked[0].id, eap_rs.AaaTimeout()).kind == "accepted"
    assert list(port.full) == [eap_rs.Finished(False, None, "the authentication server did not answer")]


def test_only_the_open_request_is_answered(pki: Pki) -> None:
    port = switch()
    peer = ttls(pki)
    port.log_in(peer)
    (first,) = port.asked
    success = eap_rs.AaaSuccess(bytes([3, first.eap_message[1], 0, 4]))
    assert port.full.handle_aaa(first.id + 1, success).kind == "discarded"
    # What is no Request leaves the request open.
    assert port.full.handle_aaa(first.id, eap_rs.AaaRequest(b"\x03\x01\x00\x04")).kind == "discarded"
    # A dropped Response as well: the peer may answer again.
    assert port.full.handle_aaa(first.id, eap_rs.AaaNoRequest()).kind == "accepted"
    assert port.full.handle_aaa(first.id, success).kind == "discarded"
    assert port.full.handle_packet(first.eap_message).kind == "accepted"
    (second,) = [output for output in port.full if isinstance(output, eap_rs.AskAaa)]
    assert second.id != first.id and second.eap_message == first.eap_message
    # A new conversation takes no answer of the old one.
    port.full.start()
    received = port.full.handle_aaa(second.id, success)
    assert received.kind == "discarded" and received.reason
    port.server = server(pki)
    port.log_in(ttls(pki), start=False)
    assert port.ours is not None and port.ours.ok


def test_keys_that_are_required_are_not_made_up(pki: Pki) -> None:
    port = switch(require_keys=True)
    port.log_in(ttls(pki))
    port.full.handle_aaa(port.asked[0].id, eap_rs.AaaSuccess(msk=b""))
    finished = [output for output in port.full if isinstance(output, eap_rs.Finished)]
    assert [output.ok for output in finished] == [False]


def test_an_answer_of_another_kind_is_a_mistake(pki: Pki) -> None:
    port = switch()
    port.log_in(ttls(pki))
    with pytest.raises(TypeError, match="AaaSuccess"):
        port.full.handle_aaa(port.asked[0].id, True)  # type: ignore[arg-type]
    with pytest.raises(eap_rs.ConfigError, match="method_timeout"):
        port.full.handle_aaa(port.asked[0].id, eap_rs.AaaRequest(b"", -1.0))


def test_settings_that_contradict_each_other() -> None:
    for settings, name in [
        ({"methods": ["md5"], "pass_identity_through": True}, "pass_identity_through"),
        ({"methods": [], "pass_through": True, "backend": True}, "pass_through"),
        ({"methods": ["md5"], "aaa_timeout": 0.0}, "aaa_timeout"),
    ]:
        with pytest.raises(eap_rs.ConfigError) as raised:
            eap_rs.AuthenticatorConfig(**settings)  # type: ignore[arg-type]
        assert raised.value.field == name


def test_its_values_print_no_keys() -> None:
    success = eap_rs.AaaSuccess(b"\x03\x01\x00\x04", b"secret" * 8, b"\x15id")
    assert repr(success) == (
        r"AaaSuccess(eap_message=b'\x03\x01\x00\x04', msk=<48 octets>, session_id=b'\x15id')"
    )
    assert repr(eap_rs.AaaTimeout()) == "AaaTimeout()"
    assert len({eap_rs.AaaTimeout(), eap_rs.AaaTimeout(), eap_rs.AaaNoRequest()}) == 2
