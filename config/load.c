/* Mistakes with their places, and short texts, for the parts of the loader. */
#include "config/load.h"

#include <stdio.h>

void
load_mistake(struct load *load, const struct yaml_node *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    mistakes_add(load->mistakes, &node->place, false, format, arguments);
    va_end(arguments);
}

void
load_mistake_at_key(struct load *load, const struct yaml_node *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    mistakes_add(load->mistakes, node->key ? &node->key_place : &node->place, false, format,
                 arguments);
    va_end(arguments);
}

void
load_warning(struct load *load, const struct yaml_node *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    mistakes_add(load->mistakes, &node->place, true, format, arguments);
    va_end(arguments);
}

const char *
load_printf(struct load *load, const char *format, ...)
{
    char text[500];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return arena_text(load->scratch, text);
}
