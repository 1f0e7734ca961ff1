/* Finds the place of a character of a text in its file: the file and the text are read side by
 * side, white space for white space, since YAML folds lines. Where the two differ in anything else
 * (an escape, a doubled quote) the place of the text itself is given. */
#include "config/load_within.h"

#include <stdio.h>
#include <string.h>

#define WHITE " \t\r\n"

/* Where the side-by-side reading is in the file. */
struct spot {
    const char *at, *end;
    uint32_t line, column;
};

static bool
is_begin(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80; /* of a character in UTF-8 */
}

static void
walk(struct spot *spot)
{
    if (*spot->at++ == '\n') {
        spot->line++;
        spot->column = 1;
    } else if (spot->at < spot->end && is_begin(*spot->at)) {
        spot->column++;
    }
}

static void
walk_white(struct spot *spot)
{
    while (spot->at < spot->end && strchr(WHITE, *spot->at))
        walk(spot);
}

static void
walk_line(struct spot *spot)
{
    uint32_t line = spot->line;
    while (spot->at < spot->end && spot->line == line)
        walk(spot);
}

/* The node's first character, behind its quote or the line that announces a block. */
static bool
find_begin(const struct load *load, const struct yaml_node *node, struct spot *ret)
{
    const struct load_file *file = load->files;
    while (file && (!file->text || strcmp(file->path, node->place.file) != 0))
        file = file->next;
    if (!file || !node->place.line)
        return false;
    struct spot spot = {file->text, file->text + file->length, 1, 1};
    while (spot.at < spot.end && spot.line < node->place.line)
        walk_line(&spot);
    while (spot.at < spot.end && spot.line == node->place.line && spot.column < node->place.column)
        walk(&spot);
    if (spot.at < spot.end && (*spot.at == '>' || *spot.at == '|'))
        walk_line(&spot);
    else if (spot.at < spot.end && (*spot.at == '"' || *spot.at == '\''))
        walk(&spot);
    *ret = spot;
    return spot.at < spot.end;
}

/* False when file and text part before the column-th character. */
static bool
walk_along(struct spot *spot, const char *text, unsigned column)
{
    walk_white(spot);
    text += strspn(text, WHITE);
    for (unsigned passed = 1; passed < column && *text && spot->at < spot->end;) {
        if (strchr(WHITE, *text)) {
            size_t length = strspn(text, WHITE);
            walk_white(spot);
            text += length;
            passed += (unsigned)length;
            continue;
        }
        if (*spot->at != *text++)
            return false;
        walk(spot);
        passed += is_begin(*text);
    }
    return true;
}

void
load_mistake_within(struct load *load, const struct yaml_node *node, unsigned column,
                    const char *format, ...)
{
    struct place place = node->place;
    struct spot spot;
    unsigned indent = (unsigned)strspn(node->text, WHITE);
    column = column > indent ? column - indent : 1;
    if (find_begin(load, node, &spot) && walk_along(&spot, node->text, column)) {
        place.line = spot.line;
        place.column = spot.column;
    }
    va_list arguments;
    va_start(arguments, format);
    mistakes_add(load->mistakes, &place, false, format, arguments);
    va_end(arguments);
}
