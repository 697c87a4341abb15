"""A whole login."""

from __future__ import annotations

import logging
from typing import Any, Callable, Iterable, Optional, Union

from eap_rs._native import (
    Accept,
    Discard,
    Outcome,
    Question,
    Reject,
    SessionTable,
    StaleQueryError,
    handle_vps,
)
from eap_rs.freeradius.attributes import goes_on, request_list
from eap_rs.freeradius.codes import (
    RLM_MODULE_INVALID,
    RLM_MODULE_NOOP,
    RLM_MODULE_NOTFOUND,
    RLM_MODULE_REJECT,
    RLM_MODULE_UPDATED,
)
from eap_rs.freeradius.errors import BadAttribute
from eap_rs.freeradius.log import printable
from eap_rs.freeradius.reply import Attribute, Reply, Update, failure, signed_eap, to_update
from eap_rs.freeradius.request import Request


class Handler:
    """Authenticates by EAP for rlm_python3. Threads share one.

    ``accept(request, outcome)`` gives further attributes of the Access-Accept, or `None`: then the
    user, who has authenticated, is refused all the same, as after anything that is no `Attribute`.
    ``reject(request, reply)`` is told of each Access-Reject. ``answer(question)`` answers what the
    table has no callable for; without it, or if it raises, the question is declined, which lets
    nobody in.
    """

    def __init__(
        self,
        table: SessionTable,
        *,
        accept: Optional[Callable[[Request, Outcome], Optional[Iterable[Attribute]]]] = None,
        reject: Optional[Callable[[Request, Reject], None]] = None,
        answer: Optional[Callable[[Question], Any]] = None,
        framed_mtu: Optional[int] = None,
        auth_type: str = "eap_rs",
    ) -> None:
        self._table = table
        self._accept = accept
        self._reject = reject
        self._answer = answer
        self._framed_mtu = framed_mtu
        self._auth_type = auth_type

    def authorize(self, p: object) -> Union[int, Update]:
        """Has FreeRADIUS call `authenticate`, if there is an EAP-Message."""
        if all(name != "EAP-Message" for name, _ in request_list(p)):
            return RLM_MODULE_NOOP
        return RLM_MODULE_UPDATED, {"config": (("Auth-Type", ":=", self._auth_type),)}

    def authenticate(
        self, p: object, unusual: Optional[Callable[[object], Union[int, Update]]] = None
    ) -> Union[int, Update]:
        """The reply to the EAP-Message in a request, or `RLM_MODULE_NOTFOUND`: the site is to ask
        again, with the message in pieces.

        ``unusual(p)`` replies to a request without EAP, or with anything out of the ordinary in
        what EAP needs of it; without ``unusual``, they are invalid.
        """
        # Almost all requests are usual, and almost all replies challenges: they are fast.
        usual = handle_vps(self._table, p, self._framed_mtu)
        if usual is not None:
            reply, eap_message, wants_key_name = usual
            if isinstance(reply, tuple):
                return reply
            return self._end(reply, eap_message, wants_key_name, lambda: Request.from_vps(p))
        if goes_on(p):
            return RLM_MODULE_NOTFOUND
        if unusual is not None:
            return unusual(p)
        try:
            request = Request.from_vps(p)
        except BadAttribute as problem:
            _log.error("malformed request: %s", problem)
            return RLM_MODULE_INVALID
        return self.reply_to(request)

    def reply_to(self, request: Request) -> Union[int, Update]:
        """The same, for a request that has been read already."""
        if request.eap_message is None:
            return RLM_MODULE_INVALID
        reply: Union[Reply, Question, Exception]
        try:
            reply = self._table.handle(
                request.state,
                request.eap_message,
                framed_mtu=request.framed_mtu or self._framed_mtu,
            )
        except Exception as problem:  # noqa: BLE001
            reply = problem
        return self._end(reply, request.eap_message, request.wants_key_name, lambda: request)

    def _end(
        self,
        reply: Union[Reply, Question, Exception],
        eap_message: bytes,
        wants_key_name: bool,
        read: Callable[[], Request],
    ) -> Update:
        """What to say once the table has spoken, or raised an exception. `read` gives the whole
        request: it is for the host, at the end of a login."""
        try:
            if isinstance(reply, Exception):
                raise reply
            while isinstance(reply, Question):
                reply = self._settle(reply)
            attributes: Optional[Iterable[Attribute]] = ()
            if isinstance(reply, Accept) and self._accept is not None:
                attributes = self._accept(read(), reply.outcome)
            if attributes is None:
                who = read().user_name or ""
                reply = Reject(failure(eap_message), who, "the host has refused")
                attributes = ()
            if isinstance(reply, Reject) and self._reject is not None:
                self._reject(read(), reply)
            if isinstance(reply, Discard):
                _log.info("no answer to %s: %s", _sender(read), reply.reason)
            return to_update(reply, attributes, key_name=wants_key_name)
        except Exception as problem:  # noqa: BLE001
            # What breaks here would break again: the peer is told at once, with an EAP-Failure.
            _log.error("login failed: %s: %s", type(problem).__name__, problem)
            return RLM_MODULE_REJECT, {"reply": signed_eap(failure(eap_message))}

    def _settle(self, question: Question) -> Union[Reply, Question]:
        state, id = question.state, question.id
        query = type(question.query).__name__
        if self._answer is None:
            _log.error("nobody answers %s: give the table a callable for it", query)
            return self._table.answer(state, id, None)
        try:
            return self._table.answer(state, id, self._answer(question))
        except StaleQueryError:
            raise
        except Exception as problem:  # noqa: BLE001
            # Nobody gets in because the directory is broken, and no conversation stays open.
            _log.error("%s: %s: %s", query, type(problem).__name__, problem)
            return self._table.answer(state, id, None)


def _sender(read: Callable[[], Request]) -> str:
    try:
        request = read()
    except BadAttribute:
        # Of which EAP has needed nothing: there is still no answer.
        return "a malformed request"
    return f"user={printable(request.user_name or '-')} mac={request.mac or '-'}"


_log = logging.getLogger("eap_rs.freeradius")
