/*
 * The command lines that do by hand what the page shows of an operation: complete, and quoted for a shell, because the
 * arguments may come from any client of the inbox (`search=x; rm -rf ~`) and a person pastes these lines. Pure.
 */
#ifndef REPRISE_DASHBOARD_SHELL_COMMANDS_H
#define REPRISE_DASHBOARD_SHELL_COMMANDS_H

#include <json-c/json_object.h>

/* Where the installation's Redis is: the URL as the settings have it, and the prefix of all keys. */
struct shell_redis {
    const char *url, *prefix;
};
/* The lines for an operation as operations_one describes it, as an array of texts; the caller's. A password of the URL
 * is left out, and redis-cli asks for it. */
struct json_object *shell_commands(struct json_object *operation, struct shell_redis redis);

#endif
