/*
 * bench_read_runs: what the files of runs alone allow, without PostgreSQL and Redis.
 *   bench_read_runs make DIR COUNT    makes runs of two agents, whose streams are 200 KB: a hole and a real end
 *   bench_read_runs read DIR          reads them all, then their signatures; one line of JSON with runs per second
 * `read` twice for figures of a warm cache.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "worker/run/history_files.h"

#define STREAM_BYTES 200000
#define RUNS_MAX 10000000

static const char *const agents[] = {"planner", "builder"};
#define AGENTS (sizeof(agents) / sizeof(agents[0]))

static const char state[] =
    "{\"adw_id\": \"%s\", \"status\": \"completed\", \"issue_number\": \"%d\", \"branch_name\": \"feature-issue-%d\",\n"
    " \"plan_file\": \"specs/issue-%d.md\", \"issue_class\": \"/feature\", \"worktree_path\": \"/home/dev/trees/%d\",\n"
    " \"backend_port\": 9108, \"frontend_port\": 9208, \"model_set\": \"base\", \"workflow_template\": "
    "\"adw_sdlc_iso\",\n"
    " \"start_time\": \"2025-12-10T10:33:03.064774\", \"end_time\": \"2025-12-10T10:41:00.000001\",\n"
    " \"nl_input\": \"Add user authentication with JWT tokens\", \"estimated_cost_total\": 0.45,\n"
    " \"estimated_cost_breakdown\": {\"plan\": 0.15, \"build\": 0.2, \"test\": 0.1}}\n";

static const char line[] =
    "\n{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"duration_ms\":73345,\"duration_api_ms\":76786,"
    "\"num_turns\":13,\"result\":\"%0900d\",\"session_id\":\"f809d068-8cef-4284-9498-79667bb26012\","
    "\"total_cost_usd\":0.%06d,\"usage\":{\"input_tokens\":52,\"cache_creation_input_tokens\":8255,"
    "\"cache_read_input_tokens\":236117,\"output_tokens\":2405,\"server_tool_use\":{\"web_search_requests\":0},"
    "\"service_tier\":\"standard\",\"cache_creation\":{\"ephemeral_1h_input_tokens\":0,"
    "\"ephemeral_5m_input_tokens\":8255}},\"modelUsage\":{\"claude-haiku-4-5-20251001\":{\"inputTokens\":10043,"
    "\"outputTokens\":442,\"cacheReadInputTokens\":0,\"cacheCreationInputTokens\":0,\"costUSD\":0.012253,"
    "\"contextWindow\":200000},\"claude-sonnet-4-5-20250929\":{\"inputTokens\":52,\"outputTokens\":2405,"
    "\"cacheReadInputTokens\":236117,\"cacheCreationInputTokens\":8255,\"costUSD\":0.13802235,"
    "\"contextWindow\":200000}},\"permission_denials\":[],\"uuid\":\"4c7560ef-a600-47ec-9d0d-3ec6f71054d5\"}\n";

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return 1;
}

static int put(const char *path, const char *text, int64_t size)
{
    int64_t len = (int64_t)strlen(text);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail(path);
    bool put_all = pwrite(fd, text, (size_t)len, size > len ? size - len : 0) == len;
    return close(fd) == 0 && put_all ? 0 : fail(path);
}

static int make_run(const char *dir, int number)
{
    char path[4096], text[4096], id[16];
    snprintf(id, sizeof(id), "%08x", number);
    snprintf(path, sizeof(path), "%s/%s", dir, id);
    if (mkdir(path, 0755) != 0)
        return fail(path);
    snprintf(path, sizeof(path), "%s/%s/adw_state.json", dir, id);
    snprintf(text, sizeof(text), state, id, number, number, number, number);
    int failed = put(path, text, 0);
    for (size_t i = 0; i < AGENTS && failed == 0; i++) {
        snprintf(path, sizeof(path), "%s/%s/%s", dir, id, agents[i]);
        if (mkdir(path, 0755) != 0)
            return fail(path);
        snprintf(path, sizeof(path), "%s/%s/%s/raw_output.jsonl", dir, id, agents[i]);
        snprintf(text, sizeof(text), line, number, number % 1000000);
        failed = put(path, text, STREAM_BYTES);
    }
    return failed;
}

static int make(const char *dir, const char *count_text)
{
    long count = strtol(count_text, NULL, 10);
    if (count < 1 || count > RUNS_MAX) {
        fprintf(stderr, "COUNT: from 1 to %d\n", RUNS_MAX);
        return 2;
    }
    for (int i = 0; i < count; i++)
        if (make_run(dir, i) != 0)
            return 1;
    return 0;
}

struct figures {
    int64_t listed_us, read_us, sealed_us, nusd;
};

static int read_runs(struct history_dir *dir, const struct history_names *names, struct figures *figures)
{
    struct prices *prices = prices_builtin();
    struct history_reader *reader = history_reader_new(prices, NULL, NULL);
    struct err_info error = {.code = ERR_OK};
    struct run_facts facts;
    struct history_signature signature;
    run_facts_init(&facts);
    int64_t began = clock_mono_us();
    for (size_t i = 0; i < names->count && error.code == ERR_OK; i++)
        if (history_files_read(reader, dir, names->items[i], &facts, &error) == ERR_OK)
            (void)money_add(&figures->nusd, facts.actual_cost_nusd);
    figures->read_us = clock_mono_us() - began;
    began = clock_mono_us();
    for (size_t i = 0; i < names->count && error.code == ERR_OK; i++)
        (void)!history_files_signature(reader, dir, names->items[i], &signature, &error);
    figures->sealed_us = clock_mono_us() - began;
    run_facts_fini(&facts);
    history_reader_drop(reader);
    prices_drop(prices);
    if (error.code != ERR_OK)
        fprintf(stderr, "%s\n", error.text);
    return error.code == ERR_OK ? 0 : 1;
}

static int64_t per_second(size_t count, int64_t us)
{
    return us > 0 ? (int64_t)count * 1000000 / us : 0;
}

static int read_all(const char *path)
{
    struct history_dir *dir = NULL;
    struct history_names names;
    struct err_info error;
    struct figures figures = {0, 0, 0, 0};
    if (history_dir_open(path, NULL, &dir, &error) != ERR_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    int64_t began = clock_mono_us();
    int failed = history_dir_list(dir, "", RUNS_MAX, &names, &error) != ERR_OK;
    figures.listed_us = clock_mono_us() - began;
    if (failed == 0)
        failed = read_runs(dir, &names, &figures);
    if (failed == 0)
        printf("{\"runs\":%zu,\"listed_per_s\":%" PRId64 ",\"read_per_s\":%" PRId64 ",\"signatures_per_s\":%" PRId64
               ",\"nusd\":%" PRId64 "}\n",
               names.count, per_second(names.count, figures.listed_us), per_second(names.count, figures.read_us),
               per_second(names.count, figures.sealed_us), figures.nusd);
    history_names_fini(&names);
    history_dir_close(dir);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "read") == 0)
        return read_all(argv[2]);
    fprintf(stderr, "usage: bench_read_runs make DIR COUNT | read DIR\n");
    return 2;
}
