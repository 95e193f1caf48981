#include "power/disk.hpp"

#include "base/digest.hpp"
#include "power/reboot.hpp"
#include "support/copying.hpp"
#include "support/files.hpp"

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <utility>

namespace rehome::power {

namespace fs = std::filesystem;

namespace {

class Reader {
public:
    explicit Reader(Disk& disk) : disk_(disk) {}

    InodeId read(const fs::path& path) {
        const os::FileInfo info = support::info_of(path);
        const auto [known, is_new] =
            known_.try_emplace({info.device, info.inode}, disk_.inodes.size());
        const InodeId id = known->second;
        if (!is_new) {
            return id;
        }
        disk_.inodes.push_back({.type = info.type,
                                .mode = info.mode,
                                .mtime = info.mtime,
                                .device = info.device,
                                .number = info.inode,
                                .birth = info.birth});
        switch (info.type) {
            case os::FileType::file: disk_.inodes[id].content = support::read_file(path); break;
            case os::FileType::symlink: disk_.inodes[id].content = fs::read_symlink(path); break;
            case os::FileType::directory:
                for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
                    const InodeId inner = read(entry.path());
                    disk_.inodes[id].entries.emplace(entry.path().filename().string(), inner);
                }
                break;
            case os::FileType::other: throw std::runtime_error("cannot hold " + path.string());
        }
        return id;
    }

private:
    Disk& disk_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, InodeId> known_;
};

class Teller {
public:
    explicit Teller(const Disk& disk) : disk_(disk) {}

    void tell(InodeId id, const std::string& name) {
        const Inode& inode = disk_.inodes[id];
        const auto [place, is_new] = names_.try_emplace(id, names_.size());
        text += fmt::format("{} {} {} {:o} {} {}\n",
                            name,
                            place->second,
                            static_cast<int>(inode.type),
                            inode.mode,
                            inode.mtime.value_or(-1),
                            base::to_hex(base::digest_of(inode.content)));
        if (is_new) {
            for (const auto& [inner_name, inner] : inode.entries) {
                tell(inner, inner_name);
            }
            text += "up\n";
        }
    }

    std::string text;

private:
    const Disk& disk_;
    std::map<InodeId, std::size_t> names_;
};

class Writer {
public:
    explicit Writer(const Disk& disk) : disk_(disk) {}

    void write(const Root& root) {
        for (const fs::directory_entry& entry : fs::directory_iterator(root.path)) {
            fs::remove_all(entry.path());
        }
        fill(root.inode, root.path);
    }

    // Last, for everything else changes them.
    void set_times() {
        for (const auto& [id, path] : paths_) {
            if (disk_.inodes[id].mtime) {
                support::set_mtime(path, *disk_.inodes[id].mtime);
            }
        }
    }

    [[nodiscard]] const std::map<InodeId, fs::path>& paths() const { return paths_; }

private:
    void make(InodeId id, const fs::path& path) {
        const Inode& inode = disk_.inodes[id];
        const auto [first, is_new] = paths_.try_emplace(id, path);
        if (!is_new) {
            fs::create_hard_link(first->second, path);
            return;
        }
        switch (inode.type) {
            case os::FileType::symlink: fs::create_symlink(inode.content, path); return;
            case os::FileType::directory:
                fs::create_directory(path);
                fill(id, path);
                break;
            default: support::write_file(path, inode.content); break;
        }
        support::set_mode(path, inode.mode);
    }

    void fill(InodeId id, const fs::path& path) {
        paths_.emplace(id, path);
        for (const auto& [name, inner] : disk_.inodes[id].entries) {
            make(inner, path / name);
        }
    }

    const Disk& disk_;
    std::map<InodeId, fs::path> paths_;  // the first of each
};

}  // namespace

Disk Disk::read(const std::vector<fs::path>& roots) {
    Disk disk;
    Reader reader(disk);
    for (const fs::path& root : roots) {
        disk.roots.push_back({root, reader.read(root)});
    }
    return disk;
}

std::uint64_t Disk::fingerprint() const {
    Teller teller(*this);
    for (const Root& root : roots) {
        teller.tell(root.inode, root.path.string());
    }
    return base::digest_of(teller.text).low;
}

void write(const Disk& disk) {
    Writer writer(disk);
    for (const Root& root : disk.roots) {
        writer.write(root);
    }
    writer.set_times();
    std::vector<Reborn> all;
    for (const auto& [id, path] : writer.paths()) {
        const Inode& inode = disk.inodes[id];
        all.push_back({inode.device, inode.number, inode.birth, support::info_of(path), path});
    }
    translate_notes(all);
    writer.set_times();
}

}  // namespace rehome::power
