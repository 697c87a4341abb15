/* EAP-FAST: settings, PACs that come and go, sessions that end in the middle. */

#include "tls_pair.h"

#define OUTSIDE "anonymous@example.org"
#define DAY 86400u

static const uint8_t AUTHORITY[16] = {'t', 'h', 'e', ' ', 'A', '-', 'I', 'D'};

static const uint32_t INNER[2] = {METHOD_MSCHAPV2, METHOD_GTC};

static bool is_there(void)
{
    return eaprs_has_method(METHOD_FAST);
}

/* What both sides of a login are told. */
typedef struct {
    uint32_t inner;
    uint32_t policy;   /* of both sides, an eaprs_provisioning; 0: none is set */
    bool certificates; /* whether the peer knows the CA */
    const char *password;
    uint8_t pacs[4096]; /* what the peer has kept */
    size_t pacs_len;
    eaprs_pac_keys *keys;
} bench;

static eaprs_pac_keys *new_keys(uint8_t first)
{
    uint8_t key[EAPRS_PAC_KEY_LEN];
    eaprs_pac_keys *keys = NULL;
    memset(key, first, sizeof key);
    CHECK_OK(eaprs_pac_keys_new(key, 1, &keys));
    return keys;
}

static bench new_bench(uint32_t inner)
{
    bench new_one;
    memset(&new_one, 0, sizeof new_one);
    new_one.inner = inner;
    new_one.certificates = true;
    new_one.password = "secret";
    new_one.keys = new_keys(1);
    return new_one;
}

static bench anonymous_bench(void)
{
    bench new_one = new_bench(METHOD_MSCHAPV2);
    new_one.policy = EAPRS_PROVISIONING_ANONYMOUS;
    new_one.certificates = false;
    return new_one;
}

static void bench_free(bench *bench)
{
    eaprs_pac_keys_free(bench->keys);
}

static eaprs_fast_peer_builder *fast_peer(const bench *bench)
{
    eaprs_fast_peer_builder *builder = NULL;
    eaprs_peer_config *inner = peer_config(peer_builder("alice", bench->password, bench->inner));
    CHECK_OK(eaprs_fast_peer_builder_new(inner, &builder));
    eaprs_peer_config_free(inner);
    CHECK_OK(eaprs_fast_peer_builder_pacs(builder, bench->pacs, bench->pacs_len));
    if (bench->certificates) {
        eaprs_tls_peer_builder *tls = NULL;
        CHECK_OK(eaprs_tls_peer_builder_new(&tls));
        CHECK_OK(eaprs_tls_peer_builder_ca(tls, ca.octets, ca.len));
        CHECK_OK(eaprs_fast_peer_builder_tls(builder, tls));
        eaprs_tls_peer_builder_free(tls);
    }
    if (bench->policy != 0) {
        CHECK_OK(eaprs_fast_peer_builder_provisioning(builder, bench->policy));
    }
    return builder;
}

static eaprs_fast_server_builder *fast_server(const bench *bench)
{
    eaprs_fast_server_builder *builder = NULL;
    eaprs_authenticator_config *inner = authenticator_config(authenticator_builder(bench->inner));
    eaprs_tls_server_builder *tls = tls_server(NULL);
    CHECK_OK(eaprs_fast_server_builder_new(tls, inner, AUTHORITY, sizeof AUTHORITY, &builder));
    eaprs_tls_server_builder_free(tls);
    eaprs_authenticator_config_free(inner);
    CHECK_OK(eaprs_fast_server_builder_pac_keys(builder, bench->keys));
    CHECK_OK(eaprs_fast_server_builder_authority_name(builder, octets("test"), 4));
    if (bench->policy != 0) {
        CHECK_OK(eaprs_fast_server_builder_provisioning(builder, bench->policy));
    }
    return builder;
}

/* Builds, and frees the builder. */
static eaprs_fast_peer_config *fast_peer_config(eaprs_fast_peer_builder *builder)
{
    eaprs_fast_peer_config *config = NULL;
    CHECK_OK(eaprs_fast_peer_builder_build(builder, &config));
    CHECK(eaprs_fast_peer_builder_error(builder, NULL) == NULL);
    eaprs_fast_peer_builder_free(builder);
    return config;
}

/* Builds, and frees the builder. */
static eaprs_fast_server_config *fast_server_config(eaprs_fast_server_builder *builder)
{
    eaprs_fast_server_config *config = NULL;
    CHECK_OK(eaprs_fast_server_builder_build(builder, &config));
    CHECK(eaprs_fast_server_builder_error(builder, NULL) == NULL);
    eaprs_fast_server_builder_free(builder);
    return config;
}

static pair start_with(const eaprs_fast_peer_config *peer_config,
                       const eaprs_fast_server_config *server_config, uint64_t date)
{
    eaprs_peer_builder *peer = NULL;
    eaprs_authenticator_builder *authenticator = NULL;
    pair both;

    CHECK_OK(eaprs_peer_builder_new(&peer));
    CHECK_OK(eaprs_peer_builder_identity(peer, octets(OUTSIDE), strlen(OUTSIDE)));
    CHECK_OK(eaprs_peer_builder_require_keys(peer));
    CHECK_OK(eaprs_peer_builder_fast(peer, peer_config));
    CHECK_OK(eaprs_authenticator_builder_new(&authenticator));
    CHECK_OK(eaprs_authenticator_builder_require_keys(authenticator));
    CHECK_OK(eaprs_authenticator_builder_fast(authenticator, server_config));
    both = pair_start(peer, authenticator);
    CHECK_OK(eaprs_session_set_unix_time(both.peer.session, date, both.now_ms));
    CHECK_OK(eaprs_session_set_unix_time(both.authenticator.session, date, both.now_ms));
    return both;
}

/* The settings are freed at once: sessions keep what they need. */
static pair start(const bench *bench, uint64_t date)
{
    eaprs_fast_peer_config *peer = fast_peer_config(fast_peer(bench));
    eaprs_fast_server_config *server = fast_server_config(fast_server(bench));
    pair both = start_with(peer, server, date);
    eaprs_fast_peer_config_free(peer);
    eaprs_fast_server_config_free(server);
    return both;
}

static void keep_pacs(bench *bench, const pair *both)
{
    if (both->pacs_len > 0) {
        memcpy(bench->pacs, both->pacs, both->pacs_len);
        bench->pacs_len = both->pacs_len;
    }
}

static void has_logged_in(const pair *both, uint32_t inner)
{
    const side *ends[2];
    ends[0] = &both->peer;
    ends[1] = &both->authenticator;
    CHECK(pair_ended(both, true));
    for (int i = 0; i < 2; i++) {
        CHECK(ends[i]->method == METHOD_FAST);
        CHECK(strcmp(ends[i]->identity, OUTSIDE) == 0);
        CHECK(ends[i]->inner == EAPRS_INNER_EAP && ends[i]->inner_method == inner);
        CHECK(strcmp(ends[i]->inner_identity, "alice") == 0);
        CHECK(ends[i]->msk_len == 64);
    }
    CHECK(memcmp(both->peer.msk, both->authenticator.msk, 64) == 0);
    CHECK(both->peer.tls_version == EAPRS_TLS_1_2);
    CHECK(both->peer.resumed == both->authenticator.resumed);
}

/* A login that succeeds; whether a PAC has opened the tunnel, and whether there is a new one. */
static void log_in(bench *bench, uint64_t date, bool by_pac, bool new_pac)
{
    pair both = start(bench, date);
    pair_run(&both);
    has_logged_in(&both, bench->inner);
    CHECK(both.peer.resumed == by_pac);
    CHECK((both.pacs_len > 0) == new_pac);
    keep_pacs(bench, &both);
    pair_free(&both);
}

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

/* ---- Mistakes ---- */

static void peer_says(eaprs_fast_peer_builder *builder, const char *setting)
{
    eaprs_fast_peer_config *config = NULL;
    size_t len = 0;
    const char *error;
    CHECK_STATUS(eaprs_fast_peer_builder_build(builder, &config), INVALID_CONFIG);
    CHECK(config == NULL);
    error = eaprs_fast_peer_builder_error(builder, &len);
    starts_with(error, len, setting);
}

static void server_says(eaprs_fast_server_builder *builder, const char *setting)
{
    eaprs_fast_server_config *config = NULL;
    size_t len = 0;
    const char *error;
    CHECK_STATUS(eaprs_fast_server_builder_build(builder, &config), INVALID_CONFIG);
    CHECK(config == NULL);
    error = eaprs_fast_server_builder_error(builder, &len);
    starts_with(error, len, setting);
}

/* What was wrong is set right, and the same builder builds, more than once. */
static void mistakes_of_a_peer(void)
{
    bench bench = new_bench(METHOD_GTC);
    eaprs_fast_peer_config *config = NULL;
    eaprs_fast_peer_builder *builder = fast_peer(&bench);
    eaprs_tls_peer_builder *tls = NULL;

    CHECK_OK(eaprs_fast_peer_builder_pacs(builder, octets("no PACs"), 7));
    peer_says(builder, "pacs: line 1: ");
    CHECK_OK(eaprs_fast_peer_builder_pacs(builder, NULL, 0));
    /* GTC would tell a stranger the password. */
    CHECK_OK(eaprs_fast_peer_builder_provisioning(builder, EAPRS_PROVISIONING_ANONYMOUS));
    peer_says(builder, "provisioning: given without mschapv2");
    CHECK_OK(eaprs_fast_peer_builder_provisioning(builder, EAPRS_PROVISIONING_AUTHENTICATED));
    CHECK_OK(eaprs_tls_peer_builder_new(&tls));
    CHECK_OK(eaprs_fast_peer_builder_tls(builder, tls));
    peer_says(builder, "ca: nothing to trust");
    CHECK_OK(eaprs_tls_peer_builder_ca(tls, ca.octets, ca.len));
    /* They were copied: this CA came too late. */
    peer_says(builder, "ca: nothing to trust");
    CHECK_OK(eaprs_fast_peer_builder_tls(builder, tls));
    eaprs_tls_peer_builder_free(tls);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(eaprs_fast_peer_builder_build(builder, &config));
        CHECK(eaprs_fast_peer_builder_error(builder, NULL) == NULL);
        eaprs_fast_peer_config_free(config);
    }
    CHECK_STATUS(eaprs_fast_peer_builder_provisioning(builder, 0), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_fast_peer_builder_provisioning(builder, 5), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_fast_peer_builder_gtc_form(builder, 0), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_fast_peer_builder_gtc_form(builder, 3), INVALID_ARGUMENT);
    eaprs_fast_peer_builder_free(builder);

    /* No PAC, no CA, and nobody else is allowed. */
    bench.certificates = false;
    builder = fast_peer(&bench);
    peer_says(builder, "ca: nothing to trust");
    eaprs_fast_peer_builder_free(builder);
    bench_free(&bench);
}

static void mistakes_of_a_server(void)
{
    bench bench = new_bench(METHOD_GTC);
    eaprs_fast_server_config *config = NULL;
    eaprs_fast_server_builder *builder = fast_server(&bench);
    eaprs_authenticator_config *inner = authenticator_config(authenticator_builder(METHOD_GTC));
    eaprs_tls_server_builder *tls = tls_server(NULL);

    CHECK_OK(eaprs_fast_server_builder_pac_lifetime(builder, 0));
    server_says(builder, "pac_lifetime: 0 given");
    CHECK_OK(eaprs_fast_server_builder_pac_lifetime(builder, UINT64_MAX));
    server_says(builder, "pac_lifetime: ");
    CHECK_OK(eaprs_fast_server_builder_pac_lifetime(builder, DAY));
    CHECK_OK(eaprs_fast_server_builder_pac_renewal(builder, UINT64_MAX));
    server_says(builder, "pac_renewal: ");
    CHECK_OK(eaprs_fast_server_builder_pac_renewal(builder, 60));
    CHECK_OK(eaprs_fast_server_builder_provisioning(builder, EAPRS_PROVISIONING_BOTH));
    server_says(builder, "provisioning: given without mschapv2");
    CHECK_OK(eaprs_fast_server_builder_provisioning(builder, EAPRS_PROVISIONING_OFF));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(eaprs_fast_server_builder_build(builder, &config));
        eaprs_fast_server_config_free(config);
    }
    CHECK_STATUS(eaprs_fast_server_builder_provisioning(builder, 0), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_fast_server_builder_gtc_form(builder, 3), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_fast_server_builder_authority_name(builder, octets("\xff"), 1),
                 INVALID_ARGUMENT);
    for (int i = 0; i < 8; i++) {
        CHECK_OK(eaprs_fast_server_builder_then(builder, inner));
    }
    server_says(builder, "then: 9 given");
    eaprs_fast_server_builder_free(builder);

    CHECK_OK(eaprs_fast_server_builder_new(tls, inner, NULL, 0, &builder));
    server_says(builder, "authority: 0 given");
    eaprs_fast_server_builder_free(builder);
    CHECK_OK(eaprs_fast_server_builder_new(tls, inner, AUTHORITY, 16, &builder));
    CHECK_OK(eaprs_fast_server_builder_provisioning(builder, EAPRS_PROVISIONING_AUTHENTICATED));
    server_says(builder, "provisioning: given without pac_keys");
    eaprs_fast_server_builder_free(builder);
    eaprs_tls_server_builder_free(tls);
    eaprs_authenticator_config_free(inner);
    bench_free(&bench);
}

/* A tunnel inside a tunnel. */
static void refused_inside(void)
{
    bench bench = new_bench(METHOD_GTC);
    eaprs_fast_peer_config *settings = fast_peer_config(fast_peer(&bench));
    eaprs_fast_peer_builder *builder = NULL;
    eaprs_peer_builder *peer = NULL;
    eaprs_peer_config *config;

    CHECK_OK(eaprs_peer_builder_new(&peer));
    CHECK_OK(eaprs_peer_builder_fast(peer, settings));
    eaprs_fast_peer_config_free(settings);
    config = peer_config(peer);
    CHECK_OK(eaprs_fast_peer_builder_new(config, &builder));
    peer_says(builder, "methods: EAP-FAST inside a tunnel");
    eaprs_fast_peer_builder_free(builder);
    eaprs_peer_config_free(config);
    bench_free(&bench);
}

/* ---- NULL, in every build ---- */

static void null_for_keys(void)
{
    uint8_t key[EAPRS_PAC_KEY_LEN] = {0};
    eaprs_pac_keys *keys = NULL;
    const size_t wrong = SIZE_MAX / EAPRS_PAC_KEY_LEN + 1;

    CHECK_NULL(eaprs_pac_keys_new(key, 1, NULL));
    CHECK_NULL(eaprs_pac_keys_new(NULL, 1, &keys));
    CHECK_STATUS(eaprs_pac_keys_new(key, 0, &keys), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_pac_keys_new(key, wrong, &keys), INVALID_ARGUMENT);
    CHECK(keys == NULL);
    CHECK_OK(eaprs_pac_keys_new(key, 1, &keys));
    CHECK_NULL(eaprs_pac_keys_replace(NULL, key, 1));
    CHECK_NULL(eaprs_pac_keys_replace(keys, NULL, 1));
    CHECK_STATUS(eaprs_pac_keys_replace(keys, key, 0), INVALID_ARGUMENT);
    CHECK_OK(eaprs_pac_keys_replace(keys, key, 1));
    eaprs_pac_keys_free(keys);
}

static void null_for_a_peer(void)
{
    eaprs_peer_config *inner = peer_config(peer_builder("alice", "secret", METHOD_GTC));
    eaprs_fast_peer_builder *builder = NULL;
    eaprs_fast_peer_config *config = NULL;
    eaprs_tls_peer_builder *tls = NULL;
    eaprs_peer_builder *peer = NULL;
    size_t len = 99;

    CHECK_NULL(eaprs_fast_peer_builder_new(NULL, &builder));
    CHECK_NULL(eaprs_fast_peer_builder_new(inner, NULL));
    CHECK(builder == NULL);
    CHECK_OK(eaprs_fast_peer_builder_new(inner, &builder));
    CHECK_OK(eaprs_tls_peer_builder_new(&tls));
    CHECK_NULL(eaprs_fast_peer_builder_tls(NULL, tls));
    CHECK_NULL(eaprs_fast_peer_builder_tls(builder, NULL));
    CHECK_NULL(eaprs_fast_peer_builder_pacs(NULL, octets("x"), 1));
    CHECK_NULL(eaprs_fast_peer_builder_pacs(builder, NULL, 1));
    CHECK_NULL(eaprs_fast_peer_builder_provisioning(NULL, EAPRS_PROVISIONING_OFF));
    CHECK_NULL(eaprs_fast_peer_builder_gtc_form(NULL, EAPRS_GTC_FORM_PLAIN));
    CHECK_NULL(eaprs_fast_peer_builder_allow_no_inner_method(NULL));
    CHECK_NULL(eaprs_fast_peer_builder_build(NULL, &config));
    CHECK(eaprs_fast_peer_builder_error(NULL, &len) == NULL && len == 0);
    CHECK_OK(eaprs_peer_builder_new(&peer));
    CHECK_NULL(eaprs_peer_builder_fast(peer, NULL));
    CHECK_NULL(eaprs_peer_builder_fast(NULL, NULL));
    CHECK_OK(eaprs_fast_peer_builder_tls(builder, tls));
    eaprs_peer_builder_free(peer);
    eaprs_tls_peer_builder_free(tls);
    eaprs_fast_peer_builder_free(builder);
    eaprs_peer_config_free(inner);
}

static void null_for_a_server(void)
{
    eaprs_authenticator_config *inner = authenticator_config(authenticator_builder(METHOD_GTC));
    eaprs_tls_server_builder *tls = tls_server(NULL);
    eaprs_fast_server_builder *builder = NULL;
    eaprs_fast_server_config *config = NULL;
    eaprs_authenticator_builder *authenticator = NULL;
    eaprs_pac_keys *keys = new_keys(1);
    size_t len = 99;

    CHECK_NULL(eaprs_fast_server_builder_new(NULL, inner, AUTHORITY, 16, &builder));
    CHECK_NULL(eaprs_fast_server_builder_new(tls, NULL, AUTHORITY, 16, &builder));
    CHECK_NULL(eaprs_fast_server_builder_new(tls, inner, NULL, 16, &builder));
    CHECK_NULL(eaprs_fast_server_builder_new(tls, inner, AUTHORITY, 16, NULL));
    CHECK(builder == NULL);
    CHECK_OK(eaprs_fast_server_builder_new(tls, inner, AUTHORITY, 16, &builder));
    CHECK_NULL(eaprs_fast_server_builder_then(NULL, inner));
    CHECK_NULL(eaprs_fast_server_builder_then(builder, NULL));
    CHECK_NULL(eaprs_fast_server_builder_authority_name(NULL, octets("x"), 1));
    CHECK_NULL(eaprs_fast_server_builder_authority_name(builder, NULL, 1));
    CHECK_NULL(eaprs_fast_server_builder_pac_keys(NULL, keys));
    CHECK_NULL(eaprs_fast_server_builder_pac_keys(builder, NULL));
    CHECK_NULL(eaprs_fast_server_builder_pac_lifetime(NULL, 1));
    CHECK_NULL(eaprs_fast_server_builder_pac_renewal(NULL, 1));
    CHECK_NULL(eaprs_fast_server_builder_provisioning(NULL, EAPRS_PROVISIONING_OFF));
    CHECK_NULL(eaprs_fast_server_builder_gtc_form(NULL, EAPRS_GTC_FORM_PLAIN));
    CHECK_NULL(eaprs_fast_server_builder_build(NULL, &config));
    CHECK(eaprs_fast_server_builder_error(NULL, &len) == NULL && len == 0);
    CHECK_OK(eaprs_authenticator_builder_new(&authenticator));
    CHECK_NULL(eaprs_authenticator_builder_fast(authenticator, NULL));
    CHECK_NULL(eaprs_authenticator_builder_fast(NULL, NULL));
    eaprs_authenticator_builder_free(authenticator);
    eaprs_pac_keys_free(keys);
    eaprs_fast_server_builder_free(builder);
    eaprs_tls_server_builder_free(tls);
    eaprs_authenticator_config_free(inner);
}

static void nothing_to_free(void)
{
    size_t len = 99;
    for (int twice = 0; twice < 2; twice++) {
        eaprs_fast_peer_builder_free(NULL);
        eaprs_fast_peer_config_free(NULL);
        eaprs_fast_server_builder_free(NULL);
        eaprs_fast_server_config_free(NULL);
        eaprs_pac_keys_free(NULL);
    }
    CHECK(eaprs_session_pac_file(NULL, &len) == NULL && len == 0);
    CHECK(eaprs_session_pac_file(NULL, NULL) == NULL);
}

/* A library without EAP-FAST takes every setting, and says why nothing comes of them. */
static void a_build_without_it_says_so(void)
{
    static const char said[] = "methods: EAP-FAST is not in this build: feature `fast`";
    bench bench = new_bench(METHOD_GTC);
    eaprs_fast_peer_builder *peer = fast_peer(&bench);
    eaprs_fast_server_builder *server = fast_server(&bench);
    peer_says(peer, said);
    server_says(server, said);
    eaprs_fast_peer_builder_free(peer);
    eaprs_fast_server_builder_free(server);
    bench_free(&bench);
}

int main(void)
{
    read_certificates();
    nothing_to_free();
    null_for_keys();
    null_for_a_peer();
    null_for_a_server();
    if (!is_there()) {
        a_build_without_it_says_so();
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
    mistakes_of_a_peer();
    mistakes_of_a_server();
    refused_inside();
    return 0;
}
