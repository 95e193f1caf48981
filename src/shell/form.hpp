#pragma once

#include "shell/dialect.hpp"
#include "shell/snippet.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rehome::shell {

// When the text is asked for: at every start of a shell, where failing would be in the way and
// what a form cannot say is left out with a comment; or once, for a file that has to be right.
enum class Use { start_up, once };

// Something that print-env can write for: a shell, or another program that takes variables or
// paths.
struct Form {
    std::string name;
    std::string about;  // who reads it
    Use use = Use::once;
    // Throws Error(usage), of one for once, for what it has no way to write.
    std::function<std::string(const Snippet&)> write;
    // What to do with the text, of a form that has no comments: the others open with one that
    // shows it, and hold the notes.
    std::string advice = {};
};

// All of them, in the order in which they are listed to a person.
const std::vector<Form>& forms();

Form shell_form(const Dialect& dialect);
Form environment_d_form();
Form launchd_form();
Form windows_user_form();
Form vscode_form();
Form jetbrains_form();
Form dockerfile_form();
Form devcontainer_form();
Form github_actions_form();
Form direnv_form();
Form tmpfiles_form();
Form time_machine_form();
// For restic, borg, rsync and tar.
std::vector<Form> backup_excludes_forms();

}  // namespace rehome::shell
