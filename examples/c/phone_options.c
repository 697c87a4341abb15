/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _DEFAULT_SOURCE

#include "phone_options.h"

#include <eap_rs.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: phone --interface IF --config FILE [options]\n"
    "       phone --interface IF --proxy-logoff MAC [--eapol-version N]\n"
    "\n"
    "Logs in to an 802.1X network as an IP phone does, and prints what happens.\n"
    "\n"
    "  --interface IF       the Ethernet interface\n"
    "  --config FILE        the phone's settings, see cfg-example.xml; what they leave out\n"
    "                       and the network wants is read from standard input, a line each\n"
    "  --proxy-logoff MAC   with --config: log off the PC with this address on SIGUSR1 (the\n"
    "                       PC was unplugged from the phone); the phone stays logged in.\n"
    "                       Without --config: log that PC off now, and exit\n"
    "  --eapol-version N    the EAPOL version to write: 1, 2 or 3; 1 if not given\n"
    "  --unicast            answer to the switch's own address, not to the group\n"
    "  --start-period MS    the time between EAPOL-Starts; 30000 if not given\n"
    "  --max-start N        how many EAPOL-Starts go unanswered before there is no 802.1X\n"
    "                       here, and the port is open; 3 if not given\n"
    "  --held-period MS     the wait after a failure; 60000 if not given\n"
    "  --auth-period MS     the wait for the switch's next packet; 30000 if not given\n"
    "  --server-name NAME   the name that the server's certificate must have (modes 2 to 7);\n"
    "                       without it every server with a certificate of the CA is accepted\n"
    "  --ask-server         show the user the server's certificate, if it is else acceptable, and\n"
    "                       read yes or no from standard input; a resumed login needs no answer\n"
    "  --clock POLICY       what to do with certificates' dates: strict, ignore-until-set (if not\n"
    "                       given: a phone boots without the time) or ignore\n"
    "  --plain-gtc          mode 7: let the server ask for a token without the labels of RFC 5421,\n"
    "                       as FreeRADIUS does\n"
    "  --once               exit when the port is authorized (it stays so) or a login failed\n"
    "  --verbose            say which frames are dropped, and why\n"
    "  --help               print this\n"
    "\n"
    "SIGTERM, SIGINT and SIGHUP log off and end the program.\n"
    "Exit status: 0 done or logged off, 1 login failed (with --once), 2 a mistake in the\n"
    "options or settings, 3 a system error.\n";

enum option_name {
    INTERFACE = 256, /* no letter: there are long options only */
    CONFIG,
    PROXY_LOGOFF,
    EAPOL_VERSION,
    UNICAST,
    START_PERIOD,
    MAX_START,
    HELD_PERIOD,
    AUTH_PERIOD,
    SERVER_NAME,
    ASK_SERVER,
    CLOCK,
    PLAIN_GTC,
    ONCE,
    VERBOSE,
    HELP,
};

static const struct option names[] = {
    {"interface", required_argument, NULL, INTERFACE},
    {"config", required_argument, NULL, CONFIG},
    {"proxy-logoff", required_argument, NULL, PROXY_LOGOFF},
    {"eapol-version", required_argument, NULL, EAPOL_VERSION},
    {"unicast", no_argument, NULL, UNICAST},
    {"start-period", required_argument, NULL, START_PERIOD},
    {"max-start", required_argument, NULL, MAX_START},
    {"held-period", required_argument, NULL, HELD_PERIOD},
    {"auth-period", required_argument, NULL, AUTH_PERIOD},
    {"server-name", required_argument, NULL, SERVER_NAME},
    {"ask-server", no_argument, NULL, ASK_SERVER},
    {"clock", required_argument, NULL, CLOCK},
    {"plain-gtc", no_argument, NULL, PLAIN_GTC},
    {"once", no_argument, NULL, ONCE},
    {"verbose", no_argument, NULL, VERBOSE},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

#define MAX_START_MAX 1000

static bool take_clock(struct phone_options *options)
{
    static const struct {
        const char *name;
        eaprs_clock_policy policy;
    } policies[] = {{"strict", EAPRS_CLOCK_POLICY_STRICT},
                    {"ignore-until-set", EAPRS_CLOCK_POLICY_IGNORE_UNTIL_SET},
                    {"ignore", EAPRS_CLOCK_POLICY_IGNORE}};
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        if (strcmp(optarg, policies[i].name) == 0) {
            options->clock_policy = policies[i].policy;
            return true;
        }
    }
    complain("--clock: %s given, strict, ignore-until-set or ignore accepted", optarg);
    return false;
}

static bool take(struct phone_options *options, int name)
{
    switch (name) {
    case INTERFACE:
        options->interface = optarg;
        return true;
    case CONFIG:
        options->config = optarg;
        return true;
    case PROXY_LOGOFF:
        options->has_pc = parse_mac(optarg, options->pc);
        if (!options->has_pc)
            complain("--proxy-logoff: %s given, a station's address such as 02:00:00:00:00:01 "
                     "accepted", optarg);
        return options->has_pc;
    case EAPOL_VERSION:
        return parse_option("--eapol-version", optarg, 1, 3, &options->eapol_version);
    case UNICAST:
        options->unicast = true;
        return true;
    case START_PERIOD:
        return parse_option("--start-period", optarg, 1, TIME_MAX_MS, &options->start_period);
    case MAX_START:
        return parse_option("--max-start", optarg, 1, MAX_START_MAX, &options->max_start);
    case HELD_PERIOD:
        return parse_option("--held-period", optarg, 1, TIME_MAX_MS, &options->held_period);
    case AUTH_PERIOD:
        return parse_option("--auth-period", optarg, 1, TIME_MAX_MS, &options->auth_period);
    case SERVER_NAME:
        options->server_name = optarg;
        return true;
    case ASK_SERVER:
        options->ask_server = true;
        return true;
    case CLOCK:
        return take_clock(options);
    case PLAIN_GTC:
        options->plain_gtc = true;
        return true;
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

enum options_result phone_options_parse(struct phone_options *options, int argc, char **argv)
{
    int name;
    memset(options, 0, sizeof *options);
    options->eapol_version = 1;
    options->clock_policy = EAPRS_CLOCK_POLICY_IGNORE_UNTIL_SET;
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
    else if (options->config == NULL && !options->has_pc)
        complain("--config or --proxy-logoff is missing; --help says what there is");
    else
        return OPTIONS_GIVEN;
    return OPTIONS_WRONG;
}
