#include "daemon/forward/resend.h"

#include "daemon/forward/forward.h"

#include <stdio.h>
#include <string.h>

static struct resend_job *
find(struct resend *resend, uint32_t number)
{
    for (size_t i = 0; i < resend->count; i++)
        if (resend->jobs[i].number == number)
            return &resend->jobs[i];
    return NULL;
}

bool
resend_add(struct resend *resend, const struct forward_resend *asked)
{
    if (resend->count == RESEND_JOBS || asked->first == 0 || asked->first > asked->last)
        return false;
    struct resend_job *job = &resend->jobs[resend->count++];
    *job = (struct resend_job){.stream = asked->stream, .first = asked->first, .last = asked->last};
    job->number = ++resend->last_number;
    job->sent.low = job->done.low = asked->first - 1;
    snprintf(job->who, sizeof job->who, "%s", asked->who);
    return true;
}

bool
resend_choose(const struct resend *resend, struct resend_choice *ret_choice)
{
    struct cursor_range range;
    for (size_t i = 0; i < resend->count; i++) {
        const struct resend_job *job = &resend->jobs[i];
        if (!cursor_next_open(&job->sent, job->first, job->last, &range))
            continue;
        *ret_choice = (struct resend_choice){
            .job = job->number, .stream = job->stream, .first = range.first, .last = range.last};
        return true;
    }
    return false;
}

void
resend_sent(struct resend *resend, uint32_t number, uint64_t first, uint64_t last)
{
    struct resend_job *job = find(resend, number);
    if (job)
        cursor_mark(&job->sent, first, last, CURSOR_ACKNOWLEDGED);
}

void
resend_acknowledged(struct resend *resend, uint32_t number, uint64_t first, uint64_t last)
{
    struct resend_job *job = find(resend, number);
    if (job)
        cursor_mark(&job->done, first, last, CURSOR_ACKNOWLEDGED);
}

static void
lose(struct resend_job *job, uint64_t first, uint64_t last, enum cursor_fate fate)
{
    cursor_mark(&job->sent, first, last, fate);
    cursor_mark(&job->done, first, last, fate);
    if (job->missing_first == 0 || first < job->missing_first)
        job->missing_first = first;
    if (last > job->missing_last)
        job->missing_last = last;
}

void
resend_missing(struct resend *resend, uint32_t number, uint64_t first, uint64_t last,
               enum cursor_fate fate)
{
    struct resend_job *job = find(resend, number);
    if (job)
        lose(job, first, last, fate);
}

void
resend_lose_all(struct resend *resend)
{
    struct cursor_range range;
    for (size_t i = 0; i < resend->count; i++) {
        struct resend_job *job = &resend->jobs[i];
        while (cursor_next_open(&job->done, job->first, job->last, &range))
            lose(job, range.first, range.last, CURSOR_EVICTED);
    }
}

/* A cursor that has no room for another range forgets an acknowledgement, never the other way. */
void
resend_rewind(struct resend *resend, const struct window *window)
{
    for (size_t i = 0; i < resend->count; i++)
        resend->jobs[i].sent = resend->jobs[i].done;
    for (size_t i = 0; i < window->count; i++) {
        const struct flight *flight = &window->flights[i];
        if (flight->cargo == CARGO_RESEND)
            resend_sent(resend, flight->job, flight->first, flight->last);
    }
}

bool
resend_take_finished(struct resend *resend, struct resend_job *ret_job)
{
    struct cursor_range range;
    for (size_t i = 0; i < resend->count; i++) {
        struct resend_job *job = &resend->jobs[i];
        if (cursor_next_open(&job->done, job->first, job->last, &range))
            continue;
        *ret_job = *job;
        resend->count--;
        memmove(job, job + 1, (resend->count - i) * sizeof *job);
        return true;
    }
    return false;
}
