# summary.awk RESULTS.xml: the end of `./x test`, from ctest's JUnit file: each skipped test with its
# reason, each failed one, and the count as the last line. Fails unless tests passed and none failed.

function plain(text) {
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&apos;/, "'", text)
    gsub(/&amp;/, "\\&", text)
    return text
}

function attribute(name) {
    if (!match($0, " " name "=\"[^\"]*\"")) return ""
    return plain(substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4))
}

/<testcase / {
    name = attribute("name")
    status = attribute("status")
    skip = status == "disabled"
    broken = 0
    reason = ""
}

# ctest says "notrun" of a skipped test and of one that it could not start.
/<skipped message="SKIP_/ { skip = 1 }

# To ctest a test that printed SKIPPED is skipped even if it failed as well.
/FAILED:|ERROR: [A-Za-z]+Sanitizer/ { broken = 1 }

/SKIPPED: / && reason == "" {
    reason = $0
    sub(/.*SKIPPED: /, "", reason)
    sub(/<\/system-out>.*/, "", reason)
    reason = plain(reason)
}

/<\/testcase>/ {
    if (status == "run") {
        ++passed
    } else if (skip && !broken) {
        ++skipped
        print "skipped: " name ": " (reason == "" ? "disabled" : reason)
    } else {
        ++failed
        failures = failures "failed: " name (broken && skip ? " (said SKIPPED, too)" : "") "\n"
    }
}

END {
    printf "%s", failures
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit !(passed > 0 && failed == 0)
}
