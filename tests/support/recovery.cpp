#include "support/recovery.hpp"

#include "apply/rollback.hpp"
#include "apply/transaction.hpp"

#include <vector>

namespace rehome::support {

const char* word_of(Way way) {
    return way == Way::back ? "rollback" : "resume";
}

bool recover(const Migration& home, os::Fs& fs, Way way) {
    const std::vector<journal::Journal> journals = home.journals();
    if (journals.empty()) {
        return false;
    }
    const journal::Journal& newest = journals.back();
    if (way == Way::on) {
        apply::resume(home.context(fs), newest);
    } else if (newest.stage != journal::Stage::closed) {
        apply::roll_back(home.context(fs), newest, apply::Missing::refuse);
    }
    return true;
}

}  // namespace rehome::support
