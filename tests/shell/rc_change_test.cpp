// Start-up files are changed for real, and each changing call is made to fail, to be the last, or
// to come after an edit by somebody else.

#include "base/error.hpp"
#include "shell/rc_block.hpp"
#include "shell/rc_change.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <vector>

namespace rehome::shell {

namespace {

namespace fs = std::filesystem;
using support::FaultFs;
using support::Snapshot;
using Fault = FaultFs::Fault;

const std::string new_lines = "new lines\n";

// A home with a start-up file of each sort: one whose last line has no end, one behind a link that
// nobody may write to, an empty one, one with an older block, and one that is missing with its
// directories.
class Home {
public:
    Home() {
        support::write_file(directory_ / ".profile", "a=1\r\nlast line");
        fs::permissions(directory_ / ".profile", fs::perms(0640));
        support::write_file(directory_ / "dot/bashrc", "alias x=y\n");
        fs::permissions(directory_ / "dot/bashrc", fs::perms(0444));
        fs::create_symlink("dot/bashrc", directory_ / ".bashrc");
        support::write_file(directory_ / ".tcshrc", "");
        support::write_file(directory_ / ".zshenv",
                            "above\n" + with_block("", "older lines\n", {}, "x") + "below\n");
        for (const char* name : {".profile", "dot/bashrc", ".tcshrc", ".zshenv"}) {
            fs::last_write_time(directory_ / name,
                                fs::file_time_type::clock::now() - std::chrono::hours(50));
        }
    }

    [[nodiscard]] fs::path operator/(std::string_view name) const { return directory_ / name; }

    [[nodiscard]] std::vector<RcFile> files() const {
        std::vector<RcFile> files;
        for (const auto& [shell, name] : names()) {
            files.push_back(read_rc_file(os::ReadFs(), {shell, directory_ / name}));
        }
        return files;
    }

    [[nodiscard]] std::vector<RcChange> install() const {
        std::vector<RcChange> changes;
        for (const RcFile& file : files()) {
            changes.push_back(plan_install(os::ReadFs(), file, new_lines));
        }
        return changes;
    }

    [[nodiscard]] std::vector<RcChange> uninstall() const {
        std::vector<RcChange> changes;
        for (const RcFile& file : files()) {
            changes.push_back(plan_uninstall(os::ReadFs(), file));
        }
        return changes;
    }

    // A directory's time tells that names in it came and went.
    [[nodiscard]] Snapshot snapshot(support::Inodes inodes = support::Inodes::compared) const {
        Snapshot snapshot = support::take_snapshot(directory_.path(), {.inodes = inodes});
        for (auto& [path, entry] : snapshot) {
            if (entry.type == "directory") {
                entry.mtime = 0;
            }
        }
        return snapshot;
    }

    // Without what only this file knows: times.
    [[nodiscard]] Snapshot timeless() const {
        Snapshot snapshot = this->snapshot(support::Inodes::left_out);
        for (auto& [path, entry] : snapshot) {
            entry.mtime = 0;
        }
        return snapshot;
    }

    [[nodiscard]] std::map<std::string, std::string> texts() const {
        std::map<std::string, std::string> texts;
        for (const auto& [shell, name] : names()) {
            texts[name] =
                fs::exists(directory_ / name) ? support::read_file(directory_ / name) : "(none)";
        }
        return texts;
    }

    static const std::vector<std::pair<Shell, std::string>>& names() {
        static const std::vector<std::pair<Shell, std::string>> names{
            {Shell::posix, ".profile"},
            {Shell::bash, ".bashrc"},
            {Shell::tcsh, ".tcshrc"},
            {Shell::zsh, ".zshenv"},
            {Shell::fish, ".config/fish/conf.d/rehome.fish"}};
        return names;
    }

private:
    support::TempDir directory_;
};

// Without syncs, which take most of the time.
class Quick : public FaultFs {
public:
    Quick() { leave_out_syncs(); }
};

enum class Verb { install, uninstall };

std::vector<RcChange> plan(const Home& home, Verb verb) {
    return verb == Verb::install ? home.install() : home.uninstall();
}

// Ready for the verb.
std::unique_ptr<Home> home_for(Verb verb) {
    auto home = std::make_unique<Home>();
    if (verb == Verb::uninstall) {
        Quick real;
        REQUIRE(change_all(real, home->install()).empty());
    }
    return home;
}

// All that a kill may leave for ever: nothing but the files themselves and their backups, and empty
// directories.
void require_no_leftovers(const Home& home) {
    for (const auto& [path, entry] : home.snapshot()) {
        INFO(path);
        REQUIRE_FALSE(path.ends_with(".rehome-new"));
        REQUIRE_FALSE(path.ends_with(".rehome-copy"));
        REQUIRE_FALSE(path.ends_with(".rehome-aside"));
    }
}

struct Done {
    bool threw = false;
    base::Kind kind = base::Kind::bug;
    std::vector<std::string> left;
    std::vector<std::string> context;
};

Done run(os::Fs& fs, const std::vector<RcChange>& changes) {
    Done done;
    try {
        done.left = change_all(fs, changes);
    } catch (const base::Error& error) {
        done.threw = true;
        done.kind = error.kind();
        done.context = error.context();
    }
    return done;
}

// What each file holds before and after the verb; the same for every home.
std::pair<std::map<std::string, std::string>, std::map<std::string, std::string>> ends(Verb verb) {
    const auto home = home_for(verb);
    const auto before = home->texts();
    Quick real;
    REQUIRE(change_all(real, plan(*home, verb)).empty());
    return {before, home->texts()};
}

int sweep_errors(Verb verb, bool exchanges) {
    const auto [before, after] = ends(verb);
    for (int call = 1;; ++call) {
        const auto home = home_for(verb);
        const Snapshot snapshot = home->snapshot();
        FaultFs fs(Fault::error, call, ENOSPC);
        fs.leave_out_syncs();
        if (!exchanges) {
            fs.refuse_exchange();
        }
        const Done done = run(fs, plan(*home, verb));
        if (!fs.has_struck()) {
            REQUIRE_FALSE(done.threw);
            return call - 1;
        }
        INFO("call " << call << ": " << fs.calls()[static_cast<std::size_t>(call) - 1]);
        if (done.threw) {
            REQUIRE(done.kind == base::Kind::io);
            REQUIRE(done.context == std::vector<std::string>{"every start-up file is as it was"});
            if (exchanges) {
                REQUIRE(support::difference(snapshot, home->snapshot()).empty());
            } else {
                REQUIRE(home->texts() == before);
                require_no_leftovers(*home);
            }
        } else {
            // In the cleaning up.
            REQUIRE(done.left.size() == 1);
            REQUIRE(home->texts() == after);
        }
    }
}

int sweep_deaths(Verb verb, bool exchanges, Verb next) {
    const auto [before, after] = ends(verb);
    const auto home_before = home_for(Verb::install);
    const auto [unused, next_after] = ends(next);
    for (int call = 1;; ++call) {
        const auto home = home_for(verb);
        FaultFs fs(Fault::death, call, EIO);
        fs.leave_out_syncs();
        if (!exchanges) {
            fs.refuse_exchange();
        }
        const Done done = run(fs, plan(*home, verb));
        if (!fs.has_struck()) {
            return call - 1;
        }
        INFO("call " << call << ": " << fs.calls()[static_cast<std::size_t>(call) - 1]);
        const auto texts = home->texts();
        for (const auto& [name, text] : texts) {
            INFO(name);
            REQUIRE((text == before.at(name) || text == after.at(name)));
        }
        Quick real;
        REQUIRE(change_all(real, plan(*home, next)).empty());
        for (const auto& [name, text] : home->texts()) {
            INFO(name);
            // Directories that are left of the killed run were there before the second one.
            if (next == Verb::install) {
                REQUIRE(find_block(text, name));
                REQUIRE(without_block(text, name) == without_block(next_after.at(name), name));
            } else {
                REQUIRE(text == next_after.at(name));
            }
        }
        require_no_leftovers(*home);
        if (next == Verb::uninstall) {
            for (const auto& [path, entry] : home->snapshot()) {
                INFO(path);
                REQUIRE_FALSE(path.ends_with(".rehome-backup"));
            }
        }
        REQUIRE(change_all(real, plan(*home, Verb::uninstall)).empty());
    }
}

}  // namespace

TEST_CASE("install and uninstall bring every start-up file back as it was", "[rc_change][shell]") {
    const Home home;
    Quick real;
    // The older block goes for good.
    support::write_file(home / ".zshenv", "above\nbelow\n");
    const Snapshot before = home.timeless();
    const auto texts = home.texts();
    REQUIRE(change_all(real, home.install()).empty());
    for (const auto& [name, text] : home.texts()) {
        INFO(name);
        CHECK(text.find("\n" + new_lines + "# <<<") != std::string::npos);
        CHECK(text.starts_with(texts.at(name) == "(none)" ? "#" : texts.at(name)));
    }
    CHECK(fs::is_symlink(home / ".bashrc"));
    CHECK(support::read_file(home / ".profile.rehome-backup") == texts.at(".profile"));
    CHECK(support::read_file(home / "dot/bashrc.rehome-backup") == texts.at(".bashrc"));
    CHECK_FALSE(fs::exists(home / ".tcshrc.rehome-backup"));
    CHECK(home.timeless().at(".profile").mode == 0640);
    CHECK(home.timeless().at("dot/bashrc").mode == 0444);

    const Snapshot installed = home.snapshot();
    FaultFs watched;
    REQUIRE(change_all(watched, home.install()).empty());
    CHECK(watched.calls().empty());
    CHECK(support::difference(installed, home.snapshot()).empty());

    REQUIRE(change_all(real, home.uninstall()).empty());
    CHECK(support::difference(before, home.timeless()).empty());
}

TEST_CASE("a call that fails leaves every start-up file as it was", "[rc_change][shell]") {
    for (const Verb verb : {Verb::install, Verb::uninstall}) {
        for (const bool exchanges : {true, false}) {
            const int points = sweep_errors(verb, exchanges);
            INFO(points << " points");
            CHECK(points > 20);
        }
    }
}

TEST_CASE("after a kill each start-up file is old or new, and a run finishes",
          "[rc_change][shell]") {
    for (const Verb verb : {Verb::install, Verb::uninstall}) {
        for (const bool exchanges : {true, false}) {
            for (const Verb next : {Verb::install, Verb::uninstall}) {
                const int points = sweep_deaths(verb, exchanges, next);
                INFO(points << " points");
                CHECK(points > 20);
            }
        }
    }
}

TEST_CASE("a run that is killed after a kill finishes with the next", "[rc_change][shell]") {
    const auto [before, after] = ends(Verb::install);
    for (int first = 1;; first += 3) {
        for (int second = 1;; second += 2) {
            const Home home;
            FaultFs killed(Fault::death, first, EIO);
            killed.leave_out_syncs();
            run(killed, home.install());
            if (!killed.has_struck()) {
                CHECK(first > 20);
                return;
            }
            INFO("killed at " << first << " and " << second);
            FaultFs again(Fault::death, second, EIO);
            again.leave_out_syncs();
            run(again, home.install());
            for (const auto& [name, text] : home.texts()) {
                REQUIRE((text == before.at(name) ||
                         without_block(text, name) == without_block(after.at(name), name)));
            }
            Quick real;
            REQUIRE(change_all(real, home.install()).empty());
            require_no_leftovers(home);
            for (const auto& [name, text] : home.texts()) {
                REQUIRE(find_block(text, name));
            }
            if (!again.has_struck()) {
                break;
            }
        }
    }
}

TEST_CASE("an edit at any moment is kept, and not overwritten", "[rc_change][shell]") {
    const std::string edit = "an edit\n";
    enum class How { in_place, by_rename, by_an_open_file };
    for (const How how : {How::in_place, How::by_rename, How::by_an_open_file}) {
        int refused = 0;
        int done = 0;
        for (std::size_t at = 1;; ++at) {
            const Home home;
            const auto before = home.texts();
            const fs::path path = home / ".profile";
            std::ofstream open(path, std::ios::app);
            FaultFs fs;
            fs.leave_out_syncs();
            std::size_t number = 0;
            fs.watch([&](std::string_view) {
                if (++number != at) {
                    return;
                }
                if (how == How::by_an_open_file) {
                    open << edit << std::flush;
                } else if (how == How::in_place) {
                    std::ofstream(path, std::ios::app) << edit;
                } else {
                    support::write_file(home / "editor", support::read_file(path) + edit);
                    fs::rename(home / "editor", path);
                }
            });
            const Done result = run(fs, home.install());
            if (number < at) {
                break;
            }
            INFO("before call " << at << ": " << fs.calls()[at - 1]);
            const std::string text = support::read_file(path);
            if (result.threw) {
                ++refused;
                REQUIRE(result.kind == base::Kind::refused);
                auto expected = before;
                expected[".profile"] += edit;
                REQUIRE(home.texts() == expected);
                require_no_leftovers(home);
                REQUIRE_FALSE(fs::exists(home / ".config"));
                continue;
            }
            ++done;
            REQUIRE(find_block(text, "x"));
            if (text.ends_with(edit)) {
                continue;
            }
            // It went to the file that was the old one by then; after that was gone it is as any
            // write to a deleted file.
            const bool kept = fs::exists(home / ".profile.rehome-aside");
            if (kept) {
                REQUIRE(result.left.size() == 1);
                REQUIRE(support::read_file(home / ".profile.rehome-aside") ==
                        before.at(".profile") + edit);
                // It is not swept away by the next run.
                REQUIRE_THROWS_AS(home.install(), base::Error);
            } else {
                REQUIRE(how == How::by_an_open_file);
                const auto removal = std::ranges::find(
                    fs.calls(), "unlink " + (home / ".profile.rehome-aside").string());
                REQUIRE(removal - fs.calls().begin() < static_cast<std::ptrdiff_t>(at));
            }
        }
        CHECK(refused > 5);
        CHECK(done > 5);
    }
}

TEST_CASE("a backup that was there stays, and one that the file has outgrown",
          "[rc_change][shell]") {
    const Home home;
    Quick real;
    support::write_file(home / ".profile.rehome-backup", "of old");
    REQUIRE(change_all(real, home.install()).empty());
    CHECK(support::read_file(home / ".profile.rehome-backup") == "of old");
    std::ofstream(home / "dot/bashrc.tmp") << "more\n" + support::read_file(home / "dot/bashrc");
    fs::rename(home / "dot/bashrc.tmp", home / "dot/bashrc");
    const std::vector<std::string> left = change_all(real, home.uninstall());
    CHECK(left.size() == 2);
    CHECK(fs::exists(home / ".profile.rehome-backup"));
    CHECK(support::read_file(home / "dot/bashrc") == "more\nalias x=y\n");
    CHECK(support::read_file(home / "dot/bashrc.rehome-backup") == "alias x=y\n");
}

TEST_CASE("what is written into a file that we made stays when the lines go",
          "[rc_change][shell]") {
    const Home home;
    Quick real;
    REQUIRE(change_all(real, home.install()).empty());
    const fs::path fish = home / ".config/fish/conf.d/rehome.fish";
    std::ofstream(fish, std::ios::app) << "set x y\n";
    REQUIRE(change_all(real, home.uninstall()).empty());
    CHECK(support::read_file(fish) == "set x y\n");
}

}  // namespace rehome::shell
