/* Which records were received: one bit a record, by its key (gateway, store, stream, sequence). */
#ifndef TESTS_BENCH_KEYS_H
#define TESTS_BENCH_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* Marks it; false when it was marked before. `log` is "gateway/store/stream". Ends the program when
 * there is no memory, or more logs or a higher sequence than any benchmark has. */
bool keys_mark(const char *log, uint64_t sequence);

#endif
