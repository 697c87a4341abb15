/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "modes.h"

#include "certificates.h"
#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* IANA's EAP method Types. */
enum { GTC = 6, PEAP = 25, MSCHAPV2 = 26 };

/* More than the hundred largest PACs, which is what the library keeps. */
#define PAC_FILE_MAX (2 * 1024 * 1024)

static const struct settings_mode *mode_of(const struct settings *settings)
{
    return &settings_modes[settings->mode - 1];
}

/* Whether the library has what this mode needs. */
static bool is_available(const struct settings_mode *mode)
{
    return eaprs_has_method(mode->method) &&
           (mode->inner_method == 0 || eaprs_has_method(mode->inner_method));
}

/* Whether there may be a first PAC to be kept. */
static bool takes_pacs(const struct settings *settings)
{
    if (settings->provision_mode == SETTINGS_PROVISION_DEFAULT)
        return settings->ca_certificate_url[0] != '\0';
    return settings->provision_mode != SETTINGS_PROVISION_OFF;
}

/* A server believes that the PAC it has given out is kept: whether it can be has to be known before
 * the login. */
static bool check_pac_file(const struct settings *settings, const char *path)
{
    if (settings->mode != SETTINGS_MODE_FAST || settings->pac_file[0] == '\0')
        return true;
    const char *obstacle = file_obstacle(settings->pac_file, takes_pacs(settings));
    if (obstacle != NULL)
        complain("%s: network.802_1x.eap_fast_pac_file: %s: %s", path, settings->pac_file,
                 obstacle);
    return obstacle == NULL;
}

bool modes_check(const struct settings *settings, const char *path)
{
    const struct settings_mode *mode = mode_of(settings);
    if (is_available(mode))
        return check_pac_file(settings, path);
    char available[256] = "";
    size_t len = 0;
    for (size_t i = 0; i < SETTINGS_MODE_MAX; i++) {
        if (is_available(&settings_modes[i]) && len < sizeof available)
            len += (size_t)snprintf(available + len, sizeof available - len, "%s%u (%s)",
                                    len > 0 ? ", " : "", settings_modes[i].number,
                                    settings_modes[i].name);
    }
    complain("%s: P8626: mode %u (%s) is not available in eap-rs %s%s; available: %s", path,
             mode->number, mode->name, eaprs_version(),
             mode->number == SETTINGS_MODE_FAST ? " without its feature fast" : "", available);
    return false;
}

/* What is empty is asked for. A builder's calls need no check each: what went wrong comes out of
 * build. */
static eaprs_peer_builder *builder_for(const char *identity, const char *password)
{
    eaprs_peer_builder *builder = NULL;
    eaprs_peer_builder_new(&builder);
    if (identity[0] != '\0')
        eaprs_peer_builder_identity(builder, (const uint8_t *)identity, strlen(identity));
    if (password[0] != '\0')
        eaprs_peer_builder_password(builder, (const uint8_t *)password, strlen(password));
    return builder;
}

/* Builds, and frees the builder. */
static eaprs_peer_config *build(eaprs_peer_builder *builder)
{
    eaprs_peer_config *config = NULL;
    eaprs_status status = eaprs_peer_builder_build(builder, &config);
    if (status != EAPRS_STATUS_OK) {
        const char *error = eaprs_peer_builder_error(builder, NULL);
        complain("%s", error != NULL ? error : eaprs_strerror(status));
    }
    eaprs_peer_builder_free(builder);
    return config;
}

/* Outside a tunnel anybody can read the name: an anonymous one will do, if there is one. */
static const char *outer_identity(const struct settings *settings)
{
    return settings->anonymous_identity[0] != '\0' ? settings->anonymous_identity
                                                   : settings->identity;
}

static eaprs_peer_config *configure_tunnel(const struct settings *settings,
                                           const eaprs_tls_peer_config *tls)
{
    const struct settings_mode *mode = mode_of(settings);
    eaprs_peer_builder *inside = builder_for(settings->identity, settings->password);
    eaprs_peer_builder_method(inside, mode->inner_method);
    eaprs_peer_config *inner = build(inside);
    if (inner == NULL)
        return NULL;
    eaprs_peer_builder *builder = builder_for(outer_identity(settings), "");
    if (mode->method == PEAP)
        eaprs_peer_builder_peap(builder, tls, inner, 0, EAPRS_CRYPTO_BINDING_IF_OFFERED, 0);
    else
        eaprs_peer_builder_ttls_eap(builder, tls, inner);
    eaprs_peer_config_free(inner);
    return build(builder);
}

/* The file that the phone has written, if it has. False after a complaint. */
static bool read_pacs(struct file *file, const char *path)
{
    *file = (struct file){NULL, 0};
    if (path[0] == '\0')
        return true;
    if (!file_read(file, path, PAC_FILE_MAX + 1)) {
        if (errno == ENOENT)
            return true;
        complain("network.802_1x.eap_fast_pac_file: %s: %s", path, strerror(errno));
        return false;
    }
    if (file->len > PAC_FILE_MAX)
        complain("network.802_1x.eap_fast_pac_file: %s: more than %d octets", path, PAC_FILE_MAX);
    return file->len <= PAC_FILE_MAX;
}

static void set_provisioning(eaprs_fast_peer_builder *builder, unsigned mode)
{
    switch (mode) {
    case SETTINGS_PROVISION_ANONYMOUS:
        eaprs_fast_peer_builder_provisioning(builder, EAPRS_PROVISIONING_ANONYMOUS);
        break;
    case SETTINGS_PROVISION_AUTHENTICATED:
        eaprs_fast_peer_builder_provisioning(builder, EAPRS_PROVISIONING_AUTHENTICATED);
        break;
    case SETTINGS_PROVISION_BOTH:
        eaprs_fast_peer_builder_provisioning(builder, EAPRS_PROVISIONING_BOTH);
        break;
    case SETTINGS_PROVISION_OFF:
        eaprs_fast_peer_builder_provisioning(builder, EAPRS_PROVISIONING_OFF);
        break;
    default:
        break; /* the library's own: where there is a CA, who has a certificate of it */
    }
}

/* With the PACs that there are, and the CA, if one is given. NULL after a complaint. */
static eaprs_fast_peer_config *configure_fast(const struct settings *settings,
                                              const struct phone_options *options,
                                              const eaprs_peer_config *inner)
{
    eaprs_fast_peer_builder *builder = NULL;
    eaprs_fast_peer_config *config = NULL;
    eaprs_tls_peer_builder *tls = NULL;
    struct file pacs = {NULL, 0};
    bool has_ca = settings->ca_certificate_url[0] != '\0';

    if ((!has_ca || (tls = certificates_builder(settings, options)) != NULL) &&
        read_pacs(&pacs, settings->pac_file)) {
        eaprs_fast_peer_builder_new(inner, &builder);
        eaprs_fast_peer_builder_pacs(builder, (const uint8_t *)pacs.octets, pacs.len);
        if (has_ca)
            eaprs_fast_peer_builder_tls(builder, tls);
        set_provisioning(builder, settings->provision_mode);
        if (options->plain_gtc)
            eaprs_fast_peer_builder_gtc_form(builder, EAPRS_GTC_FORM_PLAIN);
        eaprs_status status = eaprs_fast_peer_builder_build(builder, &config);
        if (status != EAPRS_STATUS_OK) {
            const char *error = eaprs_fast_peer_builder_error(builder, NULL);
            certificates_complain(error != NULL ? error : eaprs_strerror(status));
        }
    }
    eaprs_fast_peer_builder_free(builder);
    eaprs_tls_peer_builder_free(tls);
    file_wipe(&pacs);
    return config;
}

/* EAP-FAST: the server chooses what runs inside. */
static eaprs_peer_config *configure_fast_tunnel(const struct settings *settings,
                                                const struct phone_options *options)
{
    eaprs_peer_builder *inside = builder_for(settings->identity, settings->password);
    eaprs_peer_builder_method(inside, MSCHAPV2);
    eaprs_peer_builder_method(inside, GTC);
    eaprs_peer_config *inner = build(inside);
    if (inner == NULL)
        return NULL;
    eaprs_fast_peer_config *fast = configure_fast(settings, options, inner);
    eaprs_peer_config_free(inner);
    if (fast == NULL)
        return NULL;
    eaprs_peer_builder *builder = builder_for(outer_identity(settings), "");
    eaprs_peer_builder_fast(builder, fast);
    eaprs_fast_peer_config_free(fast);
    return build(builder);
}

eaprs_peer_config *modes_configure(const struct settings *settings,
                                   const struct phone_options *options)
{
    const struct settings_mode *mode = mode_of(settings);
    bool has_tunnel = mode->inner_method != 0;
    eaprs_peer_config *config = NULL;
    if (settings->mode == SETTINGS_MODE_FAST)
        return configure_fast_tunnel(settings, options);
    if (!has_tunnel && settings->mode != SETTINGS_MODE_TLS) {
        eaprs_peer_builder *builder = builder_for(settings->identity, settings->password);
        eaprs_peer_builder_method(builder, mode->method);
        return build(builder);
    }
    eaprs_tls_peer_config *tls = certificates_configure(settings, options);
    if (tls == NULL)
        return NULL;
    if (has_tunnel) {
        config = configure_tunnel(settings, tls);
    } else {
        eaprs_peer_builder *builder = builder_for(settings->identity, settings->password);
        eaprs_peer_builder_tls(builder, tls);
        config = build(builder);
    }
    eaprs_tls_peer_config_free(tls);
    return config;
}
