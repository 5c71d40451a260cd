/* Owner and name of a repository from its URL. */
#include "common/deliveries/repository_name.h"
#include "tests/testing/testing.h"

static void expect(const char *url, const char *owner_wanted, const char *name_wanted)
{
    struct buf owner = BUF_INIT, name = BUF_INIT;
    repository_name(url, &owner, &name);
    assert_string_equal(owner.data == NULL ? "" : owner.data, owner_wanted);
    assert_string_equal(name.data == NULL ? "" : name.data, name_wanted);
    buf_fini(&owner);
    buf_fini(&name);
}

static void the_last_two_parts_count(void **state)
{
    (void)state;
    expect("https://github.com/octocat/hello-world", "octocat", "hello-world");
    expect("https://github.com/octocat/hello-world.git/", "octocat", "hello-world");
    expect("https://git.example:8443/group/sub/thing.git", "sub", "thing");
    expect("ssh://git@git.example:22/octocat/thing", "octocat", "thing");
    expect("git@github.com:octocat/thing.git", "octocat", "thing");
    expect("file:///srv/git/thing.git", "git", "thing");
    expect("https://h.example//a//b//", "a", "b");
}

static void the_host_stands_in_for_a_missing_owner(void **state)
{
    (void)state;
    expect("https://git.example:8443/thing", "git.example", "thing");
    expect("git@git.example:thing", "git.example", "thing");
    expect("file:///thing", "", "thing");
}

static void a_name_is_never_empty(void **state)
{
    (void)state;
    expect("https://h.example/a/.git", "a", ".git");
    expect("https://h.example/a/git", "a", "git");
}

static void escapes_are_for_machines(void **state)
{
    (void)state;
    expect("file:///srv/my%20team/a%20b%23c.git", "my team", "a b#c");
    expect("https://h.example/%C3%A9quipe/d%c3%a9p%C3%B4t", "\xC3\xA9quipe", "d\xC3\xA9p\xC3\xB4t");
    expect("https://h.example/a%2Fb/c%0Ad", "a%2Fb", "c%0Ad");
    expect("https://h.example/%ff/100%", "%ff", "100%");
    expect("https://h.example/%4/%zz%41", "%4", "%zzA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_two_parts_count),
        cmocka_unit_test(the_host_stands_in_for_a_missing_owner),
        cmocka_unit_test(a_name_is_never_empty),
        cmocka_unit_test(escapes_are_for_machines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
