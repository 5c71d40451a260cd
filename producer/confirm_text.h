/* A definition's `confirm` filled in: {links} of its text becomes the number, and so on. Pure. */
#ifndef REPRISE_PRODUCER_CONFIRM_TEXT_H
#define REPRISE_PRODUCER_CONFIRM_TEXT_H

#include "common/base/buf.h"

struct confirm_value {
    const char *name; /* without braces; NULL ends a list */
    const char *text; /* NULL = not known: "?" */
};

/* Appends `text` with each {name} that the list has replaced. What it does not have stays as it stands. */
void confirm_fill(const char *text, const struct confirm_value *values, struct buf *out);

#endif
