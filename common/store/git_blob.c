/* Blobs: small ones by libgit2, big ones through a `git cat-file --batch` that stays, because libgit2 cannot stream
 * what is packed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/store/git_env.h"
#include "common/store/git_private.h"
#include "common/store/git_rules.h"

#define PIECE_BYTES 65536
#define CAT_FILE_ERR_MAX 4096

enum err git_blob_size(struct git_clone *clone, const char *blob, int64_t *size, struct err_info *error)
{
    git_oid id;
    size_t len = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    *size = 0;
    enum err code = git_parse_id(blob, &id, error);
    if (code != ERR_OK)
        return code;
    int failure = git_odb_read_header(&len, &type, clone->objects, &id);
    if (failure != 0)
        return git_lib_error(failure, "cannot read a blob's size", error);
    if (type != GIT_OBJECT_BLOB)
        return err_set(error, ERR_USAGE, "%s is no blob", blob);
    *size = (int64_t)len;
    return ERR_OK;
}

static enum err append(void *out, const void *bytes, size_t len, struct err_info *error)
{
    (void)error;
    buf_add(out, bytes, len);
    return ERR_OK;
}

enum err git_blob_read(struct git_clone *clone, const char *blob, struct buf *out, struct err_info *error)
{
    git_oid id;
    git_odb_object *object = NULL;
    enum err code = git_parse_id(blob, &id, error);
    if (code != ERR_OK)
        return code;
    int failure = git_odb_read(&object, clone->objects, &id);
    const git_error *last = failure != 0 ? git_error_last() : NULL;
    if (last != NULL && last->klass == GIT_ERROR_NOMEMORY)
        return git_blob_stream(clone, blob, append, out, error);
    if (failure != 0)
        return git_lib_error(failure, "cannot read a blob", error);
    if (git_odb_object_type(object) == GIT_OBJECT_BLOB)
        buf_add(out, git_odb_object_data(object), git_odb_object_size(object));
    else
        code = err_set(error, ERR_USAGE, "%s is no blob", blob);
    git_odb_object_free(object);
    return code;
}

void git_cat_file_drop(struct git_clone *clone)
{
    child_drop(clone->cat_file);
    clone->cat_file = NULL;
}

static enum err ask_tick(void *context, struct err_info *error)
{
    struct git_clone *clone = context;
    return clone->tick != NULL ? clone->tick(clone->tick_context, error) : ERR_OK;
}

static enum err start_cat_file(struct git_clone *clone, struct err_info *error)
{
    struct git_env env;
    char git_dir[PATH_MAX + 16];
    snprintf(git_dir, sizeof(git_dir), "--git-dir=%s", clone->dir.clone);
    const char *const argv[] = {"git", git_dir, "cat-file", "--batch", NULL};
    git_env_init(&env, clone->dir.home);
    git_env_limit(&env, &clone->rules);
    const struct child_spec spec = {.argv = argv,
                                    .environment = git_env_vector(&env),
                                    .silence_ms = clone->rules.timeout_ms,
                                    .memory_bytes = git_env_memory(&clone->rules),
                                    .max_err = CAT_FILE_ERR_MAX,
                                    .tick = ask_tick,
                                    .tick_context = clone};
    enum err code = child_start(&spec, &clone->cat_file, error);
    git_env_fini(&env);
    return code;
}

/* The size that stands at `text`; -1 if it is none. */
static int64_t parse_size(const char *text)
{
    char *end = NULL;
    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    long long size = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' ? size : -1;
}

/* "<id> blob <size>", or "<id> missing" */
static enum err ask_for(struct git_clone *clone, const char *blob, int64_t *size, struct err_info *error)
{
    char line[256];
    int len = snprintf(line, sizeof(line), "%s\n", blob);
    enum err code = child_write(clone->cat_file, line, (size_t)len, error);
    if (code == ERR_OK)
        code = child_read_line(clone->cat_file, line, sizeof(line), error);
    if (code != ERR_OK)
        return code;
    const char *answer = line + strcspn(line, " ");
    *size = strncmp(answer, " blob ", 6) == 0 ? parse_size(answer + 6) : -1;
    if (*size >= 0)
        return ERR_OK;
    if (strcmp(answer, " missing") == 0)
        return err_set(error, ERR_NOT_FOUND, "the blob %s is not in the clone", blob);
    return err_set(error, ERR_USAGE, "%s is no blob", blob);
}

static enum err pass_on(struct git_clone *clone, int64_t size, git_bytes_fn *take, void *context,
                        struct err_info *error)
{
    char piece[PIECE_BYTES];
    while (size > 0) {
        size_t len = size < PIECE_BYTES ? (size_t)size : PIECE_BYTES;
        enum err code = child_read(clone->cat_file, piece, len, error);
        if (code == ERR_OK)
            code = take(context, piece, len, error);
        if (code != ERR_OK)
            return code;
        size -= (int64_t)len;
    }
    return child_read(clone->cat_file, piece, 1, error); /* the line's end that follows */
}

/* A child that ends leaves the reason in its last words. */
static enum err judge_end(struct err_info *error)
{
    struct err_info judged;
    if (error->code != ERR_RETRY || git_judge(error->text, strlen(error->text), NULL, &judged) == ERR_RETRY)
        return error->code;
    *error = judged;
    return judged.code;
}

enum err git_blob_stream(struct git_clone *clone, const char *blob, git_bytes_fn *take, void *context,
                         struct err_info *error)
{
    git_oid id;
    int64_t size = 0;
    enum err code = git_parse_id(blob, &id, error);
    if (code == ERR_OK && clone->cat_file == NULL)
        code = start_cat_file(clone, error);
    if (code == ERR_OK)
        code = ask_for(clone, blob, &size, error);
    if (code == ERR_OK)
        code = pass_on(clone, size, take, context, error);
    if (code == ERR_OK)
        return ERR_OK;
    /* Whatever went wrong, the conversation may be out of step. */
    git_cat_file_drop(clone);
    return judge_end(error);
}
