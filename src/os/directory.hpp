#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace rehome::os {

// An open directory. Calls relative to it keep their meaning when a parent is renamed or swapped
// for a link. Copies share one descriptor, which is closed with the last of them.
class Directory {
public:
    // Takes over the descriptor; `path` is the name under which it was opened, for messages.
    Directory(int descriptor, const std::filesystem::path& path);
    // One that was opened below another, by its name.
    Directory(int descriptor, const Directory& outer, std::string_view name);

    [[nodiscard]] int descriptor() const;

    [[nodiscard]] std::filesystem::path path() const;

    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const;

private:
    struct Handle;
    std::shared_ptr<Handle> handle_;
};

// A name in an open directory: where one of our calls acts.
struct Location {
    Directory directory;
    std::string name;

    [[nodiscard]] std::filesystem::path path() const { return directory / name; }
};

}  // namespace rehome::os
