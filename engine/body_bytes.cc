#include "engine/body_bytes.h"

namespace varve {

Result<Bytes> BodyBytes::in(OffsetRange range) {
    if (range.empty()) return Bytes{0};
    VARVE_TRY(seek(range.begin));
    const Bytes begin = before(range.begin);
    VARVE_TRY(seek(Offset{range.end.value - 1}));
    return before(range.end) - begin;
}

Result<void> BodyBytes::seek(Offset offset) {
    if (batch_ != nullptr && batch_->range().contains(offset)) return ok();
    VARVE_TRY(batch_, log_.read(offset));
    if (batch_ != nullptr && batch_->range().contains(offset)) return ok();
    return Error{ErrorCode::not_found,
                 "offset " + std::to_string(offset.value) + " of log " + log_.id().hex()};
}

Bytes BodyBytes::before(Offset offset) const {
    if (offset == batch_->end()) return batch_->bodies_end();
    Bytes bytes = batch_->bodies_before();
    for (RecordCursor at(batch_, batch_->base()); at.offset() < offset; at.next())
        bytes += at.record().body.size();
    return bytes;
}

}  // namespace varve
