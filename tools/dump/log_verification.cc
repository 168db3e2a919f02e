#include "tools/dump/log_verification.h"

#include "tools/dump/message_state.h"
#include "tools/text/bytes_text.h"
#include "tools/text/size_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace varve {
namespace {

std::string offsets_text(OffsetRange range) {
    return range.count() == 1 ? fmt::format("offset {}", range.begin.value)
                              : fmt::format("offsets {}..{}", range.begin.value, range.end.value);
}

class LogVerification {
public:
    LogVerification(const NamedLog& source, const VerifyProgress& progress, Verification& found)
        : source_(source), log_(*source.log), states_(log_), progress_(progress), found_(found) {}

    Result<void> run() {
        const OffsetRange range = log_.range();
        ++found_.logs;
        for (Offset offset = range.begin; offset < range.end;) {
            const auto batch = log_.read(offset);
            if (!batch && !is_damage(batch.error(), found_)) return batch.error();
            if (!batch) {
                const Offset next = behind_damage(offset, range.end);
                damaged({offset, next}, without_log(batch.error().detail));
                offset = next;
                continue;
            }
            if (*batch == nullptr) {
                missing({offset, range.end});
                break;
            }
            if ((*batch)->base() > offset) missing({offset, (*batch)->base()});
            note(**batch);
            offset = (*batch)->end();
        }
        return ok();
    }

private:
    void note(const RecordBatch& batch) {
        ++found_.batches;
        found_.records += batch.count();
        found_.record_size += batch.size();
        done_ += batch.size();
        progress_(source_.title(), done_, log_.size());
    }

    bool readable(Offset offset) const {
        const auto batch = log_.read(offset);
        return batch && *batch != nullptr;
    }

    // Where reading works again: a batch that does not verify does not tell its own end. Looks
    // further and further ahead, and then back to the first good offset.
    Offset behind_damage(Offset bad, Offset end) const {
        Offset good = end;
        for (int64_t step = 1; step < end - bad; step *= 2) {
            if (readable(bad + step)) {
                good = bad + step;
                break;
            }
        }
        while (good - bad > 1) {
            const Offset middle = bad + (good - bad) / 2;
            (readable(middle) ? good : bad) = middle;
        }
        return good;
    }

    // The engine names the log and the range that it was asked for; both stand before this.
    std::string without_log(const std::string& detail) const {
        if (!detail.starts_with("log " + log_.id().hex())) return detail;
        const size_t end = detail.find(": ");
        return end == std::string::npos ? detail : detail.substr(end + 2);
    }

    void add(OffsetRange range, std::string_view why, std::string consequence) {
        found_.damages.push_back(
            {fmt::format("queue {}, {}: {}", one_line(source_.title()), offsets_text(range), why),
             std::move(consequence)});
    }

    void damaged(OffsetRange range, const std::string& why) {
        const MessageStates::Counts counts = states_.counts_in(range);
        const int64_t waiting = counts.ready + counts.delivered;
        const std::string messages =
            count_text(range.count()) + (range.count() == 1 ? " message" : " messages");
        if (states_.is_stream())
            add(range, why, messages + " of the stream cannot be read");
        else if (waiting > 0)
            add(range,
                why,
                fmt::format("{}, {} not settled: what is not settled cannot be delivered",
                            messages,
                            count_text(waiting)));
        else
            add(range, why, messages + ", all settled: nothing that waits is affected");
    }

    // Offsets without a batch: what retention took out from between others is no loss.
    void missing(OffsetRange range) {
        for (const OffsetRange& hole : log_.holes()) {
            if (hole.end <= range.begin) continue;
            if (hole.begin >= range.end) break;
            lost({range.begin, hole.begin});
            range.begin = std::min(hole.end, range.end);
        }
        lost(range);
    }

    void lost(OffsetRange range) {
        if (range.empty()) return;
        add(range,
            "not there",
            count_text(range.count()) +
                " confirmed messages are lost; whether they were settled is not known");
    }

    const NamedLog& source_;
    const Log& log_;
    const MessageStates states_;
    const VerifyProgress& progress_;
    Verification& found_;
    Bytes done_ = 0;
};

}  // namespace

Result<void> verify_log(const NamedLog& source,
                        const VerifyProgress& progress,
                        Verification& found) {
    return LogVerification(source, progress, found).run();
}

}  // namespace varve
