#include "os/attributes.hpp"

#include "base/digest.hpp"
#include "base/utf8.hpp"
#include "os/errno.hpp"

#include <fmt/format.h>

#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <string_view>

namespace rehome::os {

namespace {

constexpr const char* access_acl = "system.posix_acl_access";
constexpr const char* default_acl = "system.posix_acl_default";

// The two forms of each call: by descriptor, and by a path whose last link is not followed.
struct Calls {
    std::function<ssize_t(char*, std::size_t)> list;
    std::function<ssize_t(const char*, char*, std::size_t)> get;
    std::function<int(const char*, const std::string&)> set;
};

bool is_kept(std::string_view name) {
    if (name.starts_with("system.")) {
        return name == access_acl || name == default_acl;
    }
    // xfs shows root each ACL a second time, under names of its own.
    return name != "security.selinux" && !name.starts_with("trusted.SGI_ACL_") &&
           !name.starts_with("trusted.overlay.") && !name.starts_with("user.overlay.") &&
           !name.starts_with("btrfs.");
}

// Calls with a growing buffer until the answer fits. An empty string where there is none.
template <class Call>
std::string whole_answer(Call call, const Location& at) {
    std::string bytes(1024, '\0');
    for (;;) {
        const ssize_t got = call(bytes.data(), bytes.size());
        if (got >= 0) {
            bytes.resize(static_cast<std::size_t>(got));
            return bytes;
        }
        const int code = errno;
        if (code == ENODATA || code == EOPNOTSUPP || code == ENOSYS) {
            return {};
        }
        if (code != ERANGE || bytes.size() > (1U << 20U)) {
            throw_errno(code, "read the attributes of", at.path());
        }
        bytes.resize(bytes.size() * 4);
    }
}

Attributes read(const Calls& calls, const Location& at) {
    const std::string names = whole_answer(calls.list, at);
    Attributes attributes;
    for (std::size_t start = 0; start < names.size();) {
        const std::string name = names.c_str() + start;
        start += name.size() + 1;
        if (is_kept(name)) {
            std::string value = whole_answer(
                [&](char* bytes, std::size_t size) { return calls.get(name.c_str(), bytes, size); },
                at);
            attributes.emplace_back(name, std::move(value));
        }
    }
    std::ranges::sort(attributes);
    return attributes;
}

void write(const Calls& calls, const Attributes& attributes, const Location& at) {
    for (const auto& [name, value] : attributes) {
        if (calls.set(name.c_str(), value) != 0) {
            const int code = errno;
            throw_errno(
                code, fmt::format("keep the attribute {} of", base::printable(name)), at.path());
        }
    }
}

Calls of_descriptor(int descriptor) {
    return {.list = [=](char* bytes,
                        std::size_t size) { return ::flistxattr(descriptor, bytes, size); },
            .get = [=](const char* name,
                       char* bytes,
                       std::size_t size) { return ::fgetxattr(descriptor, name, bytes, size); },
            .set =
                [=](const char* name, const std::string& value) {
                    return ::fsetxattr(descriptor, name, value.data(), value.size(), 0);
                }};
}

// There is no lgetxattrat(2) before Linux 6.13.
std::string proc_name(const Location& at) {
    return fmt::format("/proc/self/fd/{}/{}", at.directory.descriptor(), at.name);
}

Calls of_name(const std::string& link) {
    return {
        .list = [=](char* bytes,
                    std::size_t size) { return ::llistxattr(link.c_str(), bytes, size); },
        .get = [=](const char* attribute,
                   char* bytes,
                   std::size_t size) { return ::lgetxattr(link.c_str(), attribute, bytes, size); },
        .set =
            [=](const char* attribute, const std::string& value) {
                return ::lsetxattr(link.c_str(), attribute, value.data(), value.size(), 0);
            },
    };
}

}  // namespace

Attributes attributes_of(int descriptor, const Location& at) {
    // Nearly every file has none: one call tells.
    if (::flistxattr(descriptor, nullptr, 0) == 0) {
        return {};
    }
    return read(of_descriptor(descriptor), at);
}

Attributes attributes_of_name(const Location& at) {
    const std::string name = proc_name(at);
    if (::llistxattr(name.c_str(), nullptr, 0) == 0) {
        return {};
    }
    return read(of_name(name), at);
}

void set_attributes(int descriptor, const Attributes& attributes, const Location& at) {
    if (!attributes.empty()) {
        write(of_descriptor(descriptor), attributes, at);
    }
}

void remove_other_attributes(int descriptor, const Attributes& wanted, const Location& at) {
    for (const auto& [name, value] : attributes_of(descriptor, at)) {
        const bool stays = std::ranges::any_of(
            wanted, [&other = name](const auto& attribute) { return attribute.first == other; });
        if (stays || ::fremovexattr(descriptor, name.c_str()) == 0) {
            continue;
        }
        const int code = errno;
        throw_errno(
            code, fmt::format("take the attribute {} off", base::printable(name)), at.path());
    }
}

void set_attributes_of_link(const Location& at, const Attributes& attributes) {
    if (!attributes.empty()) {
        write(of_name(proc_name(at)), attributes, at);
    }
}

void remove_inherited_acls(int descriptor) {
    ::fremovexattr(descriptor, access_acl);
    ::fremovexattr(descriptor, default_acl);
}

std::uint64_t checksum(const Attributes& attributes) {
    if (attributes.empty()) {
        return 0;
    }
    std::string text;
    for (const auto& [name, value] : attributes) {
        text += fmt::format("{}:{} {}:{} ", name.size(), name, value.size(), value);
    }
    return base::digest_of(text).low | 1U;
}

}  // namespace rehome::os
