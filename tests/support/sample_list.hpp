#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rehome::support {

enum class SampleType { file, directory, symlink, hard_link, fifo, sparse_file };

// One name of a sample home; fixtures/homes/README.md tells what each member means.
struct SampleEntry {
    std::string path;
    SampleType type = SampleType::file;
    std::string text = {};
    std::string to = {};
    std::uint64_t size = 0;
    std::uint32_t mode = 0;
    std::int64_t mtime = 0;  // nanoseconds
    std::optional<std::uint32_t> user = {};
    std::optional<std::uint32_t> group = {};
    std::map<std::string, std::string> extended = {};
    std::vector<std::string> acl = {};
    std::vector<std::string> default_acl = {};
};

struct SampleList {
    std::int64_t mtime = 0;  // of what the list does not name
    std::vector<SampleEntry> entries;
};

// Reads a list for this home. Throws std::runtime_error with file and line if it is no such list.
SampleList read_sample_list(const std::filesystem::path& toml_file,
                            const std::filesystem::path& home);

}  // namespace rehome::support
