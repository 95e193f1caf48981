// Directories of an overlay's lower layer, as in every container image: no rename moves them, so
// --offline copies, deletes and links. Its way leads forward only from the first deletion on.
#include "apply/rollback.hpp"
#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"
#include "support/mounted.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

using namespace rehome;
using support::FaultFs;
using support::Filesystem;
using support::Migration;
using support::Snapshot;
namespace fs = std::filesystem;

namespace {

// The whole home comes from the lower layer.
struct Image {
    Migration home;
    std::unique_ptr<support::Mounted> overlay = support::mount_or_skip(
        Filesystem::overlay, {.source = home.home(), .directory = home.home()});

    Image() {
        home.request.offline = true;
        // What was made within a tick of the kernel's clock is copied once more: the number of
        // calls would not be the same in each run.
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
};

void check_applied(const Migration& home) {
    for (const char* item : {".cargo/registry", ".cargo/config.toml", ".rustup/toolchains"}) {
        CHECK(fs::is_symlink(home / item));
        CHECK(fs::exists(home / item));
    }
    CHECK(support::read_file(home / ".cargo/registry/CACHEDIR.TAG").starts_with("Signature"));
}

void check_rolls_back(const Migration& home, const Snapshot& before) {
    os::Fs files;
    apply::roll_back(home.context(files), home.open_journal(), apply::Missing::refuse);
    CHECK(support::difference(before, home.snapshot_without_inodes()) == "");
    CHECK_FALSE(fs::exists(home / ".cache/cargo/registry"));
}

std::string refusal_of_rollback(const Migration& home) {
    os::Fs files;
    try {
        apply::roll_back(home.context(files), home.open_journal(), apply::Missing::refuse);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::Kind::attention);
        return std::string(error.what()) + " " + error.help().value_or("");
    }
    return "it went back";
}

}  // namespace

TEST_CASE("a lower layer's directories are copied and replaced offline", "[apply][across]") {
    Image image;
    if (!image.overlay) {
        return;
    }
    const Snapshot before = image.home.snapshot_without_inodes();
    os::Fs files;
    image.home.apply(files);
    check_applied(image.home);
    check_rolls_back(image.home, before);
}

TEST_CASE("a kill at any call offline goes back, or from the first deletion on only forward",
          "[apply][across]") {
    std::size_t points = 1;
    std::size_t forward_only = 0;
    for (std::size_t call = 1; call <= points; ++call) {
        Image image;
        if (!image.overlay) {
            return;
        }
        const Migration& home = image.home;
        if (call == 1) {
            Image whole;
            REQUIRE(whole.overlay);
            FaultFs files;
            whole.home.apply(files);
            points = files.calls().size();
        }
        const Snapshot before = home.snapshot_without_inodes();
        FaultFs dying(FaultFs::Fault::death, static_cast<int>(call), EIO);
        CHECK_THROWS_AS(home.apply(dying), base::Error);
        INFO("call " << call << " of " << points << ": " << dying.calls().at(call - 1));
        if (home.journals().empty()) {
            CHECK(support::difference(before, home.snapshot_without_inodes()) == "");
            continue;
        }
        if (home.journals().back().is_replacing) {
            ++forward_only;
            CHECK(refusal_of_rollback(home).find("run `rehome resume`") != std::string::npos);
            os::Fs files;
            apply::resume(home.context(files), home.open_journal());
            check_applied(home);
        }
        check_rolls_back(home, before);
    }
    CHECK(forward_only > 5);
    CHECK(forward_only < points);
}
