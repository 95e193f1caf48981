#pragma once

#include "os/fs.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::support {

// The real Fs, except that one changing call does not happen. Reads are never in the way.
// Several threads may call it at once; the changing calls are counted one after the other.
class FaultFs : public os::Fs {
public:
    enum class Fault {
        error,  // that call fails with `code`, and the process goes on
        death,  // that call and every later one fail: the process is as good as killed before it
    };

    FaultFs() = default;

    // The call with this number (from 1) is the one.
    FaultFs(Fault fault, int call, int code) : fault_(fault), at_(call), code_(code) {}

    // Answers for exchange() as a filesystem does that cannot do it.
    void refuse_exchange() { exchange_refused_ = true; }

    // Counts syncs and makes none: without a power cut they change nothing, and take long.
    void leave_out_syncs() { syncs_left_out_ = true; }

    // Answers for every call between two directories as if they were on two filesystems.
    void refuse_renames_of(std::string name) { cross_device_name_ = std::move(name); }

    // Called before each changing call, never by two threads at once. It must make none itself.
    void watch(std::function<void(std::string_view call)> watcher) {
        watcher_ = [watcher = std::move(watcher)](std::string_view call,
                                                  const std::filesystem::path&) { watcher(call); };
    }

    // As watch(), with the path that stands beside the call in calls().
    void watch_paths(
        std::function<void(std::string_view call, const std::filesystem::path& path)> watcher) {
        watcher_ = std::move(watcher);
    }

    // The changing calls so far, in order. Not while other threads make some.
    [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }

    [[nodiscard]] bool has_struck() const {
        return at_ > 0 && calls_.size() >= static_cast<std::size_t>(at_);
    }

    os::Made make_directory(const os::Location& at, std::uint32_t mode) override;
    os::Removed remove_directory(const os::Location& at) override;
    os::Made make_symlink(const os::Location& at, const std::string& text) override;
    os::Removed remove_file(const os::Location& at) override;
    os::Renamed make_hard_link(const os::Location& from, const os::Location& to) override;
    os::Renamed exchange(const os::Location& one, const os::Location& other) override;
    os::Renamed rename_new(const os::Location& from, const os::Location& to) override;
    void rename_over(const os::Location& from, const os::Location& to) override;
    void set_mode(const os::Location& at, std::uint32_t mode) override;
    void set_mtime(const os::Location& at, std::int64_t nanoseconds) override;
    void set_mtime(const os::Directory& directory, std::int64_t nanoseconds) override;
    os::Made make_private_directory(const os::Location& at) override;
    os::FileCopy copy_file(const os::Location& from, const os::Location& to,
                           os::CopyBuffer& buffer) override;
    os::FileCopy copy_link(const os::Location& from, const os::Location& to) override;
    os::FileCopy copy_attributes(const os::Directory& from, const os::Directory& to) override;
    os::AppendFile open_for_append(const os::Location& at, os::Open how) override;
    void append(os::AppendFile& file, std::string_view text) override;
    void truncate(os::AppendFile& file, std::uint64_t bytes) override;
    void reserve(os::AppendFile& file, std::uint64_t bytes) override;
    void sync(os::AppendFile& file) override;
    void sync_directories(const std::vector<os::Directory>& directories) override;
    void sync_file(const os::Location& at) override;
    void sync_filesystem(const os::Directory& directory) override;

private:
    void before(std::string_view call, const std::filesystem::path& path);

    Fault fault_ = Fault::error;
    int at_ = 0;
    int code_ = 0;
    bool exchange_refused_ = false;
    bool syncs_left_out_ = false;
    std::string cross_device_name_;
    std::mutex mutex_;  // over what follows, and while the watcher runs
    std::function<void(std::string_view, const std::filesystem::path&)> watcher_;
    std::vector<std::string> calls_;
};

}  // namespace rehome::support
