#pragma once

#include "apply/session.hpp"
#include "journal/store.hpp"
#include "os/environment.hpp"
#include "plan/plan.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::support {

// A home of its own in a temporary directory, with all that a test needs to plan and apply there
// within the test's process.
class Migration {
public:
    // From fixtures/homes/<name>.toml; cargo's lock files are made where they are missing, so that
    // taking the locks leaves no trace.
    explicit Migration(std::string_view sample = "minimal");
    // The home's directory is below this one.
    Migration(std::string_view sample, const std::filesystem::path& parent);

    [[nodiscard]] std::filesystem::path home() const { return directory_.path(); }

    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
        return directory_ / name;
    }

    // From now on data and cache go to this directory.
    void send_to(const std::filesystem::path& directory);

    // From now on data and cache go to another filesystem (tmpfs). Answers false where this machine
    // has none.
    bool use_second_filesystem();

    // Where they go; use_second_filesystem() has answered true.
    [[nodiscard]] std::filesystem::path second() const { return second_->path(); }

    os::Environment environment;  // HOME alone, as the caller of the tests
    plan::Request request;

    [[nodiscard]] plan::Plan plan() const;
    [[nodiscard]] apply::Context context(os::Fs& fs) const;
    // Applies a new plan.
    std::string apply(os::Fs& fs) const;
    [[nodiscard]] std::vector<journal::Journal> journals() const;
    // The newest that is not closed. Throws if there is none.
    [[nodiscard]] journal::Journal open_journal() const;

    // What was told, a line each.
    [[nodiscard]] const std::vector<std::string>& told() const { return told_; }

    // The homes and what a transaction makes outside of them, without rehome's own state.
    [[nodiscard]] Snapshot snapshot() const;
    // The same without inodes: another filesystem cannot keep them.
    [[nodiscard]] Snapshot snapshot_without_inodes() const;

private:
    void fill(std::string_view sample);

    TempDir directory_;
    std::unique_ptr<TempDir> second_;
    mutable std::vector<std::string> told_;
};

// The codes of the findings, in order.
std::vector<std::string> codes(const plan::Plan& plan);

}  // namespace rehome::support
