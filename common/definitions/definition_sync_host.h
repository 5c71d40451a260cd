/*
 * What hosts tell apart in a re-sync: which release of the program reads, on which host, and what its directory held in
 * all. The newer release wins: what it brought is not taken back by an older one that starts again.
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_SYNC_HOST_H
#define REPRISE_DEFINITIONS_DEFINITION_SYNC_HOST_H

#include "common/base/crypto.h"
#include "common/definitions/definition_set.h"

#define DEFINITION_SYNC_HOST_MAX 256

/* This host's name; "?" where it has none. */
void definition_sync_host(char name[DEFINITION_SYNC_HOST_MAX]);
/* Whether release `one` is older than `other`: numbers compare as numbers ("0.9.0" < "0.10.0"). "" is the oldest. */
bool definition_sync_is_older(const char *one, const char *other);
/* Of the ids and contents of all files; of bad ones the names. Equal wherever the files say the same, however they are
 * called and written. */
void definition_sync_digest(const struct definition_set *set, char digest[SHA256_HEX + 1]);

#endif
