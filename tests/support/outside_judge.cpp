#include "support/outside_judge.hpp"

#include "support/command.hpp"

#include <fmt/format.h>

namespace rehome::support {

std::optional<std::string> outside_judge(const std::filesystem::path& original,
                                         const std::filesystem::path& copy) {
    const auto rsync = which("rsync");
    if (!rsync) {
        fmt::print("SKIPPED: no rsync on this machine\n");
        return std::nullopt;
    }
    // Without -i a dry run prints nothing, ever; without -1 it compares whole seconds.
    const CommandResult result = run({.program = *rsync,
                                      .arguments = {"-aHAXnci",
                                                    "--modify-window=-1",
                                                    "--delete",
                                                    // The ACLs of an xfs once more; then -A's own.
                                                    "--filter=-x trusted.SGI_ACL_*",
                                                    "--filter=-x system.*",
                                                    original.string() + "/",
                                                    copy.string() + "/"}});
    std::string said = result.out + result.err;
    if (result.exit_code != 0) {
        said += fmt::format("rsync ended with {}\n", result.exit_code);
    }
    return said;
}

}  // namespace rehome::support
