#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "tests/testing/testing.h"

#define MANY 20000

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void check_many_are_unique(void (*make)(char out[ID_MAX]))
{
    char(*ids)[ID_MAX] = calloc(MANY, sizeof(*ids));
    assert_non_null(ids);
    for (size_t i = 0; i < MANY; i++)
        make(ids[i]);
    qsort(ids, MANY, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < MANY; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
    free(ids);
}

static void test_ids_are_unique(void **state)
{
    (void)state;
    check_many_are_unique(id_operation);
    check_many_are_unique(id_worker);
    check_many_are_unique(id_app);
    check_many_are_unique(id_repository);
}

static void test_ids_have_their_form(void **state)
{
    (void)state;
    char id[ID_MAX];
    for (int i = 0; i < 1000; i++) {
        id_operation(id);
        assert_true(id_is_operation(id));
        assert_int_equal(strlen(id), 3 + 26);
        id_worker(id);
        assert_memory_equal(id, "w_", 2);
        assert_int_equal(strspn(id + 2, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
        assert_int_equal(strlen(id), 2 + 26);
        id_app(id);
        assert_true(id_is_app(id));
        id_repository(id);
        assert_true(id_is_repository(id));
    }
}

static int64_t ulid_ms(const char *ulid)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    int64_t ms = 0;
    for (size_t i = 0; i < 10; i++)
        ms = ms * 32 + (strchr(alphabet, ulid[i]) - alphabet);
    return ms;
}

static void test_operation_ids_carry_the_time(void **state)
{
    (void)state;
    char id[ID_MAX];
    int64_t before = clock_wall_us() / 1000;
    id_operation(id);
    int64_t after = clock_wall_us() / 1000;
    assert_in_range(ulid_ms(id + 3), before, after);
}

/* Every random character of a ULID takes every value, or the bits are taken apart wrongly. */
static void test_random_part_uses_the_whole_alphabet(void **state)
{
    (void)state;
    uint8_t seen[16][256] = {{0}};
    char id[ID_MAX];
    for (int i = 0; i < 4000; i++) {
        id_operation(id);
        for (size_t c = 0; c < 16; c++)
            seen[c][(uint8_t)id[13 + c]] = 1;
    }
    for (size_t c = 0; c < 16; c++) {
        int count = 0;
        for (size_t v = 0; v < 256; v++)
            count += seen[c][v];
        assert_int_equal(count, 32);
    }
}

static void test_other_forms_are_refused(void **state)
{
    (void)state;
    static const char *const not_operations[] = {
        "",
        "op_",
        "op_01HKM00000000000000000000",
        "op_01HKM00000000000000000000AA",
        "op_01hkm00000000000000000000a",
        "op_81HKM00000000000000000000A",
        "op_01HKM00000000000000000000I",
        "op_01HKM00000000000000000000L",
        "op_01HKM00000000000000000000O",
        "op_01HKM00000000000000000000U",
        "w_01HKM00000000000000000000A",
        " op_01HKM00000000000000000000A",
        "op_01HKM00000000000000000000A\n",
    };
    for (size_t i = 0; i < sizeof(not_operations) / sizeof(not_operations[0]); i++)
        assert_false(id_is_operation(not_operations[i]));
    assert_true(id_is_operation("op_01HKM00000000000000000000A"));
    assert_true(id_is_app("app_0123456789abcdef01234567"));
    assert_false(id_is_app("app_0123456789ABCDEF01234567"));
    assert_false(id_is_app("app_0123456789abcdef0123456"));
    assert_false(id_is_app("app_0123456789abcdef012345678"));
    assert_false(id_is_app("repo_0123456789abcdef01234567"));
    assert_true(id_is_repository("repo_0123456789abcdef01234567"));
    assert_false(id_is_repository("app_0123456789abcdef01234567"));
}

static void test_a_text_stands_for_one_id(void **state)
{
    (void)state;
    char one[ID_MAX], same[ID_MAX], other[ID_MAX];
    id_operation_for("a text", one);
    id_operation_for("a text", same);
    id_operation_for("another", other);
    assert_true(id_is_operation(one) && id_is_operation(other));
    assert_string_equal(one, same);
    assert_string_not_equal(one, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_are_unique),
        cmocka_unit_test(test_ids_have_their_form),
        cmocka_unit_test(test_operation_ids_carry_the_time),
        cmocka_unit_test(test_random_part_uses_the_whole_alphabet),
        cmocka_unit_test(test_other_forms_are_refused),
        cmocka_unit_test(test_a_text_stands_for_one_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
