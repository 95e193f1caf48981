#include "cli/run.hpp"
#include "os/interrupt.hpp"
#include "os/limits.hpp"

#include <algorithm>

int main(int count, char** words) {
    rehome::os::ignore_closed_pipes();
    rehome::os::raise_descriptor_limit();
    rehome::os::Fs fs;
    return rehome::cli::run(
        {words + std::min(count, 1), words + count}, rehome::os::current_environment(), fs);
}
