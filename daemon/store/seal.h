/* What is signed besides payloads: where all streams stand, on a schedule and at each event, and
 * where a stream begins after retention. docs/store.md, "Signatures". */
#ifndef DAEMON_STORE_SEAL_H
#define DAEMON_STORE_SEAL_H

#include "daemon/store/reader.h"

#define SEAL_TEXT      900
#define SEAL_SIGNATURE 64

/* Where a stream stands. */
struct seal_place {
    uint64_t last;
    uint8_t chain[STORE_HASH];
};

/* "parkgate-heads1|GATEWAY|STORE|UTC_MS|event:LAST:CHAIN|..." of the streams that have records. */
void seal_print_heads(const char *gateway_id, const char *store_id, int64_t utc_ms,
                      const struct seal_place heads[STREAM_END], char ret_text[SEAL_TEXT]);

/* "parkgate-anchor1|GATEWAY|STORE|UTC_MS|event:LAST:CHAIN": up to LAST the stream was cut. */
void seal_print_anchor(const char *gateway_id, const char *store_id, int64_t utc_ms,
                       enum stream stream, const struct seal_place *cut, char ret_text[SEAL_TEXT]);

/* "parkgate-key1|GATEWAY|OLD|NEW": from now on NEW signs. Signed by both, each on its own, so that
 * who trusts one of them trusts the other. */
#define SEAL_ROTATION "parkgate-key1|"
void seal_print_rotation(const char *gateway_id, const uint8_t old_key[32],
                         const uint8_t new_key[32], char ret_text[SEAL_TEXT]);

/* False: the text is another. */
bool seal_take_rotation(const char *text, uint8_t ret_old[32], uint8_t ret_new[32]);

/* One stream's place out of such a text, if it is of that store. */
bool seal_find(const char *text, const char *store_id, enum stream stream,
               struct seal_place *ret_place);

bool seal_fits(const char *text, const uint8_t public_key[32],
               const uint8_t signature[SEAL_SIGNATURE]);

/* The public half of DIRECTORY/key.pem. */
bool seal_read_key(const char *directory, uint8_t ret_key[32]);

#endif
