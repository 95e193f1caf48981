#include "os/errno.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace rehome::os {

namespace {

[[noreturn]] void throw_reason(int code, const std::string& what) {
    base::Error error(base::Kind::io, fmt::format("could not {}: {}", what, std::strerror(code)));
    error.set_code(code);
    if (code == ENOSPC || code == EDQUOT) {
        error.set_help("free some space on that filesystem and run the command again");
    } else if (code == EACCES || code == EPERM) {
        error.set_help("check the owner, the mode and `lsattr` of that path and of its directory");
    } else if (code == EROFS) {
        error.set_help("that filesystem is mounted read-only; mount it writable first");
    }
    throw error;
}

}  // namespace

void throw_errno(int code, std::string_view verb, const std::filesystem::path& path) {
    throw_reason(code, fmt::format("{} {}", verb, base::in_quotes(path.native())));
}

void throw_errno(int code, std::string_view verb, const std::filesystem::path& from,
                 const std::filesystem::path& to) {
    throw_reason(
        code,
        fmt::format(
            "{} {} to {}", verb, base::in_quotes(from.native()), base::in_quotes(to.native())));
}

}  // namespace rehome::os
