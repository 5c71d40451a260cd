/* Whether a file's name could lead a careless client astray; the setting deliver.odd_names decides what is done then.
 */
#ifndef REPRISE_DELIVERIES_FILE_NAME_H
#define REPRISE_DELIVERIES_FILE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* True of a path (UTF-8, `len` bytes) with a backslash, which Windows takes for a separator, or a control character
 * (C0, DEL, C1), which forges lines in logs and headers and commands a terminal. */
bool file_name_is_odd(const char *path, size_t len);

#endif
