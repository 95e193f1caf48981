#include "base/crc.hpp"

#include <boost/crc.hpp>
#include <fmt/format.h>

namespace rehome::base {

std::uint32_t crc32(std::string_view bytes) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

std::string crc32_hex(std::string_view bytes) {
    return fmt::format("{:08x}", crc32(bytes));
}

}  // namespace rehome::base
