#include "base/base64.hpp"

#include <boost/beast/core/detail/base64.hpp>

namespace rehome::base {

namespace {

namespace codec = boost::beast::detail::base64;

}  // namespace

std::string base64(std::string_view bytes) {
    std::string text(codec::encoded_size(bytes.size()), '\0');
    text.resize(codec::encode(text.data(), bytes.data(), bytes.size()));
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string bytes(codec::decoded_size(text.size()), '\0');
    bytes.resize(codec::decode(bytes.data(), text.data(), text.size()).first);
    // The decoder stops quietly at the first odd character; encoding again tells.
    if (base64(bytes) != text) {
        return std::nullopt;
    }
    return bytes;
}

}  // namespace rehome::base
