#!/usr/bin/env bash
# design.md section 7: a file has at most 500 lines, a header 120; clang-tidy holds the functions
# (tests/lint.sh). Prints each that is longer. `sizes.sh --self-test` proves that it can fail.
set -u
cd "$(dirname "$0")/.." || exit 1

too_long() {
    awk -v most="$1" 'FNR == 1 && name != "" && count > most { print name ": " count " lines, at most " most; bad = 1 }
        FNR == 1 { name = FILENAME } { count = FNR }
        END { if (name != "" && count > most) { print name ": " count " lines, at most " most; bad = 1 } exit bad }' \
        "${@:2}"
}

if [ "${1:-}" = --self-test ]; then
    planted=$(mktemp --suffix=.h)
    trap 'rm -f "$planted"' EXIT
    seq 121 >"$planted"
    too_long 120 "$planted" >/dev/null && echo "sizes.sh: a header of 121 lines went unnoticed" && exit 1
    seq 120 >"$planted"
    too_long 120 "$planted" || exit 1
    exit 0
fi
folders=(base protocols config daemon ctl sim)
mapfile -t headers < <(find "${folders[@]}" -name node_modules -prune -o -name '*.h' -print | sort)
mapfile -t sources < <(find "${folders[@]}" tests -name node_modules -prune -o \( -name '*.c' -o -name '*.cc' \) -print | sort)
bad=0
too_long 120 "${headers[@]}" || bad=1
too_long 500 "${sources[@]}" || bad=1
exit $bad
