/* EAP-FAST: PACs that come and go, sessions that end in the middle. */

#include "fast_bench.h"

/* ---- Logins ---- */

static void a_certificate_brings_a_pac(void)
{
    static const char head[] = "wpa_supplicant EAP-FAST PAC file - version 1\n";
    for (int i = 0; i < 2; i++) {
        bench bench = new_bench(INNER[i]);
        log_in(&bench, today(), false, true);
        CHECK(memcmp(bench.pacs, head, sizeof head - 1) == 0);
        log_in(&bench, today(), true, false);
        /* It is renewed before it has run out. */
        log_in(&bench, today() + 6 * DAY + 1, true, true);
        /* It has run out, and the certificate decides. */
        log_in(&bench, today() + 30 * DAY, false, true);
        bench_free(&bench);
    }
}

static void a_pac_is_used_without_its_file(void)
{
    bench bench = new_bench(METHOD_GTC);
    eaprs_fast_peer_config *peer = fast_peer_config(fast_peer(&bench));
    eaprs_fast_server_config *server = fast_server_config(fast_server(&bench));
    for (int i = 0; i < 3; i++) {
        pair both = start_with(peer, server, today());
        pair_run(&both);
        has_logged_in(&both, METHOD_GTC);
        CHECK(both.peer.resumed == (i > 0));
        pair_free(&both);
    }
    eaprs_fast_peer_config_free(peer);
    eaprs_fast_server_config_free(server);
    bench_free(&bench);
}

static void an_anonymous_tunnel_brings_a_pac_and_no_access(void)
{
    bench bench = anonymous_bench();
    pair both = start(&bench, today());
    pair_run(&both);
    CHECK(pair_ended(&both, false));
    CHECK(both.peer.failure == EAPRS_FAILURE_PAC_PROVISIONED);
    CHECK(both.authenticator.failure == EAPRS_FAILURE_PAC_PROVISIONED);
    CHECK(strstr(both.peer.text, "a PAC was provisioned") != NULL);
    CHECK(both.peer.msk_len == 0 && both.authenticator.msk_len == 0);
    CHECK(both.pacs_len > 0);
    keep_pacs(&bench, &both);
    pair_free(&both);
    log_in(&bench, today(), true, false);
    bench_free(&bench);
}

static void a_wrong_password_brings_no_pac(void)
{
    for (int i = 0; i < 3; i++) {
        bench bench = i < 2 ? new_bench(INNER[i]) : anonymous_bench();
        pair both = start(&bench, today());
        both.stored = "another";
        pair_run(&both);
        CHECK(pair_ended(&both, false));
        CHECK(both.pacs_len == 0);
        CHECK(strstr(both.peer.text, "wrong name or password") != NULL);
        pair_free(&both);
        bench_free(&bench);
    }
}

static void keys_are_replaced(void)
{
    uint8_t two[2 * EAPRS_PAC_KEY_LEN];
    bench bench = new_bench(METHOD_GTC);
    log_in(&bench, today(), false, true);
    /* The old key is behind the new one: its PACs are good. */
    memset(two, 2, EAPRS_PAC_KEY_LEN);
    memset(two + EAPRS_PAC_KEY_LEN, 1, EAPRS_PAC_KEY_LEN);
    CHECK_OK(eaprs_pac_keys_replace(bench.keys, two, 2));
    log_in(&bench, today(), true, false);
    /* It is gone. */
    CHECK_OK(eaprs_pac_keys_replace(bench.keys, two, 1));
    log_in(&bench, today(), false, true);
    log_in(&bench, today(), true, false);
    bench_free(&bench);
}

/* A running server's keys change under it. */
static void keys_are_replaced_in_use(void)
{
    uint8_t other[EAPRS_PAC_KEY_LEN];
    bench bench = new_bench(METHOD_GTC);
    eaprs_fast_peer_config *peer = fast_peer_config(fast_peer(&bench));
    eaprs_fast_server_config *server = fast_server_config(fast_server(&bench));
    memset(other, 9, sizeof other);
    for (int i = 0; i < 4; i++) {
        pair both = start_with(peer, server, today());
        if (i == 2) {
            CHECK_OK(eaprs_pac_keys_replace(bench.keys, other, 1));
            eaprs_pac_keys_free(bench.keys);
            bench.keys = NULL;
        }
        pair_run(&both);
        has_logged_in(&both, METHOD_GTC);
        CHECK(both.peer.resumed == (i % 2 == 1));
        pair_free(&both);
    }
    eaprs_fast_peer_config_free(peer);
    eaprs_fast_server_config_free(server);
}

/* In the plain form, and with a second conversation. */
static void other_settings(void)
{
    bench bench = new_bench(METHOD_GTC);
    eaprs_fast_peer_builder *peer = fast_peer(&bench);
    eaprs_fast_server_builder *server = fast_server(&bench);
    eaprs_authenticator_config *second = authenticator_config(authenticator_builder(METHOD_GTC));
    eaprs_fast_peer_config *peer_settings;
    eaprs_fast_server_config *server_settings;
    pair both;

    CHECK_OK(eaprs_fast_peer_builder_gtc_form(peer, EAPRS_GTC_FORM_PLAIN));
    CHECK_OK(eaprs_fast_server_builder_gtc_form(server, EAPRS_GTC_FORM_PLAIN));
    CHECK_OK(eaprs_fast_server_builder_then(server, second));
    CHECK_OK(eaprs_fast_server_builder_pac_lifetime(server, 2 * DAY));
    CHECK_OK(eaprs_fast_server_builder_pac_renewal(server, 0));
    CHECK_OK(eaprs_fast_peer_builder_allow_no_inner_method(peer));
    eaprs_authenticator_config_free(second);
    peer_settings = fast_peer_config(peer);
    server_settings = fast_server_config(server);
    for (int i = 0; i < 2; i++) {
        /* One second is left of two days, and none is needed. */
        both = start_with(peer_settings, server_settings, today() + (uint64_t)i * (2 * DAY - 60));
        pair_run(&both);
        has_logged_in(&both, METHOD_GTC);
        CHECK(both.peer.resumed == (i == 1) && (both.pacs_len > 0) == (i == 0));
        CHECK(both.asked >= 2);
        pair_free(&both);
    }
    eaprs_fast_peer_config_free(peer_settings);
    eaprs_fast_server_config_free(server_settings);
    bench_free(&bench);
}

/* ---- Sessions that end in the middle ---- */

/* Runs until so many packets have been delivered, or both sides are silent. */
static void run_packets(pair *both, unsigned count)
{
    for (bool busy = true; busy && both->packets < count;) {
        busy = false;
        for (int turn = 0; turn < 2; turn++) {
            side *from = turn == 0 ? &both->authenticator : &both->peer;
            const side *to = turn == 0 ? &both->peer : &both->authenticator;
            eaprs_output output;
            while (both->packets < count &&
                   (output = eaprs_session_poll(from->session)) != EAPRS_OUTPUT_NONE) {
                busy = true;
                pair_output(both, from, to, output);
            }
        }
    }
}

/* Freed after each packet: with outputs that nobody has read, with half a handshake, half a phase
 * 2, a PAC on its way. */
static void freed_after_every_packet(const bench *bench)
{
    for (unsigned count = 0;; count++) {
        pair both = start(bench, today());
        bool over;
        run_packets(&both, count);
        over = both.packets < count;
        if (count % 2 == 0) {
            pair_free(&both);
        } else {
            eaprs_session_free(both.authenticator.session);
            eaprs_session_free(both.peer.session);
        }
        if (over) {
            CHECK(count > 8);
            return;
        }
    }
}

/* As it is freed, the peer asks inside the tunnel, and the server asks about the answer. */
static void freed_with_an_open_question(void)
{
    bench bench = new_bench(METHOD_GTC);
    for (int i = 0; i < 2; i++) {
        pair both;
        bench.password = i == 0 ? NULL : "secret";
        both = start(&bench, today());
        eaprs_session *asks = pair_run_until(&both, i == 0 ? EAPRS_QUERY_TOKEN
                                                           : EAPRS_QUERY_CHECK_PASSWORD);
        CHECK(eaprs_session_tunnel_method(asks) == METHOD_FAST);
        pair_free(&both);
    }
    bench_free(&bench);
}

/* The host has a PAC file in its hands, and lets go of the session; or steps on. */
static void freed_with_a_pac_file(void)
{
    bench bench = new_bench(METHOD_MSCHAPV2);
    for (int i = 0; i < 2; i++) {
        pair both = start(&bench, today());
        bool found = false;
        size_t len = 99;
        while (!found) {
            eaprs_output output;
            while ((output = eaprs_session_poll(both.authenticator.session)) !=
                   EAPRS_OUTPUT_NONE) {
                pair_output(&both, &both.authenticator, &both.peer, output);
            }
            CHECK(eaprs_session_pac_file(both.authenticator.session, &len) == NULL && len == 0);
            while (!found && (output = eaprs_session_poll(both.peer.session)) !=
                                 EAPRS_OUTPUT_NONE) {
                found = eaprs_session_event_kind(both.peer.session) == EAPRS_EVENT_PAC_UPDATED;
                CHECK((eaprs_session_pac_file(both.peer.session, &len) != NULL) == found);
                CHECK((len > 0) == found);
                CHECK(!found || eaprs_session_pac_file(both.peer.session, NULL) != NULL);
                pair_output(&both, &both.peer, &both.authenticator, output);
            }
        }
        if (i == 0) {
            (void)eaprs_session_poll(both.peer.session);
            CHECK(eaprs_session_pac_file(both.peer.session, &len) == NULL && len == 0);
        }
        pair_free(&both);
    }
    bench_free(&bench);
}

static void sessions_that_end_in_the_middle(void)
{
    bench bench = new_bench(METHOD_GTC);
    freed_after_every_packet(&bench);
    log_in(&bench, today(), false, true);
    freed_after_every_packet(&bench);
    bench_free(&bench);

    bench = anonymous_bench();
    freed_after_every_packet(&bench);
    bench_free(&bench);

    freed_with_an_open_question();
    freed_with_a_pac_file();
}

int main(void)
{
    read_certificates();
    if (!is_there()) {
        return 0;
    }
    a_certificate_brings_a_pac();
    a_pac_is_used_without_its_file();
    an_anonymous_tunnel_brings_a_pac_and_no_access();
    a_wrong_password_brings_no_pac();
    keys_are_replaced();
    keys_are_replaced_in_use();
    other_settings();
    sessions_that_end_in_the_middle();
    return 0;
}
