/* Packing: records are taken apart into shapes and leaves (shape.c), the leaves of one shape laid
 * into columns (column.c), a frame of zstd over the columns of a few shapes, an index in front. */
#include "daemon/store/pack_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_BYTES                                                                                \
    16384               /* a frame is closed when it holds so much: one point is read without all */
#define BLOCK_BYTES 256 /* a column as large gets statistics of its own */
#define WINDOW_LOG  17

/* ---- taking records apart ---- */

static uint32_t
hash_of(const uint8_t *bytes, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return (uint32_t)(hash ^ hash >> 32);
}

static int
rehash(struct packer *packer)
{
    size_t count = packer->group_capacity * 4;

    if (packer->slot_count >= count)
        return 0;
    uint32_t *slots = realloc(packer->slots, count * sizeof *slots);
    if (slots == NULL)
        return -ENOMEM;
    memset(slots, 0, count * sizeof *slots);
    packer->slots = slots;
    packer->slot_count = count;
    for (size_t g = 0; g < packer->group_count; g++) {
        size_t slot = packer->groups[g].hash % count;
        while (slots[slot] != 0)
            slot = (slot + 1) % count;
        slots[slot] = (uint32_t)g + 1;
    }
    return 0;
}

/* The group of the shape that was just written behind `start`; a known shape is cut off again. */
static int
find_group(struct packer *packer, size_t start, uint32_t *ret_group)
{
    struct buf *shapes = &packer->shapes;
    const uint8_t *shape = shapes->data + start;
    size_t length = shapes->length - start;
    uint32_t hash = hash_of(shape, length);

    int error = packer_grow(&packer->groups, &packer->group_capacity, packer->group_count + 1,
                            sizeof *packer->groups);
    if (error == 0)
        error = rehash(packer);
    if (error != 0)
        return error;
    size_t slot = hash % packer->slot_count;
    for (; packer->slots[slot] != 0; slot = (slot + 1) % packer->slot_count) {
        struct group *group = &packer->groups[packer->slots[slot] - 1];
        if (group->hash == hash && group->shape_length == length &&
            memcmp(shapes->data + group->shape, shape, length) == 0) {
            buf_cut(shapes, start);
            group->rows++;
            *ret_group = packer->slots[slot] - 1;
            return 0;
        }
    }
    *ret_group = (uint32_t)packer->group_count++;
    packer->slots[slot] = *ret_group + 1;
    packer->groups[*ret_group] = (struct group){
        .shape = start, .shape_length = length, .hash = hash, .rows = 1};
    return 0;
}

/* A leaf has a byte at least, and no shape is longer than its record. */
static int
take_record(struct packer *packer, struct bytes record, struct leaves *leaves)
{
    size_t size = (size_t)(record.end - record.at);
    size_t start = packer->shapes.length;
    size_t leaf = leaves->count;
    uint32_t group;

    int error = packer_grow(&packer->leaves, &packer->leaf_capacity, leaf + size,
                            sizeof *packer->leaves);
    if (error == 0)
        error = packer_reserve(&packer->shapes, start + size + 16);
    if (error == 0)
        error = packer_grow(&packer->entries, &packer->entry_capacity, packer->entry_count + 1,
                            sizeof *packer->entries);
    if (error != 0)
        return error;
    leaves->words = packer->leaves;
    leaves->capacity = packer->leaf_capacity;
    if (!shape_take(&record, &packer->shapes, leaves))
        return -EBADMSG;
    error = find_group(packer, start, &group);
    if (error == 0)
        packer->entries[packer->entry_count++] = (struct entry){group, leaf};
    return error;
}

/* -EBADMSG: a record that has no shape; the body stays plain. */
static int
take_apart(struct packer *packer, const uint8_t *plain, size_t length)
{
    struct leaves leaves = {.origin = plain};
    struct bytes rest = {plain, plain + length, false};

    while (rest.at < rest.end) {
        const uint8_t *prefix = bytes_take(&rest, 4);
        uint32_t size = 0;
        if (prefix != NULL)
            memcpy(&size, prefix, sizeof size);
        const uint8_t *at = bytes_take(&rest, size);
        if (at == NULL)
            return -EBADMSG;
        int error = take_record(packer, (struct bytes){at, at + size, false}, &leaves);
        if (error != 0)
            return error;
    }
    return 0;
}

/* Records by group, in their order. */
static int
sort(struct packer *packer)
{
    size_t first = 0;
    int error = packer_grow(&packer->order, &packer->order_capacity, packer->entry_count + 1,
                            sizeof *packer->order);

    if (error == 0)
        error = packer_grow(&packer->words, &packer->word_capacity, packer->entry_count + 1,
                            sizeof *packer->words);
    if (error != 0)
        return error;
    for (size_t g = 0; g < packer->group_count; g++) {
        packer->groups[g].first = first;
        first += packer->groups[g].rows;
        packer->groups[g].rows = 0;
    }
    for (size_t i = 0; i < packer->entry_count; i++) {
        struct group *group = &packer->groups[packer->entries[i].group];
        packer->order[group->first + group->rows++] = (uint32_t)i;
    }
    return 0;
}

/* ---- columns ---- */

static void
put_words(struct packer *packer, enum column_kind kind, size_t rows)
{
    struct column_head head = column_put(&packer->planes, kind, packer->words, rows);

    buf_byte(&packer->forms, head.form);
    buf_byte(&packer->widths, head.width);
    buf_varint(&packer->firsts, head.first);
}

static int
put_texts(struct packer *packer, const struct group *group, size_t hole, const uint8_t *plain)
{
    size_t total = 0;

    for (size_t i = 0; i < group->rows; i++) {
        const struct entry *entry = &packer->entries[packer->order[group->first + i]];
        packer->words[i] = packer->leaves[entry->leaf + hole] & 0xFFFFFF;
        total += packer->words[i];
    }
    put_words(packer, COLUMN_INTEGER, group->rows);
    buf_varint(&packer->firsts, total);
    int error = packer_reserve(&packer->planes, packer->planes.length + total);
    for (size_t i = 0; i < group->rows; i++) {
        const struct entry *entry = &packer->entries[packer->order[group->first + i]];
        uint64_t leaf = packer->leaves[entry->leaf + hole];
        buf_append(&packer->planes, plain + (leaf >> 24), leaf & 0xFFFFFF);
    }
    return error;
}

static int
put_column(struct packer *packer, const struct group *group, size_t hole, const uint8_t *plain)
{
    uint8_t kind = packer->holes[hole];

    if (kind == HOLE_TEXT || kind == HOLE_BYTES)
        return put_texts(packer, group, hole, plain);
    for (size_t i = 0; i < group->rows; i++) {
        const struct entry *entry = &packer->entries[packer->order[group->first + i]];
        packer->words[i] = packer->leaves[entry->leaf + hole];
    }
    put_words(packer, kind == HOLE_DOUBLE ? COLUMN_DOUBLE : COLUMN_INTEGER, group->rows);
    return 0;
}

static int
put_group(struct packer *packer, const struct group *group, const uint8_t *plain)
{
    const uint8_t *shape = packer->shapes.data + group->shape;
    struct bytes bytes = {shape, shape + group->shape_length, false};
    size_t holes = 0;

    if (!shape_holes(bytes, packer->holes, PACK_HOLES, &holes))
        return -EBADMSG;
    int error = packer_grow(&packer->cuts, &packer->cut_capacity, packer->cut_count + holes,
                            sizeof *packer->cuts);
    if (error == 0)
        error = packer_reserve(&packer->forms, packer->forms.length + holes);
    if (error == 0)
        error = packer_reserve(&packer->widths, packer->widths.length + holes);
    if (error == 0) /* a varint has ten bytes at most; texts have two */
        error = packer_reserve(&packer->firsts, packer->firsts.length + 20 * holes);
    if (error == 0)
        error = packer_reserve(&packer->planes, packer->planes.length + 8 * holes * group->rows);
    for (size_t i = 0; i < holes && error == 0; i++) {
        error = put_column(packer, group, i, plain);
        packer->cuts[packer->cut_count++] = packer->planes.length;
    }
    return error;
}

/* ---- zstd ---- */

static size_t
feed(struct packer *packer, ZSTD_outBuffer *out, const struct buf *part, ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = {part->data, part->length, 0};
    size_t left = ZSTD_compressStream2(packer->compressor, out, &in, end);

    return ZSTD_isError(left) || (end != ZSTD_e_continue && left != 0) ? 0 : 1;
}

/* Appends the frame to the body: a block for the heads, one for each column that is large enough
 * for statistics of its own. Its stored length, 0 for an error. */
static size_t
compress(struct packer *packer)
{
    struct buf *body = &packer->body;
    size_t start = body->length;
    size_t from = 0;
    ZSTD_outBuffer out = {body->data, body->capacity, start};

    if (!feed(packer, &out, &packer->forms, ZSTD_e_continue) ||
        !feed(packer, &out, &packer->widths, ZSTD_e_continue) ||
        !feed(packer, &out, &packer->firsts, ZSTD_e_flush))
        return 0;
    for (size_t i = 0; i < packer->cut_count; i++) {
        bool last = i + 1 == packer->cut_count;
        struct buf part = {packer->planes.data + from, packer->cuts[i] - from, 0, false};
        if (!last && part.length < BLOCK_BYTES)
            continue;
        if (!feed(packer, &out, &part, last ? ZSTD_e_end : ZSTD_e_flush))
            return 0;
        from = packer->cuts[i];
    }
    if (packer->cut_count == 0 && !feed(packer, &out, &(struct buf){0}, ZSTD_e_end))
        return 0;
    body->length = out.pos;
    return out.pos - start;
}

static void
clear_frame(struct packer *packer)
{
    buf_clear(&packer->forms);
    buf_clear(&packer->widths);
    buf_clear(&packer->firsts);
    buf_clear(&packer->planes);
    packer->cut_count = 0;
}

/* Closes a frame of `groups` groups: raw where zstd gains nothing. */
static int
close_frame(struct packer *packer, size_t groups, int level)
{
    size_t heads = packer->forms.length + packer->widths.length + packer->firsts.length;
    size_t raw = heads + packer->planes.length;
    size_t start = packer->body.length;

    int error = packer_reserve(&packer->body,
                               start + ZSTD_compressBound(raw) + 16 * (packer->cut_count + 2));
    if (error != 0)
        return error;
    ZSTD_CCtx_reset(packer->compressor, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(packer->compressor, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(packer->compressor, ZSTD_c_windowLog, WINDOW_LOG);
    ZSTD_CCtx_setParameter(packer->compressor, ZSTD_c_contentSizeFlag, 0);
    size_t stored = compress(packer);
    if (stored == 0)
        return -ENOMEM;
    if (stored >= raw) {
        buf_cut(&packer->body, start);
        const struct buf *parts[] = {&packer->forms, &packer->widths, &packer->firsts,
                                     &packer->planes};
        for (size_t i = 0; i < 4; i++)
            buf_append(&packer->body, parts[i]->data, parts[i]->length);
        stored = 0;
    }
    buf_varint(&packer->index, groups);
    buf_varint(&packer->index, heads);
    buf_varint(&packer->index, packer->planes.length);
    buf_varint(&packer->index, stored);
    clear_frame(packer);
    return packer->body.overflow ? -ENOMEM : 0;
}

static int
put_frames(struct packer *packer, const uint8_t *plain, int level)
{
    size_t in_frame = 0;
    int error = 0;

    for (size_t g = 0; g < packer->group_count && error == 0; g++) {
        error = put_group(packer, &packer->groups[g], plain);
        in_frame++;
        if (error == 0 && (g + 1 == packer->group_count ||
                           packer->firsts.length + packer->planes.length >= FRAME_BYTES)) {
            error = close_frame(packer, in_frame, level);
            in_frame = 0;
        }
    }
    return error;
}

/* ---- the body ---- */

/* Which group each record is of, and each group's shape and rows: in front of the frames' lengths.
 */
static int
put_index(struct packer *packer)
{
    struct buf *index = &packer->index;
    size_t wanted = packer->shapes.length + 64 * packer->group_count + 9 * packer->entry_count + 64;
    int error = packer_reserve(index, wanted);

    if (error == 0)
        error = packer_reserve(&packer->planes, 8 * packer->entry_count + 64);
    if (error != 0)
        return error;
    for (size_t i = 0; i < packer->entry_count; i++)
        packer->words[i] = packer->entries[i].group;
    struct column_head order = column_put(&packer->planes, COLUMN_INTEGER, packer->words,
                                          packer->entry_count);
    buf_byte(index, order.form);
    buf_byte(index, order.width);
    buf_varint(index, order.first);
    buf_append(index, packer->planes.data, packer->planes.length);
    buf_clear(&packer->planes);
    for (size_t g = 0; g < packer->group_count; g++) {
        const struct group *group = &packer->groups[g];
        buf_varint(index, group->rows);
        buf_varint(index, group->shape_length);
        buf_append(index, packer->shapes.data + group->shape, group->shape_length);
    }
    return 0;
}

/* The head of the body goes in front of the frames, last. */
static int
join(struct packer *packer, size_t plain_length, int level)
{
    struct buf *body = &packer->body;
    struct buf *head = &packer->check;
    size_t bound = ZSTD_compressBound(packer->index.length);

    int error = packer_reserve(head, bound + 64 + body->length);
    if (error != 0)
        return error;
    buf_clear(head);
    buf_varint(head, plain_length);
    buf_varint(head, packer->entry_count);
    buf_varint(head, packer->group_count);
    buf_varint(head, packer->index.length);
    error = packer_reserve(&packer->planes, bound);
    if (error != 0)
        return error;
    size_t stored = ZSTD_compressCCtx(packer->compressor, packer->planes.data, bound,
                                      packer->index.data, packer->index.length, level);
    if (ZSTD_isError(stored) || stored >= packer->index.length)
        stored = 0;
    buf_varint(head, stored);
    buf_append(head, stored != 0 ? packer->planes.data : packer->index.data,
               stored != 0 ? stored : packer->index.length);
    buf_append(head, body->data, body->length);
    struct buf swap = *body;
    *body = *head;
    *head = swap;
    return body->overflow ? -ENOMEM : 0;
}

static void
forget(struct packer *packer)
{
    buf_clear(&packer->shapes);
    buf_clear(&packer->index);
    buf_clear(&packer->body);
    clear_frame(packer);
    packer->group_count = packer->entry_count = 0;
    if (packer->slots != NULL)
        memset(packer->slots, 0, packer->slot_count * sizeof *packer->slots);
}

static int
pack_columns(struct packer *packer, const uint8_t *plain, size_t length, int level)
{
    forget(packer);
    int error = take_apart(packer, plain, length);
    if (error == 0)
        error = sort(packer);
    if (error == 0)
        error = put_index(packer);
    if (error == 0)
        error = put_frames(packer, plain, level);
    return error == 0 ? join(packer, length, level) : error;
}

/* Behind the length, in `check`, which nobody needs by now. */
static int
pack_zstd(struct packer *packer, const uint8_t *plain, size_t length, int level)
{
    struct buf *body = &packer->check;
    size_t bound = ZSTD_compressBound(length);

    buf_clear(body);
    int error = packer_reserve(body, bound + 16);
    if (error != 0)
        return error;
    buf_varint(body, length);
    size_t stored = ZSTD_compressCCtx(packer->compressor, body->data + body->length, bound, plain,
                                      length, level);
    if (ZSTD_isError(stored))
        return -ENOMEM;
    body->length += stored;
    return 0;
}

static bool
comes_back(struct packer *packer, uint64_t first, const uint8_t *plain, size_t length)
{
    struct packed packed = {CODEC_COLUMNS, packer->body.data, packer->body.length};

    buf_clear(&packer->check);
    return unpack(packer, &packed, first, &packer->check) == 0 && packer->check.length == length &&
           memcmp(packer->check.data, plain, length) == 0;
}

int
pack(struct packer *packer, const uint8_t *plain, size_t length, uint64_t first, int level,
     struct packed *ret_packed)
{
    *ret_packed = (struct packed){CODEC_PLAIN, plain, length};
    if (length == 0 || length > PACK_PLAIN_MAX)
        return 0;
    int error = pack_columns(packer, plain, length, level);
    if (error == -ENOMEM)
        return error;
    if (error == 0 && packer->body.length < length && comes_back(packer, first, plain, length))
        *ret_packed = (struct packed){CODEC_COLUMNS, packer->body.data, packer->body.length};
    if (ret_packed->length < length / 3)
        return 0;
    error = pack_zstd(packer, plain, length, level);
    if (error == 0 && packer->check.length < ret_packed->length)
        *ret_packed = (struct packed){CODEC_ZSTD, packer->check.data, packer->check.length};
    return error;
}
