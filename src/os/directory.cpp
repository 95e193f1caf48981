#include "os/directory.hpp"

#include <unistd.h>

#include <utility>

namespace rehome::os {

struct Directory::Handle {
    Handle(int taken, std::filesystem::path name) : descriptor(taken), path(std::move(name)) {}

    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    ~Handle() { ::close(descriptor); }

    int descriptor;
    std::filesystem::path path;
};

Directory::Directory(int descriptor, std::filesystem::path path)
    : handle_(std::make_shared<Handle>(descriptor, std::move(path))) {}

int Directory::descriptor() const {
    return handle_->descriptor;
}

const std::filesystem::path& Directory::path() const {
    return handle_->path;
}

std::filesystem::path Directory::operator/(std::string_view name) const {
    return handle_->path / name;
}

}  // namespace rehome::os
