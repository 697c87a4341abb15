/* A peer and an authenticator in one program: what one sends, the other receives at once. */

#ifndef PAIR_H
#define PAIR_H

#include "check.h"

typedef struct {
    eaprs_session *session;
    unsigned finished;
    bool succeeded;
    eaprs_failure failure;
    uint32_t method;
    char identity[64];
    /* What the result says of the inside of a tunnel. */
    eaprs_inner inner;
    uint32_t inner_method;
    char inner_name[64];
    char inner_identity[64];
    /* What the result says of TLS. */
    uint32_t tls_version;
    int32_t tls_alert;
    eaprs_certificate_refusal refusal;
    bool resumed;
    char suite[64];
    char subject[64];
    uint8_t sha256[32];
    char text[256];
    uint8_t msk[64];
    size_t msk_len;
} side;

typedef struct {
    side peer;
    side authenticator;
    uint64_t now_ms;
    const char *user;      /* who sits at the peer */
    const char *typed;     /* the password or token that the user types */
    const char *stored;    /* the one that the authenticator's directory has; NULL: nobody */
    const char *challenge; /* what the directory has the user shown */
    bool trusts;           /* what both hosts say about certificates */
    unsigned asked;        /* how many questions the run has answered */
    char displayed[64];    /* the last notification */
    char inside[64];       /* the identity that the authenticator was given in a tunnel */
    unsigned packets;      /* how many the run has delivered */
    uint8_t pacs[4096];    /* the file of PACs that the peer was given last */
    size_t pacs_len;
} pair;

static inline side begin(eaprs_session *session)
{
    side new_side;
    memset(&new_side, 0, sizeof new_side);
    new_side.session = session;
    return new_side;
}

/* Takes both builders, and starts the conversation. */
static inline pair pair_start(eaprs_peer_builder *peer, eaprs_authenticator_builder *authenticator)
{
    pair both;
    both.peer = begin(peer_session(peer));
    both.authenticator = begin(authenticator_session(authenticator));
    both.now_ms = 1000;
    both.user = "alice";
    both.typed = "secret";
    both.stored = "secret";
    both.challenge = "otp-md5 487 dog2";
    both.trusts = true;
    both.asked = 0;
    both.displayed[0] = '\0';
    both.inside[0] = '\0';
    both.packets = 0;
    both.pacs_len = 0;
    CHECK_OK(eaprs_session_start(both.authenticator.session, both.now_ms));
    return both;
}

static inline void pair_free(pair *both)
{
    eaprs_session_free(both->peer.session);
    eaprs_session_free(both->authenticator.session);
}

static inline void pair_answer_text(pair *both, eaprs_session *session, const char *text)
{
    uint64_t id = eaprs_session_query_id(session);
    CHECK_OK(eaprs_session_answer_text(session, id, octets(text), strlen(text), both->now_ms));
}

/* What a host does with each question. */
static inline void pair_answer(pair *both, eaprs_session *session)
{
    uint64_t id = eaprs_session_query_id(session), now = both->now_ms;
    uint32_t offer[3] = {METHOD_MD5, METHOD_GTC, METHOD_OTP};
    size_t len = 0;
    const uint8_t *given = eaprs_session_query_password(session, &len);

    both->asked++;
    switch (eaprs_session_query_kind(session)) {
    case EAPRS_QUERY_IDENTITY:
        pair_answer_text(both, session, both->user);
        break;
    case EAPRS_QUERY_CHALLENGE:
        pair_answer_text(both, session, both->challenge);
        break;
    case EAPRS_QUERY_PASSWORD:
    case EAPRS_QUERY_TOKEN:
        CHECK_OK(eaprs_session_answer_secret(session, id, octets(both->typed), strlen(both->typed),
                                             now));
        break;
    case EAPRS_QUERY_POLICY:
        CHECK_OK(eaprs_session_answer_offer(session, id, offer, 3, now));
        break;
    case EAPRS_QUERY_CREDENTIAL:
        if (both->stored == NULL) {
            CHECK_OK(eaprs_session_answer_decline(session, id, now));
        } else {
            CHECK_OK(eaprs_session_answer_credential(session, id, octets(both->stored),
                                                     strlen(both->stored), now));
        }
        break;
    case EAPRS_QUERY_NEW_PASSWORD:
        CHECK_OK(eaprs_session_answer_secret(session, id, octets("looking-glass"), 13, now));
        break;
    case EAPRS_QUERY_CHANGE_PASSWORD:
        CHECK_OK(
            eaprs_session_answer_verdict(session, id, is_text(given, len, "looking-glass"), now));
        break;
    case EAPRS_QUERY_CHECK_PASSWORD:
        CHECK_OK(eaprs_session_answer_verdict(
            session, id, both->stored != NULL && is_text(given, len, both->stored), now));
        break;
    case EAPRS_QUERY_VERIFY_SERVER:
    case EAPRS_QUERY_VERIFY_CLIENT:
        CHECK_OK(eaprs_session_answer_verdict(session, id, both->trusts, now));
        break;
    default:
        CHECK(!"a question that nobody knows");
    }
}

static inline void copy_text(char *copy, size_t capacity, const char *text)
{
    snprintf(copy, capacity, "%s", text != NULL ? text : "");
}

/* Octets as text; nothing for NULL. */
static inline void copy_octets(char *copy, size_t capacity, const uint8_t *octets, size_t len)
{
    CHECK((octets != NULL) == (len > 0) && len < capacity);
    if (octets != NULL) {
        memcpy(copy, octets, len);
    }
    copy[len] = '\0';
}

static inline void note_names(side *from)
{
    const eaprs_session *session = from->session;
    uint32_t vendor = 99;
    size_t len = 99;
    const uint8_t *identity = eaprs_session_identity(session, &len);
    const char *name;

    copy_octets(from->identity, sizeof from->identity, identity, len);
    identity = eaprs_session_inner_identity(session, &len);
    copy_octets(from->inner_identity, sizeof from->inner_identity, identity, len);
    from->method = eaprs_session_method(session, NULL);
    from->inner = eaprs_session_inner(session);
    from->inner_method = eaprs_session_inner_method(session, &vendor);
    CHECK(vendor == 0);
    name = eaprs_session_inner_name(session, &len);
    CHECK((name != NULL) == (from->inner != EAPRS_INNER_NONE));
    CHECK(len == (name != NULL ? strlen(name) : 0));
    copy_text(from->inner_name, sizeof from->inner_name, name);
}

static inline void note_result(side *from)
{
    const eaprs_session *session = from->session;
    const uint8_t *msk = eaprs_session_msk(session, &from->msk_len);
    size_t len = 99;
    const uint8_t *sha256 = eaprs_session_peer_certificate_sha256(session, &len);

    note_names(from);
    from->finished++;
    from->succeeded = eaprs_session_succeeded(session);
    from->failure = eaprs_session_failure(session);
    from->tls_version = eaprs_session_tls_version(session);
    from->tls_alert = eaprs_session_tls_alert(session);
    from->refusal = eaprs_session_certificate_refusal(session);
    from->resumed = eaprs_session_tls_resumed(session);
    copy_text(from->suite, sizeof from->suite, eaprs_session_tls_suite(session, NULL));
    copy_text(from->subject, sizeof from->subject,
              eaprs_session_peer_certificate_subject(session, NULL));
    copy_text(from->text, sizeof from->text, eaprs_session_text(session, NULL));
    CHECK(len == (sha256 != NULL ? sizeof from->sha256 : 0));
    if (sha256 != NULL) {
        memcpy(from->sha256, sha256, len);
    }
    CHECK(from->msk_len <= sizeof from->msk);
    if (msk != NULL) {
        memcpy(from->msk, msk, from->msk_len);
    }
}

static inline void pair_output(pair *both, side *from, const side *to, eaprs_output output)
{
    size_t len = 0;
    const uint8_t *packet;
    eaprs_received received;

    switch (output) {
    case EAPRS_OUTPUT_SEND:
        packet = eaprs_session_packet(from->session, &len);
        CHECK(packet != NULL && len >= 4);
        both->packets++;
        received = eaprs_session_handle_packet(to->session, packet, len, both->now_ms);
        /* Who refuses a certificate is done, and does not wait for the other's Failure. */
        CHECK(received == (to->finished == 0 || to->succeeded ? EAPRS_RECEIVED_ACCEPTED
                                                              : EAPRS_RECEIVED_DISCARDED));
        break;
    case EAPRS_OUTPUT_ASK:
        pair_answer(both, from->session);
        break;
    case EAPRS_OUTPUT_EVENT:
        if (eaprs_session_event_kind(from->session) == EAPRS_EVENT_NOTIFICATION) {
            snprintf(both->displayed, sizeof both->displayed, "%s",
                     eaprs_session_text(from->session, NULL));
        } else if (eaprs_session_event_kind(from->session) == EAPRS_EVENT_INNER_IDENTITY) {
            packet = eaprs_session_identity(from->session, &len);
            copy_octets(both->inside, sizeof both->inside, packet, len);
        } else if (eaprs_session_event_kind(from->session) == EAPRS_EVENT_PAC_UPDATED) {
            packet = eaprs_session_pac_file(from->session, &len);
            CHECK(packet != NULL && len <= sizeof both->pacs);
            memcpy(both->pacs, packet, len);
            both->pacs_len = len;
        }
        break;
    case EAPRS_OUTPUT_FINISHED:
        note_result(from);
        break;
    default:
        CHECK(!"an output that nobody expects");
    }
}

/* Runs until this is asked, and gives the session that asks; or, with EAPRS_QUERY_NONE, until both
 * sides are silent. */
static inline eaprs_session *pair_run_until(pair *both, eaprs_query query)
{
    for (bool busy = true; busy;) {
        busy = false;
        for (int turn = 0; turn < 2; turn++) {
            side *from = turn == 0 ? &both->authenticator : &both->peer;
            const side *to = turn == 0 ? &both->peer : &both->authenticator;
            eaprs_output output;
            while ((output = eaprs_session_poll(from->session)) != EAPRS_OUTPUT_NONE) {
                busy = true;
                if (output == EAPRS_OUTPUT_ASK &&
                    eaprs_session_query_kind(from->session) == query) {
                    return from->session;
                }
                pair_output(both, from, to, output);
            }
        }
    }
    CHECK(query == EAPRS_QUERY_NONE);
    return NULL;
}

static inline void pair_run(pair *both)
{
    (void)pair_run_until(both, EAPRS_QUERY_NONE);
}

/* Both sides are done, with the same result. */
static inline bool pair_ended(const pair *both, bool succeeded)
{
    return both->peer.finished == 1 && both->authenticator.finished == 1 &&
           both->peer.succeeded == succeeded && both->authenticator.succeeded == succeeded;
}

#endif
