/* EAP-FAST between the two sides of a pair: what both are told, and the PACs the peer keeps. */

#ifndef FAST_BENCH_H
#define FAST_BENCH_H

#include "tls_pair.h"

#define OUTSIDE "anonymous@example.org"
#define DAY 86400u

static const uint8_t AUTHORITY[16] = {'t', 'h', 'e', ' ', 'A', '-', 'I', 'D'};

static const uint32_t INNER[2] = {METHOD_MSCHAPV2, METHOD_GTC};

static inline bool is_there(void)
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

static inline eaprs_pac_keys *new_keys(uint8_t first)
{
    uint8_t key[EAPRS_PAC_KEY_LEN];
    eaprs_pac_keys *keys = NULL;
    memset(key, first, sizeof key);
    CHECK_OK(eaprs_pac_keys_new(key, 1, &keys));
    return keys;
}

static inline bench new_bench(uint32_t inner)
{
    bench new_one;
    memset(&new_one, 0, sizeof new_one);
    new_one.inner = inner;
    new_one.certificates = true;
    new_one.password = "secret";
    new_one.keys = new_keys(1);
    return new_one;
}

static inline bench anonymous_bench(void)
{
    bench new_one = new_bench(METHOD_MSCHAPV2);
    new_one.policy = EAPRS_PROVISIONING_ANONYMOUS;
    new_one.certificates = false;
    return new_one;
}

static inline void bench_free(bench *bench)
{
    eaprs_pac_keys_free(bench->keys);
}

static inline eaprs_fast_peer_builder *fast_peer(const bench *bench)
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

static inline eaprs_fast_server_builder *fast_server(const bench *bench)
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
static inline eaprs_fast_peer_config *fast_peer_config(eaprs_fast_peer_builder *builder)
{
    eaprs_fast_peer_config *config = NULL;
    CHECK_OK(eaprs_fast_peer_builder_build(builder, &config));
    CHECK(eaprs_fast_peer_builder_error(builder, NULL) == NULL);
    eaprs_fast_peer_builder_free(builder);
    return config;
}

/* Builds, and frees the builder. */
static inline eaprs_fast_server_config *fast_server_config(eaprs_fast_server_builder *builder)
{
    eaprs_fast_server_config *config = NULL;
    CHECK_OK(eaprs_fast_server_builder_build(builder, &config));
    CHECK(eaprs_fast_server_builder_error(builder, NULL) == NULL);
    eaprs_fast_server_builder_free(builder);
    return config;
}

static inline pair start_with(const eaprs_fast_peer_config *peer_config,
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
static inline pair start(const bench *bench, uint64_t date)
{
    eaprs_fast_peer_config *peer = fast_peer_config(fast_peer(bench));
    eaprs_fast_server_config *server = fast_server_config(fast_server(bench));
    pair both = start_with(peer, server, date);
    eaprs_fast_peer_config_free(peer);
    eaprs_fast_server_config_free(server);
    return both;
}

static inline void keep_pacs(bench *bench, const pair *both)
{
    if (both->pacs_len > 0) {
        memcpy(bench->pacs, both->pacs, both->pacs_len);
        bench->pacs_len = both->pacs_len;
    }
}

static inline void has_logged_in(const pair *both, uint32_t inner)
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
static inline void log_in(bench *bench, uint64_t date, bool by_pac, bool new_pac)
{
    pair both = start(bench, date);
    pair_run(&both);
    has_logged_in(&both, bench->inner);
    CHECK(both.peer.resumed == by_pac);
    CHECK((both.pacs_len > 0) == new_pac);
    keep_pacs(bench, &both);
    pair_free(&both);
}

#endif
