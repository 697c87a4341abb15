/*
 * The stations that an authenticator talks to: one conversation for each address.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef STATIONS_H
#define STATIONS_H

#include <eap_rs.h>

#define STATIONS_MAX 16

struct station {
    eaprs_session *session; /* NULL: this place is free */
    uint8_t mac[6];
    bool authenticated;
    uint64_t last_heard;
    uint64_t reauthenticate_at; /* UINT64_MAX: never */
    char method[64];            /* the one in use, in words */
};

struct stations {
    struct station places[STATIONS_MAX];
};

/* The station with this address, NULL if it is not known. */
struct station *stations_find(struct stations *stations, const uint8_t mac[6]);

/* Makes a place and a session for a new station. If all places are taken, the station that has
 * been silent for longest goes, but none that is authenticated: strangers must not be able to push
 * those out. NULL if there is no place. */
struct station *stations_add(struct stations *stations, const uint8_t mac[6],
                             const eaprs_authenticator_config *config, uint64_t now);

void stations_remove(struct station *station);

void stations_clear(struct stations *stations);

#endif
