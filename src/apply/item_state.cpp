#include "apply/item_state.hpp"

namespace rehome::apply {

namespace {

enum class At { nothing, our_link, thing };

struct Look {
    At at = At::nothing;
    os::FileInfo info{};
};

Look look(const os::ReadFs& fs, const Places& places, const std::optional<os::Location>& place) {
    const std::optional<os::FileInfo> info = place ? fs.look(*place) : std::nullopt;
    if (!info) {
        return {};
    }
    const bool ours =
        info->type == os::FileType::symlink && places.is_our_text(fs.read_link(*place));
    return {ours ? At::our_link : At::thing, *info};
}

bool is_same_file(const os::FileInfo& one, const os::FileInfo& other) {
    return one.type == os::FileType::file && one.device == other.device && one.inode == other.inode;
}

// Tools and hands rewrite links: relative, with a slash at the end. What counts is where one leads.
bool leads_to(const os::ReadFs& fs, const os::Location& place, const Look& look,
              const os::FileInfo& target) {
    if (look.info.type != os::FileType::symlink) {
        return false;
    }
    const std::optional<os::FileInfo> reached = fs.look_through(place.path());
    return reached && reached->device == target.device && reached->inode == target.inode;
}

bool is_replaced_directory(const os::ReadFs& fs, const Places& places, const os::FileInfo& info) {
    return places.step->replaces && info.type == os::FileType::directory &&
           fs.is_empty(fs.open(places.target->path()));
}

}  // namespace

ItemState state_of(const os::ReadFs& fs, const Places& places) {
    Look home = look(fs, places, places.home);
    const Look target = look(fs, places, places.target);
    if (home.at == At::thing && target.at == At::thing &&
        leads_to(fs, *places.home, home, target.info)) {
        home.at = At::our_link;
    }
    if (home.at == At::thing) {
        const bool moved = target.at == At::thing && !is_same_file(home.info, target.info) &&
                           !is_replaced_directory(fs, places, target.info);
        return moved ? ItemState::conflict : ItemState::unswitched;
    }
    if (target.at == At::thing) {
        return home.at == At::our_link ? ItemState::switched : ItemState::half;
    }
    return home.at == At::our_link ? ItemState::purged : ItemState::gone;
}

}  // namespace rehome::apply
