#include "tree/copied_entry.hpp"

#include <chrono>

namespace rehome::tree {

namespace {

using Result = os::FileCopy::Result;

constexpr std::int64_t clock_tick = 20'000'000;  // ns; kernels stamp files by a clock of 1 to 10 ms

}  // namespace

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

ManifestEntry entry_of(const std::string& name, const os::FileCopy& copy, std::int64_t read_at) {
    const os::FileInfo& info = copy.info;
    const bool settled = copy.result == Result::done && info.ctime < read_at - clock_tick;
    return {.name = name,
            .type = info.type,
            .mode = info.mode,
            .user = info.user,
            .group = info.group,
            .size = info.type == os::FileType::file ? info.size : 0,
            .mtime = info.mtime,
            .ctime = settled ? info.ctime : 0,
            .device = info.device,
            .inode = info.inode,
            .several_names = info.type != os::FileType::directory && info.links > 1,
            .content = copy.content,
            .attributes = copy.attributes};
}

bool is_copy(const os::FileCopy& one, const os::FileCopy& other) {
    return one.result == Result::done && other.result == Result::done &&
           one.info.type == other.info.type && one.info.size == other.info.size &&
           one.info.mode == other.info.mode && one.info.user == other.info.user &&
           one.info.group == other.info.group && one.info.mtime == other.info.mtime &&
           one.content == other.content && one.attributes == other.attributes;
}

}  // namespace rehome::tree
