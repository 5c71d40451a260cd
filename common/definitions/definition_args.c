/*
 * All arguments of a request, from JSON or from a command line, held against the schema. Each refusal says what was
 * given, why not, and what to give.
 */
#include <json-c/json_object_iterator.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/base/yaml.h"
#include "common/definitions/definition_read.h"

const struct definition_arg *definition_arg(const struct definition *definition, const char *name)
{
    for (size_t i = 0; i < definition->arg_count; i++) {
        if (!strcmp(definition->args[i].name, name))
            return &definition->args[i];
    }
    return NULL;
}

static enum err refuse_unknown(const struct definition *definition, const char *name, struct err_info *error)
{
    struct buf known = BUF_INIT;

    for (size_t i = 0; i < definition->arg_count; i++)
        buf_addf(&known, "%s%s", i ? ", " : "", definition->args[i].name);
    (void)!err_set(error, ERR_USAGE, "there is no argument \"%.100s\"; %s takes %s", name, definition->id,
                   known.len ? known.data : "none");
    buf_fini(&known);
    return ERR_USAGE;
}

static enum err refuse_value(const struct definition_arg *arg, const char *why, struct err_info *error)
{
    struct buf wanted = BUF_INIT;

    definition_add_wanted(&wanted, arg);
    (void)!err_set(error, ERR_USAGE, "argument \"%s\": %s; give %s", arg->name, why, wanted.data);
    buf_fini(&wanted);
    return ERR_USAGE;
}

static enum err check_given(const struct definition *definition, struct json_object *given, struct err_info *error)
{
    struct json_object_iterator at = json_object_iter_begin(given), end = json_object_iter_end(given);

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *name = json_object_iter_peek_name(&at);
        const struct definition_arg *arg = definition_arg(definition, name);
        struct err_info why;
        if (!arg)
            return refuse_unknown(definition, name, error);
        if (definition_check_value(arg, json_object_iter_peek_value(&at), &why))
            return refuse_value(arg, why.text, error);
    }
    return ERR_OK;
}

/* Copies, so that nothing of the definition or of the caller is shared: json-c's counts are not for several threads. */
static struct json_object *copy_of(struct json_object *value)
{
    struct json_object *copy = NULL;

    if (json_object_deep_copy(value, &copy, NULL))
        abort(); /* it fails only without memory */
    return copy;
}

enum err definition_check_args(const struct definition *definition, struct json_object *given,
                               struct json_object **complete, struct err_info *error)
{
    *complete = NULL;
    if (given && !json_object_is_type(given, json_type_object))
        return err_set(error, ERR_USAGE, "the arguments must be an object of names and values");
    if (given && check_given(definition, given, error))
        return ERR_USAGE;
    struct json_object *filled = json_object_new_object();
    for (size_t i = 0; i < definition->arg_count; i++) {
        const struct definition_arg *arg = &definition->args[i];
        struct json_object *value = json_get(given, arg->name);
        if (!value)
            value = arg->fallback;
        if (!value && arg->required) {
            json_object_put(filled);
            return refuse_value(arg, "it is required", error);
        }
        if (value)
            json_object_object_add(filled, arg->name, copy_of(value));
    }
    *complete = filled;
    return ERR_OK;
}

static struct json_object *split(const char *text)
{
    struct json_object *list = json_object_new_array();

    while (*text) {
        size_t len = strcspn(text, ",");
        json_object_array_add(list, json_object_new_string_len(text, (int)len));
        text += len;
        text += *text == ',';
    }
    return list;
}

/* What cannot be of the wanted type becomes text, which the check then refuses with the reason. */
static struct json_object *typed(const struct definition_arg *arg, char *text)
{
    struct yaml_node scalar = {.kind = YAML_SCALAR, .scalar = text, .plain = true};

    if (arg->type == DEFINITION_STRING)
        return json_object_new_string(text);
    if (arg->type == DEFINITION_ARRAY)
        return split(text);
    return yaml_is_null(&scalar) ? json_object_new_string(text) : yaml_to_json(&scalar);
}

static enum err take_word(const struct definition *definition, const char *word, struct json_object *args,
                          struct err_info *error)
{
    size_t name_len = strcspn(word, "=");

    if (!json_is_utf8(word, strlen(word)))
        return err_set(error, ERR_USAGE, "\"%.100s\" is not UTF-8", word);
    if (!word[name_len] || !name_len)
        return err_set(error, ERR_USAGE, "\"%.100s\" is not an argument: write name=value", word);
    char *text = mem_strdup(word);
    text[name_len] = '\0';
    const struct definition_arg *arg = definition_arg(definition, text);
    enum err err = ERR_OK;
    if (!arg)
        err = refuse_unknown(definition, text, error);
    else if (json_object_object_get_ex(args, arg->name, NULL))
        err = err_set(error, ERR_USAGE, "argument \"%s\" is given twice", arg->name);
    else
        json_object_object_add(args, arg->name, typed(arg, text + name_len + 1));
    free(text);
    return err;
}

enum err definition_args_from_words(const struct definition *definition, char *const *words, size_t count,
                                    struct json_object **out, struct err_info *error)
{
    struct json_object *args = json_object_new_object();

    *out = NULL;
    for (size_t i = 0; i < count; i++) {
        if (take_word(definition, words[i], args, error)) {
            json_object_put(args);
            return ERR_USAGE;
        }
    }
    *out = args;
    return ERR_OK;
}
