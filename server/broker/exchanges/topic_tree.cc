#include "server/broker/exchanges/topic_tree.h"

#include "engine/base/check.h"

#include <algorithm>

namespace varve {

struct TopicTree::Node {
    std::unordered_map<std::string, std::unique_ptr<Node>, WordHash, std::equal_to<>> words;
    std::unique_ptr<Node> any_word;
    std::unique_ptr<Node> any_words;
    bool is_any_words = false;  // stays in the set whatever word comes
    std::vector<RouteTarget> targets;
    uint64_t step = 0;

    bool unused() const { return words.empty() && !any_word && !any_words && targets.empty(); }
};

namespace {

// Calls `visit` with each word. An empty text has none, so that `*` does not match it; between two
// dots is an empty word.
template <typename Visit>
void for_each_word(std::string_view text, const Visit& visit) {
    if (text.empty()) return;
    for (;;) {
        const size_t dot = text.find('.');
        visit(text.substr(0, dot));
        if (dot == std::string_view::npos) return;
        text.remove_prefix(dot + 1);
    }
}

}  // namespace

TopicTree::TopicTree() : root_(std::make_unique<Node>()) {}
TopicTree::~TopicTree() = default;

void TopicTree::add(std::string_view pattern, RouteTarget target) {
    Node* node = root_.get();
    for_each_word(pattern, [&node](std::string_view word) {
        if (word == "*") {
            if (!node->any_word) node->any_word = std::make_unique<Node>();
            node = node->any_word.get();
        } else if (word == "#") {
            if (!node->any_words) node->any_words = std::make_unique<Node>();
            node = node->any_words.get();
            node->is_any_words = true;
        } else {
            auto& child = node->words[std::string(word)];
            if (!child) child = std::make_unique<Node>();
            node = child.get();
        }
    });
    node->targets.push_back(target);
}

void TopicTree::remove(std::string_view pattern, RouteTarget target) {
    std::vector<std::pair<Node*, std::string_view>> path;  // parents, with the word that leads on
    Node* node = root_.get();
    for_each_word(pattern, [&](std::string_view word) {
        path.emplace_back(node, word);
        if (word == "*") {
            node = node->any_word.get();
        } else if (word == "#") {
            node = node->any_words.get();
        } else {
            const auto child = node->words.find(word);
            VARVE_CHECK(child != node->words.end());
            node = child->second.get();
        }
        VARVE_CHECK(node != nullptr);
    });
    const auto found = std::ranges::find(node->targets, target);
    VARVE_CHECK(found != node->targets.end());
    node->targets.erase(found);
    for (; !path.empty() && node->unused(); path.pop_back()) {
        const auto [parent, word] = path.back();
        if (word == "*") {
            parent->any_word.reset();
        } else if (word == "#") {
            parent->any_words.reset();
        } else {
            parent->words.erase(parent->words.find(word));
        }
        node = parent;
    }
}

// A node that is reached reaches its `#` too, which may stand for no word at all.
void TopicTree::enter(Node& node, std::vector<Node*>& set) const {
    for (Node* reached = &node; reached != nullptr; reached = reached->any_words.get()) {
        if (reached->step == step_) return;
        reached->step = step_;
        set.push_back(reached);
    }
}

void TopicTree::match(std::string_view key, std::vector<RouteTarget>& out) const {
    ++step_;
    current_.clear();
    enter(*root_, current_);
    for_each_word(key, [this](std::string_view word) {
        ++step_;
        next_.clear();
        for (Node* node : current_) {
            if (node->is_any_words) enter(*node, next_);
            if (node->any_word) enter(*node->any_word, next_);
            if (node->words.empty()) continue;
            if (const auto child = node->words.find(word); child != node->words.end())
                enter(*child->second, next_);
        }
        current_.swap(next_);
    });
    for (const Node* node : current_)
        out.insert(out.end(), node->targets.begin(), node->targets.end());
}

}  // namespace varve
