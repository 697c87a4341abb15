/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _DEFAULT_SOURCE

#include "authenticator_options.h"

#include <eap_rs.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: authenticator --interface IF --user NAME:PASSWORD [--user ...] [options]\n"
    "       authenticator --interface IF --method tls --cert FILE --key FILE --ca FILE [options]\n"
    "       authenticator --interface IF --method peap|ttls --cert FILE --key FILE --user ...\n"
    "       authenticator --interface IF --method fast --cert FILE --key FILE --a-id DIGITS\n"
    "                     [--pac-key FILE] --user ...\n"
    "\n"
    "A small 802.1X switch port for a test bench: authenticates the stations on an Ethernet\n"
    "interface, and prints what happens. It opens and closes no port. Passwords on a command\n"
    "line can be seen by other users of the machine.\n"
    "\n"
    "  --interface IF         the Ethernet interface\n"
    "  --user NAME:PASSWORD   somebody who may log in; for otp and gtc the password is the\n"
    "                         response that is accepted\n"
    "  --method METHOD        md5 (if not given), otp, gtc, tls, peap, ttls or fast; inside the\n"
    "                         last three mschapv2 and gtc, in ttls also pap, chap and ms-chap\n"
    "  --cert FILE            tls, peap, ttls, fast: our certificate, PEM or DER\n"
    "  --key FILE             tls, peap, ttls, fast: its key\n"
    "  --ca FILE              tls: the CA whose stations may log in. peap, ttls and fast: the\n"
    "                         same, for stations that have a certificate\n"
    "  --session-lifetime S   tls, peap, ttls: stations may resume their sessions for S seconds;\n"
    "                         if not given, every login is a full one\n"
    "  --a-id DIGITS          fast: by what PACs name us, 32 hexadecimal digits\n"
    "  --pac-key FILE         fast: issues PACs, and takes them, by the keys in this file, 32\n"
    "                         random octets each, the newest first\n"
    "  --pac-lifetime S       fast: PACs are good for S seconds, 604800 if not given\n"
    "  --pac-refresh S        fast: they are renewed with S seconds left, 86400 if not given\n"
    "  --provisioning WHEN    fast: stations without a PAC get one if we are authenticated (if not\n"
    "                         given), anonymous (mschapv2 only; that login is refused), both or\n"
    "                         none\n"
    "  --notification TEXT    a message for the station's user, before the method\n"
    "  --identity-prompt TEXT what the user is shown who has to type a name\n"
    "  --token-prompt TEXT    what the user is shown who has to type a response (otp and gtc)\n"
    "  --reauth-period MS     authenticate every station again after this time\n"
    "  --eapol-version N      the EAPOL version to write: 1, 2 (if not given) or 3\n"
    "  --once                 exit after the first result\n"
    "  --verbose              say which packets are dropped, and why\n"
    "  --help                 print this\n"
    "\n"
    "SIGTERM, SIGINT and SIGHUP end the program.\n"
    "Exit status: 0 done, 1 refused (with --once), 2 a mistake in the options, 3 a system\n"
    "error.\n";

enum option_name {
    INTERFACE = 256, /* no letter: there are long options only */
    USER,
    METHOD,
    CERT,
    KEY,
    CA,
    SESSION_LIFETIME,
    A_ID,
    PAC_KEY,
    PAC_LIFETIME,
    PAC_REFRESH,
    PROVISIONING,
    NOTIFICATION,
    IDENTITY_PROMPT,
    TOKEN_PROMPT,
    REAUTH_PERIOD,
    EAPOL_VERSION,
    ONCE,
    VERBOSE,
    HELP,
};

static const struct option names[] = {
    {"interface", required_argument, NULL, INTERFACE},
    {"user", required_argument, NULL, USER},
    {"method", required_argument, NULL, METHOD},
    {"cert", required_argument, NULL, CERT},
    {"key", required_argument, NULL, KEY},
    {"ca", required_argument, NULL, CA},
    {"session-lifetime", required_argument, NULL, SESSION_LIFETIME},
    {"a-id", required_argument, NULL, A_ID},
    {"pac-key", required_argument, NULL, PAC_KEY},
    {"pac-lifetime", required_argument, NULL, PAC_LIFETIME},
    {"pac-refresh", required_argument, NULL, PAC_REFRESH},
    {"provisioning", required_argument, NULL, PROVISIONING},
    {"notification", required_argument, NULL, NOTIFICATION},
    {"identity-prompt", required_argument, NULL, IDENTITY_PROMPT},
    {"token-prompt", required_argument, NULL, TOKEN_PROMPT},
    {"reauth-period", required_argument, NULL, REAUTH_PERIOD},
    {"eapol-version", required_argument, NULL, EAPOL_VERSION},
    {"once", no_argument, NULL, ONCE},
    {"verbose", no_argument, NULL, VERBOSE},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

/* Seven days, which are the most that TLS 1.3 allows. */
#define SESSION_LIFETIME_MAX 604800

/* Ten years, which are the most that the library takes. */
#define PAC_LIFETIME_MAX 315360000

static bool take_user(struct authenticator_options *options)
{
    const char *colon = strchr(optarg, ':');
    if (colon == NULL) {
        complain("--user: no colon given, NAME:PASSWORD accepted");
        return false;
    }
    if (options->user_count == USERS_MAX) {
        complain("--user: given too often, %d times accepted", USERS_MAX);
        return false;
    }
    options->users[options->user_count++] = (struct user){
        .name = optarg,
        .name_len = (size_t)(colon - optarg),
        .password = colon + 1,
    };
    return true;
}

static bool take_method(struct authenticator_options *options)
{
    static const struct {
        const char *name;
        uint32_t method; /* IANA's EAP method Type */
    } methods[] = {{"md5", 4}, {"otp", 5}, {"gtc", 6}, {"tls", METHOD_TLS},
                 {"peap", METHOD_PEAP}, {"ttls", METHOD_TTLS}, {"fast", METHOD_FAST}};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(optarg, methods[i].name) == 0) {
            options->method = methods[i].method;
            return true;
        }
    }
    complain("--method: %s given, md5, otp, gtc, tls, peap, ttls or fast accepted", optarg);
    return false;
}

static bool take_a_id(struct authenticator_options *options)
{
    options->has_a_id = parse_octets(optarg, options->a_id, A_ID_LEN);
    if (!options->has_a_id)
        complain("--a-id: %s given, %d hexadecimal digits accepted", optarg, 2 * A_ID_LEN);
    return options->has_a_id;
}

static bool take_provisioning(struct authenticator_options *options)
{
    static const struct {
        const char *name;
        uint32_t provisioning;
    } all[] = {{"none", EAPRS_PROVISIONING_OFF},
               {"anonymous", EAPRS_PROVISIONING_ANONYMOUS},
               {"authenticated", EAPRS_PROVISIONING_AUTHENTICATED},
               {"both", EAPRS_PROVISIONING_BOTH}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(optarg, all[i].name) == 0) {
            options->provisioning = all[i].provisioning;
            return true;
        }
    }
    complain("--provisioning: %s given, none, anonymous, authenticated or both accepted", optarg);
    return false;
}

static bool take(struct authenticator_options *options, int name)
{
    switch (name) {
    case INTERFACE:
        options->interface = optarg;
        return true;
    case USER:
        return take_user(options);
    case METHOD:
        return take_method(options);
    case CERT:
        options->certificate = optarg;
        return true;
    case KEY:
        options->key = optarg;
        return true;
    case CA:
        options->ca = optarg;
        return true;
    case SESSION_LIFETIME:
        return parse_option("--session-lifetime", optarg, 1, SESSION_LIFETIME_MAX,
                            &options->session_lifetime);
    case A_ID:
        return take_a_id(options);
    case PAC_KEY:
        options->pac_key = optarg;
        return true;
    case PAC_LIFETIME:
        return parse_option("--pac-lifetime", optarg, 1, PAC_LIFETIME_MAX, &options->pac_lifetime);
    case PAC_REFRESH:
        return parse_option("--pac-refresh", optarg, 0, PAC_LIFETIME_MAX, &options->pac_refresh);
    case PROVISIONING:
        return take_provisioning(options);
    case NOTIFICATION:
        options->notification = optarg;
        return true;
    case IDENTITY_PROMPT:
        options->identity_prompt = optarg;
        return true;
    case TOKEN_PROMPT:
        options->token_prompt = optarg;
        return true;
    case REAUTH_PERIOD:
        return parse_option("--reauth-period", optarg, 1, TIME_MAX_MS, &options->reauth_period);
    case EAPOL_VERSION:
        return parse_option("--eapol-version", optarg, 1, 3, &options->eapol_version);
    case ONCE:
        options->once = true;
        return true;
    case VERBOSE:
        options->verbose = true;
        return true;
    default:
        return false; /* getopt_long has said what is wrong */
    }
}

bool authenticator_options_need_certificate(const struct authenticator_options *options)
{
    return options->method == METHOD_TLS || options->method == METHOD_TTLS ||
           options->method == METHOD_PEAP || options->method == METHOD_FAST;
}

enum options_result authenticator_options_parse(struct authenticator_options *options, int argc,
                                                char **argv)
{
    int name;
    memset(options, 0, sizeof *options);
    options->method = 4;
    options->eapol_version = 2;
    options->token_prompt = "Password: ";
    options->pac_lifetime = 604800;
    options->pac_refresh = 86400;
    while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (name == HELP) {
            fputs(usage, stdout);
            return OPTIONS_HELP;
        }
        if (!take(options, name)) {
            complain("--help says what there is");
            return OPTIONS_WRONG;
        }
    }
    if (optind < argc)
        complain("%s: only options are accepted; --help says which", argv[optind]);
    else if (options->interface == NULL)
        complain("--interface is missing; --help says what there is");
    else if (options->method == METHOD_TLS &&
             (options->certificate == NULL || options->key == NULL || options->ca == NULL))
        complain("--method tls needs --cert, --key and --ca; --help says what there is");
    else if (authenticator_options_need_certificate(options) &&
             (options->certificate == NULL || options->key == NULL))
        complain("--method peap, ttls and fast need --cert and --key; --help says what there is");
    else if (options->method == METHOD_FAST && !options->has_a_id)
        complain("--method fast needs --a-id; --help says what there is");
    else if (options->method != METHOD_TLS && options->user_count == 0)
        complain("--user is missing; --help says what there is");
    else
        return OPTIONS_GIVEN;
    return OPTIONS_WRONG;
}
