/*
 * What stands between the sources of configuration and struct config: look-ups in the table and one function that
 * types, checks and stores a value, whatever source it comes from. For the files config*.c and their tests only.
 */
#ifndef REPRISE_BASE_CONFIG_SET_H
#define REPRISE_BASE_CONFIG_SET_H

#include "common/base/buf.h"
#include "common/base/config.h"

/* All defaults. `config` is then owed to config_fini. */
void config_init(struct config *config);

/* By the name with dots; NULL if there is none. */
const struct config_entry *config_find(const char *name);
/* True where `value` must not be shown: the entry is a secret, or the text is a URL or the like with a password in it.
 */
bool config_hides(const struct config_entry *entry, const char *value);
/* Stores `text`, typed, with its origin (a constant). ERR_USAGE: name, value (unless hidden) and the broken rule. */
MUST_CHECK enum err config_set(struct config *config, const struct config_entry *entry, const char *text,
                               const char *origin, struct err_info *error);
/* The origin that was noted last. */
const char *config_origin(const struct config *config, const struct config_entry *entry);
/* A number of this entry as one would write it in the file: "4", "1h30m", "32MiB". Returns `out`. */
#define CONFIG_VALUE_MAX 48
const char *config_value_text(const struct config_entry *entry, int64_t number, char out[CONFIG_VALUE_MAX]);

/* The sources above the defaults. Text of a file: ERR_USAGE with line and column. */
MUST_CHECK enum err config_set_file(struct config *config, const char *bytes, size_t len, struct err_info *error);
MUST_CHECK enum err config_set_environment(struct config *config, struct err_info *error);
MUST_CHECK enum err config_set_flags(struct config *config, int *argc, char **argv, struct err_info *error);

/* Where a program's settings come from, so that they can be read again. */
struct config_sources {
    char *path;  /* of the file; NULL: the usual one, if it is there */
    char **argv; /* as the program was called; a copy of the pointers */
    int argc;
};
void config_sources_init(struct config_sources *sources, const char *file, int argc, char **argv);
void config_sources_fini(struct config_sources *sources);
/* The text of the file, appended; `*has_file` false: there is none, and none was named. ERR_USAGE: it cannot be read.
 */
MUST_CHECK enum err config_read_file(const struct config_sources *sources, struct buf *text, bool *has_file,
                                     struct err_info *error);
/* Defaults, the file's text (NULL = none), environment, flags. As config_read, but leaves the flags where they are. */
MUST_CHECK enum err config_read_sources(struct config *config, const struct config_sources *sources,
                                        const struct buf *file, struct err_info *error);
/* Takes the flags out that were read before. */
void config_take_flags(int *argc, char **argv);

/* True if the entry has the same value in both. */
bool config_is_same(const struct config *a, const struct config *b, const struct config_entry *entry);
/* Gives the entry the value and origin that it has in `from`. */
void config_keep(struct config *config, const struct config *from, const struct config_entry *entry);
/* The value as config_print shows it, appended. */
void config_add_value(const struct config *config, const struct config_entry *entry, struct buf *out);

#endif
