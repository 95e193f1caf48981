#include "scan/program_links.hpp"

#include <algorithm>
#include <optional>

namespace rehome::scan {

namespace {

namespace fs = std::filesystem;
using plan::ProgramLink;

bool is_program(const os::ReadFs& fs, const fs::path& path) {
    const std::optional<os::FileInfo> info = fs.look_through(path);
    return info && info->type == os::FileType::file && (info->mode & 0111U) != 0;
}

std::optional<std::string> link_text(const os::ReadFs& fs, const os::Location& at) {
    const std::optional<os::FileInfo> info = fs.look(at);
    if (!info || info->type != os::FileType::symlink) {
        return std::nullopt;
    }
    return fs.read_link(at);
}

}  // namespace

plan::ProgramLinks look_at_program_links(const os::ReadFs& fs, const fs::path& directory,
                                         const fs::path& bin) {
    plan::ProgramLinks links{.directory = directory, .bin = bin};
    const std::optional<os::Directory> there = fs.open_if_there(directory);
    const std::optional<os::Directory> programs = fs.open_if_there(bin);
    for (const os::Entry& entry : programs ? fs.list(*programs) : std::vector<os::Entry>{}) {
        if (entry.name.starts_with('.') || !is_program(fs, bin / entry.name)) {
            continue;
        }
        ProgramLink link{.name = entry.name};
        if (there && fs.look(os::Location{*there, entry.name})) {
            const std::optional<std::string> text = link_text(fs, {*there, entry.name});
            link.state = text == (bin / entry.name).native() ? ProgramLink::State::ours
                                                             : ProgramLink::State::foreign;
        }
        links.links.push_back(link);
    }
    for (const os::Entry& entry : there ? fs.list(*there) : std::vector<os::Entry>{}) {
        const bool is_ours = link_text(fs, {*there, entry.name}) == (bin / entry.name).native();
        if (is_ours && !fs.look_through(bin / entry.name)) {
            links.links.push_back({.name = entry.name, .state = ProgramLink::State::stale});
        }
    }
    std::ranges::sort(links.links, {}, &ProgramLink::name);
    return links;
}

}  // namespace rehome::scan
