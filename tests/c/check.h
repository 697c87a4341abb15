/* Checks, configurations and sessions that the C tests share. C11 that is C++17 as well. */

#ifndef CHECK_H
#define CHECK_H

#include <eap_rs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METHOD_MD5 4u
#define METHOD_OTP 5u
#define METHOD_GTC 6u
#define METHOD_MSCHAPV2 26u
#define METHOD_TLS 13u
#define METHOD_TTLS 21u
#define METHOD_PEAP 25u
#define METHOD_FAST 43u

/* Not assert(): it must not vanish with NDEBUG. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            check_failed(__FILE__, __LINE__, #condition);                                          \
        }                                                                                          \
    } while (0)

#define CHECK_STATUS(call, status) CHECK((call) == EAPRS_STATUS_##status)
#define CHECK_OK(call) CHECK_STATUS(call, OK)
#define CHECK_NULL(call) CHECK_STATUS(call, NULL_POINTER)

/* The next output of a session. */
#define CHECK_POLL(session, output) CHECK(eaprs_session_poll(session) == EAPRS_OUTPUT_##output)

/* The next output of a session, and which event it is. */
#define CHECK_EVENT(session, event)                                                                \
    do {                                                                                           \
        CHECK_POLL(session, EVENT);                                                                \
        CHECK(eaprs_session_event_kind(session) == EAPRS_EVENT_##event);                           \
    } while (0)

/* The next output of a session, and what it asks. */
#define CHECK_ASKS(session, query)                                                                 \
    do {                                                                                           \
        CHECK_POLL(session, ASK);                                                                  \
        CHECK(eaprs_session_query_kind(session) == EAPRS_QUERY_##query);                           \
    } while (0)

/* The next output of a session, and why it failed. */
#define CHECK_FAILS(session, reason)                                                               \
    do {                                                                                           \
        CHECK_POLL(session, FINISHED);                                                             \
        CHECK(!eaprs_session_succeeded(session));                                                  \
        CHECK(eaprs_session_failure(session) == EAPRS_FAILURE_##reason);                           \
    } while (0)

static inline void check_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, condition);
    exit(1);
}

static inline const uint8_t *octets(const char *text)
{
    return (const uint8_t *)text;
}

static inline bool is_text(const void *given, size_t len, const char *text)
{
    return given != NULL && len == strlen(text) && memcmp(given, text, len) == 0;
}

/* The lengths of texts do not count the NUL, but it is there. */
static inline bool shows(const eaprs_session *session, const char *expected)
{
    size_t len = 99;
    const char *text = eaprs_session_text(session, &len);
    return is_text(text, len, expected) && text[len] == '\0';
}

static inline bool identifies(const eaprs_session *session, const char *expected)
{
    size_t len = 99;
    const uint8_t *identity = eaprs_session_identity(session, &len);
    return is_text(identity, len, expected);
}

/* A peer's settings; NULL for what it has to ask. */
static inline eaprs_peer_builder *peer_builder(const char *identity, const char *password,
                                               uint32_t method)
{
    eaprs_peer_builder *builder = NULL;
    CHECK_OK(eaprs_peer_builder_new(&builder));
    if (identity != NULL) {
        CHECK_OK(eaprs_peer_builder_identity(builder, octets(identity), strlen(identity)));
    }
    if (password != NULL) {
        CHECK_OK(eaprs_peer_builder_password(builder, octets(password), strlen(password)));
    }
    CHECK_OK(eaprs_peer_builder_method(builder, method));
    return builder;
}

static inline eaprs_authenticator_builder *authenticator_builder(uint32_t method)
{
    eaprs_authenticator_builder *builder = NULL;
    CHECK_OK(eaprs_authenticator_builder_new(&builder));
    CHECK_OK(eaprs_authenticator_builder_method(builder, method));
    return builder;
}

/* Builds, and frees the builder. */
static inline eaprs_peer_config *peer_config(eaprs_peer_builder *builder)
{
    eaprs_peer_config *config = NULL;
    CHECK_OK(eaprs_peer_builder_build(builder, &config));
    eaprs_peer_builder_free(builder);
    return config;
}

/* Builds, and frees the builder. */
static inline eaprs_authenticator_config *authenticator_config(eaprs_authenticator_builder *builder)
{
    eaprs_authenticator_config *config = NULL;
    CHECK_OK(eaprs_authenticator_builder_build(builder, &config));
    eaprs_authenticator_builder_free(builder);
    return config;
}

/* A session that outlives the handle of its configuration. */
static inline eaprs_session *peer_session(eaprs_peer_builder *builder)
{
    eaprs_session *session = NULL;
    eaprs_peer_config *config = peer_config(builder);
    CHECK_OK(eaprs_session_new_peer(config, &session));
    eaprs_peer_config_free(config);
    return session;
}

/* A session that outlives the handle of its configuration. */
static inline eaprs_session *authenticator_session(eaprs_authenticator_builder *builder)
{
    eaprs_session *session = NULL;
    eaprs_authenticator_config *config = authenticator_config(builder);
    CHECK_OK(eaprs_session_new_authenticator(config, &session));
    eaprs_authenticator_config_free(config);
    return session;
}

#endif
