"""Records which files push_to_s3 copies under which ignore file: python record-prefectignore.py > prefectignore.json (prefect 3.8.8)."""

import json
import os
import tempfile
from pathlib import Path

from prefect.utilities.filesystem import filter_files

FILES = ["flow.py", "README.md", ".env", ".hidden/a", "data/big.csv", "data/small.txt", "data/sub/x.csv", "src/app.py", "src/__pycache__/app.pyc", "src/data/y.csv",
         "tests/test_a.py", "build", "a b.txt", "docs/build/index.html", "#x", "!important", "Upper.TXT", "[odd].txt", "ends.space ", "deep/a/b/c/d.txt", "node_modules/p/i.js"]
IGNORES = ["", "*", "*.csv", "data/", "/data", "data", "**/data", "data/*", "data/**", "data/*\n!data/small.txt", "data/\n!data/small.txt", "*.py\n!flow.py", "__pycache__/\n*.pyc",
           ".*", ".*/", "build", "build/", "/build", "**/build/**", "# comment\n*.md", "\\#x", "\\!important", "!flow.py", "*\n!flow.py", "*\n!*/\n!*.py", "/*\n!/src", "a b.txt", "a?b.txt", "*.txt",
           "[Uu]pper.*", "upper.txt", "\\[odd\\].txt", "[[]odd].txt", "  data/  ", "deep/**/d.txt", "deep/*/d.txt", "**/*.js", "src/**/*.pyc", "tests\n\n\nsrc", "/", "//", "data//",
           "./flow.py", "flow.py/", "**", "***", "src/data", "*a*", "t?sts", "!*", "*.csv\n!*.csv"]


def copied(patterns):
    """The selection of prefect_aws.deployments.steps.push_to_s3, in the working directory."""
    included = filter_files(".", [line.strip() for line in patterns.splitlines()])
    return sorted(str(path.relative_to(".")) for path in Path(".").rglob("*") if not path.is_dir() and str(path.relative_to(".")) in included)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for file in FILES:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).touch()
    print(json.dumps({"files": FILES, "cases": [[patterns, copied(patterns)] for patterns in IGNORES]}))
    os.chdir("/")
