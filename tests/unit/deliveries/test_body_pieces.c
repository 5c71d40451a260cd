/* Which contents are chunked, how, and what the pieces are called. */
#include "tests/testing/testing.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/deliveries/body.h"

#define MIB INT64_C(1048576)

static void only_binary_contents_above_a_mebibyte_are_chunked(void **state)
{
    (void)state;
    assert_int_equal(body_pieces(CONTENT_BINARY, 0), 1);
    assert_int_equal(body_pieces(CONTENT_BINARY, MIB), 1);
    assert_int_equal(body_pieces(CONTENT_BINARY, MIB + 1), 3);
    assert_int_equal(body_pieces(CONTENT_BINARY, 3 * BODY_PIECE_BYTES), 3);
    assert_int_equal(body_pieces(CONTENT_BINARY, 3 * BODY_PIECE_BYTES + 1), 4);
    assert_int_equal(body_pieces(CONTENT_BINARY, 1024 * MIB), 2731);
    assert_int_equal(body_pieces(CONTENT_TEXT, 1024 * MIB), 1);
}

static void a_piece_of_393216_bytes_is_524288_characters_without_padding(void **state)
{
    (void)state;
    char *zeros = mem_zalloc((size_t)BODY_PIECE_BYTES);
    struct buf text = BUF_INIT;
    crypto_add_base64(&text, zeros, (size_t)BODY_PIECE_BYTES);
    assert_int_equal(BODY_PIECE_BYTES, 393216);
    assert_int_equal(text.len, 524288);
    assert_null(strchr(text.data, '='));
    buf_fini(&text);
    free(zeros);
}

static void the_pieces_cover_the_file_without_gap_or_overlap(void **state)
{
    (void)state;
    static const int64_t sizes[] = {MIB + 1, 3 * BODY_PIECE_BYTES, 3 * BODY_PIECE_BYTES + 1, 7 * MIB + 12345};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int64_t pieces = body_pieces(CONTENT_BINARY, sizes[i]), end = 0;
        for (int64_t index = 0; index < pieces; index++) {
            struct body_range range = body_piece_range(CONTENT_BINARY, sizes[i], index);
            assert_int_equal(range.offset, end);
            assert_true(range.len > 0 && range.len <= BODY_PIECE_BYTES);
            end += range.len;
        }
        assert_int_equal(end, sizes[i]);
    }
    struct body_range whole = body_piece_range(CONTENT_BINARY, MIB, 0);
    assert_true(whole.offset == 0 && whole.len == MIB);
}

static void a_chunk_id_is_a_uuid_and_the_same_for_the_same_job_path_and_sha(void **state)
{
    (void)state;
    char id[BODY_UUID_MAX], again[BODY_UUID_MAX];
    body_chunk_id("op_1/7", "a.bin", "abcd", id);
    body_chunk_id("op_1/7", "a.bin", "abcd", again);
    assert_string_equal(id, again);
    assert_int_equal(strlen(id), 36);
    for (size_t i = 0; i < 36; i++)
        assert_true(i == 8 || i == 13 || i == 18 || i == 23 ? id[i] == '-' : strchr("0123456789abcdef", id[i]) != NULL);
    assert_int_equal(id[14], '5');
    assert_non_null(strchr("89ab", id[19]));
}

static void another_job_path_or_sha_has_another_chunk_id(void **state)
{
    (void)state;
    static const char *const fields[][3] = {{"op_1/7", "a.bin", "abcd"},  {"op_1/8", "a.bin", "abcd"},
                                            {"op_1/7", "b.bin", "abcd"},  {"op_1/7", "a.bin", "abce"},
                                            {"op_1/7a", ".bin", "abcd"},  {"op_1/7", "a.bi", "nabcd"},
                                            {"op_1/75:", "a.bin", "abcd"}};
    enum { COUNT = sizeof fields / sizeof fields[0] };
    char ids[COUNT][BODY_UUID_MAX];
    for (size_t i = 0; i < COUNT; i++) {
        body_chunk_id(fields[i][0], fields[i][1], fields[i][2], ids[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_binary_contents_above_a_mebibyte_are_chunked),
        cmocka_unit_test(a_piece_of_393216_bytes_is_524288_characters_without_padding),
        cmocka_unit_test(the_pieces_cover_the_file_without_gap_or_overlap),
        cmocka_unit_test(a_chunk_id_is_a_uuid_and_the_same_for_the_same_job_path_and_sha),
        cmocka_unit_test(another_job_path_or_sha_has_another_chunk_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
