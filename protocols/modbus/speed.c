/* How long things take on a serial line. */
#include "protocols/modbus/line.h"

int64_t
line_characters_ns(const struct line_options *options, size_t bytes)
{
    if (options->kind == LINE_TCP || options->baud == 0)
        return 0;
    int64_t bits = 1 + options->data_bits + (options->parity != 'N') + options->stop_bits;
    return (int64_t)bytes * bits * 1000000000LL / options->baud;
}

int64_t
line_silence_ns(const struct line_options *options)
{
    if (options->kind == LINE_TCP || options->baud == 0)
        return 0;
    return options->baud > 19200 ? 1750000 : line_characters_ns(options, 7) / 2;
}
