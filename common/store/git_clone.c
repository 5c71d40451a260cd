/*
 * A clone as its readers see it: opened by libgit2, pinned, its blobs read. Small blobs go through libgit2, big ones
 * through a `git cat-file --batch` that stays, since libgit2 cannot stream what is packed. What is missing or broken
 * marks the clone as damaged, for the next fetch to make it again; a reader never repairs. Called by deliveries
 * (worker/run/).
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/git_private.h"
#include "common/store/git_rules.h"

#define CACHE_BYTES ((ssize_t)16 * 1024 * 1024)
/* Looking for one path after the other reads the same directories again and again: big ones are kept, too. */
#define CACHED_TREE_BYTES ((size_t)4 * 1024 * 1024)
#define TICK_MS 100
#define WINDOW_BYTES ((size_t)8 * 1024 * 1024)
#define MAPPED_BYTES ((size_t)32 * 1024 * 1024)

static void start_library(void)
{
    static const git_config_level_t levels[] = {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_XDG,
                                                GIT_CONFIG_LEVEL_PROGRAMDATA};
    int started = git_libgit2_init();
    assert(started > 0);
    git_memory_start();
    /* The clones are ours, and no configuration but their own is read. */
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    for (size_t i = 0; i < sizeof levels / sizeof(levels[0]); i++)
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
    /* Many executors read big packs at once, and memory must stay bounded. */
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, CACHE_BYTES);
    git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, CACHED_TREE_BYTES);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, WINDOW_BYTES);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, MAPPED_BYTES);
}

void git_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_library);
}

void git_rules_fill(struct git_rules *rules)
{
    const struct {
        int64_t *limit, fallback;
    } limits[] = {{&rules->max_files, GIT_MAX_FILES},
                  {&rules->max_depth, GIT_MAX_DEPTH},
                  {&rules->max_path_bytes, GIT_MAX_PATH_BYTES},
                  {&rules->max_tree_bytes, GIT_MAX_TREE_BYTES},
                  {&rules->max_object_bytes, GIT_MAX_OBJECT_BYTES}};
    for (size_t i = 0; i < sizeof limits / sizeof(limits[0]); i++) {
        if (*limits[i].limit <= 0)
            *limits[i].limit = limits[i].fallback;
    }
}

/* Of the classes that libgit2 tells apart, those that say what can be done. */
static enum err class_of(int failure, const git_error *last)
{
    static const struct {
        int klass;
        enum err err;
    } classes[] = {{GIT_ERROR_NOMEMORY, ERR_PERMANENT}, {GIT_ERROR_TREE, ERR_PERMANENT},
                   {GIT_ERROR_ZLIB, ERR_NOT_FOUND},     {GIT_ERROR_ODB, ERR_NOT_FOUND},
                   {GIT_ERROR_INVALID, ERR_NOT_FOUND}, /* a difference that does not fit its base */
                   {GIT_ERROR_OBJECT, ERR_NOT_FOUND}};
    if (failure == GIT_ENOTFOUND)
        return ERR_NOT_FOUND;
    if (last == NULL)
        return ERR_RETRY;
    if (git_is_local_trouble(last->message, strlen(last->message)))
        return ERR_LOCAL;
    for (size_t i = 0; i < sizeof classes / sizeof(classes[0]); i++) {
        if (classes[i].klass == last->klass)
            return classes[i].err;
    }
    return ERR_RETRY;
}

enum err git_lib_error(int failure, const char *what, struct err_info *error)
{
    const git_error *last = git_error_last();
    enum err err = class_of(failure, last);
    if (last != NULL && last->klass == GIT_ERROR_NOMEMORY)
        return err_set(error, err, "%s: it takes more memory than git.max_tree_bytes allows", what);
    return err_set(error, err, "%s: %s", what, last != NULL ? last->message : "unknown error of libgit2");
}

enum err git_parse_id(const char *sha, git_oid *id, struct err_info *error)
{
    if (strlen(sha) != GIT_OID_HEXSZ || git_oid_fromstr(id, sha) != 0)
        return err_set(error, ERR_USAGE, "'%s' is no object id", sha);
    return ERR_OK;
}

enum err git_open(const struct git_rules *rules, const char *repository_id, struct git_clone **clone,
                  struct err_info *error)
{
    const unsigned flags = GIT_REPOSITORY_OPEN_BARE | GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_NO_DOTGIT;
    *clone = NULL;
    git_init();
    struct git_clone *new = mem_zalloc(sizeof(*new));
    new->fd = -1;
    new->rules = *rules;
    git_rules_fill(&new->rules);
    git_limit_memory(&new->rules);
    enum err err = git_dir_init(&new->dir, rules, repository_id, error);
    if (err == ERR_OK) {
        new->fd = open(new->dir.clone, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int failure = git_repository_open_ext(&new->repository, new->dir.clone, flags, NULL);
        if (failure == 0)
            failure = git_repository_odb(&new->objects, new->repository);
        if (failure != 0)
            err = git_lib_error(failure, "cannot open the clone", error);
    }
    if (err != ERR_OK) {
        git_close(new);
        return err;
    }
    *clone = new;
    return ERR_OK;
}

static void cat_file_drop(struct git_clone *clone)
{
    child_drop(clone->cat_file);
    clone->cat_file = NULL;
}

void git_close(struct git_clone *clone)
{
    if (clone == NULL)
        return;
    cat_file_drop(clone);
    git_odb_free(clone->objects);
    git_repository_free(clone->repository);
    if (clone->fd >= 0)
        close(clone->fd);
    free(clone);
}

void git_watch(struct git_clone *clone, child_tick_fn *tick, void *tick_context)
{
    clone->tick = tick;
    clone->tick_context = tick_context;
}

enum err git_tick(struct git_clone *clone, struct err_info *error)
{
    int64_t now_ms = clock_mono_ms();
    if (clone->tick == NULL || now_ms - clone->ticked_ms < TICK_MS)
        return ERR_OK;
    clone->ticked_ms = now_ms;
    return clone->tick(clone->tick_context, error);
}

void git_call_damaged(struct git_clone *clone)
{
    int fd = openat(clone->fd, GIT_DAMAGED_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    log_warn("the clone %s is damaged; the next fetch makes a new one", clone->dir.clone);
}

bool git_has_object(struct git_clone *clone, const char *sha)
{
    git_oid id;
    struct err_info ignored;
    return git_parse_id(sha, &id, &ignored) == ERR_OK && git_odb_exists(clone->objects, &id) == 1;
}

static enum err set_pin(struct git_clone *clone, const char *name, const char *commit, struct err_info *error)
{
    git_oid id;
    git_reference *ref = NULL;
    enum err err = git_parse_id(commit, &id, error);
    if (err != ERR_OK)
        return err;
    int failure = git_reference_create(&ref, clone->repository, name, &id, 1, NULL);
    git_reference_free(ref);
    return failure == 0 ? ERR_OK : git_lib_error(failure, "cannot pin the commit", error);
}

/* The clone's lock is not taken: a ref is replaced by a rename, and what a pin names is still kept by the fetch that
 * brought it (git_fetch.c). Waiting for another app's fetch here would hold up a settle. */
enum err git_pin(struct git_clone *clone, const char *app_id, const char *commit, struct err_info *error)
{
    char name[256];
    int valid = 0;
    int len = snprintf(name, sizeof name, "refs/reprise/%s", app_id);
    if (len < 0 || len >= (int)sizeof name || git_reference_name_is_valid(&valid, name) != 0 || !valid)
        return err_set(error, ERR_USAGE, "'%s' is no app id", app_id);
    if (commit != NULL)
        return set_pin(clone, name, commit, error);
    int failure = git_reference_remove(clone->repository, name);
    return failure == 0 || failure == GIT_ENOTFOUND ? ERR_OK : git_lib_error(failure, "cannot remove the pin", error);
}

/* ---- blobs ------------------------------------------------------------------------------------------------------- */

/* Blobs: small ones by libgit2, big ones through a `git cat-file --batch` that stays, because libgit2 cannot stream
 * what is packed. */

#define PIECE_BYTES 65536
#define CAT_FILE_ERR_MAX 4096

enum err git_blob_size(struct git_clone *clone, const char *blob, int64_t *size, struct err_info *error)
{
    git_oid id;
    size_t len = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    *size = 0;
    enum err err = git_parse_id(blob, &id, error);
    if (err != ERR_OK)
        return err;
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
    enum err err = git_parse_id(blob, &id, error);
    if (err != ERR_OK)
        return err;
    int failure = git_odb_read(&object, clone->objects, &id);
    const git_error *last = failure != 0 ? git_error_last() : NULL;
    if (last != NULL && last->klass == GIT_ERROR_NOMEMORY)
        return git_blob_stream(clone, blob, append, out, error);
    if (failure != 0)
        return git_lib_error(failure, "cannot read a blob", error);
    if (git_odb_object_type(object) == GIT_OBJECT_BLOB)
        buf_add(out, git_odb_object_data(object), git_odb_object_size(object));
    else
        err = err_set(error, ERR_USAGE, "%s is no blob", blob);
    git_odb_object_free(object);
    return err;
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
    snprintf(git_dir, sizeof git_dir, "--git-dir=%s", clone->dir.clone);
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
    enum err err = child_start(&spec, &clone->cat_file, error);
    git_env_fini(&env);
    return err;
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
    int len = snprintf(line, sizeof line, "%s\n", blob);
    enum err err = child_write(clone->cat_file, line, (size_t)len, error);
    if (err == ERR_OK)
        err = child_read_line(clone->cat_file, line, sizeof line, error);
    if (err != ERR_OK)
        return err;
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
        enum err err = child_read(clone->cat_file, piece, len, error);
        if (err == ERR_OK)
            err = take(context, piece, len, error);
        if (err != ERR_OK)
            return err;
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
    enum err err = git_parse_id(blob, &id, error);
    if (err == ERR_OK && clone->cat_file == NULL)
        err = start_cat_file(clone, error);
    if (err == ERR_OK)
        err = ask_for(clone, blob, &size, error);
    if (err == ERR_OK)
        err = pass_on(clone, size, take, context, error);
    if (err == ERR_OK)
        return ERR_OK;
    /* Whatever went wrong, the conversation may be out of step. */
    cat_file_drop(clone);
    return judge_end(error);
}
