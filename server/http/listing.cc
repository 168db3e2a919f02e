#include "server/http/listing.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace varve {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

constexpr int64_t kPageSizeMax = 500;
constexpr int64_t kPageSize = 100;

std::vector<std::string> columns_of(const ApiRequest& request) {
    std::vector<std::string> columns;
    const std::string asked = request.asked("columns").value_or("");
    for (size_t at = 0; at < asked.size();) {
        const size_t end = std::min(asked.find(',', at), asked.size());
        if (end > at) columns.push_back(asked.substr(at, end - at));
        at = end + 1;
    }
    return columns;
}

// "message_stats.publish" names a value within a value.
const value* find(const object& item, std::string_view path) {
    const object* in = &item;
    for (;;) {
        const size_t dot = path.find('.');
        const std::string_view name = path.substr(0, dot);
        const value* found = in->if_contains(boost::json::string_view(name.data(), name.size()));
        if (found == nullptr || dot == std::string_view::npos) return found;
        if (!found->is_object()) return nullptr;
        in = &found->get_object();
        path.remove_prefix(dot + 1);
    }
}

object with_columns(const object& item, const std::vector<std::string>& columns) {
    if (columns.empty()) return item;
    object out;
    for (const std::string& column : columns) {
        if (const value* found = find(item, column)) out.emplace(column, *found);
    }
    return out;
}

// Numbers before texts; what is missing comes first.
bool less(const value* a, const value* b) {
    if (a == nullptr || b == nullptr) return a == nullptr && b != nullptr;
    if (a->is_string() && b->is_string()) return a->get_string() < b->get_string();
    const auto number = [](const value& v) -> double {
        if (v.is_bool()) return v.get_bool() ? 1 : 0;
        boost::json::error_code failed;
        const double d = v.to_number<double>(failed);
        return failed ? 0 : d;
    };
    if (a->is_string() != b->is_string()) return b->is_string();
    return number(*a) < number(*b);
}

void sort(array& items, const std::string& by, bool reverse) {
    std::stable_sort(items.begin(), items.end(), [&](const value& a, const value& b) {
        const value* x = find(a.get_object(), by);
        const value* y = find(b.get_object(), by);
        return reverse ? less(y, x) : less(x, y);
    });
}

Result<int64_t> number_of(const ApiRequest& request, std::string_view name, int64_t fallback) {
    const auto text = request.asked(name);
    if (!text) return fallback;
    int64_t number = 0;
    const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (failed != std::errc() || end != text->data() + text->size() || number < 1)
        return Error{ErrorCode::invalid_argument, std::string(name) + " must be a positive number"};
    return number;
}

}  // namespace

ApiAnswer single(const ApiRequest& request, const object& item) {
    return answer(with_columns(item, columns_of(request)));
}

ApiAnswer listing(const ApiRequest& request, array items) {
    const auto total = static_cast<int64_t>(items.size());
    if (const auto name = request.asked("name"); name && !name->empty()) {
        const auto differs = [&](const value& item) {
            const value* found = find(item.get_object(), "name");
            return found == nullptr || !found->is_string() ||
                   found->get_string().find(*name) == boost::json::string::npos;
        };
        items.erase(std::remove_if(items.begin(), items.end(), differs), items.end());
    }
    if (const auto by = request.asked("sort"))
        sort(items, *by, request.asked("sort_reverse").value_or("") == "true");
    const auto filtered = static_cast<int64_t>(items.size());
    const std::vector<std::string> columns = columns_of(request);
    const auto cut = [&](array from) {
        if (columns.empty()) return from;
        array out;
        for (const value& item : from) out.push_back(with_columns(item.get_object(), columns));
        return out;
    };
    if (!request.asked("page")) return answer(cut(std::move(items)));

    const auto page = number_of(request, "page", 1);
    if (!page) return refusal(page.error());
    const auto asked_size = number_of(request, "page_size", kPageSize);
    if (!asked_size) return refusal(asked_size.error());
    if (*asked_size > kPageSizeMax) return bad_request("page_size must be at most 500");
    const int64_t size = *asked_size;
    const int64_t pages = std::max<int64_t>(1, (filtered + size - 1) / size);
    if (*page > pages) return bad_request("page out of range");
    const int64_t begin = (*page - 1) * size;
    const int64_t end = std::min(begin + size, filtered);
    array chosen;
    for (int64_t i = begin; i < end; ++i)
        chosen.push_back(std::move(items[static_cast<size_t>(i)]));
    return answer(object{{"filtered_count", filtered},
                         {"item_count", end - begin},
                         {"items", cut(std::move(chosen))},
                         {"page", *page},
                         {"page_count", pages},
                         {"page_size", size},
                         {"total_count", total}});
}

}  // namespace varve
