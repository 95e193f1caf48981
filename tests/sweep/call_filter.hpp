#pragma once

#include <linux/filter.h>

#include <string_view>
#include <vector>

namespace rehome::sweep {

// A seccomp program: it hands each system call that changes a disk to the listener and lets all
// others pass. Opening counts where it may create, writing where it does not go to the terminal's
// three descriptors.
std::vector<sock_filter> changing_calls();

// "renameat2"; "?" for a call that the filter lets pass.
std::string_view call_name(int number);

}  // namespace rehome::sweep
