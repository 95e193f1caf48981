// What becomes of the originals of copied items, from the exchange on (copies.cpp has the way
// there).
#include "apply/copies.hpp"
#include "apply/late_writes.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"
#include "journal/store.hpp"
#include "os/tree_users.hpp"
#include "tree/remove.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace rehome::apply {

namespace {

std::string users_text(const std::vector<os::TreeUser>& users, std::size_t tree) {
    std::vector<std::string> names;
    for (const os::TreeUser& user : users) {
        if (user.tree == tree) {
            names.push_back(fmt::format("{} (pid {})", user.name, user.id));
        }
    }
    return base::listed(names);
}

}  // namespace

std::vector<std::filesystem::path> Copies::originals() const {
    std::vector<std::filesystem::path> paths;
    for (const Item& item : items_) {
        const std::filesystem::path home = context_.fs.real_path(item.places.home->directory);
        paths.push_back(home / (item.replaces ? item.places.home->name : item.places.aside));
    }
    return paths;
}

void Copies::carry_late_writes() {
    const std::vector<os::TreeUser> users = os::users_of(originals());
    for (const os::TreeUser& user : users) {
        const Item& item = items_[user.tree];
        if (user.writes && !item.is_exchanged && !item.replaces) {
            throw base::Error(base::Kind::busy,
                              fmt::format("{} (pid {}) has opened {} for writing while {} was "
                                          "being switched",
                                          user.name,
                                          user.id,
                                          base::in_quotes(user.what.native()),
                                          item.places.step->item),
                              "wait until it has finished, then run the command again");
        }
    }
    // Who is in an original now may write there after the walk; nobody new finds its hidden name.
    for (std::size_t index = 0; index < items_.size(); ++index) {
        if (const std::string used_by = users_text(users, index); !used_by.empty()) {
            items_[index].keep_because = "in use by " + used_by;
        }
    }
    for (Item& item : items_) {
        const os::Location aside = beside(*item.places.home, item.places.aside);
        if (item.replaces || !item.job.has_manifest() ||
            look_at(context_.fs, item.places, aside) != At::thing) {
            continue;
        }
        const std::size_t late =
            apply::carry_late_writes(context_,
                                     {.place = aside,
                                      .manifest = item.job.manifest(),
                                      .drops = item.job.route().drops,
                                      .suffix = fmt::format(".rehome-{}", journal_.begin.id)},
                                     *item.places.target);
        if (late != 0) {
            item.keep_because = "a program wrote there at the last moment";
        }
    }
}

// The last moment from which there is a way back: nobody is in them, nothing has happened to them.
void Copies::require_unused_originals() const {
    const std::vector<os::TreeUser> users = os::users_of(originals());
    for (std::size_t index = 0; index < items_.size(); ++index) {
        const Item& item = items_[index];
        if (!item.replaces || item.is_exchanged) {
            continue;
        }
        const std::string used_by = users_text(users, index);
        if (!used_by.empty()) {
            throw base::Error(base::Kind::busy,
                              fmt::format("{} is in use by {}, although --offline says that "
                                          "nobody uses it",
                                          item.places.step->item,
                                          used_by),
                              "end that, then run the command again");
        }
        if (!item.job.late(*item.places.home, {}).none()) {
            throw copy_failure(item.places, "a program wrote there although --offline was given");
        }
    }
}

void Copies::replace(journal::Writer& writer) {
    if (std::ranges::none_of(items_, [](const Item& item) { return item.replaces; })) {
        return;
    }
    if (!journal_.is_replacing) {
        require_unused_originals();
        writer.append(journal::Replacing{});
    }
    for (Item& item : items_) {
        if (!item.replaces || look_at(context_.fs, item.places, item.places.home) == At::our_link) {
            continue;
        }
        if (item.is_exchanged) {
            const auto manifest = tree::Manifest::open(item.job.route().manifest.path());
            const bool proven =
                manifest && is_whole(context_, *item.places.target, *manifest) &&
                is_part(context_, *item.places.home, *manifest, item.places.step->drops);
            if (!proven) {
                throw base::Error(
                    base::Kind::attention,
                    fmt::format("what is left of {} at {} is not deleted: it and its copy at {} "
                                "are not what was copied",
                                item.places.step->item,
                                base::in_quotes(item.places.step->path.native()),
                                base::in_quotes(item.places.step->target.native())),
                    "bring what you need to the target, put a link to it at the old path, then "
                    "run `rehome resume`");
            }
        }
        tree::remove(context_.fs, *item.places.home, context_.workers);
        link_where_nothing_is(context_.fs, barrier_, context_.tell, item.places);
    }
    barrier_.sync();
}

void Copies::delete_original(Item& item) {
    const os::Location aside = beside(*item.places.home, item.places.aside);
    const tree::TreeSize size = planned_size(item);
    tree::Progress* counters = nullptr;
    if (context_.progress != nullptr) {
        context_.progress->begin({.verb = "Deleting",
                                  .item = item.places.step->item,
                                  .all_files = size.files,
                                  .number = item.job.route().number,
                                  .items = item.job.route().items});
        counters = context_.progress->counters();
    }
    try {
        tree::remove(context_.fs, aside, context_.workers, counters);
    } catch (const base::Error& error) {
        if (error.kind() == base::Kind::interrupted) {
            throw;  // another run deletes the rest
        }
        item.keep_because = fmt::format("not all of it could be deleted: {}", error.what());
    }
    barrier_.touch(aside.directory);
}

void Copies::settle_originals(journal::Writer& writer) {
    if (items_.empty()) {
        return;
    }
    const std::vector<os::TreeUser> users = os::users_of(originals());
    journal::Settled settled;
    std::map<std::string, std::vector<std::string>> kept;  // items by the reason
    for (std::size_t index = 0; index < items_.size(); ++index) {
        Item& item = items_[index];
        const os::Location aside = beside(*item.places.home, item.places.aside);
        if (item.replaces || look_at(context_.fs, item.places, aside) != At::thing) {
            continue;
        }
        const std::string used_by = users_text(users, index);
        const bool compares =
            request_.verify == plan::Verify::full || request_.verify == plan::Verify::disk;
        if (!compares) {
            item.keep_because = "--verify has proven nothing of their content";
        } else if (request_.keep_originals) {
            item.keep_because = "you asked for that (--keep-originals)";
        } else if (!used_by.empty()) {
            item.keep_because = "in use by " + used_by;
        } else if (item.keep_because.empty() && !item.job.is_proven()) {
            const auto manifest = tree::Manifest::open(item.job.route().manifest.path());
            if (!manifest || !is_whole(context_, *item.places.target, *manifest)) {
                item.keep_because = "its copy was not proven equal in this run";
            } else if (!is_part(context_, aside, *manifest, item.places.step->drops)) {
                item.keep_because = "it has something that its copy has not";
            }
        }
        if (item.keep_because.empty()) {
            delete_original(item);
        }
        if (!item.keep_because.empty()) {
            settled.kept.push_back(item.places.step->item);
            kept[item.keep_because].push_back(item.places.step->item);
        }
    }
    for (const auto& [reason, names] : kept) {
        context_.tell("Kept",
                      fmt::format("the original{} of {} beside the link{} as .rehome-{}-NAME: {}; "
                                  "`rehome forget {}` frees what is kept",
                                  names.size() == 1 ? "" : "s",
                                  base::listed(names),
                                  names.size() == 1 ? "" : "s",
                                  journal_.begin.id,
                                  reason,
                                  journal_.begin.id));
    }
    if (context_.progress != nullptr) {
        context_.progress->end();
    }
    put_back_times(context_.fs, barrier_, times_, places_);
    barrier_.sync();
    // They are for what is aside. After Settled nobody would look for them.
    if (settled.kept.empty()) {
        journal::remove_manifests(context_.fs, journal_.path);
    }
    writer.append(settled);
}

}  // namespace rehome::apply
