/* A peer, a switch that passes it through, and the AAA server behind, in one program. */

#include "check.h"

typedef struct {
    eaprs_session *peer;
    eaprs_session *full;
    eaprs_session *backend;
    uint64_t now_ms;
    const char *stored;   /* the password that the AAA server's directory has */
    bool begun;           /* whether the AAA server has */
    unsigned aaa_requests;
    uint64_t aaa_request; /* the one that is open */
    char aaa_identity[64];
    unsigned finished;    /* how many have come to their ends */
    unsigned succeeded;
    eaprs_failure full_failure;
    uint8_t msk[3][64];   /* the peer's, the switch's, the AAA server's */
    size_t msk_len[3];
} triple;

static eaprs_session *full_session(eaprs_authenticator_builder *builder)
{
    eaprs_authenticator_config *config = authenticator_config(builder);
    eaprs_session *session = NULL;
    CHECK_OK(eaprs_session_new_full_authenticator(config, &session));
    eaprs_authenticator_config_free(config);
    return session;
}

static eaprs_authenticator_builder *pass_through_builder(void)
{
    eaprs_authenticator_builder *builder = NULL;
    CHECK_OK(eaprs_authenticator_builder_new(&builder));
    CHECK_OK(eaprs_authenticator_builder_pass_through(builder));
    return builder;
}

static eaprs_authenticator_builder *backend_builder(void)
{
    eaprs_authenticator_builder *builder = authenticator_builder(METHOD_MSCHAPV2);
    CHECK_OK(eaprs_authenticator_builder_backend(builder));
    return builder;
}

static triple start_with(eaprs_authenticator_builder *switch_builder)
{
    triple all;
    memset(&all, 0, sizeof all);
    all.peer = peer_session(peer_builder("alice", "secret", METHOD_MSCHAPV2));
    all.full = full_session(switch_builder);
    all.backend = authenticator_session(backend_builder());
    all.now_ms = 1000;
    all.stored = "secret";
    CHECK_OK(eaprs_session_start(all.full, all.now_ms));
    return all;
}

static void free_all(triple *all)
{
    eaprs_session_free(all->peer);
    eaprs_session_free(all->full);
    eaprs_session_free(all->backend);
}

static void finished(triple *all, eaprs_session *session, int who)
{
    size_t len = 0;
    const uint8_t *msk = eaprs_session_msk(session, &len);
    all->finished++;
    all->succeeded += eaprs_session_succeeded(session);
    CHECK(len <= sizeof all->msk[who]);
    if (msk != NULL)
        memcpy(all->msk[who], msk, len);
    all->msk_len[who] = len;
    if (session == all->full)
        all->full_failure = eaprs_session_failure(session);
}

/* What the AAA server has to say goes to the switch. */
static void answer_from_backend(triple *all)
{
    eaprs_output output;
    uint8_t packet[2048], msk[64];
    size_t len = 0, msk_len = 0;
    const uint8_t *octets_of = NULL;
    eaprs_received fate;

    while ((output = eaprs_session_poll(all->backend)) != EAPRS_OUTPUT_NONE) {
        switch (output) {
        case EAPRS_OUTPUT_SEND:
            octets_of = eaprs_session_packet(all->backend, &len);
            CHECK(octets_of != NULL && len <= sizeof packet);
            memcpy(packet, octets_of, len);
            break;
        case EAPRS_OUTPUT_ASK:
            CHECK_OK(eaprs_session_answer_credential(
                all->backend, eaprs_session_query_id(all->backend), octets(all->stored),
                strlen(all->stored), all->now_ms));
            break;
        case EAPRS_OUTPUT_FINISHED:
            octets_of = eaprs_session_msk(all->backend, &msk_len);
            if (octets_of != NULL)
                memcpy(msk, octets_of, msk_len);
            fate = eaprs_session_succeeded(all->backend)
                       ? eaprs_session_handle_aaa_success(all->full, all->aaa_request, packet, len,
                                                          msk, msk_len, NULL, 0, all->now_ms)
                       : eaprs_session_handle_aaa_failure(all->full, all->aaa_request, packet, len,
                                                          all->now_ms);
            CHECK(fate == EAPRS_RECEIVED_ACCEPTED);
            finished(all, all->backend, 2);
            return;
        default:
            break;
        }
    }
    CHECK(eaprs_session_method_timeout_ms(all->backend) == 0);
    fate = eaprs_session_handle_aaa_request(all->full, all->aaa_request, packet, len, 0,
                                            all->now_ms);
    CHECK(fate == EAPRS_RECEIVED_ACCEPTED);
}

static void ask_backend(triple *all)
{
    size_t len = 0, identity_len = 0;
    const uint8_t *packet = eaprs_session_packet(all->full, &len);
    const uint8_t *identity = eaprs_session_identity(all->full, &identity_len);
    eaprs_received fate;

    all->aaa_requests++;
    all->aaa_request = eaprs_session_aaa_request_id(all->full);
    CHECK(all->aaa_request == all->aaa_requests);
    memset(all->aaa_identity, 0, sizeof all->aaa_identity);
    if (identity != NULL)
        memcpy(all->aaa_identity, identity, identity_len);
    if (packet == NULL) {
        CHECK_OK(eaprs_session_start(all->backend, all->now_ms));
    } else {
        fate = all->begun ? eaprs_session_handle_packet(all->backend, packet, len, all->now_ms)
                          : eaprs_session_pick_up(all->backend, packet, len, all->now_ms);
        CHECK(fate == EAPRS_RECEIVED_ACCEPTED);
    }
    all->begun = true;
    answer_from_backend(all);
}

/* Carries what the two sides of the link say, until neither says anything. */
static void run(triple *all)
{
    bool moved = true;

    while (moved) {
        eaprs_output output;
        size_t len = 0;
        moved = false;
        while ((output = eaprs_session_poll(all->full)) != EAPRS_OUTPUT_NONE) {
            moved = true;
            if (output == EAPRS_OUTPUT_SEND) {
                const uint8_t *packet = eaprs_session_packet(all->full, &len);
                /* Who has heard that it failed has no use for EAP-Failure. */
                CHECK(eaprs_session_handle_packet(all->peer, packet, len, all->now_ms) ==
                          EAPRS_RECEIVED_ACCEPTED ||
                      packet[0] == 4);
            } else if (output == EAPRS_OUTPUT_ASK_AAA) {
                ask_backend(all);
            } else if (output == EAPRS_OUTPUT_ASK) {
                CHECK(eaprs_session_query_kind(all->full) == EAPRS_QUERY_POLICY);
                CHECK_OK(eaprs_session_answer_offer_or_pass_through(
                    all->full, eaprs_session_query_id(all->full), NULL, 0, all->now_ms));
            } else if (output == EAPRS_OUTPUT_FINISHED) {
                finished(all, all->full, 1);
            }
        }
        while ((output = eaprs_session_poll(all->peer)) != EAPRS_OUTPUT_NONE) {
            moved = true;
            if (output == EAPRS_OUTPUT_SEND) {
                const uint8_t *packet = eaprs_session_packet(all->peer, &len);
                CHECK(eaprs_session_handle_packet(all->full, packet, len, all->now_ms) ==
                      EAPRS_RECEIVED_ACCEPTED);
            } else if (output == EAPRS_OUTPUT_ASK) {
                CHECK_OK(eaprs_session_answer_decline(all->peer, eaprs_session_query_id(all->peer),
                                                      all->now_ms));
            } else if (output == EAPRS_OUTPUT_FINISHED) {
                finished(all, all->peer, 0);
            }
        }
    }
}

static void check_login(triple *all)
{
    run(all);
    CHECK(all->finished == 3 && all->succeeded == 3);
    CHECK(strcmp(all->aaa_identity, "alice") == 0);
    for (int who = 0; who < 3; who++) {
        CHECK(all->msk_len[who] == 32);
        CHECK(memcmp(all->msk[who], all->msk[0], 32) == 0);
    }
    CHECK(eaprs_session_timeout_ms(all->full, all->now_ms) == UINT64_MAX);
    free_all(all);
}

static void three_ends_have_the_same_keys(void)
{
    triple all = start_with(pass_through_builder());
    check_login(&all);
}

static void the_server_may_ask_for_the_identity(void)
{
    eaprs_authenticator_builder *builder = NULL;
    triple all;
    CHECK_OK(eaprs_authenticator_builder_new(&builder));
    CHECK_OK(eaprs_authenticator_builder_pass_identity_through(builder));
    all = start_with(builder);
    check_login(&all);
}

static void the_policy_may_pass_a_peer_through(void)
{
    eaprs_authenticator_builder *builder = authenticator_builder(METHOD_MD5);
    triple all;
    CHECK_OK(eaprs_authenticator_builder_ask_policy(builder));
    all = start_with(builder);
    check_login(&all);
}

static void a_peer_that_refuses_our_own_methods_is_passed_through(void)
{
    eaprs_authenticator_builder *builder = authenticator_builder(METHOD_MD5);
    triple all;
    CHECK_OK(eaprs_authenticator_builder_pass_through(builder));
    all = start_with(builder);
    check_login(&all);
}

/* The server begins with the identity, and does not hear of what it has not asked. */
static void a_notification_of_ours_is_not_the_servers(void)
{
    eaprs_authenticator_builder *builder = pass_through_builder();
    triple silent = start_with(pass_through_builder()), all;
    unsigned requests;
    check_login(&silent);
    requests = silent.aaa_requests;
    CHECK_OK(eaprs_authenticator_builder_notification(builder, octets("Welcome"), 7));
    all = start_with(builder);
    check_login(&all);
    CHECK(all.aaa_requests == requests);
}

static void settings_that_contradict_each_other(void)
{
    eaprs_authenticator_builder *builder = backend_builder();
    eaprs_authenticator_config *config = NULL;
    CHECK_OK(eaprs_authenticator_builder_pass_through(builder));
    CHECK(eaprs_authenticator_builder_build(builder, &config) == EAPRS_STATUS_INVALID_CONFIG);
    CHECK(config == NULL);
    eaprs_authenticator_builder_free(builder);

    CHECK_OK(eaprs_authenticator_builder_new(&builder));
    CHECK_OK(eaprs_authenticator_builder_pass_identity_through(builder));
    CHECK_OK(eaprs_authenticator_builder_notification(builder, octets("Welcome"), 7));
    CHECK(eaprs_authenticator_builder_build(builder, &config) == EAPRS_STATUS_INVALID_CONFIG);
    CHECK(config == NULL);
    eaprs_authenticator_builder_free(builder);
}

static void a_wrong_password_is_refused_by_the_server(void)
{
    triple all = start_with(pass_through_builder());
    all.stored = "sesame";
    run(&all);
    CHECK(all.finished == 3 && all.succeeded == 0);
    CHECK(all.full_failure == EAPRS_FAILURE_AAA_REJECTED);
    CHECK(all.msk_len[1] == 0);
    free_all(&all);
}

/* Identity given; the request to the AAA server is open. */
static eaprs_session *asking(eaprs_authenticator_builder *builder, uint64_t *id)
{
    static const uint8_t body[] = {1, 'a'};
    eaprs_session *session = full_session(builder);
    uint8_t response[6] = {2, 0, 0, 6, 0, 0};
    size_t len = 0;
    CHECK_OK(eaprs_session_start(session, 0));
    CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_SEND);
    response[1] = eaprs_session_packet(session, &len)[1];
    memcpy(response + 4, body, sizeof body);
    CHECK(eaprs_session_handle_packet(session, response, 6, 0) == EAPRS_RECEIVED_ACCEPTED);
    CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_EVENT);
    CHECK(eaprs_session_aaa_request_id(session) == 0);
    CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_ASK_AAA);
    *id = eaprs_session_aaa_request_id(session);
    CHECK(*id == 1 && eaprs_session_packet(session, &len) != NULL && len == 6);
    return session;
}

static void a_silent_server_is_given_up(void)
{
    eaprs_authenticator_builder *builder = pass_through_builder();
    eaprs_session *session;
    uint64_t id;
    CHECK_OK(eaprs_authenticator_builder_aaa_timeout(builder, 5000));
    session = asking(builder, &id);
    CHECK(eaprs_session_timeout_ms(session, 0) == 5000);
    CHECK_OK(eaprs_session_handle_timeout(session, 5000));
    CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_FINISHED);
    CHECK(eaprs_session_failure(session) == EAPRS_FAILURE_AAA_TIMEOUT);
    eaprs_session_free(session);
}

static void whom_no_server_answers_is_told_at_once(void)
{
    uint64_t id;
    eaprs_session *session = asking(pass_through_builder(), &id);
    CHECK(eaprs_session_handle_aaa_timeout(session, id + 1, 0) == EAPRS_RECEIVED_DISCARDED);
    CHECK(eaprs_session_handle_aaa_timeout(session, id, 0) == EAPRS_RECEIVED_ACCEPTED);
    CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_FINISHED);
    CHECK(eaprs_session_failure(session) == EAPRS_FAILURE_AAA_TIMEOUT);
    CHECK(eaprs_session_handle_aaa_timeout(session, id, 0) == EAPRS_RECEIVED_DISCARDED);
    eaprs_session_free(session);
}

static void keys_that_are_absent_stay_absent(void)
{
    static const uint8_t success[] = {3, 9, 0, 4};
    uint64_t id;
    size_t len = 1;
    eaprs_session *session = asking(pass_through_builder(), &id);
    CHECK(eaprs_session_handle_aaa_success(session, id, success, 4, NULL, 0, NULL, 0, 0) ==
          EAPRS_RECEIVED_ACCEPTED);
    CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_SEND);
    CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_FINISHED);
    CHECK(eaprs_session_succeeded(session));
    CHECK(eaprs_session_msk(session, &len) == NULL && len == 0);
    eaprs_session_free(session);

    eaprs_authenticator_builder *builder = pass_through_builder();
    CHECK_OK(eaprs_authenticator_builder_require_keys(builder));
    session = asking(builder, &id);
    CHECK(eaprs_session_handle_aaa_success(session, id, success, 4, NULL, 0, NULL, 0, 0) ==
          EAPRS_RECEIVED_ACCEPTED);
    CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_SEND);
    CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_FINISHED);
    CHECK(!eaprs_session_succeeded(session));
    CHECK(eaprs_session_failure(session) == EAPRS_FAILURE_AAA_WITHOUT_KEYS);
    eaprs_session_free(session);
}

static void answers_out_of_order_are_discarded(void)
{
    static const uint8_t request[] = {1, 9, 0, 5, 4};
    static const uint8_t failure[] = {4, 9, 0, 4};
    uint64_t id;
    size_t len = 0;
    eaprs_session *session = asking(pass_through_builder(), &id);
    CHECK(eaprs_session_handle_aaa_request(session, id + 1, request, 5, 0, 0) ==
          EAPRS_RECEIVED_DISCARDED);
    CHECK(eaprs_session_discard_text(session, &len) != NULL);
    CHECK(eaprs_session_handle_aaa_request(session, id, failure, 4, 0, 0) ==
          EAPRS_RECEIVED_DISCARDED);
    CHECK(eaprs_session_handle_aaa_request(session, id, NULL, 0, 0, 0) ==
          EAPRS_RECEIVED_DISCARDED);
    CHECK(eaprs_session_handle_aaa_request(session, id, request, 5, 120000, 0) ==
          EAPRS_RECEIVED_ACCEPTED);
    CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_SEND);
    CHECK(eaprs_session_timeout_ms(session, 0) > 100000);
    CHECK(eaprs_session_handle_aaa_no_request(session, id, 0) == EAPRS_RECEIVED_DISCARDED);
    CHECK(eaprs_session_handle_aaa_failure(session, id, NULL, 0, 0) == EAPRS_RECEIVED_DISCARDED);
    eaprs_session_free(session);

    session = asking(pass_through_builder(), &id);
    CHECK(eaprs_session_handle_aaa_no_request(session, id, 0) == EAPRS_RECEIVED_ACCEPTED);
    eaprs_session_free(session);
}

static void other_roles_have_no_server(void)
{
    static const uint8_t request[] = {1, 9, 0, 5, 4};
    eaprs_session *sessions[2] = {
        peer_session(peer_builder("alice", "secret", METHOD_MD5)),
        authenticator_session(authenticator_builder(METHOD_MD5)),
    };
    for (int i = 0; i < 2; i++) {
        eaprs_session *s = sessions[i];
        CHECK(eaprs_session_handle_aaa_request(s, 1, request, 5, 0, 0) == EAPRS_RECEIVED_ERROR);
        CHECK(eaprs_session_handle_aaa_no_request(s, 1, 0) == EAPRS_RECEIVED_ERROR);
        CHECK(eaprs_session_handle_aaa_timeout(s, 1, 0) == EAPRS_RECEIVED_ERROR);
        CHECK(eaprs_session_handle_aaa_success(s, 1, NULL, 0, NULL, 0, NULL, 0, 0) ==
              EAPRS_RECEIVED_ERROR);
        CHECK(eaprs_session_handle_aaa_failure(s, 1, NULL, 0, 0) == EAPRS_RECEIVED_ERROR);
        CHECK(eaprs_session_aaa_request_id(s) == 0);
        eaprs_session_free(s);
    }
    /* And a full authenticator begins by itself. */
    eaprs_session *full = full_session(pass_through_builder());
    CHECK(eaprs_session_pick_up(full, request, 5, 0) == EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_method_timeout_ms(full) == 0);
    eaprs_session_free(full);
}

static void null_pointers(void)
{
    uint64_t id;
    eaprs_session *session = asking(pass_through_builder(), &id);
    eaprs_authenticator_config *config = authenticator_config(pass_through_builder());
    eaprs_session *none = NULL;

    CHECK_NULL(eaprs_session_new_full_authenticator(NULL, &none));
    CHECK_NULL(eaprs_session_new_full_authenticator(config, NULL));
    CHECK_NULL(eaprs_authenticator_builder_pass_through(NULL));
    CHECK_NULL(eaprs_authenticator_builder_pass_identity_through(NULL));
    CHECK_NULL(eaprs_authenticator_builder_aaa_timeout(NULL, 1));
    CHECK_NULL(eaprs_session_answer_offer_or_pass_through(NULL, 1, NULL, 0, 0));
    CHECK_NULL(eaprs_session_answer_offer_or_pass_through(session, 1, NULL, 1, 0));
    CHECK(eaprs_session_aaa_request_id(NULL) == 0);
    CHECK(eaprs_session_method_timeout_ms(NULL) == 0);
    CHECK(eaprs_session_handle_aaa_request(NULL, id, NULL, 0, 0, 0) == EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_handle_aaa_request(session, id, NULL, 1, 0, 0) == EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_handle_aaa_no_request(NULL, id, 0) == EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_handle_aaa_timeout(NULL, id, 0) == EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_handle_aaa_success(NULL, id, NULL, 0, NULL, 0, NULL, 0, 0) ==
          EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_handle_aaa_success(session, id, NULL, 1, NULL, 0, NULL, 0, 0) ==
          EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_handle_aaa_success(session, id, NULL, 0, NULL, 1, NULL, 0, 0) ==
          EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_handle_aaa_success(session, id, NULL, 0, NULL, 0, NULL, 1, 0) ==
          EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_handle_aaa_failure(NULL, id, NULL, 0, 0) == EAPRS_RECEIVED_ERROR);
    CHECK(eaprs_session_handle_aaa_failure(session, id, NULL, 1, 0) == EAPRS_RECEIVED_ERROR);
    eaprs_authenticator_config_free(config);
    eaprs_session_free(session);
}

int main(void)
{
    three_ends_have_the_same_keys();
    the_server_may_ask_for_the_identity();
    the_policy_may_pass_a_peer_through();
    a_peer_that_refuses_our_own_methods_is_passed_through();
    a_notification_of_ours_is_not_the_servers();
    settings_that_contradict_each_other();
    a_wrong_password_is_refused_by_the_server();
    a_silent_server_is_given_up();
    whom_no_server_answers_is_told_at_once();
    keys_that_are_absent_stay_absent();
    answers_out_of_order_are_discarded();
    other_roles_have_no_server();
    null_pointers();
    return 0;
}
