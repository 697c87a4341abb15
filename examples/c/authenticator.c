/*
 * A small wired 802.1X authenticator for a test bench: the other end of phone.c. The library speaks
 * EAP; the four octets of EAPOL around it are written here.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#define _DEFAULT_SOURCE

#include "authenticator_methods.h"
#include "authenticator_options.h"
#include "ethernet.h"
#include "host.h"
#include "stations.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct authenticator {
    const struct authenticator_options *options;
    struct ethernet port;
    enum link_state link;
    int signals;
    eaprs_authenticator_config *config;
    struct stations stations;
    bool done;
    enum exit_code exit_code;
};

static void finish(struct authenticator *us, enum exit_code exit_code)
{
    if (!us->done)
        us->exit_code = exit_code;
    us->done = true;
}

/* ---- EAPOL (IEEE 802.1X-2004 section 7.5) ---- */

enum eapol_type { EAPOL_EAP = 0, EAPOL_START = 1, EAPOL_LOGOFF = 2 };

enum { ETHERNET_HEADER = 14, EAPOL_HEADER = 4, HEADERS = ETHERNET_HEADER + EAPOL_HEADER };

struct eapol {
    const uint8_t *source;
    uint8_t type;
    const uint8_t *body;
    size_t len;
};

/* False if the frame is none of ours. What follows the body is padding. */
static bool eapol_parse(const struct ethernet *port, const uint8_t *frame, size_t len,
                        struct eapol *eapol)
{
    if (len < HEADERS || frame[12] != ETHERNET_TYPE_PAE >> 8 ||
        frame[13] != (ETHERNET_TYPE_PAE & 0xff))
        return false;
    if (memcmp(frame, port->address, 6) != 0 && memcmp(frame, ethernet_pae_group, 6) != 0)
        return false;
    bool from_group = frame[6] & 1;
    if (from_group || memcmp(frame + 6, port->address, 6) == 0)
        return false;
    *eapol = (struct eapol){
        .source = frame + 6,
        .type = frame[15],
        .body = frame + HEADERS,
        .len = (size_t)frame[16] << 8 | frame[17],
    };
    return frame[14] != 0 && eapol->len <= len - HEADERS;
}

static void eapol_send(struct authenticator *us, const struct station *station, const uint8_t *eap,
                       size_t len)
{
    uint8_t frame[ETHERNET_FRAME_MAX];
    if (len > sizeof frame - HEADERS) {
        complain("an EAP packet of %zu octets does not fit a frame", len);
        return;
    }
    memcpy(frame, station->mac, 6);
    memcpy(frame + 6, us->port.address, 6);
    frame[12] = ETHERNET_TYPE_PAE >> 8;
    frame[13] = ETHERNET_TYPE_PAE & 0xff;
    frame[14] = (uint8_t)us->options->eapol_version;
    frame[15] = EAPOL_EAP;
    frame[16] = (uint8_t)(len >> 8);
    frame[17] = (uint8_t)len;
    memcpy(frame + HEADERS, eap, len);
    /* A frame that is not sent is like one that is lost: EAP sends it again. */
    if (!ethernet_send(&us->port, frame, HEADERS + len))
        complain("a frame was not sent: %s", strerror(errno));
}

/* ---- Who may log in ---- */

/* The password of this identity, NULL if nobody has it. */
static const char *find_password(const struct authenticator_options *options,
                                 const uint8_t *identity, size_t len)
{
    for (size_t i = 0; i < options->user_count; i++) {
        const struct user *user = &options->users[i];
        if (user->name_len == len && (len == 0 || memcmp(user->name, identity, len) == 0))
            return user->password;
    }
    return NULL;
}

/* Takes as long for a guess that begins well as for any other. */
static bool is_password(const uint8_t *given, size_t len, const char *password)
{
    size_t password_len = strlen(password);
    volatile unsigned difference = len != password_len;
    for (size_t i = 0; i < len; i++)
        difference |= given[i] ^ (unsigned)(unsigned char)password[i % (password_len + 1)];
    return difference == 0;
}

static void answer(struct authenticator *us, struct station *station)
{
    eaprs_session *session = station->session;
    uint64_t id = eaprs_session_query_id(session);
    size_t identity_len = 0, given_len = 0;
    const uint8_t *identity = eaprs_session_identity(session, &identity_len);
    const char *password = find_password(us->options, identity, identity_len);
    const char *challenge = us->options->token_prompt;

    switch (eaprs_session_query_kind(session)) {
    case EAPRS_QUERY_CREDENTIAL:
        if (password != NULL)
            eaprs_session_answer_credential(session, id, (const uint8_t *)password,
                                            strlen(password), now_ms());
        else
            eaprs_session_answer_decline(session, id, now_ms());
        break;
    case EAPRS_QUERY_CHECK_PASSWORD: {
        const uint8_t *given = eaprs_session_query_password(session, &given_len);
        bool matches = is_password(given, given_len, password != NULL ? password : "");
        eaprs_session_answer_verdict(session, id, matches && password != NULL, now_ms());
        break;
    }
    case EAPRS_QUERY_CHALLENGE:
        /* Strangers are challenged as well, and do not learn that they are strangers. */
        eaprs_session_answer_text(session, id, (const uint8_t *)challenge, strlen(challenge),
                                  now_ms());
        break;
    default:
        eaprs_session_answer_decline(session, id, now_ms());
        break;
    }
}

/* ---- What comes out of a station's session ---- */

static struct identity_text current_identity(const struct station *station)
{
    size_t len = 0;
    const uint8_t *identity = eaprs_session_identity(station->session, &len);
    return format_identity(identity, len);
}

static const char *current_text(const struct station *station)
{
    const char *text = eaprs_session_text(station->session, NULL);
    return text != NULL ? text : "";
}

static void show_event(struct station *station)
{
    struct mac_text mac = format_mac(station->mac);
    switch (eaprs_session_event_kind(station->session)) {
    case EAPRS_EVENT_PEER_IDENTITY:
        say("%s: identity %s", mac.text, current_identity(station).text);
        break;
    case EAPRS_EVENT_INNER_IDENTITY:
        say("%s: identity inside the tunnel %s", mac.text, current_identity(station).text);
        break;
    case EAPRS_EVENT_METHOD_STARTED:
        snprintf(station->method, sizeof station->method, "%s", current_text(station));
        say("%s: method %s", mac.text, station->method);
        break;
    case EAPRS_EVENT_METHOD_REFUSED:
        say("%s: method refused by the station: %s", mac.text, current_text(station));
        break;
    default:
        break;
    }
}

/* Who has logged in: inside a tunnel, if anybody was asked there. */
static struct identity_text logged_in(const struct station *station)
{
    size_t len = 0;
    if (eaprs_session_inner(station->session) == EAPRS_INNER_NONE)
        return current_identity(station);
    const uint8_t *identity = eaprs_session_inner_identity(station->session, &len);
    return format_identity(identity, len);
}

static void show_result(struct authenticator *us, struct station *station)
{
    struct mac_text mac = format_mac(station->mac);
    station->authenticated = eaprs_session_succeeded(station->session);
    station->reauthenticate_at = UINT64_MAX;
    if (station->authenticated) {
        const char *inner = eaprs_session_inner_name(station->session, NULL);
        say("%s: authenticated %s (%s%s%s%s)", mac.text, logged_in(station).text, station->method,
            inner != NULL ? " with " : "", inner != NULL ? inner : "",
            eaprs_session_tls_resumed(station->session) ? ", resumed" : "");
        if (us->options->reauth_period != 0)
            station->reauthenticate_at = now_ms() + us->options->reauth_period;
    } else {
        say("%s: refused: %s", mac.text, current_text(station));
    }
    if (us->options->once)
        finish(us, station->authenticated ? EXIT_CODE_OK : EXIT_CODE_REFUSED);
}

/* Does what the session wants; to be called after everything that is fed to it. */
static void drain(struct authenticator *us, struct station *station)
{
    for (;;) {
        size_t len = 0;
        switch (eaprs_session_poll(station->session)) {
        case EAPRS_OUTPUT_NONE:
            return;
        case EAPRS_OUTPUT_SEND: {
            const uint8_t *packet = eaprs_session_packet(station->session, &len);
            eapol_send(us, station, packet, len);
            break;
        }
        case EAPRS_OUTPUT_ASK:
            answer(us, station);
            break;
        case EAPRS_OUTPUT_EVENT:
            show_event(station);
            break;
        case EAPRS_OUTPUT_FINISHED:
            show_result(us, station);
            break;
        default:
            break;
        }
    }
}

/* ---- What goes into it ---- */

static void start_station(struct authenticator *us, struct station *station)
{
    station->reauthenticate_at = UINT64_MAX;
    eaprs_session_set_unix_time(station->session, (uint64_t)time(NULL), now_ms());
    eaprs_session_start(station->session, now_ms());
    drain(us, station);
}

static void eap_arrived(struct authenticator *us, struct station *station,
                        const struct eapol *eapol)
{
    eaprs_received fate =
        eaprs_session_handle_packet(station->session, eapol->body, eapol->len, now_ms());
    if (fate == EAPRS_RECEIVED_DISCARDED && us->options->verbose)
        complain("%s: dropped a packet: %s", format_mac(station->mac).text,
                 eaprs_session_discard_text(station->session, NULL));
    drain(us, station);
}

static void frame_arrived(struct authenticator *us)
{
    uint8_t frame[ETHERNET_FRAME_MAX];
    struct eapol eapol;
    size_t len = ethernet_receive(&us->port, frame, sizeof frame);
    if (len == 0 || !eapol_parse(&us->port, frame, len, &eapol))
        return;

    struct station *station = stations_find(&us->stations, eapol.source);
    if (eapol.type == EAPOL_LOGOFF) {
        if (station != NULL) {
            say("%s: logged off", format_mac(station->mac).text);
            stations_remove(station);
        }
        return;
    }
    if (eapol.type != EAPOL_START && eapol.type != EAPOL_EAP)
        return;
    if (station != NULL && eapol.type == EAPOL_EAP) {
        station->last_heard = now_ms();
        eap_arrived(us, station, &eapol);
        return;
    }
    /* An EAP Response of a station that is not known is taken as its EAPOL-Start. */
    if (station == NULL)
        station = stations_add(&us->stations, eapol.source, us->config, now_ms());
    if (station == NULL) {
        complain("%s: no place for another station", format_mac(eapol.source).text);
        return;
    }
    station->last_heard = now_ms();
    start_station(us, station);
}

static void time_passed(struct authenticator *us)
{
    for (size_t i = 0; i < STATIONS_MAX; i++) {
        struct station *station = &us->stations.places[i];
        if (station->session == NULL)
            continue;
        if (now_ms() >= station->reauthenticate_at)
            start_station(us, station);
        eaprs_status status = eaprs_session_handle_timeout(station->session, now_ms());
        if (status != EAPRS_STATUS_OK) {
            complain("%s: %s", format_mac(station->mac).text, eaprs_strerror(status));
            stations_remove(station);
            continue;
        }
        drain(us, station);
    }
}

static uint64_t timeout_ms(const struct authenticator *us, uint64_t now)
{
    uint64_t timeout = UINT64_MAX;
    for (size_t i = 0; i < STATIONS_MAX; i++) {
        const struct station *station = &us->stations.places[i];
        if (station->session == NULL)
            continue;
        uint64_t session = eaprs_session_timeout_ms(station->session, now);
        uint64_t reauthentication = UINT64_MAX;
        if (station->reauthenticate_at != UINT64_MAX)
            reauthentication = station->reauthenticate_at > now ? station->reauthenticate_at - now
                                                                : 0;
        if (session < timeout)
            timeout = session;
        if (reauthentication < timeout)
            timeout = reauthentication;
    }
    return timeout;
}

static void link_changed(struct authenticator *us)
{
    enum link_state link = ethernet_link(&us->port);
    if (link == us->link)
        return;
    us->link = link;
    if (link == LINK_GONE) {
        complain("%s is gone", us->port.name);
        finish(us, EXIT_CODE_SYSTEM);
        return;
    }
    say("link: %s", link == LINK_UP ? "up" : "down");
    /* Whoever is plugged in next has to log in. */
    if (link == LINK_DOWN)
        stations_clear(&us->stations);
}

static void run(struct authenticator *us)
{
    enum { FRAMES, LINKS, SIGNALS, SOURCES };

    link_changed(us);
    while (!us->done) {
        struct pollfd sources[SOURCES] = {
            [FRAMES] = {.fd = us->port.frames, .events = POLLIN},
            [LINKS] = {.fd = us->port.links, .events = POLLIN},
            [SIGNALS] = {.fd = us->signals, .events = POLLIN},
        };
        if (poll(sources, SOURCES, poll_timeout(timeout_ms(us, now_ms()))) < 0 && errno != EINTR) {
            complain("poll: %s", strerror(errno));
            finish(us, EXIT_CODE_SYSTEM);
            return;
        }
        time_passed(us);
        if (sources[LINKS].revents != 0)
            link_changed(us);
        if (sources[FRAMES].revents != 0)
            frame_arrived(us);
        if (sources[SIGNALS].revents != 0 && signals_next(us->signals) != 0)
            finish(us, EXIT_CODE_OK);
    }
}

/* ---- Before and after ---- */

static void start(struct authenticator *us)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

    us->config = authenticator_configure(us->options);
    if (us->config == NULL) {
        finish(us, EXIT_CODE_USAGE);
        return;
    }
    us->signals = signals_open(signals, sizeof signals / sizeof signals[0]);
    if (us->signals < 0 || !ethernet_open(&us->port, us->options->interface)) {
        complain("%s: %s", us->options->interface, strerror(errno));
        finish(us, EXIT_CODE_SYSTEM);
        return;
    }
    run(us);
}

int main(int argc, char **argv)
{
    struct authenticator_options options;
    struct authenticator us = {
        .options = &options,
        .port = {.frames = -1, .links = -1},
        .signals = -1,
        .exit_code = EXIT_CODE_OK,
    };
    if (!host_init("authenticator: "))
        return EXIT_CODE_SYSTEM;
    switch (authenticator_options_parse(&options, argc, argv)) {
    case OPTIONS_GIVEN:
        start(&us);
        break;
    case OPTIONS_HELP:
        break;
    case OPTIONS_WRONG:
        us.exit_code = EXIT_CODE_USAGE;
        break;
    }
    stations_clear(&us.stations);
    eaprs_authenticator_config_free(us.config);
    if (us.signals >= 0)
        close(us.signals);
    ethernet_close(&us.port);
    return (int)us.exit_code;
}
