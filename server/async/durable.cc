#include "server/async/durable.h"

#include "server/async/resumed_by.h"

namespace varve {

Task<Result<void>> commit_durably(Engine& engine, Transaction transaction) {
    co_return co_await resumed_by<Result<void>>(
        [&](const std::function<void(Result<void>)>& resume) {
            engine.commit(std::move(transaction), [resume](const Result<CommitReceipt>& receipt) {
                resume(receipt ? ok() : Result<void>(receipt.error()));
            });
        });
}

}  // namespace varve
