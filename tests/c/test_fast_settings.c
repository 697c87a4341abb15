/* EAP-FAST: settings, in a build that has it and in one that has not. */

#include "fast_bench.h"

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
    mistakes_of_a_peer();
    mistakes_of_a_server();
    refused_inside();
    return 0;
}
