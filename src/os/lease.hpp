#pragma once

#include <filesystem>
#include <optional>

namespace rehome::os {

// As long as it lives, whoever opens the file, this process included, sleeps in open(2); after
// /proc/sys/fs/lease-break-time (45 s) the kernel takes it away (Linux, F_SETLEASE).
class Lease {
public:
    enum class Refusal {
        none,
        in_use,       // somebody has it open just now
        unsupported,  // by the filesystem, or for a file that is another user's, or not there
    };

    // Nothing if it is refused; `refusal` says why. Throws nothing.
    static std::optional<Lease> take(const std::filesystem::path& path, Refusal& refusal);

    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();

private:
    explicit Lease(int descriptor) : descriptor_(descriptor) {}

    int descriptor_ = -1;
};

}  // namespace rehome::os
