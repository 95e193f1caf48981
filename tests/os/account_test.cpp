#include "os/account.hpp"

#include <catch2/catch.hpp>

using rehome::os::is_private_group;

TEST_CASE("a group is private if no other account can be in it", "[os]") {
    const std::string passwd = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n"
                               "bob:x:1001:100::/home/bob:/bin/sh\n";
    const std::string groups = "root:x:0:\nann:x:1000:\nusers:x:100:\nstaff:x:50:ann,bob\n";
    CHECK(is_private_group(1000, 1000, passwd, groups));
    CHECK_FALSE(is_private_group(100, 1000, passwd, groups));   // bob's own group
    CHECK_FALSE(is_private_group(50, 1000, passwd, groups));    // others are members
    CHECK_FALSE(is_private_group(1000, 1000, "", groups));      // an account we cannot see
    CHECK_FALSE(is_private_group(4242, 1000, passwd, groups));  // a group we cannot see
}
