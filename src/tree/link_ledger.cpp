#include "tree/link_ledger.hpp"

namespace rehome::tree {

namespace {

constexpr std::size_t remembered_paths = 4096;

void add(SharedFiles& shared, std::uint64_t room) {
    shared.files += 1;
    shared.room += room;
}

}  // namespace

LinkLedger::Met LinkLedger::meet(const Name& name,
                                 const std::function<std::filesystem::path()>& path) {
    const std::lock_guard guard(mutex_);
    const Key key{name.device, name.inode};
    const auto [place, is_new] = entries_.try_emplace(key,
                                                      Entry{static_cast<std::uint32_t>(name.root),
                                                            static_cast<std::uint32_t>(name.links),
                                                            name.room});
    Entry& entry = place->second;
    entry.missing -= entry.missing > 0 ? 1 : 0;
    if (is_new) {
        if (paths_.size() < remembered_paths) {
            paths_[key] = path();
        }
        return Met::first;
    }
    Met met = Met::again;
    if (entry.root != name.root && elsewhere_.emplace(key, name.root).second) {
        met = Met::first_in_this_tree;
        SharedFiles& shared = parts_[{entry.root, name.root}];
        if (shared.files == 0) {
            const auto first = paths_.find(key);
            shared.one = entry.root;
            shared.other = name.root;
            shared.name = first == paths_.end() ? "" : first->second;
            shared.other_name = path();
        }
        add(shared, entry.room);
    }
    if (entry.missing == 0) {
        paths_.erase(key);
        entries_.erase(place);
    }
    return met;
}

std::vector<SharedFiles> LinkLedger::shared() const {
    const std::lock_guard guard(mutex_);
    std::map<std::size_t, SharedFiles> outside;
    for (const auto& [key, entry] : entries_) {
        SharedFiles& shared = outside[entry.root];
        if (shared.name.empty()) {
            const auto path = paths_.find(key);
            shared.one = entry.root;
            shared.name = path == paths_.end() ? "" : path->second;
        }
        add(shared, entry.room);
    }
    std::vector<SharedFiles> all;
    for (const auto& [roots, shared] : parts_) {
        all.push_back(shared);
    }
    for (const auto& [root, shared] : outside) {
        all.push_back(shared);
    }
    return all;
}

}  // namespace rehome::tree
