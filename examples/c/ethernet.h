/*
 * An Ethernet interface for EAPOL frames: a raw packet socket and the state of the link. Linux.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef ETHERNET_H
#define ETHERNET_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* IEEE 802.1X-2004 section 7.5: EtherType and group address of port access entities. */
#define ETHERNET_TYPE_PAE 0x888e
extern const uint8_t ethernet_pae_group[6];

/* Room for any frame of a link without jumbo frames. */
#define ETHERNET_FRAME_MAX 2048

struct ethernet {
    int frames; /* readable when a frame has arrived */
    int links;  /* readable when the state of a link may have changed */
    char name[IFNAMSIZ];
    uint8_t address[6];
};

enum link_state { LINK_UNKNOWN, LINK_DOWN, LINK_UP, LINK_GONE };

/* Opens the interface. On error it is closed again, and errno says why. */
bool ethernet_open(struct ethernet *port, const char *interface);

void ethernet_close(struct ethernet *port);

/* Sends a frame, padded to the minimum of Ethernet. False and errno if it was not sent. */
bool ethernet_send(struct ethernet *port, const uint8_t *frame, size_t len);

/* The next frame that has arrived for this station or the group, but not those it sent itself. 0
 * if there is none. */
size_t ethernet_receive(struct ethernet *port, uint8_t *frame, size_t capacity);

/* The state of the link, after everything that `links` has to say. */
enum link_state ethernet_link(struct ethernet *port);

#endif
