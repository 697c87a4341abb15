/* The host has the last word about certificates: what it is shown, what becomes of its answer. */

#include "tls_pair.h"

static const uint32_t VERSIONS[2] = {EAPRS_TLS_1_2, EAPRS_TLS_1_3};

/* A server that shows its CA's certificate as well. */
static eaprs_tls_server_builder *server_with_a_chain(void)
{
    eaprs_tls_server_builder *builder = NULL;
    uint8_t chain[sizeof server_certificate.octets + sizeof ca.octets];

    memcpy(chain, server_certificate.octets, server_certificate.len);
    memcpy(chain + server_certificate.len, ca.octets, ca.len);
    CHECK_OK(eaprs_tls_server_builder_new(chain, server_certificate.len + ca.len,
                                          server_key.octets, server_key.len, &builder));
    CHECK_OK(eaprs_tls_server_builder_client_ca(builder, ca.octets, ca.len));
    return builder;
}

static eaprs_tls_peer_builder *asking_peer(const file *authority, uint32_t version)
{
    eaprs_tls_peer_builder *builder = tls_peer(authority);
    CHECK_OK(eaprs_tls_peer_builder_ask_host(builder));
    CHECK_OK(eaprs_tls_peer_builder_max_version(builder, version));
    return builder;
}

static eaprs_tls_server_builder *asking_server(const file *authority, uint32_t version)
{
    eaprs_tls_server_builder *builder = tls_server(authority);
    CHECK_OK(eaprs_tls_server_builder_ask_host(builder));
    CHECK_OK(eaprs_tls_server_builder_max_version(builder, version));
    return builder;
}

static pair start(eaprs_tls_peer_builder *peer_settings, eaprs_tls_server_builder *server_settings)
{
    eaprs_tls_peer_config *peer = tls_peer_config(peer_settings);
    eaprs_tls_server_config *server = tls_server_config(server_settings);
    pair both = tls_start("alice", peer, today(), server, today());
    eaprs_tls_peer_config_free(peer);
    eaprs_tls_server_config_free(server);
    return both;
}

static bool is_certificate(const eaprs_session *session, size_t index, const file *expected)
{
    size_t len = 99;
    const uint8_t *der = eaprs_session_peer_certificate_der(session, index, &len);
    return der != NULL && len == expected->len && memcmp(der, expected->octets, len) == 0 &&
           eaprs_session_peer_certificate_der(session, index, NULL) == der;
}

static bool has_subject(const eaprs_session *session, const char *expected)
{
    size_t len = 99;
    const char *subject = eaprs_session_peer_certificate_subject(session, &len);
    return is_text(subject, len, expected) && subject[len] == '\0' && shows(session, expected);
}

static void only_a_verdict_will_do(pair *both, eaprs_session *asks)
{
    const uint32_t offer[1] = {METHOD_MD5};
    uint64_t id = eaprs_session_query_id(asks), now = both->now_ms;

    CHECK_STATUS(eaprs_session_answer_text(asks, id, octets("yes"), 3, now), WRONG_ANSWER_KIND);
    CHECK_STATUS(eaprs_session_answer_secret(asks, id, octets("yes"), 3, now), WRONG_ANSWER_KIND);
    CHECK_STATUS(eaprs_session_answer_offer(asks, id, offer, 1, now), WRONG_ANSWER_KIND);
    CHECK_STATUS(eaprs_session_answer_credential(asks, id, octets("yes"), 3, now),
                 WRONG_ANSWER_KIND);
    CHECK_STATUS(eaprs_session_answer_verdict(asks, id + 1, true, now), STALE_ANSWER);
    CHECK_POLL(asks, NONE);
}

typedef enum { YES, NO, DECLINE, ANSWERS } answer;

static void give(answer given, pair *both, eaprs_session *asks, uint64_t id)
{
    if (given == DECLINE) {
        CHECK_OK(eaprs_session_answer_decline(asks, id, both->now_ms));
    } else {
        CHECK_OK(eaprs_session_answer_verdict(asks, id, given == YES, both->now_ms));
    }
    CHECK_STATUS(eaprs_session_answer_verdict(asks, id, true, both->now_ms), STALE_ANSWER);
    pair_run(both);
}

static void is_declined(const side *end)
{
    CHECK(end->finished == 1 && !end->succeeded);
    CHECK(end->failure == EAPRS_FAILURE_CERTIFICATE);
    CHECK(end->refusal == EAPRS_CERTIFICATE_REFUSAL_DECLINED);
    CHECK(end->tls_alert == -1);
    CHECK(strcmp(end->text, "the certificate was declined") == 0);
    CHECK(end->msk_len == 0);
}

static void a_peer_asks_about_the_server(uint32_t version, answer given)
{
    pair both = start(asking_peer(&ca, version), server_with_a_chain());
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_VERIFY_SERVER);
    uint64_t id = eaprs_session_query_id(asks);
    size_t len = 99;
    const uint8_t *sha256 = eaprs_session_peer_certificate_sha256(asks, &len);

    CHECK(asks == both.peer.session);
    CHECK(has_subject(asks, "CN=radius.example.org"));
    CHECK(sha256 != NULL && len == 32 && memcmp(sha256, fingerprint.octets, 32) == 0);
    CHECK(eaprs_session_peer_certificate_count(asks) == 2);
    CHECK(is_certificate(asks, 0, &server_der) && is_certificate(asks, 1, &ca_der));
    CHECK(eaprs_session_peer_certificate_der(asks, 2, &len) == NULL && len == 0);
    CHECK(eaprs_session_peer_certificate_der(asks, SIZE_MAX, &len) == NULL);
    CHECK(eaprs_session_identity(asks, NULL) == NULL);
    CHECK(eaprs_session_query_password(asks, NULL) == NULL);
    CHECK(eaprs_session_tls_version(asks) == 0 && eaprs_session_tls_suite(asks, NULL) == NULL);

    only_a_verdict_will_do(&both, asks);
    CHECK(eaprs_session_peer_certificate_count(asks) == 0);
    CHECK(eaprs_session_peer_certificate_sha256(asks, &len) == NULL && len == 0);
    give(given, &both, asks, id);
    if (given == YES) {
        CHECK(pair_ended(&both, true));
        CHECK(memcmp(both.peer.sha256, fingerprint.octets, 32) == 0);
    } else {
        if (given == NO) {
            is_declined(&both.peer);
        } else {
            CHECK(both.peer.finished == 1 && both.peer.failure == EAPRS_FAILURE_DECLINED);
        }
        /* It hears nothing more, and waits. */
        CHECK(both.authenticator.finished == 0);
    }
    pair_free(&both);
}

static void a_server_asks_about_the_peer(uint32_t version, answer given)
{
    pair both = start(tls_peer(&ca), asking_server(&ca, version));
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_VERIFY_CLIENT);
    uint64_t id = eaprs_session_query_id(asks);
    size_t len = 99;

    CHECK(asks == both.authenticator.session);
    CHECK(identifies(asks, "alice"));
    CHECK(has_subject(asks, "CN=alice"));
    CHECK(eaprs_session_peer_certificate_sha256(asks, &len) != NULL && len == 32);
    CHECK(eaprs_session_peer_certificate_count(asks) == 1);
    CHECK(eaprs_session_peer_certificate_der(asks, 0, NULL) != NULL);
    CHECK(eaprs_session_peer_certificate_der(asks, 1, NULL) == NULL);

    only_a_verdict_will_do(&both, asks);
    give(given, &both, asks, id);
    CHECK(pair_ended(&both, given == YES));
    if (given != YES) {
        is_declined(&both.authenticator);
        CHECK(both.peer.failure == EAPRS_FAILURE_CERTIFICATE_REJECTED);
    }
    pair_free(&both);
}

static void hosts_may_be_the_only_ones_who_know_whom_to_trust(void)
{
    for (int i = 0; i < 2; i++) {
        pair both = start(asking_peer(NULL, VERSIONS[i]), asking_server(NULL, VERSIONS[i]));
        pair_run(&both);
        CHECK(pair_ended(&both, true) && both.asked == 2);
        pair_free(&both);
    }
}

static void nobody_is_asked_about_what_the_policy_refuses(void)
{
    pair both = start(asking_peer(&other_ca, EAPRS_TLS_1_3), tls_server(&ca));
    pair_run(&both);
    CHECK(both.asked == 0 && both.peer.refusal == EAPRS_CERTIFICATE_REFUSAL_UNTRUSTED_CA);
    pair_free(&both);

    both = start(tls_peer(&ca), asking_server(&other_ca, EAPRS_TLS_1_3));
    pair_run(&both);
    CHECK(both.asked == 0 && both.authenticator.refusal == EAPRS_CERTIFICATE_REFUSAL_UNTRUSTED_CA);
    pair_free(&both);
}

/* A user is not prompted twice; a directory may have changed its mind. */
static void a_resumed_session_asks_the_server_side_alone(void)
{
    for (int i = 0; i < 2; i++) {
        eaprs_tls_server_builder *builder = asking_server(&ca, VERSIONS[i]);
        eaprs_tls_peer_config *peer = tls_peer_config(asking_peer(&ca, VERSIONS[i]));
        eaprs_tls_server_config *server;
        pair both;
        CHECK_OK(eaprs_tls_server_builder_resumption(builder, 3600, 0));
        server = tls_server_config(builder);

        both = tls_start("alice", peer, today(), server, today());
        pair_run(&both);
        CHECK(pair_ended(&both, true) && !both.peer.resumed && both.asked == 2);
        pair_free(&both);

        both = tls_start("alice", peer, today(), server, today());
        CHECK(pair_run_until(&both, EAPRS_QUERY_VERIFY_CLIENT) == both.authenticator.session);
        CHECK(has_subject(both.authenticator.session, "CN=alice"));
        CHECK(eaprs_session_peer_certificate_count(both.authenticator.session) == 1);
        pair_answer(&both, both.authenticator.session);
        pair_run(&both);
        CHECK(pair_ended(&both, true) && both.peer.resumed && both.asked == 1);
        pair_free(&both);

        eaprs_tls_peer_config_free(peer);
        eaprs_tls_server_config_free(server);
    }
}

static void a_question_that_nobody_answers_is_withdrawn(void)
{
    pair both = start(asking_peer(&ca, EAPRS_TLS_1_3), tls_server(&ca));
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_VERIFY_SERVER);
    uint64_t id = eaprs_session_query_id(asks);

    both.now_ms += eaprs_session_timeout_ms(asks, both.now_ms);
    CHECK_OK(eaprs_session_handle_timeout(asks, both.now_ms));
    CHECK_POLL(asks, WITHDRAWN);
    CHECK(eaprs_session_query_id(asks) == id);
    CHECK(eaprs_session_peer_certificate_count(asks) == 0);
    CHECK(eaprs_session_peer_certificate_subject(asks, NULL) == NULL);
    CHECK_FAILS(asks, UNANSWERED);
    CHECK_STATUS(eaprs_session_answer_verdict(asks, id, true, both.now_ms), STALE_ANSWER);
    pair_free(&both);
}

static void a_question_and_no_server_authentication_contradict_each_other(void)
{
    eaprs_tls_peer_builder *builder = asking_peer(NULL, EAPRS_TLS_1_3);
    CHECK_OK(eaprs_tls_peer_builder_insecure_no_server_authentication(builder));
    peer_refused(builder, "insecure_no_server_authentication: ");
}

int main(void)
{
    read_certificates();
    for (int version = 0; version < 2; version++) {
        for (int given = YES; given < ANSWERS; given++) {
            a_peer_asks_about_the_server(VERSIONS[version], (answer)given);
            a_server_asks_about_the_peer(VERSIONS[version], (answer)given);
        }
    }
    hosts_may_be_the_only_ones_who_know_whom_to_trust();
    nobody_is_asked_about_what_the_policy_refuses();
    a_resumed_session_asks_the_server_side_alone();
    a_question_that_nobody_answers_is_withdrawn();
    a_question_and_no_server_authentication_contradict_each_other();
    return 0;
}
