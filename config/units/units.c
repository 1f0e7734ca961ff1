/* The closed table of units. A unit that is not here cannot be written in a site file, so that the
 * same thing never has two spellings in the payloads. Keys are plain ASCII; the base of a kind is
 * the unit with factor 1. Units that only look alike (m3/h as it flows and Nm3/h at standard state,
 * ppm by volume and ppmC of carbon) are of different kinds, because no factor turns one into the
 * other. */
#include "config/units.h"

#include <stddef.h>
#include <string.h>

static const struct unit UNITS[] = {
    {"%", "ratio", 1, 0, "百分比", "percent"},
    {"permille", "ratio", 0.1, 0, "千分比", "per mille"},

    {"mg/m3", "mass concentration", 1, 0, "毫克/立方米", "milligrams per cubic metre"},
    {"ug/m3", "mass concentration", 1e-3, 0, "微克/立方米", "micrograms per cubic metre"},
    {"g/m3", "mass concentration", 1e3, 0, "克/立方米", "grams per cubic metre"},
    {"ug/L", "mass concentration", 1, 0, "微克/升", "micrograms per litre"},
    {"mg/L", "mass concentration", 1e3, 0, "毫克/升", "milligrams per litre"},
    {"g/L", "mass concentration", 1e6, 0, "克/升", "grams per litre"},
    {"kg/m3", "mass concentration", 1e6, 0, "千克/立方米", "kilograms per cubic metre"},

    {"ppm", "volume fraction", 1, 0, "百万分之一(体积)", "parts per million by volume"},
    {"ppb", "volume fraction", 1e-3, 0, "十亿分之一(体积)", "parts per billion by volume"},
    {"ppmC", "carbon fraction", 1, 0, "百万分之一碳", "parts per million of carbon"},
    {"%LEL", "explosive limit", 1, 0, "爆炸下限百分比", "percent of the lower explosive limit"},

    {"degC", "temperature", 1, 0, "摄氏度", "degrees Celsius"},
    {"K", "temperature", 1, -273.15, "开尔文", "kelvins"},
    {"degF", "temperature", 1 / 1.8, -32 / 1.8, "华氏度", "degrees Fahrenheit"},

    {"Pa", "pressure", 1, 0, "帕", "pascals"},
    {"hPa", "pressure", 100, 0, "百帕", "hectopascals"},
    {"kPa", "pressure", 1e3, 0, "千帕", "kilopascals"},
    {"MPa", "pressure", 1e6, 0, "兆帕", "megapascals"},
    {"mbar", "pressure", 100, 0, "毫巴", "millibars"},
    {"bar", "pressure", 1e5, 0, "巴", "bars"},
    {"mmH2O", "pressure", 9.80665, 0, "毫米水柱", "millimetres of water"},
    {"mmHg", "pressure", 133.322387415, 0, "毫米汞柱", "millimetres of mercury"},

    {"m3/h", "flow", 1, 0, "立方米/小时", "cubic metres per hour"},
    {"m3/min", "flow", 60, 0, "立方米/分钟", "cubic metres per minute"},
    {"m3/s", "flow", 3600, 0, "立方米/秒", "cubic metres per second"},
    {"m3/d", "flow", 1.0 / 24, 0, "立方米/天", "cubic metres per day"},
    {"L/h", "flow", 1e-3, 0, "升/小时", "litres per hour"},
    {"L/min", "flow", 0.06, 0, "升/分钟", "litres per minute"},
    {"L/s", "flow", 3.6, 0, "升/秒", "litres per second"},
    {"Nm3/h", "standard flow", 1, 0, "标准立方米/小时", "standard cubic metres per hour"},
    {"Nm3/min", "standard flow", 60, 0, "标准立方米/分钟", "standard cubic metres per minute"},
    {"Nm3/s", "standard flow", 3600, 0, "标准立方米/秒", "standard cubic metres per second"},
    {"kg/h", "mass flow", 1, 0, "千克/小时", "kilograms per hour"},
    {"g/h", "mass flow", 1e-3, 0, "克/小时", "grams per hour"},
    {"g/s", "mass flow", 3.6, 0, "克/秒", "grams per second"},
    {"kg/s", "mass flow", 3600, 0, "千克/秒", "kilograms per second"},
    {"t/h", "mass flow", 1e3, 0, "吨/小时", "tonnes per hour"},
    {"t/d", "mass flow", 1e3 / 24, 0, "吨/天", "tonnes per day"},

    {"m/s", "velocity", 1, 0, "米/秒", "metres per second"},
    {"mm/s", "velocity", 1e-3, 0, "毫米/秒", "millimetres per second"},
    {"m", "length", 1, 0, "米", "metres"},
    {"cm", "length", 1e-2, 0, "厘米", "centimetres"},
    {"mm", "length", 1e-3, 0, "毫米", "millimetres"},
    {"um", "length", 1e-6, 0, "微米", "micrometres"},
    {"m2", "area", 1, 0, "平方米", "square metres"},
    {"m3", "volume", 1, 0, "立方米", "cubic metres"},
    {"L", "volume", 1e-3, 0, "升", "litres"},
    {"Nm3", "standard volume", 1, 0, "标准立方米", "standard cubic metres"},
    {"kg", "mass", 1, 0, "千克", "kilograms"},
    {"g", "mass", 1e-3, 0, "克", "grams"},
    {"mg", "mass", 1e-6, 0, "毫克", "milligrams"},
    {"t", "mass", 1e3, 0, "吨", "tonnes"},
    {"deg", "angle", 1, 0, "度", "degrees of angle"},
    {"rpm", "rotation", 1, 0, "转/分钟", "revolutions per minute"},

    {"kW", "power", 1, 0, "千瓦", "kilowatts"},
    {"W", "power", 1e-3, 0, "瓦", "watts"},
    {"MW", "power", 1e3, 0, "兆瓦", "megawatts"},
    {"kvar", "reactive power", 1, 0, "千乏", "kilovars"},
    {"var", "reactive power", 1e-3, 0, "乏", "vars"},
    {"kVA", "apparent power", 1, 0, "千伏安", "kilovolt-amperes"},
    {"VA", "apparent power", 1e-3, 0, "伏安", "volt-amperes"},
    {"kWh", "energy", 1, 0, "千瓦时", "kilowatt-hours"},
    {"Wh", "energy", 1e-3, 0, "瓦时", "watt-hours"},
    {"MWh", "energy", 1e3, 0, "兆瓦时", "megawatt-hours"},
    {"kJ", "energy", 1.0 / 3600, 0, "千焦", "kilojoules"},
    {"MJ", "energy", 1.0 / 3.6, 0, "兆焦", "megajoules"},
    {"GJ", "energy", 1e3 / 3.6, 0, "吉焦", "gigajoules"},
    {"kvarh", "reactive energy", 1, 0, "千乏时", "kilovar-hours"},
    {"V", "voltage", 1, 0, "伏", "volts"},
    {"mV", "voltage", 1e-3, 0, "毫伏", "millivolts"},
    {"kV", "voltage", 1e3, 0, "千伏", "kilovolts"},
    {"A", "current", 1, 0, "安", "amperes"},
    {"mA", "current", 1e-3, 0, "毫安", "milliamperes"},
    {"kA", "current", 1e3, 0, "千安", "kiloamperes"},
    {"ohm", "resistance", 1, 0, "欧姆", "ohms"},
    {"Hz", "frequency", 1, 0, "赫兹", "hertz"},

    {"uS/cm", "conductivity", 1, 0, "微西门子/厘米", "microsiemens per centimetre"},
    {"mS/cm", "conductivity", 1e3, 0, "毫西门子/厘米", "millisiemens per centimetre"},
    {"pH", "acidity", 1, 0, "酸碱度", "pH"},
    {"NTU", "turbidity", 1, 0, "浊度单位", "turbidity units"},
    {"dB", "sound level", 1, 0, "分贝", "decibels"},

    {"s", "time", 1e3, 0, "秒", "seconds"},
    {"ms", "time", 1, 0, "毫秒", "milliseconds"},
    {"min", "time", 6e4, 0, "分钟", "minutes"},
    {"h", "time", 36e5, 0, "小时", "hours"},
    {"days", "time", 864e5, 0, "天", "days"},
    {"B", "data size", 1, 0, "字节", "bytes"},
    {"KiB", "data size", 1024, 0, "千字节", "kibibytes"},
    {"MiB", "data size", 1048576, 0, "兆字节", "mebibytes"},
    {"GiB", "data size", 1073741824, 0, "吉字节", "gibibytes"},
    {"B/s", "data rate", 1, 0, "字节/秒", "bytes per second"},
    {"KiB/s", "data rate", 1024, 0, "千字节/秒", "kibibytes per second"},
    {"MiB/s", "data rate", 1048576, 0, "兆字节/秒", "mebibytes per second"},
};

const struct unit *
units_find(const char *key)
{
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (!strcmp(UNITS[i].key, key))
            return &UNITS[i];
    return NULL;
}

bool
units_convert(double value, const struct unit *from, const struct unit *to, double *ret_value)
{
    if (strcmp(from->kind, to->kind) != 0)
        return false;
    *ret_value = from == to ? value : (value * from->factor + from->shift - to->shift) / to->factor;
    return true;
}

bool
units_convert_difference(double value, const struct unit *from, const struct unit *to,
                         double *ret_value)
{
    if (strcmp(from->kind, to->kind) != 0)
        return false;
    *ret_value = from == to ? value : value * from->factor / to->factor;
    return true;
}

const struct unit *
units_at(unsigned i)
{
    return i < sizeof UNITS / sizeof *UNITS ? &UNITS[i] : NULL;
}
