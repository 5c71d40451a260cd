/* Lists of addresses, and the URLs that hold them. */
#include <string.h>

#include "common/base/mem.h"
#include "common/store/address.h"
#include "common/store/git_rules.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err_info error;
    struct address_list *list = NULL;
    struct git_url url;
    char *text = mem_strndup((const char *)data, size);
    if (address_list_parse(text, &list, &error) == ERR_OK) {
        struct sockaddr_in address = {.sin_family = AF_INET};
        address.sin_addr.s_addr = htonl(0x08080808);
        FUZZ_CHECK(address_may_go((const struct sockaddr *)&address, list));
    }
    address_list_drop(list);
    if (git_parse_url(text, &url, &error) == ERR_OK) {
        FUZZ_CHECK(url.host[0] != '-' && url.port >= 0 && url.port <= 65535);
        FUZZ_CHECK((url.scheme == GIT_SCHEME_FILE) == (url.host[0] == '\0'));
        FUZZ_CHECK((url.scheme == GIT_SCHEME_FILE) == (url.file[0] == '/'));
        FUZZ_CHECK(strstr(url.file, "/../") == NULL && strpbrk(url.file, "\n\r\t\x7f") == NULL);
    }
    free(text);
    return 0;
}
