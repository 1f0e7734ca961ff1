#include "protocols/modbus/overdue.h"

#include <string.h>

bool
overdue_looks_like(const struct overdue *overdue, const struct frame_request *request)
{
    struct frame_request other = *request;

    for (uint8_t i = 0; i < overdue->count; i++) {
        other.count = overdue->requests[i].count;
        if (overdue->requests[i].unit == request->unit &&
            overdue->requests[i].function == request->function &&
            frame_answer_length(&other) == frame_answer_length(request))
            return true;
    }
    return false;
}

void
overdue_remember(struct overdue *overdue, const struct frame_request *request)
{
    if (request->kind == FRAME_TCP || overdue_looks_like(overdue, request))
        return;
    if (overdue->count == OVERDUE_MOST)
        memmove(overdue->requests, overdue->requests + 1,
                sizeof overdue->requests - sizeof *overdue->requests);
    else
        overdue->count++;
    overdue->requests[overdue->count - 1].unit = request->unit;
    overdue->requests[overdue->count - 1].function = request->function;
    overdue->requests[overdue->count - 1].count = request->count;
}

void
overdue_forget(struct overdue *overdue, uint8_t unit)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < overdue->count; i++)
        if (overdue->requests[i].unit != unit)
            overdue->requests[kept++] = overdue->requests[i];
    overdue->count = kept;
}
