#include "server/auth/sasl.h"

#include "server/message/field_table.h"

namespace varve {

namespace {

// authorisation identity, NUL, user, NUL, password (RFC 4616). Nobody acts for somebody else, so
// the first is not used.
Result<Credentials> parse_plain(ByteView response) {
    const size_t first = response.find('\0');
    const size_t second = first == ByteView::npos ? ByteView::npos : response.find('\0', first + 1);
    if (second == ByteView::npos)
        return Error{ErrorCode::invalid_argument, "PLAIN response without user and password"};
    return Credentials{std::string(response.substr(first + 1, second - first - 1)),
                       std::string(response.substr(second + 1))};
}

// A field table without its length.
Result<Credentials> parse_amqplain(ByteView response) {
    VARVE_TRY(const auto table, amqp::FieldTable::decode(response));
    const auto user = table.string("LOGIN");
    const auto password = table.string("PASSWORD");
    if (!user || !password)
        return Error{ErrorCode::invalid_argument, "AMQPLAIN response without LOGIN and PASSWORD"};
    return Credentials{std::string(*user), std::string(*password)};
}

}  // namespace

Result<Credentials> parse_sasl(std::string_view mechanism, ByteView response) {
    if (mechanism == "PLAIN") return parse_plain(response);
    if (mechanism == "AMQPLAIN") return parse_amqplain(response);
    return Error{ErrorCode::not_implemented,
                 "unknown authentication mechanism '" + std::string(mechanism) + "'"};
}

}  // namespace varve
