#include "journal/pointer.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

namespace rehome::journal {

namespace {

constexpr const char* staging_name = ".rehome-new";

}  // namespace

std::optional<Pointer> read_pointer(const os::ReadFs& fs, const std::filesystem::path& home) {
    const std::filesystem::path path = home / pointer_name;
    const std::optional<std::string> text = fs.read(path);
    if (!text) {
        return std::nullopt;
    }
    try {
        const base::json::value value = base::parse_json(*text);
        const base::JsonReader reader(value, base::in_quotes(path.native()));
        return Pointer{reader.text("id"), reader.bytes("journal")};
    } catch (base::Error& error) {
        error.set_kind(base::Kind::attention);
        error.set_help(fmt::format("rename {} to another name: `rehome rollback` works without it",
                                   base::in_quotes(path.native())));
        throw;
    }
}

void write_pointer(os::Fs& fs, const os::Directory& home, const Pointer& pointer) {
    const os::Location staging{home, staging_name};
    fs.remove_file(staging);  // of a run that was killed here
    {
        os::AppendFile file = fs.open_for_append(staging, os::Open::create_new);
        fs.append(file,
                  base::pretty_json(base::json::object{
                      {"about", "rehome split this home; `rehome rollback` puts it back"},
                      {"id", pointer.id},
                      {"journal", base::bytes_to_json(pointer.journal.native())}}));
        fs.sync(file);
    }
    fs.rename_over(staging, {home, pointer_name});
}

void remove_pointer(os::Fs& fs, const os::Directory& home) {
    fs.remove_file({home, staging_name});
    fs.remove_file({home, pointer_name});
}

}  // namespace rehome::journal
