/* What a path needs, for every place it can stand in. */
#include "tests/testing/testing.h"

#include <string.h>

#include "common/deliveries/compare.h"

static const struct {
    struct compare_path path;
    enum verb verb;
} cases[] = {
    {{NULL, NULL, NULL, NULL, COMPARE_NO_INTENT}, VERB_NOTHING},
    {{"b1", NULL, NULL, NULL, COMPARE_NO_INTENT}, VERB_CREATE},
    {{NULL, NULL, "b1", "s1", COMPARE_NO_INTENT}, VERB_DELETE},
    {{"b1", NULL, "b1", "s1", COMPARE_NO_INTENT}, VERB_NOTHING},
    {{"b2", NULL, "b1", "s1", COMPARE_NO_INTENT}, VERB_UPDATE},
    {{"b2", "s2", "b1", "s1", COMPARE_NO_INTENT}, VERB_UPDATE},
    {{"b2", "s1", "b1", "s1", COMPARE_NO_INTENT}, VERB_NOTHING}, /* another blob id, the same bytes */
    {{"b1", NULL, NULL, "s1", COMPARE_NO_INTENT}, VERB_UPDATE},  /* not known before it is read */
    {{NULL, NULL, NULL, NULL, COMPARE_FOREIGN_INTENT}, VERB_DELETE},
    {{"b1", NULL, NULL, NULL, COMPARE_FOREIGN_INTENT}, VERB_CREATE},
    {{NULL, NULL, "b1", "s1", COMPARE_FOREIGN_INTENT}, VERB_DELETE},
    {{"b1", NULL, "b1", "s1", COMPARE_FOREIGN_INTENT}, VERB_UPDATE}, /* the branch went back after a crash */
    {{"b2", NULL, "b1", "s1", COMPARE_FOREIGN_INTENT}, VERB_UPDATE},
    {{"b2", "s1", "b1", "s1", COMPARE_FOREIGN_INTENT}, VERB_UPDATE},
};
#define CASES (sizeof cases / sizeof cases[0])

static void every_place_has_its_verb(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++)
        assert_int_equal(compare_decide(&cases[i].path).verb, cases[i].verb);
}

static void a_foreign_intent_is_never_answered_with_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct compare_path path = cases[i].path;
        path.intent = COMPARE_FOREIGN_INTENT;
        struct compare_decision decision = compare_decide(&path);
        assert_int_not_equal(decision.verb, VERB_NOTHING);
        assert_int_equal(decision.verb == VERB_DELETE, path.tree_blob == NULL);
        assert_true(strlen(decision.reason) > 0);
    }
}

static void deletes_stand_before_creates_before_updates(void **state)
{
    (void)state;
    assert_true(VERB_DELETE < VERB_CREATE && VERB_CREATE < VERB_UPDATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_has_its_verb),
        cmocka_unit_test(a_foreign_intent_is_never_answered_with_nothing),
        cmocka_unit_test(deletes_stand_before_creates_before_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
