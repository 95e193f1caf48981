#pragma once

#include "real/rust_home.hpp"
#include "support/temp_dir.hpp"

#include <set>
#include <string>

namespace rehome::real {

// HOME as it is when the object is made; it can be made so again. What lies outside of HOME is not
// kept.
class KeptHome {
public:
    explicit KeptHome(const RustHome& rust);

    void restore() const;

private:
    const RustHome& rust_;
    support::TempDir copies_;
};

// A script for sh, which stands in HOME and finds cargo and rustup first in PATH.
support::Command script(const RustHome& rust, const std::string& text);

// The text of such a script that runs RustHome::installer().
std::string installer_script(const RustHome& rust);

// Both outputs, with HOME written as ~.
std::string said(const RustHome& rust, const support::CommandResult& result);

// The codes of what the doctor finds.
std::set<std::string> doctor_codes(const RustHome& rust);

}  // namespace rehome::real
