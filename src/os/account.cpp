#include "os/account.hpp"

#include "os/read_fs.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace rehome::os {

namespace {

std::vector<std::vector<std::string>> records(std::string_view text) {
    std::vector<std::vector<std::string>> lines;
    std::istringstream input{std::string(text)};
    for (std::string line; std::getline(input, line);) {
        std::istringstream rest(line);
        std::vector<std::string>& fields = lines.emplace_back();
        for (std::string field; std::getline(rest, field, ':');) {
            fields.push_back(field);
        }
    }
    return lines;
}

}  // namespace

bool is_private_group(std::uint32_t group, std::uint32_t user, std::string_view passwd,
                      std::string_view groups) {
    const std::string group_id = std::to_string(group);
    const std::string user_id = std::to_string(user);
    std::string user_name;
    for (const std::vector<std::string>& account : records(passwd)) {
        if (account.size() < 4) {
            continue;
        }
        if (account[2] == user_id) {
            user_name = account[0];
        } else if (account[3] == group_id) {
            return false;
        }
    }
    if (user_name.empty()) {
        return false;
    }
    for (const std::vector<std::string>& entry : records(groups)) {
        if (entry.size() >= 3 && entry[2] == group_id) {
            return entry.size() == 3 || entry[3].empty() || entry[3] == user_name;
        }
    }
    return false;
}

bool is_private_group(std::uint32_t group, std::uint32_t user) {
    const ReadFs fs;
    return is_private_group(
        group, user, fs.read("/etc/passwd").value_or(""), fs.read("/etc/group").value_or(""));
}

}  // namespace rehome::os
