#!/usr/bin/python3
"""Holds tars and metadata.jsonl to the types that Hugging Face datasets infers, with nothing but
Python.

    hftypes.py FILE.tar...
    hftypes.py FOLDER/metadata.jsonl...

prints the number of samples and the fields of their JSON with their types; and ends with an error
where load_dataset("webdataset") or load_dataset("imagefolder") would fail or lose something. The
rules are those of its packaged_modules: of the tars' samples the first five give the members and
the types, and null there is a type that nothing else fits (webdataset.py); every metadata file must
have the types of the first, and name files that exist, below it (folder_based_builder.py). Stricter
than these, it wants no null at all, and the same fields in every sample.
"""
import json
import os
import re
import sys
import tarfile

FIRST = 5  # NUM_EXAMPLES_FOR_FEATURES_INFERENCE


def type_of(value):
    """As Arrow infers it."""
    if isinstance(value, dict):
        return {name: type_of(v) for name, v in value.items()}
    if isinstance(value, list):
        kinds = []
        for item in map(type_of, value):
            if item not in kinds:
                kinds.append(item)
        if len(kinds) > 1:
            raise ValueError(f"a list of several types: {kinds}")
        return kinds or ["null"]
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        raise ValueError(f"{value} does not fit into 64 bits")
    return {type(None): "null", bool: "bool", int: "int64", float: "double", str: "string"}[type(value)]


def has_null(kind):
    """Lists without elements are all right where all of them are."""
    return kind == "null" or (isinstance(kind, dict) and any(map(has_null, kind.values())))


def samples_of_tar(path):
    key, sample = None, {}
    with tarfile.open(path, "r|") as tar:
        for member in tar:
            name = re.match(r"^((?:.*/|)[^.]+)[.]([^/]*)$", member.name)
            if not name:
                continue
            if name[1] != key and key is not None:
                yield key, sample
            if name[1] != key:
                key, sample = name[1], {}
            sample[name[2]] = tar.extractfile(member).read()
    if key is not None:
        yield key, sample


def rows_of(path):
    """Pairs of what a sample is called and its members or fields."""
    if path.endswith(".tar"):
        for key, sample in samples_of_tar(path):
            yield key, {name: json.loads(data) if name == "json" else "" if name == "txt" else b""
                        for name, data in sample.items()}
        return
    folder = os.path.dirname(path)
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            row = json.loads(line)
            name = row["file_name"]
            if os.path.isabs(name) or not os.path.isfile(os.path.join(folder, name)):
                sys.exit(f"{path}: line {number}: there is no {name}")
            yield f"line {number}", row


def members(sample):
    """The types, and for what is no JSON just that it is there."""
    return {name: "bytes" if isinstance(v, bytes) else type_of(v) for name, v in sample.items()}


kinds = None  # those that the first samples give
count = 0
for path in sys.argv[1:]:
    if os.path.basename(path) != "metadata.jsonl" and not path.endswith(".tar"):
        sys.exit(f"{path}: neither a tar nor metadata.jsonl")
    for key, sample in rows_of(path):
        try:
            found = members(sample)
        except ValueError as error:
            sys.exit(f"{path}: {key}: {error}")
        if kinds is None:
            kinds = found
        if found != kinds:
            what = "inferred from the first five" if count >= FIRST else "that was before it"
            sys.exit(f"{path}: {key}: {found} is not what {what}: {kinds}")
        if has_null(found):
            sys.exit(f"{path}: {key}: null in {found}")
        count += 1
fields = kinds.get("json", kinds) if kinds else {}
print(count, " ".join(f"{name}={json.dumps(fields[name])}" for name in fields))
