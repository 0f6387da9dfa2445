/* toml_read.cpp - toml++ keeps tables sorted by key; the values are put back into the order of
 * their lines, so that the first mistake of a file is the first that is said. */
extern "C" {
#include "toml_read.h"
}

#include <toml++/toml.h>

#include <algorithm>
#include <new>
#include <string>
#include <vector>

namespace
{

struct value {
    std::string section, key, text;
    struct cli_toml_value plain;
};

struct document {
    std::vector<value> values;
    base_err err = BASE_OK;
    struct base_why *why;
};

base_err fault(document &out, base_err err, unsigned line, const char *sentence)
{
    if (out.err == BASE_OK)
        out.err = base_fail(out.why, err, line, "%s", sentence);
    return out.err;
}

unsigned line_of(const toml::node &node)
{
    return static_cast<unsigned>(node.source().begin.line);
}

/* Single values as texts; false for what is none. */
bool put_single(const toml::node &node, std::string &out)
{
    char number[64];
    if (const auto *text = node.as_string())
        out += text->get();
    else if (const auto *whole = node.as_integer())
        out += std::to_string(whole->get());
    else if (const auto *real = node.as_floating_point()) {
        snprintf(number, sizeof number, "%.17g", real->get());
        out += number;
    } else if (const auto *truth = node.as_boolean())
        out += truth->get() ? "true" : "false";
    else
        return false;
    return true;
}

void take_list(const toml::array &list, value &out)
{
    bool is_flat = true;
    for (size_t i = 0; i < list.size() && is_flat; i++) {
        out.text += i > 0 ? "," : "";
        is_flat = put_single(*list.get(i), out.text);
    }
    out.plain.kind = CLI_TOML_LIST;
    out.plain.text = is_flat ? "" : nullptr;
}

void take_value(const toml::node &node, value &out)
{
    out.plain.line = line_of(node);
    out.plain.kind = CLI_TOML_MOMENT;
    if (const auto *text = node.as_string()) {
        out.plain.kind = CLI_TOML_TEXT;
        out.text = text->get();
        out.plain.text = "";
    } else if (const auto *whole = node.as_integer()) {
        out.plain.kind = CLI_TOML_WHOLE;
        out.plain.number = static_cast<double>(whole->get());
    } else if (const auto *real = node.as_floating_point()) {
        out.plain.kind = CLI_TOML_NUMBER;
        out.plain.number = real->get();
    } else if (const auto *truth = node.as_boolean()) {
        out.plain.kind = CLI_TOML_BOOL;
        out.plain.is_true = truth->get();
    } else if (const auto *list = node.as_array())
        take_list(*list, out);
}

void collect(const toml::table &table, const std::string &section, document &out)
{
    for (const auto &[key, node] : table) {
        value one = {};
        one.section = section;
        one.key = std::string(key.str());
        if (one.key.find('.') != std::string::npos || one.key.find('\0') != std::string::npos) {
            fault(out, BASE_EPARSE, line_of(node), "a key in quotes has a point or a zero byte");
            return;
        }
        take_value(node, one);
        if (one.text.find('\0') != std::string::npos) {
            fault(out, BASE_EPARSE, one.plain.line, "a text has a zero byte");
            return;
        }
        const toml::table *inner = node.as_table();
        const std::string name = section.empty() ? one.key : section + "." + one.key;
        if (inner != nullptr)
            one.plain.kind = CLI_TOML_SECTION;
        out.values.push_back(one);
        if (inner != nullptr && name.size() > CLI_TOML_NAME_MAX)
            fault(out, BASE_ERANGE, line_of(node), "the name of a section is too long");
        else if (inner != nullptr)
            collect(*inner, name, out);
        if (out.err != BASE_OK)
            return;
    }
}

base_err show(document &found, cli_toml_fn *visit, void *context, struct base_why *why)
{
    std::stable_sort(found.values.begin(), found.values.end(),
                     [](const value &a, const value &b) { return a.plain.line < b.plain.line; });
    for (value &one : found.values) {
        one.plain.section = one.section.c_str();
        one.plain.key = one.key.c_str();
        if (one.plain.text != nullptr)
            one.plain.text = one.text.c_str();
        const base_err err = visit(context, &one.plain, why);
        if (err != BASE_OK)
            return err;
    }
    return BASE_OK;
}

} // namespace

extern "C" base_err cli_toml_read(const char *text, size_t size, cli_toml_fn *visit, void *context,
                                  struct base_why *why)
{
    if (size > CLI_TOML_SIZE_MAX)
        return base_fail(why, BASE_ERANGE, 0, "larger than %d bytes", CLI_TOML_SIZE_MAX);
    try {
        document found;
        found.why = why;
        collect(toml::parse(std::string_view(text, size)), "", found);
        return found.err == BASE_OK ? show(found, visit, context, why) : found.err;
    } catch (const toml::parse_error &error) {
        return base_fail(why, BASE_EPARSE, error.source().begin.line, "%s",
                         std::string(error.description()).c_str());
    } catch (const std::bad_alloc &) {
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    }
}
