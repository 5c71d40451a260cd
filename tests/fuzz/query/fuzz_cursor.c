/* A cursor as a caller may send it, plainly or as the JSON that lies in it: what is taken says the same when it is
 * written again. */
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/query/page.h"
#include "tests/fuzz/fuzz.h"

#define LIST "apps"
#define KEYS 2

static void check_round_trip(const struct cursor *cursor)
{
    struct cursor back;
    char *text = cursor_write(LIST, cursor);
    FUZZ_CHECK(cursor->count == KEYS);
    if (strlen(text) <= CURSOR_TEXT_MAX) {
        FUZZ_CHECK(cursor_read(text, LIST, KEYS, &back));
        for (int i = 0; i < KEYS; i++)
            FUZZ_CHECK((back.keys[i] == NULL) == (cursor->keys[i] == NULL) &&
                       (back.keys[i] == NULL || strcmp(back.keys[i], cursor->keys[i]) == 0));
        cursor_fini(&back);
    }
    free(text);
}

static void check(const char *text)
{
    struct cursor cursor;
    if (cursor_read(text, LIST, KEYS, &cursor)) {
        check_round_trip(&cursor);
        cursor_fini(&cursor);
    } else {
        FUZZ_CHECK(cursor.count == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(2 * size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    check(text);
    crypto_hex(data, size, text);
    check(text);
    free(text);
    return 0;
}
