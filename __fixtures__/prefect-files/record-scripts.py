"""Records how Python reads scripts of run_shell_script: python record-scripts.py > scripts.json (Python 3.11)."""

import json
import shlex
import string

WORDS = ["", "  ", "echo a b", "echo  'a b'", 'echo "a b"', 'a"b"c', "a'b'\"c\"", 'echo "a \\" b"', 'echo "a \\\\ b"', 'echo "a \\n b"', "echo 'a \\' b", "a\\ b", "\\a", "a\\\\b",
         "echo # no comment", "echo a#b", "''", '""', "a '' b", "$HOME `x` $(y)", "a|b && c > d; e", "tab\tand\rreturn", "a='b c'", "--flag=\"x y\"", "ü é 'ä ö'", "'open", '"open', "end\\",
         '"end\\', "a 'b' 'c", "*.py ~ {a,b}", "x\u00a0y", '"\\$x"', "'\"'", '"\'"', "\\'", '\\"a b\\"']
LINES = ["", "a", "a\n", "a\nb", "a\r\nb\r\n", "a\rb", "a\n\nb\n\n", "a\x0bb\x0cc", "a\x1cb\x1dc\x1ed", "a\x85b\u2028c\u2029d", "\n", " a \n b "]
TEMPLATES = ["$A", "${A}", "$$A", "$AB", "${A}B", "$missing", "${missing}", "$", "$1", "${}", "${A", "$a", "$_", "x$A$A", "$$$A", "100%$A", "$A.$B", "$É", "$Aü"]
VALUES = {"A": "1", "B": "$A", "_": "u", "AB": "2", "constructor": "c"}


def words(line):
    try:
        return shlex.split(line)
    except ValueError as error:
        return str(error)


print(json.dumps({
    "words": [[line, words(line)] for line in WORDS],
    "lines": [[text, text.splitlines()] for text in LINES],
    "values": VALUES,
    "templates": [[text, string.Template(text).safe_substitute(VALUES)] for text in TEMPLATES],
}))
