/* The directory of a clone: what a killed git or a full disk leaves, and how large it may grow. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/contract/store/git_fixture.h"

/* As on a full disk: no file of ours can be written. */
static void test_what_cannot_be_written_leaves_nothing(void **state)
{
    const struct scene *scene = *state;
    struct git_fetched fetched;
    struct err_info error;
    struct rlimit before;
    commit_all(scene);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit none = {0, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    enum err err = fetch(scene, NULL, &fetched, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(err, ERR_LOCAL);
    sh(scene, "test -z \"$(ls -A repositories/.home-file)\"");
}

static void test_what_a_killed_git_left_is_removed(void **state)
{
    const struct scene *scene = *state;
    commit_all(scene);
    fetched_trunk(scene);
    sh(scene, "cd repositories/" REPOSITORY ".git && touch shallow.lock packed-refs.lock config.lock gc.pid"
              " refs/fetched/head.lock objects/pack/tmp_pack_abc objects/pack/.tmp-1-pack-x.pack refs/tmp_ok.lock");
    sh(scene, "echo new > origin/a");
    commit_all(scene);
    struct git_fetched fetched = fetched_trunk(scene);
    expect_rev(scene, "trunk", fetched.commit);
    sh(scene, "test -z \"$(find repositories -name '*.lock' -path '*.git/*' -o -name '*tmp*')\"");
}

/* Kills, power failures and full disks leave such clones; more of the kind than can be listed. */
static const char *const damages[] = {
    "rm -r HEAD config refs",
    "rm -r objects config",
    ": > HEAD",
    ": > config",
    "echo nonsense > config",
    "echo nonsense > HEAD",
    "rm -r objects/pack/*",
    "rm objects/pack/*.idx",
    ": > objects/pack/$(cd objects/pack && ls *.pack)",
    "truncate -s 100 objects/pack/*.pack",
    "printf 'xxxx' | dd of=$(ls objects/pack/*.pack) bs=1 seek=14 conv=notrunc status=none",
    ": > refs/fetched/head",
    "echo nonsense > refs/fetched/head",
    "mkdir -p refs/reprise && : > refs/reprise/app_1",
    "echo 0123456789012345678901234567890123456789 > refs/heads/x",
    ": > shallow",
    "echo nonsense > shallow",
    "touch damaged",
    "rm -r ./*",
};

static void test_a_damaged_clone_is_replaced(void **state)
{
    const struct scene *scene = *state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct buf script = BUF_INIT;
        struct git_fetched fetched;
        struct err_info error;
        buf_addf(&script, "rm -rf repositories && seq %zu 2000 > origin/a", i);
        sh(scene, script.data);
        commit_all(scene);
        fetched_trunk(scene);
        buf_reset(&script);
        buf_addf(&script, "cd repositories/" REPOSITORY ".git && chmod -R u+w . && %s", damages[i]);
        sh(scene, script.data);
        sh(scene, "echo new >> origin/a");
        commit_all(scene);
        if (fetch(scene, "trunk", &fetched, &error) != ERR_OK)
            fail_msg("%s: %s", damages[i], error.text);
        expect_rev(scene, "trunk", fetched.commit);
        struct git_clone *clone = open_clone(scene);
        char *blob = rev_parse(scene, "trunk:a");
        buf_reset(&script);
        if (git_blob_read(clone, blob, &script, &error) != ERR_OK)
            fail_msg("%s: %s", damages[i], error.text);
        git_close(clone);
        free(blob);
        sh(scene, "test -z \"$(ls -d repositories/*.new repositories/*.old 2>/dev/null)\"");
        buf_fini(&script);
    }
}

/* What is read of a clone is not what git looked at: who finds something broken says so. */
static void test_a_clone_that_is_called_damaged_is_replaced(void **state)
{
    const struct scene *scene = *state;
    sh(scene, "echo 1 > origin/a");
    commit_all(scene);
    fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    git_call_damaged(clone);
    sh(scene, "test -e repositories/" REPOSITORY ".git/damaged");
    struct git_fetched fetched = fetched_trunk(scene);
    expect_rev(scene, "trunk", fetched.commit);
    sh(scene, "test ! -e repositories/" REPOSITORY ".git/damaged");
    git_call_damaged(clone); /* the one that is gone */
    sh(scene, "test ! -e repositories/" REPOSITORY ".git/damaged");
    git_close(clone);
}

/* The umask that a worker is started with, and the mode of a directory that an administrator made, decide nothing. */
static void test_clones_are_closed_to_other_users(void **state)
{
    const struct scene *scene = *state;
    static const char open_to_others[] = "test -z \"$(find repositories -mindepth 1 -maxdepth 1 -perm /077)\"";
    commit_all(scene);
    mode_t before = umask(0);
    sh(scene, "mkdir -m 0755 repositories");
    fetched_trunk(scene);
    sh(scene, open_to_others);
    sh(scene, "chmod 0755 repositories/" REPOSITORY ".git"); /* as an earlier version left it */
    fetched_trunk(scene);
    umask(before);
    sh(scene, open_to_others);
}

static void test_a_fetch_has_a_deadline_in_all(void **state)
{
    struct scene *scene = *state;
    commit_all(scene);
    scene->rules.deadline_ms = 1;
    expect_refusal(scene, "trunk", ERR_RETRY, "and was ended");
    scene->rules.deadline_ms = 600000;
    fetched_trunk(scene);
}

static void test_a_clone_that_grows_too_big_is_given_up(void **state)
{
    struct scene *scene = *state;
    sh(scene, "head -c 3000000 /dev/urandom > origin/big");
    commit_all(scene);
    scene->rules.max_bytes = 2000000;
    expect_refusal(scene, "trunk", ERR_RETRY, "git.max_bytes");
    scene->rules.max_bytes = 10000000;
    fetched_trunk(scene);
}

/* As if all fetches so far were of the day before yesterday. */
static void age_fetched(const struct scene *scene)
{
    sh(scene, "touch -d '2 days ago' repositories/" REPOSITORY ".git/refs/fetched/*");
}

/* Commits that share nothing, so that each fetch brings a pack and leaves the one before to gc. */
static void fetch_many(const struct scene *scene, int times)
{
    for (int i = 0; i < times; i++) {
        sh(scene, "head -c 1000 /dev/urandom > origin/a");
        commit_all(scene);
        fetched_trunk(scene);
    }
}

static int count_packs(const struct scene *scene)
{
    struct buf out = BUF_INIT;
    char *path = testing_join(scene->dir, "count");
    sh(scene, "ls repositories/" REPOSITORY ".git/objects/pack/*.pack | wc -l > count");
    testing_read_file(path, &out);
    int count = atoi(out.data);
    buf_fini(&out);
    free(path);
    return count;
}

static void test_a_clone_does_not_grow_without_bound_and_pins_hold(void **state)
{
    const struct scene *scene = *state;
    struct err_info error;
    sh(scene, "echo pinned > origin/a");
    commit_all(scene);
    struct git_fetched pinned = fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    assert_int_equal(git_pin(clone, "app_1", pinned.commit, &error), ERR_OK);
    fetch_many(scene, 1);
    char *forgotten = rev_parse(scene, "trunk");
    fetch_many(scene, 1);
    age_fetched(scene);
    struct git_fetched recent = fetched_trunk(scene); /* fetched once more within the day, then overtaken */
    fetch_many(scene, 20);
    assert_in_range(count_packs(scene), 1, 5);
    assert_true(git_has_object(clone, pinned.commit));
    assert_true(git_has_object(clone, pinned.tree));
    assert_true(git_has_object(clone, recent.tree));
    git_close(clone);
    clone = open_clone(scene);
    assert_true(git_has_object(clone, pinned.tree));
    assert_true(git_has_object(clone, recent.tree));
    assert_false(git_has_object(clone, forgotten));
    assert_int_equal(git_pin(clone, "app_1", NULL, &error), ERR_OK);
    assert_int_equal(git_pin(clone, "app_1", NULL, &error), ERR_OK);
    git_close(clone);
    age_fetched(scene);
    fetch_many(scene, 23);
    clone = open_clone(scene);
    assert_false(git_has_object(clone, pinned.tree));
    git_close(clone);
    free(forgotten);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(test_what_cannot_be_written_leaves_nothing),
        SCENE(test_what_a_killed_git_left_is_removed),
        SCENE(test_a_damaged_clone_is_replaced),
        SCENE(test_a_clone_that_is_called_damaged_is_replaced),
        SCENE(test_clones_are_closed_to_other_users),
        SCENE(test_a_fetch_has_a_deadline_in_all),
        SCENE(test_a_clone_that_grows_too_big_is_given_up),
        SCENE(test_a_clone_does_not_grow_without_bound_and_pins_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
