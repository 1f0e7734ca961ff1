#!/usr/bin/env bash
# Proves the house of ARCHITECTURE.md: a room includes only what lies below it, stages never include one
# another, and each foreign thing has one gate. Prints every violation as file:line: sentence.
# `layers.sh --self-test` plants violations and proves that each is found.
set -u

# room of a path
room_of() {
    case $1 in
    base/*) echo base ;;
    protocols/modbus/*) echo modbus ;;
    protocols/mqtt/*) echo mqtt ;;
    protocols/tls/*) echo tls ;;
    protocols/gpio/*) echo gpio ;;
    config/*) echo config ;;
    daemon/acquire/*) echo acquire ;;
    daemon/assess/*) echo assess ;;
    daemon/store/reader.h | daemon/store/cursor.h) echo reader ;;
    daemon/store/declared.h | daemon/store/record.h | daemon/store/seal.h | daemon/store/excerpt.h | daemon/store/walk.h | daemon/store/bucket.h) echo reader ;;
    daemon/store/*) echo store ;;
    daemon/forward/*) echo forward ;;
    daemon/supervise/*) echo supervise ;;
    daemon/command/*) echo command ;;
    daemon/configuration/*) echo configuration ;;
    daemon/model.h | daemon/order.h | daemon/declaration.h | daemon/record.h | daemon/value.h | daemon/stamp.h | daemon/counters.h | daemon/command.h | daemon/errand.h | daemon/page.h) echo model ;;
    daemon/*) echo engine ;;
    ctl/*) echo ctl ;;
    extension/*) echo extension ;;
    sim/*) echo sim ;;
    *) echo other ;;
    esac
}

# what a room may include, besides itself
below() {
    case $1 in
    base) echo "" ;;
    modbus | mqtt | gpio) echo "base" ;;
    tls) echo "base mqtt" ;;
    config) echo "base" ;;
    model) echo "base config" ;;
    reader | store) echo "base config model reader store" ;;
    assess) echo "base config model" ;;
    acquire) echo "base config model modbus" ;;
    forward) echo "base config model mqtt reader assess tls" ;;
    supervise) echo "base config model reader assess store forward" ;;
    configuration) echo "base config model" ;;
    command) echo "base config model reader assess store configuration tls" ;;
    engine) echo "base config model gpio reader store assess acquire forward supervise command configuration" ;;
    ctl) echo "base config model reader assess acquire forward command mqtt" ;;
    extension) echo "base config model reader store" ;;
    sim) echo "base config" ;;
    esac
}

where="base protocols config daemon ctl extension sim"
violations=0
say() {
    echo "$1"
    violations=1
}

check_includes() {
    local file line target from to
    while IFS=: read -r file line target; do
        target=${target#*\"}
        target=${target%%\"*}
        from=$(room_of "$file")
        to=$(room_of "$target")
        [ "$from" = other ] && continue
        [ "$to" = other ] && continue
        [ "$from" = "$to" ] && continue
        case " $(below "$from") " in
        *" $to "*) ;;
        *) say "$file:$line: room $from may not include $target of room $to" ;;
        esac
    done < <(grep -rHn '^#include "' --include='*.c' --include='*.h' --include='*.cc' $where)
}

# gate PATTERN "file ...": only these files may have it
gate() {
    local pattern=$1 allowed=$2 file line rest
    while IFS=: read -r file line rest; do
        case " $allowed " in
        *" $file "*) ;;
        *) say "$file:$line: only $allowed may have this: $rest" ;;
        esac
    done < <(grep -rHnE "$pattern" --include='*.c' --include='*.h' --include='*.cc' $where)
}

check_all() {
    violations=0
    check_includes
    gate '^#include <(modbus/)?modbus\.h>' "protocols/modbus/line.c"
    gate '^#include <gpiod\.h>' "protocols/gpio/gpio.c"
    gate '^#include <MQTT' "protocols/mqtt/mqtt.c"
    gate '^#include <sqlite3\.h>' "daemon/store/database.c"
    gate '^#include <sqlite3ext\.h>' "$(echo extension/*.[ch])"
    gate '^#include <cbor\.h>' "base/cbor.c"
    gate '^#include <libfyaml\.h>' "config/yaml.c sim/scenario.c"
    gate 'clock_gettime\(|clock_nanosleep\(' "base/clock.c"
    gate '^#include <systemd/sd-bus' "base/timesync.c"
    gate 'pthread_mutex|pthread_cond' "base/queue.c"
    return $violations
}

self_test() {
    local planted
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    cp -r base protocols config daemon ctl extension sim "$copy"/
    cd "$copy" || exit 1
    check_all >/dev/null || { echo "layers.sh: the tree itself has violations" && exit 1; }
    for planted in 'base/buf.c|#include "daemon/model.h"' \
        'daemon/assess/assess.c|#include "daemon/store/store.h"' \
        'daemon/forward/link.c|#include "daemon/acquire/acquire.h"' \
        'daemon/forward/link.c|#include "daemon/store/schema.h"' \
        'daemon/engine.c|#include <sqlite3.h>' \
        'ctl/main.c|#include <modbus/modbus.h>' \
        'daemon/supervise/timekeeper.c|#include <systemd/sd-bus.h>' \
        'daemon/engine.c|static pthread_mutex_t planted;'; do
        cp "${planted%%|*}" kept
        echo "${planted#*|}" >>"${planted%%|*}"
        where=${planted%%|*}
        if check_all >/dev/null; then
            echo "layers.sh: ${planted#*|} in ${planted%%|*} went unnoticed"
            exit 1
        fi
        mv kept "${planted%%|*}"
    done
}

cd "$(dirname "$0")/.." || exit 1
if [ "${1:-}" = --self-test ]; then
    self_test
    exit 0
fi
check_all
exit $violations
