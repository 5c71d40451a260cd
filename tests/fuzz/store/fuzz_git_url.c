/* URLs of repositories, as an administrator's client gives them. What is accepted names a host that cannot be taken for
 * an option, or a path without steps up; nothing of it is a control character. */
#include <string.h>

#include "common/store/git_rules.h"
#include "tests/fuzz/fuzz.h"

static void check_path(const char *path)
{
    FUZZ_CHECK(path[0] == '/' && strlen(path) <= GIT_URL_MAX);
    for (const char *part = path; (part = strchr(part, '/')) != NULL; part++)
        FUZZ_CHECK(strncmp(part, "/../", 4) != 0 && strcmp(part, "/..") != 0 && strncmp(part, "/./", 3) != 0);
    for (; *path != '\0'; path++)
        FUZZ_CHECK((unsigned char)*path >= ' ' && *path != 0x7F);
}

static void check_host(const struct git_url *parsed)
{
    FUZZ_CHECK(parsed->host[0] != '\0' && parsed->host[0] != '-' && parsed->host[0] != '.');
    FUZZ_CHECK(strpbrk(parsed->host, "/@%?# '\"\\") == NULL);
    FUZZ_CHECK(parsed->port >= 1 && parsed->port <= 65535);
    FUZZ_CHECK(*parsed->path != '\0' && parsed->path[strspn(parsed->path, "/")] != '-');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct git_rules rules = {.repositories_dir = "/nonexistent", .file_roots = "/srv/git:/var/lib/x"};
    struct git_url parsed;
    struct err_info error;
    char *url = malloc(size + 1);
    FUZZ_CHECK(url != NULL);
    memcpy(url, data, size);
    url[size] = '\0';
    if (git_parse_url(url, &parsed, &error) == ERR_OK) {
        if (parsed.scheme == GIT_SCHEME_FILE)
            check_path(parsed.file);
        else
            check_host(&parsed);
        bool is_allowed = git_check_url(url, &rules, &error) == ERR_OK;
        if (is_allowed && parsed.scheme == GIT_SCHEME_FILE)
            FUZZ_CHECK(strncmp(parsed.file, "/srv/git", 8) == 0 || strncmp(parsed.file, "/var/lib/x", 10) == 0);
    } else {
        FUZZ_CHECK(error.code == ERR_USAGE && error.text[0] != '\0');
    }
    free(url);
    return 0;
}
