/* Header and library are of one version, and name what they know. */

#include "check.h"

static void the_library_is_that_of_the_header(void)
{
    char text[32];
    uint32_t number = (uint32_t)EAPRS_VERSION_MAJOR << 16 | (uint32_t)EAPRS_VERSION_MINOR << 8 |
                      (uint32_t)EAPRS_VERSION_PATCH;
    snprintf(text, sizeof text, "%u.%u.%u", (unsigned)EAPRS_VERSION_MAJOR,
             (unsigned)EAPRS_VERSION_MINOR, (unsigned)EAPRS_VERSION_PATCH);
    CHECK(strcmp(eaprs_version(), text) == 0);
    CHECK(eaprs_version_number() == number);
}

static void every_status_has_a_text_of_its_own(void)
{
    const char *unknown = eaprs_strerror(EAPRS_STATUS_PANIC + 1u);
    CHECK(unknown[0] != '\0');
    CHECK(strcmp(eaprs_strerror(UINT32_MAX), unknown) == 0);
    for (uint32_t status = EAPRS_STATUS_OK; status <= EAPRS_STATUS_PANIC; status++) {
        CHECK(strlen(eaprs_strerror(status)) > 1);
        for (uint32_t other = status + 1; other <= EAPRS_STATUS_PANIC + 1u; other++) {
            CHECK(strcmp(eaprs_strerror(status), eaprs_strerror(other)) != 0);
        }
    }
    CHECK(strcmp(eaprs_strerror(EAPRS_STATUS_OK), "ok") == 0);
}

static void methods_are_known_by_their_type(void)
{
    CHECK(eaprs_has_method(METHOD_MD5));
    CHECK(eaprs_has_method(METHOD_OTP));
    CHECK(eaprs_has_method(METHOD_GTC));
    CHECK(eaprs_has_method(METHOD_TLS));
    /* Identity, Notification and Nak are Types, but no methods (RFC 3748 section 5). */
    for (uint32_t type = 0; type < METHOD_MD5; type++) {
        CHECK(!eaprs_has_method(type));
    }
    CHECK(!eaprs_has_method(254));
    /* A number is not cut to its low octet. */
    CHECK(!eaprs_has_method(256 + METHOD_MD5));
    CHECK(!eaprs_has_method(UINT32_MAX));
}

int main(void)
{
    the_library_is_that_of_the_header();
    every_status_has_a_text_of_its_own();
    methods_are_known_by_their_type();
    return 0;
}
