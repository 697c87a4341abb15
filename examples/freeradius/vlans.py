"""From a VLAN to its subnet."""

from __future__ import annotations

from ipaddress import IPv4Network


def subnet_of(vlan: int, base: IPv4Network) -> IPv4Network:
    """The /24 of a VLAN: the VLAN's number counts subnets of the base. With 10.0.0.0/8, that is
    10.<vlan // 256>.<vlan % 256>.0/24: VLAN 42 is 10.0.42.0/24, VLAN 301 is 10.1.45.0/24.

    Raises `ValueError` for what is no VLAN, 1 to 4094, or has no place in the base.
    """
    if not 1 <= vlan <= 4094:
        raise ValueError(f"vlan: {vlan} given, 1 to 4094 accepted")
    subnet = IPv4Network((int(base.network_address) + (vlan << 8), 24))
    if not subnet.subnet_of(base):
        raise ValueError(f"vlan: {vlan} has no subnet in {base}")
    return subnet
