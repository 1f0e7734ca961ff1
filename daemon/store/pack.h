/* The body of a segment: plain records <-> what stands in the row. docs/store.md, "Body". */
#ifndef DAEMON_STORE_PACK_H
#define DAEMON_STORE_PACK_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec {
    CODEC_PLAIN = 0,   /* length-prefixed records, one behind the other */
    CODEC_COLUMNS = 1, /* records of one shape in columns, zstd over them */
    CODEC_ZSTD = 2,    /* plain, under zstd: few records, or shapes that do not repeat */
};

#define PACK_PLAIN_MAX ((size_t)4 << 20) /* a body that says it is more is refused */

/* Working memory, kept from call to call. One thread's. */
struct packer;
int packer_new(struct packer **ret_packer);
void packer_free(struct packer *packer);

struct packed {
    enum codec codec;
    const uint8_t *body; /* the packer's or the caller's, until the next call */
    size_t length;
};

/* Chooses the smallest form from which the very same bytes come back: it is unpacked and compared.
 * `first`: sequence of the first record. `level`: of zstd, 1 for what will be packed again soon. 0
 * or -ENOMEM. */
int pack(struct packer *packer, const uint8_t *plain, size_t length, uint64_t first, int level,
         struct packed *ret_packed);

/* The records of a body, appended to `plain`, which is made as large as needed. 0; -EBADMSG: not
 * well-formed; -EPROTO: a codec of a newer version; -ENOMEM. */
int unpack(struct packer *packer, const struct packed *packed, uint64_t first, struct buf *plain);

/* Only the scans of one device (number in the registry) where the codec allows it; sequences are
 * then not without holes. */
int unpack_device(struct packer *packer, const struct packed *packed, uint64_t first,
                  uint32_t device, struct buf *plain);

/* How long the records of a body are, unpacked; 0: not well-formed. */
size_t pack_plain_length(const struct packed *packed);

#endif
