/*
 * A re-sync, from files to rows and back: a story for each classification, in steps. Each step changes files, re-syncs,
 * and compares the answer's JSON and all rows with what they must be; then it re-syncs again, which must find nothing
 * and write nothing.
 */
#include "common/queue/resync.h"

#include <ctype.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/yaml.h"
#include "common/queue/project.h"
#include "tests/contract/queue/fixture.h"

#define MAX_STEPS 5
#define PHASES "phases: [{id: p, job: noop, over: numbers}]\n"
#define GOOD(id, name) "id: " id "\nname: " name "\n" PHASES

struct place {
    struct fixture *fixture;
    char *directory, *inside, *outside; /* the directory of the test; definitions.dir in it; something beside that */
};

static bool job_exists(const char *job, void *context)
{
    (void)context;
    return strcmp(job, "noop") == 0;
}

static bool selection_exists(const char *job, const char *selection, void *context)
{
    (void)job, (void)context;
    return strcmp(selection, "numbers") == 0;
}

static const struct definition_names names = {job_exists, selection_exists, NULL};

static struct resync resync_of(const struct place *place)
{
    return (struct resync){place->fixture->pg, &place->fixture->dispatch, &names, place->inside, place->directory};
}

static struct json_object *resync(const struct place *place, size_t *written)
{
    struct resync what = resync_of(place);
    struct resync_report report;
    struct err_info error;
    assert_fine(resync_definitions(&what, &report, &error));
    struct json_object *json = resync_report_json(&report);
    *written = report.written;
    resync_report_fini(&report);
    return json;
}

/* ---- what is compared -------------------------------------------------------------------------------------------- */

static const char *const lists[] = {"new", "updated", "reactivated", "archived", "errors"};

/* "new aa; errors bb 2:1 unknown key": ids in the lists' order; of errors the place, and the text. */
static char *answer_in_short(struct json_object *json)
{
    struct buf out = BUF_INIT;
    struct json_object *workflows = json_get(json, "workflows"), *summary = json_get(json, "summary");
    int64_t total = json_get_int(summary, "unchanged", 0);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct json_object *list = json_get(workflows, lists[i]);
        assert_int_equal(json_get_int(summary, lists[i], -1), json_object_array_length(list));
        total += json_get_int(summary, lists[i], 0);
        for (size_t k = 0; k < json_object_array_length(list); k++) {
            struct json_object *one = json_object_array_get_idx(list, k);
            assert_non_null(json_get_string(one, "name"));
            buf_addf(&out, "%s%s %s", out.len == 0 ? "" : "; ", lists[i], json_get_string(one, "id"));
            if (json_get(one, "error") != NULL)
                buf_addf(&out, " %d:%d %s", (int)json_get_int(one, "line", -1), (int)json_get_int(one, "column", -1),
                         json_get_string(one, "error"));
        }
    }
    assert_true(json_get_bool(json, "success", false));
    assert_int_equal(json_get_int(summary, "total", -1), total);
    return buf_take(&out);
}

/* "aa A a.yaml +": name, file, + in force, - file gone, ! error, x archived by a person, 0 never good; with the number
 * of versions it had. */
static char *rows_in_short(const struct place *place)
{
    PGresult *row = query(place->fixture->pg,
                          "SELECT coalesce(string_agg(handle || ' ' || name || ' ' || replace(path, '%s/', '') || ' '"
                          " || CASE WHEN current_version IS NULL THEN '0' ELSE '+' END"
                          " || CASE WHEN file_exists THEN '' ELSE '-' END"
                          " || CASE WHEN load_error IS NULL THEN '' ELSE '!' END"
                          " || CASE status WHEN 'archived' THEN 'x' ELSE '' END"
                          " || (SELECT count(*) FROM definition_history h WHERE h.definition_id = d.id),"
                          " '; ' ORDER BY handle), '') FROM workflow_definitions d",
                          place->inside);
    char *text = mem_strdup(pg_text(row, 0, 0));
    PQclear(row);
    return text;
}

/* Which row versions there are: unchanged if and only if nothing was written. */
static char *row_versions(const struct place *place)
{
    PGresult *row =
        query(place->fixture->pg, "SELECT coalesce(string_agg(x, ' ' ORDER BY x), '') FROM ("
                                  " SELECT id || ':' || xmin || ctid AS x FROM workflow_definitions UNION ALL"
                                  " SELECT left(digest, 8) || xmin || ctid FROM definition_versions UNION ALL"
                                  " SELECT definition_id || '/' || xmin || ctid FROM definition_history) rows");
    char *text = mem_strdup(pg_text(row, 0, 0));
    PQclear(row);
    return text;
}

/* ---- the stories ------------------------------------------------------------------------------------------------- */

/* What a file becomes. */
enum content {
    TEXT,
    ABSENT, /* removed, or a directory with what is in it */
    FOLDER,
    LINK,  /* to `text` */
    LARGE, /* 10 MB of `text` */
    DEEP,  /* `text` nested a thousand times */
    SQL,   /* no file: a statement */
};

struct edit {
    const char *name;
    enum content content;
    const char *text;
};

struct step {
    struct edit edits[3];
    const char *answer; /* what answer_in_short must begin with; errors' texts may go on */
    const char *rows;
};

static const struct story {
    const char *title;
    struct step steps[MAX_STEPS];
} stories[] = {
    {"new, unchanged, updated",
     {{{{"a.yaml", TEXT, GOOD("aa", "A")},
        {"b.json", TEXT,
         "{\"id\":\"bb\",\"name\":\"B\",\"phases\":[{\"id\":\"p\","
         "\"job\":\"noop\",\"over\":\"numbers\"}]}"}},
       "new aa; new bb",
       "aa A a.yaml +1; bb B b.json +1"},
      {{{"a.yaml", TEXT, "# only a comment\nname:   'A'\nid: aa\n" PHASES}}, "", "aa A a.yaml +1; bb B b.json +1"},
      {{{"a.yaml", TEXT, GOOD("aa", "Other")}}, "updated aa", "aa Other a.yaml +2; bb B b.json +1"},
      {{{"a.yaml", TEXT, GOOD("aa", "A")}}, "updated aa", "aa A a.yaml +3; bb B b.json +1"}}},
    {"archived, reactivated",
     {{{{"a.yaml", TEXT, GOOD("aa", "A")}}, "new aa", "aa A a.yaml +1"},
      {{{"a.yaml", ABSENT, NULL}}, "archived aa", "aa A a.yaml +-1"},
      {{{"b.yaml", TEXT, GOOD("bb", "B")}}, "new bb", "aa A a.yaml +-1; bb B b.yaml +1"},
      {{{"a.yaml", TEXT, GOOD("aa", "A")}}, "reactivated aa", "aa A a.yaml +1; bb B b.yaml +1"}}},
    {"reactivated with other content",
     {{{{"a.yaml", TEXT, GOOD("aa", "A")}}, "new aa", "aa A a.yaml +1"},
      {{{"a.yaml", ABSENT, NULL}}, "archived aa", "aa A a.yaml +-1"},
      {{{"c.yaml", TEXT, GOOD("aa", "New")}}, "reactivated aa", "aa New c.yaml +2"}}},
    {"an error keeps the last good version; mended",
     {{{{"a.yaml", TEXT, GOOD("aa", "A")}}, "new aa", "aa A a.yaml +1"},
      {{{"a.yaml", TEXT, "id: aa\nnaem: A\n" PHASES}}, "errors aa 2:1 ", "aa A a.yaml +!1"},
      {{{"a.yaml", TEXT, "id: aa\nname: [\n"}}, "errors aa 3:1 ", "aa A a.yaml +!1"},
      {{{"a.yaml", TEXT, GOOD("aa", "A")}}, "", "aa A a.yaml +1"},
      {{{"a.yaml", TEXT, GOOD("aa", "B")}}, "updated aa", "aa B a.yaml +2"}}},
    {"an error of what was never good; mended; gone",
     {{{{"a.yaml", TEXT, "id: aa\nname: A\nphases: [{id: p, job: dig, over: numbers}]\n"}},
       "errors aa 3:23 there is no job \"dig\"",
       "aa aa a.yaml 0!0"},
      {{{"a.yaml", TEXT, GOOD("aa", "A")}}, "new aa", "aa A a.yaml +1"},
      {{{"b.yaml", TEXT, "id: bb\nname: B\nphases: [{id: p, job: noop, over: moons}]\n"}},
       "errors bb 3:35 the job \"noop\" has no selection \"moons\"",
       "aa A a.yaml +1; bb bb b.yaml 0!0"},
      {{{"b.yaml", ABSENT, NULL}}, "", "aa A a.yaml +1"}}},
    {"the file of an error is gone",
     {{{{"a.yaml", TEXT, GOOD("aa", "A")}}, "new aa", "aa A a.yaml +1"},
      {{{"a.yaml", TEXT, "]"}}, "errors aa 1:1 ", "aa A a.yaml +!1"},
      {{{"a.yaml", ABSENT, NULL}}, "archived aa", "aa A a.yaml +-1"},
      {{{"a.yaml", TEXT, "]"}}, /* Nothing says that this is aa again. */
       "errors a 1:1 ",
       "a a a.yaml 0!0; aa A a.yaml +-1"}}},
    {"a renamed id",
     {{{{"a.yaml", TEXT, GOOD("aa", "A")}}, "new aa", "aa A a.yaml +1"},
      {{{"a.yaml", TEXT, GOOD("bb", "A")}}, "new bb; archived aa", "aa A a.yaml +-1; bb A a.yaml +1"},
      {{{"a.yaml", TEXT, GOOD("aa", "A")}}, "reactivated aa; archived bb", "aa A a.yaml +1; bb A a.yaml +-1"}}},
    {"a moved file",
     {{{{"a.yaml", TEXT, GOOD("aa", "A")}}, "new aa", "aa A a.yaml +1"},
      {{{"a.yaml", ABSENT, NULL}, {"z.yml", TEXT, GOOD("aa", "A")}}, "", "aa A z.yml +1"}}},
    {"the same id twice",
     {{{{"b.yaml", TEXT, GOOD("aa", "B")}}, "new aa", "aa B b.yaml +1"},
      {{{"c.yaml", TEXT, GOOD("aa", "C")}},
       "errors c.yaml 0:0 the id \"aa\" is taken by ",
       "aa B b.yaml +1; c.yaml c.yaml c.yaml 0!0"},
      {{{"b.yaml", ABSENT, NULL}}, "updated aa", "aa C c.yaml +2"}}},
    {"two bad files that claim one id",
     {{{{"a.yaml", TEXT, "id: aa\n"}, {"b.yaml", TEXT, "id: aa\n"}},
       "errors aa 1:1 a definition lacks the key \"name\"; errors b.yaml 1:1 ",
       "aa aa a.yaml 0!0; b.yaml b.yaml b.yaml 0!0"}}},
    {"file and directory swapped",
     {{{{"a.yaml", TEXT, GOOD("aa", "A")}}, "new aa", "aa A a.yaml +1"},
      {{{"a.yaml", ABSENT, NULL}, {"a.yaml", FOLDER, NULL}}, "errors aa 0:0 is not a regular file", "aa A a.yaml +!1"},
      {{{"a.yaml", ABSENT, NULL}, {"a.yaml", TEXT, GOOD("aa", "A")}}, "", "aa A a.yaml +1"}}},
    {"empty, large, deep, no text, a bomb",
     {{{{"empty.yaml", TEXT, ""}, {"large.yaml", LARGE, "#"}, {"deep.json", DEEP, "["}},
       "errors deep 1:33 ",
       "deep deep deep.json 0!0; empty empty empty.yaml 0!0; large large large.yaml 0!0"},
      {{{"empty.yaml", ABSENT, NULL}, {"large.yaml", ABSENT, NULL}, {"deep.json", ABSENT, NULL}}, "", ""},
      {{{"bomb.yaml", TEXT, "id: bomb\nname: &a [x, x]\nargs: [*a, *a]\n"}, {"latin.yaml", TEXT, "id: caf\xe9\n"}},
       "errors bomb 2:7 ",
       "bomb bomb bomb.yaml 0!0; latin latin latin.yaml 0!0"}}},
    {"a link that leads out",
     {{{{"in.yaml", TEXT, GOOD("aa", "A")}, {"out.yaml", LINK, "../outside/secret.yaml"}},
       "new aa; errors out 0:0 is a link that leads out of the directory",
       "aa A in.yaml +1; out out out.yaml 0!0"},
      {{{"out.yaml", ABSENT, NULL}, {"out.yaml", LINK, "nowhere.yaml"}},
       "errors out 0:0 cannot be opened: ",
       "aa A in.yaml +1; out out out.yaml 0!0"}}},
    {"what a person archived stays archived",
     {{{{"a.yaml", TEXT, GOOD("aa", "A")}}, "new aa", "aa A a.yaml +1"},
      {{{"aa", SQL, "archive"}, {"a.yaml", TEXT, GOOD("aa", "B")}}, "updated aa", "aa B a.yaml +x2"},
      {{{"a.yaml", ABSENT, NULL}}, "archived aa", "aa B a.yaml +-x2"},
      {{{"a.yaml", TEXT, GOOD("aa", "B")}}, "", "aa B a.yaml +x2"},
      {{{"aa", SQL, "unarchive"}}, "", "aa B a.yaml +2"}}},
};

static void write_large(const char *path, const char *text)
{
    struct buf bytes = BUF_INIT;
    while (bytes.len < 10 * 1024 * 1024)
        buf_add_str(&bytes, text);
    testing_write_file(path, bytes.data, bytes.len);
    buf_fini(&bytes);
}

static void write_deep(const char *path, const char *text)
{
    struct buf bytes = BUF_INIT;
    for (int i = 0; i < 1000; i++)
        buf_add_str(&bytes, text);
    testing_write_file(path, bytes.data, bytes.len);
    buf_fini(&bytes);
}

static void apply(const struct place *place, const struct edit *edit)
{
    struct err_info error;
    char *path = testing_join(place->inside, edit->name);
    switch (edit->content) {
    case TEXT:
        testing_write_file(path, edit->text, strlen(edit->text));
        break;
    case ABSENT:
        assert_int_equal(remove(path), 0);
        break;
    case FOLDER:
        assert_int_equal(mkdir(path, 0700), 0);
        break;
    case LINK:
        assert_int_equal(symlink(edit->text, path), 0);
        break;
    case LARGE:
        write_large(path, edit->text);
        break;
    case DEEP:
        write_deep(path, edit->text);
        break;
    case SQL:
        assert_fine((strcmp(edit->text, "archive") == 0 ? catalog_archive : catalog_unarchive)(place->fixture->pg,
                                                                                               edit->name, &error));
        break;
    }
    free(path);
}

/* All stories are told before the test fails. */
static int wrongs;
#define wrong(...) (wrongs++, print_error(__VA_ARGS__), print_error("\n"))

static void compare(const struct story *story, size_t step, const struct place *place, struct json_object *json)
{
    char *answer = answer_in_short(json), *rows = rows_in_short(place);
    const char *wanted = story->steps[step].answer;
    bool alike = wanted[0] == '\0' ? answer[0] == '\0' : strncmp(answer, wanted, strlen(wanted)) == 0;
    if (!alike || strcmp(rows, story->steps[step].rows) != 0)
        wrong("%s, step %zu:\n  answer %s\n  wanted %s\n  rows   %s\n  wanted %s", story->title, step + 1, answer,
              wanted, rows, story->steps[step].rows);
    free(answer);
    free(rows);
}

/* The second one finds the errors that are still there, nothing else, and writes nothing. */
static void again(const struct story *story, const struct place *place)
{
    size_t written = 0;
    char *before = row_versions(place);
    struct json_object *json = resync(place, &written);
    char *after = row_versions(place), *answer = answer_in_short(json);
    if (written != 0 || strcmp(before, after) != 0 || (answer[0] != '\0' && strncmp(answer, "errors ", 7) != 0))
        wrong("%s: the second re-sync found %s and wrote %zu rows", story->title, answer, written);
    free(before);
    free(after);
    free(answer);
    json_object_put(json);
}

static void every_story_is_told_as_it_was(void **state)
{
    struct place *place = *state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        const struct story *story = &stories[i];
        for (size_t step = 0; step < MAX_STEPS && story->steps[step].rows != NULL; step++) {
            size_t written = 0;
            for (size_t k = 0; k < 3 && story->steps[step].edits[k].name != NULL; k++)
                apply(place, &story->steps[step].edits[k]);
            struct json_object *json = resync(place, &written);
            compare(story, step, place, json);
            json_object_put(json);
            again(story, place);
        }
        char *command = mem_alloc(strlen(place->inside) + 32);
        sprintf(command, "rm -rf '%s'/*", place->inside);
        assert_int_equal(system(command), 0);
        free(command);
        run_sql(place->fixture->pg, "TRUNCATE workflow_definitions, definition_versions CASCADE");
    }
    assert_int_equal(wrongs, 0);
}

/* ---- projects ---------------------------------------------------------------------------------------------------- */

static void make_folders(const char *path)
{
    char *copy = mem_strdup(path);
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0700);
        *slash = '/';
    }
    assert_int_equal(mkdir(copy, 0700), 0);
    free(copy);
}

/* Its folder of definitions; the caller's. */
static char *add_project(const struct place *place, const char *id)
{
    struct err_info error;
    char *path = testing_join(place->directory, id), *folder = testing_join(path, RESYNC_PROJECT_FOLDER);
    make_folders(folder);
    assert_fine(project_add(place->fixture->pg, place->directory, &(struct project){id, "A project", path}, &error));
    free(path);
    return folder;
}

static void write_in(const char *folder, const char *name, const char *text)
{
    char *path = testing_join(folder, name);
    testing_write_file(path, text, strlen(text));
    free(path);
}

static void assert_answer(const struct place *place, const char *wanted)
{
    size_t written;
    struct json_object *json = resync(place, &written);
    char *answer = answer_in_short(json);
    if (wanted[0] == '\0' ? answer[0] != '\0' : strncmp(answer, wanted, strlen(wanted)) != 0)
        fail_msg("answer %s\nwanted %s", answer, wanted);
    free(answer);
    json_object_put(json);
}

static void projects_have_definitions_of_their_own(void **state)
{
    struct place *place = *state;
    struct err_info error;
    struct cataloged found;
    char *shop = add_project(place, "shop"), *farm = add_project(place, "farm"),
         *sub = testing_join(shop, "sub/deeper");
    make_folders(sub);
    write_in(place->inside, "a.yaml", GOOD("aa", "Global"));
    write_in(shop, "a.yaml", GOOD("aa", "Shop"));
    write_in(sub, "b.yaml", GOOD("bb", "Shop"));
    write_in(farm, "a.yaml", GOOD("aa", "Farm"));
    write_in(farm, "c.yaml", "id: cc\n");
    assert_answer(place, "new aa; new farm/aa; new shop/aa; new shop/bb; errors farm/cc 1:1 ");
    assert_fine(catalog_find(place->fixture->pg, "shop/aa", &found, &error));
    assert_string_equal(found.definition->name, "Shop");
    assert_string_equal(found.handle, "shop/aa");
    cataloged_fini(&found);
    assert_fine(project_remove(place->fixture->pg, "shop", &error));
    assert_int_equal(project_remove(place->fixture->pg, "shop", &error), ERR_NOT_FOUND);
    assert_int_equal(catalog_find(place->fixture->pg, "shop/aa", &found, &error), ERR_NOT_FOUND);
    free(shop);
    free(farm);
    free(sub);
}

/* Its rows stay as they are: what cannot be seen is not gone. */
static void a_project_that_cannot_be_read_is_an_error_of_its_own(void **state)
{
    struct place *place = *state;
    char *shop = add_project(place, "shop"), *farm = add_project(place, "farm"), *hidden = testing_join(shop, "hidden");
    make_folders(hidden);
    write_in(shop, "a.yaml", GOOD("aa", "Shop"));
    write_in(farm, "a.yaml", GOOD("aa", "Farm"));
    assert_answer(place, "new farm/aa; new shop/aa");
    /* As root everything can be opened: a directory that is a file cannot be read as one, whoever asks. */
    char *command = mem_alloc(3 * strlen(shop) + 64);
    sprintf(command, "mv '%s' '%s.away' && touch '%s'", shop, shop, shop);
    assert_int_equal(system(command), 0);
    write_in(farm, "a.yaml", GOOD("aa", "Farm two"));
    assert_answer(place, "updated farm/aa; errors shop 0:0 ");
    assert_sql_text("true", place->fixture->pg,
                    "SELECT bool_and(file_exists)::text FROM workflow_definitions WHERE project_id = 'shop'");
    free(command);
    free(shop);
    free(farm);
    free(hidden);
}

static void no_link_leads_a_project_out_of_the_roots(void **state)
{
    struct place *place = *state;
    struct err_info error;
    char *path = testing_join(place->directory, "sly"), *agent = testing_join(path, ".agent"),
         *folder = testing_join(place->outside, "workflows/definitions"), *loop = testing_join(place->inside, "x");
    make_folders(folder);
    write_in(folder, "a.yaml", GOOD("aa", "Outside"));
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(symlink(place->outside, agent), 0); /* absolute, so it leaves even a root that holds its target */
    assert_fine(project_add(place->fixture->pg, place->directory, &(struct project){"sly", "Sly", path}, &error));
    assert_answer(place, "errors sly 0:0 ");
    assert_int_equal(number_of(place->fixture->pg, "SELECT count(*) FROM workflow_definitions"), 0);
    free(path);
    free(agent);
    free(folder);
    free(loop);
}

static void a_project_lies_under_a_root(void **state)
{
    struct place *place = *state;
    struct err_info error;
    static const char *const paths[] = {"relative",          "/etc/../tmp", "/tmp/",  "/tmp//x",
                                        "/nowhere/under/it", "/",           "/tmp/.", ""};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_int_equal(
            project_add(place->fixture->pg, "/srv/a:/srv/b/", &(struct project){"p", "P", paths[i]}, &error),
            ERR_USAGE);
    assert_int_equal(project_add(place->fixture->pg, "/srv", &(struct project){"P p", "P", "/srv/x"}, &error),
                     ERR_USAGE);
    assert_int_equal(project_add(place->fixture->pg, "/srv", &(struct project){"p", "", "/srv/x"}, &error), ERR_USAGE);
    assert_int_equal(project_add(place->fixture->pg, "/srv", &(struct project){"p", "P", "/srvx"}, &error), ERR_USAGE);
    assert_fine(project_add(place->fixture->pg, "/srv/a:/srv/b/", &(struct project){"p", "P", "/srv/b/.x"}, &error));
    assert_int_equal(project_add(place->fixture->pg, "/srv", &(struct project){"p", "P", "/srv/y"}, &error),
                     ERR_CONFLICT);
    assert_int_equal(project_add(place->fixture->pg, "/srv", &(struct project){"q", "P", "/srv/b/.x"}, &error),
                     ERR_CONFLICT);
}

/* ---- two at once, and those who listen --------------------------------------------------------------------------- */

struct second {
    const struct place *place;
    struct pg *pg;
    size_t written;
    enum err outcome;
};

static void *run_second(void *context)
{
    struct second *second = context;
    struct resync what = resync_of(second->place);
    struct resync_report report;
    struct err_info error;
    what.pg = second->pg;
    what.dispatch = NULL;
    second->outcome = resync_definitions(&what, &report, &error);
    if (second->outcome == ERR_OK) {
        second->written = report.written;
        resync_report_fini(&report);
    }
    return NULL;
}

static void of_two_at_once_one_finds_nothing_to_do(void **state)
{
    struct place *place = *state;
    for (int round = 0; round < 20; round++) {
        struct second seconds[2] = {{place, place->fixture->pg, 0, ERR_OK}, {place, place->fixture->other, 0, ERR_OK}};
        pthread_t threads[2];
        char text[200];
        snprintf(text, sizeof text, "id: aa\nname: A%d\n" PHASES, round);
        write_in(place->inside, "a.yaml", text);
        for (int i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, run_second, &seconds[i]);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(seconds[0].outcome, ERR_OK);
        assert_int_equal(seconds[1].outcome, ERR_OK);
        assert_int_equal(seconds[0].written + seconds[1].written, 1);
    }
}

static void a_change_is_published_and_nothing_else(void **state)
{
    struct place *place = *state;
    struct err_info error;
    size_t written;
    struct redis *listener = redis_new(&place->fixture->address, 5000, 5000);
    struct redis_args *args = redis_args_new();
    redisReply *reply = NULL;
    redis_arg(args, "SUBSCRIBE");
    name_plain(args, place->fixture->dispatch.prefix, "events");
    assert_fine(redis_run(listener, args, NULL, &error));
    write_in(place->inside, "a.yaml", GOOD("aa", "A"));
    json_object_put(resync(place, &written));
    json_object_put(resync(place, &written));
    redis_do(place->fixture, "PUBLISH {}:events end");
    const char *const wanted[] = {"{\"type\":\"definitions\",\"summary\":{\"total\":1,\"new\":1,\"updated\":0,"
                                  "\"unchanged\":0,\"reactivated\":0,\"archived\":0,\"errors\":0}}",
                                  "end"};
    for (size_t i = 0; i < 2; i++) {
        redis_args_reset(args);
        redis_arg(args, "PING"); /* answered behind the message that waits */
        assert_fine(redis_run(listener, args, &reply, &error));
        assert_string_equal(redis_text(redis_item(reply, 2)), wanted[i]);
        freeReplyObject(reply);
    }
    redis_args_drop(args);
    redis_drop(listener);
}

static void a_missing_directory_has_no_definitions(void **state)
{
    struct place *place = *state;
    write_in(place->inside, "a.yaml", GOOD("aa", "A"));
    assert_answer(place, "new aa");
    char *away = testing_join(place->directory, "away");
    assert_int_equal(rename(place->inside, away), 0);
    assert_answer(place, "archived aa");
    assert_int_equal(rename(away, place->inside), 0);
    assert_answer(place, "reactivated aa");
    free(away);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The long form (REPRISE_CHAOS=long) makes ten thousand. */
#define RESYNCS 1000
#define RESYNCS_LONG 10000

/* Each of them writes: a name that is new. */
static void memory_is_flat_over_many_resyncs(void **state)
{
    struct place *place = *state;
    long after_a_tenth = 0;
    int count =
        getenv("REPRISE_CHAOS") != NULL && strcmp(getenv("REPRISE_CHAOS"), "long") == 0 ? RESYNCS_LONG : RESYNCS;
    log_init("test", LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    for (int i = 0; i < count; i++) {
        char text[200];
        size_t written;
        snprintf(text, sizeof text, "id: aa\nname: A%d\n" PHASES, i % 100);
        write_in(place->inside, "a.yaml", text);
        json_object_put(resync(place, &written));
        assert_int_equal(written, 1);
        if (i == count / 10)
            after_a_tenth = resident_kib();
    }
    long grown = resident_kib() - after_a_tenth;
    print_message("%d re-syncs: %ld KiB after a tenth, %ld KiB more at the end\n", count, after_a_tenth, grown);
    assert_true(grown < 1024);
}

/* ------------------------------------------------------------------------------------------------------------------ */

static int setup(void **state)
{
    void *fixture, *directory;
    struct place *place = mem_zalloc(sizeof *place);
    queue_setup(&fixture);
    testing_dir_setup(&directory);
    place->fixture = fixture;
    place->directory = directory;
    place->inside = testing_join(directory, "definitions");
    place->outside = testing_join(directory, "outside");
    assert_int_equal(mkdir(place->inside, 0700), 0);
    assert_int_equal(mkdir(place->outside, 0700), 0);
    write_in(place->outside, "secret.yaml", GOOD("secret", "Secret"));
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    void *fixture = place->fixture, *directory = place->directory;
    queue_teardown(&fixture);
    testing_dir_teardown(&directory);
    free(place->inside);
    free(place->outside);
    free(place);
    return 0;
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(every_story_is_told_as_it_was),
        fresh(projects_have_definitions_of_their_own),
        fresh(a_project_that_cannot_be_read_is_an_error_of_its_own),
        fresh(no_link_leads_a_project_out_of_the_roots),
        fresh(a_project_lies_under_a_root),
        fresh(of_two_at_once_one_finds_nothing_to_do),
        fresh(a_change_is_published_and_nothing_else),
        fresh(a_missing_directory_has_no_definitions),
        fresh(memory_is_flat_over_many_resyncs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
