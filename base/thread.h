/* Threads with a name and a small stack (design.md section 7: 256 KiB). */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

struct thread {
    pthread_t id;
    int running;
};

/* 0 or negative errno. The name is cut at 15 bytes. All signals are blocked in the thread. */
int thread_start(struct thread *thread, const char *name, void *(*run)(void *), void *context);

/* The calling thread is woken when it asked to be, not up to 50 microseconds later: the silences of
 * a serial line are kept with it. */
void thread_set_precise(void);

/* Joins; accepts one that never started. */
void thread_join(struct thread *thread);

#endif
