// Patterns of a topic exchange as a tree of words: one walk finds all that match.
#pragma once

#include "server/broker/route_target.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace varve {

// Words are separated by dots; `*` stands for one word, `#` for any number of words, also none.
//
// A match costs at most (nodes reached) x (words of the key), however many `#` there are: every
// word moves a set of nodes, and a node enters the set once. Threading: Caller-serialised.
class TopicTree {
public:
    TopicTree();
    ~TopicTree();

    void add(std::string_view pattern, RouteTarget target);
    // Removes one that was added before.
    void remove(std::string_view pattern, RouteTarget target);

    // Adds the targets of every pattern that matches; a target comes once per pattern that leads to
    // it.
    void match(std::string_view key, std::vector<RouteTarget>& out) const;

private:
    struct Node;
    struct WordHash {
        using is_transparent = void;
        size_t operator()(std::string_view word) const {
            return std::hash<std::string_view>()(word);
        }
    };
    void enter(Node& node, std::vector<Node*>& set) const;

    std::unique_ptr<Node> root_;
    mutable uint64_t step_ = 0;           // marks which nodes are in the set already
    mutable std::vector<Node*> current_;  // kept, so that a match allocates nothing
    mutable std::vector<Node*> next_;
};

}  // namespace varve
