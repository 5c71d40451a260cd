/* How far a piece stands in a text is what looking for it character by character says. */
#include "tests/testing/testing.h"

#include <string.h>

#include "common/history/text_windows.h"
#include "tests/testing/python_check.h"
#include "tests/testing/request_texts.h"

#define PIECES 2000
#define TEXT 60

static uint64_t piece_of(const char *text, size_t len)
{
    uint64_t piece = 0;
    for (size_t n = 0; n < TEXT_WINDOWS_LENGTH; n++)
        piece = text_windows_append(piece, n < len ? text_windows_class((unsigned char)text[n]) : TEXT_WINDOWS_NONE);
    return piece;
}

static uint8_t plain_match(const char *piece, const char *text)
{
    size_t best = 0;
    for (size_t i = 0; i < strlen(text); i++) {
        size_t n = 0;
        while (n < TEXT_WINDOWS_LENGTH && piece[n] != '\0' && piece[n] == text[i + n])
            n++;
        best = n > best ? n : best;
    }
    return (uint8_t)best;
}

/* Of few letters, so that pieces come again and stand in the text now and then. */
static void draw(struct request_texts *texts, char *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = "abc 9"[request_texts_pick(texts, 5)];
    out[len] = '\0';
}

static void what_matches_is_what_looking_finds(void **state)
{
    (void)state;
    static char pieces[PIECES][TEXT_WINDOWS_LENGTH + 1];
    static uint32_t numbers[PIECES];
    static uint8_t matched[PIECES];
    struct request_texts *texts = request_texts_new(python_check_seed());
    struct text_windows *windows = text_windows_new();
    for (size_t n = 0; n < PIECES; n++) {
        draw(texts, pieces[n], TEXT_WINDOWS_LENGTH);
        numbers[n] = text_windows_add(windows, piece_of(pieces[n], TEXT_WINDOWS_LENGTH));
        assert_int_equal(text_windows_add(windows, piece_of(pieces[n], TEXT_WINDOWS_LENGTH)), numbers[n]);
    }
    text_windows_seal(windows);
    assert_true(text_windows_count(windows) <= PIECES);
    for (size_t round = 0; round < 20; round++) {
        char text[TEXT + 1];
        uint64_t of_text[TEXT];
        draw(texts, text, TEXT);
        for (size_t i = 0; i < TEXT; i++)
            of_text[i] = piece_of(text + i, TEXT - i);
        text_windows_match(windows, of_text, round == 0 ? 0 : TEXT, matched);
        for (size_t n = 0; n < PIECES; n++)
            assert_int_equal(matched[numbers[n]], round == 0 ? 0 : plain_match(pieces[n], text));
    }
    text_windows_drop(windows);
    request_texts_drop(texts);
}

/* Where both end they are taken for alike: too much rather than too little. */
static void a_piece_that_ends_sooner_matches_to_its_end(void **state)
{
    (void)state;
    struct text_windows *windows = text_windows_new();
    uint8_t matched = 0;
    uint64_t longer = piece_of("abcdefghijkl", 12), same = piece_of("abc", 3);
    assert_int_equal(text_windows_add(windows, piece_of("abc", 3)), 0);
    text_windows_seal(windows);
    text_windows_match(windows, &longer, 1, &matched);
    assert_int_equal(matched, 3);
    text_windows_match(windows, &same, 1, &matched);
    assert_int_equal(matched, TEXT_WINDOWS_LENGTH);
    text_windows_drop(windows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_matches_is_what_looking_finds),
        cmocka_unit_test(a_piece_that_ends_sooner_matches_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
