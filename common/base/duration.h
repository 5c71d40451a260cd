/* Lengths of time and sizes as people write them: "250ms", "15m", "1h30m"; "4KiB", "32MiB", "1048576". */
#ifndef REPRISE_BASE_DURATION_H
#define REPRISE_BASE_DURATION_H

#include <stdint.h>

#include "common/base/err.h"

/* Units ms s m h d, in descending order, each at most once; the whole at most 366 d. A bare number is refused: it does
 * not say of what. ERR_USAGE names the text. */
MUST_CHECK enum err duration_parse(const char *text, int64_t *ms, struct err_info *error);
/* A number with B, KiB, MiB, GiB, or none (bytes). Not negative, within 63 bits. */
MUST_CHECK enum err size_parse(const char *text, int64_t *bytes, struct err_info *error);

#endif
