#include "server/async/durable.h"

namespace varve {

Task<Result<void>> commit_durably(Engine& engine, Transaction transaction) {
    // std::function wants copies; a transaction can only be moved.
    auto shared = std::make_shared<Transaction>(std::move(transaction));
    co_return co_await resumed_by<Result<void>>(
        [&engine, shared](const std::function<void(Result<void>)>& resume) {
            engine.commit(std::move(*shared), [resume](const Result<CommitReceipt>& receipt) {
                resume(receipt ? ok() : Result<void>(receipt.error()));
            });
        });
}

}  // namespace varve
