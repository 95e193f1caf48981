#include "plan/step_json.hpp"

#include "base/overloaded.hpp"

namespace rehome::plan {

using base::bytes_to_json;
using base::JsonReader;
using base::json::object;

namespace {

EmptyDirectory empty_directory_from_json(const JsonReader& reader) {
    return {mode_from_json(reader), reader.number("mtime")};
}

object to_json(const EmptyDirectory& directory) {
    return {{"mode", directory.mode}, {"mtime", directory.mtime}};
}

Switch switch_from_json(const JsonReader& reader) {
    Switch step{.item = reader.bytes("item"),
                .path = reader.bytes("path"),
                .target = reader.bytes("target"),
                .directory = reader.flag("directory"),
                .regenerable = reader.flag("regenerable"),
                .identity = identity_from_json(reader.object("identity")),
                .replaces = std::nullopt};
    if (const auto replaces = reader.optional_object("replaces")) {
        step.replaces = empty_directory_from_json(*replaces);
    }
    // Journals of format 1 know renames alone.
    if (reader.has("way")) {
        const std::optional<Way> way = way_named(reader.text("way"));
        if (!way) {
            reader.fail("way", "rename, copy or replace");
        }
        step.way = *way;
    }
    if (reader.has("drops")) {
        step.drops = reader.bytes_list("drops");
    }
    step.displaces = reader.has("displaces") && reader.flag("displaces");
    step.compat_link = reader.optional_bytes("compat_link").value_or("");
    return step;
}

object switch_to_json(const Switch& one) {
    base::json::array drops;
    for (const std::string& path : one.drops) {
        drops.push_back(bytes_to_json(path));
    }
    object value{{"do", "switch"},
                 {"item", bytes_to_json(one.item)},
                 {"path", bytes_to_json(one.path.native())},
                 {"target", bytes_to_json(one.target.native())},
                 {"directory", one.directory},
                 {"regenerable", one.regenerable},
                 {"identity", to_json(one.identity)},
                 {"way", name_of(one.way)},
                 {"drops", std::move(drops)}};
    if (one.replaces) {
        value["replaces"] = to_json(*one.replaces);
    }
    if (one.displaces) {
        value["displaces"] = true;
    }
    if (!one.compat_link.empty()) {
        value["compat_link"] = bytes_to_json(one.compat_link.native());
    }
    return value;
}

MakeLink link_from_json(const JsonReader& reader) {
    MakeLink link{reader.bytes("item"), reader.bytes("path"), reader.bytes("target"), {}};
    if (const auto replaces = reader.optional_object("replaces")) {
        link.replaces = empty_directory_from_json(*replaces);
    }
    return link;
}

object link_to_json(const MakeLink& link) {
    object value{{"do", "make_link"},
                 {"item", bytes_to_json(link.item)},
                 {"path", bytes_to_json(link.path.native())},
                 {"target", bytes_to_json(link.target.native())}};
    if (link.replaces) {
        value["replaces"] = to_json(*link.replaces);
    }
    return value;
}

}  // namespace

object to_json(const Identity& identity) {
    return {{"device", identity.device}, {"inode", identity.inode}};
}

Identity identity_from_json(const JsonReader& reader) {
    return {reader.count("device"), reader.count("inode")};
}

std::uint32_t mode_from_json(const JsonReader& reader) {
    const std::uint64_t mode = reader.count("mode");
    if (mode > 07777) {
        reader.fail("mode", "permissions, at most 4095");
    }
    return static_cast<std::uint32_t>(mode);
}

object to_json(const Step& step) {
    return std::visit(base::Overloaded{
                          [](const MakeDirectory& make) -> object {
                              return {{"do", "make_directory"},
                                      {"path", bytes_to_json(make.path.native())},
                                      {"mode", make.mode}};
                          },
                          [](const Tighten& tighten) -> object {
                              return {{"do", "tighten"},
                                      {"path", bytes_to_json(tighten.path.native())},
                                      {"mode", tighten.mode}};
                          },
                          [](const RewriteLink& rewrite) -> object {
                              return {{"do", "rewrite_link"},
                                      {"item", bytes_to_json(rewrite.item)},
                                      {"path", bytes_to_json(rewrite.path.native())},
                                      {"old_text", bytes_to_json(rewrite.old_text)},
                                      {"new_text", bytes_to_json(rewrite.new_text)}};
                          },
                          [](const MakeLink& link) -> object { return link_to_json(link); },
                          [](const RemoveLink& link) -> object {
                              return {{"do", "remove_link"},
                                      {"path", bytes_to_json(link.path.native())},
                                      {"text", bytes_to_json(link.text)}};
                          },
                          [](const RemoveDirectory& remove) -> object {
                              return {{"do", "remove_directory"},
                                      {"path", bytes_to_json(remove.path.native())},
                                      {"mode", remove.mode}};
                          },
                          [](const Switch& one) -> object { return switch_to_json(one); },
                      },
                      step);
}

Step step_from_json(const base::json::value& value, const std::string& where) {
    const JsonReader reader(value, where);
    const std::string kind = reader.text("do");
    if (kind == "make_directory") {
        return MakeDirectory{reader.bytes("path"), mode_from_json(reader)};
    }
    if (kind == "tighten") {
        return Tighten{reader.bytes("path"), mode_from_json(reader)};
    }
    if (kind == "rewrite_link") {
        return RewriteLink{reader.bytes("item"),
                           reader.bytes("path"),
                           reader.bytes("old_text"),
                           reader.bytes("new_text")};
    }
    if (kind == "make_link") {
        return link_from_json(reader);
    }
    if (kind == "remove_link") {
        return RemoveLink{reader.bytes("path"), reader.bytes("text")};
    }
    if (kind == "remove_directory") {
        return RemoveDirectory{reader.bytes("path"), mode_from_json(reader)};
    }
    if (kind == "switch") {
        return switch_from_json(reader);
    }
    reader.fail(
        "do",
        "make_directory, tighten, rewrite_link, make_link, remove_link, remove_directory or "
        "switch");
}

}  // namespace rehome::plan
