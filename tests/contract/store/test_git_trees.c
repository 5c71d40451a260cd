/* Reading a clone: walking, comparing, blobs small and big. */
#include <unistd.h>

#include "common/base/crypto.h"
#include "tests/contract/store/git_fixture.h"

/* ---- walking and comparing -------------------------------------------------------------------------------------- */

static enum err note_file(void *context, const struct git_file *file, struct err_info *error)
{
    static const char marks[] = {[GIT_FILE] = ' ', [GIT_SYMLINK] = '@', [GIT_SUBMODULE] = '#'};
    (void)error;
    assert_int_equal(strlen(file->path), file->path_len);
    assert_int_equal(strlen(file->blob), 40);
    buf_addf(context, "%s%c\n", file->path, marks[file->entry]);
    return ERR_OK;
}

static enum err note_change(void *context, const struct git_file *file, struct err_info *error)
{
    static const char marks[] = {[GIT_CREATED] = '+', [GIT_UPDATED] = '~', [GIT_DELETED] = '-'};
    (void)error;
    assert_int_equal(file->entry, GIT_FILE);
    buf_addf(context, "%c%s\n", marks[file->change], file->path);
    return ERR_OK;
}

static void expect_walk(const struct scene *scene, const char *tree, const char *expected)
{
    struct buf seen = BUF_INIT;
    struct err_info error;
    struct git_clone *clone = open_clone(scene);
    if (git_walk(clone, tree, note_file, &seen, &error) != ERR_OK)
        fail_msg("walk: %s", error.text);
    assert_string_equal(seen.data != NULL ? seen.data : "", expected);
    buf_fini(&seen);
    git_close(clone);
}

static void expect_changes(const struct scene *scene, const char *old_tree, const char *new_tree, const char *expected)
{
    struct buf seen = BUF_INIT;
    struct err_info error;
    struct git_clone *clone = open_clone(scene);
    if (git_compare(clone, old_tree, new_tree, note_change, &seen, &error) != ERR_OK)
        fail_msg("compare: %s", error.text);
    assert_string_equal(seen.data != NULL ? seen.data : "", expected);
    buf_fini(&seen);
    git_close(clone);
}

static void test_a_walk_sees_every_entry_in_gits_order(void **state)
{
    const struct scene *scene = *state;
    sh(scene, "cd origin && mkdir -p a/b && echo 1 > a/b/c && echo 2 > a.c && echo 3 > a0 && echo 4 > z && ln -s z link"
              " && chmod +x z && printf x > \"$(printf 'odd\\nna\\377me')\" && echo 5 > ' leading and \"quotes\"'"
              " && git update-index --add --cacheinfo 160000,0123456789012345678901234567890123456789,sub");
    sh(scene, "cd origin && git add --all -- ':!sub' && git update-index --add"
              " --cacheinfo 160000,0123456789012345678901234567890123456789,sub && git commit --quiet --message=x");
    struct git_fetched fetched = fetched_trunk(scene);
    expect_walk(scene, fetched.tree, " leading and \"quotes\" \na.c \na/b/c \na0 \nlink@\nodd\nna\377me \nsub#\nz \n");
}

static void test_a_comparison_tells_what_differs(void **state)
{
    const struct scene *scene = *state;
    sh(scene, "cd origin && mkdir -p same/deep gone/deep dir && echo 1 > same/deep/x && echo 2 > gone/deep/y"
              " && echo 3 > changed && echo 4 > a && echo 5 > dir/file && echo 6 > to-link && ln -s a to-file"
              " && echo 7 > mode && ln -s a same-link");
    commit_all(scene);
    struct git_fetched old = fetched_trunk(scene);
    sh(scene, "cd origin && rm -r gone a dir to-link to-file && echo 33 > changed && mkdir a && echo 4 > a/b"
              " && echo 55 > dir && ln -s changed to-link && echo 8 > to-file && chmod +x mode && echo 9 > a.c"
              " && ln -sf dir same-link");
    commit_all(scene);
    struct git_fetched new = fetched_trunk(scene);
    expect_changes(scene, old.tree, new.tree,
                   "-a\n+a.c\n+a/b\n~changed\n+dir\n-dir/file\n-gone/deep/y\n+to-file\n-to-link\n");
    expect_changes(scene, new.tree, old.tree,
                   "+a\n-a.c\n-a/b\n~changed\n-dir\n+dir/file\n+gone/deep/y\n-to-file\n+to-link\n");
    expect_changes(scene, new.tree, new.tree, "");
}

/* The same as `git diff-tree` says, over trees made at random; the seed is printed. */
static void test_a_comparison_agrees_with_git(void **state)
{
    const struct scene *scene = *state;
    char *path = testing_join(scene->dir, "expected");
    /* Names that sort differently as a file and as a directory, and turn from one into the other. */
    static const char random_tree[] =
        "cd origin; find . -path ./.git -prune -o -type f -print | sort > ../files; while IFS= read -r f; do"
        " case $((RANDOM % 4)) in 0) rm \"$f\";; 1) echo $RANDOM > \"$f\";; esac; done < ../files;"
        " find . -mindepth 1 -depth -type d -empty -not -path './.git/*' -exec rmdir {} +; s=(/ / . - 0);"
        " for i in $(seq 60); do f=$((RANDOM % 3))${s[RANDOM % 5]}$((RANDOM % 3))${s[RANDOM % 5]}$((RANDOM % 3));"
        " mkdir -p $(dirname $f) 2>/dev/null && [ ! -d $f ] && echo $RANDOM > $f; done; true";
    int seed = (int)(getpid() % 32768);
    print_message("seed %d\n", seed);
    for (int round = 0; round < 6; round++) {
        struct buf script = BUF_INIT, expected = BUF_INIT;
        buf_addf(&script, "cat > random.sh <<'END'\nRANDOM=%d\n%s\nEND\nbash random.sh", seed + round, random_tree);
        commit_all(scene);
        struct git_fetched old = fetched_trunk(scene);
        sh(scene, script.data);
        commit_all(scene);
        struct git_fetched new = fetched_trunk(scene);
        sh(scene, "git -C origin diff-tree -r --no-renames --name-status HEAD~ HEAD"
                  " | sed 's/^A\t/+/; s/^D\t/-/; s/^M\t/~/' > expected");
        testing_read_file(path, &expected);
        expect_changes(scene, old.tree, new.tree, expected.data != NULL ? expected.data : "");
        buf_fini(&expected);
        buf_fini(&script);
    }
    free(path);
}

static enum err stop(void *context, const struct git_file *file, struct err_info *error)
{
    (void)file;
    ++*(int *)context;
    return err_set(error, ERR_FENCED, "enough");
}

static void test_a_visitor_ends_the_walk(void **state)
{
    const struct scene *scene = *state;
    struct err_info error;
    int calls = 0;
    commit_all(scene);
    struct git_fetched old = fetched_trunk(scene);
    sh(scene, "mkdir origin/d && echo 1 > origin/d/a && echo 1 > origin/d/b");
    commit_all(scene);
    struct git_fetched new = fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    assert_int_equal(git_compare(clone, old.tree, new.tree, stop, &calls, &error), ERR_FENCED);
    assert_int_equal(calls, 1);
    git_close(clone);
}

/* Imported: a checkout of this depth is more than a path may be long. */
static void test_a_deep_tree_is_walked_and_a_deeper_one_refused(void **state)
{
    const struct scene *scene = *state;
    static const char nest[] = "cd origin && { printf 'commit refs/heads/trunk\ncommitter a <a@example.org> 0 +0000\n"
                               "data 1\nx\ndeleteall\nM 100644 inline '; printf 'd/%%.0s' $(seq %d);"
                               " printf 'f\ndata 1\nx\n'; } | git fast-import --quiet --force";
    struct buf seen = BUF_INIT, script = BUF_INIT;
    struct err_info error;
    buf_addf(&script, nest, 600);
    sh(scene, script.data);
    struct git_fetched fetched = fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    assert_int_equal(git_walk(clone, fetched.tree, note_file, &seen, &error), ERR_OK);
    assert_int_equal(seen.len, 600 * 2 + strlen("f \n"));
    git_close(clone);
    buf_reset(&script);
    buf_addf(&script, nest, 2048);
    sh(scene, script.data);
    fetched = fetched_trunk(scene);
    clone = open_clone(scene);
    assert_int_equal(git_walk(clone, fetched.tree, note_file, &seen, &error), ERR_PERMANENT);
    assert_non_null(strstr(error.text, "2048 levels"));
    git_close(clone);
    buf_fini(&seen);
    buf_fini(&script);
}

static void test_a_missing_tree_is_not_found(void **state)
{
    static const char missing[] = "0123456789012345678901234567890123456789";
    const struct scene *scene = *state;
    struct buf seen = BUF_INIT;
    struct err_info error;
    commit_all(scene);
    struct git_fetched fetched = fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    assert_true(git_has_object(clone, fetched.tree));
    assert_false(git_has_object(clone, missing));
    assert_false(git_has_object(clone, "short"));
    assert_int_equal(git_walk(clone, missing, note_file, &seen, &error), ERR_NOT_FOUND);
    assert_int_equal(git_compare(clone, missing, fetched.tree, note_change, &seen, &error), ERR_NOT_FOUND);
    assert_int_equal(git_walk(clone, "nonsense", note_file, &seen, &error), ERR_USAGE);
    git_close(clone);
    buf_fini(&seen);
}

static void test_a_path_is_found_if_it_is_a_file(void **state)
{
    const struct scene *scene = *state;
    char blob[GIT_SHA_MAX];
    sh(scene, "mkdir -p origin/d/e && echo 1 > origin/d/e/f && ln -s d origin/link");
    commit_all(scene);
    struct git_fetched fetched = fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    char *expected = rev_parse(scene, "HEAD:d/e/f");
    assert_true(git_find(clone, fetched.tree, "d/e/f", blob));
    assert_string_equal(blob, expected);
    assert_false(git_find(clone, fetched.tree, "d/e", blob));
    assert_false(git_find(clone, fetched.tree, "link", blob));
    assert_false(git_find(clone, fetched.tree, "d/e/g", blob));
    assert_false(git_find(clone, fetched.tree, "", blob));
    free(expected);
    git_close(clone);
}

/* ---- blobs ------------------------------------------------------------------------------------------------------ */

struct taken {
    struct digest *digest;
    size_t len, largest;
    int stop_after; /* pieces; 0 = take all */
    int pieces;
};

static enum err take(void *context, const void *bytes, size_t len, struct err_info *error)
{
    struct taken *taken = context;
    digest_add(taken->digest, bytes, len);
    taken->len += len;
    taken->largest = len > taken->largest ? len : taken->largest;
    return ++taken->pieces == taken->stop_after ? err_set(error, ERR_FENCED, "enough") : ERR_OK;
}

static enum err stream(struct git_clone *clone, const char *blob, struct taken *taken, uint8_t sum[SHA256_BYTES])
{
    struct err_info error;
    taken->digest = digest_sha256_new();
    enum err code = git_blob_stream(clone, blob, take, taken, &error);
    if (code == ERR_OK)
        digest_end(taken->digest, sum);
    digest_drop(taken->digest);
    return code;
}

static void expect_stream(const struct scene *scene, struct git_clone *clone, const char *name)
{
    struct buf expected = BUF_INIT, spec = BUF_INIT;
    uint8_t sum[SHA256_BYTES], expected_sum[SHA256_BYTES];
    struct taken taken = {.len = 0};
    struct err_info error;
    int64_t size = -1;
    buf_addf(&spec, "HEAD:%s", name);
    char *blob = rev_parse(scene, spec.data);
    buf_reset(&spec);
    buf_addf(&spec, "%s/origin/%s", scene->dir, name);
    testing_read_file(spec.data, &expected);
    crypto_sha256(expected.data, expected.len, expected_sum);
    assert_int_equal(git_blob_size(clone, blob, &size, &error), ERR_OK);
    assert_int_equal(size, expected.len);
    assert_int_equal(stream(clone, blob, &taken, sum), ERR_OK);
    assert_int_equal(taken.len, expected.len);
    assert_true(taken.largest <= 65536);
    assert_memory_equal(sum, expected_sum, SHA256_BYTES);
    buf_fini(&expected);
    buf_fini(&spec);
    free(blob);
}

static void test_blobs_are_streamed_whole(void **state)
{
    const struct scene *scene = *state;
    sh(scene, "cd origin && head -c 9000000 /dev/urandom > big && seq 2000000 > text && : > empty && echo 1 > small"
              " && head -c 65536 /dev/zero > piece");
    commit_all(scene);
    /* A second version, so that the packs hold deltas. */
    sh(scene, "echo more >> origin/text");
    commit_all(scene);
    sh(scene, "git -C origin gc --quiet");
    fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    static const char *const names[] = {"big", "text", "empty", "small", "piece", "big"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        expect_stream(scene, clone, names[i]);
    git_close(clone);
}

static void test_a_stream_that_was_broken_off_can_be_followed_by_another(void **state)
{
    const struct scene *scene = *state;
    uint8_t sum[SHA256_BYTES];
    sh(scene, "cd origin && head -c 3000000 /dev/urandom > big && echo 1 > small");
    commit_all(scene);
    struct git_fetched fetched = fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    char *blob = rev_parse(scene, "HEAD:big");
    struct taken taken = {.stop_after = 2};
    assert_int_equal(stream(clone, blob, &taken, sum), ERR_FENCED);
    assert_int_equal(taken.pieces, 2);
    expect_stream(scene, clone, "small");
    struct taken none = {.len = 0};
    assert_int_equal(stream(clone, "0123456789012345678901234567890123456789", &none, sum), ERR_NOT_FOUND);
    assert_int_equal(stream(clone, fetched.tree, &none, sum), ERR_USAGE);
    assert_int_equal(stream(clone, "HEAD:small", &none, sum), ERR_USAGE);
    expect_stream(scene, clone, "big");
    free(blob);
    git_close(clone);
}

/* What the stream's child reads is replaced under it: gc merged all packs since it started. */
static void test_a_stream_goes_on_after_gc(void **state)
{
    const struct scene *scene = *state;
    sh(scene, "echo 1 > origin/first");
    commit_all(scene);
    fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    expect_stream(scene, clone, "first");
    sh(scene, "echo 2 > origin/second");
    commit_all(scene);
    fetched_trunk(scene);
    sh(scene, "git --git-dir=repositories/" REPOSITORY ".git gc --quiet --prune=now");
    expect_stream(scene, clone, "second");
    expect_stream(scene, clone, "first");
    git_close(clone);
}

static void test_a_small_blob_is_read_at_once(void **state)
{
    const struct scene *scene = *state;
    struct buf out = BUF_INIT;
    struct err_info error;
    int64_t size;
    sh(scene, "printf 'a\\0b' > origin/f");
    commit_all(scene);
    struct git_fetched fetched = fetched_trunk(scene);
    struct git_clone *clone = open_clone(scene);
    char *blob = rev_parse(scene, "HEAD:f");
    buf_add_char(&out, '>');
    assert_int_equal(git_blob_read(clone, blob, &out, &error), ERR_OK);
    assert_int_equal(out.len, 4);
    assert_memory_equal(out.data, ">a\0b", 4);
    assert_int_equal(git_blob_read(clone, fetched.tree, &out, &error), ERR_USAGE);
    assert_int_equal(git_blob_size(clone, fetched.tree, &size, &error), ERR_USAGE);
    assert_int_equal(git_blob_read(clone, "0123456789012345678901234567890123456789", &out, &error), ERR_NOT_FOUND);
    assert_int_equal(git_blob_size(clone, "0123456789012345678901234567890123456789", &size, &error), ERR_NOT_FOUND);
    free(blob);
    buf_fini(&out);
    git_close(clone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(test_a_walk_sees_every_entry_in_gits_order),
        SCENE(test_a_comparison_tells_what_differs),
        SCENE(test_a_comparison_agrees_with_git),
        SCENE(test_a_visitor_ends_the_walk),
        SCENE(test_a_deep_tree_is_walked_and_a_deeper_one_refused),
        SCENE(test_a_missing_tree_is_not_found),
        SCENE(test_a_path_is_found_if_it_is_a_file),
        SCENE(test_blobs_are_streamed_whole),
        SCENE(test_a_stream_that_was_broken_off_can_be_followed_by_another),
        SCENE(test_a_stream_goes_on_after_gc),
        SCENE(test_a_small_blob_is_read_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
