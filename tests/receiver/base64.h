/* Base 64 read strictly (RFC 4648, section 4): full groups, padding only at the end, unused bits zero. */
#ifndef REPRISE_RECEIVER_BASE64_H
#define REPRISE_RECEIVER_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

/* Appends what `text` stands for; false (and nothing is added) if it is not base 64. */
bool base64_add_decoded(struct buf *out, const char *text, size_t len);

#endif
