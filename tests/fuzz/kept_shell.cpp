#include "fuzz/kept_shell.hpp"

#include "fuzz/property.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

namespace rehome::fuzz {

namespace {

namespace fs = std::filesystem;
using shell::Shell;

// The value of END. No value that is tried holds it.
constexpr std::string_view end_mark = "\x01 the end \x01";

constexpr const char* names = "V0 V1 V2 V3 V4 V5";
constexpr const char* show = "/usr/bin/printenv -0 V0 V1 V2 V3 V4 V5 PATH END";

constexpr const char* sh_loop = "while IFS= read -r line; do eval \"$line\"; done";
constexpr const char* fish_loop = "while read -l line; eval $line; end";
constexpr const char* xonsh_loop = "import sys, subprocess\n"
                                   "for line in sys.stdin:\n"
                                   "    try:\n"
                                   "        exec(line)\n"
                                   "    except Exception as error:\n"
                                   "        print(error, file=sys.stderr)\n";

std::vector<KeptShell::Program> known_shells() {
    const std::string unset = fmt::format("unset {}; PATH={}", names, KeptShell::path);
    return {
        {Shell::posix, "dash", {"-c", sh_loop}, unset, ". ./text", show},
        {Shell::bash, "bash", {"--norc", "-c", sh_loop}, unset, ". ./text", show},
        {Shell::zsh, "zsh", {"-f", "-c", sh_loop}, unset, ". ./text", show},
        {Shell::fish,
         "fish",
         {"--no-config", "-c", fish_loop},
         fmt::format("set -e {}; set -gx PATH /usr/bin /bin", names),
         "source ./text",
         show},
        {Shell::tcsh,
         "tcsh",
         {"-f"},
         fmt::format("unsetenv V?; setenv PATH {}", KeptShell::path),
         "source ./text",
         show},
        // As its start-up line does it: universal newlines, and the environment passed on.
        {Shell::xonsh,
         "xonsh",
         {"--no-rc", "--no-script-cache", "-c", xonsh_loop},
         fmt::format("[__xonsh__.env.pop(name, None) for name in '{}'.split()]; "
                     "__xonsh__.env['PATH'] = '{}'",
                     names,
                     KeptShell::path),
         "execx(open('text').read())",
         fmt::format("subprocess.run('{}'.split(), env=__xonsh__.env.detype())", show)},
    };
}

std::string program_of(const std::string& name) {
    for (const char* directory : {"/usr/local/bin/", "/usr/bin/", "/bin/"}) {
        if (access((directory + name).c_str(), X_OK) == 0) {
            return directory + name;
        }
    }
    return "";
}

// The two ends of a pipe, which no later shell inherits.
std::array<int, 2> new_pipe() {
    std::array<int, 2> ends{};
    hold(pipe2(ends.data(), O_CLOEXEC) == 0, "there is room for a pipe");
    return ends;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

KeptShell::KeptShell(Program program, const fs::path& home)
    : program_(std::move(program)), home_(home) {
    fs::create_directories(home_);
    std::vector<std::string> arguments = program_.arguments;
    arguments.insert(arguments.begin(), program_of(program_.name));
    std::vector<std::string> variables{"HOME=" + home_.string(),
                                       fmt::format("PATH={}", path),
                                       fmt::format("END={}", end_mark),
                                       "LANG=C.UTF-8",
                                       "TERM=dumb"};
    const std::vector<char*> argv = pointers_to(arguments);
    const std::vector<char*> env = pointers_to(variables);
    const std::string errors = home_ / "errors";
    const auto [to_read, to] = new_pipe();
    const auto [from, from_write] = new_pipe();
    const pid_t child = fork();
    hold(child >= 0, "a shell can be started");
    if (child == 0) {
        const int log = open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (chdir(home_.c_str()) == 0 && dup2(to_read, 0) == 0 && dup2(from_write, 1) == 1 &&
            dup2(log, 2) == 2) {
            execve(argv[0], argv.data(), env.data());
        }
        _exit(127);
    }
    close(to_read);
    close(from_write);
    to_ = to;
    from_ = from;
}

std::vector<std::string> KeptShell::load(std::string_view text) {
    std::ofstream(home_ / "text", std::ios::binary) << text;
    const std::string lines =
        fmt::format("{}\n{}\n{}\n", program_.reset, program_.load, program_.show);
    hold(write(to_, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size()),
         program_.name + " goes on to read",
         text);

    const std::string end = std::string(end_mark) + '\0';
    std::string output;
    while (!output.ends_with(end)) {
        std::array<char, 4096> buffer{};
        const ssize_t count = read(from_, buffer.data(), buffer.size());
        hold(count > 0,
             program_.name + " gets to the end of the text",
             text_of(home_ / "errors") + std::string(text));
        output.append(buffer.data(), static_cast<std::size_t>(count));
    }
    output.resize(output.size() - end.size());
    std::vector<std::string> values;
    for (std::size_t at = 0; at < output.size();) {
        const std::size_t nul = std::min(output.find('\0', at), output.size());
        values.push_back(output.substr(at, nul - at));
        at = nul + 1;
    }
    return values;
}

std::vector<std::unique_ptr<KeptShell>> kept_shells() {
    std::vector<std::unique_ptr<KeptShell>> shells;
    std::string missing;
    for (KeptShell::Program& program : known_shells()) {
        if (program_of(program.name).empty()) {
            missing += " " + program.name;
        } else {
            std::string home = (fs::temp_directory_path() / "shell_fuzz.XXXXXX").string();
            hold(mkdtemp(home.data()) != nullptr, "a home can be made", home);
            shells.push_back(std::make_unique<KeptShell>(std::move(program), home));
        }
    }
    if (!missing.empty()) {
        std::fprintf(stderr, "not installed, so not asked:%s\n", missing.c_str());
    }
    return shells;
}

}  // namespace rehome::fuzz
