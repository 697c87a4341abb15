/*
 * One line from whoever sits at standard input, without waiting for it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PROMPT_H
#define PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

/* One more octet than the longest answer: a line that is too long is still seen to be. */
#define PROMPT_LINE_MAX 1016

struct prompt {
    bool open;
    bool echo_is_off;
    struct termios terminal;
    uint8_t line[PROMPT_LINE_MAX];
    size_t len;
};

enum prompt_result {
    PROMPT_MORE, /* the line is not complete */
    PROMPT_LINE, /* it is in `line` */
    PROMPT_END,  /* nobody is there */
};

/* Begins a line. `hidden`: a terminal does not show it. */
void prompt_open(struct prompt *prompt, bool hidden);

/* The descriptor to poll, -1 (which poll(2) ignores) if nothing is being asked. */
int prompt_descriptor(const struct prompt *prompt);

/* Reads what has been typed. */
enum prompt_result prompt_read(struct prompt *prompt);

/* Whether the line is "yes" or "no", and which. */
bool prompt_verdict(const struct prompt *prompt, bool *verdict);

/* Ends the line and wipes it. Harmless if none was begun. */
void prompt_close(struct prompt *prompt);

#endif
