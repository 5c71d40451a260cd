/*
 * Identifiers: operations and workers are ULIDs (48 bits of Unix ms, 80 random bits, Crockford base 32, 26 characters)
 * with a prefix; apps and repositories are 24 hex digits with a prefix, as existing client apps know them.
 */
#ifndef REPRISE_BASE_IDS_H
#define REPRISE_BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_MAX 32 /* room for any of them and the NUL */

void id_operation(char out[ID_MAX]);  /* op_01HKM… */
void id_worker(char out[ID_MAX]);     /* w_01HKM… */
void id_app(char out[ID_MAX]);        /* app_ + 24 hex */
void id_repository(char out[ID_MAX]); /* repo_ + 24 hex */

/* The operation id that a text stands for, always the same one: by the digest of the text, not by time. */
void id_operation_for(const char *text, char out[ID_MAX]);

bool id_is_operation(const char *text);
bool id_is_app(const char *text);
bool id_is_repository(const char *text);

/* Random bytes from the operating system; aborts if it has none. */
void id_random(void *out, size_t len);
uint32_t id_random_u32(void);

#endif
