#include "power/recording_fs.hpp"

#include "base/error.hpp"
#include "support/files.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <stdexcept>
#include <system_error>

namespace rehome::power {

RecordingFs::RecordingFs(const std::vector<std::filesystem::path>& roots)
    : disk_(Disk::read(roots)) {
    for (InodeId id = 0; id < disk_.inodes.size(); ++id) {
        ids_.emplace(File{disk_.inodes[id].device, disk_.inodes[id].number}, id);
    }
}

Recording RecordingFs::finish() {
    cut("the end", "");
    return {.start = disk_, .cuts = cuts_};
}

// --- who is who
// -----------------------------------------------------------------------------------

InodeId RecordingFs::id_of(const os::FileInfo& info) const {
    const auto place = ids_.find({info.device, info.inode});
    if (place == ids_.end()) {
        throw std::logic_error("a change outside of what is recorded");
    }
    return place->second;
}

InodeId RecordingFs::id_of(const os::Directory& directory) const {
    return id_of(look(directory));
}

InodeId RecordingFs::id_of(const os::Location& at) const {
    return id_of(look(at).value());
}

InodeId RecordingFs::id_of(const os::AppendFile& file) const {
    struct stat status = {};
    if (::fstat(file.descriptor(), &status) != 0) {
        throw std::system_error(errno, std::generic_category(), "fstat");
    }
    return ids_.at({status.st_dev, status.st_ino});
}

// --- changes
// --------------------------------------------------------------------------------------

NameChange RecordingFs::name(InodeId directory, const std::string& name,
                             std::optional<InodeId> inode) {
    return {.directory = directory, .name = name, .inode = inode};
}

void RecordingFs::add_names(std::string_view call, const os::Location& at,
                            std::vector<NameChange> all, std::vector<NameChange> half) {
    changes_.push_back({.call = fmt::format("{} {}", call, at.path().string()),
                        .what = Names{.all = std::move(all), .half = std::move(half)}});
}

InodeId RecordingFs::add_made(std::string_view call, const os::Location& at) {
    const os::FileInfo info = look(at).value();
    const InodeId id = disk_.inodes.size();
    disk_.inodes.push_back({.type = info.type,
                            .mode = info.mode,
                            .device = info.device,
                            .number = info.inode,
                            .birth = info.birth});
    if (info.type == os::FileType::symlink) {
        disk_.inodes[id].content = read_link(at);
    }
    ids_.insert_or_assign(File{info.device, info.inode}, id);
    add_names(call, at, {name(id_of(at.directory), at.name, id)});
    return id;
}

void RecordingFs::forget(const os::FileInfo& gone) {
    if (gone.type == os::FileType::directory || gone.links == 1) {
        ids_.erase({gone.device, gone.inode});
    }
}

void RecordingFs::add_removed(std::string_view call, const os::Location& at,
                              const os::FileInfo& gone) {
    add_names(call, at, {name(id_of(at.directory), at.name, std::nullopt)});
    forget(gone);
}

void RecordingFs::add_attributes(std::string_view call, const std::filesystem::path& path,
                                 InodeId inode) {
    const os::FileInfo info = look(path).value();
    const std::string text = fmt::format("{} {}", call, path.string());
    changes_.push_back({.call = text, .what = Mode{inode, info.mode}});
    changes_.push_back({.call = text, .what = Time{inode, info.mtime}});
}

// --- syncs
// ----------------------------------------------------------------------------------------

void RecordingFs::cut(std::string_view call, const std::filesystem::path& path) {
    cuts_.push_back({fmt::format("{} {}", call, path.string()), changes_});
}

void RecordingFs::make_durable(InodeId inode) {
    for (Change& change : changes_) {
        if (auto* names = std::get_if<Names>(&change.what)) {
            for (NameChange& one : names->all) {
                one.is_durable = one.is_durable || one.directory == inode;
            }
        } else if (inode_of(change) == inode) {
            change.is_durable = true;
        }
    }
}

void RecordingFs::sync(os::AppendFile& file) {
    const std::lock_guard lock(mutex_);
    cut("fsync", file.path());
    make_durable(id_of(file));
}

void RecordingFs::sync_file(const os::Location& at) {
    const std::lock_guard lock(mutex_);
    cut("fsync", at.path());
    make_durable(id_of(at));
}

void RecordingFs::sync_directories(const std::vector<os::Directory>& directories) {
    const std::lock_guard lock(mutex_);
    if (directories.empty()) {
        return;
    }
    cut("fsync", directories.front().path());
    for (const os::Directory& directory : directories) {
        const os::FileInfo info = look(directory);
        // Above the roots nothing is recorded.
        if (const auto place = ids_.find({info.device, info.inode}); place != ids_.end()) {
            make_durable(place->second);
        }
    }
}

void RecordingFs::sync_filesystem(const os::Directory& directory) {
    const std::lock_guard lock(mutex_);
    cut("syncfs", directory.path());
    const std::uint64_t device = look(directory).device;
    for (InodeId id = 0; id < disk_.inodes.size(); ++id) {
        if (disk_.inodes[id].device == device) {
            make_durable(id);
        }
    }
}

// --- the changing calls
// ---------------------------------------------------------------------------

os::Made RecordingFs::make_directory(const os::Location& at, std::uint32_t mode) {
    const std::lock_guard lock(mutex_);
    const os::Made made = Fs::make_directory(at, mode);
    if (made == os::Made::done) {
        add_made("mkdir", at);
    }
    return made;
}

os::Made RecordingFs::make_private_directory(const os::Location& at) {
    const std::lock_guard lock(mutex_);
    const os::Made made = Fs::make_private_directory(at);
    if (made == os::Made::done) {
        add_made("mkdir", at);
    }
    return made;
}

os::Removed RecordingFs::remove_directory(const os::Location& at) {
    const std::lock_guard lock(mutex_);
    const std::optional<os::FileInfo> there = look(at);
    const os::Removed removed = Fs::remove_directory(at);
    if (removed == os::Removed::done) {
        add_removed("rmdir", at, there.value());
    }
    return removed;
}

os::Made RecordingFs::make_symlink(const os::Location& at, const std::string& text) {
    const std::lock_guard lock(mutex_);
    const os::Made made = Fs::make_symlink(at, text);
    if (made == os::Made::done) {
        add_made("symlink", at);
    }
    return made;
}

os::Removed RecordingFs::remove_file(const os::Location& at) {
    const std::lock_guard lock(mutex_);
    const std::optional<os::FileInfo> there = look(at);
    const os::Removed removed = Fs::remove_file(at);
    if (removed == os::Removed::done) {
        add_removed("unlink", at, there.value());
    }
    return removed;
}

os::Renamed RecordingFs::make_hard_link(const os::Location& from, const os::Location& to) {
    const std::lock_guard lock(mutex_);
    const os::Renamed renamed = Fs::make_hard_link(from, to);
    if (renamed == os::Renamed::done) {
        add_names("link", to, {name(id_of(to.directory), to.name, id_of(to))});
    }
    return renamed;
}

os::Renamed RecordingFs::exchange(const os::Location& one, const os::Location& other) {
    const std::lock_guard lock(mutex_);
    if (exchange_refused_) {
        return os::Renamed::unsupported;
    }
    const os::Renamed renamed = Fs::exchange(one, other);
    if (renamed != os::Renamed::done) {
        return renamed;
    }
    std::vector<NameChange> all;
    std::vector<NameChange> half;
    for (const auto& [here, there] : {std::pair(&one, &other), std::pair(&other, &one)}) {
        const os::FileInfo now = look(*here).value();
        all.push_back(name(id_of(here->directory), here->name, id_of(now)));
        if (now.type == os::FileType::symlink && half.empty()) {
            half = {name(id_of(here->directory), here->name, std::nullopt),
                    name(id_of(there->directory), there->name, id_of(*there))};
        }
    }
    add_names("exchange", one, std::move(all), std::move(half));
    return renamed;
}

os::Renamed RecordingFs::rename_new(const os::Location& from, const os::Location& to) {
    const std::lock_guard lock(mutex_);
    const os::Renamed renamed = Fs::rename_new(from, to);
    if (renamed == os::Renamed::done) {
        add_names("rename_new",
                  from,
                  {name(id_of(from.directory), from.name, std::nullopt),
                   name(id_of(to.directory), to.name, id_of(to))});
    }
    return renamed;
}

void RecordingFs::rename_over(const os::Location& from, const os::Location& to) {
    const std::lock_guard lock(mutex_);
    const std::optional<os::FileInfo> replaced = look(to);
    Fs::rename_over(from, to);
    if (look(from)) {
        return;  // both were names of one file, and rename(2) does nothing
    }
    add_names("rename_over",
              from,
              {name(id_of(from.directory), from.name, std::nullopt),
               name(id_of(to.directory), to.name, id_of(to))});
    if (replaced) {
        forget(*replaced);
    }
}

void RecordingFs::set_mode(const os::Location& at, std::uint32_t mode) {
    const std::lock_guard lock(mutex_);
    Fs::set_mode(at, mode);
    changes_.push_back({.call = "chmod " + at.path().string(), .what = Mode{id_of(at), mode}});
}

void RecordingFs::set_mtime(const os::Location& at, std::int64_t nanoseconds) {
    const std::lock_guard lock(mutex_);
    Fs::set_mtime(at, nanoseconds);
    changes_.push_back(
        {.call = "utimens " + at.path().string(), .what = Time{id_of(at), nanoseconds}});
}

void RecordingFs::set_mtime(const os::Directory& directory, std::int64_t nanoseconds) {
    const std::lock_guard lock(mutex_);
    Fs::set_mtime(directory, nanoseconds);
    changes_.push_back({.call = "utimens " + directory.path().string(),
                        .what = Time{id_of(directory), nanoseconds}});
}

os::FileCopy RecordingFs::copy_file(const os::Location& from, const os::Location& to,
                                    os::CopyBuffer& buffer) {
    const std::lock_guard lock(mutex_);
    os::FileCopy copy = Fs::copy_file(from, to, buffer);
    if (copy.result == os::FileCopy::Result::done ||
        copy.result == os::FileCopy::Result::unsteady) {
        const InodeId id = add_made("copy", to);
        disk_.inodes[id].mode = 0600;
        changes_.push_back({.call = "copy " + to.path().string(),
                            .what = Data{id, 0, support::read_file(to.path())}});
        add_attributes("copy", to.path(), id);
    }
    return copy;
}

os::FileCopy RecordingFs::copy_link(const os::Location& from, const os::Location& to) {
    const std::lock_guard lock(mutex_);
    os::FileCopy copy = Fs::copy_link(from, to);
    if (copy.result == os::FileCopy::Result::done ||
        copy.result == os::FileCopy::Result::unsteady) {
        add_attributes("copy", to.path(), add_made("copy", to));
    }
    return copy;
}

os::FileCopy RecordingFs::copy_attributes(const os::Directory& from, const os::Directory& to) {
    const std::lock_guard lock(mutex_);
    os::FileCopy copy = Fs::copy_attributes(from, to);
    add_attributes("copy attributes", to.path(), id_of(to));
    return copy;
}

os::AppendFile RecordingFs::open_for_append(const os::Location& at, os::Open how) {
    const std::lock_guard lock(mutex_);
    os::AppendFile file = Fs::open_for_append(at, how);
    if (how == os::Open::create_new) {
        add_made("create", at);
    }
    return file;
}

void RecordingFs::append(os::AppendFile& file, std::string_view text) {
    const std::lock_guard lock(mutex_);
    struct stat before = {};
    ::fstat(file.descriptor(), &before);
    Fs::append(file, text);
    changes_.push_back(
        {.call = "write " + file.path().string(),
         .what = Data{id_of(file), static_cast<std::uint64_t>(before.st_size), std::string(text)}});
}

void RecordingFs::truncate(os::AppendFile& file, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    Fs::truncate(file, bytes);
    changes_.push_back(
        {.call = "truncate " + file.path().string(), .what = Size{id_of(file), bytes}});
}

}  // namespace rehome::power
