#include "power/reboot.hpp"

#include "base/error.hpp"
#include "journal/record.hpp"
#include "support/copying.hpp"
#include "support/fault_fs.hpp"
#include "support/files.hpp"
#include "tree/manifest.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <variant>

namespace rehome::power {

namespace {

using Files = std::vector<Reborn>;

void translate(std::vector<journal::CopyRecord>& copies, const Files& files) {
    for (journal::CopyRecord& copy : copies) {
        const auto file = std::find_if(files.begin(), files.end(), [&](const Reborn& one) {
            return one.number == copy.inode && one.birth == copy.birth;
        });
        if (file != files.end()) {
            copy.inode = file->now.inode;
            copy.birth = file->now.birth;
        }
    }
}

// A torn line stays as it is.
std::string translated(const std::string& line, const Files& files) {
    std::optional<journal::Record> record = journal::parse_line(line, "the journal");
    const std::string boot = "another";
    if (auto* staged = record ? std::get_if<journal::Staged>(&*record) : nullptr) {
        staged->boot = boot;
        translate(staged->copies, files);
    } else if (auto* copied = record ? std::get_if<journal::Copied>(&*record) : nullptr) {
        copied->boot = boot;
        translate(copied->copies, files);
    } else {
        return line + "\n";
    }
    return journal::to_line(*record);
}

void translate_journal(const std::filesystem::path& path, const Files& files) {
    const std::string text = support::read_file(path);
    std::string changed;
    std::size_t at = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', at)) {
        changed += translated(text.substr(at, end - at), files);
        at = end + 1;
    }
    if (changed += text.substr(at); changed != text) {
        support::write_file(path, changed);
    }
}

void translate(tree::ManifestEntry& entry, const Files& files) {
    const auto file = std::find_if(files.begin(), files.end(), [&](const Reborn& one) {
        return one.number == entry.inode && one.device == entry.device;
    });
    if (file != files.end()) {
        entry.inode = file->now.inode;
        entry.device = file->now.device;
        entry.ctime = entry.ctime == 0 ? 0 : file->now.ctime;
    }
}

void copy_directory(const tree::Manifest& from, tree::ManifestWriter& to,
                    tree::ManifestEntry& directory, const Files& files) {
    std::vector<tree::ManifestEntry> entries = from.entries(directory);
    for (tree::ManifestEntry& entry : entries) {
        translate(entry, files);
        if (entry.type == os::FileType::directory) {
            copy_directory(from, to, entry, files);
        }
    }
    to.add_directory(directory, entries);
}

void translate_manifest(const std::filesystem::path& path, const Files& files) {
    try {
        const std::optional<tree::Manifest> manifest = tree::Manifest::open(path);
        if (!manifest) {
            return;  // torn
        }
        support::FaultFs fs;
        fs.leave_out_syncs();
        const os::Location next = support::at(path.string() + ".translated");
        tree::ManifestEntry root = manifest->root();
        translate(root, files);
        {
            tree::ManifestWriter writer(fs, next);
            copy_directory(*manifest, writer, root, files);
            writer.finish(root, manifest->totals());
        }
        fs.rename_over(next, support::at(path));
    } catch (const base::Error&) {
        std::filesystem::remove(path.string() + ".translated");  // damaged
    }
}

}  // namespace

void translate_notes(const std::vector<Reborn>& files) {
    for (const Reborn& file : files) {
        const std::string name = file.path.filename().string();
        if (name == "journal") {
            translate_journal(file.path, files);
        } else if (name.starts_with("manifest-")) {
            translate_manifest(file.path, files);
        }
    }
}

}  // namespace rehome::power
