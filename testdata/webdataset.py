#!/usr/bin/python3
"""Reads tars by the rules of the webdataset library, with nothing but Python.

    webdataset.py TAR...

prints a line for each sample: its key, its extensions, and the SHA-256 of each member; and
ends with an error where a loader would fail or go wrong: a name without a key or an extension,
a key that comes again, members of one kind twice in a sample. The rules are those of
webdataset/tariterators.py: base_plus_ext, tar_file_iterator, group_by_keys.
"""
import hashlib
import json
import re
import sys
import tarfile

seen = set()
for path in sys.argv[1:]:
    key = None
    sample = {}

    def end_sample():
        if key is None:
            return
        if key in seen:
            sys.exit(f"{path}: {key} comes twice")
        seen.add(key)
        if "json" in sample and json.loads(sample["json"])["key"] != key:
            sys.exit(f"{path}: {key}.json is of another row")
        sums = [hashlib.sha256(data).hexdigest() for data in sample.values()]
        print(key, ",".join(sample), *sums)

    with tarfile.open(path, "r|") as tar:
        for member in tar:
            name = re.match(r"^((?:.*/|)[^.]+)[.]([^/]*)$", member.name)
            if not member.isreg() or not name or re.search(r"__[^/]*__($|/)", member.name):
                sys.exit(f"{path}: {member.name} is skipped by loaders")
            if name[1] != key:
                end_sample()
                key, sample = name[1], {}
            extension = name[2].lower()
            if extension in sample:
                sys.exit(f"{path}: {member.name} comes twice in its sample")
            sample[extension] = tar.extractfile(member).read()
    end_sample()
