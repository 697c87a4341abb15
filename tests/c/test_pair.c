/* Logins: a peer and an authenticator of this library, in one program. */

#include "pair.h"

static pair start(uint32_t method)
{
    return pair_start(peer_builder("alice", "secret", method), authenticator_builder(method));
}

static void logins(void)
{
    /* What is left to ask: the credential; token and verdict; and the challenge. */
    const struct {
        uint32_t method;
        unsigned asked;
    } cases[3] = {{METHOD_MD5, 1}, {METHOD_GTC, 2}, {METHOD_OTP, 3}};

    for (int i = 0; i < 3; i++) {
        pair both = start(cases[i].method);
        pair_run(&both);
        CHECK(pair_ended(&both, true));
        CHECK(both.asked == cases[i].asked);
        CHECK(both.displayed[0] == '\0');
        CHECK(eaprs_session_timeout_ms(both.peer.session, both.now_ms) == UINT64_MAX);
        CHECK(eaprs_session_timeout_ms(both.authenticator.session, both.now_ms) == UINT64_MAX);
        pair_free(&both);
    }
}

static void wrong_passwords(void)
{
    const uint32_t methods[3] = {METHOD_MD5, METHOD_GTC, METHOD_OTP};

    for (int i = 0; i < 3; i++) {
        pair both = start(methods[i]);
        both.stored = "sesame";
        pair_run(&both);
        CHECK(pair_ended(&both, false));
        CHECK(both.peer.failure == EAPRS_FAILURE_REJECTED);
        CHECK(both.authenticator.failure == EAPRS_FAILURE_BAD_CREDENTIALS);
        pair_free(&both);
    }
}

static void an_unknown_user_looks_like_a_wrong_password_to_the_peer(void)
{
    pair both = start(METHOD_MD5);
    both.stored = NULL;
    pair_run(&both);
    CHECK(pair_ended(&both, false));
    CHECK(both.peer.failure == EAPRS_FAILURE_REJECTED);
    CHECK(both.authenticator.failure == EAPRS_FAILURE_UNKNOWN_IDENTITY);
    pair_free(&both);
}

static void no_common_method(void)
{
    pair both = pair_start(peer_builder("alice", NULL, METHOD_GTC),
                           authenticator_builder(METHOD_MD5));
    pair_run(&both);
    CHECK(pair_ended(&both, false));
    CHECK(both.peer.failure == EAPRS_FAILURE_METHOD_REFUSED);
    CHECK(both.authenticator.failure == EAPRS_FAILURE_NO_COMMON_METHOD);
    pair_free(&both);
}

static void a_nak_leads_to_the_method_both_have(void)
{
    eaprs_authenticator_builder *authenticator = authenticator_builder(METHOD_MD5);
    pair both;

    CHECK_OK(eaprs_authenticator_builder_method(authenticator, METHOD_GTC));
    both = pair_start(peer_builder("alice", NULL, METHOD_GTC), authenticator);
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

static void a_notification_is_displayed_and_the_login_goes_on(void)
{
    eaprs_authenticator_builder *authenticator = authenticator_builder(METHOD_MD5);
    pair both;

    /* What a terminal would obey is not passed on. */
    CHECK_OK(eaprs_authenticator_builder_notification(authenticator, octets("Down\x1b at 5\0!"),
                                                      12));
    both = pair_start(peer_builder("alice", "secret", METHOD_MD5), authenticator);
    pair_run(&both);
    CHECK(strcmp(both.displayed, "Down  at 5 !") == 0);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

static void too_many_rounds(void)
{
    eaprs_authenticator_builder *authenticator = authenticator_builder(METHOD_MD5);
    pair both;

    CHECK_OK(eaprs_authenticator_builder_max_rounds(authenticator, 1));
    both = pair_start(peer_builder("alice", "secret", METHOD_MD5), authenticator);
    pair_run(&both);
    CHECK(pair_ended(&both, false));
    CHECK(both.authenticator.failure == EAPRS_FAILURE_TOO_MANY_ROUNDS);
    CHECK(both.peer.failure == EAPRS_FAILURE_IDENTITY_REJECTED);
    pair_free(&both);
}

/* Steps a session to its result. */
static void poll_to_the_end(eaprs_session *session)
{
    eaprs_output output;
    while ((output = eaprs_session_poll(session)) != EAPRS_OUTPUT_FINISHED) {
        CHECK(output != EAPRS_OUTPUT_NONE);
    }
}

static void a_result_without_keys(const eaprs_session *session)
{
    uint32_t vendor = 99;
    size_t len = 99;

    CHECK(eaprs_session_succeeded(session));
    CHECK(eaprs_session_failure(session) == EAPRS_FAILURE_NONE);
    CHECK(eaprs_session_text(session, NULL) == NULL);
    CHECK(identifies(session, "alice"));
    CHECK(eaprs_session_method(session, &vendor) == METHOD_MD5 && vendor == 0);
    CHECK(eaprs_session_msk(session, &len) == NULL && len == 0);
    len = 99;
    CHECK(eaprs_session_emsk(session, &len) == NULL && len == 0);
    len = 99;
    CHECK(eaprs_session_session_id(session, &len) == NULL && len == 0);
}

/* MD5-Challenge derives no keys: that must not read as keys of zeros (RFC 3748 section 7.10). */
static void what_a_result_says(void)
{
    pair both = start(METHOD_MD5);
    eaprs_session *authenticator = pair_run_until(&both, EAPRS_QUERY_CREDENTIAL);
    size_t len = 0;
    const uint8_t *success;

    pair_answer(&both, authenticator);
    CHECK_POLL(authenticator, SEND);
    success = eaprs_session_packet(authenticator, &len);
    /* Code 3, Success. */
    CHECK(len == 4 && success[0] == 3);
    CHECK(eaprs_session_handle_packet(both.peer.session, success, len, both.now_ms) ==
          EAPRS_RECEIVED_ACCEPTED);
    poll_to_the_end(authenticator);
    a_result_without_keys(authenticator);
    poll_to_the_end(both.peer.session);
    a_result_without_keys(both.peer.session);
    pair_free(&both);
}

static void what_a_failure_says(void)
{
    pair both = start(METHOD_MD5);
    eaprs_session *authenticator = pair_run_until(&both, EAPRS_QUERY_CREDENTIAL);
    size_t len = 0;

    both.stored = "sesame";
    pair_answer(&both, authenticator);
    poll_to_the_end(authenticator);
    CHECK(eaprs_session_failure(authenticator) == EAPRS_FAILURE_BAD_CREDENTIALS);
    CHECK(eaprs_session_text(authenticator, &len) != NULL && len > 0);
    CHECK(eaprs_session_msk(authenticator, &len) == NULL && len == 0);
    pair_free(&both);
}

static void a_session_can_be_used_again(void)
{
    pair both = start(METHOD_MD5);

    for (unsigned login = 1; login <= 3; login++) {
        pair_run(&both);
        CHECK(both.peer.finished == login && both.peer.succeeded);
        CHECK(both.authenticator.finished == login && both.authenticator.succeeded);
        CHECK_OK(eaprs_session_handle_signal(both.peer.session, EAPRS_SIGNAL_RESTART, both.now_ms));
        CHECK_OK(eaprs_session_start(both.authenticator.session, both.now_ms));
    }
    pair_free(&both);
}

static void success_with_the_next_identifier(bool accepted)
{
    eaprs_peer_builder *peer = peer_builder("alice", "secret", METHOD_MD5);
    pair both;
    eaprs_session *authenticator;
    uint8_t success[4];

    if (accepted) {
        CHECK_OK(eaprs_peer_builder_accept_next_identifier(peer));
    }
    both = pair_start(peer, authenticator_builder(METHOD_MD5));
    authenticator = pair_run_until(&both, EAPRS_QUERY_CREDENTIAL);
    pair_answer(&both, authenticator);
    CHECK_POLL(authenticator, SEND);
    memcpy(success, eaprs_session_packet(authenticator, NULL), sizeof success);
    success[1] = (uint8_t)(success[1] + 1);
    CHECK(eaprs_session_handle_packet(both.peer.session, success, sizeof success, both.now_ms) ==
          (accepted ? EAPRS_RECEIVED_ACCEPTED : EAPRS_RECEIVED_DISCARDED));
    pair_free(&both);
}

int main(void)
{
    logins();
    wrong_passwords();
    an_unknown_user_looks_like_a_wrong_password_to_the_peer();
    no_common_method();
    a_nak_leads_to_the_method_both_have();
    a_notification_is_displayed_and_the_login_goes_on();
    too_many_rounds();
    what_a_result_says();
    what_a_failure_says();
    a_session_can_be_used_again();
    success_with_the_next_identifier(true);
    success_with_the_next_identifier(false);
    return 0;
}
