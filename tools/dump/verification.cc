#include "tools/dump/verification.h"

#include "tools/dump/log_verification.h"

namespace varve {
namespace {

// A broker that merges its store takes files away that are still to be read: then all begins again.
constexpr int kAttemptsMax = 5;

constexpr const char* kFrameConsequence =
    "confirmed changes are lost: messages published in them are gone, and what they settled is "
    "delivered again";
constexpr const char* kRowConsequence = "varved does not start on this; what the row says is lost";
constexpr const char* kDirectoryConsequence =
    "varved does not start on this directory; the rest was not checked";
constexpr const char* kFileConsequence = "messages it holds of a queue are listed with that queue";

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
    if (verified.error().code != ErrorCode::corrupt) return verified.error();
    found.damages.push_back({verified.error().detail, kFileConsequence});
    return ok();
}

Result<Verification> verify_once(FileSystem& files,
                                 const Path& directory,
                                 const VerifyProgress& progress) {
    Verification found;
    const auto view = DirectoryView::open(files, directory, OnDamage::skip);
    if (!view) {
        if (view.error().code != ErrorCode::corrupt) return view.error();
        found.damages.push_back({view.error().detail, kDirectoryConsequence});
        return found;
    }
    const Snapshot& snapshot = view->snapshot();
    found.in_use = snapshot.in_use();
    found.frames = snapshot.tail().frames;
    found.journal_size = snapshot.tail().bytes;
    found.tail_cut = snapshot.tail().bytes_cut;
    for (const std::string& loss : snapshot.tail().losses)
        found.damages.push_back({loss, kFrameConsequence});
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
