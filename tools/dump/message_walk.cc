#include "tools/dump/message_walk.h"

#include <algorithm>

namespace varve {
namespace {

// Names the queue in an error that knows only the log.
Error in_queue(const NamedLog& source, const Error& error) {
    return {error.code, source.title() + ": " + error.detail};
}

}  // namespace

Result<OffsetRange> offsets_to_read(const NamedLog& source, const Selector& selector) {
    OffsetRange range = selector.offsets().within(source.log->range());
    if (!selector.since() || range.empty()) return range;
    const auto first = source.log->find(*selector.since());
    if (!first) return in_queue(source, first.error());
    range.begin = std::clamp(*first, range.begin, range.end);
    return range;
}

Result<Walk> walk_messages(const NamedLog& source,
                           const Selector& selector,
                           OffsetRange range,
                           const MessageVisitor& visit) {
    const MessageStates states(*source.log);
    for (Offset offset = range.begin; offset < range.end;) {
        const auto batch = source.log->read(offset);
        if (!batch) return in_queue(source, batch.error());
        if (*batch == nullptr) break;
        RecordCursor at(*batch, std::max(offset, (*batch)->base()));
        for (; !at.at_end() && at.offset() < range.end; at.next()) {
            StoredMessage message{.source = source,
                                  .offset = at.offset(),
                                  .record = at.record(),
                                  .state = states.at(at.offset()),
                                  .returns = states.returns(at.offset())};
            if (!selector.may_want(message)) continue;
            take_apart(message);
            if (!selector.wants(message)) continue;
            VARVE_TRY(const Walk walk, visit(message));
            if (walk == Walk::stop) return walk;
        }
        offset = (*batch)->end();
    }
    return Walk::go_on;
}

}  // namespace varve
