/* Any bytes as a packed body: an error or records, whole or of one device, never more memory than
 * BOUND, and what comes out can be packed and comes back. The first byte is the codec; records
 * count from 1. The bytes lie in memory of just their size, so that the address sanitizer sees a
 * read past them. */
#include "daemon/store/pack_parts.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* All that is held while a body lies, see tests/unit/test_pack.c. */
#define BOUND (32 * PACK_PLAIN_MAX)

#ifdef __has_feature
#if __has_feature(address_sanitizer) && !defined __SANITIZE_ADDRESS__
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);
#define MEMORY __sanitizer_get_current_allocated_bytes()
#else
#define MEMORY (mallinfo2().uordblks + mallinfo2().hblkhd)
#endif

/* Inputs that one packer sees: making one is slow. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define USES 256
#else
#define USES 1
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t before; /* held when the input came */

static void
require(bool true_thing)
{
    if (!true_thing)
        abort();
}

static int
open_body(struct packer *packer, const struct packed *packed, uint32_t device, struct buf *plain)
{
    buf_clear(plain);
    int result = unpack_device(packer, packed, 1, device, plain);

    require(MEMORY <= before + BOUND);
    require(result == 0 || result == -EBADMSG || result == -EPROTO);
    if (result != 0)
        return result;
    size_t said = pack_plain_length(packed);
    require(device == 0 ? plain->length == said : plain->length <= said);
    return 0;
}

static void
check_again(struct packer *packer, const struct buf *plain)
{
    struct packed packed;
    struct buf back = {0};

    require(pack(packer, plain->data, plain->length, 1, 1, &packed) == 0);
    require(packed.length <= plain->length);
    require(unpack(packer, &packed, 1, &back) == 0);
    require(back.length == plain->length);
    require(back.length == 0 || memcmp(back.data, plain->data, back.length) == 0);
    buf_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct packer *packer;
    static unsigned uses;
    struct buf plain = {0};

    if (size == 0)
        return 0;
    if (uses++ % USES == 0) {
        packer_free(packer);
        packer = NULL;
    }
    before = MEMORY;
    uint8_t *body = malloc(size - 1 > 0 ? size - 1 : 1);
    require(body != NULL && (packer != NULL || packer_new(&packer) == 0));
    memcpy(body, data + 1, size - 1);
    struct packed packed = {(enum codec)data[0], body, size - 1};
    open_body(packer, &packed, 7, &plain);
    if (open_body(packer, &packed, 0, &plain) == 0)
        check_again(packer, &plain);
    buf_free(&plain);
    free(body);
    return 0;
}
