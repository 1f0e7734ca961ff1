/* Unpacking: nothing a body says of itself is believed before it is checked against its length. */
#include "base/cbor.h"
#include "daemon/store/pack_parts.h"

#include <errno.h>
#include <string.h>

struct body {
    struct bytes rest; /* the frames */
    size_t plain, records, groups;
    size_t leaves; /* that may still come: each has a byte at least */
    struct bytes index;
    uint32_t device; /* only its records; 0: all */
};

/* A shape is no longer than its record; beside it stand a few numbers a group and a record. */
#define INDEX_MAX(body)   (2 * (body)->plain + 32 * (body)->groups + 4 * (body)->records + 64)
#define COLUMNS_MAX(body) ((body)->plain / 4 + 1024) /* more stay plain or zstd */
#define RECORD_MIN        8                          /* bytes, with its length in front */
#define GROUP_MIN         3                          /* bytes in the index */

/* ---- the head and the index ---- */

static int
inflate(struct packer *packer, struct buf *target, size_t raw, const uint8_t *at, size_t stored)
{
    int error = packer_reserve(target, target->length + raw + 1); /* there, also for none */

    if (error != 0)
        return error;
    size_t got = ZSTD_decompressDCtx(packer->decompressor, target->data + target->length, raw, at,
                                     stored);
    if (ZSTD_isError(got) || got != raw)
        return -EBADMSG;
    target->length += raw;
    return 0;
}

static int
open_body(struct packer *packer, const struct packed *packed, struct body *ret_body)
{
    struct body body = {.rest = {packed->body, packed->body + packed->length, false}};

    body.plain = bytes_varint(&body.rest);
    body.records = bytes_varint(&body.rest);
    body.groups = bytes_varint(&body.rest);
    size_t raw = bytes_varint(&body.rest);
    size_t stored = bytes_varint(&body.rest);
    const uint8_t *at = bytes_take(&body.rest, stored != 0 ? stored : raw);
    body.leaves = body.plain;
    if (at == NULL || body.plain > PACK_PLAIN_MAX || body.records > body.plain / RECORD_MIN ||
        body.groups > body.records || raw > INDEX_MAX(&body))
        return -EBADMSG;
    buf_clear(&packer->index);
    int error = 0;
    if (stored == 0) {
        error = packer_reserve(&packer->index, raw + 1);
        if (error == 0)
            buf_append(&packer->index, at, raw);
    } else {
        error = inflate(packer, &packer->index, raw, at, stored);
    }
    body.index = (struct bytes){packer->index.data, packer->index.data + packer->index.length,
                                false};
    *ret_body = body;
    return error;
}

static struct bytes
shape_of(const struct packer *packer, const struct group *group)
{
    const uint8_t *at = packer->index.data + group->shape;
    return (struct bytes){at, at + group->shape_length, false};
}

/* Which group each record is of, then the groups. */
static int
take_groups(struct packer *packer, struct body *body, struct column *ret_order)
{
    struct bytes *index = &body->index;
    size_t rows = 0;

    const uint8_t *two = bytes_take(index, 2);
    uint64_t first_group = bytes_varint(index);
    if (two == NULL || index->failed)
        return -EBADMSG;
    struct column_head head = {two[0], two[1], first_group};
    if (!column_take(&head, index, body->records, ret_order) ||
        body->groups > (size_t)(index->end - index->at) / GROUP_MIN)
        return -EBADMSG;
    int error = packer_grow(&packer->groups, &packer->group_capacity, body->groups + 1,
                            sizeof *packer->groups);
    for (size_t g = 0; g < body->groups && error == 0 && !index->failed; g++) {
        struct group *group = &packer->groups[g];
        *group = (struct group){.rows = bytes_varint(index)};
        group->shape_length = bytes_varint(index);
        group->shape = (size_t)(index->at - packer->index.data);
        if (bytes_take(index, group->shape_length) == NULL)
            break;
        group->wanted = body->device == 0 || shape_subject(shape_of(packer, group)) == body->device;
        if (group->rows == 0 || group->rows > body->records)
            index->failed = true;
        rows += group->rows;
    }
    if (error == 0 && (index->failed || rows != body->records))
        error = -EBADMSG;
    return error;
}

/* ---- frames ---- */

/* The parts of a frame. */
struct frame {
    const uint8_t *forms, *widths;
    struct bytes firsts, planes;
};

/* Makes the columns of the groups from `g` to `end`, behind `first`: how many there are. */
static int
make_columns(struct packer *packer, struct body *body, size_t g, size_t end, size_t first,
             size_t *ret_columns)
{
    size_t columns = 0;

    for (; g < end; g++) {
        struct group *group = &packer->groups[g];
        if (!shape_holes(shape_of(packer, group), packer->holes, PACK_HOLES, &group->holes))
            return -EBADMSG;
        if (group->holes > body->leaves / group->rows)
            return -EBADMSG; /* more leaves than the records have bytes */
        body->leaves -= group->holes * group->rows;
        group->first = first + columns;
        columns += group->holes;
        if (first + columns > COLUMNS_MAX(body))
            return -EBADMSG;
        int error = packer_grow(&packer->outlets, &packer->outlet_capacity, first + columns,
                                sizeof *packer->outlets);
        if (error != 0)
            return error;
        for (size_t i = 0; i < group->holes; i++)
            packer->outlets[group->first + i] = (struct outlet){.kind = packer->holes[i]};
    }
    *ret_columns = columns;
    return 0;
}

static int
take_columns(struct packer *packer, const struct group *group, struct frame *frame)
{
    for (size_t i = 0; i < group->holes; i++) {
        struct outlet *outlet = &packer->outlets[group->first + i];
        bool is_text = outlet->kind == HOLE_TEXT || outlet->kind == HOLE_BYTES;
        struct column_head head = {*frame->forms++, *frame->widths++, bytes_varint(&frame->firsts)};
        size_t length = is_text ? bytes_varint(&frame->firsts) : 0;
        if (frame->firsts.failed ||
            !column_take(&head, &frame->planes, group->rows, &outlet->column))
            return -EBADMSG;
        outlet->text = bytes_take(&frame->planes, length);
        if (outlet->text == NULL)
            return -EBADMSG;
        outlet->text_left = (uint32_t)length;
    }
    return 0;
}

static bool
is_wanted(const struct packer *packer, size_t g, size_t end)
{
    while (g < end && !packer->groups[g].wanted)
        g++;
    return g < end;
}

/* Frames are laid one behind the other into `planes`; their memory must not move under columns. */
static int
inflate_frames(struct packer *packer, struct body *body)
{
    struct bytes index = body->index;
    size_t total = 0;

    buf_clear(&packer->planes);
    if (packer_reserve(&packer->planes, 1) != 0) /* there, also when all frames are empty */
        return -ENOMEM;
    for (size_t g = 0; g < body->groups && !index.failed;) {
        size_t groups = bytes_varint(&index);
        size_t heads = bytes_varint(&index);
        size_t planes = bytes_varint(&index);
        size_t stored = bytes_varint(&index);
        if (groups == 0 || groups > body->groups - g || heads > 8 * PACK_PLAIN_MAX ||
            planes > 8 * PACK_PLAIN_MAX || total + heads + planes > 16 * PACK_PLAIN_MAX)
            return -EBADMSG;
        const uint8_t *at = bytes_take(&body->rest, stored != 0 ? stored : heads + planes);
        bool wanted = is_wanted(packer, g, g + groups);
        g += groups;
        if (at == NULL)
            return -EBADMSG;
        if (!wanted)
            continue;
        total += heads + planes;
        int error = 0;
        if (stored != 0)
            error = inflate(packer, &packer->planes, heads + planes, at, stored);
        else if ((error = packer_reserve(&packer->planes, total)) == 0)
            buf_append(&packer->planes, at, heads + planes);
        if (error != 0)
            return error;
    }
    return index.failed ? -EBADMSG : 0;
}

static int
take_frames(struct packer *packer, struct body *body)
{
    size_t outlets = 0;
    const uint8_t *at = packer->planes.data;
    int error = 0;

    for (size_t g = 0; g < body->groups && error == 0;) {
        size_t end = g + bytes_varint(&body->index);
        size_t heads = bytes_varint(&body->index);
        size_t planes = bytes_varint(&body->index);
        size_t columns;
        bytes_varint(&body->index);
        if (!is_wanted(packer, g, end)) {
            g = end;
            continue;
        }
        error = make_columns(packer, body, g, end, outlets, &columns);
        if (error == 0 && heads < 2 * columns)
            error = -EBADMSG;
        if (error != 0)
            return error;
        struct frame frame = {.forms = at, .widths = at + columns};
        frame.firsts = (struct bytes){at + 2 * columns, at + heads, false};
        frame.planes = (struct bytes){at + heads, at + heads + planes, false};
        at += heads + planes;
        outlets += columns;
        for (; g < end && error == 0; g++)
            error = take_columns(packer, &packer->groups[g], &frame);
    }
    return error;
}

/* ---- records ---- */

struct filling {
    struct packer *packer;
    const struct group *group;
};

static uint64_t
next_word(void *context, size_t hole)
{
    const struct filling *filling = context;

    return column_next(&filling->packer->outlets[filling->group->first + hole].column);
}

static void
put_text(void *context, size_t hole, struct buf *buf)
{
    const struct filling *filling = context;
    struct outlet *outlet = &filling->packer->outlets[filling->group->first + hole];
    size_t length = column_next(&outlet->column);

    if (length > outlet->text_left)
        buf->overflow = true;
    else if (outlet->kind == HOLE_BYTES)
        cbor_put_bytes(buf, outlet->text, length);
    else
        cbor_put_text(buf, (const char *)outlet->text, length);
    if (buf->overflow)
        return;
    outlet->text += length;
    outlet->text_left -= (uint32_t)length;
}

static int
put_record(struct packer *packer, const struct group *group, uint64_t sequence, struct buf *plain)
{
    struct filling filling = {packer, group};
    struct filler filler = {sequence, next_word, put_text, &filling};
    static const uint8_t NO_LENGTH[4];
    size_t start = plain->length;

    buf_append(plain, NO_LENGTH, sizeof NO_LENGTH);
    if (!shape_put(shape_of(packer, group), &filler, plain) || plain->overflow)
        return -EBADMSG;
    uint32_t length = (uint32_t)(plain->length - start - sizeof length);
    memcpy(plain->data + start, &length, sizeof length);
    return 0;
}

static int
put_records(struct packer *packer, const struct body *body, struct column *order, uint64_t first,
            struct buf *plain)
{
    size_t start = plain->length;
    int error = packer_reserve(plain, start + body->plain + 16);

    for (size_t i = 0; i < body->records && error == 0; i++) {
        uint64_t group = column_next(order);
        if (group >= body->groups)
            return -EBADMSG;
        if (packer->groups[group].wanted)
            error = put_record(packer, &packer->groups[group], first + i, plain);
        if (plain->length - start > body->plain)
            error = -EBADMSG;
    }
    bool whole = body->device != 0 || plain->length - start == body->plain;
    return error == 0 && !whole ? -EBADMSG : error;
}

static int
unpack_columns(struct packer *packer, const struct packed *packed, uint64_t first, uint32_t device,
               struct buf *plain)
{
    struct body body;
    struct column order = {0};

    int error = open_body(packer, packed, &body);
    body.device = device;
    if (error == 0)
        error = take_groups(packer, &body, &order);
    if (error == 0)
        error = inflate_frames(packer, &body);
    if (error == 0)
        error = take_frames(packer, &body);
    if (error == 0 && body.rest.at != body.rest.end)
        error = -EBADMSG; /* something stands behind the last frame */
    return error == 0 ? put_records(packer, &body, &order, first, plain) : error;
}

static int
unpack_zstd(struct packer *packer, const struct packed *packed, struct buf *plain)
{
    struct bytes rest = {packed->body, packed->body + packed->length, false};
    size_t raw = bytes_varint(&rest);

    if (rest.failed || raw > PACK_PLAIN_MAX)
        return -EBADMSG;
    return inflate(packer, plain, raw, rest.at, (size_t)(rest.end - rest.at));
}

int
unpack(struct packer *packer, const struct packed *packed, uint64_t first, struct buf *plain)
{
    return unpack_device(packer, packed, first, 0, plain);
}

int
unpack_device(struct packer *packer, const struct packed *packed, uint64_t first, uint32_t device,
              struct buf *plain)
{
    int error = 0;

    switch (packed->codec) {
    case CODEC_PLAIN:
        error = packer_reserve(plain, plain->length + packed->length);
        if (error == 0)
            buf_append(plain, packed->body, packed->length);
        return error;
    case CODEC_COLUMNS: return unpack_columns(packer, packed, first, device, plain);
    case CODEC_ZSTD: return unpack_zstd(packer, packed, plain);
    }
    return -EPROTO;
}

size_t
pack_plain_length(const struct packed *packed)
{
    struct bytes rest = {packed->body, packed->body + packed->length, false};

    if (packed->codec == CODEC_PLAIN)
        return packed->length;
    uint64_t length = bytes_varint(&rest);
    return rest.failed || length > PACK_PLAIN_MAX ? 0 : (size_t)length;
}
