#include "support/files.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace rehome::support {

void write_file(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text << std::flush;
    if (!file) {
        throw std::system_error(errno, std::generic_category(), "write " + path.string());
    }
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::system_error(errno, std::generic_category(), "read " + path.string());
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace rehome::support
