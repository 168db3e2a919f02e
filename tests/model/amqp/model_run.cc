#include "tests/model/amqp/model_run.h"

namespace varve::model {

namespace {

// A machine that was stopped for a while has not waited.
constexpr int kRoundsMin = 250;

}  // namespace

ModelRun::ModelRun(std::chrono::milliseconds patience) : patience_(patience) {}

std::string ModelRun::play(const std::vector<Operation>& operations) {
    start();
    for (size_t i = 0; i < operations.size(); ++i) {
        if (!difference_.empty() || model_.is_open_ended()) break;
        tell("\n" + std::to_string(i) + ": ");
        const Operation& operation = operations[i];
        if (!clients_[operation.at.connection]) connect(operation.at.connection);
        if (!model_.is_open(operation.at)) open_channel(operation.at);
        if (!difference_.empty()) break;
        model_.begin_step();
        if (operation.kind == OperationKind::restart) {
            restart();
        } else if (operation.kind == OperationKind::advance) {
            advance(operation);
        } else if (operation.kind == OperationKind::publish_many) {
            publish_many(operation);
        } else {
            settle_down(perform(operation));
        }
    }
    for (auto& client : clients_) client.reset();
    broker_.reset();
    return difference_;
}

void ModelRun::start() {
    home_.options.queue_move_interval = std::chrono::milliseconds(0);
    broker_ = std::make_unique<WireBroker>(home_);
    model_.set_now(home_.clock.now());
}

void ModelRun::connect(size_t connection) {
    clients_[connection] = std::make_unique<ModelClient>(
        connection, broker_->connect(static_cast<ShardIndex>(connection)));
}

void ModelRun::open_channel(ChannelAddress at) {
    model_.begin_step();
    say(at, amqp::ChannelOpen{});
    model_.open(at);
    settle_down({.answers = {"channel.open-ok"}});
}

void ModelRun::hear(Seen& seen) {
    broker_->broker().quiesce();
    for (auto& client : clients_) {
        if (!client) continue;
        const std::string fault = client->hear(seen);
        if (!fault.empty()) return fail(fault);
    }
}

// Until everything that has to happen has happened; what happens too much shows as a difference.
void ModelRun::settle_down(const Expected& expected) {
    if (!difference_.empty()) return;
    Seen seen;
    std::string difference;
    const auto end = std::chrono::steady_clock::now() + patience_;
    for (int round = 0; round < kRoundsMin || std::chrono::steady_clock::now() < end; ++round) {
        hear(seen);
        BrokerModel tried = model_;
        difference = compare(seen, expected, tried);
        if (!difference_.empty()) return;
        if (!difference.empty()) continue;
        model_ = std::move(tried);
        model_.expected_cancels.clear();
        model_.expected_returns.clear();
        for (auto& client : clients_) {
            if (client && client->is_closed()) client.reset();
        }
        return;
    }
    fail(difference);
}

std::string ModelRun::compare(const Seen& seen, const Expected& expected, BrokerModel& model) {
    std::vector<std::string> answers;
    for (const auto& [at, texts] : seen.answers)
        answers.insert(answers.end(), texts.begin(), texts.end());
    const bool got_empty = expected.got && answers == std::vector<std::string>{"basic.get-empty"};
    const bool got = std::ranges::any_of(seen.deliveries, [](const SeenDelivery& delivery) {
        return delivery.consumer_tag.empty();
    });
    if (expected.got && got == got_empty) return "basic.get is not answered";
    if (!got_empty && answers != expected.answers) {
        std::string difference = "answered";
        for (const std::string& answer : answers) difference += " " + answer + ",";
        difference += " instead of";
        for (const std::string& answer : expected.answers) difference += " " + answer + ",";
        return difference;
    }
    // Who does not understand it is not told.
    std::erase_if(model.expected_cancels,
                  [](const auto& cancel) { return cancel.first.connection == 1; });
    const std::string difference = model.take_in(seen, expected.got_no_ack);
    const std::string counts = compare_counts(model);
    // Whether the broker has it, too, or has lost it.
    return difference.empty() || counts.empty() ? difference + counts : difference + "; " + counts;
}

std::string ModelRun::compare_counts(const BrokerModel& model) {
    RunningBroker& broker = broker_->broker();
    size_t queues = 0;
    for (const auto& listed : broker.await(0, broker.inventory().queues(std::nullopt))) {
        const std::string& name = listed.entry->name;
        ++queues;
        if (!model.has_queue(name)) return "queue " + name + " is there";
        const ModelQueue& queue = model.queue(name);
        const QueueEntry::Live& live = listed.entry->live;
        const auto differs = [&](const char* what, size_t is, size_t should) {
            return name + " has " + std::to_string(is) + " " + what + " instead of " +
                   std::to_string(should);
        };
        if (live.ready != queue.ready.size())
            return differs("ready", live.ready, queue.ready.size());
        if (live.unsettled != queue.unsettled)
            return differs("unsettled", live.unsettled, queue.unsettled);
        if (live.consumers != queue.consumers.size())
            return differs("consumers", live.consumers, queue.consumers.size());
    }
    if (queues != model.names().size()) return "a queue is missing";
    size_t exchanges = 0;
    for (const auto& listed : broker.await(0, broker.inventory().exchanges(std::nullopt))) {
        if (listed.name.empty() || listed.name.starts_with("amq.")) continue;
        ++exchanges;
        if (!model.exchanges().contains(listed.name))
            return "exchange " + listed.name + " is there";
    }
    if (exchanges != model.exchanges().size()) return "an exchange is missing";
    return "";
}

void ModelRun::fail(const std::string& difference) {
    if (difference_.empty()) difference_ = difference;
}

void ModelRun::tell(const std::string& text) { story_ += text; }

ModelRun::Expected ModelRun::answer(ChannelAddress at, int code, const std::string& answer) {
    if (code == 0) return {.answers = {answer}};
    tell(" -> " + std::to_string(code) + " on " + text(at));
    model_.close(at);
    return {.answers = {"channel.close " + std::to_string(code)}};
}

void ModelRun::restart() {
    tell("restart");
    // One after the other: what the first one held may go to the second one.
    for (size_t connection = 0; connection < clients_.size(); ++connection) {
        model_.begin_step();
        model_.close_connection(connection);
        if (clients_[connection]) clients_[connection]->wire().reset();
        clients_[connection].reset();
        settle_down({});
    }
    if (!difference_.empty()) return;
    broker_.reset();
    broker_ = std::make_unique<WireBroker>(home_);
    model_.begin_step();
    model_.restart();
    settle_down({});
}

// One time limit after the other, so that the order of what dies is known.
void ModelRun::advance(const Operation& operation) {
    const auto end = home_.clock.now() + std::chrono::milliseconds(operation.choice(0, 30));
    tell("advance " + std::to_string(operation.choice(0, 30)) + " ms");
    while (home_.clock.now() < end && difference_.empty()) {
        const TimePoint next = std::min(model_.next_expiry().value_or(end), end);
        home_.clock.advance(next - home_.clock.now());
        model_.begin_step();
        model_.set_now(next);
        settle_down({});
    }
}

}  // namespace varve::model
