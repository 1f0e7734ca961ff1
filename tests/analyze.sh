#!/usr/bin/env bash
# tests/analyze.sh: gcc's -fanalyzer over all C that goes on the gateway or to its tools. Prints each
# warning that tests/analyzer-excused does not name, and each excuse that nothing needs any more.
# `analyze.sh --self-test` proves that it can fail.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# analyze FILE: what gcc says, as lines "FILE FUNCTION WARNING LINE"
analyze() {
    # shellcheck disable=SC2046 # words are meant
    nice gcc -std=c17 -O1 -fno-inline -fanalyzer -fdiagnostics-path-format=none -fno-diagnostics-show-caret -D_GNU_SOURCE \
        -DPARKGATE_VERSION='"0"' -DPARKGATE_SHARE='"/usr/share/parkgate"' -I. \
        $(pkg-config --cflags libmodbus) -c -o /dev/null "$1" >"$2.said" 2>&1 || echo "$1 - does-not-compile 0" >"$2"
    awk '/: In function / { name = $NF; gsub(/[^A-Za-z0-9_]/, "", name) }
         match($0, /\[-Wanalyzer-[a-z-]*\]/) {
             split($1, at, ":")
             print at[1], name, substr($0, RSTART + 12, RLENGTH - 13), at[2]
         }' "$2.said" >>"$2"
    rm -f "$2.said"
}
export -f analyze

# over FILE...: all of them, two at a time
over() {
    printf '%s\n' "$@" | awk -v work="$work" '{ print $0 " " work "/" NR ".found" }' |
        xargs -P2 -L1 bash -c 'analyze "$0" "$1"'
    cat "$work"/*.found
}

if [ "${1:-}" = --self-test ]; then
    cat >"$work/planted.c" <<'END'
#include <stdlib.h>
void planted(void);
void planted(void) { char *text = malloc(1); if (text) text[0] = 0; }
END
    over "$work/planted.c" | grep -q 'planted malloc-leak 3$' && exit 0
    echo "analyze.sh: memory that is lost went unnoticed"
    exit 1
fi
mapfile -t sources < <(git ls-files --cached --others --exclude-standard 'base/*.c' 'protocols/*.c' 'config/*.c' \
    'daemon/*.c' 'ctl/*.c' 'extension/*.c' 'sim/*.c' | while read -r file; do [ -f "$file" ] && echo "$file"; done)
over "${sources[@]}" | sort -u >"$work/all"
awk 'FNR == NR { if ($0 !~ /^#/ && NF >= 4) excused[$1 " " $2 " " $3] = 1; next }
     { key = $1 " " $2 " " $3; seen[key] = 1 }
     !(key in excused) { print $1 ":" $4 ": " $3 " in " $2; bad = 1 }
     END {
         for (key in excused)
             if (!(key in seen)) { print "tests/analyzer-excused: nothing needs " key; bad = 1 }
         exit bad
     }' tests/analyzer-excused "$work/all"
