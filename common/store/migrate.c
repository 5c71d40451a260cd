/*
 * One rule decides everything: what the database has must be the beginning of what the program knows. The check is made
 * under the advisory lock again before anything is changed, so it holds for what follows.
 */
#include "common/store/migrate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/log.h"
#include "embedded/sql_migrate.h"
#include "embedded/sql_migrations.h"

static struct migrations embedded(void)
{
    return (struct migrations){.list = sql_migrations_all, .count = SQL_MIGRATIONS_COUNT}; /* sorted by name */
}

/* "migrations/0001_queue" → "0001_queue". */
static const char *name_of(const struct sql *migration)
{
    const char *slash = strrchr(migration->name, '/');
    return slash ? slash + 1 : migration->name;
}

static int version_of(const struct sql *migration)
{
    long version = strtol(name_of(migration), NULL, 10);
    assert(version > 0 && version < 10000);
    return (int)version;
}

static int newest(struct migrations known)
{
    for (size_t i = 1; i < known.count; i++)
        assert(version_of(known.list[i - 1]) < version_of(known.list[i]));
    return known.count > 0 ? version_of(known.list[known.count - 1]) : 0;
}

static void checksum_of(const struct sql *migration, char out[SHA256_HEX + 1])
{
    uint8_t digest[SHA256_BYTES];
    crypto_sha256(migration->text, strlen(migration->text), digest);
    crypto_hex(digest, sizeof digest, out);
}

/* ---- what the database has --------------------------------------------------------------------------------------- */

/* The lines of reprise.schema_migration; `*rows` is NULL where the table does not exist yet. The caller clears it. */
static enum err read_applied(struct pg *pg, PGresult **rows, struct err_info *error)
{
    *rows = NULL;
    PGresult *found = NULL;
    enum err err = pg_exec(pg, &sql_migrate_exists, NULL, &found, error);
    if (err != ERR_OK)
        return err;
    bool exists = pg_bool(found, 0, 0);
    PQclear(found);
    return exists ? pg_exec(pg, &sql_migrate_applied, NULL, rows, error) : ERR_OK;
}

/* Paths, names and texts of errors are UTF-8 and may hold any character: another encoding would refuse some of them
 * later. */
static enum err check_encoding(struct pg *pg, struct err_info *error)
{
    PGresult *row = NULL;
    enum err err = pg_exec(pg, &sql_migrate_encoding, NULL, &row, error);
    if (err == ERR_OK && strcmp(pg_text(row, 0, 1), "UTF8") != 0)
        err = err_set(error, ERR_CONFLICT,
                      "the database %s keeps texts as %s, and Reprise needs UTF8; make another one: "
                      "createdb -E UTF8 -T template0 NAME",
                      pg_text(row, 0, 0), pg_text(row, 0, 1));
    PQclear(row);
    return err;
}

static enum err check_one(const PGresult *rows, int row, const struct sql *migration, struct err_info *error)
{
    int64_t version = pg_int8(rows, row, 0);
    if (version != version_of(migration))
        return err_set(error, ERR_CONFLICT,
                       "migration %s of this program is not in the database, though the later one %s is",
                       name_of(migration), pg_text(rows, row, 1));
    char checksum[SHA256_HEX + 1];
    checksum_of(migration, checksum);
    if (strcmp(pg_text(rows, row, 2), checksum) != 0)
        return err_set(error, ERR_CONFLICT,
                       "migration %s was changed after the database had applied it as %s; its checksum was %s and is "
                       "now %s",
                       name_of(migration), pg_text(rows, row, 1), pg_text(rows, row, 2), checksum);
    return ERR_OK;
}

/* Compares what the database has with what we know; `*count` of our list are applied. */
static enum err check_applied(const PGresult *rows, struct migrations known, int *current, size_t *count,
                              struct err_info *error)
{
    int row_count = rows ? pg_rows(rows) : 0;
    int wanted = newest(known);
    *count = (size_t)row_count;
    *current = row_count > 0 ? (int)pg_int8(rows, row_count - 1, 0) : 0;
    if (*current > wanted)
        return err_set(
            error, ERR_CONFLICT,
            "the database's schema has version %d, this program knows versions up to %d: use a newer program", *current,
            wanted);
    for (int row = 0; row < row_count; row++) {
        if ((size_t)row >= known.count)
            return err_set(error, ERR_CONFLICT, "the database has migration %s, which this program lacks",
                           pg_text(rows, row_count - 1, 1));
        enum err err = check_one(rows, row, known.list[row], error);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

static enum err versions_read(struct pg *pg, struct migrations known, int *current, size_t *count,
                              struct err_info *error)
{
    PGresult *rows;
    enum err err = read_applied(pg, &rows, error);
    if (err == ERR_OK)
        err = check_applied(rows, known, current, count, error);
    PQclear(rows);
    return err;
}

enum err migrate_status_of(struct pg *pg, struct migrations known, int *current, int *wanted, struct err_info *error)
{
    size_t count;
    *current = 0;
    *wanted = newest(known);
    enum err err = pg_ready(pg, error);
    return err ? err : versions_read(pg, known, current, &count, error);
}

/* ---- applying ---------------------------------------------------------------------------------------------------- */

static enum err record(struct pg *pg, const struct sql *migration, struct err_info *error)
{
    char checksum[SHA256_HEX + 1];
    checksum_of(migration, checksum);
    struct pg_args *args = pg_args_new();
    pg_arg_int4(args, version_of(migration));
    pg_arg_text(args, name_of(migration));
    pg_arg_text(args, checksum);
    enum err err = pg_exec(pg, &sql_migrate_record, args, NULL, error);
    pg_args_drop(args);
    return err;
}

static enum err apply(struct pg *pg, const struct sql *migration, struct err_info *error)
{
    enum err err = pg_exec(pg, &sql_migrate_begin, NULL, NULL, error);
    if (err == ERR_OK)
        err = pg_script(pg, migration->text, error);
    if (err == ERR_OK)
        err = record(pg, migration, error);
    if (err == ERR_OK)
        err = pg_exec(pg, &sql_migrate_commit, NULL, NULL, error);
    if (err != ERR_OK)
        return err_prefix(error, "migration %s", name_of(migration));
    log_info("applied migration %s", name_of(migration));
    return ERR_OK;
}

/* From here on no other program migrates until this connection ends; waits for one that does. */
static enum err take_lock(struct pg *pg, struct err_info *error)
{
    static const struct sql *const STEPS[] = {&sql_migrate_no_limits, &sql_migrate_lock, &sql_migrate_lock_limit};
    enum err err = pg_ready(pg, error);
    pg_wait_for_ever(pg);
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS && !err; i++)
        err = pg_exec(pg, STEPS[i], NULL, NULL, error);
    return err;
}

/* Takes the turn, refuses a database that cannot be used, and makes the place where migrations are recorded. */
static enum err take_turn(struct pg *pg, struct err_info *error)
{
    enum err err = take_lock(pg, error);
    if (err == ERR_OK)
        err = check_encoding(pg, error);
    return err ? err : pg_exec(pg, &sql_migrate_create, NULL, NULL, error);
}

enum err migrate_run_of(struct pg *pg, struct migrations known, int *applied, struct err_info *error)
{
    *applied = 0;
    int current;
    size_t next = 0;
    enum err err = take_turn(pg, error);
    if (err == ERR_OK)
        err = versions_read(pg, known, &current, &next, error);
    while (!err && next < known.count) {
        err = apply(pg, known.list[next++], error);
        if (err == ERR_OK)
            ++*applied;
    }
    pg_close(pg); /* ends the turn, the missing limits, and an open transaction */
    return err;
}

/* ---- the embedded list ------------------------------------------------------------------------------------------- */

enum err migrate_status(struct pg *pg, int *current, int *wanted, struct err_info *error)
{
    return migrate_status_of(pg, embedded(), current, wanted, error);
}

/* Another program may be at it at this moment: its end is waited for before anything is said. */
static enum err refuse_older(struct pg *pg, struct migrate_done *done, struct err_info *error)
{
    enum err err = take_lock(pg, error);
    if (err == ERR_OK)
        err = migrate_status(pg, &done->before, &done->version, error);
    pg_close(pg);
    if (err == ERR_OK && done->before != done->version)
        err =
            err_set(error, ERR_BUSY,
                    "the database's schema has version %d and this program needs %d: make a backup, then run: producer "
                    "migrate",
                    done->before, done->version);
    return err == ERR_OK ? pg_ready(pg, error) : err;
}

enum err migrate_ensure(struct pg *pg, enum migrate_when when, struct migrate_done *done, struct err_info *error)
{
    *done = (struct migrate_done){0};
    enum err err = migrate_status(pg, &done->before, &done->version, error);
    if (err != ERR_OK || done->before == done->version)
        return err;
    if (done->before > 0 && when == MIGRATE_NEW)
        return refuse_older(pg, done, error);
    err = migrate_run_of(pg, embedded(), &done->applied, error);
    return err == ERR_OK ? pg_ready(pg, error) : err;
}
