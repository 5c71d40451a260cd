/* Repositories on this machine: however they lead out of git.file_roots, what is out there is not fetched. */
#include <sys/stat.h>

#include "tests/contract/store/git_fixture.h"

/* `root` is the only root; `secret` lies beside it, a bare clone of origin. */
static void set_scene(struct scene *scene)
{
    sh(scene, "echo secret > origin/a");
    commit_all(scene);
    sh(scene, "mkdir root && git clone --quiet --bare origin secret && git clone --quiet --bare origin root/good");
    scene->rules.file_roots = testing_join(scene->dir, "root");
}

static enum err fetch_path(const struct scene *scene, const char *path, struct git_fetched *fetched,
                           struct err_info *error)
{
    struct buf url = BUF_INIT;
    buf_addf(&url, "file://%s/root/%s", scene->dir, path);
    enum err code = git_fetch(&(struct git_fetch_request){&scene->rules, REPOSITORY, url.data, NULL, NULL, NULL, NULL},
                              fetched, error);
    buf_fini(&url);
    return code;
}

static void clear(const struct scene *scene)
{
    sh(scene, "rm -rf root/x* repositories && mkdir -p repositories");
}

static const struct way {
    const char *script, *says;
} ways_out[] = {
    {"mkdir x && echo \"gitdir: $PWD/../secret\" > x/.git", "git.file_roots"},
    {"mkdir x && echo \"gitdir: ../../secret\" > x/.git", "git.file_roots"},
    {"mkdir x && ln -s ../../secret x/.git", "git.file_roots"},
    {"mkdir x && echo \"gitdir: $PWD/../secret\" > xfile && ln -s ../xfile x/.git", "git.file_roots"},
    {"ln -s ../secret x", "git.file_roots"},
    {"ln -s ../secret x.git", "git.file_roots"},
    {"cp -r good x && ln -s ../../secret x/.git", "git.file_roots"},
    {"cp -r good x && rm -r x/objects && ln -s ../../secret/objects x/objects", "git.file_roots"},
    {"cp -r good x && rm -r x/objects/pack x/objects/?? ; ln -s ../../../secret/objects/pack x/objects/pack",
     "git.file_roots"},
    {"cp -r good x && rm -rf x/refs x/packed-refs && ln -s ../../secret/refs x/refs", "git.file_roots"},
    {"cp -r good x && rm -f x/packed-refs && ln -s ../../secret/packed-refs x/packed-refs", "git.file_roots"},
    {"cp -r good x && rm x/HEAD && ln -s ../../secret/HEAD x/HEAD", "git.file_roots"},
    {"cp -r good x && mkdir -p x/objects/info && echo \"$PWD/../secret/objects\" > x/objects/info/alternates",
     "git.file_roots"},
    {"cp -r good x && mkdir -p x/objects/info && echo ../../../secret/objects > x/objects/info/alternates",
     "git.file_roots"},
    {"cp -r good x && cp -r good x2 && mkdir -p x/objects/info x2/objects/info"
     " && echo ../../x2/objects > x/objects/info/alternates"
     " && echo ../../../secret/objects > x2/objects/info/alternates",
     "git.file_roots"},
    {"cp -r good x && mkdir -p x/objects/info && echo ../../../secret/objects > xlist"
     " && ln -s ../../../xlist x/objects/info/alternates",
     "git.file_roots"},
    {"cp -r good x && mkdir -p x/objects/info && printf '\"../../../secret/objects\"\\n' > x/objects/info/alternates",
     "alternates"},
    {"cp -r good x && echo ../../secret > x/commondir", "git.file_roots"},
    {"cp -r good x && printf '[include]\\n\\tpath = ../../secret/config\\n' >> x/config", "includes others"},
    {"cp -r good x && printf '[core][INCLUDE]path = /etc/passwd\\n' >> x/config", "includes others"},
    {"cp -r good x && printf '# \\0\n[include]\n\tpath = ../../secret/config\n' >> x/config", "no text file"},
    {"cp -r good x && mkdir -p x/objects/info && printf '# \\0\n../../../secret/objects\n' > x/objects/info/alternates",
     "cannot be read"},
    {"cp -r good x && printf '[includeIf \"gitdir:/\"]\\n\\tpath = ../../secret/config\\n' > x/config.worktree",
     "includes others"},
    {"mkdir x && ln -s ../secret xlink && ln -s ../xlink x/.git", "git.file_roots"},
    {"mkdir x && ln -s ../nowhere x/.git", "no such repository"},
};

static void test_no_way_leads_out_of_the_roots(void **state)
{
    struct scene *scene = *state;
    set_scene(scene);
    for (size_t i = 0; i < sizeof(ways_out) / sizeof(ways_out[0]); i++) {
        struct git_fetched fetched;
        struct err_info error;
        struct buf script = BUF_INIT;
        buf_addf(&script, "cd root && { %s; }", ways_out[i].script);
        clear(scene);
        sh(scene, script.data);
        if (fetch_path(scene, "x", &fetched, &error) != ERR_PERMANENT || strstr(error.text, ways_out[i].says) == NULL)
            fail_msg("%s: %s", ways_out[i].script, error.text);
        buf_fini(&script);
    }
    free((char *)(uintptr_t)scene->rules.file_roots);
}

static const char *const ways_within[] = {
    "cp -r good x",
    "ln -s good x",
    "ln -s \"$PWD/good\" x",
    "cp -r good x.git",
    "mkdir x && cp -r good x/.git",
    "mkdir x && echo \"gitdir: $PWD/good\" > x/.git",
    "mkdir x && ln -s ../good x/.git",
    "git clone --quiet --shared good x",
    "git -C good worktree prune && git -C good worktree add --quiet --detach ../x",
    "cp -r good x && mkdir -p x/hooks && ln -s /bin/true x/hooks/post-update",
};

static void test_what_lies_within_is_fetched(void **state)
{
    struct scene *scene = *state;
    set_scene(scene);
    for (size_t i = 0; i < sizeof(ways_within) / sizeof(ways_within[0]); i++) {
        struct git_fetched fetched;
        struct err_info error = {.code = ERR_OK};
        struct buf script = BUF_INIT;
        buf_addf(&script, "cd root && %s", ways_within[i]);
        clear(scene);
        sh(scene, script.data);
        if (fetch_path(scene, "x", &fetched, &error) != ERR_OK)
            fail_msg("%s: %s", ways_within[i], error.text);
        expect_rev(scene, "trunk", fetched.commit);
        buf_fini(&script);
    }
    free((char *)(uintptr_t)scene->rules.file_roots);
}

/* A link that is turned to and fro all the while, as an attacker would who waits for the moment between look and use.
 */
static void test_a_path_that_is_replaced_meanwhile_is_the_one_that_was_checked(void **state)
{
    struct scene *scene = *state;
    set_scene(scene);
    sh(scene, "git -C secret worktree prune; cd origin && echo public > a && git commit --quiet --all --message=p"
              " && cd .. && rm -rf root/good && git clone --quiet --bare origin root/good");
    char *secret = rev_parse(scene, "trunk~");
    sh(scene, "cat > turn.sh <<'END'\ntrap 'exit 0' TERM\nwhile :; do ln -sfn good root/x; ln -sfn ../secret root/x;"
              " done\nEND\nbash turn.sh & echo $! > turner");
    for (int i = 0; i < 20; i++) {
        struct git_fetched fetched;
        struct err_info error;
        if (fetch_path(scene, "x", &fetched, &error) == ERR_OK)
            assert_string_not_equal(fetched.commit, secret);
    }
    sh(scene, "kill $(cat turner); while kill -0 $(cat turner) 2>/dev/null; do sleep 0.01; done");
    free(secret);
    free((char *)(uintptr_t)scene->rules.file_roots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(test_no_way_leads_out_of_the_roots),
        SCENE(test_what_lies_within_is_fetched),
        SCENE(test_a_path_that_is_replaced_meanwhile_is_the_one_that_was_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
