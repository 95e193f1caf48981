#pragma once

#include "os/file_info.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace rehome::power {

// A file that was made once more.
struct Reborn {
    std::uint64_t device = 0;  // of the one in whose place it is
    std::uint64_t number = 0;
    std::int64_t birth = 0;
    os::FileInfo now;
    std::filesystem::path path;
};

// Writes the journals and manifests among these files anew, so far as they are whole: with the
// numbers, birth times and ctimes that the files have now, and with the id of another boot.
void translate_notes(const std::vector<Reborn>& files);

}  // namespace rehome::power
