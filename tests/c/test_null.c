/* NULL for every pointer of every function, one at a time: a status, or a value that says that
 * nothing happened; never a crash, and nothing written. */

#include "check.h"

static const uint8_t MAC[6] = {2, 0, 0, 0, 0, 1};

static void nothing_to_free(void)
{
    for (int twice = 0; twice < 2; twice++) {
        eaprs_peer_builder_free(NULL);
        eaprs_peer_config_free(NULL);
        eaprs_authenticator_builder_free(NULL);
        eaprs_authenticator_config_free(NULL);
        eaprs_supplicant_builder_free(NULL);
        eaprs_supplicant_config_free(NULL);
        eaprs_session_free(NULL);
    }
}

static void the_peer_builder(void)
{
    eaprs_peer_builder *builder = peer_builder("alice", NULL, METHOD_MD5);
    eaprs_peer_config *untouched = (eaprs_peer_config *)builder, *config = untouched;
    size_t len = 99;

    CHECK_NULL(eaprs_peer_builder_new(NULL));
    CHECK_NULL(eaprs_peer_builder_identity(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_peer_builder_identity(builder, NULL, 1));
    CHECK_NULL(eaprs_peer_builder_anonymous_identity(NULL));
    CHECK_NULL(eaprs_peer_builder_password(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_peer_builder_password(builder, NULL, 1));
    CHECK_NULL(eaprs_peer_builder_nt_hash(NULL, octets("0123456789abcdef"), 16));
    CHECK_NULL(eaprs_peer_builder_nt_hash(builder, NULL, 16));
    CHECK_NULL(eaprs_peer_builder_method(NULL, METHOD_MD5));
    CHECK_NULL(eaprs_peer_builder_require_keys(NULL));
    CHECK_NULL(eaprs_peer_builder_client_timeout(NULL, 1));
    CHECK_NULL(eaprs_peer_builder_answer_timeout(NULL, 1));
    CHECK_NULL(eaprs_peer_builder_max_rounds(NULL, 1));
    CHECK_NULL(eaprs_peer_builder_accept_next_identifier(NULL));
    CHECK_NULL(eaprs_peer_builder_build(NULL, &config));
    CHECK(config == untouched);
    CHECK_NULL(eaprs_peer_builder_build(builder, NULL));
    CHECK(eaprs_peer_builder_error(NULL, &len) == NULL && len == 0);
    CHECK(eaprs_peer_builder_error(builder, NULL) == NULL);

    /* No octets need no pointer. */
    CHECK_OK(eaprs_peer_builder_identity(builder, NULL, 0));
    CHECK_OK(eaprs_peer_builder_password(builder, NULL, 0));
    CHECK_OK(eaprs_peer_builder_build(builder, &config));
    eaprs_peer_config_free(config);
    eaprs_peer_builder_free(builder);
}

static void the_authenticator_builder(void)
{
    eaprs_authenticator_builder *builder = authenticator_builder(METHOD_MD5);
    eaprs_authenticator_config *untouched = (eaprs_authenticator_config *)builder;
    eaprs_authenticator_config *config = untouched;
    size_t len = 99;

    CHECK_NULL(eaprs_authenticator_builder_new(NULL));
    CHECK_NULL(eaprs_authenticator_builder_method(NULL, METHOD_MD5));
    CHECK_NULL(eaprs_authenticator_builder_require_keys(NULL));
    CHECK_NULL(eaprs_authenticator_builder_ask_policy(NULL));
    CHECK_NULL(eaprs_authenticator_builder_notification(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_authenticator_builder_notification(builder, NULL, 1));
    CHECK_NULL(eaprs_authenticator_builder_server_name(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_authenticator_builder_server_name(builder, NULL, 1));
    CHECK_NULL(eaprs_authenticator_builder_identity_prompt(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_authenticator_builder_identity_prompt(builder, NULL, 1));
    CHECK_NULL(eaprs_authenticator_builder_token_prompt(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_authenticator_builder_token_prompt(builder, NULL, 1));
    CHECK_NULL(eaprs_authenticator_builder_password_retries(NULL, 1));
    CHECK_NULL(eaprs_authenticator_builder_backend(NULL));
    CHECK_NULL(eaprs_authenticator_builder_response_timeout(NULL, 1));
    CHECK_NULL(eaprs_authenticator_builder_answer_timeout(NULL, 1));
    CHECK_NULL(eaprs_authenticator_builder_max_rounds(NULL, 1));
    CHECK_NULL(eaprs_authenticator_builder_retransmission(NULL, 1, 1, 1, 1));
    CHECK_NULL(eaprs_authenticator_builder_build(NULL, &config));
    CHECK(config == untouched);
    CHECK_NULL(eaprs_authenticator_builder_build(builder, NULL));
    CHECK(eaprs_authenticator_builder_error(NULL, &len) == NULL && len == 0);
    CHECK(eaprs_authenticator_builder_error(builder, NULL) == NULL);

    CHECK_OK(eaprs_authenticator_builder_server_name(builder, NULL, 0));
    CHECK_OK(eaprs_authenticator_builder_identity_prompt(builder, NULL, 0));
    CHECK_OK(eaprs_authenticator_builder_build(builder, &config));
    eaprs_authenticator_config_free(config);
    eaprs_authenticator_builder_free(builder);
}

static void the_supplicant_builder(void)
{
    int anything = 0;
    eaprs_supplicant_builder *builder = (eaprs_supplicant_builder *)&anything;
    eaprs_supplicant_config *untouched = (eaprs_supplicant_config *)&anything, *config = untouched;
    size_t len = 99;

    CHECK_NULL(eaprs_supplicant_builder_new(NULL, &builder));
    CHECK(builder == (eaprs_supplicant_builder *)&anything);
    CHECK_NULL(eaprs_supplicant_builder_new(MAC, NULL));
    CHECK_OK(eaprs_supplicant_builder_new(MAC, &builder));
    CHECK_NULL(eaprs_supplicant_builder_version(NULL, 1));
    CHECK_NULL(eaprs_supplicant_builder_unicast(NULL));
    CHECK_NULL(eaprs_supplicant_builder_start_period(NULL, 1));
    CHECK_NULL(eaprs_supplicant_builder_max_start(NULL, 1));
    CHECK_NULL(eaprs_supplicant_builder_held_period(NULL, 1));
    CHECK_NULL(eaprs_supplicant_builder_auth_period(NULL, 1));
    CHECK_NULL(eaprs_supplicant_builder_build(NULL, &config));
    CHECK(config == untouched);
    CHECK_NULL(eaprs_supplicant_builder_build(builder, NULL));
    CHECK(eaprs_supplicant_builder_error(NULL, &len) == NULL && len == 0);
    CHECK(eaprs_supplicant_builder_error(builder, NULL) == NULL);
    eaprs_supplicant_builder_free(builder);
}

static void new_sessions(void)
{
    eaprs_peer_config *peer = peer_config(peer_builder("alice", NULL, METHOD_MD5));
    eaprs_authenticator_config *authenticator =
        authenticator_config(authenticator_builder(METHOD_MD5));
    eaprs_supplicant_builder *builder = NULL;
    eaprs_supplicant_config *port = NULL;
    eaprs_session *untouched = (eaprs_session *)peer, *session = untouched;

    CHECK_OK(eaprs_supplicant_builder_new(MAC, &builder));
    CHECK_OK(eaprs_supplicant_builder_build(builder, &port));
    CHECK_NULL(eaprs_session_new_peer(NULL, &session));
    CHECK_NULL(eaprs_session_new_peer(peer, NULL));
    CHECK_NULL(eaprs_session_new_authenticator(NULL, &session));
    CHECK_NULL(eaprs_session_new_authenticator(authenticator, NULL));
    CHECK_NULL(eaprs_session_new_supplicant(NULL, peer, &session));
    CHECK_NULL(eaprs_session_new_supplicant(port, NULL, &session));
    CHECK_NULL(eaprs_session_new_supplicant(port, peer, NULL));
    CHECK(session == untouched);
    eaprs_supplicant_builder_free(builder);
    eaprs_supplicant_config_free(port);
    eaprs_authenticator_config_free(authenticator);
    eaprs_peer_config_free(peer);
}

static void no_session(void)
{
    const uint32_t offer[1] = {METHOD_MD5};

    CHECK_NULL(eaprs_session_start(NULL, 0));
    CHECK(eaprs_session_handle_packet(NULL, octets("\2\0\0\4"), 4, 0) == EAPRS_RECEIVED_ERROR);
    CHECK_NULL(eaprs_session_handle_signal(NULL, EAPRS_SIGNAL_RESTART, 0));
    CHECK_NULL(eaprs_session_handle_timeout(NULL, 0));
    CHECK_NULL(eaprs_session_set_unix_time(NULL, 0, 0));
    CHECK(eaprs_session_timeout_ms(NULL, 0) == UINT64_MAX);
    CHECK(eaprs_session_poll(NULL) == EAPRS_OUTPUT_NONE);
    CHECK_NULL(eaprs_session_answer_text(NULL, 1, octets("a"), 1, 0));
    CHECK_NULL(eaprs_session_answer_secret(NULL, 1, octets("a"), 1, 0));
    CHECK(eaprs_session_pick_up(NULL, octets("a"), 1, 0) == EAPRS_RECEIVED_ERROR);
    CHECK_NULL(eaprs_session_answer_offer(NULL, 1, offer, 1, 0));
    CHECK_NULL(eaprs_session_answer_offer_with_notification(NULL, 1, offer, 1, octets("a"), 1, 0));
    CHECK_NULL(eaprs_session_answer_credential(NULL, 1, octets("a"), 1, 0));
    CHECK_NULL(eaprs_session_answer_account(NULL, 1, EAPRS_CREDENTIAL_CLEARTEXT, octets("a"), 1, 0, 0));
    CHECK(!eaprs_session_accepts_credential(NULL, EAPRS_CREDENTIAL_CLEARTEXT));
    CHECK(eaprs_session_account_error(NULL) == 0);
    CHECK_NULL(eaprs_session_answer_verdict(NULL, 1, true, 0));
    CHECK_NULL(eaprs_session_answer_decline(NULL, 1, 0));
}

typedef const uint8_t *(*octets_accessor)(const eaprs_session *, size_t *);

static void accessors(void)
{
    const octets_accessor lend[6] = {eaprs_session_packet,         eaprs_session_identity,
                                     eaprs_session_query_password, eaprs_session_msk,
                                     eaprs_session_emsk,           eaprs_session_session_id};
    eaprs_session *session = peer_session(peer_builder("alice", NULL, METHOD_MD5));
    uint32_t vendor = 99;
    size_t len;

    for (int i = 0; i < 6; i++) {
        len = 99;
        CHECK(lend[i](NULL, &len) == NULL && len == 0);
        CHECK(lend[i](NULL, NULL) == NULL);
        CHECK(lend[i](session, NULL) == NULL);
    }
    len = 99;
    CHECK(eaprs_session_text(NULL, &len) == NULL && len == 0);
    CHECK(eaprs_session_text(session, NULL) == NULL);
    len = 99;
    CHECK(eaprs_session_discard_text(NULL, &len) == NULL && len == 0);
    CHECK(eaprs_session_discard_text(session, NULL) == NULL);
    CHECK(eaprs_session_method(NULL, &vendor) == 0 && vendor == 0);
    CHECK(eaprs_session_method(session, NULL) == 0);
    CHECK(eaprs_session_query_id(NULL) == 0);
    CHECK(eaprs_session_query_kind(NULL) == EAPRS_QUERY_NONE);
    CHECK(eaprs_session_event_kind(NULL) == EAPRS_EVENT_NONE);
    CHECK(eaprs_session_pae_state(NULL) == EAPRS_PAE_STATE_NONE);
    CHECK(!eaprs_session_port_authorized(NULL));
    CHECK(!eaprs_session_succeeded(NULL));
    CHECK(eaprs_session_failure(NULL) == EAPRS_FAILURE_NONE);
    eaprs_session_free(session);
}

/* A Request for an identity, so that a question is open. */
static void data_of_a_session(void)
{
    const uint32_t method = METHOD_MD5;
    eaprs_session *session = peer_session(peer_builder(NULL, NULL, METHOD_MD5));
    uint64_t id;

    CHECK(eaprs_session_handle_packet(session, NULL, 5, 0) == EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_handle_packet(session, NULL, 0, 0) == EAPRS_RECEIVED_DISCARDED);
    CHECK(eaprs_session_handle_packet(session, octets("\1\7\0\5\1"), 5, 0) ==
          EAPRS_RECEIVED_ACCEPTED);
    CHECK_ASKS(session, IDENTITY);
    id = eaprs_session_query_id(session);
    CHECK_NULL(eaprs_session_answer_text(session, id, NULL, 1, 0));
    CHECK_NULL(eaprs_session_answer_secret(session, id, NULL, 1, 0));
    CHECK_NULL(eaprs_session_answer_offer(session, id, NULL, 1, 0));
    CHECK_NULL(eaprs_session_answer_offer_with_notification(session, id, NULL, 1, octets("a"), 1,
                                                            0));
    CHECK_NULL(eaprs_session_answer_offer_with_notification(session, id, &method, 1, NULL, 1, 0));
    CHECK_NULL(eaprs_session_answer_credential(session, id, NULL, 1, 0));
    CHECK_NULL(
        eaprs_session_answer_account(session, id, EAPRS_CREDENTIAL_CLEARTEXT, NULL, 1, 0, 0));
    CHECK_POLL(session, NONE);
    /* RFC 3748 section 5.1 has identities of no octets. */
    CHECK_OK(eaprs_session_answer_text(session, id, NULL, 0, 0));
    CHECK_POLL(session, SEND);
    eaprs_session_free(session);
}

/* More octets than any object can have: a length that was computed wrongly, most likely below 0. */
static void lengths_below_zero(void)
{
    eaprs_peer_builder *peer = peer_builder(NULL, NULL, METHOD_MD5);
    eaprs_authenticator_builder *authenticator = authenticator_builder(METHOD_MD5);
    eaprs_session *session = authenticator_session(authenticator_builder(METHOD_MD5));
    const uint32_t offer[1] = {METHOD_MD5};
    const size_t wrong = SIZE_MAX - 3;

    CHECK_STATUS(eaprs_peer_builder_identity(peer, octets("a"), wrong), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_peer_builder_password(peer, octets("a"), wrong), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_authenticator_builder_server_name(authenticator, octets("a"), wrong),
                 INVALID_ARGUMENT);
    CHECK(eaprs_session_handle_packet(session, octets("a"), wrong, 0) == EAPRS_RECEIVED_ERROR);
    CHECK_STATUS(eaprs_session_answer_text(session, 1, octets("a"), wrong, 0), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_session_answer_secret(session, 1, octets("a"), wrong, 0), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_session_answer_credential(session, 1, octets("a"), wrong, 0),
                 INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_session_answer_offer(session, 1, offer, SIZE_MAX / 4, 0), INVALID_ARGUMENT);
    eaprs_session_free(session);
    eaprs_authenticator_builder_free(authenticator);
    eaprs_peer_builder_free(peer);
}

static void the_logoff_frame(void)
{
    uint8_t frame[EAPRS_EAPOL_LOGOFF_FRAME_LEN];
    uint8_t untouched[EAPRS_EAPOL_LOGOFF_FRAME_LEN];
    size_t len = 99;

    memset(frame, 0xaa, sizeof frame);
    memset(untouched, 0xaa, sizeof untouched);
    CHECK_NULL(eaprs_eapol_logoff_frame(NULL, 1, frame, sizeof frame, &len));
    CHECK_NULL(eaprs_eapol_logoff_frame(MAC, 1, NULL, sizeof frame, &len));
    CHECK_NULL(eaprs_eapol_logoff_frame(MAC, 1, frame, sizeof frame, NULL));
    CHECK(len == 99);
    CHECK(memcmp(frame, untouched, sizeof frame) == 0);
}

int main(void)
{
    nothing_to_free();
    the_peer_builder();
    the_authenticator_builder();
    the_supplicant_builder();
    new_sessions();
    no_session();
    accessors();
    data_of_a_session();
    lengths_below_zero();
    the_logoff_frame();
    return 0;
}
