/* Realms of identities, and what of an identity may be known. */

#include "check.h"

static void anonymous(const char *identity, const char *expected)
{
    size_t len = 99;
    const uint8_t *given = eaprs_identity_anonymous(octets(identity), strlen(identity), &len);
    CHECK(is_text(given, len, expected));
    CHECK(eaprs_identity_anonymous(octets(identity), strlen(identity), NULL) == given);
}

static void realm(const char *identity, const char *expected)
{
    size_t len = 99;
    const uint8_t *given = eaprs_identity_realm(octets(identity), strlen(identity), &len);
    if (expected == NULL) {
        CHECK(given == NULL && len == 0);
    } else {
        CHECK(is_text(given, len, expected));
        /* It is a part of what was given. */
        CHECK(given == octets(identity) + strlen(identity) - len);
    }
}

static bool is_of(const char *identity, const char *name, bool below)
{
    return eaprs_identity_is_of_realm(octets(identity), strlen(identity), octets(name),
                                      strlen(name), below);
}

static void null_is_nobody(void)
{
    size_t len = 99;
    CHECK(eaprs_identity_anonymous(NULL, 0, &len) == NULL && len == 0);
    len = 99;
    CHECK(eaprs_identity_anonymous(NULL, 1, &len) == NULL && len == 0);
    len = 99;
    CHECK(eaprs_identity_realm(NULL, 1, &len) == NULL && len == 0);
    CHECK(!eaprs_identity_is_of_realm(NULL, 1, octets("example.org"), 11, false));
    CHECK(!eaprs_identity_is_of_realm(octets("@example.org"), 12, NULL, 1, true));
}

int main(void)
{
    anonymous("alice@example.org", "@example.org");
    anonymous("other.net!alice@example.org", "@example.org");
    anonymous("alice", "anonymous");
    anonymous("not anonymous", "anonymous");
    anonymous("alice@example", "anonymous");
    anonymous("\xff@example.org", "anonymous");
    anonymous("", "anonymous");

    realm("alice@example.org", "example.org");
    realm("@example.org", "example.org");
    realm("alice", NULL);
    realm("alice@example", NULL);
    realm("alice@example.net@example.org", NULL);
    realm("\xff@example.org", NULL);

    CHECK(is_of("alice@Example.org", "eXAMPLE.org", false));
    CHECK(!is_of("alice@sales.example.org", "example.org", false));
    CHECK(is_of("alice@sales.example.org", "example.org", true));
    CHECK(is_of("@example.org", "example.org", true));
    CHECK(!is_of("alice@notexample.org", "example.org", true));
    CHECK(!is_of("alice@example.org", "org", true));
    CHECK(!is_of("alice", "example.org", true));
    CHECK(!is_of("alice@example.org", "\xff", true));
    null_is_nobody();
    return 0;
}
