/* Calls in the wrong order, and with numbers that mean nothing. */

#include "pair.h"

/* A Request for the identity, and one of MD5-Challenge. */
static const uint8_t WHO[8] = {1, 7, 0, 8, 1, 'w', 'h', 'o'};
static const uint8_t MD5[8] = {1, 8, 0, 8, 4, 2, 0xca, 0xfe};

static eaprs_received feed(eaprs_session *session, const uint8_t *packet, size_t len)
{
    return eaprs_session_handle_packet(session, packet, len, 0);
}

/* What has nothing to do with the current output reads as nothing. */
static void only_these(const eaprs_session *s, bool packet, bool question, bool event, bool result)
{
    size_t len = 99;
    CHECK((eaprs_session_packet(s, &len) != NULL) == packet && (len > 0) == packet);
    CHECK((eaprs_session_query_id(s) != 0) == question);
    CHECK((eaprs_session_query_kind(s) != EAPRS_QUERY_NONE) == question);
    CHECK((eaprs_session_event_kind(s) != EAPRS_EVENT_NONE) == event);
    CHECK((eaprs_session_failure(s) != EAPRS_FAILURE_NONE) == result);
    CHECK(eaprs_session_query_password(s, &len) == NULL && len == 0);
    CHECK(eaprs_session_pae_state(s) == EAPRS_PAE_STATE_NONE);
    CHECK(!eaprs_session_port_authorized(s));
    CHECK(!eaprs_session_succeeded(s));
    CHECK(eaprs_session_msk(s, &len) == NULL && len == 0);
    CHECK(eaprs_session_peer_certificate_subject(s, &len) == NULL && len == 0);
    CHECK(eaprs_session_peer_certificate_sha256(s, &len) == NULL && len == 0);
    CHECK(eaprs_session_peer_certificate_count(s) == 0);
    CHECK(eaprs_session_tunnel_method(s) == 0);
    CHECK(eaprs_session_outer_identity(s, &len) == NULL && len == 0);
    CHECK(eaprs_session_inner(s) == EAPRS_INNER_NONE);
    CHECK(eaprs_session_inner_method(s, NULL) == 0);
    CHECK(eaprs_session_inner_identity(s, &len) == NULL && len == 0);
    CHECK(eaprs_session_inner_name(s, &len) == NULL && len == 0);
}

static void accessors_read_the_current_output_alone(void)
{
    eaprs_session *peer = peer_session(peer_builder(NULL, NULL, METHOD_GTC));

    only_these(peer, false, false, false, false);
    CHECK(eaprs_session_text(peer, NULL) == NULL);
    CHECK(eaprs_session_identity(peer, NULL) == NULL);
    CHECK(feed(peer, WHO, sizeof WHO) == EAPRS_RECEIVED_ACCEPTED);
    /* Not stepped to yet. */
    only_these(peer, false, false, false, false);
    CHECK_ASKS(peer, IDENTITY);
    only_these(peer, false, true, false, false);
    CHECK(shows(peer, "who"));
    CHECK_OK(eaprs_session_answer_text(peer, eaprs_session_query_id(peer), octets("al"), 2, 0));
    CHECK_POLL(peer, SEND);
    only_these(peer, true, false, false, false);
    CHECK(eaprs_session_text(peer, NULL) == NULL);
    CHECK(feed(peer, MD5, sizeof MD5) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_EVENT(peer, METHOD_REFUSED);
    only_these(peer, false, false, true, false);
    CHECK_POLL(peer, SEND);
    CHECK_OK(eaprs_session_handle_signal(peer, EAPRS_SIGNAL_ALT_REJECT, 0));
    CHECK_FAILS(peer, LOWER_LAYER);
    only_these(peer, false, false, false, true);
    for (int again = 0; again < 3; again++) {
        CHECK_POLL(peer, NONE);
        only_these(peer, false, false, false, false);
    }
    eaprs_session_free(peer);
}

static void an_answer_needs_its_question(void)
{
    eaprs_session *peer = peer_session(peer_builder(NULL, NULL, METHOD_MD5));
    uint64_t id;

    CHECK_STATUS(eaprs_session_answer_text(peer, 0, octets("a"), 1, 0), STALE_ANSWER);
    CHECK_STATUS(eaprs_session_answer_decline(peer, 1, 0), STALE_ANSWER);
    CHECK(feed(peer, WHO, sizeof WHO) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_ASKS(peer, IDENTITY);
    id = eaprs_session_query_id(peer);
    CHECK_STATUS(eaprs_session_answer_text(peer, id + 1, octets("a"), 1, 0), STALE_ANSWER);
    CHECK_OK(eaprs_session_answer_text(peer, id, octets("a"), 1, 0));
    CHECK_STATUS(eaprs_session_answer_text(peer, id, octets("a"), 1, 0), STALE_ANSWER);
    CHECK_STATUS(eaprs_session_answer_decline(peer, id, 0), STALE_ANSWER);
    CHECK_POLL(peer, SEND);
    CHECK_POLL(peer, NONE);
    eaprs_session_free(peer);
}

static void a_withdrawn_question_is_stale(void)
{
    eaprs_session *peer = peer_session(peer_builder(NULL, NULL, METHOD_MD5));
    uint64_t id;

    CHECK(feed(peer, WHO, sizeof WHO) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_ASKS(peer, IDENTITY);
    id = eaprs_session_query_id(peer);
    CHECK_OK(eaprs_session_handle_signal(peer, EAPRS_SIGNAL_RESTART, 0));
    CHECK_POLL(peer, WITHDRAWN);
    CHECK(eaprs_session_query_id(peer) == id);
    CHECK(eaprs_session_query_kind(peer) == EAPRS_QUERY_NONE);
    CHECK_STATUS(eaprs_session_answer_text(peer, id, octets("a"), 1, 0), STALE_ANSWER);
    CHECK(feed(peer, WHO, sizeof WHO) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_ASKS(peer, IDENTITY);
    CHECK(eaprs_session_query_id(peer) != id);
    eaprs_session_free(peer);
}

static void an_unsuitable_answer_leaves_the_question_open(void)
{
    eaprs_session *peer = peer_session(peer_builder(NULL, NULL, METHOD_MD5));
    const uint32_t offer[1] = {METHOD_MD5};
    uint8_t longest[1016];
    uint64_t id;

    memset(longest, 'a', sizeof longest);
    CHECK(feed(peer, WHO, sizeof WHO) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_ASKS(peer, IDENTITY);
    id = eaprs_session_query_id(peer);
    CHECK_STATUS(eaprs_session_answer_secret(peer, id, octets("a"), 1, 0), WRONG_ANSWER_KIND);
    CHECK_STATUS(eaprs_session_answer_offer(peer, id, offer, 1, 0), WRONG_ANSWER_KIND);
    CHECK_STATUS(eaprs_session_answer_credential(peer, id, octets("a"), 1, 0), WRONG_ANSWER_KIND);
    CHECK_STATUS(eaprs_session_answer_verdict(peer, id, true, 0), WRONG_ANSWER_KIND);
    CHECK_STATUS(eaprs_session_answer_text(peer, id, longest, 1016, 0), UNSUITABLE_ANSWER);
    CHECK_STATUS(eaprs_session_answer_text(peer, id, octets("\xff"), 1, 0), INVALID_ARGUMENT);
    CHECK_POLL(peer, NONE);
    CHECK_OK(eaprs_session_answer_text(peer, id, longest, 1015, 0));
    CHECK_POLL(peer, SEND);

    CHECK(feed(peer, MD5, sizeof MD5) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_EVENT(peer, METHOD_STARTED);
    CHECK_ASKS(peer, PASSWORD);
    id = eaprs_session_query_id(peer);
    CHECK_STATUS(eaprs_session_answer_text(peer, id, octets("a"), 1, 0), WRONG_ANSWER_KIND);
    CHECK_STATUS(eaprs_session_answer_secret(peer, id, longest, 1016, 0), UNSUITABLE_ANSWER);
    CHECK_OK(eaprs_session_answer_secret(peer, id, octets("pw"), 2, 0));
    CHECK_POLL(peer, SEND);
    eaprs_session_free(peer);
}

static void a_challenge_has_something_to_show(void)
{
    pair both = pair_start(peer_builder("alice", NULL, METHOD_OTP),
                           authenticator_builder(METHOD_OTP));
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_CHALLENGE);
    uint64_t id = eaprs_session_query_id(asks);

    CHECK_STATUS(eaprs_session_answer_text(asks, id, octets(""), 0, both.now_ms),
                 UNSUITABLE_ANSWER);
    CHECK_OK(eaprs_session_answer_text(asks, id, octets("?"), 1, both.now_ms));
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

static void only_an_authenticator_starts(void)
{
    eaprs_session *peer = peer_session(peer_builder("alice", NULL, METHOD_MD5));
    eaprs_session *authenticator = authenticator_session(authenticator_builder(METHOD_MD5));

    CHECK_STATUS(eaprs_session_start(peer, 0), WRONG_ROLE);
    CHECK_POLL(peer, NONE);
    /* Before its start it has asked nobody anything. */
    CHECK(feed(authenticator, octets("\2\7\0\5\1"), 5) == EAPRS_RECEIVED_DISCARDED);
    CHECK_POLL(authenticator, NONE);
    for (int again = 0; again < 2; again++) {
        CHECK_OK(eaprs_session_start(authenticator, 0));
        CHECK_POLL(authenticator, SEND);
        CHECK_POLL(authenticator, NONE);
    }
    eaprs_session_free(peer);
    eaprs_session_free(authenticator);
}

static void signals_have_numbers(void)
{
    const uint32_t unknown[4] = {0, 8, 255, UINT32_MAX};
    eaprs_session *peer = peer_session(peer_builder("alice", NULL, METHOD_MD5));

    for (int i = 0; i < 4; i++) {
        CHECK_STATUS(eaprs_session_handle_signal(peer, unknown[i], 0), INVALID_ARGUMENT);
    }
    CHECK_POLL(peer, NONE);
    CHECK(eaprs_session_timeout_ms(peer, 0) == UINT64_MAX);
    for (uint32_t signal = EAPRS_SIGNAL_RESTART; signal <= EAPRS_SIGNAL_LOGON; signal++) {
        CHECK_OK(eaprs_session_handle_signal(peer, signal, 0));
    }
    eaprs_session_free(peer);
}

static void a_discarded_packet_has_a_reason(void)
{
    eaprs_session *peer = peer_session(peer_builder("alice", NULL, METHOD_MD5));
    size_t len = 99;
    const char *reason;

    CHECK(eaprs_session_discard_text(peer, &len) == NULL && len == 0);
    CHECK(feed(peer, octets("\1\7\0"), 3) == EAPRS_RECEIVED_DISCARDED);
    reason = eaprs_session_discard_text(peer, &len);
    CHECK(reason != NULL && len > 0 && strlen(reason) == len);
    CHECK_POLL(peer, NONE);
    /* The reason is that of the last packet. */
    CHECK(feed(peer, WHO, sizeof WHO) == EAPRS_RECEIVED_ACCEPTED);
    CHECK(eaprs_session_discard_text(peer, &len) == NULL && len == 0);
    CHECK_POLL(peer, SEND);
    CHECK(feed(peer, WHO, sizeof WHO) == EAPRS_RECEIVED_DUPLICATE);
    CHECK(eaprs_session_discard_text(peer, NULL) == NULL);
    CHECK_POLL(peer, SEND);

    CHECK_OK(eaprs_session_handle_signal(peer, EAPRS_SIGNAL_ALT_REJECT, 0));
    CHECK_FAILS(peer, LOWER_LAYER);
    CHECK(feed(peer, MD5, sizeof MD5) == EAPRS_RECEIVED_DISCARDED);
    CHECK(eaprs_session_discard_text(peer, NULL) != NULL);
    CHECK_POLL(peer, NONE);
    CHECK_OK(eaprs_session_handle_signal(peer, EAPRS_SIGNAL_RESTART, 0));
    CHECK(feed(peer, WHO, sizeof WHO) == EAPRS_RECEIVED_ACCEPTED);
    eaprs_session_free(peer);
}

/* A host that does not poll: packets are discarded before memory runs out. */
static void outputs_pile_up_to_a_limit(void)
{
    eaprs_session *peer = peer_session(peer_builder("alice", NULL, METHOD_MD5));
    unsigned kept = 0;

    while (feed(peer, WHO, sizeof WHO) != EAPRS_RECEIVED_DISCARDED) {
        kept++;
        CHECK(kept < 1000);
    }
    for (unsigned i = 0; i < kept; i++) {
        CHECK_POLL(peer, SEND);
    }
    CHECK_POLL(peer, NONE);
    CHECK(feed(peer, WHO, sizeof WHO) == EAPRS_RECEIVED_DUPLICATE);
    eaprs_session_free(peer);
}

static bool names_setting(const char *error, size_t len, const char *setting)
{
    return error != NULL && strlen(error) == len && len > strlen(setting) + 2 &&
           strncmp(error, setting, strlen(setting)) == 0 && error[strlen(setting)] == ':';
}

static void a_builder_that_failed_can_be_corrected(void)
{
    eaprs_peer_builder *builder = NULL;
    eaprs_peer_config *untouched = NULL, *config = NULL;
    eaprs_session *session = NULL;
    const char *error;
    size_t len = 0;

    CHECK_OK(eaprs_peer_builder_new(&builder));
    untouched = config = (eaprs_peer_config *)builder;
    CHECK_STATUS(eaprs_peer_builder_build(builder, &config), INVALID_CONFIG);
    error = eaprs_peer_builder_error(builder, &len);
    CHECK(names_setting(error, len, "methods"));
    CHECK_OK(eaprs_peer_builder_method(builder, METHOD_MD5));
    CHECK_OK(eaprs_peer_builder_max_rounds(builder, 0));
    CHECK_STATUS(eaprs_peer_builder_build(builder, &config), INVALID_CONFIG);
    error = eaprs_peer_builder_error(builder, &len);
    CHECK(names_setting(error, len, "max_rounds"));
    CHECK(config == untouched);

    /* An argument that means nothing is refused at once, and sets nothing. */
    CHECK_STATUS(eaprs_peer_builder_method(builder, 256), INVALID_ARGUMENT);
    CHECK_OK(eaprs_peer_builder_max_rounds(builder, 50));
    CHECK_OK(eaprs_peer_builder_build(builder, &config));
    CHECK(eaprs_peer_builder_error(builder, &len) == NULL && len == 0);
    CHECK_OK(eaprs_session_new_peer(config, &session));
    eaprs_peer_config_free(config);
    eaprs_session_free(session);

    /* One builder, several configurations. */
    CHECK_OK(eaprs_peer_builder_require_keys(builder));
    CHECK_STATUS(eaprs_peer_builder_build(builder, &config), INVALID_CONFIG);
    error = eaprs_peer_builder_error(builder, &len);
    CHECK(names_setting(error, len, "methods"));
    eaprs_peer_builder_free(builder);
}

static void authenticator_settings_are_named(void)
{
    eaprs_authenticator_builder *builder = authenticator_builder(METHOD_GTC);
    eaprs_authenticator_config *config = NULL;
    const char *error;
    size_t len = 0;

    CHECK_STATUS(eaprs_authenticator_builder_method(builder, 256), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_authenticator_builder_notification(builder, octets("\xc3\x28"), 2),
                 INVALID_ARGUMENT);
    CHECK_OK(eaprs_authenticator_builder_notification(builder, octets(""), 0));
    CHECK_STATUS(eaprs_authenticator_builder_build(builder, &config), INVALID_CONFIG);
    error = eaprs_authenticator_builder_error(builder, &len);
    CHECK(names_setting(error, len, "notification"));
    CHECK_OK(eaprs_authenticator_builder_notification(builder, octets("hi"), 2));
    CHECK_OK(eaprs_authenticator_builder_retransmission(builder, 100, 200, 300, 5));
    CHECK_STATUS(eaprs_authenticator_builder_build(builder, &config), INVALID_CONFIG);
    error = eaprs_authenticator_builder_error(builder, &len);
    CHECK(names_setting(error, len, "retransmission.initial"));
    CHECK(config == NULL);
    CHECK_OK(eaprs_authenticator_builder_retransmission(builder, 200, 200, 300, 5));
    eaprs_authenticator_config_free(authenticator_config(builder));
}

static void supplicant_settings_are_named(void)
{
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    eaprs_supplicant_builder *builder = NULL;
    eaprs_supplicant_config *config = NULL;
    const char *error;
    size_t len = 0;

    CHECK_OK(eaprs_supplicant_builder_new(mac, &builder));
    CHECK_STATUS(eaprs_supplicant_builder_version(builder, 0), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_supplicant_builder_version(builder, 4), INVALID_ARGUMENT);
    CHECK_OK(eaprs_supplicant_builder_held_period(builder, UINT64_MAX));
    CHECK_STATUS(eaprs_supplicant_builder_build(builder, &config), INVALID_CONFIG);
    error = eaprs_supplicant_builder_error(builder, &len);
    CHECK(names_setting(error, len, "held_period"));
    CHECK(config == NULL);
    CHECK_OK(eaprs_supplicant_builder_held_period(builder, 1));
    CHECK_OK(eaprs_supplicant_builder_build(builder, &config));
    eaprs_supplicant_config_free(config);
    eaprs_supplicant_builder_free(builder);
}

int main(void)
{
    accessors_read_the_current_output_alone();
    an_answer_needs_its_question();
    a_withdrawn_question_is_stale();
    an_unsuitable_answer_leaves_the_question_open();
    a_challenge_has_something_to_show();
    only_an_authenticator_starts();
    signals_have_numbers();
    a_discarded_packet_has_a_reason();
    outputs_pile_up_to_a_limit();
    a_builder_that_failed_can_be_corrected();
    authenticator_settings_are_named();
    supplicant_settings_are_named();
    return 0;
}
