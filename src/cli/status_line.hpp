#pragma once

#include "apply/progress.hpp"
#include "cli/screen.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace rehome::cli {

// Shows how far a transaction has come, in one line on a terminal that is written anew ten times a
// second; nothing in a pipe. The line is gone when the object is.
class StatusLine {
public:
    explicit StatusLine(const Screen& screen);
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;
    ~StatusLine();

    [[nodiscard]] apply::Progress& progress() { return progress_; }

    // A line that stays, above the one that changes.
    void verb(std::string_view verb, const std::string& what);

private:
    void run();
    void clear();

    const Screen& screen_;
    apply::Progress progress_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool ends_ = false;
    bool is_shown_ = false;
    std::jthread painter_;
};

// "2/13 cargo/registry: 1.2 GiB of 3.4 GiB, 540.2 MiB/s, 4 s left, 12,345 files of 120726".
std::string status_text(const apply::Progress::State& state, std::chrono::duration<double> passed);

}  // namespace rehome::cli
