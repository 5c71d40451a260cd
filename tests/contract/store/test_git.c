/* Fetching real repositories over file://: what comes, what is refused, who waits for whom. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/contract/store/git_fixture.h"

static void test_a_branch_and_its_tree_come(void **state)
{
    const struct scene *scene = *state;
    sh(scene, "echo one > origin/a");
    commit_all(scene);
    sh(scene, "git -C origin switch --quiet -c feature/x && echo two > origin/a");
    commit_all(scene);
    struct git_fetched fetched = fetched_trunk(scene);
    expect_rev(scene, "trunk", fetched.commit);
    expect_rev(scene, "trunk^{tree}", fetched.tree);
    assert_string_equal(fetched.branch, "trunk");
    struct err_info error;
    assert_int_equal(fetch(scene, "feature/x", &fetched, &error), ERR_OK);
    expect_rev(scene, "feature/x", fetched.commit);
}

static void test_without_a_branch_the_remotes_head_decides(void **state)
{
    const struct scene *scene = *state;
    struct git_fetched fetched;
    struct err_info error;
    sh(scene, "echo one > origin/a");
    commit_all(scene);
    assert_int_equal(fetch(scene, NULL, &fetched, &error), ERR_OK);
    assert_string_equal(fetched.branch, "trunk");
    sh(scene, "git -C origin switch --quiet -c other && echo two > origin/a");
    commit_all(scene);
    assert_int_equal(fetch(scene, NULL, &fetched, &error), ERR_OK);
    assert_string_equal(fetched.branch, "other");
    expect_rev(scene, "other", fetched.commit);
    sh(scene, "git -C origin switch --quiet --detach && echo three > origin/a");
    commit_all(scene);
    assert_int_equal(fetch(scene, NULL, &fetched, &error), ERR_OK);
    assert_string_equal(fetched.branch, "HEAD");
    expect_rev(scene, "HEAD", fetched.commit);
}

static void test_an_empty_repository_is_refused_clearly(void **state)
{
    const struct scene *scene = *state;
    expect_refusal(scene, NULL, ERR_PERMANENT, "has no commits");
    expect_refusal(scene, "trunk", ERR_PERMANENT, "no such branch");
}

static void test_a_branch_that_vanished_is_refused_and_may_come_back(void **state)
{
    const struct scene *scene = *state;
    struct git_fetched fetched;
    struct err_info error;
    commit_all(scene);
    sh(scene, "git -C origin branch side");
    assert_int_equal(fetch(scene, "side", &fetched, &error), ERR_OK);
    sh(scene, "git -C origin branch -D side >/dev/null");
    expect_refusal(scene, "side", ERR_PERMANENT, "no such branch");
    sh(scene, "git -C origin branch side");
    assert_int_equal(fetch(scene, "side", &fetched, &error), ERR_OK);
}

static void test_a_force_push_is_followed(void **state)
{
    const struct scene *scene = *state;
    sh(scene, "seq 1000 > origin/a");
    commit_all(scene);
    struct git_fetched before = fetched_trunk(scene);
    sh(scene, "git -C origin checkout --quiet --orphan new && echo else > origin/a");
    commit_all(scene);
    sh(scene, "git -C origin branch --force trunk new");
    struct git_fetched after = fetched_trunk(scene);
    expect_rev(scene, "trunk", after.commit);
    assert_string_not_equal(before.commit, after.commit);
    sh(scene, "git -C origin branch --force trunk " /* and back again */
              "$(git -C origin rev-list --all --reflog --max-parents=0 | tail -n 1)");
    fetched_trunk(scene);
}

static void test_a_shallow_origin_works(void **state)
{
    const struct scene *scene = *state;
    for (int i = 0; i < 3; i++)
        commit_all(scene);
    sh(scene, "git clone --quiet --depth=1 \"file://$PWD/origin\" shallow && mv origin full && mv shallow origin");
    struct git_fetched fetched = fetched_trunk(scene);
    expect_rev(scene, "trunk", fetched.commit);
}

static void test_what_may_not_be_fetched(void **state)
{
    const struct scene *scene = *state;
    struct git_rules rules = scene->rules;
    struct git_fetched fetched;
    struct err_info error;
    static const char *const urls[] = {"ext::sh -c true", "http://example.org/x", "https://127.0.0.1/x",
                                       "ssh://git@[::1]/x", "file:///etc"};
    commit_all(scene);
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
        assert_int_equal(git_fetch(&(struct git_fetch_request){&rules, REPOSITORY, urls[i], NULL, NULL, NULL, NULL},
                                   &fetched, &error),
                         ERR_PERMANENT);
    rules.file_roots = "";
    assert_int_equal(git_fetch(&(struct git_fetch_request){&rules, REPOSITORY, scene->url, NULL, NULL, NULL, NULL},
                               &fetched, &error),
                     ERR_PERMANENT);
    assert_int_equal(git_fetch(&(struct git_fetch_request){&scene->rules, "../x", scene->url, NULL, NULL, NULL, NULL},
                               &fetched, &error),
                     ERR_USAGE);
    expect_refusal(scene, "-x", ERR_PERMANENT, "is no branch name");
    sh(scene, "rm -rf origin");
    expect_refusal(scene, "trunk", ERR_PERMANENT, "no such repository");
}

static void test_a_link_out_of_the_root_is_refused(void **state)
{
    const struct scene *scene = *state;
    struct git_rules rules = scene->rules;
    struct err_info error;
    struct buf url = BUF_INIT;
    commit_all(scene);
    sh(scene, "mkdir root && ln -s ../origin root/link");
    char *root = testing_join(scene->dir, "root");
    rules.file_roots = root;
    buf_addf(&url, "file://%s/link", root);
    assert_int_equal(git_check_url(url.data, &rules, &error), ERR_USAGE);
    assert_int_equal(git_check_url(url.data, &scene->rules, &error), ERR_OK);
    buf_fini(&url);
    free(root);
}

/* What git finds by an escaped path is what was checked: it decodes once as well. */
static void test_an_escaped_path_is_fetched(void **state)
{
    const struct scene *scene = *state;
    struct git_fetched fetched;
    struct err_info error;
    struct buf url = BUF_INIT;
    commit_all(scene);
    sh(scene, "mv origin 'a \"b\" %41;\\' && ln -s \"$PWD\"/a* origin");
    buf_addf(&url, "file://%s/a%%20%%22b%%22%%20%%2541%%3b%%5C", scene->dir);
    assert_int_equal(git_fetch(&(struct git_fetch_request){&scene->rules, REPOSITORY, url.data, NULL, NULL, NULL, NULL},
                               &fetched, &error),
                     ERR_OK);
    expect_rev(scene, "trunk", fetched.commit);
    buf_fini(&url);
}

/* Another user's hooks and configuration have no say, and no configuration of ours is read. */
static void test_hooks_and_configuration_of_others_are_not_used(void **state)
{
    const struct scene *scene = *state;
    commit_all(scene);
    fetched_trunk(scene);
    sh(scene, "mkdir -p home repositories/" REPOSITORY ".git/hooks"
              " && printf '#!/bin/sh\\ntouch %s/hooked\\n' \"$PWD\""
              " | tee repositories/" REPOSITORY ".git/hooks/reference-transaction > /dev/null"
              " && chmod 755 repositories/" REPOSITORY ".git/hooks/*"
              " && printf '[url \"file:///nonexistent\"]\\n\\tinsteadOf = file://\\n' > home/.gitconfig");
    char *home = testing_join(scene->dir, "home"), *hooked = testing_join(scene->dir, "hooked");
    char *before = strdup(getenv("HOME") != NULL ? getenv("HOME") : "/");
    setenv("HOME", home, 1);
    unsetenv("GIT_CONFIG_GLOBAL");
    commit_all(scene);
    fetched_trunk(scene);
    assert_int_equal(access(hooked, F_OK), -1);
    setenv("HOME", before, 1);
    free(before);
    free(home);
    free(hooked);
}

/* The "dubious ownership" of a repository that belongs to another user. */
static void test_another_users_repository_is_read(void **state)
{
    const struct scene *scene = *state;
    if (geteuid() != 0)
        skip();
    commit_all(scene);
    sh(scene, "chown -R 65534:65534 origin");
    fetched_trunk(scene);
}

static enum err refuse(void *context, struct err_info *error)
{
    ++*(int *)context;
    return err_set(error, ERR_FENCED, "cancelled meanwhile");
}

static void test_the_lock_is_waited_for_and_tick_is_asked(void **state)
{
    const struct scene *scene = *state;
    struct git_fetched fetched;
    struct err_info error;
    int asked = 0;
    commit_all(scene);
    fetched_trunk(scene);
    char *path = testing_join(scene->repositories, REPOSITORY ".lock");
    int fd = open(path, O_RDWR);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(
        git_fetch(&(struct git_fetch_request){&scene->rules, REPOSITORY, scene->url, NULL, NULL, refuse, &asked},
                  &fetched, &error),
        ERR_FENCED);
    assert_int_equal(asked, 1);
    close(fd);
    fetched_trunk(scene);
    free(path);
}

static void *fetch_some(void *context)
{
    const struct scene *scene = context;
    for (int i = 0; i < 5; i++) {
        struct git_fetched fetched;
        struct err_info error;
        if (fetch(scene, "trunk", &fetched, &error) != ERR_OK)
            return strdup(error.text);
    }
    return NULL;
}

static void test_threads_fetch_one_after_the_other(void **state)
{
    struct scene *scene = *state;
    pthread_t threads[3];
    commit_all(scene);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fetch_some, scene), 0);
    for (int i = 0; i < 3; i++) {
        void *failure = NULL;
        pthread_join(threads[i], &failure);
        if (failure != NULL)
            fail_msg("%s", (char *)failure);
    }
}

static void test_pins_refuse_what_makes_no_sense(void **state)
{
    const struct scene *scene = *state;
    struct err_info error;
    commit_all(scene);
    struct git_fetched fetched = fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    assert_int_equal(git_pin(clone, "../x", fetched.commit, &error), ERR_USAGE);
    assert_int_equal(git_pin(clone, "app_1", "nonsense", &error), ERR_USAGE);
    assert_int_equal(git_pin(clone, "app_1", "0123456789012345678901234567890123456789", &error), ERR_RETRY);
    git_close(clone);
    git_close(NULL);
    assert_int_equal(git_open(&scene->rules, "repo_unknown", &clone, &error), ERR_NOT_FOUND);
    assert_null(clone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(test_a_branch_and_its_tree_come),
        SCENE(test_without_a_branch_the_remotes_head_decides),
        SCENE(test_an_empty_repository_is_refused_clearly),
        SCENE(test_a_branch_that_vanished_is_refused_and_may_come_back),
        SCENE(test_a_force_push_is_followed),
        SCENE(test_a_shallow_origin_works),
        SCENE(test_what_may_not_be_fetched),
        SCENE(test_a_link_out_of_the_root_is_refused),
        SCENE(test_an_escaped_path_is_fetched),
        SCENE(test_hooks_and_configuration_of_others_are_not_used),
        SCENE(test_another_users_repository_is_read),
        SCENE(test_the_lock_is_waited_for_and_tick_is_asked),
        SCENE(test_threads_fetch_one_after_the_other),
        SCENE(test_pins_refuse_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
