/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "authenticator_methods.h"

#include "file.h"
#include "stations.h"

#include <errno.h>
#include <string.h>

#define FILE_MAX (64 * 1024)

/* What peers show their users of us, with a PAC. */
static const char authority_name[] = "authenticator";

/* IANA's EAP method Types: what PEAP, EAP-TTLS and EAP-FAST offer inside. */
enum { GTC = 6, MSCHAPV2 = 26 };

/* What a method with TLS is offered with: the one or, in EAP-FAST, the other. */
struct tls {
    eaprs_tls_server_config *config;
    eaprs_fast_server_config *fast;
};

static bool read_file(struct file *file, const char *path)
{
    if (file_read(file, path, FILE_MAX))
        return true;
    complain("%s: %s", path, strerror(errno));
    return false;
}

static void complain_about(eaprs_status status, const char *error)
{
    complain("%s", error != NULL ? error : eaprs_strerror(status));
}

/* The certificates of stations: EAP-TLS needs one, a tunnel goes without. */
static eaprs_status accept_stations(eaprs_tls_server_builder *builder,
                                    const struct authenticator_options *options,
                                    const struct file *ca)
{
    if (options->ca == NULL)
        return EAPRS_STATUS_OK;
    eaprs_status status =
        eaprs_tls_server_builder_client_ca(builder, (const uint8_t *)ca->octets, ca->len);
    if (status == EAPRS_STATUS_OK && options->method != METHOD_TLS)
        status = eaprs_tls_server_builder_client_optional(builder);
    return status;
}

static eaprs_status set_token_prompt(eaprs_authenticator_builder *builder,
                                     const struct authenticator_options *options)
{
    const char *text = options->token_prompt;
    return eaprs_authenticator_builder_token_prompt(builder, (const uint8_t *)text, strlen(text));
}

/* What is offered inside a tunnel. */
static eaprs_status configure_inside(const struct authenticator_options *options,
                                     eaprs_authenticator_config **config)
{
    eaprs_authenticator_builder *builder = NULL;
    eaprs_status status = eaprs_authenticator_builder_new(&builder);
    if (status == EAPRS_STATUS_OK)
        status = eaprs_authenticator_builder_method(builder, MSCHAPV2);
    if (status == EAPRS_STATUS_OK)
        status = eaprs_authenticator_builder_method(builder, GTC);
    if (status == EAPRS_STATUS_OK)
        status = set_token_prompt(builder, options);
    if (status == EAPRS_STATUS_OK)
        status = eaprs_authenticator_builder_build(builder, config);
    eaprs_authenticator_builder_free(builder);
    return status;
}

/* NULL after a complaint. */
static eaprs_pac_keys *read_pac_keys(const char *path)
{
    eaprs_pac_keys *keys = NULL;
    struct file file = {NULL, 0};
    if (read_file(&file, path)) {
        size_t count = file.len / EAPRS_PAC_KEY_LEN;
        if (file.len % EAPRS_PAC_KEY_LEN != 0 ||
            eaprs_pac_keys_new((const uint8_t *)file.octets, count, &keys) != EAPRS_STATUS_OK)
            complain("%s: %zu octets, 1 to 16 keys of %d octets accepted", path, file.len,
                     EAPRS_PAC_KEY_LEN);
    }
    file_wipe(&file);
    return keys;
}

/* Without PACs, the certificate opens every tunnel. */
static eaprs_status issue_pacs(eaprs_fast_server_builder *builder,
                               const struct authenticator_options *options,
                               const eaprs_pac_keys *keys)
{
    eaprs_status status = EAPRS_STATUS_OK;
    if (keys != NULL)
        status = eaprs_fast_server_builder_pac_keys(builder, keys);
    if (status == EAPRS_STATUS_OK)
        status = eaprs_fast_server_builder_pac_lifetime(builder, options->pac_lifetime);
    if (status == EAPRS_STATUS_OK)
        status = eaprs_fast_server_builder_pac_renewal(builder, options->pac_refresh);
    if (status == EAPRS_STATUS_OK && options->provisioning != 0)
        status = eaprs_fast_server_builder_provisioning(builder, options->provisioning);
    return status;
}

/* NULL after a complaint. */
static eaprs_fast_server_config *configure_fast(const eaprs_tls_server_builder *tls,
                                                const struct authenticator_options *options)
{
    eaprs_fast_server_builder *builder = NULL;
    eaprs_fast_server_config *config = NULL;
    eaprs_authenticator_config *inside = NULL;
    eaprs_pac_keys *keys = NULL;
    if (options->pac_key != NULL && (keys = read_pac_keys(options->pac_key)) == NULL)
        return NULL;
    eaprs_status status = configure_inside(options, &inside);
    if (status == EAPRS_STATUS_OK)
        status = eaprs_fast_server_builder_new(tls, inside, options->a_id, A_ID_LEN, &builder);
    if (status == EAPRS_STATUS_OK)
        status = eaprs_fast_server_builder_authority_name(
            builder, (const uint8_t *)authority_name, strlen(authority_name));
    if (status == EAPRS_STATUS_OK)
        status = issue_pacs(builder, options, keys);
    if (status == EAPRS_STATUS_OK)
        status = eaprs_fast_server_builder_build(builder, &config);
    if (status != EAPRS_STATUS_OK)
        complain_about(status, eaprs_fast_server_builder_error(builder, NULL));
    eaprs_fast_server_builder_free(builder);
    eaprs_authenticator_config_free(inside);
    eaprs_pac_keys_free(keys);
    return config;
}

/* False after a complaint. */
static bool configure_tls(const struct authenticator_options *options, struct tls *tls)
{
    eaprs_tls_server_builder *builder = NULL;
    struct file certificate = {NULL, 0}, key = {NULL, 0}, ca = {NULL, 0};
    if (read_file(&certificate, options->certificate) && read_file(&key, options->key) &&
        (options->ca == NULL || read_file(&ca, options->ca))) {
        eaprs_status status = eaprs_tls_server_builder_new(
            (const uint8_t *)certificate.octets, certificate.len, (const uint8_t *)key.octets,
            key.len, &builder);
        if (status == EAPRS_STATUS_OK)
            status = accept_stations(builder, options, &ca);
        if (status == EAPRS_STATUS_OK && options->session_lifetime != 0)
            status = eaprs_tls_server_builder_resumption(builder, options->session_lifetime,
                                                         STATIONS_MAX);
        if (status == EAPRS_STATUS_OK && options->method != METHOD_FAST)
            status = eaprs_tls_server_builder_build(builder, &tls->config);
        if (status != EAPRS_STATUS_OK)
            complain_about(status, eaprs_tls_server_builder_error(builder, NULL));
        else if (options->method == METHOD_FAST)
            tls->fast = configure_fast(builder, options);
    }
    eaprs_tls_server_builder_free(builder);
    file_wipe(&certificate);
    file_wipe(&key);
    file_wipe(&ca);
    return tls->config != NULL || tls->fast != NULL;
}

static eaprs_status add_tunnel(eaprs_authenticator_builder *builder,
                               const struct authenticator_options *options,
                               const eaprs_tls_server_config *tls)
{
    const uint32_t passwords = EAPRS_INNER_PAP | EAPRS_INNER_CHAP | EAPRS_INNER_MS_CHAP |
                               EAPRS_INNER_MS_CHAP_V2;
    eaprs_authenticator_config *inside = NULL;
    eaprs_status status = configure_inside(options, &inside);
    if (status == EAPRS_STATUS_OK && options->method == METHOD_PEAP)
        status = eaprs_authenticator_builder_peap(builder, tls, inside, 0,
                                                  EAPRS_CRYPTO_BINDING_IF_OFFERED);
    else if (status == EAPRS_STATUS_OK)
        status = eaprs_authenticator_builder_ttls(builder, tls, inside, passwords);
    eaprs_authenticator_config_free(inside);
    return status;
}

static eaprs_status add_method(eaprs_authenticator_builder *builder,
                               const struct authenticator_options *options, const struct tls *tls)
{
    switch (options->method) {
    case METHOD_TLS:
        return eaprs_authenticator_builder_tls(builder, tls->config);
    case METHOD_TTLS:
    case METHOD_PEAP:
        return add_tunnel(builder, options, tls->config);
    case METHOD_FAST:
        return eaprs_authenticator_builder_fast(builder, tls->fast);
    default:
        return eaprs_authenticator_builder_method(builder, options->method);
    }
}

eaprs_authenticator_config *authenticator_configure(const struct authenticator_options *options)
{
    eaprs_authenticator_builder *builder = NULL;
    eaprs_authenticator_config *config = NULL;
    struct tls tls = {NULL, NULL};
    const char *text = NULL;
    if (authenticator_options_need_certificate(options) && !configure_tls(options, &tls))
        return NULL;
    eaprs_status status = eaprs_authenticator_builder_new(&builder);
    if (status == EAPRS_STATUS_OK)
        status = add_method(builder, options, &tls);
    eaprs_tls_server_config_free(tls.config);
    eaprs_fast_server_config_free(tls.fast);
    if (status == EAPRS_STATUS_OK && (text = options->notification) != NULL)
        status = eaprs_authenticator_builder_notification(builder, (const uint8_t *)text,
                                                          strlen(text));
    if (status == EAPRS_STATUS_OK && (text = options->identity_prompt) != NULL)
        status = eaprs_authenticator_builder_identity_prompt(builder, (const uint8_t *)text,
                                                             strlen(text));
    if (status == EAPRS_STATUS_OK)
        status = set_token_prompt(builder, options);
    if (status == EAPRS_STATUS_OK)
        status = eaprs_authenticator_builder_build(builder, &config);
    if (status != EAPRS_STATUS_OK)
        complain_about(status, eaprs_authenticator_builder_error(builder, NULL));
    eaprs_authenticator_builder_free(builder);
    return config;
}
