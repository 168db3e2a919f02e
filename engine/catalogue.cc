#include "engine/catalogue.h"

#include "engine/log_rows.h"

namespace varve {

void Catalogue::put(CatalogueKey key, std::string value) {
    const MutexLock lock(mutex_);
    dirty_.insert(key);
    definitions_.insert_or_assign(std::move(key), std::move(value));
}

void Catalogue::erase(const CatalogueKey& key) {
    const MutexLock lock(mutex_);
    if (definitions_.erase(key) > 0) dirty_.insert(key);
}

void Catalogue::load(CatalogueKey key, std::string value) {
    const MutexLock lock(mutex_);
    definitions_.insert_or_assign(std::move(key), std::move(value));
}

std::vector<CatalogueRow> Catalogue::take_dirty() {
    const MutexLock lock(mutex_);
    std::vector<CatalogueRow> rows;
    for (const CatalogueKey& key : dirty_) {
        const auto at = definitions_.find(key);
        const bool erased = at == definitions_.end();
        rows.push_back(
            {key.kind, key.id, erased ? std::string() : encode_definition_row(at->second)});
    }
    dirty_.clear();
    return rows;
}

void Catalogue::for_each(const std::function<void(const CatalogueKey&, ByteView)>& visit) const {
    std::map<CatalogueKey, std::string> copy;
    {
        const MutexLock lock(mutex_);
        copy = definitions_;
    }
    for (const auto& [key, value] : copy) visit(key, value);
}

}  // namespace varve
