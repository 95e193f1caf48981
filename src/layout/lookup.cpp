#include "layout/lookup.hpp"

#include "base/error.hpp"
#include "layout/path_text.hpp"
#include "rules/category.hpp"
#include "rust/home_name.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>

namespace rehome::layout {

namespace {

using rules::Category;
using rust::HomeName;

struct Function {
    HomeName home;
    Category category;
};

constexpr std::array functions{
    Function{HomeName::cargo, Category::config},
    Function{HomeName::cargo, Category::data},
    Function{HomeName::cargo, Category::bin},
    Function{HomeName::cargo, Category::cache},
    Function{HomeName::rustup, Category::config},
    Function{HomeName::rustup, Category::cache},
};

std::string name_of(const Function& function) {
    return fmt::format(
        "{}_{}_home", rust::name_of(function.home), rules::name_of(function.category));
}

std::string upper(std::string text) {
    for (char& letter : text) {
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return text;
}

class Search {
public:
    Search(const os::Environment& environment,
           const std::function<bool(const std::string&)>& exists)
        : environment_(environment), exists_(exists) {}

    // The variable, then the home as the `home` crate finds it.
    Found rfc(const Function& function) const {
        if (const std::optional<Found> found = by_variable(function)) {
            return *found;
        }
        if (const std::optional<Found> found = by_home_variable(function)) {
            return *found;
        }
        return found(function, within_home(function, legacy(function)), "legacy");
    }

    // The variable, the home if its variable is set, the legacy directory if present, the platform.
    Found platform(const Function& function) const {
        if (const std::optional<Found> found = by_variable(function)) {
            return *found;
        }
        if (const std::optional<Found> found = by_home_variable(function)) {
            return *found;
        }
        const std::string old_place = within_home(function, legacy(function));
        if (exists_(old_place)) {
            return found(function, old_place, "legacy");
        }
        return platform_default(function);
    }

private:
    static Found found(const Function& function, std::string path, std::string source) {
        return {name_of(function), std::move(path), std::move(source)};
    }

    std::string joined(std::string_view directory, std::string_view name) const {
        return join(environment_.platform, directory, name);
    }

    std::string within_home(const Function& function, const std::string& home) const {
        return function.category == Category::bin ? joined(home, "bin") : home;
    }

    std::optional<Found> by_variable(const Function& function) const {
        const std::string name = upper(name_of(function));
        if (const std::optional<std::string> path = environment_.variable(name)) {
            return found(function, *path, name);
        }
        return std::nullopt;
    }

    std::optional<Found> by_home_variable(const Function& function) const {
        const std::string name(rust::variable_of(function.home));
        const std::optional<std::string> path = environment_.variable(name);
        if (!path) {
            return std::nullopt;
        }
        const std::string home = is_absolute(environment_.platform, *path)
                                     ? *path
                                     : joined(environment_.working_directory.string(), *path);
        return found(function, within_home(function, home), name);
    }

    std::string user_home() const {
        const bool windows = environment_.platform == os::Platform::windows;
        const std::string_view name = windows ? "USERPROFILE" : "HOME";
        const std::optional<std::string> home = environment_.variable(name);
        if (!home) {
            throw base::Error(base::Kind::usage,
                              fmt::format("{} is not set, and the table depends on it", name),
                              fmt::format("set {} to your home directory", name));
        }
        return *home;
    }

    std::string legacy(const Function& function) const {
        return joined(user_home(), rust::directory_of(function.home));
    }

    Found platform_default(const Function& function) const {
        const bool windows = environment_.platform == os::Platform::windows;
        const bool undecided =
            function.category == Category::bin || (windows && function.category == Category::data);
        if (undecided) {
            return {name_of(function), std::nullopt, "to be decided"};
        }
        return windows ? windows_default(function) : xdg_default(function);
    }

    Found xdg_default(const Function& function) const {
        const std::string name =
            upper(fmt::format("xdg_{}_home", rules::name_of(function.category)));
        const std::string_view leaf = rust::name_of(function.home);
        const std::optional<std::string> base = environment_.variable(name);
        if (base && is_absolute(environment_.platform, *base)) {
            return found(function, joined(*base, leaf), name);
        }
        const std::string_view standard = function.category == Category::config  ? ".config"
                                          : function.category == Category::cache ? ".cache"
                                                                                 : ".local/share";
        return found(function, joined(joined(user_home(), standard), leaf), "default");
    }

    // The pre-RFC's text says ...\Temp\Cargo for rustup's cache too, surely a slip.
    Found windows_default(const Function& function) const {
        const bool config = function.category == Category::config;
        const std::string_view base = config ? "AppData\\Roaming" : "AppData\\Local\\Temp";
        const std::string_view leaf = function.home == HomeName::cargo ? "Cargo" : "Rustup";
        return found(function, joined(joined(user_home(), base), leaf), "default");
    }

    const os::Environment& environment_;
    const std::function<bool(const std::string&)>& exists_;
};

}  // namespace

std::vector<Found> look_up(Lookup table, const os::Environment& environment,
                           const std::function<bool(const std::string&)>& exists) {
    const Search search(environment, exists);
    std::vector<Found> answers;
    for (const Function& function : functions) {
        answers.push_back(table == Lookup::rfc ? search.rfc(function) : search.platform(function));
    }
    return answers;
}

}  // namespace rehome::layout
