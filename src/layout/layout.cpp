#include "layout/layout.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "layout/path_text.hpp"

#include <fmt/format.h>

#include <cctype>

namespace rehome::layout {

using rules::Category;

namespace {

// The name of the XDG variable and of the default, each below HOME, for one category.
struct Base {
    std::string_view xdg_variable;
    std::string_view unix_default;
    std::string_view macos_native;
    std::string_view windows_variable;
    std::string_view windows_default;
};

Base base_of(Category category) {
    switch (category) {
        case Category::config:
            return {"XDG_CONFIG_HOME",
                    ".config",
                    "Library/Application Support",
                    "APPDATA",
                    "AppData\\Roaming"};
        case Category::state:
            return {"XDG_STATE_HOME",
                    ".local/state",
                    "Library/Application Support",
                    "APPDATA",
                    "AppData\\Roaming"};
        case Category::cache:
            return {"XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA", "AppData\\Local"};
        default:
            return {"XDG_DATA_HOME",
                    ".local/share",
                    "Library/Application Support",
                    "APPDATA",
                    "AppData\\Roaming"};
    }
}

std::string upper(std::string_view word) {
    std::string text;
    for (const char letter : word) {
        text += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return text;
}

class LayoutMaker {
public:
    LayoutMaker(const os::Environment& environment, const Wishes& wishes)
        : environment_(environment), wishes_(wishes),
          style_(wishes.style.value_or(default_style(environment.platform))) {}

    Layout make() {
        layout_.home = user_home();
        for (const rust::HomeName home : rust::home_names) {
            layout_.homes[home] = legacy_home(home);
            for (const Category category : rules::placed_categories) {
                if (category != Category::bin) {
                    layout_.directories[{home, category}] = directory({home, category});
                }
            }
        }
        const Slot bin{rust::HomeName::cargo, Category::bin};
        layout_.directories[bin] = bin_directory(bin);
        layout_.state = own(Category::state);
        layout_.rules = own(Category::config);
        layout_.rules.path = joined(layout_.rules.path, "rules");
        return std::move(layout_);
    }

private:
    std::string joined(std::string_view directory, std::string_view name) const {
        return join(environment_.platform, directory, name);
    }

    // An absolute, tidy path, or a usage error that names where it came from.
    std::string absolute(const std::string& path, std::string_view from,
                         std::string_view why) const {
        if (!is_absolute(environment_.platform, path)) {
            throw base::Error(base::Kind::usage,
                              fmt::format("{} is {}, which is not an absolute path: {}",
                                          from,
                                          base::in_quotes(path),
                                          why),
                              fmt::format("set {} to a path that starts at the root", from));
        }
        return tidy(environment_.platform, path);
    }

    std::string user_home() const {
        const bool windows = environment_.platform == os::Platform::windows;
        const std::string_view name = windows ? "USERPROFILE" : "HOME";
        const std::optional<std::string> home = environment_.variable(name);
        if (!home) {
            throw base::Error(
                base::Kind::usage,
                fmt::format("{} is not set, so there is no telling where your files are", name),
                fmt::format("set {} to your home directory", name));
        }
        return absolute(*home, name, "every default directory depends on it");
    }

    Directory legacy_home(rust::HomeName home) const {
        const std::string name(rust::variable_of(home));
        if (const std::optional<std::string> path = environment_.variable(name)) {
            return {absolute(*path, name, "it would be another home in every directory"),
                    Origin::home_variable,
                    name};
        }
        return {joined(layout_.home, rust::directory_of(home)), Origin::standard, ""};
    }

    // rehome's own directory does not follow the flags: the next run has to find it again.
    Directory own(Category category) {
        Directory directory = base_without_flags(category);
        directory.path = joined(directory.path, "rehome");
        return directory;
    }

    // The directory below which each home has one of its own.
    Directory base(Category category) {
        if (const auto wish = wishes_.bases.find(category); wish != wishes_.bases.end()) {
            const std::string flag = fmt::format("--{}-dir", rules::name_of(category));
            return {
                absolute(wish->second, flag, "links need absolute targets"), Origin::flag, flag};
        }
        return base_without_flags(category);
    }

    Directory base_without_flags(Category category) {
        const Base names = base_of(category);
        const std::string xdg_name(names.xdg_variable);
        if (const std::optional<std::string> path = environment_.variable(xdg_name)) {
            if (is_absolute(environment_.platform, *path)) {
                return {tidy(environment_.platform, *path), Origin::xdg, xdg_name};
            }
            warn(fmt::format("{} is {}, which is not an absolute path; it is ignored",
                             xdg_name,
                             base::in_quotes(*path)));
        }
        return {standard_base(names), Origin::standard, ""};
    }

    std::string standard_base(const Base& names) const {
        if (style_ == Style::xdg || environment_.platform == os::Platform::linux) {
            return joined(layout_.home, names.unix_default);
        }
        if (environment_.platform == os::Platform::macos) {
            return joined(layout_.home, names.macos_native);
        }
        const std::optional<std::string> path = environment_.variable(names.windows_variable);
        return path ? tidy(environment_.platform, *path)
                    : joined(layout_.home, names.windows_default);
    }

    // What a variable of ours or an earlier transaction says; nothing if neither speaks.
    std::optional<Directory> named(Slot slot) const {
        const std::string name = variable_of(slot);
        const auto applied = wishes_.applied.find(slot);
        if (const std::optional<std::string> path = environment_.variable(name)) {
            const std::string final = absolute(*path, name, "links need absolute targets");
            if (applied == wishes_.applied.end() || applied->second != final) {
                return Directory{final, Origin::variable, name};
            }
        }
        if (applied != wishes_.applied.end()) {
            return Directory{applied->second, Origin::applied, ""};
        }
        return std::nullopt;
    }

    Directory directory(Slot slot) {
        Directory found = base(slot.second);
        found.path = joined(found.path, rust::name_of(slot.first));
        if (found.origin == Origin::flag) {
            return found;
        }
        return named(slot).value_or(found);
    }

    Directory bin_directory(Slot slot) const {
        if (wishes_.bin) {
            return {absolute(*wishes_.bin, "--bin-dir", "links need absolute targets"),
                    Origin::flag,
                    "--bin-dir"};
        }
        if (const std::optional<Directory> directory = named(slot)) {
            return *directory;
        }
        Directory found = layout_.directories.at({rust::HomeName::cargo, Category::data});
        found.path = joined(found.path, "bin");
        return found;
    }

    void warn(std::string text) {
        for (const std::string& known : layout_.warnings) {
            if (known == text) {
                return;
            }
        }
        layout_.warnings.push_back(std::move(text));
    }

    const os::Environment& environment_;
    const Wishes& wishes_;
    Style style_;
    Layout layout_;
};

}  // namespace

std::string_view name_of(Origin origin) {
    switch (origin) {
        case Origin::flag: return "flag";
        case Origin::variable: return "variable";
        case Origin::applied: return "applied";
        case Origin::xdg: return "xdg";
        case Origin::standard: return "default";
        case Origin::home_variable: break;
    }
    return "variable";
}

std::string variable_of(Slot slot) {
    return fmt::format(
        "{}_{}_HOME", upper(rust::name_of(slot.first)), upper(rules::name_of(slot.second)));
}

Style default_style(os::Platform platform) {
    return platform == os::Platform::windows ? Style::native : Style::xdg;
}

Layout make_layout(const os::Environment& environment, const Wishes& wishes) {
    return LayoutMaker(environment, wishes).make();
}

}  // namespace rehome::layout
