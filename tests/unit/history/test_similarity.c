/* The five best are those that comparing every pair gives, whatever is unknown, empty, equal or changed. */
#include "tests/testing/testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/history/lower.h"
#include "common/history/similarity.h"
#include "common/history/text_ratio.h"
#include "tests/testing/python_check.h"
#include "tests/testing/request_texts.h"

#define RUNS_MAX 400

struct world {
    struct request_texts *texts;
    struct similarity_run runs[RUNS_MAX];
    char *owned[RUNS_MAX]; /* the runs' texts */
    size_t count;
};

/* ---- runs that come near each other, and odd ones ---------------------------------------------------------------- */

static char *draw_text(struct world *world)
{
    struct buf text = BUF_INIT;
    const char *earlier = world->count > 0 ? world->runs[request_texts_pick(world->texts, world->count)].text : NULL;
    size_t kind = request_texts_pick(world->texts, 12);
    if (kind == 0)
        return NULL;
    if (kind < 3 && earlier != NULL)
        buf_add_str(&text, earlier);
    else if (kind < 6 && earlier != NULL)
        request_texts_add_variant(world->texts, earlier, &text);
    else if (kind < 8)
        request_texts_add_words(world->texts, request_texts_pick(world->texts, 8), &text);
    else if (kind == 8)
        buf_add_str(&text, "\u6570\u636E \U0001F40D \U0001F40D ALL in \u00C9");
    else
        request_texts_add(world->texts, &text);
    return buf_take(&text);
}

/* Few values, so that scores are often equal. */
static int64_t draw_number(struct world *world)
{
    static const int64_t numbers[] = {-1, 0, 0, 1, 100, 100, 150, 1000000000, 2370000000};
    return numbers[request_texts_pick(world->texts, sizeof(numbers) / sizeof(numbers[0]))];
}

static void draw_run(struct world *world, size_t place)
{
    char *text = draw_text(world);
    world->owned[place] = text;
    world->runs[place] = (struct similarity_run){
        .id = (int64_t)place * 3 + 1,
        .text = text,
        .len = text == NULL ? 0 : strlen(text),
        .status = (int)request_texts_pick(world->texts, 3),
        .cost_nusd = draw_number(world),
        .duration_s = (double)draw_number(world),
    };
}

static void begin(struct world *world, uint64_t seed, size_t count)
{
    world->texts = request_texts_new(seed);
    for (world->count = 0; world->count < count; world->count++)
        draw_run(world, world->count);
}

static void end(struct world *world)
{
    for (size_t i = 0; i < world->count; i++)
        free(world->owned[i]);
    request_texts_drop(world->texts);
}

static struct similarity *index_of(const struct world *world)
{
    struct similarity *index = similarity_new();
    for (size_t i = 0; i < world->count; i++)
        similarity_add(index, &world->runs[i]);
    similarity_seal(index);
    return index;
}

/* ---- by brute force ---------------------------------------------------------------------------------------------- */

static double plain_likeness(double a, double b)
{
    if (a < 0 || b < 0)
        return 0;
    if (a <= 0 && b <= 0)
        return 1;
    return a < b ? a / b : b / a;
}

static double plain_ratio(const struct similarity_run *a, const struct similarity_run *b)
{
    static struct text_ratio *ratio; /* kept: it is large */
    struct text_codes one, other;
    if (ratio == NULL)
        ratio = text_ratio_new();
    uint32_t *a_codes = lower_codes(a->text, a->len, &one.count), *b_codes = lower_codes(b->text, b->len, &other.count);
    one.codes = a_codes;
    other.codes = b_codes;
    text_ratio_set(ratio, one);
    double result = text_ratio_of(text_ratio_matches(ratio, other, 0), one.count, other.count);
    free(a_codes);
    free(b_codes);
    return result;
}

static double plain_score(const struct similarity_run *a, const struct similarity_run *b)
{
    double ratio = a->text == NULL || b->text == NULL ? 0 : plain_ratio(a, b);
    return 0.40 * ratio + 0.20 * (a->status == b->status) +
           0.20 * plain_likeness((double)a->cost_nusd, (double)b->cost_nusd) +
           0.20 * plain_likeness(a->duration_s, b->duration_s);
}

static int compare(const void *one, const void *other)
{
    const struct similarity_match *a = one, *b = other;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->id < b->id ? -1 : 1;
}

static struct similarity_list plain_best(const struct world *world, size_t of)
{
    struct similarity_match all[RUNS_MAX];
    struct similarity_list list = {.count = 0};
    size_t count = 0;
    for (size_t i = 0; i < world->count; i++) {
        double score = plain_score(&world->runs[of], &world->runs[i]);
        if (i != of && score >= SIMILARITY_LEAST)
            all[count++] = (struct similarity_match){world->runs[i].id, score};
    }
    qsort(all, count, sizeof(all[0]), compare);
    for (; list.count < count && list.count < SIMILARITY_BEST; list.count++)
        list.best[list.count] = all[list.count];
    return list;
}

static void assert_list(const struct similarity_list *found, const struct similarity_list *expected)
{
    if (similarity_equal(found, expected))
        return;
    struct buf text = BUF_INIT;
    similarity_add_json(found, &text);
    buf_add_str(&text, " is not ");
    similarity_add_json(expected, &text);
    fail_msg("%s", text.data);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void the_best_are_those_of_brute_force(void **state)
{
    (void)state;
    uint64_t seed = python_check_seed();
    for (size_t round = 0; round < 6; round++) {
        struct world world;
        begin(&world, seed + round, 3 + round * 40);
        struct similarity *index = index_of(&world);
        struct similarity_reader *reader = similarity_reader_new(index);
        for (size_t i = 0; i < world.count; i++) {
            struct similarity_list found, expected = plain_best(&world, i);
            assert_true(similarity_best(reader, world.runs[i].id, &found));
            assert_list(&found, &expected);
        }
        similarity_reader_drop(reader);
        similarity_drop(index);
        end(&world);
    }
}

static void answer_all(const struct similarity *index, struct similarity_list *lists)
{
    struct similarity_reader *reader = similarity_reader_new(index);
    for (size_t i = 0; i < similarity_count(index); i++)
        assert_true(similarity_best(reader, similarity_id(index, i), &lists[i]));
    similarity_reader_drop(reader);
}

/* A stored list, and another run that enters it. */
static void enter_stored(struct similarity_list *list, struct similarity_match match)
{
    const struct similarity_match *last = &list->best[SIMILARITY_BEST - 1];
    bool is_full = list->count == SIMILARITY_BEST;
    if (is_full && (last->score > match.score || (last->score >= match.score && last->id < match.id)))
        return;
    size_t place = is_full ? SIMILARITY_BEST - 1 : list->count++;
    for (; place > 0; place--) {
        const struct similarity_match *before = &list->best[place - 1];
        if (before->score > match.score || (before->score >= match.score && before->id < match.id))
            break;
        list->best[place] = *before;
    }
    list->best[place] = match;
}

struct change {
    struct world world;
    struct similarity_list stored[RUNS_MAX];
    bool is_changed[RUNS_MAX], is_due[RUNS_MAX];
};

static bool holds_changed(const struct change *change, const struct similarity_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t place = 0;
        while (place < change->world.count && change->world.runs[place].id != list->best[i].id)
            place++;
        if (place == change->world.count || change->is_changed[place])
            return true;
    }
    return false;
}

/* Some runs are drawn again, the last one vanishes. What is left of the stored lists says what others must reach. */
static void make_change(struct change *change)
{
    struct world *world = &change->world;
    struct similarity *before = index_of(world);
    answer_all(before, change->stored);
    similarity_drop(before);
    for (size_t n = 0; n < 6; n++) {
        size_t place = request_texts_pick(world->texts, world->count);
        char *old = world->owned[place];
        draw_run(world, place);
        free(old);
        change->is_changed[place] = true;
    }
    free(world->owned[--world->count]);
    for (size_t i = 0; i < world->count; i++) {
        const struct similarity_list *list = &change->stored[i];
        change->is_due[i] = change->is_changed[i] || holds_changed(change, list);
        world->runs[i].least = change->is_changed[i]           ? NAN
                               : list->count < SIMILARITY_BEST ? SIMILARITY_LEAST
                                                               : list->best[SIMILARITY_BEST - 1].score;
    }
}

/* As a sync does: lists of those that changed, and of runs that held one, are made again; the others' are entered. */
static void bring_up_to_date(struct change *change)
{
    struct world *world = &change->world;
    struct similarity *index = index_of(world);
    struct similarity_reader *reader = similarity_reader_new(index);
    for (size_t i = 0; i < world->count; i++) {
        size_t count = 0;
        const struct similarity_match *entered =
            change->is_changed[i] ? similarity_entered(reader, world->runs[i].id, &count) : NULL;
        for (size_t n = 0; n < count; n++)
            for (size_t place = 0; place < world->count; place++)
                if (world->runs[place].id == entered[n].id && !change->is_due[place])
                    enter_stored(&change->stored[place],
                                 (struct similarity_match){world->runs[i].id, entered[n].score});
    }
    for (size_t i = 0; i < world->count; i++)
        if (change->is_due[i])
            assert_true(similarity_best(reader, world->runs[i].id, &change->stored[i]));
    similarity_reader_drop(reader);
    similarity_drop(index);
}

static void lists_after_a_change_are_those_of_brute_force(void **state)
{
    (void)state;
    uint64_t seed = python_check_seed();
    for (size_t round = 0; round < 8; round++) {
        static struct change change;
        size_t left = 0;
        change = (struct change){.world.count = 0};
        begin(&change.world, seed + 100 + round, 100);
        make_change(&change);
        bring_up_to_date(&change);
        for (size_t i = 0; i < change.world.count; i++) {
            struct similarity_list expected = plain_best(&change.world, i);
            assert_list(&change.stored[i], &expected);
            left += !change.is_due[i];
        }
        assert_true(left > 20); /* else nothing was entered */
        end(&change.world);
    }
}

static void an_unknown_id_is_told_from_a_lonely_run(void **state)
{
    (void)state;
    struct similarity *index = similarity_new();
    struct similarity_list list;
    similarity_add(index, &(struct similarity_run){.id = 5, .text = "alone", .len = 5, .cost_nusd = 1});
    similarity_seal(index);
    struct similarity_reader *reader = similarity_reader_new(index);
    assert_false(similarity_best(reader, 4, &list));
    assert_false(similarity_best(reader, 6, &list));
    assert_true(similarity_best(reader, 5, &list));
    assert_int_equal(list.count, 0);
    similarity_reader_drop(reader);
    similarity_drop(index);
}

static void what_is_unknown_is_like_nothing(void **state)
{
    (void)state;
    struct similarity *index = similarity_new();
    struct similarity_list list;
    for (int64_t id = 1; id <= 2; id++) /* nothing known but the same status */
        similarity_add(index, &(struct similarity_run){.id = id, .cost_nusd = -1, .duration_s = -1});
    for (int64_t id = 3; id <= 4; id++) /* known to be nothing */
        similarity_add(index, &(struct similarity_run){.id = id, .text = ""});
    similarity_seal(index);
    struct similarity_reader *reader = similarity_reader_new(index);
    assert_true(similarity_best(reader, 1, &list));
    assert_int_equal(list.count, 0);
    assert_true(similarity_best(reader, 3, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.best[0].id, 4);
    assert_true(list.best[0].score == 1.0);
    similarity_reader_drop(reader);
    similarity_drop(index);
}

static void json_holds_the_score_to_the_bit(void **state)
{
    (void)state;
    struct similarity_list list = {2, {{7, 1.0}, {9, 0.1 + 0.6}}};
    struct buf text = BUF_INIT;
    similarity_add_json(&list, &text);
    assert_string_equal(text.data,
                        "[{\"id\":7,\"similarity_score\":1},{\"id\":9,\"similarity_score\":0.69999999999999996}]");
    buf_fini(&text);
}

/* Texts of 60 words, of which nearly all are plain ASCII. */
static void a_hundred_thousand_runs_would_fit(void **state)
{
    (void)state;
    struct request_texts *texts = request_texts_new(1);
    struct similarity *index = similarity_new();
    for (int64_t id = 1; id <= 2000; id++) {
        struct buf text = BUF_INIT;
        request_texts_add_words(texts, 60, &text);
        similarity_add(index, &(struct similarity_run){.id = id, .text = text.data, .len = text.len});
        buf_fini(&text);
    }
    similarity_seal(index);
    /* the pieces beside anchors come again in more texts: they grow more slowly */
    assert_true(similarity_bytes(index) * 50 <= (size_t)160 * 1024 * 1024);
    similarity_drop(index);
    request_texts_drop(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_are_those_of_brute_force),
        cmocka_unit_test(lists_after_a_change_are_those_of_brute_force),
        cmocka_unit_test(an_unknown_id_is_told_from_a_lonely_run),
        cmocka_unit_test(what_is_unknown_is_like_nothing),
        cmocka_unit_test(json_holds_the_score_to_the_bit),
        cmocka_unit_test(a_hundred_thousand_runs_would_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
