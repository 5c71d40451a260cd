/* git's output as bytes: ls-remote's lines, and stderr. A branch that is accepted is one by git's own rules. */
#include <string.h>

#include "common/store/git_rules.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char branch[GIT_BRANCH_MAX];
    struct err_info error;
    const char *text = (const char *)data;
    if (git_parse_head(text, size, branch, &error) == ERR_OK) {
        bool usable = strcmp(branch, GIT_DETACHED) == 0 || git_check_branch(branch, &error) == ERR_OK;
        FUZZ_CHECK(usable);
    }
    enum err code = git_judge(text, size, "secret", &error);
    FUZZ_CHECK(code == ERR_RETRY || code == ERR_PERMANENT || code == ERR_LOCAL);
    (void)git_is_access_trouble(text, size);
    (void)git_is_damage(text, size);
    FUZZ_CHECK(strlen(error.text) > 0 && strstr(error.text, "secret") == NULL);
    return 0;
}
