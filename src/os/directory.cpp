#include "os/directory.hpp"

#include <unistd.h>

#include <utility>

namespace rehome::os {

struct Directory::Handle {
    Handle(int taken, std::string name) : descriptor(taken), path(std::move(name)) {}

    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    ~Handle() {
        if (descriptor >= 0) {
            ::close(descriptor);
        }
    }

    int descriptor;
    std::string path;  // no filesystem::path: that would be taken apart into its names
};

Directory::Directory(int descriptor, const std::filesystem::path& path)
    : handle_(std::make_shared<Handle>(descriptor, path.native())) {}

Directory::Directory(int descriptor, const Directory& outer, std::string_view name) {
    const std::string& above = outer.handle_->path;
    std::string path;
    path.reserve(above.size() + 1 + name.size());
    path = above;
    if (!path.empty() && path.back() != '/') {
        path += '/';
    }
    path += name;
    handle_ = std::make_shared<Handle>(descriptor, std::move(path));
}

int Directory::descriptor() const {
    return handle_->descriptor;
}

std::filesystem::path Directory::path() const {
    return handle_->path;
}

std::filesystem::path Directory::operator/(std::string_view name) const {
    return std::filesystem::path(handle_->path) / name;
}

}  // namespace rehome::os
