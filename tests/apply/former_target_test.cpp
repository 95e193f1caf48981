// Items that move on from where an earlier transaction has moved them: there and back, killed and
// failing at each call.
#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/mounted.hpp"
#include "support/recovery.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>

using namespace rehome;
using support::FaultFs;
using support::Migration;
using support::recover;
using support::Way;

namespace {

namespace stdfs = std::filesystem;

enum class Ground {
    one,     // from one directory to another
    away,    // from the home's filesystem to a tmpfs
    nearer,  // from a tmpfs to the home's filesystem
    plain,   // as one, where there is no EXCHANGE
};

// Without a power cut syncs change nothing.
struct Unsynced : FaultFs {
    Unsynced() { leave_out_syncs(); }

    Unsynced(Fault fault, std::size_t call) : FaultFs(fault, static_cast<int>(call), EIO) {
        leave_out_syncs();
    }
};

// A home that is migrated, and that wants its cache somewhere else.
struct MigratedHome {
    // Nothing where this machine lacks a second filesystem.
    static std::unique_ptr<MigratedHome> make(Ground ground) {
        auto made = std::make_unique<MigratedHome>(ground);
        return made->is_possible ? std::move(made) : nullptr;
    }

    explicit MigratedHome(Ground on) : ground(on) {
        const bool is_across = ground == Ground::away || ground == Ground::nearer;
        is_possible = !is_across || home.use_second_filesystem();
        if (!is_possible) {
            return;
        }
        auto& bases = home.request.wishes.bases;
        if (ground != Ground::nearer) {
            bases.clear();
        }
        original = home.snapshot_without_inodes();
        Unsynced fs;
        home.apply(fs);
        bases[rules::Category::cache] =
            (ground == Ground::away ? home.second() : home / "elsewhere").string();
        first = look();
        former = stdfs::read_symlink(home / ".cargo/registry");
    }

    // Without what rehome makes anew: links, its own notes, and directories outside of the homes.
    [[nodiscard]] support::Snapshot look() const {
        const bool has_inodes = ground == Ground::one || ground == Ground::plain;
        support::Snapshot all = has_inodes ? home.snapshot() : home.snapshot_without_inodes();
        for (auto& [path, entry] : all) {
            const bool is_anew = path.ends_with(".rehome") || path == ".cache" ||
                                 path == ".cache/cargo" || path == ".cache/rustup" ||
                                 entry.type == "symlink";
            if (is_anew) {
                entry.inode = 0;
                entry.mtime = 0;
            }
        }
        return all;
    }

    void move_on(FaultFs& fs) const {
        if (ground == Ground::plain) {
            fs.refuse_exchange();
        }
        home.apply(fs);
    }

    void move_back(FaultFs& fs) const {
        if (ground == Ground::plain) {
            fs.refuse_exchange();
        }
        apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
    }

    [[nodiscard]] bool has_moved_on() const {
        const std::vector<journal::Journal> journals = home.journals();
        return journals.size() == 2 && journals.back().is_in_force();
    }

    [[nodiscard]] stdfs::path target() const {
        return stdfs::path(home.request.wishes.bases.at(rules::Category::cache)) / "cargo/registry";
    }

    // The registry is at its new target alone, and the home's link leads there.
    void check_moved_on() const {
        CHECK(stdfs::read_symlink(home / ".cargo/registry") == target());
        CHECK(stdfs::is_directory(stdfs::symlink_status(target())));
        CHECK_FALSE(stdfs::exists(stdfs::symlink_status(former)));
        check_readable();
    }

    void check_readable() const { CHECK(stdfs::exists(home / ".cargo/registry/CACHEDIR.TAG")); }

    // Where the plan was never begun there is nothing to recover but the first transaction.
    void go(os::Fs& fs, Way way) const {
        if (home.journals().size() == 2) {
            recover(home, fs, way);
        }
    }

    // As after the first transaction; and that one goes back as well.
    void check_as_before() const {
        CHECK(support::difference(first, look()) == "");
        Unsynced fs;
        apply::roll_back(home.context(fs), home.open_journal(), apply::Missing::refuse);
        CHECK(support::difference(original, home.snapshot_without_inodes()) == "");
    }

    Ground ground;
    bool is_possible = true;
    Migration home;
    support::Snapshot original;
    support::Snapshot first;
    stdfs::path former;
};

using Act = std::function<void(const MigratedHome&, FaultFs&)>;

void nothing(const MigratedHome&, FaultFs&) {}

void move_on(const MigratedHome& home, FaultFs& fs) {
    home.move_on(fs);
}

void move_back(const MigratedHome& home, FaultFs& fs) {
    home.move_back(fs);
}

// A fault at each changing call of `act`; where there are many, at each `every`th.
void sweep(Ground ground, FaultFs::Fault fault, const Act& prepare, const Act& act,
           const std::function<void(const MigratedHome&)>& check, std::size_t every = 1) {
    std::size_t points = 0;
    if (const auto home = MigratedHome::make(ground)) {
        Unsynced fs;
        prepare(*home, fs);
        Unsynced counted;
        act(*home, counted);
        points = counted.calls().size();
    }
    for (std::size_t call = 1; call <= points; call += every) {
        const auto home = MigratedHome::make(ground);
        Unsynced before;
        prepare(*home, before);
        Unsynced fs(fault, call);
        try {
            act(*home, fs);
        } catch (const base::Error&) {
            // What is left on the disk is what counts.
        }
        INFO("call " << call << " of " << points << ": " << fs.calls().back());
        if (fs.has_struck()) {
            if (ground != Ground::plain) {
                home->check_readable();  // there it is at neither place for one call
            }
            check(*home);
        }
    }
}

void recover_and_check(const MigratedHome& home, Way way) {
    Unsynced fs;
    if (home.ground == Ground::plain) {
        fs.refuse_exchange();
    }
    home.go(fs, way);
    if (home.has_moved_on()) {
        CHECK(way == Way::on);
        home.check_moved_on();
        home.go(fs, Way::back);
    }
    home.check_as_before();
}

// A home whose cache was moved to a disk and on from there, and the disk is gone for good.
struct Orphaned {
    // Nothing where this machine cannot mount. The cache lies on the home's filesystem, or not.
    static std::unique_ptr<Orphaned> make(bool is_near) {
        auto made = std::make_unique<Orphaned>();
        made->disk = support::mount_or_skip(support::Filesystem::tmpfs);
        made->other = made->disk ? support::mount_or_skip(support::Filesystem::tmpfs) : nullptr;
        if (!made->other) {
            return nullptr;
        }
        made->before = made->home.snapshot_without_inodes();
        made->home.request.allow_volatile = true;
        auto& cache = made->home.request.wishes.bases[rules::Category::cache];
        Unsynced fs;
        for (const stdfs::path& place :
             {made->disk->path(), is_near ? made->home / "elsewhere" : made->other->path()}) {
            cache = place;
            made->home.apply(fs);
        }
        made->disk->unmount();
        return made;
    }

    Orphaned() = default;
    Orphaned(const Orphaned&) = delete;
    Orphaned& operator=(const Orphaned&) = delete;
    Orphaned(Orphaned&&) = delete;
    Orphaned& operator=(Orphaned&&) = delete;

    ~Orphaned() {
        if (other) {
            disk->mount();  // its owner unmounts it
        }
    }

    void roll_back(os::Fs& fs, apply::Missing missing) const {
        apply::roll_back(home.context(fs), home.open_journal(), missing);
    }

    Migration home;
    support::Snapshot before;
    std::unique_ptr<support::Mounted> disk;
    std::unique_ptr<support::Mounted> other;
};

}  // namespace

TEST_CASE("what was migrated moves on and comes back in two steps", "[apply]") {
    const Ground ground = GENERATE(Ground::one, Ground::away, Ground::nearer, Ground::plain);
    const auto home = MigratedHome::make(ground);
    if (!home) {
        return;
    }
    FaultFs fs;
    home->move_on(fs);
    home->check_moved_on();
    CHECK(home->home.plan().switches().empty());
    home->move_back(fs);
    home->check_as_before();
}

TEST_CASE("a kill at any call of moving on is recovered", "[apply]") {
    for (const Way way : {Way::back, Way::on}) {
        const auto check = [&](const MigratedHome& home) { recover_and_check(home, way); };
        sweep(Ground::one, FaultFs::Fault::death, nothing, move_on, check);
        sweep(Ground::plain, FaultFs::Fault::death, nothing, move_on, check, 3);
    }
}

TEST_CASE("a kill at any call of coming back from there is recovered", "[apply]") {
    for (const Way way : {Way::back, Way::on}) {
        const auto check = [&](const MigratedHome& home) { recover_and_check(home, way); };
        sweep(Ground::one, FaultFs::Fault::death, move_on, move_back, check);
        sweep(Ground::plain, FaultFs::Fault::death, move_on, move_back, check, 3);
    }
}

TEST_CASE("a kill at any call of moving on by copy is recovered", "[apply][across]") {
    for (const Ground ground : {Ground::away, Ground::nearer}) {
        for (const Way way : {Way::back, Way::on}) {
            const auto check = [&](const MigratedHome& home) { recover_and_check(home, way); };
            sweep(ground, FaultFs::Fault::death, nothing, move_on, check, 9);
            sweep(ground, FaultFs::Fault::death, move_on, move_back, check, 9);
        }
    }
}

TEST_CASE("an error at any call of moving on puts everything back", "[apply]") {
    sweep(Ground::one, FaultFs::Fault::error, nothing, move_on, [](const MigratedHome& home) {
        Unsynced fs;
        if (home.has_moved_on()) {
            // It was committed; what failed is the cleaning up.
            home.go(fs, Way::on);
            home.check_moved_on();
        }
        if (home.home.journals().back().stage != journal::Stage::closed) {
            home.go(fs, Way::back);
        }
        home.check_as_before();
    });
}

TEST_CASE("an error at any call of coming back from there leaves it to be repeated", "[apply]") {
    sweep(Ground::one, FaultFs::Fault::error, move_on, move_back, [](const MigratedHome& home) {
        recover_and_check(home, Way::back);
    });
}

TEST_CASE("what somebody makes at a former target does not keep an item from coming back",
          "[apply]") {
    const auto home = MigratedHome::make(Ground::one);
    FaultFs fs;
    home->move_on(fs);
    const bool is_empty = GENERATE(true, false);
    stdfs::create_directories(home->former);
    if (!is_empty) {
        support::write_file(home->former / "theirs", "kept");
    }
    home->move_back(fs);
    CHECK(stdfs::exists(home->former / "CACHEDIR.TAG"));
    home->check_readable();
    const stdfs::path aside = home->former.parent_path() / ".rehome-2-registry";
    CHECK(stdfs::exists(aside) == !is_empty);
    if (!is_empty) {
        CHECK(support::read_file(aside / "theirs") == "kept");
    }
}

TEST_CASE("a link in other words is turned back with its item", "[apply]") {
    const auto home = MigratedHome::make(Ground::one);
    Unsynced fs;
    home->move_on(fs);
    const stdfs::path link = home->home / ".cargo/registry";
    const auto time = stdfs::last_write_time(link.parent_path());
    stdfs::remove(link);
    stdfs::create_directory_symlink(home->target().lexically_relative(link.parent_path()), link);
    stdfs::last_write_time(link.parent_path(), time);
    home->move_back(fs);
    home->check_as_before();
}

TEST_CASE("a file in a link's place stays there while its item comes back", "[apply]") {
    const auto home = MigratedHome::make(Ground::one);
    FaultFs fs;
    home->move_on(fs);
    stdfs::remove(home->home / ".cargo/registry");
    support::write_file(home->home / ".cargo/registry", "mine");
    home->move_back(fs);
    CHECK(support::read_file(home->home / ".cargo/registry") == "mine");
    CHECK(stdfs::exists(home->former / "CACHEDIR.TAG"));
}

TEST_CASE("an item whose link has changed since the plan was made does not move on", "[apply]") {
    const auto home = MigratedHome::make(Ground::one);
    const plan::Plan plan = home->home.plan();
    stdfs::remove(home->home / ".cargo/registry");
    stdfs::create_directory(home->home / ".cargo/registry");
    os::Fs fs;
    CHECK_THROWS_AS(apply::apply(home->home.context(fs), plan, {"1"}), base::Error);
    CHECK(home->home.journals().size() == 1);
    CHECK(stdfs::exists(home->former / "CACHEDIR.TAG"));
}

TEST_CASE("a link that cannot be turned sends what moves on back", "[apply]") {
    // As where the home's directory has become a mount of its own in the meantime.
    struct Unturned : Unsynced {
        os::Renamed exchange(const os::Location& one, const os::Location& other) override {
            return other.path() == link ? os::Renamed::cross_device
                                        : Unsynced::exchange(one, other);
        }

        stdfs::path link;
    };

    const auto home = MigratedHome::make(Ground::one);
    Unturned fs;
    fs.link = home->home / ".cargo/registry";
    CHECK_THROWS_WITH(home->move_on(fs), Catch::Contains("could not turn the link"));
    home->check_as_before();
}

TEST_CASE("moving on that was killed waits for a former target's disk", "[apply][across]") {
    bool has_struck = true;
    std::size_t waited = 0;
    for (std::size_t call = 1; has_struck; call += 7) {
        const support::TempDir kept;
        const auto disk =
            support::mount_or_skip(support::Filesystem::bind, {.source = kept.path()});
        if (!disk) {
            return;
        }
        Migration home;
        auto& cache = home.request.wishes.bases[rules::Category::cache];
        cache = disk->path();
        Unsynced fs;
        home.apply(fs);
        cache = home / "elsewhere";
        Unsynced killed(FaultFs::Fault::death, call);
        try {
            home.apply(killed);
        } catch (const base::Error&) {
            // What is left on the disk is what counts.
        }
        has_struck = killed.has_struck();
        INFO("call " << call << ": " << killed.calls().back());
        const bool is_begun = home.journals().back().begin.id == "2";
        const bool is_committed = home.journals().back().is_in_force();
        disk->unmount();
        if (is_begun && !is_committed) {
            for (const Way way : {Way::on, Way::back}) {
                CHECK_THROWS_WITH(recover(home, fs, way), Catch::Contains("is not mounted"));
            }
            ++waited;
        }
        disk->mount();
        recover(home, fs, Way::on);
        CHECK(stdfs::exists(home / ".cargo/registry/CACHEDIR.TAG"));
    }
    CHECK(waited > 0);
}

TEST_CASE("an item goes straight home where the disk of its former target is gone", "[apply]") {
    const auto orphaned = Orphaned::make(GENERATE(true, false));
    if (!orphaned) {
        return;
    }
    const Migration& home = orphaned->home;
    Unsynced fs;
    try {
        orphaned->roll_back(fs, apply::Missing::refuse);
        FAIL("a disk that is not mounted was not missed");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::attention);
        CHECK(error.help()->find("rollback --force") != std::string::npos);
    }
    CHECK(home.open_journal().begin.id == "2");
    orphaned->roll_back(fs, apply::Missing::accept);
    CHECK_FALSE(stdfs::is_symlink(home / ".cargo/registry"));
    CHECK(stdfs::is_empty(orphaned->disk->path()));
    orphaned->roll_back(fs, apply::Missing::accept);
    CHECK(support::difference(orphaned->before, home.snapshot_without_inodes()) == "");
}

TEST_CASE("a kill at any call on the way straight home is recovered", "[apply]") {
    for (const bool is_near : {true, false}) {
        bool has_struck = true;
        for (int call = 1; has_struck; call += is_near ? 1 : 3) {
            const auto orphaned = Orphaned::make(is_near);
            if (!orphaned) {
                return;
            }
            const Migration& home = orphaned->home;
            Unsynced killed(FaultFs::Fault::death, static_cast<std::size_t>(call));
            try {
                orphaned->roll_back(killed, apply::Missing::accept);
            } catch (const base::Error&) {
                // What is left on the disk is what counts.
            }
            has_struck = killed.has_struck();
            INFO("call " << call << ": " << killed.calls().back());
            CHECK(stdfs::exists(home / ".cargo/registry/CACHEDIR.TAG"));
            Unsynced fs;
            while (home.journals().front().stage != journal::Stage::closed) {
                orphaned->roll_back(fs, apply::Missing::accept);
            }
            CHECK(support::difference(orphaned->before, home.snapshot_without_inodes()) == "");
        }
    }
}
