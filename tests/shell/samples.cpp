#include "shell/samples.hpp"

#include "base/error.hpp"
#include "shell/form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace rehome::shell {

Snippet plain_sample() {
    const std::string home = "/home/ferris";
    return {
        .notes = {"as 'rehome migrate' applied it on 2024-05-01"},
        .variables = {{"CARGO_CONFIG_HOME", home + "/.config/cargo"},
                      {"CARGO_CACHE_HOME", "/data/cache/cargo"}},
        .path = {home + "/.cargo/bin", "/opt/rust/bin"},
        .directories = {{home + "/.cargo/git", "/data/cache/cargo/git", 0700},
                        {home + "/.rustup/downloads", home + "/.cache/rustup/downloads"}},
        .home = home,
        .homes = {{"CARGO_HOME", home + "/.cargo"}, {"RUSTUP_HOME", home + "/.rustup"}},
        .places = {{home + "/.config/cargo", false, 0700},
                   {"/data/cache/cargo", true, 0755},
                   {home + "/.cargo/inside", false, 0755}},
        .state = home + "/.local/state/rehome",
        .caches = {"/data/cache/cargo/git", home + "/.cache/rustup/downloads"},
    };
}

const std::vector<std::string>& hostile_values() {
    static const std::vector<std::string> values = {
        "/it's",
        "/say \"x\"",
        "/$HOME/$$/$(exit 1)/`exit 1`",
        "/${HOME}/${{ x }}",
        "/back\\slash\\n",
        "/ends in a backslash\\",
        "/new\nline",
        "/re\rturn",
        "/tab\tand\x01",
        "/odd\xff",
        "/two  spaces",
        "/ends in a space ",
        "/#hash # x",
        "/50%/%h/%PATH%",
        "/*?[a]",
        "/*\\?[!a-z]]",
        "/a,b",
        "/c;d",
        "/e=f",
        "/<a>&amp;{b}!",
        "/\u00fcn\u00efc\u00f6d\u00e9/\u65e5\u672c",
        "/\u201ccurly\u201d",
        "/line\u2028separator",
        "/ends in a wide space\u3000",
    };
    return values;
}

Snippet hostile_sample(const std::vector<std::string>& values, const std::string& root) {
    Snippet snippet;
    for (const std::string& value : values) {
        const std::string variable = fmt::format("V{}", snippet.variables.size() + 1);
        snippet.variables.push_back({variable, root + value});
        snippet.path.push_back(root + value);
        snippet.directories.push_back({root + "/links" + value, root + "/caches" + value, 0750});
        snippet.places.push_back({root + "/kept" + value, false, 0755});
        snippet.caches.push_back(root + "/caches" + value);
    }
    return snippet;
}

std::vector<std::string> sayable(std::string_view form, const std::vector<std::string>& values,
                                 const std::string& root) {
    std::vector<std::string> result;
    for (const std::string& value : values) {
        try {
            static_cast<void>(written(form, hostile_sample({value}, root)));
            result.push_back(value);
        } catch (const base::Error&) {
        }
    }
    return result;
}

std::string written(std::string_view form, const Snippet& snippet) {
    const auto found = std::ranges::find(forms(), form, &Form::name);
    if (found == forms().end()) {
        throw std::runtime_error(fmt::format("there is no form {}", form));
    }
    return found->write(snippet);
}

}  // namespace rehome::shell
