#include "common/kinds/setting_args.h"

#include <string.h>

/* Whole numbers only, so far. */
static const struct {
    const char *definition, *arg;
    size_t offset; /* in struct config */
} settings[] = {
    {"rescan", "age_ms", offsetof(struct config, rescan_age_ms)},
};

void setting_args_add(const struct definition *definition, struct json_object *args, const void *config)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        int64_t value;
        if (strcmp(definition->id, settings[i].definition) != 0 || !definition_arg(definition, settings[i].arg) ||
            json_object_object_get_ex(args, settings[i].arg, NULL))
            continue;
        memcpy(&value, (const char *)config + settings[i].offset, sizeof value);
        json_object_object_add(args, settings[i].arg, json_object_new_int64(value));
    }
}
