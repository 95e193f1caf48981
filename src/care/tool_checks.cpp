#include "base/word.hpp"
#include "care/checks.hpp"
#include "care/path_words.hpp"

#include <fmt/format.h>

namespace rehome::care {

namespace {

// The first that reads the configuration once, where ~/.cargo is itself a link (cargo's pull
// request 16325).
constexpr rust::Version cargo_with_linked_home{1, 94, 0};

bool is_split(const CaredHome& home) {
    return !home.items.empty();
}

void check_rustup(const Survey& survey, plan::Findings& findings) {
    const CaredHome& home = survey.home(rust::HomeName::rustup);
    const std::string& user = survey.layout.home;
    if (survey.rustup == rust::rustup_without_links && is_split(home)) {
        findings.stop("rustup_without_links",
                      home.path,
                      fmt::format("rustup 1.27.0 cannot follow the links in {}; every other "
                                  "release can",
                                  named(home.path, user)),
                      "rustup self update");
    }
    if (survey.is_parted && !survey.environment.variable("RUSTUP_PERMIT_COPY_RENAME")) {
        findings.stop("parted",
                      home.path,
                      fmt::format("tmp and toolchains of {} are on two filesystems: rustup cannot "
                                  "install, update or remove anything",
                                  named(home.path, user)),
                      "export RUSTUP_PERMIT_COPY_RENAME=1");
    }
}

void check_linked_home(const Survey& survey, plan::Findings& findings) {
    const CaredHome& home = survey.home(rust::HomeName::cargo);
    for (const Program& cargo : survey.cargos) {
        if (home.kind == HomeKind::link && home.has_config && cargo.version &&
            *cargo.version < cargo_with_linked_home) {
            findings.warn("linked_home",
                          home.path,
                          fmt::format("{} is a link, and cargo {} of toolchain {} reads its "
                                      "configuration twice: lists such as rustflags are doubled "
                                      "(mended in 1.94)",
                                      named(home.path, survey.layout.home),
                                      rust::to_text(*cargo.version),
                                      cargo.toolchain),
                          "rustup update");
        }
    }
}

void check_category_home(const Survey& survey, plan::Findings& findings) {
    std::vector<std::string> missed;
    std::vector<std::string> found;
    for (const CategorySight& sight : survey.category_home) {
        // It is only a hint what was downloaded last: rustup makes it again.
        if (sight.item != "rustup/update-hashes" && sight.item != "rustup/downloads") {
            (sight.found ? found : missed)
                .push_back(sight.found ? sight.item
                                       : fmt::format("{} (at {})",
                                                     sight.item,
                                                     named(sight.looked_at, survey.layout.home)));
        }
    }
    if (!missed.empty()) {
        findings.warn("category_home",
                      survey.home(rust::HomeName::rustup).path,
                      fmt::format("RUSTUP_USE_CATEGORY_HOME is set, and a rustup that knows it "
                                  "would not find {}{}",
                                  base::listed(missed),
                                  found.empty() ? "" : "; it would find " + base::listed(found)),
                      "unset RUSTUP_USE_CATEGORY_HOME");
    }
}

}  // namespace

std::vector<plan::Finding> check_tools(const Survey& survey) {
    plan::Findings findings;
    check_rustup(survey, findings);
    check_linked_home(survey, findings);
    check_category_home(survey, findings);
    return findings.take();
}

}  // namespace rehome::care
