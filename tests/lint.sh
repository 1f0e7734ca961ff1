#!/usr/bin/env bash
# tests/lint.sh BUILD: the readers of code, over a build folder with compile_commands.json: formatting,
# clang-tidy (sizes of functions among others), cppcheck, gcc's analyzer, man pages. Prints what they find.
set -u
build=${1:?build folder}
cd "$(dirname "$0")/.." || exit 1
bad=0
mapfile -t files < <(git ls-files 'base/*.[ch]' 'base/*.cc' 'protocols/*.[ch]' 'config/*.[ch]' 'daemon/*.[ch]' 'ctl/*.[ch]' 'extension/*.[ch]' 'sim/*.[ch]')
clang-format-14 --dry-run -Werror "${files[@]}" || bad=1
mapfile -t sources < <(git ls-files 'base/*.c' 'protocols/*.c' 'config/*.c' 'daemon/*.c' 'ctl/*.c' 'extension/*.c' 'sim/*.c')
printf '%s\n' "${sources[@]}" | xargs -P2 -n8 clang-tidy-14 -quiet -p "$build" 2>/dev/null || bad=1
cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem \
    -I. --std=c11 "${sources[@]}" || bad=1
for page in docs/man/*.[158]; do
    mandoc -Tlint -W warning "$page" || bad=1
done
tests/analyze.sh || bad=1
exit $bad
