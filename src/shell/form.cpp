#include "shell/form.hpp"

#include <fmt/format.h>

namespace rehome::shell {

namespace {

std::vector<Form> all_forms() {
    std::vector<Form> all;
    for (const Dialect& dialect : dialects()) {
        all.push_back(shell_form(dialect));
    }
    all.insert(all.end(),
               {direnv_form(),
                environment_d_form(),
                launchd_form(),
                windows_user_form(),
                vscode_form(),
                jetbrains_form(),
                dockerfile_form(),
                devcontainer_form(),
                github_actions_form(),
                tmpfiles_form()});
    for (Form& form : backup_excludes_forms()) {
        all.push_back(std::move(form));
    }
    all.push_back(time_machine_form());
    return all;
}

}  // namespace

const std::vector<Form>& forms() {
    static const std::vector<Form> all = all_forms();
    return all;
}

Form shell_form(const Dialect& dialect) {
    return {.name = std::string(dialect.name),
            .about = "the shell's start-up file",
            .use = Use::start_up,
            .write = [shell = dialect.shell](const Snippet& snippet) {
                return render(shell, snippet);
            }};
}

}  // namespace rehome::shell
