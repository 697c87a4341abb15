/* Sessions that fork() has doubled: what each process says is new. */

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

/* An identity, to which the answer is an MD5-Challenge of 16 octets. */
static const uint8_t ALICE[10] = {2, 1, 0, 10, 1, 'a', 'l', 'i', 'c', 'e'};
/* Where they are in the Request. */
#define CHALLENGE_AT 6
#define CHALLENGE_LEN 16

static void say_challenge(eaprs_session *session, int pipe)
{
    size_t len;
    const uint8_t *packet;

    CHECK(eaprs_session_pick_up(session, ALICE, sizeof ALICE, 0) == EAPRS_RECEIVED_ACCEPTED);
    while (eaprs_session_poll(session) != EAPRS_OUTPUT_SEND) {
    }
    packet = eaprs_session_packet(session, &len);
    CHECK(packet != NULL && len >= CHALLENGE_AT + CHALLENGE_LEN);
    CHECK(write(pipe, packet + CHALLENGE_AT, CHALLENGE_LEN) == CHALLENGE_LEN);
}

/* The session's challenge, in a child of this process. */
static void challenge_in_child(eaprs_session *session, uint8_t *challenge)
{
    int pipes[2], status;
    pid_t child;

    CHECK(pipe(pipes) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        say_challenge(session, pipes[1]);
        eaprs_session_free(session);
        _exit(0);
    }
    CHECK(close(pipes[1]) == 0);
    CHECK(read(pipes[0], challenge, CHALLENGE_LEN) == CHALLENGE_LEN);
    CHECK(close(pipes[0]) == 0);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    eaprs_session *session = authenticator_session(authenticator_builder(METHOD_MD5));
    uint8_t first[CHALLENGE_LEN], second[CHALLENGE_LEN];

    challenge_in_child(session, first);
    challenge_in_child(session, second);
    CHECK(memcmp(first, second, CHALLENGE_LEN) != 0);
    eaprs_session_free(session);
    return 0;
}
