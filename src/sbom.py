#!/usr/bin/python3
"""make sbom: the software bill of materials (SPDX 2.3, JSON) of a program, on standard output.

    src/sbom.py PROGRAM NAME VERSION HOMEPAGE [HEADER-PACKAGE...]

Lists what the dynamic linker maps at the start (NEEDED, and what that needs), what the program
loads later (.note.dlopen, src/base/sharedlib.h), and the packages whose headers are compiled in.
A library that is only suggested may be in no package: then its version is unknown.
Versions are those of the Debian packages installed here; licences are read from their copyright
files. SOURCE_DATE_EPOCH=SECONDS is the time that the document bears, instead of now.
"""

import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

# Debian's short names of licences that SPDX calls otherwise. Names that are the same are not here.
SPDX = {
    'expat': 'MIT',
    'mit/x11': 'MIT',
    'bsd-2-clause': 'BSD-2-Clause',
    'bsd-3-clause': 'BSD-3-Clause',
    'gpl-2': 'GPL-2.0-only',
    'gpl-2+': 'GPL-2.0-or-later',
    'gpl-3+': 'GPL-3.0-or-later',
    'lgpl-2.1': 'LGPL-2.1-only',
    'lgpl-2.1+': 'LGPL-2.1-or-later',
    'lgpl-2+': 'LGPL-2.0-or-later',
    'lgpl-3+': 'LGPL-3.0-or-later',
}
SAME = {'Apache-2.0', 'BSD-1-Clause', 'BSD-2-Clause', 'BSD-3-Clause', 'curl', 'ISC', 'MIT', 'Zlib'}


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def needed(elf):
    return re.findall(r'\(NEEDED\).*\[(.*)\]', output('readelf', '-dW', elf))


def mapped(elf):
    """soname -> path of all that the dynamic linker maps for this file."""
    return dict(re.findall(r'^\s*(\S+) => (/\S+)', output('ldd', elf), re.M))


def installed():
    """soname -> path of the libraries that the dynamic linker finds here."""
    return dict(re.findall(r'^\s*(\S+) \(libc6.*\) => (\S+)', output('/sbin/ldconfig', '-p'), re.M))


def notes(elf):
    """The entries of .note.dlopen: owner "FDO", type 0x407c0c0a, JSON."""
    with tempfile.NamedTemporaryFile() as section:
        subprocess.run(['objcopy', '-O', 'binary', '--only-section=.note.dlopen', elf, section.name],
                       check=True)
        with open(section.name, 'rb') as f:
            rest = f.read()
    entries = []
    while rest:
        owner_size, size, kind = struct.unpack_from('<3I', rest)
        at = 12 + (owner_size + 3) // 4 * 4
        if kind == 0x407c0c0a:
            entries += json.loads(rest[at:at + size].rstrip(b'\0'))
        rest = rest[at + (size + 3) // 4 * 4:]
    return entries


def owners(paths):
    """path -> the package that the file is from. It knows the file by its name before or after
    /usr was merged."""
    names = {}
    for path in paths:
        real = os.path.realpath(path)
        names.update({name: path for name in (real, real.removeprefix('/usr'), '/usr' + real)})
    found = subprocess.run(['dpkg-query', '-S', *names], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, check=False).stdout
    of = {names[name]: packages.split(', ')[0]
          for packages, name in re.findall(r'^(.*): (/.*)$', found, re.M)}
    for path in set(paths) - set(of):
        sys.exit(f'sbom: no package has {path}')
    return of


def licences(package):
    """Reads its copyright file: an SPDX expression of the whole, and all licence names in it."""
    try:
        with open(f'/usr/share/doc/{package}/copyright', encoding='utf-8', errors='replace') as f:
            text = f.read()
    except OSError:
        return 'NOASSERTION', []
    names = sorted({' '.join(name.split()) for name in re.findall(r'^License:[ \t]*(\S.*)$', text, re.M)})
    whole = re.search(r'^Files:[ \t]*\*[ \t]*$(?:\n\S.*|\n[ \t].*)*?\nLicense:[ \t]*(\S.*)$', text, re.M)
    if not whole:
        return 'NOASSERTION', names
    words = [SPDX.get(word.lower(), word) for word in whole[1].split()]
    words = [word.upper() if word in ('or', 'and') else word for word in words]
    known = all(word in SAME or word in SPDX.values() for word in words[::2]) and \
        all(word in ('OR', 'AND') for word in words[1::2])
    return ' '.join(words) if known and len(words) % 2 else 'NOASSERTION', names


def spdx_id(name):
    return 'SPDXRef-' + re.sub(r'[^A-Za-z0-9.-]', '-', name)


def describe(package):
    """The id of a Debian package in the document, and its entry."""
    name, version, architecture, source, source_version, homepage = output(
        'dpkg-query', '-W', '-f', '${Package}\\n${Version}\\n${Architecture}\\n${source:Package}\\n'
        '${source:Version}\\n${Homepage}', package).split('\n')
    declared, names = licences(name)
    locator = f'pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}'
    entry = {
        'SPDXID': spdx_id(f'deb-{name}'), 'name': name, 'versionInfo': version,
        'filesAnalyzed': False, 'supplier': 'Organization: Debian',
        'sourceInfo': f'built from the source package {source} {source_version}',
        'downloadLocation': 'NOASSERTION', 'licenseConcluded': 'NOASSERTION',
        'licenseDeclared': declared, 'copyrightText': 'NOASSERTION',
        'externalRefs': [{'referenceCategory': 'PACKAGE-MANAGER', 'referenceType': 'purl',
                          'referenceLocator': locator}],
    }
    if names:
        entry['licenseComments'] = 'names in its copyright file: ' + '; '.join(names)
    if homepage:
        entry['homepage'] = homepage
    return entry['SPDXID'], entry


class Bill:
    """The packages and relations of a document about the program `own`."""

    def __init__(self, own, libraries):
        self.own = own
        self.libraries = libraries # soname -> path
        self.owners = owners(libraries.values())
        self.ids = {}
        self.entries = {}
        self.relations = []
        self.visited = set()

    def add_package(self, package):
        if package not in self.ids:
            key, entry = describe(package)
            self.ids[package] = key
            self.entries[key] = entry
        return self.ids[package]

    def add_library(self, soname):
        return self.add_package(self.owners[self.libraries[soname]])

    def relate(self, one, kind, other, comment):
        relation = {'spdxElementId': one, 'relationshipType': kind, 'relatedSpdxElement': other,
                    'comment': comment}
        if one != other and relation not in self.relations:
            self.relations.append(relation)

    def add_needed(self, elf, user):
        """The libraries that `elf`, of the package `user`, needs, and what those need in turn."""
        if elf in self.visited:
            return
        self.visited.add(elf)
        for soname in needed(elf):
            if soname in self.libraries: # not the dynamic linker itself
                key = self.add_library(soname)
                self.relate(user, 'DYNAMIC_LINK', key, soname)
                self.add_needed(self.libraries[soname], key)

    def add_foreign(self, note, soname):
        key = spdx_id(soname)
        self.entries[key] = {
            'SPDXID': key, 'name': soname, 'versionInfo': 'unknown', 'filesAnalyzed': False,
            'downloadLocation': 'NOASSERTION', 'licenseConcluded': 'NOASSERTION',
            'licenseDeclared': 'NOASSERTION', 'copyrightText': 'NOASSERTION',
        }
        self.relate(key, 'OPTIONAL_DEPENDENCY_OF', self.own, f'{soname}: loaded for "{note["description"]}"')

    def add_loaded(self, note, soname):
        key = self.add_library(soname)
        kind = 'RUNTIME_DEPENDENCY_OF' if note['priority'] == 'required' else 'OPTIONAL_DEPENDENCY_OF'
        self.relate(key, kind, self.own, f'{soname}: loaded for "{note["description"]}"')
        self.add_needed(self.libraries[soname], key)


def make_bill(program, own, headers):
    libraries = mapped(program)
    loaded = [(note, soname) for note in notes(program) for soname in note['soname']]
    for note, soname in loaded:
        path = installed().get(soname)
        if path:
            libraries = {**mapped(path), soname: path, **libraries}
        elif note['priority'] != 'suggested':
            sys.exit(f'sbom: {soname} is not installed')
    bill = Bill(own, libraries)
    bill.add_needed(program, own)
    for note, soname in loaded:
        if soname in libraries:
            bill.add_loaded(note, soname)
        else:
            bill.add_foreign(note, soname)
    for package in headers:
        bill.relate(own, 'STATIC_LINK', bill.add_package(package), 'code in its headers is compiled in')
    return bill


def document(program, name, version, homepage, headers):
    own = spdx_id(name)
    bill = make_bill(program, own, headers)
    packages = [bill.entries[key] for key in sorted(bill.entries)]
    with open(program, 'rb') as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    identity = hashlib.sha256((digest + json.dumps(packages)).encode()).hexdigest()[:32]
    seconds = int(os.environ.get('SOURCE_DATE_EPOCH') or time.time())
    return {
        'spdxVersion': 'SPDX-2.3', 'dataLicense': 'CC0-1.0', 'SPDXID': 'SPDXRef-DOCUMENT',
        'name': f'{name}-{version}',
        'documentNamespace': f'{homepage.rstrip("/")}/spdx/{name}-{version}-{identity}',
        'creationInfo': {'created': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds)),
                         'creators': [f'Tool: {name}-sbom-{version}']},
        'packages': [{
            'SPDXID': own, 'name': name, 'versionInfo': version, 'filesAnalyzed': False,
            'primaryPackagePurpose': 'APPLICATION', 'homepage': homepage,
            'downloadLocation': 'NOASSERTION', 'licenseConcluded': 'NOASSERTION',
            'licenseDeclared': 'MIT', 'copyrightText': 'NOASSERTION',
            'checksums': [{'algorithm': 'SHA256', 'checksumValue': digest}]}] + packages,
        'relationships': [{'spdxElementId': 'SPDXRef-DOCUMENT', 'relationshipType': 'DESCRIBES',
                           'relatedSpdxElement': own}] + bill.relations,
    }


if len(sys.argv) < 5:
    sys.exit(__doc__)
json.dump(document(*sys.argv[1:5], sys.argv[5:]), sys.stdout, indent=1)
print()
