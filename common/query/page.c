/*
 * A page of a list: what the caller asks for (limit, cursor, page, offset) becomes the first arguments of the list's
 * statement, and its rows become the document with the cursor of the next page. A cursor is read strictly: it belongs
 * to one list in one order. Every list of this room goes through here.
 */
#include "common/query/page.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/crypto.h"
#include "common/base/json.h"
#include "common/base/mem.h"

#define DATA_ERROR "22" /* class of SQLSTATEs: here, a key that is not of its column's type */

static char *cursor_name(const struct page_list *list)
{
    struct buf name = BUF_INIT;
    buf_addf(&name, "%s%s%s", list->name, *list->order == '\0' ? "" : " by ", list->order);
    return buf_take(&name);
}

static enum err read_cursor(const struct query_params *asked, struct page *page, struct err_info *error)
{
    const char *text = query_params_text(asked, "cursor");
    if (text == NULL)
        return ERR_OK;
    if (page->offset > 0)
        return query_params_refuse(asked, error, "cursor",
                                   "it says where to begin already; leave page and offset away");
    char *name = cursor_name(&page->list);
    bool fits = cursor_read(text, name, page->list.keys, &page->cursor);
    free(name);
    if (fits)
        return ERR_OK;
    return query_params_refuse(asked, error, "cursor",
                               "\"%s\" was not given by this list in this order; ask for the first page again", text);
}

static enum err read_offset(const struct query_params *asked, struct page *page, struct err_info *error)
{
    int64_t number = 1;
    bool by_page = query_params_text(asked, "page") != NULL;
    enum err err =
        query_params_number(asked, "offset", (struct query_params_range){0, PAGE_OFFSET_MAX, 0}, &page->offset, error);
    if (err != ERR_OK || !by_page)
        return err;
    if (page->offset > 0)
        return query_params_refuse(asked, error, "page", "it cannot stand beside offset");
    int64_t last = PAGE_OFFSET_MAX / page->limit + 1;
    err = query_params_number(asked, "page", (struct query_params_range){1, last, 1}, &number, error);
    page->offset = (number - 1) * page->limit; /* a number that is refused is not given out */
    return err;
}

enum err page_asked(const struct query_params *asked, struct page_list list, struct page *page, struct err_info *error)
{
    *page = (struct page){.list = list};
    enum err err = query_params_number(asked, "limit", (struct query_params_range){1, PAGE_LIMIT_MAX, PAGE_LIMIT},
                                       &page->limit, error);
    if (err == ERR_OK)
        err = read_offset(asked, page, error);
    return err == ERR_OK ? read_cursor(asked, page, error) : err;
}

void page_fini(struct page *page)
{
    cursor_fini(&page->cursor);
}

/* One row more than asked for tells whether there is a next page. */
void page_args(const struct page *page, struct pg_args *args)
{
    pg_arg_int8(args, page->limit + 1);
    pg_arg_int8(args, page->offset);
    for (int i = 0; i < page->list.keys; i++)
        pg_arg_text(args, page->cursor.count == 0 ? NULL : page->cursor.keys[i]);
}

static char *next_cursor(const PGresult *result, int row, const struct page_list *list)
{
    struct cursor cursor = {.count = list->keys};
    for (int i = 0; i < list->keys; i++) {
        char column[sizeof ROW_CURSOR_PREFIX + 12];
        snprintf(column, sizeof column, ROW_CURSOR_PREFIX "%d", i + 1);
        int at = PQfnumber(result, column);
        assert(at >= 0);
        const char *key = pg_text(result, row, at);
        cursor.keys[i] = key == NULL ? NULL : mem_strdup(key);
    }
    char *name = cursor_name(list), *text = cursor_write(name, &cursor);
    cursor_fini(&cursor);
    free(name);
    return text;
}

enum err page_read(struct pg *pg, const struct page *page, const struct sql *statement, const struct pg_args *args,
                   struct query_result *answer, struct err_info *error)
{
    *answer = (struct query_result){0};
    enum err err = pg_exec(pg, statement, args, &answer->result, error);
    if (err != ERR_OK && page->cursor.count > 0 && strncmp(error->sqlstate, DATA_ERROR, strlen(DATA_ERROR)) == 0)
        return err_set(error, ERR_USAGE, "the cursor was not given by this list; ask for the first page again");
    if (err != ERR_OK)
        return err;
    bool more = pg_rows(answer->result) > page->limit;
    answer->rows = more ? (int)page->limit : pg_rows(answer->result);
    answer->next = more ? next_cursor(answer->result, answer->rows - 1, &page->list) : NULL;
    answer->json = json_object_new_object();
    json_object_object_add(answer->json, page->list.name, row_array(answer->result, answer->rows));
    json_object_object_add(answer->json, "next", answer->next == NULL ? NULL : json_object_new_string(answer->next));
    return ERR_OK;
}

void page_go_on(const struct page *page, const char *key, struct query_result *answer)
{
    char *name = cursor_name(&page->list), *copy = mem_strdup(key);
    const struct cursor cursor = {.count = 1, .keys = {copy}};
    free(answer->next);
    answer->next = cursor_write(name, &cursor);
    json_object_object_add(answer->json, "next", json_object_new_string(answer->next));
    free(copy);
    free(name);
}

/* ---- cursor ------------------------------------------------------------------------------------------------------ */

/* In hex lies a JSON array: the list's name, then the keys. */

void cursor_fini(struct cursor *cursor)
{
    for (int i = 0; i < cursor->count; i++)
        free(cursor->keys[i]);
    *cursor = (struct cursor){0};
}

char *cursor_write(const char *list, const struct cursor *cursor)
{
    struct buf json = BUF_INIT;
    buf_add_char(&json, '[');
    json_add_string(&json, list, strlen(list));
    for (int i = 0; i < cursor->count; i++) {
        buf_add_char(&json, ',');
        if (cursor->keys[i] == NULL)
            buf_add_str(&json, "null");
        else
            json_add_string(&json, cursor->keys[i], strlen(cursor->keys[i]));
    }
    buf_add_char(&json, ']');
    char *text = mem_alloc(2 * json.len + 1);
    crypto_hex((const uint8_t *)json.data, json.len, text);
    buf_fini(&json);
    return text;
}

static bool is_key(struct json_object *value)
{
    return value == NULL || json_object_is_type(value, json_type_string);
}

static bool is_of(struct json_object *array, const char *list, int count)
{
    if (!json_object_is_type(array, json_type_array) || json_object_array_length(array) != (size_t)count + 1)
        return false;
    struct json_object *name = json_object_array_get_idx(array, 0);
    if (!json_object_is_type(name, json_type_string) || strcmp(json_object_get_string(name), list) != 0)
        return false;
    for (int i = 1; i <= count; i++)
        if (!is_key(json_object_array_get_idx(array, (size_t)i)))
            return false;
    return true;
}

static void take_keys(struct json_object *array, int count, struct cursor *cursor)
{
    cursor->count = count;
    for (int i = 0; i < count; i++) {
        struct json_object *key = json_object_array_get_idx(array, (size_t)i + 1);
        cursor->keys[i] = key == NULL ? NULL : mem_strdup(json_object_get_string(key));
    }
}

bool cursor_read(const char *text, const char *list, int count, struct cursor *cursor)
{
    *cursor = (struct cursor){0};
    uint8_t bytes[CURSOR_TEXT_MAX / 2];
    size_t len = strlen(text) / 2;
    if (strlen(text) > CURSOR_TEXT_MAX || !crypto_unhex(text, bytes, len))
        return false;
    struct err_info error;
    struct json_object *array = NULL;
    if (json_parse((const char *)bytes, len, JSON_LIMITS_REQUEST, &array, &error) != ERR_OK)
        return false;
    bool fits = is_of(array, list, count);
    if (fits)
        take_keys(array, count, cursor);
    json_object_put(array);
    return fits;
}
