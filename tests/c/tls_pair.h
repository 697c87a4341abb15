/* EAP-TLS between the two sides of a pair, with certificates that certificates.sh has made. */

#ifndef TLS_PAIR_H
#define TLS_PAIR_H

#include "pair.h"

#include <time.h>

typedef struct {
    uint8_t octets[8192];
    size_t len;
} file;

static file ca, ca_der, other_ca, server_certificate, server_der, server_key, client,
    client_certificate, client_encrypted_key, fingerprint, crl;

static inline file read_file(const char *path)
{
    file contents;
    FILE *stream = fopen(path, "rb");
    CHECK(stream != NULL);
    contents.len = fread(contents.octets, 1, sizeof contents.octets, stream);
    CHECK(contents.len > 0 && contents.len < sizeof contents.octets);
    fclose(stream);
    return contents;
}

static inline void read_certificates(void)
{
    ca = read_file(CERTS "ca.pem");
    ca_der = read_file(CERTS "ca.der");
    other_ca = read_file(CERTS "other-ca.pem");
    server_certificate = read_file(CERTS "server.pem");
    server_der = read_file(CERTS "server.der");
    server_key = read_file(CERTS "server.key");
    client = read_file(CERTS "client-both.pem");
    client_certificate = read_file(CERTS "client.pem");
    client_encrypted_key = read_file(CERTS "client-encrypted.key");
    fingerprint = read_file(CERTS "server.sha256");
    crl = read_file(CERTS "ca.crl");
}

static inline uint64_t today(void)
{
    return (uint64_t)time(NULL);
}

/* All that a phone has: the CA, and its certificate with the key. */
static inline eaprs_tls_peer_builder *tls_peer(const file *authority)
{
    eaprs_tls_peer_builder *builder = NULL;
    CHECK_OK(eaprs_tls_peer_builder_new(&builder));
    CHECK_OK(eaprs_tls_peer_builder_certificate(builder, client.octets, client.len, client.octets,
                                                client.len));
    if (authority != NULL) {
        CHECK_OK(eaprs_tls_peer_builder_ca(builder, authority->octets, authority->len));
    }
    return builder;
}

static inline eaprs_tls_server_builder *tls_server(const file *authority)
{
    eaprs_tls_server_builder *builder = NULL;
    CHECK_OK(eaprs_tls_server_builder_new(server_certificate.octets, server_certificate.len,
                                          server_key.octets, server_key.len, &builder));
    if (authority != NULL) {
        CHECK_OK(eaprs_tls_server_builder_client_ca(builder, authority->octets, authority->len));
    }
    return builder;
}

/* Builds, and frees the builder. */
static inline eaprs_tls_peer_config *tls_peer_config(eaprs_tls_peer_builder *builder)
{
    eaprs_tls_peer_config *config = NULL;
    CHECK_OK(eaprs_tls_peer_builder_build(builder, &config));
    eaprs_tls_peer_builder_free(builder);
    return config;
}

/* Builds, and frees the builder. */
static inline eaprs_tls_server_config *tls_server_config(eaprs_tls_server_builder *builder)
{
    eaprs_tls_server_config *config = NULL;
    CHECK_OK(eaprs_tls_server_builder_build(builder, &config));
    eaprs_tls_server_builder_free(builder);
    return config;
}

/* A login of this identity; each side is told a date, 0 for none. */
static inline pair tls_start(const char *identity, const eaprs_tls_peer_config *peer_config,
                             uint64_t peer_date, const eaprs_tls_server_config *server_config,
                             uint64_t server_date)
{
    eaprs_peer_builder *peer = NULL;
    eaprs_authenticator_builder *authenticator = NULL;
    pair both;

    CHECK_OK(eaprs_peer_builder_new(&peer));
    CHECK_OK(eaprs_peer_builder_identity(peer, octets(identity), strlen(identity)));
    CHECK_OK(eaprs_peer_builder_require_keys(peer));
    CHECK_OK(eaprs_peer_builder_tls(peer, peer_config));
    CHECK_OK(eaprs_authenticator_builder_new(&authenticator));
    CHECK_OK(eaprs_authenticator_builder_tls(authenticator, server_config));

    both = pair_start(peer, authenticator);
    if (peer_date != 0) {
        CHECK_OK(eaprs_session_set_unix_time(both.peer.session, peer_date, both.now_ms));
    }
    if (server_date != 0) {
        CHECK_OK(eaprs_session_set_unix_time(both.authenticator.session, server_date, both.now_ms));
    }
    return both;
}

/* An error that starts with the setting it is about. */
static inline void starts_with(const char *error, size_t len, const char *setting)
{
    if (error == NULL || strncmp(error, setting, strlen(setting)) != 0) {
        fprintf(stderr, "expected: %s\nsaid:     %s\n", setting, error != NULL ? error : "nothing");
        exit(1);
    }
    CHECK(len == strlen(error));
}

/* The build is refused, and the text starts with the setting. */
static inline void peer_refused(eaprs_tls_peer_builder *builder, const char *setting)
{
    eaprs_tls_peer_config *config = NULL;
    size_t len = 0;
    const char *error;

    CHECK_STATUS(eaprs_tls_peer_builder_build(builder, &config), INVALID_CONFIG);
    CHECK(config == NULL);
    error = eaprs_tls_peer_builder_error(builder, &len);
    starts_with(error, len, setting);
    eaprs_tls_peer_builder_free(builder);
}

static inline void server_refused(eaprs_tls_server_builder *builder, const char *setting)
{
    eaprs_tls_server_config *config = NULL;
    size_t len = 0;
    const char *error;

    CHECK_STATUS(eaprs_tls_server_builder_build(builder, &config), INVALID_CONFIG);
    CHECK(config == NULL);
    error = eaprs_tls_server_builder_error(builder, &len);
    starts_with(error, len, setting);
    eaprs_tls_server_builder_free(builder);
}

#endif
