/* One configuration of each role, shared by threads that each run sessions of their own. */

#include "pair.h"

#include <pthread.h>

#define THREADS 4
#define LOGINS 50

typedef struct {
    const eaprs_peer_config *peer;
    const eaprs_authenticator_config *authenticator;
    int succeeded;
} shared;

static void *run_logins(void *argument)
{
    shared *work = (shared *)argument;

    for (int i = 0; i < LOGINS; i++) {
        eaprs_session *peer = NULL, *authenticator = NULL;
        pair both;
        memset(&both, 0, sizeof both);
        CHECK_OK(eaprs_session_new_peer(work->peer, &peer));
        CHECK_OK(eaprs_session_new_authenticator(work->authenticator, &authenticator));
        CHECK_OK(eaprs_session_start(authenticator, 0));
        both.peer = begin(peer);
        both.authenticator = begin(authenticator);
        both.stored = i % 2 == 0 ? "secret" : "sesame";
        pair_run(&both);
        CHECK(pair_ended(&both, i % 2 == 0));
        work->succeeded += both.peer.succeeded ? 1 : 0;
        pair_free(&both);
    }
    return NULL;
}

int main(void)
{
    eaprs_peer_config *peer = peer_config(peer_builder("alice", "secret", METHOD_MD5));
    eaprs_authenticator_config *authenticator =
        authenticator_config(authenticator_builder(METHOD_MD5));
    pthread_t threads[THREADS];
    shared work[THREADS];

    for (int i = 0; i < THREADS; i++) {
        work[i].peer = peer;
        work[i].authenticator = authenticator;
        work[i].succeeded = 0;
        CHECK(pthread_create(&threads[i], NULL, run_logins, &work[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(work[i].succeeded == LOGINS / 2);
    }
    eaprs_peer_config_free(peer);
    eaprs_authenticator_config_free(authenticator);
    return 0;
}
