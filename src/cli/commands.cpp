#include "cli/commands.hpp"

namespace rehome::cli {

const std::vector<Command>& commands() {
    static const std::vector<Command> all{
        migrate_command(),
        rollback_command(),
        resume_command(),
        status_command(),
        doctor_command(),
        repair_command(),
        uninstall_check_command(),
        history_command(),
        forget_command(),
        print_env_command(),
        env_command(),
        dirs_command(),
        rules_command(),
    };
    return all;
}

}  // namespace rehome::cli
