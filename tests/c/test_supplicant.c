/* An 802.1X supplicant, fed with Ethernet frames by a switch that this test plays: its EAP side is
 * an authenticator session, its EAPOL side is written here (IEEE 802.1X-2004 section 7). */

#include "check.h"

#define HEADER_LEN 18u
#define MAX_FRAME 512u

static const uint8_t PHONE[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t SWITCH[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t GROUP[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x03};

enum { EAP_PACKET = 0, EAPOL_START = 1, EAPOL_LOGOFF = 2 };

/* Writes a frame, and gives its length. */
static size_t write_frame(uint8_t *frame, const uint8_t *destination, const uint8_t *source,
                          uint8_t version, uint8_t type, const uint8_t *body, size_t len)
{
    const uint8_t eapol[6] = {0x88, 0x8e, version, type, (uint8_t)(len >> 8), (uint8_t)len};
    CHECK(HEADER_LEN + len <= MAX_FRAME);
    memcpy(frame, destination, 6);
    memcpy(frame + 6, source, 6);
    memcpy(frame + 12, eapol, sizeof eapol);
    if (len > 0) {
        memcpy(frame + HEADER_LEN, body, len);
    }
    return HEADER_LEN + len;
}

/* The current output is this frame, up to its body. */
static bool sends(const eaprs_session *session, const uint8_t *destination, uint8_t version,
                  uint8_t type)
{
    uint8_t expected[MAX_FRAME];
    size_t len = 0;
    const uint8_t *frame = eaprs_session_packet(session, &len);
    CHECK(frame != NULL && len >= HEADER_LEN);
    write_frame(expected, destination, PHONE, version, type, frame + HEADER_LEN, len - HEADER_LEN);
    return memcmp(frame, expected, len) == 0 && (type == EAP_PACKET || len == HEADER_LEN);
}

static eaprs_supplicant_builder *port_builder(void)
{
    eaprs_supplicant_builder *builder = NULL;
    CHECK_OK(eaprs_supplicant_builder_new(PHONE, &builder));
    return builder;
}

/* Takes both builders. The configurations' handles are freed while the session uses them. */
static eaprs_session *supplicant(eaprs_supplicant_builder *builder, eaprs_peer_builder *peer)
{
    eaprs_supplicant_config *port = NULL;
    eaprs_peer_config *config = peer_config(peer);
    eaprs_session *session = NULL;
    CHECK_OK(eaprs_supplicant_builder_build(builder, &port));
    CHECK_OK(eaprs_session_new_supplicant(port, config, &session));
    eaprs_supplicant_builder_free(builder);
    eaprs_supplicant_config_free(port);
    eaprs_peer_config_free(config);
    return session;
}

static eaprs_peer_builder *alice(void)
{
    return peer_builder("alice", "secret", METHOD_MD5);
}

/* Passes on every packet of the switch's EAP side; the directory has this password. */
static void switch_sends(eaprs_session *authenticator, eaprs_session *phone, const char *password,
                         uint64_t now_ms)
{
    uint8_t frame[MAX_FRAME];
    size_t len = 0;
    const uint8_t *packet;
    eaprs_output output;

    while ((output = eaprs_session_poll(authenticator)) != EAPRS_OUTPUT_NONE) {
        if (output == EAPRS_OUTPUT_SEND) {
            packet = eaprs_session_packet(authenticator, &len);
            len = write_frame(frame, PHONE, SWITCH, 2, EAP_PACKET, packet, len);
            CHECK(eaprs_session_handle_packet(phone, frame, len, now_ms) ==
                  EAPRS_RECEIVED_ACCEPTED);
        } else if (output == EAPRS_OUTPUT_ASK) {
            CHECK_OK(eaprs_session_answer_credential(authenticator,
                                                     eaprs_session_query_id(authenticator),
                                                     octets(password), strlen(password), now_ms));
        }
    }
}

/* The current output of the phone is an EAP packet for the switch, in the version given. */
static void switch_receives(eaprs_session *authenticator, const eaprs_session *phone,
                            const uint8_t *destination, uint8_t version, uint64_t now_ms)
{
    size_t len = 0;
    const uint8_t *frame = eaprs_session_packet(phone, &len);
    CHECK(sends(phone, destination, version, EAP_PACKET));
    CHECK(eaprs_session_handle_packet(authenticator, frame + HEADER_LEN, len - HEADER_LEN,
                                      now_ms) == EAPRS_RECEIVED_ACCEPTED);
}

#define CHECK_PAE(session, state)                                                                  \
    do {                                                                                           \
        CHECK_EVENT(session, PAE);                                                                 \
        CHECK(eaprs_session_pae_state(session) == EAPRS_PAE_STATE_##state);                        \
    } while (0)

#define CHECK_PORT(session, authorized)                                                            \
    do {                                                                                           \
        CHECK_EVENT(session, PORT);                                                                \
        CHECK(eaprs_session_port_authorized(session) == (authorized));                             \
    } while (0)

static void plug_in(eaprs_session *phone, uint8_t version, uint64_t now_ms)
{
    CHECK_OK(eaprs_session_handle_signal(phone, EAPRS_SIGNAL_PORT_UP, now_ms));
    CHECK_PAE(phone, CONNECTING);
    CHECK_POLL(phone, SEND);
    CHECK(sends(phone, GROUP, version, EAPOL_START));
    CHECK_POLL(phone, NONE);
}

/* A login from EAPOL-Start to the result, which is left to be polled. */
static void log_in(eaprs_session *phone, const char *password, const uint8_t *destination,
                   uint8_t version, uint64_t now_ms)
{
    eaprs_session *authenticator = authenticator_session(authenticator_builder(METHOD_MD5));

    CHECK_OK(eaprs_session_start(authenticator, now_ms));
    switch_sends(authenticator, phone, password, now_ms);
    CHECK_PAE(phone, AUTHENTICATING);
    CHECK_POLL(phone, SEND);
    switch_receives(authenticator, phone, destination, version, now_ms);
    switch_sends(authenticator, phone, password, now_ms);
    CHECK_EVENT(phone, METHOD_STARTED);
    CHECK(shows(phone, "MD5-Challenge"));
    CHECK_POLL(phone, SEND);
    switch_receives(authenticator, phone, destination, version, now_ms);
    switch_sends(authenticator, phone, password, now_ms);
    eaprs_session_free(authenticator);
}

static void log_on(eaprs_session *phone, const uint8_t *destination, uint8_t version)
{
    plug_in(phone, version, 0);
    log_in(phone, "secret", destination, version, 100);
    CHECK_POLL(phone, FINISHED);
    CHECK(eaprs_session_succeeded(phone));
    CHECK(identifies(phone, "alice"));
    CHECK_PAE(phone, AUTHENTICATED);
    CHECK_PORT(phone, true);
    CHECK_POLL(phone, NONE);
    CHECK(eaprs_session_timeout_ms(phone, 100) == UINT64_MAX);
}

static void a_login_opens_the_port_and_a_logoff_closes_it(void)
{
    eaprs_session *phone = supplicant(port_builder(), alice());

    CHECK_POLL(phone, NONE);
    log_on(phone, GROUP, 1);
    CHECK_OK(eaprs_session_handle_signal(phone, EAPRS_SIGNAL_LOGOFF, 200));
    CHECK_PAE(phone, LOGOFF);
    CHECK_POLL(phone, SEND);
    CHECK(sends(phone, GROUP, 1, EAPOL_LOGOFF));
    CHECK_PORT(phone, false);
    CHECK_POLL(phone, NONE);
    CHECK_OK(eaprs_session_handle_signal(phone, EAPRS_SIGNAL_LOGON, 300));
    CHECK_PAE(phone, CONNECTING);
    CHECK_POLL(phone, SEND);
    CHECK(sends(phone, GROUP, 1, EAPOL_START));
    CHECK_POLL(phone, NONE);
    eaprs_session_free(phone);
}

static void an_unplugged_link_closes_the_port(void)
{
    eaprs_session *phone = supplicant(port_builder(), alice());

    log_on(phone, GROUP, 1);
    CHECK_OK(eaprs_session_handle_signal(phone, EAPRS_SIGNAL_PORT_DOWN, 200));
    CHECK_PAE(phone, DISCONNECTED);
    CHECK_PORT(phone, false);
    CHECK_POLL(phone, NONE);
    CHECK(eaprs_session_timeout_ms(phone, 200) == UINT64_MAX);
    eaprs_session_free(phone);
}

static void version_and_destination_as_configured(void)
{
    eaprs_supplicant_builder *builder = port_builder();
    eaprs_session *phone;

    CHECK_OK(eaprs_supplicant_builder_version(builder, 2));
    CHECK_OK(eaprs_supplicant_builder_unicast(builder));
    phone = supplicant(builder, alice());
    log_on(phone, SWITCH, 2);
    eaprs_session_free(phone);
}

static void a_wrong_password_is_held_back(void)
{
    eaprs_supplicant_builder *builder = port_builder();
    eaprs_session *phone;

    CHECK_OK(eaprs_supplicant_builder_held_period(builder, 40000));
    phone = supplicant(builder, alice());
    plug_in(phone, 1, 0);
    log_in(phone, "sesame", GROUP, 1, 0);
    CHECK_FAILS(phone, REJECTED);
    CHECK_PAE(phone, HELD);
    CHECK_POLL(phone, NONE);
    CHECK(eaprs_session_timeout_ms(phone, 0) == 40000);
    CHECK_OK(eaprs_session_handle_timeout(phone, 40000));
    CHECK_PAE(phone, CONNECTING);
    CHECK_POLL(phone, SEND);
    CHECK(sends(phone, GROUP, 1, EAPOL_START));
    eaprs_session_free(phone);
}

static void without_an_authenticator_the_port_opens(void)
{
    eaprs_supplicant_builder *builder = port_builder();
    eaprs_session *phone;

    CHECK_OK(eaprs_supplicant_builder_start_period(builder, 5000));
    CHECK_OK(eaprs_supplicant_builder_max_start(builder, 2));
    phone = supplicant(builder, alice());
    plug_in(phone, 1, 1000);
    CHECK(eaprs_session_timeout_ms(phone, 1000) == 5000);
    CHECK_OK(eaprs_session_handle_timeout(phone, 6000));
    CHECK_POLL(phone, SEND);
    CHECK(sends(phone, GROUP, 1, EAPOL_START));
    CHECK_POLL(phone, NONE);
    CHECK_OK(eaprs_session_handle_timeout(phone, 11000));
    CHECK_EVENT(phone, NO_AUTHENTICATOR);
    CHECK_PAE(phone, AUTHENTICATED);
    CHECK_PORT(phone, true);
    CHECK_POLL(phone, NONE);
    CHECK(eaprs_session_timeout_ms(phone, 11000) == UINT64_MAX);
    eaprs_session_free(phone);
}

static void a_switch_that_falls_silent(void)
{
    const uint8_t who[5] = {1, 7, 0, 5, 1};
    eaprs_supplicant_builder *builder = port_builder();
    eaprs_session *phone;
    uint8_t frame[MAX_FRAME];
    size_t len;

    CHECK_OK(eaprs_supplicant_builder_auth_period(builder, 9000));
    phone = supplicant(builder, alice());
    plug_in(phone, 1, 0);
    len = write_frame(frame, GROUP, SWITCH, 1, EAP_PACKET, who, sizeof who);
    CHECK(eaprs_session_handle_packet(phone, frame, len, 0) == EAPRS_RECEIVED_ACCEPTED);
    CHECK_PAE(phone, AUTHENTICATING);
    CHECK_POLL(phone, SEND);
    CHECK(eaprs_session_timeout_ms(phone, 0) == 9000);
    CHECK_OK(eaprs_session_handle_timeout(phone, 9000));
    CHECK_FAILS(phone, NO_REQUEST);
    CHECK_PAE(phone, CONNECTING);
    eaprs_session_free(phone);
}

static void frames_for_others_are_discarded_with_a_reason(void)
{
    const uint8_t who[5] = {1, 7, 0, 5, 1};
    const uint8_t other[6] = {2, 0, 0, 0, 0, 9};
    eaprs_session *phone = supplicant(port_builder(), alice());
    uint8_t frames[4][MAX_FRAME];
    size_t len[4];

    plug_in(phone, 1, 0);
    len[0] = write_frame(frames[0], other, SWITCH, 1, EAP_PACKET, who, sizeof who);
    len[1] = write_frame(frames[1], GROUP, PHONE, 1, EAP_PACKET, who, sizeof who);
    len[2] = write_frame(frames[2], PHONE, SWITCH, 1, EAPOL_START, NULL, 0);
    len[3] = write_frame(frames[3], PHONE, SWITCH, 1, EAP_PACKET, who, sizeof who);
    /* IPv4. */
    frames[3][12] = 0x08;
    frames[3][13] = 0x00;
    for (int i = 0; i < 4; i++) {
        CHECK(eaprs_session_handle_packet(phone, frames[i], len[i], 0) ==
              EAPRS_RECEIVED_DISCARDED);
        CHECK(eaprs_session_discard_text(phone, NULL) != NULL);
        CHECK_POLL(phone, NONE);
    }
    eaprs_session_free(phone);
}

static void a_proxy_logoff_frame(void)
{
    const uint8_t pc[6] = {2, 0, 0, 0, 0, 9};
    uint8_t frame[64], expected[MAX_FRAME];
    size_t len;

    for (uint8_t version = 1; version <= 3; version++) {
        CHECK(write_frame(expected, GROUP, pc, version, EAPOL_LOGOFF, NULL, 0) ==
              EAPRS_EAPOL_LOGOFF_FRAME_LEN);
        memset(frame, 0xaa, sizeof frame);
        len = 99;
        CHECK_OK(eaprs_eapol_logoff_frame(pc, version, frame, EAPRS_EAPOL_LOGOFF_FRAME_LEN, &len));
        CHECK(len == EAPRS_EAPOL_LOGOFF_FRAME_LEN);
        CHECK(memcmp(frame, expected, len) == 0 && frame[len] == 0xaa);
    }
    memset(frame, 0xaa, sizeof frame);
    len = 99;
    CHECK_STATUS(
        eaprs_eapol_logoff_frame(pc, 1, frame, EAPRS_EAPOL_LOGOFF_FRAME_LEN - 1, &len),
        BUFFER_TOO_SMALL);
    CHECK(len == EAPRS_EAPOL_LOGOFF_FRAME_LEN && frame[0] == 0xaa);
    len = 99;
    CHECK_STATUS(eaprs_eapol_logoff_frame(pc, 0, frame, sizeof frame, &len), INVALID_ARGUMENT);
    CHECK_STATUS(eaprs_eapol_logoff_frame(pc, 4, frame, sizeof frame, &len), INVALID_ARGUMENT);
    CHECK(len == 99 && frame[0] == 0xaa);
}

int main(void)
{
    a_login_opens_the_port_and_a_logoff_closes_it();
    an_unplugged_link_closes_the_port();
    version_and_destination_as_configured();
    a_wrong_password_is_held_back();
    without_an_authenticator_the_port_opens();
    a_switch_that_falls_silent();
    frames_for_others_are_discarded_with_a_reason();
    a_proxy_logoff_frame();
    return 0;
}
