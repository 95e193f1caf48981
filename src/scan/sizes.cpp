#include "scan/sizes.hpp"

#include "plan/way.hpp"

#include <algorithm>
#include <string>
#include <thread>

namespace rehome::scan {

namespace {

// What becomes of a tree that is walked.
enum class Part { kept, dropped };

class Measurer {
public:
    Measurer(plan::Inventory& inventory, const plan::Request& request, Sizes sizes)
        : inventory_(inventory), request_(request), sizes_(sizes) {}

    void measure() {
        for (plan::Item& item : inventory_.items) {
            add(item);
        }
        if (roots_.empty()) {
            return;
        }
        const tree::Survey survey =
            tree::survey(roots_, std::max(1U, std::thread::hardware_concurrency()));
        for (std::size_t index = 0; index < roots_.size(); ++index) {
            fill(*owners_[index].item, owners_[index].part, survey.trees[index]);
        }
        for (const tree::SharedFiles& shared : survey.shared) {
            add(shared);
        }
    }

private:
    struct Owner {
        plan::Item* item = nullptr;
        Part part = Part::kept;
    };

    void add(plan::Item& item) {
        const bool copied = plan::is_copied(inventory_, item);
        // What a home holds is told of its items.
        if ((sizes_ != Sizes::measured && !copied) || plan::is_home_item(item.placement.item)) {
            return;
        }
        const bool elsewhere =
            plan::is_placed(item.placement.fate) && item.info.type == os::FileType::symlink;
        tree::Root root{.path =
                            elsewhere ? std::filesystem::path(item.placement.target) : item.path,
                        .letters = copied && plan::target_site(inventory_, item).ignores_case
                                       ? tree::Case::ignored
                                       : tree::Case::told_apart};
        Part part = Part::kept;
        for (const plan::Recreatable& drop : plan::drops_of(inventory_, item, request_)) {
            if (drop.path == ".") {
                part = Part::dropped;
                break;
            }
            root.left_out.push_back(drop.path);
            roots_.push_back({.path = item.path / drop.path});
            owners_.push_back({&item, Part::dropped});
        }
        roots_.push_back(std::move(root));
        owners_.push_back({&item, part});
    }

    static void fill(plan::Item& item, Part part, const tree::Tree& tree) {
        item.size = item.size.value_or(tree::TreeSize{});
        *item.size += tree.size;
        item.traits = item.traits.value_or(tree::TreeTraits{});
        if (part == Part::dropped) {
            item.dropped = item.dropped.value_or(tree::TreeSize{});
            *item.dropped += tree.size;
        } else {
            *item.traits += tree.traits;
        }
    }

    void add(const tree::SharedFiles& shared) {
        const std::string& one = owners_[shared.one].item->placement.item;
        const std::string other =
            shared.other ? owners_[*shared.other].item->placement.item : std::string();
        if (one != other) {
            inventory_.shared.push_back({.item = one,
                                         .other = other,
                                         .files = shared.files,
                                         .room = shared.room,
                                         .name = shared.name,
                                         .other_name = shared.other_name});
        }
    }

    plan::Inventory& inventory_;
    const plan::Request& request_;
    Sizes sizes_;
    std::vector<tree::Root> roots_;
    std::vector<Owner> owners_;  // of each root
};

}  // namespace

void measure_items(plan::Inventory& inventory, const plan::Request& request, Sizes sizes) {
    Measurer(inventory, request, sizes).measure();
}

}  // namespace rehome::scan
