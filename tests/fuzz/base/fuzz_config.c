/* Any bytes as a configuration file: refused, or within the ranges of the table; no printed line holds a key. */
#include <inttypes.h>
#include <string.h>

#include "common/base/config.h"
#include "tests/fuzz/fuzz.h"

static void check_ranges(const struct config *config)
{
    for (const struct config_entry *entry = config_entries(); entry->name; entry++) {
        const void *field = (const char *)config + entry->offset;
        if (entry->type == CONFIG_STRING) {
            const char *value = *(char *const *)field;
            FUZZ_CHECK(value && (!entry->broken_rule || !entry->broken_rule(value)));
        } else if (entry->type != CONFIG_BOOL) {
            int64_t number = *(const int64_t *)field;
            FUZZ_CHECK(number >= entry->least && number <= entry->most);
        }
    }
}

static void check_print(const struct config *config)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    config_print(config, out);
    fclose(out);
    FUZZ_CHECK(!*config->encryption_key || !strstr(text, config->encryption_key));
    FUZZ_CHECK(!strpbrk(text, "\x01\x1b\x7f"));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    struct err_info error = {.code = ERR_OK};

    config_init(&config);
    if (!config_set_file(&config, (const char *)data, size, &error))
        check_print(&config);
    else
        FUZZ_CHECK(error.code == ERR_USAGE && error.text[0]);
    check_ranges(&config);
    config_fini(&config);
    return 0;
}
