#include "tests/support/wire_broker.h"

#include "engine/base/check.h"

#include <atomic>
#include <future>
#include <netinet/in.h>
#include <sys/socket.h>

namespace varve {

namespace {

FileDescriptor loopback_listener() {
    FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    VARVE_CHECK(
        ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    VARVE_CHECK(::listen(listener.get(), 16) == 0);
    return listener;
}

}  // namespace

WireBroker::WireBroker(BrokerHome& home)
    : home_(home),
      diag_({.level = DiagLevel::error}, home.clock),
      broker_(std::make_unique<RunningBroker>(home)),
      listener_(loopback_listener()) {
    for (ShardIndex index = 0; index < broker_->shard_count(); ++index) {
        const amqp::SessionEnvironment environment{broker_->shards().at(index),
                                                   broker_->at(index),
                                                   options_,
                                                   diag_,
                                                   home_.clock,
                                                   home_.rng,
                                                   broker_->limits(),
                                                   broker_->login_rules()};
        sessions_.push_back(broker_->call(
            index, [&environment] { return std::make_unique<amqp::Sessions>(environment); }));
    }
}

WireBroker::~WireBroker() { stop(); }

FileDescriptor WireBroker::connect(ShardIndex shard) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    VARVE_CHECK(::getsockname(listener_.get(), generic, &size) == 0);
    FileDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    VARVE_CHECK(::connect(client.get(), generic, size) == 0);
    FileDescriptor served(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    VARVE_CHECK(served.is_open());
    broker_->call(shard, [&] {
        using Tcp = boost::asio::ip::tcp;
        Tcp::socket socket(broker_->shards().at(shard).context(), Tcp::v4(), served.release());
        sessions_[shard]->accept(Stream(std::move(socket)));
    });
    return client;
}

void WireBroker::end_sessions() {
    std::promise<void> all_ended;
    std::atomic<size_t> missing = sessions_.size();
    for (ShardIndex index = 0; index < sessions_.size(); ++index) {
        broker_->call(index, [&] {
            sessions_[index]->stop([&] {
                if (--missing == 0) all_ended.set_value();
            });
        });
    }
    auto ended = all_ended.get_future();
    // Who does not answer connection.close is cut off when the time says so.
    while (ended.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
        home_.clock.advance(std::chrono::milliseconds(100));
    for (ShardIndex index = 0; index < sessions_.size(); ++index) {
        broker_->call(index, [] {});  // what the last turn left for its end
        broker_->call(index, [&] { sessions_[index].reset(); });
    }
    sessions_.clear();
}

void WireBroker::stop() {
    if (broker_ == nullptr) return;
    end_sessions();
    broker_.reset();
}

}  // namespace varve
