#include "shell/rc_change.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "shell/rc_block.hpp"
#include "shell/rc_swap.hpp"

#include <fmt/format.h>

#include <list>

namespace rehome::shell {

namespace {

using base::Error;
using base::in_quotes;
using base::Kind;

// What a run that was cut off has left: what was being written can always go, what was aside only
// if the file has the same to say.
bool finds_leftovers(const os::ReadFs& fs, const RcFile& file) {
    const std::filesystem::path aside = aside_of(file);
    const std::optional<os::FileInfo> info = fs.look(aside);
    if (!info) {
        return fs.look(staging_of(file)) || fs.look(copy_of(file));
    }
    const std::optional<std::string> text =
        info->type == os::FileType::file ? fs.read(aside) : std::nullopt;
    if (!text ||
        without_block(*text, aside.native()) != without_block(file.text, file.path.native())) {
        throw Error(Kind::refused,
                    fmt::format("{} is left of a run that was cut off, and does not hold the same "
                                "as {}; nothing was changed",
                                in_quotes(aside.native()),
                                in_quotes(file.path.native())),
                    "take from it what you need, remove it, and run this again");
    }
    return true;
}

void put_back(std::list<RcSwap>& swaps, Error& error) {
    bool all = true;
    for (auto swap = swaps.rbegin(); swap != swaps.rend(); ++swap) {
        try {
            swap->put_back();
        } catch (const Error& other) {
            all = false;
            error.add_context(fmt::format("then while putting back: {}", other.what()));
        }
    }
    if (all) {
        error.add_context("every start-up file is as it was");
    } else {
        error.set_kind(Kind::attention);
        error.set_help("run `rehome env install` or `rehome env uninstall` again: either finishes");
    }
}

}  // namespace

bool is_aside(const os::ReadFs& fs, const RcFile& file) {
    const std::optional<os::FileInfo> info = fs.look(aside_of(file));
    return !file.info && info && info->type == os::FileType::file;
}

void bring_back(os::Fs& fs, const RcFile& file) {
    const os::Directory directory = fs.open(file.real.parent_path());
    const os::Renamed renamed = fs.rename_new({directory, aside_of(file).filename().string()},
                                              {directory, file.real.filename().string()});
    if (renamed != os::Renamed::done) {
        throw Error(Kind::refused,
                    fmt::format("{} was made by somebody else meanwhile; that was kept",
                                in_quotes(file.path.native())),
                    "run it again");
    }
    fs.sync_directories({directory});
}

RcChange plan_install(const os::ReadFs& fs, const RcFile& file, std::string_view lines) {
    const std::string& name = file.path.native();
    RcChange change{.file = file, .has_leftovers = finds_leftovers(fs, file)};
    change.text = with_block(
        file.text,
        lines,
        {.was_there = file.info.has_value(), .directories_made = file.directories_missing},
        name);
    if (!file.info) {
        change.kind = RcChange::Kind::create;
    } else if (!find_block(file.text, name)) {
        change.kind = RcChange::Kind::insert;
    } else if (change.text != file.text) {
        change.kind = RcChange::Kind::replace;
    }
    return change;
}

RcChange plan_uninstall(const os::ReadFs& fs, const RcFile& file) {
    const std::string& name = file.path.native();
    RcChange change{.file = file, .has_leftovers = finds_leftovers(fs, file)};
    change.text = without_block(file.text, name);
    if (const std::optional<RcBlock> block = find_block(file.text, name)) {
        change.kind = change.text.empty() && !block->origin.was_there ? RcChange::Kind::remove_file
                                                                      : RcChange::Kind::remove;
    } else if (file.info && holds(fs, backup_of(file), file.text)) {
        change.has_leftovers = true;
    }
    return change;
}

std::vector<std::string> change_all(os::Fs& fs, const std::vector<RcChange>& changes) {
    std::list<RcSwap> swaps;
    try {
        for (const RcChange& change : changes) {
            if (change.kind != RcChange::Kind::none) {
                swaps.emplace_back(fs, change).prepare();
            }
        }
        for (RcSwap& swap : swaps) {
            swap.put_in_place();
        }
        for (RcSwap& swap : swaps) {
            swap.sync();
        }
    } catch (Error& error) {
        put_back(swaps, error);
        throw;
    }
    std::vector<std::string> left;
    const auto try_to = [&](const auto& step) {
        try {
            step();
        } catch (const Error& error) {
            left.emplace_back(error.what());
        }
    };
    for (RcSwap& swap : swaps) {
        try_to([&] {
            for (std::string& one : swap.clean()) {
                left.push_back(std::move(one));
            }
        });
    }
    for (const RcChange& change : changes) {
        if (change.kind == RcChange::Kind::none && change.has_leftovers) {
            try_to([&] { RcSwap(fs, change).tidy(); });
        }
    }
    return left;
}

}  // namespace rehome::shell
