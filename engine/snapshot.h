// The engine's view of a data directory at one moment, for programs that only look: the store, and
// on top of it the journal, exactly as recovery reads them.
#pragma once

#include "engine/base/result.h"
#include "engine/data_directory.h"
#include "engine/engine_state.h"
#include "engine/io/file_system.h"
#include "engine/journal/journal.h"
#include "engine/store/store.h"
#include "engine/store_reader.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace varve {

// Reads only: takes no lock, creates no file, and needs no right to write. A broker may be at work
// in the directory meanwhile. The logs it gives are as they were when it was opened, and stay
// readable when the broker merges or recycles the files behind them.
//
// Threading: Caller-serialised; its logs are Thread-safe.
// Lifetime:  reading from a log after it is gone is `closed`.
// Memory:    what the journal holds beyond the store, at most two checkpoints, and what advance()
// adds to it.
class Snapshot {
public:
    // `not_found` if there is no data directory, `corrupt` with the place, `newer_format`,
    // `access_refused`. With OnDamage::skip what does not verify is left out and listed in
    // losses(), as far as the rest can be read at all.
    static Result<std::unique_ptr<Snapshot>> open(FileSystem& files,
                                                  const Path& directory,
                                                  OnDamage on_damage = OnDamage::refuse);
    ~Snapshot();
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    // By id.
    std::vector<LogRef> logs() const;
    // In key order.
    void for_each_definition(
        const std::function<void(const CatalogueKey&, ByteView value)>& visit) const;

    const DataDirectory& directory() const { return directory_; }
    const Store& store() const { return *store_; }
    // What was read of the journal, and how it ends. Where a broker is at work, bytes behind its
    // end are a frame that is being written.
    const TailReport& tail() const { return tail_; }
    // Whether a broker had the directory open.
    bool in_use() const { return in_use_; }
    const std::vector<std::string>& losses() const { return losses_; }

    // Goes on to what was committed since. `busy` if the broker has recycled the journal in
    // between, or takes it for damaged: a new snapshot tells.
    Result<void> advance();

private:
    Snapshot(FileSystem& files, DataDirectory directory, OnDamage on_damage);
    Result<void> load();
    Result<std::unique_ptr<Store>> open_store();
    Result<void> read_journal(Position from);
    std::string all_losses() const;
    Error failure_of(Error error) const;

    FileSystem& files_;
    const DataDirectory directory_;
    const OnDamage on_damage_;
    bool in_use_ = false;
    std::unique_ptr<Store> store_;
    std::shared_ptr<StoreReader> reader_;
    std::unique_ptr<EngineState> state_;
    TailReport tail_;
    std::vector<std::string> losses_;
};

}  // namespace varve
