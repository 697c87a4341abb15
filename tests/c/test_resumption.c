/* Sessions that are resumed: from a server's memory, from tickets, and not at all. */

#include "tls_pair.h"

#include <pthread.h>

#define HOUR 3600

static const uint32_t VERSIONS[2] = {EAPRS_TLS_1_2, EAPRS_TLS_1_3};

/* A peer and a server whose settings outlive their logins. */
typedef struct {
    eaprs_tls_peer_config *peer;
    eaprs_tls_server_config *server;
    uint8_t msk[64]; /* of the last login */
} bench;

static eaprs_tls_peer_builder *peer_of_version(uint32_t version)
{
    eaprs_tls_peer_builder *builder = tls_peer(&ca);
    CHECK_OK(eaprs_tls_peer_builder_max_version(builder, version));
    return builder;
}

/* NULL for a server that keeps sessions in its memory. */
static eaprs_tls_server_builder *resuming_server(const eaprs_ticket_keys *keys)
{
    eaprs_tls_server_builder *builder = tls_server(&ca);
    CHECK_OK(eaprs_tls_server_builder_resumption(builder, HOUR, 0));
    if (keys != NULL) {
        CHECK_OK(eaprs_tls_server_builder_ticket_keys(builder, keys));
    }
    return builder;
}

static bench new_bench(eaprs_tls_peer_builder *peer, eaprs_tls_server_builder *server)
{
    bench new_one;
    memset(&new_one, 0, sizeof new_one);
    new_one.peer = tls_peer_config(peer);
    new_one.server = tls_server_config(server);
    return new_one;
}

static void other_server(bench *bench, eaprs_tls_server_builder *server)
{
    eaprs_tls_server_config_free(bench->server);
    bench->server = tls_server_config(server);
}

static void bench_free(bench *bench)
{
    eaprs_tls_peer_config_free(bench->peer);
    eaprs_tls_server_config_free(bench->server);
}

/* Whether the login, which has to succeed with keys of its own, is a resumed one. */
static bool resumes(bench *bench, const char *identity, uint64_t date)
{
    pair both = tls_start(identity, bench->peer, date, bench->server, date);
    bool resumed;

    pair_run(&both);
    CHECK(pair_ended(&both, true));
    CHECK(both.peer.msk_len == 64 && both.authenticator.msk_len == 64);
    CHECK(memcmp(both.peer.msk, both.authenticator.msk, 64) == 0);
    CHECK(memcmp(both.peer.msk, bench->msk, 64) != 0);
    memcpy(bench->msk, both.peer.msk, 64);
    /* Who it is, is known all the same. */
    CHECK(strcmp(both.peer.subject, "CN=radius.example.org") == 0);
    CHECK(memcmp(both.peer.sha256, fingerprint.octets, 32) == 0);
    CHECK(strcmp(both.authenticator.subject, "CN=alice") == 0);
    resumed = both.peer.resumed;
    CHECK(both.authenticator.resumed == resumed);
    pair_free(&both);
    return resumed;
}

static eaprs_ticket_keys *new_keys(uint8_t newest)
{
    uint8_t key[EAPRS_TICKET_KEY_LEN];
    eaprs_ticket_keys *keys = NULL;
    memset(key, newest, sizeof key);
    CHECK_OK(eaprs_ticket_keys_new(key, 1, &keys));
    return keys;
}

static void replace_keys(eaprs_ticket_keys *keys, uint8_t newest, uint8_t second)
{
    uint8_t both[2 * EAPRS_TICKET_KEY_LEN];
    memset(both, newest, EAPRS_TICKET_KEY_LEN);
    memset(both + EAPRS_TICKET_KEY_LEN, second, EAPRS_TICKET_KEY_LEN);
    CHECK_OK(eaprs_ticket_keys_replace(keys, both, 2));
}

static void every_login_after_the_first_is_resumed(void)
{
    for (int i = 0; i < 4; i++) {
        eaprs_ticket_keys *keys = i / 2 == 0 ? NULL : new_keys(1);
        bench bench = new_bench(peer_of_version(VERSIONS[i % 2]), resuming_server(keys));
        /* The server's settings have a share of their own. */
        eaprs_ticket_keys_free(keys);
        CHECK(!resumes(&bench, "alice", today()));
        for (int again = 0; again < 3; again++) {
            CHECK(resumes(&bench, "alice", today()));
        }
        /* Another identity is another peer. */
        CHECK(!resumes(&bench, "mallory", today()));
        bench_free(&bench);
    }
}

static void nothing_is_resumed_unless_both_sides_want_it(void)
{
    for (int i = 0; i < 2; i++) {
        eaprs_tls_peer_builder *peer = peer_of_version(VERSIONS[i]);
        bench bench = new_bench(peer_of_version(VERSIONS[i]), tls_server(&ca));
        CHECK(!resumes(&bench, "alice", today()));
        CHECK(!resumes(&bench, "alice", today()));
        bench_free(&bench);

        CHECK_OK(eaprs_tls_peer_builder_resumption(peer, true));
        CHECK_OK(eaprs_tls_peer_builder_resumption(peer, false));
        bench = new_bench(peer, resuming_server(NULL));
        CHECK(!resumes(&bench, "alice", today()));
        CHECK(!resumes(&bench, "alice", today()));
        bench_free(&bench);
    }
}

static void tickets_are_good_at_every_server_of_the_same_keys(void)
{
    for (int i = 0; i < 2; i++) {
        eaprs_ticket_keys *keys = new_keys(1), *same = new_keys(1), *others = new_keys(2);
        bench bench = new_bench(peer_of_version(VERSIONS[i]), resuming_server(keys));
        CHECK(!resumes(&bench, "alice", today()));
        other_server(&bench, resuming_server(keys));
        CHECK(resumes(&bench, "alice", today()));
        other_server(&bench, resuming_server(same));
        CHECK(resumes(&bench, "alice", today()));
        other_server(&bench, resuming_server(others));
        CHECK(!resumes(&bench, "alice", today()));
        /* What is in one server's memory is in no other's. */
        other_server(&bench, resuming_server(NULL));
        CHECK(!resumes(&bench, "alice", today()));
        other_server(&bench, resuming_server(NULL));
        CHECK(!resumes(&bench, "alice", today()));
        bench_free(&bench);
        eaprs_ticket_keys_free(others);
        eaprs_ticket_keys_free(same);
        eaprs_ticket_keys_free(keys);
    }
}

static void keys_are_replaced_without_a_full_login(void)
{
    for (int i = 0; i < 2; i++) {
        eaprs_ticket_keys *keys = new_keys(1);
        bench bench = new_bench(peer_of_version(VERSIONS[i]), resuming_server(keys));
        CHECK(!resumes(&bench, "alice", today()));
        replace_keys(keys, 2, 1);
        CHECK(resumes(&bench, "alice", today()));
        /* The last login has brought a ticket of the new key. */
        replace_keys(keys, 3, 2);
        CHECK(resumes(&bench, "alice", today()));
        /* What is refused changes nothing. */
        CHECK_STATUS(eaprs_ticket_keys_replace(keys, octets("x"), 0), INVALID_ARGUMENT);
        CHECK(resumes(&bench, "alice", today()));
        replace_keys(keys, 5, 4);
        CHECK(!resumes(&bench, "alice", today()));
        CHECK(resumes(&bench, "alice", today()));
        eaprs_ticket_keys_free(keys);
        bench_free(&bench);
    }
}

static void a_session_lasts_as_long_as_is_set(void)
{
    for (int i = 0; i < 2; i++) {
        const uint64_t now = today();
        bench bench = new_bench(peer_of_version(VERSIONS[i]), resuming_server(NULL));
        CHECK(!resumes(&bench, "alice", now));
        CHECK(resumes(&bench, "alice", now + HOUR - 1));
        CHECK(!resumes(&bench, "alice", now + HOUR));
        bench_free(&bench);
    }
}

static void the_oldest_session_makes_room(void)
{
    for (int i = 0; i < 2; i++) {
        eaprs_tls_server_builder *server = resuming_server(NULL);
        bench bench;
        CHECK_OK(eaprs_tls_server_builder_resumption(server, HOUR, 1));
        bench = new_bench(peer_of_version(VERSIONS[i]), server);
        CHECK(!resumes(&bench, "alice", today()));
        CHECK(resumes(&bench, "alice", today()));
        CHECK(!resumes(&bench, "alice@example.org", today()));
        CHECK(!resumes(&bench, "alice", today()));
        bench_free(&bench);
    }
}

static void settings_out_of_range_are_named(void)
{
    eaprs_ticket_keys *keys = new_keys(1);
    eaprs_tls_server_builder *server = tls_server(&ca);

    CHECK_OK(eaprs_tls_server_builder_resumption(server, 0, 0));
    server_refused(server, "resumption lifetime: 0 given");
    server = tls_server(&ca);
    CHECK_OK(eaprs_tls_server_builder_resumption(server, 604801, 0));
    server_refused(server, "resumption lifetime: 604801 given");
    server = tls_server(&ca);
    CHECK_OK(eaprs_tls_server_builder_resumption(server, UINT64_MAX, 0));
    server_refused(server, "resumption lifetime: ");
    server = tls_server(&ca);
    CHECK_OK(eaprs_tls_server_builder_resumption(server, HOUR, 1000001));
    server_refused(server, "resumption capacity: 1000001 given");
    /* Tickets need a lifetime. */
    server = tls_server(&ca);
    CHECK_OK(eaprs_tls_server_builder_ticket_keys(server, keys));
    server_refused(server, "resumption lifetime: 0 given");
    eaprs_ticket_keys_free(keys);
}

/* ---- A server that says no more than Success or Failure ---- */

/* Takes the last packet that the session sends, of at most `capacity` octets; gives its length. */
static size_t last_packet(eaprs_session *session, uint8_t *packet, size_t capacity)
{
    size_t last = 0;
    eaprs_output output;
    while ((output = eaprs_session_poll(session)) != EAPRS_OUTPUT_NONE) {
        size_t len = 0;
        const uint8_t *sent = eaprs_session_packet(session, &len);
        CHECK(output == EAPRS_OUTPUT_SEND || output == EAPRS_OUTPUT_EVENT);
        CHECK(len <= capacity);
        if (sent != NULL) {
            memcpy(packet, sent, len);
            last = len;
        }
    }
    return last;
}

enum { EAP_SUCCESS = 3, EAP_FAILURE = 4 };

/* A login whose server keeps back what follows the peer's last flight, and sends a packet of this
 * code; gives the peer's session, at its result. */
static eaprs_session *ended_after_the_last_flight(const bench *bench, uint8_t code)
{
    pair both = tls_start("alice", bench->peer, today(), bench->server, today());
    uint8_t packet[2048], result[4] = {code, 0, 0, 4};
    size_t len;

    /* Answered are the Request for the identity, the start of TLS, and the server's flight. */
    for (int i = 0; i < 3; i++) {
        len = last_packet(both.authenticator.session, packet, sizeof packet);
        CHECK(len > 4);
        result[1] = packet[1];
        CHECK(eaprs_session_handle_packet(both.peer.session, packet, len, both.now_ms) ==
              EAPRS_RECEIVED_ACCEPTED);
        len = last_packet(both.peer.session, packet, sizeof packet);
        CHECK(len > 4);
        if (i < 2) {
            CHECK(eaprs_session_handle_packet(both.authenticator.session, packet, len,
                                              both.now_ms) == EAPRS_RECEIVED_ACCEPTED);
        }
    }
    (void)eaprs_session_handle_packet(both.peer.session, result, sizeof result, both.now_ms);
    CHECK_POLL(both.peer.session, FINISHED);
    eaprs_session_free(both.authenticator.session);
    return both.peer.session;
}

static void success_alone_suffices_for_a_resumed_session_unless_told_otherwise(void)
{
    for (int strict = 0; strict < 2; strict++) {
        eaprs_tls_peer_builder *peer = peer_of_version(EAPRS_TLS_1_3);
        eaprs_session *session;
        bench bench;
        if (strict) {
            CHECK_OK(eaprs_tls_peer_builder_require_indication_on_resumption(peer));
        }
        bench = new_bench(peer, resuming_server(NULL));
        /* A server that says what it has to say is content with either. */
        CHECK(!resumes(&bench, "alice", today()));
        CHECK(resumes(&bench, "alice", today()));

        session = ended_after_the_last_flight(&bench, EAP_SUCCESS);
        CHECK(eaprs_session_succeeded(session) == !strict);
        CHECK(eaprs_session_tls_resumed(session) == !strict);
        CHECK((eaprs_session_msk(session, NULL) != NULL) == !strict);
        CHECK(eaprs_session_failure(session) ==
              (strict ? EAPRS_FAILURE_SUCCESS_TOO_EARLY : EAPRS_FAILURE_NONE));
        eaprs_session_free(session);
        bench_free(&bench);
    }
}

static void a_refused_resumption_is_named_and_not_tried_again(void)
{
    bench bench = new_bench(peer_of_version(EAPRS_TLS_1_3), resuming_server(NULL));
    eaprs_session *session;

    CHECK(!resumes(&bench, "alice", today()));
    session = ended_after_the_last_flight(&bench, EAP_FAILURE);
    CHECK(eaprs_session_failure(session) == EAPRS_FAILURE_RESUMPTION_REJECTED);
    CHECK(eaprs_session_method(session, NULL) == METHOD_TLS);
    CHECK(!eaprs_session_succeeded(session) && eaprs_session_msk(session, NULL) == NULL);
    eaprs_session_free(session);
    CHECK(!resumes(&bench, "alice", today()));
    bench_free(&bench);
}

/* ---- Threads ---- */

#define THREADS 3
#define LOGINS 4

static void *log_in_again_and_again(void *argument)
{
    bench *work = (bench *)argument;
    for (int i = 0; i < LOGINS; i++) {
        CHECK(resumes(work, "alice", today()) == (i > 0));
    }
    return NULL;
}

/* Both keys are there all the time, in changing order: every ticket can be opened. */
static void keys_are_replaced_while_they_are_in_use(void)
{
    eaprs_ticket_keys *keys = new_keys(1);
    eaprs_tls_server_config *server = tls_server_config(resuming_server(keys));
    pthread_t threads[THREADS];
    bench work[THREADS];

    for (int i = 0; i < THREADS; i++) {
        memset(&work[i], 0, sizeof work[i]);
        work[i].peer = tls_peer_config(peer_of_version(VERSIONS[i % 2]));
        work[i].server = server;
        CHECK(pthread_create(&threads[i], NULL, log_in_again_and_again, &work[i]) == 0);
    }
    for (int i = 0; i < 200; i++) {
        replace_keys(keys, i % 2 == 0 ? 2 : 1, i % 2 == 0 ? 1 : 2);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        eaprs_tls_peer_config_free(work[i].peer);
    }
    eaprs_tls_server_config_free(server);
    eaprs_ticket_keys_free(keys);
}

int main(void)
{
    read_certificates();
    every_login_after_the_first_is_resumed();
    nothing_is_resumed_unless_both_sides_want_it();
    tickets_are_good_at_every_server_of_the_same_keys();
    keys_are_replaced_without_a_full_login();
    a_session_lasts_as_long_as_is_set();
    the_oldest_session_makes_room();
    settings_out_of_range_are_named();
    success_alone_suffices_for_a_resumed_session_unless_told_otherwise();
    a_refused_resumption_is_named_and_not_tried_again();
    keys_are_replaced_while_they_are_in_use();
    return 0;
}
