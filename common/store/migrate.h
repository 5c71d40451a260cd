/*
 * The schema's migrations: sql/migrations/NNNN_name.sql, forward only, each in a transaction of its own together with
 * its line in reprise.schema_migration (version, name, SHA-256 of its text). A database is refused with ERR_CONFLICT
 * where its schema is newer than this program knows, or where a migration that it has is not the one that this program
 * has.
 */
#ifndef REPRISE_STORE_MIGRATE_H
#define REPRISE_STORE_MIGRATE_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/store/pg.h"

/* Versions: what the database has (0 = nothing yet) and what this program wants. Connects where needed; changes
 * nothing. ERR_CONFLICT as above, with both versions in the text and in `*current` and `*wanted`. */
MUST_CHECK enum err migrate_status(struct pg *pg, int *current, int *wanted, struct err_info *error);

/* What a program does to a schema that is behind when it starts. */
enum migrate_when {
    MIGRATE_NEW, /* makes the schema in a database that has none: the first install. An older one is left alone */
    MIGRATE_ANY, /* brings an older one up to date, too */
};
struct migrate_done {
    int before, version, applied;
};
/* Makes sure that the schema is the one that this program knows, and leaves `pg` ready. ERR_BUSY: it is older and
 * `when` leaves it alone; the text says what to do, and until that is done asking again is of use. Programs that
 * migrate at the same time take turns; what was applied before a failure stays, and the error names the migration and
 * its line. */
MUST_CHECK enum err migrate_ensure(struct pg *pg, enum migrate_when when, struct migrate_done *done,
                                   struct err_info *error);

/* For tests: the same with a list in place of the embedded one: names end in NNNN_name, versions rise. */
struct migrations {
    const struct sql *const *list;
    size_t count;
};
MUST_CHECK enum err migrate_status_of(struct pg *pg, struct migrations known, int *current, int *wanted,
                                      struct err_info *error);
/* Applies what is missing, in order, and says how many that were. Programs that do this at the same time take turns.
 * What was applied before a failure stays. Leaves `pg` closed. Errors of a migration name it and its line. */
MUST_CHECK enum err migrate_run_of(struct pg *pg, struct migrations known, int *applied, struct err_info *error);

#endif
