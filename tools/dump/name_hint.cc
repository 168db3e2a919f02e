#include "tools/dump/name_hint.h"

#include "tools/text/bytes_text.h"
#include "tools/text/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <vector>

namespace varve {
namespace {

constexpr size_t kNamesMax = 10;

std::string list_of(std::span<const std::string> items, std::string_view separator) {
    std::string list;
    for (size_t i = 0; i < items.size() && i < kNamesMax; ++i)
        list.append(list.empty() ? "" : separator).append(one_line(items[i]));
    if (items.size() > kNamesMax) list.append(separator).append("...");
    return list;
}

// What the queues are called: those that have a name, if any has.
std::vector<std::string> names_in(const DirectoryView& view) {
    std::set<std::string> named;
    std::set<std::string> nameless;
    for (const NamedLog& log : view.logs()) {
        if (log.queue.empty())
            nameless.insert(log.title());
        else
            named.insert(log.queue);
    }
    const auto& names = named.empty() ? nameless : named;
    return {names.begin(), names.end()};
}

}  // namespace

std::optional<Complaint> missing_queue_hint(const DirectoryView& view,
                                            const Selector& selector,
                                            const SelectorText& text) {
    if ((text.queue.empty() && text.vhost.empty()) ||
        std::ranges::any_of(view.logs(), [&](const NamedLog& log) { return selector.wants(log); }))
        return std::nullopt;
    std::string what = "no durable queue is ";
    if (!text.queue.empty()) what += "called '" + one_line(text.queue) + "'";
    if (!text.vhost.empty()) {
        what += text.queue.empty() ? "in" : " in";
        what += " virtual host '" + one_line(text.vhost) + "'";
    }
    const std::vector<std::string> names = names_in(view);
    if (names.empty()) return Complaint{what, "there is none in this directory at all"};
    const auto meant = nearest(text.queue, names);
    const std::string guess =
        meant && *meant != text.queue ? fmt::format("did you mean '{}'? ", one_line(*meant)) : "";
    return Complaint{what, guess + "there are: " + list_of(names, ", ")};
}

Complaint no_match_hint(const DirectoryView& view, const Selector& selector) {
    std::vector<std::string> ranges;
    for (const NamedLog& log : view.logs()) {
        const OffsetRange range = log.log->range();
        if (!selector.wants(log)) continue;
        if (range.empty())
            ranges.push_back(log.title() + " holds no messages");
        else
            ranges.push_back(fmt::format(
                "{} holds offsets {}..{}", log.title(), range.begin.value, range.end.value));
    }
    return {"no message matches", list_of(ranges, "\n  ")};
}

}  // namespace varve
