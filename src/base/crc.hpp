#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rehome::base {

// CRC-32 (the polynomial of zip and Ethernet) of the bytes.
std::uint32_t crc32(std::string_view bytes);

// The same as eight lower-case hexadecimal digits.
std::string crc32_hex(std::string_view bytes);

}  // namespace rehome::base
