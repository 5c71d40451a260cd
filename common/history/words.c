#include "common/history/words.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "common/base/utf8.h"

static bool is_space(uint32_t code)
{
    static const struct {
        uint32_t from, to;
    } spaces[] = {{0x09, 0x0D},     {0x1C, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680},
                  {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
        if (code >= spaces[i].from && code <= spaces[i].to)
            return true;
    return false;
}

size_t words_count(const char *text, size_t len)
{
    size_t count = 0;
    bool in_word = false;
    for (size_t at = 0; text != NULL && at < len;) {
        uint32_t code;
        size_t bytes = utf8_decode(text + at, len - at, &code);
        bool is_word = bytes == 0 || !is_space(code);
        count += is_word && !in_word;
        in_word = is_word;
        at += bytes > 0 ? bytes : 1;
    }
    return count;
}

static bool is_of_word(char c)
{
    return (unsigned char)c >= 0x80 || isalnum((unsigned char)c) || c == '_';
}

bool words_have(const char *text, size_t len, const char *word)
{
    size_t word_len = strlen(word);
    const char *end = text + len, *at = text;
    while ((at = memmem(at, (size_t)(end - at), word, word_len)) != NULL) {
        bool begins = at == text || !is_of_word(at[-1]);
        bool ends = at + word_len == end || !is_of_word(at[word_len]);
        if (begins && ends)
            return true;
        at++;
    }
    return false;
}
