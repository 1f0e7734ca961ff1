#include "daemon/store/shape.h"

#include "base/cbor.h"

#include <string.h>

#define DEPTH    8
#define CONSTANT 7 /* items 7 and 8 tell devices, points, periods and kinds apart */

enum major { NATURAL, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

struct head {
    enum major major;
    uint8_t info; /* 0 to 23: the argument; 24 to 27: 1, 2, 4, 8 bytes of it follow */
    uint64_t argument;
    const uint8_t *at;
    size_t length;
};

static bool
take_head(struct bytes *bytes, struct head *ret_head)
{
    const uint8_t *first = bytes_take(bytes, 1);

    if (first == NULL)
        return false;
    struct head head = {.major = *first >> 5, .info = *first & 31, .at = first, .length = 1};
    head.argument = head.info;
    if (head.info >= 24) {
        size_t more = (size_t)1 << (head.info & 3);
        const uint8_t *at = head.info > 27 ? NULL : bytes_take(bytes, more);
        if (at == NULL) {
            bytes->failed = true;
            return false;
        }
        head.argument = 0;
        for (size_t i = 0; i < more; i++)
            head.argument = head.argument << 8 | at[i];
        head.length += more;
    }
    *ret_head = head;
    return true;
}

/* ---- taking apart ---- */

struct taking {
    struct bytes *record;
    struct buf *shape;
    struct leaves *leaves;
};

static void
add_leaf(struct taking *taking, enum hole hole, uint64_t word)
{
    struct leaves *leaves = taking->leaves;

    if (leaves->count == leaves->capacity) {
        taking->record->failed = true;
        return;
    }
    leaves->words[leaves->count++] = word;
    buf_byte(taking->shape, (uint8_t)hole);
}

static double
half_of(uint64_t bits)
{
    unsigned exponent = bits >> 10 & 31;
    double size = (double)(bits & 0x3FF);

    if (exponent == 31)
        size = size == 0 ? (double)__builtin_inf() : (double)__builtin_nan("");
    else if (exponent == 0)
        size *= 0x1p-24;
    else
        size = (size + 1024) * (double)(1U << exponent) * 0x1p-25;
    return bits & 0x8000 ? -size : size;
}

static void
take_simple(struct taking *taking, const struct head *head)
{
    double number = 0;
    uint64_t word;

    if (head->info >= 20 && head->info <= 22) { /* false, true, null */
        buf_append(taking->shape, head->at, 1);
        return;
    }
    if (head->info == 25) {
        number = half_of(head->argument);
    } else if (head->info == 26) {
        uint32_t bits = (uint32_t)head->argument;
        float single;
        memcpy(&single, &bits, sizeof single);
        number = (double)single;
    } else if (head->info == 27) {
        memcpy(&number, &head->argument, sizeof number);
    } else {
        taking->record->failed = true;
    }
    memcpy(&word, &number, sizeof word);
    add_leaf(taking, HOLE_DOUBLE, word);
}

static void
take_string(struct taking *taking, const struct head *head, bool constant)
{
    const uint8_t *at = bytes_take(taking->record, head->argument);

    if (at == NULL || head->argument >> 24 != 0) {
        taking->record->failed = true;
    } else if (constant) {
        buf_append(taking->shape, head->at, head->length + head->argument);
    } else {
        uint64_t distance = (uint64_t)(at - taking->leaves->origin);
        add_leaf(taking, head->major == TEXT ? HOLE_TEXT : HOLE_BYTES,
                 distance << 24 | head->argument);
    }
}

static void take_item(struct taking *taking, int depth, bool constant);

/* Keys ascend: a natural one is told by its distance from the one before. */
static void
take_map(struct taking *taking, const struct head *map, int depth)
{
    uint64_t before = 0;
    struct head key;

    buf_append(taking->shape, map->at, map->length);
    for (uint64_t i = 0; i < map->argument && take_head(taking->record, &key); i++) {
        if (key.major == NATURAL && key.argument >= before) {
            cbor_put_natural(taking->shape, key.argument - before);
            before = key.argument;
        } else if (key.major == TEXT) {
            take_string(taking, &key, true);
        } else {
            taking->record->failed = true;
        }
        take_item(taking, depth - 1, false);
    }
}

static void
take_array(struct taking *taking, const struct head *array, int depth)
{
    buf_append(taking->shape, array->at, array->length);
    for (uint64_t i = 0; i < array->argument && !taking->record->failed; i++)
        take_item(taking, depth - 1, false);
}

static void
take_item(struct taking *taking, int depth, bool constant)
{
    struct head head;

    if (depth == 0)
        taking->record->failed = true;
    if (!take_head(taking->record, &head) || taking->record->failed)
        return;
    switch (head.major) {
    case NATURAL:
    case NEGATIVE:
        if (constant)
            buf_append(taking->shape, head.at, head.length);
        else if (head.argument <= INT64_MAX)
            add_leaf(taking, HOLE_INTEGER, head.major == NATURAL ? head.argument : ~head.argument);
        else if (head.major == NATURAL)
            add_leaf(taking, HOLE_NATURAL, head.argument);
        else
            taking->record->failed = true;
        break;
    case BYTES:
    case TEXT: take_string(taking, &head, constant); break;
    case ARRAY: take_array(taking, &head, depth); break;
    case MAP: take_map(taking, &head, depth); break;
    case SIMPLE: take_simple(taking, &head); break;
    case TAG: taking->record->failed = true; break;
    }
}

bool
shape_take(struct bytes *record, struct buf *shape, struct leaves *leaves)
{
    struct taking taking = {record, shape, leaves};
    struct head head;
    struct head sequence;

    if (!take_head(record, &head) || head.major != ARRAY)
        return false;
    buf_append(shape, head.at, head.length);
    for (uint64_t i = 0; i < head.argument && !record->failed; i++) {
        if (i == 2) {
            if (!take_head(record, &sequence) || sequence.major != NATURAL)
                return false;
            buf_byte(shape, HOLE_SEQUENCE);
        } else {
            take_item(&taking, DEPTH, i < 2 || i == CONSTANT || i == CONSTANT + 1);
        }
    }
    return !record->failed && record->at == record->end && !shape->overflow;
}

/* ---- putting together ---- */

struct putting {
    struct bytes shape;
    const struct filler *filler;
    struct buf *buf;
    size_t hole;
};

static void
fill(struct putting *putting, enum hole hole)
{
    const struct filler *filler = putting->filler;
    double number;
    uint64_t word;

    if (hole == HOLE_SEQUENCE) {
        cbor_put_natural(putting->buf, filler->sequence);
        return;
    }
    size_t at = putting->hole++;
    if (hole == HOLE_TEXT || hole == HOLE_BYTES) {
        filler->text(filler->context, at, putting->buf);
        return;
    }
    word = filler->next(filler->context, at);
    memcpy(&number, &word, sizeof number);
    if (hole == HOLE_INTEGER)
        cbor_put_integer(putting->buf, (int64_t)word);
    else if (hole == HOLE_NATURAL)
        cbor_put_natural(putting->buf, word);
    else
        cbor_put_double(putting->buf, number);
}

static void
copy(struct putting *putting, const struct head *head)
{
    buf_append(putting->buf, head->at, head->length);
    if (head->major != TEXT && head->major != BYTES)
        return;
    const uint8_t *content = bytes_take(&putting->shape, head->argument);
    if (content != NULL)
        buf_append(putting->buf, content, head->argument);
}

static void put_item(struct putting *putting, int depth);

static void
put_map(struct putting *putting, const struct head *map, int depth)
{
    uint64_t key_number = 0;
    struct head key;

    for (uint64_t i = 0; i < map->argument && take_head(&putting->shape, &key); i++) {
        if (key.major == NATURAL) {
            key_number += key.argument;
            cbor_put_natural(putting->buf, key_number);
        } else {
            copy(putting, &key);
        }
        put_item(putting, depth - 1);
    }
}

static void
put_item(struct putting *putting, int depth)
{
    struct bytes *shape = &putting->shape;
    struct head head;

    if (depth < 0)
        shape->failed = true;
    if (!shape->failed && shape->at < shape->end && *shape->at >= HOLE_SEQUENCE &&
        *shape->at <= HOLE_BYTES) {
        fill(putting, (enum hole) * shape->at++);
        return;
    }
    if (!take_head(shape, &head) || shape->failed)
        return;
    copy(putting, &head);
    if (head.major == MAP)
        put_map(putting, &head, depth);
    for (uint64_t i = 0; head.major == ARRAY && i < head.argument && !shape->failed; i++)
        put_item(putting, depth - 1);
}

bool
shape_put(struct bytes shape, const struct filler *filler, struct buf *buf)
{
    struct putting putting = {.shape = shape, .filler = filler, .buf = buf};

    put_item(&putting, DEPTH + 1);
    return !putting.shape.failed && putting.shape.at == putting.shape.end;
}

/* ---- looking at a shape ---- */

struct looking {
    struct bytes shape;
    uint8_t *holes;
    size_t count, capacity;
};

static void
look(struct looking *looking, int depth)
{
    struct bytes *shape = &looking->shape;
    struct head head;

    if (depth < 0)
        shape->failed = true;
    if (!shape->failed && shape->at < shape->end && *shape->at >= HOLE_SEQUENCE &&
        *shape->at <= HOLE_BYTES) {
        uint8_t hole = *shape->at++;
        if (hole == HOLE_SEQUENCE)
            return;
        if (looking->count == looking->capacity)
            shape->failed = true;
        else
            looking->holes[looking->count++] = hole;
        return;
    }
    if (!take_head(shape, &head) || shape->failed)
        return;
    if (head.major == BYTES || head.major == TEXT)
        bytes_take(shape, head.argument);
    uint64_t items = head.major == ARRAY ? head.argument : 0;
    if (head.major == MAP)
        items = head.argument > SIZE_MAX / 2 ? SIZE_MAX : 2 * head.argument;
    for (uint64_t i = 0; i < items && !shape->failed; i++)
        look(looking, depth - 1);
}

bool
shape_holes(struct bytes shape, uint8_t *ret_holes, size_t capacity, size_t *ret_count)
{
    struct looking looking = {.shape = shape, .holes = ret_holes, .capacity = capacity};

    look(&looking, DEPTH + 1);
    *ret_count = looking.count;
    return !looking.shape.failed && looking.shape.at == looking.shape.end;
}

uint64_t
shape_subject(struct bytes shape)
{
    struct head head;

    if (!take_head(&shape, &head) || head.major != ARRAY || head.argument <= CONSTANT)
        return 0;
    for (int i = 0; i < CONSTANT; i++) {
        if (shape.at < shape.end && *shape.at >= HOLE_SEQUENCE && *shape.at <= HOLE_BYTES)
            shape.at++;
        else if (!take_head(&shape, &head) || head.major == ARRAY || head.major == MAP)
            return 0;
    }
    return take_head(&shape, &head) && head.major == NATURAL ? head.argument : 0;
}
