/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _DEFAULT_SOURCE

#include "prompt.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void prompt_open(struct prompt *prompt, bool hidden)
{
    prompt_close(prompt);
    prompt->open = true;
    if (!hidden || tcgetattr(STDIN_FILENO, &prompt->terminal) < 0)
        return; /* nothing to hide, or no terminal */
    struct termios silent = prompt->terminal;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ECHONL;
    prompt->echo_is_off = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
}

int prompt_descriptor(const struct prompt *prompt)
{
    return prompt->open ? STDIN_FILENO : -1;
}

enum prompt_result prompt_read(struct prompt *prompt)
{
    /* One octet per call: poll(2) said that one is there, and what follows the line in a pipe
     * answers the next question. */
    uint8_t octet;
    ssize_t len = read(STDIN_FILENO, &octet, 1);
    if (len < 0 && (errno == EINTR || errno == EAGAIN))
        return PROMPT_MORE;
    if (len <= 0)
        return prompt->len > 0 ? PROMPT_LINE : PROMPT_END;
    if (octet == '\n')
        return PROMPT_LINE;
    if (prompt->len < sizeof prompt->line)
        prompt->line[prompt->len++] = octet;
    return PROMPT_MORE;
}

bool prompt_verdict(const struct prompt *prompt, bool *verdict)
{
    *verdict = prompt->len == 3 && memcmp(prompt->line, "yes", 3) == 0;
    return *verdict || (prompt->len == 2 && memcmp(prompt->line, "no", 2) == 0);
}

void prompt_close(struct prompt *prompt)
{
    if (prompt->echo_is_off)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &prompt->terminal);
    prompt->open = false;
    prompt->echo_is_off = false;
    explicit_bzero(prompt->line, sizeof prompt->line);
    prompt->len = 0;
}
