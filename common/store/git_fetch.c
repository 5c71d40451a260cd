/*
 * Fetching by the git program. Everything stands under the clone's lock. A fetch leaves its commit as
 * refs/fetched/<commit> for a day, so that gc keeps what a job is still reading while another app's fetch of the same
 * repository moves on; refs/reprise/<app> (git_pin) keeps what was delivered last.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/store/git_private.h"

#define OUT_MAX 65536
#define ERR_MAX 16384
/* A depth-1 fetch brings one pack each time; so many are merged into one, without what nothing names any more. */
#define PACKS_MAX 20
#define GC_PATIENCE 4   /* gc says nothing while it works, so the limit for silence is its limit in all */
#define MEASURE_TICKS 4 /* the clone's size is looked at with every so many ticks */
/* For repositories on this machine alone (hosts have commands of their own): git looks at the very directory that was
 * checked, and guesses no other. Elsewhere an option that is there anyhow stands in its place. */
#define UPLOAD_PACK "--upload-pack=git-upload-pack --strict"
#define FETCHED_HEAD GIT_DIR_FETCHED "head"

struct fetch {
    const struct git_rules *rules;
    const char *url, *token;
    const char *from; /* what git is told to fetch from: the URL, or the descriptor of a repository on this machine */
    struct git_source source;
    child_tick_fn *tick;
    void *tick_context;
    struct git_url parsed;
    struct git_dir dir;
    struct git_env env;
    int64_t silence_ms;
    int64_t started_ms; /* when the clone's lock was had */
    int ticks;
    bool is_refused;
    bool is_damaged;             /* what git or libgit2 said of the clone */
    char git_dir[PATH_MAX + 16]; /* "--git-dir=…" */
};

static enum err check_size(const struct fetch *fetch, int64_t bytes, struct err_info *error)
{
    if (fetch->rules->max_bytes <= 0 || bytes <= fetch->rules->max_bytes)
        return ERR_OK;
    return err_set(error, ERR_RETRY, "the clone takes more than %lld MiB on disk (git.max_bytes)",
                   (long long)(fetch->rules->max_bytes / (1024 * 1024)));
}

static enum err watch(void *context, struct err_info *error)
{
    struct fetch *fetch = context;
    enum err err = fetch->tick != NULL ? fetch->tick(fetch->tick_context, error) : ERR_OK;
    if (err == ERR_OK && ++fetch->ticks % MEASURE_TICKS == 0)
        err = check_size(fetch, git_dir_measure(&fetch->dir).bytes, error);
    return err;
}

/* Of the deadline for all of it; 0 = none. */
static int64_t left_ms(const struct fetch *fetch)
{
    int64_t left = fetch->started_ms + fetch->rules->deadline_ms - clock_mono_ms();
    if (fetch->rules->deadline_ms <= 0)
        return 0;
    return left > 0 ? left : 1;
}

/* Runs git; `argv` as git sees it. child_result_fini is owed. */
static enum err run_git(struct fetch *fetch, const char *const *argv, struct child_result *result,
                        struct err_info *error)
{
    const struct child_spec spec = {.argv = argv,
                                    .environment = git_env_vector(&fetch->env),
                                    .silence_ms = fetch->silence_ms,
                                    .total_ms = left_ms(fetch),
                                    .pass_fd = fetch->source.fd,
                                    .memory_bytes = git_env_memory(fetch->rules),
                                    .max_out = OUT_MAX,
                                    .max_err = ERR_MAX,
                                    .tick = watch,
                                    .tick_context = fetch};
    enum err err = child_run(&spec, result, error);
    if (err != ERR_OK || result->exit_code == 0)
        return err;
    if (fetch->source.fd > 0)
        git_source_name(&fetch->parsed, &result->err);
    const char *words = result->err.len > 0 ? result->err.data : "";
    fetch->is_damaged = git_is_damage(words, result->err.len);
    fetch->is_refused = git_is_access_trouble(words, result->err.len);
    return git_judge(words, result->err.len, fetch->token, error);
}

static enum err run_quietly(struct fetch *fetch, const char *const *argv, struct err_info *error)
{
    struct child_result result;
    enum err err = run_git(fetch, argv, &result, error);
    child_result_fini(&result);
    return err;
}

static void set_git_dir(struct fetch *fetch)
{
    snprintf(fetch->git_dir, sizeof(fetch->git_dir), "--git-dir=%s", fetch->dir.clone);
}

static enum err make_clone(struct fetch *fetch, struct err_info *error)
{
    const char *const argv[] = {"git", "init", "--quiet", "--bare", "--template=", "--", fetch->dir.clone, NULL};
    enum err err = run_quietly(fetch, argv, error);
    if (err == ERR_OK)
        err = git_dir_sync(&fetch->dir, error);
    return err == ERR_OK ? ERR_OK : err_prefix(error, "cannot make the clone");
}

/* Failing to tidy up is no reason not to fetch. */
static void collect_garbage(struct fetch *fetch)
{
    struct err_info error;
    const char *const argv[] = {"git", fetch->git_dir, "gc", "--quiet", "--force", "--prune=now", NULL};
    git_dir_forget_fetched(&fetch->dir);
    fetch->silence_ms = GC_PATIENCE * fetch->rules->timeout_ms;
    if (run_quietly(fetch, argv, &error) != ERR_OK)
        log_warn("gc of %s: %s", fetch->dir.clone, error.text);
    fetch->silence_ms = fetch->rules->timeout_ms;
}

/* Removes what a killed git left; merges packs when there are many, or the limit comes near. */
static void tidy_up(struct fetch *fetch)
{
    struct git_dir_use use = git_dir_sweep(&fetch->dir);
    bool near_limit = fetch->rules->max_bytes > 0 && use.bytes > fetch->rules->max_bytes / 2;
    if (use.packs > PACKS_MAX || (near_limit && use.packs > 1))
        collect_garbage(fetch);
}

static enum err find_branch(struct fetch *fetch, const char *branch, char out[GIT_BRANCH_MAX], struct err_info *error)
{
    struct child_result result;
    if (branch != NULL) {
        strcpy(out, branch);
        return ERR_OK;
    }
    const char *where = fetch->source.fd > 0 ? UPLOAD_PACK : "--symref";
    const char *const argv[] = {"git", fetch->git_dir, "ls-remote", "--symref", where, "--", fetch->from, "HEAD", NULL};
    enum err err = run_git(fetch, argv, &result, error);
    if (err == ERR_OK)
        err = git_parse_head(result.out.len > 0 ? result.out.data : "", result.out.len, out, error);
    child_result_fini(&result);
    return err;
}

static enum err fetch_branch(struct fetch *fetch, const char *branch, struct err_info *error)
{
    char refspec[GIT_BRANCH_MAX + 64];
    bool detached = strcmp(branch, GIT_DETACHED) == 0;
    const char *where = fetch->source.fd > 0 ? UPLOAD_PACK : "--no-tags";
    snprintf(refspec, sizeof refspec, "+%s%s:" FETCHED_HEAD, detached ? "" : "refs/heads/", branch);
    const char *const argv[] = {"git",
                                fetch->git_dir,
                                "fetch",
                                "--depth=1",
                                "--force",
                                "--no-tags",
                                "--no-recurse-submodules",
                                "--no-write-fetch-head",
                                "--no-auto-maintenance",
                                "--update-shallow", /* the remote may be a shallow clone itself */
                                "--progress",       /* what the deadline goes by */
                                where,
                                "--",
                                fetch->from,
                                refspec,
                                NULL};
    enum err err = run_quietly(fetch, argv, error);
    /* Says which, since git's own words come after ours and may be cut. */
    return err == ERR_OK ? ERR_OK : err_prefix(error, "fetching %s", detached ? "HEAD" : branch);
}

/* refs/fetched/<commit>, with the time of this fetch. */
static int keep_for_a_day(const struct fetch *fetch, git_repository *repository, const git_oid *commit)
{
    char name[128], path[PATH_MAX + 128];
    git_reference *ref = NULL;
    snprintf(name, sizeof name, GIT_DIR_FETCHED "%s", git_oid_tostr_s(commit));
    snprintf(path, sizeof path, "%s/%s", fetch->dir.clone, name);
    int failure = git_reference_create(&ref, repository, name, commit, 1, NULL);
    git_reference_free(ref);
    if (failure == 0)
        utimensat(AT_FDCWD, path, NULL, 0); /* an unchanged ref is not written again */
    return failure;
}

/* The commit that the branch leads to, by tags if need be. */
static int find_commit(git_repository *repository, git_object **commit)
{
    git_object *object = NULL;
    git_oid id;
    int failure = git_reference_name_to_id(&id, repository, FETCHED_HEAD);
    if (failure == 0)
        failure = git_object_lookup(&object, repository, &id, GIT_OBJECT_ANY);
    if (failure == 0)
        failure = git_object_peel(commit, object, GIT_OBJECT_COMMIT);
    git_object_free(object);
    return failure;
}

static enum err read_result(const struct fetch *fetch, struct git_fetched *fetched, struct err_info *error)
{
    git_repository *repository = NULL;
    git_object *commit = NULL;
    int failure = git_repository_open_bare(&repository, fetch->dir.clone);
    if (failure == 0)
        failure = find_commit(repository, &commit);
    bool leads_elsewhere = failure == GIT_EPEEL || failure == GIT_EINVALIDSPEC;
    if (failure == 0)
        failure = keep_for_a_day(fetch, repository, git_object_id(commit));
    enum err err = ERR_OK;
    if (failure == 0) {
        git_oid_tostr(fetched->commit, GIT_SHA_MAX, git_object_id(commit));
        git_oid_tostr(fetched->tree, GIT_SHA_MAX, git_commit_tree_id((const git_commit *)commit));
    } else if (leads_elsewhere) {
        err = err_set(error, ERR_PERMANENT, "the branch leads to no commit, but to a file or a directory");
    } else {
        err = git_lib_error(failure, "cannot read what was fetched", error);
    }
    git_object_free(commit);
    git_repository_free(repository);
    return err;
}

/* A repository on this machine is looked at before and after: what it named meanwhile is not delivered. */
static enum err look_again(struct fetch *fetch, struct err_info *error)
{
    if (fetch->source.fd <= 0)
        return ERR_OK;
    return git_source_check(&fetch->source, fetch->rules, fetch->tick, fetch->tick_context, error);
}

static enum err fetch_into(struct fetch *fetch, const char *branch, struct git_fetched *fetched, struct err_info *error)
{
    tidy_up(fetch);
    enum err err = find_branch(fetch, branch, fetched->branch, error);
    if (err == ERR_OK) {
        err = fetch_branch(fetch, fetched->branch, error);
        struct git_dir_use use = git_dir_sweep(&fetch->dir);
        if (err == ERR_OK)
            err = check_size(fetch, use.bytes, error);
    }
    if (err == ERR_OK)
        err = look_again(fetch, error);
    if (err != ERR_OK)
        return err;
    err = read_result(fetch, fetched, error);
    fetch->is_damaged |= err == ERR_NOT_FOUND;
    return err;
}

/* The first clone, and each that takes the place of a damaged one: beside it, until it is whole. */
static enum err fetch_new_clone(struct fetch *fetch, const char *branch, struct git_fetched *fetched,
                                struct err_info *error)
{
    char old[PATH_MAX];
    enum err err = git_dir_begin_new(&fetch->dir, old, error);
    set_git_dir(fetch);
    if (err == ERR_OK)
        err = make_clone(fetch, error);
    if (err == ERR_OK)
        err = fetch_into(fetch, branch, fetched, error);
    if (err == ERR_OK)
        err = git_dir_replace(&fetch->dir, old, error);
    else
        git_dir_abandon(&fetch->dir, old);
    return err;
}

static enum err fetch_locked(struct fetch *fetch, const char *branch, struct git_fetched *fetched,
                             struct err_info *error)
{
    if (!git_dir_is_whole(&fetch->dir))
        return fetch_new_clone(fetch, branch, fetched, error);
    enum err err = fetch_into(fetch, branch, fetched, error);
    if (err == ERR_OK || !fetch->is_damaged)
        return err;
    log_warn("the clone %s is damaged; a new one is made: %s", fetch->dir.clone, error->text);
    return fetch_new_clone(fetch, branch, fetched, error);
}

/* The environment, with the address that is allowed pinned in it. Names are resolved here, once. */
static enum err prepare(struct fetch *fetch, struct err_info *error)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    bool is_file = fetch->parsed.scheme == GIT_SCHEME_FILE;
    if (!is_file) {
        enum err err = address_resolve(fetch->parsed.host, fetch->rules->allowed, &address, error);
        if (err != ERR_OK)
            return err == ERR_PERMANENT ? err_prefix(error, "the URL is refused (see git.allow_private)") : err;
    }
    fetch->from = is_file ? GIT_SOURCE_URL : fetch->url;
    if (is_file) {
        enum err err = git_source_open(&fetch->source, fetch->parsed.file, fetch->rules, error);
        if (err == ERR_OK)
            err = look_again(fetch, error);
        if (err != ERR_OK)
            return err;
    }
    git_env_init(&fetch->env, is_file ? fetch->dir.home_file : fetch->dir.home);
    git_env_limit(&fetch->env, fetch->rules);
    git_env_pin(&fetch->env, &fetch->parsed, (const struct sockaddr *)&address, fetch->dir.ssh);
    if (fetch->token != NULL && fetch->parsed.scheme == GIT_SCHEME_HTTPS)
        git_env_token(&fetch->env, &fetch->parsed, fetch->token);
    return ERR_OK;
}

/* A URL or branch that is refused now will be refused again. */
static enum err check_request(struct fetch *fetch, const char *branch, struct err_info *error)
{
    enum err err = git_check_url(fetch->url, fetch->rules, error);
    if (err == ERR_OK)
        err = git_parse_url(fetch->url, &fetch->parsed, error);
    if (err == ERR_OK && branch != NULL)
        err = git_check_branch(branch, error);
    if (err != ERR_OK)
        err = error->code = ERR_PERMANENT;
    return err;
}

enum err git_fetch(const struct git_fetch_request *request, struct git_fetched *fetched, struct err_info *error)
{
    struct git_rules filled = *request->rules;
    git_rules_fill(&filled);
    struct fetch fetch = {.rules = &filled,
                          .url = request->url,
                          .token = request->token,
                          .tick = request->tick,
                          .tick_context = request->tick_context};
    fetch.silence_ms = request->rules->timeout_ms;
    *fetched = (struct git_fetched){.commit = ""};
    git_init();
    git_limit_memory(&filled);
    enum err err = check_request(&fetch, request->branch, error);
    if (err == ERR_OK)
        err = git_dir_init(&fetch.dir, request->rules, request->repository_id, error);
    if (err == ERR_OK)
        err = git_dir_lock(&fetch.dir, request->tick, request->tick_context, error);
    if (err != ERR_OK)
        return err;
    fetch.started_ms = clock_mono_ms();
    set_git_dir(&fetch);
    err = prepare(&fetch, error);
    if (err == ERR_OK)
        err = fetch_locked(&fetch, request->branch, fetched, error);
    fetched->is_refused = fetch.is_refused;
    git_env_fini(&fetch.env);
    git_source_close(&fetch.source);
    git_dir_unlock(&fetch.dir);
    return err;
}
