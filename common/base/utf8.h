/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef REPRISE_BASE_UTF8_H
#define REPRISE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The length (1–4) of the character that begins `bytes`, and its code point; 0 if none does or `len` is 0. */
size_t utf8_decode(const char *bytes, size_t len, uint32_t *code);
/* Writes a code point that is not a surrogate; returns its length. No NUL is added. */
size_t utf8_encode(uint32_t code, char out[4]);

#endif
