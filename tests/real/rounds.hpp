#pragma once

#include "real/tools.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::real {

// Apply and rollback in turn beside those who use the tools. A tool was at work when rehome
// committed if it was started before the record was in the journal, as the journal itself showed,
// and ran when the record could be read there.
class Rounds {
public:
    // The round's commands that migrate, in turn. `again` are the codes that a rehome which found
    // a tool in its way may end with.
    Rounds(Tools& tools, std::vector<std::vector<std::string>> migrations, std::vector<int> again);

    // An apply and a rollback; each is tried until it is done or there is trouble. What goes wrong
    // is told to the tools. After `may_begin` says no, no apply is tried again.
    void go(const std::function<bool()>& may_begin);

    [[nodiscard]] int rounds() const { return rounds_; }

    // Of the rounds, those where a tool was at work when the apply and when the rollback committed.
    [[nodiscard]] int beside_tools() const { return beside_tools_; }

    // How often rehome has begun a transaction.
    [[nodiscard]] int transactions() const { return transactions_; }

    // Several lines of figures.
    [[nodiscard]] std::string text() const;

private:
    enum class Ended { done, given_up };

    struct Half {
        int beside_tools = 0;
        std::map<std::string, int> tools;     // the kinds of those that were at work
        std::map<int, int> again;             // how often it ended with which code
        std::map<std::string, int> verdicts;  // on what cargo and rustup answered before and after
    };

    // Runs it until it is done. `record` is what the journal has then.
    Ended try_until_done(Half& half, const std::vector<std::string>& arguments,
                         const std::string& record, const std::function<bool()>& may_try);
    // Empty if none.
    std::vector<std::string> tools_at_record(support::RunningCommand& rehome,
                                             const std::string& record);
    // Those of the newest transaction's record of that kind.
    void count_verdicts(Half& half, std::string_view kind) const;
    [[nodiscard]] std::filesystem::path journal(int id) const;

    Tools& tools_;
    std::vector<std::vector<std::string>> migrations_;
    std::vector<int> again_;
    int rounds_ = 0;
    int beside_tools_ = 0;
    int transactions_ = 0;
    Half there_;
    Half back_;
};

}  // namespace rehome::real
