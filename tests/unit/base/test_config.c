/* Where settings come from, which source wins, what is refused, and that no secret is shown. */
#include "common/base/config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/testing/testing.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static char *no_flags[] = {NULL};

static void clear_environment(void)
{
    for (char **at = environ; *at;) {
        char *name = strndup(*at, strcspn(*at, "="));
        bool is_ours = !strncmp(name, "REPRISE_", 8);
        if (is_ours)
            unsetenv(name);
        else
            at++;
        free(name);
    }
}

/* A fresh directory as the current one, for files by their bare names. */
static int setup(void **state)
{
    clear_environment();
    return testing_dir_setup(state) || chdir(*state);
}

static int teardown(void **state)
{
    clear_environment();
    return chdir("/") || testing_dir_teardown(state);
}

static void write_file(const char *path, const char *text)
{
    testing_write_file(path, text, strlen(text));
}

static void read_ok(struct config *config, const char *file, char **argv)
{
    struct err_info error = {.code = ERR_OK};
    int argc = 0;

    while (argv[argc])
        argc++;
    if (config_read(config, file, &argc, argv, &error))
        fail_msg("%s", error.text);
}

static void assert_file_refused(const char *text, int line, int column, const char *part)
{
    struct config config;
    struct err_info error = {.code = ERR_OK};

    config_init(&config);
    assert_int_equal(config_set_file(&config, text, strlen(text), &error), ERR_USAGE);
    if (error.line != line || error.column != column || !strstr(error.text, part))
        fail_msg("expected \"%s\" at %d:%d, got: %s", part, line, column, error.text);
    config_fini(&config);
}

static void assert_value_refused(const char *name, const char *value, const char *part)
{
    struct config config;
    struct err_info error = {.code = ERR_OK};

    config_init(&config);
    assert_int_equal(config_set(&config, config_find(name), value, "file", &error), ERR_USAGE);
    if (!strstr(error.text, name) || !strstr(error.text, part))
        fail_msg("%s=%s: expected \"%s\", got: %s", name, value, part, error.text);
    config_fini(&config);
}

static void defaults_hold_where_nothing_is_set(void **state)
{
    (void)state;
    struct config config;

    read_ok(&config, NULL, no_flags);
    assert_string_equal(config.postgres_url, "");
    assert_string_equal(config.redis_prefix, "{reprise}");
    assert_string_equal(config.worker_executors, "delivery=8,history=2");
    assert_int_equal(config.worker_grace_ms, 30000);
    assert_true(config.inbox_enabled);
    assert_int_equal(config.outcome_retention_ms, INT64_C(30) * 24 * 3600 * 1000);
    assert_int_equal(config.deliver_max_text_bytes, 32 * 1024 * 1024);
    assert_int_equal(config.git_max_bytes, INT64_C(8) << 30);
    for (const struct config_entry *entry = config_entries(); entry->name; entry++)
        assert_string_equal(config_origin(&config, entry), "default");
    config_fini(&config);
}

static void flag_beats_environment_beats_file_beats_default(void **state)
{
    (void)state;
    struct config config;
    char *argv[] = {(char[]){"worker"}, (char[]){"--deliver-timeout=7s"}, NULL};

    write_file("named.yaml", "deliver: {parallel: 2, timeout: 5s, max_text_bytes: 1MiB}\nlog.level: warn\n");
    setenv("REPRISE_CONFIG", "named.yaml", 1);
    setenv("REPRISE_DELIVER_TIMEOUT", "6s", 1);
    setenv("REPRISE_DELIVER_MAX_TEXT_BYTES", "2MiB", 1);
    setenv("REPRISE_DELIVER_PARALLEL", "", 1); /* empty: as if it were not there */
    read_ok(&config, NULL, argv);
    assert_int_equal(config.deliver_parallel, 2);
    assert_int_equal(config.deliver_max_text_bytes, 2 * 1024 * 1024);
    assert_int_equal(config.deliver_timeout_ms, 7000);
    assert_string_equal(config.log_level, "warn");
    assert_string_equal(config_origin(&config, config_find("deliver.parallel")), "file");
    assert_string_equal(config_origin(&config, config_find("deliver.max_text_bytes")), "environment");
    assert_string_equal(config_origin(&config, config_find("deliver.timeout")), "flag");
    config_fini(&config);
}

static void the_file_is_found_by_argument_variable_or_place(void **state)
{
    (void)state;
    struct config config;
    struct err_info error;
    int argc = 0;

    write_file("one.yaml", "worker: {processes: 3}\n");
    write_file("two.yaml", "worker: {processes: 5}\n");
    setenv("REPRISE_CONFIG", "two.yaml", 1);
    read_ok(&config, "one.yaml", no_flags);
    assert_int_equal(config.worker_processes, 3);
    config_fini(&config);
    read_ok(&config, NULL, no_flags);
    assert_int_equal(config.worker_processes, 5);
    config_fini(&config);
    setenv("REPRISE_CONFIG", "absent.yaml", 1);
    assert_int_equal(config_read(&config, NULL, &argc, no_flags, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "absent.yaml"));
}

static void a_file_of_the_current_directory_is_not_read_unless_it_is_named(void **state)
{
    (void)state;
    struct config config;

    write_file("reprise.yaml", "worker: {processes: 3}\n");
    read_ok(&config, NULL, no_flags);
    assert_int_not_equal(config.worker_processes, 3);
    config_fini(&config);
    read_ok(&config, "reprise.yaml", no_flags);
    assert_int_equal(config.worker_processes, 3);
    config_fini(&config);
}

/* A FIFO would be waited for, a device without end be read; the parser's bound would come too late. */
static void a_file_that_is_not_a_regular_one_or_too_large_is_refused(void **state)
{
    (void)state;
    struct config config;
    int argc = 0;

    assert_int_equal(mkfifo("fifo", 0600), 0);
    write_file("sparse", "");
    assert_int_equal(truncate("sparse", (off_t)1 << 40), 0);
    static const char *const odd[] = {"fifo", "/dev/zero", "/", "sparse"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct err_info error = {.code = ERR_OK};
        assert_int_equal(config_read(&config, odd[i], &argc, no_flags, &error), ERR_USAGE);
        assert_non_null(strstr(error.text, odd[i]));
        assert_non_null(strstr(error.text, strcmp(odd[i], "sparse") == 0 ? "larger than" : "regular file"));
    }
}

static void known_flags_are_taken_and_the_rest_stays(void **state)
{
    (void)state;
    struct config config;
    struct err_info error;
    char *argv[] = {(char[]){"producer"},
                    (char[]){"run"},
                    (char[]){"--deliver-max-text-bytes"},
                    (char[]){"64KiB"},
                    (char[]){"--json"},
                    (char[]){"--git-repositories_dir=/srv/a=b"},
                    (char[]){"--"},
                    (char[]){"--deliver-parallel=9"},
                    NULL};
    int argc = 8;

    assert_int_equal(config_read(&config, NULL, &argc, argv, &error), ERR_OK);
    assert_int_equal(argc, 5);
    assert_string_equal(argv[1], "run");
    assert_string_equal(argv[2], "--json");
    assert_string_equal(argv[3], "--");
    assert_string_equal(argv[4], "--deliver-parallel=9");
    assert_null(argv[5]);
    assert_int_equal(config.deliver_max_text_bytes, 65536);
    assert_string_equal(config.git_repositories_dir, "/srv/a=b");
    assert_int_equal(config.deliver_parallel, 4);
    config_fini(&config);
}

static void a_flag_without_value_is_refused(void **state)
{
    (void)state;
    struct config config;
    struct err_info error;
    char *argv[] = {(char[]){"worker"}, (char[]){"--deliver-parallel"}, NULL};
    int argc = 2;

    assert_int_equal(config_read(&config, NULL, &argc, argv, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "--deliver-parallel needs a value"));
}

static void mistakes_in_a_file_have_a_place(void **state)
{
    (void)state;
    assert_file_refused("deliver:\n  paralel: 4\n", 2, 3, "no setting \"deliver.paralel\"");
    assert_file_refused("deliver:\n  parallel: 0\n", 2, 13, "deliver.parallel: \"0\" must be from 1 to 64");
    assert_file_refused("deliver:\n  parallel:\n", 2, 12, "no value");
    assert_file_refused("deliver: {parallel: {a: 1}}\n", 1, 21, "one value");
    assert_file_refused("deliver: {parallel: [1]}\n", 1, 21, "is a list");
    assert_file_refused("deliver: 4\n", 1, 10, "must be a mapping");
    assert_file_refused("deliver: {parallel: 4}\ndeliver.parallel: 5\n", 2, 19, "given twice");
    assert_file_refused("- a\n", 1, 1, "is a mapping");
    assert_file_refused("deliver: {timeout: 30}\n", 1, 20, "30");
    assert_file_refused("encryption:\n  key: secret-thing\n", 2, 8, "encryption.key: the value (not shown) must be 64");
}

static void an_empty_group_or_file_sets_nothing(void **state)
{
    (void)state;
    struct config config;
    struct err_info error;

    config_init(&config);
    assert_int_equal(config_set_file(&config, "deliver:\n  # parallel: 4\n", 25, &error), ERR_OK);
    assert_int_equal(config_set_file(&config, "", 0, &error), ERR_OK);
    assert_string_equal(config_origin(&config, config_find("deliver.parallel")), "default");
    config_fini(&config);
}

static void values_are_held_to_their_rules(void **state)
{
    (void)state;
    assert_value_refused("deliver.parallel", "65", "must be from 1 to 64");
    assert_value_refused("deliver.parallel", "4x", "whole number");
    assert_value_refused("deliver.parallel", "99999999999999999999", "whole number");
    assert_value_refused("deliver.timeout", "31s", "must be from 100ms to 30s");
    assert_value_refused("git.max_bytes", "1KiB", "must be from 1MiB to 1024GiB");
    assert_value_refused("inbox.enabled", "yes", "true or false");
    assert_value_refused("redis.prefix", "reprise", "hash tag");
    assert_value_refused("redis.prefix", "a{}b{c}", "hash tag");
    assert_value_refused("redis.prefix", "{re prise}", "spaces");
    assert_value_refused("redis.url", "http://x", "must begin with");
    assert_value_refused("redis.url", "unix://", "must begin with");
    assert_value_refused("log.level", "loud", "debug");
    assert_value_refused("log.format", "xml", "json");
    assert_value_refused("worker.executors", "delivery", "queue=count");
    assert_value_refused("worker.executors", "delivery=0", "queue=count");
    assert_value_refused("worker.executors", "delivery=8,", "queue=count");
    assert_value_refused("worker.executors", "delivery=8;history=2", "queue=count");
    assert_value_refused("worker.executors", "", "queue=count");
    static const char *const prefixes[] = {"!",   "-",       "X",         "X-Docora", "X Docora-",
                                           "X:-", "X\r\nY-", "\xc3\xa9-", "-X-"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        assert_value_refused("deliver.header_prefix", prefixes[i], "header");
    assert_value_refused("deliver.header_prefix", "X234567890123456789012345678901234567890123456789012345678901-x-",
                         "header");
    assert_value_refused("git.file_roots", "relative", "absolute");
    assert_value_refused("definitions.dir", "", "empty");
}

static void values_within_the_rules_are_taken(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"redis.prefix", "app:{reprise}"},
        {"redis.url", "unix:///run/redis.sock"},
        {"redis.url", "rediss://host"},
        {"worker.executors", "delivery=256"},
        {"git.file_roots", "/srv/a:/srv/b"},
        {"encryption.key", KEY},
        {"encryption.key", ""},
        {"deliver.timeout", "30s"},
        {"deliver.parallel", "64"},
        {"inbox.enabled", "false"},
    };
    struct config config;
    struct err_info error;

    config_init(&config);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(config_set(&config, config_find(good[i][0]), good[i][1], "file", &error), ERR_OK);
    assert_false(config.inbox_enabled);
    assert_int_equal(config.deliver_parallel, 64);
    config_fini(&config);
}

static char *printed(const struct config *config)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    config_print(config, out);
    fclose(out);
    return text;
}

static void printing_shows_origins_and_hides_secrets(void **state)
{
    (void)state;
    struct config config;

    setenv("REPRISE_ENCRYPTION_KEY", KEY, 1);
    setenv("REPRISE_REDIS_URL", "redis://:hunter2@127.0.0.1:6379", 1);
    setenv("REPRISE_POSTGRES_URL", "host=/run dbname=a password=hunter2", 1);
    setenv("REPRISE_WORKER_GRACE", "90s", 1);
    read_ok(&config, NULL, no_flags);
    char *text = printed(&config);
    assert_null(strstr(text, KEY));
    assert_null(strstr(text, "hunter2"));
    assert_non_null(strstr(text, "encryption.key = (set)  # environment\n"));
    assert_non_null(strstr(text, "encryption.key_old = (not set)  # default\n"));
    assert_non_null(strstr(text, "redis.url = (set)  # environment\n"));
    assert_non_null(strstr(text, "postgres.url = (set)  # environment\n"));
    assert_non_null(strstr(text, "worker.grace = 1m30s  # environment, taken over at SIGHUP\n"));
    assert_non_null(strstr(text, "deliver.max_text_bytes = 32MiB  # default, taken over at SIGHUP\n"));
    assert_non_null(strstr(text, "retention.outcomes = 30d  # default, taken over at SIGHUP\n"));
    assert_non_null(strstr(text, "redis.prefix = \"{reprise}\"  # default\n"));
    free(text);
    config_fini(&config);
}

/* Whatever is wrong with an address, a part of it may be the password. */
static void a_malformed_address_is_never_shown(void **state)
{
    (void)state;
    static const char *const names[] = {"redis.url", "dashboard.public_url"};
    static const char *const texts[] = {"redis:/user:hunter2@h", "user:hunter2@h:6379", "hunter2",
                                        "http://:hunter2@h/",    "//hunter2@h",         "redis//:hunter2@h"};
    for (size_t name = 0; name < sizeof names / sizeof *names; name++) {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            struct config config;
            struct err_info error = {.code = ERR_OK};
            config_init(&config);
            assert_int_equal(config_set(&config, config_find(names[name]), texts[i], "file", &error), ERR_USAGE);
            if (strstr(error.text, "hunter2") || !strstr(error.text, names[name]))
                fail_msg("%s: %s", texts[i], error.text);
            config_fini(&config);
        }
    }
}

static void a_key_that_swallowed_its_value_is_not_shown(void **state)
{
    (void)state;
    static const char *const files[] = {"redis: {url:redis://:hunter2@h}", "redis.url:redis://:hunter2@h: x",
                                        "\"redis url hunter2\": x", "redis: {\"url=hunter2\": {a: 1}}"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct config config;
        struct err_info error = {.code = ERR_OK};
        config_init(&config);
        assert_int_equal(config_set_file(&config, files[i], strlen(files[i]), &error), ERR_USAGE);
        if (strstr(error.text, "hunter2"))
            fail_msg("%s: %s", files[i], error.text);
        config_fini(&config);
    }
}

static void a_password_without_a_user_is_not_printed(void **state)
{
    (void)state;
    struct config config;

    setenv("REPRISE_REDIS_URL", "redis://hunter2@127.0.0.1:6379", 1);
    setenv("REPRISE_POSTGRES_URL", "postgresql://me@host/a", 1);
    read_ok(&config, NULL, no_flags);
    char *text = printed(&config);
    assert_null(strstr(text, "hunter2"));
    assert_non_null(strstr(text, "postgres.url = \"postgresql://me@host/a\""));
    free(text);
    config_fini(&config);
}

static void secrets_are_refused_as_flags_without_being_shown(void **state)
{
    (void)state;
    static const char *const flags[] = {("--encryption-key=" KEY), "--redis-url=redis://:hunter2@localhost",
                                        "--postgres-url=postgresql://u:hunter2@localhost/db"};

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        struct config config;
        struct err_info error;
        char *flag = strdup(flags[i]);
        char *argv[] = {(char[]){"worker"}, flag, NULL};
        int argc = 2;
        assert_int_equal(config_read(&config, NULL, &argc, argv, &error), ERR_USAGE);
        assert_non_null(strstr(error.text, "arguments of a process"));
        assert_null(strstr(error.text, "hunter2"));
        assert_null(strstr(error.text, KEY));
        free(flag);
    }
}

static void an_address_without_password_may_be_a_flag(void **state)
{
    (void)state;
    struct config config;
    char *argv[] = {(char[]){"worker"}, (char[]){"--redis-url"}, (char[]){"unix:///run/redis.sock"},
                    (char[]){"--postgres-url=postgresql://reader@localhost:5432/db"}, NULL};

    read_ok(&config, NULL, argv);
    assert_string_equal(config.redis_url, "unix:///run/redis.sock");
    assert_string_equal(config.postgres_url, "postgresql://reader@localhost:5432/db");
    config_fini(&config);
}

static void each_entry_has_a_field_and_a_help_of_its_own(void **state)
{
    (void)state;
    for (const struct config_entry *entry = config_entries(); entry->name; entry++) {
        assert_non_null(entry->fallback);
        assert_true(strlen(entry->help) > 0);
        assert_ptr_equal(config_find(entry->name), entry);
        for (const struct config_entry *other = config_entries(); other < entry; other++)
            assert_int_not_equal(other->offset, entry->offset);
    }
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(defaults_hold_where_nothing_is_set),
        test(flag_beats_environment_beats_file_beats_default),
        test(the_file_is_found_by_argument_variable_or_place),
        test(known_flags_are_taken_and_the_rest_stays),
        test(a_flag_without_value_is_refused),
        test(mistakes_in_a_file_have_a_place),
        test(an_empty_group_or_file_sets_nothing),
        test(values_are_held_to_their_rules),
        test(values_within_the_rules_are_taken),
        test(a_file_of_the_current_directory_is_not_read_unless_it_is_named),
        test(a_file_that_is_not_a_regular_one_or_too_large_is_refused),
        test(a_malformed_address_is_never_shown),
        test(a_key_that_swallowed_its_value_is_not_shown),
        test(a_password_without_a_user_is_not_printed),
        test(printing_shows_origins_and_hides_secrets),
        test(secrets_are_refused_as_flags_without_being_shown),
        test(an_address_without_password_may_be_a_flag),
        test(each_entry_has_a_field_and_a_help_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
