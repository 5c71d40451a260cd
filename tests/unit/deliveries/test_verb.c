/* The words of the verbs, and what a path needs for every place it can stand in. */
#include "tests/testing/testing.h"

#include <string.h>

#include "common/deliveries/verb.h"

static const struct {
    struct verb_path path;
    enum verb verb;
    bool is_needless; /* once the blob has been read */
} cases[] = {
    {{NULL, NULL, NULL, NULL, false}, VERB_NOTHING, false},
    {{"b1", NULL, NULL, NULL, false}, VERB_CREATE, false},
    {{NULL, NULL, "b1", "s1", false}, VERB_DELETE, false},
    {{"b1", NULL, "b1", "s1", false}, VERB_NOTHING, false},
    {{"b2", NULL, "b1", "s1", false}, VERB_UPDATE, false},
    {{"b2", "s2", "b1", "s1", false}, VERB_UPDATE, false},
    {{"b2", "s1", "b1", "s1", false}, VERB_UPDATE, true},  /* another blob id, the same bytes */
    {{"b1", NULL, NULL, "s1", false}, VERB_UPDATE, false}, /* not known before it is read */
    {{NULL, NULL, NULL, NULL, true}, VERB_DELETE, false},
    {{"b1", NULL, NULL, NULL, true}, VERB_CREATE, false},
    {{NULL, NULL, "b1", "s1", true}, VERB_DELETE, false},
    {{"b1", NULL, "b1", "s1", true}, VERB_UPDATE, false}, /* the branch went back after a crash */
    {{"b2", NULL, "b1", "s1", true}, VERB_UPDATE, false},
    {{"b2", "s1", "b1", "s1", true}, VERB_UPDATE, false},
};
#define CASES (sizeof cases / sizeof cases[0])

static void every_place_has_its_verb(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        assert_int_equal(verb_decide(&cases[i].path), cases[i].verb);
        assert_int_equal(verb_is_needless(&cases[i].path), cases[i].is_needless);
    }
}

static void an_unconfirmed_path_is_always_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct verb_path path = cases[i].path;
        path.is_unconfirmed = true;
        enum verb verb = verb_decide(&path);
        assert_int_not_equal(verb, VERB_NOTHING);
        assert_int_equal(verb == VERB_DELETE, path.tree_blob == NULL);
        assert_false(verb_is_needless(&path));
    }
}

static void deletes_stand_before_creates_before_updates(void **state)
{
    (void)state;
    assert_true(VERB_DELETE < VERB_CREATE && VERB_CREATE < VERB_UPDATE);
}

static void every_verb_has_a_word_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(verb_name(VERB_DELETE), "delete");
    assert_string_equal(verb_name(VERB_CREATE), "create");
    assert_string_equal(verb_name(VERB_UPDATE), "update");
    assert_string_equal(verb_name(VERB_SYNC_FAILED), "sync_failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_has_its_verb),
        cmocka_unit_test(an_unconfirmed_path_is_always_sent),
        cmocka_unit_test(deletes_stand_before_creates_before_updates),
        cmocka_unit_test(every_verb_has_a_word_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
