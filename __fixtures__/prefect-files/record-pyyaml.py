"""Records what PyYAML reads, for the tests: python record-pyyaml.py > pyyaml.json (PyYAML 6.0.3, pydantic 2)."""

import io
import json

import yaml
from pydantic import TypeAdapter

SCALARS = """
y n Y yes On off TRUE null ~ Null nUll 1e3 1.5e3 1.5e+3 1E-2 .5 5. 5.e+2 08 010 0o10 0x1F 0b11 1_000 1_0.5 12:30:00 1:30
0:30 1:30.5 -1:30 +5 -0 0 00 09.5 2024-01-01 2024-1-1 2024-01-01T00:00:00Z 2024-01-01t1:02:03.5+02:00 1.2.3 v1 12e03 0b
0x _1 1_ +.5 -.5 190:20:30.15 1:60 1__0 0_ 00_7 +0b1 -0x1f +010 2024-01-01T00:00:00-05 0. 1e+3 no- 'yes' "5" 60:00 1:2:3:4
""".split()
FILES = [
    "k:",
    "k: true x",
    "k: 2024-01-01 1:02:03",
    "k: !!str 5",
    'k: !!int "5"',
    "on: v",
    "1: v",
    "y: v",
    "1.5: v",
    "a: 1\na: 2",
    "x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3",
    "x: &x {a: 1}\nz: &z {a: 2, c: 3}\ny:\n  <<: [*x, *z]",
    "y:\n  b: 3\n  <<: {b: 4, c: 5}",
    "x: &x {a: 1}\nz: &z {a: 2}\ny:\n  <<: *x\n  <<: *z",
    "x: &x {a: 1}\ny: &y {<<: *x, b: 1}\nz: {<<: *y}",
    "'<<': {a: 1}",
    "",
    "~",
    "- 1\n- {a: b}",
    "a: |\n  x\n  y\n",
    "a: >-\n  x\n  y\n",
    "? a\n: b",
    "%YAML 1.2\n---\na: yes",
    "{a: b, c}",
    "k: a, b",
    "k#y: x#z",
    "a: {{ x }}",
    "cron: * * *",
    "a: *none",
    "a: [1, 2",
    "a: 1\n---\nb: 2",
    "a: b: c",
    "a: @x",
    "k: 2024-13-01",
    "k: !custom x",
    "<<: 5",
    "a: &x {b: *x}",
    "a:\tb",
    "a: b\t",
    "a: b\tc",
    "\ta: b",
    "a:\n\tb: c",
    "a:\n  b: c\n\td: e",
    "a: [b,\tc]",
    "a: b\t# comment",
    "-\ta",
    "\ufeffa: b",
    "a: \ufeffb",
    "a: b\r\nc: d\r\n",
    "a: b\rc: d",
    "a: |\r\n  x\r\n  y\r\n",
    "a: \0",
    "a: \x07",
    'a: "\\0"',
    "a: \x7f",
    "a: 🚀",
    "🚀: a",
    "a: \"x\\ny\"",
    "a: 'it''s'",
    "a: &x b\na: *x",
    "a: {b: 1, b: 2}",
    "a: &x 1\nb: &x 2\nc: *x",
    "a: &x [1]\nb: [*x, *x]",
    "--- \na: b\n...\n",
    "a: b\n...\nc",
    "a: !!binary aGk=",
    "a: !!set {b, c}",
    "a: -",
    "a: - b",
    "a:b",
    "a: %b",
    "a: `b`",
    "[a]: b",
    "{a: b}: c",
    "a: 'b",
    "a: \"\\q\"",
    " a: b\nc: d",
]


def read(text):
    try:
        return {"value": json.loads(TypeAdapter(object).dump_json(yaml.safe_load(io.StringIO(text, newline=None))))}
    except Exception:
        return {"invalid": True}


print(json.dumps([{"text": text, **read(text)} for text in [f"k: {scalar}" for scalar in SCALARS] + FILES], indent=1))
