/* Every kind of question, answered in every way. */

#include "pair.h"

static pair start(uint32_t method)
{
    return pair_start(peer_builder(NULL, NULL, method), authenticator_builder(method));
}

/* A peer that asks for everything, and an authenticator that asks for the methods as well. */
static pair start_asking(uint32_t method)
{
    eaprs_authenticator_builder *authenticator = authenticator_builder(METHOD_MD5);
    CHECK_OK(eaprs_authenticator_builder_method(authenticator, METHOD_GTC));
    CHECK_OK(eaprs_authenticator_builder_ask_policy(authenticator));
    CHECK_OK(eaprs_authenticator_builder_identity_prompt(authenticator, octets("Name:"), 5));
    return pair_start(peer_builder(NULL, NULL, method), authenticator);
}

static void decline(const pair *both, eaprs_session *session)
{
    CHECK_OK(eaprs_session_answer_decline(session, eaprs_session_query_id(session), both->now_ms));
}

/* Declined at this question, it ends thus; EAPRS_FAILURE_NONE is a side that still waits. */
static void declined(pair both, eaprs_query query, eaprs_failure peer, eaprs_failure authenticator)
{
    decline(&both, pair_run_until(&both, query));
    pair_run(&both);
    CHECK(!both.peer.succeeded && !both.authenticator.succeeded);
    CHECK(both.peer.finished == (peer == EAPRS_FAILURE_NONE ? 0u : 1u));
    CHECK(both.authenticator.finished == (authenticator == EAPRS_FAILURE_NONE ? 0u : 1u));
    CHECK(both.peer.failure == peer);
    CHECK(both.authenticator.failure == authenticator);
    pair_free(&both);
}

static void every_question_can_be_declined(void)
{
    declined(start(METHOD_MD5), EAPRS_QUERY_IDENTITY, EAPRS_FAILURE_DECLINED, EAPRS_FAILURE_NONE);
    declined(start(METHOD_MD5), EAPRS_QUERY_PASSWORD, EAPRS_FAILURE_DECLINED, EAPRS_FAILURE_NONE);
    declined(start(METHOD_GTC), EAPRS_QUERY_TOKEN, EAPRS_FAILURE_DECLINED, EAPRS_FAILURE_NONE);
    declined(start_asking(METHOD_MD5), EAPRS_QUERY_POLICY, EAPRS_FAILURE_IDENTITY_REJECTED,
             EAPRS_FAILURE_POLICY_REFUSED);
    declined(start(METHOD_MD5), EAPRS_QUERY_CREDENTIAL, EAPRS_FAILURE_REJECTED,
             EAPRS_FAILURE_UNKNOWN_IDENTITY);
    declined(start(METHOD_GTC), EAPRS_QUERY_CHECK_PASSWORD, EAPRS_FAILURE_REJECTED,
             EAPRS_FAILURE_BAD_CREDENTIALS);
    declined(start(METHOD_OTP), EAPRS_QUERY_CHALLENGE, EAPRS_FAILURE_IDENTITY_REJECTED,
             EAPRS_FAILURE_UNKNOWN_IDENTITY);
}

static void identity_with_a_prompt(void)
{
    pair both = start_asking(METHOD_MD5);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_IDENTITY);

    CHECK(asks == both.peer.session);
    CHECK(shows(asks, "Name:"));
    CHECK(eaprs_session_identity(asks, NULL) == NULL);
    CHECK_OK(eaprs_session_answer_text(asks, eaprs_session_query_id(asks), octets("zo\xc3\xab"), 4,
                                       both.now_ms));
    asks = pair_run_until(&both, EAPRS_QUERY_POLICY);
    CHECK(asks == both.authenticator.session);
    CHECK(identifies(asks, "zo\xc3\xab"));
    pair_free(&both);
}

static void password_of_an_identity(void)
{
    pair both = start(METHOD_MD5);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_PASSWORD);

    CHECK(asks == both.peer.session);
    CHECK(identifies(asks, "alice"));
    CHECK_OK(eaprs_session_answer_secret(asks, eaprs_session_query_id(asks), octets("secret"), 6,
                                         both.now_ms));
    asks = pair_run_until(&both, EAPRS_QUERY_CREDENTIAL);
    CHECK(asks == both.authenticator.session);
    CHECK(identifies(asks, "alice"));
    CHECK(eaprs_session_method(asks, NULL) == METHOD_MD5);
    CHECK(eaprs_session_query_password(asks, NULL) == NULL);
    CHECK_OK(eaprs_session_answer_credential(asks, eaprs_session_query_id(asks), octets("secret"),
                                             6, both.now_ms));
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

static void a_token_and_its_verdict(bool verdict)
{
    pair both = start(METHOD_GTC);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_TOKEN);
    size_t len = 99;
    const uint8_t *password;

    CHECK(asks == both.peer.session);
    CHECK(shows(asks, "Password: "));
    CHECK_OK(eaprs_session_answer_secret(asks, eaprs_session_query_id(asks), octets("12\0" "4"), 4,
                                         both.now_ms));
    asks = pair_run_until(&both, EAPRS_QUERY_CHECK_PASSWORD);
    CHECK(asks == both.authenticator.session);
    CHECK(identifies(asks, "alice"));
    password = eaprs_session_query_password(asks, &len);
    CHECK(password != NULL && len == 4 && memcmp(password, "12\0" "4", 4) == 0);
    CHECK_OK(
        eaprs_session_answer_verdict(asks, eaprs_session_query_id(asks), verdict, both.now_ms));
    pair_run(&both);
    CHECK(pair_ended(&both, verdict));
    if (!verdict) {
        CHECK(both.authenticator.failure == EAPRS_FAILURE_BAD_CREDENTIALS);
        CHECK(both.peer.failure == EAPRS_FAILURE_REJECTED);
    }
    pair_free(&both);
}

static void an_empty_token_is_a_token(void)
{
    pair both = start(METHOD_GTC);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_TOKEN);
    size_t len = 99;

    CHECK_OK(eaprs_session_answer_secret(asks, eaprs_session_query_id(asks), NULL, 0, both.now_ms));
    asks = pair_run_until(&both, EAPRS_QUERY_CHECK_PASSWORD);
    CHECK(eaprs_session_query_password(asks, &len) == NULL && len == 0);
    pair_free(&both);
}

static void a_challenge_for_a_user(void)
{
    pair both = start(METHOD_OTP);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_CHALLENGE);

    CHECK(asks == both.authenticator.session);
    CHECK(identifies(asks, "alice"));
    CHECK(eaprs_session_method(asks, NULL) == METHOD_OTP);
    pair_answer_text(&both, asks, "otp-md5 9 ke1234");
    asks = pair_run_until(&both, EAPRS_QUERY_TOKEN);
    CHECK(asks == both.peer.session);
    CHECK(shows(asks, "otp-md5 9 ke1234"));
    pair_answer(&both, asks);
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

/* Asks for the methods, answers with these, and gives how the authenticator ends. */
static eaprs_failure offered(uint32_t accepted, const uint32_t *methods, size_t count)
{
    pair both = start_asking(accepted);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_POLICY);
    eaprs_failure failure;

    CHECK(asks == both.authenticator.session);
    CHECK(identifies(asks, "alice"));
    CHECK_OK(eaprs_session_answer_offer(asks, eaprs_session_query_id(asks), methods, count,
                                        both.now_ms));
    pair_run(&both);
    CHECK(pair_ended(&both, both.authenticator.failure == EAPRS_FAILURE_NONE));
    failure = both.authenticator.failure;
    pair_free(&both);
    return failure;
}

static void an_offer_decides_the_methods(void)
{
    const uint32_t both[2] = {METHOD_MD5, METHOD_GTC};
    /* 200 is nobody's method; OTP is one that this configuration does not have. */
    const uint32_t unknown[3] = {200, METHOD_OTP, METHOD_GTC};

    CHECK(offered(METHOD_MD5, both, 2) == EAPRS_FAILURE_NONE);
    CHECK(offered(METHOD_GTC, both, 2) == EAPRS_FAILURE_NONE);
    CHECK(offered(METHOD_GTC, both, 1) == EAPRS_FAILURE_NO_COMMON_METHOD);
    CHECK(offered(METHOD_GTC, unknown, 3) == EAPRS_FAILURE_NONE);
    CHECK(offered(METHOD_GTC, unknown, 2) == EAPRS_FAILURE_POLICY_REFUSED);
    CHECK(offered(METHOD_GTC, both, 0) == EAPRS_FAILURE_POLICY_REFUSED);
    CHECK(offered(METHOD_GTC, NULL, 0) == EAPRS_FAILURE_POLICY_REFUSED);
}

static void an_offer_of_numbers_that_are_no_types_is_refused(void)
{
    const uint32_t wrong[2] = {METHOD_MD5, 256};
    pair both = start_asking(METHOD_MD5);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_POLICY);

    CHECK_STATUS(eaprs_session_answer_offer(asks, eaprs_session_query_id(asks), wrong, 2,
                                            both.now_ms),
                 INVALID_ARGUMENT);
    pair_answer(&both, asks);
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

static void an_offer_may_say_something_first(void)
{
    const uint32_t methods[1] = {METHOD_MD5};
    pair both = start_asking(METHOD_MD5);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_POLICY);
    uint64_t id = eaprs_session_query_id(asks);

    CHECK_STATUS(eaprs_session_answer_offer_with_notification(asks, id, methods, 1, octets("\xff"),
                                                              1, both.now_ms), INVALID_ARGUMENT);
    CHECK_OK(eaprs_session_answer_offer_with_notification(asks, id, methods, 1, octets("welcome"),
                                                          7, both.now_ms));
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    CHECK(strcmp(both.displayed, "welcome") == 0);
    pair_free(&both);
}

/* The NT hash of "secret". */
static const uint8_t nt_hash[16] = {0x87, 0x8d, 0x80, 0x14, 0x60, 0x6c, 0xda, 0x29,
                                    0x67, 0x7a, 0x44, 0xef, 0xa1, 0x35, 0x3f, 0xc7};

/* Runs until the credential is asked for, and answers with an account. */
static pair start_with_account(uint8_t retries, const char *typed, uint32_t kind,
                               const uint8_t *stored, size_t len, uint32_t error)
{
    eaprs_authenticator_builder *authenticator = authenticator_builder(METHOD_MSCHAPV2);
    CHECK_OK(eaprs_authenticator_builder_password_retries(authenticator, retries));
    pair both = pair_start(peer_builder("alice", typed, METHOD_MSCHAPV2), authenticator);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_CREDENTIAL);

    CHECK(eaprs_session_method(asks, NULL) == METHOD_MSCHAPV2);
    CHECK(eaprs_session_accepts_credential(asks, EAPRS_CREDENTIAL_CLEARTEXT));
    CHECK(eaprs_session_accepts_credential(asks, EAPRS_CREDENTIAL_NT_HASH));
    CHECK(!eaprs_session_accepts_credential(asks, 0) &&
          !eaprs_session_accepts_credential(asks, 255));
    CHECK_OK(eaprs_session_answer_account(asks, eaprs_session_query_id(asks), kind, stored, len,
                                          error, both.now_ms));
    return both;
}

static void an_nt_hash_does_for_a_password(void)
{
    pair both = start_with_account(0, "secret", EAPRS_CREDENTIAL_NT_HASH, nt_hash, 16, 0);
    eaprs_peer_builder *peer = peer_builder("alice", NULL, METHOD_MSCHAPV2);

    pair_run(&both);
    CHECK(pair_ended(&both, true));
    CHECK(both.peer.msk_len == 32 && both.authenticator.msk_len == 32);
    CHECK(memcmp(both.peer.msk, both.authenticator.msk, 32) == 0);
    pair_free(&both);
    CHECK_STATUS(eaprs_peer_builder_nt_hash(peer, nt_hash, 15), INVALID_ARGUMENT);
    CHECK_OK(eaprs_peer_builder_nt_hash(peer, nt_hash, 16));
    both = pair_start(peer, authenticator_builder(METHOD_MSCHAPV2));
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

static void an_account_of_no_kind_is_refused(void)
{
    pair both = start(METHOD_MSCHAPV2);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_CREDENTIAL);
    uint64_t id = eaprs_session_query_id(asks);

    CHECK_STATUS(eaprs_session_answer_account(asks, id, 0, nt_hash, 16, 0, both.now_ms),
                 INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_session_answer_account(asks, id, 3, nt_hash, 16, 0, both.now_ms),
                 INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_session_answer_account(asks, id, EAPRS_CREDENTIAL_NT_HASH, nt_hash, 15, 0,
                                              both.now_ms),
                 INVALID_ARGUMENT);
    pair_answer(&both, asks);
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

static void a_disabled_account_says_why(void)
{
    pair both = start_with_account(0, "secret", EAPRS_CREDENTIAL_NT_HASH, nt_hash, 16, 647);

    pair_run(&both);
    CHECK(both.peer.failure == EAPRS_FAILURE_ACCOUNT);
    CHECK(both.authenticator.failure == EAPRS_FAILURE_ACCOUNT);
    CHECK(strncmp(both.peer.text, "the account is disabled or locked", 33) == 0);
    pair_free(&both);
}

static void a_typo_is_asked_about_with_the_reason(void)
{
    pair both = start_with_account(1, "typo", EAPRS_CREDENTIAL_NT_HASH, nt_hash, 16, 0);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_PASSWORD);

    CHECK(asks == both.peer.session);
    CHECK(eaprs_session_account_error(asks) == 691);
    CHECK(shows(asks, "wrong name or password (\"Authentication failed\")"));
    CHECK(identifies(asks, "alice"));
    pair_answer(&both, asks);
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    pair_free(&both);
}

/* Runs until the new password is to be stored. */
static pair start_expired(void)
{
    pair both = start_with_account(0, "secret", EAPRS_CREDENTIAL_NT_HASH, nt_hash, 16, 648);
    eaprs_session *asks = pair_run_until(&both, EAPRS_QUERY_NEW_PASSWORD);
    uint64_t id = eaprs_session_query_id(asks);
    size_t len = 0;
    const uint8_t *given;

    CHECK(asks == both.peer.session);
    CHECK(eaprs_session_account_error(asks) == 648);
    CHECK(shows(asks, "the password has expired (\"Expired\")"));
    CHECK(identifies(asks, "alice"));
    CHECK_STATUS(eaprs_session_answer_secret(asks, id, NULL, 0, both.now_ms), UNSUITABLE_ANSWER);
    CHECK_STATUS(eaprs_session_answer_secret(asks, id, octets("\xff"), 1, both.now_ms),
                 UNSUITABLE_ANSWER);
    CHECK_OK(eaprs_session_answer_secret(asks, id, octets("looking-glass"), 13, both.now_ms));
    asks = pair_run_until(&both, EAPRS_QUERY_CHANGE_PASSWORD);
    CHECK(asks == both.authenticator.session);
    CHECK(identifies(asks, "alice"));
    given = eaprs_session_query_password(asks, &len);
    CHECK(is_text(given, len, "looking-glass"));
    return both;
}

static void an_expired_password_is_changed(void)
{
    pair both = start_expired();

    pair_answer(&both, both.authenticator.session);
    pair_run(&both);
    CHECK(pair_ended(&both, true));
    CHECK(memcmp(both.peer.msk, both.authenticator.msk, 32) == 0);
    pair_free(&both);
}

static void a_new_password_can_be_refused(void)
{
    pair both = start_expired();

    decline(&both, both.authenticator.session);
    pair_run(&both);
    CHECK(both.peer.failure == EAPRS_FAILURE_ACCOUNT);
    CHECK(both.authenticator.failure == EAPRS_FAILURE_ACCOUNT);
    CHECK(strncmp(both.peer.text, "the new password was not accepted", 33) == 0);
    pair_free(&both);
}

int main(void)
{
    every_question_can_be_declined();
    identity_with_a_prompt();
    password_of_an_identity();
    a_token_and_its_verdict(true);
    a_token_and_its_verdict(false);
    an_empty_token_is_a_token();
    a_challenge_for_a_user();
    an_offer_decides_the_methods();
    an_offer_of_numbers_that_are_no_types_is_refused();
    an_offer_may_say_something_first();
    an_nt_hash_does_for_a_password();
    an_account_of_no_kind_is_refused();
    a_disabled_account_says_why();
    a_typo_is_asked_about_with_the_reason();
    an_expired_password_is_changed();
    a_new_password_can_be_refused();
    return 0;
}
