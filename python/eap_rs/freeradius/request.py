"""What a request says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, Union

from eap_rs.freeradius.attributes import (
    MAX_STATE,
    Only,
    collect,
    eap_message,
    read_octets,
    request_list,
)
from eap_rs.freeradius.mac import mac_or_none


@dataclass(frozen=True)
class Request:
    """What an Access-Request or Accounting-Request says, as far as it says it.

    Lengths and numbers are checked; nothing else is: who sent the request is FreeRADIUS's
    business, and what a user claims in it is a claim.
    """

    user_name: Optional[str] = None
    user_password: Optional[bytes] = field(default=None, repr=False)
    state: Optional[bytes] = None
    """Names the conversation (RFC 2865 §5.24)."""
    eap_message: Optional[bytes] = field(default=None, repr=False)
    """The EAP packet, put together from its pieces (RFC 3579 §3.1)."""
    service_type: Optional[str] = None
    calling_station_id: Optional[str] = None
    called_station_id: Optional[str] = None
    nas_identifier: Optional[str] = None
    nas_ip_address: Optional[str] = None
    nas_port: Optional[int] = None
    framed_mtu: Optional[int] = None
    """Octets of an EAP packet on the way to the peer (RFC 3579 §2.4)."""
    wants_key_name: bool = False
    """Whether there is an EAP-Key-Name: the NAS asks for the Session-Id (RFC 7268 §2.2)."""
    classes: Tuple[bytes, ...] = ()
    """The Class attributes that an Access-Accept has given (RFC 2865 §5.25)."""
    acct_status_type: Optional[str] = None
    """``Start``, ``Stop``, ``Interim-Update``, … (RFC 2866 §5.1)."""
    acct_session_id: Optional[str] = None
    acct_session_time: Optional[int] = None
    """Seconds."""
    acct_terminate_cause: Optional[str] = None
    attributes: Mapping[str, Tuple[Union[str, bytes], ...]] = field(
        default_factory=dict, repr=False
    )
    """All of them, as they came."""

    @classmethod
    def from_vps(cls, p: object) -> Request:
        """Reads the argument of a function of rlm_python3: the request's attributes, or with
        ``pass_all_vps`` or ``pass_all_vps_dict`` all lists, of which the request is taken.

        Raises `BadAttribute` and `TruncatedEapMessage`, and `TypeError` if ``p`` is nothing that
        rlm_python3 passes.
        """
        attributes = collect(request_list(p))
        only = Only(attributes)
        # Most requests have few of them, and a login has many requests.
        fields: Dict[str, Any] = {
            field: read(only, name) for name, field, read in _FIELDS if name in attributes
        }
        return cls(
            eap_message=eap_message(attributes),
            wants_key_name="EAP-Key-Name" in attributes,
            classes=tuple(read_octets("Class", it) for it in attributes.get("Class", ())),
            attributes=attributes,
            **fields,
        )

    @property
    def mac(self) -> Optional[str]:
        """The device's address, ``aa:bb:cc:dd:ee:ff``, if Calling-Station-Id is one."""
        return mac_or_none(self.calling_station_id)

    @property
    def mac_to_authenticate(self) -> Optional[str]:
        """The address that a NAS wants to have authenticated instead of a user, who has not
        spoken 802.1X: there is no EAP-Message, and Service-Type is Call-Check (RFC 2865 §5.6) or
        User-Name is the address that calls.

        An address in User-Name that is not the one that calls is a claim of somebody else's: it
        is not taken, whatever Service-Type says.
        """
        if self.eap_message is not None:
            return None
        named, calls = mac_or_none(self.user_name), self.mac
        if self.service_type in ("Call-Check", "10"):
            addresses = {it for it in (named, calls) if it is not None}
            return addresses.pop() if len(addresses) == 1 else None
        return named if named == calls else None


_FIELDS: Tuple[Tuple[str, str, Callable[[Only, str], object]], ...] = (
    ("User-Name", "user_name", Only.text),
    ("User-Password", "user_password", Only.secret),
    ("State", "state", lambda only, name: only.octets(name, MAX_STATE)),
    ("Service-Type", "service_type", Only.text),
    ("Calling-Station-Id", "calling_station_id", Only.text),
    ("Called-Station-Id", "called_station_id", Only.text),
    ("NAS-Identifier", "nas_identifier", Only.text),
    ("NAS-IP-Address", "nas_ip_address", Only.text),
    ("NAS-Port", "nas_port", Only.number),
    ("Framed-MTU", "framed_mtu", Only.number),
    ("Acct-Status-Type", "acct_status_type", Only.text),
    ("Acct-Session-Id", "acct_session_id", Only.text),
    ("Acct-Session-Time", "acct_session_time", Only.number),
    ("Acct-Terminate-Cause", "acct_terminate_cause", Only.text),
)
"""Attributes, where a `Request` has them, and how they are read."""
