#include "base/error.hpp"
#include "plan/plan_json.hpp"
#include "support/files.hpp"
#include "support/migration.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace rehome;

TEST_CASE("a plan survives its JSON form", "[plan]") {
    support::Migration home("realistic");
    home.request.selection.exclude = {"cargo/git"};
    home.request.wishes.bases[rules::Category::cache] = (home / "\xFF-cache").string();
    home.request.wishes.bin = (home / "programs").string();
    home.request.homes = {rust::HomeName::cargo, rust::HomeName::rustup};
    home.request.offline = true;
    home.request.drop_regenerable = true;
    home.request.keep_originals = true;
    home.request.verify = plan::Verify::disk;
    plan::Plan plan = home.plan();
    REQUIRE(plan.changes_something());
    auto& last = std::get<plan::Switch>(plan.steps.back());
    last.way = plan::Way::replace;
    last.drops = {"src", "\xFF"};
    plan.parted = {"rustup/tmp"};
    plan.items.front().way = plan::Way::copy;
    plan.items.front().fate = plan::Fate::move;
    plan.items.front().filesystem = "/disk";
    plan.items.front().dropped = tree::TreeSize{.bytes = 5, .files = 2};
    const std::string text = base::json::serialize(plan::to_json(plan));
    const plan::Plan again = plan::plan_from_json(base::parse_json(text), "test");
    CHECK(again.items == plan.items);
    CHECK(again.steps == plan.steps);
    CHECK(again.homes == plan.homes);
    CHECK(again.directories == plan.directories);
    CHECK(again.parted == plan.parted);
    CHECK(again.findings == plan.findings);
    CHECK(again.request.selection == plan.request.selection);
    CHECK(again.request.wishes.bases == plan.request.wishes.bases);
    CHECK(again.request.wishes.bin == plan.request.wishes.bin);
    CHECK(base::json::serialize(plan::to_json(again)) == text);
}

TEST_CASE("a plan file with a member missing or wrong is refused with its name", "[plan]") {
    const support::Migration home;
    base::json::object json = plan::to_json(home.plan());
    const auto message_of = [](const base::json::object& document) -> std::string {
        try {
            plan::plan_from_json(document, "plan file 'p'");
        } catch (const base::Error& error) {
            return error.what();
        }
        return "no error";
    };
    CHECK(message_of(json) == "no error");
    base::json::object wrong = json;
    wrong.erase("steps");
    CHECK(message_of(wrong) == "plan file 'p': 'steps' is missing");
    wrong = json;
    wrong["items"].as_array()[0].as_object()["fate"] = "fly";
    CHECK(message_of(wrong) == "plan file 'p', in 'items': 'fate' must be a known word");
    wrong = json;
    wrong["steps"].as_array()[0].as_object()["do"] = "copy";
    CHECK(message_of(wrong).find("'do' must be make_directory") != std::string::npos);
    wrong = json;
    wrong["items"].as_array()[0].as_object()["path"] = std::string("/a\0b", 4);
    CHECK(message_of(wrong).find("'path' must be a string or") != std::string::npos);
}

TEST_CASE("what a plan file says is not taken for something else", "[plan]") {
    const support::Migration home;
    const plan::Plan plan = home.plan();
    const auto moves = std::ranges::find(plan.items, plan::Fate::move, &plan::PlannedItem::fate);
    const auto moving = static_cast<std::size_t>(moves - plan.items.begin());
    const auto message_with = [&](const char* list,
                                  std::size_t index,
                                  const char* member,
                                  const base::json::value& value) -> std::string {
        base::json::object json = plan::to_json(plan);
        json[list].as_array().at(index).as_object()[member] = value;
        try {
            plan::plan_from_json(json, "p");
        } catch (const base::Error& error) {
            return error.what();
        }
        return "no error";
    };
    CHECK(message_with("homes", 0, "mode", 4294967296 + 0700) ==
          "p, in 'homes': 'mode' must be permissions, at most 4095");
    CHECK(message_with("homes", 0, "mode", 010000) ==
          "p, in 'homes': 'mode' must be permissions, at most 4095");
    CHECK(message_with("items", moving, "how", "fly") ==
          "p, in 'items': 'how' must be rename, copy or replace");
    CHECK(message_with("items", moving, "fate", "kept") == "p, in 'items': 'how' must be none");

    base::json::object json = plan::to_json(plan);
    plan::Finding finding{plan::Severity::stop, "code", "/", "text", "help"};
    json["findings"] = base::json::array{plan::to_json(finding)};
    CHECK(plan::plan_from_json(json, "p").findings == std::vector{finding});
    json["findings"].as_array()[0].as_object()["severity"] = "Stop";
    CHECK_THROWS_WITH(plan::plan_from_json(json, "p"),
                      "p, in 'findings': 'severity' must be a known word");
}

TEST_CASE("a journal from before the copies knows renames alone", "[plan]") {
    const support::Migration home;
    base::json::object json = plan::to_json(home.plan());
    for (const char* name : {"offline", "drop_regenerable", "keep_originals", "verify"}) {
        json["request"].as_object().erase(name);
    }
    json.erase("parted");
    for (base::json::value& step : json["steps"].as_array()) {
        step.as_object().erase("way");
        step.as_object().erase("drops");
    }
    for (base::json::value& item : json["items"].as_array()) {
        item.as_object().erase("filesystem");
    }
    const plan::Plan plan = plan::plan_from_json(json, "test");
    CHECK(plan.steps == home.plan().steps);
    CHECK(plan.items == home.plan().items);
    CHECK(plan.request.verify == plan::Verify::full);
    CHECK_FALSE(plan.request.keep_originals);
}
