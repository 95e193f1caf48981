#include "real/loss.hpp"

#include <catch2/catch.hpp>

namespace rehome::real {
namespace {

// Where links lead, whether anything is there or not.
std::vector<std::string> texts(std::vector<std::string> links) {
    for (std::string& link : links) {
        link = link.substr(0, link.find(" (dangling)"));
    }
    return links;
}

void check_loss(const RustHome& rust, const KeptHome& home, const Loss& loss) {
    INFO(loss.damage);
    const std::vector<std::string> links = texts(compat_links(rust));
    const auto lose = [&] {
        home.restore();
        succeed(script(rust, loss.damage));
    };
    lose();
    {
        INFO("before the repair");
        check_command(rust, loss.command, loss.before);
    }
    // What has worked is done; a command that failed is repeated on what it left.
    if (loss.before.exit_code == 0) {
        lose();
    }
    rust.run("rehome", {"repair", "--apply", "--yes"});
    INFO("after the repair");
    check_command(rust, loss.command, loss.after);
    CHECK(texts(compat_links(rust)) == links);
    CHECK(doctor_codes(rust) == loss.left);
}

}  // namespace

void check_command(const RustHome& rust, const std::string& command, const Outcome& expected) {
    const support::CommandResult result = support::run(script(rust, command));
    const std::string text = said(rust, result);
    INFO(command << "\n" << text);
    CHECK(result.exit_code == expected.exit_code);
    for (const std::string& part : expected.says) {
        CHECK_THAT(text, Catch::Matchers::Contains(part));
    }
}

void check_losses(const RustHome& rust, const std::vector<Loss>& losses) {
    const KeptHome home(rust);
    for (const Loss& loss : losses) {
        check_loss(rust, home, loss);
    }
    home.restore();
}

}  // namespace rehome::real
