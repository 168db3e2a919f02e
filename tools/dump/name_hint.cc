#include "tools/dump/name_hint.h"

#include "tools/text/bytes_text.h"

#include <algorithm>
#include <set>

namespace varve {
namespace {

constexpr size_t kNamesMax = 10;

}  // namespace

std::optional<Complaint> missing_queue_hint(const DirectoryView& view,
                                            const Selector& selector,
                                            const std::string& queue) {
    const auto& logs = view.logs();
    if (queue.empty() ||
        std::ranges::any_of(logs, [&](const NamedLog& log) { return selector.wants(log); }))
        return std::nullopt;
    std::set<std::string> names;
    for (const NamedLog& log : logs)
        names.insert(one_line(log.queue.empty() ? log.title() : log.queue));
    std::string list;
    size_t listed = 0;
    for (const std::string& name : names) {
        if (listed++ == kNamesMax) {
            list += ", ...";
            break;
        }
        list.append(list.empty() ? "" : ", ").append(name);
    }
    return Complaint{"no durable queue is called '" + one_line(queue) + "'",
                     list.empty() ? "there is none in this directory" : "there are: " + list};
}

}  // namespace varve
