#pragma once

#include "os/fs.hpp"

#include <functional>
#include <string>
#include <utility>

namespace rehome::support {

// The real Fs, except that something happens to the file of that name each time it is copied, up to
// so many times: after it was read, so that the copy is unsteady, or, with `before`, ahead of that.
class Meanwhile : public os::Fs {
public:
    Meanwhile(std::string name, std::function<void()> action, int times = 1)
        : name_(std::move(name)), action_(std::move(action)), left_(times) {}

    os::FileCopy copy_file(const os::Location& from, const os::Location& to,
                           os::CopyBuffer& buffer) override {
        if (to.name != name_) {
            return Fs::copy_file(from, to, buffer);
        }
        copied += 1;
        if (before && left_-- > 0) {
            action_();
        }
        os::FileCopy copy = Fs::copy_file(from, to, buffer);
        if (!before && left_-- > 0) {
            action_();
            copy.result = os::FileCopy::Result::unsteady;
        }
        return copy;
    }

    bool before = false;
    int copied = 0;

private:
    std::string name_;
    std::function<void()> action_;
    int left_;
};

}  // namespace rehome::support
