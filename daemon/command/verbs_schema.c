/* JSON Schema of a verb's members. Lengths in the table are bytes and in a schema characters, so a
 * schema lets pass a little more than verbs_check. */
#include "daemon/command/verbs.h"

#define DEFAULT_MOST 255

static void
put_type(struct json *json, const char *one, const char *other)
{
    json_key(json, "type");
    if (other == NULL) {
        json_text(json, one);
        return;
    }
    json_begin_array(json);
    json_text(json, one);
    json_text(json, other);
    json_end_array(json);
}

static void
put_text(struct json *json, const struct argument *argument)
{
    put_type(json, "string", NULL);
    if (argument->required)
        json_put_natural(json, "minLength", 1);
    json_put_natural(json, "maxLength", argument->most != 0 ? argument->most : DEFAULT_MOST);
}

static void
put_integer(struct json *json, int64_t low, int64_t high)
{
    put_type(json, "integer", NULL);
    json_put_integer(json, "minimum", low);
    json_put_integer(json, "maximum", high);
}

static void
put_argument(struct json *json, const struct argument *argument)
{
    json_key(json, argument->name);
    json_begin_object(json);
    switch (argument->type) {
    case ARGUMENT_TEXT: put_text(json, argument); break;
    case ARGUMENT_INTEGER: put_integer(json, argument->low, argument->high); break;
    case ARGUMENT_NUMBER: put_type(json, "number", "string"); break;
    case ARGUMENT_BOOL: put_type(json, "boolean", NULL); break;
    case ARGUMENT_TIME: put_integer(json, 1, VERBS_TIME_MOST); break;
    case ARGUMENT_CHOICE:
        json_key(json, "enum");
        json_begin_array(json);
        for (const char *const *at = argument->choices; *at != NULL; at++)
            json_text(json, *at);
        json_end_array(json);
        break;
    case ARGUMENT_OBJECT: put_type(json, "object", "array"); break;
    }
    json_put_text(json, "description", argument->help);
    json_end_object(json);
}

/* The envelope's members may stand in any body. */
static void
put_envelope(struct json *json)
{
    json_key(json, "v");
    json_begin_object(json);
    json_put_natural(json, "const", 1);
    json_end_object(json);
    json_key(json, "id");
    json_begin_object(json);
    put_type(json, "string", "integer");
    json_end_object(json);
}

void
verbs_write_schema(struct json *json, const struct verb *verb)
{
    json_begin_object(json);
    json_put_text(json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_put_text(json, "title", verb->en);
    json_put_text(json, "type", "object");
    json_key(json, "properties");
    json_begin_object(json);
    put_envelope(json);
    for (const struct argument *at = verb->arguments; at != NULL && at->name != NULL; at++)
        put_argument(json, at);
    json_end_object(json);
    json_key(json, "required");
    json_begin_array(json);
    for (const struct argument *at = verb->arguments; at != NULL && at->name != NULL; at++)
        if (at->required)
            json_text(json, at->name);
    json_end_array(json);
    json_put_bool(json, "additionalProperties", false);
    json_end_object(json);
}
