/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _DEFAULT_SOURCE

#include "ethernet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

const uint8_t ethernet_pae_group[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x03};

/* The shortest frame without its check sequence. Drivers of virtual links do not pad. */
#define FRAME_MIN 60

static bool join_pae_group(int frames, int index)
{
    struct packet_mreq membership = {
        .mr_ifindex = index,
        .mr_type = PACKET_MR_MULTICAST,
        .mr_alen = sizeof ethernet_pae_group,
    };
    memcpy(membership.mr_address, ethernet_pae_group, sizeof ethernet_pae_group);
    return setsockopt(frames, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership,
                      sizeof membership) == 0;
}

static bool open_frames(struct ethernet *port)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, port->name, sizeof request.ifr_name);

    /* Protocol 0 receives nothing: no frame of another interface slips in before bind(2). */
    port->frames = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (port->frames < 0)
        return false;
    if (ioctl(port->frames, SIOCGIFHWADDR, &request) < 0)
        return false;
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
        errno = EPFNOSUPPORT;
        return false;
    }
    memcpy(port->address, request.ifr_hwaddr.sa_data, sizeof port->address);
    if (ioctl(port->frames, SIOCGIFINDEX, &request) < 0)
        return false;

    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETHERNET_TYPE_PAE),
        .sll_ifindex = request.ifr_ifindex,
    };
    if (!join_pae_group(port->frames, address.sll_ifindex))
        return false;
    return bind(port->frames, (struct sockaddr *)&address, sizeof address) == 0;
}

static bool open_links(struct ethernet *port)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    port->links = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (port->links < 0)
        return false;
    return bind(port->links, (struct sockaddr *)&address, sizeof address) == 0;
}

bool ethernet_open(struct ethernet *port, const char *interface)
{
    memset(port, 0, sizeof *port);
    port->frames = -1;
    port->links = -1;
    if (strlen(interface) >= sizeof port->name) {
        errno = ENODEV;
        return false;
    }
    memcpy(port->name, interface, strlen(interface));
    if (open_frames(port) && open_links(port))
        return true;
    int reason = errno;
    ethernet_close(port);
    errno = reason;
    return false;
}

void ethernet_close(struct ethernet *port)
{
    if (port->frames >= 0)
        close(port->frames);
    if (port->links >= 0)
        close(port->links);
    port->frames = -1;
    port->links = -1;
}

bool ethernet_send(struct ethernet *port, const uint8_t *frame, size_t len)
{
    uint8_t padded[FRAME_MIN] = {0};
    if (len < sizeof padded) {
        memcpy(padded, frame, len);
        frame = padded;
        len = sizeof padded;
    }
    return send(port->frames, frame, len, 0) == (ssize_t)len;
}

size_t ethernet_receive(struct ethernet *port, uint8_t *frame, size_t capacity)
{
    for (;;) {
        struct sockaddr_ll from;
        socklen_t from_len = sizeof from;
        ssize_t len = recvfrom(port->frames, frame, capacity, 0, (struct sockaddr *)&from,
                               &from_len);
        /* Errors here are the link's (ENETDOWN) and come through `links` as well. */
        if (len < 0)
            return 0;
        if (from.sll_pkttype == PACKET_HOST || from.sll_pkttype == PACKET_MULTICAST)
            return (size_t)len;
    }
}

enum link_state ethernet_link(struct ethernet *port)
{
    /* What changed does not matter, for the state is read afterwards. */
    char message[8192];
    while (recv(port->links, message, sizeof message, 0) >= 0 || errno == ENOBUFS)
        continue;

    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, port->name, sizeof request.ifr_name);
    if (ioctl(port->frames, SIOCGIFFLAGS, &request) < 0)
        return LINK_GONE;
    int up = IFF_UP | IFF_RUNNING;
    return (request.ifr_flags & up) == up ? LINK_UP : LINK_DOWN;
}
