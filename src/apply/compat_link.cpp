#include "apply/compat_link.hpp"

#include "apply/places.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace rehome::apply {

namespace {

struct LinkPlace {
    const plan::MakeLink& step;
    os::Location place;
    os::Location staging;  // beside it, for what is renamed into place
};

// Nothing where its directory is missing.
std::optional<LinkPlace> link_place(const os::ReadFs& fs, const plan::MakeLink& step,
                                    const std::string& id, std::size_t number) {
    const std::optional<os::Directory> directory = fs.open_if_there(step.path.parent_path());
    if (!directory) {
        return std::nullopt;
    }
    const os::Location place{*directory, step.path.filename().string()};
    return LinkPlace{step, place, beside(place, fmt::format(".rehome-{}-link-{}", id, number))};
}

base::Error in_the_way(const LinkPlace& at, std::string_view what) {
    return {base::Kind::io,
            fmt::format("could not put the link of {} back at {}: {}",
                        at.step.item,
                        base::in_quotes(at.step.path.native()),
                        what),
            "run `rehome repair` to see what can be mended as it is now"};
}

bool is_link_to(const os::ReadFs& fs, const os::Location& place, const std::string& text) {
    const std::optional<os::FileInfo> info = fs.look(place);
    return info && info->type == os::FileType::symlink && fs.read_link(place) == text;
}

bool leads_to(const os::ReadFs& fs, const os::Location& place,
              const std::filesystem::path& target) {
    const std::optional<os::FileInfo> info = fs.look(place);
    return info && info->type == os::FileType::symlink &&
           is_path_by(fs.read_link(place), fs.real_path(place.directory), target);
}

bool is_our_link(const os::ReadFs& fs, const LinkPlace& at, const os::Location& place) {
    return is_link_to(fs, place, at.step.target.native());
}

bool is_directory(const os::ReadFs& fs, const os::Location& place) {
    const std::optional<os::FileInfo> info = fs.look(place);
    return info && info->type == os::FileType::directory;
}

// Also where a killed run has made it, but not yet as it was.
void make_directory_again(os::Fs& fs, const os::Location& place,
                          const plan::EmptyDirectory& directory) {
    fs.make_directory(place, directory.mode);
    fs.set_mode(place, directory.mode);
    fs.set_mtime(place, directory.mtime);
}

void exchange_for_directory(os::Fs& fs, const LinkPlace& at) {
    fs.make_symlink(at.staging, at.step.target);
    switch (fs.exchange(at.staging, at.place)) {
        case os::Renamed::done: break;
        case os::Renamed::unsupported:
            fs.remove_file(at.staging);
            if (fs.remove_directory(at.place) != os::Removed::done ||
                fs.make_symlink(at.place, at.step.target) != os::Made::done) {
                throw in_the_way(at, "something has appeared there");
            }
            return;
        default:
            fs.remove_file(at.staging);
            throw in_the_way(at, "it was removed or replaced in the meantime");
    }
    if (fs.remove_directory(at.staging) != os::Removed::done) {
        if (fs.exchange(at.staging, at.place) == os::Renamed::done) {
            fs.remove_file(at.staging);
        }
        throw in_the_way(at, "the directory there is no longer empty");
    }
}

// Under a name that nobody else uses: over the link a program may save a file at any moment.
void withdraw(os::Fs& fs, const LinkPlace& at) {
    switch (fs.rename_new(at.place, at.staging)) {
        case os::Renamed::done: break;
        case os::Renamed::missing: return;
        default: throw in_the_way(at, "it could not be renamed");
    }
    if (!is_our_link(fs, at, at.staging) &&
        fs.rename_new(at.staging, at.place) != os::Renamed::done) {
        throw in_the_way(at, "something has appeared there");
    }
}

void exchange_for_link(os::Fs& fs, const LinkPlace& at) {
    make_directory_again(fs, at.staging, *at.step.replaces);
    switch (fs.exchange(at.staging, at.place)) {
        case os::Renamed::done: break;
        case os::Renamed::unsupported: fs.remove_file(at.place); return;
        default: throw in_the_way(at, "it was removed or replaced in the meantime");
    }
    if (!is_our_link(fs, at, at.staging)) {
        if (fs.exchange(at.staging, at.place) == os::Renamed::done) {
            fs.remove_directory(at.staging);
        }
        throw in_the_way(at, "it was replaced in the meantime");
    }
}

// After an exchange that has put a link of ours in the place: what it has fetched is removed if it
// is one of ours, too. A program's file goes back to its place.
void give_back(os::Fs& fs, const os::Location& place, const os::Location& fetched,
               const std::array<std::string, 2>& texts) {
    const auto is_ours = [&](const os::Location& at) {
        return leads_to(fs, at, texts[0]) || leads_to(fs, at, texts[1]);
    };
    if (!is_ours(fetched) &&
        (!is_ours(place) || fs.exchange(fetched, place) != os::Renamed::done)) {
        throw base::Error(base::Kind::io,
                          fmt::format("{} was replaced in the meantime; what was there is now {}",
                                      base::in_quotes(place.path().native()),
                                      base::in_quotes(fetched.path().native())));
    }
    fs.remove_file(fetched);
}

}  // namespace

bool is_link_to(const os::ReadFs& fs, const std::filesystem::path& link, const std::string& text) {
    const std::optional<os::Directory> directory = fs.open_if_there(link.parent_path());
    return directory && is_link_to(fs, os::Location{*directory, link.filename().string()}, text);
}

bool leads_to(const os::ReadFs& fs, const std::filesystem::path& link,
              const std::filesystem::path& target) {
    const std::optional<os::Directory> directory = fs.open_if_there(link.parent_path());
    return directory && leads_to(fs, os::Location{*directory, link.filename().string()}, target);
}

void make_link(os::Fs& fs, Barrier& barrier, const plan::MakeLink& step, const std::string& id,
               std::size_t number) {
    const std::optional<LinkPlace> found = link_place(fs, step, id, number);
    base::require(found.has_value(), "the directory of a link was made before");
    const LinkPlace& at = *found;
    barrier.touch(at.place.directory);
    if (is_our_link(fs, at, at.place)) {
        if (is_directory(fs, at.staging)) {
            fs.remove_directory(at.staging);  // a run that was killed after the exchange
        }
        return;
    }
    if (!is_directory(fs, at.staging)) {
        fs.remove_file(at.staging);
    }
    if (at.step.replaces && is_directory(fs, at.place)) {
        exchange_for_directory(fs, at);
    } else if (fs.make_symlink(at.place, at.step.target) != os::Made::done) {
        throw in_the_way(at, "something has appeared there");
    }
}

void take_link_back(os::Fs& fs, Barrier& barrier, const plan::MakeLink& step, const std::string& id,
                    std::size_t number) {
    const std::optional<LinkPlace> found = link_place(fs, step, id, number);
    if (!found) {
        return;
    }
    const LinkPlace& at = *found;
    barrier.touch(at.place.directory);
    if (is_our_link(fs, at, at.place)) {
        if (!is_directory(fs, at.staging)) {
            fs.remove_file(at.staging);
        }
        at.step.replaces ? exchange_for_link(fs, at) : withdraw(fs, at);
    }
    if (at.step.replaces && !fs.look(at.place)) {
        make_directory_again(fs, at.staging, *at.step.replaces);
        if (fs.rename_new(at.staging, at.place) != os::Renamed::done) {
            throw in_the_way(at, "something has appeared there");
        }
    }
    if (is_our_link(fs, at, at.staging)) {
        fs.remove_file(at.staging);
    }
}

void remove_link(os::Fs& fs, Barrier& barrier, const plan::RemoveLink& step,
                 const std::string& id) {
    const std::optional<os::Directory> directory = fs.open_if_there(step.path.parent_path());
    if (!directory) {
        return;
    }
    const os::Location place{*directory, step.path.filename().string()};
    const os::Location staging = beside(place, fmt::format(".rehome-{}-gone", id));
    barrier.touch(*directory);
    if (is_link_to(fs, staging, step.text)) {
        fs.remove_file(staging);  // a run that was killed in between
    }
    if (!is_link_to(fs, place, step.text)) {
        return;
    }
    const os::Renamed renamed = fs.rename_new(place, staging);
    if (renamed == os::Renamed::done && is_link_to(fs, staging, step.text)) {
        fs.remove_file(staging);
        return;
    }
    if (renamed != os::Renamed::done && renamed != os::Renamed::missing) {
        throw base::Error(base::Kind::io,
                          fmt::format("could not rename {}", base::in_quotes(step.path.native())));
    }
    if (renamed == os::Renamed::done && fs.rename_new(staging, place) != os::Renamed::done) {
        throw base::Error(base::Kind::io,
                          fmt::format("{} was replaced in the meantime; what was there is now {}",
                                      base::in_quotes(step.path.native()),
                                      base::in_quotes(staging.path().native())));
    }
}

void restore_link(os::Fs& fs, Barrier& barrier, const plan::RemoveLink& step,
                  const std::string& id) {
    if (const auto directory = fs.open_if_there(step.path.parent_path())) {
        const os::Location place{*directory, step.path.filename().string()};
        const os::Location staging = beside(place, fmt::format(".rehome-{}-gone", id));
        barrier.touch(*directory);
        if (is_link_to(fs, staging, step.text)) {
            fs.remove_file(staging);
        }
        fs.make_symlink(place, step.text);  // nothing, where the name is taken
    }
}

void turn_link(os::Fs& fs, Barrier& barrier, const std::filesystem::path& link,
               const std::string& from, const std::string& to, const std::string& id) {
    const std::optional<os::Directory> directory = fs.open_if_there(link.parent_path());
    if (!directory) {
        return;
    }
    const os::Location place{*directory, link.filename().string()};
    const os::Location staging = beside(place, fmt::format(".rehome-{}-turn", id));
    if (fs.look(staging)) {
        barrier.touch(*directory);
        give_back(fs, place, staging, {from, to});  // a run that was killed in between
    }
    if (!leads_to(fs, place, from)) {
        return;
    }
    barrier.touch(*directory);
    fs.make_symlink(staging, to);
    fs.set_mtime(staging, fs.look(place)->mtime);
    switch (fs.exchange(staging, place)) {
        case os::Renamed::done: give_back(fs, place, staging, {from, to}); break;
        case os::Renamed::unsupported: fs.rename_over(staging, place); break;
        case os::Renamed::missing: fs.remove_file(staging); break;
        default:
            throw base::Error(base::Kind::io,
                              fmt::format("could not turn the link {} to {}",
                                          base::in_quotes(link.native()),
                                          base::in_quotes(to)));
    }
}

}  // namespace rehome::apply
