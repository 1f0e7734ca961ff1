/* What assess finds, a JSON line each: the records of docs/payloads without envelope. Included by
 * replay_driver.c. */
static void
put_point(struct json *json, const struct point *point)
{
    char name[256];
    if (!point)
        return;
    snprintf(name, sizeof name, "%s.%s", point->device->name, point->name);
    json_put_text(json, "point", name);
}

/* The wall clock where it is known, else null beside boot and monotonic time. */
static void
put_time(struct json *json, const char *key, const struct stamp *at)
{
    json_key(json, key);
    if (at->clock != CLOCK_UNKNOWN) {
        json_signed(json, at->utc_ms);
        return;
    }
    json_begin_object(json);
    json_put_natural(json, "boot", at->boot);
    json_put_integer(json, "mono", at->mono_ms);
    json_end_object(json);
}

static void
put_id(struct json *json, const char *store, uint64_t sequence)
{
    char id[EVENT_ID];
    snprintf(id, sizeof id, "%s-%" PRIu64, store, sequence);
    json_put_text(json, "id", id);
}

static void
put_number(struct json *json, const char *key, double number)
{
    if (!isnan(number))
        json_put_number(json, key, number);
}

static void
put_details(struct json *json, const struct event *event)
{
    json_key(json, "details");
    json_begin_object(json);
    for (size_t i = 0; i < event->detail_count; i++) {
        const struct detail *detail = &event->details[i];
        if (detail->kind == VALUE_TEXT)
            json_put_text(json, detail->key, detail->as.text);
        else if (detail->kind == VALUE_NUMBER)
            json_put_number(json, detail->key, detail->as.number);
        else
            json_put_integer(json, detail->key, detail->as.integer);
    }
    json_end_object(json);
}

static char line_memory[16384];
static struct buf line_buf;

static struct json
begin_line(const char *record)
{
    struct json json;
    buf_init(&line_buf, line_memory, sizeof line_memory);
    json_init(&json, &line_buf);
    json_begin_object(&json);
    json_put_text(&json, "record", record);
    return json;
}

static void
end_line(struct json *json)
{
    json_end_object(json);
    if (line_buf.overflow) {
        fprintf(stderr, "a line of output is too long\n");
        exit(1);
    }
    puts(buf_string(&line_buf));
}

static uint64_t
print_event(void *context, const struct event *event)
{
    static const char *const phases[] = {"", "opened", "updated", "closed", "noted"};
    static const char *const severities[] = {"info", "warning", "alarm"};
    struct replay *replay = context;
    struct json json = begin_line("event");
    uint64_t sequence = ++replay->event_sequence;
    if (event->opened_sequence)
        put_id(&json, event->opened_store, event->opened_sequence);
    else
        put_id(&json, replay->outlet.store, sequence);
    json_put_text(&json, "kind", event->kind);
    json_put_text(&json, "phase", phases[event->phase]);
    json_put_text(&json, "severity", severities[event->severity]);
    json_put_text(&json, "subject", event->subject);
    put_point(&json, event->point);
    put_time(&json, "t", &event->at);
    put_time(&json, "since", &event->since);
    json_put_integer(&json, "duration_ms", event->duration_ms);
    put_number(&json, "value", event->value);
    put_number(&json, "peak", event->peak);
    put_number(&json, "limit", event->limit);
    json_put_text(&json, "averaging", event->averaging);
    put_details(&json, event);
    end_line(&json);
    return sequence;
}

static void
print_evidence(void *context, const struct evidence *evidence)
{
    const struct replay *replay = context;
    if (!replay->told[TELL_EVIDENCE])
        return;
    struct json json = begin_line("evidence");
    put_id(&json, evidence->store, evidence->opened_sequence);
    json_put_text(&json, "kind", evidence->kind);
    put_point(&json, evidence->point);
    json_key(&json, "values");
    json_begin_array(&json);
    for (size_t i = 0; i < evidence->value_count; i++) {
        json_begin_array(&json);
        json_signed(&json, evidence->values[i].at.mono_ms);
        json_number(&json, evidence->values[i].number);
        json_text(&json, quality_name(evidence->values[i].quality));
        json_end_array(&json);
    }
    json_end_array(&json);
    end_line(&json);
}

static const char *const periods[] = {
    [PERIOD_MINUTE] = "minute",
    [PERIOD_TEN_MINUTES] = "ten-minutes",
    [PERIOD_QUARTER] = "quarter",
    [PERIOD_HOUR] = "hour",
    [PERIOD_DAY] = "day",
    [PERIOD_MONTH] = "month",
    [PERIOD_FIVE_MINUTES] = "five-minutes",
};

static void
print_statistic(void *context, const struct statistic *statistic)
{
    const struct replay *replay = context;
    if (!replay->told[statistic->period])
        return;
    char date[11];
    struct json json = begin_line("statistic");
    put_point(&json, statistic->point);
    json_put_text(&json, "period", periods[statistic->period]);
    json_put_integer(&json, "start", statistic->start_utc_ms);
    json_put_integer(&json, "end", statistic->end_utc_ms);
    calendar_print_date(statistic->start_utc_ms, date);
    json_put_text(&json, "date", date);
    json_put_natural(&json, "revision", statistic->revision);
    json_put_number(&json, "min", statistic->min);
    json_put_number(&json, "max", statistic->max);
    json_put_number(&json, "mean", statistic->mean);
    json_put_number(&json, "sum", statistic->sum);
    json_put_natural(&json, "count", statistic->count);
    json_put_natural(&json, "valid", statistic->valid);
    json_put_natural(&json, "expected", statistic->expected);
    json_put_text(&json, "letter", (char[]){statistic->letter, 0});
    end_line(&json);
}
