/*
 * A re-sync, from files to rows and back: a story for each classification, in steps. Each step changes files, re-syncs,
 * and compares the answer's JSON and all rows with what they must be; then it re-syncs again, which must find nothing
 * and write nothing.
 */
#include "tests/contract/definitions/definition_sync_test.h"

#define MAX_STEPS 5

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
       "errors aa 3:23 there is no job \"dig\"; the jobs are noop",
       "aa aa a.yaml 0!0"},
      {{{"a.yaml", TEXT, GOOD("aa", "A")}}, "new aa", "aa A a.yaml +1"},
      {{{"b.yaml", TEXT, "id: bb\nname: B\nphases: [{id: p, job: noop, over: moons}]\n"}},
       "errors bb 3:35 the job \"noop\" has no selection \"moons\"; its selections are numbers",
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
    {"a name that is no text",
     {{{{"caf\xe9.yaml", TEXT, GOOD("aa", "A")}, {"\xff.yaml", TEXT, "]"}},
       "new aa; errors \\xff.yaml 1:1 ",
       "\\xff.yaml \\xff.yaml \\xff.yaml 0!0; aa A caf\\xe9.yaml +1"}}},
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
        assert_fine((strcmp(edit->text, "archive") == 0 ? definition_registry_archive : definition_registry_unarchive)(
            place->fixture->pg, edit->name, &error));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(every_story_is_told_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
