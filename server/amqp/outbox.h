// What waits to be written to one connection: frames, and bodies that are sent from where they lie.
#pragma once

#include "engine/record_batch.h"

#include <boost/asio/buffer.hpp>

#include <span>
#include <string>
#include <vector>

namespace varve::amqp {

// Small things are appended to one string; the body of a large message stays in its batch and is
// only referred to.
//
// Bound: the queues stop at kOutboxMax, and the connection stops parsing at twice that
// (docs/architecture.md, Bounds). Threading: Shard-bound.
class Outbox {
public:
    // Frames are appended here, and only here.
    std::string& text() { return text_; }
    // The bytes follow what text() holds now; `keep` keeps them alive until they are written.
    void add_slice(ByteView bytes, BatchRef keep);

    // Bytes that are not written yet.
    size_t size() const { return text_.size() - text_at_ + slice_bytes_; }
    bool empty() const { return size() == 0; }

    // The next buffers to write; valid until anything else is called.
    std::span<const boost::asio::const_buffer> next();
    // So many bytes of them were written.
    void written(size_t size);

    // Gives the memory of an empty outbox back.
    void shrink();

private:
    struct Slice {
        size_t text_end = 0;  // it follows this much of text_
        ByteView bytes;       // what is left of it
        BatchRef keep;
    };
    void tidy();

    std::string text_;
    size_t text_at_ = 0;  // written so far
    std::vector<Slice> slices_;
    size_t slice_at_ = 0;  // slices_ before this are written
    size_t slice_bytes_ = 0;
    std::vector<boost::asio::const_buffer> buffers_;
};

}  // namespace varve::amqp
