#pragma once

#include "base/digest.hpp"
#include "os/environment.hpp"
#include "os/read_fs.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rehome::rust {

// What a tool answers to a question that changes nothing and needs none of cargo's locks.
struct Answer {
    enum class End { done, failed, late };

    std::string question;  // "rustup toolchain list"
    End end = End::failed;
    base::Digest output;  // of what it wrote, where it is done
};

// What the answers are made from, as far as a move of the homes leaves it as it is.
struct Sources {
    std::string settings;                 // the text of settings.toml
    std::vector<std::string> toolchains;  // their names
    // Of each rustup and cargo that is there by its path: what of them a copy keeps.
    std::map<std::string, std::string> programs;
};

// Whether answers that were made from both can be compared. A program that is there only once is no
// reason against it: it may be what has broken.
bool are_comparable(const Sources& one, const Sources& other);

struct Answers {
    std::vector<Answer> all;
    std::optional<Sources> sources;  // nothing where they did not hold still while they were used
};

// The cargo and the rustup in the bin of a CARGO_HOME.
class Tools {
public:
    Tools(const os::ReadFs& fs, const os::Environment& environment,
          std::filesystem::path cargo_home, std::filesystem::path rustup_home);

    // The questions that may be asked. Left out are those to a program that is missing or belongs
    // to another user than the caller and root, and all without rustup's settings, which it would
    // make; of a rustup before 1.28.1, or which does not say its version within the limit, those
    // for which it would install a toolchain.
    [[nodiscard]] std::vector<std::string> questions(std::chrono::milliseconds limit) const;

    // Asks them as the caller would, but offline and from the root directory: above any other
    // somebody may have put a rust-toolchain.toml. Asks again, some times, while the sources
    // change. Who has not answered within the limit, which is for all together, is late. Throws
    // nothing for what the tools do, and leaves nothing on the disk.
    [[nodiscard]] Answers ask(const std::vector<std::string>& questions,
                              std::chrono::milliseconds limit) const;

private:
    struct Look;

    [[nodiscard]] std::filesystem::path program(const std::string& name) const;
    [[nodiscard]] bool may_run(const std::filesystem::path& path) const;
    [[nodiscard]] std::optional<Look> look() const;
    [[nodiscard]] Answer ask_one(const std::string& question,
                                 std::chrono::milliseconds limit) const;

    const os::ReadFs& fs_;
    const os::Environment& environment_;
    std::filesystem::path cargo_home_;
    std::filesystem::path rustup_home_;
};

}  // namespace rehome::rust
