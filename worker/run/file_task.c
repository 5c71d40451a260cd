/*
 * Contents on their way from a clone to a request, and the lists that tasks pass through. What a list holds of memory
 * and of spooled bytes is counted as tasks come and go, so that the outbox stays within its bounds. Called by
 * deliver_files.c, deliver_outbox.c and deliver_http.c.
 */
#include "worker/run/file_task.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"

#define BATCH_KEPT_BYTES (INT64_C(1) << 20)
#define BATCH_SPOOLS 16
#define BATCH_SPOOLED_BYTES (INT64_C(64) << 20)

#define TICK_BYTES INT64_C(1048576) /* of a stream: how often what is in flight gets its turn */

/* ---- spools: files without a name, which are gone with the last that holds them open ----------------------------- */

static enum err spool_failed(const char *what, struct err_info *error)
{
    return err_set(error, ERR_LOCAL, "%s a spool file: %s", what, strerror(errno));
}

/* Where the file system knows no files without a name. */
static int spool_open_and_unlink(const char *dir)
{
    struct buf path = BUF_INIT;
    buf_addf(&path, "%s/.spool-XXXXXX", dir);
    int fd = mkostemp(path.data, O_CLOEXEC);
    if (fd >= 0)
        unlink(path.data);
    buf_fini(&path);
    return fd;
}

enum err spool_open(struct deliver_attempt *attempt, int *spool, struct err_info *error)
{
    const char *dir = attempt->git.repositories_dir;
    *spool = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (*spool < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        *spool = spool_open_and_unlink(dir);
    return *spool >= 0 ? ERR_OK : spool_failed("cannot make", error);
}

enum err spool_write(int spool, const void *bytes, size_t len, struct err_info *error)
{
    for (const char *at = bytes; len > 0;) {
        ssize_t part = write(spool, at, len);
        if (part < 0 && errno != EINTR)
            return spool_failed("cannot write", error);
        if (part > 0) {
            at += part;
            len -= (size_t)part;
        }
    }
    return ERR_OK;
}

enum err spool_read(int spool, int64_t offset, size_t len, struct buf *out, struct err_info *error)
{
    char *at = buf_reserve(out, len);
    for (size_t got = 0; got < len;) {
        ssize_t part = pread(spool, at + got, len - got, offset + (int64_t)got);
        if (part == 0)
            return err_set(error, ERR_RETRY, "a spool file ended early");
        if (part < 0 && errno != EINTR)
            return spool_failed("cannot read", error);
        if (part > 0)
            got += (size_t)part;
    }
    out->len += len;
    out->data[out->len] = '\0';
    return ERR_OK;
}

/* ---- contents ---------------------------------------------------------------------------------------------------- */

static void content_look_at(const struct buf *bytes, struct content_facts *facts)
{
    struct content content;
    content_init(&content);
    if (bytes->len > 0)
        content_add(&content, bytes->data, bytes->len);
    content_end(&content, facts);
    content_fini(&content);
}

static enum err content_read_whole(struct deliver_attempt *attempt, const char *blob, struct file_content *content,
                                   struct err_info *error)
{
    enum err err = git_blob_read(attempt->clone, blob, &content->kept, error);
    if (err != ERR_OK)
        return err;
    content_look_at(&content->kept, &content->facts);
    if (content->facts.size > FILE_KEPT_MAX)
        buf_fini(&content->kept);
    return ERR_OK;
}

struct spooling {
    struct deliver_attempt *attempt;
    int spool;
    struct content content;
    int64_t since_tick;
};

static enum err spooling_add(void *context, const void *bytes, size_t len, struct err_info *error)
{
    struct spooling *spooling = context;
    content_add(&spooling->content, bytes, len);
    enum err err = spool_write(spooling->spool, bytes, len, error);
    spooling->since_tick += (int64_t)len;
    if (err != ERR_OK || spooling->since_tick < TICK_BYTES)
        return err;
    spooling->since_tick = 0;
    return deliver_tick(spooling->attempt, error);
}

static enum err content_read_through_spool(struct deliver_attempt *attempt, const char *blob,
                                           struct file_content *content, struct err_info *error)
{
    enum err err = spool_open(attempt, &content->spool, error);
    if (err != ERR_OK)
        return err;
    struct spooling spooling = {.attempt = attempt, .spool = content->spool};
    content_init(&spooling.content);
    err = git_blob_stream(attempt->clone, blob, spooling_add, &spooling, error);
    if (err == ERR_OK)
        content_end(&spooling.content, &content->facts);
    content_fini(&spooling.content);
    return err;
}

enum err file_content_read(struct deliver_attempt *attempt, const char *blob, int64_t size,
                           struct file_content *content, struct err_info *error)
{
    *content = FILE_CONTENT_NONE;
    return size > FILE_REREAD_MAX ? content_read_through_spool(attempt, blob, content, error)
                                  : content_read_whole(attempt, blob, content, error);
}

void file_content_fini(struct file_content *content)
{
    buf_fini(&content->kept);
    if (content->spool >= 0)
        close(content->spool);
    *content = FILE_CONTENT_NONE;
}

enum err file_content_part(struct deliver_attempt *attempt, const char *blob, const struct file_content *content,
                           struct body_range range, struct buf *out, struct err_info *error)
{
    if (content->spool >= 0)
        return spool_read(content->spool, range.offset, (size_t)range.len, out, error);
    if (content->facts.size > FILE_KEPT_MAX)
        return git_blob_read(attempt->clone, blob, out, error);
    buf_add(out, content->kept.data, content->kept.len);
    return ERR_OK;
}

/* ---- tasks and their lists --------------------------------------------------------------------------------------- */

struct file_task *file_task_new(enum verb verb, const char *path, const uint8_t digest[SHA256_BYTES])
{
    size_t len = strlen(path);
    struct file_task *task = mem_zalloc(sizeof *task + len + 1);
    task->verb = verb;
    task->content = FILE_CONTENT_NONE;
    task->pieces = 1;
    memcpy(task->digest, digest, sizeof task->digest);
    memcpy(task->path, path, len);
    return task;
}

void file_task_turn_to_delete(struct file_task *task)
{
    file_content_fini(&task->content);
    task->verb = VERB_DELETE;
    task->blob[0] = task->sha[0] = task->previous[0] = '\0';
    task->size = 0;
    task->pieces = 1;
}

void file_task_drop(struct file_task *task)
{
    if (task == NULL)
        return;
    file_content_fini(&task->content);
    free(task);
}

/* `sign` is 1 for one that comes, −1 for one that goes. */
static void tasks_count(struct file_tasks *tasks, const struct file_task *task, int sign)
{
    bool is_spooled = task->content.spool >= 0;
    tasks->count = sign > 0 ? tasks->count + 1 : tasks->count - 1;
    tasks->kept_bytes += sign * (int64_t)task->content.kept.cap;
    if (!is_spooled)
        return;
    tasks->spools = sign > 0 ? tasks->spools + 1 : tasks->spools - 1;
    tasks->spooled_bytes += sign * task->content.facts.size;
}

bool file_tasks_are_a_batch(const struct file_tasks *tasks)
{
    return tasks->count >= FILE_TASKS_BATCH || tasks->kept_bytes >= BATCH_KEPT_BYTES || tasks->spools >= BATCH_SPOOLS ||
           tasks->spooled_bytes >= BATCH_SPOOLED_BYTES;
}

void file_tasks_push(struct file_tasks *tasks, struct file_task *task)
{
    task->next = NULL;
    if (tasks->last != NULL)
        tasks->last->next = task;
    else
        tasks->first = task;
    tasks->last = task;
    tasks_count(tasks, task, 1);
}

void file_tasks_push_front(struct file_tasks *tasks, struct file_task *task)
{
    task->next = tasks->first;
    tasks->first = task;
    if (tasks->last == NULL)
        tasks->last = task;
    tasks_count(tasks, task, 1);
}

struct file_task *file_tasks_pop(struct file_tasks *tasks)
{
    struct file_task *task = tasks->first;
    if (task == NULL)
        return NULL;
    tasks->first = task->next;
    if (tasks->first == NULL)
        tasks->last = NULL;
    task->next = NULL;
    tasks_count(tasks, task, -1);
    return task;
}

void file_tasks_move(struct file_tasks *from, struct file_tasks *to)
{
    for (struct file_task *task; (task = file_tasks_pop(from)) != NULL;)
        file_tasks_push(to, task);
}

void file_tasks_clear(struct file_tasks *tasks)
{
    for (struct file_task *task; (task = file_tasks_pop(tasks)) != NULL;)
        file_task_drop(task);
}
