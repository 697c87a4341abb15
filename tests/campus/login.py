"""A login of `eap_rs.Peer` at a RADIUS server, one exchange at a time."""

from __future__ import annotations

from typing import Optional

import eap_rs

import radius
from radius import Attributes, Client, Packet

DEFAULT_MAC = "02-00-00-00-00-01"


class Login:
    """The peer, and the NAS that stands between it and the server."""

    def __init__(
        self,
        client: Client,
        config: eap_rs.PeerConfig,
        outer: str,
        *,
        password: str = "",
        mac: str = DEFAULT_MAC,
    ) -> None:
        self.client, self.outer, self.password, self.mac = client, outer, password, mac
        self.peer = eap_rs.Peer(config)
        self.outcome: Optional[eap_rs.Outcome] = None
        self.exchanges = 0
        self._state: Optional[bytes] = None
        self._tls = b""
        # The NAS asks for the Identity.
        self._response = self._hear(b"\x01\x01\x00\x05\x01")

    def step(self) -> Optional[Packet]:
        """One exchange. The server's verdict, if this was the last one."""
        answer = self.client.access(self.request())
        self.exchanges += 1
        self._state = answer.one(radius.STATE)
        self._response = self._hear(answer.eap) if answer.eap else None
        return None if answer.code == radius.ACCESS_CHALLENGE else answer

    def request(self) -> Attributes:
        """What is to be sent next."""
        assert self._response is not None, "the peer has nothing to say"
        attributes: Attributes = [
            (radius.USER_NAME, self.outer.encode()),
            (radius.NAS_IP_ADDRESS, bytes([127, 0, 0, 1])),
            (radius.CALLING_STATION_ID, self.mac.encode()),
            (radius.FRAMED_MTU, (1400).to_bytes(4, "big")),
            *radius.split(self._response),
        ]
        if self._state is not None:
            attributes.append((radius.STATE, self._state))
        return attributes

    def finish(self) -> Packet:
        """The server's verdict; after an Accept, both ends have the same keys."""
        for _ in range(60):
            verdict = self.step()
            if verdict is not None:
                return self._checked(verdict)
        raise AssertionError("60 exchanges, and no verdict")

    @property
    def group(self) -> str:
        """The group of the key exchange: the key share of TLS 1.3, or the curve of 1.2."""
        for named, length, name in [(b"\0\x1d", 32, "x25519"), (b"\0\x17", 65, "secp256r1")]:
            share = b"\0\x33\0" + bytes([length + 4]) + named + b"\0" + bytes([length])
            if share in self._tls or b"\x03" + named + bytes([length]) in self._tls:
                return name
        return "unknown"

    def _checked(self, verdict: Packet) -> Packet:
        accepted = verdict.code == radius.ACCESS_ACCEPT
        assert accepted == (self.outcome is not None), "server and peer do not agree"
        if self.outcome is not None and self.outcome.msk is not None:
            assert verdict.msk is not None and len(verdict.msk) == 64
            assert verdict.msk == self.outcome.msk, "the keys differ"
        return verdict

    def _hear(self, packet: bytes) -> Optional[bytes]:
        self.peer.handle_packet(packet)
        if len(packet) > 6 and packet[4] in (13, 21, 25):
            # Only fragments that say the length of the whole have four octets more.
            self._tls += packet[10:] if packet[5] & 0x80 else packet[6:]
        said: Optional[bytes] = None
        for output in self.peer:
            match output:
                case eap_rs.Send(response):
                    said = response
                case eap_rs.Ask(id, eap_rs.Token() | eap_rs.Password()):
                    self.peer.handle_answer(id, self.password)
                case eap_rs.Finished(True, outcome):
                    self.outcome = outcome
        return said
