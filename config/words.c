/* One row a kind. tests/unit/words.py holds it against docs/event-kinds.md and the kinds in the
 * code. */
#include "config/words.h"

#include <stddef.h>
#include <string.h>

static const struct words WORDS[] = {
    {"exceedance.hour", "小时均值超标(疑似)", "hourly mean exceedance (suspected)"},
    {"exceedance.day", "日均值超标(疑似)", "daily mean exceedance (suspected)"},
    {"exceedance.single", "单次值超标(疑似)", "single-sample exceedance (suspected)"},
    {"exceedance.five-minutes", "5分钟均值超标(疑似)", "5-minute mean exceedance (suspected)"},
    {"exceedance.realtime", "实时值超限", "real-time excursion"},
    {"exceedance.warning", "超限预警", "limit early warning"},
    {"target.ultra-low", "未达超低排放指标", "ultra-low target missed"},
    {"target.month-share", "月达标小时占比不足",
     "too few hours of the month kept the ultra-low target"},
    {"treatment.off", "治理设施未运行", "treatment not running"},
    {"treatment.under-loaded", "治理设施低负荷运行", "treatment under-loaded"},
    {"treatment.energy-drift", "治理设施用电异常", "treatment energy off its usual band"},
    {"treatment.late-start", "治理设施晚启", "late start of treatment"},
    {"treatment.early-stop", "治理设施早停", "early stop of treatment"},
    {"order.violation", "停限产期间仍在生产", "running under stop order"},
    {"power.signal-lost", "用电监测数据中断", "electricity meter silent"},
    {"acknowledged", "事件已确认", "an event was acknowledged"},
    {"declared.mode", "申报运行模式", "a mode was declared"},
    {"declared.mark", "工况标记", "hours were marked"},
    {"declared.maintenance", "申报维护", "maintenance was declared"},
    {"declared.calibrated", "申报校准", "a calibration was declared"},
    {"action.taken", "联动已执行", "an action was taken"},
    {"action.released", "联动已解除", "an action was released"},
    {"action.failed", "联动失败", "an action did not work"},
    {"bypass.open", "旁路开启", "bypass open"},
    {"bypass.suspect", "疑似旁路排放", "suspected bypass"},
    {"bypass.fault", "旁路监控失效", "bypass monitoring fault"},
    {"bypass.leak", "旁路泄漏", "bypass leakage"},
    {"bypass.hot-side", "高温旁路开启", "hot-side bypass open"},
    {"bypass.process", "工艺旁路开启", "process bypass open"},
    {"removal.low", "去除率不足(疑似)", "removal efficiency too low (suspected)"},
    {"removal.below-design", "去除率低于工艺设计值",
     "removal below what the technology is made for"},
    {"dilution.suspected", "疑似稀释排放", "suspected dilution"},
    {"collection.low", "收集效率偏低", "collection efficiency too low"},
    {"collection.hood", "集气罩控制风速不足", "too little draught at the hood"},
    {"process.temperature", "工艺温度超出要求", "process temperature out of bounds"},
    {"process.nh3-slip", "氨逃逸偏高", "ammonia slip too high"},
    {"process.lel", "可燃物浓度过高(LEL)", "too near to the explosive limit"},
    {"process.dust", "进气颗粒物浓度过高", "too much dust at the inlet"},
    {"process.velocity", "吸附床气速过高", "gas too fast in the bed"},
    {"process.pressure-drop", "压差超出范围", "pressure drop out of bounds"},
    {"process.residence-time", "燃烧室停留时间偏短", "residence in the chamber too short"},
    {"process.space-velocity", "催化床空速超出范围", "space velocity out of bounds"},
    {"process.absorbent", "吸收液工况超出范围", "absorbent out of bounds"},
    {"carbon.due", "吸附剂即将到期", "adsorbent soon to be changed"},
    {"carbon.spent", "吸附剂已到期", "adsorbent spent"},
    {"recovery.pressure", "油气回收系统压力超出范围",
     "pressure of the vapour recovery out of bounds"},
    {"recovery.gas-liquid-ratio", "气液比超出范围", "gas-liquid ratio out of bounds"},
    {"water.zero-flow", "运行期间出水流量为零", "no outflow while the plant runs"},
    {"water.aeration-off", "进水期间曝气停运", "aeration stands while water comes in"},
    {"water.overflow", "溢流", "overflow"},
    {"influent.anomaly", "进水浓度异常", "influent anomaly"},
    {"water.implausible", "水质数据不合逻辑(疑似)", "water data implausible (suspected)"},
    {"o2.abnormal", "含氧量异常(疑似稀释)", "O2 abnormal, possible dilution"},
    {"mode.start-up", "启炉(开工)模式", "start-up mode"},
    {"mode.shutdown", "停炉(停工)模式", "shutdown mode"},
    {"mode.maintenance", "检修模式", "maintenance mode"},
    {"mode.emergency", "重污染天气应急", "heavy-pollution emergency"},
    {"mode.seasonal", "季节性管控", "seasonal window"},
    {"gateway.started", "网关启动", "the gateway started"},
    {"gateway.stopped", "网关停止", "the gateway stopped"},
    {"configuration.changed", "配置变更", "the configuration was changed"},
    {"configuration.refused", "配置被拒绝", "a configuration was refused"},
    {"configuration.trial", "配置试运行", "a configuration is on trial"},
    {"configuration.proven", "配置已验证生效", "a configuration proved itself"},
    {"configuration.rolled-back", "配置已自动回退", "a configuration was rolled back"},
    {"configuration.local-wins", "本地配置优先生效", "the local site file holds again"},
    {"command.done", "命令已执行", "a command was carried out"},
    {"command.refused", "命令被拒绝", "a command was refused"},
    {"command.flood", "大量命令被拒绝", "many commands were refused"},
    {"gateway.restart", "网关重启命令", "a restart was asked for"},
    {"log.level", "日志级别变更", "the log level was changed"},
    {"clock.changed", "时钟状态变化", "the state of the clock changed"},
    {"clock.step", "时钟跳变", "the clock was stepped"},
    {"clock.zero", "开机时刻已确定", "the time zero of this boot is known"},
    {"transmission.abnormal", "数据传输异常", "abnormal data transmission"},
    {"destination.down", "上级平台连接中断", "a destination is out of reach"},
    {"resend.done", "补发完成", "records were sent again"},
    {"resend.failed", "补发未完成", "records could not all be sent again"},
    {"certificate.expiring", "证书即将到期", "a certificate expires soon, or has expired"},
    {"certificate.renewed", "证书已更新", "a certificate was renewed or dropped"},
    {"key.rotated", "签名密钥已更换", "the signing key was changed"},
    {"gap", "数据缺口", "data gap"},
    {"store.failed", "存储故障", "the store has failed"},
    {"store.recovered", "存储恢复", "the store works again"},
    {"store.saved", "损坏存储中的数据已抢救", "what reads of a damaged store was saved"},
    {"work.proposed", "工况提示(启炉、停炉、停运、压火)", "working condition proposed"},
    {"exceedance.marked", "超标小时已标记", "a marked hour had exceeded a limit"},
    {"marks.due", "异常小时待标记", "abnormal hours to be marked"},
};
#define WORD_COUNT (sizeof WORDS / sizeof *WORDS)

const struct words *
words_at(unsigned i)
{
    return i < WORD_COUNT ? &WORDS[i] : NULL;
}

const struct words *
words_find(const char *kind)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (!strcmp(WORDS[i].kind, kind))
            return &WORDS[i];
    return NULL;
}
