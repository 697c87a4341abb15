/* PEAP and EAP-TTLS: settings, logins, questions from inside the tunnel. */

#include "tls_pair.h"

#define OUTSIDE "anonymous@example.org"

/* What happens inside, on both sides. */
typedef struct {
    uint32_t tunnel;
    eaprs_inner inner;
    uint32_t method;      /* if it is EAP */
    const char *name;     /* as the library calls it */
    const char *identity; /* the peer's; NULL: asked */
    const char *password; /* the peer's; NULL: asked */
} inside;

static const inside LOGINS[] = {
    {METHOD_PEAP, EAPRS_INNER_EAP, METHOD_MSCHAPV2, "EAP-MSCHAPv2", "alice", "secret"},
    {METHOD_PEAP, EAPRS_INNER_EAP, METHOD_GTC, "GTC", "alice", NULL},
    {METHOD_TTLS, EAPRS_INNER_EAP, METHOD_MSCHAPV2, "EAP-MSCHAPv2", NULL, "secret"},
    {METHOD_TTLS, EAPRS_INNER_EAP, METHOD_GTC, "GTC", "alice", NULL},
    {METHOD_TTLS, EAPRS_INNER_PAP, 0, "PAP", "alice", "secret"},
    {METHOD_TTLS, EAPRS_INNER_CHAP, 0, "CHAP", "alice", NULL},
    {METHOD_TTLS, EAPRS_INNER_MS_CHAP, 0, "MS-CHAP", NULL, "secret"},
    {METHOD_TTLS, EAPRS_INNER_MS_CHAP_V2, 0, "MS-CHAPv2", NULL, NULL},
};

#define LOGIN_COUNT (sizeof LOGINS / sizeof LOGINS[0])

static size_t length(const char *text)
{
    return text != NULL ? strlen(text) : 0;
}

/* A peer that is known outside by another name. */
static eaprs_peer_builder *outside(void)
{
    eaprs_peer_builder *builder = NULL;
    CHECK_OK(eaprs_peer_builder_new(&builder));
    CHECK_OK(eaprs_peer_builder_identity(builder, octets(OUTSIDE), strlen(OUTSIDE)));
    CHECK_OK(eaprs_peer_builder_require_keys(builder));
    return builder;
}

static eaprs_tls_peer_config *phone_tls(uint32_t version)
{
    eaprs_tls_peer_builder *builder = NULL;
    CHECK_OK(eaprs_tls_peer_builder_new(&builder));
    CHECK_OK(eaprs_tls_peer_builder_ca(builder, ca.octets, ca.len));
    CHECK_OK(eaprs_tls_peer_builder_clock_policy(builder, EAPRS_CLOCK_POLICY_IGNORE));
    CHECK_OK(eaprs_tls_peer_builder_max_version(builder, version));
    return tls_peer_config(builder);
}

/* A server that asks nobody for a certificate. */
static eaprs_tls_server_config *server_tls(void)
{
    return tls_server_config(tls_server(NULL));
}

static eaprs_peer_builder *peer_for(const inside *login, const eaprs_tls_peer_config *tls)
{
    eaprs_peer_builder *builder = outside();
    eaprs_peer_config *inner = NULL;

    if (login->inner != EAPRS_INNER_EAP) {
        CHECK_OK(eaprs_peer_builder_ttls(builder, tls, login->inner, octets(login->identity),
                                         length(login->identity), octets(login->password),
                                         length(login->password)));
        return builder;
    }
    inner = peer_config(peer_builder(login->identity, login->password, login->method));
    if (login->tunnel == METHOD_PEAP) {
        CHECK_OK(eaprs_peer_builder_peap(builder, tls, inner, 0, EAPRS_CRYPTO_BINDING_IF_OFFERED,
                                         0));
    } else {
        CHECK_OK(eaprs_peer_builder_ttls_eap(builder, tls, inner));
    }
    eaprs_peer_config_free(inner);
    return builder;
}

static eaprs_authenticator_builder *authenticator_for(const inside *login,
                                                      const eaprs_tls_server_config *tls)
{
    eaprs_authenticator_builder *builder = NULL;
    eaprs_authenticator_config *inner = NULL;

    CHECK_OK(eaprs_authenticator_builder_new(&builder));
    if (login->inner != EAPRS_INNER_EAP) {
        CHECK_OK(eaprs_authenticator_builder_ttls(builder, tls, NULL, login->inner));
        return builder;
    }
    inner = authenticator_config(authenticator_builder(login->method));
    if (login->tunnel == METHOD_PEAP) {
        CHECK_OK(eaprs_authenticator_builder_peap(builder, tls, inner, 0,
                                                  EAPRS_CRYPTO_BINDING_IF_OFFERED));
    } else {
        CHECK_OK(eaprs_authenticator_builder_ttls(builder, tls, inner, EAPRS_INNER_PAP));
    }
    eaprs_authenticator_config_free(inner);
    return builder;
}

static pair start(const inside *login, uint32_t tls_version)
{
    eaprs_tls_peer_config *peer_tls = phone_tls(tls_version);
    eaprs_tls_server_config *tls = server_tls();
    pair both = pair_start(peer_for(login, peer_tls), authenticator_for(login, tls));
    /* Sessions keep what they need. */
    eaprs_tls_peer_config_free(peer_tls);
    eaprs_tls_server_config_free(tls);
    return both;
}

/* ---- Logins ---- */

static void knows_both_names(const side *result, const inside *login)
{
    CHECK(result->method == login->tunnel);
    CHECK(strcmp(result->identity, OUTSIDE) == 0);
    CHECK(result->inner == login->inner);
    CHECK(result->inner_method == login->method);
    CHECK(strcmp(result->inner_name, login->name) == 0);
    CHECK(strcmp(result->inner_identity, "alice") == 0);
}

static void logs_in(const inside *login, uint32_t tls_version)
{
    pair both = start(login, tls_version);
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    knows_both_names(&both.peer, login);
    knows_both_names(&both.authenticator, login);
    CHECK(strcmp(both.inside, "alice") == 0);
    CHECK(both.peer.tls_version == tls_version && both.authenticator.tls_version == tls_version);
    CHECK(both.peer.msk_len == 64 && both.authenticator.msk_len == 64);
    CHECK(memcmp(both.peer.msk, both.authenticator.msk, 64) == 0);
    pair_free(&both);
}

static void a_wrong_password_is_refused(const inside *login, uint32_t tls_version)
{
    /* Version 2 of MS-CHAP has a message for it. */
    bool tells =
        login->method == METHOD_MSCHAPV2 || login->inner == EAPRS_INNER_MS_CHAP_V2;
    pair both = start(login, tls_version);
    both.stored = "another";
    pair_run(&both);
    CHECK(pair_ended(&both, false));
    CHECK(both.authenticator.failure == EAPRS_FAILURE_BAD_CREDENTIALS);
    CHECK(both.peer.failure == (tells ? EAPRS_FAILURE_ACCOUNT : EAPRS_FAILURE_REJECTED));
    CHECK(strstr(both.peer.text, "wrong name or password") != NULL);
    CHECK(both.peer.inner == EAPRS_INNER_NONE && both.authenticator.inner == EAPRS_INNER_NONE);
    CHECK(both.peer.msk_len == 0 && both.authenticator.msk_len == 0);
    pair_free(&both);
}

static void logins_of_every_kind(void)
{
    const uint32_t versions[2] = {EAPRS_TLS_1_2, EAPRS_TLS_1_3};
    for (size_t i = 0; i < LOGIN_COUNT; i++) {
        for (int v = 0; v < 2; v++) {
            logs_in(&LOGINS[i], versions[v]);
            a_wrong_password_is_refused(&LOGINS[i], versions[v]);
        }
    }
}

/* The hash of "secret" logs in as the password does. */
static const uint8_t NT_HASH[17] = "\x87\x8d\x80\x14\x60\x6c\xda\x29"
                                   "\x67\x7a\x44\xef\xa1\x35\x3f\xc7";

static void logs_in_with_an_nt_hash(const inside *login, const char *identity)
{
    eaprs_tls_peer_config *peer_tls = phone_tls(EAPRS_TLS_1_3);
    eaprs_tls_server_config *tls = server_tls();
    eaprs_peer_builder *peer = outside();
    pair both;

    if (login->inner == EAPRS_INNER_EAP) {
        eaprs_peer_builder *inside = peer_builder(identity, NULL, login->method);
        eaprs_peer_config *inner;
        CHECK_OK(eaprs_peer_builder_nt_hash(inside, NT_HASH, 16));
        inner = peer_config(inside);
        CHECK_OK(eaprs_peer_builder_peap(peer, peer_tls, inner, 0,
                                         EAPRS_CRYPTO_BINDING_IF_OFFERED, 0));
        eaprs_peer_config_free(inner);
    } else {
        CHECK_OK(eaprs_peer_builder_ttls_nt_hash(peer, peer_tls, login->inner, octets(identity),
                                                 length(identity), NT_HASH, 16));
    }
    both = pair_start(peer, authenticator_for(login, tls));
    eaprs_tls_peer_config_free(peer_tls);
    eaprs_tls_server_config_free(tls);
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    knows_both_names(&both.peer, login);
    CHECK(memcmp(both.peer.msk, both.authenticator.msk, 64) == 0);
    pair_free(&both);
}

/* Who logs in is said inside; outside, the realm is. */
static void is_anonymous_outside(bool peap)
{
    const char *identity = "alice@example.org";
    eaprs_tls_peer_config *peer_tls = phone_tls(EAPRS_TLS_1_3);
    eaprs_tls_server_config *tls = server_tls();
    const inside *login = peap ? &LOGINS[0] : &LOGINS[4];
    eaprs_peer_builder *peer = NULL;
    pair both;

    CHECK_OK(eaprs_peer_builder_new(&peer));
    CHECK_OK(eaprs_peer_builder_anonymous_identity(peer));
    if (peap) {
        eaprs_peer_config *inner = peer_config(peer_builder(identity, "secret", METHOD_MSCHAPV2));
        CHECK_OK(eaprs_peer_builder_peap(peer, peer_tls, inner, 0,
                                         EAPRS_CRYPTO_BINDING_IF_OFFERED,
                                         EAPRS_PEAP_QUIRK_OMIT_LENGTH));
        eaprs_peer_config_free(inner);
    } else {
        CHECK_OK(eaprs_peer_builder_ttls(peer, peer_tls, EAPRS_INNER_PAP, octets(identity),
                                         strlen(identity), octets("secret"), 6));
    }
    both = pair_start(peer, authenticator_for(login, tls));
    eaprs_tls_peer_config_free(peer_tls);
    eaprs_tls_server_config_free(tls);
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    CHECK(strcmp(both.authenticator.identity, "@example.org") == 0);
    CHECK(strcmp(both.authenticator.inner_identity, identity) == 0);
    pair_free(&both);
}

/* Both sides insist on crypto-binding, or speak the version that has none. */
static void peap_with(uint8_t version, uint32_t binding)
{
    eaprs_tls_peer_config *peer_tls = phone_tls(EAPRS_TLS_1_3);
    eaprs_tls_server_config *tls = server_tls();
    eaprs_peer_config *inner = peer_config(peer_builder("alice", "secret", METHOD_MSCHAPV2));
    eaprs_authenticator_config *offer =
        authenticator_config(authenticator_builder(METHOD_MSCHAPV2));
    eaprs_peer_builder *peer = outside();
    eaprs_authenticator_builder *authenticator = NULL;
    pair both;

    CHECK_OK(eaprs_authenticator_builder_new(&authenticator));
    CHECK_OK(eaprs_peer_builder_peap(peer, peer_tls, inner, version, binding, 0));
    CHECK_OK(eaprs_authenticator_builder_peap(authenticator, tls, offer, version, binding));
    both = pair_start(peer, authenticator);
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    CHECK(memcmp(both.peer.msk, both.authenticator.msk, 64) == 0);
    pair_free(&both);
    eaprs_tls_peer_config_free(peer_tls);
    eaprs_tls_server_config_free(tls);
    eaprs_peer_config_free(inner);
    eaprs_authenticator_config_free(offer);
}

/* With a certificate and without, as the server likes it. */
static void certificates_of_clients(bool optional, bool shown, bool succeeds)
{
    eaprs_tls_server_builder *server = tls_server(&ca);
    CHECK_OK(eaprs_tls_server_builder_client_name(server, octets("bob@example.org"), 15));
    CHECK_OK(eaprs_tls_server_builder_client_name(server, octets("alice"), 5));
    eaprs_tls_peer_builder *phone = NULL;
    eaprs_tls_server_config *tls;
    eaprs_tls_peer_config *peer_tls;
    pair both;

    if (optional) {
        CHECK_OK(eaprs_tls_server_builder_client_optional(server));
    }
    CHECK_OK(eaprs_tls_peer_builder_new(&phone));
    CHECK_OK(eaprs_tls_peer_builder_ca(phone, ca.octets, ca.len));
    if (shown) {
        CHECK_OK(eaprs_tls_peer_builder_certificate(phone, client.octets, client.len,
                                                    client.octets, client.len));
    }
    tls = tls_server_config(server);
    peer_tls = tls_peer_config(phone);
    both = pair_start(peer_for(&LOGINS[0], peer_tls), authenticator_for(&LOGINS[0], tls));
    eaprs_tls_server_config_free(tls);
    eaprs_tls_peer_config_free(peer_tls);
    CHECK_OK(eaprs_session_set_unix_time(both.peer.session, today(), both.now_ms));
    CHECK_OK(eaprs_session_set_unix_time(both.authenticator.session, today(), both.now_ms));
    pair_run(&both);
    CHECK(both.authenticator.succeeded == succeeds && both.peer.succeeded == succeeds);
    CHECK(strcmp(both.authenticator.subject, shown && succeeds ? "CN=alice" : "") == 0);
    pair_free(&both);
}

/* ---- Questions ---- */

static void asked_inside(const eaprs_session *session, uint32_t tunnel)
{
    size_t len = 99;
    const uint8_t *identity = eaprs_session_outer_identity(session, &len);
    CHECK(eaprs_session_tunnel_method(session) == tunnel);
    CHECK(is_text(identity, len, OUTSIDE));
}

static void a_token_is_asked_for_inside(void)
{
    pair both = start(&LOGINS[1], EAPRS_TLS_1_2);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_TOKEN);
    size_t len = 99;
    const uint8_t *password;

    CHECK(asks == both.peer.session);
    asked_inside(asks, METHOD_PEAP);
    CHECK(shows(asks, "Password: "));
    CHECK_STATUS(eaprs_session_answer_verdict(asks, eaprs_session_query_id(asks), true,
                                              both.now_ms), WRONG_ANSWER_KIND);
    CHECK_OK(eaprs_session_answer_secret(asks, eaprs_session_query_id(asks), octets("123456"), 6,
                                         both.now_ms));
    asks = pair_run_until(&both, EAPRS_QUERY_CHECK_PASSWORD);
    CHECK(asks == both.authenticator.session);
    asked_inside(asks, METHOD_PEAP);
    CHECK(identifies(asks, "alice"));
    password = eaprs_session_query_password(asks, &len);
    CHECK(is_text(password, len, "123456"));
    CHECK_OK(eaprs_session_answer_verdict(asks, eaprs_session_query_id(asks), true, both.now_ms));
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    /* It is over: there is no tunnel to tell of. */
    CHECK(eaprs_session_tunnel_method(asks) == 0);
    CHECK(eaprs_session_outer_identity(asks, &len) == NULL && len == 0);
    pair_free(&both);
}

static void a_name_and_a_password_are_asked_for_inside(void)
{
    pair both = start(&LOGINS[LOGIN_COUNT - 1], EAPRS_TLS_1_3);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_IDENTITY);

    CHECK(asks == both.peer.session);
    asked_inside(asks, METHOD_TTLS);
    CHECK(eaprs_session_identity(asks, NULL) == NULL);
    pair_answer_text(&both, asks, "alice");
    asks = pair_run_until(&both, EAPRS_QUERY_PASSWORD);
    CHECK(asks == both.peer.session);
    asked_inside(asks, METHOD_TTLS);
    CHECK(identifies(asks, "alice"));
    CHECK_OK(eaprs_session_answer_secret(asks, eaprs_session_query_id(asks), octets("secret"), 6,
                                         both.now_ms));
    asks = pair_run_until(&both, EAPRS_QUERY_CREDENTIAL);
    CHECK(asks == both.authenticator.session);
    asked_inside(asks, METHOD_TTLS);
    CHECK(identifies(asks, "alice"));
    CHECK(eaprs_session_accepts_credential(asks, EAPRS_CREDENTIAL_NT_HASH));
    CHECK_OK(eaprs_session_answer_credential(asks, eaprs_session_query_id(asks), octets("secret"),
                                             6, both.now_ms));
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

/* An expired password is changed inside: the reason and the new password come through. */
static void a_new_password_is_asked_for_inside(void)
{
    pair both = start(&LOGINS[0], EAPRS_TLS_1_3);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_CREDENTIAL);
    size_t len = 99;
    const uint8_t *password;

    CHECK(eaprs_session_method(asks, NULL) == METHOD_MSCHAPV2);
    CHECK_OK(eaprs_session_answer_account(asks, eaprs_session_query_id(asks),
                                          EAPRS_CREDENTIAL_CLEARTEXT, octets("secret"), 6, 648,
                                          both.now_ms));
    asks = pair_run_until(&both, EAPRS_QUERY_NEW_PASSWORD);
    asked_inside(asks, METHOD_PEAP);
    CHECK(eaprs_session_account_error(asks) == 648);
    CHECK(identifies(asks, "alice"));
    CHECK_OK(eaprs_session_answer_secret(asks, eaprs_session_query_id(asks),
                                         octets("looking-glass"), 13, both.now_ms));
    asks = pair_run_until(&both, EAPRS_QUERY_CHANGE_PASSWORD);
    asked_inside(asks, METHOD_PEAP);
    password = eaprs_session_query_password(asks, &len);
    CHECK(is_text(password, len, "looking-glass"));
    CHECK_OK(eaprs_session_answer_verdict(asks, eaprs_session_query_id(asks), true, both.now_ms));
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

/* The server's certificate is asked about before there is a tunnel. */
static void a_certificate_is_asked_about_outside(void)
{
    eaprs_tls_peer_builder *phone = tls_peer(NULL);
    eaprs_tls_peer_config *peer_tls;
    eaprs_tls_server_config *tls = server_tls();
    eaprs_session *asks;
    size_t len = 99;
    pair both;

    CHECK_OK(eaprs_tls_peer_builder_ask_host(phone));
    CHECK_OK(eaprs_tls_peer_builder_clock_policy(phone, EAPRS_CLOCK_POLICY_IGNORE));
    peer_tls = tls_peer_config(phone);
    both = pair_start(peer_for(&LOGINS[4], peer_tls), authenticator_for(&LOGINS[4], tls));
    eaprs_tls_peer_config_free(peer_tls);
    eaprs_tls_server_config_free(tls);
    asks = pair_run_until(&both, EAPRS_QUERY_VERIFY_SERVER);
    CHECK(asks == both.peer.session);
    CHECK(eaprs_session_tunnel_method(asks) == 0);
    CHECK(eaprs_session_outer_identity(asks, &len) == NULL && len == 0);
    CHECK(shows(asks, "CN=radius.example.org"));
    CHECK_OK(eaprs_session_answer_verdict(asks, eaprs_session_query_id(asks), true, both.now_ms));
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

/* ---- Settings ---- */

static void outside_refused(eaprs_peer_builder *builder, const char *setting)
{
    eaprs_peer_config *config = NULL;
    /* What is wrong stays wrong. */
    for (int twice = 0; twice < 2; twice++) {
        const char *error;
        size_t len = 0;
        CHECK_STATUS(eaprs_peer_builder_build(builder, &config), INVALID_CONFIG);
        CHECK(config == NULL);
        error = eaprs_peer_builder_error(builder, &len);
        starts_with(error, len, setting);
    }
    eaprs_peer_builder_free(builder);
}

static void authenticator_refused(eaprs_authenticator_builder *builder, const char *setting)
{
    eaprs_authenticator_config *config = NULL;
    const char *error;
    size_t len = 0;
    CHECK_STATUS(eaprs_authenticator_builder_build(builder, &config), INVALID_CONFIG);
    CHECK(config == NULL);
    error = eaprs_authenticator_builder_error(builder, &len);
    starts_with(error, len, setting);
    eaprs_authenticator_builder_free(builder);
}

static void peers_that_cannot_work_are_refused(void)
{
    const uint32_t if_offered = EAPRS_CRYPTO_BINDING_IF_OFFERED;
    eaprs_tls_peer_config *tls = phone_tls(EAPRS_TLS_1_3);
    eaprs_peer_config *inner = peer_config(peer_builder("alice", "secret", METHOD_MSCHAPV2));
    eaprs_peer_config *tunnel = peer_config(peer_for(&LOGINS[0], tls));
    const uint32_t protocols[6] = {EAPRS_INNER_NONE,
                                   EAPRS_INNER_EAP,
                                   3,
                                   EAPRS_INNER_PAP | EAPRS_INNER_CHAP,
                                   32,
                                   EAPRS_INNER_OTHER};
    eaprs_peer_builder *builder = outside();

    for (size_t i = 0; i < 6; i++) {
        CHECK_STATUS(eaprs_peer_builder_ttls(builder, tls, protocols[i], NULL, 0, NULL, 0),
                     INVALID_ARGUMENT);
    }
    CHECK_STATUS(eaprs_peer_builder_peap(builder, tls, inner, 0, 0, 0), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_peer_builder_peap(builder, tls, inner, 0, 4, 0), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_peer_builder_peap(builder, tls, inner, 0, if_offered, 4), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_peer_builder_ttls_nt_hash(builder, tls, EAPRS_INNER_MS_CHAP, NULL, 0,
                                                 NT_HASH, 15), INVALID_ARGUMENT);
    outside_refused(builder, "methods: none given");

    builder = outside();
    CHECK_OK(eaprs_peer_builder_peap(builder, tls, inner, 2, if_offered, 0));
    /* The first mistake is the one that is told. */
    CHECK_OK(eaprs_peer_builder_ttls_eap(builder, tls, tunnel));
    outside_refused(builder, "max_version: 2 given");

    builder = outside();
    CHECK_OK(eaprs_peer_builder_peap(builder, tls, inner, 1, EAPRS_CRYPTO_BINDING_REQUIRED, 0));
    outside_refused(builder, "crypto_binding: does not go together with max_version");

    builder = outside();
    CHECK_OK(eaprs_peer_builder_peap(builder, tls, tunnel, 0, if_offered, 0));
    outside_refused(builder, "methods: PEAP inside a tunnel");

    builder = outside();
    CHECK_OK(eaprs_peer_builder_ttls_eap(builder, tls, tunnel));
    outside_refused(builder, "methods: PEAP inside a tunnel");

    builder = outside();
    CHECK_OK(eaprs_peer_builder_ttls(builder, tls, EAPRS_INNER_MS_CHAP, NULL, 0, octets("\xff"),
                                     1));
    outside_refused(builder, "password: not UTF-8");

    builder = outside();
    CHECK_OK(eaprs_peer_builder_ttls_nt_hash(builder, tls, EAPRS_INNER_PAP, NULL, 0, NT_HASH, 16));
    outside_refused(builder, "nt_hash: does not go together with pap");

    builder = outside();
    CHECK_OK(eaprs_peer_builder_peap(builder, tls, inner, 0, EAPRS_CRYPTO_BINDING_REQUIRED,
                                     EAPRS_PEAP_QUIRK_ACCEPT_MISSING_RESULT));
    outside_refused(builder, "accept_missing_result: ");

    builder = outside();
    CHECK_OK(eaprs_peer_builder_anonymous_identity(builder));
    CHECK_OK(eaprs_peer_builder_peap(builder, tls, inner, 0, if_offered, 0));
    outside_refused(builder, "anonymous_identity: does not go together with identity");

    eaprs_tls_peer_config_free(tls);
    eaprs_peer_config_free(inner);
    eaprs_peer_config_free(tunnel);
}

static eaprs_authenticator_builder *offering_nothing(void)
{
    eaprs_authenticator_builder *builder = NULL;
    CHECK_OK(eaprs_authenticator_builder_new(&builder));
    return builder;
}

static void authenticators_that_cannot_work_are_refused(void)
{
    const uint32_t required = EAPRS_CRYPTO_BINDING_REQUIRED;
    eaprs_tls_server_config *tls = server_tls();
    eaprs_authenticator_config *inner = authenticator_config(authenticator_builder(METHOD_GTC));
    eaprs_authenticator_config *tunnel = authenticator_config(authenticator_for(&LOGINS[2], tls));
    eaprs_authenticator_builder *builder = offering_nothing();

    CHECK_STATUS(eaprs_authenticator_builder_ttls(builder, tls, inner, EAPRS_INNER_EAP),
                 INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_authenticator_builder_ttls(builder, tls, inner, 32), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_authenticator_builder_peap(builder, tls, inner, 0, 0), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_authenticator_builder_peap(builder, tls, inner, 0, 4), INVALID_ARGUMENT);
    CHECK_NULL(eaprs_authenticator_builder_peap(NULL, tls, inner, 0, required));
    CHECK_NULL(eaprs_authenticator_builder_peap(builder, tls, NULL, 0, required));
    CHECK_NULL(eaprs_authenticator_builder_ttls(NULL, tls, inner, 0));
    authenticator_refused(builder, "methods: none given");

    builder = offering_nothing();
    CHECK_OK(eaprs_authenticator_builder_ttls(builder, tls, NULL, 0));
    authenticator_refused(builder, "methods: nothing is allowed inside the tunnel of EAP-TTLS");

    builder = offering_nothing();
    CHECK_OK(eaprs_authenticator_builder_ttls(builder, tls, tunnel, 0));
    authenticator_refused(builder, "methods: EAP-TTLS inside a tunnel");

    builder = offering_nothing();
    CHECK_OK(eaprs_authenticator_builder_peap(builder, tls, tunnel, 0, required));
    authenticator_refused(builder, "methods: EAP-TTLS inside a tunnel");

    builder = offering_nothing();
    CHECK_OK(eaprs_authenticator_builder_peap(builder, tls, inner, 1, required));
    authenticator_refused(builder, "crypto_binding: ");

    builder = offering_nothing();
    CHECK_OK(eaprs_authenticator_builder_peap(builder, tls, inner, 2, 1));
    authenticator_refused(builder, "max_version: 2 given");

    eaprs_tls_server_config_free(tls);
    eaprs_authenticator_config_free(inner);
    eaprs_authenticator_config_free(tunnel);
}

/* EAP-TLS authenticates the peer by its certificate, which has to be asked for. */
static void eap_tls_needs_the_certificates_of_clients(void)
{
    eaprs_authenticator_builder *builder = offering_nothing();
    eaprs_tls_server_builder *server = tls_server(NULL);
    eaprs_tls_server_config *tls = server_tls();

    CHECK_OK(eaprs_authenticator_builder_tls(builder, tls));
    authenticator_refused(builder, "client_ca: nothing to trust");
    eaprs_tls_server_config_free(tls);

    CHECK_OK(eaprs_tls_server_builder_client_optional(server));
    server_refused(server, "client_ca: nothing to trust");

    server = tls_server(&ca);
    CHECK_OK(eaprs_tls_server_builder_client_optional(server));
    tls = tls_server_config(server);
    builder = offering_nothing();
    CHECK_OK(eaprs_authenticator_builder_tls(builder, tls));
    authenticator_refused(builder, "client_ca: nothing to trust");
    eaprs_tls_server_config_free(tls);
}

int main(void)
{
    read_certificates();
    logins_of_every_kind();
    logs_in_with_an_nt_hash(&LOGINS[0], "alice");
    logs_in_with_an_nt_hash(&LOGINS[6], "alice");
    logs_in_with_an_nt_hash(&LOGINS[6], NULL);
    logs_in_with_an_nt_hash(&LOGINS[7], "alice");
    is_anonymous_outside(true);
    is_anonymous_outside(false);
    peap_with(0, EAPRS_CRYPTO_BINDING_OFF);
    peap_with(0, EAPRS_CRYPTO_BINDING_REQUIRED);
    peap_with(1, EAPRS_CRYPTO_BINDING_IF_OFFERED);
    certificates_of_clients(true, true, true);
    certificates_of_clients(true, false, true);
    certificates_of_clients(false, true, true);
    certificates_of_clients(false, false, false);
    a_token_is_asked_for_inside();
    a_name_and_a_password_are_asked_for_inside();
    a_new_password_is_asked_for_inside();
    a_certificate_is_asked_about_outside();
    peers_that_cannot_work_are_refused();
    authenticators_that_cannot_work_are_refused();
    eap_tls_needs_the_certificates_of_clients();
    return 0;
}
