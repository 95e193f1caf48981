// What fmt 9 keeps out of its headers, compiled once here instead of in each file that formats:
// Debian has it as a shared library only, and the binary is static.
#include <fmt/format-inl.h>

// Others name these without their definitions, so nothing else would bring them here.
template auto fmt::detail::thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto fmt::detail::decimal_point_impl<char>(locale_ref) -> char;
template std::locale fmt::detail::locale_ref::get<std::locale>() const;
template void fmt::detail::buffer<char>::append<char>(const char*, const char*);
template void fmt::detail::vformat_to<char>(buffer<char>&, fmt::string_view, fmt::format_args,
                                            locale_ref);
template auto fmt::detail::dragonbox::to_decimal<float>(float) noexcept -> decimal_fp<float>;
template auto fmt::detail::dragonbox::to_decimal<double>(double) noexcept -> decimal_fp<double>;
