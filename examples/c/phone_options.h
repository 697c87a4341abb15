/* The phone's command line. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef PHONE_OPTIONS_H
#define PHONE_OPTIONS_H

#include "host.h"

struct phone_options {
    const char *interface;
    const char *config; /* NULL: send one proxy logoff */
    bool has_pc;
    uint8_t pc[6]; /* the PC behind the phone */
    uint64_t eapol_version;
    bool unicast;
    uint64_t start_period; /* 0 leaves the library's own value, here and below */
    uint64_t max_start;
    uint64_t held_period;
    uint64_t auth_period;
    const char *server_name; /* TLS: NULL accepts every server of the CA */
    bool ask_server;         /* TLS: the user has the last word */
    uint32_t clock_policy;   /* TLS: an eaprs_clock_policy */
    bool plain_gtc;          /* EAP-FAST: GTC inside as outside of it */
    bool once;
    bool verbose;
};

enum options_result phone_options_parse(struct phone_options *options, int argc, char **argv);

#endif
