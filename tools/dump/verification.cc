#include "tools/dump/verification.h"

#include "tools/dump/journal_begin.h"
#include "tools/dump/log_verification.h"

namespace varve {
namespace {

// A broker that merges its store takes files away that are still to be read: then all begins again.
constexpr int kAttemptsMax = 5;

constexpr const char* kFrameConsequence =
    "confirmed changes are lost: messages published in them are gone, and what they settled is "
    "delivered again";
constexpr const char* kRowConsequence =
    "varved does not start on this directory; what stood there is lost";
constexpr const char* kStoreConsequence =
    "varved does not start on this directory, and no queue can be read; restore it from a copy";
constexpr const char* kFileConsequence = "messages it holds of a queue are listed with that queue";

void note_journal(const TailReport& tail, Verification& found) {
    found.frames = tail.frames;
    found.journal_size = tail.bytes;
    found.tail_cut = tail.bytes_cut;
    for (const std::string& loss : tail.losses) found.damages.push_back({loss, kFrameConsequence});
}

// What can be checked where the store cannot be opened at all.
Result<Verification> verify_journal_alone(FileSystem& files, const Path& directory) {
    Verification found;
    found.store_opened = false;
    VARVE_TRY(const auto data, DataDirectory::look_at(files, directory));
    VARVE_TRY(found.in_use, files.is_locked(data.lock()));
    VARVE_TRY(const auto tail,
              scan_journal(
                  files,
                  data.journal(),
                  journal_begin(files, data.journal()).value_or(Position{}),
                  [](const FrameView&) { return ok(); },
                  OnDamage::skip));
    note_journal(tail, found);
    return found;
}

Result<void> verify_store(const Store& store, const VerifyProgress& progress, Verification& found) {
    Bytes done = 0;
    Path current;
    Bytes current_done = 0;
    const Bytes total = store.stats().bytes_on_disk;
    const auto verified = store.verify([&](const Path& file, Bytes bytes, Bytes /*of_file*/) {
        if (file != current) {
            done += current_done;
            current = file;
        }
        current_done = bytes;
        progress("store", done + bytes, total);
    });
    found.store_size = total;
    if (verified) return ok();
    if (!is_damage(verified.error(), found)) return verified.error();
    found.damages.push_back({verified.error().detail, kFileConsequence});
    return ok();
}

Result<Verification> verify_once(FileSystem& files,
                                 const Path& directory,
                                 const VerifyProgress& progress) {
    const auto view = DirectoryView::open(files, directory, OnDamage::skip);
    if (!view) {
        if (view.error().code != ErrorCode::corrupt) return view.error();
        VARVE_TRY(auto found, verify_journal_alone(files, directory));
        found.damages.insert(found.damages.begin(), {view.error().detail, kStoreConsequence});
        return found;
    }
    Verification found;
    const Snapshot& snapshot = view->snapshot();
    found.in_use = snapshot.in_use();
    note_journal(snapshot.tail(), found);
    for (const std::string& loss : snapshot.losses())
        found.damages.push_back({loss, kRowConsequence});
    for (const std::string& name : view->unreadable())
        found.damages.push_back({name, kRowConsequence});
    VARVE_TRY(verify_store(snapshot.store(), progress, found));
    for (const NamedLog& log : view->logs()) {
        VARVE_TRY(verify_log(log, progress, found));
    }
    return found;
}

}  // namespace

bool is_damage(const Error& error, const Verification& found) {
    return error.code == ErrorCode::corrupt ||
           (error.code == ErrorCode::not_found && !found.in_use);
}

Result<Verification> verify(FileSystem& files,
                            const Path& directory,
                            const VerifyProgress& progress) {
    for (int attempt = 1;; ++attempt) {
        auto found = verify_once(files, directory, progress);
        const bool vanished = !found && found.error().code == ErrorCode::not_found;
        if (!vanished || attempt == kAttemptsMax ||
            !files.is_locked(directory / "lock").value_or(false))
            return found;
    }
}

}  // namespace varve
