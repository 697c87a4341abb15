"""A RADIUS client over UDP (RFC 2865, 3579): what a NAS does, and no more."""

from __future__ import annotations

import hmac
import secrets
import socket
from dataclasses import dataclass
from hashlib import md5
from typing import Optional

ACCESS_REQUEST, ACCESS_ACCEPT, ACCESS_REJECT, ACCESS_CHALLENGE = 1, 2, 3, 11
ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE = 4, 5

USER_NAME, NAS_IP_ADDRESS, SERVICE_TYPE, FRAMED_MTU = 1, 4, 6, 12
STATE, VENDOR_SPECIFIC, CALLING_STATION_ID = 24, 26, 31
TUNNEL_TYPE, TUNNEL_MEDIUM_TYPE, TUNNEL_PRIVATE_GROUP_ID = 64, 65, 81
EAP_MESSAGE, MESSAGE_AUTHENTICATOR = 79, 80

Attributes = list[tuple[int, bytes]]


class NoAnswerError(Exception):
    """Nobody answered in time, or nobody who knows the secret."""


@dataclass(frozen=True)
class Packet:
    """An answer whose authenticators have been checked."""

    code: int
    attributes: Attributes
    request_authenticator: bytes
    secret: bytes

    def all(self, kind: int) -> list[bytes]:
        return [value for this, value in self.attributes if this == kind]

    def one(self, kind: int) -> Optional[bytes]:
        values = self.all(kind)
        return values[0] if values else None

    @property
    def eap(self) -> bytes:
        return b"".join(self.all(EAP_MESSAGE))

    @property
    def vlan(self) -> Optional[str]:
        """The VLAN, if it is said as RFC 3580 §3.31 has it."""
        tunnel, medium = self.one(TUNNEL_TYPE), self.one(TUNNEL_MEDIUM_TYPE)
        group = self.one(TUNNEL_PRIVATE_GROUP_ID)
        if not (tunnel and medium and group):
            return None
        if (tunnel[1:], medium[1:]) != (b"\0\0\x0d", b"\0\0\x06"):
            return None
        return (group[1:] if group[0] <= 0x1F else group).decode()

    @property
    def msk(self) -> Optional[bytes]:
        """MS-MPPE-Recv-Key and MS-MPPE-Send-Key, one after the other (RFC 2548 §2.4)."""
        keys = {}
        for value in self.all(VENDOR_SPECIFIC):
            if value[:4] == b"\0\0\x01\x37" and value[4] in (16, 17):
                keys[value[4]] = self._decrypt(value[6 : 4 + value[5]])
        return keys[17] + keys[16] if len(keys) == 2 else None

    def _decrypt(self, value: bytes) -> bytes:
        salt, hidden = value[:2], value[2:]
        clear, last = b"", self.request_authenticator + salt
        for i in range(0, len(hidden), 16):
            block = md5(self.secret + last).digest()
            last = hidden[i : i + 16]
            clear += bytes(a ^ b for a, b in zip(block, last))
        return clear[1 : 1 + clear[0]]


class Client:
    """One socket. A thread of its own for each, please."""

    def __init__(self, port: int, secret: str, timeout: float = 5.0, tries: int = 3) -> None:
        self.secret, self.timeout, self.tries = secret.encode(), timeout, tries
        self.round_trips = 0
        self._identifier = secrets.randbelow(256)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def access(self, attributes: Attributes) -> Packet:
        return self._exchange(ACCESS_REQUEST, attributes)

    def accounting(self, attributes: Attributes) -> Packet:
        return self._exchange(ACCOUNTING_REQUEST, attributes)

    def _exchange(self, code: int, attributes: Attributes) -> Packet:
        self._identifier = (self._identifier + 1) % 256
        request = self._encode(code, attributes)
        why = "no answer"
        for _ in range(self.tries):
            try:
                self._socket.send(request)
                self._socket.settimeout(self.timeout)
                # Late answers to earlier requests are passed over.
                for _ in range(10):
                    answer = self._socket.recv(4096)
                    if answer[1] == request[1]:
                        break
            except (TimeoutError, ConnectionRefusedError) as error:
                why = repr(error)
                continue
            self.round_trips += 1
            return self._decode(answer, request)
        raise NoAnswerError(why)

    def _encode(self, code: int, attributes: Attributes) -> bytes:
        body = b"".join(bytes([kind, 2 + len(value)]) + value for kind, value in attributes)
        if code == ACCOUNTING_REQUEST:
            head = bytes([code, self._identifier]) + (20 + len(body)).to_bytes(2, "big")
            return head + md5(head + bytes(16) + body + self.secret).digest() + body
        length = (38 + len(body)).to_bytes(2, "big")
        head = bytes([code, self._identifier]) + length + secrets.token_bytes(16)
        signed = head + bytes([MESSAGE_AUTHENTICATOR, 18])
        mac = hmac.digest(self.secret, signed + bytes(16) + body, "md5")
        return signed + mac + body

    def _decode(self, answer: bytes, request: bytes) -> Packet:
        length = int.from_bytes(answer[2:4], "big")
        if length != len(answer):
            raise NoAnswerError(f"{len(answer)} octets that say they are {length}")
        authenticator, body = request[4:20], answer[20:]
        if md5(answer[:4] + authenticator + body + self.secret).digest() != answer[4:20]:
            raise NoAnswerError("wrong Response Authenticator")
        attributes: Attributes = []
        at, mac_at = 0, None
        while at < len(body):
            kind, size = body[at], body[at + 1]
            if size < 2 or at + size > len(body):
                raise NoAnswerError("an attribute with a wrong length")
            if kind == MESSAGE_AUTHENTICATOR:
                mac_at = at + 2
            attributes.append((kind, body[at + 2 : at + size]))
            at += size
        if mac_at is not None:
            unsigned = body[:mac_at] + bytes(16) + body[mac_at + 16 :]
            mac = hmac.digest(self.secret, answer[:4] + authenticator + unsigned, "md5")
            if mac != body[mac_at : mac_at + 16]:
                raise NoAnswerError("wrong Message-Authenticator")
        packet = Packet(answer[0], attributes, authenticator, self.secret)
        if packet.eap and mac_at is None:
            raise NoAnswerError("EAP-Message without Message-Authenticator (RFC 3579 §3.1)")
        return packet


def split(eap: bytes) -> Attributes:
    """An EAP packet in as many attributes as it needs."""
    return [(EAP_MESSAGE, eap[i : i + 253]) for i in range(0, len(eap), 253)]
