#include "support/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <sstream>
#include <system_error>
#include <thread>

namespace rehome::support {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

void check(int code, const std::string& what) {
    if (code != 0) {
        throw std::system_error(code, std::generic_category(), what);
    }
}

using InputFile = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// A file instead of a pipe: a program that does not read its input cannot hurt us (SIGPIPE).
InputFile input_file(const std::string& text) {
    InputFile file(std::tmpfile(), &std::fclose);
    if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
        std::fflush(file.get()) != 0) {
        check(errno, "temporary file");
    }
    std::rewind(file.get());
    return file;
}

struct Pipe {
    Pipe() { check(::pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe"); }

    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    ~Pipe() {
        ::close(ends[0]);
        close_writing_end();
    }

    void close_writing_end() {
        if (ends[1] >= 0) {
            ::close(ends[1]);
            ends[1] = -1;
        }
    }

    std::array<int, 2> ends = {-1, -1};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

struct Descriptors {
    int in;
    int out;
    int err;
};

// posix_spawn reports a missing program or directory, and can close every other descriptor.
pid_t spawn(const Command& command, const Descriptors& descriptors) {
    posix_spawn_file_actions_t actions;
    check(::posix_spawn_file_actions_init(&actions), "posix_spawn");
    ::posix_spawn_file_actions_adddup2(&actions, descriptors.in, 0);
    ::posix_spawn_file_actions_adddup2(&actions, descriptors.out, 1);
    ::posix_spawn_file_actions_adddup2(&actions, descriptors.err, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    ::posix_spawn_file_actions_addchdir_np(&actions, command.working_directory.c_str());

    posix_spawnattr_t attributes;
    check(::posix_spawnattr_init(&attributes), "posix_spawn");
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes, &signals);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    std::vector<std::string> arguments = command.arguments;
    arguments.insert(arguments.begin(), command.program.string());
    std::vector<std::string> variables;
    for (const auto& [name, value] : command.variables) {
        variables.push_back(name + "=" + value);
    }
    pid_t id = 0;
    const int code = ::posix_spawn(&id,
                                   command.program.c_str(),
                                   &actions,
                                   &attributes,
                                   pointers(arguments).data(),
                                   pointers(variables).data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    check(code, "run " + command.program.string() + " in " + command.working_directory.string());
    return id;
}

}  // namespace

class RunningCommand::Process {
public:
    explicit Process(const Command& command)
        : deadline_(Clock::now() + command.time_limit), input_(input_file(command.input)),
          id_(spawn(
              command,
              {.in = ::fileno(input_.get()), .out = pipes_[0].ends[1], .err = pipes_[1].ends[1]})) {
        for (Pipe& pipe : pipes_) {
            pipe.close_writing_end();
        }
        reading_ = std::thread([this] { read_all(); });
    }

    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    ~Process() {
        kill_group();
        stop_reading_ = true;
        reading_.join();
    }

    int id() const { return id_; }

    bool is_running() { return !status_ && !has_ended(WNOHANG); }

    void send_signal(int number) {
        if (is_running()) {
            ::killpg(id_, number);
        }
    }

    std::string text(std::size_t stream) const {
        const std::lock_guard lock(mutex_);
        return texts_.at(stream);
    }

    CommandResult wait() {
        CommandResult result;
        result.timed_out = !ends_before_deadline();
        if (result.timed_out) {
            kill_group();
        }
        result.exit_code = WIFEXITED(*status_) ? WEXITSTATUS(*status_) : -1;
        result.signal = WIFSIGNALED(*status_) ? WTERMSIG(*status_) : 0;
        result.out = text(0);
        result.err = text(1);
        return result;
    }

private:
    bool has_ended(int options) {
        int status = 0;
        pid_t ended = 0;
        do {
            ended = ::waitpid(id_, &status, options);
        } while (ended < 0 && errno == EINTR);
        if (ended == id_) {
            status_ = status;
        }
        return status_.has_value();
    }

    // What the command left running holds its output open, and goes too.
    void kill_group() {
        if (!status_ || !all_read_) {
            ::killpg(id_, SIGKILL);
        }
        if (!status_) {
            has_ended(0);
        }
    }

    bool ends_before_deadline() {
        while (is_running() || !all_read_) {
            if (Clock::now() >= deadline_) {
                return false;
            }
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        return true;
    }

    void read_all() {
        std::array<pollfd, 2> polled = {pollfd{pipes_[0].ends[0], POLLIN, 0},
                                        pollfd{pipes_[1].ends[0], POLLIN, 0}};
        while (!stop_reading_ && (polled[0].fd >= 0 || polled[1].fd >= 0)) {
            constexpr int look_at_stop_every_ms = 50;
            if (::poll(polled.data(), polled.size(), look_at_stop_every_ms) <= 0) {
                continue;
            }
            for (std::size_t stream = 0; stream < polled.size(); ++stream) {
                if (polled.at(stream).revents != 0 && !read_some(stream)) {
                    polled.at(stream).fd = -1;  // poll passes over it
                }
            }
        }
        all_read_ = true;
    }

    // False at the end of the stream.
    bool read_some(std::size_t stream) {
        std::array<char, 65536> buffer;
        const ssize_t count = ::read(pipes_.at(stream).ends[0], buffer.data(), buffer.size());
        if (count > 0) {
            const std::lock_guard lock(mutex_);
            texts_.at(stream).append(buffer.data(), static_cast<std::size_t>(count));
        }
        return count > 0 || (count < 0 && errno == EINTR);
    }

    Clock::time_point deadline_;
    InputFile input_;
    std::array<Pipe, 2> pipes_;
    pid_t id_;
    std::optional<int> status_;
    std::atomic<bool> stop_reading_ = false;
    std::atomic<bool> all_read_ = false;
    mutable std::mutex mutex_;
    std::array<std::string, 2> texts_;
    std::thread reading_;
};

RunningCommand::RunningCommand(const Command& command)
    : process_(std::make_unique<Process>(command)) {}

RunningCommand::~RunningCommand() = default;

int RunningCommand::id() const {
    return process_->id();
}

bool RunningCommand::is_running() {
    return process_->is_running();
}

std::string RunningCommand::out_so_far() const {
    return process_->text(0);
}

std::string RunningCommand::err_so_far() const {
    return process_->text(1);
}

void RunningCommand::send_signal(int number) {
    process_->send_signal(number);
}

CommandResult RunningCommand::wait() {
    return process_->wait();
}

CommandResult run(const Command& command) {
    return RunningCommand(command).wait();
}

fs::path rehome_binary() {
    return REHOME_BINARY;
}

fs::path source_directory() {
    return REHOME_SOURCE;
}

std::optional<fs::path> which(std::string_view name) {
    const char* path = std::getenv("PATH");
    std::istringstream directories(path == nullptr ? "" : path);
    for (std::string directory; std::getline(directories, directory, ':');) {
        const fs::path candidate = fs::path(directory) / name;
        std::error_code ignored;
        if (fs::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
    }
    return std::nullopt;
}

Variables variables_of(const fs::path& home) {
    const char* path = std::getenv("PATH");
    return {{"HOME", home.string()}, {"PATH", path == nullptr ? "/usr/bin:/bin" : path}};
}

Command rehome_command(const fs::path& home, std::vector<std::string> arguments) {
    return {.program = rehome_binary(),
            .arguments = std::move(arguments),
            .variables = variables_of(home),
            .working_directory = home};
}

}  // namespace rehome::support
