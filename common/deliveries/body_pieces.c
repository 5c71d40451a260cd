/* The arithmetic of chunked contents, and the id of a chunk (wire.h). */
#include <assert.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/deliveries/body.h"
#include "common/deliveries/fields.h"

int64_t body_pieces(enum content_kind kind, int64_t size)
{
    assert(size >= 0);
    if (kind == CONTENT_TEXT || size <= BODY_CHUNKED_ABOVE)
        return 1;
    return (size - 1) / BODY_PIECE_BYTES + 1;
}

struct body_range body_piece_range(enum content_kind kind, int64_t size, int64_t index)
{
    int64_t pieces = body_pieces(kind, size);
    assert(index >= 0 && index < pieces);
    if (pieces == 1)
        return (struct body_range){0, size};
    int64_t offset = index * BODY_PIECE_BYTES;
    return (struct body_range){offset, index == pieces - 1 ? size - offset : BODY_PIECE_BYTES};
}

void body_chunk_id(const char *job_id, const char *path, const char *sha, char out[BODY_UUID_MAX])
{
    const char *const fields[] = {"chunk", job_id, path, sha, NULL};
    uint8_t digest[SHA256_BYTES];
    fields_digest(fields, digest);
    digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x50); /* version 5 */
    digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80); /* the variant of RFC 9562 */

    char hex[SHA256_HEX + 1];
    crypto_hex(digest, sizeof digest, hex);
    static const int groups[] = {8, 4, 4, 4, 12};
    const char *from = hex;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; from += groups[i++]) {
        memcpy(out, from, (size_t)groups[i]);
        out += groups[i];
        *out++ = '-';
    }
    out[-1] = '\0';
}
