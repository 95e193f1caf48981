#include "apply/copy_sight.hpp"

namespace rehome::apply {

namespace {

std::optional<os::Location> sibling(const std::optional<os::Location>& place,
                                    const std::string& name) {
    return place ? std::optional(beside(*place, name)) : std::nullopt;
}

}  // namespace

At look_at(const os::ReadFs& fs, const Places& places, const std::optional<os::Location>& place) {
    const std::optional<os::FileInfo> info = place ? fs.look(*place) : std::nullopt;
    if (!info) {
        return At::nothing;
    }
    const bool ours =
        info->type == os::FileType::symlink && places.is_our_text(fs.read_link(*place));
    return ours ? At::our_link : At::thing;
}

CopySight see(const os::ReadFs& fs, const Places& places) {
    CopySight sight{.home = look_at(fs, places, places.home),
                    .target = look_at(fs, places, places.target),
                    .staged = look_at(fs, places, sibling(places.target, places.staging)),
                    .aside = look_at(fs, places, sibling(places.home, places.aside)),
                    .coming = look_at(fs, places, sibling(places.home, places.staging)),
                    .returning = look_at(fs, places, sibling(places.home, places.returning))};
    // Tools and hands rewrite links: relative, with a slash at the end. What counts is where one
    // leads.
    if (sight.home == At::thing && sight.target == At::thing &&
        fs.look(*places.home)->type == os::FileType::symlink) {
        const std::optional<os::FileInfo> reached = fs.look_through(places.home->path());
        const std::optional<os::FileInfo> target = fs.look(*places.target);
        if (reached && target && reached->device == target->device &&
            reached->inode == target->inode) {
            sight.home = At::our_link;
        }
    }
    return sight;
}

}  // namespace rehome::apply
