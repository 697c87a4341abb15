/* As test_null.c, for the functions of TLS. */

#include "check.h"

static void nothing_to_free(void)
{
    for (int twice = 0; twice < 2; twice++) {
        eaprs_tls_peer_builder_free(NULL);
        eaprs_tls_peer_config_free(NULL);
        eaprs_tls_server_builder_free(NULL);
        eaprs_tls_server_config_free(NULL);
        eaprs_ticket_keys_free(NULL);
    }
}

/* NULL for each handle in turn; NULL with a length. */
static void tunnels_of_a_peer(eaprs_peer_builder *builder, const eaprs_tls_peer_config *tls)
{
    const uint32_t pap = EAPRS_INNER_PAP, binding = EAPRS_CRYPTO_BINDING_IF_OFFERED;
    eaprs_peer_config *inner = peer_config(peer_builder("alice", NULL, METHOD_GTC));

    CHECK_NULL(eaprs_peer_builder_peap(NULL, tls, inner, 0, binding, 0));
    CHECK_NULL(eaprs_peer_builder_peap(builder, NULL, inner, 0, binding, 0));
    CHECK_NULL(eaprs_peer_builder_peap(builder, tls, NULL, 0, binding, 0));
    CHECK_NULL(eaprs_peer_builder_ttls_eap(NULL, tls, inner));
    CHECK_NULL(eaprs_peer_builder_ttls_eap(builder, NULL, inner));
    CHECK_NULL(eaprs_peer_builder_ttls_eap(builder, tls, NULL));
    CHECK_NULL(eaprs_peer_builder_ttls(NULL, tls, pap, NULL, 0, NULL, 0));
    CHECK_NULL(eaprs_peer_builder_ttls(builder, NULL, pap, NULL, 0, NULL, 0));
    CHECK_NULL(eaprs_peer_builder_ttls(builder, tls, pap, NULL, 1, NULL, 0));
    CHECK_NULL(eaprs_peer_builder_ttls(builder, tls, pap, NULL, 0, NULL, 1));
    CHECK_NULL(eaprs_peer_builder_ttls_nt_hash(NULL, tls, EAPRS_INNER_MS_CHAP, NULL, 0,
                                               octets("0123456789abcdef"), 16));
    CHECK_NULL(eaprs_peer_builder_ttls_nt_hash(builder, NULL, EAPRS_INNER_MS_CHAP, NULL, 0,
                                               octets("0123456789abcdef"), 16));
    CHECK_NULL(eaprs_peer_builder_ttls_nt_hash(builder, tls, EAPRS_INNER_MS_CHAP, NULL, 1,
                                               octets("0123456789abcdef"), 16));
    CHECK_NULL(eaprs_peer_builder_ttls_nt_hash(builder, tls, EAPRS_INNER_MS_CHAP, NULL, 0, NULL,
                                               16));
    eaprs_peer_config_free(inner);
    /* What was refused has left no trace. */
    CHECK_OK(eaprs_peer_builder_build(builder, &inner));
    eaprs_peer_config_free(inner);
}

static void tunnels_of_an_authenticator(eaprs_authenticator_builder *builder)
{
    const uint32_t binding = EAPRS_CRYPTO_BINDING_IF_OFFERED;
    eaprs_authenticator_config *inner = authenticator_config(authenticator_builder(METHOD_GTC));

    CHECK_NULL(eaprs_authenticator_builder_peap(builder, NULL, inner, 0, binding));
    CHECK_NULL(eaprs_authenticator_builder_ttls(builder, NULL, inner, EAPRS_INNER_PAP));
    eaprs_authenticator_config_free(inner);
    CHECK_OK(eaprs_authenticator_builder_build(builder, &inner));
    eaprs_authenticator_config_free(inner);
}

static void the_tls_peer_builder(void)
{
    int anything = 0;
    eaprs_tls_peer_config *untouched = (eaprs_tls_peer_config *)&anything, *config = untouched;
    eaprs_tls_peer_builder *builder = NULL;
    eaprs_peer_builder *peer = peer_builder("alice", NULL, METHOD_MD5);
    const uint8_t fingerprint[32] = {0};
    size_t len = 99;

    CHECK_NULL(eaprs_tls_peer_builder_new(NULL));
    CHECK_OK(eaprs_tls_peer_builder_new(&builder));
    CHECK_NULL(eaprs_tls_peer_builder_ca(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_tls_peer_builder_ca(builder, NULL, 1));
    CHECK_NULL(eaprs_tls_peer_builder_certificate(NULL, octets("a"), 1, octets("a"), 1));
    CHECK_NULL(eaprs_tls_peer_builder_certificate(builder, NULL, 1, octets("a"), 1));
    CHECK_NULL(eaprs_tls_peer_builder_certificate(builder, octets("a"), 1, NULL, 1));
    CHECK_NULL(eaprs_tls_peer_builder_key_password(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_tls_peer_builder_key_password(builder, NULL, 1));
    CHECK_NULL(eaprs_tls_peer_builder_server_name(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_tls_peer_builder_server_name(builder, NULL, 1));
    CHECK_NULL(eaprs_tls_peer_builder_server_name_suffix(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_tls_peer_builder_server_name_suffix(builder, NULL, 1));
    CHECK_NULL(eaprs_tls_peer_builder_pin_sha256(NULL, fingerprint));
    CHECK_NULL(eaprs_tls_peer_builder_pin_sha256(builder, NULL));
    CHECK_NULL(eaprs_tls_peer_builder_crl(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_tls_peer_builder_crl(builder, NULL, 1));
    CHECK_NULL(eaprs_tls_peer_builder_clock_policy(NULL, EAPRS_CLOCK_POLICY_STRICT));
    CHECK_NULL(eaprs_tls_peer_builder_allow_legacy_signatures(NULL));
    CHECK_NULL(eaprs_tls_peer_builder_ask_host(NULL));
    CHECK_NULL(eaprs_tls_peer_builder_insecure_no_server_authentication(NULL));
    CHECK_NULL(eaprs_tls_peer_builder_resumption(NULL, true));
    CHECK_NULL(eaprs_tls_peer_builder_require_indication_on_resumption(NULL));
    CHECK_NULL(eaprs_tls_peer_builder_min_version(NULL, EAPRS_TLS_1_2));
    CHECK_NULL(eaprs_tls_peer_builder_max_version(NULL, EAPRS_TLS_1_2));
    CHECK_NULL(eaprs_tls_peer_builder_fragment_size(NULL, 100));
    CHECK_NULL(eaprs_tls_peer_builder_max_message(NULL, 65536));
    CHECK_NULL(eaprs_tls_peer_builder_build(NULL, &config));
    CHECK(config == untouched);
    CHECK(eaprs_tls_peer_builder_error(NULL, &len) == NULL && len == 0);
    CHECK(eaprs_tls_peer_builder_error(builder, NULL) == NULL);
    CHECK_NULL(eaprs_peer_builder_tls(peer, NULL));
    /* What was refused has left no trace: a pin is enough to build. */
    CHECK_OK(eaprs_tls_peer_builder_pin_sha256(builder, fingerprint));
    CHECK_NULL(eaprs_tls_peer_builder_build(builder, NULL));
    CHECK_OK(eaprs_tls_peer_builder_build(builder, &config));
    CHECK_NULL(eaprs_peer_builder_tls(NULL, config));
    tunnels_of_a_peer(peer, config);
    eaprs_tls_peer_config_free(config);
    eaprs_tls_peer_builder_free(builder);
    eaprs_peer_builder_free(peer);
}

static void the_tls_server_builder(void)
{
    int anything = 0;
    eaprs_tls_server_config *untouched = (eaprs_tls_server_config *)&anything;
    eaprs_tls_server_config *config = untouched;
    eaprs_tls_server_builder *builder = (eaprs_tls_server_builder *)&anything;
    eaprs_authenticator_builder *authenticator = authenticator_builder(METHOD_MD5);
    const uint8_t key[EAPRS_TICKET_KEY_LEN] = {0};
    eaprs_ticket_keys *keys = NULL;
    size_t len = 99;

    CHECK_OK(eaprs_ticket_keys_new(key, 1, &keys));
    CHECK_NULL(eaprs_tls_server_builder_new(NULL, 1, octets("a"), 1, &builder));
    CHECK_NULL(eaprs_tls_server_builder_new(octets("a"), 1, NULL, 1, &builder));
    CHECK(builder == (eaprs_tls_server_builder *)&anything);
    CHECK_NULL(eaprs_tls_server_builder_new(octets("a"), 1, octets("a"), 1, NULL));
    CHECK_OK(eaprs_tls_server_builder_new(octets("a"), 1, octets("a"), 1, &builder));
    CHECK_NULL(eaprs_tls_server_builder_key_password(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_tls_server_builder_key_password(builder, NULL, 1));
    CHECK_NULL(eaprs_tls_server_builder_client_ca(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_tls_server_builder_client_name(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_tls_server_builder_client_name(builder, NULL, 1));
    CHECK_NULL(eaprs_tls_server_builder_client_name_suffix(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_tls_server_builder_client_name_suffix(builder, NULL, 1));
    CHECK_NULL(eaprs_tls_server_builder_client_pin_sha256(NULL, key));
    CHECK_NULL(eaprs_tls_server_builder_client_pin_sha256(builder, NULL));
    CHECK_NULL(eaprs_tls_server_builder_allow_legacy_signatures(NULL));
    CHECK_NULL(eaprs_tls_server_builder_max_message(NULL, 65536));
    CHECK_NULL(eaprs_tls_server_builder_client_ca(builder, NULL, 1));
    CHECK_NULL(eaprs_tls_server_builder_client_optional(NULL));
    CHECK_NULL(eaprs_tls_server_builder_client_crl(NULL, octets("a"), 1));
    CHECK_NULL(eaprs_tls_server_builder_client_crl(builder, NULL, 1));
    CHECK_NULL(eaprs_tls_server_builder_clock_policy(NULL, EAPRS_CLOCK_POLICY_STRICT));
    CHECK_NULL(eaprs_tls_server_builder_min_version(NULL, EAPRS_TLS_1_2));
    CHECK_NULL(eaprs_tls_server_builder_max_version(NULL, EAPRS_TLS_1_2));
    CHECK_NULL(eaprs_tls_server_builder_fragment_size(NULL, 100));
    CHECK_NULL(eaprs_tls_server_builder_ask_host(NULL));
    CHECK_NULL(eaprs_tls_server_builder_resumption(NULL, 3600, 0));
    CHECK_NULL(eaprs_tls_server_builder_ticket_keys(NULL, keys));
    CHECK_NULL(eaprs_tls_server_builder_ticket_keys(builder, NULL));
    CHECK_NULL(eaprs_tls_server_builder_build(NULL, &config));
    CHECK(config == untouched);
    CHECK(eaprs_tls_server_builder_error(NULL, &len) == NULL && len == 0);
    CHECK(eaprs_tls_server_builder_error(builder, NULL) == NULL);
    CHECK_NULL(eaprs_authenticator_builder_tls(authenticator, NULL));
    tunnels_of_an_authenticator(authenticator);
    eaprs_ticket_keys_free(keys);
    eaprs_tls_server_builder_free(builder);
    eaprs_authenticator_builder_free(authenticator);
}

static void ticket_keys(void)
{
    int anything = 0;
    eaprs_ticket_keys *untouched = (eaprs_ticket_keys *)&anything, *keys = untouched;
    const uint8_t octets[17 * EAPRS_TICKET_KEY_LEN] = {0};
    const size_t wrong = SIZE_MAX / EAPRS_TICKET_KEY_LEN;

    CHECK_NULL(eaprs_ticket_keys_new(NULL, 1, &keys));
    CHECK_STATUS(eaprs_ticket_keys_new(NULL, 0, &keys), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_ticket_keys_new(octets, 0, &keys), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_ticket_keys_new(octets, 17, &keys), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_ticket_keys_new(octets, wrong, &keys), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_ticket_keys_new(octets, wrong + 2, &keys), INVALID_ARGUMENT);
    CHECK(keys == untouched);
    CHECK_NULL(eaprs_ticket_keys_new(octets, 16, NULL));
    CHECK_OK(eaprs_ticket_keys_new(octets, 16, &keys));
    CHECK_NULL(eaprs_ticket_keys_replace(NULL, octets, 1));
    CHECK_NULL(eaprs_ticket_keys_replace(keys, NULL, 1));
    CHECK_STATUS(eaprs_ticket_keys_replace(keys, octets, 0), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_ticket_keys_replace(keys, octets, 17), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_ticket_keys_replace(keys, octets, wrong), INVALID_ARGUMENT);
    CHECK_OK(eaprs_ticket_keys_replace(keys, octets, 1));
    eaprs_ticket_keys_free(keys);
}

static void accessors(void)
{
    eaprs_session *session = peer_session(peer_builder("alice", NULL, METHOD_MD5));
    const eaprs_session *const nothing_to_say[2] = {NULL, session};

    for (int i = 0; i < 2; i++) {
        const eaprs_session *s = nothing_to_say[i];
        uint32_t vendor;
        size_t len = 99;
        CHECK(eaprs_session_tls_suite(s, &len) == NULL && len == 0);
        CHECK(eaprs_session_tls_suite(s, NULL) == NULL);
        len = 99;
        CHECK(eaprs_session_peer_certificate_subject(s, &len) == NULL && len == 0);
        CHECK(eaprs_session_peer_certificate_subject(s, NULL) == NULL);
        len = 99;
        CHECK(eaprs_session_peer_certificate_sha256(s, &len) == NULL && len == 0);
        CHECK(eaprs_session_peer_certificate_sha256(s, NULL) == NULL);
        len = 99;
        CHECK(eaprs_session_peer_certificate_der(s, 0, &len) == NULL && len == 0);
        CHECK(eaprs_session_peer_certificate_der(s, SIZE_MAX, NULL) == NULL);
        CHECK(eaprs_session_peer_certificate_count(s) == 0);
        len = 99;
        CHECK(eaprs_session_outer_identity(s, &len) == NULL && len == 0);
        CHECK(eaprs_session_outer_identity(s, NULL) == NULL);
        len = 99;
        CHECK(eaprs_session_inner_identity(s, &len) == NULL && len == 0);
        CHECK(eaprs_session_inner_identity(s, NULL) == NULL);
        len = 99;
        CHECK(eaprs_session_inner_name(s, &len) == NULL && len == 0);
        CHECK(eaprs_session_inner_name(s, NULL) == NULL);
        vendor = 99;
        CHECK(eaprs_session_inner_method(s, &vendor) == 0 && vendor == 0);
        CHECK(eaprs_session_inner_method(s, NULL) == 0);
        CHECK(eaprs_session_inner(s) == EAPRS_INNER_NONE);
        CHECK(eaprs_session_tunnel_method(s) == 0);
        CHECK(eaprs_session_tls_version(s) == 0);
        CHECK(!eaprs_session_tls_resumed(s));
        CHECK(eaprs_session_tls_alert(s) == -1);
        CHECK(eaprs_session_certificate_refusal(s) == EAPRS_CERTIFICATE_REFUSAL_NONE);
    }
    eaprs_session_free(session);
}

int main(void)
{
    nothing_to_free();
    the_tls_peer_builder();
    the_tls_server_builder();
    ticket_keys();
    accessors();
    return 0;
}
