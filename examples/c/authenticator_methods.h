/*
 * What the authenticator offers: the EAP methods of its options.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef AUTHENTICATOR_METHODS_H
#define AUTHENTICATOR_METHODS_H

#include "authenticator_options.h"

#include <eap_rs.h>

/* NULL after a complaint. Certificates are read from files. */
eaprs_authenticator_config *authenticator_configure(const struct authenticator_options *options);

#endif
