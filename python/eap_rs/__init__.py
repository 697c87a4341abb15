"""The Extensible Authentication Protocol (RFC 3748), peer and authenticator, without I/O.

A session is fed packets, answers and the time; iterating over it gives what there is to do::

    peer = Peer(PeerConfig("alice", password="secret", methods=["md5"]))
    peer.handle_packet(packet)
    for output in peer:
        match output:
            case Send(packet):
                link.send(packet)
            case Ask(id, Token(challenge)):
                peer.handle_answer(id, input(challenge))
            case Finished(True, outcome):
                print("logged in by", outcome.method)
            case Finished(False, reason=reason):
                print("refused:", reason)

Time is that of ``time.monotonic()``, in seconds. A rejected user is a result, not an exception:
exceptions are for mistakes of the caller.
"""

from eap_rs._native import (
    METHODS,
    AaaFailure,
    AaaNoRequest,
    AaaRequest,
    AaaSuccess,
    AaaTimeout,
    Accept,
    AnswerError,
    Ask,
    AskAaa,
    Authenticator,
    AuthenticatorConfig,
    Certificate,
    Challenge,
    ChangePassword,
    CheckPassword,
    ConfigError,
    Discard,
    EapError,
    Finished,
    FullAuthenticator,
    Identity,
    InnerIdentity,
    MethodRefused,
    MethodStarted,
    NewPassword,
    Notification,
    NtHash,
    Offer,
    OtpChallenge,
    Outcome,
    Password,
    Peer,
    PeerConfig,
    PeerIdentity,
    Policy,
    Question,
    Received,
    Reject,
    Restricted,
    Resume,
    Send,
    SessionTable,
    StaleQueryError,
    StoredCredential,
    TicketKeys,
    TlsPeerConfig,
    TlsServerConfig,
    Token,
    Tunnel,
    VerifyClient,
    VerifyServer,
    Withdrawn,
    __version__,
)

__all__ = [
    "METHODS",
    "AaaFailure",
    "AaaNoRequest",
    "AaaRequest",
    "AaaSuccess",
    "AaaTimeout",
    "Accept",
    "AnswerError",
    "Ask",
    "AskAaa",
    "Authenticator",
    "AuthenticatorConfig",
    "Certificate",
    "Challenge",
    "ChangePassword",
    "CheckPassword",
    "ConfigError",
    "Discard",
    "EapError",
    "Finished",
    "FullAuthenticator",
    "Identity",
    "InnerIdentity",
    "MethodRefused",
    "MethodStarted",
    "NewPassword",
    "Notification",
    "NtHash",
    "Offer",
    "OtpChallenge",
    "Outcome",
    "Password",
    "Peer",
    "PeerConfig",
    "PeerIdentity",
    "Policy",
    "Question",
    "Received",
    "Reject",
    "Restricted",
    "Resume",
    "Send",
    "SessionTable",
    "StaleQueryError",
    "StoredCredential",
    "TicketKeys",
    "TlsPeerConfig",
    "TlsServerConfig",
    "Token",
    "Tunnel",
    "VerifyClient",
    "VerifyServer",
    "Withdrawn",
    "__version__",
]
