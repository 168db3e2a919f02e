#include "tools/dump/output_format.h"

namespace varve {
namespace {

std::string_view name_of(OutputFormat format) {
    switch (format) {
        case OutputFormat::text:
            return "text";
        case OutputFormat::json:
            return "json";
        case OutputFormat::jsonl:
            return "jsonl";
        case OutputFormat::raw:
            return "raw";
    }
    return "";
}

}  // namespace

Result<OutputFormat> parse_output_format(std::string_view name,
                                         std::span<const OutputFormat> allowed) {
    std::string known;
    for (const OutputFormat format : allowed) {
        if (name == name_of(format)) return format;
        known.append(known.empty() ? "" : ", ").append(name_of(format));
    }
    return Error{ErrorCode::invalid_argument,
                 "--output: '" + std::string(name) + "' is no format here; there are " + known};
}

}  // namespace varve
