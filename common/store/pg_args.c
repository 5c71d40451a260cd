/*
 * Parameters. Scalars travel as text, so that the server reads each by the type that the statement gives it; byteas and
 * arrays travel in binary, where the types are ours and parsing text would cost.
 *
 * A binary array: number of dimensions, 1 if any element is null, the element's type, then length and lower bound of
 * the dimension, then each element as length and bytes, −1 for null; integers of 32 bits in network order.
 */
#include "common/store/pg_private.h"

#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum pg_type { PG_TYPE_BYTEA = 17, PG_TYPE_INT8 = 20, PG_TYPE_INT4 = 23, PG_TYPE_TEXT = 25 }; /* pg_type.oid */

struct pg_args *pg_args_new(void)
{
    return mem_zalloc(sizeof(struct pg_args));
}

void pg_args_fini(struct pg_args *args)
{
    buf_fini(&args->data);
}

void pg_args_drop(struct pg_args *args)
{
    if (!args)
        return;
    pg_args_fini(args);
    free(args);
}

void pg_args_reset(struct pg_args *args)
{
    args->count = 0;
    buf_reset(&args->data);
}

static struct pg_arg *begin_arg(struct pg_args *args)
{
    assert(args->count < PG_ARGS_MAX);
    struct pg_arg *arg = &args->list[args->count++];
    *arg = (struct pg_arg){.offset = args->data.len};
    return arg;
}

/* The NUL that ends a text value for libpq stands behind the last byte and is not counted. */
static void end_arg(struct pg_args *args, struct pg_arg *arg)
{
    arg->length = args->data.len - arg->offset;
    assert(arg->length <= INT_MAX);
    buf_add_char(&args->data, '\0');
}

void pg_arg_null(struct pg_args *args)
{
    begin_arg(args)->null = true;
}

/* Text with a NUL in it goes as binary: as text libpq would cut it there without a word, so the server says no. */
void pg_arg_text_len(struct pg_args *args, const char *text, size_t len)
{
    struct pg_arg *arg = begin_arg(args);
    if (len > 0) {
        arg->binary = memchr(text, '\0', len) != NULL;
        buf_add(&args->data, text, len);
    }
    end_arg(args, arg);
}

void pg_arg_text(struct pg_args *args, const char *text)
{
    if (text)
        pg_arg_text_len(args, text, strlen(text));
    else
        pg_arg_null(args);
}

void pg_arg_int8(struct pg_args *args, int64_t value)
{
    struct pg_arg *arg = begin_arg(args);
    buf_add_int(&args->data, value);
    end_arg(args, arg);
}

void pg_arg_int4(struct pg_args *args, int32_t value)
{
    pg_arg_int8(args, value);
}

void pg_arg_bool(struct pg_args *args, bool value)
{
    pg_arg_text(args, value ? "t" : "f");
}

void pg_arg_bytea(struct pg_args *args, const void *bytes, size_t len)
{
    struct pg_arg *arg = begin_arg(args);
    arg->binary = true;
    if (len > 0)
        buf_add(&args->data, bytes, len);
    end_arg(args, arg);
}

static void add_int32(struct pg_args *args, int32_t number)
{
    uint32_t wire = htonl((uint32_t)number);
    buf_add(&args->data, &wire, sizeof wire);
}

static struct pg_arg *begin_array(struct pg_args *args, enum pg_type type, size_t count, bool has_null)
{
    assert(count <= INT32_MAX);
    struct pg_arg *arg = begin_arg(args);
    arg->binary = true;
    add_int32(args, count > 0 ? 1 : 0);
    add_int32(args, has_null ? 1 : 0);
    add_int32(args, (int32_t)type);
    if (count > 0) {
        add_int32(args, (int32_t)count);
        add_int32(args, 1);
    }
    return arg;
}

static void add_element(struct pg_args *args, const void *bytes, size_t len)
{
    assert(len <= INT32_MAX);
    add_int32(args, (int32_t)len);
    if (len > 0)
        buf_add(&args->data, bytes, len);
}

void pg_arg_int8s(struct pg_args *args, const int64_t *values, size_t count)
{
    struct pg_arg *arg = begin_array(args, PG_TYPE_INT8, count, false);
    for (size_t i = 0; i < count; i++) {
        uint64_t wire = htobe64((uint64_t)values[i]);
        add_element(args, &wire, sizeof wire);
    }
    end_arg(args, arg);
}

void pg_arg_int4s(struct pg_args *args, const int32_t *values, size_t count)
{
    struct pg_arg *arg = begin_array(args, PG_TYPE_INT4, count, false);
    for (size_t i = 0; i < count; i++) {
        uint32_t wire = htonl((uint32_t)values[i]);
        add_element(args, &wire, sizeof wire);
    }
    end_arg(args, arg);
}

void pg_arg_texts(struct pg_args *args, const char *const *values, size_t count)
{
    bool has_null = false;
    for (size_t i = 0; i < count; i++)
        has_null = has_null || !values[i];

    struct pg_arg *arg = begin_array(args, PG_TYPE_TEXT, count, has_null);
    for (size_t i = 0; i < count; i++) {
        if (values[i])
            add_element(args, values[i], strlen(values[i]));
        else
            add_int32(args, -1);
    }
    end_arg(args, arg);
}

void pg_arg_byteas(struct pg_args *args, const void *bytes, size_t each, size_t count)
{
    struct pg_arg *arg = begin_array(args, PG_TYPE_BYTEA, count, false);
    const char *at = bytes;
    for (size_t i = 0; i < count; i++)
        add_element(args, at + i * each, each);
    end_arg(args, arg);
}

void pg_args_bind(const struct pg_args *args, struct pg_bound *bound)
{
    bound->count = args->count;
    for (int i = 0; i < args->count; i++) {
        const struct pg_arg *arg = &args->list[i];
        bound->values[i] = arg->null ? NULL : args->data.data + arg->offset;
        bound->lengths[i] = (int)arg->length;
        bound->formats[i] = arg->binary ? 1 : 0;
    }
}
