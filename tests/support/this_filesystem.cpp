#include "support/this_filesystem.hpp"

#include "support/acl.hpp"
#include "support/files.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <string>

namespace rehome::support {
namespace {

constexpr const char* probe_name = ".this-filesystem";

bool takes_attribute(const std::filesystem::path& file, const char* name,
                     const std::string& value) {
    return ::lsetxattr(file.c_str(), name, value.data(), value.size(), 0) == 0;
}

}  // namespace

bool keeps_holes(const std::filesystem::path& directory) {
    const std::filesystem::path probe = directory / probe_name;
    write_file(probe, "");
    std::filesystem::resize_file(probe, 1 << 20);
    struct stat info = {};
    const bool done = ::stat(probe.c_str(), &info) == 0 && info.st_blocks == 0;
    std::filesystem::remove(probe);
    return done;
}

bool keeps_attributes(const std::filesystem::path& directory) {
    const std::filesystem::path probe = directory / probe_name;
    write_file(probe, "");
    const bool done =
        takes_attribute(probe, "user.probe", "value") &&
        takes_attribute(probe, "system.posix_acl_access", encode_acl(0644, {"u:1234:r"}));
    std::filesystem::remove(probe);
    return done;
}

}  // namespace rehome::support
