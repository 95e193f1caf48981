#include "os/tree_users.hpp"

#include "base/error.hpp"
#include "os/directory.hpp"
#include "os/mounts.hpp"
#include "os/process_table.hpp"
#include "os/read_fs.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

// What a process holds is named by links and lines in /proc/PID, which are compared as text with
// the places where the trees are seen ("sights"). In our mount namespace a tree is seen at its own
// path and in every bind mount of it. In another one its own path means nothing: there each mount
// of the tree's filesystem shows the tree if the mount's root is the tree or above it, and a part
// of the tree if its root is below.

namespace rehome::os {

namespace {

enum class Use { reads, writes };

struct Sight {
    std::string place;
    std::size_t tree = 0;
};

// What a mount namespace shows of the trees.
struct View {
    std::vector<Sight> sights;
    std::vector<std::pair<Sight, Use>> mounts;  // those that show nothing else
};

// A tree as its filesystem knows it.
struct Inside {
    std::string device;
    std::string path;
};

// One of /proc/PID, or of its threads.
struct Process {
    int id = 0;
    Directory directory;
};

constexpr std::string_view deleted = " (deleted)";

// "/" as the empty text: then every path is what is above it, a slash and more.
std::string without_root(const std::filesystem::path& path) {
    return path == "/" ? std::string() : path.native();
}

bool is_at_or_below(std::string_view path, std::string_view place) {
    if (!path.starts_with(place)) {
        return false;
    }
    path.remove_prefix(place.size());
    return path.empty() || path.front() == '/' || path == deleted;
}

std::string without_deleted(std::string_view path) {
    if (path.ends_with(deleted)) {
        path.remove_suffix(deleted.size());
    }
    return std::string(path);
}

// Processes go while we look, and others' are hidden: both are "not there".
std::optional<Directory> open_quietly(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return descriptor < 0 ? std::nullopt : std::optional(Directory(descriptor, path));
}

std::optional<std::string> read_link_quietly(const Directory& directory, const char* name) {
    std::array<char, PATH_MAX> text;  // not cleared: there are thousands of calls
    const ssize_t length = ::readlinkat(directory.descriptor(), name, text.data(), text.size());
    return length < 0 ? std::nullopt
                      : std::optional<std::string>(
                            std::in_place, text.data(), static_cast<std::size_t>(length));
}

std::string read_quietly(const std::filesystem::path& path) {
    try {
        return ReadFs().read(path).value_or("");
    } catch (const base::Error&) {
        return "";
    }
}

std::vector<Entry> list_quietly(const std::optional<Directory>& directory) {
    try {
        return directory ? ReadFs().list(*directory) : std::vector<Entry>();
    } catch (const base::Error&) {
        return {};
    }
}

std::optional<FileInfo> look_quietly(const std::filesystem::path& path) {
    try {
        return ReadFs().look(path);
    } catch (const base::Error&) {
        return std::nullopt;
    }
}

// The owner's bits of a link in /proc/PID/fd say for what the file is open (proc(5)).
Use use_of_descriptor(const Directory& table, const char* name) {
    struct stat status {};

    const bool known = ::fstatat(table.descriptor(), name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    return known && (status.st_mode & S_IWUSR) != 0 ? Use::writes : Use::reads;
}

// A process whose first thread has ended shows nothing of its own, but its other threads live on.
std::optional<Process> open_process(int id) {
    std::optional<Directory> directory = open_quietly(fmt::format("/proc/{}", id));
    if (!directory) {
        return std::nullopt;
    }
    if (!read_link_quietly(*directory, "cwd")) {
        for (const Entry& thread : list_quietly(open_quietly(*directory / "task"))) {
            std::optional<Directory> other = open_quietly(*directory / "task" / thread.name);
            if (other && read_link_quietly(*other, "cwd")) {
                return Process{id, *std::move(other)};
            }
        }
    }
    return Process{id, *std::move(directory)};
}

std::string name_of(const Process& process) {
    if (const auto executable = read_link_quietly(process.directory, "exe")) {
        return std::filesystem::path(without_deleted(*executable)).filename().string();
    }
    std::string name = read_quietly(process.directory / "comm");
    if (name.ends_with('\n')) {
        name.pop_back();
    }
    return name;
}

bool shows(const View& view, std::string_view path) {
    return std::ranges::any_of(
        view.sights, [&](const Sight& sight) { return is_at_or_below(path, sight.place); });
}

Inside inside_of(const std::filesystem::path& tree, const std::vector<Mount>& mounts) {
    const std::optional<FileInfo> info = look_quietly(tree);
    if (!info) {
        return {};
    }
    const auto mount = std::ranges::find(mounts, info->mount_id, &Mount::id);
    const std::string point = mount == mounts.end() ? "" : without_root(mount->point);
    if (mount == mounts.end() || !is_at_or_below(tree.native(), point)) {
        return {};
    }
    return {mount->device, without_root(mount->root) + without_root(tree).substr(point.size())};
}

class Search {
public:
    explicit Search(const std::vector<std::filesystem::path>& trees);
    void look_into(const Process& process);

    [[nodiscard]] const std::vector<TreeUser>& users() const { return users_; }

private:
    [[nodiscard]] View view_of(const std::vector<Mount>& mounts, const std::string& root) const;
    [[nodiscard]] bool is_ours(const Mount& mount) const;
    [[nodiscard]] bool is_on_our_mount(const Process& process, const std::string& descriptor) const;
    const View& enter(const Process& process, const std::string& name_space);
    void look_at_mounts(const Process& process);
    void look_at_descriptors(const Process& process, const View& view);
    void look_at_mappings(const Process& process, const View& view);
    void add_if_seen(const Process& process, const View& view, std::string_view path, Use use);
    void add(const Process& process, std::size_t tree, std::string_view what, Use use);

    std::string name_space_;
    std::string mount_text_;
    std::vector<Mount> mounts_;
    std::vector<Inside> inside_;
    View view_;
    std::map<std::string, View> views_;  // by namespace and root; or, where hidden, by mountinfo
    std::vector<TreeUser> users_;
};

Search::Search(const std::vector<std::filesystem::path>& trees)
    : mount_text_(read_quietly("/proc/self/mountinfo")), mounts_(parse_mounts(mount_text_)) {
    if (const std::optional<Directory> self = open_quietly("/proc/self")) {
        name_space_ = read_link_quietly(*self, "ns/mnt").value_or("");
    }
    for (const std::filesystem::path& tree : trees) {
        inside_.push_back(inside_of(tree, mounts_));
    }
    view_ = view_of(mounts_, "");
    for (std::size_t tree = 0; tree < trees.size(); ++tree) {
        view_.sights.push_back({without_root(trees[tree]), tree});
    }
}

View Search::view_of(const std::vector<Mount>& mounts, const std::string& root) const {
    View view;
    for (const Mount& mount : mounts) {
        const std::string top = without_root(mount.root);
        const std::string point = root + without_root(mount.point);
        for (std::size_t tree = 0; tree < inside_.size(); ++tree) {
            const Inside& inside = inside_[tree];
            if (mount.device != inside.device) {
                continue;
            }
            if (is_at_or_below(top, inside.path)) {
                view.sights.push_back({point, tree});
                if (!is_ours(mount)) {
                    const Use use = mount.has_option("ro") ? Use::reads : Use::writes;
                    view.mounts.push_back({{point, tree}, use});
                }
            } else if (is_at_or_below(inside.path, top)) {
                view.sights.push_back({point + inside.path.substr(top.size()), tree});
            }
        }
    }
    return view;
}

// A new namespace starts with a copy of every mount: that alone is no use of ours.
bool Search::is_ours(const Mount& mount) const {
    return std::ranges::any_of(mounts_, [&](const Mount& own) {
        return own.device == mount.device && own.root == mount.root && own.point == mount.point;
    });
}

void Search::look_into(const Process& process) {
    const std::optional<std::string> name_space = read_link_quietly(process.directory, "ns/mnt");
    if (!name_space) {
        look_at_mounts(process);
        return;
    }
    const View& view = *name_space == name_space_ ? view_ : enter(process, *name_space);
    // A program that is being started has its name before its mappings.
    for (const char* link : {"cwd", "root", "exe"}) {
        if (const auto path = read_link_quietly(process.directory, link)) {
            add_if_seen(process, view, *path, Use::reads);
        }
    }
    look_at_descriptors(process, view);
    if (!view.sights.empty()) {
        look_at_mappings(process, view);
    }
}

// The view of another namespace. Its mountinfo names places as seen from the process's root, all
// else in /proc as seen from the namespace's: a process in a chroot has one above the other.
const View& Search::enter(const Process& process, const std::string& name_space) {
    const std::string root = read_link_quietly(process.directory, "root").value_or("/");
    const auto [view, is_new] = views_.try_emplace(name_space + root);
    if (is_new) {
        view->second = view_of(parse_mounts(read_quietly(process.directory / "mountinfo")),
                               without_root(root));
        for (const auto& [mount, use] : view->second.mounts) {
            add(process, mount.tree, mount.place, use);
        }
    }
    return view->second;
}

// Of a process that we may not look into the mounts are still public: a container that runs as
// root with an item mounted. Kernel threads (no command line) have no mounts of their own.
void Search::look_at_mounts(const Process& process) {
    if (read_quietly(process.directory / "cmdline").empty()) {
        return;
    }
    const std::string text = read_quietly(process.directory / "mountinfo");
    if (text == mount_text_ || !views_.try_emplace(text).second) {
        return;
    }
    for (const auto& [mount, use] : view_of(parse_mounts(text), "").mounts) {
        add(process, mount.tree, mount.place, use);
    }
}

// A process may have taken a descriptor of ours along into its own namespace.
void Search::look_at_descriptors(const Process& process, const View& view) {
    const std::optional<Directory> table = open_quietly(process.directory / "fd");
    for (const Entry& entry : list_quietly(table)) {
        const char* name = entry.name.c_str();
        const std::string path = read_link_quietly(*table, name).value_or("");
        if (shows(view, path)) {
            add_if_seen(process, view, path, use_of_descriptor(*table, name));
        } else if (shows(view_, path) && is_on_our_mount(process, entry.name)) {
            add_if_seen(process, view_, path, use_of_descriptor(*table, name));
        }
    }
}

bool Search::is_on_our_mount(const Process& process, const std::string& descriptor) const {
    const std::string text = read_quietly(process.directory / "fdinfo" / descriptor);
    constexpr std::string_view label = "mnt_id:";
    const std::size_t at = text.find(label);
    const std::string_view rest = std::string_view(text).substr(std::min(at, text.size()));
    const std::size_t digits = rest.find_first_of("0123456789");
    std::uint64_t id = 0;
    if (digits == std::string_view::npos) {
        return false;
    }
    std::from_chars(rest.data() + digits, rest.data() + rest.size(), id);
    return std::ranges::find(mounts_, id, &Mount::id) != mounts_.end();
}

void Search::look_at_mappings(const Process& process, const View& view) {
    const std::string text = read_quietly(process.directory / "maps");
    std::string_view last;
    for (std::string_view rest = text; !rest.empty();) {
        // "7f00-7f10 rw-s 00000000 fe:00 1234    /a path", in which only a newline is escaped.
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const std::size_t rights = line.find(' ') + 1;
        const std::size_t start = line.find('/');
        if (start == std::string_view::npos || start < rights + 4) {
            continue;
        }
        const bool writes = line[rights + 1] == 'w' && line[rights + 3] == 's';
        const std::string_view name = line.substr(start);
        if (name == last && !writes) {
            continue;
        }
        last = name;
        std::string path(name);
        for (std::size_t at = 0; (at = path.find("\\012", at)) != std::string::npos; ++at) {
            path.replace(at, 4, "\n");
        }
        add_if_seen(process, view, path, writes ? Use::writes : Use::reads);
    }
}

void Search::add_if_seen(const Process& process, const View& view, std::string_view path, Use use) {
    for (const Sight& sight : view.sights) {
        if (is_at_or_below(path, sight.place)) {
            add(process, sight.tree, path, use);
        }
    }
}

void Search::add(const Process& process, std::size_t tree, std::string_view what, Use use) {
    const bool writes = use == Use::writes;
    const auto known = std::ranges::find_if(
        users_, [&](const TreeUser& user) { return user.id == process.id && user.tree == tree; });
    if (known == users_.end()) {
        users_.push_back({process.id, name_of(process), tree, writes, without_deleted(what)});
    } else if (writes && !known->writes) {
        known->writes = true;
        known->what = without_deleted(what);
    }
}

}  // namespace

std::vector<TreeUser> users_of(const std::vector<std::filesystem::path>& trees) {
    if (trees.empty()) {
        return {};
    }
    Search search(trees);
    for (const int id : other_processes()) {
        if (const std::optional<Process> process = open_process(id)) {
            search.look_into(*process);
        }
    }
    return search.users();
}

}  // namespace rehome::os
