#!/usr/bin/env python3
"""Holds manifests to their JSON Schema: schema.py SCHEMA FILE...

Of a long manifest only the first and the last rows are read. A last line that is torn is none. The
columns of --keep-cols, which stand behind the fields of a row, may have any name.
"""
import json
import sys

import jsonschema

MOST = 100  # rows of each end of a manifest

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
order = list(schema["properties"])


def fault(line):
    try:
        row = json.loads(line)
    except ValueError as error:
        return str(error)
    names = list(row)
    if "ms" in names:
        kept = [name for name in names[names.index("ms") + 1 :] if name != "caption"]
        row = {name: row[name] for name in names if name not in kept}
    for error in validator.iter_errors(row):
        return f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
    if [name for name in order if name in row] != list(row):
        return "the fields are in another order"
    return None


bad = rows = 0
for name in sys.argv[2:]:
    with open(name, encoding="utf-8", errors="surrogateescape") as file:
        lines = [line for line in file if line.endswith("\n")]
    if len(lines) > 2 * MOST:
        lines = lines[:MOST] + lines[-MOST:]
    for line in lines:
        rows += 1
        why = fault(line)
        if why:
            bad += 1
            print(f"{name}: {why}\n    {line[:300].rstrip()}")
            break
print(f"{rows} rows of {len(sys.argv) - 2} manifests were held to the schema; {bad} manifests do not follow it")
sys.exit(bad > 0)
