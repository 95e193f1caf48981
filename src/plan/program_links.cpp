#include "plan/program_links.hpp"

#include "base/utf8.hpp"
#include "base/word.hpp"
#include "plan/place_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::plan {

namespace {

using State = ProgramLink::State;

// What empties a directory of ours would empty the links of others, too.
void check_directory(const Inventory& inventory, const ProgramLinks& links, Findings& findings) {
    std::vector<std::filesystem::path> ours;
    for (const Home& home : inventory.homes) {
        ours.push_back(home.path);
    }
    for (const auto& [slot, directory] : inventory.layout.directories) {
        ours.emplace_back(directory.path);
    }
    const auto own = std::ranges::find_if(
        ours, [&](const std::filesystem::path& path) { return lies_in(links.directory, path); });
    if (own != ours.end()) {
        findings.stop("program_links_inside",
                      links.directory,
                      fmt::format("the links to programs would lie in {}, which is in {}: they "
                                  "belong into a directory that PATH has anyway",
                                  base::in_quotes(links.directory.native()),
                                  base::in_quotes(own->native())),
                      "name another directory: --bin-links ~/.local/bin");
    }
}

void make_directory(const Inventory& inventory, const ProgramLinks& links,
                    std::vector<Step>& steps) {
    const Site& site = inventory.targets.at(links.directory);
    std::filesystem::path path = site.existing;
    for (const std::filesystem::path& part : links.directory.lexically_relative(site.existing)) {
        if (part != ".") {
            path /= part;
            steps.emplace_back(MakeDirectory{path, 0700});
        }
    }
}

}  // namespace

std::vector<Finding> plan_program_links(const Inventory& inventory, std::vector<Step>& steps) {
    Findings findings;
    if (!inventory.program_links) {
        return findings.take();
    }
    const ProgramLinks& links = *inventory.program_links;
    check_directory(inventory, links, findings);
    std::vector<std::string> taken;
    std::vector<Step> made;
    for (const ProgramLink& link : links.links) {
        const std::filesystem::path path = links.directory / link.name;
        const std::filesystem::path program = links.bin / link.name;
        switch (link.state) {
            case State::missing:
                made.emplace_back(MakeLink{"cargo/bin/" + link.name, path, program, std::nullopt});
                break;
            case State::stale: made.emplace_back(RemoveLink{path, program.string()}); break;
            case State::foreign: taken.push_back(base::printable(link.name)); break;
            case State::ours: break;
        }
    }
    if (!made.empty()) {
        make_directory(inventory, links, steps);
    }
    steps.insert(steps.end(), made.begin(), made.end());
    if (!taken.empty()) {
        findings.warn("program_link_taken",
                      links.directory,
                      fmt::format("{} has {} of its own: {} left as {}",
                                  base::in_quotes(links.directory.native()),
                                  base::listed(taken),
                                  taken.size() == 1 ? "it is" : "they are",
                                  taken.size() == 1 ? "it is" : "they are"));
    }
    return findings.take();
}

bool is_complete(const ProgramLinks& links) {
    return std::ranges::none_of(links.links, [](const ProgramLink& link) {
        return link.state == State::missing || link.state == State::stale;
    });
}

}  // namespace rehome::plan
