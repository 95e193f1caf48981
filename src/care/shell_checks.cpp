#include "base/utf8.hpp"
#include "base/word.hpp"
#include "care/checks.hpp"
#include "care/path_words.hpp"
#include "care/repair.hpp"
#include "layout/path_text.hpp"
#include "plan/program_links.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::care {

namespace {

namespace fs = std::filesystem;

std::size_t count_in_path(const Survey& survey, const fs::path& directory) {
    const std::string path = survey.environment.variable("PATH").value_or("");
    std::size_t found = 0;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find(':', begin), path.size());
        const std::string entry =
            layout::tidy(os::Platform::linux, path.substr(begin, end - begin));
        found += entry == directory.native() ? 1 : 0;
        begin = end + 1;
    }
    return found;
}

// rustup's proxies and cargo compare the text of PATH with $CARGO_HOME/bin.
void check_path(const Survey& survey, plan::Findings& findings) {
    const std::string& user = survey.layout.home;
    const fs::path bin = survey.home(rust::HomeName::cargo).path / "bin";
    const std::size_t times = count_in_path(survey, bin);
    if (times > 1) {
        findings.warn("path_twice",
                      bin,
                      fmt::format("PATH has {} {} times: some start-up file adds it without "
                                  "looking",
                                  named(bin, user),
                                  times),
                      fmt::format("grep -n 'cargo' ~/.profile ~/.bash* ~/.zsh*"));
    }
    if (times > 0 || !survey.has_bin) {
        return;
    }
    const fs::path target =
        survey.layout.directories.at({rust::HomeName::cargo, rules::Category::bin}).path;
    const bool is_spelled_new = count_in_path(survey, target) > 0;
    findings.warn(
        is_spelled_new ? "path_spelling" : "path_missing",
        bin,
        is_spelled_new
            ? fmt::format("PATH has {}, but not {}: rustup and cargo compare the text, and "
                          "add the other one again or warn",
                          named(target, user),
                          named(bin, user))
            : fmt::format("PATH lacks {}, so a shell does not find what cargo installs",
                          named(bin, user)),
        fmt::format("export PATH={}:\"$PATH\"", shell_word(bin, user)));
}

void check_program_links(const Survey& survey, plan::Findings& findings) {
    if (!survey.program_links || plan::is_complete(*survey.program_links)) {
        return;
    }
    std::vector<std::string> missing;
    std::vector<std::string> stale;
    for (const plan::ProgramLink& link : survey.program_links->links) {
        if (link.state == plan::ProgramLink::State::missing) {
            missing.push_back(base::printable(link.name));
        } else if (link.state == plan::ProgramLink::State::stale) {
            stale.push_back(base::printable(link.name));
        }
    }
    const fs::path& directory = survey.program_links->directory;
    findings.warn("program_links",
                  directory,
                  fmt::format("the links to cargo's programs in {} are not up to date:{}{}{}",
                              named(directory, survey.layout.home),
                              missing.empty() ? "" : " no link to " + base::listed(missing),
                              missing.empty() || stale.empty() ? "" : ",",
                              stale.empty() ? "" : " no program behind " + base::listed(stale)),
                  repair_command);
}

}  // namespace

std::vector<plan::Finding> check_shells(const Survey& survey) {
    plan::Findings findings;
    check_path(survey, findings);
    const std::string& user = survey.layout.home;
    for (const SourcedFile& sourced : survey.sourced) {
        if (!sourced.is_there) {
            findings.warn("env_missing",
                          sourced.file,
                          fmt::format("line {} of {} reads {}, which is missing: every new shell "
                                      "says so",
                                      sourced.line,
                                      named(sourced.file, user),
                                      named(sourced.wants, user)),
                          fmt::format("sed -i --follow-symlinks '{}s/^/# /' {}",
                                      sourced.line,
                                      shell_word(sourced.file, user)));
        }
    }
    check_program_links(survey, findings);
    return findings.take();
}

}  // namespace rehome::care
