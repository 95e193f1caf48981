#include "plan/selection.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rehome::plan {

namespace {

bool names(const std::set<std::string>& words, const std::string& item, rules::Category category) {
    if (words.contains(std::string(rules::name_of(category)))) {
        return true;
    }
    for (std::string at = item; !at.empty(); at = rules::outer_item(at)) {
        if (words.contains(at)) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool Selection::includes(const std::string& item, rules::Category category) const {
    const bool wanted = only.empty() || names(only, item, category);
    return wanted && !names(exclude, item, category);
}

std::set<std::string> parse_selection(std::string_view flag, std::string_view list,
                                      const rules::RuleSet& rules) {
    std::vector<std::string> known;
    for (const rules::Category category : rules::placed_categories) {
        known.emplace_back(rules::name_of(category));
    }
    for (const auto& [item, rule] : rules.rules) {
        known.push_back(item);
    }
    std::set<std::string> words;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const std::string word(list.substr(begin, end - begin));
        if (std::ranges::find(known, word) == known.end()) {
            throw base::Error(base::Kind::usage,
                              fmt::format("{}: {} is neither a category nor an item{}",
                                          flag,
                                          base::in_quotes(word),
                                          base::did_you_mean(word, known)),
                              "the categories are config, data, state, cache and bin; "
                              "`rehome rules list` prints the items");
        }
        words.insert(word);
        begin = end + 1;
    }
    return words;
}

}  // namespace rehome::plan
