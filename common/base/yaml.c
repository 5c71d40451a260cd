/*
 * The tree is built from libyaml's events by recursive descent; depth and number of nodes are checked as they come, so
 * a small hostile file cannot become a big tree. What libyaml lets through but the contract refuses (aliases, tags,
 * duplicate keys, NUL by an escape, a second document) is refused here, with its place.
 */
#include "common/base/yaml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/base/json.h"
#include "common/base/mem.h"

struct reader {
    yaml_parser_t parser;
    const char *bytes;
    size_t len;
    size_t nodes;
    struct err_info *error;
};

static enum err refuse_at(struct reader *reader, size_t line, size_t column, const char *problem)
{
    struct yaml_node place = {.line = (int)line + 1, .column = (int)column + 1};
    return yaml_error(&place, reader->error, "%s", problem);
}

static enum err refuse_mark(struct reader *reader, const yaml_mark_t *mark, const char *problem)
{
    return refuse_at(reader, mark->line, mark->column, problem);
}

/* For errors that know only how many bytes stand before them. */
static enum err refuse_offset(struct reader *reader, size_t offset, const char *problem)
{
    size_t line = 0, column = 0;

    for (size_t i = 0; i < offset && i < reader->len; i++) {
        bool continues_character = ((unsigned char)reader->bytes[i] & 0xC0) == 0x80;
        if (reader->bytes[i] == '\n') {
            line++;
            column = 0;
        } else if (!continues_character) {
            column++;
        }
    }
    return refuse_at(reader, line, column, problem);
}

static enum err next_event(struct reader *reader, yaml_event_t *event)
{
    const yaml_parser_t *parser = &reader->parser;

    if (yaml_parser_parse(&reader->parser, event))
        return ERR_OK;
    const char *problem = parser->problem ? parser->problem : "this is not YAML";
    if (parser->error == YAML_READER_ERROR)
        return refuse_offset(reader, parser->problem_offset, problem);
    return refuse_mark(reader, &parser->problem_mark, problem);
}

static struct yaml_node *node_new(enum yaml_kind kind, const yaml_mark_t *mark)
{
    struct yaml_node *node = mem_zalloc(sizeof *node);

    node->kind = kind;
    node->line = (int)mark->line + 1;
    node->column = (int)mark->column + 1;
    return node;
}

void yaml_drop(struct yaml_node *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->count; i++) {
        if (node->keys)
            yaml_drop(node->keys[i]);
        yaml_drop(node->items[i]);
    }
    free(node->keys);
    free(node->items);
    free(node->scalar);
    free(node);
}

/* Room for one more; doubles, so that a long list does not copy itself at each step. */
static void grow(struct yaml_node *node)
{
    if (node->count & (node->count - 1))
        return;
    size_t cap = node->count ? node->count * 2 : 1;
    node->items = mem_grow(node->items, cap, sizeof(struct yaml_node *));
    if (node->kind == YAML_MAPPING)
        node->keys = mem_grow(node->keys, cap, sizeof(struct yaml_node *));
}

static int by_text_then_place(const void *a, const void *b)
{
    const struct yaml_node *left = *(struct yaml_node *const *)a;
    const struct yaml_node *right = *(struct yaml_node *const *)b;
    int order = strcmp(left->scalar, right->scalar);

    if (order)
        return order;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return (left->column > right->column) - (left->column < right->column);
}

static enum err refuse_duplicate_keys(struct reader *reader, const struct yaml_node *mapping)
{
    if (mapping->count < 2)
        return ERR_OK;
    enum err err = ERR_OK;
    struct yaml_node **sorted = mem_array(mapping->count, sizeof(struct yaml_node *));
    memcpy(sorted, mapping->keys, mapping->count * sizeof(struct yaml_node *));
    qsort(sorted, mapping->count, sizeof(struct yaml_node *), by_text_then_place);
    for (size_t i = 1; i < mapping->count && !err; i++) {
        if (!strcmp(sorted[i - 1]->scalar, sorted[i]->scalar))
            err = yaml_error(sorted[i], reader->error, "the key \"%s\" stands here a second time (first on line %d)",
                             sorted[i]->scalar, sorted[i - 1]->line);
    }
    free(sorted);
    return err;
}

static enum err read_node(struct reader *reader, const yaml_event_t *first, int depth, struct yaml_node **out);

/* Reads the next node, unless the container ends first: then ERR_OK and `*out` NULL. */
static enum err read_next(struct reader *reader, int depth, struct yaml_node **out)
{
    yaml_event_t event;

    *out = NULL;
    if (next_event(reader, &event))
        return ERR_USAGE;
    enum err err = ERR_OK;
    if (event.type != YAML_SEQUENCE_END_EVENT && event.type != YAML_MAPPING_END_EVENT)
        err = read_node(reader, &event, depth, out);
    yaml_event_delete(&event);
    return err;
}

static enum err read_sequence(struct reader *reader, struct yaml_node *sequence, int depth)
{
    for (;;) {
        struct yaml_node *item;
        if (read_next(reader, depth, &item))
            return ERR_USAGE;
        if (!item)
            return ERR_OK;
        grow(sequence);
        sequence->items[sequence->count++] = item;
    }
}

static enum err read_mapping(struct reader *reader, struct yaml_node *mapping, int depth)
{
    for (;;) {
        struct yaml_node *key, *value;
        if (read_next(reader, depth, &key))
            return ERR_USAGE;
        if (!key)
            return refuse_duplicate_keys(reader, mapping);
        if (key->kind != YAML_SCALAR) {
            enum err err = yaml_error(key, reader->error, "a key must be plain text, not a list or a mapping");
            yaml_drop(key);
            return err;
        }
        if (read_next(reader, depth, &value)) {
            yaml_drop(key);
            return ERR_USAGE;
        }
        assert(value); /* libyaml gives an empty scalar where a value is left out */
        grow(mapping);
        mapping->keys[mapping->count] = key;
        mapping->items[mapping->count++] = value;
    }
}

/* The spaces before the first line below `line` that is not empty: those of all lines of a block that begins there. */
static int indent_below(const struct reader *reader, int line)
{
    const char *at = reader->bytes, *end = reader->bytes + reader->len;
    for (int i = 0; i < line && at != NULL; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at == NULL ? NULL : at + 1;
    }
    int indent = 0;
    for (; at != NULL && at < end && strchr(" \r\n", *at) != NULL; at++)
        indent = *at == ' ' ? indent + 1 : 0;
    return indent;
}

/* A scalar of libyaml may hold NUL, by the escape "\0"; ours are C strings. */
static enum err read_scalar(struct reader *reader, const yaml_event_t *event, struct yaml_node *node)
{
    const char *text = (const char *)event->data.scalar.value;

    if (strlen(text) != event->data.scalar.length)
        return yaml_error(node, reader->error, "text must not contain NUL");
    node->scalar = mem_strdup(text);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE)
        node->indent = indent_below(reader, node->line);
    return ERR_OK;
}

void yaml_place(const struct yaml_node *scalar, size_t offset, int *line, int *column)
{
    const char *text = scalar->scalar, *start = text;
    int newlines = 0, characters = 0;
    *line = scalar->line;
    *column = scalar->column;
    for (size_t i = 0; i < offset && text[i] != '\0'; i++)
        if (text[i] == '\n') {
            newlines++;
            start = text + i + 1;
        }
    for (const char *at = start; at < text + offset && *at != '\0'; at++)
        characters += ((unsigned char)*at & 0xC0) != 0x80;
    if (scalar->indent > 0) {
        *line += 1 + newlines;
        *column = scalar->indent + characters + 1;
    } else if (scalar->line > 0 && strchr(text, '\n') == NULL) {
        *column += (scalar->plain ? 0 : 1) + characters;
    }
}

struct node_form {
    enum yaml_kind kind;
    const yaml_char_t *anchor, *tag;
};

static bool form_of(const yaml_event_t *event, struct node_form *form)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        *form = (struct node_form){YAML_SCALAR, event->data.scalar.anchor, event->data.scalar.tag};
        return true;
    case YAML_SEQUENCE_START_EVENT:
        *form = (struct node_form){YAML_SEQUENCE, event->data.sequence_start.anchor, event->data.sequence_start.tag};
        return true;
    case YAML_MAPPING_START_EVENT:
        *form = (struct node_form){YAML_MAPPING, event->data.mapping_start.anchor, event->data.mapping_start.tag};
        return true;
    default:
        return false;
    }
}

static enum err refuse_form(struct reader *reader, const yaml_event_t *event, int depth, struct node_form *form)
{
    if (!form_of(event, form))
        return refuse_mark(reader, &event->start_mark, "aliases (*name) are not allowed here: write the value out");
    if (form->anchor)
        return refuse_mark(reader, &event->start_mark, "anchors (&name) are not allowed here: write the value out");
    if (form->tag)
        return refuse_mark(reader, &event->start_mark, "tags (!name) are not allowed here");
    if (depth > YAML_MAX_DEPTH)
        return refuse_mark(reader, &event->start_mark, "nested too deeply");
    if (++reader->nodes > YAML_MAX_NODES)
        return refuse_mark(reader, &event->start_mark, "too many values in one file");
    return ERR_OK;
}

static enum err read_node(struct reader *reader, const yaml_event_t *first, int depth, struct yaml_node **out)
{
    struct node_form form = {YAML_SCALAR, NULL, NULL};
    enum err err = refuse_form(reader, first, depth, &form);

    *out = NULL;
    if (err != ERR_OK)
        return err;
    struct yaml_node *node = node_new(form.kind, &first->start_mark);
    if (form.kind == YAML_SCALAR)
        err = read_scalar(reader, first, node);
    else if (form.kind == YAML_SEQUENCE)
        err = read_sequence(reader, node, depth + 1);
    else
        err = read_mapping(reader, node, depth + 1);
    if (err != ERR_OK) {
        yaml_drop(node);
        return err;
    }
    *out = node;
    return ERR_OK;
}

/* Between the nodes stand the marks of stream and document; an input without any document counts as an empty value. */
static enum err read_stream(struct reader *reader, struct yaml_node **out)
{
    for (;;) {
        yaml_event_t event;
        enum err err = next_event(reader, &event);
        if (err != ERR_OK)
            return err;
        yaml_event_type_t type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && *out)
            err = refuse_mark(reader, &event.start_mark, "only one document per file: remove what follows the first");
        else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
                 type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT)
            err = read_node(reader, &event, 1, out);
        if (type == YAML_STREAM_END_EVENT && !*out) {
            *out = node_new(YAML_SCALAR, &(yaml_mark_t){0, 0, 0});
            (*out)->scalar = mem_strdup("");
            (*out)->plain = true;
        }
        yaml_event_delete(&event);
        if (err || type == YAML_STREAM_END_EVENT)
            return err;
    }
}

static size_t valid_utf8_prefix(const char *bytes, size_t len)
{
    size_t start = 0, line_end;

    for (; start < len; start = line_end) {
        const char *newline = memchr(bytes + start, '\n', len - start);
        line_end = newline ? (size_t)(newline - bytes) + 1 : len;
        if (!json_is_utf8(bytes + start, line_end - start))
            return start;
    }
    return len;
}

enum err yaml_parse(const char *bytes, size_t len, struct yaml_node **out, struct err_info *error)
{
    struct reader reader = {.bytes = bytes, .len = len, .error = error};

    *out = NULL;
    /* Programs on Windows begin a file with a byte order mark. */
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        reader.bytes = bytes += 3;
        reader.len = len -= 3;
    }
    if (len > YAML_MAX_BYTES)
        return err_set(error, ERR_USAGE, "%zu bytes are too many: at most %d are read", len, YAML_MAX_BYTES);
    size_t valid = valid_utf8_prefix(bytes, len);
    if (valid < len)
        return refuse_offset(&reader, valid, "this line is not UTF-8");
    if (!yaml_parser_initialize(&reader.parser))
        abort(); /* it fails only without memory */
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(len ? bytes : ""), len);
    enum err err = read_stream(&reader, out);
    yaml_parser_delete(&reader.parser);
    if (err != ERR_OK) {
        yaml_drop(*out);
        *out = NULL;
    }
    return err;
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
    if (!mapping || mapping->kind != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->count; i++) {
        if (!strcmp(mapping->keys[i]->scalar, key))
            return mapping->items[i];
    }
    return NULL;
}

enum err yaml_error(const struct yaml_node *node, struct err_info *error, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (node->line)
        (void)!err_set(error, ERR_USAGE, "line %d, column %d: %s", node->line, node->column, text);
    else
        (void)!err_set(error, ERR_USAGE, "%s", text);
    error->line = node->line;
    error->column = node->column;
    return ERR_USAGE;
}
