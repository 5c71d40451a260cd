#include <assert.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/mem.h"
#include "common/store/redis.h"

/* The names that Redis gives to our scripts. A dozen of them live as long as the process. */

#define SHA1_BYTES 20

struct known_script {
    const struct lua *script;
    char sha[2 * SHA1_BYTES + 1];
    struct known_script *next;
};

static struct known_script *known;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct known_script *learn(const struct lua *script)
{
    struct known_script *entry = mem_zalloc(sizeof *entry);
    uint8_t digest[SHA1_BYTES];
    unsigned int len = sizeof digest;
    int done = EVP_Digest(script->text, strlen(script->text), digest, &len, EVP_sha1(), NULL);
    assert(done == 1 && len == sizeof digest);
    (void)done;
    crypto_hex(digest, sizeof digest, entry->sha);
    entry->script = script;
    entry->next = known;
    known = entry;
    return entry;
}

const char *redis_script_sha(const struct lua *script)
{
    pthread_mutex_lock(&lock);
    struct known_script *entry = known;
    while (entry && entry->script != script)
        entry = entry->next;
    if (!entry)
        entry = learn(script);
    pthread_mutex_unlock(&lock);
    return entry->sha;
}
