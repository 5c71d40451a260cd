/*
 * Real git repositories for the tests of store/git.h: `origin` in the test's own directory, and a clone of it fetched
 * over file://. Shell commands, because that is how a person would set the scene.
 */
#ifndef REPRISE_TESTS_GIT_FIXTURE_H
#define REPRISE_TESTS_GIT_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/git.h"
#include "tests/testing/testing.h"

#define REPOSITORY "repo_0123456789abcdef01234567"

struct scene {
    char *dir, *repositories, *url;
    struct git_rules rules;
};

/* Runs in the scene's directory; `origin` is a repository there. */
static inline void sh(const struct scene *scene, const char *script)
{
    struct buf command = BUF_INIT;
    buf_addf(&command, "cd '%s' && %s", scene->dir, script);
    if (system(command.data) != 0)
        fail_msg("failed: %s", script);
    buf_fini(&command);
}

static inline int scene_setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    void *dir = NULL;
    if (scene == NULL || testing_dir_setup(&dir) != 0)
        return -1;
    scene->dir = dir;
    scene->repositories = testing_join(scene->dir, "repositories");
    struct buf url = BUF_INIT;
    buf_addf(&url, "file://%s/origin", scene->dir);
    scene->url = buf_take(&url);
    scene->rules = (struct git_rules){.repositories_dir = scene->repositories,
                                      .file_roots = scene->dir,
                                      .timeout_ms = 60000,
                                      .max_bytes = INT64_C(1) << 30};
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_AUTHOR_NAME", "a", 1);
    setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
    setenv("GIT_COMMITTER_NAME", "a", 1);
    setenv("GIT_COMMITTER_EMAIL", "a@example.org", 1);
    sh(scene, "git init --quiet --initial-branch=trunk origin");
    *state = scene;
    return 0;
}

static inline int scene_teardown(void **state)
{
    struct scene *scene = *state;
    void *dir = scene->dir;
    free(scene->url);
    free(scene->repositories);
    free(scene);
    return testing_dir_teardown(&dir);
}

static inline void commit_all(const struct scene *scene)
{
    sh(scene, "git -C origin add --all && git -C origin commit --quiet --allow-empty --message=x");
}

static inline enum err fetch(const struct scene *scene, const char *branch, struct git_fetched *fetched,
                             struct err_info *error)
{
    *error = (struct err_info){.code = ERR_OK};
    return git_fetch(&(struct git_fetch_request){&scene->rules, REPOSITORY, scene->url, branch, NULL, NULL, NULL},
                     fetched, error);
}

static inline struct git_fetched fetched_trunk(const struct scene *scene)
{
    struct git_fetched fetched;
    struct err_info error;
    if (fetch(scene, "trunk", &fetched, &error) != ERR_OK)
        fail_msg("fetch: %s", error.text);
    return fetched;
}

static inline struct git_clone *open_clone(const struct scene *scene)
{
    struct git_clone *clone = NULL;
    struct err_info error;
    if (git_open(&scene->rules, REPOSITORY, &clone, &error) != ERR_OK)
        fail_msg("open: %s", error.text);
    return clone;
}

/* What `git rev-parse` in origin says; the caller frees it. */
static inline char *rev_parse(const struct scene *scene, const char *what)
{
    struct buf script = BUF_INIT, out = BUF_INIT;
    char *path = testing_join(scene->dir, "rev");
    buf_addf(&script, "git -C origin rev-parse '%s' > rev", what);
    sh(scene, script.data);
    testing_read_file(path, &out);
    out.data[strcspn(out.data, "\n")] = '\0';
    buf_fini(&script);
    free(path);
    return buf_take(&out);
}

static inline void expect_rev(const struct scene *scene, const char *what, const char *is)
{
    char *rev = rev_parse(scene, what);
    assert_string_equal(rev, is);
    free(rev);
}

static inline void expect_refusal(const struct scene *scene, const char *branch, enum err code, const char *says)
{
    struct git_fetched fetched;
    struct err_info error;
    assert_int_equal(fetch(scene, branch, &fetched, &error), code);
    if (strstr(error.text, says) == NULL)
        fail_msg("not '%s': %s", says, error.text);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

#endif
