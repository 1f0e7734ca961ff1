/* Register words to values, after the device map (config/field.h): types, byte orders, scale and
 * offset, sentinels. What cannot be decoded keeps its register words (design.md section 4). Pure.
 */
#ifndef DAEMON_ACQUIRE_DECODE_H
#define DAEMON_ACQUIRE_DECODE_H

#include "daemon/model.h"

/* Decodes point `index` of the scan's device from its registers (bits: one a word) into
 * scan->values[index], with QUALITY_GOOD, QUALITY_SENTINEL or QUALITY_NOT_A_NUMBER. */
void decode_point(struct scan *scan, uint16_t index, const uint16_t *words);

/* Every one of the scan's points that is in [first, first + count) of `indexes` failed like this.
 */
void decode_fail(struct scan *scan, const uint16_t *indexes, uint16_t count, enum quality quality,
                 uint8_t detail);

#endif
