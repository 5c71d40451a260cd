/*
 * One digest of several texts, from which ids are derived. Each text goes in with its length before it, so that no two
 * different lists are ever the same bytes, whatever the texts hold.
 */
#ifndef REPRISE_DELIVERIES_FIELDS_H
#define REPRISE_DELIVERIES_FIELDS_H

#include "common/base/crypto.h"

/* SHA-256 of "<length>:<text>" of each; the list ends with NULL. */
void fields_digest(const char *const *fields, uint8_t out[SHA256_BYTES]);

#endif
