/*
 * TLS: certificates from the phone's settings, and what a result says of them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef CERTIFICATES_H
#define CERTIFICATES_H

#include "phone_options.h"
#include "settings.h"

#include <eap_rs.h>

/* The certificates of the settings are read from local files. NULL after a complaint. */
eaprs_tls_peer_builder *certificates_builder(const struct settings *settings,
                                             const struct phone_options *options);

/* What is built of them. NULL after a complaint. */
eaprs_tls_peer_config *certificates_configure(const struct settings *settings,
                                              const struct phone_options *options);

/* Says what the library does not like. */
void certificates_complain(const char *error);

/* Tells the session the date. Without a battery a phone begins somewhere in the past when it boots:
 * a date before this example was written is no date. */
void certificates_tell_date(eaprs_session *session);

/* What a result says behind the method's name: the version of TLS, nothing without TLS. */
const char *certificates_tls_version(const eaprs_session *session);

/* Prints the certificate that the session asks about. */
void certificates_ask(const eaprs_session *session);

/* Prints whose certificate the server has, if it has one. */
void certificates_show(const eaprs_session *session);

#endif
