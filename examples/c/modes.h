/*
 * The EAP methods behind the phone's 802.1X modes.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef MODES_H
#define MODES_H

#include "phone_options.h"
#include "settings.h"

#include <eap_rs.h>

/* Whether the library has what the settings' mode needs, and PACs can be kept where they are to be;
 * complains if not. `path` is the settings'. */
bool modes_check(const struct settings *settings, const char *path);

/* The peer of the settings' mode. NULL after a complaint. */
eaprs_peer_config *modes_configure(const struct settings *settings,
                                   const struct phone_options *options);

#endif
