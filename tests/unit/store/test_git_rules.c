/* What may be fetched, and what git's answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/store/git_rules.h"

static const struct git_rules rules = {.repositories_dir = "/nonexistent", .file_roots = "/srv/git/:/no/such/root"};

static void test_good_urls_are_taken(void **state)
{
    static const char *const urls[] = {"https://github.com/owner/name.git",
                                       "https://git.example.org:8443/a/b",
                                       "https://8.8.8.8/x",
                                       "https://[2606:4700::1111]:444/x",
                                       "ssh://git@github.com/owner/name",
                                       "ssh://git@github.com:2222/owner/name",
                                       "ssh://github.com/~user/name",
                                       "git@github.com:owner/name.git",
                                       "git@github.com:/absolute/path",
                                       "file:///srv/git/project.git",
                                       "file:///srv/git",
                                       "file:///srv/git/a%20b",
                                       "file:///srv/git/100%25",
                                       "file:///srv/git/a%2Fb%5c%3F%23%c3%a9",
                                       "file:///%73rv/git/x",
                                       "file:///srv/git/..x/.y",
                                       "file:///no/such/root/deep/er"};
    struct err_info error = {.code = ERR_OK};
    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        if (git_check_url(urls[i], &rules, &error) != ERR_OK)
            fail_msg("%s: %s", urls[i], error.text);
    }
}

static void test_bad_urls_are_refused(void **state)
{
    static const char *const urls[] = {"",
                                       "ext::sh -c id",
                                       "ext::id",
                                       "host::path",
                                       "git@host::path",
                                       "http://github.com/a/b",
                                       "git://github.com/a/b",
                                       "ftp://github.com/a/b",
                                       "HTTPS://github.com/a/b",
                                       "/srv/git/project",
                                       "srv/git",
                                       "--upload-pack=id",
                                       "https://",
                                       "https://github.com",
                                       "https://github.com/",
                                       "https://-oProxyCommand=id/x",
                                       "https://user@github.com/a/b",
                                       "https://user:password@github.com/a/b",
                                       "https://github.com:99999/a",
                                       "https://github.com:/a",
                                       "https://github.com:8x/a",
                                       "https://git hub.com/a",
                                       "https://github.com/a\tb",
                                       "https://github.com/a\nb",
                                       "https://github.com/a?b",
                                       "https://github.com/a#b",
                                       "https://github.com\\@evil.example/a",
                                       "https://git%2ehub/a",
                                       "https://[::1/a",
                                       "https://[::1]x/a",
                                       "https://127.0.0.1/a",
                                       "https://[::1]/a",
                                       "https://0x7f000001/a",
                                       "https://169.254.169.254/a",
                                       "ssh://-oProxyCommand=id/x",
                                       "ssh://git@-oProxyCommand=id/x",
                                       "ssh://-l@host/x",
                                       "ssh://git:password@host/x",
                                       "ssh://git@10.0.0.1/x",
                                       "ssh://host/-x",
                                       "git@-oProxyCommand=id:x",
                                       "-git@host:x",
                                       "git@host:-x",
                                       "git@host:",
                                       "git@:x",
                                       "@host:x",
                                       "host:path",
                                       "file://host/srv/git/x",
                                       "file:///srv/git/../../etc",
                                       "file:///srv/git/./x",
                                       "file:///srv/git/a b",
                                       "file:///srv/git/%2e%2e/x",
                                       "file:///srv/git/.%2E",
                                       "file:///srv/git%2f..%2f..%2fetc",
                                       "file:///srv/git/%2e/x",
                                       "file:///srv/git/x%00",
                                       "file:///srv/git/x%00/../../etc",
                                       "file:///srv/git/x%0a",
                                       "file:///srv/git/x%1F",
                                       "file:///srv/git/x%7f",
                                       "file:///srv/git/x%",
                                       "file:///srv/git/x%2",
                                       "file:///srv/git/x%2g",
                                       "file:///srv/git/x%g2",
                                       "file:///srv/git/x% 2",
                                       "file://%2fsrv/git/x",
                                       "file:///%2dsrv",
                                       "file:///srv/git%68ub",
                                       "file:///srv%2fgit%2568ub",
                                       "file:///srv/github",
                                       "file:///etc",
                                       "file://"};
    struct err_info error;
    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        if (git_check_url(urls[i], &rules, &error) != ERR_USAGE)
            fail_msg("%s was taken", urls[i]);
        assert_true(strlen(error.text) > 0);
    }
}

/* Of names only the machine's own can be relied on here. */
static void test_a_name_that_leads_to_a_private_address_is_refused(void **state)
{
    struct err_info error;
    (void)state;
    assert_int_equal(git_check_host("https://localhost/owner/name", &rules, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "git.allow_private"));
    assert_int_equal(git_check_host("git@localhost:owner/name", &rules, &error), ERR_USAGE);
    assert_int_equal(git_check_host("https://no-such-host.invalid/owner/name", &rules, &error), ERR_OK);
    assert_int_equal(git_check_host("file:///srv/git/x", &rules, &error), ERR_OK);
}

static void test_file_urls_need_a_root(void **state)
{
    struct git_rules none = rules;
    struct err_info error;
    (void)state;
    none.file_roots = "";
    assert_int_equal(git_check_url("file:///srv/git/x", &none, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "git.file_roots"));
    none.file_roots = ":::";
    assert_int_equal(git_check_url("file:///srv/git/x", &none, &error), ERR_USAGE);
    none.file_roots = "/";
    assert_int_equal(git_check_url("file:///srv/git/x", &none, &error), ERR_OK);
}

static void test_a_long_url_is_refused(void **state)
{
    char url[2100] = "https://github.com/";
    struct err_info error;
    (void)state;
    memset(url + strlen(url), 'a', sizeof(url) - strlen(url) - 1);
    assert_int_equal(git_check_url(url, &rules, &error), ERR_USAGE);
    url[2000] = '\0';
    assert_int_equal(git_check_url(url, &rules, &error), ERR_OK);
}

static void test_a_url_is_taken_apart(void **state)
{
    struct git_url url;
    struct err_info error;
    (void)state;
    assert_int_equal(git_parse_url("https://git.example.org:8443/a/b", &url, &error), ERR_OK);
    assert_string_equal(url.host, "git.example.org");
    assert_string_equal(url.authority, "git.example.org:8443");
    assert_int_equal(url.port, 8443);
    assert_string_equal(url.path, "/a/b");
    assert_int_equal(git_parse_url("ssh://me@host/a", &url, &error), ERR_OK);
    assert_string_equal(url.authority, "host");
    assert_int_equal(url.port, 22);
    assert_int_equal(git_parse_url("https://[2606::1]/a", &url, &error), ERR_OK);
    assert_string_equal(url.host, "2606::1");
    assert_int_equal(url.port, 443);
}

/* As git does it: once, so that what looks like an escape in a folder's name stays what it is. */
static void test_the_path_of_a_file_url_is_decoded_once(void **state)
{
    struct git_url url;
    struct err_info error;
    (void)state;
    assert_int_equal(git_parse_url("file:///srv/a%20b/%2541%25252e", &url, &error), ERR_OK);
    assert_string_equal(url.file, "/srv/a b/%41%252e");
    assert_string_equal(url.path, "/srv/a%20b/%2541%25252e");
    assert_int_equal(git_parse_url("https://host/a%20b", &url, &error), ERR_OK);
    assert_string_equal(url.path, "/a%20b");
    assert_string_equal(url.file, "");
}

static void test_branch_names_follow_git(void **state)
{
    static const char *const good[] = {"main", "feature/x", "a.b", "release-1.0", "@x", "é", "x@y", "a/b/c", "locked"};
    static const char *const bad[] = {"",     "-x",   ".x",   "x.",    "/x",     "x/",       "a//b",    "a..b", "a b",
                                      "a~b",  "a^b",  "a:b",  "a?b",   "a*b",    "a[b",      "a\\b",    "a@{b", "@",
                                      "a/.b", "HEAD", "a\tb", "a\x7f", "x.lock", "a.lock/b", "a/b.lock"};
    struct err_info error = {.code = ERR_OK};
    char longest[300];
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (git_check_branch(good[i], &error) != ERR_OK)
            fail_msg("%s: %s", good[i], error.text);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (git_check_branch(bad[i], &error) != ERR_USAGE)
            fail_msg("'%s' was taken", bad[i]);
    }
    memset(longest, 'a', sizeof(longest));
    longest[256] = '\0';
    assert_int_equal(git_check_branch(longest, &error), ERR_USAGE);
    longest[255] = '\0';
    assert_int_equal(git_check_branch(longest, &error), ERR_OK);
}

#define ID "0123456789abcdef0123456789abcdef01234567"

static enum err parse_head(const char *text, char branch[GIT_BRANCH_MAX])
{
    struct err_info error;
    return git_parse_head(text, strlen(text), branch, &error);
}

static void test_the_remotes_head_is_read(void **state)
{
    char branch[GIT_BRANCH_MAX];
    (void)state;
    assert_int_equal(parse_head("ref: refs/heads/trunk\tHEAD\n" ID "\tHEAD\n", branch), ERR_OK);
    assert_string_equal(branch, "trunk");
    assert_int_equal(parse_head("ref: refs/heads/a/b\tHEAD\n" ID "\tHEAD\n" ID "\trefs/remotes/origin/HEAD\n", branch),
                     ERR_OK);
    assert_string_equal(branch, "a/b");
    assert_int_equal(parse_head(ID "\tHEAD\n", branch), ERR_OK);
    assert_string_equal(branch, GIT_DETACHED);
    assert_int_equal(parse_head("ref: refs/changes/1\tHEAD\n" ID "\tHEAD\n", branch), ERR_OK);
    assert_string_equal(branch, GIT_DETACHED);
}

static void test_a_remote_without_a_usable_head_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "ref: refs/heads/main\tHEAD\n",
                                        "ref: refs/heads/-x\tHEAD\n" ID "\tHEAD\n",
                                        "ref: refs/heads/a..b\tHEAD\n" ID "\tHEAD\n",
                                        "0123\tHEAD\n",
                                        ID "\trefs/remotes/origin/HEADS\n",
                                        "warning: hello\n"};
    char branch[GIT_BRANCH_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (parse_head(texts[i], branch) != ERR_PERMANENT)
            fail_msg("taken: %s", texts[i]);
    }
}

static void test_failures_are_classed_by_gits_words(void **state)
{
    static const struct {
        const char *text;
        enum err code;
        const char *says;
    } cases[] = {
        {"fatal: couldn't find remote ref refs/heads/x\n", ERR_PERMANENT, "no such branch"},
        {"remote: Repository not found.\nfatal: repository 'https://h/x/' not found\n", ERR_PERMANENT,
         "no such repository"},
        {"fatal: could not read Username for 'https://h': terminal prompts disabled\n", ERR_PERMANENT, "access denied"},
        {"git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\nPlease make sure you "
         "have\n",
         ERR_PERMANENT, "access denied"},
        {"fatal: unable to access 'https://h/': The requested URL returned error: 301\n", ERR_PERMANENT, "redirects"},
        {"fatal: unable to access 'https://h/': The requested URL returned error: 503\n", ERR_RETRY, "503"},
        {"fatal: unable to access 'https://h/': The requested URL returned error: 429\n", ERR_RETRY, "429"},
        {"fatal: unable to access 'https://h/': Could not resolve host: h\n", ERR_RETRY, "resolve"},
        {"error: object 12: zeroPaddedFilemode\nfatal: fsck error in packed object\n", ERR_PERMANENT, "malformed"},
        {"", ERR_RETRY, "git failed"},
    };
    struct err_info error;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum err code = git_judge(cases[i].text, strlen(cases[i].text), NULL, &error);
        if (code != cases[i].code || strstr(error.text, cases[i].says) == NULL)
            fail_msg("%s -> %s: %s", cases[i].text, err_name(code), error.text);
        assert_null(strstr(error.text, "Please make sure"));
    }
}

static void test_last_words_drop_progress_and_secrets(void **state)
{
    static const char text[] = "remote: Counting objects: 10% (1/10)\rremote: Counting objects: 100% (10/10), done.\n"
                               "Receiving objects:  50% (5/10)\rfatal: it said s3cret\x1b[31m and s3cret\n";
    struct err_info error;
    (void)state;
    assert_int_equal(git_judge(text, strlen(text), "s3cret", &error), ERR_RETRY);
    assert_string_equal(error.text, "git failed: fatal: it said ******\\x1b[31m and ******");
}

static void test_last_words_are_bounded(void **state)
{
    char text[9000];
    struct err_info error;
    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(git_judge(text, sizeof(text), "token", &error), ERR_RETRY);
    assert_true(strlen(error.text) < 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_urls_are_taken),
        cmocka_unit_test(test_bad_urls_are_refused),
        cmocka_unit_test(test_a_name_that_leads_to_a_private_address_is_refused),
        cmocka_unit_test(test_file_urls_need_a_root),
        cmocka_unit_test(test_a_long_url_is_refused),
        cmocka_unit_test(test_a_url_is_taken_apart),
        cmocka_unit_test(test_the_path_of_a_file_url_is_decoded_once),
        cmocka_unit_test(test_branch_names_follow_git),
        cmocka_unit_test(test_the_remotes_head_is_read),
        cmocka_unit_test(test_a_remote_without_a_usable_head_is_refused),
        cmocka_unit_test(test_failures_are_classed_by_gits_words),
        cmocka_unit_test(test_last_words_drop_progress_and_secrets),
        cmocka_unit_test(test_last_words_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
