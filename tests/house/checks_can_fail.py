"""Each check of the house is shown a good sample, which it must pass, and bad ones, which it must refuse."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77


class ChecksCanFail(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="reprise-house-")
        self.addCleanup(self.directory.cleanup)
        self.root = pathlib.Path(self.directory.name)
        self.write(".clang-format", (HERE.parent.parent / ".clang-format").read_text())
        for box in ("base", "store", "loop", "queue", "deliveries", "kinds"):
            self.write("common/%s/x.h" % box, "")
        self.write("worker/run/x.h", "")
        self.write("producer/x.h", "")
        self.write("tests/testing/x.h", "")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def result(self, check):
        command = [sys.executable, "-B", HERE / ("check_%s.py" % check), self.root]
        return subprocess.run(command, capture_output=True, text=True).returncode

    def expect(self, check, samples, code):
        for path, text in samples:
            with self.subTest(path=path, text=text):
                self.write(path, text)
                self.assertEqual(self.result(check), code)
                (self.root / path).unlink()

    def test_metrics_must_be_real_and_be_named_in_the_manual(self):
        self.write("dashboard/metrics.c", 'buf_add_str(out, "reprise_x_total{a=1} 2");\nbuf_add_str(out, "reprise_y_seconds");\n')
        self.write("docs/operating.md", "`reprise_x_total`, `reprise_y_seconds`\n")
        self.write("docs/grafana.json", "{}")
        self.expect("metrics", [("docs/alerts.yml", "expr: rate(reprise_x_total[1m]) > reprise_y_seconds_bucket\n")], 0)
        self.expect("metrics", [("docs/alerts.yml", "expr: reprise_z > 0\n")], 1)
        self.write("docs/alerts.yml", "")
        self.expect("metrics", [("dashboard/session.c", '#define NAME "reprise_z"\n')], 0)
        self.write("docs/alerts.yml", "the cookie reprise_z\n")
        self.expect("metrics", [("dashboard/session.c", '#define NAME "reprise_z"\n')], 0)
        self.expect("metrics", [("dashboard/session.c", '#define NAME "reprise_w"\n')], 1)
        self.write("docs/alerts.yml", "")
        self.expect("metrics", [("docs/grafana.json", '{"expr": "reprise_z"}'), ("docs/grafana.json", "{"),
                                ("docs/operating.md", "`reprise_x_total`\n")], 1)

    def test_a_page_that_fits_together_passes(self):
        self.write("dashboard/web/core/x.js", "export const x = 1;\n")
        self.expect("page", [
            ("dashboard/web/page.js", "import { x } from './core/x.js';\nx();\n"),
            ("dashboard/web/page.js", "import {\n    x,\n} from './core/x.js';\nimport html from './lib/html.js';\nx(html);\n"),
        ], 0)

    def test_a_page_that_does_not_fit_or_is_unsafe_is_refused(self):
        self.write("dashboard/web/core/x.js", "export const x = 1;\n")
        self.write("dashboard/web/user.js", "import { x } from './core/x.js';\nx();\n")
        self.expect("page", [
            ("dashboard/web/page.js", "import { x } from './core/y.js';\nx();\n"),
            ("dashboard/web/page.js", "import { y } from './core/x.js';\ny();\n"),
            ("dashboard/web/page.js", "import { x } from './core/x.js';\n"),
            ("dashboard/web/page.js", "export const alone = 1;\n"),
            ("dashboard/web/core/z.js", "import { user } from '../views/user.js';\nuser();\n"),
            ("dashboard/web/page.js", "box.innerHTML = text;\n"),
            ("dashboard/web/page.js", "eval(text);\n"),
            ("dashboard/web/page.js", "fetch('https://example.org/x');\n"),
            ("dashboard/web/page.js", "html`<i style=\"color:red\">`;\n"),
            ("dashboard/web/page.js", "x" * 161 + "\n"),
            ("dashboard/web/page.js", "x;\n" * 401),
        ], 1)

    def test_includes_downward_pass(self):
        self.expect("includes", [
            ("common/store/a.c", '#include "common/base/x.h"\n#include "embedded/sql_session.h"\n#include <libpq-fe.h>\n'),
            ("common/queue/a.c", '#include "common/loop/x.h"\n#include "embedded/lua.h"\n'),
            ("common/deliveries/a.c", '#include "common/base/x.h"\n#include <string.h>\n'),
            ("worker/a.c", '#include "worker/run/x.h"\n#include "common/kinds/x.h"\n'),
            ("tests/unit/base/a.c", '#include "common/base/x.h"\n#include "tests/testing/x.h"\n'),
            ("tests/unit/producer/a.c", '#include "producer/x.h"\n#include "common/kinds/x.h"\n'),
            ("bench/a.c", '#include "common/queue/x.h"\n#include "tests/testing/x.h"\n'),
        ], 0)

    def test_includes_upward_or_sideways_are_refused(self):
        self.expect("includes", [
            ("common/base/a.c", '#include "common/store/x.h"\n'),
            ("common/store/a.c", '#include "common/loop/x.h"\n'),
            ("common/loop/a.c", '#include "common/queue/x.h"\n'),
            ("common/queue/a.c", '#include "common/kinds/x.h"\n'),
            ("common/queue/a.c", '#include "common/deliveries/x.h"\n'),
            ("common/deliveries/a.c", '#include "common/store/x.h"\n'),
            ("common/deliveries/a.h", "#  include <libpq-fe.h>\n"),
            ("common/kinds/a.c", '#include "worker/run/x.h"\n'),
            ("common/store/a.c", '#include "embedded/lua.h"\n'),
            ("common/store/a.c", '#include "embedded/sql_queue.h"\n'),
            ("producer/a.c", '#include "worker/run/x.h"\n'),
            ("tests/integration/a.c", '#include "worker/run/x.h"\n'),
            ("worker/a.c", '#include "tests/testing/x.h"\n'),
            ("tests/unit/base/a.c", '#include "common/store/x.h"\n'),
            ("tests/unit/producer/a.c", '#include "worker/run/x.h"\n'),
            ("common/base/a.c", '#include "x.h"\n'),
            ("common/helpers/a.c", '#include "common/base/x.h"\n'),
        ], 1)

    def test_circles_of_includes_are_refused(self):
        self.write("worker/b.h", '#include "worker/c.h"\n')
        self.expect("circles", [("worker/a.c", '#include "worker/b.h"\n'), ("worker/c.h", '#include "worker/d.h"\n')], 0)
        self.expect("circles", [("worker/c.h", '#include "worker/b.h"\n'), ("worker/c.c", '#include "worker/b.h"\n')], 1)

    def test_retired_words_are_refused(self):
        self.expect("words", [
            ("worker/a.c", "/* an outflowing planet; manewer */\n"),
            ("docs/style.md", "anew\n"),
            ("scripts/a.sh", "setpriv --reuid=nobody; id -u nobody; chown nobody:nogroup; # the user nobody\n"),
        ], 0)
        self.expect("words", [
            ("worker/a.c", "int the_muster(void);\n"),
            ("sql/queue/a.sql", "-- begun anew\n"),
            ("docs/a.md", "It lasts for ever.\n"),
        ], 1)
        for file in ("tests/a.mjs", "scripts/a.sh", "README.md"):
            self.expect("words", [(file, "Whoever asks, somebody answers.\n")], 1)

    def test_unformatted_c_is_refused(self):
        self.write("common/base/good.c", "int f(void)\n{\n    return 1;\n}\n")
        if self.result("format") == SKIPPED:
            self.skipTest("no clang-format of the version that decides")
        self.expect("format", [("common/base/a.c", "int g(void)\n{\n    return 1;\n}\n")], 0)
        self.expect("format", [("common/base/a.c", "int g(void) {return 1;}\n")], 1)

    def test_exports_that_no_other_file_uses_are_refused(self):
        def result(known):
            self.write("known.txt", known)
            command = [sys.executable, "-B", HERE / "check_exports.py", self.root, self.root / "known.txt"]
            return subprocess.run(command, capture_output=True, text=True).returncode

        self.write("common/base/a.h", "int a_used(void);\nint a_dead(int one,\n           int two);\n")
        self.write("common/base/a.c", "int a_used(void)\n{\n    return 1;\n}\n\nint a_dead(int one, int two)\n{\n    return one + two;\n}\n")
        self.write("worker/b.c", "/* a_dead( */ int b = 0;\nint c(void)\n{\n    return a_used();\n}\n")
        self.assertEqual(result(""), 1)
        self.assertEqual(result("# why\na_dead  tests will want it\n"), 0)
        self.assertEqual(result("a_dead  tests will want it\na_used  it is used\n"), 1)

    def test_sql_in_strings_is_refused(self):
        self.expect("sql_in_c", [
            ("worker/a.c", 'const char *a = "select one of: UPDATE, deliver";\n'),
            ("worker/a.c", "/* SELECT 1 */ int quote = '\"'; // \"INSERT INTO\n"),
            ("tests/contract/a.c", 'const char *a = "SELECT 1";\n'),
        ], 0)
        self.expect("sql_in_c", [
            ("worker/a.c", 'const char *a = "SELECT 1";\n'),
            ("worker/a.c", 'int quote = \'"\'; const char *a = "\\"INSERT INTO job";\n'),
            ("producer/a.c", 'const char *a = "UPDATE tally SET";\n'),
            ("common/queue/a.c", 'const char *a = "DELETE FROM job";\n'),
            ("common/queue/a.c", 'const char *a = "return redis.call(\'GET\', KEYS[1])";\n'),
        ], 1)

    def test_python_that_takes_what_is_not_there_is_refused(self):
        self.write("tests/chaos/story.py", "import os\nPLACES = 1\n\n\ndef tell():\n    return os.sep\n")
        self.write("tests/testing/python/ours/__init__.py", "")
        self.write("tests/testing/python/ours/wait.py", "def eventually():\n    pass\n")
        self.expect("python", [
            ("tests/chaos/test_a.py", "from story import PLACES, tell\ntell(PLACES)\n"),
            ("tests/chaos/test_a.py", "from ours import wait\nfrom ours.wait import eventually\nwait.eventually(eventually)\n"),
            ("tests/house/a.py", "import json, story\nimport os.path\njson.dumps(story)\n"),
        ], 0)
        self.expect("python", [
            ("tests/chaos/test_a.py", "from story import PLACES, TIMES\n"),
            ("tests/chaos/test_a.py", "from storey import PLACES\n"),
            ("tests/chaos/test_a.py", "import storey\n"),
            ("tests/chaos/test_a.py", "from ours import wait\nwait.never()\n"),
            ("tests/chaos/test_a.py", "def f(:\n"),
        ], 1)

    def test_what_is_cited_must_be_there(self):
        self.write("docs/design.md", "# The design\n\n## Settle\n\nSee [there](domain/x.md#rules) and `common/base/x.h`, `x.h`.\n")
        self.write("docs/domain/x.md", "# Rules\n\n    common/base/gone.h\n")
        self.write("docs/model/a.pml", "")
        self.expect("documents", [
            ("common/base/a.c", '/* The fence (docs/design.md, "Settle"); model: a.pml. */\n'),
            ("common/base/a.c", '/* As docs/design.md\n * says. */ const char *a = "%s/pages/%d.md";\n'),
            ("sql/queue/a.sql", "-- docs/domain/x.md\nSELECT 'docs/none.md'\n"),
            ("tests/house/a.py", 'x = "docs/none.md"  # docs/design.md\n'),
            ("README.md", "[design](docs/design.md), `common/*/x.h`, `worker/`, `op_…/1`, `a/b`\n"),
        ], 0)
        self.expect("documents", [
            ("common/base/a.c", "/* docs/none.md */\n"),
            ("common/base/a.c", '/* docs/design.md, "Cancel" */\n'),
            ("common/base/a.c", "/* none.pml */\n"),
            ("common/base/a.c", "int a; // See the design, section 2.\n"),
            ("common/base/a.c", "/* Source: domain\n * rules of deliveries. */\n"),
            ("producer/a.c", 'const char *a = "see docs/none.md";\n'),
            ("sql/queue/a.sql", "-- docs/none.md\nSELECT 1\n"),
            ("worker/a.lua", "-- docs/none.md\n"),
            ("tests/house/a.py", '"""As docs/none.md says."""\n'),
            ("scripts/a.sh", "echo 1 # docs/none.md\n"),
            ("README.md", "[design](docs/none.md)\n"),
            ("README.md", "[design](docs/design.md#cancel)\n"),
            ("README.md", "`common/base/y.h`\n"),
            ("README.md", "`y.h` does it\n"),
            ("README.md", "`common/*/y.h`\n"),
            ("README.md", "```sh\nscripts/none.sh --yes\n```\n"),
            ("docs/a.md", "`tests/none/`\n"),
        ], 1)

    def test_the_manual_of_definitions_names_all_that_is_there_and_nothing_else(self):
        keys = '{"id", DEFINITION_REQUIRED, read_id, 0},\n'
        kinds = '{"links", &sql_kinds_links, &sql_check},\n{\n    .name = "resync",\n}\n{.name = "noop"}\n'
        tables = ["| key | value |\n|---|---|\n| `id` | x |\n\n", "| job | queue |\n|---|---|\n| `resync` | x |\n| `noop` | x |\n\n",
                  "| selection | jobs |\n|---|---|\n| `links` | `x` |\n"]
        self.write("common/definitions/definition.c", keys)
        self.write("common/kinds/kinds.c", kinds)
        self.expect("definitions", [("docs/definitions.md", "".join(tables))], 0)
        self.expect("definitions", [("docs/definitions.md", "".join(tables[:at] + tables[at + 1:])) for at in range(3)], 1)
        self.expect("definitions", [("docs/definitions.md", "".join(tables) + "| `gone` | x |\n"),
                                    ("docs/definitions.md", "".join(tables).replace("| `noop` | x |\n", "")),
                                    ("docs/definitions.md", "".join(tables).replace("`id`", "`name`"))], 1)
        self.write("docs/definitions.md", "".join(tables))
        self.expect("definitions", [("common/definitions/definition.c", keys + '{"more", DEFINITION_OPTIONAL, read, 0},\n')], 1)

    def test_a_script_without_help_is_refused(self):
        for code, lines in [(0, ["echo usage: x"]), (1, ["echo usage: x >&2"]), (1, ["echo usage: x", "exit 2"]),
                            (1, ["echo usage: x", "echo oh >&2"]), (1, ["echo usage: x", "touch here"]), (1, [])]:
            self.write("scripts/x.sh", "\n".join(["#!/bin/sh", *lines, ""]))
            (self.root / "scripts/x.sh").chmod(0o755)
            with self.subTest(lines=lines):
                self.assertEqual(self.result("help"), code)

    def test_broken_shell_is_refused(self):
        self.expect("shell", [("scripts/a.sh", '#!/bin/sh\necho "$1"\n')], 0)
        self.expect("shell", [("scripts/a.sh", "#!/bin/sh\nif true\n"), (".ci/run", "#!/bin/sh\nif true\n")], 1)


if __name__ == "__main__":
    unittest.main()
