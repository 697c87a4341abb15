/* Time passes because the host says so. */

#include "check.h"

/* The Identity Request that begins most conversations, Identifier 7. */
static const uint8_t WHO[5] = {1, 7, 0, 5, 1};

/* Advances the clock to the session's deadline, not a millisecond less. */
static uint64_t wait_for(eaprs_session *session, uint64_t now_ms)
{
    uint64_t wait_ms = eaprs_session_timeout_ms(session, now_ms);
    CHECK(wait_ms > 1 && wait_ms < UINT64_MAX);
    CHECK_OK(eaprs_session_handle_timeout(session, now_ms + wait_ms - 1));
    CHECK_POLL(session, NONE);
    CHECK(eaprs_session_timeout_ms(session, now_ms + wait_ms) == 0);
    CHECK(eaprs_session_timeout_ms(session, now_ms + wait_ms + 5) == 0);
    CHECK_OK(eaprs_session_handle_timeout(session, now_ms + wait_ms));
    return now_ms + wait_ms;
}

static void an_authenticator_retransmits_and_gives_up(void)
{
    eaprs_authenticator_builder *builder = authenticator_builder(METHOD_MD5);
    eaprs_session *session;
    uint8_t request[64];
    size_t len = 0, again = 0;
    uint64_t now_ms = 5000, before_ms, expected_ms = 1000;

    CHECK_OK(eaprs_authenticator_builder_retransmission(builder, 1000, 200, 20000, 2));
    session = authenticator_session(builder);
    CHECK_OK(eaprs_session_start(session, now_ms));
    CHECK_POLL(session, SEND);
    CHECK(eaprs_session_packet(session, &len) != NULL && len <= sizeof request);
    memcpy(request, eaprs_session_packet(session, NULL), len);
    for (int i = 0; i < 2; i++) {
        before_ms = now_ms;
        now_ms = wait_for(session, now_ms);
        /* Doubled each time, with a jitter of half RTOmin (RFC 3748 section 4.3). */
        CHECK(now_ms - before_ms >= expected_ms - 100 && now_ms - before_ms <= expected_ms + 100);
        expected_ms *= 2;
        CHECK_POLL(session, SEND);
        CHECK(memcmp(eaprs_session_packet(session, &again), request, len) == 0 && again == len);
        CHECK_POLL(session, NONE);
    }
    now_ms = wait_for(session, now_ms);
    CHECK_FAILS(session, NO_RESPONSE);
    CHECK(shows(session, "the peer did not answer"));
    CHECK_POLL(session, NONE);
    CHECK(eaprs_session_timeout_ms(session, now_ms) == UINT64_MAX);
    CHECK_OK(eaprs_session_handle_timeout(session, now_ms + 100000));
    CHECK_POLL(session, NONE);
    eaprs_session_free(session);
}

static void a_peer_repeats_its_response_when_asked_again(void)
{
    eaprs_session *session = peer_session(peer_builder("alice", NULL, METHOD_MD5));
    uint8_t response[64];
    size_t len = 0, again = 0;

    CHECK(eaprs_session_handle_packet(session, WHO, sizeof WHO, 0) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_POLL(session, SEND);
    CHECK(eaprs_session_packet(session, &len) != NULL && len == 10);
    memcpy(response, eaprs_session_packet(session, NULL), len);
    CHECK(memcmp(response, "\2\7\0\12\1alice", len) == 0);
    CHECK(eaprs_session_handle_packet(session, WHO, sizeof WHO, 900) == EAPRS_RECEIVED_DUPLICATE);
    CHECK_POLL(session, SEND);
    CHECK(memcmp(eaprs_session_packet(session, &again), response, len) == 0 && again == len);
    eaprs_session_free(session);
}

/* The NAS has asked who is there, and retransmits. */
static void a_backend_begins_with_a_response_and_sends_nothing_twice(void)
{
    const uint8_t alice[10] = {2, 7, 0, 10, 1, 'a', 'l', 'i', 'c', 'e'};
    eaprs_authenticator_builder *builder = authenticator_builder(METHOD_MD5);
    eaprs_session *session;
    size_t len = 0;

    CHECK_OK(eaprs_authenticator_builder_backend(builder));
    CHECK_OK(eaprs_authenticator_builder_response_timeout(builder, 7000));
    session = authenticator_session(builder);
    CHECK(eaprs_session_pick_up(session, alice, 4, 0) == EAPRS_RECEIVED_DISCARDED);
    CHECK(eaprs_session_pick_up(session, alice, sizeof alice, 0) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_EVENT(session, PEER_IDENTITY);
    CHECK_EVENT(session, METHOD_STARTED);
    CHECK_POLL(session, SEND);
    CHECK(eaprs_session_packet(session, &len)[4] == METHOD_MD5 && len > 5);
    CHECK_POLL(session, NONE);
    CHECK(eaprs_session_timeout_ms(session, 0) == 7000);
    CHECK_OK(eaprs_session_handle_timeout(session, 7000));
    CHECK_FAILS(session, NO_RESPONSE);
    eaprs_session_free(session);

    session = peer_session(peer_builder("alice", NULL, METHOD_MD5));
    CHECK(eaprs_session_pick_up(session, alice, sizeof alice, 0) == EAPRS_RECEIVED_ERROR);
    eaprs_session_free(session);
}

static void a_peer_gives_up_a_silent_network(void)
{
    eaprs_peer_builder *builder = peer_builder("alice", NULL, METHOD_MD5);
    eaprs_session *session;

    CHECK_OK(eaprs_peer_builder_client_timeout(builder, 5000));
    session = peer_session(builder);
    CHECK(eaprs_session_timeout_ms(session, 0) == UINT64_MAX);
    CHECK_OK(eaprs_session_handle_timeout(session, 70));
    CHECK(eaprs_session_timeout_ms(session, 70) == 5000);
    CHECK(eaprs_session_handle_packet(session, WHO, sizeof WHO, 1070) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_POLL(session, SEND);
    CHECK(eaprs_session_timeout_ms(session, 1070) == 5000);
    CHECK(wait_for(session, 1070) == 6070);
    CHECK_FAILS(session, NO_REQUEST);
    CHECK(eaprs_session_timeout_ms(session, 6070) == UINT64_MAX);
    eaprs_session_free(session);
}

static void a_peer_s_user_does_not_answer(void)
{
    eaprs_peer_builder *builder = peer_builder(NULL, NULL, METHOD_MD5);
    eaprs_session *session;
    uint64_t id;

    CHECK_OK(eaprs_peer_builder_answer_timeout(builder, 7000));
    session = peer_session(builder);
    CHECK(eaprs_session_handle_packet(session, WHO, sizeof WHO, 0) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_ASKS(session, IDENTITY);
    id = eaprs_session_query_id(session);
    CHECK(wait_for(session, 0) == 7000);
    CHECK_POLL(session, WITHDRAWN);
    CHECK(eaprs_session_query_id(session) == id);
    CHECK_FAILS(session, UNANSWERED);
    CHECK_STATUS(eaprs_session_answer_text(session, id, octets("late"), 4, 7000), STALE_ANSWER);
    CHECK_POLL(session, NONE);
    eaprs_session_free(session);
}

static void an_authenticator_s_host_does_not_answer(void)
{
    eaprs_authenticator_builder *builder = authenticator_builder(METHOD_MD5);
    eaprs_session *session;
    uint8_t response[6] = {2, 0, 0, 6, 1, 'a'};

    CHECK_OK(eaprs_authenticator_builder_ask_policy(builder));
    CHECK_OK(eaprs_authenticator_builder_answer_timeout(builder, 3000));
    session = authenticator_session(builder);
    CHECK_OK(eaprs_session_start(session, 0));
    CHECK_POLL(session, SEND);
    response[1] = eaprs_session_packet(session, NULL)[1];
    CHECK(eaprs_session_handle_packet(session, response, sizeof response, 0) ==
          EAPRS_RECEIVED_ACCEPTED);
    CHECK_EVENT(session, PEER_IDENTITY);
    CHECK(identifies(session, "a"));
    CHECK_ASKS(session, POLICY);
    /* No Request is outstanding: nothing is sent again while the host thinks. */
    CHECK(wait_for(session, 0) == 3000);
    CHECK_POLL(session, WITHDRAWN);
    CHECK_POLL(session, SEND);
    /* Code 4, Failure. */
    CHECK(eaprs_session_packet(session, NULL)[0] == 4);
    CHECK_FAILS(session, UNANSWERED);
    eaprs_session_free(session);
}

static void a_clock_at_its_end_does_no_harm(void)
{
    eaprs_session *peer = peer_session(peer_builder(NULL, NULL, METHOD_MD5));
    eaprs_session *authenticator = authenticator_session(authenticator_builder(METHOD_MD5));

    CHECK(eaprs_session_handle_packet(peer, WHO, sizeof WHO, UINT64_MAX) ==
          EAPRS_RECEIVED_ACCEPTED);
    CHECK_ASKS(peer, IDENTITY);
    CHECK_OK(eaprs_session_handle_timeout(peer, UINT64_MAX));
    CHECK_OK(eaprs_session_start(authenticator, UINT64_MAX - 1));
    CHECK_POLL(authenticator, SEND);
    CHECK_OK(eaprs_session_handle_timeout(authenticator, UINT64_MAX));
    /* Backwards, it is merely early. */
    CHECK_OK(eaprs_session_handle_timeout(authenticator, 0));
    eaprs_session_free(peer);
    eaprs_session_free(authenticator);
}

int main(void)
{
    a_backend_begins_with_a_response_and_sends_nothing_twice();
    an_authenticator_retransmits_and_gives_up();
    a_peer_repeats_its_response_when_asked_again();
    a_peer_gives_up_a_silent_network();
    a_peer_s_user_does_not_answer();
    an_authenticator_s_host_does_not_answer();
    a_clock_at_its_end_does_no_harm();
    return 0;
}
