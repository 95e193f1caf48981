#include "support/migration.hpp"

#include "apply/transaction.hpp"
#include "plan/planner.hpp"
#include "rules/load.hpp"
#include "scan/scan.hpp"
#include "support/command.hpp"
#include "support/files.hpp"
#include "support/sample_home.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace rehome::support {

namespace {

layout::Layout layout_of(const os::Environment& environment) {
    return layout::make_layout(environment, {});
}

}  // namespace

Migration::Migration(std::string_view sample) : environment(os::current_environment()) {
    fill(sample);
}

Migration::Migration(std::string_view sample, const std::filesystem::path& parent)
    : environment(os::current_environment()), directory_(parent) {
    fill(sample);
}

void Migration::fill(std::string_view sample) {
    environment.variables = {{"HOME", directory_.path().string()}};
    environment.working_directory = directory_.path();
    if (!sample.empty()) {
        make_sample_home(source_directory() / "fixtures" / "homes" / fmt::format("{}.toml", sample),
                         directory_.path());
        for (const char* lock : {".cargo/.package-cache", ".cargo/.package-cache-mutate"}) {
            if (!std::filesystem::exists(directory_ / lock)) {
                write_file(directory_ / lock, "");
            }
        }
    }
}

void Migration::send_to(const std::filesystem::path& directory) {
    request.wishes.bases[rules::Category::data] = (directory / "data").string();
    request.wishes.bases[rules::Category::cache] = (directory / "cache").string();
}

bool Migration::use_second_filesystem() {
    const os::ReadFs fs;
    const std::filesystem::path tmpfs = "/dev/shm";
    const std::optional<os::FileInfo> there = fs.look(tmpfs);
    if (!there || there->device == fs.look(fs.open(home())).device || !fs.may_write(tmpfs)) {
        return false;
    }
    second_ = std::make_unique<TempDir>(tmpfs);
    send_to(second());
    request.allow_volatile = true;
    return true;
}

plan::Plan Migration::plan() const {
    const os::ReadFs fs;
    const rules::RuleSet rules =
        rules::load_rules(fs, layout_of(environment).rules.path, request.rules);
    const std::vector<journal::Journal> known = journals();
    return plan::make_plan(scan::scan(fs,
                                      {.environment = environment,
                                       .rules = rules,
                                       .journals = known,
                                       .request = request,
                                       .sizes = scan::Sizes::left_out}),
                           request);
}

apply::Context Migration::context(os::Fs& fs) const {
    return {.fs = fs,
            .state = layout_of(environment).state.path,
            .wait = std::chrono::milliseconds(30000),
            .tell = [this](std::string_view verb, const std::string& what) {
                told_.push_back(fmt::format("{} {}", verb, what));
            }};
}

std::string Migration::apply(os::Fs& fs) const {
    std::vector<std::string> ids;
    for (const journal::Journal& journal : journals()) {
        ids.push_back(journal.begin.id);
    }
    return apply::apply(context(fs), plan(), ids);
}

std::vector<journal::Journal> Migration::journals() const {
    const layout::Layout layout = layout_of(environment);
    std::vector<std::filesystem::path> homes;
    for (const auto& [name, directory] : layout.homes) {
        homes.emplace_back(directory.path);
    }
    return journal::read_all(os::ReadFs(), layout.state.path, homes);
}

journal::Journal Migration::open_journal() const {
    const std::vector<journal::Journal> all = journals();
    const auto newest = std::find_if(all.rbegin(), all.rend(), [](const journal::Journal& one) {
        return one.stage != journal::Stage::closed;
    });
    if (newest == all.rend()) {
        throw std::runtime_error("no transaction is open");
    }
    return *newest;
}

Snapshot Migration::snapshot() const {
    Snapshot snapshot = take_snapshot(home(), {.except = {".", ".local/state/rehome"}});
    // rehome's own state keeps these two, and they were not there before.
    for (const char* base : {".local", ".local/state"}) {
        snapshot.erase(base);
    }
    return snapshot;
}

Snapshot Migration::snapshot_without_inodes() const {
    Snapshot all = snapshot();
    for (auto& [path, entry] : all) {
        entry.inode = 0;
    }
    return all;
}

std::vector<std::string> codes(const plan::Plan& plan) {
    std::vector<std::string> codes;
    for (const plan::Finding& finding : plan.findings) {
        codes.push_back(finding.code);
    }
    return codes;
}

}  // namespace rehome::support
