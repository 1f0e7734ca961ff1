/* Rows of the table of keys: people. Part of config/schema.h. */
#include "config/load_people.h"
#include "config/schema.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

const struct schema_choice SCHEMA_ROLES[] = {{"observer", ROLE_OBSERVER},
                                             {"operator", ROLE_OPERATOR},
                                             {"engineer", ROLE_ENGINEER},
                                             {"administrator", ROLE_ADMINISTRATOR},
                                             {NULL, 0}};

static const struct schema_key PERSON[] = {
    {.name = "key",
     .type = SCHEMA_TEXT,
     .required = true,
     SCHEMA_AT(load_person, key),
     .en = "Ed25519 public key, 64 hexadecimal digits, as parkgatectl key public prints it.",
     .zh = "Ed25519 公钥,64 位十六进制,由 parkgatectl key public 输出。"},
    {.name = "role",
     .type = SCHEMA_CHOICE,
     .required = true,
     .choices = SCHEMA_ROLES,
     SCHEMA_AT(load_person, role),
     .en = "What commands signed with it may do; each role may what the ones before it may.",
     .zh = "用此公钥签名的命令的权限;后面的角色包含前面角色的权限。"},
};

const struct schema_section SCHEMA_PERSON = {.path = "people.NAME",
                                             .keys = PERSON,
                                             .count = COUNT(PERSON),
                                             .en = "Who may command this gateway over MQTT.",
                                             .zh = "谁可以通过 MQTT 命令本网关。"};
