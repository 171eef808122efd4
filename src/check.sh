#!/bin/bash
# make check: the rules of src/README.md that a machine can keep. Prints what breaks
# one, file by file, and ends with a status.
set -u
cd "$(dirname "$0")/.."
bad=0
tell() { echo "$1: $2"; bad=1; }
flags="-std=gnu11 -D_GNU_SOURCE -Isrc -I. -isystem /usr/include/stb"
code=$(git ls-files -co --exclude-standard '*.c' '*.h')

# Every header compiles alone.
for h in $(grep '\.h$' <<<"$code"); do
	# shellcheck disable=SC2086 # the flags are words
	gcc $flags -fsyntax-only -x c "$h" 2>build/check.log || { tell "$h" "does not compile alone"; cat build/check.log; }
done

# Includes point down, as src/README.md draws it, and siblings do not include each other.
level() {
	case $1 in
	base/*) echo 0 ;;
	input/*) echo 1 ;;
	net/* | image/* | exec/* | manifest/*) echo 2 ;;
	fetch/* | store/*) echo 3 ;;
	feed/* | audit/*) echo 4 ;;
	pipeline/*) echo 5 ;;
	backends/*) echo 6 ;;
	cmd/*) echo 7 ;;
	*) echo none ;;
	esac
}
while IFS=: read -r file include; do
	from=${file#src/} to=$include
	a=$(level "$from") b=$(level "$to")
	[ "$b" != none ] || { tell "$file" "includes $to, which is in no layer"; continue; }
	[ "$a" -lt "$b" ] && tell "$file" "includes upwards: $to"
	[ "$a" -eq "$b" ] && [ "${from%%/*}" != "${to%%/*}" ] && tell "$file" "includes a sibling layer: $to"
	case $from in
	backends/*) case $to in pipeline/* | backends/async.* | backends/null*) tell "$file" "a backend includes $to" ;; esac ;;
	esac
done < <(grep -Hno '^#include "[^"]*"' $code | sed -E 's/^([^:]+):[0-9]+:#include "([^"]*)"/\1:\2/')

# The file is the name space: x.c exports x_* only (or the module's name: x of x_part.c, for
# the calls of a header that several files implement).
for o in $(grep -E '\.c$' <<<"$code" | grep -vE '_(test|bench|fuzz)\.c$|/main\.c$|_table\.c$|^testdata/|/e2e/|/sweep/'); do
	object=build/release/obj/${o%.c}.o
	[ -e "$object" ] || { tell "$o" "was not built"; continue; }
	stem=$(basename "$o" .c) module=${stem%%_*}
	for name in $(nm --defined-only -g "$object" | awk '$2 ~ /[TDBRC]/ {print $3}'); do
		case $name in
		"$stem" | "$stem"_* | "$module" | "$module"_* | backend_*) ;;
		*) tell "$o" "exports $name" ;;
		esac
	done
done

# Only the command prints; the library never exits. A worker silences what libraries print.
grep -nE '\b(printf|puts|putchar|perror|exit)\(|\b(stdout|stderr)\b' \
	$(grep -E '^(src|backends)/.*\.c$' <<<"$code" | grep -vE '_(test|bench|fuzz)\.c$') /dev/null |
	grep -vE '_exit\(|[sn]printf\(|^src/exec/worker.c:.*stderr = mute;' && tell src "prints or exits"

# By itself uthash exits when it has no memory.
grep -n '<uthash\.h>' $code | grep -v '^src/base/hash\.h:' && tell src "includes uthash.h, not base/hash.h"

# What is opened, linked, renamed or removed below an output directory goes through base/beneath.h.
# These files open others: lists, the system's, and those that the user names.
others='src/(input|net|exec)/|src/base/(cgroup|descriptor)\.c|cmd/imgfetch/((main|leaks|onshard|testfault|parquet|options/config|page/report_(file|link)|status/(logfile|metricsfile))\.c|compare/)'
calls='open|openat|open64|creat|fopen|freopen|opendir|scandir|stat|lstat|fstatat|statx|access|faccessat'
calls+='|link|linkat|symlink|symlinkat|readlink|readlinkat|rename|renameat|renameat2|unlink|unlinkat|remove|rmdir'
calls+='|mkdir|mkdirat|mkfifo|mkfifoat|mknod|mknodat|mkstemp|mkostemp|mkdtemp|tmpfile|truncate|chmod|fchmodat'
calls+='|chown|lchown|fchownat|utimes|utimensat|realpath|ftw|nftw|glob|chdir|chroot'
# A function of a struct is another one, and so is open(2) in a comment.
grep -nE "(^|[^>.[:alnum:]_])($calls)\(([^23]|[23][^)]|\$)|syscall\(SYS_(open|link|rename|unlink|mkdir)" \
	$(grep -E '^(src|backends|cmd/imgfetch)/.*\.c$' <<<"$code" | grep -vE '_(test|bench|fuzz)\.c$|/e2e/|/sweep/' |
		grep -vE "^(src/base/beneath(_place)?\.c|$others)") /dev/null && tell src "opens, renames or removes by path, not through base/beneath.h"

# Rooms one can take in: files of a folder without its tests, and lines of a file.
for dir in $(grep -E '^(src|backends|cmd)/' <<<"$code" | xargs -n1 dirname | sort -u); do
	files=$(grep -E "^$dir/[^/]*$" <<<"$code" | grep -cvE '_(test|bench|fuzz)\.c$|/test_[^/]*\.h$')
	[ "$files" -le 85 ] || tell "$dir" "$files files of source"
done
for f in $(grep -E '\.[ch]$' <<<"$code"); do
	lines=$(wc -l <"$f")
	[ "$lines" -le 450 ] || tell "$f" "$lines lines"
done

# The manual page describes every option, in the section that has the name of its topic in --help.
# That and the completions follow from the program's table.
sections='/^\.S[SH]/ { gsub(/^\.S[SH] |"/, ""); section = $0 }'
described=$(awk "$sections"' /^\.TP/ { getline; gsub(/\\/, ""); print section ": " $0 }' cmd/imgfetch/imgfetch.1)
options=$(build/release/imgfetch --help=all |
	sed -nE '/^[A-Z]/ h; /^  .*--/ { G; s/^ [^-]*(-[a-zA-Z0-9], )?(--[a-z0-9.-]*[a-z0-9]).*\n(.*)/\3: \2/p; }')
[ -n "$options" ] || tell build/release/imgfetch "has no help: was it built?"
while IFS= read -r option; do
	grep -E -- "--${option#*: --}([^a-z0-9.-]|\$)" <<<"$described" | grep -q "^${option%: *}: " ||
		tell imgfetch.1 "does not describe ${option#*: } in the section ${option%: *}"
done <<<"$options"

# Nor do the pages name options that it has not; imgserve, Slurm, rclone and aws have these, and those
# of img2dataset have underscores.
known=$(grep -oE -- '--[a-z0-9.-]*[a-z0-9]' <<<"$(build/release/imgfetch --help=all)"; printf '%s\n' --port --array --include --delete)
for page in README.md cmd/imgfetch/*.[15] $(git ls-files -co --exclude-standard 'cmd/imgfetch/*.md' backends/README.md | grep -v /sweep/); do
	for option in $(sed -E 's/\\-/-/g; s/--[a-z0-9]+_[a-z0-9_]+//g' "$page" | grep -oE -- '(^|[^a-z0-9-])--[a-z0-9.-]*[a-z0-9]' | grep -oE -- '--.*' | sort -u); do
		grep -qxF -- "$option" <<<"$known" || tell "$page" "names $option, which is no option"
	done
done

# The JSON Schema of a row has the fields of the table, in their order, the codes of err.h and the
# formats of image.h.
schema=cmd/imgfetch/manifest.schema.json
fields=$(sed -nE '/ROW_SAMPLE/d; s/^ *F\(ROW_[A-Z0-9_]+, "([a-z0-9_]+)".*/\1/p' src/manifest/row_fields.h)
[ "$fields" = "$(jq -r '.properties | keys_unsorted[]' $schema)" ] || tell $schema "has other fields than row_fields.h"
codes=$(sed -nE 's/^ *F\(ERR_[A-Z_]+, "([a-z_]+)"\).*/\1/p' src/base/err.h | grep -vxE 'success|cancelled' | sort)
[ "$codes" = "$(jq -r '.oneOf[].properties.error.enum // empty | .[]' $schema | sort)" ] || tell $schema "has other codes than err.h"

page=cmd/imgfetch/imgfetch-manifest.5
for name in $codes; do
	grep -qxE "\.BR? $name" $page || tell $page "does not describe $name"
done
for field in $fields; do
	grep -qE "^\.IR? .*$field" $page || tell $page "does not describe $field"
done
formats=$(sed -nE 's/^ *F\(IMAGE_[A-Z0-9]+, "([a-z0-9]+)".*/\1/p' src/image/image.h)
[ "$formats" = "$(jq -r '.properties.format.enum[] // empty' $schema)" ] || tell $schema "has other formats than image.h"

# Links of the pages to files and headings here lead somewhere.
while IFS=: read -r file link; do
	target=${link%%#*} heading=
	[ "$link" = "$target" ] || heading=${link#*#}
	path=$(dirname "$file")/$target
	[ "$target" ] || path=$file
	[ -e "$path" ] || { tell "$file" "links to $link, which does not exist"; continue; }
	[ -d "$path" ] || [ -z "$heading" ] ||
		sed -nE 's/^#+ +//p' "$path" | tr 'A-Z ' 'a-z-' | sed 's/[^a-z0-9_-]//g' | grep -qx -- "$heading" ||
		tell "$file" "links to $link, but no heading has that name"
done < <(git ls-files -co --exclude-standard '*.md' | xargs grep -oHE '\]\([^)[:space:]]+\)' |
	sed -E 's/\]\(//; s/\)$//' | grep -vE ':[a-z]+:')

# Layout.
# shellcheck disable=SC2086
clang-format --dry-run --Werror $code 2>build/check.log || { tell layout "clang-format would change:"; grep -oE '^[^:]+:[0-9]+' build/check.log | sort -u | head -20; }
extra=$(git ls-files | cut -d/ -f1 | sort -u | grep -vxE 'cmd|src|backends|testdata|Makefile|README\.md|LICENSE|\..*')
[ -z "$extra" ] || tell "$extra" "does not belong at the top"

[ $bad -eq 0 ] && echo "check: the rules of the house are kept"
exit $bad
