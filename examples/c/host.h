/*
 * What both programs need of their host: the clock, signals, lines of output, the values of
 * options. SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_REFUSED = 1, /* a login failed (with --once) */
    EXIT_CODE_USAGE = 2,   /* a mistake in the options or settings */
    EXIT_CODE_SYSTEM = 3,  /* no such interface, no permission, ... */
};

/* What became of the command line. */
enum options_result {
    OPTIONS_GIVEN,
    OPTIONS_HELP,  /* was asked for, and printed */
    OPTIONS_WRONG, /* and said why */
};

#if defined(__GNUC__)
#define PRINTF_LIKE __attribute__((format(printf, 1, 2)))
#else
#define PRINTF_LIKE
#endif

/* Prints one line to standard output at once. Control characters become spaces, so that a text
 * from the network stays on its line. */
void say(const char *format, ...) PRINTF_LIKE;

/* Prints one such line to standard error, after the program's name. */
void complain(const char *format, ...) PRINTF_LIKE;

/* Makes sure that descriptors 0 to 2 are open (otherwise the packet socket would become standard
 * input), and names the program for complain(). */
bool host_init(const char *program);

/* The longest time that the library accepts: ten hours. */
#define TIME_MAX_MS 36000000

/* Milliseconds of a clock that never runs backwards. */
uint64_t now_ms(void);

/* A poll(2) timeout from what eaprs_session_timeout_ms says. */
int poll_timeout(uint64_t timeout_ms);

/* A descriptor that is readable when one of these `count` signals has arrived; -1 and errno on
 * error. The signals interrupt nothing from here on. */
int signals_open(const int *signals, size_t count);

/* The next signal that has arrived, 0 if none has. */
int signals_next(int descriptor);

/* A number in decimal between `min` and `max`. */
bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number);

/* The same for the value of an option; says what is accepted if it is not. */
bool parse_option(const char *option, const char *text, uint64_t min, uint64_t max,
                  uint64_t *number);

/* Exactly so many octets, two hexadecimal digits each. */
bool parse_octets(const char *text, uint8_t *octets, size_t len);

/* The address of one station, as in 02:00:00:00:00:01. */
bool parse_mac(const char *text, uint8_t mac[6]);

/* Room for the text of an address. */
struct mac_text {
    char text[18];
};

struct mac_text format_mac(const uint8_t mac[6]);

/* Room for an identity as text: every octet may become \xNN. */
struct identity_text {
    char text[4 * 1015 + 1];
};

/* An identity is whatever octets the other side sent: all but printable ASCII is escaped. */
struct identity_text format_identity(const uint8_t *octets, size_t len);

#endif
