#include "server/broker/reader_pool.h"

namespace varve {

namespace {

ReadResult read_run(const Log& log, Offset from, Bytes size_max) {
    std::vector<BatchRef> batches;
    for (Bytes size = 0; size < size_max;) {
        VARVE_TRY(BatchRef batch, log.read(from));
        if (batch == nullptr) break;
        from = batch->end();
        size += batch->size();
        batches.push_back(std::move(batch));
    }
    return batches;
}

}  // namespace

ReaderPool::ReaderPool(uint32_t threads) {
    for (uint32_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { work(); });
    }
}

ReaderPool::~ReaderPool() {
    {
        MutexLock lock(jobs_mutex_);
        stopping_ = true;
    }
    jobs_changed_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void ReaderPool::read(LogRef log,
                      Offset from,
                      Bytes size_max,
                      std::function<void(ReadResult)> done) {
    run([log = std::move(log), from, size_max, done = std::move(done)] {
        done(read_run(*log, from, size_max));
    });
}

void ReaderPool::run(std::function<void()> job) {
    {
        MutexLock lock(jobs_mutex_);
        jobs_.push_back(std::move(job));
    }
    jobs_changed_.notify_one();
}

void ReaderPool::work() {
    for (;;) {
        std::function<void()> job;
        {
            MutexLock lock(jobs_mutex_);
            while (jobs_.empty() && !stopping_) lock.wait(jobs_changed_);
            if (stopping_) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
    }
}

}  // namespace varve
