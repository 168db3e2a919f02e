// A ledger as a text file of words, so that a check can go on after a restart:
//
//   varve-bench-ledger 1
//   run 4711 publishers 1 queues 2 exchange direct
//   publisher 0 attempted 1000
//   confirmed 0-990 995-1000
//   received 0 0-998
//   end
//
// Ranges are half-open. Each publisher has one line `received` for each copy of its messages.
#include "tools/load/ledger.h"

#include <cstdio>
#include <fstream>
#include <sstream>

namespace varve::load {

namespace {

constexpr std::string_view kFirstLine = "varve-bench-ledger 1";
constexpr uint64_t kSequenceMax = uint64_t{1} << 40;  // a terabit of bits is damage, not a run

void write_ranges(std::ostream& out, const SequenceSet& set) {
    set.for_each_range([&out](uint64_t begin, uint64_t end) { out << ' ' << begin << '-' << end; });
    out << '\n';
}

bool read_ranges(std::istream& words, SequenceSet& set) {
    uint64_t begin = 0;
    uint64_t end = 0;
    char dash = 0;
    while (words >> begin) {
        if (!(words >> dash >> end) || dash != '-' || end < begin || end > kSequenceMax)
            return false;
        set.add_range(begin, end);
    }
    return words.eof();
}

bool read_shape(const std::string& line, LedgerShape& shape) {
    std::istringstream words(line);
    std::string run;
    std::string publishers;
    std::string queues;
    std::string exchange;
    std::string mode;
    if (!(words >> run >> shape.run >> publishers >> shape.publishers >> queues >> shape.queues >>
          exchange >> mode)) {
        return false;
    }
    shape.exchange = mode == "fanout" ? ExchangeMode::fanout : ExchangeMode::direct;
    return run == "run" && publishers == "publishers" && queues == "queues" &&
           exchange == "exchange" && shape.publishers <= 65535 && shape.queues > 0;
}

// One line behind the shape. `current` is the account that the last line `publisher` named.
bool read_line(const std::string& line, Ledger& ledger, PublisherAccount*& current) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "publisher") {
        size_t publisher = 0;
        uint64_t attempted = 0;
        if (!(words >> publisher >> key >> attempted) || publisher >= ledger.publisher_count())
            return false;
        current = &ledger.account(publisher);
        current->attempted = attempted;
        return true;
    }
    if (current == nullptr) return false;
    if (key == "confirmed") return read_ranges(words, current->confirmed);
    size_t copy = 0;
    return key == "received" && words >> copy && copy < current->received.size() &&
           read_ranges(words, current->received[copy]);
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::load(const std::string& path) {
    std::ifstream in(path);
    if (!in) return Error{ErrorCode::not_found, path + ": there is no such ledger"};
    const auto damaged = [&path](std::string_view line) {
        return Error{ErrorCode::corrupt,
                     path + ": not a ledger of varve bench: '" + std::string(line) + "'"};
    };
    std::string line;
    LedgerShape shape;
    if (!std::getline(in, line) || line != kFirstLine) return damaged(line);
    if (!std::getline(in, line) || !read_shape(line, shape)) return damaged(line);
    auto ledger = std::make_unique<Ledger>(shape);
    PublisherAccount* current = nullptr;
    while (std::getline(in, line) && line != "end") {
        if (!read_line(line, *ledger, current)) return damaged(line);
    }
    if (line != "end") return damaged("it ends too early");
    return ledger;
}

Result<void> Ledger::save(const std::string& path) const {
    // Written beside and renamed: a run that is killed here leaves the ledger before it.
    const std::string fresh = path + ".new";
    std::ofstream out(fresh, std::ios::trunc);
    out << kFirstLine << '\n'
        << "run " << shape_.run << " publishers " << accounts_.size() << " queues " << shape_.queues
        << " exchange " << (shape_.exchange == ExchangeMode::fanout ? "fanout" : "direct") << '\n';
    for (size_t publisher = 0; publisher < accounts_.size(); ++publisher) {
        const PublisherAccount& account = *accounts_[publisher];
        out << "publisher " << publisher << " attempted " << account.attempted << "\nconfirmed";
        write_ranges(out, account.confirmed);
        for (size_t copy = 0; copy < account.received.size(); ++copy) {
            out << "received " << copy;
            write_ranges(out, account.received[copy]);
        }
    }
    out << "end\n";
    out.close();
    if (!out || std::rename(fresh.c_str(), path.c_str()) != 0) {
        return Error{ErrorCode::io, path + ": the ledger cannot be written"};
    }
    return ok();
}

}  // namespace varve::load
