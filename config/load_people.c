/* people: of a site file. Two names with one key would let one person speak in two roles, and the
 * record of who did what would not be true: refused. So is a key that is a placeholder (zeros):
 * anybody can sign for it. */
#include "config/load_people.h"
#include "base/ed25519.h"
#include "config/load.h"
#include "config/section.h"
#include "config/text.h"

#include <string.h>

const char *
role_name(enum role role)
{
    for (const struct schema_choice *choice = SCHEMA_ROLES; choice->word; choice++)
        if (choice->value == (int)role)
            return choice->word;
    return "none";
}

static int
digit_of(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    if (letter >= 'a' && letter <= 'f')
        return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F')
        return letter - 'A' + 10;
    return -1;
}

static bool
read_key(const char *text, uint8_t ret_key[32])
{
    if (strlen(text) != 64)
        return false;
    for (int i = 0; i < 32; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret_key[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void
check_others(struct load *load, const struct yaml_node *node, const struct person *added)
{
    for (const struct person *other = load->site->people; other < added; other++)
        if (memcmp(other->key, added->key, sizeof added->key) == 0)
            load_mistake(load, node,
                         "%s has the key of %s; every person needs a key of their own, or the "
                         "record of who did what is not true",
                         added->name, other->name);
}

static void
read_person(struct load *load, const struct yaml_node *node, struct person *ret_person)
{
    struct load_person said = {.role = ROLE_NONE};
    const char *what = load_printf(load, "person '%.40s'", node->key);
    ret_person->name = arena_text(load->arena, node->key);
    if (node->shape != YAML_MAP) {
        load_mistake(load, node, "%s must be {key: 64 hexadecimal digits, role: ROLE}", what);
        return;
    }
    section_default(&SCHEMA_PERSON, &said);
    section_read(load, &SCHEMA_PERSON, node, what, &said);
    ret_person->role = said.role;
    const struct yaml_node *key = yaml_find(node, "key");
    if (!said.key || !key)
        return;
    bool is_key = read_key(said.key, ret_person->key);
    if (is_key && ed25519_is_weak(ret_person->key))
        load_mistake(load, key,
                     "'key' of %s is no key of a person: anybody can sign for it; make one with "
                     "parkgatectl key new",
                     what);
    else if (is_key)
        check_others(load, key, ret_person);
    else
        load_mistake(load, key,
                     "'key' of %s has %zu letters and must be 64 hexadecimal digits: the "
                     "public key, as parkgatectl key public prints it",
                     what, strlen(said.key));
}

void
load_people(struct load *load, const struct yaml_node *node)
{
    struct site *site = load->site;
    if (!node)
        return;
    uint32_t count = section_count_names(load, node, "person");
    if (count > PEOPLE_MAX) {
        load_mistake(load, node, "'people' has %u names; it must be at most %d", (unsigned)count,
                     PEOPLE_MAX);
        return;
    }
    site->people = arena_take(load->arena, (count + 1) * sizeof *site->people);
    for (const struct yaml_node *child = node->first; child; child = child->next)
        if (text_is_name(child->key))
            read_person(load, child, &site->people[site->person_count++]);
}
