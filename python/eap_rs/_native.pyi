from typing import Callable, Dict, Iterator, Literal, Optional, Sequence, Tuple, Union, final

__version__: str
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
    "PacKeys",
    "PacUpdated",
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
    "SealedSession",
    "Send",
    "SessionTable",
    "StaleQueryError",
    "StoredCredential",
    "StoredSession",
    "TicketKeys",
    "TlsPeerConfig",
    "TlsServerConfig",
    "Token",
    "Tunnel",
    "VerifyClient",
    "VerifyServer",
    "Withdrawn",
    "__version__",
    "challenge_update",
    "handle_vps",
]
METHODS: tuple[str, ...]

_Bytes = Union[bytes, bytearray, memoryview]
_Octets = Union[str, _Bytes]
_Several = Union[_Octets, Sequence[_Octets]]
_TlsVersion = Literal["1.0", "1.1", "1.2", "1.3"]
_Clock = Literal["strict", "ignore-until-set", "ignore"]
_CryptoBinding = Literal["off", "if-offered", "required"]
_Provider = Literal["ring", "aws-lc-rs"]
_Provisioning = Literal["off", "none", "authenticated", "anonymous", "both"]
_GtcForm = Literal["labelled", "plain"]
_Signal = Literal["restart", "alt-accept", "alt-reject", "port-up", "port-down"]
_Credential = Union[_Octets, NtHash]
_Reason = Literal["password-expired", "disabled", "wrong-hours", "no-permission"]
_Query = Union[
    Identity,
    Password,
    NewPassword,
    Token,
    VerifyServer,
    Policy,
    StoredCredential,
    CheckPassword,
    ChangePassword,
    VerifyClient,
    OtpChallenge,
    Resume,
    StoredSession,
]
_Answer = Union[_Octets, bool, Sequence[str], Offer, NtHash, Restricted, None]
_Output = Union[
    Send,
    Ask,
    AskAaa,
    Withdrawn,
    Notification,
    PeerIdentity,
    InnerIdentity,
    MethodStarted,
    MethodRefused,
    PacUpdated,
    Finished,
]

_AaaAnswer = Union[AaaRequest, AaaNoRequest, AaaTimeout, AaaSuccess, AaaFailure]
_Reply = Union[Challenge, Accept, Reject, Discard, Question]
_Update = Tuple[int, Dict[str, Tuple[Tuple[str, str, str], ...]]]

def challenge_update(challenge: Challenge) -> _Update:
    """The Access-Challenge, as FreeRADIUS's rlm_python3 takes it."""

def handle_vps(
    table: SessionTable, p: object, framed_mtu: Optional[int]
) -> Optional[Tuple[Union[_Update, Accept, Reject, Discard, Question, Exception], bytes, bool]]:
    """Has `table` handle the request whose attributes `p` are, as rlm_python3 passes them, if there
    is nothing unusual about what EAP needs of them; `None` otherwise. Gives the reply, as
    rlm_python3 takes it if it is a challenge, or the exception that came out of the table; and
    EAP-Message, and whether there is an EAP-Key-Name. For `eap_rs.freeradius`."""

class EapError(Exception):
    """What all exceptions of this package are."""

class ConfigError(EapError, ValueError):
    """A configuration that cannot work. The text says what is accepted."""

    # The setting to correct; empty if a script raises this without one.
    field: str

class AnswerError(EapError, ValueError):
    """An answer that was not taken. The question stays open."""

class StaleQueryError(EapError):
    """An answer to a question that is not open: answered, withdrawn, or never asked."""

@final
class TicketKeys:
    """The keys that seal session tickets. The first one seals, each of them opens.

    keys: 1 to 16 of 32 octets each, chosen at random."""

    def __new__(cls, keys: Sequence[_Octets]) -> TicketKeys: ...
    def replace(self, keys: Sequence[_Octets]) -> None:
        """Takes other keys from here on."""

@final
class PacKeys:
    """The keys that seal a server's PACs (EAP-FAST, RFC 5422). The first one seals, each of them
    opens. Servers that share them, and their `authority`, know each other's PACs.

    keys: 1 to 16 of 32 octets each, chosen at random."""

    def __new__(cls, keys: Sequence[_Octets]) -> PacKeys: ...
    def replace(self, keys: Sequence[_Octets]) -> None:
        """Takes other keys from here on."""

@final
class TlsPeerConfig:
    """TLS on the peer's side: which servers are trusted, and the peer's own certificate.

    ca: the CAs that are trusted: PEM with any number, or DER, or several of these.
    server_names: names of which the server's certificate has to have one.
    server_name_suffixes: the same, for a name and all names below it.
    pins: SHA-256 fingerprints of which the server's certificate has to have one, 32 octets
        each; with `ca`, both must hold.
    crl: revocation lists, PEM with any number or DER: each issuer in a chain then needs a
        current one.
    clock: what is done with the dates of certificates: "strict", "ignore-until-set" as long as
        nobody has told the time, "ignore". Sessions here take it from `time.time()`.
    ask_server: whether `VerifyServer` is asked about chains that have passed all the rest.
        There may be no `ca` and no `pins` then.
    allow_legacy_signatures: whether chains may be signed with SHA-1, or by RSA keys of 1024
        bits.
    insecure_no_server_authentication: accepts every server, and whoever stands in the way can
        take the password.
    certificate: the peer's own, with its intermediates, PEM or DER: EAP-TLS needs it.
    key: its key, PKCS#8, PKCS#1 or SEC1; if not given, it is in `certificate`.
    key_password: the password of an encrypted key.
    min_version, max_version: the TLS versions spoken: "1.2" and "1.3"; with `legacy_tls` also
        "1.0", then the lowest if not given, and "1.1".
    fragment_size: the most octets of TLS in one packet sent: 64 to 65000.
    max_message: the most octets of one message received, all its fragments together: 4096 to
        16777216.
    resumption: whether sessions are resumed where the server lets us. They are kept here, as
        long as this object lives.
    require_indication_on_resumption: whether a server of TLS 1.3 has to say that it grants
        access also when it resumes a session (RFC 9190 §2.5), as some do not.
    provider: the cryptography, "ring" or "aws-lc-rs", in a build that has both.
    legacy_tls: whether OpenSSL speaks TLS, also with servers too old for anything else. Takes
        a build with the feature `openssl`, or `fast`.

    Raises `ConfigError`."""

    def __new__(
        cls,
        *,
        ca: Optional[_Several] = None,
        server_names: Optional[Sequence[str]] = None,
        server_name_suffixes: Optional[Sequence[str]] = None,
        pins: Optional[Sequence[_Octets]] = None,
        crl: Optional[_Several] = None,
        clock: _Clock = "strict",
        ask_server: bool = False,
        allow_legacy_signatures: bool = False,
        insecure_no_server_authentication: bool = False,
        certificate: Optional[_Octets] = None,
        key: Optional[_Octets] = None,
        key_password: Optional[_Octets] = None,
        min_version: Optional[_TlsVersion] = None,
        max_version: _TlsVersion = "1.3",
        fragment_size: int = 1398,
        max_message: int = 65_536,
        resumption: bool = True,
        require_indication_on_resumption: bool = False,
        provider: Optional[_Provider] = None,
        legacy_tls: bool = False,
    ) -> TlsPeerConfig: ...

@final
class TlsServerConfig:
    """TLS on the authenticator's side: its certificate, and which peers' certificates are
    trusted.

    certificate: its own, with the intermediates, PEM or DER.
    key: its key, PKCS#8, PKCS#1 or SEC1; if not given, it is in `certificate`.
    key_password: the password of an encrypted key.
    client_ca: the CAs whose clients are accepted: PEM with any number, or DER, or several of
        these.
    client_pins: SHA-256 fingerprints of which a client's certificate has to have one, 32
        octets each; with `client_ca`, both must hold.
    crl: revocation lists, PEM with any number or DER: each issuer in a chain then needs a
        current one.
    clock: what is done with the dates of certificates: "strict", "ignore-until-set" as long as
        nobody has told the time, "ignore". Sessions here take it from `time.time()`.
    ask_client: whether `VerifyClient` is asked about chains that have passed all the rest.
        There may be no `client_ca` and no `client_pins` then.
    allow_legacy_signatures: whether chains may be signed with SHA-1, or by RSA keys of 1024
        bits.
    tunnel_client_certificates: whether peers show certificates when the tunnel of PEAP,
        EAP-TTLS or EAP-FAST is made: "none", "optional", "required". EAP-TLS always requires
        them.
    min_version, max_version: the TLS versions spoken: "1.2" and "1.3"; with `legacy_tls` also
        "1.0", then the lowest if not given, and "1.1".
    fragment_size: the most octets of TLS in one packet sent: 64 to 65000.
    max_message: the most octets of one message received, all its fragments together: 4096 to
        16777216.
    session_lifetime: seconds for which a session can be resumed: 1 to 604800. If not given,
        none is.
    session_capacity: the most sessions kept in memory: 1 to 1000000. The oldest go first.
    ticket_keys: has the clients keep the sessions of EAP-TLS. Servers of the same keys resume
        each other's.
    ask_resumption: whether `Resume` is asked before a session of PEAP or EAP-TTLS is resumed.
    share_sessions: has the host keep the sessions that would be kept in memory, where all
        servers of the same `ticket_keys` find them: `Outcome.session` and `StoredSession`.
    provider: the cryptography, "ring" or "aws-lc-rs", in a build that has both.
    legacy_tls: as in `TlsPeerConfig`.

    Raises `ConfigError`."""

    def __new__(
        cls,
        certificate: _Octets,
        key: Optional[_Octets] = None,
        *,
        key_password: Optional[_Octets] = None,
        client_ca: Optional[_Several] = None,
        client_pins: Optional[Sequence[_Octets]] = None,
        crl: Optional[_Several] = None,
        clock: _Clock = "strict",
        ask_client: bool = False,
        allow_legacy_signatures: bool = False,
        tunnel_client_certificates: Literal["none", "optional", "required"] = "none",
        min_version: Optional[_TlsVersion] = None,
        max_version: _TlsVersion = "1.3",
        fragment_size: int = 1398,
        max_message: int = 65536,
        session_lifetime: Optional[float] = None,
        session_capacity: int = 1024,
        ticket_keys: Optional[TicketKeys] = None,
        ask_resumption: bool = False,
        share_sessions: bool = False,
        provider: Optional[_Provider] = None,
        legacy_tls: bool = False,
    ) -> TlsServerConfig: ...

@final
class PeerConfig:
    """A peer's configuration: checked, immutable, shared by any number of sessions; what it has
    of PACs changes.

    identity: who logs in: at most 1015 octets. If not given, `Identity` is asked.
    password: its password: at most 1015 octets. If not given, `Password` is asked.
    nt_hash: the NT hash in its place, 16 octets, for MS-CHAP and its kin.
    methods: the names of those accepted, out of `METHODS`, the preferred ones first.
    anonymous_identity: what is said in clear text, if `identity` is to be said inside a tunnel
        only.
    tls: whom to trust, for the methods that need it.
    peap_version: the highest that is spoken: 0 or 1. Version 1 has no crypto-binding.
    crypto_binding: whether PEAP's tunnel and the method inside prove to have the same ends:
        "off", "if-offered" by the other side, "required".
    require_keys: whether methods without an MSK are refused.
    client_timeout: seconds that a Request is waited for; 60 if not given.
    answer_timeout: seconds that a question may stay open; 120 if not given.
    max_rounds: the most Responses that a conversation may have: 1 to 65535; 100 if not given.
    accept_next_identifier: whether Success and Failure may have the Identifier after the last
        one, as some RADIUS servers send it (RFC 4137 §8.3).
    pacs: EAP-FAST: the file with the PACs there are, of `PacUpdated` or of wpa_supplicant.
        With a good one, `tls` is not needed.
    provisioning: EAP-FAST: in which tunnels new PACs are taken (RFC 5422): "off" or "none";
        "authenticated", where the server has shown a certificate, which it is if not given and
        there is `tls`; "anonymous", where nobody has shown anything, so that who reads along,
        or is the server, can try passwords; "both".
    gtc_form: EAP-FAST: how GTC is spoken inside: "labelled", as RFC 5421 has it and if not
        given; "plain", as elsewhere (RFC 3748 §5.6), which a peer then speaks with servers
        that do.

    EAP-FAST takes a build with the feature `fast`. Raises `ConfigError`."""

    def __new__(
        cls,
        identity: Optional[_Octets] = None,
        *,
        password: Optional[_Octets] = None,
        nt_hash: Optional[_Octets] = None,
        methods: Sequence[str],
        anonymous_identity: Optional[_Octets] = None,
        tls: Optional[TlsPeerConfig] = None,
        peap_version: int = 0,
        crypto_binding: _CryptoBinding = "if-offered",
        require_keys: bool = False,
        client_timeout: Optional[float] = None,
        answer_timeout: Optional[float] = None,
        max_rounds: Optional[int] = None,
        accept_next_identifier: bool = False,
        pacs: Optional[_Octets] = None,
        provisioning: Optional[_Provisioning] = None,
        gtc_form: Optional[_GtcForm] = None,
    ) -> PeerConfig: ...

@final
class AuthenticatorConfig:
    """An authenticator's configuration: checked, immutable, shared by any number of sessions.

    methods: their names, out of `METHODS`, in the order in which they are offered.
    tls: certificates, for the methods that need them.
    peap_version: the highest that is spoken: 0 or 1. Version 1 has no crypto-binding.
    crypto_binding: whether PEAP's tunnel and the method inside prove to have the same ends:
        "off", "if-offered" by the other side, "required".
    server_name: the authenticator's own name, which MD5-Challenge and EAP-MSCHAPv2 tell the
        peer: at most 255 octets.
    identity_prompt, token_prompt, notification: what the peer's user is shown (RFC 3748 §5.1,
        §5.6, §5.2): at most 1015 octets each.
    password_retries: how many other tries there are after a wrong password, with EAP-MSCHAPv2:
        0 to 255.
    ask_policy: whether `Policy` is asked, with the methods to offer as its answer.
    require_keys: whether methods without an MSK are refused.
    backend: whether a NAS sends Requests again, and begins (RFC 4137 §6). A stand-alone
        authenticator does so itself.
    response_timeout: seconds that a backend waits for a Response; 60 if not given.
    answer_timeout: seconds that a question may stay open; 30 if not given.
    max_rounds: the most Requests that a conversation may have: 1 to 65535; 100 if not given.
    pass_through: whether an AAA server decides about peers for whom no method is left, all of
        them if there are none (RFC 4137 §7). `FullAuthenticator` only; not with `backend`.
    pass_identity_through: the same, and the AAA server asks for the identity, too.
    aaa_timeout: seconds that the AAA server may take for an answer; 60 if not given.
    authority: EAP-FAST: the A-ID by which peers know the server, 16 octets chosen at random.
    authority_name: EAP-FAST: what people know it by.
    pac_keys: EAP-FAST: the keys of the PACs that it issues and accepts; without them it has
        none.
    pac_lifetime: EAP-FAST: seconds for which a PAC is good; 7 days if not given.
    pac_renewal: EAP-FAST: with how many seconds left it is renewed; a day if not given.
    provisioning: EAP-FAST: in which tunnels PACs are issued: "off" or "none", "authenticated",
        "anonymous", "both", as in `PeerConfig`; "authenticated" if not given and there are
        `pac_keys`.
    gtc_form: EAP-FAST: how GTC is spoken inside: "labelled", if not given, or "plain".

    EAP-FAST takes a build with the feature `fast`. Raises `ConfigError`."""

    def __new__(
        cls,
        *,
        methods: Sequence[str],
        tls: Optional[TlsServerConfig] = None,
        peap_version: int = 0,
        crypto_binding: _CryptoBinding = "if-offered",
        server_name: str = "",
        identity_prompt: str = "",
        token_prompt: Optional[str] = None,
        notification: Optional[str] = None,
        password_retries: int = 0,
        ask_policy: bool = False,
        require_keys: bool = False,
        backend: bool = False,
        response_timeout: Optional[float] = None,
        answer_timeout: Optional[float] = None,
        max_rounds: Optional[int] = None,
        pass_through: bool = False,
        pass_identity_through: bool = False,
        aaa_timeout: Optional[float] = None,
        authority: Optional[_Octets] = None,
        authority_name: str = "",
        pac_keys: Optional[PacKeys] = None,
        pac_lifetime: Optional[float] = None,
        pac_renewal: Optional[float] = None,
        provisioning: Optional[_Provisioning] = None,
        gtc_form: Optional[_GtcForm] = None,
    ) -> AuthenticatorConfig: ...

@final
class Peer:
    """One conversation of the side that asks for access. Iterating over it drains its outputs.

    config: may be shared with others.

    `now`, wherever it is, is in seconds of `time.monotonic()`, and that if it is not given."""

    def __new__(cls, config: PeerConfig) -> Peer: ...
    def handle_packet(self, packet: _Bytes, now: Optional[float] = None) -> Received:
        """Feeds one EAP packet from the lower layer."""
    def handle_answer(self, id: int, answer: _Answer, now: Optional[float] = None) -> None:
        """Answers the open question; `None` declines it. An answer that comes later than
        `answer_timeout` is none: `StaleQueryError`."""
    def handle_signal(self, signal: _Signal, now: Optional[float] = None) -> None:
        """Takes an indication from the lower layer."""
    def handle_timeout(self, now: Optional[float] = None) -> None:
        """Tells the time. Early and late calls are harmless."""
    def set_unix_time(self, unix_seconds: int, now: Optional[float] = None) -> None:
        """Says what the calendar reads: seconds since 1970. It is that of `time.time()` if
        this is not called."""
    def poll_output(self) -> Optional[_Output]:
        """The next thing to do, or `None` when there is nothing left."""
    def poll_timeout(self) -> Optional[float]:
        """When `handle_timeout` wants to be called, in seconds of `time.monotonic()`."""
    def __iter__(self) -> Iterator[_Output]: ...
    def __next__(self) -> _Output: ...

@final
class Authenticator:
    """One conversation of the side that grants access. Iterating over it drains its outputs.

    config: may be shared with others.

    `now`, wherever it is, is in seconds of `time.monotonic()`, and that if it is not given."""

    def __new__(cls, config: AuthenticatorConfig) -> Authenticator: ...
    def start(self, now: Optional[float] = None) -> None:
        """Begins the conversation, or begins it again."""
    def pick_up(self, response: _Bytes, now: Optional[float] = None) -> Received:
        """Begins the conversation with a Response to a Request that a NAS has sent (RFC 4137
        §6.2)."""
    def set_mtu(self, octets: int) -> None:
        """Says how long an EAP packet may be on the way to the peer, in octets."""
    def handle_packet(self, packet: _Bytes, now: Optional[float] = None) -> Received:
        """Feeds one EAP packet from the lower layer."""
    def handle_answer(self, id: int, answer: _Answer, now: Optional[float] = None) -> None:
        """Answers the open question; `None` declines it. An answer that comes later than
        `answer_timeout` is none: `StaleQueryError`."""
    def handle_signal(self, signal: _Signal, now: Optional[float] = None) -> None:
        """Takes an indication from the lower layer."""
    def handle_timeout(self, now: Optional[float] = None) -> None:
        """Tells the time. Early and late calls are harmless."""
    def set_unix_time(self, unix_seconds: int, now: Optional[float] = None) -> None:
        """Says what the calendar reads: seconds since 1970. It is that of `time.time()` if
        this is not called."""
    def poll_output(self) -> Optional[_Output]:
        """The next thing to do, or `None` when there is nothing left."""
    def poll_timeout(self) -> Optional[float]:
        """When `handle_timeout` wants to be called, in seconds of `time.monotonic()`."""
    def __iter__(self) -> Iterator[_Output]: ...
    def __next__(self) -> _Output: ...

@final
class FullAuthenticator:
    """One conversation of an access point or switch that has methods of its own, and an AAA server
    for the peers that it does not know (RFC 4137 §7). Iterating over it drains its outputs.

    config: may be shared with others.

    `now`, wherever it is, is in seconds of `time.monotonic()`, and that if it is not given."""

    def __new__(cls, config: AuthenticatorConfig) -> FullAuthenticator: ...
    def start(self, now: Optional[float] = None) -> None:
        """Begins the conversation, or begins it again."""
    def handle_aaa(self, id: int, answer: _AaaAnswer, now: Optional[float] = None) -> Received:
        """Takes the AAA server's answer to a request. An answer to any other than the one that is
        open is discarded, and so is a Request that is none: then the request stays open."""
    def set_mtu(self, octets: int) -> None:
        """Says how long an EAP packet of our own may be on the way to the peer, in octets. The AAA
        server is told by Framed-MTU (RFC 3579 §2.4)."""
    def handle_packet(self, packet: _Bytes, now: Optional[float] = None) -> Received:
        """Feeds one EAP packet from the lower layer."""
    def handle_answer(self, id: int, answer: _Answer, now: Optional[float] = None) -> None:
        """Answers the open question; `None` declines it. An answer that comes later than
        `answer_timeout` is none: `StaleQueryError`."""
    def handle_signal(self, signal: _Signal, now: Optional[float] = None) -> None:
        """Takes an indication from the lower layer."""
    def handle_timeout(self, now: Optional[float] = None) -> None:
        """Tells the time. Early and late calls are harmless."""
    def set_unix_time(self, unix_seconds: int, now: Optional[float] = None) -> None:
        """Says what the calendar reads: seconds since 1970. It is that of `time.time()` if
        this is not called."""
    def poll_output(self) -> Optional[_Output]:
        """The next thing to do, or `None` when there is nothing left."""
    def poll_timeout(self) -> Optional[float]:
        """When `handle_timeout` wants to be called, in seconds of `time.monotonic()`."""
    def __iter__(self) -> Iterator[_Output]: ...
    def __next__(self) -> _Output: ...

@final
class SessionTable:
    """The conversations of a RADIUS server, by State.

    Questions are answered by the callables given, which may take their time: other threads go
    on meanwhile. A question without a callable comes out as `Question`. When a callable
    raises, the conversation fails, and the exception comes out of `handle`; those of
    `load_session` and `store_session` go to `sys.unraisablehook`, and cost no more than a full
    login.

    An identity whose octets are not UTF-8 has lone surrogates in their place, as names of
    files have: `identity.encode(errors="surrogateescape")` gives the octets back, where a
    plain `encode()` raises.

    A process may fork: conversations begun since are different in each child. One that had
    begun before is to go on in one process only, since in two of them TLS would seal different
    things alike.

    config: the authenticator's, as a rule with `backend`.
    check_password(identity, password): whether that is the password, which is `bytes`. For
        PAP, GTC and One-Time Password.
    credential(identity): the stored password, `str` or bytes-like, `NtHash`, `Restricted`, or
        `None` if nobody is known by that name. For all other methods with passwords.
    policy(identity): the methods to offer, or an `Offer`; `None` refuses. With `ask_policy`.
    verify_client(identity, certificate): whether the owner of this `Certificate` may log in.
        With `ask_client`.
    change_password(identity, new_password): whether the new password, `bytes` of UTF-8, has
        been stored. For `Restricted` with "password-expired".
    challenge(identity): what One-Time Password shows the user (RFC 2289).
    resume(identity, method): whether who has logged in before may resume that session. With
        `ask_resumption`.
    load_session(name): takes a session out of the store and returns it, bytes-like, or `None`.
        With `share_sessions`.
    store_session(name, session, lifetime): keeps a session for so many seconds where each
        server finds it. With `share_sessions`.
    capacity: the most conversations at a time: 1 to 10000000. Who comes then is rejected.

    Raises `ConfigError`, also if a callable is given that the configuration would never have
    called."""

    def __new__(
        cls,
        config: AuthenticatorConfig,
        *,
        check_password: Optional[Callable[[str, bytes], Optional[bool]]] = None,
        credential: Optional[Callable[[str], Union[_Credential, Restricted, None]]] = None,
        policy: Optional[Callable[[str], Union[Sequence[str], Offer, None]]] = None,
        verify_client: Optional[Callable[[str, Certificate], Optional[bool]]] = None,
        change_password: Optional[Callable[[str, bytes], Optional[bool]]] = None,
        challenge: Optional[Callable[[str], Optional[str]]] = None,
        resume: Optional[Callable[[str, str], Optional[bool]]] = None,
        load_session: Optional[Callable[[bytes], Optional[_Bytes]]] = None,
        store_session: Optional[Callable[[bytes, bytes, float], object]] = None,
        capacity: int = 100000,
    ) -> SessionTable: ...
    def handle(
        self,
        state: Optional[_Bytes],
        eap_message: _Bytes,
        *,
        framed_mtu: Optional[int] = None,
        now: Optional[float] = None,
    ) -> _Reply:
        """Processes State and EAP-Message of an Access-Request. Without a State, a conversation
        begins. The same again gets the same reply again. What arrives while another thread is at
        work on a request of the same conversation is discarded: that one will be answered. A
        callable that takes longer than `answer_timeout` may end in `Reject`."""
    def answer(
        self, state: _Bytes, id: int, answer: _Answer, *, now: Optional[float] = None
    ) -> _Reply:
        """Answers a question that `handle` has given; `None` declines it. An answer that comes later
        than `answer_timeout` is none: `StaleQueryError`."""
    def __len__(self) -> int: ...

@final
class NtHash:
    """The NT hash of a password (RFC 2433 §A.2). Who has it needs no password.

    octets: the 16 octets of the hash."""

    def __new__(cls, octets: _Octets) -> NtHash: ...
    @staticmethod
    def of_password(password: str) -> NtHash:
        """The hash of a password."""
    def expose(self) -> bytes:
        """The octets of the hash."""

@final
class Send:
    """Send these octets: one EAP packet."""

    __match_args__: tuple[Literal["packet"]]
    def __new__(cls, packet: bytes) -> Send: ...
    @property
    def packet(self) -> bytes:
        """The packet."""

@final
class Ask:
    """Answer this question with `handle_answer`, whenever the answer is there."""

    __match_args__: tuple[Literal["id"], Literal["query"], Literal["tunnel"]]
    def __new__(cls, id: int, query: _Query, tunnel: Optional[Tunnel] = None) -> Ask: ...
    @property
    def id(self) -> int:
        """Names the question."""
    @property
    def query(self) -> _Query:
        """The question."""
    @property
    def tunnel(self) -> Optional[Tunnel]:
        """Where it comes from, if it is asked inside a tunnel."""

@final
class AskAaa:
    """Hand this to the AAA server, in RADIUS as an Access-Request, and its answer to `handle_aaa`."""

    __match_args__: tuple[Literal["id"], Literal["identity"], Literal["eap_message"]]
    def __new__(cls, id: int, identity: str, eap_message: bytes) -> AskAaa: ...
    @property
    def id(self) -> int:
        """Names the request."""
    @property
    def identity(self) -> str:
        """The identity that the peer gave, for User-Name; empty as long as it has given none."""
    @property
    def eap_message(self) -> bytes:
        """The peer's Response, for EAP-Message; empty if the AAA server is to begin (EAP-Start,
        RFC 3579 §2.1)."""

@final
class AaaRequest:
    """The AAA server sends the next Request for the peer: in RADIUS, an Access-Challenge."""

    __match_args__: tuple[Literal["eap_message"], Literal["method_timeout"]]
    def __new__(cls, eap_message: bytes, method_timeout: Optional[float] = None) -> AaaRequest: ...
    @property
    def eap_message(self) -> bytes:
        """The EAP packet: a Request. What is none is discarded."""
    @property
    def method_timeout(self) -> Optional[float]:
        """Seconds that the peer may take for it, in RADIUS Session-Timeout; `None` if the server
        does not say."""

@final
class AaaNoRequest:
    """The AAA server has dropped the Response: the last Request still stands."""

    __match_args__: tuple[()]
    def __new__(cls) -> AaaNoRequest: ...

@final
class AaaTimeout:
    """No AAA server has answered, and none will: the conversation fails now."""

    __match_args__: tuple[()]
    def __new__(cls) -> AaaTimeout: ...

@final
class AaaSuccess:
    """The AAA server grants access: in RADIUS, an Access-Accept."""

    __match_args__: tuple[Literal["eap_message"], Literal["msk"], Literal["session_id"]]
    def __new__(
        cls,
        eap_message: Optional[bytes] = None,
        msk: Optional[bytes] = None,
        session_id: Optional[bytes] = None,
    ) -> AaaSuccess: ...
    @property
    def eap_message(self) -> Optional[bytes]:
        """The EAP packet: Success. What is none is not passed on (RFC 3579 §2.6.3)."""
    @property
    def msk(self) -> Optional[bytes]:
        """The MSK: in RADIUS, MS-MPPE-Recv-Key and MS-MPPE-Send-Key in a row."""
    @property
    def session_id(self) -> Optional[bytes]:
        """The Session-Id: in RADIUS, EAP-Key-Name. It goes with an MSK only."""

@final
class AaaFailure:
    """The AAA server refuses access: in RADIUS, an Access-Reject."""

    __match_args__: tuple[Literal["eap_message"]]
    def __new__(cls, eap_message: Optional[bytes] = None) -> AaaFailure: ...
    @property
    def eap_message(self) -> Optional[bytes]:
        """The EAP packet: Failure. What is none is not passed on (RFC 3579 §2.6.3)."""

@final
class Tunnel:
    """Where a question inside a tunnel comes from."""

    __match_args__: tuple[Literal["method"], Literal["outer_identity"]]
    def __new__(cls, method: str, outer_identity: str) -> Tunnel: ...
    @property
    def method(self) -> str:
        """The method whose tunnel it is."""
    @property
    def outer_identity(self) -> str:
        """The identity that the peer gave outside, in clear text."""

@final
class Withdrawn:
    """This question is open no more."""

    __match_args__: tuple[Literal["id"]]
    def __new__(cls, id: int) -> Withdrawn: ...
    @property
    def id(self) -> int:
        """Names the question."""

@final
class Notification:
    """Peer: the authenticator wants this message displayed (RFC 3748 §5.2)."""

    __match_args__: tuple[Literal["message"]]
    def __new__(cls, message: str) -> Notification: ...
    @property
    def message(self) -> str:
        """The message."""

@final
class PeerIdentity:
    """Authenticator: the peer gave this identity."""

    __match_args__: tuple[Literal["identity"]]
    def __new__(cls, identity: str) -> PeerIdentity: ...
    @property
    def identity(self) -> str:
        """The identity."""

@final
class InnerIdentity:
    """Authenticator: inside the tunnel, the peer gave this identity."""

    __match_args__: tuple[Literal["identity"]]
    def __new__(cls, identity: str) -> InnerIdentity: ...
    @property
    def identity(self) -> str:
        """The identity."""

@final
class MethodStarted:
    """This method began."""

    __match_args__: tuple[Literal["method"]]
    def __new__(cls, method: str) -> MethodStarted: ...
    @property
    def method(self) -> str:
        """Its name."""

@final
class MethodRefused:
    """This method was refused: by us (peer) or by the peer (authenticator)."""

    __match_args__: tuple[Literal["method"]]
    def __new__(cls, method: str) -> MethodRefused: ...
    @property
    def method(self) -> str:
        """Its name."""

@final
class PacUpdated:
    """Peer: there is another PAC. Store the file where it survives, as a password would be, in place
    of the one that was there."""

    __match_args__: tuple[Literal["file"]]
    def __new__(cls, file: bytes) -> PacUpdated: ...
    @property
    def file(self) -> bytes:
        """What `PeerConfig` takes as `pacs`."""

@final
class Finished:
    """The conversation is over."""

    __match_args__: tuple[Literal["ok"], Literal["outcome"], Literal["reason"]]
    def __new__(
        cls,
        ok: bool,
        outcome: Optional[Outcome] = None,
        reason: Optional[str] = None,
    ) -> Finished: ...
    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
    @property
    def outcome(self) -> Optional[Outcome]:
        """What came of it, if it succeeded."""
    @property
    def reason(self) -> Optional[str]:
        """Why it did not, if it did not: words for a screen or a log."""

@final
class Outcome:
    """A conversation that ended in success."""

    __match_args__: tuple[Literal["method"], Literal["identity"], Literal["inner_identity"], Literal["msk"], Literal["emsk"], Literal["session_id"], Literal["resumed"], Literal["tls_version"], Literal["cipher_suite"], Literal["certificate"], Literal["session"]]
    def __new__(
        cls,
        method: str,
        identity: str,
        inner_identity: Optional[str] = None,
        msk: Optional[bytes] = None,
        emsk: Optional[bytes] = None,
        session_id: Optional[bytes] = None,
        resumed: bool = False,
        tls_version: Optional[str] = None,
        cipher_suite: Optional[str] = None,
        certificate: Optional[Certificate] = None,
        session: Optional[SealedSession] = None,
    ) -> Outcome: ...
    @property
    def method(self) -> str:
        """The method's name, with what was inside its tunnel: `ttls/pap`."""
    @property
    def identity(self) -> str:
        """The identity that the peer gave."""
    @property
    def inner_identity(self) -> Optional[str]:
        """The identity that the peer gave inside the tunnel."""
    @property
    def msk(self) -> Optional[bytes]:
        """Master Session Key (RFC 5247), 64 octets; 32 of EAP-MSCHAPv2; `None` if the method
        derives none."""
    @property
    def emsk(self) -> Optional[bytes]:
        """Extended Master Session Key, where the method defines one."""
    @property
    def session_id(self) -> Optional[bytes]:
        """Session-Id (RFC 5247), where the method defines one."""
    @property
    def resumed(self) -> bool:
        """Whether an earlier TLS session was resumed."""
    @property
    def tls_version(self) -> Optional[str]:
        """`TLS 1.3`, for example."""
    @property
    def cipher_suite(self) -> Optional[str]:
        """The cipher suite, by its registered name."""
    @property
    def certificate(self) -> Optional[Certificate]:
        """The other side's certificate."""
    @property
    def session(self) -> Optional[SealedSession]:
        """Authenticator: a session to store, with `share_sessions`."""

@final
class SealedSession:
    """A session to be stored where every server of the same ticket keys finds it."""

    __match_args__: tuple[Literal["name"], Literal["session"], Literal["lifetime"]]
    def __new__(cls, name: bytes, session: bytes, lifetime: float) -> SealedSession: ...
    @property
    def name(self) -> bytes:
        """What it will be asked for by: 32 octets."""
    @property
    def session(self) -> bytes:
        """The session, sealed with the ticket keys."""
    @property
    def lifetime(self) -> float:
        """Seconds for which it is of use."""

@final
class Certificate:
    """What a certificate says. Nothing in it has been checked by having been read."""

    __match_args__: tuple[Literal["subject"], Literal["common_name"], Literal["issuer"], Literal["serial"], Literal["dns_names"], Literal["mail_addresses"], Literal["principal_names"], Literal["not_before"], Literal["not_after"], Literal["sha256"]]
    def __new__(
        cls,
        subject: str,
        common_name: Optional[str],
        issuer: str,
        serial: str,
        dns_names: list[str],
        mail_addresses: list[str],
        principal_names: list[str],
        not_before: int,
        not_after: int,
        sha256: bytes,
    ) -> Certificate: ...
    @property
    def subject(self) -> str:
        """The subject, most specific part first (RFC 4514)."""
    @property
    def common_name(self) -> Optional[str]:
        """The most specific common name of the subject."""
    @property
    def issuer(self) -> str:
        """The issuer."""
    @property
    def serial(self) -> str:
        """The serial number in hexadecimal."""
    @property
    def dns_names(self) -> list[str]:
        """The dNSNames of the subjectAltName extension."""
    @property
    def mail_addresses(self) -> list[str]:
        """Its rfc822Names."""
    @property
    def principal_names(self) -> list[str]:
        """Its user principal names."""
    @property
    def not_before(self) -> int:
        """First valid second, since 1970."""
    @property
    def not_after(self) -> int:
        """Last valid second, since 1970."""
    @property
    def sha256(self) -> bytes:
        """SHA-256 of the whole certificate, as used for pins."""

@final
class Identity:
    """Peer: who are you? Wants a `str`."""

    __match_args__: tuple[Literal["prompt"]]
    def __new__(cls, prompt: str) -> Identity: ...
    @property
    def prompt(self) -> str:
        """The authenticator's prompt; may be empty."""

@final
class Password:
    """Peer: the password of this identity? Wants `str` or `bytes`."""

    __match_args__: tuple[Literal["identity"], Literal["refused"]]
    def __new__(cls, identity: str, refused: Optional[str] = None) -> Password: ...
    @property
    def identity(self) -> str:
        """Whose password."""
    @property
    def refused(self) -> Optional[str]:
        """Why it is asked for again, if it is."""

@final
class NewPassword:
    """Peer: which password shall this identity have from now on? Wants `str` or `bytes`."""

    __match_args__: tuple[Literal["identity"], Literal["refused"]]
    def __new__(cls, identity: str, refused: str) -> NewPassword: ...
    @property
    def identity(self) -> str:
        """Whose password."""
    @property
    def refused(self) -> str:
        """Why: as a rule, the old one has expired."""

@final
class Token:
    """Peer: what does the token card say? Wants `str` or `bytes`."""

    __match_args__: tuple[Literal["challenge"]]
    def __new__(cls, challenge: str) -> Token: ...
    @property
    def challenge(self) -> str:
        """The authenticator's challenge, to be shown as it is."""

@final
class VerifyServer:
    """Peer: may this server be trusted? Wants a `bool`."""

    __match_args__: tuple[Literal["chain"], Literal["certificate"]]
    def __new__(cls, chain: list[bytes], certificate: Certificate) -> VerifyServer: ...
    @property
    def chain(self) -> list[bytes]:
        """The server's certificates in DER, its own first."""
    @property
    def certificate(self) -> Certificate:
        """What the first of them says."""

@final
class Policy:
    """Authenticator: which methods are offered to this identity? Wants a list of names, an
    `Offer`, or `None` to refuse it."""

    __match_args__: tuple[Literal["identity"]]
    def __new__(cls, identity: str) -> Policy: ...
    @property
    def identity(self) -> str:
        """Who asks for access."""

@final
class StoredCredential:
    """Authenticator: the stored credential of this identity? Wants `str`, `bytes`, `NtHash`,
    `Restricted`, or `None` if it is unknown."""

    __match_args__: tuple[Literal["identity"], Literal["method"], Literal["accepts"]]
    def __new__(cls, identity: str, method: str, accepts: list[str]) -> StoredCredential: ...
    @property
    def identity(self) -> str:
        """Whose credential."""
    @property
    def method(self) -> str:
        """The method that needs it."""
    @property
    def accepts(self) -> list[str]:
        """What the method can work with: `cleartext`, `nt-hash`."""

@final
class CheckPassword:
    """Authenticator: is this the password, or token response, of this identity? Wants a `bool`."""

    __match_args__: tuple[Literal["identity"], Literal["password"]]
    def __new__(cls, identity: str, password: bytes) -> CheckPassword: ...
    @property
    def identity(self) -> str:
        """Whose password."""
    @property
    def password(self) -> bytes:
        """What the peer sent."""

@final
class ChangePassword:
    """Authenticator: this identity has proved its old password and wants this one from now on: is
    it stored? Wants a `bool`."""

    __match_args__: tuple[Literal["identity"], Literal["new_password"]]
    def __new__(cls, identity: str, new_password: bytes) -> ChangePassword: ...
    @property
    def identity(self) -> str:
        """Whose password."""
    @property
    def new_password(self) -> bytes:
        """The new password, UTF-8."""

@final
class VerifyClient:
    """Authenticator: may this client log in? Wants a `bool`."""

    __match_args__: tuple[Literal["identity"], Literal["chain"], Literal["certificate"]]
    def __new__(
        cls,
        identity: str,
        chain: list[bytes],
        certificate: Certificate,
    ) -> VerifyClient: ...
    @property
    def identity(self) -> str:
        """The identity the peer gave."""
    @property
    def chain(self) -> list[bytes]:
        """The client's certificates in DER, its own first."""
    @property
    def certificate(self) -> Certificate:
        """What the first of them says."""

@final
class Resume:
    """Authenticator: this identity was authenticated inside the tunnel before, and resumes the
    session of then: may it still log in? Wants a `bool`; without consent the peer authenticates
    again."""

    __match_args__: tuple[Literal["identity"], Literal["method"]]
    def __new__(cls, identity: str, method: str) -> Resume: ...
    @property
    def identity(self) -> str:
        """Who was authenticated."""
    @property
    def method(self) -> str:
        """By what, inside the tunnel."""

@final
class StoredSession:
    """Authenticator: the session stored under this name? Asked with `share_sessions`, when a peer
    wants to resume one. It is to be taken out of the store: each is given out once. Wants `bytes`,
    or `None` if it is not there."""

    __match_args__: tuple[Literal["name"]]
    def __new__(cls, name: bytes) -> StoredSession: ...
    @property
    def name(self) -> bytes:
        """The name that `SealedSession` had: 32 octets."""

@final
class OtpChallenge:
    """Authenticator: which challenge shall this identity be shown (RFC 2289)? Wants a `str`."""

    __match_args__: tuple[Literal["identity"], Literal["method"]]
    def __new__(cls, identity: str, method: str) -> OtpChallenge: ...
    @property
    def identity(self) -> str:
        """Who is to be challenged."""
    @property
    def method(self) -> str:
        """The method that needs it."""

@final
class Restricted:
    """The credential of an account that may not be used as it is."""

    __match_args__: tuple[Literal["credential"], Literal["reason"]]
    def __new__(cls, credential: _Credential, reason: _Reason) -> Restricted: ...
    @property
    def credential(self) -> _Credential:
        """`str`, bytes-like or `NtHash`."""
    @property
    def reason(self) -> _Reason:
        """`password-expired`, `disabled`, `wrong-hours` or `no-permission`."""

@final
class Offer:
    """What a peer is offered: the answer to `Policy`."""

    __match_args__: tuple[Literal["methods"], Literal["notification"], Literal["pass_through"]]
    def __new__(
        cls, methods: list[str], notification: Optional[str] = None, pass_through: bool = False
    ) -> Offer: ...
    @property
    def methods(self) -> list[str]:
        """The methods to propose, by name, in this order."""
    @property
    def notification(self) -> Optional[str]:
        """A message to have displayed first (RFC 3748 §5.2)."""
    @property
    def pass_through(self) -> bool:
        """Whether the AAA server decides when none of the methods is left: at once if there are
        none, or when the peer has refused them all. `FullAuthenticator`'s only."""

@final
class Received:
    """What became of a packet."""

    __match_args__: tuple[Literal["kind"], Literal["reason"]]
    def __new__(
        cls,
        kind: Literal["accepted", "duplicate", "discarded"],
        reason: Optional[str] = None,
    ) -> Received: ...
    @property
    def kind(self) -> Literal["accepted", "duplicate", "discarded"]:
        """`accepted`, `duplicate` or `discarded`."""
    @property
    def reason(self) -> Optional[str]:
        """Why it was discarded."""

@final
class Challenge:
    """Answer the request with an Access-Challenge that has this EAP-Message and State."""

    __match_args__: tuple[Literal["eap_message"], Literal["state"], Literal["method_timeout"]]
    def __new__(
        cls,
        eap_message: bytes,
        state: bytes,
        method_timeout: Optional[float] = None,
    ) -> Challenge: ...
    @property
    def eap_message(self) -> bytes:
        """The EAP packet."""
    @property
    def state(self) -> bytes:
        """Names the conversation: 16 octets. The next request brings it back."""
    @property
    def method_timeout(self) -> Optional[float]:
        """Seconds for Session-Timeout: how long the peer may take, if a person has to act first
        (RFC 3579 §2.3)."""

@final
class Accept:
    """Answer the request with an Access-Accept that has this EAP-Message, and the keys."""

    __match_args__: tuple[Literal["eap_message"], Literal["outcome"]]
    def __new__(cls, eap_message: bytes, outcome: Outcome) -> Accept: ...
    @property
    def eap_message(self) -> bytes:
        """The EAP packet: Success."""
    @property
    def outcome(self) -> Outcome:
        """Who was authenticated, how, and the keys."""

@final
class Reject:
    """Answer the request with an Access-Reject that has this EAP-Message."""

    __match_args__: tuple[Literal["eap_message"], Literal["identity"], Literal["reason"], Literal["inner_identity"], Literal["method"]]
    def __new__(
        cls,
        eap_message: bytes,
        identity: str,
        reason: str,
        inner_identity: Optional[str] = None,
        method: Optional[str] = None,
    ) -> Reject: ...
    @property
    def eap_message(self) -> bytes:
        """The EAP packet: Failure."""
    @property
    def identity(self) -> str:
        """Who the peer said it is."""
    @property
    def reason(self) -> str:
        """Why, for a log."""
    @property
    def inner_identity(self) -> Optional[str]:
        """Who it said it is inside the tunnel."""
    @property
    def method(self) -> Optional[str]:
        """The method that began last; `ttls`, whatever was inside its tunnel."""

@final
class Discard:
    """Do not answer the request at all: what it carries is no good, and the real peer may still
    send what is."""

    __match_args__: tuple[Literal["reason"]]
    def __new__(cls, reason: str) -> Discard: ...
    @property
    def reason(self) -> str:
        """Why, for a log."""

@final
class Question:
    """Answer this question with `SessionTable.answer`: no callable is there for it."""

    __match_args__: tuple[Literal["state"], Literal["id"], Literal["query"], Literal["tunnel"]]
    def __new__(
        cls,
        state: bytes,
        id: int,
        query: _Query,
        tunnel: Optional[Tunnel] = None,
    ) -> Question: ...
    @property
    def state(self) -> bytes:
        """Names the conversation."""
    @property
    def id(self) -> int:
        """Names the question."""
    @property
    def query(self) -> _Query:
        """The question."""
    @property
    def tunnel(self) -> Optional[Tunnel]:
        """Where it comes from, if it is asked inside a tunnel."""
