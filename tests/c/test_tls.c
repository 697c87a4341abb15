/* EAP-TLS: settings, logins and refusals, with certificates that certificates.sh has made. */

#include "tls_pair.h"

/* ---- Settings ---- */

static void expect_name(eaprs_tls_peer_builder *builder, const char *name)
{
    CHECK_OK(eaprs_tls_peer_builder_server_name(builder, octets(name), strlen(name)));
}

static void a_peer_without_anybody_to_trust_is_refused(void)
{
    peer_refused(tls_peer(NULL), "ca: nothing to trust");
}

static void what_cannot_be_read_is_named(void)
{
    eaprs_tls_peer_builder *builder = tls_peer(&ca);
    eaprs_tls_server_builder *server = NULL;

    CHECK_OK(eaprs_tls_peer_builder_ca(builder, octets("no PEM"), 6));
    peer_refused(builder, "ca: ");

    builder = tls_peer(&ca);
    CHECK_OK(eaprs_tls_peer_builder_certificate(builder, octets("x"), 1, client.octets,
                                                client.len));
    peer_refused(builder, "certificate: ");

    builder = tls_peer(&ca);
    CHECK_OK(eaprs_tls_peer_builder_certificate(builder, client.octets, client.len, octets("x"),
                                                1));
    peer_refused(builder, "key: ");

    builder = tls_peer(&ca);
    CHECK_OK(eaprs_tls_peer_builder_crl(builder, octets("x"), 1));
    peer_refused(builder, "crl: ");

    builder = tls_peer(&ca);
    expect_name(builder, "radius..example.org");
    peer_refused(builder, "server_name: ");

    builder = tls_peer(&ca);
    CHECK_OK(eaprs_tls_peer_builder_server_name_suffix(builder, octets("a b"), 3));
    peer_refused(builder, "server_name_suffix: ");

    CHECK_OK(eaprs_tls_server_builder_new(octets("x"), 1, server_key.octets, server_key.len,
                                          &server));
    CHECK_OK(eaprs_tls_server_builder_client_ca(server, ca.octets, ca.len));
    server_refused(server, "certificate: ");

    server = tls_server(&ca);
    CHECK_OK(eaprs_tls_server_builder_client_crl(server, octets("x"), 1));
    server_refused(server, "crl: ");
}

static void numbers_without_a_meaning_are_refused(void)
{
    eaprs_tls_peer_builder *peer = tls_peer(&ca);
    eaprs_tls_server_builder *server = tls_server(&ca);
    const uint32_t versions[4] = {0, 9, 14, 0x0304}, clocks[3] = {0, 4, UINT32_MAX};

    for (int i = 0; i < 4; i++) {
        CHECK_STATUS(eaprs_tls_peer_builder_min_version(peer, versions[i]), INVALID_ARGUMENT);
        CHECK_STATUS(eaprs_tls_peer_builder_max_version(peer, versions[i]), INVALID_ARGUMENT);
        CHECK_STATUS(eaprs_tls_server_builder_min_version(server, versions[i]), INVALID_ARGUMENT);
        CHECK_STATUS(eaprs_tls_server_builder_max_version(server, versions[i]), INVALID_ARGUMENT);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(eaprs_tls_peer_builder_clock_policy(peer, clocks[i]), INVALID_ARGUMENT);
        CHECK_STATUS(eaprs_tls_server_builder_clock_policy(server, clocks[i]), INVALID_ARGUMENT);
    }
    CHECK_STATUS(eaprs_tls_peer_builder_server_name(peer, octets("\xff"), 1), INVALID_ARGUMENT);

    CHECK_OK(eaprs_tls_peer_builder_fragment_size(peer, 63));
    peer_refused(peer, "fragment_size: 63 given");
    peer = tls_peer(&ca);
    CHECK_OK(eaprs_tls_peer_builder_max_message(peer, 4095));
    peer_refused(peer, "max_message: 4095 given");
    CHECK_OK(eaprs_tls_server_builder_max_message(server, 16777217));
    server_refused(server, "max_message: 16777217 given");
    server = tls_server(&ca);
    CHECK_OK(eaprs_tls_server_builder_client_name_suffix(server, octets("*"), 1));
    server_refused(server, "client_name_suffix: ");
    server = tls_server(&ca);
    CHECK_OK(eaprs_tls_server_builder_min_version(server, EAPRS_TLS_1_3));
    CHECK_OK(eaprs_tls_server_builder_max_version(server, EAPRS_TLS_1_2));
    server_refused(server, "min_version: ");
}

/* Two versions are for those who say so; and who says so, has them. */
static void versions_of_old_are_asked_for(void)
{
    eaprs_tls_peer_builder *peer = tls_peer(&ca);
    eaprs_tls_server_builder *server = tls_server(&ca);

    CHECK_OK(eaprs_tls_peer_builder_min_version(peer, EAPRS_TLS_1_1));
    peer_refused(peer, "min_version: ");
    CHECK_OK(eaprs_tls_server_builder_min_version(server, EAPRS_TLS_1_0));
    server_refused(server, "min_version: ");
    peer = tls_peer(&ca);
    CHECK_OK(eaprs_tls_peer_builder_legacy_tls(peer));
    CHECK_OK(eaprs_tls_peer_builder_min_version(peer, EAPRS_TLS_1_1));
    if (eaprs_has_method(METHOD_FAST)) {
        eaprs_tls_peer_config_free(tls_peer_config(peer));
    } else {
        peer_refused(peer, "legacy_tls: ");
    }
}

static void whom_to_trust_must_be_clear(void)
{
    eaprs_tls_peer_builder *builder = tls_peer(&ca);
    CHECK_OK(eaprs_tls_peer_builder_insecure_no_server_authentication(builder));
    peer_refused(builder, "insecure_no_server_authentication: ");
}

/* A phone asks for the password again, without reading its certificates again. */
static void a_wrong_key_password_can_be_corrected(void)
{
    eaprs_tls_peer_builder *builder = tls_peer(&ca);
    eaprs_tls_peer_config *config = NULL;

    CHECK_OK(eaprs_tls_peer_builder_certificate(
        builder, client_certificate.octets, client_certificate.len, client_encrypted_key.octets,
        client_encrypted_key.len));
    CHECK_STATUS(eaprs_tls_peer_builder_build(builder, &config), INVALID_CONFIG);
    CHECK_OK(eaprs_tls_peer_builder_key_password(builder, octets("sesam"), 5));
    CHECK_STATUS(eaprs_tls_peer_builder_build(builder, &config), INVALID_CONFIG);
    CHECK(config == NULL && eaprs_tls_peer_builder_error(builder, NULL) != NULL);
    CHECK_OK(eaprs_tls_peer_builder_key_password(builder, octets("sesame"), 6));
    CHECK_OK(eaprs_tls_peer_builder_build(builder, &config));
    CHECK(eaprs_tls_peer_builder_error(builder, NULL) == NULL);
    eaprs_tls_peer_config_free(config);
    eaprs_tls_peer_builder_free(builder);
}

static void the_bare_method_is_refused_for_want_of_settings(void)
{
    eaprs_peer_builder *builder = peer_builder("alice", NULL, METHOD_TLS);
    eaprs_peer_config *config = NULL;
    const char *error;

    CHECK_STATUS(eaprs_peer_builder_build(builder, &config), INVALID_CONFIG);
    error = eaprs_peer_builder_error(builder, NULL);
    CHECK(error != NULL && strstr(error, "EAP-TLS needs settings") != NULL);
    eaprs_peer_builder_free(builder);
}

/* ---- Logins ---- */

/* Takes both builders; each side is told a date, 0 for none. */
static pair start(eaprs_tls_peer_builder *peer_settings, uint64_t peer_date,
                  eaprs_tls_server_builder *server_settings, uint64_t server_date)
{
    eaprs_tls_peer_config *peer = tls_peer_config(peer_settings);
    eaprs_tls_server_config *server = tls_server_config(server_settings);
    pair both = tls_start("alice", peer, peer_date, server, server_date);
    eaprs_tls_peer_config_free(peer);
    eaprs_tls_server_config_free(server);
    return both;
}

static void is_a_login(pair *both, uint32_t version)
{
    const side *ends[2] = {&both->peer, &both->authenticator};
    uint8_t zeros[64] = {0};

    pair_run(both);
    CHECK(pair_ended(both, true));
    for (int i = 0; i < 2; i++) {
        CHECK(ends[i]->failure == EAPRS_FAILURE_NONE);
        CHECK(ends[i]->refusal == EAPRS_CERTIFICATE_REFUSAL_NONE);
        CHECK(ends[i]->tls_alert == -1);
        CHECK(ends[i]->tls_version == version);
        CHECK(strncmp(ends[i]->suite, "TLS", 3) == 0);
        CHECK(ends[i]->msk_len == 64 && memcmp(ends[i]->msk, zeros, 64) != 0);
    }
    CHECK(memcmp(both->peer.msk, both->authenticator.msk, 64) == 0);
    CHECK(strcmp(both->peer.suite, both->authenticator.suite) == 0);
    CHECK(strcmp(both->peer.subject, "CN=radius.example.org") == 0);
    CHECK(strcmp(both->authenticator.subject, "CN=alice") == 0);
    CHECK(!both->peer.resumed && !both->authenticator.resumed);
    CHECK(memcmp(both->peer.sha256, fingerprint.octets, 32) == 0);
    pair_free(both);
}

static void logins_in_both_versions(void)
{
    const uint32_t versions[2] = {EAPRS_TLS_1_2, EAPRS_TLS_1_3};

    for (int i = 0; i < 2; i++) {
        eaprs_tls_peer_builder *peer = tls_peer(&ca);
        eaprs_tls_server_builder *server = tls_server(&ca);
        pair both;
        expect_name(peer, "radius.example.org");
        CHECK_OK(eaprs_tls_peer_builder_max_version(peer, versions[i]));
        /* Small fragments, so that both sides take messages apart and put them together. */
        CHECK_OK(eaprs_tls_peer_builder_fragment_size(peer, 100));
        CHECK_OK(eaprs_tls_server_builder_fragment_size(server, 100));
        both = start(peer, today(), server, today());
        is_a_login(&both, versions[i]);
    }
}

static void a_pin_an_empty_revocation_list_and_a_suffix_admit_the_server(void)
{
    eaprs_tls_peer_builder *peer = tls_peer(&ca);
    eaprs_tls_server_builder *server = tls_server(&ca);
    pair both;

    CHECK(fingerprint.len == 32);
    CHECK_OK(eaprs_tls_peer_builder_pin_sha256(peer, fingerprint.octets));
    CHECK_OK(eaprs_tls_peer_builder_crl(peer, crl.octets, crl.len));
    CHECK_OK(eaprs_tls_peer_builder_server_name_suffix(peer, octets("example.org"), 11));
    CHECK_OK(eaprs_tls_peer_builder_min_version(peer, EAPRS_TLS_1_3));
    CHECK_OK(eaprs_tls_peer_builder_allow_legacy_signatures(peer));
    CHECK_OK(eaprs_tls_server_builder_client_crl(server, crl.octets, crl.len));
    both = start(peer, today(), server, today());
    is_a_login(&both, EAPRS_TLS_1_3);
}

static void a_phone_without_the_time_logs_in_if_its_policy_says_so(void)
{
    const uint32_t policies[2] = {EAPRS_CLOCK_POLICY_IGNORE_UNTIL_SET, EAPRS_CLOCK_POLICY_IGNORE};

    for (int i = 0; i < 2; i++) {
        eaprs_tls_peer_builder *peer = tls_peer(&ca);
        eaprs_tls_server_builder *server = tls_server(&ca);
        pair both;
        CHECK_OK(eaprs_tls_peer_builder_clock_policy(peer, policies[i]));
        CHECK_OK(eaprs_tls_server_builder_clock_policy(server, policies[i]));
        both = start(peer, 0, server, 0);
        is_a_login(&both, EAPRS_TLS_1_3);
    }
}

/* ---- Refusals ---- */

/* The peer refuses the server, and the server learns it by this alert. */
static void peer_refuses(eaprs_tls_peer_builder *peer, uint64_t date,
                         eaprs_certificate_refusal refusal, int32_t alert)
{
    pair both = start(peer, date, tls_server(&ca), today());
    pair_run(&both);
    CHECK(pair_ended(&both, false));
    CHECK(both.peer.failure == EAPRS_FAILURE_CERTIFICATE);
    CHECK(both.peer.refusal == refusal && both.peer.tls_alert == alert);
    CHECK(both.peer.text[0] != '\0');
    CHECK(both.authenticator.failure == EAPRS_FAILURE_TLS_ALERT);
    CHECK(both.authenticator.tls_alert == alert);
    CHECK(both.authenticator.refusal == EAPRS_CERTIFICATE_REFUSAL_NONE);
    CHECK(both.peer.tls_version == 0 && both.peer.suite[0] == '\0' && both.peer.msk_len == 0);
    pair_free(&both);
}

/* Alerts: RFC 8446 section 6. */
static void servers_are_refused_for_their_certificates(void)
{
    const uint64_t in_2000 = 946684800, in_2100 = 4102444800;
    eaprs_tls_peer_builder *builder = tls_peer(&ca);

    expect_name(builder, "radius.example.net");
    peer_refuses(builder, today(), EAPRS_CERTIFICATE_REFUSAL_NAME_MISMATCH, 42);
    peer_refuses(tls_peer(&other_ca), today(), EAPRS_CERTIFICATE_REFUSAL_UNTRUSTED_CA, 48);
    peer_refuses(tls_peer(&ca), in_2000, EAPRS_CERTIFICATE_REFUSAL_NOT_YET_VALID, 45);
    peer_refuses(tls_peer(&ca), in_2100, EAPRS_CERTIFICATE_REFUSAL_EXPIRED, 45);
    peer_refuses(tls_peer(&ca), 0, EAPRS_CERTIFICATE_REFUSAL_CLOCK_UNKNOWN, 46);

    builder = tls_peer(&ca);
    CHECK_OK(eaprs_tls_peer_builder_pin_sha256(builder, ca.octets));
    peer_refuses(builder, today(), EAPRS_CERTIFICATE_REFUSAL_PIN_MISMATCH, 46);

    /* A date that is known counts. */
    builder = tls_peer(&ca);
    CHECK_OK(eaprs_tls_peer_builder_clock_policy(builder, EAPRS_CLOCK_POLICY_IGNORE_UNTIL_SET));
    peer_refuses(builder, in_2100, EAPRS_CERTIFICATE_REFUSAL_EXPIRED, 45);
}

static void a_client_of_another_ca_is_refused(void)
{
    pair both = start(tls_peer(&ca), today(), tls_server(&other_ca), today());
    pair_run(&both);
    CHECK(pair_ended(&both, false));
    CHECK(both.authenticator.failure == EAPRS_FAILURE_CERTIFICATE);
    CHECK(both.authenticator.refusal == EAPRS_CERTIFICATE_REFUSAL_UNTRUSTED_CA);
    CHECK(both.authenticator.tls_alert == 48);
    CHECK(both.peer.failure == EAPRS_FAILURE_TLS_ALERT && both.peer.tls_alert == 48);
    pair_free(&both);
}

static void no_version_in_common(void)
{
    eaprs_tls_peer_builder *peer = tls_peer(&ca);
    eaprs_tls_server_builder *server = tls_server(&ca);
    pair both;

    CHECK_OK(eaprs_tls_peer_builder_max_version(peer, EAPRS_TLS_1_2));
    CHECK_OK(eaprs_tls_server_builder_min_version(server, EAPRS_TLS_1_3));
    both = start(peer, today(), server, today());
    pair_run(&both);
    CHECK(pair_ended(&both, false));
    CHECK(both.authenticator.failure == EAPRS_FAILURE_TLS_INCOMPATIBLE);
    /* protocol_version */
    CHECK(both.peer.failure == EAPRS_FAILURE_TLS_ALERT && both.peer.tls_alert == 70);
    pair_free(&both);
}

int main(void)
{
    read_certificates();
    a_peer_without_anybody_to_trust_is_refused();
    what_cannot_be_read_is_named();
    numbers_without_a_meaning_are_refused();
    versions_of_old_are_asked_for();
    whom_to_trust_must_be_clear();
    a_wrong_key_password_can_be_corrected();
    the_bare_method_is_refused_for_want_of_settings();
    logins_in_both_versions();
    a_pin_an_empty_revocation_list_and_a_suffix_admit_the_server();
    a_phone_without_the_time_logs_in_if_its_policy_says_so();
    servers_are_refused_for_their_certificates();
    a_client_of_another_ca_is_refused();
    no_version_in_common();
    return 0;
}
