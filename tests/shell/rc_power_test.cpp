// The power goes while start-up files are changed, and of what was not synced by then any part may
// be on the disk (tests/power/recording_fs.hpp).

#include "base/error.hpp"
#include "power/crash_states.hpp"
#include "shell/rc_block.hpp"
#include "shell/rc_change.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/mounted.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <vector>

namespace rehome::shell {

namespace {

namespace fs = std::filesystem;

using Texts = std::map<std::string, std::optional<std::string>>;

const std::vector<std::string> names{".profile", "dot/bashrc", ".config/fish/conf.d/rehome.fish"};

class Home {
public:
    // Below this directory.
    explicit Home(const fs::path& parent) : directory_(parent) {
        support::write_file(directory_ / ".profile", "a=1\nlast line");
        support::write_file(directory_ / "dot/bashrc", "alias x=y\n");
    }

    [[nodiscard]] const fs::path& path() const { return directory_.path(); }

    [[nodiscard]] std::vector<RcChange> plan(bool installs) const {
        std::vector<RcChange> changes;
        for (const std::string& name : names) {
            const RcFile file = read_rc_file(os::ReadFs(), {Shell::bash, path() / name});
            changes.push_back(installs ? plan_install(os::ReadFs(), file, "our line\n")
                                       : plan_uninstall(os::ReadFs(), file));
        }
        return changes;
    }

    [[nodiscard]] Texts texts() const {
        Texts texts;
        for (const std::string& name : names) {
            texts[name] = os::ReadFs().read(path() / name);
        }
        return texts;
    }

    // Beside the files.
    [[nodiscard]] std::string left() const {
        std::string left;
        for (const auto& entry : fs::recursive_directory_iterator(path())) {
            if (entry.path().filename().string().find(".rehome-") != std::string::npos) {
                left += entry.path().string() + "\n";
            }
        }
        return left;
    }

private:
    support::TempDir directory_;
};

// Empty if nothing is.
std::string wrong_after(const Home& home, const power::CrashState& state, const Texts& before,
                        const Texts& after, bool next_installs) {
    support::FaultFs fs;
    fs.leave_out_syncs();
    std::string wrong;
    try {
        power::write(state.disk);
        for (const auto& [name, text] : home.texts()) {
            wrong += text == before.at(name) || text == after.at(name)
                         ? ""
                         : name + " is neither old nor new\n";
        }
        for (const std::string& left : change_all(fs, home.plan(next_installs))) {
            wrong += left + "\n";
        }
        for (const auto& [name, text] : home.texts()) {
            if (next_installs && !(text && find_block(*text, name))) {
                wrong += name + " has no lines\n";
            }
        }
        for (const std::string& left : change_all(fs, home.plan(false))) {
            wrong += left + "\n";
        }
        const Texts original =
            before.at(".profile")->find("our line") == std::string::npos ? before : after;
        wrong += home.texts() == original ? "" : "the files are not as they were\n";
        wrong += home.left();
    } catch (const base::Error& error) {
        wrong += std::string(error.what()) + "\n";
    }
    return wrong;
}

}  // namespace

TEST_CASE("after a power cut each start-up file is old or new, and a run finishes",
          "[rc_power][shell]") {
    // Hundreds of homes are made there, and a busy disk would be waited for.
    const auto disk = support::mount_or_skip(support::Filesystem::tmpfs, {.options = "mode=755"});
    if (!disk) {
        return;
    }
    for (const bool installs : {true, false}) {
        for (const bool exchanges : {true, false}) {
            const Home home(disk->path());
            support::FaultFs quick;
            quick.leave_out_syncs();
            if (!installs) {
                REQUIRE(change_all(quick, home.plan(true)).empty());
            }
            const Texts before = home.texts();
            power::RecordingFs recorder({home.path()});
            if (!exchanges) {
                recorder.refuse_exchange();
            }
            REQUIRE(change_all(recorder, home.plan(installs)).empty());
            const Texts after = home.texts();
            const power::Recording recording = recorder.finish();
            std::size_t wrong = 0;
            const power::Survey survey = power::for_each_crash_state(
                recording, {.most = 64, .every = 1}, [&](const power::CrashState& state) {
                    for (const bool next_installs : {true, false}) {
                        const std::string story =
                            wrong_after(home, state, before, after, next_installs);
                        if (!story.empty() && ++wrong <= 3) {
                            FAIL_CHECK(state.story << "then "
                                                   << (next_installs ? "install" : "uninstall")
                                                   << ":\n"
                                                   << story);
                        }
                    }
                });
            INFO(survey.text());
            // What is done is done.
            power::for_each_crash_state({recording.start, {recording.cuts.back()}},
                                        {.most = 64, .every = 1},
                                        [&](const power::CrashState& state) {
                                            power::write(state.disk);
                                            INFO(state.story);
                                            CHECK(home.texts() == after);
                                        });
            CHECK(survey.tried > 50);
            CHECK(wrong == 0);
        }
    }
}

}  // namespace rehome::shell
