/* Threads all alike: named for ps and gdb, on a small stack so that memory stays within its
 * promise, and deaf to signals, which the main thread alone takes. */
#include "base/thread.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#ifndef THREAD_STACK_KIB
#define THREAD_STACK_KIB 256
#endif

int
thread_start(struct thread *thread, const char *name, void *(*run)(void *), void *context)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    char short_name[16];

    thread->running = 0;
    int rc = pthread_attr_init(&attributes);
    if (rc)
        return -rc;
    rc = pthread_attr_setstacksize(&attributes, (size_t)THREAD_STACK_KIB * 1024);
    if (!rc) {
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        rc = pthread_create(&thread->id, &attributes, run, context);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_attr_destroy(&attributes);
    if (rc)
        return -rc;
    snprintf(short_name, sizeof short_name, "%s", name);
    pthread_setname_np(thread->id, short_name);
    thread->running = 1;
    return 0;
}

void
thread_set_precise(void)
{
    prctl(PR_SET_TIMERSLACK, 1UL);
}

void
thread_join(struct thread *thread)
{
    if (!thread->running)
        return;
    pthread_join(thread->id, NULL);
    thread->running = 0;
}
