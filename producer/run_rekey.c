/*
 * `rekey`: every secret that only the old encryption key opens, or that is not bound to its row, is sealed again. Page
 * by page, each row only while it is still what was read; so it can be interrupted, repeated, and run beside everything
 * else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "embedded/sql_producer.h"
#include "producer/out.h"
#include "producer/session.h"

struct rekeying {
    struct pg *pg;
    const struct crypto_keys *keys;
    int64_t rewritten, kept, unreadable;
};

struct secrets {
    const char *what;
    const struct sql *page, *reseal;
};

static const struct secrets tables[] = {
    {"key of the app", &sql_producer_secrets_of_apps, &sql_producer_secret_of_app_reseal},
    {"token of the link", &sql_producer_secrets_of_links, &sql_producer_secret_of_link_reseal},
};

/* One of them, in a page of a table. */
struct sealed_row {
    const struct secrets *table;
    const PGresult *page;
    int row;
};

static const char *sealed_column(const struct sealed_row *at, int column)
{
    return pg_text(at->page, at->row, column);
}

static struct crypto_secret secret_of(const struct sealed_row *at)
{
    const char *app = sealed_column(at, 0), *repository = sealed_column(at, 1), *sealed = sealed_column(at, 2);
    if (at->table == &tables[0])
        return (struct crypto_secret){sealed, CRYPTO_KEY_OF_APP(app)};
    return (struct crypto_secret){sealed, CRYPTO_TOKEN_OF_LINK(app, repository)};
}

static enum err rekey_seal(struct rekeying *r, const struct sealed_row *at, const struct buf *plain,
                           struct err_info *error)
{
    struct buf sealed = BUF_INIT;
    const struct crypto_secret secret = secret_of(at);
    enum err err = crypto_seal_at(r->keys, &secret.place, plain->data == NULL ? "" : plain->data, &sealed, error);
    if (err == ERR_OK) {
        struct pg_args *args = pg_args_new();
        for (int column = 0; column < 3; column++)
            pg_arg_text(args, sealed_column(at, column));
        pg_arg_text(args, sealed.data);
        err = pg_exec(r->pg, at->table->reseal, args, NULL, error);
        pg_args_drop(args);
    }
    buf_fini(&sealed);
    r->rewritten += err == ERR_OK;
    return err;
}

static enum err rekey_row(struct rekeying *r, const struct sealed_row *at, struct err_info *error)
{
    struct buf plain = BUF_INIT;
    enum crypto_sealing sealing = CRYPTO_SEALED_HERE;
    struct err_info why = {0};
    const struct crypto_secret secret = secret_of(at);
    enum err err = crypto_open_at(r->keys, &secret, &plain, &sealing, &why);
    if (err != ERR_OK) {
        const char *repository = sealed_column(at, 1);
        out_note("The %s %s%s%s cannot be read: %s", at->table->what, sealed_column(at, 0),
                 repository == NULL ? "" : "/", repository == NULL ? "" : repository, why.text);
        r->unreadable++;
        err = ERR_OK;
    } else if (sealing != CRYPTO_SEALED_HERE) {
        err = rekey_seal(r, at, &plain, error);
    } else {
        r->kept++;
    }
    if (plain.data != NULL)
        crypto_wipe(plain.data, plain.cap);
    buf_fini(&plain);
    return err;
}

/* `after` is where the page before ended, and becomes where this one does; `*rows` falls to 0 at the end. */
static enum err rekey_page(struct rekeying *r, const struct secrets *table, char *after[2], int *rows,
                           struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    for (size_t i = 0; i < (table == &tables[0] ? 1U : 2U); i++)
        pg_arg_text(args, after[i]);
    PGresult *page = NULL;
    enum err err = pg_exec(r->pg, table->page, args, &page, error);
    pg_args_drop(args);
    *rows = err == ERR_OK ? pg_rows(page) : 0;
    for (int row = 0; row < *rows && err == ERR_OK; row++)
        err = rekey_row(r, &(struct sealed_row){table, page, row}, error);
    for (int i = 0; i < 2 && *rows > 0; i++) {
        const char *last = pg_text(page, *rows - 1, i);
        free(after[i]);
        after[i] = last == NULL ? NULL : mem_strdup(last);
    }
    PQclear(page);
    return err;
}

static enum err rekey_table(struct rekeying *r, const struct secrets *table, struct err_info *error)
{
    char *after[2] = {NULL, NULL};
    int rows = 1;
    enum err err = ERR_OK;
    while (err == ERR_OK && rows > 0)
        err = rekey_page(r, table, after, &rows, error);
    free(after[0]);
    free(after[1]);
    return err;
}

static void show_rekeying(const struct session *session, const struct rekeying *r)
{
    if (!session->json) {
        out_line("%lld sealed with the new key, %lld are as they should be, %lld cannot be read",
                 (long long)r->rewritten, (long long)r->kept, (long long)r->unreadable);
        return;
    }
    struct json_object *document = json_object_new_object();
    json_object_object_add(document, "rewritten", json_object_new_int64(r->rewritten));
    json_object_object_add(document, "kept", json_object_new_int64(r->kept));
    json_object_object_add(document, "unreadable", json_object_new_int64(r->unreadable));
    out_json(document);
}

enum err run_rekey(struct session *session, struct err_info *error)
{
    struct crypto_keys keys = {0};
    enum err err = session_keys(session, &keys, error);
    if (err == ERR_OK)
        err = session_postgres(session, error);
    struct rekeying r = {.pg = session->pg, .keys = &keys};
    for (size_t i = 0; i < sizeof tables / sizeof *tables && err == ERR_OK; i++)
        err = rekey_table(&r, &tables[i], error);
    crypto_wipe(&keys, sizeof keys);
    if (err != ERR_OK)
        return err;
    show_rekeying(session, &r);
    if (r.unreadable > 0)
        session->exit_code = err_exit_code(ERR_PERMANENT);
    return ERR_OK;
}
