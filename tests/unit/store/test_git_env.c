/* What a git child is given: nothing of ours, the pinned address, and the token in one place only. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/store/git_private.h"

static struct git_env environment_for(const char *url, const char *address)
{
    struct git_env env;
    struct git_url parsed;
    struct err_info error;
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    assert_true(is_v4 || inet_pton(AF_INET6, address, &v6.sin6_addr) == 1);
    assert_int_equal(git_parse_url(url, &parsed, &error), ERR_OK);
    git_env_init(&env, "/srv/home");
    git_env_pin(&env, &parsed, is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6, "/srv/it's/.ssh");
    if (parsed.scheme == GIT_SCHEME_HTTPS)
        git_env_token(&env, &parsed, "s3cret");
    return env;
}

static const char *variable(const struct git_env *env, const char *name)
{
    const char *found = NULL;
    for (int i = 0; i < env->count; i++) {
        size_t len = strlen(name);
        if (strncmp(env->texts[i], name, len) != 0 || env->texts[i][len] != '=')
            continue;
        assert_null(found); /* each stands once */
        found = env->texts[i] + len + 1;
    }
    return found;
}

/* The value of a setting; NULL if it is not made. */
static const char *setting(const struct git_env *env, const char *key)
{
    for (int i = 0; i < env->settings; i++) {
        char name[40];
        snprintf(name, sizeof(name), "GIT_CONFIG_KEY_%d", i);
        const char *text = variable(env, name);
        assert_non_null(text);
        if (strcmp(text, key) != 0)
            continue;
        snprintf(name, sizeof(name), "GIT_CONFIG_VALUE_%d", i);
        return variable(env, name);
    }
    return NULL;
}

static void test_the_environment_is_closed(void **state)
{
    (void)state;
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    struct git_env env = environment_for("https://git.example.org/a/b", "8.8.8.8");
    const char *const *vector = git_env_vector(&env);
    assert_null(vector[env.count]);
    assert_null(variable(&env, "https_proxy"));
    assert_string_equal(variable(&env, "HOME"), "/srv/home");
    assert_string_equal(variable(&env, "GIT_TERMINAL_PROMPT"), "0");
    assert_string_equal(variable(&env, "GIT_CONFIG_NOSYSTEM"), "1");
    assert_int_equal(atoi(variable(&env, "GIT_CONFIG_COUNT")), env.settings);
    assert_string_equal(setting(&env, "http.followRedirects"), "false");
    assert_string_equal(setting(&env, "transfer.fsckObjects"), "true");
    assert_string_equal(setting(&env, "core.hooksPath"), "/dev/null");
    git_env_fini(&env);
    unsetenv("https_proxy");
}

static void test_https_goes_to_the_checked_address_only(void **state)
{
    (void)state;
    struct git_env env = environment_for("https://git.example.org/a/b", "8.8.8.8");
    assert_string_equal(variable(&env, "GIT_ALLOW_PROTOCOL"), "https");
    assert_string_equal(setting(&env, "http.curloptResolve"), "git.example.org:443:8.8.8.8");
    assert_null(variable(&env, "GIT_SSH_COMMAND"));
    git_env_fini(&env);
    env = environment_for("https://git.example.org:8443/a/b", "2606:4700::1111");
    assert_string_equal(setting(&env, "http.curloptResolve"), "git.example.org:8443:[2606:4700::1111]");
    git_env_fini(&env);
    env = environment_for("https://[2606:4700::1111]/a/b", "2606:4700::1111");
    assert_null(setting(&env, "http.curloptResolve"));
    git_env_fini(&env);
}

static void test_the_token_is_bound_to_its_host_and_stands_once(void **state)
{
    (void)state;
    struct git_env env = environment_for("https://git.example.org:8443/a/b", "8.8.8.8");
    int holders = 0;
    assert_string_equal(setting(&env, "http.https://git.example.org:8443/.extraHeader"),
                        "Authorization: Basic eC1hY2Nlc3MtdG9rZW46czNjcmV0");
    for (int i = 0; i < env.count; i++) {
        assert_null(strstr(env.texts[i], "s3cret"));
        holders += strstr(env.texts[i], "eC1hY2Nlc3MtdG9rZW46czNjcmV0") != NULL;
    }
    assert_int_equal(holders, 1);
    git_env_fini(&env);
    assert_int_equal(env.count, 0);
}

static void test_ssh_is_quoted_and_pinned(void **state)
{
    (void)state;
    struct git_env env = environment_for("git@git.example.org:a/b", "8.8.8.8");
    const char *command = variable(&env, "GIT_SSH_COMMAND");
    assert_string_equal(variable(&env, "GIT_ALLOW_PROTOCOL"), "ssh");
    assert_non_null(strstr(command, " -o HostName=8.8.8.8 -o HostKeyAlias=git.example.org"));
    assert_non_null(strstr(command, "'UserKnownHostsFile=\"/srv/it'\\''s/.ssh/known_hosts\"'"));
    git_env_fini(&env);
    env = environment_for("ssh://git@git.example.org:2222/a/b", "2606:4700::1111");
    command = variable(&env, "GIT_SSH_COMMAND");
    assert_non_null(strstr(command, " -o HostName=2606:4700::1111 -o HostKeyAlias='[git.example.org]:2222'"));
    git_env_fini(&env);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_environment_is_closed),
        cmocka_unit_test(test_https_goes_to_the_checked_address_only),
        cmocka_unit_test(test_the_token_is_bound_to_its_host_and_stands_once),
        cmocka_unit_test(test_ssh_is_quoted_and_pinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
