#include "os/scratch.hpp"

#include "os/errno.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>

namespace rehome::os {

Scratch::Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "rehome-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw_errno(errno, "make a temporary directory", name);
    }
    path_ = name;
}

Scratch::~Scratch() {
    std::error_code ignored;  // a temporary directory that stays harms nobody
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace rehome::os
