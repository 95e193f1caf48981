#include "plan/copy_checks.hpp"

#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "plan/way.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace rehome::plan {

using base::in_quotes;

namespace {

class CopyChecker {
public:
    CopyChecker(const Inventory& inventory, const Request& request)
        : inventory_(inventory), request_(request) {}

    std::vector<Finding> check() {
        for (const Item* item : moving_items(inventory_)) {
            if (way_of(inventory_, *item) == Way::replace) {
                replaced_.push_back(item);
            }
            if (way_of(inventory_, *item) != Way::rename) {
                copied_.push_back(item);
                check_tree(*item);
                tell_drops(*item);
            }
        }
        if (!replaced_.empty()) {
            check_replaced();
        }
        check_originals();
        check_shared_names();
        check_drops();
        return findings_.take();
    }

private:
    void check_replaced() {
        std::vector<std::string> names;
        for (const Item* item : replaced_) {
            names.push_back(item->placement.item);
        }
        const std::filesystem::path& path = replaced_.front()->path;
        const std::string items = base::listed(names);
        if (!request_.offline) {
            findings_.stop(
                "lower_layer",
                path,
                fmt::format("{} may lie in a lower layer of an overlay, as everything does that "
                            "came with a container image: no directory can be renamed there",
                            items),
                "if nothing else uses the homes, pass --offline: they are then copied and "
                "replaced; once the deletion of an original has begun, a run that is killed can "
                "only be finished with `rehome resume`, not put back");
        } else if (!proves_content(request_.verify)) {
            findings_.stop("unproven_replacement",
                           path,
                           fmt::format("the originals of {} would be deleted after --verify {}, "
                                       "which proves nothing about the content of the copies",
                                       items,
                                       name_of(request_.verify)),
                           "pass --verify full or --verify disk");
        } else if (request_.keep_originals) {
            findings_.stop("cannot_keep_original",
                           path,
                           fmt::format("the originals of {} cannot be kept: in a lower layer of "
                                       "an overlay nothing can be set aside",
                                       items),
                           "leave --keep-originals out, or leave these items out with --exclude");
        } else {
            findings_.warn("replaced",
                           path,
                           fmt::format("{} cannot be exchanged for links: each is copied, then "
                                       "deleted, then the link is made",
                                       items),
                           "let nothing use them meanwhile; if the run is killed in the deletion, "
                           "`rehome resume` finishes it");
        }
    }

    void check_tree(const Item& item) {
        if (!item.traits) {
            return;
        }
        const tree::TreeTraits& tree = *item.traits;
        const Site& site = target_site(inventory_, item);
        if (!tree.special.empty()) {
            findings_.stop("special_file",
                           tree.special,
                           fmt::format("{} in {} is a socket, a device or a pipe, which cannot be "
                                       "copied",
                                       in_quotes(tree.special.native()),
                                       item.placement.item),
                           "end the program that uses it and remove it, or leave it out with "
                           "--exclude " +
                               item.placement.item);
        }
        if (!tree.unreadable.empty()) {
            findings_.stop(
                "unreadable",
                tree.unreadable,
                fmt::format("{} in {} cannot be read, and so not copied",
                            in_quotes(tree.unreadable.native()),
                            item.placement.item),
                fmt::format("check its owner and mode, or leave it out with --exclude {}",
                            item.placement.item));
        }
        if (tree.longest_name.size() > site.capacity.longest_name) {
            findings_.stop("name_too_long",
                           site.path,
                           fmt::format("{} has a name of {}, and the filesystem of {} takes {}: {}",
                                       item.placement.item,
                                       base::counted(tree.longest_name.size(), "byte"),
                                       in_quotes(site.existing.native()),
                                       site.capacity.longest_name,
                                       in_quotes(tree.longest_name)),
                           "choose a directory on another filesystem");
        }
        if (!tree.alike.empty()) {
            findings_.stop("names_alike",
                           tree.alike,
                           fmt::format("a neighbour of {} has the same name in other letter case, "
                                       "and {} does not tell the two apart",
                                       in_quotes(tree.alike.native()),
                                       in_quotes(site.existing.native())),
                           "choose a directory that tells upper from lower case");
        }
    }

    void tell_drops(const Item& item) {
        const std::vector<Recreatable> drops = drops_of(inventory_, item, request_);
        for (const Recreatable& part : drops) {
            findings_.warn(
                "dropped",
                item.path / part.path,
                fmt::format("{} is not copied: cargo makes it again from {} when a build needs "
                            "it, which takes that build some time; rollback does not bring it back",
                            part.item,
                            part.from));
        }
        if (!drops.empty() && item.dropped) {
            findings_.warn("drop_saves",
                           item.path,
                           fmt::format("this saves copying {} in {} of {}",
                                       base::human_bytes(item.dropped->bytes),
                                       base::counted(item.dropped->files, "file"),
                                       item.placement.item));
        }
    }

    void check_drops() {
        const bool any = std::ranges::any_of(copied_, [&](const Item* item) {
            return !drops_of(inventory_, *item, request_).empty();
        });
        if (request_.drop_regenerable && !any) {
            findings_.warn("nothing_dropped",
                           "",
                           "--drop regenerable leaves nothing out: of what is copied nothing can "
                           "be made again from local files");
        }
    }

    bool is_copied(const std::string& item) const {
        return std::ranges::any_of(
            copied_, [&](const Item* copied) { return copied->placement.item == item; });
    }

    void check_shared_names() {
        std::map<std::filesystem::path, std::uint64_t> held;  // by the home
        for (const SharedNames& shared : inventory_.shared) {
            const bool other_copied = is_copied(shared.other);
            if (!is_copied(shared.item) && !other_copied) {
                continue;
            }
            tell_shared(shared);
            const std::string& copied = is_copied(shared.item) ? shared.item : shared.other;
            if (!other_copied || !is_copied(shared.item)) {
                held[home_path(copied)] += shared.room;
            }
        }
        for (const auto& [home, room] : held) {
            check_way_back(home, room);
        }
    }

    static std::string names_of(const SharedNames& shared) {
        std::vector<std::string> names;
        for (const std::filesystem::path& name : {shared.name, shared.other_name}) {
            if (!name.empty()) {
                names.push_back(in_quotes(name.native()));
            }
        }
        return names.empty() ? "" : fmt::format(" (such as {})", base::listed(names));
    }

    void tell_shared(const SharedNames& shared) {
        if (shared.other.empty()) {
            findings_.warn("hard_links_outside",
                           shared.name,
                           fmt::format("{} in {} {} names elsewhere, which do not come along{}: "
                                       "the copies are files of their own, and {} stay in use "
                                       "where they are",
                                       base::counted(shared.files, "file"),
                                       shared.item,
                                       shared.files == 1 ? "has" : "have",
                                       names_of(shared),
                                       base::human_bytes(shared.room)));
        } else {
            findings_.warn("hard_links_part",
                           shared.name,
                           fmt::format("{} and {} share {} by hard links{}: they become files of "
                                       "their own, which takes {} more",
                                       shared.item,
                                       shared.other,
                                       base::counted(shared.files, "file"),
                                       names_of(shared),
                                       base::human_bytes(shared.room)));
        }
    }

    std::filesystem::path home_path(const std::string& item) const {
        const auto copied = std::ranges::find_if(
            copied_, [&](const Item* each) { return each->placement.item == item; });
        return home_of(inventory_, **copied).path;
    }

    // Deleting an original frees what a copy back needs, but for what other names hold.
    void check_way_back(const std::filesystem::path& home, std::uint64_t room) {
        const auto found = std::ranges::find(inventory_.homes, home, &Home::path);
        const std::uint64_t free = found->site.capacity.free_bytes;
        if (free < room && !request_.keep_originals && proves_content(request_.verify)) {
            findings_.warn("rollback_space",
                           home,
                           fmt::format("`rehome rollback` would need {} more at {} than the move "
                                       "frees, because other names hold on to the originals: {} "
                                       "are free",
                                       base::human_bytes(room),
                                       in_quotes(home.native()),
                                       base::human_bytes(free)),
                           "pass --keep-originals, or free some space there");
        }
    }

    void check_originals() {
        if (!copied_.empty() && !proves_content(request_.verify)) {
            findings_.warn(
                "originals_stay",
                "",
                fmt::format("--verify {} proves nothing about the content: the originals of what "
                            "is copied are kept",
                            name_of(request_.verify)),
                "`rehome forget` frees them");
        }
    }

    const Inventory& inventory_;
    const Request& request_;
    std::vector<const Item*> replaced_;
    std::vector<const Item*> copied_;  // these included
    Findings findings_;
};

}  // namespace

std::vector<Finding> check_copies(const Inventory& inventory, const Request& request) {
    return CopyChecker(inventory, request).check();
}

}  // namespace rehome::plan
