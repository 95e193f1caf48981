#include "support/loop_device.hpp"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace rehome::support {
namespace {

// Somebody else may take the number that was free a moment ago.
constexpr int attempts = 100;

struct Opened {
    explicit Opened(const std::string& path)
        : descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {}

    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

    ~Opened() { ::close(descriptor); }

    int descriptor;
};

}  // namespace

LoopDevice::LoopDevice(const std::filesystem::path& file) {
    const Opened bytes(file);
    const Opened control("/dev/loop-control");
    loop_config config = {};
    config.fd = static_cast<unsigned>(bytes.descriptor);
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    int code = 0;
    for (int i = 0; i < attempts; ++i) {
        const int number = ::ioctl(control.descriptor, LOOP_CTL_GET_FREE);
        path_ = "/dev/loop" + std::to_string(number);
        device_ = number < 0 ? -1 : ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
        if (device_ >= 0 && ::ioctl(device_, LOOP_CONFIGURE, &config) == 0) {
            return;
        }
        code = errno;
        ::close(device_);
    }
    throw std::system_error(
        code, std::generic_category(), "make a loop device of " + file.string());
}

LoopDevice::~LoopDevice() {
    ::close(device_);
}

}  // namespace rehome::support
