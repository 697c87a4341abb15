/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _DEFAULT_SOURCE

#include "certificates.h"

#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define CERTIFICATE_FILE_MAX (64 * 1024)

/* 2024-01-01 00:00 UTC. */
#define EARLIEST_DATE 1704067200

/* The local file that a URL is about, NULL if it is about none. */
static const char *local_path(const char *url)
{
    static const char scheme[] = "file://", host[] = "localhost";
    if (strstr(url, "://") == NULL)
        return url;
    if (strncasecmp(url, scheme, strlen(scheme)) != 0)
        return NULL;
    url += strlen(scheme);
    if (strncasecmp(url, host, strlen(host)) == 0)
        url += strlen(host);
    /* %20 and the like would be another name. */
    return *url == '/' && strchr(url, '%') == NULL ? url : NULL;
}

static bool read_certificate(struct file *file, const char *parameter, const char *url)
{
    const char *path = local_path(url);
    *file = (struct file){NULL, 0};
    if (path == NULL)
        complain("%s: %s given, a local file accepted: a path, or file:///PATH without %%. This "
                 "example downloads nothing; a phone's provisioning does", parameter, url);
    else if (!file_read(file, path, CERTIFICATE_FILE_MAX + 1))
        complain("%s: %s: %s", parameter, path, strerror(errno));
    else if (file->len > CERTIFICATE_FILE_MAX)
        complain("%s: %s: more than %d octets", parameter, path, CERTIFICATE_FILE_MAX);
    else
        return true;
    return false;
}

/* The library's error starts with its own name of the setting; the phone's comes before it. */
void certificates_complain(const char *error)
{
    const char *parameter = "";
    if (strncmp(error, "ca:", 3) == 0)
        parameter = "P20987: ";
    else if (strncmp(error, "certificate:", 12) == 0 || strncmp(error, "key:", 4) == 0)
        parameter = "P20988: ";
    else if (strncmp(error, "provisioning:", 13) == 0)
        parameter = "network.802_1x.eap_fast_provision_mode: ";
    else if (strncmp(error, "pacs:", 5) == 0)
        parameter = "network.802_1x.eap_fast_pac_file: ";
    complain("%s%s", parameter, error);
}

eaprs_tls_peer_builder *certificates_builder(const struct settings *settings,
                                             const struct phone_options *options)
{
    eaprs_tls_peer_builder *builder = NULL;
    struct file ca = {NULL, 0}, device = {NULL, 0};
    const char *name = options->server_name;
    bool has_device = settings->device_certificate_url[0] != '\0';

    if (read_certificate(&ca, "P20987", settings->ca_certificate_url) &&
        (!has_device || read_certificate(&device, "P20988", settings->device_certificate_url))) {
        const uint8_t *octets = (const uint8_t *)device.octets;
        eaprs_tls_peer_builder_new(&builder);
        eaprs_tls_peer_builder_ca(builder, (const uint8_t *)ca.octets, ca.len);
        if (has_device)
            eaprs_tls_peer_builder_certificate(builder, octets, device.len, octets, device.len);
        eaprs_tls_peer_builder_clock_policy(builder, options->clock_policy);
        if (options->ask_server)
            eaprs_tls_peer_builder_ask_host(builder);
        eaprs_status status = EAPRS_STATUS_OK;
        if (name != NULL)
            status = eaprs_tls_peer_builder_server_name(builder, (const uint8_t *)name,
                                                        strlen(name));
        if (status != EAPRS_STATUS_OK) {
            certificates_complain(eaprs_strerror(status));
            eaprs_tls_peer_builder_free(builder);
            builder = NULL;
        }
    }
    file_wipe(&ca);
    file_wipe(&device);
    return builder;
}

eaprs_tls_peer_config *certificates_configure(const struct settings *settings,
                                              const struct phone_options *options)
{
    eaprs_tls_peer_builder *builder = certificates_builder(settings, options);
    eaprs_tls_peer_config *config = NULL;
    if (builder == NULL)
        return NULL;
    eaprs_status status = eaprs_tls_peer_builder_build(builder, &config);
    if (status != EAPRS_STATUS_OK) {
        const char *error = eaprs_tls_peer_builder_error(builder, NULL);
        certificates_complain(error != NULL ? error : eaprs_strerror(status));
    }
    eaprs_tls_peer_builder_free(builder);
    return config;
}

void certificates_tell_date(eaprs_session *session)
{
    time_t now = time(NULL);
    if (now >= EARLIEST_DATE)
        eaprs_session_set_unix_time(session, (uint64_t)now, now_ms());
}

const char *certificates_tls_version(const eaprs_session *session)
{
    switch (eaprs_session_tls_version(session)) {
    case 0: return "";
    case EAPRS_TLS_1_0: return ", TLS 1.0";
    case EAPRS_TLS_1_1: return ", TLS 1.1";
    case EAPRS_TLS_1_2: return ", TLS 1.2";
    case EAPRS_TLS_1_3: return ", TLS 1.3";
    default: return ", TLS";
    }
}

void certificates_ask(const eaprs_session *session)
{
    char fingerprint[2 * 32 + 1] = "";
    size_t len = 0;
    const uint8_t *sha256 = eaprs_session_peer_certificate_sha256(session, &len);
    for (size_t i = 0; i < len && 2 * i + 2 < sizeof fingerprint; i++)
        snprintf(fingerprint + 2 * i, 3, "%02x", sha256[i]);
    say("yes or no wanted: is this the network? %s, SHA-256 %s",
        eaprs_session_peer_certificate_subject(session, NULL), fingerprint);
}

void certificates_show(const eaprs_session *session)
{
    const char *subject = eaprs_session_peer_certificate_subject(session, NULL);
    if (subject != NULL)
        complain("server: %s (%s)", subject, eaprs_session_tls_suite(session, NULL));
}
