#include "cli/status_line.hpp"

#include "base/quantity.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_paints{100};

std::string part_of(const std::string& done, const std::string& all, bool is_known) {
    return is_known ? fmt::format("{} of {}", done, all) : done;
}

// Small files take their time by their number, big ones by their bytes: the slower counts.
std::string time_left(const apply::Progress::State& state, double seconds) {
    double left = 0;
    if (state.bytes != 0 && state.all_bytes > state.bytes) {
        left = seconds * static_cast<double>(state.all_bytes - state.bytes) /
               static_cast<double>(state.bytes);
    }
    if (state.files != 0 && state.all_files > state.files) {
        left = std::max(left,
                        seconds * static_cast<double>(state.all_files - state.files) /
                            static_cast<double>(state.files));
    }
    if (seconds < 1 || left < 1) {
        return "";
    }
    return left < 120 ? fmt::format("{:.0f} s left, ", left)
                      : fmt::format("{:.0f} min left, ", left / 60);
}

}  // namespace

std::string status_text(const apply::Progress::State& state, std::chrono::duration<double> passed) {
    std::string text;
    if (state.items > 1 && state.number != 0) {
        text = fmt::format("{}/{} ", state.number, state.items);
    }
    text += base::printable(state.item) + ": ";
    const double seconds = passed.count();
    if (state.all_bytes != 0 || state.bytes != 0) {
        text += part_of(base::human_bytes(state.bytes),
                        base::human_bytes(state.all_bytes),
                        state.all_bytes != 0) +
                ", ";
        if (seconds >= 1) {
            const double rate = static_cast<double>(state.bytes) / seconds;
            text += base::human_bytes(static_cast<std::uint64_t>(rate)) + "/s, ";
        }
    }
    text += time_left(state, seconds);
    // What a narrow terminal cuts off is the least of it.
    return text + part_of(base::counted(state.files, "file"),
                          fmt::format("{}", state.all_files),
                          state.all_files != 0);
}

StatusLine::StatusLine(const Screen& screen) : screen_(screen) {
    if (screen_.shows_status()) {
        painter_ = std::jthread([this] { run(); });
    }
}

StatusLine::~StatusLine() {
    {
        const std::lock_guard guard(mutex_);
        ends_ = true;
    }
    wake_.notify_all();
    if (painter_.joinable()) {
        painter_.join();
    }
}

void StatusLine::verb(std::string_view verb, const std::string& what) {
    const std::lock_guard guard(mutex_);
    clear();
    screen_.verb(verb, what);
}

void StatusLine::clear() {
    if (is_shown_) {
        screen_.status("", "");
        is_shown_ = false;
    }
}

void StatusLine::run() {
    apply::Progress::State last;
    Clock::time_point since = Clock::now();
    std::unique_lock guard(mutex_);
    while (!wake_.wait_for(guard, between_paints, [this] { return ends_; })) {
        const apply::Progress::State state = progress_.state();
        if (state.verb != last.verb || state.item != last.item) {
            since = Clock::now();
            last = state;
        }
        if (state.verb.empty()) {
            clear();
        } else {
            screen_.status(state.verb, status_text(state, Clock::now() - since));
            is_shown_ = true;
        }
    }
    clear();
}

}  // namespace rehome::cli
