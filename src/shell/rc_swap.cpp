// A file is replaced in these steps: its copy with the new text is made and synced under a name of
// its own; that name and the file's are exchanged; what came out is compared with what was read,
// for somebody may have written to it until then. It is removed at the very end: until then going
// back is to exchange again.

#include "shell/rc_swap.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "shell/rc_block.hpp"

#include <fmt/format.h>

namespace rehome::shell {

namespace {

namespace stdfs = std::filesystem;
using base::Error;
using base::in_quotes;
using base::Kind;

bool is_file(const std::optional<os::FileInfo>& info) {
    return info && info->type == os::FileType::file;
}

}  // namespace

bool holds(const os::ReadFs& fs, const stdfs::path& path, std::string_view text) {
    return is_file(fs.look(path)) && fs.read(path) == text;
}

RcSwap::RcSwap(os::Fs& fs, const RcChange& change) : fs_(fs), change_(change), file_(change.file) {}

void RcSwap::prepare() {
    make_directories();
    directory_ = fs_.open(file_.real.parent_path());
    if (change_.has_leftovers) {
        remove_leftovers();
    }
    if (change_.kind == RcChange::Kind::remove_file) {
        attributes_ = fs_.attributes_checksum(real());
        return;
    }
    has_staged_ = true;
    if (change_.kind == RcChange::Kind::insert && !file_.text.empty() && !fs_.look(backup())) {
        make_backup();
    }
    if (file_.info) {
        copy_to(staging());
    }
    write_text();
}

void RcSwap::put_in_place() {
    if (change_.kind == RcChange::Kind::create) {
        if (fs_.rename_new(staging(), real()) != os::Renamed::done) {
            refuse_changed();
        }
        is_swapped_ = true;
        return;
    }
    const os::Location& out = change_.kind == RcChange::Kind::remove_file ? real() : staging();
    if (fs_.rename_new(out, aside()) != os::Renamed::done) {
        refuse_changed();
    }
    if (change_.kind != RcChange::Kind::remove_file) {
        exchange();
    }
    is_swapped_ = true;
    if (!is_copied_ && !is_as_read(aside())) {
        refuse_changed();
    }
}

void RcSwap::sync() {
    fs_.sync_directories(touched());
}

void RcSwap::put_back() {
    if (is_swapped_) {
        take_back();
    }
    if (has_staged_) {
        remove_if_ours(staging());
        remove_if_ours(aside());
        remove_if_ours(copy());
    }
    if (has_backup_) {
        fs_.remove_file(backup());
    }
    for (auto made = made_.rbegin(); made != made_.rend(); ++made) {
        fs_.remove_directory(*made);
    }
    if (directory_) {
        fs_.sync_directories(touched());
    }
}

std::vector<std::string> RcSwap::clean() {
    std::vector<std::string> left;
    if (holds(fs_, aside().path(), file_.text)) {
        fs_.remove_file(aside());
    } else if (fs_.look(aside())) {
        left.push_back(fmt::format("{} was written to at the last moment: that is kept as {}",
                                   in_quotes(file_.path.native()),
                                   in_quotes(aside().path().native())));
    }
    if (change_.kind == RcChange::Kind::remove || change_.kind == RcChange::Kind::remove_file) {
        if (holds(fs_, backup().path(), change_.text)) {
            fs_.remove_file(backup());
        } else if (fs_.look(backup())) {
            left.push_back(fmt::format("{} stays: {} has changed since it was made",
                                       in_quotes(backup().path().native()),
                                       in_quotes(file_.path.native())));
        }
    }
    if (change_.kind == RcChange::Kind::remove_file) {
        remove_directories();
    }
    return left;
}

void RcSwap::tidy() {
    directory_ = fs_.open_if_there(file_.real.parent_path());
    if (!directory_) {
        return;
    }
    remove_leftovers();
    if (!find_block(file_.text, file_.path.native()) && holds(fs_, backup().path(), file_.text)) {
        fs_.remove_file(backup());
    }
}

os::Location RcSwap::real() const {
    return {*directory_, file_.real.filename().string()};
}

os::Location RcSwap::staging() const {
    return {*directory_, staging_of(file_).filename().string()};
}

os::Location RcSwap::aside() const {
    return {*directory_, aside_of(file_).filename().string()};
}

os::Location RcSwap::copy() const {
    return {*directory_, copy_of(file_).filename().string()};
}

os::Location RcSwap::backup() const {
    return {*directory_, backup_of(file_).filename().string()};
}

// Nothing if it is missing or no regular file.
std::optional<std::string> RcSwap::text_of(const os::Location& at) const {
    return is_file(fs_.look(at)) ? fs_.read(at.path()) : std::nullopt;
}

// The change of its name has given it a new ctime.
bool RcSwap::is_as_read(const os::Location& at) const {
    std::optional<os::FileInfo> info = fs_.look(at);
    if (!info) {
        return false;
    }
    info->ctime = file_.info->ctime;
    return info == file_.info && fs_.attributes_checksum(at) == attributes_ &&
           text_of(at) == file_.text;
}

std::vector<os::Directory> RcSwap::touched() const {
    std::vector<os::Directory> directories{*directory_};
    for (const os::Location& made : made_) {
        directories.push_back(made.directory);
    }
    return directories;
}

void RcSwap::refuse_changed() const {
    throw Error(Kind::refused,
                fmt::format("{} was changed by somebody else meanwhile; that was kept",
                            in_quotes(file_.path.native())),
                "run it again");
}

void RcSwap::remove_leftovers() {
    fs_.remove_file(staging());
    fs_.remove_file(copy());
    fs_.remove_file(aside());
}

void RcSwap::make_directories() {
    std::vector<stdfs::path> missing;
    stdfs::path path = file_.real.parent_path();
    for (std::size_t index = 0; index < file_.directories_missing; ++index) {
        missing.push_back(path);
        path = path.parent_path();
    }
    os::Directory outer = fs_.open(path);
    for (auto one = missing.rbegin(); one != missing.rend(); ++one) {
        const os::Location at{outer, one->filename().string()};
        // It may be there by now, for another file of this run.
        if (fs_.make_directory(at, 0700) == os::Made::done) {
            made_.push_back(at);
        }
        outer = fs_.open(*one);
    }
}

void RcSwap::make_backup() {
    make_copy();
    has_backup_ = fs_.rename_new(copy(), backup()) == os::Renamed::done;
    if (!has_backup_) {
        refuse_changed();
    }
}

// On the disk before it gets its name: after a power cut, too, what has that is whole.
void RcSwap::make_copy() {
    copy_to(copy());
    fs_.sync_file(copy());
}

// With all that the file has; a copy of a file that has changed is none.
void RcSwap::copy_to(const os::Location& to) {
    os::CopyBuffer buffer;
    buffer.may_inherit = true;
    const os::FileCopy copy = fs_.copy_file(real(), to, buffer);
    attributes_ = copy.attributes;
    if (copy.result != os::FileCopy::Result::done || copy.info != file_.info ||
        text_of(to) != file_.text) {
        if (copy.result == os::FileCopy::Result::unsteady ||
            copy.result == os::FileCopy::Result::done) {
            fs_.remove_file(to);
        }
        refuse_changed();
    }
}

void RcSwap::write_text() {
    // A file that its owner may not write to is replaced all the same, as editors do.
    const bool read_only = file_.info && (file_.info->mode & 0200U) == 0;
    if (read_only) {
        fs_.set_mode(staging(), file_.info->mode | 0200U);
    }
    os::AppendFile out =
        fs_.open_for_append(staging(), file_.info ? os::Open::existing : os::Open::create_new);
    if (file_.info) {
        fs_.truncate(out, 0);
    }
    if (read_only) {
        fs_.set_mode(staging(), file_.info->mode);
    }
    fs_.append(out, change_.text);
    fs_.sync(out);
}

void RcSwap::exchange() {
    switch (fs_.exchange(aside(), real())) {
        case os::Renamed::done: return;
        case os::Renamed::unsupported: return replace_by_copy();
        default: refuse_changed();
    }
}

// For a filesystem that exchanges nothing: here a change in the last instant is not noticed.
void RcSwap::replace_by_copy() {
    if (fs_.rename_new(aside(), staging()) != os::Renamed::done) {
        refuse_changed();
    }
    is_copied_ = true;
    make_copy();
    if (fs_.rename_new(copy(), aside()) != os::Renamed::done || fs_.look(real()) != file_.info) {
        refuse_changed();
    }
    fs_.rename_over(staging(), real());
}

void RcSwap::take_back() {
    os::Renamed renamed = os::Renamed::done;
    if (change_.kind == RcChange::Kind::create) {
        remove_if_ours(real());
    } else if (change_.kind == RcChange::Kind::remove_file) {
        renamed = fs_.rename_new(aside(), real());
    } else if (is_copied_) {
        fs_.rename_over(aside(), real());
    } else {
        renamed = fs_.exchange(aside(), real());
    }
    if (renamed != os::Renamed::done) {
        throw Error(Kind::io,
                    fmt::format("what was in {} is now in {}",
                                in_quotes(file_.path.native()),
                                in_quotes(aside().path().native())));
    }
    is_swapped_ = false;
}

// What somebody has put there meanwhile stays.
void RcSwap::remove_if_ours(const os::Location& at) {
    const std::optional<std::string> text = text_of(at);
    if (text && (change_.text.starts_with(*text) || text == file_.text)) {
        fs_.remove_file(at);
    }
}

// Those that were made for the file, while they are empty.
void RcSwap::remove_directories() {
    const std::optional<RcBlock> block = find_block(file_.text, file_.path.native());
    stdfs::path path = file_.real.parent_path();
    for (std::size_t left = block ? block->origin.directories_made : 0; left > 0; --left) {
        const os::Location at{fs_.open(path.parent_path()), path.filename().string()};
        if (fs_.remove_directory(at) != os::Removed::done) {
            return;
        }
        path = path.parent_path();
    }
}

}  // namespace rehome::shell
