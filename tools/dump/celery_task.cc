#include "tools/dump/celery_task.h"

#include "tools/text/json_text.h"

#include <fmt/format.h>

namespace varve {
namespace {

// Numbers and texts as text; nothing for what is absent or None.
std::optional<std::string> text_of(const amqp::FieldValue* value) {
    if (value == nullptr) return std::nullopt;
    if (const auto text = value->as_string()) return std::string(*text);
    if (const auto number = value->as_integer()) return std::to_string(*number);
    if (const auto* number = std::get_if<amqp::FieldFloat>(&value->value))
        return fmt::format("{}", number->value);
    return std::nullopt;
}

std::string without(std::string_view text, char open, char shut) {
    if (text.size() >= 2 && text.front() == open && text.back() == shut)
        text = text.substr(1, text.size() - 2);
    return std::string(text);
}

}  // namespace

std::optional<CeleryTask> celery_task_of(const amqp::FieldTable& headers, ByteView body) {
    const auto name = headers.string("task");
    const auto id = headers.string("id");
    if (!name || !id) return std::nullopt;
    CeleryTask task{.name = std::string(*name), .id = std::string(*id)};
    const auto args = text_of(headers.find("argsrepr"));
    const auto kwargs = text_of(headers.find("kwargsrepr"));
    if (args || kwargs) {
        task.args = args.value_or("");
        task.kwargs = kwargs.value_or("");
    } else if (const auto json = compact_json(body)) {
        const auto elements = json_elements(*json);
        if (elements && elements->size() >= 2) {
            task.args = (*elements)[0];
            task.kwargs = (*elements)[1];
        }
    }
    task.retries = headers.integer("retries").value_or(0);
    task.eta = text_of(headers.find("eta"));
    task.expires = text_of(headers.find("expires"));
    task.root_id = text_of(headers.find("root_id"));
    task.parent_id = text_of(headers.find("parent_id"));
    task.group = text_of(headers.find("group"));
    task.origin = text_of(headers.find("origin"));
    const amqp::FieldValue* const limits = headers.find("timelimit");
    const amqp::FieldArray* const pair = limits == nullptr ? nullptr : limits->as_array();
    if (pair != nullptr && pair->size() == 2) {
        task.hard_time_limit = text_of(&(*pair)[0]);
        task.soft_time_limit = text_of(&(*pair)[1]);
    }
    return task;
}

std::string call_text(const CeleryTask& task) {
    // (48121, 'EUR'), {'retry': True} -> 48121, 'EUR', {'retry': True}
    std::string args = without(task.args, '(', ')');
    if (args == task.args) args = without(task.args, '[', ']');
    if (args.ends_with(',')) args.pop_back();
    const bool keywords = !task.kwargs.empty() && task.kwargs != "{}";
    return fmt::format("{}({}{}{})",
                       task.name,
                       args,
                       keywords && !args.empty() ? ", " : "",
                       keywords ? "**" + task.kwargs : "");
}

}  // namespace varve
