/* One point: which register, how to read it, and whether that is possible at all. What a type needs
 * and allows stands in one table. */
#include "config/points.h"

#include "config/section.h"
#include "config/text.h"

#include <string.h>

#define TYPE_UNSAID ((enum point_type)99) /* while a point is being read */

struct type_rule {
    uint8_t registers;     /* 0: given by `registers` */
    bool number;           /* scale, offset, range and sentinels make sense */
    bool bits;             /* bit and bits */
    uint8_t max_registers; /* where `registers` is given */
};

static const struct type_rule RULES[] = {
    [TYPE_BOOL] = {1, false, true, 0},      [TYPE_U16] = {1, true, false, 0},
    [TYPE_S16] = {1, true, false, 0},       [TYPE_U32] = {2, true, false, 0},
    [TYPE_S32] = {2, true, false, 0},       [TYPE_U64] = {4, true, false, 0},
    [TYPE_S64] = {4, true, false, 0},       [TYPE_FLOAT32] = {2, true, false, 0},
    [TYPE_FLOAT64] = {4, true, false, 0},   [TYPE_BCD] = {0, true, false, 4},
    [TYPE_STRING] = {0, false, false, 125}, [TYPE_BITS] = {1, true, true, 0},
    [TYPE_U8] = {1, true, false, 0},        [TYPE_S8] = {1, true, false, 0},
};

static const struct {
    const char *key;
    enum table table;
} TABLES[] = {{"holding", TABLE_HOLDING},
              {"input", TABLE_INPUT},
              {"coil", TABLE_COIL},
              {"discrete", TABLE_DISCRETE}};

/* Names that a scan's flat JSON object uses for itself (docs/payloads). */
static const char *const RESERVED[] = {"device", "t", "quality", "words", "boot", "mono"};

struct context {
    struct load *load;
    const struct yaml_node *node;
    const char *what;
    struct point *point;
    bool lost; /* where it is or how it is read is not known: nothing can overlap it */
};

static void
refuse_keys(struct context *in, const char *const *keys, const char *why)
{
    for (; *keys; keys++) {
        const struct yaml_node *child = yaml_find(in->node, *keys);
        if (child)
            load_mistake_at_key(in->load, child, "'%s' of %s: %s", *keys, in->what, why);
    }
}

static void
read_address(struct context *in)
{
    unsigned found = 0;
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        const struct yaml_node *child = section_form(&SCHEMA_POINT, in->node, TABLES[i].key);
        found += yaml_find(in->node, TABLES[i].key) != NULL;
        if (!child)
            continue;
        uint64_t address;
        in->point->table = TABLES[i].table;
        if (text_read_natural(child->text, &address) && address <= UINT16_MAX) {
            in->point->address = (uint16_t)address;
            continue;
        }
        in->lost = true;
        load_mistake(in->load, child,
                     "'%s' of %s is '%.60s'; it must be an address from 0 to 65535", TABLES[i].key,
                     in->what, child->text);
    }
    in->lost = in->lost || found != 1;
    if (found != 1)
        load_mistake(in->load, in->node,
                     "%s must have exactly one of holding, input, coil and discrete; it has %s",
                     in->what, found ? "several" : "none");
}

static bool
is_bit_table(const struct point *point)
{
    return point->table == TABLE_COIL || point->table == TABLE_DISCRETE;
}

static void
check_bits(struct context *in)
{
    static const char *const BIT_KEYS[] = {"bit", "bits", NULL};
    static const char *const BITS_KEY[] = {"bits", NULL};
    struct point *point = in->point;
    if (is_bit_table(point)) {
        refuse_keys(in, BIT_KEYS, "a coil or discrete input is one bit already");
    } else if (!RULES[point->type].bits) {
        refuse_keys(in, BIT_KEYS, "only with type: bool or type: bits");
    } else if (point->type == TYPE_BOOL) {
        refuse_keys(in, BITS_KEY, "a bool is one bit; several are type: bits");
        if (!yaml_find(in->node, "bit"))
            load_mistake(in->load, in->node, "%s lacks 'bit': which bit of the register, 0 to 15",
                         in->what);
    }
    point->bit_count = point->bit_count ? point->bit_count : 1;
    if (point->bit + point->bit_count > 16)
        load_mistake(in->load, in->node, "%s: bits %u to %u; a register has bits 0 to 15", in->what,
                     point->bit, point->bit + point->bit_count - 1);
    if (!RULES[point->type].bits)
        point->bit_count = 0;
}

static void
check_length(struct context *in)
{
    static const char *const LENGTH_KEY[] = {"registers", NULL};
    static const char *const CHARACTER_KEY[] = {"one-per-register", NULL};
    struct point *point = in->point;
    const struct type_rule *rule = &RULES[point->type];
    if (point->type != TYPE_STRING)
        refuse_keys(in, CHARACTER_KEY, "only with type: string");
    if (rule->registers) {
        refuse_keys(in, LENGTH_KEY, "only with type: string or type: bcd");
        point->registers = rule->registers;
    } else if (point->registers > rule->max_registers) {
        load_mistake(in->load, yaml_find(in->node, "registers"),
                     "'registers' of %s is %u; a %s has at most %u", in->what, point->registers,
                     site_type_name(point->type), rule->max_registers);
        point->registers = rule->max_registers;
    } else if (point->registers == 0) {
        in->lost = in->lost || point->type == TYPE_STRING;
        if (point->type == TYPE_STRING && !yaml_find(in->node, "registers"))
            load_mistake(in->load, in->node, "%s lacks 'registers': how long the string is",
                         in->what);
        point->registers = 1;
    }
    if (point->address + point->registers > UINT16_MAX + 1)
        load_mistake(in->load, in->node,
                     "%s needs registers %u to %u; the last of a table is 65535", in->what,
                     point->address, point->address + point->registers - 1);
}

/* Words can only be swapped where there are two. */
static void
check_order(struct context *in)
{
    static const char *const ORDER_KEY[] = {"order", NULL};
    const struct point *point = in->point;
    const struct yaml_node *node = yaml_find(in->node, "order");
    if (is_bit_table(point))
        refuse_keys(in, ORDER_KEY, "a coil or discrete input has no byte order");
    else if (node && (point->registers == 1 || point->type == TYPE_STRING) &&
             (point->order == ORDER_CDAB || point->order == ORDER_DCBA))
        load_mistake(
            in->load, node,
            "'order' of %s is '%s'; a %s has no word order: ABCD, or BADC for swapped bytes",
            in->what, node->text, site_type_name(point->type));
}

static void
read_range(struct context *in)
{
    const struct yaml_node *node = section_form(&SCHEMA_POINT, in->node, "range");
    double ends[2];
    if (!node)
        return;
    const struct yaml_node *low = node->first, *high = low ? low->next : NULL;
    bool good = high && node->count == 2 && low->shape == YAML_TEXT && high->shape == YAML_TEXT &&
                text_read_number(low->text, &ends[0]) && text_read_number(high->text, &ends[1]);
    if (!good || ends[0] >= ends[1]) {
        load_mistake(in->load, node,
                     "'range' of %s must be [lowest, highest], two numbers, the "
                     "smaller one first",
                     in->what);
        return;
    }
    in->point->has_range = true;
    in->point->low = ends[0];
    in->point->high = ends[1];
}

/* The raw pattern a sentinel stands for: hexadecimal is the pattern itself, a decimal number is the
 * value before scaling. False when the type cannot hold it. */
static bool
read_sentinel(const struct point *point, const char *text, uint64_t *ret_pattern)
{
    bool byte = point->type == TYPE_U8 || point->type == TYPE_S8;
    unsigned width = point->type == TYPE_BITS ? point->bit_count
                     : byte                   ? 8
                                              : 16U * point->registers;
    uint64_t mask = width >= 64 ? UINT64_MAX : (1ULL << width) - 1, natural;
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    bool floating = point->type == TYPE_FLOAT32 || point->type == TYPE_FLOAT64;
    double number;
    if (text_read_natural(text, &natural) && (hexadecimal || !floating)) {
        *ret_pattern = natural;
        return natural <= mask;
    }
    if (!text_read_number(text, &number))
        return false;
    if (point->type == TYPE_FLOAT32) {
        uint32_t bits;
        memcpy(&bits, &(float){(float)number}, sizeof bits);
        *ret_pattern = bits;
        return true;
    }
    if (point->type == TYPE_FLOAT64) {
        memcpy(ret_pattern, &number, sizeof number);
        return true;
    }
    bool is_signed = point->type == TYPE_S8 || point->type == TYPE_S16 || point->type == TYPE_S32 ||
                     point->type == TYPE_S64;
    uint64_t half = mask / 2 + 1;
    double least = -(double)half;
    if (!is_signed || number >= 0 || number < least || number < -9e15 ||
        number != (double)(int64_t)number)
        return false;
    *ret_pattern = (uint64_t)(int64_t)number & mask;
    return true;
}

static void
read_sentinels(struct context *in)
{
    const struct yaml_node *node = section_form(&SCHEMA_POINT, in->node, "sentinels");
    if (node && node->count > POINT_SENTINELS)
        load_mistake(in->load, node, "'sentinels' of %s has %u values; at most %d", in->what,
                     node->count, POINT_SENTINELS);
    for (const struct yaml_node *child = node ? node->first : NULL; child; child = child->next) {
        uint64_t pattern;
        if (child->shape != YAML_TEXT || !read_sentinel(in->point, child->text, &pattern))
            load_mistake(in->load, child,
                         "'sentinels' of %s: '%.40s' is not a raw value of type %s", in->what,
                         child->shape == YAML_TEXT ? child->text : "...",
                         site_type_name(in->point->type));
        else if (in->point->sentinel_count < POINT_SENTINELS)
            in->point->sentinels[in->point->sentinel_count++] = pattern;
    }
}

static void
read_writing(struct context *in)
{
    static const char *const WRITE_KEYS[] = {"write-to", "write-multiple", NULL};
    const struct yaml_node *node = section_form(&SCHEMA_POINT, in->node, "write-to");
    uint64_t address;
    if (in->point->table == TABLE_DISCRETE || in->point->table == TABLE_INPUT)
        refuse_keys(in, WRITE_KEYS, "only holding registers and coils can be written");
    if (!node)
        return;
    in->point->has_write_address = text_read_natural(node->text, &address) && address <= UINT16_MAX;
    if (in->point->has_write_address)
        in->point->write_address = (uint16_t)address;
    else
        load_mistake(in->load, node,
                     "'write-to' of %s is '%.60s'; it must be an address from 0 to 65535", in->what,
                     node->text);
}

void
points_check_name(struct load *load, const struct yaml_node *node)
{
    for (size_t i = 0; i < sizeof RESERVED / sizeof *RESERVED; i++)
        if (!strcmp(node->key, RESERVED[i]))
            load_mistake_at_key(load, node,
                                "'%s' cannot be the name of a point: messages use that word",
                                node->key);
}

/* False when the file's type is none. */
static bool
settle_type(struct context *in)
{
    struct point *point = in->point;
    const struct yaml_node *type = yaml_find(in->node, "type");
    bool known = point->type != TYPE_UNSAID;
    if (is_bit_table(point) && known && point->type != TYPE_BOOL)
        load_mistake(in->load, type, "'type' of %s is '%.40s'; a coil or discrete input is a bool",
                     in->what, type->text);
    if (is_bit_table(point))
        point->type = TYPE_BOOL;
    else if (!known)
        point->type = TYPE_U16;
    return known || !type;
}

static void
check_numbers(struct context *in)
{
    static const char *const NUMBER_KEYS[] = {"scale",     "offset", "range",
                                              "sentinels", "unit",   NULL};
    struct point *point = in->point;
    if (RULES[point->type].number) {
        read_range(in);
        read_sentinels(in);
    } else {
        refuse_keys(in, NUMBER_KEYS, "only for numbers");
    }
    if (point->scale == 0) {
        load_mistake(in->load, yaml_find(in->node, "scale"),
                     "'scale' of %s is 0; every value would be", in->what);
        point->scale = 1;
    }
    point->exact_integer = (point->type == TYPE_U64 || point->type == TYPE_S64) &&
                           point->scale == 1 && point->offset == 0;
}

static void
read_point(struct context *in)
{
    struct point *point = in->point;
    point->type = TYPE_UNSAID;
    section_default(&SCHEMA_POINT, point);
    section_read(in->load, &SCHEMA_POINT, in->node, in->what, point);
    points_check_name(in->load, in->node);
    if (in->node->shape != YAML_MAP) {
        point->type = TYPE_U16;
        return;
    }
    read_address(in);
    read_writing(in);
    bool typed = settle_type(in);
    if (typed && point->table) {
        check_bits(in);
        check_length(in);
        check_order(in);
        check_numbers(in);
    }
    if (in->lost || !typed)
        point->registers = 0;
}

static struct load_point *
append(struct load *load, struct load_points *points)
{
    if (points->count == points->capacity) {
        uint32_t capacity = points->capacity ? points->capacity * 2 : 16;
        struct load_point *list = arena_take(load->scratch, capacity * sizeof *list);
        if (points->count)
            memcpy(list, points->list, points->count * sizeof *list);
        points->list = list;
        points->capacity = capacity;
    }
    return &points->list[points->count++];
}

void
points_read(struct load *load, const struct yaml_node *node, const char *what,
            struct load_points *points)
{
    uint32_t first = points->count;
    if (section_count_names(load, node, "point") == 0)
        return;
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        if (points_find(points, child->key)) {
            load_mistake_at_key(load, child, "%s has a point '%s' from its map already", what,
                                child->key);
            continue;
        }
        struct load_point *entry = append(load, points);
        *entry = (struct load_point){.node = child};
        entry->point.name = arena_text(load->arena, child->key);
        struct context in = {.load = load,
                             .node = child,
                             .what = load_printf(load, "point '%.60s' of %s", child->key, what),
                             .point = &entry->point};
        read_point(&in);
    }
    for (uint32_t i = first; i < points->count; i++) {
        const struct point *point = &points->list[i].point;
        if (point->was && points_find(points, point->was))
            load_mistake(load, yaml_find(points->list[i].node, "was"),
                         "'was' of point '%s': %s still has a point '%s'", point->name, what,
                         point->was);
    }
}

struct load_point *
points_find(const struct load_points *points, const char *name)
{
    for (uint32_t i = 0; i < points->count; i++)
        if (!strcmp(points->list[i].point.name, name))
            return &points->list[i];
    return NULL;
}
