/*
 * A phone's settings file: one XML element for each parameter, at any depth, for example
 *
 *     <P8626 para="802.1XMode">1</P8626>
 *
 * Read are P8626 (mode), P8627 (identity), P8628 (password), P20987 and P20988 (certificate URLs),
 * and what some phones have: network.802_1x.anonymous_identity, the name outside the tunnel of modes
 * 3 to 7, where everybody can read it; network.802_1x.eap_fast_provision_mode and
 * network.802_1x.eap_fast_pac_file, for mode 7. The other elements belong to other parts of the
 * phone. The file is UTF-8, without a document type. SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_FILE_MAX (64 * 1024)
#define SETTINGS_TEXT_MAX 31 /* characters of an identity or password */
#define SETTINGS_URL_MAX 255 /* characters of a URL */

/* From whom a PAC is accepted in mode 7; what the file has is one less. */
enum settings_provision_mode {
    SETTINGS_PROVISION_DEFAULT, /* it does not say: who has a certificate of the CA, if there is one */
    SETTINGS_PROVISION_ANONYMOUS, /* 0: from anybody */
    SETTINGS_PROVISION_AUTHENTICATED, /* 1: who has a certificate of the CA */
    SETTINGS_PROVISION_BOTH, /* 2 */
    SETTINGS_PROVISION_OFF, /* 3: from nobody */
};

#define SETTINGS_PROVISION_MAX 3 /* in the file */

/* In UTF-8 a character has up to four octets. Texts are NUL-terminated, and empty if the file does
 * not have them. */
struct settings {
    unsigned mode; /* 0 if the file does not say */
    char identity[4 * SETTINGS_TEXT_MAX + 1];
    char anonymous_identity[4 * SETTINGS_TEXT_MAX + 1];
    char password[4 * SETTINGS_TEXT_MAX + 1];
    char ca_certificate_url[4 * SETTINGS_URL_MAX + 1];
    char device_certificate_url[4 * SETTINGS_URL_MAX + 1];
    unsigned provision_mode; /* an enum settings_provision_mode */
    char pac_file[4 * SETTINGS_URL_MAX + 1];
};

/* Why a file was refused: "FILE:LINE: what is wrong, what is accepted". Never has a password. */
struct settings_error {
    char text[512];
};

/* An 802.1X mode of the phone, and the EAP method Types that it needs. */
struct settings_mode {
    unsigned number;
    const char *name;
    uint32_t method;
    uint32_t inner_method; /* inside the tunnel; 0 if there is none, or several */
};

#define SETTINGS_MODE_DISABLED 0
#define SETTINGS_MODE_TLS 2 /* EAP-TLS; P20987 and P20988 are given, with a tunnel P20987 */
#define SETTINGS_MODE_FAST 7 /* EAP-FAST; P20987 may be given */
#define SETTINGS_MODE_MAX 7

/* Modes 1 to SETTINGS_MODE_MAX, in this order. */
extern const struct settings_mode settings_modes[SETTINGS_MODE_MAX];

/* Reads a file. On error `settings` is wiped. */
bool settings_read(struct settings *settings, const char *path, struct settings_error *error);

/* Reads a file's contents; `name` is for the error. On error `settings` is wiped. */
bool settings_parse(struct settings *settings, const char *text, size_t len, const char *name,
                    struct settings_error *error);

#endif
