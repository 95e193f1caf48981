#include "cli/arguments.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "base/word.hpp"

#include <cxxopts.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace rehome::cli {

namespace {

using base::Error;
using base::Kind;

std::vector<Option> all_options(const Grammar& grammar) {
    std::vector<Option> options = grammar.options;
    options.push_back({"json", '\0', "", "one JSON document on stdout"});
    options.push_back({"color", '\0', "WHEN", "auto (default), always or never"});
    options.push_back({"quiet", 'q', "", "no progress and no advice"});
    options.push_back({"verbose", 'v', "", "more about each item"});
    options.push_back({"help", 'h', "", "this text"});
    return options;
}

// cxxopts tells that an option is unknown, but not which one was meant.
void refuse_unknown(const Grammar& grammar, const std::vector<Option>& options,
                    const std::vector<std::string>& words) {
    std::vector<std::string> known;
    for (const Option& option : options) {
        known.push_back("--" + option.name);
    }
    for (const std::string& word : words) {
        if (word == "--") {
            return;
        }
        const std::string flag = word.substr(0, word.find('='));
        const bool is_long = word.starts_with("--");
        const bool is_short = !is_long && word.size() > 1 && word.starts_with("-");
        const bool is_known =
            is_long ? std::ranges::find(known, flag) != known.end()
                    : std::ranges::find(options, word[is_short ? 1 : 0], &Option::letter) !=
                          options.end();
        if ((is_long || is_short) && !is_known) {
            throw Error(Kind::usage,
                        fmt::format("rehome {} has no option {}{}",
                                    grammar.name,
                                    base::in_quotes(flag),
                                    base::did_you_mean(flag, known)),
                        fmt::format("`rehome {} --help` lists the options", grammar.name));
        }
    }
}

// Its messages use typographic quotes; ours do not.
std::string plain(std::string message) {
    for (const std::string_view quote : {"\u2018", "\u2019"}) {
        for (std::size_t at = message.find(quote); at != std::string::npos;
             at = message.find(quote)) {
            message.replace(at, quote.size(), "'");
        }
    }
    return message;
}

void check_operands(const Grammar& grammar, const std::vector<std::string>& operands) {
    if (operands.size() < grammar.operands_min) {
        throw Error(Kind::usage,
                    fmt::format("rehome {} needs {}", grammar.name, grammar.operands),
                    fmt::format("`rehome {} --help` shows how it is used", grammar.name));
    }
    if (operands.size() > grammar.operands_max) {
        throw Error(Kind::usage,
                    fmt::format("rehome {} does not take {}",
                                grammar.name,
                                base::in_quotes(operands[grammar.operands_max])),
                    fmt::format("`rehome {} --help` shows how it is used", grammar.name));
    }
}

}  // namespace

std::optional<std::string> Arguments::value(const std::string& option) const {
    const auto found = values_.find(option);
    if (found == values_.end()) {
        return std::nullopt;
    }
    return found->second;
}

Arguments Arguments::parse(const Grammar& grammar, const std::vector<std::string>& words) {
    const std::vector<Option> options = all_options(grammar);
    refuse_unknown(grammar, options, words);

    cxxopts::Options parser("rehome " + grammar.name);
    for (const Option& option : options) {
        const std::string names =
            option.letter == '\0' ? option.name : fmt::format("{},{}", option.letter, option.name);
        if (option.value.empty()) {
            parser.add_options()(names, option.about);
        } else {
            parser.add_options()(names, option.about, cxxopts::value<std::string>());
        }
    }
    parser.add_options()("operand", "", cxxopts::value<std::vector<std::string>>());
    parser.parse_positional({"operand"});

    std::vector<const char*> pointers{"rehome"};
    for (const std::string& word : words) {
        pointers.push_back(word.c_str());
    }
    Arguments arguments;
    try {
        const cxxopts::ParseResult result =
            parser.parse(static_cast<int>(pointers.size()), pointers.data());
        for (const Option& option : options) {
            if (result.count(option.name) > 1 && !option.value.empty()) {
                throw Error(Kind::usage, fmt::format("--{} is given twice", option.name));
            }
            if (result.count(option.name) > 0) {
                arguments.values_[option.name] =
                    option.value.empty() ? "" : result[option.name].as<std::string>();
            }
        }
        if (result.count("operand") > 0) {
            arguments.operands_ = result["operand"].as<std::vector<std::string>>();
        }
    } catch (const cxxopts::exceptions::exception& error) {
        throw Error(Kind::usage,
                    fmt::format("rehome {}: {}", grammar.name, plain(error.what())),
                    fmt::format("`rehome {} --help` shows how it is used", grammar.name));
    }
    if (!arguments.has("help")) {
        check_operands(grammar, arguments.operands_);
    }
    return arguments;
}

std::string help_text(const Grammar& grammar) {
    std::string text = fmt::format("{}\n\nUsage: rehome {}{}{} [OPTIONS]\n\n{}{}Options:\n",
                                   grammar.about,
                                   grammar.name,
                                   grammar.operands.empty() ? "" : " ",
                                   grammar.operands,
                                   grammar.details,
                                   grammar.details.empty() ? "" : "\n");
    for (const Option& option : all_options(grammar)) {
        const std::string letter =
            option.letter == '\0' ? "    " : fmt::format("-{}, ", option.letter);
        const std::string flag =
            option.value.empty() ? option.name : fmt::format("{} {}", option.name, option.value);
        text += fmt::format("  {}--{:<22} {}\n", letter, flag, option.about);
    }
    return text;
}

}  // namespace rehome::cli
