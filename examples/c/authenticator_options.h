/* The authenticator's command line. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef AUTHENTICATOR_OPTIONS_H
#define AUTHENTICATOR_OPTIONS_H

#include "host.h"

#define USERS_MAX 64

/* IANA's EAP method Types. */
#define METHOD_TLS 13
#define METHOD_TTLS 21
#define METHOD_PEAP 25
#define METHOD_FAST 43

/* How long an A-ID is (RFC 5422 section 4.2.4). */
#define A_ID_LEN 16

struct user {
    const char *name;
    size_t name_len;
    const char *password;
};

struct authenticator_options {
    const char *interface;
    struct user users[USERS_MAX];
    size_t user_count;
    uint32_t method;
    const char *certificate; /* EAP-TLS, EAP-TTLS, PEAP, EAP-FAST: files, here and below */
    const char *key;
    const char *ca; /* NULL: stations are not asked for a certificate */
    uint64_t session_lifetime; /* seconds; 0: nothing is resumed */
    const char *pac_key;       /* EAP-FAST: a file; NULL: no PACs */
    uint8_t a_id[A_ID_LEN];
    bool has_a_id;
    uint64_t pac_lifetime; /* seconds, here and below */
    uint64_t pac_refresh;
    uint32_t provisioning; /* an eaprs_provisioning; 0: as the library has it */
    const char *notification;
    const char *identity_prompt;
    const char *token_prompt;
    uint64_t reauth_period; /* 0: never */
    uint64_t eapol_version;
    bool once;
    bool verbose;
};

/* Whether the method has a certificate of ours. */
bool authenticator_options_need_certificate(const struct authenticator_options *options);

enum options_result authenticator_options_parse(struct authenticator_options *options, int argc,
                                                char **argv);

#endif
