/* An item of the inbox: whatever a client pushes is refused with a reason, or is a request that can be stamped. */
#include <json-c/json.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/definitions/inbox.h"
#include "tests/fuzz/fuzz.h"

#define STAMP "op_01HKM3Z8Q4T5V6W7X8Y9ZABCDE"

/* What the worker writes into its list before it asks PostgreSQL must read as the same request. */
static void check_stamped(const uint8_t *data, size_t size, const struct inbox_item *item)
{
    struct inbox_item back;
    struct err_info error;
    struct buf stamped = BUF_INIT;
    buf_add_str(&stamped, "{\"stamped\":\"" STAMP "\",\"request\":");
    buf_add(&stamped, data, size);
    buf_add_char(&stamped, '}');
    FUZZ_CHECK(!inbox_item_parse(stamped.data, stamped.len, &back, &error));
    FUZZ_CHECK(!strcmp(back.stamp, STAMP) && back.verb == item->verb);
    FUZZ_CHECK((back.definition == NULL) == (item->definition == NULL));
    FUZZ_CHECK(back.definition == NULL || !strcmp(back.definition, item->definition));
    FUZZ_CHECK(json_object_equal(back.args, item->args));
    inbox_item_fini(&back);
    buf_fini(&stamped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inbox_item item;
    struct err_info error = {.code = ERR_OK};
    if (inbox_item_parse((const char *)data, size, &item, &error)) {
        FUZZ_CHECK(error.code == ERR_USAGE && error.text[0]);
        FUZZ_CHECK(!item.definition && !item.operation_id && !item.request_id && !item.requested_by && !item.args);
        return 0;
    }
    FUZZ_CHECK(item.verb == INBOX_RUN ? item.definition != NULL : item.operation_id != NULL && item.definition == NULL);
    FUZZ_CHECK(item.args == NULL || json_object_is_type(item.args, json_type_object));
    FUZZ_CHECK(!item.stamp[0] || id_is_operation(item.stamp));
    if (!item.stamp[0])
        check_stamped(data, size, &item);
    inbox_item_fini(&item);
    return 0;
}
