/*
 * The 802.1X part of an IP phone: reads the phone's settings, logs in to the network, keeps the
 * port open, logs off at the end. A firmware's own main loop looks like run() below.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#define _DEFAULT_SOURCE

#include "certificates.h"
#include "ethernet.h"
#include "file.h"
#include "host.h"
#include "modes.h"
#include "phone_options.h"
#include "prompt.h"
#include "settings.h"

#include <eap_rs.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* IANA's EAP method Type. */
enum { FAST = 43 };

struct phone {
    const struct phone_options *options;
    struct ethernet port;
    enum link_state link;
    int signals;
    eaprs_session *session;
    struct prompt prompt;
    eaprs_query query; /* what `prompt` is for */
    uint64_t query_id;
    char method[64]; /* the one in use, in words */
    char pac_file[4 * SETTINGS_URL_MAX + 1]; /* empty if PACs are not kept */
    bool has_new_pac; /* since the last result */
    bool again;       /* log in at once, with that */
    bool tried_again;
    bool done;
    enum exit_code exit_code;
};

static void finish(struct phone *phone, enum exit_code exit_code)
{
    if (!phone->done)
        phone->exit_code = exit_code;
    phone->done = true;
}

/* ---- What comes out of the session ---- */

static const char *pae_state_name(eaprs_pae_state state)
{
    switch (state) {
    case EAPRS_PAE_STATE_DISCONNECTED: return "disconnected";
    case EAPRS_PAE_STATE_LOGOFF: return "logoff";
    case EAPRS_PAE_STATE_CONNECTING: return "connecting";
    case EAPRS_PAE_STATE_AUTHENTICATING: return "authenticating";
    case EAPRS_PAE_STATE_AUTHENTICATED: return "authenticated";
    case EAPRS_PAE_STATE_HELD: return "held";
    case EAPRS_PAE_STATE_NONE: break;
    }
    return "unknown";
}

static const char *current_text(const eaprs_session *session)
{
    const char *text = eaprs_session_text(session, NULL);
    return text != NULL ? text : "";
}

static struct identity_text current_identity(const eaprs_session *session)
{
    size_t len = 0;
    const uint8_t *identity = eaprs_session_identity(session, &len);
    return format_identity(identity, len);
}

/* Where a question comes from, behind what is wanted; nothing outside a tunnel. */
struct origin_text {
    char text[sizeof(struct identity_text) + 128];
};

static struct origin_text current_origin(const struct phone *phone)
{
    struct origin_text origin = {""};
    size_t len = 0;
    const uint8_t *identity = eaprs_session_outer_identity(phone->session, &len);
    if (eaprs_session_tunnel_method(phone->session) != 0)
        snprintf(origin.text, sizeof origin.text, " inside %s (outside: %s)", phone->method,
                 format_identity(identity, len).text);
    return origin;
}

static void send_frame(struct phone *phone)
{
    size_t len = 0;
    const uint8_t *frame = eaprs_session_packet(phone->session, &len);
    /* A frame that is not sent is like one that is lost: timers see to it. */
    if (!ethernet_send(&phone->port, frame, len))
        complain("a frame was not sent: %s", strerror(errno));
}

/* Echo is off before the question is shown: whoever waits for it may answer at once. */
static void ask(struct phone *phone)
{
    phone->query = eaprs_session_query_kind(phone->session);
    phone->query_id = eaprs_session_query_id(phone->session);
    struct origin_text origin = current_origin(phone);
    switch (phone->query) {
    case EAPRS_QUERY_IDENTITY:
        prompt_open(&phone->prompt, false);
        say("identity wanted%s: %s", origin.text, current_text(phone->session));
        break;
    case EAPRS_QUERY_PASSWORD:
        prompt_open(&phone->prompt, true);
        if (eaprs_session_account_error(phone->session) != 0)
            say("password refused: %s", current_text(phone->session));
        say("password wanted%s: %s", origin.text, current_identity(phone->session).text);
        break;
    case EAPRS_QUERY_NEW_PASSWORD:
        prompt_open(&phone->prompt, true);
        say("password refused: %s", current_text(phone->session));
        say("new password wanted%s: %s", origin.text, current_identity(phone->session).text);
        break;
    case EAPRS_QUERY_TOKEN:
        prompt_open(&phone->prompt, true);
        say("token wanted%s: %s", origin.text, current_text(phone->session));
        break;
    case EAPRS_QUERY_VERIFY_SERVER:
        prompt_open(&phone->prompt, false);
        certificates_ask(phone->session);
        break;
    default:
        eaprs_session_answer_decline(phone->session, phone->query_id, now_ms());
        break;
    }
}

/* What the phone would else have to be given again when it boots. */
static void keep_pacs(struct phone *phone)
{
    size_t len = 0;
    const uint8_t *pacs = eaprs_session_pac_file(phone->session, &len);
    phone->has_new_pac = true;
    if (phone->pac_file[0] == '\0')
        say("PAC: kept until the program ends");
    else if (file_replace(phone->pac_file, pacs, len))
        say("PAC: kept in %s", phone->pac_file);
    else
        complain("the PAC is not kept: %s: %s", phone->pac_file, strerror(errno));
}

static void show_event(struct phone *phone)
{
    const char *text = current_text(phone->session);
    switch (eaprs_session_event_kind(phone->session)) {
    case EAPRS_EVENT_NOTIFICATION:
        say("message from the network: %s", text);
        break;
    case EAPRS_EVENT_METHOD_STARTED:
        snprintf(phone->method, sizeof phone->method, "%s", text);
        say("method: %s", text);
        break;
    case EAPRS_EVENT_METHOD_REFUSED:
        say("method refused: %s", text);
        break;
    case EAPRS_EVENT_PAE:
        say("state: %s", pae_state_name(eaprs_session_pae_state(phone->session)));
        break;
    case EAPRS_EVENT_PORT:
        if (eaprs_session_port_authorized(phone->session)) {
            say("port: authorized");
            if (phone->options->once)
                finish(phone, EXIT_CODE_OK);
        } else {
            say("port: unauthorized");
        }
        break;
    case EAPRS_EVENT_PAC_UPDATED:
        keep_pacs(phone);
        break;
    case EAPRS_EVENT_NO_AUTHENTICATOR:
        say("no 802.1X here");
        break;
    default:
        break;
    }
}

/* Who has logged in: inside a tunnel, if anybody was asked there. */
static struct identity_text logged_in(const eaprs_session *session)
{
    size_t len = 0;
    if (eaprs_session_inner(session) == EAPRS_INNER_NONE)
        return current_identity(session);
    const uint8_t *identity = eaprs_session_inner_identity(session, &len);
    return format_identity(identity, len);
}

/* By what a TLS session went without a full handshake. */
static const char *shortcut(const eaprs_session *session)
{
    if (!eaprs_session_tls_resumed(session))
        return "";
    return eaprs_session_method(session, NULL) == FAST ? ", by PAC" : ", resumed";
}

static void show_result(struct phone *phone)
{
    bool has_new_pac = phone->has_new_pac;
    phone->has_new_pac = false;
    if (eaprs_session_succeeded(phone->session)) {
        phone->tried_again = false;
        const char *inner = eaprs_session_inner_name(phone->session, NULL);
        say("login ok: %s (%s%s%s%s%s)", logged_in(phone->session).text, phone->method,
            inner != NULL ? " with " : "", inner != NULL ? inner : "",
            certificates_tls_version(phone->session),
            shortcut(phone->session));
        if (phone->options->verbose)
            certificates_show(phone->session);
        return;
    }
    /* There is no access by an anonymous tunnel, and some servers grant none with any new PAC. Once
     * is enough: who gives out PACs that lead nowhere is not worth more. */
    if (has_new_pac && !phone->tried_again) {
        say("no access yet: %s", current_text(phone->session));
        phone->again = phone->tried_again = true;
        return;
    }
    say("login failed: %s", current_text(phone->session));
    phone->tried_again = false;
    if (phone->options->once)
        finish(phone, EXIT_CODE_REFUSED);
}

/* Does what the session wants; to be called after everything that is fed to it. */
static void drain(struct phone *phone)
{
    for (;;) {
        switch (eaprs_session_poll(phone->session)) {
        case EAPRS_OUTPUT_NONE:
            if (!phone->again)
                return;
            phone->again = false;
            eaprs_session_handle_signal(phone->session, EAPRS_SIGNAL_RESTART, now_ms());
            break;
        case EAPRS_OUTPUT_SEND: send_frame(phone); break;
        case EAPRS_OUTPUT_ASK: ask(phone); break;
        case EAPRS_OUTPUT_WITHDRAWN: prompt_close(&phone->prompt); break;
        case EAPRS_OUTPUT_EVENT: show_event(phone); break;
        case EAPRS_OUTPUT_FINISHED: show_result(phone); break;
        default: break;
        }
    }
}

/* ---- What goes into the session ---- */

static void signal_session(struct phone *phone, eaprs_signal signal)
{
    eaprs_session_handle_signal(phone->session, signal, now_ms());
    drain(phone);
}

static void frame_arrived(struct phone *phone)
{
    uint8_t frame[ETHERNET_FRAME_MAX];
    size_t len = ethernet_receive(&phone->port, frame, sizeof frame);
    if (len == 0)
        return;
    eaprs_received fate = eaprs_session_handle_packet(phone->session, frame, len, now_ms());
    if (fate == EAPRS_RECEIVED_DISCARDED && phone->options->verbose)
        complain("dropped a frame: %s", eaprs_session_discard_text(phone->session, NULL));
    drain(phone);
}

static void link_changed(struct phone *phone)
{
    enum link_state link = ethernet_link(&phone->port);
    if (link == phone->link)
        return;
    phone->link = link;
    switch (link) {
    case LINK_UP:
        say("link: up");
        signal_session(phone, EAPRS_SIGNAL_PORT_UP);
        break;
    case LINK_DOWN:
        say("link: down");
        signal_session(phone, EAPRS_SIGNAL_PORT_DOWN);
        break;
    case LINK_UNKNOWN:
        break;
    case LINK_GONE:
        complain("%s is gone", phone->port.name);
        finish(phone, EXIT_CODE_SYSTEM);
        break;
    }
}

static eaprs_status answer_with_line(struct phone *phone)
{
    const struct prompt *prompt = &phone->prompt;
    bool verdict;
    switch (phone->query) {
    case EAPRS_QUERY_IDENTITY:
        return eaprs_session_answer_text(phone->session, phone->query_id, prompt->line, prompt->len,
                                         now_ms());
    case EAPRS_QUERY_VERIFY_SERVER:
        if (!prompt_verdict(prompt, &verdict))
            return EAPRS_STATUS_UNSUITABLE_ANSWER;
        return eaprs_session_answer_verdict(phone->session, phone->query_id, verdict, now_ms());
    default:
        return eaprs_session_answer_secret(phone->session, phone->query_id, prompt->line,
                                           prompt->len, now_ms());
    }
}

static void user_typed(struct phone *phone)
{
    struct prompt *prompt = &phone->prompt;
    eaprs_status status = EAPRS_STATUS_OK;
    switch (prompt_read(prompt)) {
    case PROMPT_MORE:
        return;
    case PROMPT_END:
        status = eaprs_session_answer_decline(phone->session, phone->query_id, now_ms());
        break;
    case PROMPT_LINE:
        status = answer_with_line(phone);
        break;
    }
    if (status == EAPRS_STATUS_UNSUITABLE_ANSWER || status == EAPRS_STATUS_INVALID_ARGUMENT) {
        bool wants_verdict = phone->query == EAPRS_QUERY_VERIFY_SERVER;
        complain("%s, once more", wants_verdict ? "yes or no" : eaprs_strerror(status));
        prompt_open(prompt, phone->query != EAPRS_QUERY_IDENTITY && !wants_verdict);
        return;
    }
    prompt_close(prompt);
    drain(phone);
}

/* Logs off the PC behind the phone, so that nobody inherits its port. */
static bool proxy_logoff(struct ethernet *port, const struct phone_options *options)
{
    uint8_t frame[EAPRS_EAPOL_LOGOFF_FRAME_LEN];
    size_t len = 0;
    eaprs_eapol_logoff_frame(options->pc, (uint32_t)options->eapol_version, frame, sizeof frame,
                             &len);
    if (!ethernet_send(port, frame, len)) {
        complain("%s: the proxy logoff was not sent: %s", port->name, strerror(errno));
        return false;
    }
    say("proxy logoff: %s", format_mac(options->pc).text);
    return true;
}

static void signals_arrived(struct phone *phone)
{
    int signal;
    while ((signal = signals_next(phone->signals)) != 0) {
        if (signal != SIGUSR1) {
            signal_session(phone, EAPRS_SIGNAL_LOGOFF);
            say("logged off");
            finish(phone, EXIT_CODE_OK);
        } else if (phone->options->has_pc) {
            proxy_logoff(&phone->port, phone->options);
        } else {
            complain("SIGUSR1 ignored: --proxy-logoff does not say whom to log off");
        }
    }
}

static void run(struct phone *phone)
{
    enum { FRAMES, LINKS, SIGNALS, INPUT, SOURCES };

    link_changed(phone);
    while (!phone->done) {
        struct pollfd sources[SOURCES] = {
            [FRAMES] = {.fd = phone->port.frames, .events = POLLIN},
            [LINKS] = {.fd = phone->port.links, .events = POLLIN},
            [SIGNALS] = {.fd = phone->signals, .events = POLLIN},
            [INPUT] = {.fd = prompt_descriptor(&phone->prompt), .events = POLLIN},
        };
        uint64_t timeout = eaprs_session_timeout_ms(phone->session, now_ms());
        if (poll(sources, SOURCES, poll_timeout(timeout)) < 0 && errno != EINTR) {
            complain("poll: %s", strerror(errno));
            finish(phone, EXIT_CODE_SYSTEM);
            return;
        }
        /* Somebody may have set the clock meanwhile. */
        certificates_tell_date(phone->session);
        eaprs_status status = eaprs_session_handle_timeout(phone->session, now_ms());
        if (status != EAPRS_STATUS_OK) {
            complain("%s", eaprs_strerror(status));
            finish(phone, EXIT_CODE_SYSTEM);
            return;
        }
        drain(phone);
        if (sources[LINKS].revents != 0)
            link_changed(phone);
        if (sources[FRAMES].revents != 0)
            frame_arrived(phone);
        /* The question may have been taken back by what came before. */
        if (sources[INPUT].revents != 0 && phone->prompt.open)
            user_typed(phone);
        if (sources[SIGNALS].revents != 0)
            signals_arrived(phone);
    }
}

/* ---- Before and after ---- */

/* A builder's calls need no check each: what went wrong comes out of build. */
static eaprs_supplicant_config *configure_supplicant(const struct phone_options *options,
                                                     const uint8_t mac[6])
{
    eaprs_supplicant_builder *builder = NULL;
    eaprs_supplicant_config *config = NULL;
    eaprs_supplicant_builder_new(mac, &builder);
    eaprs_supplicant_builder_version(builder, (uint32_t)options->eapol_version);
    if (options->unicast)
        eaprs_supplicant_builder_unicast(builder);
    if (options->start_period != 0)
        eaprs_supplicant_builder_start_period(builder, options->start_period);
    if (options->max_start != 0)
        eaprs_supplicant_builder_max_start(builder, (uint32_t)options->max_start);
    if (options->held_period != 0)
        eaprs_supplicant_builder_held_period(builder, options->held_period);
    if (options->auth_period != 0)
        eaprs_supplicant_builder_auth_period(builder, options->auth_period);
    eaprs_status status = eaprs_supplicant_builder_build(builder, &config);
    if (status != EAPRS_STATUS_OK) {
        const char *error = eaprs_supplicant_builder_error(builder, NULL);
        complain("%s", error != NULL ? error : eaprs_strerror(status));
    }
    eaprs_supplicant_builder_free(builder);
    return config;
}

/* Makes a session of the options and settings, and runs it. */
static void log_in(struct phone *phone, struct settings *settings)
{
    eaprs_peer_config *peer = modes_configure(settings, phone->options);
    memcpy(phone->pac_file, settings->pac_file, sizeof phone->pac_file);
    explicit_bzero(settings, sizeof *settings); /* the library wipes its own copy */
    eaprs_supplicant_config *supplicant = configure_supplicant(phone->options, phone->port.address);
    if (peer == NULL || supplicant == NULL) {
        finish(phone, EXIT_CODE_USAGE);
    } else {
        eaprs_status status = eaprs_session_new_supplicant(supplicant, peer, &phone->session);
        if (status == EAPRS_STATUS_OK) {
            run(phone);
        } else {
            complain("%s", eaprs_strerror(status));
            finish(phone, EXIT_CODE_SYSTEM);
        }
    }
    prompt_close(&phone->prompt);
    eaprs_session_free(phone->session);
    eaprs_supplicant_config_free(supplicant);
    eaprs_peer_config_free(peer);
}

/* Everything up to the login: settings, interface, signals. */
static void start(struct phone *phone)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    const struct phone_options *options = phone->options;
    struct settings settings;
    struct settings_error error;

    if (options->config != NULL) {
        if (!settings_read(&settings, options->config, &error)) {
            complain("%s", error.text);
            finish(phone, EXIT_CODE_USAGE);
            return;
        }
        if (settings.mode == SETTINGS_MODE_DISABLED) {
            say("802.1X is disabled (P8626 = 0)");
            return;
        }
        if (!modes_check(&settings, options->config)) {
            finish(phone, EXIT_CODE_USAGE);
            return;
        }
    }
    if (!ethernet_open(&phone->port, options->interface)) {
        complain("%s: %s", options->interface, strerror(errno));
        finish(phone, EXIT_CODE_SYSTEM);
        return;
    }
    if (options->config == NULL) {
        if (!proxy_logoff(&phone->port, options))
            finish(phone, EXIT_CODE_SYSTEM);
        return;
    }
    phone->signals = signals_open(signals, sizeof signals / sizeof signals[0]);
    if (phone->signals < 0) {
        complain("signals: %s", strerror(errno));
        finish(phone, EXIT_CODE_SYSTEM);
        return;
    }
    log_in(phone, &settings);
}

int main(int argc, char **argv)
{
    struct phone_options options;
    struct phone phone = {
        .options = &options,
        .port = {.frames = -1, .links = -1},
        .signals = -1,
        .exit_code = EXIT_CODE_OK,
    };
    if (!host_init("phone: "))
        return EXIT_CODE_SYSTEM;
    switch (phone_options_parse(&options, argc, argv)) {
    case OPTIONS_GIVEN:
        start(&phone);
        break;
    case OPTIONS_HELP:
        break;
    case OPTIONS_WRONG:
        phone.exit_code = EXIT_CODE_USAGE;
        break;
    }
    if (phone.signals >= 0)
        close(phone.signals);
    ethernet_close(&phone.port);
    return (int)phone.exit_code;
}
