#include "care/checks.hpp"
#include "care/path_words.hpp"
#include "care/repair.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::care {

namespace {

bool is_moved(const CaredHome& home, const Secret& secret) {
    const auto item = std::ranges::find(home.items, secret.path, &CaredItem::path);
    return home.in_force && !home.unfinished && item != home.items.end() &&
           item->standing == Standing::moved;
}

}  // namespace

std::vector<plan::Finding> check_permissions(const Survey& survey) {
    plan::Findings findings;
    const std::string& user = survey.layout.home;
    for (const CaredHome& home : survey.homes) {
        for (const Secret& secret : home.secrets) {
            if ((secret.mode & 077U) != 0) {
                findings.stop(
                    "open_secret",
                    secret.path,
                    fmt::format("{} holds tokens, and its mode {:04o} lets others at them",
                                named(secret.path, user),
                                secret.mode),
                    is_moved(home, secret) ? repair_command
                                           : "chmod 600 " + shell_word(secret.path, user));
            }
        }
        for (const CaredDirectory& directory : home.directories) {
            const std::uint32_t allowed = home.mode | 0700U;
            if (home.kind != HomeKind::missing && (directory.mode & 0777U & ~allowed) != 0) {
                findings.warn(
                    "open_directory",
                    directory.path,
                    fmt::format("{} has mode {:04o} and {} only {:04o}: what was moved is "
                                "open to more people than before",
                                named(directory.path, user),
                                directory.mode,
                                named(home.path, user),
                                home.mode),
                    home.in_force && !home.unfinished
                        ? repair_command
                        : fmt::format("chmod {:o} {}",
                                      directory.mode & allowed,
                                      shell_word(directory.path, user)));
            }
        }
    }
    return findings.take();
}

}  // namespace rehome::care
