/* The quality of what is computed from several values (docs/quality.md). Names, letters and
 * validity of qualities are in assess.h. */
#ifndef DAEMON_ASSESS_QUALITY_H
#define DAEMON_ASSESS_QUALITY_H

#include "daemon/value.h"

#include <stddef.h>

#define QUALITY_OF_NOTHING UINT8_MAX /* the input is not there */

/* Quality of a value derived from inputs of these qualities. The highest reason not to believe an
 * input is the result's; where all inputs count, the highest suspicion. An input that is not there,
 * and no inputs at all, are QUALITY_INVALID_INPUT. */
uint8_t quality_of_inputs(const uint8_t *qualities, size_t count);

#endif
