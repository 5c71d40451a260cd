/*
 * Finds heads of requests that libmicrohttpd before 0.9.77 reads more leniently than RFC 9112 allows: a line that ends
 * in a bare LF, one that goes on in the next (obs-fold), a NUL, a header without a name (which it takes for the end).
 * It reads in place and says where each part stands: the parts must follow one another with just a CRLF between them,
 * and together be as long as the head. Later versions refuse all that themselves (MHD_OPTION_STRICT_FOR_CLIENT). Pure:
 * addresses alone are compared.
 */
#ifndef REPRISE_DASHBOARD_LAYOUT_H
#define REPRISE_DASHBOARD_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layout {
    uintptr_t begin, next; /* of the head; where the next line must begin */
    bool broken;
};

/* The request's first line; `target_len` as it was sent. */
void layout_begin(struct layout *layout, const char *method, size_t target_len, const char *version);
/* One header after the other, in their order. */
void layout_header(struct layout *layout, const char *name, size_t name_len, const char *value, size_t value_len);
/* After the last; `size` of the head in bytes, the empty line included. */
bool layout_holds(const struct layout *layout, size_t size);

#endif
