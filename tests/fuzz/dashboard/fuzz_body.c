/* The body of a request: what is taken is an object with known keys only, whose texts are of the length that is
 * allowed; what is not has a status and a text for the sender, and that answer is JSON. */
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "dashboard/call.h"
#include "tests/fuzz/fuzz.h"

#define TEXT_MOST 20

static const char *const keys[] = {"definition", "args", "confirmation", NULL};

static void check_refusal(struct call *call, const struct err_info *error)
{
    struct json_object *answer = NULL;
    struct err_info ignored;
    FUZZ_CHECK(error->code == ERR_USAGE && error->text[0]);
    call_reply_error(call, error);
    FUZZ_CHECK(call->reply.status == 400);
    FUZZ_CHECK(json_parse(call->reply.text.data, call->reply.text.len, JSON_LIMITS_REQUEST, &answer, &ignored) ==
               ERR_OK);
    FUZZ_CHECK(json_get_string(answer, "error") != NULL);
    json_object_put(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    struct json_object *body = NULL;
    struct err_info error = {.code = ERR_OK};
    const char *text = NULL;
    call_init(&call);
    call.content_type = mem_strdup("application/json; charset=utf-8");
    buf_add(&call.body, data, size);
    if (call_body(&call, keys, &body, &error) != ERR_OK) {
        FUZZ_CHECK(body == NULL);
        check_refusal(&call, &error);
    } else {
        FUZZ_CHECK(json_object_is_type(body, json_type_object) && json_object_object_length(body) <= 3);
        if (call_text(body, "definition", TEXT_MOST, &text, &error) == ERR_OK)
            FUZZ_CHECK(text == NULL || strlen(text) <= TEXT_MOST);
        else
            check_refusal(&call, &error);
    }
    json_object_put(body);
    call_fini(&call);
    return 0;
}
