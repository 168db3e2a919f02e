// Bits that turn in confirmed data are found and told, never skipped (docs/durability.md, P5).
#include "tests/support/engine_model.h"
#include "tests/support/log_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

// A broker that lost its power: part of what it confirmed is in the store, the rest in the journal.
class EngineDamage : public testing::Test {
protected:
    EngineDamage() {
        FaultyFileSystem disk;
        EngineHome home{disk};
        const auto engine = must(home.open());
        RandomChanges changes(23);
        const auto change = [&](int count) {
            for (int i = 0; i < count; ++i)
                must(engine->commit_and_wait(
                    changes.transaction(*engine, model_, home.clock.now())));
        };
        for (int i = 0; i < 3; ++i)
            must(engine->commit_and_wait(changes.creation(*engine, model_)));
        change(40);
        must(engine->checkpoint());
        change(40);
        // Nothing comes after the very last frame that could prove it was durable.
        must(commit(*engine, [](Transaction& t) { t.put({9, "the end"}, ""); }));
        disk.cut_power();
        SeededRng rng(1);
        image_ = disk.after_crash(Survival::nothing, rng);
    }
    std::vector<Path> files(const Path& directory) {
        std::vector<Path> found;
        for (const auto& name : must(image_->list(directory))) {
            const Path path = directory / name;
            if (!must(image_->info(path)).is_directory) found.push_back(path);
        }
        return found;
    }
    // What a restart says of the image as it is now; none if it finds all that was confirmed.
    std::optional<Error> damage() {
        SeededRng rng(1);
        const auto copy = image_->after_crash(Survival::everything, rng);
        EngineHome home{*copy};
        const auto engine = home.open();
        if (!engine) return engine.error();
        std::map<CatalogueKey, std::string> definitions = model_.definitions;
        (*engine)->for_each_definition([&](const CatalogueKey& key, ByteView value) {
            if (key.kind == 9) model_.definitions[key] = value;
        });
        const auto other = difference(**engine, model_);
        model_.definitions = definitions;
        if (!other) return other.error();
        EXPECT_EQ(*other, "") << "found nothing wrong";
        return std::nullopt;
    }

    EngineModel model_;
    std::unique_ptr<FaultyFileSystem> image_;
};

TEST_F(EngineDamage, AnyBitOfJournalOrStoreIsToldWithItsPlaceOrDoesNotMatter) {
    ASSERT_FALSE(damage());
    SeededRng rng(8);
    size_t told = 0;
    for (const Path directory : {"/data", "/data/journal", "/data/store"}) {
        for (const Path& path : files(directory)) {
            const Bytes size = must(image_->info(path)).size;
            const Bytes step = std::max<Bytes>(1, size / 30);
            for (Bytes byte = rng.below(step); byte < size; byte += step) {
                const auto bit = static_cast<unsigned>(rng.below(8));
                SCOPED_TRACE(path.string() + " byte " + std::to_string(byte));
                image_->flip_bit(path, byte, bit);
                const auto error = damage();
                image_->flip_bit(path, byte, bit);
                if (HasFailure()) return;
                if (!error) continue;
                ++told;
                // A damaged CURRENT names a file that is not there.
                EXPECT_THAT(error->detail,
                            path.filename() == "CURRENT" ? HasSubstr("/data/store")
                                                         : HasSubstr(path.filename().string()));
            }
        }
    }
    EXPECT_GT(told, 60U);
}

TEST_F(EngineDamage, ARecordInTheStoreIsToldWithFileLogAndOffsets) {
    SeededRng rng(9);
    size_t told = 0;
    for (const Path& path : files("/data/store")) {
        if (path.extension() != ".sst") continue;
        const Bytes size = must(image_->info(path)).size;
        for (Bytes byte = 10; byte < size / 2; byte += size / 12) {
            image_->flip_bit(path, byte, 2);
            const auto error = damage();
            image_->flip_bit(path, byte, 2);
            if (!error || error->detail.find("log ") == std::string::npos) continue;
            ++told;
            EXPECT_EQ(error->code, ErrorCode::corrupt) << error->detail;
            EXPECT_THAT(error->detail, HasSubstr("offsets "));
            EXPECT_THAT(error->detail, HasSubstr(path.string()));
        }
    }
    EXPECT_GT(told, 2U);
}

}  // namespace
}  // namespace varve
