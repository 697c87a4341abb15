"""FreeRADIUS 3.2: the tuples of its ``rlm_python3`` in, the tuples that it takes out.

A script for ``rlm_python3`` needs no more than this::

    table = eap_rs.SessionTable(config, check_password=check_password)
    handler = freeradius.Handler(table, accept=lambda request, outcome: freeradius.vlan(42))

    def authorize(p):
        return handler.authorize(p)

    def authenticate(p):
        return handler.authenticate(p)

with the site of `UNLANG` around it. Whatever comes in as ``p`` is the network's, and is checked
and capped here: `BadAttribute` says what is wrong with it, without its value.
"""

from eap_rs.freeradius.codes import (
    RLM_MODULE_FAIL,
    RLM_MODULE_HANDLED,
    RLM_MODULE_INVALID,
    RLM_MODULE_NOOP,
    RLM_MODULE_NOTFOUND,
    RLM_MODULE_OK,
    RLM_MODULE_REJECT,
    RLM_MODULE_UPDATED,
)
from eap_rs.freeradius.errors import BadAttribute, TruncatedEapMessage
from eap_rs.freeradius.handler import Handler
from eap_rs.freeradius.log import LogHandler, printable
from eap_rs.freeradius.mac import normalise_mac, split_called_station
from eap_rs.freeradius.radiusd import Radiusd
from eap_rs.freeradius.reply import Attribute, Reply, Update, octets, text, to_update, vlan
from eap_rs.freeradius.request import Request
from eap_rs.freeradius.site import UNLANG
from eap_rs.freeradius.version import UnsupportedVersion, check_version

__all__ = [
    "RLM_MODULE_FAIL",
    "RLM_MODULE_HANDLED",
    "RLM_MODULE_INVALID",
    "RLM_MODULE_NOOP",
    "RLM_MODULE_NOTFOUND",
    "RLM_MODULE_OK",
    "RLM_MODULE_REJECT",
    "RLM_MODULE_UPDATED",
    "UNLANG",
    "Attribute",
    "BadAttribute",
    "Handler",
    "LogHandler",
    "Radiusd",
    "Reply",
    "Request",
    "TruncatedEapMessage",
    "UnsupportedVersion",
    "Update",
    "check_version",
    "normalise_mac",
    "octets",
    "printable",
    "split_called_station",
    "text",
    "to_update",
    "vlan",
]
