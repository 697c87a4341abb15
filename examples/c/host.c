/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _DEFAULT_SOURCE

#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static const char *program_name = "";

static void print_line(FILE *stream, const char *prefix, const char *format, va_list arguments)
{
    /* The longest line has an escaped identity and a few words. */
    char line[sizeof(struct identity_text) + 256];
    vsnprintf(line, sizeof line, format, arguments);
    for (char *c = line; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    }
    fprintf(stream, "%s%s\n", prefix, line);
    fflush(stream);
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(stdout, "", format, arguments);
    va_end(arguments);
}

void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(stderr, program_name, format, arguments);
    va_end(arguments);
}

bool host_init(const char *program)
{
    program_name = program;
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        /* open(2) gives the lowest free descriptor. */
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) != descriptor)
            return false;
    }
    return true;
}

uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int poll_timeout(uint64_t timeout_ms)
{
    if (timeout_ms == UINT64_MAX)
        return -1;
    return timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
}

int signals_open(const int *signals, size_t count)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < count; i++)
        sigaddset(&set, signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int signals_next(int descriptor)
{
    struct signalfd_siginfo info;
    if (read(descriptor, &info, sizeof info) != (ssize_t)sizeof info)
        return 0;
    return (int)info.ssi_signo;
}

bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value < min || value > max)
        return false;
    *number = value;
    return true;
}

bool parse_option(const char *option, const char *text, uint64_t min, uint64_t max,
                  uint64_t *number)
{
    if (parse_number(text, min, max, number))
        return true;
    complain("%s: %s given, %llu to %llu accepted", option, text, (unsigned long long)min,
             (unsigned long long)max);
    return false;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool parse_octets(const char *text, uint8_t *octets, size_t len)
{
    if (strlen(text) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        octets[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool parse_mac(const char *text, uint8_t mac[6])
{
    uint8_t parsed[6];
    if (strlen(text) != 17)
        return false;
    for (size_t i = 0; i < sizeof parsed; i++) {
        int high = hex_digit(text[3 * i]);
        int low = hex_digit(text[3 * i + 1]);
        char separator = text[3 * i + 2];
        if (high < 0 || low < 0 || separator != (i == 5 ? '\0' : ':'))
            return false;
        parsed[i] = (uint8_t)(high << 4 | low);
    }
    /* The lowest bit of the first octet marks a group, which is no station. */
    if (parsed[0] & 1)
        return false;
    memcpy(mac, parsed, sizeof parsed);
    return true;
}

struct mac_text format_mac(const uint8_t mac[6])
{
    struct mac_text text;
    snprintf(text.text, sizeof text.text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
             mac[3], mac[4], mac[5]);
    return text;
}

struct identity_text format_identity(const uint8_t *octets, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    struct identity_text text;
    char *out = text.text;
    for (size_t i = 0; octets != NULL && i < len; i++) {
        if ((size_t)(out - text.text) + 4 >= sizeof text.text)
            break;
        if (octets[i] >= 0x20 && octets[i] < 0x7f && octets[i] != '\\') {
            *out++ = (char)octets[i];
        } else {
            *out++ = '\\';
            *out++ = 'x';
            *out++ = hex[octets[i] >> 4];
            *out++ = hex[octets[i] & 15];
        }
    }
    *out = '\0';
    return text;
}
