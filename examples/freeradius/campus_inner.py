"""The campus inside the tunnel of FreeRADIUS's own rlm_eap, which does all of EAP (rlm_eap.conf).

FreeRADIUS calls the same functions for what comes without EAP, of devices and in accounting.
"""

from __future__ import annotations

import campus
from campus import Answer, Campus
from eap_rs import freeradius
from eap_rs.freeradius import Request

OUTER_IDENTITY = "Tmp-String-8"
"""Where the site inside the tunnel notes who the peer said it is outside."""

OUTER_METHOD = "Tmp-String-9"
"""And by which method."""

REFUSAL = "Tmp-String-7"
"""And, of whom it has refused, what FreeRADIUS says about that."""


def authorize(p: object) -> Answer:
    return campus.answer_with(_authorize, p)


def authenticate(p: object) -> Answer:
    return campus.answer_with(_authenticate, p)


def post_auth(p: object) -> Answer:
    return campus.answer_with(_post_auth, p)


def _authorize(here: Campus, request: Request) -> Answer:
    """A password comes back to `authenticate`; of MSCHAPv2, FreeRADIUS wants the NT hash."""
    if OUTER_IDENTITY not in request.attributes:
        return here.authorize(request)
    if request.user_password is not None:
        return campus.update(config=(("Auth-Type", ":=", campus.AUTH_TYPE),))
    if not any("mschap" in it for it in here.settings.methods) or request.user_name is None:
        return freeradius.RLM_MODULE_NOOP
    subscriber = here.subscriptions.subscriber(request.user_name)
    if subscriber is None or subscriber.nt_hash is None or here.problem_with(subscriber):
        # Who may not log in looks like who has a wrong password.
        return freeradius.RLM_MODULE_NOOP
    return campus.update(config=(("NT-Password", ":=", freeradius.octets(subscriber.nt_hash)),))


def _authenticate(here: Campus, request: Request) -> Answer:
    if OUTER_IDENTITY not in request.attributes:
        return here.authenticate(request)
    name, password = request.user_name, request.user_password
    if name is None or password is None:
        return freeradius.RLM_MODULE_INVALID
    fits = here.passwords.check(here.subscriptions.subscriber(name), password)
    return freeradius.RLM_MODULE_OK if fits else freeradius.RLM_MODULE_REJECT


def _post_auth(here: Campus, request: Request) -> Answer:
    """Who has got so far has the right password: the VLAN, if the subscription is valid, too. And
    a line about whom anybody has refused, here or before."""
    name = request.user_name or ""
    subscriber = here.subscriptions.subscriber(name)
    problem = here.problem_with(subscriber)
    if REFUSAL in request.attributes:
        said = "" if request.user_password is not None else _note(request, REFUSAL)
        reason = problem or said.replace('"', "'") or "wrong password"
        campus.log_reject(name, reason, request.mac, 0)
        return freeradius.RLM_MODULE_NOOP
    if subscriber is None or problem is not None:
        return freeradius.RLM_MODULE_REJECT
    here.log_accept(
        subscriber.name,
        _note(request, OUTER_IDENTITY),
        f"{_note(request, OUTER_METHOD)}/{_inner_method(request)}".lower(),
        subscriber.vlan,
        request.mac,
        resumed=False,
    )
    return campus.update(reply=campus.access(subscriber))


def _inner_method(request: Request) -> str:
    for attribute, method in (("MS-CHAP2-Response", "mschapv2"), ("MS-CHAP-Response", "mschap")):
        if attribute in request.attributes:
            return method
    return _note(request, "EAP-Type") or "pap"


def _note(request: Request, name: str) -> str:
    return str(request.attributes.get(name, ("",))[0])
