#include "plan/copy_checks.hpp"

#include "base/utf8.hpp"
#include "base/word.hpp"
#include "plan/way.hpp"

#include <fmt/format.h>

namespace rehome::plan {

using base::in_quotes;

namespace {

class CopyChecker {
public:
    CopyChecker(const Inventory& inventory, const Request& request)
        : inventory_(inventory), request_(request) {}

    std::vector<Finding> check() {
        for (const Item* item : moving_items(inventory_)) {
            const Way way = way_of(inventory_, *item, request_);
            if (item->lower_layer && way != Way::replace) {
                refuse_lower_layer(*item);
            } else if (way == Way::replace) {
                check_replaced(*item);
            }
            if (way != Way::rename) {
                copied_.push_back(item);
            }
        }
        check_originals();
        return findings_.take();
    }

private:
    void refuse_lower_layer(const Item& item) {
        findings_.stop(
            "lower_layer",
            item.path,
            fmt::format("{} may lie in a lower layer of an overlay, as everything that came with "
                        "a container image does: no directory can be renamed there",
                        in_quotes(item.path.native())),
            "if nothing else uses the homes, pass --offline: it is then copied and replaced; once "
            "the deletion of an original has begun, a run that is killed can only be finished "
            "with `rehome resume`, not put back");
    }

    void check_replaced(const Item& item) {
        findings_.warn(
            "replaced",
            item.path,
            fmt::format("{} cannot be exchanged for a link: it is copied, then deleted, then the "
                        "link is made",
                        item.placement.item),
            "let nothing use it meanwhile; if the run is killed in the deletion, `rehome resume` "
            "finishes it");
        if (!proves_content(request_.verify)) {
            findings_.stop(
                "unproven_replacement",
                item.path,
                fmt::format("{} would be deleted after --verify {}, which proves nothing about "
                            "the content of the copy",
                            item.placement.item,
                            name_of(request_.verify)),
                "pass --verify full or --verify disk");
        } else if (request_.keep_originals) {
            findings_.stop(
                "cannot_keep_original",
                item.path,
                fmt::format("the original of {} cannot be kept: in a lower layer of an overlay "
                            "nothing can be set aside",
                            item.placement.item),
                "leave --keep-originals out, or leave the item out with --exclude " +
                    item.placement.item);
        }
    }

    void check_originals() {
        if (!copied_.empty() && !proves_content(request_.verify)) {
            findings_.warn(
                "originals_stay",
                "",
                fmt::format("--verify {} proves nothing about the content: the originals of what "
                            "is copied are kept",
                            name_of(request_.verify)),
                "`rehome forget` frees them");
        }
    }

    const Inventory& inventory_;
    const Request& request_;
    std::vector<const Item*> copied_;
    Findings findings_;
};

}  // namespace

std::vector<Finding> check_copies(const Inventory& inventory, const Request& request) {
    return CopyChecker(inventory, request).check();
}

}  // namespace rehome::plan
