/* The newest scans, read and derived, as the store would have them: a stage that starts anew gets
 * them back. Included by replay_driver.c. */

#define RECALL_SCANS 8192

static struct recalled {
    const struct device *device;
    struct stamp at;
    struct value *values;
} recalled[RECALL_SCANS];
static size_t recalled_count; /* ever; the ring's next place is modulo RECALL_SCANS */

static void
remember_scan(void *context, const struct scan *scan)
{
    struct recalled *place = &recalled[recalled_count++ % RECALL_SCANS];
    size_t size = scan->count * sizeof *scan->values;
    (void)context;
    place->values = realloc(place->values, size + 1);
    if (!place->values) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }
    place->device = scan->device;
    place->at = scan->at;
    memcpy(place->values, scan->values, size);
}

static void
recall_scans(const struct replay *replay)
{
    size_t first = recalled_count > RECALL_SCANS ? recalled_count - RECALL_SCANS : 0;
    for (size_t i = first; i < recalled_count; i++) {
        const struct recalled *place = &recalled[i % RECALL_SCANS];
        const struct scan scan = {.device = place->device,
                                  .at = place->at,
                                  .count = place->device->point_count,
                                  .values = place->values};
        assess_recall(replay->assess, &scan);
    }
}

static void
forget_scans(void)
{
    for (size_t i = 0; i < RECALL_SCANS; i++)
        free(recalled[i].values);
}
