/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "stations.h"

#include <string.h>

struct station *stations_find(struct stations *stations, const uint8_t mac[6])
{
    for (size_t i = 0; i < STATIONS_MAX; i++) {
        struct station *station = &stations->places[i];
        if (station->session != NULL && memcmp(station->mac, mac, sizeof station->mac) == 0)
            return station;
    }
    return NULL;
}

/* A free place, or the one to be given up. */
static struct station *find_place(struct stations *stations)
{
    struct station *silent = NULL;
    for (size_t i = 0; i < STATIONS_MAX; i++) {
        struct station *station = &stations->places[i];
        if (station->session == NULL)
            return station;
        if (!station->authenticated && (silent == NULL || station->last_heard < silent->last_heard))
            silent = station;
    }
    return silent;
}

struct station *stations_add(struct stations *stations, const uint8_t mac[6],
                             const eaprs_authenticator_config *config, uint64_t now)
{
    struct station *station = find_place(stations);
    if (station == NULL)
        return NULL;
    stations_remove(station);
    if (eaprs_session_new_authenticator(config, &station->session) != EAPRS_STATUS_OK)
        return NULL;
    memcpy(station->mac, mac, sizeof station->mac);
    station->last_heard = now;
    station->reauthenticate_at = UINT64_MAX;
    return station;
}

void stations_remove(struct station *station)
{
    eaprs_session_free(station->session);
    memset(station, 0, sizeof *station);
}

void stations_clear(struct stations *stations)
{
    for (size_t i = 0; i < STATIONS_MAX; i++)
        stations_remove(&stations->places[i]);
}
