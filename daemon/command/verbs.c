/* Rows in the order in which people read `help`: looking, declaring, the bus, data, files, life,
 * keys, the site file. Argument lists stand above the table, one a verb. */
#include "daemon/command/verbs.h"

#include "base/log.h"

#include <string.h>

/* ---- members ---- */

#define TEXT_NEEDED(key, bytes, text)                                                              \
    {                                                                                              \
        .name = (key), .type = ARGUMENT_TEXT, .required = true, .most = (bytes), .help = (text)    \
    }
#define TEXT(key, bytes, text)                                                                     \
    {                                                                                              \
        .name = (key), .type = ARGUMENT_TEXT, .most = (bytes), .help = (text)                      \
    }
#define INTEGER(key, from, to, text)                                                               \
    {                                                                                              \
        .name = (key), .type = ARGUMENT_INTEGER, .low = (from), .high = (to), .help = (text)       \
    }
#define TIME(key, needed, text)                                                                    \
    {                                                                                              \
        .name = (key), .type = ARGUMENT_TIME, .required = (needed), .help = (text)                 \
    }
#define CHOICE(key, needed, list, text)                                                            \
    {                                                                                              \
        .name = (key), .type = ARGUMENT_CHOICE, .required = (needed), .choices = (list),           \
        .help = (text)                                                                             \
    }
#define BY     TEXT("by", 36, "the person who says so; needed over the socket, else whoever signed")
#define REASON TEXT("reason", 159, "what for")

static const struct argument HELP[] = {
    TEXT("verb", 47, "the one verb to explain, with the JSON Schema of its members"),
    {0},
};

static const char *const TABLES[] = {"holding", "input", "coil", "discrete", NULL};

static const struct argument READ[] = {
    TEXT_NEEDED("bus", ORDER_NAME - 1, "name of a bus"),
    INTEGER("unit", 0, 255, "unit id, 0 unless told"),
    CHOICE("table", false, TABLES, "holding unless told"),
    INTEGER("address", 0, 65535, "the first, counted from 0; 0 unless told"),
    INTEGER("count", 1, ORDER_WORDS, "125 registers at most, 2000 bits; 1 unless told"),
    INTEGER("timeout_ms", 0, ORDER_TIMEOUT_MAX_MS, "1000 unless told"),
    {0},
};

static const struct argument WRITE[] = {
    TEXT_NEEDED("point", 2 * ORDER_NAME - 1, "DEVICE.POINT"),
    {.name = "value", .type = ARGUMENT_NUMBER, .required = true, .help = "in the point's unit"},
    {0},
};

static const struct argument MONITOR[] = {
    TEXT_NEEDED("bus", ORDER_NAME - 1, "name of a bus"),
    {0},
};

static const struct argument ACKNOWLEDGE[] = {
    TEXT_NEEDED("event", 63, "its id, STORE-NUMBER as the alarms page has it"),
    TEXT_NEEDED("code", 39, "a reason code of the site"),
    BY,
    REASON,
    {0},
};

static const struct argument MODE[] = {
    TEXT_NEEDED("subject", 79, "an asset, or gateway"),
    TEXT_NEEDED("mode", 39, "a mode; normal ends it"),
    TIME("until", false, "when it ends by itself"),
    BY,
    REASON,
    {0},
};

static const struct argument MARK[] = {
    TEXT_NEEDED("subject", 79, "an asset"),
    TEXT_NEEDED("condition", 39, "what the hours were"),
    TEXT("pollutant", 39, "a point; all of them unless told"),
    TIME("from", true, "the start of the first hour"),
    TIME("until", false, "the end of the last hour"),
    BY,
    REASON,
    {0},
};

static const struct argument MAINTENANCE[] = {
    TEXT_NEEDED("subject", 79, "a device, DEVICE.POINT or an asset"),
    {.name = "on", .type = ARGUMENT_BOOL, .required = true, .help = "false ends it"},
    TIME("until", false, "when it ends by itself"),
    BY,
    REASON,
    {0},
};

static const struct argument CALIBRATED[] = {
    TEXT_NEEDED("subject", 79, "a device or DEVICE.POINT"),
    TIME("at", false, "when it was calibrated; now unless told"),
    BY,
    REASON,
    {0},
};

static const struct argument HISTORY[] = {
    TEXT_NEEDED("point", 127, "DEVICE.POINT, or DEVICE for all of its points"),
    TIME("from", true, "the earliest time"),
    TIME("to", false, "the end, not included; now unless told"),
    TEXT("every", 8, "raw, 1min, 10min, 1h, day, month, or seconds as text; raw unless told"),
    TEXT("after", 79, "`next` of an earlier answer: goes on behind it"),
    INTEGER("limit", 1, 1000000000, "rows at most; 100000 unless told"),
    {0},
};

static const struct argument READ_NOW[] = {
    TEXT_NEEDED("device", ORDER_NAME - 1, "name of a device that is read over a bus"),
    {0},
};

static const char *const STREAMS[] = {"event",  "evidence", "period", "minute",
                                      "sample", "trend",    NULL};

static const struct argument RESEND[] = {
    TEXT_NEEDED("destination", 63, "its name in the site file"),
    CHOICE("stream", true, STREAMS, "one of the streams it receives"),
    INTEGER("first", 1, INT64_MAX, "the first record, with last"),
    INTEGER("last", 1, INT64_MAX, "the last record, with first"),
    TIME("from", false, "instead of first and last, with to: the earliest time"),
    TIME("to", false, "the end, not included, with from"),
    {0},
};

static const struct argument LOG_LEVEL[] = {
    CHOICE("level", true, log_level_names, "what the daemon writes to its log, and all above"),
    INTEGER("for_s", 60, 86400, "seconds until it is as it was; 3600 unless told"),
    {0},
};

static const struct argument RELOAD[] = {
    TEXT("by", 36, "the person who wants it, beside whoever asks"),
    REASON,
    {0},
};

static const struct argument RESTART[] = {
    TEXT_NEEDED("reason", 159, "what for"),
    {0},
};

static const struct argument FETCH[] = {
    TEXT_NEEDED("name", 95, "of a file that files lists"),
    INTEGER("offset", 0, INT64_MAX, "the first byte; 0 unless told"),
    INTEGER("most", 1, INT64_MAX, "bytes; all that is left unless told"),
    {0},
};

static const struct argument RECORD[] = {
    TEXT_NEEDED("bus", ORDER_NAME - 1, "name of a bus"),
    INTEGER("for_s", 1, 600, "seconds; 60 unless told"),
    {0},
};

static const struct argument LOG[] = {
    INTEGER("lines", 1, 1024, "the newest; 100 unless told"),
    CHOICE("level", false, log_level_names, "these and above; all unless told"),
    {0},
};

static const char *const RENEWALS[] = {"request", "install", "drop", NULL};

static const struct argument CERTIFICATE[] = {
    TEXT_NEEDED("destination", 63, "whose certificate"),
    CHOICE("action", true, RENEWALS,
           "a new key and its request; its certificate; back to the site file"),
    TEXT("certificate", 12288, "of install: PEM, the gateway's first, then its issuers"),
    INTEGER("within_s", 5, 300,
            "of install: how long until the broker must have accepted it; 60 unless told"),
    {0},
};

static const struct argument CONFIGURATION[] = {
    INTEGER("version", 0, INT32_MAX, "0: the local file; the one in force unless told"),
    {0},
};

static const struct argument PROPOSE[] = {
    TEXT("text", 256 * 1024, "the whole site file"),
    {.name = "patch", .type = ARGUMENT_OBJECT, .help = "a JSON merge patch upon what is in force"},
    TEXT("why", 159, "what for"),
    {0},
};

static const struct argument APPLY[] = {
    {.name = "version",
     .type = ARGUMENT_INTEGER,
     .required = true,
     .low = 1,
     .high = INT32_MAX,
     .help = "as propose numbered it"},
    INTEGER("within_s", 30, 600, "seconds to be proven in; 120 unless told"),
    TEXT("allow", 255, "buses, devices, destinations that need not answer, with commas between"),
    TEXT("why", 159, "what for"),
    {0},
};

static const struct argument ROLL_BACK[] = {
    INTEGER("version", 0, INT32_MAX, "0: the local file; the one before unless told"),
    TEXT("why", 159, "what for"),
    {0},
};

/* ---- the table ---- */

static const struct verb VERBS[] = {
    {.name = "help",
     .role = ROLE_OBSERVER,
     .en = "the verbs and what they do",
     .zh = "列出命令及其说明",
     .arguments = HELP,
     .handle = verb_help},
    {.name = "status",
     .role = ROLE_OBSERVER,
     .en = "the health page, made anew",
     .zh = "重新生成并返回健康状态页",
     .handle = verb_status},
    {.name = "alarms",
     .role = ROLE_OBSERVER,
     .en = "the events open now",
     .zh = "当前未关闭的事件",
     .handle = verb_alarms},
    {.name = "headroom",
     .role = ROLE_OBSERVER,
     .en = "where open periods stand, and what is left of their limits",
     .zh = "当前统计时段的进度及距限值的余量",
     .handle = verb_headroom},
    {.name = "buses",
     .role = ROLE_OBSERVER,
     .en = "the buses and their devices",
     .zh = "总线及其设备",
     .handle = verb_buses},
    {.name = "key",
     .role = ROLE_OBSERVER,
     .en = "the public key that signs the records",
     .zh = "用于记录签名的公钥",
     .handle = verb_key},
    {.name = "acknowledge",
     .role = ROLE_OPERATOR,
     .en = "a person has seen an open event",
     .zh = "人员确认一个未关闭的事件",
     .arguments = ACKNOWLEDGE,
     .handle = verb_acknowledge},
    {.name = "mode",
     .role = ROLE_OPERATOR,
     .en = "the mode of an asset or of the gateway",
     .zh = "设置设施或网关的运行模式",
     .arguments = MODE,
     .handle = verb_mode},
    {.name = "mark",
     .role = ROLE_OPERATOR,
     .en = "what hours were: a working condition or a reason",
     .zh = "对小时数据进行工况或原因标记",
     .arguments = MARK,
     .handle = verb_mark},
    {.name = "maintenance",
     .role = ROLE_OPERATOR,
     .en = "readings are not plant data for a while",
     .zh = "设置维护状态,期间读数不作为生产数据",
     .arguments = MAINTENANCE,
     .handle = verb_maintenance},
    {.name = "calibrated",
     .role = ROLE_OPERATOR,
     .en = "a calibration was made",
     .zh = "登记一次校准",
     .arguments = CALIBRATED,
     .handle = verb_calibrated},
    {.name = "read-now",
     .role = ROLE_OPERATOR,
     .is_long = true,
     .en = "a scan of a device outside its schedule, stored and judged like any",
     .zh = "立即采集一台设备,数据照常存储和判定",
     .arguments = READ_NOW,
     .handle = verb_read_now},
    {.name = "read",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .is_silent = true,
     .en = "registers of a unit as they are",
     .zh = "直接读取从站寄存器",
     .arguments = READ,
     .handle = verb_read},
    {.name = "write",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .en = "a value to a point, where the site allows it",
     .zh = "写入测点值(须经站点配置允许)",
     .arguments = WRITE,
     .handle = verb_write},
    {.name = "monitor",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .is_silent = true,
     .is_local = true,
     .en = "every frame on a bus until the connection is closed",
     .zh = "持续显示总线上的每一帧,直至连接关闭",
     .arguments = MONITOR,
     .handle = verb_monitor},
    {.name = "history",
     .role = ROLE_OBSERVER,
     .is_long = true,
     .is_silent = true,
     .en = "readings or periods of a point or device, any range, in parts",
     .zh = "查询测点或设备的历史数据,分段返回,可续传",
     .arguments = HISTORY,
     .handle = verb_history},
    {.name = "resend",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .en = "stored records go to a destination once more",
     .zh = "向上级平台补发已存储的记录",
     .arguments = RESEND,
     .handle = verb_resend},
    {.name = "log-level",
     .role = ROLE_ENGINEER,
     .en = "how much the daemon writes to its log, for a while",
     .zh = "临时调整日志级别",
     .arguments = LOG_LEVEL,
     .handle = verb_log_level},
    {.name = "reload",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .en = "the site file is read again, as SIGHUP does",
     .zh = "重新加载站点配置文件",
     .arguments = RELOAD,
     .handle = verb_reload},
    {.name = "restart",
     .role = ROLE_ADMINISTRATOR,
     .en = "the daemon ends with everything stored, and systemd starts it again",
     .zh = "保存全部数据后重新启动服务",
     .arguments = RESTART,
     .handle = verb_restart},
    {.name = "files",
     .role = ROLE_OBSERVER,
     .en = "recordings and diagnostics that lie here to be fetched",
     .zh = "可供下载的录制与诊断文件",
     .handle = verb_files},
    {.name = "fetch",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .en = "a file's bytes as base64, in parts",
     .zh = "分段下载文件(base64)",
     .arguments = FETCH,
     .handle = verb_fetch},
    {.name = "record",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .en = "every raw frame of a bus for a while, into a file",
     .zh = "在一段时间内把总线原始帧录制到文件",
     .arguments = RECORD,
     .handle = verb_record},
    {.name = "diagnostics",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .en = "one file with what somebody far away needs to understand this gateway",
     .zh = "生成一份供远程分析的诊断文件",
     .handle = verb_diagnostics},
    {.name = "log",
     .role = ROLE_ENGINEER,
     .en = "the newest lines of the daemon's log",
     .zh = "守护进程最新日志",
     .arguments = LOG,
     .handle = verb_log},
    {.name = "rotate-key",
     .role = ROLE_ADMINISTRATOR,
     .is_long = true,
     .en = "a new key signs the records from now on; the old one vouches for it",
     .zh = "更换记录签名密钥,由旧密钥为新密钥背书",
     .handle = verb_rotate_key},
    {.name = "certificate",
     .role = ROLE_ADMINISTRATOR,
     .is_long = true,
     .en = "this gateway's certificate for a broker is requested, installed or dropped",
     .zh = "申请、安装或撤销本网关连接服务器所用的证书",
     .arguments = CERTIFICATE,
     .handle = verb_certificate},
    {.name = "configuration",
     .role = ROLE_ENGINEER,
     .is_silent = true,
     .en = "the site file that is in force, or a kept version of it",
     .zh = "读取当前生效的站点配置或其历史版本",
     .arguments = CONFIGURATION,
     .handle = verb_configuration},
    {.name = "versions",
     .role = ROLE_ENGINEER,
     .is_silent = true,
     .en = "the kept versions of the site file: who, when, why, what became of them",
     .zh = "列出站点配置的历史版本",
     .handle = verb_versions},
    {.name = "propose",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .en = "checks another site file and keeps it; nothing changes before apply",
     .zh = "提交新的站点配置并校验,应用前不生效",
     .arguments = PROPOSE,
     .handle = verb_propose},
    {.name = "apply",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .en = "puts a proposed site file on trial; it proves itself in time or is rolled back",
     .zh = "试运行已提交的配置,限时内未通过验证则自动回退",
     .arguments = APPLY,
     .handle = verb_apply},
    {.name = "roll-back",
     .role = ROLE_ENGINEER,
     .is_long = true,
     .en = "goes back to a version that was proven, or to the local site file",
     .zh = "回退到已验证的配置版本或本地配置",
     .arguments = ROLL_BACK,
     .handle = verb_roll_back},
};

#define VERB_COUNT (sizeof VERBS / sizeof VERBS[0])

const struct verb *
verbs_at(size_t i)
{
    return i < VERB_COUNT ? &VERBS[i] : NULL;
}

const struct verb *
verbs_find(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(VERBS[i].name, name) == 0)
            return &VERBS[i];
    return NULL;
}
