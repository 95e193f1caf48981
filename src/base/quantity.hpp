#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rehome::base {

// Bytes for people, in powers of 1024: "0 B", "980 B", "1.2 GiB".
std::string human_bytes(std::uint64_t bytes);

// "1 item", "2 items", "1,204 files".
std::string counted(std::uint64_t number, std::string_view noun);

}  // namespace rehome::base
