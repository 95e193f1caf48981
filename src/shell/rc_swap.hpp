#pragma once

#include "os/fs.hpp"
#include "shell/rc_change.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rehome::shell {

// Whether a file of that name holds exactly this text.
bool holds(const os::ReadFs& fs, const std::filesystem::path& path, std::string_view text);

// One start-up file on its way to its new text, in this order: prepare, swap, sync, clean; put_back
// instead of any further one. All throw Error.
class RcSwap {
public:
    RcSwap(os::Fs& fs, const RcChange& change);

    // Makes what is needed beside the file, which stays as it is.
    void prepare();
    // Now the file is the new one, and the old one aside. Throws Error(refused) if somebody has
    // changed the file since it was read.
    void put_in_place();
    // That is durable.
    void sync();
    // The old file is there again, and nothing beside it.
    void put_back();
    // Removes what is no longer needed. Returns what it had to leave, a sentence each.
    std::vector<std::string> clean();
    // Instead of all these, for a file that stays as it is: removes what a run that was cut off has
    // left beside it.
    void tidy();

private:
    [[nodiscard]] os::Location real() const;
    [[nodiscard]] os::Location staging() const;
    [[nodiscard]] os::Location aside() const;
    [[nodiscard]] os::Location copy() const;
    [[nodiscard]] os::Location backup() const;
    [[nodiscard]] std::optional<std::string> text_of(const os::Location& at) const;
    [[nodiscard]] bool is_as_read(const os::Location& at) const;
    [[nodiscard]] std::vector<os::Directory> touched() const;
    [[noreturn]] void refuse_changed() const;

    void remove_leftovers();
    void make_directories();
    void make_backup();
    void make_copy();
    void copy_to(const os::Location& to);
    void write_text();
    void exchange();
    void replace_by_copy();
    void take_back();
    void remove_if_ours(const os::Location& at);
    void remove_directories();

    os::Fs& fs_;
    const RcChange& change_;
    const RcFile& file_;
    std::optional<os::Directory> directory_;  // of the file
    std::vector<os::Location> made_;          // directories, outer ones first
    std::uint64_t attributes_ = 0;            // of the file
    bool has_staged_ = false;
    bool has_backup_ = false;
    bool is_copied_ = false;  // what is aside is no more than a copy
    bool is_swapped_ = false;
};

}  // namespace rehome::shell
