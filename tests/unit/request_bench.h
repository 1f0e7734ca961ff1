/* A request whose answers are kept instead of sent, and around it a daemon of one thread: the queue
 * of the inbox and that of errands are there for the test to look into. */
#ifndef REQUEST_BENCH_H
#define REQUEST_BENCH_H

#include "daemon/command/verbs.h"

#include <string.h>

#define BENCH_PAGE    60000
#define BENCH_ANSWERS 64

static struct {
    struct request_scope scope;
    struct request request;
    atomic_bool refresh, stopping;
    atomic_llong health_mono_ms;
    json_t *answers[BENCH_ANSWERS];
    size_t count;
    size_t gone_after; /* answers; 0: stays */
    unsigned calls;    /* of main */
} bench;

static bool
bench_keep(struct request *request, bool last)
{
    (void)last;
    assert_in_range(bench.count, 0, BENCH_ANSWERS - 1);
    json_t *answer = json_loadb((const char *)request->reply.data, request->reply.length,
                                JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(answer);
    bench.answers[bench.count++] = answer;
    return bench.gone_after == 0 || bench.count < bench.gone_after;
}

static bool
bench_is_gone(struct request *request)
{
    (void)request;
    return bench.gone_after != 0 && bench.count >= bench.gone_after;
}

static void
bench_call_main(void *context)
{
    (void)context;
    bench.calls++;
}

static void
bench_begin(size_t reply_size)
{
    memset(&bench, 0, sizeof bench);
    bench.scope = (struct request_scope){.call_main = bench_call_main,
                                         .page_size = BENCH_PAGE,
                                         .refresh = &bench.refresh,
                                         .health_mono_ms = &bench.health_mono_ms,
                                         .stopping = &bench.stopping};
    assert_int_equal(board_new(PAGE_COUNT, BENCH_PAGE, &bench.scope.pages), 0);
    assert_int_equal(queue_new(sizeof(struct message), 8, 2, &bench.scope.inbox), 0);
    assert_int_equal(queue_new(sizeof(struct errand *), 4, 0, &bench.scope.errands), 0);
    assert_int_equal(request_init(&bench.request, &bench.scope, reply_size), 0);
    bench.request.send = bench_keep;
    bench.request.is_gone = bench_is_gone;
    bench.request.role = ROLE_ADMINISTRATOR;
    strcpy(bench.request.who, "li-wei");
    strcpy(bench.request.id, "a1");
}

static void
bench_forget(void)
{
    while (bench.count > 0)
        json_decref(bench.answers[--bench.count]);
}

static void
bench_end(void)
{
    bench_forget();
    request_done(&bench.request);
    board_free(bench.scope.pages);
    queue_free(bench.scope.inbox);
    queue_free(bench.scope.errands);
}

/* The last answer to the verb with that body. */
static const json_t *
bench_run(const char *verb, const char *body)
{
    json_t *object = json_loads(body, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(object);
    bench_forget();
    bench.request.body = object;
    verbs_run(&bench.request, verb);
    bench.request.body = NULL;
    json_decref(object);
    assert_in_range(bench.count, 1, BENCH_ANSWERS);
    return bench.answers[bench.count - 1];
}

static const char *
bench_text(const json_t *answer, const char *key)
{
    const char *text = json_string_value(json_object_get(answer, key));

    return text != NULL ? text : "";
}

#endif
