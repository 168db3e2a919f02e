// The durable definitions of the layer above, by key.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/types.h"
#include "engine/store/store.h"
#include "engine/transaction.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace varve {

// Threading: put(), erase(), load() and take_dirty() are Caller-serialised; for_each() is
// Thread-safe.
class Catalogue {
public:
    void put(CatalogueKey key, std::string value);
    void erase(const CatalogueKey& key);
    void load(CatalogueKey key, std::string value);

    // What the store does not have yet.
    std::vector<CatalogueRow> take_dirty();
    // Visits a copy, in key order: the visitor may commit.
    void for_each(const std::function<void(const CatalogueKey&, ByteView value)>& visit) const;

private:
    mutable Mutex mutex_;
    std::map<CatalogueKey, std::string> definitions_ VARVE_GUARDED_BY(mutex_);
    std::set<CatalogueKey> dirty_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve
