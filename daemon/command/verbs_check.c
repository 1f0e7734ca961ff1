/* Does what came fit a verb's list of members? Texts of up to SHORT bytes are one line: they go
 * into records, logs and pages. */
#include "daemon/command/verbs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 255
#define SHORT     512
#define DEPTH     24 /* of an object member; a site file takes about ten */

/* False when something lies deeper than `left` below. */
static bool
is_shallow(const json_t *value, int left)
{
    const char *key;
    json_t *below;
    size_t i;

    if (!json_is_object(value) && !json_is_array(value))
        return true;
    if (left == 0)
        return false;
    json_object_foreach((json_t *)value, key, below) if (!is_shallow(below, left - 1)) return false;
    json_array_foreach(value, i, below) if (!is_shallow(below, left - 1)) return false;
    return true;
}

static bool
is_one_line(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return false;
    return true;
}

static bool
text_fits(const struct argument *argument, const json_t *value)
{
    size_t most = argument->most != 0 ? argument->most : TEXT_MOST;
    const char *text = json_string_value(value);

    return text != NULL && strlen(text) <= most && (*text != '\0' || !argument->required) &&
           (most > SHORT || is_one_line(text));
}

static bool
number_fits(const json_t *value)
{
    const char *text = json_string_value(value);
    char *end = NULL;

    if (text == NULL)
        return json_is_number(value) && isfinite(json_number_value(value));
    double number = strtod(text, &end);
    return end != text && *end == '\0' && strlen(text) < 64 && isfinite(number);
}

static bool
integer_fits(const json_t *value, int64_t low, int64_t high)
{
    return json_is_integer(value) && json_integer_value(value) >= low &&
           json_integer_value(value) <= high;
}

static bool
choice_fits(const struct argument *argument, const json_t *value)
{
    const char *text = json_string_value(value);

    for (const char *const *at = argument->choices; text != NULL && *at != NULL; at++)
        if (strcmp(*at, text) == 0)
            return true;
    return false;
}

static bool
fits(const struct argument *argument, const json_t *value)
{
    switch (argument->type) {
    case ARGUMENT_TEXT: return text_fits(argument, value);
    case ARGUMENT_INTEGER: return integer_fits(value, argument->low, argument->high);
    case ARGUMENT_NUMBER: return number_fits(value);
    case ARGUMENT_BOOL: return json_is_boolean(value);
    case ARGUMENT_TIME: return integer_fits(value, 1, VERBS_TIME_MOST);
    case ARGUMENT_CHOICE: return choice_fits(argument, value);
    case ARGUMENT_OBJECT:
        return (json_is_object(value) || json_is_array(value)) && is_shallow(value, DEPTH);
    }
    return false;
}

/* ---- sentences ---- */

static void
say_choices(const struct argument *argument, struct buf *why)
{
    for (const char *const *at = argument->choices; *at != NULL; at++)
        buf_printf(why, "%s%s", at == argument->choices ? " must be " : at[1] ? ", " : " or ", *at);
}

/* What the member must be. */
static const char *
say_wrong(const struct argument *argument, char ret_why[200])
{
    struct buf why;
    size_t most = argument->most != 0 ? argument->most : TEXT_MOST;

    buf_init(&why, ret_why, 200);
    buf_printf(&why, "'%s'", argument->name);
    switch (argument->type) {
    case ARGUMENT_TEXT:
        buf_printf(&why, " must be a text of %s%zu bytes%s: %s",
                   argument->required ? "1 to " : "at most ", most,
                   most > SHORT ? "" : " without control characters", argument->help);
        break;
    case ARGUMENT_INTEGER:
        buf_printf(&why, " must be a whole number from %" PRId64 " to %" PRId64 ": %s",
                   argument->low, argument->high, argument->help);
        break;
    case ARGUMENT_NUMBER: buf_printf(&why, " must be a number: %s", argument->help); break;
    case ARGUMENT_BOOL: buf_printf(&why, " must be true or false: %s", argument->help); break;
    case ARGUMENT_TIME:
        buf_printf(&why, " must be a time in UTC milliseconds: %s", argument->help);
        break;
    case ARGUMENT_CHOICE: say_choices(argument, &why); break;
    case ARGUMENT_OBJECT:
        buf_printf(&why, " must be an object or array, at most %d deep: %s", DEPTH, argument->help);
        break;
    }
    return buf_string(&why);
}

static const struct argument *
find(const struct argument *arguments, const char *key)
{
    for (; arguments != NULL && arguments->name != NULL; arguments++)
        if (strcmp(arguments->name, key) == 0)
            return arguments;
    return NULL;
}

static const char *
say_unknown(const struct verb *verb, const char *key, char ret_why[200])
{
    struct buf why;

    buf_init(&why, ret_why, 200);
    buf_printf(&why, "unknown member '%.40s': %s takes ", is_one_line(key) ? key : "?", verb->name);
    if (verb->arguments == NULL)
        buf_text(&why, "none");
    for (const struct argument *at = verb->arguments; at != NULL && at->name != NULL; at++)
        buf_printf(&why, "%s%s", at == verb->arguments ? "" : ", ", at->name);
    return buf_string(&why);
}

const char *
verbs_check(const struct verb *verb, const json_t *body, char ret_why[200])
{
    const char *key;
    json_t *value;

    if (!json_is_object(body))
        return "the body of a command must be a JSON object";
    json_object_foreach((json_t *)body, key, value)
    {
        if (strcmp(key, "id") == 0 || strcmp(key, "v") == 0)
            continue;
        const struct argument *argument = find(verb->arguments, key);
        if (argument == NULL)
            return say_unknown(verb, key, ret_why);
        if (!fits(argument, value))
            return say_wrong(argument, ret_why);
    }
    for (const struct argument *at = verb->arguments; at != NULL && at->name != NULL; at++)
        if (at->required && json_object_get(body, at->name) == NULL)
            return say_wrong(at, ret_why);
    return NULL;
}
