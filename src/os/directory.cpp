#include "os/directory.hpp"

#include <unistd.h>

#include <utility>

namespace rehome::os {

struct Directory::Handle {
    explicit Handle(int taken) : descriptor(taken) {}

    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    ~Handle() { ::close(descriptor); }

    int descriptor;
};

Directory::Directory(int descriptor, std::filesystem::path path)
    : handle_(std::make_shared<Handle>(descriptor)), path_(std::move(path)) {}

int Directory::descriptor() const {
    return handle_->descriptor;
}

std::filesystem::path Directory::operator/(std::string_view name) const {
    return path_ / name;
}

}  // namespace rehome::os
