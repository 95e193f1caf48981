#pragma once

#include "real/tools.hpp"

#include <memory>

namespace rehome::real {

// Somebody who works with the tools of a home all the time, and knows what must come of it. Each
// worker has files of its own to change, so that it can foretell every answer.
class Worker {
public:
    Worker() = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    virtual ~Worker() = default;

    // A handful of commands. Throws std::runtime_error where one fails or answers something wrong.
    virtual void work() = 0;

    // CHECKs that all is there that the commands have made and said. Tools that need nothing but
    // the homes must agree. For the thread of the test.
    virtual void check() const = 0;
};

// Takes new releases from the registry and from git as they appear, and builds from scratch with
// each. It makes them appear.
std::unique_ptr<Worker> make_builder(Tools& tools);

// Installs and uninstalls a program, runs it, logs in and out at the registry 'brookside'.
std::unique_ptr<Worker> make_installer(Tools& tools);

// Installs, updates and uninstalls toolchains and components as they are published, which it does
// itself, and changes the default toolchain.
std::unique_ptr<Worker> make_keeper(Tools& tools);

// Calls rustc itself, as editors do, to compile and link a program: it takes no lock.
std::unique_ptr<Worker> make_compiler(Tools& tools);

}  // namespace rehome::real
