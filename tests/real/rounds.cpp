#include "real/rounds.hpp"

#include "support/files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

namespace rehome::real {

namespace fs = std::filesystem;
using support::CommandResult;
using support::RunningCommand;

Rounds::Rounds(Tools& tools, std::vector<std::vector<std::string>> migrations,
               std::vector<int> again)
    : tools_(tools), migrations_(std::move(migrations)), again_(std::move(again)) {}

void Rounds::go(const std::function<bool()>& may_begin) {
    const int beside_before = there_.beside_tools + back_.beside_tools;
    const std::vector<std::string>& migrate =
        migrations_.at(static_cast<std::size_t>(rounds_) % migrations_.size());
    if (try_until_done(there_, migrate, "committed", may_begin) != Ended::done) {
        return;
    }
    const auto always = [] { return true; };
    if (try_until_done(back_, {"rollback", "--yes"}, "rolled_back", always) == Ended::done) {
        ++rounds_;
        beside_tools_ += there_.beside_tools + back_.beside_tools == beside_before + 2 ? 1 : 0;
    }
}

Rounds::Ended Rounds::try_until_done(Half& half, const std::vector<std::string>& arguments,
                                     const std::string& record,
                                     const std::function<bool()>& may_try) {
    const std::vector<std::string> links = compat_links(tools_.rust());
    while (may_try()) {
        RunningCommand rehome(tools_.rust().command("rehome", arguments));
        const std::vector<std::string> at_work = tools_at_record(rehome, record);
        const CommandResult result = rehome.wait();
        // Whatever the tools beside it do to their answers is no reason to doubt a move.
        const bool doubts = result.err.find("with the items") != std::string::npos;
        if (result.exit_code == 0 && !doubts) {
            count_verdicts(half, record == "committed" ? record : "closed");
            half.beside_tools += at_work.empty() ? 0 : 1;
            for (const std::string& kind : std::set(at_work.begin(), at_work.end())) {
                ++half.tools[kind];
            }
            return Ended::done;
        }
        const bool may_again =
            !doubts && std::ranges::find(again_, result.exit_code) != again_.end();
        if (!may_again || compat_links(tools_.rust()).size() != links.size()) {
            tools_.complain(fmt::format("rehome {} ended with {}, signal {}\n{}{}\nlinks: {}",
                                        fmt::join(arguments, " "),
                                        result.exit_code,
                                        result.signal,
                                        result.err,
                                        may_again ? "which must change nothing" : "",
                                        compat_links(tools_.rust())));
            return Ended::given_up;
        }
        ++half.again[result.exit_code];
        if (!tools_.trouble().empty()) {
            return Ended::given_up;
        }
    }
    return Ended::given_up;
}

std::vector<std::string> Rounds::tools_at_record(RunningCommand& rehome,
                                                 const std::string& record) {
    const std::string wanted = fmt::format("\"record\":\"{}\"", record);
    const int first = transactions_ + (record == "committed" ? 1 : 0);
    auto before = Tools::Clock::now();
    for (bool is_running = true; is_running;) {
        // One look more after its end.
        is_running = rehome.is_running();
        const auto now = Tools::Clock::now();
        while (fs::exists(journal(transactions_ + 1))) {
            ++transactions_;
        }
        if (transactions_ >= first &&
            support::read_file(journal(transactions_)).find(wanted) != std::string::npos) {
            return tools_.running_since(before);
        }
        before = now;
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    return {};
}

void Rounds::count_verdicts(Half& half, std::string_view kind) const {
    const std::string text = support::read_file(journal(transactions_));
    const std::size_t begin = text.find(fmt::format("\"record\":\"{}\"", kind));
    const std::string record = text.substr(begin, text.find('\n', begin) - begin);
    const std::string_view key = "\"verdict\":\"";
    for (std::size_t at = record.find(key); at != std::string::npos; at = record.find(key, at)) {
        at += key.size();
        ++half.verdicts[record.substr(at, record.find('"', at) - at)];
    }
}

fs::path Rounds::journal(int id) const {
    return tools_.rust().home() / ".local/state/rehome/transactions" / std::to_string(id) /
           "journal";
}

std::string Rounds::text() const {
    std::string text =
        fmt::format("{} rounds, {} committed beside a tool there and back", rounds_, beside_tools_);
    for (const auto& [name, half] : {std::pair("apply", &there_), std::pair("rollback", &back_)}) {
        text += fmt::format("\n  {}: {} beside a tool", name, half->beside_tools);
        for (const auto& [code, times] : half->again) {
            text += code == 4 ? fmt::format(", {} times waited in vain", times)
                              : fmt::format(", {} times put back (exit {})", times, code);
        }
        text += "; at work were:";
        for (const auto& [kind, times] : half->tools) {
            text += fmt::format(" {} x {};", times, kind);
        }
        text += " answers afterwards:";
        for (const auto& [verdict, times] : half->verdicts) {
            text += fmt::format(" {} x {};", times, verdict);
        }
    }
    return text;
}

}  // namespace rehome::real
